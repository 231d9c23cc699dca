//! What is read of bytes, and what is answered where nothing is.

use super::{Message, Mutex, header, payload, read_all, unbounded};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Cursor, Read};

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("Content-Length: {}\r\n\r\n", payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The messages that are handed over, what is said to the client, and how it ended.
fn taken(input: impl Read) -> (Vec<Message>, Vec<Value>, Result<(), String>) {
    let (sender, receiver) = unbounded();
    let output = Mutex::new(Vec::new());
    let ended = read_all(BufReader::new(input), &output, &sender);
    drop(sender);
    let mut said = Cursor::new(output.into_inner().expect("nobody failed"));
    let mut answers = Vec::new();
    while let Some(length) = header(&mut said).expect("what is written has a header") {
        let mut bytes = vec![0; usize::try_from(length).expect("short")];
        said.read_exact(&mut bytes).expect("as many bytes as it says");
        answers.push(serde_json::from_slice(&bytes).expect("JSON"));
    }
    (receiver.into_iter().collect(), answers, ended)
}

/// Bytes that come as often as asked for.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(b'a');
        Ok(buffer.len())
    }
}

#[test]
fn what_is_read_is_what_was_sent() {
    let request = br#"{"jsonrpc":"2.0","id":"a","method":"m","params":[1]}"#;
    let told = br#"{"id":null,"method":"m","params":null}"#;
    let answered = br#"{"id":3,"result":null,"error":null}"#;
    let refused = br#"{"id":3,"error":{"code":-1,"message":"no"}}"#;
    let input = [&request[..], &told[..], &answered[..], &refused[..]].map(framed).concat();
    let (messages, said, ended) = taken(&input[..]);
    assert_eq!((said, ended), (vec![], Ok(())));
    let found: Vec<Value> = messages.iter().map(|message| json!(message)).collect();
    let all = json!([{"id": "a", "method": "m", "params": [1]}, {"method": "m"}, {"id": 3, "result": null},
        {"id": 3, "error": {"code": -1, "message": "no"}}]);
    assert_eq!(json!(found), all);
}

#[test]
fn nothing_is_read_behind_an_exit_and_a_client_that_leaves_within_a_message_has_left() {
    let exit = framed(br#"{"method":"exit"}"#);
    let (messages, said, ended) = taken(&[exit.clone(), exit.clone()].concat()[..]);
    assert_eq!((messages.len(), said.len(), ended), (1, 0, Ok(())));
    for cut in 0..exit.len() {
        let (messages, said, ended) = taken(&exit[..cut]);
        assert_eq!((messages.len(), said.len(), ended), (0, 0, Ok(())), "after {cut} bytes");
    }
}

#[test]
fn lines_of_a_header_may_be_written_in_several_ways() {
    for written in [
        "Content-Length: 17\r\n\r\n",
        "content-length:17\n\n",
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 17\r\n\r\n",
    ] {
        let mut input = Cursor::new(written.as_bytes());
        assert_eq!(header(&mut input), Ok(Some(17)), "{written}");
        assert_eq!(input.fill_buf().expect("memory can be read"), b"", "{written}");
    }
}

#[test]
fn a_broken_header_ends_the_session_with_words() {
    for (written, words) in [
        ("hello\r\n\r\n", "a header such as `Content-Length: 100` was due, not `hello`"),
        ("Content-Type: a\r\n\r\n", "a header has no `Content-Length`"),
        ("Content-Length: -1\r\n\r\n", "there is no length in `Content-Length: -1`"),
        ("Content-Length: 99999999999999999999\r\n\r\n", "there is no length in"),
        (&"a: b\r\n".repeat(20), "a header has more than 16 lines"),
    ] {
        let (messages, said, ended) = taken(written.as_bytes());
        assert_eq!((messages.len(), said.len()), (0, 0), "{written}");
        let error = ended.expect_err(written);
        assert!(error.contains(words), "{error}");
    }
    let (_, _, ended) = taken(Endless);
    assert_eq!(ended, Err("a line of a header is longer than 4096 bytes".to_owned()));
}

#[test]
fn a_message_that_is_too_long_is_passed_over() {
    let length = super::MESSAGE_BYTES + 1;
    let header = format!("Content-Length: {length}\r\n\r\n");
    let next = framed(br#"{"method":"next"}"#);
    let input = header.as_bytes().chain(Endless.take(length)).chain(&next[..]);
    let (messages, said, ended) = taken(input);
    assert_eq!((messages.len(), ended), (1, Ok(())));
    assert_eq!((&said[0]["id"], &said[0]["error"]["code"]), (&Value::Null, &json!(-32600)));
    let words = said[0]["error"]["message"].as_str().expect("it has words");
    assert!(words.contains("67108865 bytes, and the limit is 64 MiB"), "{words}");
}

#[test]
fn half_a_letter_is_one_unit_and_whole_ones_stay() {
    let text = |payload: &str| match payload::read(payload.as_bytes()).expect("it is a message") {
        Message::Notification(told) => told.params["a"].as_str().expect("a text").to_owned(),
        other => panic!("a notification was written: {other:?}"),
    };
    let told = |text: &str| format!(r#"{{"method":"m","params":{{"a":"{text}"}}}}"#);
    assert_eq!(text(&told(r"\ud800")), "\u{FFFD}");
    assert_eq!(text(&told(r"x\udc00\ud800\ud83d\ude00\n\u00e4é")), "x\u{FFFD}\u{FFFD}😀\näé");
    assert_eq!(text(&told(r"\ud83d\ude00\ud800\\ud800")), "😀\u{FFFD}\\ud800");
    assert_eq!(text(&told(r"\ud800\u0041")), "\u{FFFD}A");
    for broken in [r"\ud800\", r"\ud8", r"\ud800\é", r"\ud800\u", "\\ud800\u{1}"] {
        assert!(payload::read(told(broken).as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn an_answer_that_nobody_asked_for_is_not_answered() {
    let (messages, said, ended) = taken(&framed(br#"{"id":null,"error":{"code":1,"message":"a"}}"#)[..]);
    assert_eq!((messages.len(), ended), (0, Ok(())));
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0]["method"], "window/logMessage");
}
