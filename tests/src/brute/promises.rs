//! Guarantees: whether they hold, and whether of anything.

use super::{Seen, Stage, World};
use std::collections::BTreeSet;
use wayleave_compiler::model::{Claim, Condition, Counted};
use wayleave_program::catalogue::{ProviderId, TargetId};
use wayleave_program::value::Share;

/// What becomes of a guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It holds.
    Holds,
    /// Some request or attempt breaks it.
    Fails,
    /// There is nothing of which it could be broken.
    Vacuous,
}

/// So finely draws are told apart: every share of a split among some of its members is larger.
const DRAWS: u64 = 20;

impl World<'_> {
    /// The truth of each guarantee, with its name.
    pub fn promises(&self) -> Vec<(String, Truth)> {
        let truth = |claim: &Claim| match claim {
            Claim::Always(kept, when) => {
                self.of_attempts(when, &|number, target| self.asked[number].holds(kept, Some(target)))
            }
            Claim::Redacted(findings, when) => self.of_attempts(when, &|number, target| {
                findings.iter().all(|finding| self.is_redacted(number, target, finding))
            }),
            Claim::Denied(when) => self.of_requests(when, &|_| true, &|seen| self.attempts(seen).is_empty()),
            Claim::Served(when) => self.of_requests(when, &|_| true, &|seen| !self.may_be_left_alone(seen)),
            Claim::AtLeast(count, counted, when) => {
                self.of_requests(when, &|seen| self.is_routed(seen), &|seen| {
                    self.least(seen, *counted) >= *count
                })
            }
        };
        self.policy.guarantees.iter().map(|one| (one.name.clone(), truth(&one.claim))).collect()
    }

    fn of_attempts(&self, when: &Condition, is_kept: &dyn Fn(usize, TargetId) -> bool) -> Truth {
        let mut truth = Truth::Vacuous;
        for (number, seen) in self.seen.iter().enumerate() {
            if !seen.has_room {
                continue;
            }
            for target in self.attempts(seen) {
                if self.asked[number].holds(when, Some(target)) {
                    if !is_kept(number, target) {
                        return Truth::Fails;
                    }
                    truth = Truth::Holds;
                }
            }
        }
        truth
    }

    fn of_requests(
        &self,
        when: &Condition,
        counts: &dyn Fn(&Seen) -> bool,
        is_kept: &dyn Fn(&Seen) -> bool,
    ) -> Truth {
        let mut truth = Truth::Vacuous;
        for (number, seen) in self.seen.iter().enumerate() {
            if self.asked[number].holds(when, None) && counts(seen) {
                if !is_kept(seen) {
                    return Truth::Fails;
                }
                truth = Truth::Holds;
            }
        }
        truth
    }

    fn is_redacted(&self, number: usize, target: TargetId, finding: &String) -> bool {
        self.policy.redactions.iter().any(|rule| {
            rule.body.findings.contains(finding)
                && super::is_enforced(&self.asked[number], rule, Some(target))
        })
    }

    /// The fewest providers or models among the candidates of a request, over all draws for which there are some.
    fn least(&self, seen: &Seen, counted: Counted) -> u32 {
        let counts = self.drawn(seen).into_iter().flat_map(|stages| {
            (0..DRAWS).map(move |draw| candidates(seen, &stages, 2 * draw + 1)).collect::<Vec<_>>()
        });
        let count = |candidates: BTreeSet<TargetId>| match counted {
            Counted::Models => candidates.len(),
            Counted::Providers => {
                let of = |target: &TargetId| self.policy.catalogue.target(*target).provider;
                candidates.iter().map(of).collect::<BTreeSet<ProviderId>>().len()
            }
        };
        let least = counts.filter(|candidates| !candidates.is_empty()).map(count).min();
        u32::try_from(least.unwrap_or(0)).expect("there are few targets")
    }

    /// The stages of a plan for each way in which its migrations may be drawn.
    fn drawn(&self, seen: &Seen) -> Vec<Vec<Stage>> {
        let mut ways = vec![Vec::new()];
        for number in &seen.moves {
            let share = self.share(seen, *number);
            let mut more = Vec::new();
            for way in ways {
                if share < super::WHOLE {
                    more.push(way.clone());
                }
                if share > Share(0) {
                    let mut drawn: Vec<usize> = way;
                    drawn.push(*number);
                    more.push(drawn);
                }
            }
            ways = more;
        }
        ways.iter().map(|drawn| self.migrated(&seen.stages, drawn)).collect()
    }

    fn migrated(&self, stages: &[Stage], drawn: &[usize]) -> Vec<Stage> {
        let new = |target: &TargetId| {
            let moved = drawn.iter().map(|number| &self.policy.migrations[*number]);
            moved.into_iter().find(|moved| moved.old == *target).map_or(*target, |moved| moved.new)
        };
        let mut result = Vec::new();
        for stage in stages {
            let members: Vec<TargetId> = stage.members.iter().map(new).collect();
            if members != stage.members {
                result.push(Stage { members, shares: stage.shares.clone(), ..stage.clone() });
            }
            result.push(stage.clone());
        }
        result
    }
}

/// The candidates for a draw, in halves of so many parts of a whole.
fn candidates(seen: &Seen, stages: &[Stage], draw: u64) -> BTreeSet<TargetId> {
    let mut found = BTreeSet::new();
    for stage in stages {
        let eligible = |target: &TargetId| seen.is_eligible(*target);
        let Some(shares) = &stage.shares else {
            found.extend(stage.members.iter().copied().filter(eligible));
            continue;
        };
        let left: Vec<(u64, TargetId)> = shares
            .iter()
            .zip(&stage.members)
            .filter(|(_, target)| eligible(target))
            .map(|(share, target)| (share.0, *target))
            .collect();
        let whole: u64 = left.iter().map(|(share, _)| share).sum();
        let mut end = 0;
        for (share, target) in left {
            end += share;
            if draw * whole < end * 2 * DRAWS {
                found.insert(target);
                break;
            }
        }
    }
    found
}
