// What an application sees that uses the official `@anthropic-ai/sdk` package and has changed nothing but its base URL.
// The provider is aimock, which others wrote: it answers in Anthropic's words without our having a hand in them.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import { Gateway } from './gateway.mjs';

const POLICY = (url) => `edition 2026
alias assistant
provider claude {
  protocol: anthropic   url: "${url}"   key: env("AIMOCK_KEY")   network: private
  model sonnet as "claude-sonnet-4-5" { supports: [chat, tools, vision]  context: 128k tokens  output: 8k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
route main to claude/sonnet
otherwise deny "never"
`;
const asked = (text, more = {}) => ({
  model: 'assistant',
  max_tokens: 100,
  messages: [{ role: 'user', content: text }],
  ...more,
});
const LONG = 'one two three four five six seven eight nine ten';
let folder;
let mock;
let gateway;
let client;

before(async () => {
  mock = new LLMock({ port: 0, chunkSize: 5 });
  mock.onMessage('hello', { content: 'Hi there, friend!' });
  mock.onMessage('weather', { toolCalls: [{ name: 'weather', arguments: { city: 'Paris' } }] });
  mock.onMessage('picture', { content: 'A cat.' });
  mock.onMessage('cut', { content: LONG }, { truncateAfterChunks: 4, latency: 20 });
  mock.onMessage('busy', { error: { message: 'Overloaded', type: 'overloaded_error' }, status: 529 });
  mock.onMessage('wrong', { error: { message: 'temperature: too hot', type: 'invalid_request_error' }, status: 400 });
  await mock.start();
  folder = mkdtempSync(join(tmpdir(), 'wayleave-policy-'));
  const policy = join(folder, 'main.route');
  writeFileSync(policy, POLICY(mock.url));
  process.env.AIMOCK_KEY = 'a-provider-key';
  gateway = await Gateway.start(policy);
  client = await gateway.anthropic(gateway.key('ana'));
});
after(async () => {
  await gateway?.stop();
  await mock?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test('a message', async () => {
  const answer = await client.messages.create(asked('hello'));
  assert.equal(answer.content[0].text, 'Hi there, friend!');
  assert.equal(answer.stop_reason, 'end_turn');
});

test('a stream', async () => {
  const stream = client.messages.stream(asked('hello'));
  let text = '';
  stream.on('text', (piece) => (text += piece));
  const final = await stream.finalMessage();
  assert.equal(text, 'Hi there, friend!');
  assert.equal(final.stop_reason, 'end_turn');
});

test('tools, whole and streamed', async () => {
  const tools = [{ name: 'weather', description: 'Tells the weather.', input_schema: { type: 'object' } }];
  const answer = await client.messages.create(asked('weather', { tools }));
  const called = (message) => message.content.find((block) => block.type === 'tool_use').input;
  assert.deepEqual(called(answer), { city: 'Paris' });
  assert.deepEqual(called(await client.messages.stream(asked('weather', { tools })).finalMessage()), { city: 'Paris' });
});

test('an image', async () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  const answer = await client.messages.create(asked([image, { type: 'text', text: 'which picture' }]));
  assert.equal(answer.content[0].text, 'A cat.');
});

test('an overloaded provider and a mistake are errors of their types', async () => {
  await assert.rejects(client.messages.create(asked('busy')), (error) => {
    assert.ok(error instanceof Anthropic.InternalServerError);
    assert.equal(error.status, 503);
    assert.equal(error.error.error.type, 'overloaded_error');
    return true;
  });
  await assert.rejects(client.messages.create(asked('wrong')), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.message, /temperature: too hot/);
    return true;
  });
});

test('a stream that is cut is an error', async () => {
  const stream = client.messages.stream(asked('cut'));
  let text = '';
  stream.on('text', (piece) => (text += piece));
  await assert.rejects(stream.finalMessage(), (error) => {
    assert.match(error.message, /broke off/);
    return true;
  });
  assert.ok(text.length > 0 && LONG.startsWith(text));
});

test('models, page by page', async () => {
  const names = [];
  for await (const model of client.models.list({ limit: 1 })) names.push(model.id);
  assert.deepEqual(names, ['assistant', 'claude/sonnet']);
});

test('an unknown model is not found', async () => {
  await assert.rejects(client.messages.create({ ...asked('hello'), model: 'no-such' }), Anthropic.NotFoundError);
});
