//! A strict JSON reader over text: pulls values one at a time, skips what nobody asks for, and says where each value
//! stands, so that a body can be edited in place. Builds no tree and copies nothing that has no escapes.
//!
//! RFC 8259 to the letter, and beyond it: depth is bounded, and where the reader is told so, an object that names a key
//! twice is refused (two readers would see two different values). Lone surrogate escapes are accepted in what is
//! skipped, since real streams are cut inside an emoji.

use super::eights;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// Objects and lists may nest so deep; deeper than any request of an SDK, shallow enough for the stack.
pub const DEPTH_LIMIT: u32 = 64;

/// Members of one object, so that the set of its keys stays small; far beyond any `logit_bias`.
pub const MEMBERS_LIMIT: usize = 100_000;

/// Up to so many keys a list is searched faster than a tree.
const KEYS_IN_LIST: usize = 16;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON from this byte on; what would be.
    Expected(usize, &'static str),
    /// Nested deeper than [`DEPTH_LIMIT`].
    TooDeep,
    /// An object has more members than [`MEMBERS_LIMIT`].
    TooManyMembers,
    /// An object names a key twice.
    DuplicateKey {
        /// What it says.
        key: String,
        /// The byte at which it stands for the second time.
        at: usize,
    },
    /// The JSON value ends at this byte and something follows.
    Trailing(usize),
    /// Well-formed, but not what the reader's owner asked for.
    WrongType,
}

/// What a value is, seen from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// Whether an object may name a key twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Refused anywhere in the text.
    Unique,
    /// Not looked at: the text is relayed, not decided on.
    Unchecked,
}

/// A string as it is written, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text<'a> {
    /// Between the quotes, escapes as written.
    pub raw: &'a str,
    has_escapes: bool,
}

impl<'a> Text<'a> {
    /// What the string says; none for a lone surrogate, which no text can hold.
    pub fn decode(self) -> Option<Cow<'a, str>> {
        if !self.has_escapes {
            return Some(Cow::Borrowed(self.raw));
        }
        String::from_utf8(unescape(self.raw)).ok().map(Cow::Owned)
    }

    /// What the string says, with a replacement character for each lone surrogate.
    pub fn decode_lossy(self) -> Cow<'a, str> {
        if !self.has_escapes {
            return Cow::Borrowed(self.raw);
        }
        let replaced = |bytes: Vec<u8>| {
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                // A surrogate's three bytes come as three chunks, of which the first alone begins with 0xED.
                if chunk.invalid().first() == Some(&0xED) {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
            text
        };
        String::from_utf8(unescape(self.raw))
            .map_or_else(|error| Cow::Owned(replaced(error.into_bytes())), Cow::Owned)
    }

    /// Whether it says exactly that. Asked of one word after the other, so that the lengths have to be compared in place.
    #[inline]
    pub fn is(self, text: &str) -> bool {
        if self.has_escapes { unescape(self.raw) == text.as_bytes() } else { self.raw == text }
    }

    /// The bytes that tell keys apart; a lone surrogate is kept as three bytes that no other text has.
    fn identity(self) -> Cow<'a, [u8]> {
        if self.has_escapes { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw.as_bytes()) }
    }
}

/// What a string between its quotes says, or any other value with what its strings say, once a [`Reader`] has checked it; with
/// a replacement character for each lone surrogate.
pub fn unescaped(raw: &str) -> Cow<'_, str> {
    Text { raw, has_escapes: raw.contains('\\') }.decode_lossy()
}

/// Decodes escapes that [`Reader::string`] has checked; lone surrogates become their generalised UTF-8.
fn unescape(raw: &str) -> Vec<u8> {
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        match bytes[at + 1] {
            b'u' => {
                let mut unit = hex4(&bytes[at + 2..]);
                at += 6;
                if (0xD800..0xDC00).contains(&unit) && bytes[at..].starts_with(b"\\u") {
                    let low = hex4(&bytes[at + 2..]);
                    if (0xDC00..0xE000).contains(&low) {
                        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                        at += 6;
                    }
                }
                push_code_point(&mut out, unit);
                continue;
            }
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            itself => out.push(itself),
        }
        at += 2;
    }
    out
}

