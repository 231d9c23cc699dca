// A walk through the console in a real browser, as a security reviewer would take it: what was decided, why, what was
// tried, and which policy is in force. Once with JavaScript and once without.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Gateway } from '../sdk/node/gateway.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const WAIT_MS = 20_000;

let folder;
let policy;
let gateway;
let browser;
const decisions = {};

async function ask(key, body, headers = {}) {
  const answer = await fetch(`${gateway.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'the words of a prompt' }], ...body }),
  });
  await answer.arrayBuffer();
  return answer.headers.get('x-wayleave-decision');
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayleave-console-'));
  cpSync(join(ROOT, 'examples/first-policy'), folder, { recursive: true });
  policy = join(folder, 'main.route');
  gateway = await Gateway.start(folder, '--simulate', 'north/large:status=503');
  const apps = gateway.key('ana', '--team', 'apps', '--app', 'ide');
  const marketing = gateway.key('max', '--team', 'marketing', '--app', 'mailer');
  await gateway.ready(marketing);
  decisions.fallback = await ask(apps, { model: 'assistant' });
  decisions.denied = await ask(apps, { model: 'assistant' }, { 'x-data-class': 'confidential' });
  decisions.removed = await ask(marketing, { model: 'assistant' });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// A page that fails the test on a script error or a request to anywhere but the console.
async function page(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const opened = await context.newPage();
  opened.on('pageerror', (error) => assert.fail(`a script error: ${error}`));
  opened.on('request', (request) => assert.ok(request.url().startsWith(gateway.console), `a request to ${request.url()}`));
  return opened;
}

// Loads a page again until it shows what is awaited: log and policy follow a little behind.
async function until(opened, url, holds, what) {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(100)) {
    await opened.goto(url);
    if (await holds()) return;
  }
  assert.fail(`${what} never shows; the page says:\n${await opened.innerText('body')}`);
}

for (const javaScriptEnabled of [true, false]) {
  const manner = javaScriptEnabled ? 'with JavaScript' : 'without JavaScript';

  test(`decisions are listed, filtered and opened, ${manner}`, async () => {
    const opened = await page({ javaScriptEnabled });
    await until(opened, gateway.console, async () => (await opened.locator('table tbody tr').count()) >= 3, 'three decisions');
    await opened.fill('[name=team]', 'marketing');
    await opened.press('[name=team]', 'Enter');
    await opened.waitForURL(/team=marketing/);
    const rows = opened.locator('table tbody tr');
    assert.equal(await rows.count(), 1);
    assert.match(await rows.first().innerText(), /marketing/);
    await rows.first().locator('a').first().click();
    await opened.waitForURL(/\/decisions\//);
    const text = await opened.innerText('main');
    assert.match(text, /Marketing works with customer lists, which stay in the EU/);
    assert.match(text, /south\/large/);
    const marked = (await opened.locator('.deciding').allInnerTexts()).join('\n');
    assert.match(marked, /forbid marketing-stays-in-eu/);
    assert.match(marked, /route chat/);
    assert.doesNotMatch(await opened.content(), /the words of a prompt/);
    await opened.context().close();
  });
}

test('a decision shows every attempt with its cause', async () => {
  const opened = await page();
  await opened.goto(`${gateway.console}/decisions/${decisions.fallback}`);
  const text = await opened.innerText('main');
  assert.match(text, /north\/large/);
  assert.match(text, /overloaded/);
  assert.match(text, /503/);
  assert.match(text, /south\/large/);
  await opened.context().close();
});

test('a denial names its rule and its words', async () => {
  const opened = await page();
  await opened.goto(`${gateway.console}/decisions/${decisions.denied}`);
  const text = await opened.innerText('main');
  assert.match(text, /confidential-data/);
  assert.match(text, /Confidential data goes to no hosted model/);
  await opened.context().close();
});

test('a broken edit is shown, the old policy stays, and mending it ends that', async () => {
  const opened = await page();
  await opened.goto(`${gateway.console}/policy`);
  assert.match(await opened.innerText('main'), /forbid marketing-stays-in-eu/);
  const sound = readFileSync(policy, 'utf8');
  appendFileSync(policy, '\ndeny unfinished when\n');
  await until(opened, gateway.console, async () => /R0001/.test(await opened.innerText('body')), 'the refusal');
  const ready = await (await fetch(gateway.url.replace('/v1', '/readyz'))).json();
  assert.match(JSON.stringify(ready.refused), /R0001/);
  writeFileSync(policy, sound);
  await until(opened, gateway.console, async () => !/R0001/.test(await opened.innerText('body')), 'the end of the refusal');
  await opened.context().close();
});

test('pages fit a narrow screen', async () => {
  const opened = await page({ viewport: { width: 400, height: 800 } });
  for (const path of ['/', `/decisions/${decisions.fallback}`, '/policy', '/keys']) {
    await opened.goto(gateway.console + path);
    const width = await opened.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 400, `${path} is ${width} pixels wide`);
  }
  await opened.context().close();
});
