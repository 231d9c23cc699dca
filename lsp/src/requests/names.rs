//! Names in the protocol's words: where they are declared and used, another name for one, what a place means, and what can
//! stand there. A file that several policies share is answered for all of them together.

use super::Refusal;
use super::edits::workspace_edit;
use crate::convert::Lines;
use crate::features::completion::{self, Completion, Insert, Snippets, Sort};
use crate::features::diagnostics::CheckedPolicy;
use crate::features::hover::{self, Known};
use crate::features::links::links;
use crate::features::names::{Kind, Role, Symbol};
use crate::features::rename;
use crate::snapshot::{Client, Snapshot, path_of};
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use wayleave_compiler::source::{FileId, Span};

/// A place in one policy.
struct Place<'a> {
    policy: &'a CheckedPolicy,
    file: FileId,
    offset: u32,
}

impl Place<'_> {
    fn symbol(&self) -> Option<&Symbol> {
        self.policy.names().at(self.file, self.offset).map(|found| &found.symbol)
    }

    /// With the files beside the policy.
    fn known(&self, snapshot: &Snapshot<'_>) -> Known<'_> {
        Known { beside: self.policy.beside(snapshot.workspace, snapshot.host), ..self.policy.known() }
    }

    /// The policy by its root file.
    fn root(&self) -> String {
        self.policy.path(FileId(0)).display().to_string()
    }
}

/// The place in every policy that its file is part of.
fn places<'a>(snapshot: &Snapshot<'a>, asked: &lsp::TextDocumentPositionParams) -> Vec<Place<'a>> {
    let path = path_of(&asked.text_document.uri);
    let found = snapshot.policies_of(&path).filter_map(|(policy, file)| {
        let offset = snapshot.lines(policy.text(file)).offset(asked.position);
        Some(Place { policy, file, offset: u32::try_from(offset).ok()? })
    });
    found.collect()
}

/// The places of spans, each once.
fn locations(snapshot: &Snapshot<'_>, spans: Vec<(&CheckedPolicy, Span)>) -> Vec<lsp::Location> {
    let mut found: Vec<lsp::Location> = Vec::new();
    for (policy, span) in spans {
        if let Some(location) = snapshot.location(policy, span)
            && !found.contains(&location)
        {
            found.push(location);
        }
    }
    found
}

pub(super) fn definition(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked);
    let mut spans = Vec::new();
    for place in &places {
        if let Some(symbol) = place.symbol() {
            let declared = place.policy.names().declarations(symbol);
            spans.extend(declared.map(|declared| (place.policy, declared.span)));
        }
        // The path of a `use` names a file.
        let used = links(place.policy, place.file);
        let used = used.into_iter().filter(|link| link.range.contains(&(place.offset as usize)));
        spans.extend(used.map(|link| (place.policy, Span { file: link.file, start: 0, end: 0 })));
    }
    Ok(json!(locations(snapshot, spans)))
}

pub(super) fn references(snapshot: &Snapshot<'_>, asked: lsp::ReferenceParams) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked.text_document_position_params);
    let mut spans = Vec::new();
    for place in &places {
        if let Some(symbol) = place.symbol() {
            let found = place.policy.names().occurrences(symbol);
            let wanted = found.filter(|one| asked.context.include_declaration || one.role == Role::Use);
            spans.extend(wanted.map(|one| (place.policy, one.span)));
        }
    }
    Ok(json!(locations(snapshot, spans)))
}

pub(super) fn highlight(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let mut found: BTreeMap<Span, Role> = BTreeMap::new();
    let places = places(snapshot, &asked);
    for place in &places {
        let Some(symbol) = place.symbol() else { continue };
        let here = place.policy.names().occurrences(symbol).filter(|one| one.span.file == place.file);
        // One file has a number in each policy; the place in it is what counts.
        found.extend(here.map(|one| (Span { file: FileId(0), ..one.span }, one.role)));
    }
    let Some(place) = places.first().filter(|_| !found.is_empty()) else { return Ok(Value::Null) };
    let lines = snapshot.lines(place.policy.text(place.file));
    let told: Vec<Value> = found
        .into_iter()
        .map(|(span, role)| {
            // A declaration is where a name is written, in the protocol's words.
            let kind = match role {
                Role::Declaration => lsp::DocumentHighlightKind::Write,
                Role::Use => lsp::DocumentHighlightKind::Read,
            };
            json!({"range": lines.range(span.start as usize, span.end as usize), "kind": kind})
        })
        .collect();
    Ok(Value::Array(told))
}

fn refused(why: String) -> Refusal {
    Refusal { code: ErrorCode::RequestFailed, message: why }
}

pub(super) fn prepare_rename(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let mut told = Value::Null;
    for place in places(snapshot, &asked) {
        // What one of the policies refuses is refused.
        let (span, name) =
            rename::prepare(place.policy.names(), place.file, place.offset).map_err(refused)?;
        let lines = snapshot.lines(place.policy.text(place.file));
        let range = lines.range(span.start as usize, span.end as usize);
        told = json!({"range": range, "placeholder": name});
    }
    Ok(told)
}

