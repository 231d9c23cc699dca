//! Lenses and hints in the protocol's words.

use super::Refusal;
use super::commands::{DECIDE, PROVE, RUN_TEST, RUN_TESTS, SHOW_COUNTEREXAMPLE, SHOW_INSIDE};
use crate::features::diagnostics::CheckedPolicy;
use crate::features::hints::hints;
use crate::features::lenses::{Action, lenses};
use crate::features::shift::Shift;
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use wayleave_compiler::source::FileId;

/// What is told beside a text is told of a policy without errors. While one has some, which is after every other key, it is what was
/// told before them, where it stands now: else all lines would jump with every word.
struct Told<'a> {
    policy: &'a CheckedPolicy,
    file: FileId,
    /// From its text to the one that the client has.
    shift: Option<Shift>,
}

impl<'a> Told<'a> {
    fn of(snapshot: &Snapshot<'a>, policy: &'a CheckedPolicy, file: FileId) -> Told<'a> {
        let earlier = snapshot.before.iter().find(|one| one.is_earlier(policy));
        let earlier = earlier.and_then(|one| {
            let same = one.files().find(|same| one.path(*same) == policy.path(file))?;
            Some(Told {
                policy: one,
                file: same,
                shift: Some(Shift::between(one.text(same), policy.text(file))),
            })
        });
        earlier.unwrap_or(Told { policy, file, shift: None })
    }

    /// Where a place of it stands now; none where that was changed since.
    fn place(&self, at: usize) -> Option<usize> {
        self.shift.map_or(Some(at), |shift| shift.place(at))
    }

    /// What is said of it, marked where it is of an earlier text.
    fn words(&self, words: String) -> String {
        if self.shift.is_some() { format!("{words} (before the errors)") } else { words }
    }
}

pub(super) fn of_document(snapshot: &Snapshot<'_>, asked: lsp::CodeLensParams) -> Result<Value, Refusal> {
    let uri = &asked.text_document.uri;
    let Some((policy, file)) = snapshot.policies_of(&path_of(uri)).next() else { return Ok(json!([])) };
    let text = policy.text(file);
    let lines = snapshot.lines(text);
    let of = Told::of(snapshot, policy, file);
    let told = lenses(of.policy, of.file).into_iter().filter_map(|lens| {
        let start = of.place(lens.span.start as usize)?;
        let end = of.place(lens.span.end as usize)?;
        // A lens belongs to a line.
        let length = text.get(start..end).and_then(|item| item.lines().next());
        let range = lines.range(start, start + length.unwrap_or_default().len());
        let (command, more) = match lens.action {
            Action::RunTest(test) => (RUN_TEST, json!({"test": test})),
            Action::RunTests(route) => (RUN_TESTS, json!({"route": route})),
            Action::ShowInside(route) => (SHOW_INSIDE, json!({"route": route})),
            Action::Prove(guarantee) => (PROVE, json!({"guarantee": guarantee})),
            Action::ShowCounterexample(guarantee) => (SHOW_COUNTEREXAMPLE, json!({"guarantee": guarantee})),
            Action::Decide(at) => (DECIDE, json!({"position": lines.position(of.place(at as usize)?)})),
        };
        let mut argument = more;
        argument["uri"] = json!(uri);
        let title = of.words(lens.title);
        Some(
            json!({"range": range, "command": {"title": title, "command": command, "arguments": [argument]}}),
        )
    });
    Ok(told.collect())
}

pub(super) fn hints_of(snapshot: &Snapshot<'_>, asked: lsp::InlayHintParams) -> Result<Value, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let Some((policy, file)) = snapshot.policies_of(&path).next() else { return Ok(json!([])) };
    let lines = snapshot.lines(policy.text(file));
    let (of, range) = (Told::of(snapshot, policy, file), lines.offsets(asked.range));
    // Which of them are in range is known once it is known where they stand.
    let all = if of.shift.is_some() { 0..usize::MAX } else { range.clone() };
    let found = hints(of.policy, of.file, &all, snapshot.as_of).into_iter().filter_map(|hint| {
        let at = of.place(hint.at as usize)?;
        (range.contains(&at) || range.end == at).then_some((at, hint))
    });
    let told = found.map(|(at, hint)| {
        let mut told = json!({"position": lines.position(at), "label": hint.label, "paddingLeft": true});
        if !hint.more.is_empty() {
            told["tooltip"] = json!({"kind": "markdown", "value": hint.more});
        }
        told
    });
    Ok(told.collect())
}
