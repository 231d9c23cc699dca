// The book's own highlighter, as mdBook brings it, with what docs/route-colours.js teaches it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const root = new URL("../../", import.meta.url);
const book = new URL("target/book/", root);

/** Runs both scripts in a page with one block of the language; its HTML afterwards. */
function highlighted(text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const block = { className: "language-route hljs", textContent: text, innerHTML: escaped, nodeName: "CODE", childNodes: [] };
  block.parentNode = { className: "", nodeName: "PRE" };
  const document = { querySelectorAll: () => [block], createElement: () => ({ innerHTML: "", childNodes: [] }), addEventListener() {} };
  const page = vm.createContext({ document, console, addEventListener() {} });
  page.window = page;
  page.self = page;
  // As the page loads them: the highlighter that mdBook brings, and then ours, under a name that takes no other's place.
  const html = readFileSync(new URL("reference/deny.html", book), "utf8");
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map((match) => match[1]);
  const library = scripts.find((name) => /\/highlight-/.test(name));
  const ours = scripts.find((name) => /\/route-colours-/.test(name));
  assert.ok(library && ours && scripts.indexOf(library) < scripts.indexOf(ours), scripts.join(" "));
  for (const script of [library, ours]) {
    vm.runInContext(readFileSync(new URL(script, new URL("reference/", book)), "utf8"), page);
  }
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
