//! What two policies decide differently is what deciding every request under both says: a share of what
//! `cargo run --release -p wayleave-tests --bin pairs` compares.

mod cases;

use wayleave_compiler::change::Kind;
use wayleave_tests::pairs::{Tally, compare};

/// Pairs of one test.
const PAIRS: u64 = 500;

/// Requests of each kind are compared so often in each test at least: a comparison that never happens finds nothing.
const LEAST: [(Kind, u64); 8] = [
    (Kind::Widens, 1_000),
    (Kind::Serves, 500),
    (Kind::Denies, 1_000),
    (Kind::Narrows, 500),
    (Kind::Approval, 20),
    (Kind::Reroutes, 100),
    (Kind::Inspection, 100),
    (Kind::Limits, 20),
];

fn run(part: u64) {
    let mut all = Tally::default();
    for seed in part * PAIRS..(part + 1) * PAIRS {
        match compare(seed) {
            Ok(tally) => all.add(&tally),
            Err(problem) => panic!("{problem}"),
        }
    }
    println!("{all:?}");
    assert!(all.equal >= 100 && all.read_back >= 200, "{all:?}");
    for (kind, least) in LEAST {
        let count = all.kinds.get(&kind).copied().unwrap_or_default();
        assert!(count >= least, "{} is compared {count} times only", kind.name());
    }
}

#[test]
fn deciding_every_request_says_the_same_1() {
    run(0);
}

#[test]
fn deciding_every_request_says_the_same_2() {
    run(1);
}

#[test]
fn deciding_every_request_says_the_same_3() {
    run(2);
}

#[test]
fn deciding_every_request_says_the_same_4() {
    run(3);
}
