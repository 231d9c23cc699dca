// The plugin as the book says to install it, in Neovim. `NEOVIM` names another program than the one on the path. Needs the
// project's binary, built.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { installed, root } from './book.mjs';

const neovim = process.env.NEOVIM || 'nvim';

/** Runs a script that drives Neovim, in a home where the plugin is installed; gives what became of a file. */
function driven(script, files, kept) {
  const home = mkdtempSync(join(tmpdir(), 'wayleave-neovim-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text);
    }
    const env = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: join(home, '.local/share'),
      XDG_STATE_HOME: join(home, '.local/state'),
      PATH: [join(root, 'target/debug'), process.env.PATH].join(delimiter),
      NEOVIM: neovim,
      DRIVER: join(root, 'tests/editors/neovim'),
    };
    const set = spawnSync('sh', ['-euc', installed('Neovim')], { cwd: root, env, encoding: 'utf8' });
    assert.equal(set.status, 0, set.stderr);
    const given = ['--headless', '-n', '-i', 'NONE', '-u', 'NONE', '-c', `luafile ${join(env.DRIVER, script)}`];
    const ran = spawnSync(neovim, given, { cwd: home, env, encoding: 'utf8', timeout: 120_000 });
    assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
    return { said: ran.stdout + ran.stderr, text: readFileSync(join(home, kept), 'utf8') };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A policy over two files, each with a mistake. */
const MAIN = `edition 2026

type data-class = public < internal < confidential
attribute data: data-class  from header "x-data-class"  default internal

deny odd   when data is confidental
otherwise deny "No route covers this request."
use "more.route"
`;
const MORE = 'edition 2026\ndeny more when data is publik because "No."\n';

test('the plugin shows mistakes, mends, completes, explains, renames and lays out', () => {
  const { text } = driven('session.lua', { 'policy/main.route': MAIN, 'policy/more.route': MORE }, 'policy/main.route');
  assert.match(text, /^type data-class = public < internal < secret$/m);
});

/** The policy of the tour without its comments, which are prose; the one that silences a warning stays. */
function ofTheTour() {
  const lines = readFileSync(join(root, 'examples/first-policy/main.route'), 'utf8').split('\n');
  const kept = lines.filter((line) => !/^\s*\/\//.test(line) || line.includes('// allow '));
  return `${kept.join('\n').replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

/** What was typed of the whole text, and of what is neither within quotes nor a comment, at most, in percent. */
const TYPED = { ofAll: 55, ofTheLanguage: 45 };

test('somebody new writes the policy of the tour, half of it by completion and a quick fix', (run) => {
  const target = ofTheTour();
  const { said, text } = driven('trial.lua', { 'target.route': target, 'policy/main.route': '' }, 'policy/main.route');
  assert.equal(text, target);
  const { typed, prose, mended, taken, choices } = JSON.parse(said.match(/\{.*\}/)[0]);
  const ofAll = Math.round((100 * typed) / target.length);
  const ofTheLanguage = Math.round((100 * (typed - prose)) / (target.length - prose));
  run.diagnostic(`${typed} of ${target.length} characters typed (${ofAll} %), ${prose} of them prose; of the rest ${ofTheLanguage} %`);
  run.diagnostic(`${taken} characters by ${choices} choices, ${mended} slip mended`);
  assert.ok(ofAll <= TYPED.ofAll && ofTheLanguage <= TYPED.ofTheLanguage, `typed: ${ofAll} %, of the language ${ofTheLanguage} %`);
  assert.equal(mended, 1);
  const page = readFileSync(join(root, 'docs/editors.md'), 'utf8').replaceAll('\n', ' ');
  for (const most of Object.values(TYPED)) assert.ok(page.includes(`types at most ${most} %`), 'the page says the bounds');
});
