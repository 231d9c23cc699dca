//! What a question about all requests answers is what asking every one of them answers: each combination of classes, with
//! each target.

use fastrand::Rng;
use std::collections::BTreeSet;
use wayleave_compiler::Policy;
use wayleave_compiler::decision::boxes::{Dimension, Expression, RuleBox};
use wayleave_compiler::decision::layers::LayerKind;
use wayleave_compiler::decision::partition::TARGET;
use wayleave_compiler::decision::{Compiled, Rules};
use wayleave_compiler::proof::query::WORK_LIMIT;
use wayleave_compiler::proof::{Answer, Requests, Witness};
use wayleave_program::Program;
use wayleave_tests::agreement::checked;

/// Questions about more combinations of classes are left out.
const COMBINATIONS: u64 = 4_000;

/// Questions about each layer of a policy.
const QUESTIONS: usize = 6;

/// What a question reads, directly or through what is computed, with all that goes together with it.
fn read_by(policy: &Policy, rules: &Rules, asked: &[&RuleBox]) -> BTreeSet<Dimension> {
    let mut read = BTreeSet::new();
    asked.iter().for_each(|one| condition(one).add_dimensions(&mut read));
    for one in rules.computed.iter().chain(&rules.of_target).rev() {
        if read.contains(&one.dimension()) {
            one.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
        }
    }
    for family in rules.partition.families(policy) {
        if family.dimensions.iter().any(|dimension| read.contains(dimension)) {
            read.extend(family.dimensions);
        }
    }
    let is_computed = |dimension: &Dimension| {
        rules.computed.iter().chain(&rules.of_target).any(|one| one.dimension() == *dimension)
    };
    read.retain(|dimension| !is_computed(dimension));
    read
}

/// Every class vector that some request has, as far as a question reads it, with what is computed; none of too many.
fn every_request(
    requests: &Requests<'_>,
    rules: &Rules,
    read: &BTreeSet<Dimension>,
) -> Option<Vec<Vec<u32>>> {
    let count = |dimension: &Dimension| u64::from(rules.partition.count(*dimension));
    let combinations = read.iter().try_fold(1_u64, |all, dimension| {
        let all = all.checked_mul(count(dimension))?;
        (all <= COMBINATIONS).then_some(all)
    })?;
    let mut found = Vec::new();
    for number in 0..combinations {
        let mut classes = rules.partition.defaults().to_vec();
        let mut rest = number;
        for dimension in read {
            classes[dimension.0 as usize] = u32::try_from(rest % count(dimension)).expect("it is a class");
            rest /= count(dimension);
        }
        if requests.are_possible(&classes) {
            rules.computed.iter().chain(&rules.of_target).for_each(|one| one.compute(&mut classes));
            found.push(classes);
        }
    }
    Some(found)
}

/// That a box holds, as a condition.
fn condition(one: &RuleBox) -> Expression {
    let constraints = one.constraints.iter().cloned().map(Expression::Within);
    Expression::All(constraints.chain(one.residual.iter().cloned()).collect())
}

/// A rule holds, and none of those before it.
fn is_first(boxes: &[RuleBox], rule: u32, classes: &[u32]) -> bool {
    boxes.iter().find(|one| one.holds(classes)).is_some_and(|one| one.rule == rule)
}

fn shows(
    program: &Compiled,
    requests: &Requests<'_>,
    Witness { request, classes }: &Witness,
    holds: &dyn Fn(&[u32]) -> bool,
) {
    let rules = program.rules();
    assert!(holds(classes), "the witness is none");
    let mut own = Vec::new();
    program.classify(request, &mut own);
    own[TARGET.0 as usize] = classes[TARGET.0 as usize];
    requests.compute(&mut own);
    assert_eq!(&own, classes, "{request:?} has other classes");
    // No attribute could go back.
    for id in program.schema().ids() {
        let mut plainer = classes.clone();
        for dimension in rules.partition.dimensions(id) {
            plainer[dimension.0 as usize] = rules.partition.defaults()[dimension.0 as usize];
        }
        if plainer == *classes || !requests.are_possible(&plainer) {
            continue;
        }
        rules.computed.iter().chain(&rules.of_target).for_each(|one| one.compute(&mut plainer));
        assert!(
            plainer == *classes || !holds(&plainer),
            "{} could go back",
            program.schema().attribute(id).name
        );
    }
}

/// Whether it was found out; none where asking every request would take too long.
fn agrees(
    program: &Compiled,
    requests: &Requests<'_>,
    boxes: &[RuleBox],
    rule: u32,
    only_first: bool,
) -> Option<bool> {
    let rules = program.rules();
    let asked: Vec<&RuleBox> = match only_first {
        true => boxes.iter().take_while(|one| one.rule <= rule).collect(),
        false => boxes.iter().filter(|one| one.rule == rule).collect(),
    };
    let every = every_request(requests, rules, &read_by(program.policy(), rules, &asked))?;
    let holds = |classes: &[u32]| match only_first {
        true => is_first(boxes, rule, classes),
        false => asked.iter().any(|one| one.holds(classes)),
    };
    let mut query = requests.query();
    let (own, before): (Vec<&RuleBox>, Vec<&RuleBox>) = asked.iter().partition(|one| one.rule == rule);
    query.when(Expression::Any(own.into_iter().map(condition).collect()));
    before.into_iter().for_each(|one| {
        query.unless(condition(one));
    });
    let there_is = every.iter().any(|classes| holds(classes));
    let mut work = WORK_LIMIT;
    match query.answer(&mut work) {
        Answer::Some(witness) => {
            assert!(there_is, "there is no such request: {:?}", witness.request);
            shows(program, requests, &witness, &holds);
        }
        Answer::None => assert!(!there_is, "there is such a request"),
        Answer::Unknown => return Some(false),
    }
    Some(true)
}

#[test]
fn a_question_is_answered_as_by_asking_every_request() {
    let (mut asked, mut unknown, mut too_large) = (0, 0, 0);
    for number in 0..150 {
        let mut random = Rng::with_seed(number);
        let written = wayleave_tests::policies::policy(&mut random);
        let program = Compiled::new(checked(&written));
        let requests = Requests::new(program.policy(), program.rules());
        for kind in LayerKind::ALL {
            let boxes = program.rules().layer(kind);
            for _ in 0..QUESTIONS.min(boxes.len()) {
                let rule = boxes[random.usize(0..boxes.len())].rule;
                match agrees(&program, &requests, boxes, rule, random.bool()) {
                    None => too_large += 1,
                    Some(is_known) => {
                        asked += 1;
                        unknown += usize::from(!is_known);
                    }
                }
            }
        }
    }
    println!("{asked} questions, {unknown} unknown, {too_large} too large");
    assert!(asked > 1_000 && unknown * 20 < asked, "{unknown} of {asked} unknown, {too_large} too large");
}
