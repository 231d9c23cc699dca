//! What the exact checks and the guarantees say of small policies is what asking every request says: a share of what
//! `cargo run --release -p wayleave-tests --bin exact` compares.

use wayleave_compiler::Code;
use wayleave_tests::brute::compare::{Tally, compare};

/// Policies of one test.
const POLICIES: u64 = 500;

/// Each of these is compared so often in each test at least: a comparison that never happens finds nothing.
const LEAST: [(Code, u64); 13] = [
    (Code::R0301, 150),
    (Code::R0302, 80),
    (Code::R0304, 400),
    (Code::R0305, 300),
    (Code::R0306, 80),
    (Code::R0307, 300),
    (Code::R0308, 80),
    (Code::R0312, 20),
    (Code::R0315, 10),
    (Code::R0401, 200),
    (Code::R0402, 80),
    (Code::R0501, 8),
    (Code::R0502, 8),
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
