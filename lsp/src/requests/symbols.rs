//! Outlines of a document and of all policies, and what stands around a place.

use super::Refusal;
use crate::convert::Lines;
use crate::features::selection::around;
use crate::features::symbols::{Symbol, answers_to, symbols};
use crate::snapshot::Snapshot;
use gen_lsp_types as lsp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wayleave_grammar::SyntaxKind;

/// Of a longer list nobody reads more; the client asks again as more letters are typed.
const FOUND_LIMIT: usize = 512;

/// A line of an outline.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outline {
    name: String,
    detail: &'static str,
    kind: lsp::SymbolKind,
    range: lsp::Range,
    selection_range: lsp::Range,
    children: Vec<Outline>,
}

pub(super) fn document(
    snapshot: &Snapshot<'_>,
    asked: lsp::DocumentSymbolParams,
) -> Result<Option<Vec<Outline>>, Refusal> {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let lines = snapshot.lines(&document.text);
    Ok(Some(symbols(document.parse()).into_iter().map(|symbol| outline(&lines, symbol)).collect()))
}

fn outline(lines: &Lines<'_>, symbol: Symbol) -> Outline {
    Outline {
        name: symbol.name,
        detail: word(symbol.kind),
        kind: kind(symbol.kind),
        range: lines.range(symbol.range.start, symbol.range.end),
        selection_range: lines.range(symbol.name_range.start, symbol.name_range.end),
        children: symbol.inside.into_iter().map(|symbol| outline(lines, symbol)).collect(),
    }
}

pub(super) fn workspace(
    snapshot: &Snapshot<'_>,
    asked: lsp::WorkspaceSymbolParams,
) -> Result<Value, Refusal> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for policy in snapshot.policies() {
        for file in policy.files() {
            // Two policies may share a file.
            if !seen.insert(policy.path(file)) {
                continue;
            }
            let Some(uri) = snapshot.uri_of(policy.path(file)) else { continue };
            let lines = snapshot.lines(policy.text(file));
            let outer = symbols(&policy.sources().file(file).parse);
            let all = outer.iter().flat_map(|symbol| {
                let inside = symbol.inside.iter().map(|inside| (inside, Some(&symbol.name)));
                std::iter::once((symbol, None)).chain(inside)
            });
            for (symbol, container) in all.filter(|(symbol, _)| answers_to(&symbol.name, &asked.query)) {
                let range = lines.range(symbol.name_range.start, symbol.name_range.end);
                let mut told = json!({
                    "name": symbol.name,
                    "kind": kind(symbol.kind),
                    "location": {"uri": uri, "range": range},
                });
                if let Some(container) = container {
                    told["containerName"] = json!(container);
                }
                found.push(told);
            }
        }
    }
    found.truncate(FOUND_LIMIT);
    Ok(Value::Array(found))
}

pub(super) fn selection(snapshot: &Snapshot<'_>, asked: lsp::SelectionRangeParams) -> Result<Value, Refusal> {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(Value::Null) };
    let lines = snapshot.lines(&document.text);
    let told = asked.positions.into_iter().map(|position| {
        let ranges = around(document.parse(), lines.offset(position));
        ranges.into_iter().rev().fold(Value::Null, |outer, range| {
            let range = lines.range(range.start, range.end);
            if outer.is_null() { json!({"range": range}) } else { json!({"range": range, "parent": outer}) }
        })
    });
    Ok(told.collect())
}

/// How the protocol numbers what comes nearest.
fn kind(kind: SyntaxKind) -> lsp::SymbolKind {
    match kind {
        SyntaxKind::TypeItem => lsp::SymbolKind::Enum,
        SyntaxKind::Attribute | SyntaxKind::Classify => lsp::SymbolKind::Property,
        SyntaxKind::Define | SyntaxKind::Detector => lsp::SymbolKind::Function,
        SyntaxKind::Provider => lsp::SymbolKind::Namespace,
        SyntaxKind::Model | SyntaxKind::Alias => lsp::SymbolKind::Class,
        SyntaxKind::Group => lsp::SymbolKind::Array,
        SyntaxKind::Plan => lsp::SymbolKind::Variable,
        SyntaxKind::Test | SyntaxKind::Guarantee => lsp::SymbolKind::Method,
        _ => lsp::SymbolKind::Event,
    }
}

/// The word with which the item begins.
fn word(kind: SyntaxKind) -> &'static str {
    match kind {
        SyntaxKind::TypeItem => "type",
        SyntaxKind::Attribute => "attribute",
        SyntaxKind::Classify => "classify",
        SyntaxKind::Define => "define",
        SyntaxKind::Alias => "alias",
        SyntaxKind::Provider => "provider",
        SyntaxKind::Model => "model",
        SyntaxKind::Detector => "detector",
        SyntaxKind::Group => "group",
        SyntaxKind::Plan => "plan",
        SyntaxKind::Approve => "approve",
        SyntaxKind::Deny => "deny",
        SyntaxKind::Forbid => "forbid",
        SyntaxKind::Redact => "redact",
        SyntaxKind::Flag => "flag",
        SyntaxKind::RequireApproval => "require approval",
        SyntaxKind::Limit => "limit",
        SyntaxKind::Budget => "budget",
        SyntaxKind::Cap => "cap",
        SyntaxKind::Log => "log",
        SyntaxKind::Route => "route",
        SyntaxKind::Migrate => "migrate",
        SyntaxKind::Guarantee => "guarantee",
        SyntaxKind::Test => "test",
        SyntaxKind::Otherwise => "otherwise",
        _ => "",
    }
}
