//! Events of a stream, as the WHATWG's HTML standard, section 9.2, has them: any line end, a byte order mark, comments,
//! data of several lines, split anywhere. Each event keeps the bytes it came as, so that it can be relayed unchanged;
//! the events' bytes one behind the other are the stream's, but for an unfinished last event, which the standard drops.

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2, memchr2_iter};

/// The longest event unless told otherwise; a whole image in base64 fits.
pub const EVENT_LIMIT_BYTES: usize = 4 << 20;

/// An event that is longer than so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLong(pub usize);

impl std::fmt::Display for EventTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an event is longer than {} bytes", self.0)
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// As it came, with the blank line behind it.
    pub raw: Bytes,
    /// Its data, lines joined by `\n`; none for comments and blank lines alone.
    pub data: Option<Bytes>,
    /// Whether its `event` field says `error`.
    pub is_error: bool,
}

/// Takes a stream's bytes as they arrive and gives its events as they become whole.
#[derive(Debug)]
pub struct Decoder {
    limit_bytes: usize,
    /// The beginning of the next event, from earlier chunks.
    begun: BytesMut,
    /// Not yet looked at.
    chunk: Bytes,
    /// Whether the current line has a byte.
    is_in_line: bool,
    /// Whether the last byte was a CR, to which an LF belongs.
    is_after_cr: bool,
    is_past_first: bool,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::with_limit(EVENT_LIMIT_BYTES)
    }
}

impl Decoder {
    /// Of a stream whose events are not longer than that.
    pub fn with_limit(limit_bytes: usize) -> Decoder {
        Decoder {
            limit_bytes,
            begun: BytesMut::new(),
            chunk: Bytes::new(),
            is_in_line: false,
            is_after_cr: false,
            is_past_first: false,
        }
    }

    /// Adds bytes; all events of earlier ones must have been taken.
    pub fn feed(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "events are taken before more is fed");
        self.chunk = chunk;
    }

    /// The next whole event.
    ///
    /// # Errors
    /// When it is longer than the limit; the stream is then of no use any more.
    pub fn next_event(&mut self) -> Result<Option<Event>, EventTooLong> {
        if let Some(event) = self.usual() {
            return Ok(Some(event));
        }
        let end = self.scan();
        if self.begun.len() + end.unwrap_or(self.chunk.len()) > self.limit_bytes {
            return Err(EventTooLong(self.limit_bytes));
        }
        let Some(end) = end else {
            self.begun.extend_from_slice(&self.chunk);
            self.chunk = Bytes::new();
            return Ok(None);
        };
        let tail = self.chunk.split_to(end);
        let raw = if self.begun.is_empty() {
            tail
        } else {
            self.begun.extend_from_slice(&tail);
            self.begun.split().freeze()
        };
        let is_first = !std::mem::replace(&mut self.is_past_first, true);
        Ok(Some(parse(raw, is_first)))
    }

    /// The next event where it is as most are, one line of data and LFs alone, and all of it is here: the same as by lines.
    fn usual(&mut self) -> Option<Event> {
        let is_at_start =
            self.begun.is_empty() && !self.is_in_line && !self.is_after_cr && self.is_past_first;
        if !is_at_start || !self.chunk.starts_with(b"data:") {
            return None;
        }
        let line = memchr2(b'\n', b'\r', &self.chunk)?;
        let end = line + 2;
        if self.chunk.get(line..end) != Some(b"\n\n") || end > self.limit_bytes {
            return None;
        }
        let raw = self.chunk.split_to(end);
        let value = b"data:".len();
        let value = value + usize::from(raw[value] == b' ');
        Some(Event { data: Some(raw.slice(value..line)), raw, is_error: false })
    }

    /// Where in the chunk the current event ends.
    fn scan(&mut self) -> Option<usize> {
        // Its own handle, as what is found changes the state beside it.
        let chunk = self.chunk.clone();
        let mut line = 0;
        for at in memchr2_iter(b'\n', b'\r', &chunk) {
            self.pass(at > line);
            line = at + 1;
            let is_cr = self.chunk[at] == b'\r';
            if !is_cr && self.is_after_cr {
                self.is_after_cr = false;
            } else if self.is_in_line {
                self.is_in_line = false;
                self.is_after_cr = is_cr;
            } else {
                // The LF of a CRLF that is here already belongs to this event.
                let is_crlf = is_cr && self.chunk.get(line) == Some(&b'\n');
                self.is_after_cr = is_cr && !is_crlf;
                return Some(line + usize::from(is_crlf));
            }
        }
        self.pass(self.chunk.len() > line);
        None
    }

    /// Passes bytes that end no line, if there are any.
    fn pass(&mut self, is_any: bool) {
        if is_any {
            self.is_in_line = true;
            self.is_after_cr = false;
        }
    }
}

