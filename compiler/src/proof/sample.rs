//! A request that a rule has part in, as plain as can be, with what is decided on it.

use super::formula::Formula;
use super::prover::Prover;
use super::query::Answer;
use super::stop::Stop;
use super::subject::{PlanOf, Subject, before};
use crate::decision::layers::LayerKind;
use crate::model::{Condition, Policy};
use std::sync::Arc;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::{Decision, Outcome, RuleName};
use wayleave_program::schema::BuiltIn;
use wayleave_program::source_view::Spot;
use wayleave_program::value::{Instant, Value};

/// A request from an instant on that a route or arm answers, that a `deny` refuses, of which a `forbid` removes a target, or
/// that no route answers; one that is served where there is one. None where no request is found, and of any other rule.
pub fn sample(
    policy: &Arc<Policy>,
    spot: &Spot,
    from: Instant,
    stop: &Stop,
) -> Option<(Attributes, Decision)> {
    let later = Condition::Not(Box::new(before(BuiltIn::TimeNow, from.0.into())));
    let subject = Subject::new(policy, &[&later]);
    let assumed = Formula::from(&subject.more[0]);
    let prover = Prover::new(policy, &subject, Some((assumed, &later)), None).until(stop);
    let sampling = Sampling { prover: &prover, from };
    match spot {
        Spot::Arm(route, arm) => sampling.answered(route, Some(*arm)),
        Spot::Rule(RuleName::Route(route)) => sampling.answered(route, None),
        Spot::Rule(RuleName::Deny(name)) => sampling.denied(name),
        Spot::Rule(RuleName::Forbid(name)) => sampling.forbidden(name),
        Spot::Rule(RuleName::Otherwise) => sampling.left_over(),
        Spot::Rule(_) => None,
    }
}

struct Sampling<'a, 's> {
    prover: &'a Prover<'s>,
    from: Instant,
}

impl<'s> Sampling<'_, 's> {
    fn shown(
        &self,
        parts: Vec<Formula<'s>>,
        shows: &dyn Fn(&Decision) -> bool,
    ) -> Option<(Attributes, Decision)> {
        let found = match self.prover.shown_plainly(parts, &|_, decision| shows(decision)) {
            Answer::Some(shown) => (shown.request, shown.decision),
            Answer::None | Answer::Unknown => return None,
        };
        // Of all the time from then on, that instant is the plainest.
        let mut at_once = found.0.clone();
        if at_once.get(BuiltIn::TimeNow.id()).is_some() {
            at_once.set(BuiltIn::TimeNow.id(), Value::Instant(self.from));
            let decision = self.prover.program().decide(&at_once);
            if shows(&decision) {
                return Some((at_once, decision));
            }
        }
        Some(found)
    }

    /// The answers of a route: of one arm, or all.
    fn answers(&self, route: &str, arm: Option<u32>) -> Vec<&'s PlanOf<'s>> {
        let subject = self.prover.subject;
        let is_meant =
            |of: &&PlanOf<'_>| self.prover.route(of).name == route && (arm.is_none() || of.arm == arm);
        subject.plans.iter().filter(is_meant).collect()
    }

    fn answered(&self, route: &str, arm: Option<u32>) -> Option<(Attributes, Decision)> {
        let subject = self.prover.subject;
        let answers = self.answers(route, arm);
        let served = answers.iter().find_map(|of| {
            let is_served =
                |decision: &Decision| self.prover.gave(of, decision) && decision.outcome == Outcome::Route;
            let some = subject.nobody_left(of.plan?).negated();
            self.shown(vec![subject.is_answered(of.number), some, subject.has_room()], &is_served)
        });
        served.or_else(|| {
            answers.iter().find_map(|of| {
                let is_here = |decision: &Decision| self.prover.gave(of, decision);
                self.shown(vec![subject.is_answered(of.number)], &is_here)
            })
        })
    }

    fn denied(&self, name: &str) -> Option<(Attributes, Decision)> {
        let number = self.prover.policy().denials.iter().position(|rule| rule.name == name)?;
        let rule = RuleName::Deny(name.to_owned());
        let is_by = |decision: &Decision| decision.reasons.iter().any(|reason| reason.by == rule);
        let holds = self.prover.subject.holds(LayerKind::Denials, u32::try_from(number).ok()?);
        self.shown(vec![holds], &is_by)
    }

    fn forbidden(&self, name: &str) -> Option<(Attributes, Decision)> {
        let subject = self.prover.subject;
        let number = self.prover.policy().prohibitions.iter().position(|rule| rule.name == name)?;
        let holds = subject.holds(LayerKind::Prohibitions, u32::try_from(number).ok()?);
        let rule = RuleName::Forbid(name.to_owned());
        let is_by = |decision: &Decision| {
            let mut reasons = decision.removed.iter().flat_map(|removed| &removed.reasons);
            reasons.any(|reason| reason.by == rule)
        };
        subject.plans.iter().find_map(|of| {
            let plan = of.plan?;
            subject.in_plan(plan).into_iter().find_map(|target| {
                let stands = subject.stands(plan, target);
                self.shown(vec![subject.is_answered(of.number), stands, holds.clone().of(target)], &is_by)
            })
        })
    }

    fn left_over(&self) -> Option<(Attributes, Decision)> {
        let is_by =
            |decision: &Decision| decision.reasons.iter().any(|reason| reason.by == RuleName::Otherwise);
        self.shown(vec![self.prover.subject.is_left_over()], &is_by)
    }
}
