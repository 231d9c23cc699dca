//! The layout of a document, or of the items that a range touches.

use super::Refusal;
use crate::features::formatting::{TextEdit, of_range, whole};
use crate::snapshot::Snapshot;
use crate::workspace::Document;
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use wayleave_grammar::layout::Fault;

type Answer = Result<Option<Vec<lsp::TextEdit>>, Refusal>;

pub(super) fn document(snapshot: &Snapshot<'_>, asked: lsp::DocumentFormattingParams) -> Answer {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    told(snapshot, document, whole(document.parse()))
}

pub(super) fn range(snapshot: &Snapshot<'_>, asked: lsp::DocumentRangeFormattingParams) -> Answer {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let range = snapshot.lines(&document.text).offsets(asked.range);
    told(snapshot, document, of_range(document.parse(), range))
}

fn told(snapshot: &Snapshot<'_>, document: &Document, edits: Result<Vec<TextEdit>, Fault>) -> Answer {
    let edits = edits.map_err(|fault| Refusal {
        code: ErrorCode::RequestFailed,
        message: format!("the text is left as it is: laid out, {fault}"),
    })?;
    let lines = snapshot.lines(&document.text);
    let told = edits.into_iter().map(|edit| lsp::TextEdit {
        range: lines.range(edit.range.start, edit.range.end),
        new_text: edit.text,
    });
    Ok(Some(told.collect()))
}
