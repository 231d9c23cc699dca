//! The meaning of a policy as one text, whatever the layout, comments and order of items and files; and its hash.

use super::condition::{Condition, Interval, Predicate, Subject, TargetField, Test};
use super::{ArmOutcome, Claim, DefinitionBody, Period, Plan, Policy, RouteBody, Rule, Who};
use sha2::{Digest, Sha256};
use wayleave_program::Fingerprint;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::document::write_value;
use wayleave_program::schema::{Attribute, AttributeId, BuiltIn, Origin, Type};

/// The hashes of meaning and text.
pub(super) fn fingerprint(policy: &Policy) -> Fingerprint {
    let mut source = Sha256::new();
    for (name, text) in &policy.texts {
        source.update(name.len().to_be_bytes());
        source.update(name);
        source.update(text.len().to_be_bytes());
        source.update(text);
    }
    let meaning = Sha256::digest(meaning(policy));
    Fingerprint { policy: hash_text(&meaning), source: hash_text(&source.finalize()) }
}

fn hash_text(hash: &[u8]) -> String {
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// One line a rule, sorted.
fn meaning(policy: &Policy) -> String {
    let mut lines = Vec::new();
    for attribute in &policy.schema.attributes {
        let default = attribute.default.as_ref().map(|value| write_value(&attribute.value_type, value));
        let (name, value_type) = (&attribute.name, type_text(attribute));
        let origin = match attribute.origin {
            // The numbers of detectors follow the order of the items.
            Origin::Findings(inspected, id) => {
                format!("found in {} {}", inspected.name(), policy.catalogue.detector(id).name)
            }
            Origin::BuiltIn(_) | Origin::Sources(..) | Origin::Classified | Origin::Counter => {
                format!("{:?}", attribute.origin)
            }
        };
        lines.push(format!("attribute {name}: {value_type} {origin} {default:?} {}", attribute.is_required));
    }
    for (index, target) in policy.catalogue.targets.iter().enumerate() {
        let provider = policy.catalogue.provider(target.provider);
        let facts: Vec<String> = policy
            .facts
            .iter()
            .map(|fact| format!("{}={}", fact.name, write_value(&fact.value_type, &fact.values[index])))
            .collect();
        let target =
            (&target.name, &target.remote, &target.supports, target.context, target.output, target.price);
        lines.push(format!("target {target:?} {provider:?} {}", sorted(facts)));
    }
    lines.extend(ambiguous_names(policy));
    lines.extend(policy.catalogue.aliases.iter().map(|alias| format!("alias {}", alias.name)));
    lines.push(format!("timezone {}", policy.schema.zone.name()));
    for detector in &policy.catalogue.detectors {
        lines.push(format!("detector {detector:?}"));
    }
    let writer = Writer { policy };
    for definition in &policy.definitions {
        let body = match &definition.body {
            DefinitionBody::Define(condition) => writer.condition(condition),
            DefinitionBody::Classify { arms, otherwise, .. } => {
                let arms: Vec<String> = arms
                    .iter()
                    .map(|(condition, member)| format!("{} {}", writer.condition(condition), member.0))
                    .collect();
                format!("{} else {}", arms.join("; "), otherwise.0)
            }
        };
        lines.push(format!("define {} = {body}", definition.name));
    }
    writer.rules(&mut lines);
    lines.push(format!("otherwise {:?}", policy.otherwise.words));
    lines.sort();
    lines.join("\n")
}

/// Names that callers may mean several targets by: `requested` asks these in the order of the catalogue.
fn ambiguous_names(policy: &Policy) -> Vec<String> {
    let targets = &policy.catalogue.targets;
    let names: std::collections::BTreeSet<&str> =
        targets.iter().flat_map(|target| [target.model.as_str(), target.remote.as_str()]).collect();
    let meant = names.into_iter().filter_map(|name| match policy.catalogue.resolve(name) {
        Requested::Targets(meant) if meant.len() > 1 => Some((name, meant)),
        Requested::Targets(_) | Requested::Alias(_) | Requested::Nothing => None,
    });
    let line = |(name, meant): (&str, Vec<TargetId>)| {
        let meant: Vec<&str> = meant.iter().map(|id| policy.catalogue.target(*id).name.as_str()).collect();
        format!("requested {name}: {}", meant.join(" else "))
    };
    meant.map(line).collect()
}

fn sorted(mut parts: Vec<String>) -> String {
    parts.sort();
    parts.join(" ")
}

fn type_text(attribute: &Attribute) -> String {
    match &attribute.value_type {
        // The approvals stand in it in the order of the policy.
        Type::NamedSet(named) if attribute.origin == Origin::BuiltIn(BuiltIn::Granted) => {
            sorted(named.members.iter().map(|member| member.name.clone()).collect())
        }
        Type::Named(named) => format!("{:?} {:?}", named.shape, named.members),
        Type::NamedSet(named) => format!("set of {:?} {:?}", named.shape, named.members),
        other => format!("{other:?}"),
    }
}

struct Writer<'p> {
    policy: &'p Policy,
}

