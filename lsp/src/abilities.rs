//! What the server may ask of the client, as the client says at the start.

use serde_json::Value;

/// Each is false where the client says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// It shows how far something is.
    pub(crate) shows_progress: bool,
    /// It opens a document at a place.
    pub(crate) shows_documents: bool,
    /// It asks for lenses again.
    pub(crate) refreshes_lenses: bool,
    /// It shows hints in the text.
    pub(crate) shows_hints: bool,
    /// It asks for hints again.
    pub(crate) refreshes_hints: bool,
    /// It can be asked to tell of files that change on disk.
    pub(crate) watches_files: bool,
}

impl Abilities {
    pub(crate) fn negotiate(initialize: &Value) -> Abilities {
        let states = |what: &str| {
            let stated = initialize.pointer(&format!("/capabilities/{what}"));
            stated.and_then(Value::as_bool).unwrap_or(false)
        };
        Abilities {
            shows_progress: states("window/workDoneProgress"),
            shows_documents: states("window/showDocument/support"),
            refreshes_lenses: states("workspace/codeLens/refreshSupport"),
            shows_hints: initialize.pointer("/capabilities/textDocument/inlayHint").is_some(),
            refreshes_hints: states("workspace/inlayHint/refreshSupport"),
            watches_files: states("workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}
