//! The meaning: `decide` by the letter of the language contract, section 5, in its order. Slow and obvious; whatever is
//! fast is held to it.

mod request;

mod truth;

use crate::model::{ArmOutcome, Period, Plan, Policy, Route, RouteBody, RouteId, Who};
use request::Request;
use std::sync::Arc;
use truth::Truth;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, Requested, TargetId};
use wayleave_program::decision::{Decision, Outcome, Owed, Reason, Removed, RuleName};
use wayleave_program::plan::{FailureClass, LogLevel, Obligations, Stage};
use wayleave_program::schema::{AttributeId, BuiltIn, Schema};
use wayleave_program::value::{Tokens, Value};
use wayleave_program::{Fingerprint, Program};

/// The reference implementation of a policy's program.
#[derive(Debug, Clone)]
pub struct Reference {
    policy: Arc<Policy>,
    reads: Vec<AttributeId>,
}

impl Reference {
    /// The program of a policy.
    pub fn new(policy: Arc<Policy>) -> Reference {
        let reads = request::reads(&policy);
        Reference { policy, reads }
    }

    /// The policy whose program this is.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl Program for Reference {
    fn schema(&self) -> &Schema {
        &self.policy.schema
    }

    fn catalogue(&self) -> &Catalogue {
        &self.policy.catalogue
    }

    fn reads(&self) -> &[AttributeId] {
        &self.reads
    }

    fn wanted(&self, attributes: &Attributes) -> Vec<AttributeId> {
        self.reads.iter().copied().filter(|id| attributes.get(*id).is_none()).collect()
    }

    fn decide(&self, attributes: &Attributes) -> Decision {
        decide(&self.policy, attributes)
    }

    fn approvable(&self, attributes: &Attributes) -> Vec<TargetId> {
        let request = Request::partly_known(&self.policy, attributes);
        let targets = self.policy.catalogue.target_ids();
        targets.filter(|target| self.is_approvable(&request, *target)).collect()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.policy.fingerprint
    }
}

impl Reference {
    fn is_approvable(&self, request: &Request<'_>, target: TargetId) -> bool {
        self.policy.approvals.iter().any(|approval| {
            approval.targets.contains(&target)
                && in_force(request, approval.period) != Truth::False
                && request.truth(&approval.condition, Some(target)) != Truth::False
        })
    }
}

/// The decision on one request.
pub fn decide(policy: &Policy, attributes: &Attributes) -> Decision {
    let request = Request::known(policy, attributes);
    let denials = denials(policy, &request);
    if !denials.is_empty() {
        return deny(denials);
    }
    let Some(route) = route(policy, &request) else {
        let words = policy.otherwise.words.clone();
        return deny(vec![Reason { by: RuleName::Otherwise, words }]);
    };
    let (plan, arm) = match &route.body {
        RouteBody::Plan(plan) => (plan, None),
        RouteBody::Arms(arms) => {
            let holds = |arm: &&crate::model::Arm| request.holds(&arm.condition, None);
            let found = arms.iter().zip(0_u32..).find(|(arm, _)| holds(arm));
            let (arm, index) = found.expect("the last arm of a checked policy is `otherwise`");
            match &arm.outcome {
                ArmOutcome::Plan(plan) => (plan, Some(index)),
                ArmOutcome::Deny(words) => {
                    let by = RuleName::Route(route.name.clone());
                    let denied = deny(vec![Reason { by, words: words.clone() }]);
                    return Decision { route: Some(route.name.clone()), arm: Some(index), ..denied };
                }
            }
        }
    };
    let decided = plan_decision(policy, &request, plan);
    Decision { route: Some(route.name.clone()), arm, ..decided }
}

/// Every `deny` that holds, in policy order.
fn denials(policy: &Policy, request: &Request<'_>) -> Vec<Reason> {
    let holds = |denial: &&crate::model::Denial| {
        in_force(request, denial.period) == Truth::True && request.holds(&denial.condition, None)
    };
    let reason = |denial: &crate::model::Denial| Reason {
        by: RuleName::Deny(denial.name.clone()),
        words: denial.because.clone().unwrap_or_else(|| format!("the rule `deny {}` holds", denial.name)),
    };
    policy.denials.iter().filter(holds).map(reason).collect()
}

/// The innermost route that answers. Where two answer and neither stands inside the other, the first in policy order
/// does: that a policy has no such pair is not proven here.
fn route<'p>(policy: &'p Policy, request: &Request<'_>) -> Option<&'p Route> {
    let mut found: Option<usize> = None;
    loop {
        let outer = found.and_then(|index| u32::try_from(index).ok()).map(RouteId);
        let inner = policy
            .routes
            .iter()
            .position(|route| route.inside == outer && request.holds(&route.condition, None));
        match inner {
            // Routes do not stand inside each other in a circle, so this ends.
            Some(index) => found = Some(index),
            None => return found.map(|index| &policy.routes[index]),
        }
    }
}

