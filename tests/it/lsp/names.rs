//! Names over the protocol: in the client's positions, over open files and those on disk, and what is refused with which words.

use super::{BROKEN, Client, uri};
use serde_json::{Value, json};

/// Asks for a place in an open file.
fn at(path: &str, line: u32, character: usize) -> Value {
    json!({"textDocument": {"uri": uri(path)}, "position": {"line": line, "character": character}})
}

/// A policy over two files, of which the second names what the first declares.
const USED: &str = "edition 2026\ndeny two when is-odd and caller.app is \"😀\" and is-odd because \"no\"\n";

#[test]
fn names_are_answered_over_files_in_the_clients_positions() {
    let sound = BROKEN.replacen("caler", "caller", 1);
    let root = format!("{sound}use \"two.route\"\ndefine is-odd = caller.app is \"odd\"\n");
    let client = Client::start(json!({}), &[("/p/main.route", &root), ("/p/two.route", USED)]);
    client.open("/p/two.route", USED);
    let (_, _, found) = client.published();
    assert_eq!(found, Vec::<Value>::new());
    let line = USED.lines().nth(1).expect("it is there");
    let last = line.rfind("is-odd").expect("it is there");
    let character = line[..last].encode_utf16().count();
    let place = at("/p/two.route", 1, character);

    let declared = client.ask("textDocument/definition", place.clone());
    assert_eq!(declared[0]["uri"], json!(uri("/p/main.route")), "{declared}");
    assert_eq!(declared[0]["range"]["start"], json!({"line": 7, "character": 7}), "{declared}");

    let mut asked = place.clone();
    asked["context"] = json!({"includeDeclaration": false});
    let used = client.ask("textDocument/references", asked.clone());
    assert_eq!(used.as_array().map(Vec::len), Some(2), "{used}");
    assert_eq!(used[1]["range"]["start"]["character"], json!(character), "{used}");
    asked["context"] = json!({"includeDeclaration": true});
    let all = client.ask("textDocument/references", asked);
    assert_eq!(all.as_array().map(Vec::len), Some(3), "{all}");
    let here = client.ask("textDocument/documentHighlight", place.clone());
    assert_eq!(here.as_array().map(Vec::len), Some(2), "{here}");

    let prepared = client.ask("textDocument/prepareRename", place.clone());
    assert_eq!(prepared["placeholder"], "is-odd", "{prepared}");
    let mut asked = place.clone();
    asked["newName"] = json!("is-strange");
    let renamed = client.ask("textDocument/rename", asked.clone());
    assert_eq!(renamed["changes"][uri("/p/main.route")].as_array().map(Vec::len), Some(1), "{renamed}");
    assert_eq!(renamed["changes"][uri("/p/two.route")].as_array().map(Vec::len), Some(2), "{renamed}");
    asked["newName"] = json!("deny");
    let refused = client.respond("textDocument/rename", asked).response_result.expect_err("it is refused");
    assert_eq!((refused.code, refused.message.as_str()), (-32803, "`deny` is a word of the language"));

    let told = client.ask("textDocument/hover", place.clone());
    let text = told["contents"]["value"].as_str().unwrap_or_default();
    assert!(text.contains("define is-odd = caller.app is \"odd\""), "{told}");
    let offered = client.ask("textDocument/completion", place);
    let labels: Vec<&str> =
        offered["items"].as_array().into_iter().flatten().filter_map(|item| item["label"].as_str()).collect();
    assert!(labels.contains(&"is-odd") && labels.contains(&"not"), "{labels:?}");
    assert!(!labels.iter().any(|label| label.ends_with('…')), "{labels:?}");
    client.stop();
}

#[test]
fn whole_items_are_offered_to_clients_that_fill_in_places() {
    let item = json!({"textDocument": {"completion": {"completionItem": {"snippetSupport": true}}}});
    for (capabilities, is_offered) in [(item, true), (json!({}), false)] {
        let client = Client::start(capabilities, &[]);
        client.open("/p/main.route", "edition 2026\n\n");
        client.published();
        let offered = client.ask("textDocument/completion", at("/p/main.route", 1, 0));
        let items = offered["items"].as_array().expect("there are some");
        let snippets = items.iter().filter(|item| item["insertTextFormat"] == 2).count();
        assert_eq!(snippets > 0, is_offered, "{offered}");
        client.stop();
    }
}

#[test]
fn what_changes_in_a_file_beside_the_policy_is_seen() {
    let sound = BROKEN.replacen("caler", "caller", 1);
    let text = format!("{sound}deny two when \n");
    let client =
        Client::start(json!({}), &[("/p/beside.route", "edition 2026\ndefine first = request.stream\n")]);
    client.open("/p/main.route", &text);
    client.published();
    let line = u32::try_from(text.lines().count() - 1).expect("a short text");
    let brought = || {
        let offered =
            client.answer("textDocument/completion", at("/p/main.route", line, "deny two when ".len()));
        let items = offered["items"].as_array().expect("there are some").clone();
        let brought = items.into_iter().filter(|item| item["additionalTextEdits"].is_array());
        brought.filter_map(|item| item["label"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(brought(), ["first"]);
    client.open("/p/beside.route", "edition 2026\ndefine second = request.stream\n");
    assert_eq!(brought(), ["second"]);
    let whole = json!([{"text": "edition 2026\notherwise deny \"no\"\n"}]);
    client.change("/p/beside.route", 2, whole);
    assert_eq!(brought(), Vec::<String>::new());
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri("/p/beside.route")}}));
    assert_eq!(brought(), ["first"]);
    client.finish();
}
