//! The table of `docs/comparing-editors.md`: every capability of the protocol, as this server offers it and as others do. Our column is
//! what a client is told at the start; the others' are read from their sources, which the page names.

use super::client::Client;
use serde_json::{Value, json};
use std::fmt::Write;

const BEGIN: &str = "<!-- made from what a client is told at the start -->\n";
const END: &str = "<!-- end -->\n";

/// A capability: its name, its place in what a server says, and whether rust-analyzer, Regal, Cedar and taplo have it.
type Row = (&'static str, &'static str, [bool; 4]);

const ROWS: [Row; 40] = [
    ("agreement on how characters are counted", "/positionEncoding", [true, false, false, false]),
    (
        "folders that come and go",
        "/workspace/workspaceFolders/changeNotifications",
        [true, false, false, true],
    ),
    ("files that are created, renamed or deleted", "/workspace/fileOperations", [true, true, true, false]),
    ("diagnostics when asked", "/diagnosticProvider", [true, true, false, false]),
    (
        "diagnostics of the whole workspace when asked",
        "/diagnosticProvider/workspaceDiagnostics",
        [false, true, false, false],
    ),
    ("completion", "/completionProvider", [true, true, true, true]),
    (
        "completion, more of an item when it is shown",
        "/completionProvider/resolveProvider",
        [true, false, false, false],
    ),
    ("hover", "/hoverProvider", [true, true, true, true]),
    ("signature help", "/signatureHelpProvider", [true, true, false, false]),
    ("declaration", "/declarationProvider", [true, false, false, false]),
    ("definition", "/definitionProvider", [true, true, true, false]),
    ("type definition", "/typeDefinitionProvider", [true, false, false, false]),
    ("implementation", "/implementationProvider", [true, false, false, false]),
    ("references", "/referencesProvider", [true, false, false, false]),
    ("highlights", "/documentHighlightProvider", [true, true, false, false]),
    ("symbols of a document", "/documentSymbolProvider", [true, true, true, true]),
    ("symbols of the workspace", "/workspaceSymbolProvider", [true, true, false, false]),
    ("code actions", "/codeActionProvider", [true, true, true, false]),
    ("code lenses", "/codeLensProvider", [true, true, true, false]),
    ("links", "/documentLinkProvider", [false, true, false, true]),
    ("colours as values", "/colorProvider", [false, false, false, false]),
    ("formatting", "/documentFormattingProvider", [true, true, true, true]),
    ("formatting of a range", "/documentRangeFormattingProvider", [true, false, false, false]),
    ("formatting while typing", "/documentOnTypeFormattingProvider", [true, false, false, false]),
    ("rename", "/renameProvider", [true, false, true, true]),
    (
        "rename, tried before a name is asked for",
        "/renameProvider/prepareProvider",
        [true, false, false, true],
    ),
    ("folding", "/foldingRangeProvider", [true, true, true, true]),
    ("selection by structure", "/selectionRangeProvider", [true, false, false, false]),
    ("ranges edited together", "/linkedEditingRangeProvider", [false, false, false, false]),
    ("call hierarchy", "/callHierarchyProvider", [true, false, false, false]),
    ("type hierarchy", "/typeHierarchyProvider", [false, false, false, false]),
    ("semantic tokens", "/semanticTokensProvider/full", [true, false, false, true]),
    ("semantic tokens by change", "/semanticTokensProvider/full/delta", [true, false, false, false]),
    ("semantic tokens of a range", "/semanticTokensProvider/range", [true, false, false, false]),
    ("inlay hints", "/inlayHintProvider", [true, true, false, false]),
    ("inline values", "/inlineValueProvider", [false, false, false, false]),
    ("inline completion", "/inlineCompletionProvider", [false, false, false, false]),
    ("monikers", "/monikerProvider", [false, false, false, false]),
    ("commands", "/executeCommandProvider", [false, true, true, false]),
    ("notebooks", "/notebookDocumentSync", [false, false, false, false]),
];

fn is_offered(capabilities: &Value, place: &str) -> bool {
    !matches!(capabilities.pointer(place), None | Some(Value::Null | Value::Bool(false)))
}

fn table(capabilities: &Value) -> String {
    let sync = |kind: Option<&Value>| if kind == Some(&json!(2)) { "changes" } else { "whole texts" };
    let mut table =
        "| | Wayleave | rust-analyzer | Regal | Cedar | taplo |\n|---|---|---|---|---|---|\n".to_owned();
    let ours = sync(capabilities.pointer("/textDocumentSync/change"));
    let _ = writeln!(
        table,
        "| texts are kept in step by | {ours} | changes | whole texts | changes | whole texts |"
    );
    for (name, place, others) in ROWS {
        let _ = write!(table, "| {name} |");
        for has in std::iter::once(is_offered(capabilities, place)).chain(others) {
            let _ = write!(table, " {} |", if has { "yes" } else { "–" });
        }
        table.push('\n');
    }
    table
}

#[test]
fn the_book_compares_what_is_offered() {
    // A client that asks for diagnostics is offered to, any other one is not.
    let asks =
        json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let client = Client::start(asks, &[]);
    let capabilities = client.initialized["capabilities"].clone();
    client.stop();
    // What has no row would be missing from the comparison.
    for name in capabilities.as_object().expect("an object").keys() {
        let place = format!("/{name}");
        let has_row = ROWS.iter().any(|(_, row, _)| *row == place || row.starts_with(&format!("{place}/")));
        assert!(has_row || name == "textDocumentSync", "`{name}` has no row");
    }
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/comparing-editors.md");
    let before = std::fs::read_to_string(&page).expect("the page is there");
    let (head, rest) = before.split_once(BEGIN).expect("the table begins");
    let (_, tail) = rest.split_once(END).expect("the table ends");
    let text = format!("{head}{BEGIN}\n{}\n{END}{tail}", table(&capabilities));
    if std::env::var_os("WAYLEAVE_UPDATE").is_some() && text != before {
        std::fs::write(&page, &text).expect("the page can be written");
    } else {
        assert_eq!(before, text, "WAYLEAVE_UPDATE=1 writes what is offered");
    }
}
