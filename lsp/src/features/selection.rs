//! What stands around a place, from the word there outwards.

use std::ops::Range;
use wayleave_grammar::{Parse, SyntaxKind, TextSize};

/// Each range contains the one before it and is longer; the last is the file. In bytes.
pub fn around(parsed: &Parse, at: usize) -> Vec<Range<usize>> {
    let root = parsed.syntax();
    let at = TextSize::try_from(at).unwrap_or(root.text_range().end()).min(root.text_range().end());
    let tokens = root.token_at_offset(at);
    let word = tokens.clone().find(|token| token.kind() != SyntaxKind::Whitespace).or(tokens.right_biased());
    let mut ranges = Vec::new();
    if let Some(token) = word {
        ranges.push(token.text_range());
        ranges.extend(token.parent_ancestors().map(|node| node.text_range()));
    }
    ranges.push(root.text_range());
    ranges.dedup();
    ranges.into_iter().map(|range| range.start().into()..range.end().into()).collect()
}
