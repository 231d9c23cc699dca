//! What is owed to those who are asked, and what counts a request, where that differs.

use super::super::alike::Group;
use super::super::both::Which;
use super::super::outcome::Planned;
use super::{Kind, Look};
use crate::decision::boxes::ClassSet;
use crate::decision::layers::LayerKind;
use crate::proof::formula::Formula;
use std::collections::BTreeSet;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Tokens, Value};

impl<'s> Look<'_, 's> {
    /// What is owed to those who are asked on both sides.
    pub(super) fn owed(&mut self, old: &Planned<'s>, new: &Planned<'s>, asked: &BTreeSet<TargetId>) {
        let alike = self.pair.alike;
        for target in old.standing() {
            let canonical = alike.canonical(target);
            let Some(groups) = alike.owed.get(&canonical) else { continue };
            let Some(other) = new.standing().into_iter().find(|one| alike.canonical(*one) == canonical)
            else {
                continue;
            };
            let is_asked = asked.contains(&canonical);
            let mut is_different = false;
            for (group, _) in groups {
                let differs = self.group(group, target, other);
                if differs && is_asked {
                    is_different |= self.item(group, target, other);
                }
                // Who is not asked is owed nothing.
                if differs && !is_asked {
                    self.attempted(old, new, target, other);
                }
            }
            if is_different {
                self.attempted(old, new, target, other);
            }
        }
    }

    /// Why somebody is asked or not.
    fn attempted(&mut self, old: &Planned<'s>, new: &Planned<'s>, target: TargetId, other: TargetId) {
        let [one, two] = self.pair.sides;
        for (side, planned, target) in [(one, old, target), (two, new, other)] {
            self.eligibility(side, target);
            if !planned.written().contains(&target) || !planned.moves.is_empty() {
                self.all_of(side, planned);
            }
        }
    }

    /// Whether what a group says is not the same on both sides.
    fn group(&mut self, group: &Group, target: TargetId, other: TargetId) -> bool {
        if let Group::Cap(u64::MAX) = group {
            return true;
        }
        self.says(Which::Old, group, target) != self.says(Which::New, group, other)
    }

    fn says(&mut self, which: Which, group: &Group, target: TargetId) -> bool {
        let layer = self.pair.sides[0].subject.rules.layer(LayerKind::Obligations);
        let formula = Formula::Boxes(layer, Some(self.pair.alike.group(which, group))).of(target);
        self.because.learn(&formula)
    }

    /// Whether all that counts together with a group comes to something else; kept in words if so.
    fn item(&mut self, group: &Group, target: TargetId, other: TargetId) -> bool {
        let alike = self.pair.alike;
        let mut said: [Vec<Group>; 2] = Default::default();
        for (which, target) in [(Which::Old, target), (Which::New, other)] {
            for related in alike.related(which, group) {
                if self.says(which, &related, target) {
                    said[which as usize].push(related);
                }
            }
        }
        let (before, after) = (together(&said[0]), together(&said[1]));
        let (kind, words) = match group {
            Group::Cap(_) => {
                let output =
                    |target: TargetId| self.side(Which::Old).policy().catalogue.target(target).output.0;
                let caps = [(before, target), (after, other)].map(|(ruled, target)| {
                    let ruled = ruled.first().map(|(_, ruled, _)| *ruled);
                    (ruled, ruled.map_or(output(target), |ruled| ruled.min(output(target))))
                });
                if caps[0] == caps[1] || !self.caps_differ(caps) {
                    return false;
                }
                (Kind::Limits, "cap".to_owned())
            }
            _ if before == after => return false,
            Group::Redact(finding, ..) => (Kind::Inspection, format!("redact {finding}")),
            Group::Flag(name) => (Kind::Inspection, format!("flag {name}")),
            Group::Log(_) => (Kind::Inspection, "log".to_owned()),
        };
        self.found.kinds.insert(kind);
        self.found.items.insert(words);
        true
    }

    /// Whether caps make a difference to what the request asks for.
    fn caps_differ(&mut self, caps: [(Option<u64>, u64); 2]) -> bool {
        let subject = self.pair.sides[0].subject;
        let effect = |asked: u64| {
            caps.map(|(ruled, lowest)| match asked {
                0 => ruled.map(|_| lowest),
                asked => (lowest < asked).then_some(lowest),
            })
        };
        let Some(dimension) =
            subject.rules.partition.dimensions(BuiltIn::RequestOutput.id()).first().copied()
        else {
            let [one, other] = effect(0);
            return one != other;
        };
        let asked = |class: u32| match subject.rules.partition.ends(BuiltIn::RequestOutput.id(), class) {
            Some((Value::Tokens(Tokens(first)), _)) => first,
            _ => 0,
        };
        let own = effect(asked(self.classes[dimension.0 as usize]));
        let all = 0..subject.rules.partition.count(dimension);
        let is_different = |effect: [Option<u64>; 2]| effect[0] != effect[1];
        let alike = all.filter(|class| is_different(effect(asked(*class))) == is_different(own));
        self.because.within(dimension, &ClassSet::of(alike));
        is_different(own)
    }

    pub(super) fn counters(&mut self) {
        let [one, other] = self.pair.sides;
        for (old, new, is_same) in self.pair.alike.counters.clone() {
            let before = old.is_some_and(|number| self.because.learn(&one.counts(number)));
            let after = new.is_some_and(|number| self.because.learn(&other.counts(number)));
            if before != after || before && after && !is_same {
                self.found.kinds.insert(Kind::Limits);
                let number = new.or(old).unwrap_or_default();
                let counter = &one.policy().counters[number as usize];
                self.found.items.insert(counter.rule_name().to_string());
            }
        }
    }
}

/// What several rules come to: by name, the strictest number, whether it is put back.
fn together(said: &[Group]) -> Vec<(String, u64, bool)> {
    let mut found: Vec<(String, u64, bool)> = Vec::new();
    for group in said {
        match group {
            Group::Flag(name) => found.push((name.clone(), 0, false)),
            Group::Log(level) => match found.first_mut() {
                Some(known) => known.1 = known.1.max(*level as u64),
                None => found.push(("log".to_owned(), *level as u64, false)),
            },
            Group::Cap(tokens) => match found.first_mut() {
                Some(known) => known.1 = known.1.min(*tokens),
                None => found.push(("cap".to_owned(), *tokens, false)),
            },
            Group::Redact(finding, place, is_restored) => match found.first_mut() {
                Some(known) => {
                    // Only what masks the prompt can put it back.
                    known.2 = match (known.1, *place) {
                        (_, 1) => known.2,
                        (1, _) => *is_restored,
                        _ => known.2 && *is_restored,
                    };
                    known.1 = if known.1 == u64::from(*place) { known.1 } else { 2 };
                }
                None => found.push((finding.clone(), u64::from(*place), *is_restored)),
            },
        }
    }
    // Metadata is what is kept where nothing is said.
    found.retain(|(name, level, _)| name != "log" || *level != 1);
    found
}
