//! R0501: migrations whose new target is not eligible for every request that the old one serves; R0502: phases in which one of
//! the two serves nobody of the requests that are left on it or sent to it.

use super::formula::Formula;
use super::prover::{Prover, Shown};
use super::query::Answer;
use super::reach::Reached;
use super::subject::PlanOf;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Migration, Plan};
use std::collections::BTreeSet;
use wayleave_program::decision::Migrated;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Instant, Value};

pub(super) fn unfit(prover: &Prover<'_>, reached: &Reached) -> Vec<Diagnostic> {
    let numbers: Vec<usize> = (0..prover.policy().migrations.len()).collect();
    prover.each(&numbers, |number| unfit_one(prover, reached, *number)).into_iter().flatten().collect()
}

/// What is asked of one migration.
struct Asked<'a, 's> {
    prover: &'a Prover<'s>,
    number: usize,
    by: &'s Migration,
    /// The answers whose plans its old target may stand in.
    plans: Vec<(PlanOf<'s>, &'s Plan)>,
}

fn unfit_one(prover: &Prover<'_>, reached: &Reached, number: usize) -> Vec<Diagnostic> {
    let by = &prover.policy().migrations[number];
    let stands = |of: &PlanOf<'_>| reached.classes[of.number as usize].is_some();
    let plans = prover.subject.plans.iter().filter(|of| stands(of)).filter_map(|of| Some((*of, of.plan?)));
    let plans = plans.filter(|(_, plan)| prover.subject.in_plan(plan).contains(&by.old)).collect();
    let asked = Asked { prover, number, by, plans };
    let mut found = Vec::new();
    let sent = asked.phases(true, &mut found);
    asked.phases(false, &mut found);
    // What is told of a phase is not told once more.
    let eligible = |target| prover.subject.is_eligible(target);
    let mut parts = vec![prover.subject.draws_some(number), eligible(by.old), eligible(by.new).negated()];
    parts.extend(sent.into_iter().map(|phase| phase.negated()));
    match asked.shown(&parts, true) {
        Answer::None => {}
        Answer::Unknown => {
            let question = format!("whether `migrate {}` can serve all that it moves", by.name);
            found.push(prover.too_large(by.span, &question));
        }
        Answer::Some(shown) => {
            let (old, new) = (prover.target_name(by.old), prover.target_name(by.new));
            let reasons = shown.decision.removed.iter().find(|removed| removed.target == by.new);
            let why = reasons
                .and_then(|removed| removed.reasons.first())
                .map(|reason| format!(": {}", reason.words));
            let message = format!(
                "`migrate {}` moves a request to `{new}`, which is not eligible for it, as `{old}` is{}",
                by.name,
                why.unwrap_or_default()
            );
            let diagnostic = Diagnostic::new(Code::R0501, message, by.span, "moves it").with_help(format!(
                "let `{new}` serve it, or leave such requests out of the migration's `when`"
            ));
            found.push(prover.with_witness(diagnostic, &shown));
        }
    }
    found
}

