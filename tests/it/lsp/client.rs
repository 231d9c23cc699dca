//! A client of the language server with a server of its own, over a connection in memory.

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use wayleave_lsp::{Connection, Exit, Host, Other, Pace, Said, serve};
use wayleave_program::value::{DEFAULT_NOW, Instant};

/// Longer than any answer takes, so that a lost one ends the test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Nothing is proven in a test that does not ask for it, so that all that is said follows from what was said.
pub(crate) const NEVER_QUIET: Pace = Pace {
    quiet: Duration::from_secs(3600),
    patience: Duration::from_secs(3600),
    trust: Duration::from_secs(3600),
};

/// Files by path, which may change while a server reads them, and a clock that stands still until it is put on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<BTreeMap<String, String>>>, Arc<AtomicI64>);

impl Disk {
    pub(crate) fn of(files: &[(&str, &str)]) -> Disk {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Disk(Arc::new(Mutex::new(files.collect())), Arc::new(AtomicI64::new(DEFAULT_NOW.0)))
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().expect("nobody fails while holding it")
    }

    pub(crate) fn set_time(&self, now: Instant) {
        self.1.store(now.0, Ordering::Relaxed);
    }

    fn now(&self) -> Instant {
        Instant(self.1.load(Ordering::Relaxed))
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        self.files().get(path).cloned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.files().insert(path.to_owned(), text.to_owned());
    }

    pub(crate) fn take(&self, path: &str) -> Option<String> {
        self.files().remove(path)
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.files().keys().cloned().collect()
    }
}

/// A client with a server of its own, on a disk of its own.
pub(crate) struct Client {
    pub(crate) connection: Other,
    pub(crate) server: Option<JoinHandle<Exit>>,
    pub(crate) initialized: Value,
}

impl Client {
    pub(crate) fn start(capabilities: Value, disk: &[(&str, &str)]) -> Client {
        Client::prepared(capabilities, disk, |_| {})
    }

    /// A client that says `first` right after the handshake, before its server begins to listen. The folders that it works in
    /// and the options that it gives stand among its capabilities.
    pub(crate) fn prepared(capabilities: Value, disk: &[(&str, &str)], first: impl Fn(&Client)) -> Client {
        Client::paced(NEVER_QUIET, capabilities, disk, first)
    }

    /// The same at a pace: with what is proven, where that begins.
    pub(crate) fn paced(
        pace: Pace,
        capabilities: Value,
        disk: &[(&str, &str)],
        first: impl Fn(&Client),
    ) -> Client {
        Client::over(pace, capabilities, Disk::of(disk), first)
    }

    /// The same, on a disk that others may change.
    pub(crate) fn over(pace: Pace, capabilities: Value, disk: Disk, first: impl Fn(&Client)) -> Client {
        let (connection, theirs) = Connection::memory();
        let mut client = Client { connection, server: None, initialized: Value::Null };
        let folders = capabilities["workspaceFolders"].clone();
        let parameters = json!({"processId": null, "rootUri": null, "workspaceFolders": folders,
            "initializationOptions": capabilities["initializationOptions"], "capabilities": capabilities});
        client.send("0", "initialize", parameters);
        client.tell("initialized", json!({}));
        first(&client);
        client.server = Some(std::thread::spawn(move || served(pace, &disk, &theirs)));
        client.initialized = client.response().response_result.expect("it is initialized");
        client
    }

    /// Asks without waiting; an id of digits is a number.
    pub(crate) fn send(&self, id: &str, method: &str, parameters: Value) {
        let id = id.parse::<i32>().map_or_else(|_| RequestId::from(id.to_owned()), RequestId::from);
        let request = Request::new(id, method.to_owned(), parameters);
        self.connection.sender.send(request.into()).expect("the server listens");
    }

    pub(crate) fn tell(&self, method: &str, parameters: Value) {
        let notification = Notification::new(method.to_owned(), parameters);
        self.connection.sender.send(notification.into()).expect("the server listens");
    }

