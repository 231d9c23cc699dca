//! What an item can say, in the protocol's words.

use super::Refusal;
use crate::features::signature;
use crate::snapshot::{LabelOffsets, Snapshot};
use gen_lsp_types as lsp;
use serde_json::{Value, json};

pub(super) fn help(
    snapshot: &Snapshot<'_>,
    asked: lsp::TextDocumentPositionParams,
) -> Result<Value, Refusal> {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(Value::Null) };
    let offset = snapshot.lines(&document.text).offset(asked.position);
    let Some(help) = signature::help(document.parse(), offset) else { return Ok(Value::Null) };
    let signatures: Vec<Value> = help
        .signatures
        .iter()
        .map(|signature| {
            let parts = signature.parts.iter().map(|part| {
                // Labels are ASCII, so that a byte is a character in every encoding.
                let label = match snapshot.client.label_offsets {
                    LabelOffsets::Understood => json!([part.range.start, part.range.end]),
                    LabelOffsets::Unknown => json!(signature.label[part.range.clone()]),
                };
                json!({"label": label, "documentation": markdown(&part.documentation)})
            });
            let mut told = json!({
                "label": signature.label,
                "documentation": markdown(&help.documentation),
                "parameters": parts.collect::<Vec<_>>(),
            });
            // One beyond the last: none is marked.
            told["activeParameter"] = json!(signature.active.unwrap_or(signature.parts.len()));
            told
        })
        .collect();
    let active = signatures[help.active]["activeParameter"].clone();
    Ok(json!({"signatures": signatures, "activeSignature": help.active, "activeParameter": active}))
}

fn markdown(text: &str) -> Value {
    json!({"kind": "markdown", "value": text})
}
