//! From a verdict's numbers to a decision's words: names, `because` clauses and built-in reasons.

use super::layers::{Answer, Owing};
use super::program::Compiled;
use super::verdict::{Against, Behind, OwedBy, Part, Verdict};
use crate::model::Counter;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Migrated, Observed, Outcome, Owed, Reason, Removed, RuleName};
use wayleave_program::plan::{LogLevel, Obligations, Place, Redaction, Stage, TryOrder};
use wayleave_program::schema::{BuiltIn, Origin, Type};
use wayleave_program::value::{Instant, Tokens, Value};

impl Compiled {
    /// The decision that a verdict on this request stands for.
    pub(super) fn decision(&self, attributes: &Attributes, verdict: &Verdict) -> Decision {
        let mut decision = match verdict.behind {
            Behind::Denials => self.denied(verdict),
            Behind::Otherwise => {
                let words = self.policy.otherwise.words.clone();
                denied(vec![Reason { by: RuleName::Otherwise, words }])
            }
            Behind::Arm => self.denied_by_arm(verdict),
            Behind::Plan => self.planned(attributes, verdict),
        };
        if let Some(answer) = self.answer(verdict) {
            decision.route = Some(self.policy.routes[answer.route as usize].name.clone());
            decision.arm = answer.arm;
        }
        decision.observed = self.observed(verdict);
        decision.findings = self.findings(attributes);
        decision
    }

    fn denied(&self, verdict: &Verdict) -> Decision {
        let reason = |index: &u32| {
            let rule = &self.policy.denials[*index as usize];
            let built_in = || format!("the rule `deny {}` holds", rule.name);
            let words = rule.body.because.clone().unwrap_or_else(built_in);
            Reason { by: RuleName::Deny(rule.name.clone()), words }
        };
        denied(verdict.denials.iter().map(reason).collect())
    }

    fn denied_by_arm(&self, verdict: &Verdict) -> Decision {
        let answer = self.answer(verdict).expect("an arm has answered");
        let name = self.policy.routes[answer.route as usize].name.clone();
        let words = answer.outcome(&self.policy).err().unwrap_or_default().to_owned();
        denied(vec![Reason { by: RuleName::Route(name), words }])
    }

    fn answer(&self, verdict: &Verdict) -> Option<Answer> {
        verdict.answer.map(|answer| self.rules.answers[answer as usize])
    }

    fn planned(&self, attributes: &Attributes, verdict: &Verdict) -> Decision {
        let removed = verdict.removed.iter().map(|(target, part)| Removed {
            target: *target,
            reasons: part
                .of(&verdict.against)
                .iter()
                .map(|against| self.against(attributes, *target, *against))
                .collect(),
        });
        let removed: Vec<Removed> = removed.collect();
        let migrations = verdict.moves.iter().map(|(number, is_drawn)| Migrated {
            name: self.policy.migrations[*number as usize].name.clone(),
            is_drawn: *is_drawn,
        });
        let base = Decision { migrations: migrations.collect(), ..Decision::of(verdict.outcome) };
        match verdict.outcome {
            Outcome::ApprovalRequired => approval_required(base, removed),
            Outcome::Deny => self.nobody_left(attributes, base, removed),
            Outcome::Route | Outcome::Limited => self.routed(attributes, verdict, base, removed),
        }
    }

    fn routed(
        &self,
        attributes: &Attributes,
        verdict: &Verdict,
        base: Decision,
        removed: Vec<Removed>,
    ) -> Decision {
        let answered = self.answer(verdict).and_then(|answer| answer.outcome(&self.policy).ok());
        let plan = answered.expect("a plan has answered");
        let stage = |(part, within_ms, order): &(Part, Option<u64>, TryOrder)| Stage {
            candidates: part.of(&verdict.candidates).to_vec(),
            order: *order,
            within_ms: *within_ms,
        };
        let decision = Decision {
            plan: verdict.stages.iter().map(stage).collect(),
            failover: plan.tries.failover.clone(),
            retry: plan.tries.retry,
            backoff_ms: plan.tries.backoff_ms,
            hedge_ms: plan.tries.hedge_ms,
            deadline_ms: plan.tries.deadline_ms,
            shadow: verdict.shadows.clone(),
            removed,
            obligations: verdict.owed.iter().map(|owed| self.owed(verdict, owed)).collect(),
            counters: verdict.counters.iter().map(|counter| self.counter(*counter).rule_name()).collect(),
            ..base
        };
        if verdict.full.is_empty() {
            return decision;
        }
        let full: Vec<&Counter> = verdict.full.iter().map(|counter| self.counter(*counter)).collect();
        let reason = |counter: &&Counter| {
            let name = counter.rule_name().to_string().replace(' ', " `");
            Reason { by: counter.rule_name(), words: format!("the {name}` has no room left") }
        };
        let now = match attributes.value(&self.policy.schema, BuiltIn::TimeNow.id()).as_ref() {
            Value::Instant(now) => Some(*now),
            _ => None,
        };
        let ends: Option<Vec<Instant>> = full.iter().map(|counter| self.end(counter, now?)).collect();
        let until = ends.and_then(|ends| ends.into_iter().max());
        Decision { reasons: full.iter().map(reason).collect(), until, ..decision }
    }

