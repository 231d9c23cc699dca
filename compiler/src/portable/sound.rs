//! Whether a policy that was read is one that a check could have made: every number names something, every value and test is
//! of its type. Whatever bytes say, what is used afterwards cannot be out of place.

use crate::model::{
    Claim, Condition, Counter, Definition, DefinitionBody, Interval, Plan, Policy, Predicate, RouteBody,
    Rule, Subject, TargetField, Test, Who,
};
use crate::source::Span;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{AttributeId, BuiltIn, NamedType, Origin, Shape, Type};
use wayleave_program::value::Value;

type Checked = Result<(), &'static str>;

/// What is wrong with it first.
pub(super) fn check(policy: &Policy) -> Checked {
    let sound = Sound { policy };
    sound.schema()?;
    sound.catalogue()?;
    sound.definitions()?;
    sound.rules()?;
    sound.routes()?;
    sound.others()
}

/// Whether condition may test the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Request,
    Target,
}

/// Numbers beyond this are of no unit; the ends of intervals lie far inside of what can be counted with.
const FAR: i128 = 1 << 100;

struct Sound<'p> {
    policy: &'p Policy,
}

fn ensure(holds: bool, otherwise: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(otherwise) }
}

impl Sound<'_> {
    fn schema(&self) -> Checked {
        let attributes = &self.policy.schema.attributes;
        for built_in in BuiltIn::ALL {
            let at = attributes.get(built_in.id().0 as usize);
            let is_it = at.is_some_and(|attribute| {
                let own = built_in.value_type(None);
                let is_type = match (&attribute.value_type, &own) {
                    // The policy's own teams; its own approvals.
                    (Type::Named(_), Type::Text) => built_in == BuiltIn::CallerTeam,
                    (Type::NamedSet(_), Type::NamedSet(_)) if built_in == BuiltIn::Granted => true,
                    (found, own) => found == own,
                };
                attribute.origin == Origin::BuiltIn(built_in) && is_type
            });
            ensure(is_it, "a built-in attribute is missing")?;
        }
        for attribute in attributes {
            match &attribute.value_type {
                Type::Named(named) => self.named(named)?,
                Type::NamedSet(named) if named.shape == Shape::Tree => self.named(named)?,
                Type::NamedSet(_)
                | Type::Text
                | Type::Model
                | Type::TextSet
                | Type::Bool
                | Type::Tokens
                | Type::Instant
                | Type::TimeOfDay
                | Type::Share
                | Type::Parts => {}
            }
            if let Some(default) = &attribute.default {
                ensure(is_of(&attribute.value_type, default), "a default is of another type")?;
            }
            if let Origin::Findings(_, detector) = attribute.origin {
                let known = self.policy.catalogue.detectors.len();
                ensure((detector.0 as usize) < known, "a detector is missing")?;
                ensure(
                    attribute.value_type == Type::TextSet || is_set(&attribute.value_type),
                    "findings are a set",
                )?;
            }
        }
        Ok(())
    }

    fn named(&self, named: &NamedType) -> Checked {
        ensure(!named.members.is_empty(), "a type has no members")?;
        let mut parents = named.members.iter().enumerate();
        // Each stands after its parent, so that no member is above itself.
        let is_after =
            parents.all(|(index, member)| member.parent.is_none_or(|parent| (parent.0 as usize) < index));
        ensure(is_after, "a member stands before its parent")
    }

    fn catalogue(&self) -> Checked {
        let catalogue = &self.policy.catalogue;
        let providers = catalogue.providers.len();
        let has_provider = catalogue.targets.iter().all(|target| (target.provider.0 as usize) < providers);
        ensure(has_provider, "a provider is missing")?;
        for fact in &self.policy.facts {
            if let Type::Named(named) = &fact.value_type {
                self.named(named)?;
            }
            ensure(fact.values.len() == catalogue.targets.len(), "a fact is missing")?;
            ensure(
                fact.values.iter().all(|value| is_of(&fact.value_type, value)),
                "a fact is of another type",
            )?;
        }
        Ok(())
    }

    fn definitions(&self) -> Checked {
        for (index, Definition { body, span, tests_target, .. }) in self.policy.definitions.iter().enumerate()
        {
            self.span(*span)?;
            let scope = if *tests_target { Scope::Target } else { Scope::Request };
            for condition in body.conditions() {
                self.condition(condition, scope)?;
                let is_earlier = condition.definitions().iter().all(|id| (id.0 as usize) < index);
                ensure(is_earlier, "a definition stands before one that it names")?;
            }
            if let DefinitionBody::Classify { attribute, arms, otherwise } = body {
                let value_type = self.attribute(*attribute)?;
                let Type::Named(named) = value_type else { return Err("a class is of another type") };
                let mut members = arms.iter().map(|(_, member)| member).chain([otherwise]);
                ensure(
                    members.all(|member| (member.0 as usize) < named.members.len()),
                    "a class is missing",
                )?;
                ensure(!tests_target, "a class tests the target")?;
            }
        }
        Ok(())
    }

    fn rules(&self) -> Checked {
        let policy = self.policy;
        for rule in &policy.approvals {
            self.rule(rule, Scope::Target)?;
            self.targets(&rule.body.targets)?;
            rule.body.until_at.map_or(Ok(()), |span| self.span(span))?;
        }
        for rule in &policy.prohibitions {
            self.rule(rule, Scope::Target)?;
            self.targets(&rule.body.targets)?;
        }
        policy.denials.iter().try_for_each(|rule| self.rule(rule, Scope::Request))?;
        policy.redactions.iter().try_for_each(|rule| self.rule(rule, Scope::Target))?;
        policy.flags.iter().try_for_each(|rule| self.rule(rule, Scope::Target))?;
        policy.caps.iter().try_for_each(|rule| self.rule(rule, Scope::Target))?;
        policy.logs.iter().try_for_each(|rule| self.rule(rule, Scope::Target))?;
        for rule in &policy.requirements {
            self.rule(rule, Scope::Target)?;
            self.attribute(rule.body.each)?;
        }
        for Counter { span, condition, each, used, .. } in &policy.counters {
            self.span(*span)?;
            self.condition(condition, Scope::Request)?;
            each.map_or(Ok(()), |each| self.attribute(each).map(|_| ()))?;
            ensure(*self.attribute(*used)? == Type::Share, "what is used is no share")?;
        }
        Ok(())
    }

    fn rule<B>(&self, rule: &Rule<B>, scope: Scope) -> Checked {
        self.span(rule.span)?;
        self.condition(&rule.condition, scope)
    }

    fn routes(&self) -> Checked {
        let routes = &self.policy.routes;
        for (index, route) in routes.iter().enumerate() {
            self.span(route.span)?;
            self.span(route.head)?;
            self.condition(&route.condition, Scope::Request)?;
            match &route.body {
                RouteBody::Plan(plan) => self.plan(plan)?,
                RouteBody::Arms(arms) => {
                    let last = arms.last().map(|arm| &arm.condition);
                    ensure(last == Some(&Condition::always()), "a route's last arm may not hold")?;
                    for arm in arms {
                        self.span(arm.span)?;
                        self.condition(&arm.condition, Scope::Request)?;
                        arm.outcome.plan().map_or(Ok(()), |plan| self.plan(plan))?;
                    }
                }
            }
            let mut outer = route.inside;
            for _ in 0..routes.len() {
                let Some(id) = outer else { break };
                ensure(id.0 as usize != index, "a route stands inside itself")?;
                outer = routes.get(id.0 as usize).ok_or("a route is missing")?.inside;
            }
            ensure(outer.is_none(), "routes stand inside each other in a circle")?;
        }
        Ok(())
    }

    fn plan(&self, plan: &Plan) -> Checked {
        ensure(!plan.stages.is_empty(), "a plan has no stages")?;
        for stage in &plan.stages {
            match &stage.who {
                Who::Target(target) => self.targets(&[*target])?,
                Who::Requested => {}
                Who::Ordered(_, targets) => self.targets(targets)?,
                Who::Split(by, shares) => {
                    by.map_or(Ok(()), |by| self.attribute(by).map(|_| ()))?;
                    ensure(
                        shares.iter().all(|(share, _)| 0 < share.0 && share.0 <= 1_000_000),
                        "a share is none",
                    )?;
                    shares.iter().try_for_each(|(_, target)| self.targets(&[*target]))?;
                }
            }
        }
        Ok(())
    }

    fn others(&self) -> Checked {
        let policy = self.policy;
        self.span(policy.otherwise.span)?;
        for migration in &policy.migrations {
            self.span(migration.span)?;
            self.condition(&migration.condition, Scope::Request)?;
            self.targets(&[migration.old, migration.new])?;
            migration.sticky.map_or(Ok(()), |by| self.attribute(by).map(|_| ()))?;
        }
        for guarantee in &policy.guarantees {
            self.span(guarantee.span)?;
            match &guarantee.claim {
                Claim::Always(first, second) => {
                    self.condition(first, Scope::Target)?;
                    self.condition(second, Scope::Target)?;
                }
                Claim::Denied(condition)
                | Claim::Served(condition)
                | Claim::AtLeast(_, _, condition)
                | Claim::Redacted(_, condition) => self.condition(condition, Scope::Target)?,
            }
        }
        for (file, condition) in &policy.delegations {
            ensure((file.0 as usize) < policy.texts.len(), "a file is missing")?;
            self.condition(condition, Scope::Request)?;
        }
        for example in &policy.examples {
            self.span(example.span)?;
            example.expects.iter().try_for_each(|expected| self.span(expected.span))?;
            for id in policy.schema.ids() {
                let value_type = self.attribute(id)?;
                let is_right = example.given.get(id).is_none_or(|value| is_of(value_type, value));
                ensure(is_right, "a test gives a value of another type")?;
            }
        }
        Ok(())
    }

    fn attribute(&self, id: AttributeId) -> Result<&Type, &'static str> {
        let attribute = self.policy.schema.attributes.get(id.0 as usize);
        attribute.map(|attribute| &attribute.value_type).ok_or("an attribute is missing")
    }

    fn targets(&self, targets: &[TargetId]) -> Checked {
        let known = self.policy.catalogue.targets.len();
        ensure(targets.iter().all(|target| (target.0 as usize) < known), "a target is missing")
    }

    fn span(&self, span: Span) -> Checked {
        let text = self.policy.texts.get(span.file.0 as usize).map(|(_, text)| text);
        let is_within = text.is_some_and(|text| text.get(span.start as usize..span.end as usize).is_some());
        ensure(is_within, "a place is outside its text")
    }

    fn condition(&self, condition: &Condition, scope: Scope) -> Checked {
        for id in condition.definitions() {
            let definition = self.policy.definitions.get(id.0 as usize).ok_or("a definition is missing")?;
            ensure(matches!(definition.body, DefinitionBody::Define(_)), "a class is no condition")?;
            ensure(
                scope == Scope::Target || !definition.tests_target,
                "a rule about requests tests the target",
            )?;
        }
        condition.tests().into_iter().try_for_each(|test| self.test(test, scope))
    }

    fn test(&self, Test { subject, predicate }: &Test, scope: Scope) -> Checked {
        if let Predicate::InIntervals(intervals) = predicate {
            let is_near = |at: Option<i128>| at.is_none_or(|at| -FAR < at && at < FAR);
            let are_near = intervals.iter().all(|Interval { low, high }| is_near(*low) && is_near(*high));
            ensure(are_near, "a number is too large")?;
        }
        self.names(subject, predicate)?;
        match subject {
            Subject::Target(TargetField::Fact(fact)) => {
                ensure((fact.0 as usize) < self.policy.facts.len(), "a fact is missing")?;
                ensure(scope == Scope::Target, "a rule about requests tests the target")
            }
            Subject::Target(_) => ensure(scope == Scope::Target, "a rule about requests tests the target"),
            Subject::Attribute(id) => {
                let value_type = self.attribute(*id)?;
                let fits = match (value_type, predicate) {
                    (own, Predicate::ComparesToFact(_, fact)) => {
                        let fact = self.policy.facts.get(fact.0 as usize).ok_or("a fact is missing")?;
                        scope == Scope::Target && fact.value_type == *own
                    }
                    (Type::Named(named), Predicate::OneOfMembers(members)) => {
                        members.iter().all(|member| (member.0 as usize) < named.members.len())
                    }
                    (Type::Text | Type::Parts, Predicate::OneOfTexts(_))
                    | (Type::Text | Type::Model | Type::Parts, Predicate::Matches(_))
                    | (Type::Model, Predicate::NamesModel { .. })
                    | (Type::TextSet | Type::NamedSet(_), Predicate::Has(_) | Predicate::IsEmpty)
                    | (Type::Bool, Predicate::IsTrue)
                    | (
                        Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share,
                        Predicate::InIntervals(_),
                    ) => true,
                    _ => false,
                };
                ensure(fits, "a test does not fit its attribute")
            }
        }
    }
}

