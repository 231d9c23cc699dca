//! What became of candidates that did not serve, as the log tells it: asked in vain, and not asked any more.

use super::Scratch;
use super::gateway::{SERVE, chat, wayleave};
use super::process::Process;

const POLICY: &str = r#"edition 2026
alias assistant
provider north {
  protocol: simulated
  model large { supports: [chat]  context: 128k tokens }
}
provider south {
  protocol: simulated
  model large { supports: [chat]  context: 128k tokens }
}
approve all: any
  until 2099-01-01  owner "tests"  by "tests"  ref "T-1"
route main to north/large else south/large
otherwise deny "never"
"#;

#[test]
fn the_log_tells_who_was_passed_over_and_what_may_be_billed() {
    let scratch = Scratch::new("passed");
    std::fs::write(scratch.0.join("main.route"), POLICY).expect("it can be written");
    let failing = ["serve", "--open", "--simulate", "north:stall", "--timeouts-plain-answer", "300ms"];
    let circuit = ["--circuits-failures", "1", "--circuits-open", "1min"];
    let mut gateway = Process::start(&[&failing[..], &circuit[..], &SERVE[..]].concat(), &scratch.0);
    let callers = gateway.address("callers");
    gateway.line("curl");
    for _ in 0..2 {
        let answer = chat(&callers, "");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("south/large"), "{answer}");
    }
    assert!(gateway.terminate().success(), "{:?}", gateway.printed);
    let log =
        |arguments: &[&str]| wayleave(&[&["log", "--store", "gateway.db"], arguments].concat(), &scratch.0);
    let lines = log(&["--format", "json"]);
    let records: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let told = |record: &serde_json::Value| {
        let whole = log(&["--id", record["id"].as_str().expect("an id")]);
        whole.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let [second, first] = records.as_slice() else { panic!("two decisions: {lines}") };
    assert!(told(first).contains("may be billed"), "{}", told(first));
    assert!(!told(first).contains("passed over"), "{}", told(first));
    assert!(told(second).contains("passed over north/large circuit open"), "{}", told(second));
    assert!(!told(second).contains("may be billed"), "{}", told(second));
    let summary = log(&["--summary", "team", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!((&summary[0]["ok"], &summary[0]["fallbacks"]), (&2.into(), &2.into()), "{summary}");
}
