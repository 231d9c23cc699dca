//! How a session begins and ends, and what older clients leave out.

use super::client::{Client, Disk, NEVER_QUIET, codes, served, uri};
use super::{BROKEN, Message};
use lsp_server::{ErrorCode, Notification, Request, Response};
use serde_json::{Value, json};
use wayleave_lsp::{Connection, Exit};

/// What a client says, in order: a request where there is an id.
type Said<'a> = &'a [(Option<i32>, &'a str)];

/// How a session ends in which that is said, and all that is answered: the id, and the error's code.
fn session(said: Said<'_>) -> (Exit, Vec<(i32, i32)>) {
    let (client, server) = Connection::memory();
    for (id, method) in said {
        let method = (*method).to_owned();
        let message: Message = match id {
            Some(id) => Request::new((*id).into(), method, json!({})).into(),
            None => Notification::new(method, json!({})).into(),
        };
        client.sender.send(message).expect("the server's end is there");
    }
    drop(client.sender);
    let exit = served(NEVER_QUIET, &Disk::of(&[]), &server);
    drop(server);
    let answered = client.receiver.into_iter().map(|said| match said.read() {
        Message::Response(Response { id, response_result }) => {
            let id = id.to_string().parse().expect("ids are numbers here");
            (id, response_result.map_or_else(|error| error.code, |_| 0))
        }
        other => panic!("nothing was due but answers: {other:?}"),
    });
    (exit, answered.collect())
}

#[test]
fn before_a_session_begins_requests_are_refused_and_nothing_ends_it_but_an_exit() {
    let not_yet = ErrorCode::ServerNotInitialized as i32;
    let said: Said<'_> = &[
        (Some(1), "textDocument/hover"),
        (None, "textDocument/didOpen"),
        (None, "initialized"),
        (Some(2), "shutdown"),
        (Some(3), "initialize"),
        (None, "initialized"),
        (Some(4), "shutdown"),
        (None, "exit"),
    ];
    assert_eq!(session(said), (Exit::Orderly, vec![(1, not_yet), (2, not_yet), (3, 0), (4, 0)]));
    assert_eq!(session(&[(None, "exit")]), (Exit::Abrupt, vec![]));
    assert_eq!(session(&[(Some(1), "shutdown"), (None, "exit")]), (Exit::Abrupt, vec![(1, not_yet)]));
    assert_eq!(session(&[]), (Exit::Abrupt, vec![]));
}

#[test]
fn a_session_begins_once_and_does_not_wait_to_be_greeted() {
    let invalid = ErrorCode::InvalidRequest as i32;
    let said: Said<'_> = &[
        (Some(1), "initialize"),
        (None, "$/setTrace"),
        (Some(2), "initialize"),
        (None, "$/cancelRequest"),
        (Some(3), "shutdown"),
        (Some(4), "initialize"),
        (None, "exit"),
    ];
    assert_eq!(session(said), (Exit::Orderly, vec![(1, 0), (2, invalid), (3, 0), (4, invalid)]));
    assert_eq!(session(&[(Some(1), "initialize"), (None, "exit")]), (Exit::Abrupt, vec![(1, 0)]));
}

#[test]
fn a_client_that_leaves_after_a_shutdown_has_ended_the_session() {
    let said: Said<'_> = &[(Some(1), "initialize"), (None, "initialized"), (Some(2), "shutdown")];
    assert_eq!(session(said), (Exit::Orderly, vec![(1, 0), (2, 0)]));
    assert_eq!(session(&said[..2]), (Exit::Abrupt, vec![(1, 0)]));
}

#[test]
fn a_client_is_asked_for_something_once_it_has_heard_what_it_is_offered() {
    let watches = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let client = Client::start(watches, &[]);
    match client.receive() {
        Message::Request(asked) => assert_eq!(asked.method, "client/registerCapability"),
        other => panic!("it asks to hear of files: {other:?}"),
    }
    client.tell("initialized", json!({}));
    client.stop();
}

#[test]
fn an_edit_without_a_version_is_one() {
    let client = Client::start(json!({}), &[]);
    client.open("/p/main.route", BROKEN);
    assert_eq!(codes(&client.published().2), ["R0101"]);
    let uri = uri("/p/main.route");
    let mended = BROKEN.replacen("caler", "caller", 1);
    for (document, text) in [
        (json!({"uri": uri, "version": null}), mended.as_str()),
        (json!({"uri": uri}), BROKEN),
        (json!({"uri": uri, "version": 2}), mended.as_str()),
        (json!({"uri": uri, "version": "3"}), BROKEN),
    ] {
        let version = document["version"].as_i64();
        let changes = json!([{"text": text}]);
        client.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
        let (_, published, diagnostics) = client.published();
        assert_eq!(published, json!(version));
        assert_eq!(diagnostics.is_empty(), text == mended, "{diagnostics:?}");
    }
    client.stop();
}

#[test]
fn a_file_whose_name_is_no_text_is_told_of() {
    let client = Client::start(json!({}), &[]);
    client.open("/p/%FF.route", BROKEN);
    match client.receive() {
        Message::Notification(log) => {
            assert_eq!(log.method, "window/logMessage");
            let words = log.params["message"].as_str().expect("it has words");
            let told = "`file:///p/%FF.route` is not checked: its name is not UTF-8";
            assert!(words.starts_with(told), "{words}");
        }
        other => panic!("a log line was due: {other:?}"),
    }
    assert_eq!(client.published().2, Vec::<Value>::new());
    client.stop();
}
