//! What no test reaches, for people: three counts, then a line each.

use crate::output::columns;
use wayleave_compiler::coverage::{Coverage, Tally};
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::source::Sources;

/// Characters of a condition's part that are quoted.
const QUOTED: usize = 80;

/// The whole report.
pub(super) fn text(coverage: &Coverage, sources: &Sources) -> String {
    let of = |tally: Tally| format!("{} of {}", tally.reached, tally.total);
    let mut out = format!(
        "tests reach {} rules and {} arms and routes; {} parts of conditions are seen both true and false\n",
        of(coverage.rules),
        of(coverage.arms),
        of(coverage.conditions)
    );
    let rows: Vec<Vec<String>> = coverage
        .missed
        .iter()
        .map(|missed| {
            let at = sources.start(missed.span);
            let path = printable(&sources.file(missed.span.file).path);
            let place = format!("  {path}:{}:{}", at.line, at.column);
            vec![place, missed.why.words().to_owned(), what(&missed.what, sources.text(missed.span))]
        })
        .collect();
    out.push_str(&columns(&rows));
    out
}

/// What it is, in its own words, or else in those of the policy.
fn what(words: &str, text: &str) -> String {
    if !words.is_empty() {
        return printable(words);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted: String = printable(&text).chars().take(QUOTED).collect();
    format!("`{quoted}`")
}
