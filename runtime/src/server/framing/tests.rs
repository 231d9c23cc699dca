//! `threat-T10`, `fault-F37`: what is ambiguous is found at its byte, however it is cut, and what is not passes.

use super::{Framing, HEADERS_LIMIT, Stop};
use crate::error::BadHead;
use crate::settings::LINE_LIMIT_BYTES;

/// Reads on over the ends of messages: where the first wrong byte stands.
fn read(framing: &mut Framing, bytes: &[u8]) -> Option<usize> {
    let mut begun = 0;
    loop {
        match framing.read(&bytes[begun..])? {
            Stop::Wrong(position) => return Some(begun + position),
            Stop::End(position) => begun += position,
        }
    }
}

/// Where the first wrong byte of a text stands, the text fed in pieces of `size`.
fn wrong_in(text: &str, size: usize) -> Option<usize> {
    let mut framing = Framing::new(1 << 16);
    let mut before = 0;
    for piece in text.as_bytes().chunks(size) {
        if let Some(position) = read(&mut framing, piece) {
            return Some(before + position);
        }
        before += piece.len();
    }
    None
}

fn wrong(text: &str) -> Option<usize> {
    let whole = wrong_in(text, usize::MAX);
    for size in [1, 2, 3, 7] {
        assert_eq!(wrong_in(text, size), whole, "{text:?} in pieces of {size}");
    }
    whole
}

#[test]
fn sound_requests_pass_one_behind_the_other() {
    let plain = "GET /v1/models HTTP/1.1\r\nhost: a\r\nx-empty:\r\nx-bytes: \u{fc} \t b\r\n\r\n";
    let sized = "POST /v1/x?q HTTP/1.1\r\nContent-Length: \t 5 \r\n\r\n\r\n\0\n ";
    let empty = "POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n";
    let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=\"b\"\r\n\0\r\n00A\r\n0123456789\r\n0\r\n\r\n";
    let trailing = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\nx-end:\r\n\r\n";
    let all = [plain, sized, empty, chunked, trailing, "\r\n", plain].concat();
    assert_eq!(wrong(&all), None);
}

