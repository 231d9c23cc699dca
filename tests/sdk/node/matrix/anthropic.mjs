// The cells of npm's `@anthropic-ai/sdk`.

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { HELLO, IMAGE, KEY, LONG, PICTURE, Place, SCHEMA, STRANGER, SUNNY, TIMEOUT_MS, TOKENS, TOO_LONG, TOOL, URL } from './cells.mjs';
import { raises, refused, run } from './cells.mjs';

const client = new Anthropic({ baseURL: URL.replace(/\/v1$/, ''), apiKey: KEY, maxRetries: 0, timeout: TIMEOUT_MS });
const TOOLS = [{ name: 'weather', description: TOOL, input_schema: SCHEMA }];
const user = (content) => ({ role: 'user', content });
const asked = (column, content, more = {}) => ({ model: column.model(), messages: [user(content)], max_tokens: TOKENS, ...more });
const { messages } = client;

// With those that the provider had read before, which Messages counts apart.
const tokensIn = ({ usage }) => usage.input_tokens + (usage.cache_read_input_tokens ?? 0);

async function chat(column) {
  const answer = await messages.create(asked(column, 'hello', { system: 'Be kind.' }));
  column.said(answer.content[0].text, HELLO);
  assert.equal(answer.stop_reason, column.isScripted ? 'end_turn' : 'max_tokens');
  column.counted(tokensIn(answer), answer.usage.output_tokens);
}

async function stream(column) {
  const streaming = messages.stream(asked(column, 'hello'));
  const pieces = [];
  streaming.on('text', (piece) => pieces.push(piece));
  const final = await streaming.finalMessage();
  assert.ok(pieces.length > 1);
  column.said(pieces.join(''), HELLO);
  assert.equal(final.content[0].text, pieces.join(''));
  assert.equal(final.stop_reason, column.isScripted ? 'end_turn' : 'max_tokens');
  column.counted(tokensIn(final), final.usage.output_tokens);
}

async function tools(column) {
  const question = asked(column, 'weather', { tools: TOOLS });
  const whole = await messages.create(question);
  const streamed = await messages.stream(question).finalMessage();
  const calls = ({ content }) => content.filter(({ type }) => type === 'tool_use');
  for (const said of [whole, streamed]) {
    assert.equal(said.stop_reason, 'tool_use');
    column.called(calls(said));
  }
  const ids = calls(whole).map(({ id }) => id);
  const results = ids.map((tool_use_id) => ({ type: 'tool_result', tool_use_id, content: 'sunny' }));
  const turns = [...question.messages, { role: 'assistant', content: whole.content }, user(results)];
  const answer = await messages.create({ ...question, messages: turns });
  column.said(answer.content[0].text, SUNNY);
  await column.saw(ids);
}

async function structuredOutput(column) {
  const question = asked(column, 'which city', { output_config: { format: zodOutputFormat(Place) } });
  Place.parse((await messages.parse(question)).parsed_output);
  Place.parse((await messages.stream(question).finalMessage()).parsed_output);
}

async function image(column) {
  const block = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: IMAGE } };
  const answer = await messages.create(asked(column, [block, { type: 'text', text: 'which picture' }]));
  column.said(answer.content[0].text, PICTURE);
  await column.sawImage();
}

async function errors(column) {
  const ask = (content, more) => () => messages.create(asked(column, content, more));
  const unknown = () => client.withOptions({ apiKey: STRANGER }).messages.create(asked(column, 'hello'));
  await raises(Anthropic.AuthenticationError, unknown, { status: 401, type: 'authentication_error' });
  await raises(Anthropic.PermissionDeniedError, ask('hello', { model: 'nobody' }), { status: 403, type: 'permission_error' });
  await raises(Anthropic.NotFoundError, ask('hello', { model: 'no-such' }), { status: 404, type: 'not_found_error' });
  if (!column.isScripted) {
    return raises(Anthropic.BadRequestError, ask(TOO_LONG), { status: 400 }, /exceeds the available context/);
  }
  await raises(Anthropic.BadRequestError, ask('wrong'), { status: 400 }, /temperature: too hot/);
  await raises(Anthropic.RateLimitError, ask('busy', { model: column.model('busy') }), { status: 429 });
  const streaming = messages.stream(asked(column, 'cut'));
  let text = '';
  streaming.on('text', (piece) => (text += piece));
  await raises(Anthropic.APIError, () => streaming.finalMessage(), {}, /broke off/);
  assert.ok(text && LONG.startsWith(text));
}

const refusal = (error) => error instanceof Anthropic.APIError && refused(error.error?.error);
await run({ chat, stream, tools, 'structured output': structuredOutput, image, errors }, refusal);