impl<'s> Asked<'_, 's> {
    /// A request of some plan that is moved, of which all of it holds.
    fn some(&self, parts: &[Formula<'s>]) -> Answer<(PlanOf<'s>, Vec<u32>)> {
        for (of, plan) in &self.plans {
            match self.prover.find(self.of(*of, plan, parts)) {
                Answer::Some(classes) => return Answer::Some((*of, classes)),
                Answer::Unknown => return Answer::Unknown,
                Answer::None => {}
            }
        }
        Answer::None
    }

    fn of(&self, of: PlanOf<'s>, plan: &'s Plan, parts: &[Formula<'s>]) -> Vec<Formula<'s>> {
        let subject = self.prover.subject;
        let mut all = vec![subject.is_answered(of.number), subject.moves(self.number, plan)];
        all.extend(parts.iter().cloned());
        all
    }

    /// `is_drawn`: whether the request goes to the new target.
    fn shown(&self, parts: &[Formula<'s>], is_drawn: bool) -> Answer<Shown> {
        for (of, plan) in &self.plans {
            let shows = |_: &_, decision: &wayleave_program::decision::Decision| {
                let own = |moved: &Migrated| moved.name == self.by.name && moved.is_drawn == is_drawn;
                decision.migrations.iter().any(own)
            };
            match self.prover.shown(self.of(*of, plan, parts), &shows) {
                Answer::None => {}
                other => return other,
            }
        }
        Answer::None
    }

    /// The phases in which requests are sent to the new target, or left on the old one, that serves none of them, while the
    /// other serves some.
    fn phases(&self, is_sent: bool, found: &mut Vec<Diagnostic>) -> Vec<Formula<'s>> {
        let subject = self.prover.subject;
        let by = self.by;
        let (dead, other) = if is_sent { (by.new, by.old) } else { (by.old, by.new) };
        let applies = |parts: &mut Vec<Formula<'s>>| {
            parts.push(subject.draws_some(self.number));
            if !is_sent {
                parts.push(subject.draws_all(self.number).negated());
            }
        };
        let mut known: BTreeSet<u32> = BTreeSet::new();
        let mut asked: Vec<u32> = Vec::new();
        loop {
            let mut parts = vec![subject.is_eligible(other), subject.is_eligible(dead).negated()];
            applies(&mut parts);
            parts.extend(asked.iter().map(|phase| self.within(*phase, *phase).negated()));
            let Answer::Some((_, classes)) = self.some(&parts) else { break };
            let Some(phase) = self.phase(&classes) else { break };
            asked.push(phase);
            let mut some = vec![self.within(phase, phase), subject.is_eligible(dead)];
            applies(&mut some);
            if matches!(self.some(&some), Answer::None) {
                known.insert(phase);
            }
        }
        // Phases that follow each other are one.
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for phase in known {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == phase => *last = phase,
                _ => runs.push((phase, phase)),
            }
        }
        for (first, last) in &runs {
            let mut parts = vec![
                self.within(*first, *first),
                subject.is_eligible(other),
                subject.is_eligible(dead).negated(),
            ];
            applies(&mut parts);
            if let Answer::Some(shown) = self.shown(&parts, is_sent) {
                found.push(self.told(is_sent, (*first, *last), &shown));
            }
        }
        runs.into_iter().map(|(first, last)| self.within(first, last)).collect()
    }

    /// The phase of a request.
    fn phase(&self, classes: &[u32]) -> Option<u32> {
        let partition = &self.prover.subject.rules.partition;
        let dimension = *partition.dimensions(BuiltIn::TimeNow.id()).first()?;
        Some(classes[dimension.0 as usize])
    }

    /// That the time is within these phases, both inside.
    fn within(&self, first: u32, last: u32) -> Formula<'s> {
        let partition = &self.prover.subject.rules.partition;
        let dimensions = partition.dimensions(BuiltIn::TimeNow.id());
        let within = |dimension: &Dimension| {
            let constraint = Constraint { dimension: *dimension, classes: ClassSet::range(first, last) };
            Formula::from(Expression::Within(constraint))
        };
        dimensions.first().map_or(Formula::constant(true), within)
    }

    /// "from 2027-02-01 until 2027-06-30"
    fn when(&self, (first, last): (u32, u32)) -> String {
        let zone = &self.prover.policy().schema.zone;
        let partition = &self.prover.subject.rules.partition;
        let ends = |phase: u32| partition.ends(BuiltIn::TimeNow.id(), phase);
        let from = match ends(first) {
            Some((Value::Instant(from), _)) if from.0 > i64::MIN => format!("from {}", zone.write_date(from)),
            _ => "from the beginning".to_owned(),
        };
        match ends(last) {
            Some((_, Value::Instant(end))) if end.0 < i64::MAX => {
                format!("{from} until {}", zone.write_date(Instant(end.0 + 1)))
            }
            _ => format!("{from} on"),
        }
    }

    fn told(&self, is_sent: bool, phases: (u32, u32), shown: &Shown) -> Diagnostic {
        let (prover, by) = (self.prover, self.by);
        let (old, new) = (prover.target_name(by.old), prover.target_name(by.new));
        let when = self.when(phases);
        let (message, help) = match is_sent {
            true => (
                format!(
                    "{when}, `migrate {}` sends requests to `{new}`, which is eligible for none of them then, as `{old}` is for some",
                    by.name
                ),
                format!("approve `{new}` for as long as the migration moves requests to it, or begin later"),
            ),
            false => (
                format!(
                    "{when}, `migrate {}` leaves requests on `{old}`, which is eligible for none of them then, as `{new}` is for some",
                    by.name
                ),
                format!("move all of them to `{new}` before `{old}` ends, or approve `{old}` until then"),
            ),
        };
        prover.with_witness(
            Diagnostic::new(
                Code::R0502,
                message,
                by.span,
                "its phases and those of the approvals do not fit",
            )
            .with_help(help),
            shown,
        )
    }
}
