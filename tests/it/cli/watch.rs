//! `test --watch`: again after each change, whatever becomes of the files meanwhile, until it is ended.

use super::Scratch;
use super::process::Process;

const POLICY: &str = r#"edition 2026

provider sim {
  protocol: simulated

  model a {
    supports: [chat]
    context:  8k tokens
  }
}

approve everything: sim/*
route chat to sim/a
otherwise deny "No route."

test "somebody is served" {
  expect route chat
}
"#;

#[test]
fn tests_run_again_after_each_change() {
    let scratch = Scratch::new("watch");
    let file = scratch.0.join("main.route");
    let save = |text: &str| std::fs::write(&file, text).expect("it can be written");
    save(POLICY);
    let mut process = Process::start(&["test", "--watch"], &scratch.0);
    process.line("1 test passed");

    save(&POLICY.replace("expect route chat", "expect otherwise"));
    process.line("FAIL  somebody is served  main.route:16");
    process.line("1 test failed");

    save(&POLICY.replace("route chat to", "route chat too"));
    process.line("no test was run");

    std::fs::remove_file(&file).expect("it is there");
    process.line("cannot be read");

    save(POLICY);
    process.line("1 test passed");
    process.terminate();
}
