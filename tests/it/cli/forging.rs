//! threat-T19: what others write is shown as what it is: it ends no line, moves no cursor, colours nothing, and is not kept at
//! any length.

use super::gateway::{SERVE, get, http, wayleave};
use super::process::{PATIENCE, Process};
use super::{Scratch, binary_folder};
use std::process::Command;
use std::time::{Duration, Instant};

/// A line of its own, escapes of terminals in both forms, a bell, and characters that turn text round or hide.
const HOSTILE: &str = "a\nFORGED\r\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{7f}\u{202e}b";

const POLICY: &str = r#"edition 2026
alias assistant
attribute note: string  from header "x-note"  default "none"
provider north {
  protocol: simulated
  model large { supports: [chat]  context: 128k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
deny noted when note is "never"
  because "Never."
route main to north/large
otherwise deny "never"
"#;

/// That a text holds nothing of it that a reader or a terminal obeys.
fn plain(shown: &str, place: &str) {
    let odd = |character: char| {
        (character.is_control() && character != '\n') || matches!(character, '\u{202e}' | '\u{2028}')
    };
    assert!(!shown.contains(odd), "{place}: {shown:?}");
    assert!(!shown.lines().any(|line| line.trim_start().starts_with("FORGED")), "{place}: {shown}");
}

#[test]
fn what_others_write_forges_nothing() {
    let scratch = Scratch::new("forging");
    std::fs::write(scratch.0.join("main.route"), POLICY).expect("it can be written");
    let issued = Command::new(binary_folder().join("wayleave"))
        .args(["keys", "add", "--store", "gateway.db", "--id", HOSTILE, "--team", HOSTILE, "--app", HOSTILE])
        .args(["--group", HOSTILE, "--field", &format!("{}={}", HOSTILE, HOSTILE)])
        .current_dir(&scratch.0)
        .output()
        .expect("the binary runs");
    plain(&String::from_utf8_lossy(&issued.stderr), "what is said of a new key");
    let key = String::from_utf8_lossy(&issued.stdout).trim().to_owned();
    let mut gateway = Process::start(&[&["serve"][..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    let console = gateway.address("console");
    gateway.line("curl");
    let ask = |model: &str, headers: &str| {
        let model = serde_json::to_string(model).expect("a text");
        let body = format!(r#"{{"model":{model},"messages":[{{"role":"user","content":"hello"}}]}}"#);
        let length = body.len();
        http(
            &callers,
            &format!(
                "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
                 {headers}content-length: {length}\r\n\r\n{body}"
            ),
        )
    };
    // Headers can hold what is no ASCII, and no control characters of it.
    let odd = "x-request-id: a\u{9b}31m\u{202e}b\r\nx-note: a\u{9b}31m\u{202e}b\r\n";
    let long = format!("x-note: {}\r\n", "n".repeat(50_000));
    for (model, headers, status) in [
        (HOSTILE, "", " 404 "),
        ("assistant", odd, " "),
        ("assistant", long.as_str(), " 200 "),
        ("assistant", "x-note: never\r\n", " 403 "),
        // This one is no decision: it is refused by its head.
        ("assistant", "x-note: a\u{1b}[2Jb\r\n", " 400 "),
    ] {
        let answer = ask(model, headers);
        assert!(answer.starts_with("HTTP/1.1") && answer.contains(status), "{answer}");
    }
    look_at_everything(&scratch, &console);
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
    gateway.printed.extend(gateway.lines.try_iter());
    for line in &gateway.printed {
        plain(line, "what the gateway prints");
    }
}

/// All that shows what was kept of four decisions.
fn look_at_everything(scratch: &Scratch, console: &str) {
    let log =
        |arguments: &[&str]| wayleave(&[&["log", "--store", "gateway.db"], arguments].concat(), &scratch.0);
    let begun = Instant::now();
    let lines = loop {
        let lines = log(&["--format", "json"]);
        // They are written a moment behind the answers.
        if lines.lines().count() >= 4 || begun.elapsed() > PATIENCE {
            break lines;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    plain(&lines, "log as JSON");
    assert_eq!(lines.lines().count(), 4, "{lines}");
    for line in lines.lines() {
        assert!(line.len() < 8_000, "{} bytes are kept", line.len());
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(record["caller"]["team"], HOSTILE, "what is written is what was said");
        let id = record["id"].as_str().expect("an id");
        plain(&log(&["--id", id]), "one decision");
        plain(&log(&["--id", id, "--format", "json"]), "one decision as JSON");
        plain(&get(console, &format!("/decisions/{id}")).replace('\r', ""), "a page");
    }
    plain(&log(&[]), "log");
    assert_eq!(log(&[]).lines().count(), 5, "a line each, and their head");
    plain(&log(&["--summary", "team,app"]), "totals");
    plain(&log(&["--summary", "team,app", "--format", "json"]), "totals as JSON");
    for format in ["human", "json"] {
        plain(&wayleave(&["keys", "list", "--store", "gateway.db", "--format", format], &scratch.0), "keys");
    }
    plain(&get(console, "/").replace('\r', ""), "the list");
    plain(&get(console, "/keys").replace('\r', ""), "the keys");
}
