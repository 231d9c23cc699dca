// Helix, set up as the book says, driven by keys in a terminal: a mistake is drawn, mended and saved, a name renamed, a value
// completed, and words have colours. `HELIX` names the program. Needs tmux, a C compiler, and the project's binary, built.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { installed, root } from './book.mjs';

const helix = process.env.HELIX || 'hx';
const WAIT_MS = 30_000;
const NAME = `wayleave-${process.pid}`;
const POLICY = `edition 2026

type data-class = public < internal < confidential
attribute data: data-class  from header "x-data-class"  default internal

deny odd   when data is confidental
otherwise deny "No route covers this request."
`;

let home;
let env;

const tmux = (...given) => execFileSync('tmux', ['-L', NAME, ...given], { env, encoding: 'utf8' });
const screen = () => tmux('capture-pane', '-p', '-t', NAME);
const keys = (...given) => tmux('send-keys', '-t', NAME, ...given);
// It is written anew as a whole: for a moment there is none.
const file = () => (existsSync(join(home, 'policy/main.route')) ? readFileSync(join(home, 'policy/main.route'), 'utf8') : '');

async function until(what, holds) {
  for (const end = Date.now() + WAIT_MS; !holds(); await sleep(50)) assert.ok(Date.now() < end, `${what} did not come:\n${screen()}`);
}
const shows = (words) => until(`\`${words}\``, () => screen().includes(words));

before(() => {
  home = mkdtempSync(join(tmpdir(), 'wayleave-helix-'));
  mkdirSync(join(home, 'policy'));
  writeFileSync(join(home, 'policy/main.route'), POLICY);
  env = { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), PATH: [join(root, 'target/debug'), process.env.PATH].join(delimiter) };
  const set = spawnSync('sh', ['-euc', installed('Helix')], { cwd: root, env, encoding: 'utf8' });
  assert.equal(set.status, 0, set.stderr);
});

after(() => {
  spawnSync('tmux', ['-L', NAME, 'kill-server'], { env });
  rmSync(home, { recursive: true, force: true });
});

test('it finds server, grammar and queries, also when it was set up twice', () => {
  const languages = join(home, '.config/helix/languages.toml');
  writeFileSync(languages, `[[language]]\nname = "rust"\n\n${readFileSync(languages, 'utf8')}`);
  execFileSync('sh', ['-euc', installed('Helix')], { cwd: root, env });
  const text = readFileSync(languages, 'utf8');
  assert.equal(text.split('name = "route"').length, 2, text);
  assert.match(text, /^\[\[language\]\]\nname = "rust"\n/);
  const health = spawnSync(helix, ['--health', 'route'], { env, encoding: 'utf8' }).stdout;
  for (const line of health.split('\n')) {
    const isOurs = /server|wayleave|Tree-sitter|Highlight|Textobject|Indent/.test(line);
    assert.ok(!isOurs || !line.includes('✘'), health);
  }
  assert.match(health, /✓.*wayleave|wayleave.*✓/s);
});

test('a mistake is drawn, mended and saved, a value completed, and a name renamed', async () => {
  tmux('new-session', '-d', '-s', NAME, '-x', '110', '-y', '30', `'${helix}' policy/main.route`.replace(/^/, `cd '${home}' && `));
  await shows('● 1');
  const coloured = tmux('capture-pane', '-p', '-e', '-t', NAME);
  assert.match(coloured, /\x1b\[[0-9;]*mdeny\x1b\[/, 'words have colours');
  keys(']', 'd');
  await shows('no value `confidental`');
  keys('Space', 'a');
  await shows('write `confidential`');
  keys('Enter');
  await shows('deny odd   when data is confidential');
  keys(':', 'f', 'm', 't', 'Enter');
  await shows('deny odd when data is confidential');
  keys(':', 'w', 'Enter');
  await until('the saved mend', () => file().includes('deny odd when data is confidential'));

  keys('6', 'g', 'g', 'A');
  tmux('send-keys', '-t', NAME, '-l', ' and not data is pub');
  await until('the menu', () => /public +enum_member/.test(screen()));
  keys('Tab');
  await shows('and not data is public');
  // A key right behind Escape would be another key.
  keys('Escape');
  await shows(' NOR ');
  keys('3', 'g', 'g', 'g', 'l');
  keys('Space', 'r');
  await shows('rename-to:');
  keys('C-u');
  tmux('send-keys', '-t', NAME, '-l', 'secret');
  keys('Enter');
  await shows('data is secret');
  keys('g', 'e', 'O');
  tmux('send-keys', '-t', NAME, '-l', 'flag');
  await until('the menu', () => /flag … +snippet/.test(screen()));
  keys('C-n', 'C-n', 'Enter');
  await shows('flag name when');
  keys('Escape');
  await shows(' NOR ');
  keys('u', ':', 'w', 'q', 'Enter');
  await until('the saved rename', () => file().includes('deny odd when data is secret and not data is public'));
  assert.match(file(), /^type data-class = public < internal < secret$/m);
});
