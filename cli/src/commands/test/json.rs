//! What came of the tests as JSON: `docs/report.schema.json`.

use super::Ran;
use serde_json::{Map, Value, json};
use wayleave_compiler::coverage::{Coverage, Tally};
use wayleave_compiler::diagnostic::render::{JSON_VERSION, place_json};
use wayleave_compiler::examples::{ExampleResult, Miss};
use wayleave_compiler::source::{Sources, Span};
use wayleave_program::document::write_decision;

/// The whole answer.
pub(super) fn of(ran: &Ran<'_>) -> Value {
    let tests: Vec<Value> = ran.results.iter().map(|result| test(result, ran)).collect();
    let mut answer = json!({
        "version": JSON_VERSION,
        "as_of": ran.date,
        "tests": tests,
        "passed": ran.results.len() - ran.failed(),
        "failed": ran.failed(),
        "diagnostics": [],
    });
    if let Some(coverage) = &ran.coverage {
        answer["coverage"] = of_coverage(coverage, ran.sources);
    }
    answer
}

fn test(result: &ExampleResult, ran: &Ran<'_>) -> Value {
    let miss = |miss: &Miss| {
        with(miss.span, ran.sources, &[("expected", json!(miss.expected)), ("found", json!(miss.found))])
    };
    let misses: Vec<Value> = result.misses.iter().map(miss).collect();
    let decision = write_decision(&result.decision, &ran.policy.catalogue, ran.policy.fingerprint());
    let members = [
        ("name", json!(result.name)),
        ("passed", json!(result.misses.is_empty())),
        ("misses", json!(misses)),
        ("decision", decision),
    ];
    with(result.span, ran.sources, &members)
}

fn of_coverage(coverage: &Coverage, sources: &Sources) -> Value {
    let tally = |tally: Tally| json!({"reached": tally.reached, "total": tally.total});
    let missed: Vec<Value> = coverage
        .missed
        .iter()
        .map(|missed| {
            let text = if missed.what.is_empty() { sources.text(missed.span) } else { &missed.what };
            with(missed.span, sources, &[("what", json!(text)), ("why", json!(missed.why.words()))])
        })
        .collect();
    json!({
        "rules": tally(coverage.rules),
        "arms": tally(coverage.arms),
        "conditions": tally(coverage.conditions),
        "missed": missed,
    })
}

/// A place with more members behind it.
fn with(span: Span, sources: &Sources, members: &[(&str, Value)]) -> Value {
    let mut object: Map<String, Value> = place_json(span, sources).as_object().cloned().unwrap_or_default();
    object.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(object)
}
