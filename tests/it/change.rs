//! What two policies decide differently is what deciding every request under both says: a share of what
//! `cargo run --release -p wayleave-tests --bin pairs` compares.

mod cases;

use wayleave_compiler::change::Kind;
use wayleave_tests::pairs::{Tally, compare};

/// Pairs of one test.
const PAIRS: u64 = 20;

/// Kinds that are compared.
const KINDS: [Kind; 4] = [Kind::Widens, Kind::Serves, Kind::Denies, Kind::Narrows];

fn run(part: u64) {
    let mut all = Tally::default();
    for seed in part * PAIRS..(part + 1) * PAIRS {
        match compare(seed) {
            Ok(tally) => all.add(&tally),
            Err(problem) => panic!("{problem}"),
        }
    }
    println!("{all:?}");
    assert!(all.equal > 0 && all.read_back > 0, "{all:?}");
    assert!(KINDS.iter().all(|kind| all.kinds.contains_key(kind)), "{all:?}");
}

#[test]
fn deciding_every_request_says_the_same() {
    run(0);
}
