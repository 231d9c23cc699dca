//! One of two policies as a part of both: each step of its decision as a formula over the classes of both.

use super::both::{Both, Part, Which};
use crate::decision::boxes::{Dimension, Expression, RuleBox};
use crate::decision::layers::{LayerKind, Owing};
use crate::model::{Plan, Policy, RouteId, Who};
use crate::proof::formula::Formula;
use crate::proof::subject::{PlanOf, Subject, members};
use std::ops::Range;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Instant, Share, Value};

/// One of the two.
#[derive(Debug)]
pub(super) struct Side<'s> {
    pub(super) subject: &'s Subject<'s>,
    pub(super) part: &'s Part,
    denials: &'s [RuleBox],
    answers: &'s [RuleBox],
    /// The numbers of its answers.
    pub(super) numbers: Range<u32>,
    /// The lists of targets that a caller's `model` can name, each with when it does.
    pub(super) named: Vec<(&'s [TargetId], &'s Expression)>,
    /// That a request has a value that it refuses to read.
    strange: Vec<&'s Expression>,
}

/// The boxes of rules within a range.
fn within(boxes: &[RuleBox], range: Range<u32>) -> &[RuleBox] {
    let first = boxes.partition_point(|one| one.rule < range.start);
    let end = boxes.partition_point(|one| one.rule < range.end);
    &boxes[first..end]
}

