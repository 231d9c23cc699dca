//! The questions of the exact checks as SMT-LIB 2, for a solver that knows nothing of this project. Written from the rules as
//! they stand, without any of the reductions that the prover makes before it searches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use wayleave_compiler::decision::boxes::{Constraint, Dimension, Expression, RuleBox};
use wayleave_compiler::decision::partition::{Family, TARGET};
use wayleave_compiler::decision::{Computed, Rules};
use wayleave_compiler::proof::{self, Formula, Requests};
use wayleave_compiler::{Policy, Sources};
use wayleave_program::catalogue::TargetId;

/// Of classes that go together, not more combinations are written out.
const COMBINATIONS: u64 = 20_000;

/// What one policy's checks ask.
#[derive(Debug, Default)]
pub struct Questions {
    /// A script that asks all of them, each answered by `sat` or `unsat` on a line.
    pub script: String,
    /// Whether there is such a request, as the prover found; in the order of the script.
    pub expected: Vec<bool>,
    /// So many were not answered by the prover within its work.
    pub unknown: usize,
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Heard {
    /// What every request is; none where that could not be written, or before the first question.
    requests: Option<Option<String>>,
    /// By question, whether there is such a request.
    asked: BTreeMap<String, Option<bool>>,
}

/// Every question that the checks and guarantees of a policy ask, each once; none where too many of its classes go together.
///
/// # Panics
/// Where the prover answers the same question in two ways.
pub fn questions(policy: &Arc<Policy>, sources: &Sources) -> Option<Questions> {
    let heard: Mutex<Heard> = Mutex::default();
    let listener = |rules: &Rules, demands: &[Formula<'_>], found: Option<bool>| {
        let mut own = String::new();
        for demand in demands {
            own.push_str("(assert ");
            formula(&mut own, rules, demand, None);
            own.push_str(")\n");
        }
        let mut heard = heard.lock().expect("no thread panics");
        heard.requests.get_or_insert_with(|| requests(policy, rules));
        let known = heard.asked.entry(own).or_insert(found);
        match (*known, found) {
            (Some(known), Some(found)) => assert_eq!(known, found, "one question, two answers"),
            (None, Some(_)) => *known = found,
            (_, None) => {}
        }
    };
    proof::checks_heard(policy, sources, &proof::silently, Some(&listener));
    let heard = heard.into_inner().expect("no thread panics");
    let mut all = Questions { script: heard.requests.flatten()?, ..Questions::default() };
    for (own, found) in heard.asked {
        let Some(found) = found else {
            all.unknown += 1;
            continue;
        };
        let _ = write!(all.script, "(push 1)\n{own}(check-sat)\n(pop 1)\n");
        all.expected.push(found);
    }
    Some(all)
}

/// All requests: a number for each dimension, and what goes together.
fn requests(policy: &Policy, rules: &Rules) -> Option<String> {
    let mut text = String::from("(set-logic QF_LIA)\n(set-option :timeout 20000)\n");
    for (axis, dimension) in rules.partition.axes().iter().zip(0_u32..) {
        let _ = writeln!(
            text,
            "(declare-const d{dimension} Int)(assert (<= 0 d{dimension} {}))",
            axis.count.saturating_sub(1)
        );
    }
    for one in rules.computed.iter().chain(&rules.of_target) {
        let _ = write!(text, "(assert (= d{} ", one.dimension().0);
        let arms: Vec<(&Expression, u32)> = match one {
            Computed::Truth(_, holds) => vec![(holds, 1)],
            Computed::First { arms, .. } => arms.iter().map(|(holds, class)| (holds, *class)).collect(),
        };
        for (holds, class) in &arms {
            text.push_str("(ite ");
            expression(&mut text, rules, holds, None);
            let _ = write!(text, " {class} ");
        }
        let otherwise = match one {
            Computed::Truth(..) => 0,
            Computed::First { otherwise, .. } => *otherwise,
        };
        let _ = writeln!(text, "{otherwise}{}))", ")".repeat(arms.len()));
    }
    let known = Requests::new(policy, rules);
    for family in rules.partition.families(policy) {
        together(&mut text, rules, &known, &family)?;
    }
    Some(text)
}

/// Which classes of a family no request has together.
fn together(text: &mut String, rules: &Rules, known: &Requests<'_>, family: &Family) -> Option<()> {
    let count = |dimension: &Dimension| u64::from(rules.partition.count(*dimension));
    let combinations = family.dimensions.iter().try_fold(1_u64, |all, dimension| {
        let all = all.checked_mul(count(dimension))?;
        (all <= COMBINATIONS).then_some(all)
    })?;
    for number in 0..combinations {
        let mut classes = rules.partition.defaults().to_vec();
        let mut rest = number;
        for dimension in &family.dimensions {
            classes[dimension.0 as usize] = u32::try_from(rest % count(dimension)).expect("it is a class");
            rest /= count(dimension);
        }
        if !known.are_possible(&classes) {
            text.push_str("(assert (or");
            for dimension in &family.dimensions {
                let _ = write!(text, " (distinct d{} {})", dimension.0, classes[dimension.0 as usize]);
            }
            text.push_str("))\n");
        }
    }
    Some(())
}

fn formula(text: &mut String, rules: &Rules, of: &Formula<'_>, target: Option<TargetId>) {
    match of {
        Formula::Holds(holds) => expression(text, rules, holds, target),
        Formula::Boxes(boxes, which) => {
            let which: BTreeSet<u32> = match which {
                None => (0..u32::try_from(boxes.len()).expect("few boxes")).collect(),
                Some(which) => which.iter().copied().collect(),
            };
            listed(text, "or", "false", &which, |text, index| {
                one_box(text, rules, &boxes[*index as usize], target)
            });
        }
        Formula::All(parts) => {
            listed(text, "and", "true", parts, |text, part| formula(text, rules, part, target))
        }
        Formula::Any(parts) => {
            listed(text, "or", "false", parts, |text, part| formula(text, rules, part, target))
        }
        Formula::Not(part) => {
            text.push_str("(not ");
            formula(text, rules, part, target);
            text.push(')');
        }
        Formula::Of(target, part) => formula(text, rules, part, Some(*target)),
    }
}

fn one_box(text: &mut String, rules: &Rules, one: &RuleBox, target: Option<TargetId>) {
    text.push_str("(and true");
    for constraint in &one.constraints {
        text.push(' ');
        within(text, rules, constraint, target);
    }
    for part in &one.residual {
        text.push(' ');
        expression(text, rules, part, target);
    }
    text.push(')');
}

fn expression(text: &mut String, rules: &Rules, of: &Expression, target: Option<TargetId>) {
    match of {
        Expression::All(parts) => {
            listed(text, "and", "true", parts, |text, part| expression(text, rules, part, target));
        }
        Expression::Any(parts) => {
            listed(text, "or", "false", parts, |text, part| expression(text, rules, part, target));
        }
        Expression::Not(part) => {
            text.push_str("(not ");
            expression(text, rules, part, target);
            text.push(')');
        }
        Expression::Within(constraint) => within(text, rules, constraint, target),
    }
}

/// What is asked of a target's own dimensions is asked of the target that is meant, where one is.
fn within(
    text: &mut String,
    rules: &Rules,
    Constraint { dimension, classes }: &Constraint,
    target: Option<TargetId>,
) {
    let of_target = rules.of_target.iter().find(|one| one.dimension() == *dimension);
    match (target, of_target) {
        (Some(target), _) if *dimension == TARGET => {
            text.push_str(if classes.contains(target.0) { "true" } else { "false" });
        }
        (Some(_), Some(Computed::Truth(_, holds))) => match (classes.contains(0), classes.contains(1)) {
            (true, true) => text.push_str("true"),
            (false, false) => text.push_str("false"),
            (false, true) => expression(text, rules, holds, target),
            (true, false) => {
                text.push_str("(not ");
                expression(text, rules, holds, target);
                text.push(')');
            }
        },
        _ => {
            let number = dimension.0;
            listed(text, "or", "false", classes.ranges(), |text, (first, last)| {
                let _ = write!(text, "(<= {first} d{number} {last})");
            });
        }
    }
}

/// `(and a b)`; of none the word for none.
fn listed<T>(
    text: &mut String,
    word: &str,
    none: &str,
    parts: impl IntoIterator<Item = T>,
    mut one: impl FnMut(&mut String, T),
) {
    let _ = write!(text, "({word} {none}");
    for part in parts {
        text.push(' ');
        one(text, part);
    }
    text.push(')');
}
