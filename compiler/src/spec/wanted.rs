//! What has to be known of a request: at all, and still.

use super::request::Request;
use super::truth::Truth;
use crate::model::{Condition, Policy, RouteBody, Rule};
use std::borrow::Cow;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{AttributeId, Inspected, Origin};
use wayleave_program::value::Value;

/// What is still to be asked for. What is looked for in texts comes last, and only where some rule is in doubt that can
/// still matter: after a denial, only other denials.
pub(super) fn wanted(policy: &Policy, reads: &[AttributeId], attributes: &Attributes) -> Vec<AttributeId> {
    let is_of_texts = |id| policy.schema.is_of_texts(id);
    let unknown = |id: &AttributeId| attributes.get(*id).is_none();
    let cheap: Vec<AttributeId> =
        reads.iter().copied().filter(unknown).filter(|id| !is_of_texts(*id)).collect();
    if !cheap.is_empty() {
        return cheap;
    }
    let dear: BTreeSet<AttributeId> =
        reads.iter().copied().filter(unknown).filter(|id| is_of_texts(*id)).collect();
    if dear.is_empty() {
        return Vec::new();
    }
    let request = Request::partly_known(policy, attributes);
    let is_denied =
        policy.denials.iter().any(|rule| !rule.is_tried && request.rule(rule, None) == Truth::True);
    let doubtful = if is_denied { denials_in_doubt(policy, &request) } else { in_doubt(policy, &request) };
    let tested: BTreeSet<AttributeId> =
        doubtful.into_iter().flat_map(|condition| policy.tested(condition)).collect();
    dear.into_iter().filter(|id| tested.contains(id)).collect()
}

/// Whether whole texts are given.
pub(super) fn has_texts(attributes: &Attributes) -> bool {
    Inspected::ALL.iter().any(|inspected| attributes.get(inspected.texts().id()).is_some())
}

/// The request as the proxy would know it: of what no rule asks that can still matter, nothing is found in its texts.
pub(super) fn without_unasked_findings<'a>(
    policy: &Policy,
    reads: &[AttributeId],
    attributes: &'a Attributes,
) -> Cow<'a, Attributes> {
    if !has_texts(attributes) {
        return Cow::Borrowed(attributes);
    }
    let is_found = |id: &AttributeId| matches!(policy.schema.attribute(*id).origin, Origin::Findings(..));
    let mut known = attributes.clone();
    // First what costs nothing, then what is looked for in texts.
    for id in wanted(policy, reads, attributes) {
        if !is_found(&id) {
            known.set(id, attributes.value(&policy.schema, id).into_owned());
        }
    }
    let asked = wanted(policy, reads, &known);
    for id in policy.schema.ids().filter(is_found) {
        if known.get(id).is_none() && !asked.contains(&id) {
            known.set(id, Value::Set(BTreeSet::new()));
        }
    }
    Cow::Owned(known)
}

fn denials_in_doubt<'p>(policy: &'p Policy, request: &Request<'_>) -> Vec<&'p Condition> {
    let denials = policy.denials.iter().filter(|rule| request.rule(rule, None) == Truth::Maybe);
    denials.map(|rule| &rule.condition).collect()
}

/// Every condition that may or may not hold.
fn in_doubt<'p>(policy: &'p Policy, request: &Request<'_>) -> Vec<&'p Condition> {
    let every: Vec<TargetId> = policy.catalogue.target_ids().collect();
    let mut doubtful = denials_in_doubt(policy, request);
    for rule in &policy.approvals {
        doubtful.extend(of_targets(request, rule, &rule.body.targets));
    }
    for rule in &policy.prohibitions {
        doubtful.extend(of_targets(request, rule, &rule.body.targets));
    }
    doubtful.extend(policy.redactions.iter().filter_map(|rule| of_targets(request, rule, &every)));
    doubtful.extend(policy.flags.iter().filter_map(|rule| of_targets(request, rule, &every)));
    doubtful.extend(policy.requirements.iter().filter_map(|rule| of_targets(request, rule, &every)));
    doubtful.extend(policy.caps.iter().filter_map(|rule| of_targets(request, rule, &every)));
    doubtful.extend(policy.logs.iter().filter_map(|rule| of_targets(request, rule, &every)));
    let mut alone: Vec<&Condition> = Vec::new();
    alone.extend(policy.counters.iter().map(|counter| &counter.condition));
    alone.extend(policy.migrations.iter().map(|migration| &migration.condition));
    for route in &policy.routes {
        alone.push(&route.condition);
        if let RouteBody::Arms(arms) = &route.body {
            alone.extend(arms.iter().map(|arm| &arm.condition));
        }
    }
    doubtful.extend(alone.into_iter().filter(|condition| request.truth(condition, None) == Truth::Maybe));
    doubtful
}

/// The condition of a rule that may or may not hold of one of these targets.
fn of_targets<'p, B>(
    request: &Request<'_>,
    rule: &'p Rule<B>,
    targets: &[TargetId],
) -> Option<&'p Condition> {
    let is_doubtful = targets.iter().any(|target| request.rule(rule, Some(*target)) == Truth::Maybe);
    is_doubtful.then_some(&rule.condition)
}
