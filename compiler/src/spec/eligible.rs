//! Who of a plan may be asked, and what becomes of a request for which nobody may.

use super::deny;
use super::request::Request;
use crate::model::Policy;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome, Reason, RuleName};
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Tokens, Value};

/// Every reason for which a target may not be asked: approve, forbid, capability, context, approval, in this order.
pub(super) fn reasons_against(policy: &Policy, request: &Request<'_>, target: TargetId) -> Vec<Reason> {
    let name = &policy.catalogue.target(target).name;
    let mut reasons = Vec::new();
    let is_approved = policy.approvals.iter().any(|approval| {
        approval.body.targets.contains(&target) && request.is_enforced(approval, Some(target))
    });
    if !is_approved {
        let words = format!("no `approve` in force covers `{name}` for this request");
        reasons.push(Reason { by: RuleName::Unapproved, words });
    }
    for rule in &policy.prohibitions {
        if rule.body.targets.contains(&target) && request.is_enforced(rule, Some(target)) {
            let words = rule.body.because.clone();
            let words = words.unwrap_or_else(|| format!("the rule `forbid {}` holds", rule.name));
            reasons.push(Reason { by: RuleName::Forbid(rule.name.clone()), words });
        }
    }
    reasons.extend(unable(policy, request, target));
    for rule in &policy.requirements {
        if request.is_enforced(rule, Some(target)) && !is_granted(request, &rule.name) {
            let words = rule.body.because.clone();
            let words = words.unwrap_or_else(|| {
                format!("`{name}` needs the approval `{}` of {}", rule.name, rule.body.by)
            });
            reasons.push(Reason { by: RuleName::Approval(rule.name.clone()), words });
        }
    }
    reasons
}

/// What the target cannot do that this request needs, and whether the request fits into it.
fn unable(policy: &Policy, request: &Request<'_>, target: TargetId) -> Vec<Reason> {
    let facts = policy.catalogue.target(target);
    let name = &facts.name;
    let mut reasons = Vec::new();
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

fn is_granted(request: &Request<'_>, name: &str) -> bool {
    matches!(request.value(BuiltIn::Granted.id()).as_deref(), Some(Value::Set(granted)) if granted.contains(name))
}

/// No candidate is left: an approval is required where it would leave one; else a denial with every reason in plan
/// order, each rule once.
pub(super) fn nothing_left(request: &Request<'_>, decision: Decision) -> Decision {
    let is_approval = |reason: &Reason| matches!(reason.by, RuleName::Approval(_));
    let grantable = decision.removed.iter().filter(|removed| removed.reasons.iter().all(is_approval));
    let approvals = each_once(grantable.flat_map(|removed| &removed.reasons));
    if let Some(Reason { by: RuleName::Approval(first), .. }) = approvals.first() {
        let approval = Some(first.clone());
        return Decision {
            approval,
            reasons: approvals,
            removed: decision.removed,
            migrations: decision.migrations,
            ..Decision::of(Outcome::ApprovalRequired)
        };
    }
    let mut reasons = each_once(decision.removed.iter().flat_map(|removed| &removed.reasons));
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
    Decision { removed: decision.removed, migrations: decision.migrations, ..deny(reasons) }
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
