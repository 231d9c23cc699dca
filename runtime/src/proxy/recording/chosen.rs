//! Why the target that served a request is the one: what the record says of it.

use super::was_not_asked;
use crate::exchange::{Attempt, Exchange};
use crate::record::chosen::Chosen;
use wayleave_program::catalogue::{Catalogue, Requested, TargetId};
use wayleave_program::decision::Decision;
use wayleave_program::plan::{Stage, TryOrder};

/// Why an exchange's answer came from where it did, for a caller that wrote `model`; none where there is no answer.
pub(super) fn chosen(
    catalogue: &Catalogue,
    model: &str,
    decision: &Decision,
    exchange: &Exchange,
) -> Option<Chosen> {
    let serving = exchange.serving()?;
    let is_before = |attempt: &&Attempt| attempt.position < serving.position;
    let mut before = exchange.attempts().iter().filter(is_before);
    if before.clone().any(|attempt| attempt.is_superseded) {
        return Some(Chosen::Hedge);
    }
    if before.clone().any(|attempt| attempt.failure.is_some() && !was_not_asked(attempt)) {
        return Some(Chosen::Failover);
    }
    let mut passed = exchange.passed_over().iter().map(|passed| passed.position);
    if before.any(was_not_asked) || passed.any(|position| position < serving.position) {
        return Some(Chosen::PassedOver);
    }
    if is_measured(decision, exchange, serving) {
        return Some(Chosen::Measured);
    }
    let requested = catalogue.resolve(model);
    if let Requested::Targets(targets) = &requested {
        if targets.contains(&serving.target) {
            return Some(Chosen::Requested);
        }
        if decision.removed.iter().any(|removed| targets.contains(&removed.target)) {
            return Some(Chosen::Removed);
        }
    }
    if decision.migrations.iter().any(|migration| migration.is_drawn) {
        return Some(Chosen::Migration);
    }
    Some(match (stage_of(decision, serving).map(|stage| stage.order), requested) {
        (Some(TryOrder::Drawn), _) => Chosen::Split,
        (Some(TryOrder::Cheapest), _) => Chosen::Cheapest,
        (_, Requested::Alias(_)) => Chosen::Alias,
        (_, Requested::Targets(_) | Requested::Nothing) => Chosen::Plan,
    })
}

fn stage_of<'a>(decision: &'a Decision, serving: &Attempt) -> Option<&'a Stage> {
    decision.plan.iter().find(|stage| stage.candidates.contains(&serving.target))
}

/// Whether a candidate of its stage that stands before it in the plan was to be tried behind it.
fn is_measured(decision: &Decision, exchange: &Exchange, serving: &Attempt) -> bool {
    let position =
        |target: TargetId| exchange.candidates().iter().position(|candidate| candidate.target == target);
    let written = stage_of(decision, serving).into_iter().flat_map(|stage| &stage.candidates);
    let mut before = written.take_while(|target| **target != serving.target);
    before.any(|target| position(*target).is_some_and(|position| position > serving.position))
}
