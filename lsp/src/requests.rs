//! What a client can ask for: one table of methods, with what is said of each at the start and who answers it. A method that
//! is not in it is neither offered nor answered. Each file below turns the protocol's words into a feature's plain ones.

use crate::connection::Written;
use crate::snapshot::Snapshot;
use lsp_server::ErrorCode;
use serde_json::{Map, Value, json};

mod formatting;

mod names;

mod structure;

mod symbols;

mod tokens;

mod signature;

mod edits;

mod additions;

mod uses;

mod fixes;

mod pull;

mod lenses;

mod commands;

pub(crate) use commands::{Need, need};

/// Why a request is not answered.
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

/// What becomes of a request that is outdated by an edit before it was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outdated {
    /// It is about a whole document, and is asked of the text as it is then.
    AskedAgain,
    /// It names a place, where something else stands now.
    Refused,
}

/// A method, and all that the server has to know of it.
pub(crate) struct Feature {
    pub(crate) method: &'static str,
    /// The members of the server's capabilities that offer it.
    offer: fn() -> Value,
    pub(crate) outdated: Outdated,
    pub(crate) answer: fn(&Snapshot<'_>, Value) -> Result<Written, Refusal>,
}

/// The request that edits files that are not open.
pub(crate) const RENAME: &str = "textDocument/rename";

/// The method of all commands.
pub(crate) const EXECUTE: &str = "workspace/executeCommand";

/// By topic. Rows of one capability may each say a part of it.
pub(crate) const FEATURES: &[Feature] = &[
    Feature {
        method: "textDocument/formatting",
        offer: || json!({"documentFormattingProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, formatting::document),
    },
    Feature {
        method: "textDocument/rangeFormatting",
        offer: || json!({"documentRangeFormattingProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, formatting::range),
    },
    Feature {
        method: "textDocument/foldingRange",
        offer: || json!({"foldingRangeProvider": true}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, structure::folding),
    },
    Feature {
        method: "textDocument/documentLink",
        offer: || json!({"documentLinkProvider": {"resolveProvider": false}}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, structure::document_links),
    },
    Feature {
        method: "textDocument/documentSymbol",
        offer: || json!({"documentSymbolProvider": true}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, symbols::document),
    },
    Feature {
        method: "workspace/symbol",
        offer: || json!({"workspaceSymbolProvider": true}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, symbols::workspace),
    },
    Feature {
        method: "textDocument/selectionRange",
        offer: || json!({"selectionRangeProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, symbols::selection),
    },
    Feature {
        method: "textDocument/semanticTokens/full",
        offer: || json!({"semanticTokensProvider": {"legend": tokens::legend(), "full": {"delta": true}}}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, tokens::full),
    },
    Feature {
        method: "textDocument/semanticTokens/full/delta",
        offer: || json!({}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, tokens::delta),
    },
    Feature {
        method: "textDocument/semanticTokens/range",
        offer: || json!({"semanticTokensProvider": {"range": true}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, tokens::range),
    },
    Feature {
        method: "textDocument/codeAction",
        offer: || json!({"codeActionProvider": {"codeActionKinds": fixes::KINDS}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, fixes::actions),
    },
    Feature {
        method: "textDocument/diagnostic",
        offer: || json!({"diagnosticProvider": {"interFileDependencies": true, "workspaceDiagnostics": false}}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, pull::document),
    },
    Feature {
        method: "textDocument/definition",
        offer: || json!({"definitionProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::definition),
    },
    Feature {
        method: "textDocument/references",
        offer: || json!({"referencesProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::references),
    },
    Feature {
        method: "textDocument/documentHighlight",
        offer: || json!({"documentHighlightProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::highlight),
    },
    Feature {
        method: "textDocument/prepareRename",
        offer: || json!({"renameProvider": {"prepareProvider": true}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::prepare_rename),
    },
    Feature {
        method: RENAME,
        offer: || json!({"renameProvider": {"prepareProvider": true}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::rename),
    },
    Feature {
        method: "textDocument/hover",
        offer: || json!({"hoverProvider": true}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::hover),
    },
    Feature {
        method: "textDocument/completion",
        offer: || json!({"completionProvider": {"triggerCharacters": [".", "/", "[", "("], "resolveProvider": false}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, names::complete),
    },
    Feature {
        method: "textDocument/codeLens",
        offer: || json!({"codeLensProvider": {"resolveProvider": false}}),
        outdated: Outdated::AskedAgain,
        answer: |now, asked| answered(now, asked, lenses::of_document),
    },
    Feature {
        method: "textDocument/inlayHint",
        offer: || json!({"inlayHintProvider": {"resolveProvider": false}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, lenses::hints_of),
    },
    Feature {
        method: EXECUTE,
        offer: || json!({"executeCommandProvider": {"commands": commands::NAMES}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, commands::execute),
    },
    Feature {
        method: "textDocument/signatureHelp",
        offer: || json!({"signatureHelpProvider": {"triggerCharacters": [" "], "retriggerCharacters": [":", "{"]}}),
        outdated: Outdated::Refused,
        answer: |now, asked| answered(now, asked, signature::help),
    },
];

/// All that is offered, beyond how texts are kept in step.
pub(crate) fn offers() -> Map<String, Value> {
    let mut all = Value::Object(Map::new());
    for feature in FEATURES {
        merge(&mut all, (feature.offer)());
    }
    match all {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// Objects are joined member by member; of anything else the later stands.
fn merge(all: &mut Value, more: Value) {
    match (all, more) {
        (Value::Object(all), Value::Object(more)) => {
            for (name, value) in more {
                merge(all.entry(name).or_insert(Value::Null), value);
            }
        }
        (all, more) => *all = more,
    }
}

/// All methods that a client can ask, by topic.
pub fn methods() -> impl Iterator<Item = &'static str> {
    FEATURES.iter().map(|feature| feature.method)
}

/// The feature of that method.
pub(crate) fn feature(method: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.method == method)
}

/// Reads the parameters of a request, and writes what is answered.
fn answered<P: serde::de::DeserializeOwned, A: serde::Serialize>(
    snapshot: &Snapshot<'_>,
    parameters: Value,
    by: impl FnOnce(&Snapshot<'_>, P) -> Result<A, Refusal>,
) -> Result<Written, Refusal> {
    Ok(Written::of(&by(snapshot, given(parameters)?)?))
}

/// What comes of a command: its answer says what is to be shown.
pub(crate) fn execute(snapshot: &Snapshot<'_>, parameters: Value) -> Result<Value, Refusal> {
    commands::execute(snapshot, given(parameters)?)
}

fn given<P: serde::de::DeserializeOwned>(parameters: Value) -> Result<P, Refusal> {
    serde_json::from_value(parameters)
        .map_err(|error| Refusal { code: ErrorCode::InvalidParams, message: error.to_string() })
}

/// An object of values that are made: `json!` makes each anew, with all that is in it.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
