//! HTTP/1.1 as a host answers it: heads and bodies off bytes as they come. Pure. RFC 9112.
//!
//! Read here and not by hyper, whose client joins a connection and its call by channels: that cost a request 7 % of all that the
//! gateway does for it.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use httparse::{EMPTY_HEADER, ParserConfig, Status};
use std::mem::MaybeUninit;

/// Of an answer's head.
pub(super) const HEADERS_LIMIT: usize = 100;

/// The longest head.
pub(super) const HEAD_LIMIT_BYTES: usize = 64 << 10;

/// Of a body in chunks, what its sizes may be followed by, all of them together, and what may stand behind the last one.
const BESIDE_CHUNKS_LIMIT_BYTES: usize = 16 << 10;

/// So much of what comes first is looked at each time it has become more: whoever does not speak HTTP may wait for an answer.
const BEGINNING_BYTES: usize = 64;

/// A chunk's size of sixteen digits, and the end of its line.
const SIZE_BYTES: usize = 18;

/// Why there is no answer, or no more of it.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection failed.
    Io(std::io::Error),
    /// It was closed before the end.
    Closed,
    /// What came is not HTTP.
    NotHttp,
    /// The head has more than [`HEADERS_LIMIT`] headers or [`HEAD_LIMIT_BYTES`].
    TooLarge,
    /// More came before an answer than any answer begins with.
    TooMuch,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Broken::Io(_) => "the connection failed",
            Broken::Closed => "the connection was closed",
            Broken::NotHttp => "what came is not HTTP",
            Broken::TooLarge => "the head of the answer is too large",
            Broken::TooMuch => "too much came before an answer",
        })
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Broken::Io(source) => Some(source),
            Broken::Closed | Broken::NotHttp | Broken::TooLarge | Broken::TooMuch => None,
        }
    }
}

/// The head of an answer, and how its body ends.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    /// Whether its connection stays open behind the body.
    pub(super) stays_open: bool,
}

/// Takes the head of an answer off what has come, of which so many bytes were looked at before, without those that say that an
/// answer will come (1xx). None where it is not whole.
///
/// # Errors
/// When it never will be.
pub(super) fn head(buffer: &mut BytesMut, looked_at: usize) -> Result<Option<Head>, Broken> {
    let mut looked_at = looked_at;
    loop {
        while looked_at == 0 && matches!(buffer.first(), Some(b'\r' | b'\n')) {
            buffer.advance(1);
        }
        let Some(length) = head_length(buffer, looked_at) else {
            if buffer.len() > HEAD_LIMIT_BYTES {
                return Err(Broken::TooLarge);
            }
            if looked_at < BEGINNING_BYTES && !buffer.is_empty() {
                parse(&Bytes::copy_from_slice(buffer))?;
            }
            return Ok(None);
        };
        if length > HEAD_LIMIT_BYTES {
            return Err(Broken::TooLarge);
        }
        let head = parse(&buffer.split_to(length).freeze())?.ok_or(Broken::NotHttp)?;
        // Nobody has asked for another protocol: who switches to one says nothing more in this.
        if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Some(head));
        }
        looked_at = 0;
    }
}

/// How long a head is, up to the empty line at its end.
fn head_length(buffer: &[u8], looked_at: usize) -> Option<usize> {
    // The last line may have ended just where the look before did.
    let from = looked_at.saturating_sub(2);
    let ends = memchr::memchr_iter(b'\n', &buffer[from..]).map(|at| from + at + 1);
    ends.into_iter().find_map(|end| match buffer[end..] {
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    })
}

/// None for the beginning of a head.
fn parse(bytes: &Bytes) -> Result<Option<Head>, Broken> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_LIMIT];
    let mut response = httparse::Response::new(&mut []);
    let parser = ParserConfig::default();
    match parser.parse_response_with_uninit_headers(&mut response, bytes, &mut headers) {
        Ok(Status::Complete(length)) if length == bytes.len() => {}
        Ok(Status::Complete(_)) => return Err(Broken::NotHttp),
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Broken::TooLarge),
        Err(_) => return Err(Broken::NotHttp),
    }
    let not_http = |_| Broken::NotHttp;
    let status = response.code.ok_or(Broken::NotHttp)?;
    let status = StatusCode::from_u16(status).map_err(|_| Broken::NotHttp)?;
    let mut map = HeaderMap::with_capacity(response.headers.len());
    for header in response.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| Broken::NotHttp)?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(header.value)).map_err(not_http)?;
        map.append(name, value);
    }
    let is_current = response.version == Some(1);
    let (is_encoded, has_length) =
        (map.contains_key(header::TRANSFER_ENCODING), map.contains_key(header::CONTENT_LENGTH));
    if is_encoded && !is_current {
        // HTTP/1.0 knows no such thing: RFC 9112, section 6.1.
        return Err(Broken::NotHttp);
    }
    let body = Body::of(status, &map)?;
    // What names two lengths, or one where there is no body, is read as RFC 9112, section 6.3, has it; who wrote it may mean
    // another one.
    let is_plain = match status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => !is_encoded && !has_length,
        _ => !(is_encoded && has_length),
    };
    let is_bounded = body != Body::ToClose && status != StatusCode::SWITCHING_PROTOCOLS;
    let stays_open = is_plain && is_bounded && stays_open(is_current, &map);
    Ok(Some(Head { status, headers: map, body, stays_open }))
}

/// Whether a host of that version keeps a connection open. Who says both closes it.
fn stays_open(is_current: bool, headers: &HeaderMap) -> bool {
    let says = |word: &[u8]| words(headers, &header::CONNECTION).any(|said| said.eq_ignore_ascii_case(word));
    !says(b"close") && (is_current || says(b"keep-alive"))
}

