// What a program of the matrix prints: a line of JSON a cell, which says how one thing went with one upstream.
// A cell is `yes`, `refused: ` and the gateway's words, or `failed: ` and what went wrong.

import assert from 'node:assert/strict';
import { z } from 'zod';

export const URL = process.env.MATRIX_URL;
export const KEY = process.env.MATRIX_KEY;
export const STRANGER = 'wl_not-a-key';
// A picture, as base64 of a PNG.
export const IMAGE = process.env.MATRIX_IMAGE;
export const HELLO = 'Hi there, friend! How are you on this fine day?';
export const PICTURE = 'A cloud of dots.';
export const SUNNY = 'Sunny in both.';
export const LONG = 'one two three four five six seven eight nine ten';
// More than the llama.cpp server holds.
export const TOO_LONG = 'hello '.repeat(2000);
// What the tool is told to be: the small model does as it says.
export const TOOL = 'Tells the weather; ask twice.';
export const TOKENS = 300;
export const TIMEOUT_MS = 20_000;
export const Place = z.strictObject({ city: z.enum(['Paris', 'Rome']) });
export const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Paris', 'Rome'] } },
  required: ['city'],
  additionalProperties: false,
};

// One upstream, asked through the gateway: a provider of the policy.
class Column {
  constructor(name) {
    this.name = name;
    this.isScripted = name.startsWith('aimock');
  }

  model(name = 'large') {
    return `${this.name}/${name}`;
  }

  // That a text is what the upstream was to say; of a model of chance it is known that it says something.
  said(text, scripted) {
    if (this.isScripted) assert.equal(text, scripted);
    else assert.ok(text?.length > 0, 'it said nothing');
  }

  // That an answer to `hello` counts its tokens: the small model goes on until it is stopped.
  counted(tokensIn, tokensOut) {
    assert.ok(tokensIn > 0, `it counts ${tokensIn} and ${tokensOut}`);
    assert.deepEqual([tokensIn, tokensOut], this.isScripted ? [11, 12] : [tokensIn, TOKENS]);
  }

  // That the calls of a tool are the two that the upstream was to make, with an id each.
  called(calls) {
    const cities = calls.map(({ input }) => Place.parse(input).city);
    if (this.isScripted) assert.deepEqual(cities, ['Paris', 'Rome']);
    assert.equal(new Set(calls.map(({ id }) => id)).size, 2);
  }

  // What aimock was sent last: headers, and a body that it writes as a chat whatever the dialect was.
  async #asked() {
    const journal = await (await fetch(`${process.env.MATRIX_AIMOCK}/__aimock/journal`)).json();
    return journal.at(-1);
  }

  // That the upstream was sent these names, where it tells.
  async saw(names) {
    if (!this.isScripted) return;
    const body = JSON.stringify((await this.#asked()).body);
    for (const name of names) assert.ok(body.includes(name), `it was sent ${body}`);
  }

  // That the upstream was sent the image. Of a message aimock keeps no more of it than how long the whole was.
  async sawImage() {
    if (this.isScripted) assert.ok(Number((await this.#asked()).headers['content-length']) > IMAGE.length, 'no image was sent');
  }
}

// That a call ends with an error of the SDK's own class, whose members are these.
export async function raises(kind, call, members, message) {
  await assert.rejects(call, (error) => {
    assert.ok(kind.isInstance ? kind.isInstance(error) : error instanceof kind, `it was a ${error.name}: ${error.message}`);
    for (const [name, wanted] of Object.entries(members)) assert.equal(error[name], wanted, name);
    if (message) assert.match(error.message, message);
    return true;
  });
}

// Does every row with every column. `refusal` says what the gateway said where an error is its refusal.
export async function run(rows, refusal) {
  for (const name of process.env.MATRIX_COLUMNS.split(' ')) {
    for (const [row, does] of Object.entries(rows)) {
      let cell = 'yes';
      try {
        await does(new Column(name));
      } catch (error) {
        const why = refusal(error);
        cell = why ? `refused: ${why}` : `failed: ${error.name}: ${error.message}`;
      }
      console.log(JSON.stringify({ row, column: name, cell }));
    }
  }
}

// What the gateway says of a refusal, in either dialect.
export function refused({ message, code } = {}) {
  return code === 'not_supported' || code === 'denied_by_policy' ? message : undefined;
}
