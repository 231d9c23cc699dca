//! The diagnostics of a document when the client asks for them.

use super::Refusal;
use crate::convert;
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) fn document(
    snapshot: &Snapshot<'_>,
    asked: lsp::DocumentDiagnosticParams,
) -> Result<Value, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let mut items: Vec<lsp::Diagnostic> = Vec::new();
    for (policy, file) in snapshot.policies_of(&path) {
        // Two policies may share a file and find the same in it.
        let of_file = convert::diagnostics_of(snapshot, policy, file);
        items.extend(of_file.into_iter().filter(|one| !items.contains(one)).collect::<Vec<_>>());
    }
    let items = json!(items);
    // With keys that are the same in each run: what is the same has the same id.
    let mut hasher = DefaultHasher::new();
    items.to_string().hash(&mut hasher);
    let id = format!("{:016x}", hasher.finish());
    if asked.previous_result_id.as_ref() == Some(&id) {
        return Ok(json!({"kind": "unchanged", "resultId": id}));
    }
    Ok(json!({"kind": "full", "resultId": id, "items": items}))
}