#[test]
fn the_first_wrong_byte_of_an_ambiguous_request_is_found() {
    for (head, rest) in [
        ("POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r", "\n\r\n0\r\n\r\n"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r", "\n\r\n0\r\n\r\n"),
        ("POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 5\r", "\n\r\nhello"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r", "\n\r\n"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r", "\n\r\n"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: xchunked\r", "\n\r\n"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: chunked, identity and more of it\r", "\n\r\n"),
        ("POST / HTTP/1.1\r\ncontent-length: 5, 5\r", "\n\r\nhello"),
        ("POST / HTTP/1.1\r\ncontent-length: +5\r", "\n\r\nhello"),
        ("POST / HTTP/1.1\r\ncontent-length: 0x5\r", "\n\r\nhello"),
        ("POST / HTTP/1.1\r\ncontent-length:\r", "\n\r\nhello"),
        ("POST / HTTP/1.1\r\ncontent-length: 1234567890123456789\r", "\n\r\n"),
        ("POST / HTTP/1.1\r\ncontent-length: 5                              6\r", "\n\r\n"),
        ("GET / HTTP/1.1\r\nx: a\r\n", " folded: b\r\n\r\n"),
        ("GET / HTTP/1.1\r\nx: a\r\n", "\tfolded\r\n\r\n"),
        ("GET / HTTP/1.1\r\n", " host: a\r\n\r\n"),
        ("GET / HTTP/1.1\r\nhost", " : a\r\n\r\n"),
        ("GET / HTTP/1.1\r\n", ": a\r\n\r\n"),
        ("GET / HTTP/1.1\r\nx: a", "\0\r\n\r\n"),
        ("GET / HTTP/1.1\r\nx", "\0: a\r\n\r\n"),
        ("GET / HTTP/1.1\r\nx: a\r", "b\r\n\r\n"),
        ("GET / HTTP/1.1\r\nx: a", "\nhost: a\r\n\r\n"),
        ("GET / HTTP/1.1", "\nhost: a\n\n"),
        ("GET /", "\r HTTP/1.1\r\n\r\n"),
        ("GET /", "\0 HTTP/1.1\r\n\r\n"),
        ("", " GET / HTTP/1.1\r\n\r\n"),
        ("", "\nGET / HTTP/1.1\r\n\r\n"),
        ("\r\n\r\n\r\n\r\n", "\r\n"),
    ] {
        assert_eq!(wrong(&format!("{head}{rest}")), Some(head.len()), "{head:?} then {rest:?}");
    }
}

#[test]
fn the_first_wrong_byte_of_a_chunked_body_is_found() {
    let long = "x".repeat(2000);
    for (sound, rest) in [
        ("", "\r\n"),
        ("", "-1\r\n"),
        ("", " 5\r\nhello"),
        ("5", " \r\nhello\r\n"),
        ("", "x\r\n"),
        ("0", "x5\r\nhello"),
        ("5", "\nhello\r\n"),
        ("5\r", "hello"),
        ("000000000000000", "0\r\n"),
        ("5\r\nhello", "6\r\n"),
        ("5\r\nhello\r", "0\r\n"),
        ("5;a", "\0\r\n"),
        ("5;a", "\n"),
        ("0\r\n", " x: a\r\n\r\n"),
        ("0\r\nx: a", "\n\r\n"),
        ("0\r\n\r", "x"),
    ] {
        let head = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{sound}");
        assert_eq!(wrong(&format!("{head}{rest}")), Some(head.len()), "{sound:?} then {rest:?}");
    }
    let extended = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5;{long}\r\n");
    assert!(wrong(&extended).is_some(), "extensions have a limit");
    let trailed =
        format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: {}\r\n", long.repeat(8));
    assert!(wrong(&trailed).is_some(), "trailers have a limit");
}

#[test]
fn what_is_no_request_line_is_refused_at_its_end() {
    for line in [
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / http/1.1",
        "G(T / HTTP/1.1",
        "GET a b HTTP/1.1",
    ] {
        assert_eq!(wrong(&format!("{line}\r\nhost: a\r\n\r\n")), Some(line.len()), "{line}");
    }
    let old = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(wrong(old), Some(old.len() - 1), "1.0 knows no chunks");
}

#[test]
fn heads_have_their_limits_and_are_counted() {
    let why = |text: &str| {
        let mut framing = Framing::new(1 << 16);
        read(&mut framing, text.as_bytes()).map(|_| framing.why())
    };
    let long = "a".repeat(LINE_LIMIT_BYTES);
    assert_eq!(why(&format!("GET /{long} HTTP/1.1\r\n\r\n")), Some(BadHead::LineTooLong(LINE_LIMIT_BYTES)));
    let many = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "x: a\r\n".repeat(count));
    assert_eq!(why(&many(HEADERS_LIMIT)), None);
    assert_eq!(why(&many(HEADERS_LIMIT + 1)), Some(BadHead::TooMany(HEADERS_LIMIT)));
    let head = |length: usize| format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(length - 23));
    assert_eq!(head(1 << 16).len(), 1 << 16);
    assert_eq!(why(&head(1 << 16)), None);
    assert_eq!(why(&head((1 << 16) + 1)), Some(BadHead::TooLong(1 << 16)));

    let mut framing = Framing::new(1 << 16);
    assert_eq!(
        read(&mut framing, b"GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{"),
        None
    );
    assert_eq!((framing.heads(), framing.head_bytes(), framing.is_in_body()), (2, 0, true));
    assert_eq!(read(&mut framing, b"}\r\nGET"), None);
    assert_eq!((framing.heads(), framing.head_bytes(), framing.is_in_head()), (2, 5, true));
}

#[test]
fn reading_stops_at_the_end_of_each_message() {
    let plain = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let sized = "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}";
    let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let mut framing = Framing::new(1 << 16);
    for message in [plain, sized, chunked, plain] {
        let with_next = format!("{message}\r\nGET");
        assert_eq!(framing.read(with_next.as_bytes()), Some(Stop::End(message.len())), "{message:?}");
    }
    assert_eq!(framing.read(b"\r\nGET / HTTP/1.1\r\n"), None);
}
