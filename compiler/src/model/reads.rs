//! What decisions depend on: conditions, dates, and of a request attribute by attribute, classes and computed ones written out.

use super::{Condition, DefinitionBody, Policy, RouteBody, Subject, Who};
use std::collections::BTreeSet;
use wayleave_program::schema::{AttributeId, BuiltIn, Origin};
use wayleave_program::value::Instant;

impl Policy {
    /// Every condition of a rule, a route, an arm, a counter or a migration: what decisions ask.
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut all: Vec<&Condition> = Vec::new();
        all.extend(self.approvals.iter().map(|rule| &rule.condition));
        all.extend(self.denials.iter().map(|rule| &rule.condition));
        all.extend(self.prohibitions.iter().map(|rule| &rule.condition));
        all.extend(self.redactions.iter().map(|rule| &rule.condition));
        all.extend(self.flags.iter().map(|rule| &rule.condition));
        all.extend(self.requirements.iter().map(|rule| &rule.condition));
        all.extend(self.caps.iter().map(|rule| &rule.condition));
        all.extend(self.logs.iter().map(|rule| &rule.condition));
        all.extend(self.counters.iter().map(|counter| &counter.condition));
        all.extend(self.migrations.iter().map(|migration| &migration.condition));
        for route in &self.routes {
            all.push(&route.condition);
            if let RouteBody::Arms(arms) = &route.body {
                all.extend(arms.iter().map(|arm| &arm.condition));
            }
        }
        all
    }

    /// Every instant at which something of it begins or ends, ascending: between two of them it is the same policy.
    pub fn dates(&self) -> Vec<Instant> {
        let mut dates: BTreeSet<Instant> = BTreeSet::new();
        let periods = (self.approvals.iter().map(|rule| rule.period))
            .chain(self.denials.iter().map(|rule| rule.period))
            .chain(self.prohibitions.iter().map(|rule| rule.period))
            .chain(self.redactions.iter().map(|rule| rule.period))
            .chain(self.flags.iter().map(|rule| rule.period))
            .chain(self.requirements.iter().map(|rule| rule.period))
            .chain(self.caps.iter().map(|rule| rule.period))
            .chain(self.logs.iter().map(|rule| rule.period));
        dates.extend(periods.flat_map(|period| period.from.into_iter().chain(period.until)));
        for migration in &self.migrations {
            dates.extend(migration.ramp.iter().map(|(from, _)| *from));
            dates.extend(migration.shadow.and_then(|(_, until)| until));
        }
        dates.into_iter().collect()
    }

    /// The attributes that matter to some decision, ascending. Those of a classification count only where the class does;
    /// what eligibility, `requested`, dates and draws read counts always.
    pub fn reads(&self) -> Vec<AttributeId> {
        let always = [
            BuiltIn::RequestApi,
            BuiltIn::RequestModel,
            BuiltIn::RequestNeeds,
            BuiltIn::RequestTokens,
            BuiltIn::RequestOutput,
            BuiltIn::TimeNow,
        ];
        let mut reads: BTreeSet<AttributeId> = always.into_iter().map(BuiltIn::id).collect();
        for condition in self.conditions() {
            reads.extend(self.tested(condition));
        }
        for stage in self.routes.iter().flat_map(|route| route.body.plans()).flat_map(|plan| &plan.stages) {
            if let Who::Split(by, _) = &stage.who {
                reads.extend(by.iter().copied().chain([BuiltIn::RequestId.id()]));
            }
        }
        for migration in &self.migrations {
            reads.extend(migration.sticky.into_iter().chain([BuiltIn::RequestId.id()]));
        }
        if !self.requirements.is_empty() {
            reads.insert(BuiltIn::Granted.id());
        }
        reads.extend(self.counters.iter().filter(|counter| counter.is_enforced).map(|counter| counter.used));
        reads.into_iter().collect()
    }

    /// Whether a draw is made by how many tokens the input has, so that one more can change it.
    pub fn draws_by_tokens(&self) -> bool {
        let of_splits = self.routes.iter().flat_map(|route| route.body.plans()).flat_map(|plan| &plan.stages);
        let by = of_splits.filter_map(|stage| match &stage.who {
            Who::Split(by, _) => *by,
            Who::Target(_) | Who::Requested | Who::Ordered(..) => None,
        });
        let mut by = by.chain(self.migrations.iter().filter_map(|migration| migration.sticky));
        by.any(|id| id == BuiltIn::RequestTokens.id() || id == BuiltIn::RequestWindow.id())
    }

    /// The attributes that a condition depends on, ascending.
    pub fn tested(&self, condition: &Condition) -> BTreeSet<AttributeId> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![condition];
        while let Some(condition) = pending.pop() {
            for id in condition.definitions() {
                if let DefinitionBody::Define(body) = &self.definitions[id.0 as usize].body
                    && seen.insert(id)
                {
                    pending.push(body);
                }
            }
            for test in condition.tests() {
                let Subject::Attribute(id) = test.subject else { continue };
                let origin = &self.schema.attribute(id).origin;
                if found.insert(id) && *origin == Origin::Classified {
                    pending.extend(self.class_conditions(id));
                }
            }
        }
        let is_read = |id: &AttributeId| match self.schema.attribute(*id).origin {
            Origin::Classified => false,
            // From `request.tokens`, `request.output` and `time.now`, which are always read.
            Origin::BuiltIn(built_in) => !built_in.is_computed(),
            Origin::Sources(..) | Origin::Findings(..) | Origin::Counter => true,
        };
        found.into_iter().filter(is_read).collect()
    }

    fn class_conditions(&self, id: AttributeId) -> Vec<&Condition> {
        let arms = self.definitions.iter().find_map(|definition| match &definition.body {
            DefinitionBody::Classify { attribute, arms, .. } if *attribute == id => Some(arms),
            _ => None,
        });
        arms.into_iter().flatten().map(|(condition, _)| condition).collect()
    }
}
