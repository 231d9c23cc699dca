// The book's own highlighter, as mdBook brings it, with what docs/highlight.js teaches it.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const root = new URL("../../", import.meta.url);
const book = new URL("target/book/", root);

const size = (name) => statSync(new URL(name, book)).size;

/** Runs both scripts in a page with one block of the language; its HTML afterwards. */
function highlighted(text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const block = { className: "language-route hljs", textContent: text, innerHTML: escaped, nodeName: "CODE", childNodes: [] };
  block.parentNode = { className: "", nodeName: "PRE" };
  const document = { querySelectorAll: () => [block], createElement: () => ({ innerHTML: "", childNodes: [] }), addEventListener() {} };
  const page = vm.createContext({ document, console, addEventListener() {} });
  page.window = page;
  page.self = page;
  const scripts = readdirSync(book).filter((name) => /^highlight.*\.js$/.test(name));
  // Ours is copied beside it, and is the shorter one.
  const library = scripts.sort((a, b) => size(b) - size(a))[0];
  assert.ok(library, "mdBook brings highlight.js");
  vm.runInContext(readFileSync(new URL(library, book), "utf8"), page);
  vm.runInContext(readFileSync(new URL("docs/highlight.js", root), "utf8"), page);
  return block.innerHTML;
}

test("words, texts, figures and comments have colours, and names have none", () => {
  const html = highlighted('deny long when request.tokens > 8k tokens  because "Too long, when asked." // why\nroute when-idle to near/large');
  assert.match(html, /<span class="hljs-keyword">deny<\/span> long <span class="hljs-keyword">when<\/span>/);
  assert.match(html, /<span class="hljs-number">8k<\/span>/);
  assert.match(html, /<span class="hljs-string">"Too long, when asked."<\/span>|<span class="hljs-string">&quot;Too long, when asked.&quot;<\/span>/);
  assert.match(html, /<span class="hljs-comment">\/\/ why<\/span>/);
  assert.match(html, /<span class="hljs-keyword">route<\/span> when-idle <span class="hljs-keyword">to<\/span> near\/large/);
});