    fn counter(&self, index: u32) -> &Counter {
        &self.policy.counters[index as usize]
    }

    /// When a sliding window has room again depends on when it was used, which only its keeper knows.
    fn end(&self, counter: &Counter, now: Instant) -> Option<Instant> {
        match counter.amount {
            crate::model::Amount::Money(_, period) => self.policy.schema.zone.end_of(period, now),
            crate::model::Amount::Requests(..) | crate::model::Amount::Tokens(..) => None,
        }
    }

    fn nobody_left(&self, attributes: &Attributes, base: Decision, removed: Vec<Removed>) -> Decision {
        let mut reasons = each_once(removed.iter().flat_map(|removed| &removed.reasons));
        if reasons.is_empty() {
            let model = match attributes.value(&self.policy.schema, BuiltIn::RequestModel.id()).as_ref() {
                Value::Text(model) => model.clone(),
                _ => String::new(),
            };
            let words = match model.as_str() {
                "" => {
                    "the request names no model, and this route asks only the model that is named".to_owned()
                }
                model => format!(
                    "this route asks only the model that is named, and `{model}` is no target of this policy"
                ),
            };
            reasons.push(Reason { by: RuleName::Requested, words });
        }
        Decision { reasons, removed, ..base }
    }

    fn against(&self, attributes: &Attributes, target: TargetId, against: Against) -> Reason {
        let facts = self.policy.catalogue.target(target);
        let name = &facts.name;
        match against {
            Against::Unapproved => Reason {
                by: RuleName::Unapproved,
                words: format!("no `approve` in force covers `{name}` for this request"),
            },
            Against::Forbidden(index) => {
                let rule = &self.policy.prohibitions[index as usize];
                let words = rule.body.because.clone();
                let words = words.unwrap_or_else(|| format!("the rule `forbid {}` holds", rule.name));
                Reason { by: RuleName::Forbid(rule.name.clone()), words }
            }
            Against::Capability => {
                let lacks = |need: &String| !facts.can(need);
                let missing: Vec<String> = self
                    .needs(attributes)
                    .into_iter()
                    .filter(lacks)
                    .map(|need| format!("`{need}`"))
                    .collect();
                let words =
                    format!("`{name}` does not support {}, which this request needs", missing.join(", "));
                Reason { by: RuleName::Capability, words }
            }
            Against::Context => {
                let tokens = |of: BuiltIn| match attributes.value(&self.policy.schema, of.id()).as_ref() {
                    Value::Tokens(tokens) => *tokens,
                    _ => Tokens(0),
                };
                let output = tokens(BuiltIn::RequestOutput).0.max(1);
                let window = tokens(BuiltIn::RequestTokens).0.saturating_add(output);
                let holds = facts.context.0;
                let words = format!("this request needs {window} tokens, and `{name}` holds {holds}");
                Reason { by: RuleName::Context, words }
            }
            Against::Ungranted(index) => {
                let rule = &self.policy.requirements[index as usize];
                let built_in = || format!("`{name}` needs the approval `{}` of {}", rule.name, rule.body.by);
                let words = rule.body.because.clone().unwrap_or_else(built_in);
                Reason { by: RuleName::Approval(rule.name.clone()), words }
            }
        }
    }

    /// The kind of the request's api, then what it needs.
    fn needs(&self, attributes: &Attributes) -> Vec<String> {
        let schema = &self.policy.schema;
        let api = schema.attribute(BuiltIn::RequestApi.id());
        let is_embeddings =
            match (&api.value_type, attributes.value(schema, BuiltIn::RequestApi.id()).as_ref()) {
                (Type::Named(named), Value::Member(member)) => named.name_of(*member) == "embeddings",
                _ => false,
            };
        let mut needs = vec![if is_embeddings { "embeddings" } else { "chat" }.to_owned()];
        if let Value::Set(set) = attributes.value(schema, BuiltIn::RequestNeeds.id()).as_ref() {
            needs.extend(set.iter().cloned());
        }
        needs
    }

