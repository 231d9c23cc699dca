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

    /// The credential that begins here, with its prefix. A text is asked about from its start on; nothing begins before
    /// `barren_end`, which is 0 at first and is kept from one call to the next.
    pub(super) fn find_at(
        &self,
        text: &str,
        start: usize,
        prefix: &str,
        barren_end: &mut usize,
    ) -> Option<Range<usize>> {
        if start < *barren_end || text[..start].bytes().next_back().is_some_and(is_word) {
            return None;
        }
        let rest = text[start..].strip_prefix(prefix)?;
        // Runs are ASCII, so one byte is one character.
        let reach = rest.bytes().take(2 * LONGEST).take_while(|byte| self.kind.holds(*byte)).count();
        if !self.kind.may_be_in(&rest[..reach]) {
            // Every run that begins in the first half of what was read, or in all of it where it ends there, is part of it.
            *barren_end = start + if reach < 2 * LONGEST { reach } else { LONGEST };
            return None;
        }
        let run = &rest[..reach.min(LONGEST)];
        if let Some(place) = self.kind.made_up_at(run) {
            // Whatever begins before that place holds it too.
            *barren_end = (start + place).max(start + 1);
            return None;
        }
        let is_credential = run.len() >= self.shortest
            && self.kind.may_be_in(run)
            && (self.kind == Kind::Heading || !stand_in::is_stand_in(run))
            && !(prefix == BEGINS_WORDS && reads_as_words(run));
        let found = is_credential.then(|| start..start + prefix.len() + run.len())?;
        // What begins within a finding would overlap it, and could not be one of its own.
        *barren_end = found.end;
        Some(found)
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

    /// The last place in a run that says that it is none.
    fn made_up_at(self, run: &str) -> Option<usize> {
        match self {
            // With the end right behind it there is no key.
            Kind::Heading => run.rfind("-----END"),
            _ => stand_in::last_word(run).max(run.rfind(COUNTED)),
        }
    }

    /// Whether a credential may be this run or a part of it; if not, no part of it is asked again.
    fn may_be_in(self, run: &str) -> bool {
        match self {
            Kind::Heading => run.contains("PRIVATE KEY"),
            _ => run.bytes().any(|byte| byte.is_ascii_digit()) && stand_in::has_variety(run, VARIETY),
        }
    }
}

/// A prefix that names of things have too: `sk-learn-for-text-v2`.
const BEGINS_WORDS: &str = "sk-";

/// Words are shorter than this, and keys have a longer piece: 32 characters at the least.
const LONGEST_WORD: usize = 16;

/// Whether a run is words and numbers with hyphens between.
fn reads_as_words(run: &str) -> bool {
    run.split(['-', '_']).all(|piece| piece.len() < LONGEST_WORD)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}
