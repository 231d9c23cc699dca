//! How a document is built: what can be folded, and which files it uses.

use super::Refusal;
use crate::features::folding::{FoldKind, folds};
use crate::features::links::links;
use crate::snapshot::{Snapshot, path_of};
use gen_lsp_types as lsp;

pub(super) fn folding(
    snapshot: &Snapshot<'_>,
    asked: lsp::FoldingRangeParams,
) -> Result<Option<Vec<lsp::FoldingRange>>, Refusal> {
    let Some((_, document)) = snapshot.document(&asked.text_document.uri) else { return Ok(None) };
    let lines = snapshot.lines(&document.text);
    let told = folds(&document.text, document.parse()).into_iter().map(|fold| {
        let range = lines.range(fold.range.start, fold.range.end);
        let kind = match fold.kind {
            FoldKind::Region => None,
            FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
            FoldKind::Uses => Some(lsp::FoldingRangeKind::Imports),
        };
        // The line of the closing bracket stays in sight.
        let hidden = match fold.kind {
            FoldKind::Region => range.end.line.saturating_sub(1).max(range.start.line),
            FoldKind::Comment | FoldKind::Uses => range.end.line,
        };
        lsp::FoldingRange { start_line: range.start.line, end_line: hidden, kind, ..Default::default() }
    });
    Ok(Some(told.filter(|fold| fold.end_line > fold.start_line).collect()))
}

pub(super) fn document_links(
    snapshot: &Snapshot<'_>,
    asked: lsp::DocumentLinkParams,
) -> Result<Option<Vec<lsp::DocumentLink>>, Refusal> {
    let path = path_of(&asked.text_document.uri);
    let Some((policy, file)) = snapshot.policies_of(&path).next() else { return Ok(None) };
    let lines = snapshot.lines(policy.text(file));
    let told = links(policy, file).into_iter().filter_map(|link| {
        let target = snapshot.uri_of(link.target)?;
        let range = lines.range(link.range.start, link.range.end);
        Some(lsp::DocumentLink { range, target: Some(target), tooltip: None, data: None })
    });
    Ok(Some(told.collect()))
}
