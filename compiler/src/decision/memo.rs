//! Decisions of many requests one after the other: by numbers, and made into words once for all of the same numbers.

use super::program::Compiled;
use super::verdict::{Behind, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::{Decision, Outcome};

/// So many different decisions are kept; then it begins anew.
const KEPT: usize = 50_000;

/// What a program decides of one request after the other, on one thread.
#[derive(Debug)]
pub struct Decisions<'p> {
    program: &'p Compiled,
    verdict: Verdict,
    numbers: Vec<u32>,
    known: BTreeMap<Vec<u32>, Arc<Decision>>,
}

impl<'p> Decisions<'p> {
    /// Of a program.
    pub fn new(program: &'p Compiled) -> Decisions<'p> {
        Decisions { program, verdict: Verdict::new(), numbers: Vec::new(), known: BTreeMap::new() }
    }

    /// What is decided, without what tells of this request alone: its findings, and the words of reasons, which stand there by
    /// their rules.
    pub fn decide(&mut self, attributes: &Attributes) -> Arc<Decision> {
        let known = self.program.looked_through(attributes);
        self.program.decide_by_number(&known, &mut self.verdict);
        write_numbers(&self.verdict, &mut self.numbers);
        // Until when depends on the time, not on numbers.
        let is_kept = self.verdict.full.is_empty();
        if is_kept && let Some(decision) = self.known.get(&self.numbers) {
            return Arc::clone(decision);
        }
        let mut decision = self.program.decision(&known, &self.verdict);
        decision.findings.clear();
        let of_removed = decision.removed.iter_mut().flat_map(|removed| &mut removed.reasons);
        decision.reasons.iter_mut().chain(of_removed).for_each(|reason| reason.words.clear());
        let decision = Arc::new(decision);
        if is_kept {
            if self.known.len() >= KEPT {
                self.known.clear();
            }
            self.known.insert(self.numbers.clone(), Arc::clone(&decision));
        }
        decision
    }
}

/// All that a decision is made of, each list behind its length.
fn write_numbers(verdict: &Verdict, numbers: &mut Vec<u32>) {
    numbers.clear();
    let outcome = match verdict.outcome {
        Outcome::Route => 0,
        Outcome::Deny => 1,
        Outcome::ApprovalRequired => 2,
        Outcome::Limited => 3,
    };
    let behind = match verdict.behind {
        Behind::Denials => 0,
        Behind::Otherwise => 1,
        Behind::Arm => 2,
        Behind::Plan => 3,
    };
    numbers.extend([outcome, behind, verdict.answer.map_or(0, |answer| answer + 1)]);
    let mut list = |count: usize, own: &mut dyn Iterator<Item = u32>| {
        numbers.push(count as u32);
        numbers.extend(own);
    };
    list(verdict.denials.len(), &mut verdict.denials.iter().copied());
    // A stage's time limit and order are the plan's, but which of its stages are left is not.
    let stages = verdict.stages.iter().flat_map(|(part, within, order)| {
        let within = within.unwrap_or(u64::MAX);
        [part.from, part.to, within as u32, (within >> 32) as u32, *order as u32]
    });
    list(verdict.stages.len(), &mut stages.into_iter());
    list(verdict.candidates.len(), &mut verdict.candidates.iter().map(|target| target.0));
    let removed = verdict.removed.iter().flat_map(|(target, part)| [target.0, part.from, part.to]);
    list(verdict.removed.len(), &mut removed.into_iter());
    list(verdict.against.len(), &mut verdict.against.iter().flat_map(|against| against.numbers()));
    list(verdict.shadows.len(), &mut verdict.shadows.iter().map(|target| target.0));
    list(verdict.moves.len(), &mut verdict.moves.iter().flat_map(|(by, drawn)| [*by, u32::from(*drawn)]));
    let owed = verdict.owed.iter().flat_map(|owed| {
        let cap = owed.cap.unwrap_or(u64::MAX);
        [owed.target.0, owed.rules.from, owed.rules.to, cap as u32, (cap >> 32) as u32]
    });
    list(verdict.owed.len(), &mut owed.into_iter());
    list(verdict.owing.len(), &mut verdict.owing.iter().copied());
    list(verdict.counters.len(), &mut verdict.counters.iter().copied());
    list(verdict.tried.len(), &mut verdict.tried.iter().copied());
    let tried_of = verdict.tried_of.iter().flat_map(|(rule, target)| [*rule, target.0]);
    list(verdict.tried_of.len(), &mut tried_of.into_iter());
}