/// The words of all headers of that name, which are separated by commas.
pub(super) fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    let values = headers.get_all(name).iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii))
}

/// How a body ends, and how far it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// After so many bytes more.
    Length(u64),
    /// With an empty chunk. So many bytes have stood beside chunks and their sizes.
    Chunks(Chunk, usize),
    /// With the connection.
    ToClose,
}

/// What comes next of a body in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    Size,
    /// So many bytes of a chunk.
    Data(u64),
    /// The line end behind one.
    End,
    /// What stands behind the last one.
    Trailer,
}

/// What comes next of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Piece(Bytes),
    /// More has to come before anything can be said.
    More,
    End,
}

impl Body {
    fn of(status: StatusCode, headers: &HeaderMap) -> Result<Body, Broken> {
        if status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Body::Length(0));
        }
        if let Some(last) = words(headers, &header::TRANSFER_ENCODING).last() {
            let is_chunked = last.eq_ignore_ascii_case(b"chunked");
            return Ok(if is_chunked { Body::Chunks(Chunk::Size, 0) } else { Body::ToClose });
        }
        let mut lengths = words(headers, &header::CONTENT_LENGTH);
        let Some(first) = lengths.next() else { return Ok(Body::ToClose) };
        // Said twice it has to be the same; a sign is none of its digits.
        let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
        let length = std::str::from_utf8(first).ok().and_then(|digits| digits.parse().ok());
        let length = length.filter(|_| is_number && lengths.all(|other| other == first));
        length.map(Body::Length).ok_or(Broken::NotHttp)
    }

    /// Takes the next piece off what has come.
    ///
    /// # Errors
    /// When what has come is no body of its kind.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> Result<Next, Broken> {
        self.pass(buffer)?;
        let left = match self {
            Body::Length(0) => return Ok(Next::End),
            _ if buffer.is_empty() => return Ok(Next::More),
            Body::Length(left) | Body::Chunks(Chunk::Data(left), _) => left,
            Body::Chunks(..) => return Ok(Next::More),
            Body::ToClose => return Ok(Next::Piece(buffer.split().freeze())),
        };
        let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        *left -= taken as u64;
        Ok(Next::Piece(buffer.split_to(taken).freeze()))
    }

    /// Whether it is known to be over.
    pub(super) fn is_over(&mut self, buffer: &mut BytesMut) -> bool {
        // What is wrong is told to whoever asks for more.
        self.pass(buffer).is_ok() && *self == Body::Length(0)
    }

    /// Whether the end of the connection is its end.
    pub(super) fn ends_at_close(&self) -> bool {
        matches!(self, Body::ToClose | Body::Length(0))
    }

    /// Goes over what stands between chunks.
    fn pass(&mut self, buffer: &mut BytesMut) -> Result<(), Broken> {
        while let Body::Chunks(chunk, beside) = self {
            match *chunk {
                Chunk::Size => match size(buffer)? {
                    Some((length, size)) => {
                        *beside += length.saturating_sub(SIZE_BYTES);
                        if *beside > BESIDE_CHUNKS_LIMIT_BYTES {
                            return Err(Broken::NotHttp);
                        }
                        buffer.advance(length);
                        *chunk = if size == 0 { Chunk::Trailer } else { Chunk::Data(size) };
                    }
                    None => return short(buffer),
                },
                Chunk::Data(0) => *chunk = Chunk::End,
                Chunk::Data(_) => return Ok(()),
                Chunk::End => match buffer[..] {
                    [b'\r', b'\n', ..] => {
                        buffer.advance(2);
                        *chunk = Chunk::Size;
                    }
                    [] | [b'\r'] => return Ok(()),
                    _ => return Err(Broken::NotHttp),
                },
                Chunk::Trailer => match trailer_length(buffer)? {
                    Some(length) => {
                        buffer.advance(length);
                        *self = Body::Length(0);
                    }
                    None => return short(buffer),
                },
            }
        }
        Ok(())
    }
}

/// The size of a chunk, behind the length of its line; none where that is not whole.
fn size(buffer: &[u8]) -> Result<Option<(usize, u64)>, Broken> {
    // The library takes no digits for none, and a line that ends within an extension.
    if buffer.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) {
        return Err(Broken::NotHttp);
    }
    match httparse::parse_chunk_size(buffer).map_err(|_| Broken::NotHttp)? {
        Status::Complete((length, _)) if memchr::memchr(b'\n', buffer) != Some(length - 1) => {
            Err(Broken::NotHttp)
        }
        Status::Complete(read) => Ok(Some(read)),
        Status::Partial => Ok(None),
    }
}

/// How long is what stands behind the last chunk; none where that is not whole.
fn trailer_length(buffer: &[u8]) -> Result<Option<usize>, Broken> {
    let mut headers = [EMPTY_HEADER; HEADERS_LIMIT];
    match httparse::parse_headers(buffer, &mut headers).map_err(|_| Broken::NotHttp)? {
        Status::Complete((length, _)) => {
            let lines = &buffer[..length];
            let is_sound = memchr::memchr_iter(b'\n', lines).all(|at| lines[..at].ends_with(b"\r"));
            if is_sound { Ok(Some(length)) } else { Err(Broken::NotHttp) }
        }
        Status::Partial => Ok(None),
    }
}

/// What is not whole may become so.
fn short(buffer: &BytesMut) -> Result<(), Broken> {
    if buffer.len() > BESIDE_CHUNKS_LIMIT_BYTES { Err(Broken::NotHttp) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
