//! The language server as a client meets it, over a connection in memory: what is published, where, and how it ends.

mod names;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;
use wayleave_lsp::{Exit, Host, serve};
use wayleave_program::value::DEFAULT_NOW;

/// Longer than any answer takes, so that a lost one ends the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client with a server of its own, on a disk of its own.
struct Client {
    connection: Connection,
    server: Option<JoinHandle<Result<Exit, String>>>,
    initialized: Value,
}

impl Client {
    fn start(capabilities: Value, disk: &[(&str, &str)]) -> Client {
        let (connection, theirs) = Connection::memory();
        let disk: BTreeMap<String, String> =
            disk.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let server = std::thread::spawn(move || {
            let read = |path: &Path| {
                disk.get(&path.display().to_string())
                    .cloned()
                    .ok_or_else(|| "there is no such file".to_owned())
            };
            serve(&theirs, &Host { read: &read, as_of: DEFAULT_NOW })
        });
        let mut client = Client { connection, server: Some(server), initialized: Value::Null };
        client.initialized = client
            .ask("initialize", json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
        client.tell("initialized", json!({}));
        client
    }

    fn tell(&self, method: &str, parameters: Value) {
        let notification = Notification::new(method.to_owned(), parameters);
        self.connection.sender.send(notification.into()).expect("the server listens");
    }

    fn respond(&self, method: &str, parameters: Value) -> Response {
        let request = Request::new(RequestId::from(1), method.to_owned(), parameters);
        self.connection.sender.send(request.into()).expect("the server listens");
        match self.receive() {
            Message::Response(response) => response,
            other => panic!("an answer was due: {other:?}"),
        }
    }

    fn ask(&self, method: &str, parameters: Value) -> Value {
        self.respond(method, parameters).response_result.expect("it is answered")
    }

    fn receive(&self) -> Message {
        self.connection.receiver.recv_timeout(PATIENCE).expect("the server answers in time")
    }

    /// The next publication: its URI's last part, its version and its diagnostics.
    fn published(&self) -> (String, Value, Vec<Value>) {
        match self.receive() {
            Message::Notification(notification)
                if notification.method == "textDocument/publishDiagnostics" =>
            {
                let uri = notification.params["uri"].as_str().expect("it has a URI").to_owned();
                let name = uri.rsplit('/').next().unwrap_or_default().to_owned();
                let diagnostics = notification.params["diagnostics"].as_array().expect("a list").clone();
                (name, notification.params["version"].clone(), diagnostics)
            }
            other => panic!("diagnostics were due: {other:?}"),
        }
    }

    fn open(&self, path: &str, text: &str) {
        let document = json!({"uri": uri(path), "languageId": "route", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&self, path: &str, version: i32, changes: Value) {
        let document = json!({"uri": uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Shuts down by the protocol; nothing may be left unread.
    fn stop(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        let server = self.server.take().expect("it was started");
        assert_eq!(server.join().expect("the server did not panic"), Ok(Exit::Orderly));
        let unread: Vec<Message> = self.connection.receiver.try_iter().collect();
        assert!(unread.is_empty(), "{unread:?}");
    }
}

fn uri(path: &str) -> String {
    format!("file://{path}")
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}

/// A policy whose one mistake stands behind an emoji.
const BROKEN: &str = "edition 2026\n\
    provider sim { protocol: simulated model a { supports: [chat] context: 8k tokens } }\n\
    approve all: sim/a\n\
    deny emoji when caller.app is \"😀\" and caler.app is \"x\" because \"no\"\n\
    route all to sim/a\n\
    otherwise deny \"no\"\n";

#[test]
fn a_broken_file_is_marked_in_utf16_and_cleared_when_it_is_mended() {
    let client = Client::start(json!({}), &[]);
    assert_eq!(client.initialized["capabilities"]["positionEncoding"], "utf-16");
    client.open("/p/main.route", BROKEN);
    let (name, version, diagnostics) = client.published();
    assert_eq!((name.as_str(), &version), ("main.route", &json!(1)));
    assert_eq!(codes(&diagnostics), ["R0101"], "{diagnostics:?}");
    let line = BROKEN.lines().nth(3).expect("the line is there");
    let at = line.find("caler").expect("the mistake is there");
    let character = line[..at].encode_utf16().count();
    let start = &diagnostics[0]["range"]["start"];
    assert_eq!((&start["line"], &start["character"]), (&json!(3), &json!(character)), "{diagnostics:?}");

    let range =
        json!({"start": {"line": 3, "character": character}, "end": {"line": 3, "character": character + 5}});
    client.change("/p/main.route", 2, json!([{"range": range, "text": "caller"}]));
    let (_, version, diagnostics) = client.published();
    assert_eq!((&version, diagnostics), (&json!(2), vec![]));
    client.stop();
}

#[test]
fn positions_are_bytes_where_the_client_offers_them() {
    let client = Client::start(json!({"general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]}}), &[]);
    assert_eq!(client.initialized["capabilities"]["positionEncoding"], "utf-8");
    client.open("/p/main.route", BROKEN);
    let (_, _, diagnostics) = client.published();
    let line = BROKEN.lines().nth(3).expect("the line is there");
    assert_eq!(diagnostics[0]["range"]["start"]["character"], json!(line.find("caler")));
    client.stop();
}

#[test]
fn a_used_file_is_checked_from_its_root_with_open_files_over_disk() {
    let used = BROKEN.replacen("caler", "caller", 1);
    let root = "edition 2026\nuse \"teams/all.route\"\n";
    let client = Client::start(json!({}), &[("/p/main.route", root), ("/p/teams/all.route", BROKEN)]);
    client.open("/p/teams/all.route", &used.replace("otherwise deny \"no\"\n", ""));
    let publications = [client.published(), client.published()];
    let of =
        |name: &str| publications.iter().find(|(file, _, _)| file == name).map(|(_, _, found)| found.clone());
    assert_eq!(codes(&of("main.route").unwrap_or_default()), ["R0104"], "{publications:?}");
    assert_eq!(of("all.route"), Some(vec![]), "{publications:?}");

    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri("/p/teams/all.route")}}));
    let (name, _, diagnostics) = client.published();
    assert_eq!((name.as_str(), diagnostics), ("main.route", vec![]));
    client.stop();
}

#[test]
fn a_test_that_fails_is_marked() {
    let client = Client::start(json!({}), &[]);
    let sound = BROKEN.replacen("caler", "caller", 1);
    client.open("/p/main.route", &format!("{sound}test \"t\" {{ expect otherwise }}\n"));
    let (_, _, diagnostics) = client.published();
    assert_eq!(codes(&diagnostics), ["R0403"], "{diagnostics:?}");
    client.stop();
}

#[test]
fn what_is_not_offered_is_refused_and_nonsense_is_survived() {
    let client = Client::start(json!({}), &[]);
    let moniker = client.respond("textDocument/moniker", json!({}));
    assert_eq!(moniker.response_result.expect_err("it is refused").code, -32601);
    client.tell("textDocument/didOpen", json!({"nonsense": true}));
    match client.receive() {
        Message::Notification(log) => assert_eq!(log.method, "window/logMessage"),
        other => panic!("a log line was due: {other:?}"),
    }
    client.open("/p/main.route", BROKEN);
    assert_eq!(codes(&client.published().2), ["R0101"]);
    client.stop();
}

#[test]
fn an_exit_without_a_shutdown_is_abrupt() {
    let mut client = Client::start(json!({}), &[]);
    client.tell("exit", Value::Null);
    let server = client.server.take().expect("it was started");
    assert_eq!(server.join().expect("the server did not panic"), Ok(Exit::Abrupt));
}
