//! R0301, R0302: arms and routes that nobody reaches, and routes that answer the same request.

use super::{Finding, World};
use std::collections::BTreeSet;
use wayleave_compiler::Code;

impl World<'_> {
    /// The arms that some request is answered by.
    fn reached(&self) -> BTreeSet<(usize, usize)> {
        self.seen.iter().filter_map(|seen| seen.answer).collect()
    }

    pub(super) fn unreached(&self) -> BTreeSet<Finding> {
        let reached = self.reached();
        let mut found = BTreeSet::new();
        for (number, route) in self.policy.routes.iter().enumerate() {
            if !reached.iter().any(|(route, _)| *route == number) {
                let outer = route.inside.map(|outer| outer.0 as usize);
                // Where nobody gets to the one around it, that one is told.
                let has_outer = |outer| {
                    self.numbers()
                        .any(|request| !self.seen[request].is_denied && self.is_within(request, outer))
                };
                if outer.is_none_or(has_outer) {
                    found.insert((Code::R0301, route.head));
                }
                continue;
            }
            let arms = self.arms(number);
            // The last one is `otherwise`.
            for (arm, written) in arms.iter().enumerate().take(arms.len().saturating_sub(1)) {
                if !reached.contains(&(number, arm)) {
                    found.insert((Code::R0301, written.span));
                }
            }
        }
        found
    }

    pub(super) fn overlaps(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        let routes = &self.policy.routes;
        for later in 0..routes.len() {
            for earlier in 0..later {
                let both = |number: usize| {
                    !self.seen[number].is_denied
                        && self.is_within(number, earlier)
                        && self.is_within(number, later)
                };
                if routes[earlier].inside == routes[later].inside && self.numbers().any(both) {
                    found.insert((Code::R0302, routes[later].head));
                }
            }
        }
        let migrations = &self.policy.migrations;
        for (number, later) in migrations.iter().enumerate() {
            for earlier in &migrations[..number] {
                let both = |number: usize| {
                    self.asked[number].holds(&earlier.condition, None)
                        && self.asked[number].holds(&later.condition, None)
                };
                if earlier.old == later.old && self.numbers().any(both) {
                    found.insert((Code::R0302, later.span));
                }
            }
        }
        found
    }
}
