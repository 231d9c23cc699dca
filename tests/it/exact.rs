//! What the exact checks and the guarantees say of small policies is what asking every request says: a share of what
//! `cargo run --release -p wayleave-tests --bin exact` compares.

use wayleave_compiler::Code;
use wayleave_tests::brute::compare::{Tally, compare};

/// Policies of one test.
const POLICIES: u64 = 500;

/// Each of these is compared so often in each test at least: a comparison that never happens finds nothing.
const LEAST: [(Code, u64); 13] = [
    (Code::R0301, 50),
    (Code::R0302, 25),
    (Code::R0304, 130),
    (Code::R0305, 100),
    (Code::R0306, 25),
    (Code::R0307, 100),
    (Code::R0308, 25),
    (Code::R0312, 5),
    (Code::R0315, 1),
    (Code::R0401, 60),
    (Code::R0402, 25),
    (Code::R0501, 1),
    (Code::R0502, 1),
];

fn run(part: u64) {
    let mut all = Tally::default();
    for seed in part * POLICIES..(part + 1) * POLICIES {
        match compare(seed) {
            Ok(tally) => all.add(&tally),
            Err(problem) => panic!("{problem}"),
        }
    }
    println!("{} policies, {} requests, {} guarantees hold", all.policies, all.requests, all.holding);
    for (code, count) in &all.found {
        println!("{} {count}", code.name());
    }
    for (code, least) in LEAST {
        let count = all.found.get(&code).copied().unwrap_or_default();
        assert!(count >= least, "{} is compared {count} times only", code.name());
    }
}

#[test]
fn asking_every_request_says_the_same_1() {
    run(0);
}

#[test]
fn asking_every_request_says_the_same_2() {
    run(1);
}

#[test]
fn asking_every_request_says_the_same_3() {
    run(2);
}

#[test]
fn asking_every_request_says_the_same_4() {
    run(3);
}
