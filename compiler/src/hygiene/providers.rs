//! Routes that stand and fall with one provider.

use super::routes_with_plans;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Plan, Policy, Who};
use std::collections::BTreeSet;
use wayleave_program::catalogue::{ProviderId, TargetId};

pub(super) fn single(policy: &Policy) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (route, plans) in routes_with_plans(policy) {
        let Some(providers) = plans.iter().map(|plan| providers(policy, plan)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let all: BTreeSet<ProviderId> = providers.into_iter().flatten().collect();
        let mut all = all.into_iter();
        if let (Some(only), None) = (all.next(), all.next()) {
            let provider = &policy.catalogue.provider(only).name;
            let message =
                format!("every candidate of `route {}` is of the provider `{provider}`", route.name);
            let diagnostic =
                Diagnostic::new(Code::R0313, message, route.head, "down when that provider is down");
            found.push(
                diagnostic.with_help("add a target of another provider with `else`, if one may be used"),
            );
        }
    }
    found
}

/// The providers that a plan may ask; none where the caller may name any.
fn providers(policy: &Policy, plan: &Plan) -> Option<BTreeSet<ProviderId>> {
    let provider = |target: &TargetId| policy.catalogue.target(*target).provider;
    let mut found = BTreeSet::new();
    for stage in &plan.stages {
        match &stage.who {
            Who::Requested => return None,
            Who::Target(target) => found.extend([provider(target)]),
            Who::Split(_, shares) => found.extend(shares.iter().map(|(_, target)| provider(target))),
            Who::Ordered(_, targets) => found.extend(targets.iter().map(provider)),
        }
    }
    Some(found)
}
