//! What rests on an `approve`: who could not be asked without it, where, and a request that shows it.

use super::Progress;
use super::formula::Formula;
use super::prover::Prover;
use super::query::Answer;
use super::subject::{PlanOf, Subject, before};
use crate::decision::layers::LayerKind;
use crate::model::{Condition, Policy, RouteId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::Instant;

/// A target in a plan, and what an approval is to it.
#[derive(Debug)]
pub struct Rest {
    /// Who is asked there.
    pub target: TargetId,
    /// The route whose plan it is.
    pub route: RouteId,
    /// The arm, of a route that has arms.
    pub arm: Option<u32>,
    /// The migrations that put it there, by their position; none where it stands in the plan as written.
    pub moved_by: Vec<usize>,
    /// A request on which the target is asked there, and on which it could not be without the approval; none where it was
    /// not found out within the work budget whether there is one.
    pub request: Option<Attributes>,
}

/// For each `approve` of a policy, in its order, the places where somebody is asked by its word alone, from an instant on.
pub fn resting(policy: &Arc<Policy>, from: Instant, progress: Progress<'_>) -> Vec<Vec<Rest>> {
    let later = Condition::Not(Box::new(before(BuiltIn::TimeNow, from.0.into())));
    let subject = Subject::new(policy, &[&later]);
    let assumed = (Formula::from(&subject.more[0]), &later);
    let prover = Prover::new(policy, &subject, Some(assumed), None);
    let numbers: Vec<usize> = (0..policy.approvals.len()).collect();
    let done = AtomicUsize::new(0);
    prover.each(&numbers, |number| {
        let found = resting_on(&prover, *number);
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(&format!("approval {}", policy.approvals[*number].name), so_far, numbers.len());
        found
    })
}

fn resting_on(prover: &Prover<'_>, number: usize) -> Vec<Rest> {
    let approval = &prover.policy().approvals[number];
    let mut found = Vec::new();
    if approval.is_tried {
        return found;
    }
    for of in &prover.subject.plans {
        let Some(plan) = of.plan else { continue };
        let written = prover.subject.in_plan(plan);
        let moves = |target: TargetId| {
            let migrations = prover.policy().migrations.iter().enumerate();
            let own = migrations.filter(|(_, one)| one.new == target && written.contains(&one.old));
            own.map(|(index, _)| index).collect()
        };
        for (target, attempt) in prover.subject.attempts(plan) {
            if !approval.body.targets.contains(&target) {
                continue;
            }
            match alone(prover, number, of, target, attempt) {
                Answer::None => {}
                answer => {
                    let request = if let Answer::Some(request) = answer { Some(request) } else { None };
                    let moved_by = if written.contains(&target) { Vec::new() } else { moves(target) };
                    found.push(Rest { target, route: of.route, arm: of.arm, moved_by, request });
                }
            }
        }
    }
    found
}

/// A request on which nobody else speaks for a target that is asked.
fn alone<'s>(
    prover: &Prover<'s>,
    number: usize,
    of: &PlanOf<'_>,
    target: TargetId,
    attempt: Formula<'s>,
) -> Answer<Attributes> {
    let subject = prover.subject;
    let policy = prover.policy();
    let others = policy.approvals.iter().zip(0_u32..).filter(|(other, index)| {
        *index as usize != number && !other.is_tried && other.body.targets.contains(&target)
    });
    let others = others.map(|(_, index)| subject.holds(LayerKind::Approvals, index)).collect();
    let parts = vec![
        subject.is_answered(of.number),
        attempt,
        Formula::Any(others).of(target).negated(),
        subject.has_room(),
    ];
    let shown = prover.shown(parts, &|_, decision| {
        prover.gave(of, decision)
            && (decision.candidates().any(|(candidate, _)| candidate == target)
                || decision.shadow.contains(&target))
    });
    match shown {
        Answer::Some(shown) => Answer::Some(shown.request),
        Answer::None => Answer::None,
        Answer::Unknown => Answer::Unknown,
    }
}
