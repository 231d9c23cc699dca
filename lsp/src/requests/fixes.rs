//! The edits that diagnostics offer, each as a quick fix, and all sure ones of a file together; and what else can be done at a
//! place. A file that several policies share is answered for all of them.

use super::additions::{self, ADD_MISSING, REWRITE};
use super::edits::workspace_edit;
use super::{Refusal, uses};
use crate::convert::diagnostic_of;
use crate::features::diagnostics::{CheckedPolicy, fixed_text};
use crate::features::formatting::between;
use crate::features::missing::with_line_ends;
use crate::features::places;
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use wayleave_compiler::diagnostic::{Applicability, Diagnostic, Fix};
use wayleave_compiler::source::FileId;
use wayleave_grammar::parse;

/// Applies every sure edit of a file.
const FIX_ALL: &str = "source.fixAll.route";

const QUICK_FIX: &str = "quickfix";

/// All kinds that are offered.
pub(super) const KINDS: [&str; 4] = [QUICK_FIX, REWRITE, FIX_ALL, ADD_MISSING];

pub(super) fn actions(snapshot: &Snapshot<'_>, asked: lsp::CodeActionParams) -> Result<Value, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let only: Option<Vec<String>> =
        asked.context.only.map(|kinds| kinds.into_iter().map(String::from).collect());
    let is_wanted = |kind: &str| match &only {
        // A kind stands for all below it.
        Some(only) => only.iter().any(|wanted| kind == wanted || kind.starts_with(&format!("{wanted}."))),
        None => true,
    };
    let mut actions: Vec<Value> = Vec::new();
    for (index, (policy, file)) in snapshot.policies_of(&path).enumerate() {
        let range = snapshot.lines(policy.text(file)).offsets(asked.range);
        let mut found = Vec::new();
        if is_wanted(QUICK_FIX) {
            found.extend(quick_fixes(snapshot, policy, file, &range));
        }
        if is_wanted(REWRITE) {
            let known: Vec<Value> = found.iter().map(|fix: &Value| fix["edit"].clone()).collect();
            let others = additions::at(snapshot, policy, file, &range).into_iter();
            // What a diagnostic offers already is not offered again.
            found.extend(others.filter(|one| !known.contains(&one["edit"])));
        }
        // Edits of a whole file are not joined with those that another policy would make.
        if index == 0 && is_wanted(FIX_ALL) {
            found.extend(fix_all(snapshot, policy, file));
        }
        if index == 0 && is_wanted(ADD_MISSING) {
            found.extend(additions::of_file(snapshot, policy, file));
        }
        actions.extend(found.into_iter().filter(|one| !actions.contains(one)).collect::<Vec<_>>());
    }
    Ok(json!(actions))
}

fn quick_fixes(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    file: FileId,
    range: &Range<usize>,
) -> Vec<Value> {
    let lines = snapshot.lines(policy.text(file));
    let is_here = |told: &&Diagnostic| {
        let span = told.primary.span;
        span.file == file && span.start as usize <= range.end && range.start <= span.end as usize
    };
    let mut found = Vec::new();
    for told in policy.diagnostics.iter().filter(is_here) {
        let fixes = told.fixes.iter().map(|fix| {
            let edit = edit_of(snapshot, policy, fix);
            (fix.title.clone(), fix.applicability == Applicability::Always, edit)
        });
        let uses = uses::edits(snapshot, policy, told).into_iter().map(|(title, edit)| (title, false, edit));
        for (title, is_preferred, edit) in fixes.chain(uses) {
            found.push(json!({
                "title": title,
                "kind": QUICK_FIX,
                "diagnostics": [diagnostic_of(snapshot, policy, &lines, told)],
                "isPreferred": is_preferred,
                "edit": edit,
            }));
        }
    }
    found
}

fn edit_of(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, fix: &Fix) -> Value {
    let mut edits: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let text = with_line_ends(policy.text(edit.span.file), &edit.text);
        let told = match fix.applicability {
            Applicability::Placeholders => {
                additions::placed(snapshot, policy, edit.span, &places::of_text(&text))
            }
            Applicability::Always | Applicability::Maybe => {
                additions::plain(snapshot, policy, edit.span, &text)
            }
        };
        edits.entry(policy.path(edit.span.file).to_owned()).or_default().push(told);
    }
    workspace_edit(snapshot, edits)
}

fn fix_all(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, file: FileId) -> Option<Value> {
    let fixed = fixed_text(policy, file)?;
    let lines = snapshot.lines(policy.text(file));
    let edits = between(&policy.sources().file(file).parse, &parse(&fixed))
        .into_iter()
        .map(|edit| json!({"range": lines.range(edit.range.start, edit.range.end), "newText": edit.text}));
    let edits = BTreeMap::from([(policy.path(file).to_owned(), edits.collect())]);
    Some(json!({
        "title": "apply every sure edit",
        "kind": FIX_ALL,
        "edit": workspace_edit(snapshot, edits),
    }))
}
