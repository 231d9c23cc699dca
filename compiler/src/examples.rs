//! A policy's own tests: each is decided, and held against what it expects.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Example, Expected, Policy};
use crate::source::Span;
use crate::spec;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Outcome, RuleName};

/// What came of one test.
#[derive(Debug, Clone)]
pub struct ExampleResult {
    /// Its title.
    pub name: String,
    /// Of the title.
    pub span: Span,
    /// What was decided.
    pub decision: Decision,
    /// What was expected and did not come; empty for a test that passed.
    pub misses: Vec<Miss>,
}

/// One `expect` that did not come true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The `expect` clause.
    pub span: Span,
    /// What was expected, in words.
    pub expected: String,
    /// What came instead, in words.
    pub found: String,
}

/// Runs every test of a policy, in its order.
pub fn run(policy: &Policy) -> Vec<ExampleResult> {
    policy.examples.iter().map(|example| run_one(policy, example)).collect()
}

fn run_one(policy: &Policy, example: &Example) -> ExampleResult {
    let decision = spec::decide(policy, &example.given);
    let catalogue = &policy.catalogue;
    let misses = example
        .expects
        .iter()
        .filter(|expect| !is_met(&expect.what, &decision))
        .map(|expect| Miss {
            span: expect.span,
            expected: expectation(&expect.what, catalogue),
            found: outcome(&decision, catalogue),
        })
        .collect();
    ExampleResult { name: example.name.clone(), span: example.span, decision, misses }
}

fn is_met(expected: &Expected, decision: &Decision) -> bool {
    let is_by = |rule: &RuleName| decision.reasons.iter().any(|reason| reason.by == *rule);
    match expected {
        Expected::Route(name) => decision.route.as_ref() == Some(name),
        Expected::To(targets) => {
            decision.outcome == Outcome::Route
                && decision.candidates().map(|(target, _)| target).eq(targets.iter().copied())
        }
        Expected::Never(targets) => !decision.candidates().any(|(target, _)| targets.contains(&target)),
        Expected::Deny(name) => is_by(&RuleName::Deny(name.clone())),
        Expected::Otherwise => is_by(&RuleName::Otherwise),
    }
}

fn names(targets: impl Iterator<Item = TargetId>, catalogue: &Catalogue, joint: &str) -> String {
    targets.map(|id| catalogue.target(id).name.as_str()).collect::<Vec<_>>().join(joint)
}

fn expectation(expected: &Expected, catalogue: &Catalogue) -> String {
    match expected {
        Expected::Route(name) => format!("route {name}"),
        Expected::To(targets) => format!("to {}", names(targets.iter().copied(), catalogue, " else ")),
        Expected::Never(targets) => format!("never {}", names(targets.iter().copied(), catalogue, ", ")),
        Expected::Deny(name) => format!("deny {name}"),
        Expected::Otherwise => "otherwise".to_owned(),
    }
}

/// A decision in a line: `route code, to a/b else c/d`, or `deny: by, by`.
pub fn outcome(decision: &Decision, catalogue: &Catalogue) -> String {
    let route = decision.route.as_ref().map(|name| format!("route {name}, ")).unwrap_or_default();
    match decision.outcome {
        Outcome::Route => {
            format!(
                "{route}to {}",
                names(decision.candidates().map(|(target, _)| target), catalogue, " else ")
            )
        }
        Outcome::Deny => {
            let by: Vec<String> = decision.reasons.iter().map(|reason| reason.by.to_string()).collect();
            format!("{route}denied by {}", by.join(", "))
        }
    }
}

/// The tests that failed, as diagnostics.
pub fn diagnostics(results: &[ExampleResult]) -> Vec<Diagnostic> {
    let failed = results.iter().filter_map(|result| {
        let first = result.misses.first()?;
        let message = format!(
            "the test {:?} fails: expected {}, and it is {}",
            result.name, first.expected, first.found
        );
        let mut diagnostic =
            Diagnostic::new(Code::R0403, message, first.span, format!("it is {}", first.found))
                .with_label(result.span, "in this test")
                .with_help("correct the rule that decides this, or what the test expects");
        for miss in &result.misses[1..] {
            diagnostic = diagnostic.with_label(miss.span, "this does not come true either");
        }
        Some(diagnostic)
    });
    failed.collect()
}