    /// Agrees to what the server asks under that id, also before it does.
    pub(crate) fn agree(&self, id: &str) {
        let agreed = Response::new_ok(id.to_owned().into(), Value::Null);
        self.connection.sender.send(agreed.into()).expect("the server listens");
    }

    pub(crate) fn respond(&self, method: &str, parameters: Value) -> Response {
        self.send("1", method, parameters);
        self.response()
    }

    fn response(&self) -> Response {
        match self.receive() {
            Message::Response(response) => response,
            other => panic!("an answer was due: {other:?}"),
        }
    }

    /// Waits until all is proven that there is to prove of a document's policy, and hands over what was said meanwhile: false if
    /// its policy has errors.
    pub(crate) fn settled(&self, path: &str, mut meanwhile: impl FnMut(Message)) -> bool {
        let argument = json!({"uri": uri(path), "silent": true});
        let asked = json!({"command": "wayleave.prove", "arguments": [argument]});
        self.send("settled", "workspace/executeCommand", asked);
        loop {
            match self.receive() {
                Message::Response(response) if response.id == RequestId::from("settled".to_owned()) => {
                    return response.response_result.is_ok();
                }
                other => meanwhile(other),
            }
        }
    }

    /// What is answered, whatever is published meanwhile.
    pub(crate) fn answer(&self, method: &str, parameters: Value) -> Value {
        self.send("1", method, parameters);
        loop {
            if let Message::Response(response) = self.receive() {
                return response.response_result.expect("it is answered");
            }
        }
    }

    pub(crate) fn ask(&self, method: &str, parameters: Value) -> Value {
        self.respond(method, parameters).response_result.expect("it is answered")
    }

    pub(crate) fn receive(&self) -> Message {
        self.connection.receiver.recv_timeout(PATIENCE).expect("the server answers in time").read()
    }

    /// The next publication: its URI's last part, its version and its diagnostics.
    pub(crate) fn published(&self) -> (String, Value, Vec<Value>) {
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

    pub(crate) fn open(&self, path: &str, text: &str) {
        let document = json!({"uri": uri(path), "languageId": "route", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub(crate) fn change(&self, path: &str, version: i32, changes: Value) {
        let document = json!({"uri": uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// Shuts down by the protocol; nothing may be left unread.
    pub(crate) fn stop(self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.end();
    }

    /// Shuts down by the protocol, whatever was published.
    pub(crate) fn finish(self) {
        assert_eq!(self.answer("shutdown", Value::Null), Value::Null);
        self.end();
    }

    /// After `shutdown`; nothing may be left unread.
    pub(crate) fn end(mut self) {
        self.tell("exit", Value::Null);
        let server = self.server.take().expect("it was started");
        assert_eq!(server.join().expect("the server did not panic"), Exit::Orderly);
        let unread: Vec<Said> = self.connection.receiver.try_iter().collect();
        assert!(unread.is_empty(), "{unread:?}");
    }
}

/// Serves a client from a disk until it leaves.
pub(crate) fn served(pace: Pace, disk: &Disk, connection: &Connection) -> Exit {
    let read = |path: &Path| {
        disk.text(&path.display().to_string()).ok_or_else(|| "there is no such file".to_owned())
    };
    let list = |folder: &Path| names_in(disk, folder);
    serve(
        connection,
        &Host {
            read: &read,
            stamp: &|_| None,
            list: &list,
            is_running: &|_| true,
            now: &|| disk.now(),
            give_way: || (),
            pace,
        },
    )
}

/// The names of what stands in a folder of a disk, in order.
fn names_in(disk: &Disk, folder: &Path) -> Vec<String> {
    let paths = disk.paths();
    let inside = paths.iter().filter_map(|path| Path::new(path).strip_prefix(folder).ok()?.to_str());
    let mut names: Vec<String> = inside
        .map(|inner| match inner.split_once('/') {
            Some((below, _)) => format!("{below}/"),
            None => inner.to_owned(),
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

pub(crate) fn uri(path: &str) -> String {
    format!("file://{path}")
}

pub(crate) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|diagnostic| diagnostic["code"].as_str()).collect()
}
