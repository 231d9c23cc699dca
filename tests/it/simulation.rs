//! What is promised of every exchange holds in a virtual world, seed after seed; `simulate` plays as many as are wanted.

use wayleave_tests::simulation::{Tally, play};

#[test]
fn what_is_promised_of_exchanges_holds() {
    let mut tally = Tally::default();
    for seed in 0..2_000 {
        match play(seed, None) {
            Ok(more) => tally.add(&more),
            Err(wrong) => panic!("{wrong}; `simulate --trace {seed}` shows what happened"),
        }
    }
    // What did not happen was not looked at.
    let Tally { requests, calls, extra, passed_over, probes, truncated, served } = tally;
    assert!(requests > 50_000 && calls > 50_000 && served > 10_000, "{tally:?}");
    assert!(extra > 5_000 && passed_over > 10_000 && probes > 1_000 && truncated > 1_000, "{tally:?}");
}

#[test]
fn a_seed_always_does_the_same() {
    for seed in [3, 77] {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let _ = (play(seed, Some(&mut one)), play(seed, Some(&mut other)));
        assert!(!one.is_empty() && one == other, "seed {seed}");
    }
}
