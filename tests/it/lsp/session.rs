//! A session of random edits across files, by seed: after each burst, what was told is what a server says that starts on the same
//! texts, and the colours by change are the whole ones.

use super::client::{Client, uri};
use super::fixtures::Counted;
use lsp_server::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wayleave_lsp::Pace;

/// Of one run; a server is started after each burst.
const BURSTS: usize = 70;
const EDITS_IN_A_BURST: usize = 3;

/// By path; the last is edited at the end of each burst, as it is told last.
const FILES: [(&str, &str); 3] = [
    (
        "/p/main.route",
        "edition 2026\nuse \"teams/a.route\"\nuse \"teams/b.route\"\n\notherwise deny \"no\"\n",
    ),
    (
        "/p/teams/a.route",
        "provider sim {\n  protocol: simulated\n  model a { supports: [chat] context: 8k tokens }\n}\napprove all: sim/a\n",
    ),
    (
        "/p/teams/b.route",
        "// 😀 é\ndefine known = caller.app is \"😀\"\ndeny known when known because \"é\"\nroute all to sim/a\n",
    ),
];

const SNIPPETS: [&str; 14] = [
    "\n",
    "\r\n",
    "😀",
    "é",
    "\"",
    "}",
    "{",
    " and ",
    "known",
    "route x to sim/a\n",
    "use \"teams/b.route\"\n",
    "// ",
    "deny all because \"no\"\n",
    "sim/",
];

type Told = BTreeMap<String, Vec<Value>>;

/// Takes what is published until the last file has that version and all is proven.
fn told(client: &Client, told: &mut Told, version: usize) {
    let (last, _) = FILES[FILES.len() - 1];
    loop {
        if let Message::Notification(notification) = client.receive()
            && notification.method == "textDocument/publishDiagnostics"
        {
            let parameters = notification.params;
            let uri_of = parameters["uri"].as_str().expect("a URI").to_owned();
            let is_last = uri_of == uri(last) && parameters["version"] == json!(version);
            told.insert(uri_of, parameters["diagnostics"].as_array().expect("a list").clone());
            if is_last {
                break;
            }
        }
    }
    client.settled(last, |message| {
        if let Message::Notification(notification) = message
            && notification.method == "textDocument/publishDiagnostics"
        {
            let parameters = notification.params;
            let uri_of = parameters["uri"].as_str().expect("a URI").to_owned();
            told.insert(uri_of, parameters["diagnostics"].as_array().expect("a list").clone());
        }
    });
}

fn fresh(texts: &[String], capabilities: &Value) -> Told {
    let client = Client::paced(Pace::PROMPT, capabilities.clone(), &[], |client| {
        for ((path, _), text) in FILES.iter().zip(texts) {
            client.open(path, text);
        }
    });
    let mut said = Told::new();
    told(&client, &mut said, 1);
    client.finish();
    said
}

/// A place in a text that a client can name: not between the halves of a line end.
fn place(text: &str, random: &mut fastrand::Rng) -> usize {
    let at = text.floor_char_boundary(random.usize(..=text.len()));
    if text[..at].ends_with('\r') && text[at..].starts_with('\n') { at - 1 } else { at }
}

fn session(encoding: &str, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let capabilities = json!({"general": {"positionEncodings": [encoding]}});
    let mut texts: Vec<String> = FILES.iter().map(|(_, text)| (*text).to_owned()).collect();
    let client = Client::paced(Pace::PROMPT, capabilities.clone(), &[], |client| {
        for (path, text) in FILES {
            client.open(path, text);
        }
    });
    let mut said = Told::new();
    told(&client, &mut said, 1);
    let mut colours: Option<(Value, Vec<Value>)> = None;
    let mut version = 1;
    for burst in 0..BURSTS {
        for edit in 0..EDITS_IN_A_BURST {
            version += 1;
            let is_last = edit + 1 == EDITS_IN_A_BURST;
            let file = if is_last { FILES.len() - 1 } else { random.usize(..FILES.len()) };
            let text = &mut texts[file];
            let (one, other) = (place(text, &mut random), place(text, &mut random));
            // Mostly short, or nothing would be left to edit.
            let reach = text.floor_char_boundary(one.max(other).min(one.min(other) + 6)).max(one.min(other));
            let range = one.min(other)..reach;
            let new = SNIPPETS[random.usize(..SNIPPETS.len())];
            // Where a change would cut a line end in two, only something is put in.
            let is_cut = text[..range.end].ends_with('\r') && text[range.end..].starts_with('\n');
            let range = if is_cut { range.start..range.start } else { range };
            let change = json!([{"range": Counted { text, encoding }.range(&range), "text": new}]);
            client.change(FILES[file].0, i32::try_from(version).expect("a small number"), change);
            text.replace_range(range, new);
        }
        told(&client, &mut said, version);
        assert_eq!(said, fresh(&texts, &capabilities), "seed {seed}, burst {burst}: {texts:?}");
        colours = Some(recoloured(&client, colours));
    }
    client.finish();
}

/// The colours of the second file by change, held to the whole ones.
fn recoloured(client: &Client, before: Option<(Value, Vec<Value>)>) -> (Value, Vec<Value>) {
    let document = json!({"uri": uri(FILES[1].0)});
    let whole = |asked: &Value| asked["data"].as_array().expect("numbers").clone();
    let asked = json!({"textDocument": document});
    let Some((id, mut data)) = before else {
        let full = client.answer("textDocument/semanticTokens/full", asked);
        return (full["resultId"].clone(), whole(&full));
    };
    let by_change = json!({"textDocument": document, "previousResultId": id});
    let delta = client.answer("textDocument/semanticTokens/full/delta", by_change);
    for edit in delta["edits"].as_array().expect("what was told last is known") {
        let number = |name: &str| usize::try_from(edit[name].as_u64().expect("a number")).expect("small");
        let start = number("start");
        data.splice(start..start + number("deleteCount"), whole(edit));
    }
    let full = client.answer("textDocument/semanticTokens/full", asked);
    assert_eq!(data, whole(&full), "{delta}");
    (full["resultId"].clone(), data)
}

#[test]
fn after_random_edits_all_is_told_that_a_fresh_start_tells() {
    for (seed, encoding) in [(1, "utf-8"), (2, "utf-16"), (3, "utf-32")] {
        session(encoding, seed);
    }
}