fn hex4(bytes: &[u8]) -> u32 {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
    bytes.iter().take(4).fold(0, |unit, byte| unit * 16 + digit(*byte))
}

fn push_code_point(out: &mut Vec<u8>, unit: u32) {
    let tail = |shift: u32| 0x80 | ((unit >> shift) & 0x3F) as u8;
    match unit {
        0..0x80 => out.push(unit as u8),
        0x80..0x800 => out.extend([0xC0 | (unit >> 6) as u8, tail(0)]),
        0x800..0x10000 => out.extend([0xE0 | (unit >> 12) as u8, tail(6), tail(0)]),
        _ => out.extend([0xF0 | (unit >> 18) as u8, tail(12), tail(6), tail(0)]),
    }
}

/// A place in a text, before a value.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    keys: Keys,
}

impl<'a> Reader<'a> {
    /// At the beginning of `text`.
    pub fn new(text: &'a str, keys: Keys) -> Reader<'a> {
        Reader { text, at: 0, depth: 0, keys }
    }

    /// What the next value is.
    pub fn peek(&mut self) -> Result<Kind, JsonError> {
        match self.next_byte() {
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b'"') => Ok(Kind::String),
            Some(b'[') => Ok(Kind::Array),
            Some(b'{') => Ok(Kind::Object),
            _ => Err(JsonError::Expected(self.at, "a JSON value")),
        }
    }

    /// Reads an object: `member` is called with each key, and must read or skip the value that follows.
    pub fn object<E: From<JsonError>>(
        &mut self,
        mut member: impl FnMut(&mut Reader<'a>, Text<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek()? != Kind::Object {
            return Err(JsonError::WrongType.into());
        }
        self.enter()?;
        let mut seen = (self.keys == Keys::Unique).then(SeenKeys::default);
        let mut is_first = true;
        while !self.closes(b'}', is_first)? {
            is_first = false;
            self.next_byte();
            let at = self.at;
            let key = self.string()?;
            if let Some(seen) = &mut seen {
                seen.insert(key, at)?;
            }
            if self.next_byte() != Some(b':') {
                return Err(JsonError::Expected(self.at, "a colon").into());
            }
            self.at += 1;
            member(self, key)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a list: `item` is called before each value and must read or skip it.
    pub fn array<E: From<JsonError>>(
        &mut self,
        mut item: impl FnMut(&mut Reader<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek()? != Kind::Array {
            return Err(JsonError::WrongType.into());
        }
        self.enter()?;
        let mut is_first = true;
        while !self.closes(b']', is_first)? {
            is_first = false;
            item(self)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads a string.
    pub fn string(&mut self) -> Result<Text<'a>, JsonError> {
        match self.next_byte() {
            Some(b'"') => {}
            Some(_) if self.peek().is_ok() => return Err(JsonError::WrongType),
            _ => return Err(JsonError::Expected(self.at, "a string")),
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        loop {
            at += plain_length(&bytes[at..]);
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    at += escape_length(&bytes[at..]).ok_or(JsonError::Expected(at, "an escape"))?;
                }
                Some(_) => return Err(JsonError::Expected(at, "no control character in a string")),
                None => return Err(JsonError::Expected(at, "the end of a string")),
            }
        }
        self.at = at + 1;
        Ok(Text { raw: &self.text[start..at], has_escapes })
    }

    /// Reads a number, as written.
    pub fn number(&mut self) -> Result<&'a str, JsonError> {
        if self.peek()? != Kind::Number {
            return Err(JsonError::WrongType);
        }
        let bytes = self.text.as_bytes();
        let start = self.at;
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let some_digits = |from: usize| match digits(from) {
            0 => Err(JsonError::Expected(from, "a digit")),
            count => Ok(from + count),
        };
        let mut at = start + usize::from(bytes[start] == b'-');
        at = if bytes.get(at) == Some(&b'0') { at + 1 } else { some_digits(at)? };
        if bytes.get(at) == Some(&b'.') {
            at = some_digits(at + 1)?;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            at = some_digits(at)?;
        }
        self.at = at;
        Ok(&self.text[start..at])
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self) -> Result<bool, JsonError> {
        if self.peek()? != Kind::Bool {
            return Err(JsonError::WrongType);
        }
        let is_true = self.text.as_bytes()[self.at] == b't';
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    /// The same place, to read the next value a second time.
    pub fn fork(&mut self) -> Reader<'a> {
        self.next_byte();
        Reader { text: self.text, at: self.at, depth: self.depth, keys: self.keys }
    }

    /// Reads any value, checks it, and says where it stands.
    pub fn skip(&mut self) -> Result<Range<usize>, JsonError> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::Null => self.word("null")?,
            Kind::Bool => self.bool().map(drop)?,
            Kind::Number => self.number().map(drop)?,
            Kind::String => self.string().map(drop)?,
            Kind::Array => self.array(|reader| reader.skip().map(drop))?,
            Kind::Object => self.object(|reader, _| reader.skip().map(drop))?,
        }
        Ok(start..self.at)
    }

