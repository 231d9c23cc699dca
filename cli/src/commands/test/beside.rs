//! A test that failed: for each `expect` that did not come true what it says beside what was decided, then the lines of the
//! policy that decided.

use super::{Ran, place};
use crate::deciding::{deciding, rule_words};
use crate::duration;
use crate::output::{columns, ordinal};
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::examples::{ExampleResult, Miss};
use wayleave_compiler::model::Expected;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{Decision, Outcome};
use wayleave_program::source_view::Place;

/// Before what is not as expected.
const MARK: &str = "≠ ";

/// The whole block, a line each, not indented.
pub(super) fn text(result: &ExampleResult, ran: &Ran<'_>) -> String {
    let mut out = String::new();
    for miss in &result.misses {
        out.push_str(&format!("{}\n", place(miss.span, ran.sources)));
        let rows = rows(miss, &result.decision, &ran.policy.catalogue);
        out.push_str(&indented(&columns(&rows)));
    }
    let label = |place: &Place| {
        let path = ran.sources.files().get(place.file as usize).map_or("?", |file| file.path.as_str());
        format!("{}:{}", printable(path), place.line)
    };
    let lines = deciding(&result.decision, &ran.view, &label);
    if !lines.is_empty() {
        out.push_str("decided by\n");
        out.push_str(&indented(&lines));
    }
    out
}

/// A heading, then what was expected on the left and what came on the right.
fn rows(miss: &Miss, decision: &Decision, catalogue: &Catalogue) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["expected".to_owned(), "actual".to_owned()]];
    let came = outcome(decision);
    match &miss.wanted {
        Expected::To(targets) => {
            let wanted: Vec<String> = targets.iter().map(|target| name(*target, catalogue)).collect();
            let is_routed = decision.outcome == Outcome::Route;
            let mark = if is_routed { "  " } else { MARK };
            rows.push(vec!["to".to_owned(), format!("{mark}{came}")]);
            let found: Vec<(String, String)> = candidates(decision, catalogue);
            for at in 0..wanted.len().max(found.len()) {
                let left = wanted.get(at).map(|name| format!("{}. {name}", at + 1)).unwrap_or_default();
                let right = found.get(at).map(|(name, within)| {
                    let mark = if wanted.get(at) == Some(name) { "  " } else { MARK };
                    format!("{mark}{}. {name}{within}", at + 1)
                });
                // A denial has said so above.
                let nothing = if is_routed { format!("{MARK}nothing") } else { String::new() };
                rows.push(vec![left, right.unwrap_or(nothing)]);
            }
        }
        wanted => {
            // Where something else than the outcome is wrong, that is marked.
            let is_outcome = !matches!(
                wanted,
                Expected::Never(_) | Expected::Redact(_) | Expected::Flag(_) | Expected::Shadow(_)
            );
            let mark = if is_outcome || decision.outcome != Outcome::Route { MARK } else { "  " };
            rows.push(vec![printable(&miss.expected), format!("{mark}{came}")]);
            let is_unwanted =
                |target: TargetId| matches!(wanted, Expected::Never(never) if never.contains(&target));
            let targets = decision.candidates().map(|(target, _)| target);
            for ((target, (name, within)), number) in targets.zip(candidates(decision, catalogue)).zip(1..) {
                let mark = if is_unwanted(target) { MARK } else { "  " };
                rows.push(vec![String::new(), format!("{mark}{number}. {name}{within}")]);
            }
            for shadow in &decision.shadow {
                let mark = if is_unwanted(*shadow) { MARK } else { "  " };
                rows.push(vec![String::new(), format!("{mark}copied to {}", name(*shadow, catalogue))]);
            }
        }
    }
    for line in why(miss, decision, catalogue) {
        rows.push(vec![String::new(), line]);
    }
    rows
}

/// `route chat, 2nd arm` or `deny`
fn outcome(decision: &Decision) -> String {
    let arm = decision.arm.map(|arm| format!(", {} arm", ordinal(arm.saturating_add(1)))).unwrap_or_default();
    match (&decision.route, decision.outcome) {
        (Some(route), Outcome::Route) => format!("route {}{arm}", printable(route)),
        (Some(route), other) => format!("{}, on route {}{arm}", other.name(), printable(route)),
        (None, other) => other.name().to_owned(),
    }
}

/// Each with its time limit, if it has one.
fn candidates(decision: &Decision, catalogue: &Catalogue) -> Vec<(String, String)> {
    let within =
        |ms: Option<u64>| ms.map(|ms| format!(" within {}", duration::write(ms))).unwrap_or_default();
    decision.candidates().map(|(target, ms)| (name(target, catalogue), within(ms))).collect()
}

/// The rules behind a denial, or what was removed from the plan, and what else an `expect` asked about.
fn why(miss: &Miss, decision: &Decision, catalogue: &Catalogue) -> Vec<String> {
    let mut lines = Vec::new();
    for removed in &decision.removed {
        let by: Vec<String> =
            removed.reasons.iter().map(|reason| printable(&rule_words(&reason.by))).collect();
        lines.push(format!("  without {}: {}", name(removed.target, catalogue), by.join(", ")));
    }
    if lines.is_empty() || decision.outcome == Outcome::Limited {
        let reasons = decision.reasons.iter();
        lines.extend(reasons.map(|reason| format!("  {}", printable(&rule_words(&reason.by)))));
    }
    let is_owed = matches!(miss.wanted, Expected::Redact(_) | Expected::Flag(_) | Expected::Shadow(_));
    if is_owed && decision.outcome == Outcome::Route {
        let is_uncopied = matches!(miss.wanted, Expected::Shadow(_)) && decision.shadow.is_empty();
        let found = if is_uncopied { "copied to nobody" } else { &miss.found };
        let each = found.replace("], ", "]\n");
        lines.extend(each.lines().map(|part| format!("{MARK}{}", printable(part))));
    }
    lines
}

fn name(target: TargetId, catalogue: &Catalogue) -> String {
    printable(&catalogue.target(target).name)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
