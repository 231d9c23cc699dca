//! Edits of several documents in the protocol's words: those of an open one are for the version that they were made for,
//! where the client can tell.

use super::object;
use crate::snapshot::{DocumentChanges, Snapshot};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A `WorkspaceEdit`, from the edits of each file.
pub(super) fn workspace_edit(snapshot: &Snapshot<'_>, edits: BTreeMap<PathBuf, Vec<Value>>) -> Value {
    let edits = edits.into_iter().filter_map(|(path, edits)| Some((snapshot.uri_of(&path)?, path, edits)));
    match snapshot.client.changes {
        DocumentChanges::Versioned => {
            let documents = edits.map(|(uri, path, edits)| {
                let version = snapshot.workspace.document(&path).and_then(|document| document.version);
                let document = json!({"uri": uri, "version": version});
                object([("textDocument", document), ("edits", Value::Array(edits))])
            });
            object([("documentChanges", documents.collect())])
        }
        DocumentChanges::Plain => {
            let files = edits.map(|(uri, _, edits)| (uri.as_str().to_owned(), Value::Array(edits)));
            object([("changes", Value::Object(files.collect()))])
        }
    }
}
