//! What stands above an item for people to see and press: whether a test passes and a guarantee holds, which tests a route has
//! and what lies inside it, and a request that shows what a rule decides.

use super::diagnostics::CheckedPolicy;
use wayleave_compiler::Policy;
use wayleave_compiler::examples::ExampleResult;
use wayleave_compiler::model::{Route, RouteId};
use wayleave_compiler::proof::Verdict;
use wayleave_compiler::source::{FileId, Span};

/// What is done when a lens is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Says what came of the test of that title.
    RunTest(String),
    /// Says what came of the tests that a route of that name takes.
    RunTests(String),
    /// Says which routes stand inside the one of that name.
    ShowInside(String),
    /// Says whether the guarantee of that name holds.
    Prove(String),
    /// Shows the request for which it does not.
    ShowCounterexample(String),
    /// Decides a request that the rule at that byte has part in.
    Decide(u32),
}

/// Words above a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lens {
    /// The item that they are about.
    pub span: Span,
    /// What is shown.
    pub title: String,
    /// What it does.
    pub action: Action,
}

/// The lenses of one file, by place; none where the policy has errors.
pub fn lenses(policy: &CheckedPolicy, file: FileId) -> Vec<Lens> {
    let Some(sound) = policy.policy() else { return Vec::new() };
    let mut found = Vec::new();
    for (route, number) in sound.routes.iter().zip(0..) {
        of_route(sound, &policy.results, route, RouteId(number), &mut found);
    }
    let rules = sound.denials.iter().filter(|rule| !rule.is_tried).map(|rule| rule.span);
    let rules = rules.chain(sound.prohibitions.iter().filter(|rule| !rule.is_tried).map(|rule| rule.span));
    found.extend(rules.chain([sound.otherwise.span]).map(decide));
    for guarantee in &sound.guarantees {
        let (words, name) = (policy.proofs.words(&guarantee.name), guarantee.name.clone());
        let fails = policy.proofs.of(&name).is_some_and(|proven| proven.verdict == Verdict::Fails);
        let (title, action) = match fails {
            true => (format!("{words}: show counterexample"), Action::ShowCounterexample(name)),
            false => (words.to_owned(), Action::Prove(name)),
        };
        found.push(Lens { span: guarantee.span, title, action });
    }
    for result in &policy.results {
        let words = if result.misses.is_empty() { "passes" } else { "fails" };
        let action = Action::RunTest(result.name.clone());
        found.push(Lens { span: result.span, title: format!("run test: {words}"), action });
    }
    found.retain(|lens| lens.span.file == file);
    found.sort_by_key(|lens| lens.span);
    found
}

fn decide(span: Span) -> Lens {
    Lens { span, title: "decide a request here".to_owned(), action: Action::Decide(span.start) }
}

fn of_route(policy: &Policy, results: &[ExampleResult], route: &Route, id: RouteId, found: &mut Vec<Lens>) {
    let own: Vec<&ExampleResult> = taken(results, &route.name).collect();
    let fails = own.iter().filter(|result| !result.misses.is_empty()).count();
    let title = match (own.len(), fails) {
        (0, _) => "no test".to_owned(),
        (1, 0) => "1 test passes".to_owned(),
        (1, _) => "1 test fails".to_owned(),
        (all, 0) => format!("{all} tests pass"),
        (all, 1) => format!("1 of {all} tests fails"),
        (all, fails) => format!("{fails} of {all} tests fail"),
    };
    found.push(Lens { span: route.span, title, action: Action::RunTests(route.name.clone()) });
    let inside = inside(policy, id).count();
    if inside > 0 {
        let title = if inside == 1 { "1 route inside".to_owned() } else { format!("{inside} routes inside") };
        found.push(Lens { span: route.span, title, action: Action::ShowInside(route.name.clone()) });
    }
    found.push(decide(route.span));
}

/// The tests whose request a route takes.
pub fn taken<'r>(results: &'r [ExampleResult], route: &'r str) -> impl Iterator<Item = &'r ExampleResult> {
    results.iter().filter(move |result| result.decision.route.as_deref() == Some(route))
}

/// The routes that stand inside another, one step.
pub fn inside(policy: &Policy, route: RouteId) -> impl Iterator<Item = &Route> {
    policy.routes.iter().filter(move |other| other.inside == Some(route))
}