/// What becomes of a request that has a plan: who of it may be asked.
fn plan_decision(policy: &Policy, request: &Request<'_>, plan: &Plan) -> Decision {
    let mut decision =
        Decision { outcome: Outcome::Route, failover: FailureClass::DEFAULT.to_vec(), ..nothing() };
    let mut seen = Vec::new();
    for stage in &plan.stages {
        for target in targets(request, stage.who) {
            if seen.contains(&target) {
                continue;
            }
            seen.push(target);
            let reasons = ineligible(policy, request, target);
            if reasons.is_empty() {
                decision.plan.push(Stage { candidates: vec![target], within_ms: stage.within_ms });
                decision.obligations.push(Owed { target, obligations: obligations(policy, request, target) });
            } else {
                decision.removed.push(Removed { target, reasons });
            }
        }
    }
    if decision.plan.is_empty() { nothing_left(request, decision) } else { decision }
}

/// The targets of a stage, in order.
fn targets(request: &Request<'_>, who: Who) -> Vec<TargetId> {
    match (who, request.requested()) {
        (Who::Target(target), _) => vec![target],
        (Who::Requested, Requested::Targets(targets)) => targets.clone(),
        (Who::Requested, Requested::Alias(_) | Requested::Nothing) => Vec::new(),
    }
}

/// Every reason for which a target may not be asked: approve, forbid, capability, context, in this order.
fn ineligible(policy: &Policy, request: &Request<'_>, target: TargetId) -> Vec<Reason> {
    let facts = policy.catalogue.target(target);
    let name = &facts.name;
    let mut reasons = Vec::new();
    let is_approved = policy.approvals.iter().any(|approval| {
        approval.targets.contains(&target)
            && in_force(request, approval.period) == Truth::True
            && request.holds(&approval.condition, Some(target))
    });
    if !is_approved {
        let words = format!("no `approve` in force covers `{name}` for this request");
        reasons.push(Reason { by: RuleName::Approve, words });
    }
    for rule in &policy.prohibitions {
        let holds = rule.targets.contains(&target)
            && in_force(request, rule.period) == Truth::True
            && request.holds(&rule.condition, Some(target));
        if holds {
            let words =
                rule.because.clone().unwrap_or_else(|| format!("the rule `forbid {}` holds", rule.name));
            reasons.push(Reason { by: RuleName::Forbid(rule.name.clone()), words });
        }
    }
    let missing: Vec<String> = request
        .capabilities()
        .into_iter()
        .filter(|need| !facts.can(need))
        .map(|need| format!("`{need}`"))
        .collect();
    if !missing.is_empty() {
        let words = format!("`{name}` does not support {}, which this request needs", missing.join(", "));
        reasons.push(Reason { by: RuleName::Capability, words });
    }
    let Tokens(window) = request.tokens(BuiltIn::RequestWindow);
    if window > facts.context.0 {
        let words = format!("this request needs {window} tokens, and `{name}` holds {}", facts.context.0);
        reasons.push(Reason { by: RuleName::Context, words });
    }
    reasons
}

fn obligations(policy: &Policy, request: &Request<'_>, target: TargetId) -> Obligations {
    let Tokens(own) = policy.catalogue.target(target).output;
    let Tokens(asked) = request.tokens(BuiltIn::RequestOutput);
    Obligations { cap: (own < asked).then_some(own), log: LogLevel::Metadata }
}

/// No candidate is left: a denial with every reason in plan order, each rule once.
fn nothing_left(request: &Request<'_>, decision: Decision) -> Decision {
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in decision.removed.iter().flat_map(|removed| &removed.reasons) {
        if !reasons.iter().any(|known| known.by == reason.by) {
            reasons.push(reason.clone());
        }
    }
    if reasons.is_empty() {
        let model = request.text(BuiltIn::RequestModel);
        let words = match model.as_str() {
            "" => "the request names no model, and this route asks only the model that is named".to_owned(),
            model => format!(
                "this route asks only the model that is named, and `{model}` is no target of this policy"
            ),
        };
        reasons.push(Reason { by: RuleName::Requested, words });
    }
    Decision { removed: decision.removed, ..deny(reasons) }
}

/// Whether a rule is in force at the request's time.
fn in_force(request: &Request<'_>, period: Period) -> Truth {
    if period == Period::default() {
        return Truth::True;
    }
    match request.value(BuiltIn::TimeNow.id()).as_deref() {
        Some(Value::Instant(now)) => Truth::of(
            period.from.is_none_or(|from| from <= *now) && period.until.is_none_or(|until| *now < until),
        ),
        _ => Truth::Maybe,
    }
}

fn deny(reasons: Vec<Reason>) -> Decision {
    Decision { outcome: Outcome::Deny, reasons, ..nothing() }
}

fn nothing() -> Decision {
    Decision {
        outcome: Outcome::Deny,
        route: None,
        arm: None,
        plan: Vec::new(),
        failover: Vec::new(),
        removed: Vec::new(),
        obligations: Vec::new(),
        reasons: Vec::new(),
    }
}
