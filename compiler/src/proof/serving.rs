//! What an answer does with its requests: what takes some of them away, who of its plan is passed over when, and which of them
//! nobody is left for.

use super::Progress;
use super::access::named;
use super::because::Because;
use super::formula::Formula;
use super::phrases::Phrases;
use super::prover::{Prover, chunks};
use super::query::Answer;
use super::spaces::{self, Cells};
use super::stop::Stop;
use super::subject::{PlanOf, Subject, before};
use crate::decision::boxes::{Dimension, RuleBox};
use crate::decision::layers::LayerKind;
use crate::model::{Condition, Migration, Plan, Policy, RouteId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::Instant;

/// What is done with the requests of a route without arms, or of an arm.
#[derive(Debug)]
pub struct Serving {
    /// The route.
    pub route: RouteId,
    /// The arm, of a route that has arms.
    pub arm: Option<u32>,
    /// Whether it answers some request; none where that was not found out.
    pub is_reached: Option<bool>,
    /// The denials, by their position, that take requests away from it.
    pub denials: Vec<usize>,
    /// The migrations, by their position, that draw some of its requests.
    pub moves: Vec<usize>,
    /// Those that copy some.
    pub copies: Vec<usize>,
    /// Who stands in its plan and may not be asked for some of the requests that it is able to take.
    pub passed_over: Vec<(TargetId, Conditions)>,
    /// Requests that somebody of its plan is able to take and of which nobody may be asked; empty of an arm that denies.
    pub turned_away: Conditions,
}

/// Requests, as conditions of which one holds.
#[derive(Debug, Default)]
pub struct Conditions {
    /// In the language's words.
    pub when: Vec<String>,
    /// Whether nothing else may be one of them.
    pub is_all: bool,
}

/// So many boxes of one question are looked at: more say nothing to people.
const CELLS: usize = 64;

/// For each answer of some routes, in the order of the policy, what becomes of its requests from an instant on.
pub fn serving(
    policy: &Arc<Policy>,
    routes: &BTreeSet<RouteId>,
    from: Instant,
    progress: Progress<'_>,
) -> Vec<Serving> {
    serving_until(policy, routes, from, progress, &Stop::default())
}

/// The same while somebody waits for it: once it is stopped, what is answered says nothing.
pub fn serving_until(
    policy: &Arc<Policy>,
    routes: &BTreeSet<RouteId>,
    from: Instant,
    progress: Progress<'_>,
    stop: &Stop,
) -> Vec<Serving> {
    let later = Condition::Not(Box::new(before(BuiltIn::TimeNow, from.0.into())));
    let subject = Subject::new(policy, &[&later]);
    let assumed = Formula::from(&subject.more[0]);
    let prover = Prover::new(policy, &subject, Some((assumed.clone(), &later)), None).until(stop);
    let named = named(policy, &subject.rules);
    let phrases = Phrases::new(policy, &subject.rules, std::slice::from_ref(&later));
    let asking = Asking { prover: &prover, assumed, named: &named, phrases: &phrases };
    let plans: Vec<&PlanOf<'_>> = subject.plans.iter().filter(|of| routes.contains(&of.route)).collect();
    let done = AtomicUsize::new(0);
    prover.each(&plans, |of| {
        let found = asking.one(of);
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(&prover.words(of), so_far, plans.len());
        found
    })
}

struct Asking<'a, 's> {
    prover: &'a Prover<'s>,
    assumed: Formula<'s>,
    named: &'a BTreeSet<Dimension>,
    phrases: &'a Phrases<'a>,
}

impl<'s> Asking<'_, 's> {
    fn one(&self, of: &PlanOf<'s>) -> Serving {
        let subject: &'s Subject<'s> = self.prover.subject;
        let answered = subject.is_answered(of.number);
        let is_reached = match self.prover.find(vec![answered.clone()]) {
            Answer::Some(_) => Some(true),
            Answer::None => Some(false),
            Answer::Unknown => None,
        };
        let mut serving = Serving {
            route: of.route,
            arm: of.arm,
            is_reached,
            denials: self.denials(of),
            moves: Vec::new(),
            copies: Vec::new(),
            passed_over: Vec::new(),
            turned_away: Conditions { when: Vec::new(), is_all: true },
        };
        let (Some(plan), Some(true) | None) = (of.plan, is_reached) else { return serving };
        for (index, _) in self.moves(plan) {
            let applies = |how: Formula<'s>| {
                let parts = vec![answered.clone(), subject.moves(index, plan), how];
                !matches!(self.prover.find(parts), Answer::None)
            };
            serving.moves.extend(applies(subject.draws_some(index)).then_some(index));
            serving.copies.extend(applies(subject.copies_some(index)).then_some(index));
        }
        for target in self.all(plan) {
            let wanted =
                Formula::All(vec![self.may_stand(plan, target), subject.is_allowed(target).negated()]);
            let found = self.conditions(vec![answered.clone(), subject.is_able(target)], &wanted);
            if !found.when.is_empty() || !found.is_all {
                serving.passed_over.push((target, found));
            }
        }
        let base = vec![answered, self.some_able(plan)];
        serving.turned_away = self.conditions(base, &subject.nobody_left(plan));
        serving
    }

    /// Denials of which some hold of requests that it would answer.
    fn denials(&self, of: &PlanOf<'s>) -> Vec<usize> {
        let layer = self.prover.subject.rules.layer(LayerKind::Denials);
        let own = self.prover.subject.own(LayerKind::Answers, of.number);
        let meets = |boxes: &&'s [RuleBox]| {
            let parts = vec![Formula::Boxes(own, None), Formula::Boxes(boxes, None)];
            !matches!(self.prover.find(parts), Answer::None)
        };
        chunks(layer).filter(meets).map(|boxes| boxes[0].rule as usize).collect()
    }

    /// Who may stand in a plan, as written or in somebody's place.
    fn all(&self, plan: &Plan) -> Vec<TargetId> {
        let mut all = self.prover.subject.in_plan(plan);
        for (_, by) in self.moves(plan) {
            if !all.contains(&by.new) {
                all.push(by.new);
            }
        }
        all
    }

    /// The migrations whose old target stands in a plan as written, by position.
    fn moves(&self, plan: &Plan) -> Vec<(usize, &'s Migration)> {
        let written = self.prover.subject.in_plan(plan);
        let all = self.prover.subject.policy.migrations.iter().enumerate();
        all.filter(|(_, by)| written.contains(&by.old)).collect()
    }

    /// When a target stands in a plan, as written or in somebody's place.
    fn may_stand(&self, plan: &Plan, target: TargetId) -> Formula<'s> {
        let subject = self.prover.subject;
        let brought = self.moves(plan).into_iter().filter(|(_, by)| by.new == target);
        let brought = brought
            .map(|(index, _)| Formula::All(vec![subject.moves(index, plan), subject.draws_some(index)]));
        Formula::Any(std::iter::once(subject.stands(plan, target)).chain(brought).collect())
    }

    /// Somebody who may stand in a plan is able to take the request.
    fn some_able(&self, plan: &Plan) -> Formula<'s> {
        let able = |target: TargetId| {
            Formula::All(vec![self.may_stand(plan, target), self.prover.subject.is_able(target)])
        };
        Formula::Any(self.all(plan).into_iter().map(able).collect())
    }

    /// When something is so of requests of which `base` holds.
    fn conditions(&self, mut base: Vec<Formula<'s>>, wanted: &Formula<'s>) -> Conditions {
        let requests = &self.prover.requests;
        base.push(self.assumed.clone());
        let mut cells = Cells::default();
        let is_all = spaces::cells(requests, (&base, wanted), CELLS, &mut cells, |classes, _| {
            let mut because = Because::new(requests, self.named, classes);
            because.learn(wanted);
            (Some(()), because.constraints())
        });
        let found = cells.by_kind.into_values().flatten().collect();
        let joined = spaces::joined(requests, &base, found);
        Conditions { when: joined.iter().map(|space| self.phrases.space(space)).collect(), is_all }
    }
}
