//! The language server as a client meets it, over a connection in memory: what is published, where, and how it ends. What it
//! answers stands in the files of `suite/lsp`.

mod begin;

mod client;

mod compared;

mod fixtures;

mod names;

mod order;

mod pipe;

mod proofs;

mod session;

use client::{Client, codes, uri};
use lsp_server::Message;
use serde_json::{Value, json};
use wayleave_lsp::Exit;

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
fn a_code_leads_to_its_page_where_the_client_says_where_the_book_is() {
    let told = |options: Value| {
        let client = Client::start(json!({"initializationOptions": options}), &[]);
        client.open("/p/main.route", BROKEN);
        let (_, _, diagnostics) = client.published();
        client.stop();
        diagnostics[0]["codeDescription"].clone()
    };
    for book in ["https://example.com/book", "https://example.com/book/"] {
        let page = json!({"href": "https://example.com/book/codes/R0101.html"});
        assert_eq!(told(json!({"book": book})), page);
    }
    let here = json!({"href": "file:///usr/share/doc/wayleave/codes/R0101.html"});
    assert_eq!(told(json!({"book": "file:///usr/share/doc/wayleave"})), here);
    for none in [json!(null), json!({}), json!({"book": 1}), json!({"book": "javascript:alert(1)"})] {
        assert_eq!(told(none), Value::Null);
    }
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
    let other = client.respond("textDocument/nonsense", json!({}));
    assert_eq!(other.response_result.expect_err("it is refused").code, -32601);
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
    assert_eq!(server.join().expect("the server did not panic"), Exit::Abrupt);
}
