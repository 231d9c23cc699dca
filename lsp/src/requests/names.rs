//! Names in the protocol's words: where they are declared and used, another name for one, what a place means, and what can
//! stand there. A file that several policies share is answered for all of them together.

use super::Refusal;
use crate::features::completion::{self, Completion, Insert, Sort};
use crate::features::diagnostics::CheckedPolicy;
use crate::features::hover;
use crate::features::names::{Kind, Role, Symbol};
use crate::features::rename;
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use serde_json::{Value, json};
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
    let places = places(snapshot, &asked);
    let Some(place) = places.first() else { return Ok(Value::Null) };
    let Some(symbol) = place.symbol() else { return Ok(Value::Null) };
    let lines = snapshot.lines(place.policy.text(place.file));
    let here = place.policy.names().occurrences(symbol).filter(|one| one.span.file == place.file);
    let told: Vec<Value> = here
        .map(|one| {
            // A declaration is where a name is written, in the protocol's words.
            let kind = match one.role {
                Role::Declaration => lsp::DocumentHighlightKind::Write,
                Role::Use => lsp::DocumentHighlightKind::Read,
            };
            json!({"range": lines.range(one.span.start as usize, one.span.end as usize), "kind": kind})
        })
        .collect();
    Ok(json!(told))
}

fn refused(why: String) -> Refusal {
    Refusal { code: ErrorCode::RequestFailed, message: why }
}

pub(super) fn prepare_rename(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked);
    let Some(place) = places.first() else { return Ok(Value::Null) };
    let (span, name) = rename::prepare(place.policy.names(), place.file, place.offset).map_err(refused)?;
    let lines = snapshot.lines(place.policy.text(place.file));
    Ok(json!({"range": lines.range(span.start as usize, span.end as usize), "placeholder": name}))
}

pub(super) fn rename(snapshot: &Snapshot<'_>, asked: lsp::RenameParams) -> Result<Value, Refusal> {
    let mut changes: std::collections::BTreeMap<String, Vec<Value>> = std::collections::BTreeMap::new();
    for place in places(snapshot, &asked.text_document_position_params) {
        let policy = place.policy;
        let options = wayleave_compiler::Options { as_of: snapshot.host.as_of };
        let at = (place.file, place.offset);
        let edits = rename::rename(
            policy.sources(),
            policy.names(),
            at,
            &asked.new_name,
            (&options, &mut policy.told()),
        );
        for edit in edits.map_err(refused)? {
            let Some(location) = snapshot.location(policy, edit.span) else { continue };
            let told = json!({"range": location.range, "newText": edit.text});
            let of_file = changes.entry(location.uri.as_str().to_owned()).or_default();
            if !of_file.contains(&told) {
                of_file.push(told);
            }
        }
    }
    Ok(json!({"changes": changes}))
}

pub(super) fn hover(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked);
    let Some(place) = places.first() else { return Ok(Value::Null) };
    let Some(told) = hover::hover(&place.policy.known(), place.file, place.offset) else {
        return Ok(Value::Null);
    };
    let lines = snapshot.lines(place.policy.text(place.file));
    let range = lines.range(told.span.start as usize, told.span.end as usize);
    Ok(json!({"contents": {"kind": "markdown", "value": told.text}, "range": range}))
}

pub(super) fn complete(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let places = places(snapshot, &asked);
    let Some(place) = places.first() else { return Ok(Value::Null) };
    let found =
        completion::complete(&place.policy.known(), place.file, place.offset, snapshot.client.snippets);
    let lines = snapshot.lines(place.policy.text(place.file));
    let items: Vec<Value> = found
        .into_iter()
        .enumerate()
        .map(|(index, one)| {
            let range = lines.range(one.replaces.start as usize, one.replaces.end as usize);
            item(one, index, range)
        })
        .collect();
    Ok(json!({"isIncomplete": false, "items": items}))
}

/// Editors sort by letters where nothing else is said, so the order is said.
fn item(one: Completion, index: usize, range: lsp::Range) -> Value {
    let (format, text) = match one.insert {
        Insert::Plain(text) => (lsp::InsertTextFormat::PlainText, text),
        Insert::Snippet(text) => (lsp::InsertTextFormat::Snippet, text),
    };
    let mut item = json!({
        "label": one.label,
        "kind": item_kind(one.sort),
        "sortText": format!("{index:05}"),
        "insertTextFormat": format,
        "textEdit": {"range": range, "newText": text},
    });
    if !one.documentation.is_empty() {
        item["documentation"] = json!({"kind": "markdown", "value": one.documentation});
    }
    item
}

fn item_kind(sort: Sort) -> lsp::CompletionItemKind {
    match sort {
        Sort::Word => lsp::CompletionItemKind::Keyword,
        Sort::Unit => lsp::CompletionItemKind::Unit,
        Sort::Item => lsp::CompletionItemKind::Snippet,
        Sort::Name(Kind::Member | Kind::Word | Kind::Finding) => lsp::CompletionItemKind::EnumMember,
        Sort::Name(Kind::Type) => lsp::CompletionItemKind::Enum,
        Sort::Name(Kind::Attribute | Kind::Counter) => lsp::CompletionItemKind::Variable,
        Sort::Name(Kind::Field) => lsp::CompletionItemKind::Field,
        Sort::Name(Kind::Provider) => lsp::CompletionItemKind::Module,
        Sort::Name(_) => lsp::CompletionItemKind::Reference,
    }
}
