// A real `wayleave serve` with a store of its own, for clients to call. Also used by the walk through the console.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const BINARY = process.env.WAYLEAVE ?? join(ROOT, 'target/debug/wayleave');
const START_MS = 30_000;

export class Gateway {
  static async start(policy, ...options) {
    const gateway = new Gateway();
    gateway.folder = mkdtempSync(join(tmpdir(), 'wayleave-'));
    gateway.store = join(gateway.folder, 'store.db');
    gateway.log = join(gateway.folder, 'serve.log');
    const log = openSync(gateway.log, 'w');
    const ports = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    gateway.process = spawn(BINARY, ['serve', resolve(ROOT, policy), '--store', gateway.store, ...ports, ...options], {
      stdio: ['ignore', log, log],
      env: { ...process.env, NO_COLOR: '1' },
    });
    gateway.url = await gateway.#said(/callers +(http:\/\/[0-9.:]+\/v1)/);
    gateway.console = await gateway.#said(/console +(http:\/\/[0-9.:]+)\//);
    return gateway;
  }

  async #said(pattern) {
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(20)) {
      const found = readFileSync(this.log, 'utf8').match(pattern);
      if (found) return found[1];
      if (this.process.exitCode !== null) break;
    }
    throw new Error(`the gateway did not start:\n${readFileSync(this.log, 'utf8')}`);
  }

  key(name, ...words) {
    const words_ = ['keys', 'add', '--id', name, '--format', 'json', '--store', this.store, ...words];
    return JSON.parse(execFileSync(BINARY, words_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).key;
  }

  // Waits until the gateway has learnt of the key, which another process issued.
  async ready(key) {
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(50)) {
      const answer = await fetch(`${this.url}/models`, { headers: { authorization: `Bearer ${key}` } });
      await answer.arrayBuffer();
      if (answer.ok) return;
    }
    throw new Error('the key never became valid');
  }

  async client(key) {
    const { default: OpenAI } = await import('openai');
    await this.ready(key);
    return new OpenAI({ baseURL: this.url, apiKey: key, maxRetries: 0 });
  }

  async anthropic(key) {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    await this.ready(key);
    return new Anthropic({ baseURL: this.url.replace(/\/v1$/, ''), apiKey: key, maxRetries: 0 });
  }

  async stop() {
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGTERM');
    const code = await ended;
    rmSync(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the gateway ended with ${code}`);
  }
}
