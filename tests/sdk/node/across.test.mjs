// What an application sees whose model is served by a provider that speaks the other dialect: `openai` asks Claude, and
// `@anthropic-ai/sdk` asks a model of OpenAI's. The provider is aimock, which others wrote and which speaks both.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import OpenAI from 'openai';
import { Gateway } from './gateway.mjs';

const POLICY = (url) => `edition 2026
alias claude
alias gpt
provider one {
  protocol: anthropic   url: "${url}"   key: env("AIMOCK_KEY")   network: private
  model sonnet as "claude-sonnet-4-5" { supports: [chat, tools, vision, structured-output]  context: 128k tokens  output: 8k tokens }
}
provider two {
  protocol: openai   url: "${url}/v1"   key: env("AIMOCK_KEY")   network: private
  model large as "gpt-large" { supports: [chat, tools, vision, structured-output]  context: 128k tokens  output: 8k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
route claude when request.model is claude  to one/sonnet
route gpt when request.model is gpt  to two/large
otherwise deny "never"
`;
const LONG = 'one two three four five six seven eight nine ten';
const PIXEL = 'iVBORw0KGgo=';
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const chat = (content, more = {}) => ({ model: 'claude', messages: [{ role: 'user', content }], ...more });
const message = (content, more = {}) => ({ model: 'gpt', max_tokens: 100, messages: [{ role: 'user', content }], ...more });
let folder;
let mock;
let gateway;
let openai;
let anthropic;

before(async () => {
  mock = new LLMock({ port: 0, chunkSize: 5 });
  mock.onMessage('hello', { content: 'Hi there, friend!' });
  mock.onToolResult('call_2', { content: 'Sunny in both.' });
  mock.onMessage('weather', {
    toolCalls: [
      { id: 'call_1', name: 'weather', arguments: { city: 'Paris' } },
      { id: 'call_2', name: 'weather', arguments: { city: 'Rome' } },
    ],
  });
  mock.onMessage('picture', { content: 'A cat.' });
  mock.onMessage('which city', { content: '{"city":"Oslo"}' });
  mock.onMessage('cut', { content: LONG }, { truncateAfterChunks: 4, latency: 20 });
  mock.onMessage('wrong', { error: { message: 'temperature: too hot', type: 'invalid_request_error' }, status: 400 });
  mock.onMessage('busy', { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429 });
  await mock.start();
  folder = mkdtempSync(join(tmpdir(), 'wayleave-policy-'));
  const policy = join(folder, 'main.route');
  writeFileSync(policy, POLICY(mock.url));
  process.env.AIMOCK_KEY = 'a-provider-key';
  gateway = await Gateway.start(policy);
  const key = gateway.key('ana');
  openai = await gateway.client(key);
  anthropic = await gateway.anthropic(key);
});
after(async () => {
  await gateway?.stop();
  await mock?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const lastPath = () => mock.getRequests().at(-1).path;

test('openai: a chat', async () => {
  const answer = await openai.chat.completions.create(chat('hello', { temperature: 0.5, seed: 7 }));
  assert.equal(answer.choices[0].message.content, 'Hi there, friend!');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.equal(lastPath(), '/v1/messages');
});

test('openai: what was left out is told', async () => {
  const { response } = await openai.chat.completions.create(chat('hello', { seed: 7 })).withResponse();
  assert.equal(response.headers.get('x-wayleave-dropped'), 'seed');
});

test('openai: a stream', async () => {
  const stream = openai.chat.completions.stream(chat('hello', { stream_options: { include_usage: true } }));
  let text = '';
  stream.on('content', (piece) => (text += piece));
  const final = await stream.finalChatCompletion();
  assert.equal(text, 'Hi there, friend!');
  assert.equal(final.choices[0].finish_reason, 'stop');
  assert.equal((await stream.totalUsage()).total_tokens >= 0, true);
});

test('openai: two calls of a tool, and their results', async () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: SCHEMA } }];
  const asked = chat('weather', { tools });
  const whole = (await openai.chat.completions.create(asked)).choices[0];
  const streamed = (await openai.chat.completions.stream(asked).finalChatCompletion()).choices[0];
  for (const { message: said, finish_reason } of [whole, streamed]) {
    assert.equal(finish_reason, 'tool_calls');
    const cities = said.tool_calls.map((call) => JSON.parse(call.function.arguments).city);
    assert.deepEqual(cities, ['Paris', 'Rome']);
  }
  const results = whole.message.tool_calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'sunny' }));
  const again = { ...asked, messages: [...asked.messages, whole.message, ...results] };
  const answer = await openai.chat.completions.create(again);
  assert.equal(answer.choices[0].message.content, 'Sunny in both.');
});

