//! The edits that diagnostics offer, each as a quick fix, and all sure ones of a file together.

use super::Refusal;
use crate::convert::diagnostic_of;
use crate::features::diagnostics::{CheckedPolicy, fixed_text};
use crate::features::formatting::between;
use crate::snapshot::{DocumentChanges, Snapshot, path_of};
use gen_lsp_types as lsp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use wayleave_compiler::diagnostic::{Applicability, Fix};
use wayleave_compiler::source::FileId;
use wayleave_grammar::parse;

/// Applies every sure edit of a file.
pub(super) const FIX_ALL: &str = "source.fixAll.route";

const QUICK_FIX: &str = "quickfix";

pub(super) fn actions(snapshot: &Snapshot<'_>, asked: lsp::CodeActionParams) -> Result<Value, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let Some((policy, file)) = snapshot.policies_of(&path).next() else { return Ok(json!([])) };
    let only: Option<Vec<String>> =
        asked.context.only.map(|kinds| kinds.into_iter().map(String::from).collect());
    let is_wanted = |kind: &str| match &only {
        // A kind stands for all below it.
        Some(only) => only.iter().any(|wanted| kind == wanted || kind.starts_with(&format!("{wanted}."))),
        None => true,
    };
    let mut actions = Vec::new();
    if is_wanted(QUICK_FIX) {
        let lines = snapshot.lines(policy.text(file));
        let range = lines.offsets(asked.range);
        let here = policy.diagnostics.iter().filter(|told| {
            let span = told.primary.span;
            span.file == file && span.start as usize <= range.end && range.start <= span.end as usize
        });
        for told in here {
            for fix in &told.fixes {
                actions.push(json!({
                    "title": fix.title,
                    "kind": QUICK_FIX,
                    "diagnostics": [diagnostic_of(snapshot, policy, &lines, told)],
                    "isPreferred": fix.applicability == Applicability::Always,
                    "edit": edit_of(snapshot, policy, fix),
                }));
            }
        }
    }
    if is_wanted(FIX_ALL) {
        actions.extend(fix_all(snapshot, policy, file));
    }
    Ok(json!(actions))
}

fn edit_of(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, fix: &Fix) -> Value {
    let mut edits: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let file = edit.span.file;
        let range = snapshot.lines(policy.text(file)).range(edit.span.start as usize, edit.span.end as usize);
        let edit = json!({"range": range, "newText": edit.text});
        edits.entry(policy.path(file).to_owned()).or_default().push(edit);
    }
    workspace_edit(snapshot, edits)
}

fn fix_all(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, file: FileId) -> Option<Value> {
    let fixed = fixed_text(policy, file, snapshot.host)?;
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

/// Edits of open documents are for the version that they were made for, where the client can tell.
fn workspace_edit(snapshot: &Snapshot<'_>, edits: BTreeMap<PathBuf, Vec<Value>>) -> Value {
    let edits = edits.into_iter().filter_map(|(path, edits)| Some((snapshot.uri_of(&path)?, path, edits)));
    match snapshot.client.changes {
        DocumentChanges::Versioned => {
            let documents = edits.map(|(uri, path, edits)| {
                let version = snapshot.workspace.document(&path).map(|document| document.version);
                json!({"textDocument": {"uri": uri, "version": version}, "edits": edits})
            });
            json!({"documentChanges": documents.collect::<Vec<_>>()})
        }
        DocumentChanges::Plain => {
            let files = edits.map(|(uri, _, edits)| (uri.as_str().to_owned(), json!(edits)));
            json!({"changes": files.collect::<Map<_, _>>()})
        }
    }
}
