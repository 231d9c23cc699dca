//! `wayleave lsp` as an editor starts it: a process behind two pipes, and what it does with bytes that are no message.

use super::client::{PATIENCE, codes, uri};
use super::{BROKEN, Value, json};
use crate::cli::binary;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// More memory than the server has any reason to take: its own program and what it keeps of a small policy take a tenth.
const MEMORY_KIB: u64 = 300 << 10;

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next message of a stream; none at its end.
fn message(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).expect("a header is text") == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(stated) => length = stated.parse().expect("a length"),
            None => break,
        }
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).expect("as many bytes as it says");
    Some(serde_json::from_slice(&bytes).expect("JSON"))
}

impl Server {
    fn start() -> Server {
        let mut child = Command::new(binary())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stream = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(message) = message(&mut stream) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Server { input: child.stdin.take(), child, output }
    }

    /// One that has begun for the client that is this process.
    fn begun(process: u32) -> Server {
        let mut server = Server::start();
        let parameters = json!({"processId": process, "rootUri": null, "capabilities": {}});
        server.ask(0, "initialize", &parameters);
        assert_eq!(server.hear()["id"], 0);
        server.tell("initialized", &json!({}));
        server
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().expect("it is open").write_all(bytes).expect("the server reads");
    }

    fn payload(&mut self, payload: &[u8]) {
        self.bytes(format!("Content-Length: {}\r\n\r\n", payload.len()).as_bytes());
        self.bytes(payload);
    }

    fn ask(&mut self, id: i32, method: &str, parameters: &Value) {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        self.payload(message.to_string().as_bytes());
    }

    fn tell(&mut self, method: &str, parameters: &Value) {
        self.payload(
            json!({"jsonrpc": "2.0", "method": method, "params": parameters}).to_string().as_bytes(),
        );
    }

    fn hear(&self) -> Value {
        self.output.recv_timeout(PATIENCE).expect("the server answers in time")
    }

    /// The exit code of a server that ends, and what it says to the terminal.
    fn ended(mut self) -> (Option<i32>, String) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                break status;
            }
            assert!(Instant::now() < end, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut said = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        (status.code(), said)
    }

    /// Ends by the protocol.
    fn stop(mut self) {
        self.ask(9, "shutdown", &Value::Null);
        assert_eq!(self.hear()["id"], 9);
        self.tell("exit", &Value::Null);
        assert_eq!(self.ended(), (Some(0), String::new()));
    }

    /// Hears that something could not be read: the answer to it, and what is told of it.
    fn hear_unread(&self, id: &Value, code: i32) -> String {
        let answer = self.hear();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (id, &json!(code)), "{answer}");
        let told = self.hear();
        assert_eq!((&told["method"], &told["params"]["type"]), (&json!("window/logMessage"), &json!(1)));
        told["params"]["message"].as_str().expect("it has words").to_owned()
    }
}

