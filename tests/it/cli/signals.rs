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

/// fault-F62: a second signal ends what runs, and the record of it is written.
#[test]
fn whoever_hurries_loses_no_record() {
    let scratch = Scratch::new("hurry");
    let provider = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = provider.local_addr().expect("an address");
    let policy = format!(
        "edition 2026\nprovider first {{\n  protocol: openai  url: \"http://{address}/v1\"  key: file(\"key\")  network: private\n  \
         model a {{ supports: [chat]  context: 8k tokens }}\n}}\nalias assistant\napprove all: first/a\n  until 2099-01-01  \
         owner \"tests\"  by \"tests\"  ref \"T-1\"\nroute chat to first/a\notherwise deny \"No route.\"\n"
    );
    std::fs::write(scratch.0.join("main.route"), policy).expect("it can be written");
    std::fs::write(scratch.0.join("key"), "sk-first").expect("it can be written");
    let arguments = ["serve", "--open", "--timeouts-drain-delay", "5min", "--timeouts-drain", "5min"];
    let mut gateway = Process::start(&[&arguments[..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    gateway.line("curl");
    let asked = std::thread::spawn(move || super::gateway::chat(&callers, ""));
    // It says nothing, and is held to the end.
    let (_call, _) = provider.accept().expect("it is asked");
    let begun = Instant::now();
    gateway.signal("TERM");
    gateway.line("stopping: running requests may end");
    gateway.signal("TERM");
    gateway.line("stopping at once");
    assert_eq!(gateway.wait().code(), Some(130), "{:?}", gateway.printed);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let answer = asked.join().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("shutting_down"), "{answer}");
    let log = wayleave(&["log", "--store", "gateway.db", "--format", "json"], &scratch.0);
    assert!(log.contains("\"shutting_down\""), "{log}");
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