    /// Reads the value's text and checks it, as [`skip`](Reader::skip).
    pub fn raw(&mut self) -> Result<&'a str, JsonError> {
        let span = self.skip()?;
        Ok(&self.text[span])
    }

    /// The same, and where it stands.
    pub fn placed(&mut self) -> Result<(Range<usize>, &'a str), JsonError> {
        let span = self.skip()?;
        let raw = &self.text[span.clone()];
        Ok((span, raw))
    }

    /// Nothing but blanks may follow.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.next_byte() {
            None => Ok(()),
            Some(_) => Err(JsonError::Trailing(self.at)),
        }
    }

    /// Over blanks to the next byte, which is not consumed.
    fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn enter(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(JsonError::TooDeep) } else { Ok(()) }
    }

    /// Consumes the closing bracket, or the comma before the next element.
    fn closes(&mut self, bracket: u8, is_first: bool) -> Result<bool, JsonError> {
        match self.next_byte() {
            Some(byte) if byte == bracket => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') if !is_first => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if is_first => Ok(false),
            _ => Err(JsonError::Expected(self.at, "a comma or the end")),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(JsonError::Expected(self.at, word));
        }
        self.at += word.len();
        Ok(())
    }
}

/// Keys and most values are not longer, and are read before anything faster has begun.
const SHORT_BYTES: usize = 32;

/// How many bytes stand before a quote, a backslash or a control character.
fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        if let Some(end) = eights::first_end_of(u64::from_le_bytes(*eight)) {
            return at + end;
        }
        at += 8;
        if at == SHORT_BYTES {
            return at + plain_length_of_long(&bytes[at..]);
        }
    }
    let is_end = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..0x20);
    bytes[at..].iter().position(is_end).map_or(bytes.len(), |end| at + end)
}

fn plain_length_of_long(bytes: &[u8]) -> usize {
    let before = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    let plain = &bytes[..before];
    // Looked at whole, as that is many bytes at a time; there is hardly ever one.
    let has_control = plain.iter().fold(false, |has, byte| has | (*byte < 0x20));
    if has_control { plain.iter().position(|byte| *byte < 0x20).unwrap_or(before) } else { before }
}

fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

/// The keys of one object so far.
#[derive(Default)]
struct SeenKeys<'a> {
    list: [Text<'a>; KEYS_IN_LIST],
    count: usize,
    tree: BTreeSet<Cow<'a, [u8]>>,
}

impl<'a> SeenKeys<'a> {
    fn insert(&mut self, key: Text<'a>, at: usize) -> Result<(), JsonError> {
        let is_new = if self.count < KEYS_IN_LIST {
            let is_new = !self.list[..self.count].iter().any(|seen| is_same(*seen, key));
            self.list[self.count] = key;
            self.count += 1;
            is_new
        } else {
            if self.tree.is_empty() {
                self.tree.extend(self.list.iter().map(|seen| seen.identity()));
            }
            self.tree.insert(key.identity())
        };
        if !is_new {
            let key = String::from_utf8_lossy(&key.identity()).into_owned();
            return Err(JsonError::DuplicateKey { key, at });
        }
        if self.tree.len() > MEMBERS_LIMIT { Err(JsonError::TooManyMembers) } else { Ok(()) }
    }
}

fn is_same(one: Text<'_>, other: Text<'_>) -> bool {
    if one.has_escapes || other.has_escapes {
        one.identity() == other.identity()
    } else {
        one.raw == other.raw
    }
}

#[cfg(test)]
mod tests;
