// The cells of npm's `ai` with `@ai-sdk/openai-compatible`.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { conversations, embeddings, runAll } from './ai.mjs';
import { KEY, URL } from './cells.mjs';

const provider = (apiKey = KEY) =>
  createOpenAICompatible({ name: 'wayleave', baseURL: URL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
const { structuredOutput, errors, ...rows } = conversations((name, key) => provider(key).chatModel(name));
await runAll({
  ...rows,
  'structured output': structuredOutput(),
  embeddings: embeddings((name) => provider().textEmbeddingModel(name)),
  errors,
});