pub(super) fn rename(snapshot: &Snapshot<'_>, asked: lsp::RenameParams) -> Result<Value, Refusal> {
    let mut changes: BTreeMap<PathBuf, Vec<(Span, Value)>> = BTreeMap::new();
    for place in places(snapshot, &asked.text_document_position_params) {
        let policy = place.policy;
        let options = wayleave_compiler::Options { as_of: snapshot.as_of };
        let at = (place.file, place.offset);
        let edits = rename::rename(
            policy.sources(),
            policy.names(),
            at,
            &asked.new_name,
            (&options, &mut policy.told()),
        );
        for edit in edits.map_err(refused)? {
            let span = edit.span;
            let range = snapshot.lines(policy.text(span.file)).range(span.start as usize, span.end as usize);
            let told = json!({"range": range, "newText": edit.text});
            let of_file = changes.entry(policy.path(span.file).to_owned()).or_default();
            if !of_file.iter().any(|(_, known)| *known == told) {
                of_file.push((span, told));
            }
        }
    }
    // What a second policy adds to a file that it shares stands among the others.
    let edits = changes.into_iter().map(|(path, mut edits)| {
        edits.sort_by_key(|(span, _)| (span.start, span.end));
        (path, edits.into_iter().map(|(_, told)| told).collect())
    });
    Ok(workspace_edit(snapshot, edits.collect()))
}

pub(super) fn hover(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked);
    let mut told: Vec<(&Place<'_>, hover::Hover)> = Vec::new();
    for place in &places {
        if let Some(hover) = hover::hover(&place.policy.known(), place.file, place.offset)
            && !told.iter().any(|(_, known)| known.text == hover.text)
        {
            told.push((place, hover));
        }
    }
    let Some((first, hover)) = told.first() else { return Ok(Value::Null) };
    let lines = snapshot.lines(first.policy.text(first.file));
    let range = lines.range(hover.span.start as usize, hover.span.end as usize);
    let text = if told.len() == 1 {
        hover.text.clone()
    } else {
        // What differs is told of each policy, under the name of its root.
        let parts = told.iter().map(|(place, hover)| format!("in `{}`:\n\n{}", place.root(), hover.text));
        parts.collect::<Vec<_>>().join("\n\n---\n\n")
    };
    Ok(json!({"contents": {"kind": "markdown", "value": text}, "range": range}))
}

pub(super) fn complete(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Option<Completions>, Refusal> {
    let places = places(snapshot, &asked);
    let Some(place) = places.first() else { return Ok(None) };
    let mut found: Vec<Completion> = Vec::new();
    for place in &places {
        let known = place.known(snapshot);
        let all = completion::complete(&known, place.file, place.offset, snapshot.client.snippets);
        let is_known = |one: &Completion| {
            found.iter().any(|known| known.label == one.label && known.insert == one.insert)
        };
        let new = all.into_iter().filter(|one| !is_known(one)).collect::<Vec<_>>();
        found.extend(new);
    }
    let lines = snapshot.lines(place.policy.text(place.file));
    let client = &snapshot.client;
    let items = found.into_iter().enumerate().map(|(index, one)| item(one, index, &lines, client)).collect();
    Ok(Some(Completions { is_incomplete: false, items }))
}

/// What is completed. There can be hundreds, so it is written as it is: values of each would take longer than the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completions {
    is_incomplete: bool,
    items: Vec<CompletionItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CompletionItem {
    label: String,
    /// Neovim shows whatever is typed where this is not said.
    filter_text: String,
    kind: lsp::CompletionItemKind,
    sort_text: String,
    insert_text_format: lsp::InsertTextFormat,
    text_edit: lsp::TextEdit,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_text_edits: Option<[lsp::TextEdit; 1]>,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<Value>,
}

/// Editors sort by letters where nothing else is said, so the order is said.
fn item(one: Completion, index: usize, lines: &Lines<'_>, client: &Client) -> CompletionItem {
    let (format, new_text) = match (one.insert, client.snippets) {
        (Insert::Snippet(text), _) => (lsp::InsertTextFormat::Snippet, text),
        // Neovim takes of a plain text what stands before its first blank.
        (Insert::Plain(text), Snippets::Understood) if text.contains(' ') => {
            (lsp::InsertTextFormat::Snippet, without_places(&text))
        }
        (Insert::Plain(text), _) => (lsp::InsertTextFormat::PlainText, text),
    };
    let edit = |span: Span, new_text: String| {
        let range = lines.range(span.start as usize, span.end as usize);
        lsp::TextEdit { range, new_text }
    };
    let documentation = (!one.documentation.is_empty()).then(|| client.markup.told(&one.documentation));
    CompletionItem {
        filter_text: one.label.trim_end_matches(" …").to_owned(),
        label: one.label,
        kind: item_kind(one.sort),
        sort_text: format!("{index:05}"),
        insert_text_format: format,
        text_edit: edit(one.replaces, new_text),
        additional_text_edits: one.also.map(|also| [edit(also.span, also.text)]),
        detail: one.detail,
        documentation,
    }
}

/// A text as a snippet that has nothing to fill in.
fn without_places(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

fn item_kind(sort: Sort) -> lsp::CompletionItemKind {
    match sort {
        Sort::Word => lsp::CompletionItemKind::Keyword,
        Sort::Sign => lsp::CompletionItemKind::Operator,
        Sort::Unit => lsp::CompletionItemKind::Unit,
        Sort::Value => lsp::CompletionItemKind::Value,
        Sort::Item => lsp::CompletionItemKind::Snippet,
        Sort::Code => lsp::CompletionItemKind::Constant,
        Sort::File => lsp::CompletionItemKind::File,
        Sort::Name(Kind::Member | Kind::Word | Kind::Finding) => lsp::CompletionItemKind::EnumMember,
        Sort::Name(Kind::Type) => lsp::CompletionItemKind::Enum,
        Sort::Name(Kind::Attribute | Kind::Counter) => lsp::CompletionItemKind::Variable,
        Sort::Name(Kind::Field) => lsp::CompletionItemKind::Field,
        Sort::Name(Kind::Provider) => lsp::CompletionItemKind::Module,
        Sort::Name(_) => lsp::CompletionItemKind::Reference,
    }
}