fn parse(raw: Bytes, is_first: bool) -> Event {
    let start = if is_first && raw.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut data: Option<Data> = None;
    let mut is_error = false;
    let mut at = start;
    while at < raw.len() {
        let length = memchr2(b'\n', b'\r', &raw[at..]).unwrap_or(raw.len() - at);
        let line = at..at + length;
        at += length + 1;
        let text = &raw[line.clone()];
        let colon = memchr(b':', text).unwrap_or(text.len());
        let value = (line.start + colon + 1).min(line.end);
        let value = value + usize::from(raw.get(value) == Some(&b' ') && value < line.end);
        match &text[..colon] {
            b"data" => {
                data = Some(match data {
                    None => Data::Line(value..line.end),
                    Some(before) => before.joined(&raw, value..line.end),
                });
            }
            b"event" => is_error = &raw[value..line.end] == b"error",
            _ => {}
        }
    }
    let data = data.map(|data| match data {
        Data::Line(range) => raw.slice(range),
        Data::Lines(lines) => Bytes::from(lines),
    });
    Event { raw, data, is_error }
}

enum Data {
    Line(std::ops::Range<usize>),
    Lines(Vec<u8>),
}

impl Data {
    fn joined(self, raw: &Bytes, line: std::ops::Range<usize>) -> Data {
        let mut lines = match self {
            Data::Line(range) => raw[range].to_vec(),
            Data::Lines(lines) => lines,
        };
        lines.push(b'\n');
        lines.extend_from_slice(&raw[line]);
        Data::Lines(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> (Vec<Option<String>>, Vec<u8>) {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let mut bytes = Vec::new();
        for piece in pieces {
            decoder.feed(Bytes::copy_from_slice(piece));
            while let Some(event) = decoder.next_event().expect("short events") {
                events.push(event.data.map(|data| String::from_utf8_lossy(&data).into_owned()));
                bytes.extend_from_slice(&event.raw);
            }
        }
        (events, bytes)
    }

    fn data(stream: &[u8]) -> Vec<String> {
        decode(&[stream]).0.into_iter().flatten().collect()
    }

    #[test]
    fn every_line_end_and_field_is_read() {
        assert_eq!(data(b"data: a\n\ndata:b\n\n"), ["a", "b"]);
        assert_eq!(data(b"data: a\r\n\r\ndata: b\r\n\r\n"), ["a", "b"]);
        assert_eq!(data(b"data: a\r\rdata: b\r\r"), ["a", "b"]);
        assert_eq!(data(b"data: a\r\n\ndata: b\n\r\n"), ["a", "b"]);
        assert_eq!(data(b"\xEF\xBB\xBFdata: a\n\n"), ["a"]);
        assert_eq!(data(b": ping\n\nid: 7\nretry: 5\ndata: a\ndata: b\ndata\n\n"), ["a\nb\n"]);
        assert_eq!(data(b"data:  two\n\ndatax: c\n\n"), [" two"]);
        assert_eq!(data(b"data: whole\n\ndata: cut\n"), ["whole"]);
        let mut decoder = Decoder::default();
        decoder.feed(Bytes::from_static(b"event: error\ndata: x\n\n"));
        assert!(decoder.next_event().expect("short").expect("an event").is_error);
    }

    #[test]
    fn a_stream_is_the_same_however_it_is_split() {
        let streams: [&[u8]; 4] = [
            b"data: \xF0\x9F\x98\x80\n\n: c\n\ndata: b\ndata: c\n\n",
            b"data: a\r\n\r\ndata: b\r\n\r\n",
            b"data: a\r\rdata: b\r\r",
            b"\xEF\xBB\xBFdata: a\r\n\n\r\ndata: b\n\r",
        ];
        for stream in streams {
            let data = |pieces: &[&[u8]]| -> (Vec<String>, Vec<u8>) {
                let (events, bytes) = decode(pieces);
                (events.into_iter().flatten().collect(), bytes)
            };
            let (whole, bytes) = data(&[stream]);
            assert_eq!(bytes, stream);
            assert_eq!(data(&stream.chunks(1).collect::<Vec<_>>()).0, whole);
            for split in 1..stream.len() {
                assert_eq!(data(&[&stream[..split], &stream[split..]]).0, whole, "split at {split}");
            }
        }
    }

    #[test]
    fn an_event_beyond_the_limit_is_refused() {
        let mut decoder = Decoder::default();
        let piece = Bytes::from(vec![b'x'; EVENT_LIMIT_BYTES / 2]);
        for _ in 0..2 {
            decoder.feed(piece.clone());
            assert_eq!(decoder.next_event(), Ok(None));
        }
        decoder.feed(piece);
        assert_eq!(decoder.next_event(), Err(EventTooLong(EVENT_LIMIT_BYTES)));
    }
}
