// The cells of npm's `openai`.

import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { HELLO, IMAGE, KEY, LONG, PICTURE, Place, SCHEMA, STRANGER, SUNNY, TIMEOUT_MS, TOKENS, TOO_LONG, TOOL, URL } from './cells.mjs';
import { raises, refused, run } from './cells.mjs';

const client = new OpenAI({ baseURL: URL, apiKey: KEY, maxRetries: 0, timeout: TIMEOUT_MS });
const TOOLS = [{ type: 'function', function: { name: 'weather', description: TOOL, parameters: SCHEMA } }];
const user = (content) => ({ role: 'user', content });
const asked = (column, content, more = {}) => ({ model: column.model(), messages: [user(content)], max_tokens: TOKENS, ...more });
const completions = client.chat.completions;

async function chat(column) {
  const messages = [{ role: 'system', content: 'Be kind.' }, user('hello')];
  const answer = await completions.create(asked(column, 'hello', { messages }));
  column.said(answer.choices[0].message.content, HELLO);
  assert.equal(answer.choices[0].finish_reason, column.isScripted ? 'stop' : 'length');
  column.counted(answer.usage.prompt_tokens, answer.usage.completion_tokens);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
}

async function stream(column) {
  const streaming = completions.stream(asked(column, 'hello', { stream_options: { include_usage: true } }));
  const pieces = [];
  streaming.on('content', (piece) => pieces.push(piece));
  const final = await streaming.finalChatCompletion();
  assert.ok(pieces.length > 1);
  column.said(pieces.join(''), HELLO);
  assert.equal(final.choices[0].message.content, pieces.join(''));
  assert.equal(final.choices[0].finish_reason, column.isScripted ? 'stop' : 'length');
  const usage = await streaming.totalUsage();
  column.counted(usage.prompt_tokens, usage.completion_tokens);
}

async function tools(column) {
  const question = asked(column, 'weather', { tools: TOOLS });
  const whole = (await completions.create(question)).choices[0];
  const streamed = (await completions.stream(question).finalChatCompletion()).choices[0];
  for (const { message, finish_reason } of [whole, streamed]) {
    assert.equal(finish_reason, 'tool_calls');
    column.called(message.tool_calls.map((call) => ({ id: call.id, input: JSON.parse(call.function.arguments) })));
  }
  const ids = whole.message.tool_calls.map(({ id }) => id);
  const results = ids.map((tool_call_id) => ({ role: 'tool', tool_call_id, content: 'sunny' }));
  const answer = await completions.create({ ...question, messages: [...question.messages, whole.message, ...results] });
  column.said(answer.choices[0].message.content, SUNNY);
  await column.saw(ids);
}

async function structuredOutput(column) {
  const question = asked(column, 'which city', { response_format: zodResponseFormat(Place, 'place') });
  Place.parse((await completions.parse(question)).choices[0].message.parsed);
  Place.parse((await completions.stream(question).finalChatCompletion()).choices[0].message.parsed);
}

async function image(column) {
  const part = { type: 'image_url', image_url: { url: `data:image/png;base64,${IMAGE}` } };
  const answer = await completions.create(asked(column, [part, { type: 'text', text: 'which picture' }]));
  column.said(answer.choices[0].message.content, PICTURE);
  await column.sawImage();
}

async function embeddings(column) {
  // Unless told otherwise this package asks for base64 and decodes it.
  for (const more of [{}, { encoding_format: 'float' }]) {
    const answer = await client.embeddings.create({ model: column.model('embed'), input: ['one', 'one two'], ...more });
    const [one, two] = answer.data.map(({ embedding }) => embedding);
    assert.ok(one.length > 1 && one.length === two.length);
    assert.ok([...one, ...two].every((number) => number >= -1 && number <= 1));
    if (column.isScripted) assert.deepEqual(one, [0.5, -0.25, 0.125]);
  }
}

async function errors(column) {
  const ask = (content, more) => () => completions.create(asked(column, content, more));
  const stranger = client.withOptions({ apiKey: STRANGER });
  const unknown = () => stranger.chat.completions.create(asked(column, 'hello'));
  await raises(OpenAI.AuthenticationError, unknown, { status: 401, code: 'invalid_api_key' });
  await raises(OpenAI.PermissionDeniedError, ask('hello', { model: 'nobody' }), { status: 403, code: 'denied_by_policy' });
  await raises(OpenAI.NotFoundError, ask('hello', { model: 'no-such' }), { status: 404, code: 'model_not_found' });
  if (!column.isScripted) {
    return raises(OpenAI.BadRequestError, ask(TOO_LONG), { status: 400 }, /exceeds the available context/);
  }
  await raises(OpenAI.BadRequestError, ask('wrong'), { status: 400 }, /temperature: too hot/);
  await raises(OpenAI.RateLimitError, ask('busy', { model: column.model('busy') }), { status: 429 });
  let text = '';
  const read = async () => {
    for await (const chunk of await ask('cut', { stream: true })()) text += chunk.choices[0]?.delta.content ?? '';
  };
  await raises(OpenAI.APIError, read, { code: 'upstream_lost' }, /broke off/);
  assert.ok(text && LONG.startsWith(text));
}

const refusal = (error) => error instanceof OpenAI.APIError && refused(error.error);
await run({ chat, stream, tools, 'structured output': structuredOutput, image, embeddings, errors }, refusal);
