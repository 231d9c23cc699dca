//! The meaning: `decide` by the letter of the language contract, section 5, in its order. Slow and obvious; whatever is
//! fast is held to it.

mod draw;

mod eligible;

mod obligations;

mod plan;

mod request;

mod truth;

mod wanted;

use crate::model::{ArmOutcome, Counter, Plan, Policy, Route, RouteBody, RouteId, Rule};
use request::Request;
use std::collections::BTreeSet;
use std::sync::Arc;
use truth::Truth;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Observed, Outcome, Reason, RuleName};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{AttributeId, Schema};
use wayleave_program::value::{Instant, Share, Value};
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
        let reads = policy.reads();
        Reference { policy, reads }
    }

    /// The policy whose program this is.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn is_approvable(&self, request: &Request<'_>, target: TargetId) -> bool {
        self.policy.approvals.iter().any(|approval| {
            !approval.is_tried
                && approval.body.targets.contains(&target)
                && request.rule(approval, Some(target)) != Truth::False
        })
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
        wanted::wanted(&self.policy, &self.reads, attributes)
    }

    fn decide(&self, attributes: &Attributes) -> Decision {
        decide_known(&self.policy, &wanted::without_unasked_findings(&self.policy, &self.reads, attributes))
    }

    fn find(&self, detector: DetectorId, text: &str) -> BTreeSet<String> {
        self.policy.find(detector, text)
    }

    fn approvable(&self, attributes: &Attributes) -> Vec<TargetId> {
        let request = Request::partly_known(&self.policy, attributes);
        let targets = self.policy.catalogue.target_ids();
        targets.filter(|target| self.is_approvable(&request, *target)).collect()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.policy.fingerprint()
    }
}

/// The decision on one request.
pub fn decide(policy: &Policy, attributes: &Attributes) -> Decision {
    // What is read matters where texts are looked through.
    if !wanted::has_texts(attributes) {
        return decide_known(policy, attributes);
    }
    decide_known(policy, &wanted::without_unasked_findings(policy, &policy.reads(), attributes))
}

fn decide_known(policy: &Policy, attributes: &Attributes) -> Decision {
    let request = Request::known(policy, attributes);
    let (mut decision, planned) = answer(policy, &request);
    decision.observed = observed(policy, &request, &planned);
    decision.findings = request.findings();
    decision
}

/// Whether a request is one of those for which a condition holds that tests no target.
pub fn holds(policy: &Policy, condition: &crate::model::Condition, attributes: &Attributes) -> bool {
    Request::known(policy, attributes).holds(condition, None)
}

/// Whether a condition may hold of a target on some request, as far as the target alone tells: no where it holds on none.
pub fn may_hold(policy: &Policy, condition: &crate::model::Condition, target: TargetId) -> bool {
    let nothing = Attributes::new(&policy.schema);
    Request::partly_known(policy, &nothing).truth(condition, Some(target)) != Truth::False
}

/// One request of which more is asked than its decision.
pub struct Asked<'a>(Request<'a>);

impl<'a> Asked<'a> {
    /// What is not given counts as its default.
    pub fn of(policy: &'a Policy, attributes: &'a Attributes) -> Asked<'a> {
        Asked(Request::known(policy, attributes))
    }

    /// Whether a condition holds; for one that tests the target, of that target.
    pub fn holds(&self, condition: &crate::model::Condition, target: Option<TargetId>) -> bool {
        self.0.truth(condition, target) == Truth::True
    }

    /// Whether a rule is in force and holds, be it enforced or tried.
    pub fn rule_holds<Body>(&self, rule: &Rule<Body>, target: Option<TargetId>) -> bool {
        self.0.rule(rule, target) == Truth::True
    }
}

/// The decision, and every target of its plan in plan order, removed ones too.
fn answer(policy: &Policy, request: &Request<'_>) -> (Decision, Vec<TargetId>) {
    let denials = denials(policy, request);
    if !denials.is_empty() {
        return (deny(denials), Vec::new());
    }
    let Some(route) = route(policy, request) else {
        let words = policy.otherwise.words.clone();
        return (deny(vec![Reason { by: RuleName::Otherwise, words }]), Vec::new());
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
                    let route = Some(route.name.clone());
                    return (Decision { route, arm: Some(index), ..denied }, Vec::new());
                }
            }
        }
    };
    let (decision, planned) = planned(policy, request, route, plan);
    (Decision { route: Some(route.name.clone()), arm, ..decision }, planned)
}