test('openai: an answer by a schema', async () => {
  const response_format = { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: SCHEMA } };
  const answer = await openai.chat.completions.parse(chat('which city', { response_format }));
  assert.equal(JSON.parse(answer.choices[0].message.content).city, 'Oslo');
});

test('openai: an image', async () => {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } };
  const answer = await openai.chat.completions.create(chat([image, { type: 'text', text: 'which picture' }]));
  assert.equal(answer.choices[0].message.content, 'A cat.');
});

test('openai: a mistake, and what cannot be carried, are errors of their types', async () => {
  await assert.rejects(openai.chat.completions.create(chat('wrong')), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.match(error.message, /temperature: too hot/);
    return true;
  });
  await assert.rejects(openai.chat.completions.create(chat('hello', { n: 2 })), (error) => {
    assert.equal(error.code, 'not_supported');
    assert.match(error.message, /cannot carry `n`/);
    return true;
  });
});

test('openai: a stream that is cut is an error', async () => {
  let text = '';
  const read = async () => {
    for await (const chunk of await openai.chat.completions.create(chat('cut', { stream: true }))) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
  };
  await assert.rejects(read(), /broke off/);
  assert.ok(text.length > 0 && LONG.startsWith(text));
});

test('anthropic: a message', async () => {
  const answer = await anthropic.messages.create(message('hello', { system: 'Be kind.' }));
  assert.equal(answer.content[0].text, 'Hi there, friend!');
  assert.equal(answer.stop_reason, 'end_turn');
  assert.equal(lastPath(), '/v1/chat/completions');
});

test('anthropic: a stream', async () => {
  const stream = anthropic.messages.stream(message('hello'));
  let text = '';
  stream.on('text', (piece) => (text += piece));
  const final = await stream.finalMessage();
  assert.equal(text, 'Hi there, friend!');
  assert.equal(final.stop_reason, 'end_turn');
});

test('anthropic: two calls of a tool, and their results', async () => {
  const tools = [{ name: 'weather', input_schema: SCHEMA }];
  const asked = message('weather', { tools });
  const whole = await anthropic.messages.create(asked);
  const streamed = await anthropic.messages.stream(asked).finalMessage();
  for (const said of [whole, streamed]) {
    assert.equal(said.stop_reason, 'tool_use');
    assert.deepEqual(said.content.map((block) => block.input.city), ['Paris', 'Rome']);
  }
  const content = whole.content.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'sunny' }));
  const turns = [{ role: 'assistant', content: whole.content }, { role: 'user', content }];
  const answer = await anthropic.messages.create({ ...asked, messages: [...asked.messages, ...turns] });
  assert.equal(answer.content[0].text, 'Sunny in both.');
});

test('anthropic: an answer by a schema', async () => {
  const output_config = { format: { type: 'json_schema', schema: SCHEMA } };
  const answer = await anthropic.messages.create(message('which city', { output_config }));
  assert.equal(JSON.parse(answer.content[0].text).city, 'Oslo');
});

test('anthropic: an image', async () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
  const answer = await anthropic.messages.create(message([image, { type: 'text', text: 'which picture' }]));
  assert.equal(answer.content[0].text, 'A cat.');
});

test('anthropic: a mistake, and what cannot be carried, are errors of their types', async () => {
  await assert.rejects(anthropic.messages.create(message('wrong')), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.message, /temperature: too hot/);
    return true;
  });
  await assert.rejects(anthropic.messages.create(message('hello', { top_k: 5 })), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.message, /cannot carry `top_k`/);
    return true;
  });
});

test('anthropic: a stream that is cut is an error', async () => {
  const stream = anthropic.messages.stream(message('cut'));
  let text = '';
  stream.on('text', (piece) => (text += piece));
  await assert.rejects(stream.finalMessage(), /broke off/);
  assert.ok(text.length > 0 && LONG.startsWith(text));
});

// The last, since a provider that says when it wants to be asked again is left alone until then.
test('a limit of the provider is one in both dialects', async () => {
  await assert.rejects(openai.chat.completions.create(chat('busy')), OpenAI.RateLimitError);
  await assert.rejects(anthropic.messages.create(message('busy')), Anthropic.RateLimitError);
});
