//! A policy's own tests: each is decided, and held against what it expects.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Example, Expected, Policy};
use crate::source::Span;
use crate::spec;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Outcome, Owed, RuleName};

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
    /// What it expects.
    pub wanted: Expected,
    /// What was expected, in words.
    pub expected: String,
    /// What came instead, in words.
    pub found: String,
    /// The rules that have part in it, each with what it does.
    pub related: Vec<(Span, String)>,
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
            wanted: expect.what.clone(),
            expected: expectation(&expect.what, catalogue),
            found: found(&expect.what, &decision, catalogue),
            related: related(policy, &expect.what, &decision),
        })
        .collect();
    ExampleResult { name: example.name.clone(), span: example.span, decision, misses }
}

/// The rule that was expected and does not hold, then those that decided.
fn related(policy: &Policy, expected: &Expected, decision: &Decision) -> Vec<(Span, String)> {
    let mut related = Vec::new();
    if let Expected::Deny(name) = expected {
        let rule = policy.denials.iter().find(|rule| rule.name == *name);
        related.extend(
            rule.map(|rule| (head(policy, rule.span), "this does not hold for its request".to_owned())),
        );
    }
    let route = policy.routes.iter().find(|route| Some(&route.name) == decision.route.as_ref());
    related.extend(route.map(|route| (head(policy, route.head), "this route takes its request".to_owned())));
    for reason in &decision.reasons {
        let span = match &reason.by {
            RuleName::Deny(name) => policy.denials.iter().find(|it| it.name == *name).map(|it| it.span),
            RuleName::Forbid(name) => {
                policy.prohibitions.iter().find(|it| it.name == *name).map(|it| it.span)
            }
            RuleName::Approval(name) => {
                policy.requirements.iter().find(|it| it.name == *name).map(|it| it.span)
            }
            RuleName::Otherwise => Some(policy.otherwise.span),
            _ => None,
        };
        related.extend(span.map(|span| (head(policy, span), "this refuses it".to_owned())));
    }
    related
}

/// The first line of a span.
fn head(policy: &Policy, span: Span) -> Span {
    let text = policy.texts.get(span.file.0 as usize).map_or("", |(_, text)| text.as_str());
    let whole = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let length = whole.lines().next().unwrap_or_default().trim_end().len();
    Span { end: span.start + u32::try_from(length).unwrap_or(0), ..span }
}

fn is_met(expected: &Expected, decision: &Decision) -> bool {
    let is_by = |rule: &RuleName| decision.reasons.iter().any(|reason| reason.by == *rule);
    match expected {
        Expected::Route(name) => decision.route.as_ref() == Some(name),
        Expected::To(targets) => {
            decision.outcome == Outcome::Route
                && decision.candidates().map(|(target, _)| target).eq(targets.iter().copied())
        }
        Expected::Never(targets) => {
            let mut asked =
                decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied());
            !asked.any(|target| targets.contains(&target))
        }
        Expected::Deny(name) => is_by(&RuleName::Deny(name.clone())),
        Expected::Otherwise => is_by(&RuleName::Otherwise),
        Expected::Approval(name) => {
            is_by(&RuleName::Approval(name.clone())) && decision.outcome == Outcome::ApprovalRequired
        }
        Expected::Limited(name) => {
            decision.outcome == Outcome::Limited
                && (is_by(&RuleName::Limit(name.clone())) || is_by(&RuleName::Budget(name.clone())))
        }
        Expected::Redact(findings) => {
            let masks = |owed: &Owed| {
                findings.iter().all(|find| owed.obligations.redact.iter().any(|masked| masked.find == *find))
            };
            !decision.obligations.is_empty() && decision.obligations.iter().all(masks)
        }
        Expected::Flag(name) => decision.obligations.iter().any(|owed| owed.obligations.flag.contains(name)),
        Expected::Shadow(target) => decision.shadow.contains(target),
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
        Expected::Approval(name) => format!("approval {name}"),
        Expected::Limited(name) => format!("limited {name}"),
        Expected::Redact(findings) => format!("redact [{}]", findings.join(", ")),
        Expected::Flag(name) => format!("flag {name}"),
        Expected::Shadow(target) => format!("shadow {}", catalogue.target(*target).name),
    }
}

/// A decision in a line: `route code, to a/b else c/d`, or `deny: by, by`.
pub fn outcome(decision: &Decision, catalogue: &Catalogue) -> String {
    outcome_by(decision, catalogue, &ToString::to_string)
}

fn outcome_by(decision: &Decision, catalogue: &Catalogue, words: &dyn Fn(&RuleName) -> String) -> String {
    let route = decision.route.as_ref().map(|name| format!("route {name}, ")).unwrap_or_default();
    let by = || by(decision, words);
    match decision.outcome {
        Outcome::Route => {
            format!(
                "{route}to {}",
                names(decision.candidates().map(|(target, _)| target), catalogue, " else ")
            )
        }
        Outcome::Deny => format!("{route}denied by {}", by()),
        Outcome::ApprovalRequired => format!("{route}approval required: {}", by()),
        Outcome::Limited => format!("{route}limited by {}", by()),
    }
}

/// What came in place of what was expected, in the words of that.
fn found(expected: &Expected, decision: &Decision, catalogue: &Catalogue) -> String {
    let outcome = outcome_by(decision, catalogue, &in_words);
    let each = |what: &dyn Fn(&Owed) -> String| {
        let each: Vec<String> = decision
            .obligations
            .iter()
            .map(|owed| format!("{} {}", catalogue.target(owed.target).name, what(owed)))
            .collect();
        each.join(", ")
    };
    match expected {
        Expected::Redact(_) if !decision.obligations.is_empty() => {
            let masked = |owed: &Owed| {
                let names: Vec<&str> =
                    owed.obligations.redact.iter().map(|masked| masked.find.as_str()).collect();
                format!("masks [{}]", names.join(", "))
            };
            each(&masked)
        }
        Expected::Flag(_) if !decision.obligations.is_empty() => {
            each(&|owed: &Owed| format!("has the flags [{}]", owed.obligations.flag.join(", ")))
        }
        Expected::Shadow(_) | Expected::Never(_) if !decision.shadow.is_empty() => {
            format!("{outcome}, shadow {}", names(decision.shadow.iter().copied(), catalogue, ", "))
        }
        _ => outcome,
    }
}

fn by(decision: &Decision, words: &dyn Fn(&RuleName) -> String) -> String {
    decision.reasons.iter().map(|reason| words(&reason.by)).collect::<Vec<_>>().join(", ")
}

/// A reason without a rule's name says little beside rules.
fn in_words(rule: &RuleName) -> String {
    match rule {
        RuleName::Unapproved => "the lack of an `approve`".to_owned(),
        RuleName::Capability => "what its targets cannot do".to_owned(),
        RuleName::Context => "the context of its targets".to_owned(),
        RuleName::Requested => "the model that was asked for".to_owned(),
        named => named.to_string(),
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
        for (span, what) in &first.related {
            diagnostic = diagnostic.with_label(*span, what);
        }
        for miss in &result.misses[1..] {
            diagnostic = diagnostic.with_label(miss.span, "this does not come true either");
        }
        Some(diagnostic)
    });
    failed.collect()
}
