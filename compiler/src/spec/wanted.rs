//! What has to be known of a request: at all, and still.

use super::request::Request;
use super::truth::Truth;
use crate::model::{Condition, DefinitionBody, Plan, Policy, RouteBody, Rule, Subject, Who};
use std::borrow::Cow;
use std::collections::BTreeSet;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin};
use wayleave_program::value::Value;

/// The attributes that matter to some decision under a policy, ascending. Those of a classification count only where the
/// class does; what eligibility, `requested`, dates and draws read counts always.
pub(super) fn reads(policy: &Policy) -> Vec<AttributeId> {
    let always = [
        BuiltIn::RequestApi,
        BuiltIn::RequestModel,
        BuiltIn::RequestNeeds,
        BuiltIn::RequestTokens,
        BuiltIn::RequestOutput,
        BuiltIn::TimeNow,
    ];
    let mut reads: BTreeSet<AttributeId> = always.into_iter().map(BuiltIn::id).collect();
    for condition in conditions(policy) {
        reads.extend(tested(policy, condition));
    }
    for plan in plans(policy) {
        for stage in &plan.stages {
            if let Who::Split(by, _) = &stage.who {
                reads.extend(by.iter().copied().chain([BuiltIn::RequestId.id()]));
            }
        }
    }
    for migration in &policy.migrations {
        reads.extend(migration.sticky.into_iter().chain([BuiltIn::RequestId.id()]));
    }
    if !policy.requirements.is_empty() {
        reads.insert(BuiltIn::Granted.id());
    }
    reads.extend(policy.counters.iter().filter(|counter| counter.is_enforced).map(|counter| counter.used));
    reads.into_iter().collect()
}

/// What is still to be asked for. What is looked for in texts comes last, and only where some rule is in doubt that can
/// still matter: after a denial, only other denials.
pub(super) fn wanted(policy: &Policy, reads: &[AttributeId], attributes: &Attributes) -> Vec<AttributeId> {
    let is_of_texts = |id: AttributeId| {
        let attribute = policy.schema.attribute(id);
        matches!(attribute.origin, Origin::Findings(..))
            || [BuiltIn::Prompt, BuiltIn::System].iter().any(|text| text.id() == id)
    };
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
        doubtful.into_iter().flat_map(|condition| tested(policy, condition)).collect();
    dear.into_iter().filter(|id| tested.contains(id)).collect()
}

/// The request as the proxy would know it: of what no rule asks that can still matter, nothing is found in its texts.
pub(super) fn without_unasked_findings<'a>(
    policy: &Policy,
    reads: &[AttributeId],
    attributes: &'a Attributes,
) -> Cow<'a, Attributes> {
    if Inspected::ALL.iter().all(|inspected| attributes.get(inspected.texts().id()).is_none()) {
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

/// Every condition of a rule, a route, an arm, a counter or a migration.
fn conditions(policy: &Policy) -> Vec<&Condition> {
    let mut all: Vec<&Condition> = Vec::new();
    all.extend(policy.approvals.iter().map(|rule| &rule.condition));
    all.extend(policy.denials.iter().map(|rule| &rule.condition));
    all.extend(policy.prohibitions.iter().map(|rule| &rule.condition));
    all.extend(policy.redactions.iter().map(|rule| &rule.condition));
    all.extend(policy.flags.iter().map(|rule| &rule.condition));
    all.extend(policy.requirements.iter().map(|rule| &rule.condition));
    all.extend(policy.caps.iter().map(|rule| &rule.condition));
    all.extend(policy.logs.iter().map(|rule| &rule.condition));
    all.extend(policy.counters.iter().map(|counter| &counter.condition));
    all.extend(policy.migrations.iter().map(|migration| &migration.condition));
    for route in &policy.routes {
        all.push(&route.condition);
        if let RouteBody::Arms(arms) = &route.body {
            all.extend(arms.iter().map(|arm| &arm.condition));
        }
    }
    all
}

fn plans(policy: &Policy) -> Vec<&Plan> {
    policy.routes.iter().flat_map(|route| route.body.plans()).collect()
}

/// The attributes that a condition depends on, classes and computed ones written out.
fn tested(policy: &Policy, condition: &Condition) -> BTreeSet<AttributeId> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut pending = vec![condition];
    while let Some(condition) = pending.pop() {
        for id in condition.definitions() {
            if let DefinitionBody::Define(body) = &policy.definitions[id.0 as usize].body
                && seen.insert(id)
            {
                pending.push(body);
            }
        }
        for test in condition.tests() {
            let Subject::Attribute(id) = test.subject else { continue };
            let origin = &policy.schema.attribute(id).origin;
            if found.insert(id) && *origin == Origin::Classified {
                pending.extend(class_conditions(policy, id));
            }
        }
    }
    let is_read = |id: &AttributeId| match policy.schema.attribute(*id).origin {
        Origin::Classified => false,
        // From `request.tokens`, `request.output` and `time.now`, which are always read.
        Origin::BuiltIn(built_in) => !built_in.is_computed(),
        Origin::Sources(..) | Origin::Findings(..) | Origin::Counter => true,
    };
    found.into_iter().filter(is_read).collect()
}

fn class_conditions(policy: &Policy, id: AttributeId) -> Vec<&Condition> {
    let arms = policy.definitions.iter().find_map(|definition| match &definition.body {
        DefinitionBody::Classify { attribute, arms, .. } if *attribute == id => Some(arms),
        _ => None,
    });
    arms.into_iter().flatten().map(|(condition, _)| condition).collect()
}
