//! Lenses and hints in the protocol's words.

use super::Refusal;
use super::commands::{DECIDE, PROVE, RUN_TEST, RUN_TESTS, SHOW_COUNTEREXAMPLE, SHOW_INSIDE};
use crate::features::hints::hints;
use crate::features::lenses::{Action, lenses};
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use serde_json::{Value, json};

pub(super) fn of_document(snapshot: &Snapshot<'_>, asked: lsp::CodeLensParams) -> Result<Value, Refusal> {
    let uri = &asked.text_document.uri;
    let Some((policy, file)) = snapshot.policies_of(&path_of(uri)).next() else { return Ok(json!([])) };
    let text = policy.text(file);
    let lines = snapshot.lines(text);
    let told = lenses(policy, file).into_iter().map(|lens| {
        let start = lens.span.start as usize;
        // A lens belongs to a line.
        let length = text.get(start..lens.span.end as usize).and_then(|item| item.lines().next());
        let range = lines.range(start, start + length.unwrap_or_default().len());
        let (command, more) = match lens.action {
            Action::RunTest(test) => (RUN_TEST, json!({"test": test})),
            Action::RunTests(route) => (RUN_TESTS, json!({"route": route})),
            Action::ShowInside(route) => (SHOW_INSIDE, json!({"route": route})),
            Action::Prove(guarantee) => (PROVE, json!({"guarantee": guarantee})),
            Action::ShowCounterexample(guarantee) => (SHOW_COUNTEREXAMPLE, json!({"guarantee": guarantee})),
            Action::Decide(at) => (DECIDE, json!({"position": lines.position(at as usize)})),
        };
        let mut argument = more;
        argument["uri"] = json!(uri);
        json!({"range": range, "command": {"title": lens.title, "command": command, "arguments": [argument]}})
    });
    Ok(told.collect())
}

pub(super) fn hints_of(snapshot: &Snapshot<'_>, asked: lsp::InlayHintParams) -> Result<Value, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let Some((policy, file)) = snapshot.policies_of(&path).next() else { return Ok(json!([])) };
    let lines = snapshot.lines(policy.text(file));
    let found = hints(policy, file, &lines.offsets(asked.range), snapshot.as_of);
    let told = found.into_iter().map(|hint| {
        let mut told =
            json!({"position": lines.position(hint.at as usize), "label": hint.label, "paddingLeft": true});
        if !hint.more.is_empty() {
            told["tooltip"] = json!({"kind": "markdown", "value": hint.more});
        }
        told
    });
    Ok(told.collect())
}
