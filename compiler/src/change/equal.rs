//! When two decisions are equal: decision, plan, tries, shadows, obligations and counters are, by the names of targets. Names
//! of routes and rules are not compared.

use crate::model::{Amount, Policy};
use std::collections::BTreeMap;
use wayleave_program::decision::{Decision, Outcome, Owed, RuleName};
use wayleave_program::plan::Place;

/// Whether they are. `renamed`: by counter of the new policy, the name that it had in the old one.
pub fn are_equal(
    old: (&Policy, &Decision),
    new: (&Policy, &Decision),
    renamed: &BTreeMap<String, String>,
) -> bool {
    let ((before, old), (after, new)) = (old, new);
    let outcome = |decision: &Decision| match decision.outcome {
        // How much of a counter is used is another matter than which counters there are.
        Outcome::Route | Outcome::Limited => 0,
        Outcome::Deny => 1,
        Outcome::ApprovalRequired => 2,
    };
    outcome(old) == outcome(new)
        && plan(before, old) == plan(after, new)
        && tries(old) == tries(new)
        && owed(before, old) == owed(after, new)
        && counters(before, old, &BTreeMap::new()) == counters(after, new, renamed)
}

fn name(policy: &Policy, target: wayleave_program::catalogue::TargetId) -> String {
    policy.catalogue.target(target).name.clone()
}

type Named = (Vec<(Vec<String>, Option<u64>)>, Vec<String>);

fn plan(policy: &Policy, decision: &Decision) -> Named {
    let stage = |stage: &wayleave_program::plan::Stage| {
        (stage.candidates.iter().map(|target| name(policy, *target)).collect(), stage.within_ms)
    };
    let shadow = decision.shadow.iter().map(|target| name(policy, *target)).collect();
    (decision.plan.iter().map(stage).collect(), shadow)
}

type Tries = (Vec<String>, u32, Option<(u64, u64)>, Option<u64>, Option<u64>);

fn tries(decision: &Decision) -> Tries {
    let mut failover: Vec<String> = decision.failover.iter().map(|class| class.name()).collect();
    failover.sort();
    failover.dedup();
    if decision.plan.is_empty() {
        return (Vec::new(), 0, None, None, None);
    }
    (failover, decision.retry, decision.backoff_ms, decision.hedge_ms, decision.deadline_ms)
}

type OwedTo = (String, Vec<(String, u8, bool)>, Vec<String>, Option<u64>, &'static str);

fn owed(policy: &Policy, decision: &Decision) -> Vec<OwedTo> {
    let of = |owed: &Owed| {
        let place = |place: Place| match place {
            Place::Prompt => 0,
            Place::Response => 1,
            Place::Both => 2,
        };
        let own = &owed.obligations;
        let mut redact: Vec<(String, u8, bool)> =
            own.redact.iter().map(|one| (one.find.clone(), place(one.place), one.is_restored)).collect();
        redact.sort();
        let mut flag = own.flag.clone();
        flag.sort();
        (name(policy, owed.target), redact, flag, own.cap, own.log.name())
    };
    decision.obligations.iter().filter(|_| !decision.plan.is_empty()).map(of).collect()
}

type Counted = (String, (u8, u64, u64), Option<String>);

/// What counters count, and of which state.
fn counters(policy: &Policy, decision: &Decision, renamed: &BTreeMap<String, String>) -> Vec<Counted> {
    let of = |rule: &RuleName| {
        let counter = policy.counters.iter().find(|counter| counter.rule_name() == *rule)?;
        let amount = match counter.amount {
            Amount::Requests(count, window) => (0, count, window),
            Amount::Tokens(count, window) => (1, count, window),
            Amount::Money(amount, period) => (2, amount.0, period as u64),
        };
        let state = renamed.get(&counter.name).unwrap_or(&counter.name).clone();
        let each = counter.each.map(|id| policy.schema.attribute(id).name.clone());
        Some((state, amount, each))
    };
    let mut found: Vec<Counted> = decision.counters.iter().filter_map(of).collect();
    found.sort();
    found
}
