//! R0306: what never applies.

use super::{Finding, World};
use std::collections::BTreeSet;
use wayleave_compiler::model::Rule;
use wayleave_compiler::{Code, Span};
use wayleave_program::catalogue::TargetId;

impl World<'_> {
    fn holds_somewhere<Body>(&self, rule: &Rule<Body>, targets: &[TargetId]) -> bool {
        self.asked.iter().any(|asked| targets.iter().any(|target| asked.rule_holds(rule, Some(*target))))
    }

    pub(super) fn never_applied(&self) -> BTreeSet<Finding> {
        let policy = self.policy;
        let mut spans: BTreeSet<Span> = BTreeSet::new();
        for rule in &policy.denials {
            if !self.asked.iter().any(|asked| asked.rule_holds(rule, None)) {
                spans.insert(rule.span);
            }
        }
        for rule in &policy.approvals {
            // What is only tried approves nothing whatever stands against it.
            let counts = |number: usize, target: TargetId| {
                let seen = &self.seen[number];
                self.asked[number].rule_holds(rule, Some(target))
                    && (rule.is_tried || !seen.is_denied && !seen.forbidden[target.0 as usize])
            };
            let targets = &rule.body.targets;
            if !self.numbers().any(|number| targets.iter().any(|target| counts(number, *target))) {
                spans.insert(rule.span);
            }
        }
        let prohibitions = policy.prohibitions.iter().map(|rule| (rule, rule.body.targets.as_slice()));
        for (rule, targets) in prohibitions {
            if !self.holds_somewhere(rule, targets) {
                spans.insert(rule.span);
            }
        }
        self.never_owed(&policy.redactions, &mut spans);
        self.never_owed(&policy.flags, &mut spans);
        self.never_owed(&policy.requirements, &mut spans);
        self.never_owed(&policy.caps, &mut spans);
        self.never_owed(&policy.logs, &mut spans);
        let counters = policy.counters.iter().map(|counter| (&counter.condition, counter.span));
        let migrations = policy.migrations.iter().map(|migration| (&migration.condition, migration.span));
        for (condition, span) in counters.chain(migrations) {
            if !self.asked.iter().any(|asked| asked.holds(condition, None)) {
                spans.insert(span);
            }
        }
        spans.into_iter().map(|span| (Code::R0306, span)).collect()
    }

    fn never_owed<Body>(&self, rules: &[Rule<Body>], spans: &mut BTreeSet<Span>) {
        let never = |rule: &&Rule<Body>| !self.holds_somewhere(rule, &self.targets);
        spans.extend(rules.iter().filter(never).map(|rule| rule.span));
    }
}
