//! What is proven beside the loop: that it is what `check` says, that an edit ends it, and who is told.

use super::client::{Client, uri};
use super::order::pulls;
use lsp_server::{Message, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wayleave_compiler::proof::silently;
use wayleave_compiler::{Options, Severity, Sources, check_exactly, examples};
use wayleave_lsp::Pace;
use wayleave_program::value::DEFAULT_NOW;

const MAIN: &str = "/p/main.route";

/// Its fallback cannot take what its first choice takes, and its guarantee does not hold; neither shows in the text alone.
const UNSAFE: &str = "edition 2026
attribute target.region: us | eu
provider p { protocol: simulated region: eu model large { supports: [chat] context: 200k tokens } }
provider q { protocol: simulated region: us model small { supports: [chat] context: 32k tokens } }
approve everybody: any until 2028-01-01 owner \"a\" by \"b\" ref \"c\"
route all to p/large else q/small
otherwise deny \"no\"
guarantee stays: always target.region is eu
";

/// A policy on which the checks take some time: that of the example company.
fn acme() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme");
    let files = ["", "teams"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root.join(folder)).expect("the folder can be listed");
        entries.map(|entry| entry.expect("an entry").path())
    });
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "route"));
    files
        .map(|path| {
            let name = path.strip_prefix(&root).expect("it is below").display().to_string();
            (format!("/p/{name}"), std::fs::read_to_string(&path).expect("it can be read"))
        })
        .collect()
}

fn disk(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn prompt(capabilities: Value, files: &[(&str, &str)]) -> Client {
    Client::paced(Pace::PROMPT, capabilities, files, |_| {})
}

/// Code and first place of what is said of a file.
type Said = BTreeMap<String, Vec<(String, u64, u64)>>;

/// What is published of each file in the end.
fn published(client: &Client, path: &str) -> Said {
    let mut said = Said::new();
    client.settled(path, |message| {
        let Message::Notification(notification) = message else { return };
        if notification.method != "textDocument/publishDiagnostics" {
            return;
        }
        let of = notification.params["uri"].as_str().expect("a URI").to_owned();
        let diagnostics = notification.params["diagnostics"].as_array().expect("a list");
        let own = diagnostics.iter().map(|told| {
            let start = &told["range"]["start"];
            let number = |name: &str| start[name].as_u64().expect("a number");
            (told["code"].as_str().expect("a code").to_owned(), number("line"), number("character"))
        });
        let mut own: Vec<_> = own.collect();
        own.sort();
        said.insert(of, own);
    });
    said.retain(|_, own| !own.is_empty());
    said
}

/// The same as `check` and the policy's own tests say it.
fn checked(root: &str, files: &BTreeMap<String, String>) -> Said {
    let mut read = |name: &str| {
        files.get(&format!("/p/{name}")).cloned().ok_or_else(|| "there is no such file".to_owned())
    };
    let sources = Sources::gather(root, &mut read).expect("the root file is there");
    let options = Options { as_of: DEFAULT_NOW };
    let mut told = check_exactly(&sources, &options, &silently).diagnostics;
    told.retain(|one| one.severity != Severity::Note);
    if let Some(policy) = wayleave_compiler::check(&sources, &options).policy {
        told.extend(examples::diagnostics(&examples::run(&policy)));
    }
    let mut said = Said::new();
    for one in told {
        let at = sources.start(one.primary.span);
        let name = &sources.file(one.primary.span.file).name;
        let place = (one.code.name().to_owned(), u64::from(at.line) - 1, u64::from(at.column) - 1);
        said.entry(uri(&format!("/p/{name}"))).or_default().push(place);
    }
    said.values_mut().for_each(|own| own.sort());
    said
}

#[test]
fn what_is_told_in_the_end_is_what_check_says() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/prove");
    let entries = std::fs::read_dir(&suite).expect("the folder can be listed");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "route"));
    paths.sort();
    let mut findings = 0;
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        // Those that use others are told apart in `prove.rs`.
        if text.contains("\nuse ") {
            continue;
        }
        let open = format!("/p/{name}");
        let utf32 = json!({"general": {"positionEncodings": ["utf-32"]}});
        let client = prompt(utf32, &[]);
        client.open(&open, &text);
        let expected = checked(&name, &BTreeMap::from([(open.clone(), text)]));
        findings += expected.values().map(Vec::len).sum::<usize>();
        assert_eq!(published(&client, &open), expected, "{name}");
        client.finish();
    }
    assert!(findings > 50, "the cases find something: {findings}");
}

