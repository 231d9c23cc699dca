//! What `who-can` and `describe` say of small policies is what deciding every request says.

use wayleave_tests::access::{Tally, compare};

fn run(seeds: std::ops::Range<u64>) {
    let mut all = Tally::default();
    for seed in seeds {
        match compare(seed) {
            Ok(tally) => {
                all.policies += tally.policies;
                all.asked += tally.asked;
                all.sent += tally.sent;
                all.turned_away += tally.turned_away;
            }
            Err(problem) => panic!("{problem}"),
        }
    }
    println!("{all:?}");
    assert!(all.policies > 50 && all.sent > 1_000 && all.turned_away > 100, "{all:?}");
}

#[test]
fn who_can_is_what_deciding_every_request_says_1() {
    run(0..150);
}

#[test]
fn who_can_is_what_deciding_every_request_says_2() {
    run(150..300);
}
