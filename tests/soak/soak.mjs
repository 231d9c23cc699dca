// A soak of the gateway: many callers at once for a while, plain and streamed, with a provider that fails now and then, a
// caller that leaves in the middle, and a policy that is saved every second. Every answer is looked at; memory and open
// files must not grow. Writes what it measured as Markdown. Usage: node soak.mjs SECONDS RESULT.md

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from '../sdk/node/gateway.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SECONDS = Number(process.argv[2] ?? 120);
const RESULT = process.argv[3];
const CALLERS = 32;
// What may be added between the end of the warm-up and the end: caches and the log's queue settle before.
const GROWTH_KIB = 32 * 1024;
const FILES_GROWTH = 16;

const folder = mkdtempSync(join(tmpdir(), 'wayleave-soak-'));
cpSync(join(ROOT, 'examples/first-policy'), folder, { recursive: true });
const policy = join(folder, 'main.route');
const text = readFileSync(policy, 'utf8');
const gateway = await Gateway.start(folder, '--simulate', 'north/large:status=503,every=7');
const key = gateway.key('soak', '--team', 'apps', '--app', 'ide');
await gateway.ready(key);

const agent = new http.Agent({ keepAlive: true, maxSockets: CALLERS });
const counts = { plain: 0, streamed: 0, denied: 0, left: 0, reloads: 0 };
const latencies = [];

function ask(body, headers = {}, leaveAfter = Infinity) {
  return new Promise((done, failed) => {
    const request = http.request(`${gateway.url}/chat/completions`, {
      agent, method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    }, (answer) => {
      let received = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => {
        received += piece;
        if (received.length > leaveAfter) { request.destroy(); done(null); }
      });
      answer.on('end', () => done({ status: answer.statusCode, received }));
      answer.on('error', (error) => (leaveAfter === Infinity ? failed(error) : done(null)));
    });
    request.on('error', (error) => (leaveAfter === Infinity ? failed(error) : done(null)));
    request.end(JSON.stringify(body));
  });
}

// The text of a streamed answer.
function said(stream) {
  const events = stream.split('\n\n').filter((event) => event.startsWith('data: {'));
  return events.map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? '').join('');
}

async function caller(number, end) {
  for (let turn = number; performance.now() < end; turn += 1) {
    const words = `turn ${turn} of caller ${number}`;
    const messages = [{ role: 'user', content: words }];
    const begun = performance.now();
    if (turn % 10 === 0) {
      const { status } = await ask({ model: 'assistant', messages }, { 'x-data-class': 'confidential' });
      assert.equal(status, 403);
      counts.denied += 1;
    } else if (turn % 25 === 0) {
      await ask({ model: 'assistant', stream: true, messages }, {}, 200);
      counts.left += 1;
    } else if (turn % 2 === 0) {
      const { status, received } = await ask({ model: 'assistant', messages });
      assert.equal(status, 200, received);
      // No crosstalk: the answer quotes the question of this caller.
      assert.ok(received.includes(words), received);
      counts.plain += 1;
    } else {
      const { status, received } = await ask({ model: 'assistant', stream: true, messages });
      assert.equal(status, 200, received);
      assert.ok(received.endsWith('data: [DONE]\n\n'), received);
      assert.ok(said(received).includes(words), received);
      counts.streamed += 1;
    }
    latencies.push(performance.now() - begun);
  }
}

function resources() {
  const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8');
  return {
    kib: Number(status.match(/VmRSS:\s+(\d+)/)[1]),
    files: readdirSync(`/proc/${gateway.process.pid}/fd`).length,
  };
}

async function reload(end) {
  while (performance.now() < end) {
    writeFileSync(policy, `${text}\n// saved ${counts.reloads}\n`);
    counts.reloads += 1;
    await sleep(1000);
  }
}

async function load(seconds) {
  const end = performance.now() + seconds * 1000;
  await Promise.all([reload(end), ...Array.from({ length: CALLERS }, (_, number) => caller(number, end))]);
}

try {
  await load(Math.max(5, SECONDS / 6));
  const before = resources();
  Object.keys(counts).forEach((name) => { counts[name] = 0; });
  latencies.length = 0;
  await load(SECONDS);
  const after = resources();
  const ready = await (await fetch(gateway.url.replace('/v1', '/readyz'))).json();
  latencies.sort((a, b) => a - b);
  const rank = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))].toFixed(1);
  const lines = [
    '# Soak', '',
    `Made by \`./test --long\` on ${new Date().toISOString().slice(0, 10)}: ${CALLERS} callers for ${SECONDS} s, gateway and`,
    `callers on one machine of ${cpus().length} cores, a debug build, simulated providers of which one fails each 7th call.`, '',
    '| | |', '|---|---|',
    `| plain answers, each looked at | ${counts.plain} |`,
    `| streamed answers, each looked at | ${counts.streamed} |`,
    `| denials | ${counts.denied} |`,
    `| callers that left in the middle | ${counts.left} |`,
    `| policies swapped in meanwhile | ${counts.reloads} |`,
    '| wrong answers | 0 |',
    `| latency, median and 99th percentile | ${rank(0.5)} ms, ${rank(0.99)} ms |`,
    `| memory after the warm-up, at the end | ${before.kib} KiB, ${after.kib} KiB |`,
    `| open files after the warm-up, at the end | ${before.files}, ${after.files} |`,
    `| records lost by the log | ${ready.log.lost} |`, '',
  ];
  console.log(lines.join('\n'));
  if (RESULT) writeFileSync(RESULT, lines.join('\n'));
  assert.ok(after.kib - before.kib < GROWTH_KIB, 'memory grows');
  assert.ok(after.files - before.files < FILES_GROWTH, 'open files grow');
  assert.equal(ready.log.lost, 0);
} finally {
  agent.destroy();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
