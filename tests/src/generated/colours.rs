//! Colours of the book: what highlight.js has to know of the language, and the call that colours its blocks, as mdBook has
//! coloured all others before it loads this.

use super::law::Law;

/// The whole script.
pub(crate) fn script(law: &Law) -> String {
    let words: Vec<String> = law.keywords().iter().map(|word| format!("    \"{word}\"")).collect();
    format!(
        r#"// Made from grammar/route.pest. Change that file, then: WAYLEAVE_UPDATE=1 cargo test -p wayleave-tests generated
(() => {{
  const words = [
{}
  ];
  hljs.registerLanguage("route", () => ({{
    name: "Route",
    keywords: {{ $pattern: /[a-z][a-z0-9_-]*/, keyword: words.join(" "), literal: "true false" }},
    contains: [
      {{ className: "doctag", begin: "///", end: "$" }},
      {{ className: "comment", begin: "//", end: "$" }},
      {{ className: "regexp", begin: 'r"', end: '"i?', contains: [{{ begin: "\\\\." }}] }},
      {{ className: "string", begin: '"', end: '"', contains: [{{ begin: "\\\\." }}] }},
      {{ className: "number", begin: /\d{{4}}-\d\d-\d\d(T\d\d:\d\dZ)?|\$?\d[\d_.]*(Ki|Mi|[kM]|ms|min|s|h|d|%)?(?![\w-])/ }},
      // Names of targets, fields and attributes hold words that are none there.
      {{ begin: /[A-Za-z][\w-]*([.\/][\w*"-]+)+/ }},
      {{ className: "attr", begin: /[a-z][\w-]*(?=:)/ }},
    ],
  }}));
  for (const block of document.querySelectorAll("code.language-route")) hljs.highlightBlock(block);
}})();
"#,
        words.join(",\n")
    )
}
