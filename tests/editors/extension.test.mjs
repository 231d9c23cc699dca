// The extension for VS Code, as far as it needs no VS Code: it is packaged from its lock file, holds what it names, its
// snippets are policies, and the protocol's own library for Node holds a session with the server. Needs the binary, built.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inVsCode, root } from './book.mjs';

const FOLDER = join(root, 'lsp/editors/vscode');
const BINARY = join(root, 'target/debug/wayleave');
const manifest = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
const sources = ['extension.ts', 'answers.ts'].map((name) => readFileSync(join(FOLDER, 'src', name), 'utf8')).join('\n');

/** What stands in a package, by its path in it. */
function unpacked(file) {
  const script = 'import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
  return JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8', maxBuffer: 64 << 20 }));
}

let files;

before(() => {
  execFileSync('sh', ['-euc', inVsCode()], { cwd: root, stdio: 'ignore' });
  files = unpacked(join(root, 'target/editors/wayleave.vsix'));
});

test('the package holds what its manifest names, and the grammar as it is made', () => {
  const { contributes, main } = manifest;
  const named = [main, ...[...contributes.grammars, ...contributes.snippets].map(({ path }) => path), contributes.languages[0].configuration];
  for (const path of named) assert.ok(files[`extension/${path.slice(2)}`], path);
  assert.equal(files['extension/dist/route.tmLanguage.json'], readFileSync(join(root, 'lsp/editors/textmate/route.tmLanguage.json'), 'utf8'));
  assert.deepEqual(JSON.parse(files['extension/language-configuration.json']).comments, { lineComment: '//' });
  for (const [path, text] of Object.entries(files)) assert.ok(!text.includes(root), `${path} names a folder of this machine`);
});

test('a package for a platform brings the program along', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wayleave-package-'));
  const [file, program] = [join(folder, 'wayleave.vsix'), join(folder, 'built')];
  writeFileSync(program, '#!/bin/sh\necho a stand-in\n');
  execFileSync(join(FOLDER, 'package.sh'), [file, program, 'linux-x64'], { stdio: 'ignore' });
  const held = unpacked(file);
  rmSync(folder, { recursive: true });
  assert.equal(held['extension/server/wayleave'], '#!/bin/sh\necho a stand-in\n');
  assert.match(held['extension.vsixmanifest'], /TargetPlatform="linux-x64"/);
});

test('a folder that is not trusted cannot say which program is started', () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.deepEqual(untrustedWorkspaces.restrictedConfigurations, ['wayleave.server.path']);
});

test('every command and setting that is offered is one that the extension knows, and a page tells of it', () => {
  const pages = readFileSync(join(root, 'docs/editors.md'), 'utf8') + readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const registered = [...sources.matchAll(/command\('(wayleave\.\w+)'/g)].map(([, name]) => name);
  const offered = manifest.contributes.commands;
  assert.deepEqual(offered.map(({ command }) => command).sort(), registered.sort());
  for (const { title } of offered) assert.equal(pages.split(`| Wayleave: ${title} |`).length, 3, title);
  for (const setting of Object.keys(manifest.contributes.configuration.properties)) {
    assert.ok(pages.includes(`\`${setting}\``), setting);
  }
  for (const [, { prefix }] of snippets()) assert.ok(pages.includes(`\`${prefix}\``), prefix);
});

const snippets = () => Object.entries(JSON.parse(readFileSync(join(FOLDER, 'snippets.json'), 'utf8')));

/** A snippet with each of its places filled in by what stands in it, as an editor does that is tabbed through. */
function filled(body) {
  const text = body.join('\n');
  const values = {};
  for (const [, place, value] of text.matchAll(/\$\{(\d+):([^}]*)\}/g)) values[place] = value;
  for (const [, place, first] of text.matchAll(/\$\{(\d+)\|([^,|]*)[^}]*\}/g)) values[place] = first;
  return text.replace(/\\\$|\$\{(\d+)[:|][^}]*\}|\$(\d+)/g, (whole, held, again) => (whole === '\\$' ? '$' : (values[held ?? again] ?? '')));
}

test('every snippet, filled in by what stands in it, is sound beside a policy and laid out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wayleave-snippets-'));
  const base = 'edition 2026\n\ntype team = company { team }\n\ndeny rule when caller.team is team  because "No."\n\n';
  const end = '\notherwise deny "No route covers this request."\n';
  try {
    for (const [name, { prefix, body }] of snippets()) {
      const text = prefix === 'policy' ? filled(body) : `${base}${filled(body)}${end}`;
      const file = join(folder, `${prefix}.route`);
      writeFileSync(file, `${text.trimEnd()}\n`);
      const checked = spawnSync(BINARY, ['check', '--format', 'plain', file], { encoding: 'utf8' });
      const errors = checked.stdout.split('\n').filter((line) => line.includes(': error[') && !line.includes('R0403'));
      assert.deepEqual(errors, [], `${name}:\n${text}${checked.stdout}${checked.stderr}`);
      const laid = spawnSync(BINARY, ['fmt', '--diff', file], { encoding: 'utf8' });
      assert.equal(laid.status, 0, `${name}:\n${laid.stdout}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the whole policy of the snippets passes its own test', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wayleave-snippets-'));
  const [, { body }] = snippets().find(([, { prefix }]) => prefix === 'policy');
  writeFileSync(join(folder, 'main.route'), filled(body));
  const ran = spawnSync(BINARY, ['test', folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.match(ran.stdout, /1 test passed/, ran.stdout + ran.stderr);
});

test("the protocol's own library holds a session with the server", async () => {
  const library = createRequire(join(FOLDER, 'package.json'))('vscode-languageserver-protocol/node');
  const { createProtocolConnection, StreamMessageReader, StreamMessageWriter } = library;
  const server = spawn(BINARY, ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const session = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  const published = new Promise((resolve) => session.onNotification(library.PublishDiagnosticsNotification.type, resolve));
  session.listen();
  const capabilities = { general: { positionEncodings: ['utf-32', 'utf-16'] } };
  const { capabilities: offered } = await session.sendRequest(library.InitializeRequest.type, {
    processId: process.pid, rootUri: null, workspaceFolders: null, capabilities,
  });
  assert.equal(offered.positionEncoding, 'utf-32');
  await session.sendNotification(library.InitializedNotification.type, {});
  const uri = pathToFileURL(join(tmpdir(), 'nowhere/main.route')).href;
  const text = 'edition 2026\ndeny odd when caller.app is "😀" and caler.app is "b"\notherwise deny "No."\n';
  const document = { uri, languageId: 'route', version: 1, text };
  await session.sendNotification(library.DidOpenTextDocumentNotification.type, { textDocument: document });
  const { diagnostics } = await published;
  assert.deepEqual(diagnostics.map(({ code, range }) => [code, range.start]), [['R0101', { line: 1, character: 36 }]]);
  const place = { textDocument: { uri }, position: { line: 1, character: 21 } };
  const hover = await session.sendRequest(library.HoverRequest.type, place);
  assert.match(hover.contents.value, /caller\.app/);
  await assert.rejects(session.sendRequest('textDocument/implementation', place), { code: library.ErrorCodes?.MethodNotFound ?? -32601 });
  await session.sendRequest(library.ShutdownRequest.type);
  const ended = once(server, 'exit');
  await session.sendNotification(library.ExitNotification.type);
  assert.deepEqual(await ended, [0, null]);
  session.dispose();
});
