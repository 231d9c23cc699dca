//! `serve` and `demo` as processes: started on free ports, asked over sockets, reloaded by saving, stopped by a signal.

use super::process::{PATIENCE, Process};
use super::{Scratch, binary_folder};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Sends one request and gives status line and all that follows.
pub(super) fn http(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

pub(super) fn get(address: &str, path: &str) -> String {
    http(address, &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
}

pub(super) fn chat(address: &str, headers: &str) -> String {
    say(address, headers, "hello")
}

pub(super) fn say(address: &str, headers: &str, content: &str) -> String {
    let body = format!(r#"{{"model":"assistant","messages":[{{"role":"user","content":"{content}"}}]}}"#);
    let length = body.len();
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    http(
        address,
        &format!("{head}{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"),
    )
}

pub(super) fn wayleave(arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(binary_folder().join("wayleave"))
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder.join("home"))
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(super) const SERVE: [&str; 6] =
    ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store", "gateway.db"];

/// fault-F46, fault-F62.
#[test]
fn a_served_policy_answers_reloads_keeps_the_old_one_and_drains() {
    let scratch = Scratch::new("serve");
    wayleave(&["init"], &scratch.0);
    let key =
        wayleave(&["keys", "add", "--id", "ada", "--team", "apps", "--store", "gateway.db"], &scratch.0);
    let authorization = format!("authorization: Bearer {}\r\n", key.trim());
    let failing = ["serve", "--simulate", "north/large:status=503"];
    let mut gateway = Process::start(&[&failing[..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    let console = gateway.address("console");
    gateway.line("curl");

    let answer = chat(&callers, &authorization);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("south/large"), "{answer}");
    assert!(chat(&callers, "").starts_with("HTTP/1.1 401 "), "no key, no answer");

    let policy = scratch.0.join("main.route");
    let sound = std::fs::read_to_string(&policy).expect("init wrote it");
    std::fs::write(&policy, sound.replace("else plan everyday", "else plan evryday"))
        .expect("it can be written");
    gateway.line("error[R0101]");
    gateway.line("stays in force");
    assert!(chat(&callers, &authorization).starts_with("HTTP/1.1 200 "), "the old policy serves on");
    let ready = get(&callers, "/readyz");
    assert!(ready.contains(r#""refused":{"codes":["R0101"],"count":1}"#), "{ready}");
    let front = get(&console, "/");
    assert!(front.contains("R0101") && front.contains("evryday"), "{front}");

    // What it promises is proven before it is served.
    let promising = format!("{sound}\nguarantee nothing-is-served: denied when data <= confidential\n");
    std::fs::write(&policy, promising).expect("it can be written");
    gateway.line("`guarantee nothing-is-served` does not hold");
    gateway.line("stays in force");
    let answer = chat(&callers, &authorization);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    // As editors save: written beside, then renamed over.
    let denying = sound.replace("when data is confidential", "when data >= internal");
    std::fs::write(scratch.0.join("main.route~"), denying).expect("it can be written");
    std::fs::rename(scratch.0.join("main.route~"), &policy).expect("it can be renamed");
    gateway.line("policy reloaded");
    let answer = chat(&callers, &authorization);
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("no hosted model"), "{answer}");

    revoke(&callers, &authorization, &scratch.0);
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
    the_log_tells_what_happened(&scratch.0);
}

/// A key that is revoked by another process is refused soon.
fn revoke(callers: &str, authorization: &str, folder: &Path) {
    let keys = wayleave(&["keys", "list", "--store", "gateway.db", "--format", "json"], folder);
    let keys: serde_json::Value = serde_json::from_str(&keys).expect("JSON");
    let id = keys[0]["identity"]["key_id"].as_str().expect("an id");
    wayleave(&["keys", "revoke", id, "--store", "gateway.db"], folder);
    let end = Instant::now() + PATIENCE;
    while !chat(callers, authorization).starts_with("HTTP/1.1 401 ") {
        assert!(Instant::now() < end, "a revoked key is refused");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn the_log_tells_what_happened(folder: &Path) {
    let log = |arguments: &[&str]| wayleave(&[&["log", "--store", "gateway.db"], arguments].concat(), folder);
    let served = log(&["--outcome", "ok", "--team", "apps", "--limit", "1"]);
    let line = served.lines().nth(1).expect("a decision below the names");
    assert!(line.contains("south/large") && line.contains("assistant"), "{served}");
    let whole = log(&["--id", line.split_whitespace().nth(2).expect("its id stands third")]);
    for part in ["north/large  overloaded  503", "south/large  served", "main.route:", "route chat when"] {
        assert!(whole.contains(part), "`{part}` in {whole}");
    }
    let summary = log(&["--summary", "team,target", "--format", "json", "--decision", "route"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(
        (&summary[0]["target"], &summary[0]["denied"]),
        (&"south/large".into(), &0.into()),
        "{summary}"
    );
    let lines = log(&["--format", "json", "--decision", "deny"]);
    let denied: serde_json::Value =
        serde_json::from_str(lines.lines().next().expect("a denial")).expect("JSON");
    assert_eq!(denied["outcome"], "denied_policy", "{denied}");
}

/// Nothing listens at the detector's address.
const INSPECTING: &str = r#"edition 2026
alias assistant
provider north {
  protocol: simulated
  model large { supports: [chat]  context: 128k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
detector medical {
  url: "http://127.0.0.1:1/analyze"  finds: [diagnosis]  timeout: 5s  on-failure: found
}
flag health when prompt has medical.diagnosis
observe deny mail when prompt has email
  because "No mail."
route main to north/large
otherwise deny "never"
"#;

#[test]
fn the_log_tells_what_was_found_flagged_and_tried() {
    let scratch = Scratch::new("inspecting");
    std::fs::write(scratch.0.join("main.route"), INSPECTING).expect("it can be written");
    let mut gateway = Process::start(&[&["serve", "--open"][..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    let answer = say(&callers, "", "write to bob@example.com");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    gateway.line("the detector `medical` failed and counts as found: no connection");
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
    let log =
        |arguments: &[&str]| wayleave(&[&["log", "--store", "gateway.db"], arguments].concat(), &scratch.0);
    let listed = log(&["--format", "json"]);
    let record: serde_json::Value = serde_json::from_str(listed.trim()).expect("one decision");
    let whole = log(&["--id", record["id"].as_str().expect("an id")]);
    let words = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "looked through 1 texts, 24 bytes, in ",
        "found email, medical.diagnosis",
        "flags north/large health",
        "rules on trial that held deny mail",
        "detectors that failed medical no connection",
    ] {
        assert!(words.contains(part), "`{part}` in {whole}");
    }
    assert!(!whole.contains("bob"), "{whole}");
    let summary = log(&["--summary", "team"]);
    let words = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.ends_with("flags health 1 rules on trial that held deny mail 1"), "{summary}");
    let summary = log(&["--summary", "team", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary[0]["flags"], serde_json::json!({"health": 1}));
    assert_eq!(summary[0]["observed"], serde_json::json!({"deny mail": 1}));
}

#[test]
fn an_open_gateway_needs_no_key_and_says_so() {
    let scratch = Scratch::new("open");
    wayleave(&["init"], &scratch.0);
    let slow = ["serve", "--open", "--simulate", "north:slow=2s"];
    let mut gateway = Process::start(&[&slow[..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    let everything = |gateway: &Process| gateway.printed.join("\n");
    gateway.line("curl");
    // A request that runs when the gateway is told to stop is answered.
    let running = std::thread::spawn(move || chat(&callers, ""));
    std::thread::sleep(Duration::from_millis(800));
    assert!(gateway.terminate().success(), "{}", everything(&gateway));
    let answer = running.join().expect("it was answered");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    gateway.printed.extend(gateway.lines.try_iter());
    assert!(everything(&gateway).contains("without a key"), "{}", everything(&gateway));
}

/// A slip in a key is no error of the policy, and its caller would only be told that no rule covers it.
#[test]
fn keys_that_the_policy_does_not_know_are_told() {
    let scratch = Scratch::new("strangers");
    wayleave(&["init"], &scratch.0);
    let add = |id: &str, more: &[&str]| {
        wayleave(&[&["keys", "add", "--store", "gateway.db", "--id", id], more].concat(), &scratch.0)
    };
    add("alice", &["--team", "aps"]);
    add("bob", &["--team", "apps", "--field", "dta_class=public"]);
    add("carol", &["--team", "apps", "--field", "data_class=public"]);
    let mut gateway = Process::start(&[&["serve"][..], &SERVE[..]].concat(), &scratch.0);
    gateway.line("curl");
    gateway.printed.extend(gateway.lines.try_iter());
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
    gateway.printed.extend(gateway.lines.try_iter());
    let printed = gateway.printed.join("\n");
    assert!(printed.contains("of alice has the team `aps`, which the policy lacks"), "{printed}");
    assert!(printed.contains("of bob has the field `dta_class`, which no attribute reads"), "{printed}");
    assert!(!printed.contains("carol"), "{printed}");
}

#[test]
fn the_demo_runs_for_as_long_as_it_is_told() {
    let scratch = Scratch::new("demo");
    let arguments = ["demo", "--for", "3s", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let mut demo = Process::start(&arguments, &scratch.0);
    let console = demo.address("console");
    demo.line("north/large");
    let page = get(&console, "/");
    assert!(page.starts_with("HTTP/1.1 "), "{page}");
    assert!(demo.wait().success(), "{:?}", demo.printed);
}
