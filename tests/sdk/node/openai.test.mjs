// What an application sees that uses the official `openai` package and has changed nothing but its base URL.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { Gateway } from './gateway.mjs';

const HELLO = [{ role: 'user', content: 'Hello there' }];
let gateway;
let client;

before(async () => {
  gateway = await Gateway.start('examples/first-policy');
  client = await gateway.client(gateway.key('ana', '--team', 'apps', '--app', 'ide'));
});
after(() => gateway?.stop());

test('chat', async () => {
  const answer = await client.chat.completions.create({ model: 'assistant', messages: HELLO });
  assert.match(answer.choices[0].message.content, /Hello there/);
  assert.equal(answer.choices[0].finish_reason, 'stop');
});

test('stream', async () => {
  const stream = await client.chat.completions.create({ model: 'assistant', messages: HELLO, stream: true });
  let text = '';
  let finish;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
  }
  assert.match(text, /Hello there/);
  assert.equal(finish, 'stop');
});

test('embeddings, which this package asks for as base64', async () => {
  const answer = await client.embeddings.create({ model: 'north/embed', input: 'one' });
  const plain = await client.embeddings.create({ model: 'north/embed', input: 'one', encoding_format: 'float' });
  assert.equal(answer.data[0].embedding.length, plain.data[0].embedding.length);
  answer.data[0].embedding.forEach((value, index) => {
    assert.ok(Math.abs(value - plain.data[0].embedding[index]) < 1e-6);
  });
});

test('models', async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.ok(names.includes('assistant') && names.includes('north/large'));
});

test('a denial says why', async () => {
  const denied = client.chat.completions.create(
    { model: 'assistant', messages: HELLO },
    { headers: { 'x-data-class': 'confidential' } },
  );
  await assert.rejects(denied, (error) => {
    assert.ok(error instanceof OpenAI.PermissionDeniedError);
    assert.match(error.message, /Confidential data goes to no hosted model/);
    return true;
  });
});

test('an unknown model is not found', async () => {
  const missing = client.chat.completions.create({ model: 'no-such-model', messages: HELLO });
  await assert.rejects(missing, OpenAI.NotFoundError);
});
