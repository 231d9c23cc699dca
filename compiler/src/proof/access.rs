//! Which requests may be sent to a target, and by which answer: exact conditions in the language's own words, each with a request
//! that shows it.

use super::Progress;
use super::because::Because;
use super::formula::Formula;
use super::phrases::Phrases;
use super::prover::Prover;
use super::query::{Answer, WORK_LIMIT, Witness};
use super::spaces::{self, Cells, Space, is_of};
use super::subject::{PlanOf, Subject, before};
use super::witness;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::layers::LayerKind;
use crate::decision::partition::Meaning;
use crate::decision::{Computed, Rules};
use crate::model::{Condition, Policy, Predicate, RouteId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::Decision;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::Instant;

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// These targets, each at most once; empty: none.
    pub targets: &'a [TargetId],
    /// Only requests of which this holds.
    pub of: Option<&'a Condition>,
    /// From then on.
    pub from: Instant,
}

/// What may be sent to one target.
#[derive(Debug)]
pub struct Access {
    /// The target.
    pub target: TargetId,
    /// What it can hold and do, as a condition. All else is said of requests of which that holds.
    pub able: String,
    /// The callers of which some request may be sent to it, as a condition on `caller.team`: "always" for everybody's, none
    /// where nobody's is or that was not found out.
    pub callers: Option<String>,
    /// By which answers; in the order of the policy.
    pub ways: Vec<Way>,
}

/// Requests that one answer may send to a target while every limit and budget has room.
#[derive(Debug)]
pub struct Way {
    /// The route that answers.
    pub route: RouteId,
    /// The arm, of a route that has arms.
    pub arm: Option<u32>,
    /// The migrations that put the target there, by their position; none where it stands in the plan as written.
    pub moved_by: Vec<usize>,
    /// What all of them have in common.
    pub all: String,
    /// Which requests: each part for itself, without what all have in common.
    pub parts: Vec<Part>,
    /// The denials, by their position, that take some of these requests away.
    pub unless: Vec<usize>,
    /// False where there may be more requests than the parts say, as they were too many to be told apart.
    pub is_all: bool,
}

/// Some of these requests.
#[derive(Debug)]
pub struct Part {
    /// The approvals that have to be held, by the position of the rule that requires them.
    pub grants: BTreeSet<u32>,
    /// One of these holds.
    pub when: Vec<String>,
    /// One of the requests.
    pub request: Option<Attributes>,
}

/// So many boxes of one answer and target are looked at.
const CELLS: usize = 500;

/// Asks about each of the targets; in their order.
pub fn access(policy: &Arc<Policy>, asked: Asked<'_>, progress: Progress<'_>) -> Vec<Access> {
    let later = Condition::Not(Box::new(before(BuiltIn::TimeNow, asked.from.0.into())));
    let of = asked.of.cloned();
    let assumed = Condition::All(std::iter::once(later).chain(of).collect());
    let subject = Subject::new(policy, &[&assumed]);
    let holds = Formula::from(&subject.more[0]);
    let prover = Prover::new(policy, &subject, Some((holds.clone(), &assumed)), None);
    let named = named(policy, &subject.rules);
    let phrases = Phrases::new(policy, &subject.rules, std::slice::from_ref(&assumed));
    let asking = Asking { prover: &prover, assumed: holds, named: &named, phrases: &phrases };
    let done = AtomicUsize::new(0);
    prover.each(asked.targets, |target| {
        let found = asking.of_target(*target);
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(prover.target_name(*target), so_far, asked.targets.len());
        found
    })
}

/// What is computed and has a name that the policy's readers know.
pub(super) fn named(policy: &Policy, rules: &Rules) -> BTreeSet<Dimension> {
    let is_named = |dimension: &Dimension| match &rules.partition.axes()[dimension.0 as usize].meaning {
        Meaning::Computed(name) => policy.definitions.iter().filter(|one| one.name == *name).count() == 1,
        Meaning::Value(_) => true,
        _ => false,
    };
    rules.computed.iter().map(Computed::dimension).filter(is_named).collect()
}

