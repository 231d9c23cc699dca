//! A fixed prefix and a run of characters behind it: the loosest form of a credential, found without an expression.

use super::stand_in;
use std::ops::Range;

/// A run of fewer different characters than this is a stand-in.
const VARIETY: usize = 8;

/// A longer run is cut off here, so that a text made of prefixes costs no more than a constant for each.
const LONGEST: usize = 512;

/// A run that holds this was made up on a keyboard.
const COUNTED: &str = "abc123";

/// What may stand in the run behind a prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Alphanumeric,
    Upper,
    Token,
    /// The first line of a key in PEM (RFC 7468).
    Heading,
}

pub(super) struct Run {
    kind: Kind,
    /// In characters.
    shortest: usize,
}

impl Run {
    /// `word 20`.
    pub(super) fn read(text: &str) -> Option<Run> {
        let (kind, shortest) = text.split_once(' ')?;
        let kind = match kind {
            "word" => Kind::Word,
            "alphanumeric" => Kind::Alphanumeric,
            "upper" => Kind::Upper,
            "token" => Kind::Token,
            "heading" => Kind::Heading,
            _ => return None,
        };
        Some(Run { kind, shortest: shortest.parse().ok()? })
    }

    /// The credential that begins here, with its prefix.
    pub(super) fn find_at(&self, text: &str, start: usize, prefix: &str) -> Option<Range<usize>> {
        let rest = text[start..].strip_prefix(prefix)?;
        if text[..start].bytes().next_back().is_some_and(is_word) {
            return None;
        }
        // Runs are ASCII, so one byte is one character.
        let length = rest.bytes().take(LONGEST).take_while(|byte| self.kind.holds(*byte)).count();
        let run = &rest[..length];
        let is_credential = run.len() >= self.shortest
            && match self.kind {
                // With the end right behind it there is no key.
                Kind::Heading => run.contains("PRIVATE KEY") && !run.contains("-----END"),
                _ => {
                    stand_in::variety(run) >= VARIETY
                        && run.bytes().any(|byte| byte.is_ascii_digit())
                        && !run.contains(COUNTED)
                        && !stand_in::is_stand_in(run)
                }
            };
        is_credential.then(|| start..start + prefix.len() + length)
    }
}

impl Kind {
    fn holds(self, byte: u8) -> bool {
        match self {
            Kind::Word => is_word(byte),
            Kind::Alphanumeric => byte.is_ascii_alphanumeric(),
            Kind::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Kind::Token => is_word(byte) || byte == b'.',
            Kind::Heading => byte.is_ascii_uppercase() || byte == b' ' || byte == b'-',
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