    fn owed(&self, verdict: &Verdict, owed: &OwedBy) -> Owed {
        let policy = &self.policy;
        let mut obligations =
            Obligations { redact: Vec::new(), flag: Vec::new(), cap: owed.cap, log: LogLevel::Metadata };
        let mut level: Option<LogLevel> = None;
        for rule in owed.rules.of(&verdict.owing) {
            match self.rules.obligations[*rule as usize] {
                Owing::Redaction(index) => {
                    let rule = &policy.redactions[index as usize];
                    for find in &rule.body.findings {
                        mask(&mut obligations.redact, find, rule);
                    }
                }
                Owing::Flag(index) => obligations.flag.push(policy.flags[index as usize].name.clone()),
                Owing::Cap(_) => {}
                Owing::Log(index) => level = level.max(Some(policy.logs[index as usize].body.level)),
            }
        }
        obligations.log = level.unwrap_or(LogLevel::Metadata);
        Owed { target: owed.target, obligations }
    }

    /// Rules on trial that held, in policy order.
    fn observed(&self, verdict: &Verdict) -> Vec<Observed> {
        let mut found: Vec<(crate::source::Span, Observed)> = Vec::new();
        for index in &verdict.tried {
            let tried = &self.rules.tried_of_request[*index as usize];
            found.push((tried.span, Observed { rule: tried.name.clone(), targets: Vec::new() }));
        }
        let rules: BTreeSet<u32> = verdict.tried_of.iter().map(|(rule, _)| *rule).collect();
        for rule in rules {
            let tried = &self.rules.tried_of_target[rule as usize];
            let targets = verdict.tried_of.iter().filter(|(known, _)| *known == rule);
            let targets = targets.map(|(_, target)| *target).collect();
            found.push((tried.span, Observed { rule: tried.name.clone(), targets }));
        }
        found.sort_by_key(|(span, _)| *span);
        found.into_iter().map(|(_, observed)| observed).collect()
    }

    fn findings(&self, attributes: &Attributes) -> Vec<String> {
        let mut found = BTreeSet::new();
        for id in &self.findings {
            if let Some(Value::Set(names)) = attributes.get(*id) {
                found.extend(names.iter().cloned());
            }
        }
        found.into_iter().collect()
    }
}

/// The attributes that hold what is found in texts.
pub(super) fn findings(policy: &crate::model::Policy) -> Vec<wayleave_program::schema::AttributeId> {
    let is_found = |id: &wayleave_program::schema::AttributeId| {
        matches!(policy.schema.attribute(*id).origin, Origin::Findings(..))
    };
    policy.schema.ids().filter(is_found).collect()
}

/// Redactions add up; originals are put back only if every rule that masks the prompt says so.
fn mask(masked: &mut Vec<Redaction>, find: &str, rule: &crate::model::Rule<crate::model::Redact>) {
    let by = RuleName::Redact(rule.name.clone());
    let (place, is_restored) = (rule.body.place, rule.body.is_restored);
    let Some(known) = masked.iter_mut().find(|known| known.find == find) else {
        masked.push(Redaction { find: find.to_owned(), place, is_restored, by: vec![by] });
        return;
    };
    known.is_restored = match (known.place, place) {
        (_, Place::Response) => known.is_restored,
        (Place::Response, _) => is_restored,
        _ => known.is_restored && is_restored,
    };
    known.place = known.place.and(place);
    known.by.push(by);
}

fn approval_required(base: Decision, removed: Vec<Removed>) -> Decision {
    let is_approval = |reason: &Reason| matches!(reason.by, RuleName::Approval(_));
    let grantable = removed.iter().filter(|removed| removed.reasons.iter().all(is_approval));
    let reasons = each_once(grantable.flat_map(|removed| &removed.reasons));
    let approval = reasons.iter().find_map(|reason| match &reason.by {
        RuleName::Approval(name) => Some(name.clone()),
        _ => None,
    });
    Decision { approval, reasons, removed, ..base }
}

/// The first reason of each rule, in order.
fn each_once<'r>(reasons: impl Iterator<Item = &'r Reason>) -> Vec<Reason> {
    let mut once: Vec<Reason> = Vec::new();
    for reason in reasons {
        if !once.iter().any(|known| known.by == reason.by) {
            once.push(reason.clone());
        }
    }
    once
}

fn denied(reasons: Vec<Reason>) -> Decision {
    Decision { reasons, ..Decision::of(Outcome::Deny) }
}
