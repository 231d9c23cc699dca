//! What is made from the normative grammar `grammar/route.pest` and checked in: keyword lists of editors, and the grammar
//! chapter of the book. A pure function from the grammar's text to files; `tests/it/generated.rs` compares and rewrites.

use std::collections::BTreeMap;

mod book;
mod colours;
mod diagram;
pub mod law;
mod neighbours;
mod notation;
mod pattern;
mod queries;
mod shape;
mod textmate;
mod vim;

use law::Law;

/// Every file that is made whole: its path from the root of the project, and its text.
#[must_use]
pub fn files(law: &Law) -> BTreeMap<String, String> {
    let mut files = book::files(law);
    files.insert("lsp/editors/textmate/route.tmLanguage.json".to_owned(), textmate::text(law));
    files.insert("docs/route-colours.js".to_owned(), colours::script(law));
    files.insert("lsp/editors/vim/syntax/route.vim".to_owned(), vim::syntax(law));
    files.insert("lsp/editors/vim/indent/route.vim".to_owned(), vim::indent(law));
    files
}

/// Files of which a part is made: the path, the line before the part, the part, and the line behind it.
#[must_use]
pub fn parts(law: &Law) -> Vec<[String; 4]> {
    let queries = "grammar/tree-sitter-route/queries/highlights.scm";
    let markers = ["; keywords, from route.pest\n", "; end of keywords\n"];
    vec![[queries, markers[0], &queries::keywords(law), markers[1]].map(str::to_owned)]
}

/// Some rules of the grammar, as a page of `docs/reference` shows them.
///
/// # Errors
/// A name that is no rule of the book.
pub fn excerpt(law: &Law, names: &[&str]) -> Result<String, String> {
    book::excerpt(law, names)
}
