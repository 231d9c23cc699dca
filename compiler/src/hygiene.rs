//! What is odd about a policy that is sound, as of a day; and which of that its owner has said to leave alone.

mod allowed;

mod approvals;

mod providers;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Policy, RouteBody};
use crate::source::Sources;
use crate::spec;
use wayleave_program::value::Instant;

pub(crate) use allowed::silence;

/// All of it that a policy shows without its text.
pub(crate) fn oddities(policy: &Policy, as_of: Instant) -> Vec<Diagnostic> {
    let mut found = approvals::ending(policy, as_of);
    found.extend(providers::single(policy));
    found
}

/// Tests of a delegated file whose request is none of that file's.
pub(crate) fn foreign_tests(policy: &Policy, sources: &Sources) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for example in &policy.examples {
        let delegation = policy.delegations.iter().find(|(file, _)| *file == example.span.file);
        let Some((file, condition)) = delegation else { continue };
        if spec::holds(policy, condition, &example.given) {
            continue;
        }
        let name = &sources.file(*file).name;
        let message = format!("the test {:?} is of a request that is none of `{name}`'s", example.name);
        let diagnostic = Diagnostic::new(Code::R0105, message, example.span, "decided without this file");
        found.push(diagnostic.with_help(
            "give what the condition behind `use … for` asks for, or move the test to the file that delegates",
        ));
    }
    found
}

/// Every plan of a policy with its route.
fn routes_with_plans(
    policy: &Policy,
) -> impl Iterator<Item = (&crate::model::Route, Vec<&crate::model::Plan>)> {
    policy.routes.iter().map(|route| (route, RouteBody::plans(&route.body)))
}
