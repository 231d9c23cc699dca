//! In which order the server does what it is told: what is taken back, what is outdated, and how a session ends.

use super::client::{Client, uri};
use lsp_server::Message;
use serde_json::{Value, json};

const POLICY: &str = "edition 2026\n\nprovider sim {\n  protocol: simulated\n}\n";

/// A client that says all of this before its server begins to listen.
fn told_at_once(messages: impl Fn(&Client)) -> Client {
    Client::prepared(json!({}), &[], messages)
}

fn document() -> Value {
    json!({"textDocument": {"uri": uri("/p/main.route")}})
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({"start": {"line": line, "character": from}, "end": {"line": line, "character": to}})
}

/// The responses among what the server sent, by id: an error's code, or the result.
fn responses(client: &Client, count: usize) -> Vec<(String, Result<Value, i32>)> {
    let mut found = Vec::new();
    while found.len() < count {
        if let Message::Response(response) = client.receive() {
            found.push((response.id.to_string(), response.response_result.map_err(|error| error.code)));
        }
    }
    found
}

#[test]
fn a_request_that_is_taken_back_before_it_is_begun_is_cancelled() {
    let client = told_at_once(|client| {
        client.open("/p/main.route", POLICY);
        client.send("7", "textDocument/foldingRange", document());
        client.send("seven", "textDocument/foldingRange", document());
        client.tell("$/cancelRequest", json!({"id": 7}));
    });
    let found = responses(&client, 2);
    assert_eq!(found[0], ("7".to_owned(), Err(-32800)));
    assert!(found[1].1.is_ok(), "{found:?}");
    // To take back what was answered is no mistake.
    client.tell("$/cancelRequest", json!({"id": "seven"}));
    client.finish();
}

#[test]
fn what_an_edit_outdates_is_refused_where_it_names_a_place_and_else_asked_of_the_new_text() {
    let client = told_at_once(|client| {
        client.open("/p/main.route", POLICY);
        let mut of_range = document();
        of_range["range"] = range(2, 0, 1);
        of_range["options"] = json!({"tabSize": 2, "insertSpaces": true});
        client.send("1", "textDocument/rangeFormatting", of_range);
        client.send("2", "textDocument/foldingRange", document());
        let edit = json!([{"range": range(0, 0, 0), "text": "// one\n// two\n"}]);
        client.change("/p/main.route", 2, edit);
    });
    let found = responses(&client, 2);
    assert_eq!(found[0], ("1".to_owned(), Err(-32801)));
    let folds = found[1].1.as_ref().expect("it is answered");
    assert_eq!(folds[0], json!({"startLine": 0, "endLine": 1, "kind": "comment"}), "{folds}");
    client.finish();
}

#[test]
fn an_edit_of_another_file_outdates_nothing() {
    let client = told_at_once(|client| {
        client.open("/p/main.route", POLICY);
        client.open("/p/other.route", POLICY);
        client.send("1", "textDocument/formatting", {
            let mut asked = document();
            asked["options"] = json!({"tabSize": 2, "insertSpaces": true});
            asked
        });
        client.change("/p/other.route", 2, json!([{"text": ""}]));
    });
    assert_eq!(responses(&client, 1)[0].1, Ok(json!([])));
    client.finish();
}

#[test]
fn after_a_shutdown_every_request_is_refused() {
    let client = told_at_once(|client| {
        client.send("1", "shutdown", Value::Null);
        client.send("2", "textDocument/foldingRange", document());
        client.send("3", "shutdown", Value::Null);
    });
    let found = responses(&client, 3);
    assert_eq!(found[0].1, Ok(Value::Null));
    assert_eq!((&found[1].1, &found[2].1), (&Err(-32600), &Err(-32600)));
    client.end();
}

/// What a client says that asks for diagnostics, and does it again when it is told to.
pub(crate) fn pulls() -> Value {
    json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}})
}

/// It could not be told that what is proven has joined them.
#[test]
fn who_cannot_be_told_to_ask_again_is_told_diagnostics() {
    let client = Client::start(json!({"textDocument": {"diagnostic": {}}}), &[]);
    assert_eq!(client.initialized["capabilities"]["diagnosticProvider"], Value::Null);
    client.open("/p/main.route", POLICY);
    assert!(!client.published().2.is_empty());
    client.stop();
}

#[test]
fn who_asks_for_diagnostics_is_not_told_them_as_well() {
    let client = Client::start(pulls(), &[]);
    assert_eq!(client.initialized["capabilities"]["diagnosticProvider"]["interFileDependencies"], true);
    client.open("/p/main.route", POLICY);
    let first = client.ask("textDocument/diagnostic", document());
    assert_eq!(first["kind"], "full", "{first}");
    assert!(first["items"].as_array().is_some_and(|items| !items.is_empty()), "{first}");
    let mut again = document();
    again["previousResultId"] = first["resultId"].clone();
    let second = client.ask("textDocument/diagnostic", again);
    assert_eq!(second, json!({"kind": "unchanged", "resultId": first["resultId"]}));
    client.stop();
}

#[test]
fn a_client_that_can_watch_files_is_asked_to() {
    let watches = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let client = Client::start(watches, &[]);
    match client.receive() {
        Message::Request(request) => {
            let method = &request.params["registrations"][0]["method"];
            assert_eq!(
                (request.method.as_str(), method),
                ("client/registerCapability", &json!("workspace/didChangeWatchedFiles"))
            );
        }
        other => panic!("a registration was due: {other:?}"),
    }
    client.stop();
}

#[test]
fn the_policy_of_each_folder_is_checked_whether_or_not_it_is_open() {
    let folder = |path: &str| json!({"uri": uri(path), "name": path});
    let disk = [("/p/main.route", POLICY), ("/q/main.route", POLICY)];
    let client = Client::start(json!({"workspaceFolders": [folder("/p"), folder("/none")]}), &disk);
    let (name, version, found) = client.published();
    assert_eq!((name.as_str(), &version, found.is_empty()), ("main.route", &Value::Null, false), "{found:?}");
    let moved = json!({"event": {"added": [folder("/q")], "removed": [folder("/p")]}});
    client.tell("workspace/didChangeWorkspaceFolders", moved);
    let (gone, found) = (client.published(), client.published());
    assert_eq!((gone.2.is_empty(), found.2.is_empty()), (true, false), "{gone:?} {found:?}");
    client.stop();
}