impl Writer<'_> {
    fn rules(&self, lines: &mut Vec<String>) {
        let policy = self.policy;
        for rule in &policy.approvals {
            let evidence = (&rule.body.owner, &rule.body.by, &rule.body.reference);
            lines.push(self.rule("approve", rule, &self.targets(rule.body.targets.iter()), &evidence));
        }
        for rule in &policy.denials {
            lines.push(self.rule("deny", rule, "", &rule.body.because));
        }
        for rule in &policy.prohibitions {
            lines.push(self.rule(
                "forbid",
                rule,
                &self.targets(rule.body.targets.iter()),
                &rule.body.because,
            ));
        }
        for rule in &policy.redactions {
            let findings = sorted(rule.body.findings.clone());
            lines.push(self.rule("redact", rule, &findings, &(rule.body.place, rule.body.is_restored)));
        }
        for rule in &policy.flags {
            lines.push(self.rule("flag", rule, "", &()));
        }
        for rule in &policy.requirements {
            let each = self.attribute(Some(rule.body.each));
            let told = (&rule.body.by, rule.body.valid_ms, &rule.body.because);
            lines.push(self.rule("require approval", rule, &each, &told));
        }
        for rule in &policy.caps {
            lines.push(self.rule("cap", rule, "", &rule.body.tokens));
        }
        for rule in &policy.logs {
            lines.push(self.rule("log", rule, "", &rule.body.level));
        }
        self.counters(lines);
        self.migrations(lines);
        self.guarantees(lines);
        self.routes(lines);
    }

    fn rule<B>(&self, word: &str, rule: &Rule<B>, about: &str, told: &dyn std::fmt::Debug) -> String {
        let (condition, period) = (self.condition(&rule.condition), period(rule.period));
        let tried = if rule.is_tried { "observe " } else { "" };
        format!("{tried}{word} {}: {about} {condition} {period} {told:?}", rule.name)
    }

    fn attribute(&self, id: Option<AttributeId>) -> String {
        id.map_or_else(String::new, |id| self.policy.schema.attribute(id).name.clone())
    }

    fn counters(&self, lines: &mut Vec<String>) {
        for counter in &self.policy.counters {
            let each = self.attribute(counter.each);
            lines.push(format!(
                "counter {}: {:?} each {each} {} {:?} {}",
                counter.name,
                counter.amount,
                self.condition(&counter.condition),
                counter.warn,
                counter.is_enforced
            ));
        }
    }

    fn migrations(&self, lines: &mut Vec<String>) {
        // Of two that leave one target the first counts, so there the order is a meaning.
        for (index, first) in self.policy.migrations.iter().enumerate() {
            let others = self.policy.migrations[index + 1..].iter().filter(|other| other.old == first.old);
            lines.extend(others.map(|other| format!("migrate {} before {}", first.name, other.name)));
        }
        for migration in &self.policy.migrations {
            let name_of = |id: TargetId| &self.policy.catalogue.target(id).name;
            lines.push(format!(
                "migrate {}: {} to {} {} sticky {} {:?} {:?} {:?}",
                migration.name,
                name_of(migration.old),
                name_of(migration.new),
                self.condition(&migration.condition),
                self.attribute(migration.sticky),
                migration.ramp,
                migration.shadow,
                migration.rollback
            ));
        }
    }

    fn guarantees(&self, lines: &mut Vec<String>) {
        for guarantee in &self.policy.guarantees {
            let claim = match &guarantee.claim {
                Claim::Always(always, when) => {
                    format!("always {} when {}", self.condition(always), self.condition(when))
                }
                Claim::Denied(when) => format!("denied when {}", self.condition(when)),
                Claim::Served(when) => format!("served when {}", self.condition(when)),
                Claim::AtLeast(count, counted, when) => {
                    format!("at least {count} {counted:?} when {}", self.condition(when))
                }
                Claim::Redacted(findings, when) => {
                    format!("redacted {} when {}", sorted(findings.clone()), self.condition(when))
                }
            };
            lines.push(format!("guarantee {}: {claim}", guarantee.name));
        }
    }

    fn routes(&self, lines: &mut Vec<String>) {
        for route in &self.policy.routes {
            let inside = route.inside.map(|outer| &self.policy.routes[outer.0 as usize].name);
            let body = match &route.body {
                RouteBody::Plan(plan) => self.plan(plan),
                RouteBody::Arms(arms) => {
                    let arms = arms.iter().map(|arm| {
                        let outcome = match &arm.outcome {
                            ArmOutcome::Plan(plan) => self.plan(plan),
                            ArmOutcome::Deny(words) => format!("deny {words:?}"),
                        };
                        format!("{} {outcome}", self.condition(&arm.condition))
                    });
                    arms.collect::<Vec<_>>().join("; ")
                }
            };
            lines.push(format!(
                "route {} inside {inside:?} {} {body}",
                route.name,
                self.condition(&route.condition)
            ));
        }
    }

    fn plan(&self, plan: &Plan) -> String {
        let stages = plan.stages.iter().map(|stage| {
            let name_of = |id: TargetId| self.policy.catalogue.target(id).name.clone();
            let who = match &stage.who {
                Who::Target(target) => name_of(*target),
                Who::Requested => "requested".to_owned(),
                Who::Split(by, shares) => {
                    let shares: Vec<String> = shares
                        .iter()
                        .map(|(share, target)| format!("{} {}", share.0, name_of(*target)))
                        .collect();
                    format!("split {} {}", self.attribute(*by), shares.join(", "))
                }
                Who::Ordered(ordering, targets) => {
                    let targets: Vec<String> = targets.iter().map(|target| name_of(*target)).collect();
                    format!("{ordering:?} {}", targets.join(", "))
                }
            };
            format!("{who} {:?}", stage.within_ms)
        });
        format!("to {} {:?}", stages.collect::<Vec<_>>().join(" else "), plan.tries)
    }

    fn targets<'t>(&self, targets: impl Iterator<Item = &'t TargetId>) -> String {
        sorted(targets.map(|id| self.policy.catalogue.target(*id).name.clone()).collect())
    }

    /// Parts of `and` and `or` stand in a fixed order. Depth is bounded by the grammar's nesting limit.
    fn condition(&self, condition: &Condition) -> String {
        let parts = |parts: &[Condition]| sorted(parts.iter().map(|part| self.condition(part)).collect());
        match condition {
            Condition::All(all) => format!("(all {})", parts(all)),
            Condition::Any(any) => format!("(any {})", parts(any)),
            Condition::Not(part) => format!("(not {})", self.condition(part)),
            Condition::Defined(id) => format!("(define {})", self.policy.definitions[id.0 as usize].name),
            Condition::Test(test) => self.test(test),
        }
    }

    fn test(&self, test: &Test) -> String {
        let subject = match test.subject {
            Subject::Attribute(id) => self.policy.schema.attribute(id).name.clone(),
            Subject::Target(TargetField::Fact(fact)) => self.policy.facts[fact.0 as usize].name.clone(),
            Subject::Target(field) => format!("target {field:?}"),
        };
        let predicate = match &test.predicate {
            Predicate::OneOfMembers(members) if test.subject == Subject::Target(TargetField::Provider) => {
                sorted(
                    members
                        .iter()
                        .map(|id| self.policy.catalogue.providers[id.0 as usize].name.clone())
                        .collect(),
                )
            }
            Predicate::OneOfMembers(members) => format!("{members:?}"),
            Predicate::OneOfTexts(texts) => format!("{texts:?}"),
            Predicate::IsTrue => "true".to_owned(),
            Predicate::Has(member) => format!("has {member:?}"),
            Predicate::IsEmpty => "empty".to_owned(),
            Predicate::InIntervals(intervals) => {
                let mut intervals: Vec<Interval> = intervals.clone();
                intervals.sort();
                format!("{intervals:?}")
            }
            Predicate::NamesModel { aliases, targets, texts } => {
                let aliases = aliases
                    .iter()
                    .map(|id| self.policy.catalogue.aliases[id.0 as usize].name.clone())
                    .collect();
                format!("alias {} target {} text {texts:?}", sorted(aliases), self.targets(targets.iter()))
            }
            Predicate::OneOfTargets(targets) => self.targets(targets.iter()),
            Predicate::Matches(pattern) => format!("matches {:?} {:?}", pattern.kind, pattern.text),
            Predicate::ComparesToFact(order, fact) => {
                format!("{order:?} {}", self.policy.facts[fact.0 as usize].name)
            }
        };
        format!("({subject} {predicate})")
    }
}

fn period(period: Period) -> String {
    format!("{:?}..{:?}", period.from.map(|at| at.0), period.until.map(|at| at.0))
}