#[test]
fn what_is_no_message_is_answered_and_the_next_one_is_read() {
    let (parse, invalid) = (-32700, -32600);
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let cases: [(&[u8], i32, Value); 11] = [
        (br#"{"jsonrpc":"2.0","method":"#, parse, Value::Null),
        (b"", parse, Value::Null),
        (b"\xff{}", parse, Value::Null),
        (deep.as_bytes(), parse, Value::Null),
        (b"[]", invalid, Value::Null),
        (br#""text""#, invalid, Value::Null),
        (br#"{"jsonrpc":"2.0"}"#, invalid, Value::Null),
        (br#"{"jsonrpc":"2.0","id":7}"#, invalid, json!(7)),
        (br#"{"jsonrpc":"2.0","id":"a","method":5}"#, invalid, json!("a")),
        (br#"{"jsonrpc":"2.0","id":3000000000,"method":"a"}"#, invalid, json!(3_000_000_000_u64)),
        (br#"{"jsonrpc":"2.0","id":7,"method":"a","params":5}"#, invalid, json!(7)),
    ];
    let mut server = Server::begun(std::process::id());
    for (payload, code, id) in cases {
        server.payload(payload);
        let words = server.hear_unread(&id, code);
        assert!(words.contains("close it and open it again"), "{words}");
        server.ask(2, "textDocument/nonsense", &json!({}));
        let answer = server.hear();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(2), &json!(-32601)), "{answer}");
    }
    server.stop();
}

#[test]
fn half_a_letter_in_a_text_moves_no_place() {
    let mut server = Server::begun(std::process::id());
    // As an editor that keeps UTF-16 writes an emoji, and the half of one.
    let text = json!(BROKEN).to_string().replace('😀', r"\ud83d\ude00\ud83d");
    let document =
        format!(r#"{{"uri":"{}","languageId":"route","version":1,"text":{text}}}"#, uri("/p/main.route"));
    let opened = format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{document}}}}}"#
    );
    server.payload(opened.as_bytes());
    let told = server.hear();
    let diagnostics = told["params"]["diagnostics"].as_array().expect("they are published").clone();
    assert_eq!(codes(&diagnostics), ["R0101"], "{told}");
    let line = BROKEN.lines().nth(3).expect("the line is there");
    let at = line[..line.find("caler").expect("it is there")].encode_utf16().count() + 1;
    assert_eq!(diagnostics[0]["range"]["start"], json!({"line": 3, "character": at}));
    server.stop();
}

#[test]
fn a_length_takes_no_memory_and_one_beyond_the_limit_is_refused_at_once() {
    for length in ["67108864", "67108865", "2000000000", "9223372036854775807"] {
        let mut server = Server::begun(std::process::id());
        server.bytes(format!("Content-Length: {length}\r\n\r\n{{").as_bytes());
        if length == "67108864" {
            // It may still come.
            std::thread::sleep(Duration::from_millis(100));
        } else {
            let words = server.hear_unread(&Value::Null, -32600);
            assert!(words.contains(length) && words.contains("the limit is 64 MiB"), "{words}");
        }
        if cfg!(target_os = "linux") {
            let status =
                std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("it runs");
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
            let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
            assert!(peak < MEMORY_KIB, "{length}: {peak} KiB");
        }
        drop(server.input.take());
        assert_eq!(server.ended(), (Some(1), String::new()), "{length}");
    }
}

#[test]
fn behind_a_broken_header_it_ends_and_says_what_was_due() {
    for (bytes, words) in [
        ("hello\n", "a header such as `Content-Length: 100` was due, not `hello`"),
        (
            "Content-Length: 99999999999999999999\r\n\r\n",
            "there is no length in `Content-Length: 99999999999",
        ),
    ] {
        let mut server = Server::start();
        server.bytes(bytes.as_bytes());
        let (code, said) = server.ended();
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(words) && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn it_ends_as_the_client_does() {
    let mut server = Server::start();
    server.ask(1, "textDocument/hover", &json!({}));
    assert_eq!(server.hear()["error"]["code"], -32002);
    server.tell("exit", &Value::Null);
    assert_eq!(server.ended(), (Some(1), String::new()));

    let mut server = Server::begun(std::process::id());
    server.ask(1, "shutdown", &Value::Null);
    assert_eq!(server.hear()["id"], 1);
    drop(server.input.take());
    assert_eq!(server.ended(), (Some(0), String::new()));

    let mut server = Server::begun(std::process::id());
    drop(server.input.take());
    assert_eq!(server.ended(), (Some(1), String::new()));
}

#[test]
fn it_ends_with_the_process_of_the_client_though_its_input_stays_open() {
    let mut client =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut server = Server::begun(client.id());
    server.ask(1, "textDocument/nonsense", &json!({}));
    assert_eq!(server.hear()["id"], 1);
    drop(client.stdin.take());
    client.wait().expect("it ends");
    assert!(server.input.is_some());
    assert_eq!(server.ended(), (Some(1), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn it_takes_memory_in_small_pages() {
    let server = Server::begun(std::process::id());
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("Linux tells");
    let stated = status.lines().find(|line| line.starts_with("THP_enabled:"));
    // Older systems do not say.
    assert!(stated.is_none_or(|line| line.ends_with('0')), "{stated:?}");
    server.stop();
}
