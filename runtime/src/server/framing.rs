//! Where messages begin and end on an HTTP/1 connection, read strictly beside hyper: a request that two readers could
//! take for different requests is found before hyper has seen the byte that makes it so. Bytes in, the place of the first
//! wrong one or of a message's end out; no I/O.
//!
//! RFC 9112, sections 2.2, 2.3, 3, 5.1, 5.2, 6.1 to 6.3, 7.1 and 11.2. Stricter than it where senders have no need of what it
//! lets pass: a line ends with CR LF alone, `transfer-encoding` is `chunked` alone, `content-length` stands once. What passes
//! as a head hyper takes: what it would refuse without a word is refused here with one.

use crate::error::BadHead;
use crate::settings::LINE_LIMIT_BYTES;
use http::{Method, Uri};

/// Headers of one request: for so many hyper has room where it does not have to ask for it.
const HEADERS_LIMIT: usize = 100;

/// Blank lines before a request: one is what old clients left behind a body.
const BLANK_LINES: u8 = 4;

/// No `content-length` of use has more digits, and so many cannot overflow.
const LENGTH_DIGITS: usize = 18;

/// Hexadecimal digits of a chunk's size; so many cannot overflow.
const CHUNK_DIGITS: u8 = 15;

/// Bytes of a chunk's extensions, which nobody here reads.
const EXTENSION_BYTES: u16 = 1024;

/// Bytes of a trailer section, which nobody here reads either.
const TRAILER_BYTES: u16 = 8192;

/// Of a header's name and value so much is kept, and a byte more: longer ones are not those that frame a message.
const KEPT_BYTES: usize = 24;

/// A longer request line is not kept to be told again.
const LINE_KEPT_BYTES: usize = 256;

/// Where in a message the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before a request, behind so many blank lines: behind none only where a message has ended, and on a new connection.
    Begin(u8),
    /// Behind the CR of a blank line.
    BlankLf(u8),
    RequestLine,
    /// Behind the CR of a request line or header.
    LineLf,
    /// At the beginning of a header, or of the blank line behind the last.
    Header,
    Name,
    Value,
    /// Behind the CR of the blank line that ends the headers.
    HeadLf,
    Body(u64),
    /// In a chunk's size, with digits so far.
    Size(u64, u8),
    /// In a chunk's extensions, so many bytes before the limit.
    Extension(u64, u16),
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// At the beginning of a trailer, so many bytes before the limit.
    Trailer(u16),
    TrailerLine(u16),
    TrailerLf(u16),
    /// Behind the CR of the blank line that ends the trailers.
    EndLf,
}

/// The length that a head declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Nothing,
    Length(u64),
    Chunked,
}

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// At a byte that no request may have there; nothing may be read behind it.
    Wrong(usize),
    /// A message ended, and that byte is the first of the next one.
    End(usize),
}

