// The cells of npm's `ai` with `@ai-sdk/anthropic`, which asks for structured output in two ways: by a schema, and by a tool for
// models of whose name it does not know that they take a schema.

import { createAnthropic } from '@ai-sdk/anthropic';
import { conversations, runAll } from './ai.mjs';
import { KEY, URL } from './cells.mjs';

const provider = (apiKey = KEY) => createAnthropic({ baseURL: URL, apiKey });
const by = (structuredOutputMode) => ({ providerOptions: { anthropic: { structuredOutputMode } } });
const { structuredOutput, errors, ...rows } = conversations((name, key) => provider(key)(name));
await runAll({
  ...rows,
  'structured output': structuredOutput(by('outputFormat')),
  'structured output by a tool': structuredOutput(by('jsonTool')),
  errors,
});
