//! Colours: of a whole document, of what changed in them since the last answer, and of a range.

use super::Refusal;
use crate::features::tokens::{KINDS, MODIFIERS, Token, change, tokens};
use crate::snapshot::{Numbers, Snapshot};
use crate::workspace::Document;
use gen_lsp_types as lsp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use wayleave_program::value::Instant;

/// What an editor has to know to read the numbers.
pub(super) fn legend() -> Value {
    let kinds: Vec<&str> = KINDS.iter().map(|(_, name)| *name).collect();
    let modifiers: Vec<&str> = MODIFIERS.iter().map(|(_, name)| *name).collect();
    json!({"tokenTypes": kinds, "tokenModifiers": modifiers})
}

/// All colours. A list of numbers is written as such: a value for each would take eight times the memory.
#[derive(Serialize)]
pub(super) struct Whole {
    #[serde(rename = "resultId", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    data: Numbers,
}

/// What brings the colours that were told last to those of now.
#[derive(Serialize)]
pub(super) struct Changed {
    #[serde(rename = "resultId")]
    id: String,
    edits: Vec<Value>,
}

/// Colours by change, where it is known what the client has.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Delta {
    Changed(Changed),
    Whole(Whole),
}

pub(super) fn full(
    snapshot: &Snapshot<'_>,
    asked: lsp::SemanticTokensParams,
) -> Result<Option<Whole>, Refusal> {
    let Some((path, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let data = encoded(snapshot, document, tokens(document.parse(), &ended(snapshot, &path)));
    let (id, _) = snapshot.colours.told(&path, Rc::clone(&data));
    Ok(Some(Whole { id: Some(id), data }))
}

pub(super) fn delta(
    snapshot: &Snapshot<'_>,
    asked: lsp::SemanticTokensDeltaParams,
) -> Result<Option<Delta>, Refusal> {
    let Some((path, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let data = encoded(snapshot, document, tokens(document.parse(), &ended(snapshot, &path)));
    let (id, before) = snapshot.colours.told(&path, Rc::clone(&data));
    Ok(Some(match before {
        Some((known, before)) if known == asked.previous_result_id => {
            let change = change(&before, &data);
            let edit = json!({"start": change.start, "deleteCount": change.removed, "data": change.added});
            let is_same = change.removed == 0 && change.added.is_empty();
            Delta::Changed(Changed { id, edits: if is_same { Vec::new() } else { vec![edit] } })
        }
        Some(_) | None => Delta::Whole(Whole { id: Some(id), data }),
    }))
}

pub(super) fn range(
    snapshot: &Snapshot<'_>,
    asked: lsp::SemanticTokensRangeParams,
) -> Result<Option<Whole>, Refusal> {
    let Some((path, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let range = snapshot.lines(&document.text).offsets(asked.range);
    let ended = ended(snapshot, &path);
    let is_inside = |token: &Token| token.range.start < range.end && range.start < token.range.end;
    let tokens = tokens(document.parse(), &ended).filter(is_inside);
    Ok(Some(Whole { id: None, data: encoded(snapshot, document, tokens) }))
}

/// Each `approve` that is over, of the policies that a file is part of.
fn ended(snapshot: &Snapshot<'_>, path: &Path) -> BTreeSet<String> {
    let policies = snapshot.policies_of(path).filter_map(|(policy, _)| policy.policy().map(Arc::as_ref));
    let approvals = policies.flat_map(|policy| &policy.approvals);
    let is_over = |until: Option<Instant>| until.is_some_and(|until| until <= snapshot.as_of);
    approvals.filter(|rule| is_over(rule.period.until)).map(|rule| rule.name.clone()).collect()
}

/// Five numbers each, the place counted from the token before.
fn encoded(snapshot: &Snapshot<'_>, document: &Document, tokens: impl Iterator<Item = Token>) -> Numbers {
    let lines = snapshot.lines(&document.text);
    let mut positions = lines.ascending();
    let mut data = Vec::new();
    let (mut line, mut character) = (0, 0);
    for token in tokens {
        let (start, end) = (positions.position(token.range.start), positions.position(token.range.end));
        let place = KINDS.iter().position(|(kind, _)| *kind == token.kind);
        let kind = place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        let from = if start.line == line { character } else { 0 };
        let length = end.character - start.character;
        let bits = token.modifiers.iter().filter_map(|modifier| {
            let place = MODIFIERS.iter().position(|(known, _)| known == modifier)?;
            Some(1_u32 << place)
        });
        let place = [start.line - line, start.character - from, length];
        data.extend(place.into_iter().chain([kind, bits.sum()]));
        (line, character) = (start.line, start.character);
    }
    Rc::new(data)
}