/// The messages of one connection, as far as they have come.
#[derive(Debug)]
pub(super) struct Framing {
    at: At,
    /// What is wrong with a head, where something is.
    why: BadHead,
    declared: Declared,
    /// Whether the request is of HTTP/1.0, which knows no chunks.
    is_old: bool,
    head_limit_bytes: usize,
    /// Of the head that is being read, blank lines before it included.
    head_bytes: usize,
    /// Heads that are whole.
    heads: usize,
    headers: usize,
    line: Vec<u8>,
    /// A line of HTTP/1.1 that was sound: those of one connection are mostly alike.
    sound_line: Vec<u8>,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Framing {
    /// At the beginning of a connection whose heads have at most so many bytes.
    pub(super) fn new(head_limit_bytes: usize) -> Framing {
        Framing {
            at: At::Begin(0),
            why: BadHead::Framing,
            declared: Declared::Nothing,
            is_old: false,
            head_limit_bytes,
            head_bytes: 0,
            heads: 0,
            headers: 0,
            line: Vec::new(),
            sound_line: Vec::new(),
            name: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Reads on, to the end of a message at most. None where all of the bytes were read and none ended.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Option<Stop> {
        let mut position = 0;
        while position < bytes.len() {
            if matches!(self.at, At::Name | At::Value | At::RequestLine) {
                position += self.pass_line(&bytes[position..]);
                if position == bytes.len() {
                    break;
                }
            }
            // Bodies are passed over as a whole.
            let (At::Body(left) | At::Data(left)) = self.at else {
                match self.step(bytes[position]) {
                    Some(next) if self.count() => self.at = next,
                    Some(_) | None => return Some(Stop::Wrong(position)),
                }
                position += 1;
                if self.at == At::Begin(0) {
                    return Some(Stop::End(position));
                }
                continue;
            };
            let here = (bytes.len() - position).min(usize::try_from(left).unwrap_or(usize::MAX));
            position += here;
            let left = left - here as u64;
            self.at = match self.at {
                At::Body(_) if left == 0 => {
                    self.at = At::Begin(0);
                    return Some(Stop::End(position));
                }
                At::Body(_) => At::Body(left),
                _ if left == 0 => At::DataCr,
                _ => At::Data(left),
            };
        }
        None
    }

    /// Reads on in a name, a value or a request line, up to its end or a limit; how many bytes. The same as a step for each, in less
    /// time.
    fn pass_line(&mut self, bytes: &[u8]) -> usize {
        let room = self.head_limit_bytes.saturating_sub(self.head_bytes + 1);
        let within = &bytes[..bytes.len().min(room)];
        let length = match self.at {
            At::Name => keep_while(&mut self.name, within, is_token),
            At::Value => keep_while(&mut self.value, within, is_in_value),
            _ => {
                let within = &within[..within.len().min(LINE_LIMIT_BYTES.saturating_sub(self.line.len()))];
                let length = length_while(within, |byte| (byte == b' ') | is_text(byte));
                self.line.extend_from_slice(&within[..length]);
                length
            }
        };
        self.head_bytes += length;
        length
    }

    /// Counts a byte of a head; false where it is one too many.
    fn count(&mut self) -> bool {
        if self.at == At::HeadLf {
            self.heads += 1;
            self.head_bytes = 0;
        } else if self.is_at_head() {
            // The last byte is still to come.
            if self.head_bytes + 1 >= self.head_limit_bytes {
                self.why = BadHead::TooLong(self.head_limit_bytes);
                return false;
            }
            self.head_bytes += 1;
        }
        true
    }

    /// What is wrong with the head in which a wrong byte was found.
    pub(super) fn why(&self) -> BadHead {
        self.why
    }

    /// Heads that are whole.
    pub(super) fn heads(&self) -> usize {
        self.heads
    }

    /// Bytes of a head that has begun and is not whole.
    pub(super) fn head_bytes(&self) -> usize {
        self.head_bytes
    }

    /// Whether a message is over and nothing of the next one has come.
    pub(super) fn is_between(&self) -> bool {
        self.at == At::Begin(0)
    }

    /// Whether a request line has begun whose head is not whole.
    pub(super) fn is_in_head(&self) -> bool {
        self.is_at_head() && !matches!(self.at, At::Begin(_) | At::BlankLf(_))
    }

    /// Whether the end of a body is due.
    pub(super) fn is_in_body(&self) -> bool {
        !self.is_at_head()
    }

    /// Whether a head is being read, or is due; otherwise a body is.
    pub(super) fn is_at_head(&self) -> bool {
        match self.at {
            At::Begin(_)
            | At::BlankLf(_)
            | At::RequestLine
            | At::LineLf
            | At::Header
            | At::Name
            | At::Value
            | At::HeadLf => true,
            At::Body(_)
            | At::Size(..)
            | At::Extension(..)
            | At::SizeLf(_)
            | At::Data(_)
            | At::DataCr
            | At::DataLf
            | At::Trailer(_)
            | At::TrailerLine(_)
            | At::TrailerLf(_)
            | At::EndLf => false,
        }
    }

    /// Where the byte leads; none where it may not stand.
    fn step(&mut self, byte: u8) -> Option<At> {
        match (self.at, byte) {
            (At::Begin(blank), b'\r') if blank < BLANK_LINES => Some(At::BlankLf(blank + 1)),
            (At::Begin(_), _) if byte.is_ascii_graphic() => {
                self.line.clear();
                self.line.push(byte);
                Some(At::RequestLine)
            }
            (At::BlankLf(blank), b'\n') => Some(At::Begin(blank)),
            (At::RequestLine, b'\r') => {
                self.declared = Declared::Nothing;
                self.headers = 0;
                self.name.clear();
                self.is_old = self.line != self.sound_line && is_old(&self.line)?;
                if !self.is_old && self.line.len() <= LINE_KEPT_BYTES {
                    self.sound_line.clone_from(&self.line);
                }
                Some(At::LineLf)
            }
            (At::RequestLine, _) if self.line.len() == LINE_LIMIT_BYTES => {
                self.why = BadHead::LineTooLong(LINE_LIMIT_BYTES);
                None
            }
            (At::RequestLine, _) => {
                self.line.push(byte);
                (byte == b' ' || is_text(byte)).then_some(At::RequestLine)
            }
            (At::LineLf, b'\n') => self.declare().map(|()| At::Header),
            (At::Header, b'\r') => Some(At::HeadLf),
            (At::Header, _) if self.headers == HEADERS_LIMIT && is_token(byte) => {
                self.why = BadHead::TooMany(HEADERS_LIMIT);
                None
            }
            (At::Header, _) if is_token(byte) => {
                self.headers += 1;
                self.name.clear();
                self.value.clear();
                keep(&mut self.name, byte);
                Some(At::Name)
            }
            (At::Name, b':') => Some(At::Value),
            (At::Name, _) if is_token(byte) => {
                keep(&mut self.name, byte);
                Some(At::Name)
            }
            (At::Value, b'\r') => Some(At::LineLf),
            (At::Value, _) if is_in_value(byte) => {
                keep(&mut self.value, byte);
                Some(At::Value)
            }
            (At::HeadLf, b'\n') if self.is_old && self.declared == Declared::Chunked => None,
            (At::HeadLf, b'\n') => Some(match self.declared {
                Declared::Nothing | Declared::Length(0) => At::Begin(0),
                Declared::Length(length) => At::Body(length),
                Declared::Chunked => At::Size(0, 0),
            }),
            _ => self.step_in_chunks(byte),
        }
    }

    fn step_in_chunks(&mut self, byte: u8) -> Option<At> {
        match (self.at, byte) {
            (At::Size(size, digits), _) if byte.is_ascii_hexdigit() && digits < CHUNK_DIGITS => {
                let digit = char::from(byte).to_digit(16)?;
                Some(At::Size(size * 16 + u64::from(digit), digits + 1))
            }
            (At::Size(size, 1..), b'\r') => Some(At::SizeLf(size)),
            (At::Size(size, 1..), b';') => Some(At::Extension(size, EXTENSION_BYTES)),
            (At::Extension(size, _), b'\r') => Some(At::SizeLf(size)),
            (At::Extension(size, left), _) if is_in_value(byte) && left > 0 => {
                Some(At::Extension(size, left - 1))
            }
            (At::SizeLf(0), b'\n') => Some(At::Trailer(TRAILER_BYTES)),
            (At::SizeLf(size), b'\n') => Some(At::Data(size)),
            (At::DataCr, b'\r') => Some(At::DataLf),
            (At::DataLf, b'\n') => Some(At::Size(0, 0)),
            (At::Trailer(_), b'\r') => Some(At::EndLf),
            (At::Trailer(left), _) if is_token(byte) && left > 0 => Some(At::TrailerLine(left - 1)),
            (At::TrailerLine(left), b'\r') => Some(At::TrailerLf(left)),
            (At::TrailerLine(left), _) if is_in_value(byte) && left > 0 => Some(At::TrailerLine(left - 1)),
            (At::TrailerLf(left), b'\n') => Some(At::Trailer(left)),
            (At::EndLf, b'\n') => Some(At::Begin(0)),
            _ => None,
        }
    }

    /// Takes the header that has just ended for what it says of the message's length; none where it says it twice, or
    /// what nobody understands.
    fn declare(&mut self) -> Option<()> {
        let is_length = self.name.eq_ignore_ascii_case(b"content-length");
        if !is_length && !self.name.eq_ignore_ascii_case(b"transfer-encoding") {
            return Some(());
        }
        if self.declared != Declared::Nothing || self.value.len() > KEPT_BYTES {
            return None;
        }
        let value = self.value.trim_ascii();
        self.declared = if is_length {
            let is_number =
                value.iter().all(u8::is_ascii_digit) && (1..=LENGTH_DIGITS).contains(&value.len());
            let digits = std::str::from_utf8(value).ok().filter(|_| is_number)?;
            Declared::Length(digits.parse().ok()?)
        } else {
            value.eq_ignore_ascii_case(b"chunked").then_some(Declared::Chunked)?
        };
        Some(())
    }
}

/// Whether a request line is of HTTP/1.0 and not of 1.1; none where it is none of either. RFC 9112, section 3.
fn is_old(line: &[u8]) -> Option<bool> {
    let mut words = line.split(|byte| *byte == b' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || Method::from_bytes(method).is_err() || Uri::try_from(target).is_err() {
        return None;
    }
    match version {
        b"HTTP/1.1" => Some(false),
        b"HTTP/1.0" => Some(true),
        _ => None,
    }
}

/// Keeps a byte of a name or value. One that is too long for its kind stays too long.
fn keep(kept: &mut Vec<u8>, byte: u8) {
    if kept.len() <= KEPT_BYTES && !(kept.is_empty() && matches!(byte, b' ' | b'\t')) {
        kept.push(byte);
    }
}

/// Keeps the bytes that may stand there, as far as [`keep`] does; how many there are.
fn keep_while(kept: &mut Vec<u8>, bytes: &[u8], may_stand: impl Fn(u8) -> bool) -> usize {
    let length = length_while(bytes, may_stand);
    let mut there = &bytes[..length];
    while let ([b' ' | b'\t', rest @ ..], true) = (there, kept.is_empty()) {
        there = rest;
    }
    let room = (KEPT_BYTES + 1).saturating_sub(kept.len());
    kept.extend_from_slice(&there[..there.len().min(room)]);
    length
}

/// How many bytes come before the first that may not stand there. They are asked sixteen at a time, which costs as much as one.
fn length_while(bytes: &[u8], may_stand: impl Fn(u8) -> bool) -> usize {
    let (sixteens, _) = bytes.as_chunks::<16>();
    let all_may = |sixteen: &&[u8; 16]| sixteen.iter().fold(true, |all, byte| all & may_stand(*byte));
    let passed = 16 * sixteens.iter().take_while(all_may).count();
    passed + bytes[passed..].iter().take_while(|byte| may_stand(**byte)).count()
}

fn is_text(byte: u8) -> bool {
    (byte > b' ') & (byte != 0x7F)
}

/// RFC 9110, section 5.5.
fn is_in_value(byte: u8) -> bool {
    (byte == b'\t') | (byte == b' ') | is_text(byte)
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    TOKENS[usize::from(byte)]
}

const TOKENS: [bool; 256] = {
    let (mut tokens, mut byte) = ([false; 256], 0);
    while byte < 128 {
        let other = b"!#$%&'*+-.^_`|~";
        let mut at = 0;
        tokens[byte] = (byte as u8).is_ascii_alphanumeric();
        while at < other.len() {
            tokens[byte] |= other[at] as usize == byte;
            at += 1;
        }
        byte += 1;
    }
    tokens
};

#[cfg(test)]
mod tests;
