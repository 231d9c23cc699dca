//! The files that `use` items name, as links.

use super::diagnostics::CheckedPolicy;
use std::ops::Range;
use std::path::Path;
use wayleave_compiler::source::{FileId, Span};
use wayleave_grammar::ast::Item;

/// A path in a text, and the file that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'p> {
    /// In bytes, quotes included.
    pub range: Range<usize>,
    /// The file.
    pub target: &'p Path,
    /// Its number in the policy.
    pub file: FileId,
}

/// By place; what cannot be read is no link.
pub fn links(policy: &CheckedPolicy, file: FileId) -> Vec<Link<'_>> {
    let sources = policy.sources();
    let root = sources.file(file).parse.root();
    root.items()
        .filter_map(|item| match item {
            Item::Use(item) => item.path(),
            _ => None,
        })
        .filter_map(|path| {
            let span = Span::new(file, path.range());
            let used = sources.used_at(span)?;
            let range = span.start as usize..span.end as usize;
            Some(Link { range, target: policy.path(used), file: used })
        })
        .collect()
}