impl<'s> Side<'s> {
    /// `named`, `strange`: the expressions of what the part says of them, in its order.
    pub(super) fn new(
        which: Which,
        both: &'s Both,
        subject: &'s Subject<'s>,
        named: &'s [Expression],
        strange: &'s [Expression],
    ) -> Side<'s> {
        let part = both.part(which);
        let is_own = |of: &&PlanOf<'_>| part.routes.contains(&of.route.0);
        let own: Vec<u32> = subject.plans.iter().filter(is_own).map(|of| of.number).collect();
        let numbers = own.first().map_or(0..0, |first| *first..first + own.len() as u32);
        Side {
            subject,
            part,
            denials: within(subject.rules.layer(LayerKind::Denials), part.denials.clone()),
            answers: within(subject.rules.layer(LayerKind::Answers), numbers.clone()),
            numbers,
            named: part.named.keys().map(Vec::as_slice).zip(named).collect(),
            strange: strange.iter().collect(),
        }
    }

    /// Of both.
    pub(super) fn policy(&self) -> &'s Policy {
        self.subject.policy
    }

    /// The boxes of its denials.
    pub(super) fn denials(&self) -> &'s [RuleBox] {
        self.denials
    }

    /// The boxes of its answers.
    pub(super) fn answers(&self) -> &'s [RuleBox] {
        self.answers
    }

    /// Some `deny` holds, or it refuses to read a value.
    pub(super) fn is_denied(&self) -> Formula<'s> {
        Formula::Any(vec![Formula::Boxes(self.denials, None), self.is_strange()])
    }

    /// What it refuses to read.
    pub(super) fn strange(&self) -> &[&'s Expression] {
        &self.strange
    }

    /// It refuses to read a value.
    pub(super) fn is_strange(&self) -> Formula<'s> {
        Formula::Any(self.strange.iter().map(|strange| Formula::from(*strange)).collect())
    }

    /// This answer holds, and none before it; whether a `deny` holds is not asked.
    pub(super) fn is_answered(&self, number: u32) -> Formula<'s> {
        let first = self.answers.partition_point(|one| one.rule < number);
        let end = self.answers.partition_point(|one| one.rule <= number);
        Formula::All(vec![
            Formula::Boxes(&self.answers[first..end], None),
            Formula::Boxes(&self.answers[..first], None).negated(),
        ])
    }

    /// This answer holds; others may before it.
    pub(super) fn holds(&self, number: u32) -> Formula<'s> {
        Formula::Boxes(self.boxes(number), None)
    }

    /// The boxes of an answer.
    pub(super) fn boxes(&self, number: u32) -> &'s [RuleBox] {
        within(self.answers, number..number + 1)
    }

    /// No answer holds.
    pub(super) fn is_left_over(&self) -> Formula<'s> {
        Formula::Boxes(self.answers, None).negated()
    }

    /// The number of the answer that a request of these classes has.
    pub(super) fn answer(&self, classes: &[u32]) -> Option<u32> {
        self.answers.iter().find(|one| one.holds(classes)).map(|one| one.rule)
    }

    pub(super) fn plan(&self, number: u32) -> Option<&'s Plan> {
        self.subject.plans[number as usize].plan
    }

    pub(super) fn route(&self, number: u32) -> RouteId {
        self.subject.plans[number as usize].route
    }

    /// By which name its splits are drawn.
    pub(super) fn route_name(&self, number: u32) -> &'s str {
        &self.policy().routes[self.route(number).0 as usize].name
    }

    /// A target may be asked.
    pub(super) fn is_eligible(&self, target: TargetId) -> Formula<'s> {
        Formula::All(vec![self.base(target), self.subject.lacks_grant(target).negated()])
    }

    /// A target may be asked, as far as no grant is needed.
    pub(super) fn base(&self, target: TargetId) -> Formula<'s> {
        Formula::All(vec![self.subject.is_able(target), self.subject.is_approved(target)])
    }

    /// Every target that can stand in a plan as written, each once.
    pub(super) fn in_plan(&self, plan: &Plan) -> Vec<TargetId> {
        let mut found: Vec<TargetId> = Vec::new();
        for stage in &plan.stages {
            let own: Vec<TargetId> = match &stage.who {
                Who::Requested => {
                    self.named.iter().flat_map(|(targets, _)| targets.iter().copied()).collect()
                }
                who => members(who),
            };
            for target in own {
                if !found.contains(&target) {
                    found.push(target);
                }
            }
        }
        found
    }

    /// When a target stands in a plan as written.
    pub(super) fn stands(&self, plan: &Plan, target: TargetId) -> Formula<'s> {
        let mut ways = Vec::new();
        for stage in &plan.stages {
            match &stage.who {
                Who::Requested => {
                    let own = self.named.iter().filter(|(targets, _)| targets.contains(&target));
                    ways.extend(own.map(|(_, named)| Formula::from(*named)));
                }
                who if members(who).contains(&target) => ways.push(Formula::constant(true)),
                _ => {}
            }
        }
        Formula::Any(ways)
    }

    /// A migration's own condition holds.
    pub(super) fn migrates(&self, migration: u32) -> Formula<'s> {
        self.subject.holds(LayerKind::Migrations, migration)
    }

    /// A counter counts the request.
    pub(super) fn counts(&self, counter: u32) -> Formula<'s> {
        self.subject.holds(LayerKind::Counters, counter)
    }

    /// The numbers in their layer of the obligations of this side, with what each is.
    pub(super) fn obligations(&self) -> impl Iterator<Item = (u32, Owing)> + use<'s> {
        let part = self.part;
        let is_own = move |owing: &Owing| match owing {
            Owing::Redaction(index) => part.redactions.contains(index),
            Owing::Flag(index) => part.flags.contains(index),
            Owing::Cap(index) => part.caps.contains(index),
            Owing::Log(index) => part.logs.contains(index),
        };
        let all = self.subject.rules.obligations.iter().zip(0_u32..);
        all.map(|(owing, number)| (number, *owing)).filter(move |(_, owing)| is_own(owing))
    }

    /// The dimension of the time, where something tests it.
    pub(super) fn clock(&self) -> Option<Dimension> {
        self.subject.rules.partition.dimensions(BuiltIn::TimeNow.id()).first().copied()
    }

    /// An instant of a class of the time.
    pub(super) fn instant(&self, class: u32) -> Option<Instant> {
        match self.subject.rules.partition.ends(BuiltIn::TimeNow.id(), class) {
            Some((Value::Instant(first), _)) => Some(first),
            _ => None,
        }
    }
}

/// What a migration does at some time: which share it moves, and which share of the rest it copies.
pub(super) fn phase(migration: &crate::model::Migration, now: Instant) -> (Share, Share) {
    let begun = |step: &&(Instant, Share)| step.0 <= now;
    let moved = migration.ramp.iter().take_while(begun).last().map(|(_, share)| *share).unwrap_or_default();
    let copied = migration.shadow.filter(|(_, until)| until.is_none_or(|until| now < until));
    (moved, copied.map(|(share, _)| share).unwrap_or_default())
}
