//! Bytes as the automata of texts see them: which of them people prefer to read, which of them no automaton tells apart, and
//! UTF-8 as an automaton of its own (Unicode 17, table 3-7).

use std::collections::BTreeMap;

/// Where a byte stands among all, those first that read best in an example: small letters, digits, capitals, other visible
/// ASCII, space, what characters beyond ASCII are made of, what cannot be seen.
pub(super) fn preference(byte: u8) -> (u8, u8) {
    let rank = match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'!'..=b'~' => 3,
        b' ' => 4,
        0x80.. => 5,
        0..0x20 | 0x7f => 6,
    };
    (rank, byte)
}

/// The bytes in groups that no automaton tells apart.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// The group of each byte.
    group: [u8; 256],
    /// Each group's bytes by preference; the groups by their first bytes.
    members: Vec<Vec<u8>>,
}

impl Alphabet {
    /// The coarsest groups of which every byte `looks` the same.
    pub(super) fn new(looks: impl Fn(u8) -> Vec<u8>) -> Alphabet {
        let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
        bytes.sort_unstable_by_key(|byte| preference(*byte));
        let mut known: BTreeMap<Vec<u8>, u8> = BTreeMap::new();
        let mut alphabet = Alphabet { group: [0; 256], members: Vec::new() };
        for byte in bytes {
            let fresh = u8::try_from(known.len()).unwrap_or(u8::MAX);
            let group = *known.entry(looks(byte)).or_insert(fresh);
            if usize::from(group) == alphabet.members.len() {
                alphabet.members.push(Vec::new());
            }
            alphabet.group[usize::from(byte)] = group;
            alphabet.members[usize::from(group)].push(byte);
        }
        alphabet
    }

    /// How many groups there are, at most 256.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The groups of all bytes.
    pub(super) fn groups(&self) -> &[u8; 256] {
        &self.group
    }

    /// The bytes of each group, by preference.
    pub(super) fn members(&self) -> &[Vec<u8>] {
        &self.members
    }
}

/// How far a text has come in the character that its last bytes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Utf8 {
    /// Between two characters.
    Boundary,
    /// One byte is wanting.
    One,
    /// Two are.
    Two,
    /// Two, of which the first must not say what one byte less could: after E0.
    TwoLong,
    /// Two, which must not be a surrogate: after ED.
    TwoLow,
    /// Three.
    Three,
    /// Three, of which the first must not say what one byte less could: after F0.
    ThreeLong,
    /// Three, which must not be above U+10FFFF: after F4.
    ThreeLow,
}

impl Utf8 {
    /// After one byte more; none where no text goes on so.
    pub(super) fn after(self, byte: u8) -> Option<Utf8> {
        match (self, byte) {
            (Utf8::Boundary, 0..=0x7f) => Some(Utf8::Boundary),
            (Utf8::Boundary, 0xc2..=0xdf) => Some(Utf8::One),
            (Utf8::Boundary, 0xe0) => Some(Utf8::TwoLong),
            (Utf8::Boundary, 0xed) => Some(Utf8::TwoLow),
            (Utf8::Boundary, 0xe1..=0xef) => Some(Utf8::Two),
            (Utf8::Boundary, 0xf0) => Some(Utf8::ThreeLong),
            (Utf8::Boundary, 0xf1..=0xf3) => Some(Utf8::Three),
            (Utf8::Boundary, 0xf4) => Some(Utf8::ThreeLow),
            (Utf8::One, 0x80..=0xbf) => Some(Utf8::Boundary),
            (Utf8::Two, 0x80..=0xbf) | (Utf8::TwoLong, 0xa0..=0xbf) | (Utf8::TwoLow, 0x80..=0x9f) => {
                Some(Utf8::One)
            }
            (Utf8::Three, 0x80..=0xbf) | (Utf8::ThreeLong, 0x90..=0xbf) | (Utf8::ThreeLow, 0x80..=0x8f) => {
                Some(Utf8::Two)
            }
            _ => None,
        }
    }

    /// A number that is the same for bytes which UTF-8 treats alike wherever they stand.
    pub(super) fn look(byte: u8) -> u8 {
        match byte {
            0..=0x7f => 0,
            0x80..=0x8f => 1,
            0x90..=0x9f => 2,
            0xa0..=0xbf => 3,
            0xc0..=0xc1 | 0xf5.. => 4,
            0xc2..=0xdf => 5,
            0xe0 => 6,
            0xed => 7,
            0xe1..=0xef => 8,
            0xf0 => 9,
            0xf1..=0xf3 => 10,
            0xf4 => 11,
        }
    }
}
