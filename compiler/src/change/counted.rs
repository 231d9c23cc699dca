//! What is counted otherwise and stops nobody: a budget after which it goes on. Decisions read how much of it is spent, which
//! the two policies then know otherwise of the same requests.

use super::Compared;
use super::beside::Other;
use crate::Sources;
use crate::decision::boxes::Expression;
use crate::model::{Counter, Policy};
use crate::proof::formula::Formula;
use crate::proof::query::{Answer, Requests, WORK_LIMIT};
use std::collections::{BTreeMap, BTreeSet};

impl Compared<'_> {
    /// The counters of both that stop nobody, old and new, by their numbers in both. `paired`: by counter of the new side,
    /// that of the old one.
    pub(super) fn continuing(&self, paired: &BTreeMap<u32, u32>) -> Vec<(u32, u32)> {
        let is_enforced = |number: u32| self.both.policy.counters[number as usize].is_enforced;
        let pairs = paired.iter().map(|(new, old)| (*old, *new));
        pairs.filter(|(old, new)| !is_enforced(*old) && !is_enforced(*new)).collect()
    }

    /// A row for each of them that counts otherwise. `counting`: which requests each counts, old and new in turn.
    pub(super) fn counted<'s>(
        &self,
        requests: &Requests<'s>,
        assumed: &[Formula<'s>],
        paired: &BTreeMap<u32, u32>,
        counting: &'s [Expression],
    ) -> Vec<Other> {
        let counters = &self.both.policy.counters;
        let mut rows = Vec::new();
        for ((old, new), conditions) in self.continuing(paired).into_iter().zip(counting.chunks(2)) {
            let (before, after) = (&counters[old as usize], &counters[new as usize]);
            let each =
                |counter: &Counter| counter.each.map(|id| self.both.policy.schema.attribute(id).name.clone());
            let is_same = before.amount == after.amount && each(before) == each(after);
            if is_same && !are_unlike(requests, assumed, conditions) {
                continue;
            }
            let first = self.old.counters.len();
            let (was, is) = (&self.old.counters[old as usize], &self.new.counters[new as usize - first]);
            let words = |sources: Sources, counter: &Counter| {
                let text = sources.one_line(counter.span);
                text.split_once(':').map_or(text.clone(), |(_, amount)| amount.trim().to_owned())
            };
            rows.push(Other {
                what: is.rule_name().to_string(),
                old: Some(words(self.old.sources(), was)),
                new: Some(words(self.new.sources(), is)),
                widens: false,
            });
        }
        rows
    }
}

/// Whether of one request one of two holds and the other does not.
fn are_unlike(requests: &Requests<'_>, assumed: &[Formula<'_>], both: &[Expression]) -> bool {
    let [one, other] = both else { return false };
    [(one, other), (other, one)].iter().any(|(holds, fails)| {
        let mut query = requests.query();
        query.when(*holds).unless(*fails);
        assumed.iter().for_each(|assumed| {
            query.when(assumed.clone());
        });
        let mut work = WORK_LIMIT;
        !matches!(query.find(None, &mut work), Answer::None)
    })
}

/// By counter of the new policy, that of the old one whose state it keeps: the same name, or else the same words under
/// another name.
pub(super) fn paired_counters(old: &Policy, new: &Policy) -> BTreeMap<usize, usize> {
    let mut paired = BTreeMap::new();
    let name = |policy: &Policy, index: usize| policy.counters[index].name.clone();
    for index in 0..new.counters.len() {
        if let Some(other) = (0..old.counters.len()).find(|other| name(old, *other) == name(new, index)) {
            paired.insert(index, other);
        }
    }
    let each = |policy: &Policy, index: usize| {
        policy.counters[index].each.map(|id| policy.schema.attribute(id).name.clone())
    };
    for (index, counter) in new.counters.iter().enumerate() {
        if paired.contains_key(&index) {
            continue;
        }
        let taken: BTreeSet<usize> = paired.values().copied().collect();
        let is_same = |other: &usize| {
            let known = &old.counters[*other];
            !taken.contains(other)
                && known.amount == counter.amount
                && known.is_enforced == counter.is_enforced
                && each(old, *other) == each(new, index)
        };
        if let Some(other) = (0..old.counters.len()).find(is_same) {
            paired.insert(index, other);
        }
    }
    paired
}
