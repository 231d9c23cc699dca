//! The ways to decide agree on the suite and on policies and requests that chance writes: a share of what
//! `cargo run --release -p wayleave-tests --bin agreement` asks.

use crate::decide::{cases, each_policy, policy, request};
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_tests::agreement::{Ways, agree};

/// Policies of one test, and requests for each: 100,000 pairs in all.
const POLICIES: u64 = 500;
const REQUESTS: usize = 50;

fn run(part: u64) {
    match agree(part * POLICIES..(part + 1) * POLICIES, REQUESTS) {
        Ok(pairs) => assert_eq!(pairs, POLICIES * REQUESTS as u64),
        Err(found) => panic!("{found}"),
    }
}

#[test]
fn chance_finds_no_disagreement_1() {
    run(0);
}

#[test]
fn chance_finds_no_disagreement_2() {
    run(1);
}

#[test]
fn chance_finds_no_disagreement_3() {
    run(2);
}

#[test]
fn chance_finds_no_disagreement_4() {
    run(3);
}

/// Every case of `suite/decide`, and the same with nothing known.
#[test]
fn each_case_is_decided_alike() {
    let mut problems = String::new();
    each_policy(|path, files| {
        let ways = Ways::of(&policy(files));
        let requests = cases(path).into_iter().map(|(case, _)| request(&ways.spec, &case));
        for asked in requests.chain([Attributes::new(ways.spec.schema())]) {
            let found = [ways.disagreement(&asked), ways.disagreement_in_doubt(&asked)];
            for found in found.into_iter().flatten() {
                problems.push_str(&format!("{}: {found}\n", path.display()));
            }
        }
    });
    assert!(problems.is_empty(), "{problems}");
}