/// What all of these boxes ask.
fn shared<'s>(mut spaces: impl Iterator<Item = &'s Space>) -> Space {
    let mut all = spaces.next().cloned().unwrap_or_default();
    for space in spaces {
        all.retain(|part| space.contains(part));
    }
    all
}

struct Asking<'a, 's> {
    prover: &'a Prover<'s>,
    assumed: Formula<'s>,
    named: &'a BTreeSet<Dimension>,
    phrases: &'a Phrases<'a>,
}

impl<'s> Asking<'_, 's> {
    fn subject(&self) -> &'s Subject<'s> {
        self.prover.subject
    }

    /// What is asked of all requests that a target may be sent.
    fn base(&self, target: TargetId) -> Vec<Formula<'s>> {
        let subject = self.subject();
        vec![self.assumed.clone(), subject.is_able(target), subject.is_denied().negated(), subject.has_room()]
    }

    fn of_target(&self, target: TargetId) -> Access {
        let subject = self.subject();
        let mut ways = Vec::new();
        let mut all = Vec::new();
        for of in &subject.plans {
            let Some(plan) = of.plan else { continue };
            let Some((_, attempt)) = subject.attempts(plan).into_iter().find(|(own, _)| *own == target)
            else {
                continue;
            };
            let wanted = Formula::All(vec![subject.is_answered(of.number), attempt.clone()]);
            if let Some(way) = self.way(target, of, &wanted) {
                all.push(wanted);
                ways.push(way);
            }
        }
        let callers = self.callers(target, &Formula::Any(all));
        Access { target, able: self.phrases.expression(subject.able(target)), callers, ways }
    }

    fn way(&self, target: TargetId, of: &PlanOf<'s>, wanted: &Formula<'s>) -> Option<Way> {
        let subject = self.subject();
        let requests = &self.prover.requests;
        let base = self.base(target);
        let mut cells = Cells::default();
        let is_all = spaces::cells(requests, (&base, wanted), CELLS, &mut cells, |classes, _| {
            let mut because = Because::new(requests, self.named, classes);
            because.learn(wanted);
            let space = because.constraints();
            (Some(self.grants(&space)), space)
        });
        if is_all && cells.seen.is_empty() {
            return None;
        }
        let mut joined = Vec::new();
        for (grants, found) in cells.by_kind {
            let held = self.held(&grants);
            let mut known = base.clone();
            known.extend((!held.is_empty()).then(|| Formula::from(is_of(&held))));
            joined.push((grants, spaces::joined(requests, &known, found), known));
        }
        let all = shared(joined.iter().flat_map(|(_, spaces, _)| spaces));
        let mut parts = Vec::new();
        let mut unless = BTreeSet::new();
        for (grants, spaces, known) in joined {
            unless.extend(self.denials(target, &spaces));
            let request = self.request(target, of, &known, wanted, &spaces);
            let own = |space: &Space| space.iter().filter(|part| !all.contains(part)).cloned().collect();
            let when = spaces.iter().map(|space| self.words(&own(space))).collect();
            parts.push(Part { grants, when, request });
        }
        let written = of.plan.map(|plan| subject.in_plan(plan)).unwrap_or_default();
        let migrations = self.prover.policy().migrations.iter().enumerate();
        let moves = migrations.filter(|(_, one)| one.new == target && written.contains(&one.old));
        let is_moved = |index: &usize| {
            let Some(plan) = of.plan else { return false };
            let mut parts = base.clone();
            parts.extend([
                subject.is_answered(of.number),
                subject.moves(*index, plan),
                subject.draws_some(*index),
            ]);
            !matches!(self.prover.find(parts), Answer::None)
        };
        let moved_by = moves.map(|(index, _)| index).filter(is_moved).collect();
        let unless = unless.into_iter().collect();
        let all = self.words(&all);
        Some(Way { route: of.route, arm: of.arm, moved_by, all, parts, unless, is_all })
    }

    /// The words of a box; grants are told apart from it.
    fn words(&self, space: &Space) -> String {
        let own: Space = space.iter().filter(|part| self.grant(part.dimension).is_none()).cloned().collect();
        self.phrases.space(&own)
    }

    /// The requirement whose grant a dimension is about.
    fn grant(&self, dimension: Dimension) -> Option<u32> {
        match &self.subject().rules.partition.axes()[dimension.0 as usize].meaning {
            Meaning::Holds(id, Predicate::Has(name)) if *id == BuiltIn::Granted.id() => {
                let rules = self.prover.policy().requirements.iter();
                rules.zip(0..).find(|(rule, _)| rule.name == *name).map(|(_, number)| number)
            }
            _ => None,
        }
    }

    /// The grants that a box asks for.
    fn grants(&self, space: &Space) -> BTreeSet<u32> {
        let held = space.iter().filter(|part| part.classes.contains(1) && !part.classes.contains(0));
        held.filter_map(|part| self.grant(part.dimension)).collect()
    }

    /// That grants are held.
    fn held(&self, grants: &BTreeSet<u32>) -> Space {
        let dimensions = self.subject().rules.partition.dimensions(BuiltIn::Granted.id());
        let own =
            dimensions.into_iter().filter(|one| self.grant(*one).is_some_and(|own| grants.contains(&own)));
        own.map(|dimension| Constraint { dimension, classes: ClassSet::one(1) }).collect()
    }

    /// The denials that hold of some request of these boxes otherwise.
    fn denials(&self, target: TargetId, found: &[Space]) -> Vec<usize> {
        let layer = self.subject().rules.layer(LayerKind::Denials);
        let meets = |boxes: &&[RuleBox], space: &Space| {
            let mut query = self.prover.requests.query();
            query.when(is_of(space)).when(Formula::Boxes(boxes, None));
            query.when(self.assumed.clone()).when(self.subject().is_able(target));
            let mut work = WORK_LIMIT;
            !matches!(query.find(None, &mut work), Answer::None)
        };
        let own = super::prover::chunks(layer).filter(|boxes| found.iter().any(|space| meets(boxes, space)));
        own.map(|boxes| boxes[0].rule as usize).collect()
    }

    /// The plainest request of some boxes, with draws where it takes those.
    fn request(
        &self,
        target: TargetId,
        of: &PlanOf<'s>,
        known: &[Formula<'s>],
        wanted: &Formula<'s>,
        found: &[Space],
    ) -> Option<Attributes> {
        let mut parts = known.to_vec();
        parts.push(wanted.clone());
        parts.push(Formula::from(is_of(found.first()?)));
        let Answer::Some(Witness { request, .. }) = self.prover.plainest(parts) else { return None };
        let is_sent = |_: &Attributes, decision: &Decision| {
            let asked = decision.candidates().map(|(target, _)| target);
            self.prover.gave(of, decision)
                && asked.chain(decision.shadow.iter().copied()).any(|one| one == target)
        };
        let drawn = witness::shown(self.prover.program(), &request, &is_sent);
        Some(drawn.map_or(request, |(drawn, _)| drawn))
    }

    /// The callers of which some request is one of these.
    fn callers(&self, target: TargetId, wanted: &Formula<'s>) -> Option<String> {
        let partition = &self.subject().rules.partition;
        let dimension = partition.dimensions(BuiltIn::CallerTeam.id()).first().copied();
        let within = |classes: ClassSet| match dimension {
            Some(dimension) => Formula::from(Expression::Within(Constraint { dimension, classes })),
            None => Formula::constant(true),
        };
        let mut found = ClassSet::none();
        loop {
            let mut parts = self.base(target);
            parts.push(wanted.clone());
            if dimension.is_some() {
                parts.push(within(found.clone()).negated());
            }
            match (self.prover.find(parts), dimension) {
                (Answer::Unknown, _) => return None,
                (Answer::Some(_), None) => return Some("always".to_owned()),
                (Answer::Some(classes), Some(dimension)) => {
                    found = found.or(&ClassSet::one(classes[dimension.0 as usize]));
                }
                (Answer::None, None) => return None,
                (Answer::None, Some(dimension)) => {
                    return match found.len() {
                        0 => None,
                        all if all == partition.count(dimension) => Some("always".to_owned()),
                        _ => Some(self.phrases.space(&[Constraint { dimension, classes: found }])),
                    };
                }
            }
        }
    }
}
