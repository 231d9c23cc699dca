//! Sessions of random edits across the files of a policy, by seed: after each burst, what was told is what a server says that starts
//! on the same texts (in one of them with all that is proven), the colours by change are the whole ones, and nothing that is offered fails at any place. A session that fails
//! prints its seed; `WAYLEAVE_SEED=7 cargo nextest run -p wayleave-tests lsp::session` runs that one, and any other.

mod desk;

use super::client::{Client, NEVER_QUIET, uri};
use super::fixtures::Counted;
use desk::{Desk, LAST};
use lsp_server::{Message, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wayleave_lsp::Pace;

/// Edits of one session at least; there are three.
const EDITS: usize = 700;
const LONGEST_BURST: usize = 8;
/// `InternalError`: the server's own mistake.
const INTERNAL_ERROR: i32 = -32603;

/// What was said of each file, where anything is wrong with it.
type Told = BTreeMap<String, Vec<Value>>;

/// The colours of a document as they were told last: their id, and the numbers.
type Coloured = BTreeMap<String, (Value, Vec<Value>)>;

struct Session {
    client: Client,
    desk: Desk,
    random: fastrand::Rng,
    capabilities: Value,
    pace: Pace,
    said: Told,
    coloured: Coloured,
    /// For messages of the test.
    name: String,
}

/// Takes what is published; whether it is about the last document, in that version.
fn hear(message: Message, version: i32, said: &mut Told) -> bool {
    let Message::Notification(told) = message else { return false };
    assert_ne!(told.method, "window/logMessage", "{}", told.params);
    if told.method != "textDocument/publishDiagnostics" {
        return false;
    }
    let of = told.params["uri"].as_str().expect("a URI").to_owned();
    let is_last = of == uri(LAST) && told.params["version"] == json!(version);
    match told.params["diagnostics"].as_array().expect("a list") {
        none if none.is_empty() => said.remove(&of),
        found => said.insert(of, found.clone()),
    };
    is_last
}

/// Takes what is published until the last document has that version and, where anything is proven at that pace, all is.
fn listen(client: &Client, desk: &Desk, pace: Pace, version: i32, said: &mut Told) {
    while !hear(client.receive(), version, said) {}
    if pace == Pace::PROMPT {
        for path in desk.open() {
            client.settled(path, |message| {
                hear(message, version, said);
            });
        }
    }
}

/// What a server says that starts on the same texts.
fn fresh(desk: &Desk, pace: Pace, capabilities: &Value) -> Told {
    let client = Client::over(pace, capabilities.clone(), desk.disk(), |client| desk.open_all(client));
    let mut said = Told::new();
    listen(&client, desk, pace, 1, &mut said);
    client.finish();
    said
}

impl Session {
    fn start(encoding: &'static str, pace: Pace, seed: u64) -> Session {
        let capabilities = json!({
            "general": {"positionEncodings": [encoding]},
            "textDocument": {"publishDiagnostics": {"relatedInformation": true}},
            "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}},
            "workspaceFolders": [{"uri": uri("/"), "name": "all"}],
        });
        let desk = Desk::new(encoding);
        // One that starts afresh never agrees to tell of files, so its server asks the disk.
        let client = Client::over(pace, capabilities.clone(), desk.disk(), |client| {
            client.agree("watch");
            desk.open_all(client);
        });
        let mut said = Told::new();
        listen(&client, &desk, pace, 1, &mut said);
        Session {
            client,
            desk,
            random: fastrand::Rng::with_seed(seed),
            capabilities,
            pace,
            said,
            coloured: Coloured::new(),
            name: format!("seed {seed}, {encoding}"),
        }
    }

    /// Some edits, and all that has to be true behind them.
    fn burst(&mut self) -> usize {
        let edits = self.random.usize(1..=LONGEST_BURST);
        for _ in 0..edits {
            let closed = self.desk.edit(&self.client, &mut self.random);
            self.coloured.retain(|path, _| !closed.contains(path));
        }
        let version = self.desk.end_burst(&self.client);
        listen(&self.client, &self.desk, self.pace, version, &mut self.said);
        let fresh = fresh(&self.desk, self.pace, &self.capabilities);
        assert_eq!(self.said, fresh, "{}: {:#?}", self.name, self.desk);
        self.recolour();
        self.ask_everything();
        edits
    }

    fn respond(&self, method: &str, parameters: Value) -> Response {
        self.client.send("1", method, parameters);
        loop {
            if let Message::Response(response) = self.client.receive() {
                return response;
            }
        }
    }

    fn ask(&self, method: &str, parameters: Value) -> Value {
        let answered = self.respond(method, parameters).response_result;
        answered.unwrap_or_else(|error| panic!("{}: {method}: {error:?}: {:#?}", self.name, self.desk))
    }

    /// The colours of a document by change, held to the whole ones.
    fn recolour(&mut self) {
        let path = self.desk.any_open(&mut self.random);
        let document = json!({"uri": uri(&path)});
        let numbers = |of: &Value| of["data"].as_array().expect("numbers").clone();
        let changed = self.coloured.remove(&path).map(|(id, mut data)| {
            let by_change = json!({"textDocument": document, "previousResultId": id});
            let delta = self.ask("textDocument/semanticTokens/full/delta", by_change);
            for edit in delta["edits"].as_array().expect("what was told last is known") {
                let number =
                    |name: &str| usize::try_from(edit[name].as_u64().expect("a number")).expect("small");
                let start = number("start");
                data.splice(start..start + number("deleteCount"), numbers(edit));
            }
            data
        });
        let full = self.ask("textDocument/semanticTokens/full", json!({"textDocument": document}));
        if let Some(changed) = changed {
            assert_eq!(changed, numbers(&full), "{}: {path}: {:#?}", self.name, self.desk);
        }
        self.coloured.insert(path, (full["resultId"].clone(), numbers(&full)));
    }

    /// Each feature once, at any place. What it answers stands in other tests; here it may refuse, and must not fail.
    fn ask_everything(&mut self) {
        for method in wayleave_lsp::methods() {
            let path = self.desk.any_open(&mut self.random);
            let text = self.desk.text(&path);
            let counted = Counted { text: &text, encoding: self.desk.encoding };
            let (one, other) = (desk::place(&text, &mut self.random), desk::place(&text, &mut self.random));
            let range = counted.range(&(one.min(other)..one.max(other)));
            let position = counted.position(one);
            // What any of them asks for; each takes what it knows.
            let asked = json!({
                "textDocument": {"uri": uri(&path)},
                "position": position,
                "positions": [position],
                "range": range,
                "context": {"includeDeclaration": true, "diagnostics": []},
                "options": {"tabSize": 2, "insertSpaces": true},
                "newName": "another",
                "query": "a",
                "previousResultId": "0",
                "label": "known",
                "command": "",
                "arguments": [],
            });
            // Colours that were told for a range or by change say nothing of those that were told last.
            if method.starts_with("textDocument/semanticTokens/full") {
                self.coloured.remove(&path);
            }
            if let Err(error) = self.respond(method, asked.clone()).response_result {
                let context = format!("{}: {method}: {error:?}: {asked}", self.name);
                assert_ne!(error.code, INTERNAL_ERROR, "{context}: {:#?}", self.desk);
            }
        }
    }
}

fn session(encoding: &'static str, pace: Pace, seed: u64) {
    let seed = match std::env::var("WAYLEAVE_SEED") {
        Ok(asked) => asked.parse().expect("a seed is a number"),
        Err(_) => seed,
    };
    // Shown where the test fails, whatever the reason.
    println!("WAYLEAVE_SEED={seed}");
    let mut session = Session::start(encoding, pace, seed);
    let (mut edits, mut sound, mut broken) = (0, 0, 0);
    while edits < EDITS {
        edits += session.burst();
        let is_sound = session.said.keys().all(|of| *of == uri(LAST));
        *if is_sound { &mut sound } else { &mut broken } += 1;
    }
    assert!(sound > 3 && broken > 3, "{}: {sound} times sound, {broken} times broken", session.name);
    let missing = session.desk.never_done();
    assert!(missing.is_empty(), "{}: never done: {missing:?}", session.name);
    session.client.finish();
}

#[test]
fn after_random_edits_all_is_told_that_a_fresh_start_tells_counted_in_bytes() {
    session("utf-8", NEVER_QUIET, 1);
}

#[test]
fn after_random_edits_all_is_told_that_a_fresh_start_tells_counted_in_units() {
    session("utf-16", Pace::PROMPT, 2);
}

#[test]
fn after_random_edits_all_is_told_that_a_fresh_start_tells_counted_in_characters() {
    session("utf-32", NEVER_QUIET, 3);
}