impl Sound<'_> {
    /// Whether what a test names is there.
    fn names(&self, subject: &Subject, predicate: &Predicate) -> Checked {
        let catalogue = &self.policy.catalogue;
        match predicate {
            Predicate::OneOfTargets(targets) => {
                targets.iter().try_for_each(|target| self.targets(&[*target]))
            }
            Predicate::NamesModel { aliases, targets, .. } => {
                targets.iter().try_for_each(|target| self.targets(&[*target]))?;
                let are_there = aliases.iter().all(|alias| (alias.0 as usize) < catalogue.aliases.len());
                ensure(are_there, "an alias is missing")
            }
            Predicate::OneOfMembers(members) if *subject == Subject::Target(TargetField::Provider) => {
                let are_there = members.iter().all(|member| (member.0 as usize) < catalogue.providers.len());
                ensure(are_there, "a provider is missing")
            }
            Predicate::ComparesToFact(_, fact) => {
                ensure((fact.0 as usize) < self.policy.facts.len(), "a fact is missing")?;
                ensure(matches!(subject, Subject::Attribute(_)), "a fact is compared with a target")
            }
            Predicate::OneOfMembers(_)
            | Predicate::OneOfTexts(_)
            | Predicate::IsTrue
            | Predicate::Has(_)
            | Predicate::IsEmpty
            | Predicate::InIntervals(_)
            | Predicate::Matches(_) => Ok(()),
        }
    }
}

fn is_set(value_type: &Type) -> bool {
    matches!(value_type, Type::TextSet | Type::NamedSet(_))
}

/// Whether a value is of a type.
fn is_of(value_type: &Type, value: &Value) -> bool {
    match (value_type, value) {
        (Type::Text | Type::Model, Value::Text(_))
        | (Type::TextSet | Type::NamedSet(_), Value::Set(_))
        | (Type::Bool, Value::Bool(_))
        | (Type::Tokens, Value::Tokens(_))
        | (Type::Instant, Value::Instant(_))
        | (Type::TimeOfDay, Value::TimeOfDay(_))
        | (Type::Share, Value::Share(_))
        | (Type::Parts, Value::Parts(_)) => true,
        (Type::Named(named), Value::Member(member)) => (member.0 as usize) < named.members.len(),
        (Type::Named(named), Value::Unknown) => named.shape == Shape::Tree,
        _ => false,
    }
}
