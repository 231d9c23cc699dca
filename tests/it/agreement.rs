//! The ways to decide agree on the suite and on policies and requests that chance writes: a share of what
//! `cargo run --release -p wayleave-tests --bin agreement` asks.

use crate::decide::{cases, each_policy, policy, request};
use fastrand::Rng;
use wayleave_compiler::decision::Compiled;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::Outcome;
use wayleave_program::document::read_request;
use wayleave_program::schema::BuiltIn;
use wayleave_program::schema::Origin;
use wayleave_program::value::{Tokens, Value};
use wayleave_tests::agreement::{Ways, agree, checked};

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

/// What one program worked out of a caller is nothing to the next one, which has other classes.
#[test]
fn what_another_program_worked_out_is_not_believed() {
    let denying = |app: &str| {
        let text = format!(
            "edition 2026\n\nprovider p {{\n  protocol: simulated\n  model m {{\n    supports: [chat]\n    \
             context:  8k tokens\n  }}\n}}\n\ndeny some when caller.app is \"{app}\"\n\napprove all: any\n\n\
             route r {{\n  otherwise to p/m\n}}\notherwise deny \"none\"\n"
        );
        Compiled::new(policy(&[("main.route".to_owned(), text)]))
    };
    let (one, other) = (denying("batch"), denying("web"));
    let document = serde_json::json!({"caller.app": "web"});
    let mut caller = read_request(one.schema(), &document).expect("it fits");
    let denied = |program: &Compiled, caller: &Attributes| program.decide(caller).outcome == Outcome::Deny;
    assert_eq!((denied(&one, &caller), denied(&other, &caller)), (false, true));
    one.settle(&mut caller);
    assert_eq!((denied(&one, &caller), denied(&other, &caller)), (false, true));
}

/// A request of the same classes can be named for every request, and for what is changed in one of its dimensions it can be
/// named only where it is of those classes.
#[test]
fn classes_have_requests() {
    let (mut asked, mut impossible) = (0, 0);
    for number in 0..150 {
        let mut random = Rng::with_seed(number);
        let written = wayleave_tests::policies::policy(&mut random);
        let program = Compiled::new(checked(&written));
        let partition = &program.rules().partition;
        let own: Vec<usize> = program
            .schema()
            .ids()
            .filter(|id| program.schema().attribute(*id).origin != Origin::Classified)
            .flat_map(|id| partition.dimensions(id))
            .map(|dimension| dimension.0 as usize)
            .collect();
        for _ in 0..20 {
            let document = written.request(&mut random);
            let given = read_request(program.schema(), &document).expect("it fits");
            let mut classes = Vec::new();
            program.classify(&given, &mut classes);
            let same = |classes: &[u32], found: &Attributes| {
                let mut again = Vec::new();
                program.classify(found, &mut again);
                assert!(own.iter().all(|at| again[*at] == classes[*at]), "policy {number}, {document}");
            };
            let found = partition.request(program.policy(), &classes);
            same(&classes, &found.unwrap_or_else(|| panic!("policy {number}: none for {document}")));
            let at = own[random.usize(..own.len())];
            classes[at] = random.u32(..partition.axes()[at].count);
            asked += 1;
            match partition.request(program.policy(), &classes) {
                Some(found) => same(&classes, &found),
                None => impossible += 1,
            }
        }
    }
    assert!(impossible > 0 && impossible < asked / 2, "{impossible} of {asked}");
}

#[test]
fn counts_that_are_said_to_decide_alike_do_by_the_letter() {
    let (mut alike, mut apart) = (0, 0);
    for number in 0..200 {
        let mut random = Rng::with_seed(number);
        let written = wayleave_tests::policies::policy_of(&mut random, wayleave_tests::policies::Size::Small);
        let ways = Ways::of(&checked(&written));
        for _ in 0..20 {
            let document = written.request(&mut random);
            let mut request = read_request(ways.spec.schema(), &document).expect("a request");
            let least = random.u64(0..1_100);
            let most = least + random.u64(0..400);
            if !ways.walked.decides_alike(&request, Tokens(least), Tokens(most)) {
                apart += 1;
                continue;
            }
            alike += 1;
            let mut decide = |count| {
                request.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(count)));
                let mut decision = ways.spec.decide(&request);
                // How many tokens a request needs is told where a context is too small.
                let reasons = decision.removed.iter_mut().flat_map(|removed| &mut removed.reasons);
                reasons.chain(&mut decision.reasons).for_each(|reason| reason.words.clear());
                decision
            };
            let first = decide(least);
            for count in [least + 1, least.midpoint(most), random.u64(least..=most), most] {
                assert_eq!(
                    decide(count.min(most)),
                    first,
                    "policy {number}, {count} in {least}..={most}: {document}"
                );
            }
        }
    }
    assert!(alike > 500 && apart > 200, "{alike} alike, {apart} apart");
}