#[test]
fn a_whole_policy_over_files_is_proven_and_a_change_of_it_is_found_out() {
    let mut files = acme();
    let utf32 = json!({"general": {"positionEncodings": ["utf-32"]}});
    let client = prompt(utf32, &disk(&files));
    let root = files.iter().position(|(path, _)| path == MAIN).expect("it is there");
    client.open(MAIN, &files[root].1);
    let all: BTreeMap<String, String> = files.iter().cloned().collect();
    assert_eq!(published(&client, MAIN), checked("main.route", &all));
    // Its guarantees say what a request from the EU must not meet.
    let text = &mut files[root].1;
    *text = text.replace("forbid", "observe forbid");
    let approvals = files.iter().position(|(path, _)| path.ends_with("privacy.route")).expect("it is there");
    let text = files[approvals].1.replace("\nforbid", "\nobserve forbid");
    client.open("/p/privacy.route", &text);
    files[approvals].1 = text;
    let version = json!([{"text": files[root].1}]);
    client.change(MAIN, 2, version);
    let all: BTreeMap<String, String> = files.iter().cloned().collect();
    let expected = checked("main.route", &all);
    assert!(expected.values().flatten().any(|(code, _, _)| code == "R0401"), "{expected:?}");
    assert_eq!(published(&client, MAIN), expected);
    client.finish();
}

#[test]
fn an_edit_ends_what_is_proven_of_the_text_before() {
    let fallback = UNSAFE.find(" else q/small").expect("it is there");
    let line = UNSAFE[..fallback].matches('\n').count();
    let character = fallback - UNSAFE[..fallback].rfind('\n').expect("not the first line") - 1;
    let range = json!({
        "start": {"line": line, "character": character},
        "end": {"line": line, "character": character + " else q/small".len()},
    });
    let client = Client::paced(Pace::PROMPT, json!({}), &[], |client| {
        client.open(MAIN, UNSAFE);
        let argument = json!({"uri": uri(MAIN)});
        client.send(
            "7",
            "workspace/executeCommand",
            json!({"command": "wayleave.prove", "arguments": [argument]}),
        );
        client.change(MAIN, 2, json!([{"range": range, "text": ""}]));
    });
    match client.receive() {
        Message::Response(response) => {
            assert_eq!(response.response_result.expect_err("it is outdated").code, -32801);
        }
        other => panic!("a refusal was due: {other:?}"),
    }
    let (_, version, diagnostics) = client.published();
    assert_eq!((version, diagnostics), (json!(2), Vec::new()));
    let said = published(&client, MAIN);
    assert!(said.is_empty(), "the fallback is gone, and with it all that was wrong: {said:?}");
    client.finish();
}

#[test]
fn what_waits_for_a_proof_can_be_taken_back_and_is_refused_at_the_end() {
    let argument = json!({"uri": uri(MAIN)});
    let prove = json!({"command": "wayleave.prove", "arguments": [argument]});
    let client = Client::start(json!({}), &[]);
    client.open(MAIN, UNSAFE);
    assert_eq!(client.published().2, Vec::<Value>::new());
    client.send("7", "workspace/executeCommand", prove.clone());
    client.tell("$/cancelRequest", json!({"id": 7}));
    client.send("8", "workspace/executeCommand", prove);
    client.send("9", "shutdown", Value::Null);
    let mut codes = Vec::new();
    for _ in 0..3 {
        match client.receive() {
            Message::Response(Response { id, response_result }) => {
                codes.push((id.to_string(), response_result.err().map(|error| error.code)));
            }
            other => panic!("an answer was due: {other:?}"),
        }
    }
    let refused = |id: &str, code: i32| (id.to_owned(), Some(code));
    assert_eq!(codes, [refused("7", -32800), refused("8", -32600), ("9".to_owned(), None)]);
    client.end();
}

#[test]
fn who_pulls_is_told_to_ask_again_and_a_save_changes_nothing() {
    let client = prompt(pulls(), &[]);
    client.open(MAIN, UNSAFE);
    loop {
        if let Message::Request(request) = client.receive() {
            assert_eq!(request.method, "workspace/diagnostic/refresh");
            break;
        }
    }
    let document = json!({"textDocument": {"uri": uri(MAIN)}});
    let codes = |pulled: &Value| -> Vec<String> {
        let items = pulled["items"].as_array().expect("a list");
        items.iter().map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
    };
    let pulled = client.answer("textDocument/diagnostic", document.clone());
    assert_eq!(codes(&pulled), ["R0308", "R0401"], "{pulled}");
    // Nothing is proven twice, so nothing is said to be open in between.
    client.tell("textDocument/didSave", document.clone());
    let again = client.ask("textDocument/diagnostic", document);
    assert_eq!(codes(&again), ["R0308", "R0401"], "{again}");
    client.stop();
}

