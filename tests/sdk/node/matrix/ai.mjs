// The cells of Vercel's `ai`, whichever of its providers is used: each has a program of its own.

import assert from 'node:assert/strict';
import { APICallError, Output, embedMany, generateText, stepCountIs, streamText, tool } from 'ai';
import { HELLO, IMAGE, LONG, PICTURE, Place, SUNNY, TOKENS, TOO_LONG, TOOL, raises, refused, run } from './cells.mjs';

const image = [{ type: 'image', image: IMAGE, mediaType: 'image/png' }, { type: 'text', text: 'which picture' }];

// What is done with the models of `model(name, key)`, `key` unsaid being the caller's; `more` is said beside everything.
export function conversations(model, more = {}) {
  const asked = (column, prompt, others = {}) => ({
    model: model(column.model()),
    maxOutputTokens: TOKENS,
    maxRetries: 0,
    ...(typeof prompt === 'string' ? { prompt } : { messages: [{ role: 'user', content: prompt }] }),
    ...more,
    ...others,
  });

  async function chat(column) {
    const answer = await generateText(asked(column, 'hello', { system: 'Be kind.' }));
    column.said(answer.text, HELLO);
    assert.equal(answer.finishReason, column.isScripted ? 'stop' : 'length');
    column.counted(answer.usage.inputTokens, answer.usage.outputTokens);
  }

  // An error is a part of the stream here, and `onError` would print it.
  async function streamed(question, read) {
    const streaming = streamText({ ...question, onError: () => {} });
    for await (const part of streaming.fullStream) {
      if (part.type === 'error') throw part.error;
      read(part);
    }
    return streaming;
  }

  async function stream(column) {
    const pieces = [];
    const streaming = await streamed(asked(column, 'hello'), (part) => part.type === 'text-delta' && pieces.push(part.text));
    assert.ok(pieces.length > 1);
    column.said(pieces.join(''), HELLO);
    assert.equal(await streaming.finishReason, column.isScripted ? 'stop' : 'length');
    const usage = await streaming.usage;
    column.counted(usage.inputTokens, usage.outputTokens);
  }

  async function tools(column) {
    const weather = tool({ description: TOOL, inputSchema: Place, execute: async () => 'sunny' });
    const question = asked(column, 'weather', { tools: { weather }, stopWhen: stepCountIs(2) });
    const whole = await generateText(question);
    await column.saw(whole.steps[0].toolCalls.map(({ toolCallId }) => toolCallId));
    const streaming = await streamed(question, () => {});
    for (const [steps, text] of [[whole.steps, whole.text], [await streaming.steps, await streaming.text]]) {
      assert.equal(steps[0].finishReason, 'tool-calls');
      column.called(steps[0].toolCalls.map(({ toolCallId, input }) => ({ id: toolCallId, input })));
      column.said(text, SUNNY);
    }
  }

  const structuredOutput = (others) => async (column) => {
    const question = asked(column, 'which city', { output: Output.object({ schema: Place }), ...others });
    Place.parse((await generateText(question)).output);
    const streaming = await streamed(question, () => {});
    Place.parse(await streaming.output);
  };

  async function picture(column) {
    column.said((await generateText(asked(column, image))).text, PICTURE);
    await column.sawImage();
  }

  async function errors(column) {
    const ask = (prompt, named, key) => () =>
      generateText({ ...asked(column, prompt), model: model(named ?? column.model(), key) });
    await raises(APICallError, ask('hello', undefined, 'wl_not-a-key'), { statusCode: 401 });
    await raises(APICallError, ask('hello', 'nobody'), { statusCode: 403 }, /Nobody is served this/);
    await raises(APICallError, ask('hello', 'no-such'), { statusCode: 404 });
    if (!column.isScripted) {
      return raises(APICallError, ask(TOO_LONG), { statusCode: 400, isRetryable: false }, /exceeds the available context/);
    }
    await raises(APICallError, ask('wrong'), { statusCode: 400, isRetryable: false }, /temperature: too hot/);
    await raises(APICallError, ask('busy', column.model('busy')), { statusCode: 429, isRetryable: true });
    let text = '';
    // What a provider package makes of an error event has no class of its own.
    const read = () => streamed(asked(column, 'cut'), (part) => (text += part.type === 'text-delta' ? part.text : ''));
    await assert.rejects(read, (error) => /broke off/.test(error.message ?? JSON.stringify(error)));
    assert.ok(text && LONG.startsWith(text));
  }

  return { chat, stream, tools, structuredOutput, image: picture, errors };
}

// The row of embeddings, with the models of `model(name)`.
export const embeddings = (model) => async (column) => {
  const answer = await embedMany({ model: model(column.model('embed')), values: ['one', 'one two'], maxRetries: 0 });
  const [one, two] = answer.embeddings;
  assert.ok(one.length > 1 && one.length === two.length);
  if (column.isScripted) assert.deepEqual(one, [0.5, -0.25, 0.125]);
};

export function runAll(rows) {
  return run(rows, (error) => {
    if (!APICallError.isInstance(error)) return undefined;
    return refused(JSON.parse(error.responseBody ?? '{}').error);
  });
}
