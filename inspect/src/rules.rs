//! The rules of the built-in detectors, one detector a file. Each calls back for every finding, by place and apart, and
//! stops when told.

use std::ops::{ControlFlow, Range};

pub(crate) mod credit_card;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod ip_address;
pub(crate) mod phone;
pub(crate) mod secret;
pub(crate) mod us_ssn;

/// Told of each finding: where it stands, and what it is in words.
pub(crate) type Tell<'a> = dyn FnMut(Range<usize>, &'static str) -> ControlFlow<()> + 'a;

/// Part of a word: what stands right before or behind a finding may not be.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The character before a place.
pub(crate) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at a place.
pub(crate) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// The second character at a place.
pub(crate) fn second(text: &str, at: usize) -> Option<char> {
    text[at..].chars().nth(1)
}

/// Whether the word before a place, behind blanks and signs of assignment, ends in one of these (lower case).
pub(crate) fn follows_word(text: &str, at: usize, words: &[&str]) -> bool {
    const SIGNS: usize = 4;
    const LONGEST_WORD: usize = 24;
    let from = text.floor_char_boundary(at.saturating_sub(SIGNS + LONGEST_WORD));
    let said = text[from..at].trim_end_matches([' ', '=', ':', '"', '\'', '(', '>']).to_ascii_lowercase();
    words.iter().any(|word| {
        said.strip_suffix(word)
            .is_some_and(|rest| word.len() > 2 || !rest.chars().next_back().is_some_and(is_word))
    })
}

/// The findings of one rule, for its tests.
#[cfg(test)]
pub(crate) fn found<'t>(
    text: &'t str,
    rule: impl FnOnce(&'t str, &mut Tell<'_>) -> ControlFlow<()>,
) -> Vec<&'t str> {
    let mut found = Vec::new();
    let _ = rule(text, &mut |range, _| {
        found.push(&text[range]);
        ControlFlow::Continue(())
    });
    found
}
