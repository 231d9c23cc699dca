//! R0304, R0305, R0308, R0315, and who can be asked at all: what becomes of plans.

use super::{Finding, Seen, World};
use std::collections::BTreeSet;
use wayleave_compiler::Code;
use wayleave_compiler::model::Who;
use wayleave_compiler::{FileId, Span};
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Share, Value};

impl World<'_> {
    /// The share that a migration has reached at the time of a request.
    pub(super) fn share(&self, seen: &Seen, migration: usize) -> Share {
        let ramp = &self.policy.migrations[migration].ramp;
        ramp.iter().rfind(|(from, _)| *from <= seen.now).map_or(Share(0), |(_, share)| *share)
    }

    /// Whoever may be asked on behalf of a request: a candidate, or one that gets a copy.
    pub(super) fn attempts(&self, seen: &Seen) -> BTreeSet<TargetId> {
        let mut attempts: BTreeSet<TargetId> =
            seen.standing().into_iter().filter(|target| seen.is_eligible(*target)).collect();
        for number in &seen.moves {
            let migration = &self.policy.migrations[*number];
            let share = self.share(seen, *number);
            let is_copied = migration.shadow.is_some_and(|(copied, until)| {
                copied > Share(0)
                    && until.is_none_or(|until| seen.now < until)
                    && share < super::WHOLE
                    && seen.is_eligible(migration.old)
            });
            if seen.is_eligible(migration.new) && (share > Share(0) || is_copied) {
                attempts.insert(migration.new);
            }
        }
        attempts
    }

    /// Whoever may be a candidate, a copy apart.
    pub(super) fn is_routed(&self, seen: &Seen) -> bool {
        seen.has_room && !self.attempts(seen).is_empty()
    }

    /// Whether nobody is left for some draws.
    pub(super) fn may_be_left_alone(&self, seen: &Seen) -> bool {
        let is_surely_new = |number: &&usize| {
            self.share(seen, **number) >= super::WHOLE
                && seen.is_eligible(self.policy.migrations[**number].new)
        };
        let stands = seen.standing().into_iter().any(|target| seen.is_eligible(target));
        !stands && !seen.moves.iter().any(|number| is_surely_new(&number))
    }

    /// The head of each route that turns somebody away for want of capability or context.
    pub(super) fn turned_away(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        for seen in &self.seen {
            let Some((route, _)) = seen.answer else { continue };
            let standing = seen.standing();
            let somebody_is_allowed = standing.iter().any(|target| seen.is_allowed(*target));
            let nobody_is_able = !standing.iter().any(|target| seen.is_able(*target));
            if somebody_is_allowed && nobody_is_able && self.may_be_left_alone(seen) {
                found.insert((Code::R0304, self.policy.routes[route].head));
            }
        }
        found
    }

    /// Where candidates stand that are never eligible there.
    pub(super) fn never_eligible(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        for route in 0..self.policy.routes.len() {
            for arm in 0..self.arms(route).len().max(1) {
                let Some(plan) = self.plan_of(route, arm) else { continue };
                let answered: Vec<&Seen> =
                    self.seen.iter().filter(|seen| seen.answer == Some((route, arm))).collect();
                let members = plan.stages.iter().flat_map(|stage| match &stage.who {
                    Who::Target(target) => vec![*target],
                    Who::Requested => Vec::new(),
                    Who::Split(_, shares) => shares.iter().map(|(_, target)| *target).collect(),
                    Who::Ordered(_, members) => members.clone(),
                });
                for target in members {
                    if !answered.is_empty() && !answered.iter().any(|seen| seen.is_eligible(target)) {
                        found.insert((Code::R0305, self.place(route, arm)));
                    }
                }
            }
        }
        found
    }

    /// The arms some request of which is served by the first stage, and which nobody else could take over.
    pub(super) fn without_backup(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        for seen in &self.seen {
            let Some((route, arm)) = seen.answer else { continue };
            let Some((first, later)) = seen.stages.split_first() else { continue };
            let served = first.members.iter().filter(|target| seen.is_eligible(**target)).count();
            // Of members that are tried one after the other each takes over from the other.
            let is_served = if first.is_ordered { served == 1 } else { served > 0 };
            let others: Vec<TargetId> = later
                .iter()
                .flat_map(|stage| stage.members.iter().copied())
                .filter(|target| !first.members.contains(target))
                .collect();
            let takes_over = others.iter().any(|target| seen.is_eligible(*target));
            let would = others.iter().any(|target| seen.is_allowed(*target) && !seen.is_able(*target));
            if is_served && !takes_over && would {
                found.insert((Code::R0308, self.place(route, arm)));
            }
        }
        found
    }

    /// Where aliases are declared on which nobody is served.
    pub(super) fn unserved_aliases(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        let text = self.policy.sources().file(FileId(0)).text.clone();
        for alias in &self.policy.catalogue.aliases {
            let names = |number: &usize| {
                self.value(*number, BuiltIn::RequestModel) == Value::Text(alias.name.clone())
            };
            let is_served = |number: usize| self.is_routed(&self.seen[number]);
            if !self.numbers().filter(names).any(is_served) {
                let item = format!("alias {}", alias.name);
                let start = u32::try_from(text.find(&item).expect("it is declared")).expect("it is small");
                let end = start + u32::try_from(item.len()).expect("it is small");
                found.insert((Code::R0315, Span { file: FileId(0), start, end }));
            }
        }
        found
    }
}
