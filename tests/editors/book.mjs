// What the book says about an editor, so that a test does just that.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The commands of `docs/editors.md` that stand first below the heading of an editor. */
export function installed(editor) {
  const page = readFileSync(`${root}docs/editors.md`, 'utf8');
  const [, section] = page.split(`\n## ${editor}\n`);
  const [, commands] = section.match(/```sh\n([^]*?)```/);
  return commands;
}

/** Of those for VS Code the first, which packages the extension. */
export const inVsCode = () => installed('VS Code').split('\n')[0];
