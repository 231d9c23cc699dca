// What the TextMate test asserts of each word, Vim's syntax file answers alike; and re-indenting the example changes
// nothing. Needs `vim` with its `+syntax` and `+eval`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const words = join(root, 'tests/editors/textmate/words.route');

/** Which groups of Vim a scope of TextMate may be. */
const GROUPS = [
  ['keyword.declaration', ['Item', 'Word']],
  ['keyword.control', ['Clause', 'Item']],
  ['keyword.operator.word', ['Operator']],
  ['keyword.other.unit', ['Unit']],
  ['keyword.other.route', ['Word']],
  ['constant.language.route', ['Constant']],
  ['support.function', ['Function']],
  ['constant.numeric', ['Number']],
  ['string.quoted', ['String', 'Escape']],
  ['string.regexp', ['Regex']],
  ['comment.line.double-slash', ['Comment']],
  ['comment.line.documentation', ['DocComment']],
];
const KEYWORDS = ['Item', 'Clause', 'Operator', 'Word', 'Unit', 'Constant', 'Function'];

/** The assertions of the file: line, column (from 1), and what is asserted. */
function assertions() {
  const found = [];
  let line = 0;
  const [all] = readFileSync(words, 'utf8').split('\n// ---- What only the kind of item can tell');
  all.split('\n').forEach((text, index) => {
    const above = text.match(/^\/\/( *)\^+ (.*)$/);
    const start = text.match(/^\/\/ <(~*)-+ (.*)$/);
    if (above) found.push({ line, column: above[1].length + 3, scope: above[2] });
    else if (start) found.push({ line, column: start[1].length + 1, scope: start[2] });
    else line = index + 1;
  });
  return found;
}

/** Runs commands in a Vim that has the project's files and nothing else; gives what they write to `g:answer`. */
function vim(file, commands) {
  const folder = mkdtempSync(join(tmpdir(), 'wayleave-vim-'));
  const [script, answer] = [join(folder, 'script.vim'), join(folder, 'answer')];
  const setup = ['set nomore encoding=utf-8', `set runtimepath^=${join(root, 'lsp/editors/vim')}`];
  const lines = [...setup, 'filetype plugin indent on', 'syntax on', `edit ${file}`, 'syntax sync fromstart'];
  writeFileSync(script, [...lines, ...commands, `call writefile(g:answer, '${answer}')`, 'qall!', ''].join('\n'));
  try {
    const stdio = ['ignore', 'inherit', 'inherit'];
    execFileSync('vim', ['-u', 'NONE', '-i', 'NONE', '-N', '-n', '-es', '-S', script], { stdio, timeout: 60_000 });
    return readFileSync(answer, 'utf8').split('\n').slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('words have the groups of their scopes', () => {
  const asked = assertions();
  assert.ok(asked.length >= 200, `${asked.length} assertions`);
  const places = JSON.stringify(asked.map(({ line, column }) => [line, column]));
  const name = "synIDattr(synID(v:val[0], v:val[1], 0), 'name')";
  const answers = vim(words, [`let g:answer = map(json_decode('${places}'), "${name}")`]);
  const wrong = asked.flatMap(({ line, column, scope }, index) => {
    const group = answers[index].replace('route', '');
    const known = GROUPS.find(([prefix]) => scope.startsWith(prefix));
    const place = `line ${line}, column ${column}: ${scope.slice(0, 40)}: ${group}`;
    const isRight = known ? known[1].includes(group) : !KEYWORDS.includes(group);
    return isRight ? [] : [place];
  });
  assert.deepEqual(wrong, []);
});

test('the example is indented as Vim would do it', () => {
  const example = join(root, 'examples/first-policy/main.route');
  const answer = vim(example, ['normal! gg=G', 'let g:answer = getline(1, "$")']);
  assert.equal(answer.join('\n'), readFileSync(example, 'utf8').trimEnd());
});
