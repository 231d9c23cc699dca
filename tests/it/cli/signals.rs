//! What a gateway does at signals: it tells that it stops before it does, and reads everything again at a hangup.

use super::Scratch;
use super::gateway::{SERVE, get, wayleave};
use super::process::{PATIENCE, Process};
use std::time::{Duration, Instant};

/// Asks until the answer holds these words.
fn ready(callers: &str, words: &str) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = get(callers, "/readyz");
        if answer.contains(words) {
            return answer;
        }
        assert!(Instant::now() < end, "`{words}` was due: {answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// fault-F62: behind SIGTERM new connections are still taken, and `/readyz` says that none should be made; who interrupts does
/// not wait.
#[test]
fn a_stop_is_told_before_it_comes() {
    let scratch = Scratch::new("stop");
    wayleave(&["init"], &scratch.0);
    let delayed = ["serve", "--open", "--timeouts-drain-delay", "2s"];
    let mut gateway = Process::start(&[&delayed[..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    gateway.line("curl");
    assert!(get(&callers, "/readyz").starts_with("HTTP/1.1 200 "));
    let begun = Instant::now();
    gateway.signal("TERM");
    let told = ready(&callers, "\"draining\":true");
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    let model = super::gateway::chat(&callers, "");
    assert!(model.starts_with("HTTP/1.1 200 "), "{model}");
    assert!(gateway.wait().success(), "{:?}", gateway.printed);
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());

    let long = ["serve", "--open", "--timeouts-drain-delay", "5min"];
    let mut gateway = Process::start(&[&long[..], &SERVE[..]].concat(), &scratch.0);
    gateway.line("curl");
    gateway.signal("INT");
    assert!(gateway.wait().success(), "{:?}", gateway.printed);
}

/// Policy, keys and certificate are read again, though no policy's text has changed.
#[test]
fn a_hangup_has_everything_read_again() {
    let scratch = Scratch::new("hangup");
    let policy = "edition 2026\nprovider openai {\n  protocol: openai  url: \"https://api.openai.com/v1\"  key: file(\"key\")\n  \
                  model a { supports: [chat]  context: 8k tokens }\n}\napprove all: openai/a\n  until 2099-01-01  \
                  owner \"tests\"  by \"tests\"  ref \"T-1\"\nroute chat to openai/a\notherwise deny \"No route.\"\n";
    std::fs::write(scratch.0.join("main.route"), policy).expect("it can be written");
    std::fs::write(scratch.0.join("key"), "sk-first").expect("it can be written");
    let mut gateway = Process::start(&[&["serve", "--open"][..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    gateway.line("curl");
    gateway.signal("HUP");
    gateway.line("policy reloaded");
    ready(&callers, "\"refused\":null");

    // A key that is gone is seen now, and what is in force stays.
    std::fs::remove_file(scratch.0.join("key")).expect("it was there");
    gateway.signal("HUP");
    gateway.line("the policy was not reloaded");
    let told = ready(&callers, r#""refused":{"codes":["key_missing"],"count":1}"#);
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
}