/// Every `deny` that holds, in policy order.
fn denials(policy: &Policy, request: &Request<'_>) -> Vec<Reason> {
    let reason = |denial: &Rule<crate::model::Deny>| Reason {
        by: RuleName::Deny(denial.name.clone()),
        words: denial
            .body
            .because
            .clone()
            .unwrap_or_else(|| format!("the rule `deny {}` holds", denial.name)),
    };
    let holds = |denial: &&Rule<crate::model::Deny>| request.is_enforced(denial, None);
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

/// What becomes of a request that has a plan: who of it may be asked, and whether there is room.
fn planned(policy: &Policy, request: &Request<'_>, route: &Route, plan: &Plan) -> (Decision, Vec<TargetId>) {
    let tried = plan::candidates(policy, request, &route.name, plan);
    let mut decision = Decision {
        plan: tried.stages,
        failover: plan.tries.failover.clone(),
        retry: plan.tries.retry,
        backoff_ms: plan.tries.backoff_ms,
        hedge_ms: plan.tries.hedge_ms,
        deadline_ms: plan.tries.deadline_ms,
        shadow: tried.shadow,
        removed: tried.removed,
        migrations: tried.migrations,
        ..Decision::of(Outcome::Route)
    };
    let mut owing: Vec<TargetId> = decision.candidates().map(|(target, _)| target).collect();
    owing
        .extend(decision.shadow.iter().filter(|shadow| !owing.contains(shadow)).copied().collect::<Vec<_>>());
    decision.obligations = owing.iter().map(|target| obligations::owed(policy, request, *target)).collect();
    if decision.plan.is_empty() {
        return (eligible::nothing_left(request, decision), tried.order);
    }
    (counted(policy, request, decision), tried.order)
}

/// The same decision, or `limited` where a counter that applies has no room.
fn counted(policy: &Policy, request: &Request<'_>, decision: Decision) -> Decision {
    let applies = |counter: &&Counter| counter.is_enforced && request.holds(&counter.condition, None);
    let counters: Vec<&Counter> = policy.counters.iter().filter(applies).collect();
    let names = counters.iter().map(|counter| counter.rule_name()).collect();
    let decision = Decision { counters: names, ..decision };
    let full: Vec<&Counter> = counters.into_iter().filter(|counter| is_full(request, counter)).collect();
    if full.is_empty() {
        return decision;
    }
    let reasons = full.iter().map(|counter| Reason {
        by: counter.rule_name(),
        words: format!("the {} has no room left", counter.rule_name().to_string().replace(' ', " `") + "`"),
    });
    // When a sliding window has room again depends on when it was used, which only its keeper knows.
    let ends: Option<Vec<Instant>> =
        full.iter().map(|counter| period_end(policy, request, counter)).collect();
    let until = ends.and_then(|ends| ends.into_iter().max());
    Decision { outcome: Outcome::Limited, reasons: reasons.collect(), until, ..decision }
}

/// All of what a counter admits.
const WHOLE: Share = Share(1_000_000);

fn is_full(request: &Request<'_>, counter: &Counter) -> bool {
    matches!(request.value(counter.used).as_deref(), Some(Value::Share(used)) if *used >= WHOLE)
}

fn period_end(policy: &Policy, request: &Request<'_>, counter: &Counter) -> Option<Instant> {
    let crate::model::Amount::Money(_, period) = counter.amount else { return None };
    policy.schema.zone.end_of(period, request.now()?)
}

/// The rules that are tried and held, in policy order: of the request, or of some target of its plan.
fn observed(policy: &Policy, request: &Request<'_>, planned: &[TargetId]) -> Vec<Observed> {
    let mut found: Vec<(crate::source::Span, Observed)> = Vec::new();
    for denial in policy.denials.iter().filter(|rule| rule.is_tried) {
        if request.rule(denial, None) == Truth::True {
            let rule = RuleName::Deny(denial.name.clone());
            found.push((denial.span, Observed { rule, targets: Vec::new() }));
        }
    }
    let every: Vec<TargetId> = policy.catalogue.target_ids().collect();
    for rule in &policy.approvals {
        let name = RuleName::Approve(rule.name.clone());
        found.extend(tried(request, rule, name, &rule.body.targets, planned));
    }
    for rule in &policy.prohibitions {
        let name = RuleName::Forbid(rule.name.clone());
        found.extend(tried(request, rule, name, &rule.body.targets, planned));
    }
    for rule in &policy.redactions {
        found.extend(tried(request, rule, RuleName::Redact(rule.name.clone()), &every, planned));
    }
    for rule in &policy.flags {
        found.extend(tried(request, rule, RuleName::Flag(rule.name.clone()), &every, planned));
    }
    for rule in &policy.requirements {
        found.extend(tried(request, rule, RuleName::Approval(rule.name.clone()), &every, planned));
    }
    for rule in &policy.caps {
        found.extend(tried(request, rule, RuleName::Cap(rule.name.clone()), &every, planned));
    }
    for rule in &policy.logs {
        found.extend(tried(request, rule, RuleName::Log(rule.name.clone()), &every, planned));
    }
    found.sort_by_key(|(span, _)| *span);
    found.into_iter().map(|(_, observed)| observed).collect()
}

fn tried<B>(
    request: &Request<'_>,
    rule: &Rule<B>,
    name: RuleName,
    of: &[TargetId],
    planned: &[TargetId],
) -> Option<(crate::source::Span, Observed)> {
    if !rule.is_tried {
        return None;
    }
    let holds = |target: &&TargetId| of.contains(target) && request.rule(rule, Some(**target)) == Truth::True;
    let targets: Vec<TargetId> = planned.iter().filter(holds).copied().collect();
    (!targets.is_empty()).then_some((rule.span, Observed { rule: name, targets }))
}

fn deny(reasons: Vec<Reason>) -> Decision {
    Decision { reasons, ..Decision::of(Outcome::Deny) }
}
