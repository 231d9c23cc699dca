//! Answers off bytes as hyper's client has them off the same bytes, in however many pieces they come.

use super::*;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Status, the headers in their order, and the body; none where there is no whole answer.
type Read = Option<(u16, Vec<(String, String)>, Vec<u8>)>;

/// Off bytes that come in pieces of that length, and then end.
fn ours(bytes: &[u8], piece: usize) -> Read {
    let mut pieces = bytes.chunks(piece);
    let mut buffer = BytesMut::new();
    let mut looked_at = 0;
    let mut head = loop {
        buffer.extend_from_slice(pieces.next()?);
        match head(&mut buffer, looked_at) {
            Ok(Some(head)) => break head,
            Ok(None) => looked_at = buffer.len(),
            Err(_) => return None,
        }
    };
    let mut body = Vec::new();
    loop {
        match head.body.next(&mut buffer).ok()? {
            Next::Piece(piece) => body.extend_from_slice(&piece),
            Next::End => break,
            Next::More => match pieces.next() {
                Some(piece) => buffer.extend_from_slice(piece),
                None if head.body.ends_at_close() => break,
                None => return None,
            },
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Some((head.status.as_u16(), headers, body))
}

/// Off the same bytes, as hyper reads them.
async fn of_hyper(bytes: &[u8]) -> Read {
    let (here, mut there) = tokio::io::duplex(1 << 20);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(here)).await.ok()?;
    let running = tokio::spawn(connection);
    let request = http::Request::post("/").body(http_body_util::Empty::<Bytes>::new()).ok()?;
    let asking = tokio::spawn(async move {
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        Some((head, body.collect().await.ok()?.to_bytes()))
    });
    // It answers nothing before it is asked.
    let _ = there.read(&mut [0; 4096]).await.ok()?;
    there.write_all(bytes).await.ok()?;
    drop(there);
    let (head, body) = tokio::time::timeout(Duration::from_secs(20), asking).await.unwrap().unwrap()?;
    running.abort();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Some((head.status.as_u16(), headers, body.to_vec()))
}

const READ_ALIKE: [&str; 46] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokbehind",
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
    "HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nok!",
    "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nok",
    "HTTP/1.1 200 OK\r\n\r\nuntil it ends",
    "HTTP/1.0 200 OK\r\n\r\nuntil it ends",
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\nbehind",
    "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 429 Slow\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 999 What\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\na: 1\r\nb:2\r\nA:  3  \r\nempty:\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nx: \u{e9}\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\ncontent-length: 2\n\nok",
    "\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\na : 1\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\na: 1\r\n folded\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\na\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\na: 1\0\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-len",
    "HTTP/2 200\r\n\r\n",
    "HTTP/1.1 abc\r\n\r\n",
    "SSH-2.0-server\r\n",
    "220 mail.example ESMTP\r\n",
    "",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n2\r\nok\r\n0\r\na: b\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nuntil it ends",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA;name=value\r\n0123456789\r\n0\r\n\r\nbehind",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nokX0\r\n\r\n",
];

/// The slow twin reads whole texts; in pieces of any length they are the same.
#[tokio::test]
async fn an_answer_is_what_hyper_takes_it_for() {
    let mut answers = 0;
    for text in READ_ALIKE {
        let read = of_hyper(text.as_bytes()).await;
        answers += usize::from(read.is_some());
        for piece in 1..=text.len().max(1) {
            assert_eq!(ours(text.as_bytes(), piece), read, "{text:?} in pieces of {piece}");
        }
    }
    assert_eq!(answers, 25);
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// fault-F13: each byte of an answer is once another: no panic, and never another body than hyper's.
#[tokio::test]
async fn a_damaged_answer_is_what_hyper_takes_it_for() {
    let texts = [
        READ_ALIKE[0].to_owned(),
        format!("{CHUNKED}2\r\nok\r\n10;a=b\r\n0123456789abcdef\r\n0\r\nx: y\r\n\r\n"),
    ];
    for text in texts {
        for at in 0..text.len() {
            for byte in [b'\r', b'\n', b' ', b':', b'0', b'9', b'f', b'x', 0, 0xff] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = byte;
                let (read, twin) = (ours(&bytes, 7), of_hyper(&bytes).await);
                // We may refuse what hyper takes, and never the other way round.
                if read.is_some() {
                    assert_eq!(read, twin, "{:?}", String::from_utf8_lossy(&bytes));
                }
            }
        }
    }
}

#[test]
fn what_names_no_end_that_is_sure_is_refused() {
    for body in [
        "\r\n",
        "\r\n\r\n",
        " \r\n\r\n",
        ";x\r\n\r\n",
        "2\r\nok\r\n\r\n\r\n",
        "2;\n\r\nok\r\n0\r\n\r\n",
        "x\r\n",
        "-1\r\n",
        "11111111111111111\r\n",
        "2\r\nok0\r\n\r\n",
        "2\nok\n0\n\n",
    ] {
        assert_eq!(ours(format!("{CHUNKED}{body}").as_bytes(), 1000), None, "{body:?}");
    }
    let extension = format!("{CHUNKED}{}0\r\n\r\n", format!("1;{}\r\nx\r\n", "a".repeat(1000)).repeat(20));
    assert_eq!(ours(extension.as_bytes(), 1000), None);
    let trailer = format!("{CHUNKED}0\r\na: {}\r\n\r\n", "a".repeat(20 << 10));
    assert_eq!(ours(trailer.as_bytes(), 1000), None);
}

fn refusal(text: &str) -> Option<Broken> {
    head(&mut BytesMut::from(text), 0).err()
}

#[test]
fn a_head_has_a_limit() {
    let line = |count: usize| "a: b\r\n".repeat(count);
    assert!(refusal(&format!("HTTP/1.1 200 OK\r\n{}\r\n", line(HEADERS_LIMIT))).is_none());
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", line(HEADERS_LIMIT + 1));
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(HEAD_LIMIT_BYTES));
    for text in [&many, &long, &long[..long.len() - 2]] {
        assert!(matches!(refusal(text), Some(Broken::TooLarge)), "{}", text.len());
    }
}

#[test]
fn a_connection_stays_open_only_where_both_sides_know_its_end() {
    for (text, stays_open) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", true),
        ("HTTP/1.1 204 No Content\r\n\r\n", true),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n", false),
        ("HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: x, Close\r\n\r\n", false),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\nconnection: close\r\n\r\n",
            false,
        ),
        ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: Keep-Alive\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\n\r\n", false),
        ("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n", false),
    ] {
        let head = head(&mut BytesMut::from(text), 0).unwrap().unwrap();
        assert_eq!(head.stays_open, stays_open, "{text:?}");
    }
}