#[test]
fn a_check_that_takes_long_shows_how_far_it_is() {
    let files = acme();
    let client = prompt(json!({"window": {"workDoneProgress": true}}), &disk(&files));
    let text = &files.iter().find(|(path, _)| path == MAIN).expect("it is there").1;
    client.open(MAIN, text);
    let mut kinds: Vec<String> = Vec::new();
    let mut token = Value::Null;
    while kinds.last().is_none_or(|kind| kind != "end") {
        match client.receive() {
            Message::Request(request) => {
                assert_eq!(request.method, "window/workDoneProgress/create");
                token = request.params["token"].clone();
                client
                    .connection
                    .sender
                    .send(Response::new_ok(request.id, Value::Null).into())
                    .expect("it listens");
            }
            Message::Notification(told) if told.method == "$/progress" => {
                assert_eq!(told.params["token"], token);
                kinds.push(told.params["value"]["kind"].as_str().expect("a kind").to_owned());
            }
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    assert_eq!(kinds.first().map(String::as_str), Some("begin"), "{kinds:?}");
    assert!(kinds[1..kinds.len() - 1].iter().all(|kind| kind == "report"), "{kinds:?}");
    client.finish();
}

#[test]
fn a_command_says_what_it_found_unless_the_client_does() {
    let shows = json!({"window": {"showDocument": {"support": true}}});
    let client = prompt(shows, &[]);
    client.open(MAIN, UNSAFE);
    client.settled(MAIN, |_| {});
    let ask = |argument: Value| {
        let asked = json!({"command": "wayleave.showCounterexample", "arguments": [argument]});
        client.send("1", "workspace/executeCommand", asked);
    };
    ask(json!({"uri": uri(MAIN), "guarantee": "stays"}));
    match client.receive() {
        Message::Notification(told) => {
            assert_eq!((told.method.as_str(), &told.params["type"]), ("window/showMessage", &json!(2)));
            assert!(told.params["message"].as_str().is_some_and(|text| text.contains("`guarantee stays`")));
        }
        other => panic!("a message was due: {other:?}"),
    }
    match client.receive() {
        Message::Request(request) => {
            assert_eq!(request.method, "window/showDocument");
            assert_eq!(request.params["uri"], json!(uri(MAIN)));
            assert_eq!(request.params["selection"]["start"]["line"], json!(5), "{}", request.params);
        }
        other => panic!("a place was due: {other:?}"),
    }
    assert!(matches!(client.receive(), Message::Response(response) if response.response_result.is_ok()));
    ask(json!({"uri": uri(MAIN), "guarantee": "stays", "silent": true}));
    assert!(matches!(client.receive(), Message::Response(response) if response.response_result.is_ok()));
    client.stop();
}

#[test]
fn commands_refuse_what_they_cannot_do_and_each_that_is_offered_is_answered() {
    let client = prompt(json!({}), &[]);
    client.open(MAIN, UNSAFE);
    client.settled(MAIN, |_| {});
    let code = |command: &str, argument: Value| {
        let asked = json!({"command": command, "arguments": [argument]});
        let answer = client.respond("workspace/executeCommand", asked);
        answer.response_result.err().map(|error| (error.code, error.message))
    };
    let refused = |command: &str, argument: Value| code(command, argument).expect("it is refused");
    assert_eq!(refused("wayleave.nonsense", json!({"uri": uri(MAIN)})).0, -32602);
    assert_eq!(refused("wayleave.prove", Value::Null).0, -32602);
    assert_eq!(refused("wayleave.runTest", json!({"uri": uri(MAIN)})).0, -32602);
    assert_eq!(refused("wayleave.runTest", json!({"uri": uri("/q/other.route"), "test": "t"})).0, -32803);
    let unknown = refused("wayleave.decide", json!({"uri": uri(MAIN), "request": {"caller.tem": "x"}}));
    assert_eq!(unknown.0, -32803, "{unknown:?}");
    let empty =
        refused("wayleave.decide", json!({"uri": uri(MAIN), "position": {"line": 1, "character": 0}}));
    assert_eq!(empty.0, -32803, "{empty:?}");
    let offered = client.initialized["capabilities"]["executeCommandProvider"]["commands"].clone();
    let offered = offered.as_array().expect("a list");
    assert_eq!(offered.len(), 6);
    for command in offered {
        let argument = json!({
            "uri": uri(MAIN), "test": "t", "route": "all", "guarantee": "stays", "request": {}, "silent": true,
        });
        let answer = code(command.as_str().expect("a name"), argument);
        assert!(answer.is_none() || command == "wayleave.runTest", "{command}: {answer:?}");
    }
    client.stop();
}
