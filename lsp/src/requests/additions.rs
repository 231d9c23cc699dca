//! What a policy lacks, offered as actions: each where the author stands, and what permits nothing for a whole file at once.

use super::edits::workspace_edit;
use crate::features::diagnostics::CheckedPolicy;
use crate::features::missing::{self, Addition, Lack};
use crate::features::places;
use crate::snapshot::{Snapshot, SnippetEdits};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use wayleave_compiler::source::{FileId, Span};

/// Adds all that a file lacks, but for what would permit something: editors can be told to do it whenever a file is saved.
pub(super) const ADD_MISSING: &str = "source.addMissing.route";

/// Adds one thing.
pub(super) const REWRITE: &str = "refactor.rewrite";

/// What can be added at a range.
pub(super) fn at(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    file: FileId,
    range: &Range<usize>,
) -> Vec<Value> {
    let found = missing::at(policy, file, range).into_iter();
    found
        .map(|addition| {
            json!({
                "title": addition.title,
                "kind": REWRITE,
                "edit": edit_of(snapshot, policy, std::slice::from_ref(&addition)),
            })
        })
        .collect()
}

/// All that a file lacks.
pub(super) fn of_file(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, file: FileId) -> Option<Value> {
    let mut found = missing::of_file(policy, file);
    let mut seen: Vec<(Span, Lack)> = Vec::new();
    found.retain(|one| {
        let is_new = !seen.contains(&(one.at, one.lack));
        seen.push((one.at, one.lack));
        is_new
    });
    (!found.is_empty()).then(|| {
        json!({
            "title": "add every missing `otherwise` and `because`",
            "kind": ADD_MISSING,
            "edit": edit_of(snapshot, policy, &found),
        })
    })
}

fn edit_of(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, additions: &[Addition]) -> Value {
    let mut edits: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    // An editor can fill in the places of one edit at a time.
    let takes_snippet = additions.len() == 1;
    for addition in additions {
        let edit = if takes_snippet {
            placed(snapshot, policy, addition.at, &addition.snippet)
        } else {
            plain(snapshot, policy, addition.at, &places::filled(&addition.snippet))
        };
        edits.entry(policy.path(addition.at.file).to_owned()).or_default().push(edit);
    }
    workspace_edit(snapshot, edits)
}

/// An edit with places to fill in, where the client can; else with the words that stand in for them.
pub(super) fn placed(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, at: Span, snippet: &str) -> Value {
    match snapshot.client.snippet_edits {
        SnippetEdits::Understood => {
            let range = snapshot.lines(policy.text(at.file)).range(at.start as usize, at.end as usize);
            json!({"range": range, "snippet": {"kind": "snippet", "value": snippet}})
        }
        SnippetEdits::Unknown => plain(snapshot, policy, at, &places::filled(snippet)),
    }
}

/// An edit as it stands.
pub(super) fn plain(snapshot: &Snapshot<'_>, policy: &CheckedPolicy, at: Span, text: &str) -> Value {
    let range = snapshot.lines(policy.text(at.file)).range(at.start as usize, at.end as usize);
    json!({"range": range, "newText": text})
}
