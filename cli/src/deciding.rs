//! What explains a decision to people: rules in words, and the lines of the policy, quoted.

use crate::output::columns;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_program::decision::{Decision, RuleName};
use wayleave_program::source_view::{Place, SourceView};

/// Characters of a line that are quoted.
const QUOTED: usize = 100;

/// A row for each line, with its place as `label` writes it; empty where no line decided.
pub(crate) fn deciding(decision: &Decision, view: &SourceView, label: &dyn Fn(&Place) -> String) -> String {
    let row = |place: &Place| {
        let file = view.files.get(place.file as usize);
        let line = file.and_then(|file| file.text.lines().nth(place.line as usize - 1)).unwrap_or_default();
        let line = printable(line.trim());
        let mut quoted: String = line.chars().take(QUOTED).collect();
        if quoted.len() < line.len() {
            quoted.push('…');
        }
        vec![label(place), quoted]
    };
    columns(&view.deciding(decision).iter().map(row).collect::<Vec<_>>())
}

/// A rule as people say it.
pub(crate) fn rule_words(rule: &RuleName) -> String {
    match rule {
        RuleName::Unapproved => "no approve covers it".to_owned(),
        RuleName::Capability => "it lacks what the request needs".to_owned(),
        RuleName::Context => "the request does not fit its context".to_owned(),
        RuleName::Requested => "the model that was asked for".to_owned(),
        _ => rule.to_string(),
    }
}
