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

mod watching;

use client::{Client, Disk, NEVER_QUIET, codes, uri};
use lsp_server::Message;
use serde_json::{Value, json};
use wayleave_lsp::Exit;
use wayleave_program::value::{DEFAULT_NOW, Instant};

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

/// An editor stays open over night: what depends on the day is told for the day that it is by then.
#[test]
fn a_day_that_has_begun_meanwhile_is_told_of() {
    let disk = Disk::default();
    let client = Client::over(NEVER_QUIET, json!({}), disk.clone(), |_| {});
    let text = BROKEN
        .replace("caler", "caller")
        .replace("approve all: sim/a\n", "approve all: sim/a until 2026-03-01 owner \"o\" by \"b\"\n");
    client.open("/p/main.route", &text);
    let (_, _, diagnostics) = client.published();
    assert_eq!(codes(&diagnostics), [""; 0], "{diagnostics:?}");
    disk.set_time(Instant(DEFAULT_NOW.0 + 40 * 24 * 3600));
    client.tell("textDocument/didSave", json!({"textDocument": {"uri": uri("/p/main.route")}}));
    let (_, _, diagnostics) = client.published();
    assert_eq!(codes(&diagnostics), ["R0310"], "{diagnostics:?}");
    client.stop();
}

/// What a rename edits is what stands on the disk, though nobody told of a change there.
#[test]
fn a_rename_goes_by_what_stands_on_the_disk_now() {
    let used = "edition 2026\ndefine known = caller.app is \"a\"\n";
    let disk = Disk::of(&[("/p/used.route", used)]);
    let client = Client::over(NEVER_QUIET, json!({}), disk.clone(), |_| {});
    let root =
        "edition 2026\nuse \"used.route\"\ndeny all when known because \"no\"\notherwise deny \"no\"\n";
    client.open("/p/main.route", root);
    client.published();
    disk.write("/p/used.route", &used.replacen('\n', "\n// two\n// lines more\n", 1));
    let position = json!({"line": 2, "character": 15});
    let asked =
        json!({"textDocument": {"uri": uri("/p/main.route")}, "position": position, "newName": "seen"});
    let edit = client.answer("textDocument/rename", asked);
    let start = &edit["changes"][uri("/p/used.route")][0]["range"]["start"];
    assert_eq!(*start, json!({"line": 3, "character": 7}), "{edit}");
    client.finish();
}

#[test]
fn the_path_of_a_use_leads_to_the_file() {
    let client = Client::start(json!({}), &[("/p/used.route", "edition 2026\n")]);
    client.open("/p/main.route", "edition 2026\nuse \"used.route\"\notherwise deny \"no\"\n");
    client.published();
    let asked =
        json!({"textDocument": {"uri": uri("/p/main.route")}, "position": {"line": 1, "character": 8}});
    let found = client.answer("textDocument/definition", asked);
    assert_eq!(found[0]["uri"], uri("/p/used.route"), "{found}");
    client.finish();
}

/// While a word is being written the policy has errors; what stands above and behind its lines stays, where they are now.
#[test]
fn lenses_and_hints_stay_while_a_policy_has_errors() {
    let client = Client::start(json!({}), &[]);
    let text = BROKEN
        .replace("caler", "caller")
        .replace("route all to sim/a", "group g = [sim/a]\nroute all to group g");
    client.open("/p/main.route", &text);
    client.published();
    let document = json!({"uri": uri("/p/main.route")});
    let end = json!({"line": 20, "character": 0});
    let range = json!({"start": {"line": 0, "character": 0}, "end": end});
    let lenses = || client.answer("textDocument/codeLens", json!({"textDocument": document}));
    let hints = || client.answer("textDocument/inlayHint", json!({"textDocument": document, "range": range}));
    let (lenses_before, hints_before) = (lenses(), hints());
    assert_eq!(lenses_before.as_array().map(Vec::len), Some(4), "{lenses_before}");
    assert_eq!(hints_before.as_array().map(Vec::len), Some(1), "{hints_before}");

    let at = json!({"line": 3, "character": 0});
    for (version, text) in [(2, "quer\n"), (3, "que\n")] {
        client.change("/p/main.route", version, json!([{"range": {"start": at, "end": at}, "text": text}]));
        client.published();
    }
    let lower = |mut told: Value, of: &[&str]| {
        for one in told.as_array_mut().expect("a list") {
            for place in of {
                if let Some(line) = one.pointer_mut(place) {
                    *line = json!(line.as_u64().expect("a line") + 2);
                }
            }
            if let Some(title) = one.pointer_mut("/command/title") {
                *title = json!(format!("{} (before the errors)", title.as_str().expect("a text")));
            }
        }
        told
    };
    let places = ["/range/start/line", "/range/end/line", "/command/arguments/0/position/line"];
    assert_eq!(lenses(), lower(lenses_before, &places));
    assert_eq!(hints(), lower(hints_before, &["/position/line"]));
    client.finish();
}
