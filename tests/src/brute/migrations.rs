//! R0501, R0502: migrations to targets that cannot take what they are given.

use super::{Finding, Seen, World};
use std::collections::BTreeSet;
use wayleave_compiler::Code;
use wayleave_program::value::{Instant, Share};

impl World<'_> {
    pub(super) fn unfit_migrations(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        let dates: Vec<Instant> = self.dates().into_iter().collect();
        for (number, migration) in self.policy.migrations.iter().enumerate() {
            for phase in 0..=dates.len() {
                let is_then = |seen: &&Seen| {
                    phase.checked_sub(1).is_none_or(|at| dates[at] <= seen.now)
                        && dates.get(phase).is_none_or(|end| seen.now < *end)
                };
                let moved: Vec<&Seen> =
                    self.seen.iter().filter(is_then).filter(|seen| seen.moves.contains(&number)).collect();
                let Some(first) = moved.first() else { continue };
                let share = self.share(first, number);
                if share == Share(0) {
                    continue;
                }
                let some = |target| moved.iter().any(|seen| seen.is_eligible(target));
                let sent_to_nobody = !some(migration.new) && some(migration.old);
                let left_on_nobody = share < super::WHOLE && !some(migration.old) && some(migration.new);
                if sent_to_nobody || left_on_nobody {
                    found.insert((Code::R0502, migration.span));
                } else if moved
                    .iter()
                    .any(|seen| seen.is_eligible(migration.old) && !seen.is_eligible(migration.new))
                {
                    found.insert((Code::R0501, migration.span));
                }
            }
        }
        found
    }
}
