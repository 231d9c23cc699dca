// The cells of npm's `ai` with `@ai-sdk/openai`, whose models of Chat Completions are meant here.

import { createOpenAI } from '@ai-sdk/openai';
import { conversations, embeddings, runAll } from './ai.mjs';
import { KEY, URL } from './cells.mjs';

const provider = (apiKey = KEY) => createOpenAI({ baseURL: URL, apiKey });
const { structuredOutput, errors, ...rows } = conversations((name, key) => provider(key).chat(name));
await runAll({
  ...rows,
  'structured output': structuredOutput(),
  embeddings: embeddings((name) => provider().embedding(name)),
  errors,
});
