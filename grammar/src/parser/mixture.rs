//! `and` beside `or` without parentheses: both readings, as edits.

use super::Parser;
use super::conditions::{Chain, Join};
use crate::{SyntaxEdit, SyntaxError, TextRange};

/// Readings longer than this are told without their text.
const SHOWN_READING_BYTES: usize = 100;

/// `and` beside `or`: both readings are offered, and the tree has the first.
pub(super) fn judge(p: &mut Parser, chain: &Chain) {
    let Some((first, first_range)) = chain.joins.first().copied() else {
        return;
    };
    let Some((_, range)) = chain.joins.iter().copied().find(|(join, _)| *join != first) else {
        return;
    };
    // After a hole the readings cannot be written down.
    let is_whole = chain.operands.len() == chain.joins.len() + 1;
    let mut error =
        SyntaxError::new("R0002", range, "`and` stands beside `or`, and which comes first is not said")
            .with_label("another word than the one before")
            .with_related(first_range, "the first word")
            .with_help("put parentheses around what belongs together");
    for grouped in [Join::And, Join::Or].into_iter().filter(|_| is_whole) {
        let edits = parenthesize(chain, grouped);
        let title = reading(p, chain, &edits);
        error = error.with_edits(edits, title);
    }
    p.report(error);
}

/// Parentheses around each run of operands that one word joins.
fn parenthesize(chain: &Chain, grouped: Join) -> Vec<SyntaxEdit> {
    let mut edits = Vec::new();
    let joins_next = |index: usize| chain.joins.get(index).is_some_and(|(join, _)| *join == grouped);
    for (index, operand) in chain.operands.iter().enumerate() {
        let continues = index > 0 && joins_next(index - 1);
        if joins_next(index) && !continues {
            edits.push(SyntaxEdit { range: TextRange::empty(operand.start()), text: "(".to_owned() });
        }
        if continues && !joins_next(index) {
            edits.push(SyntaxEdit { range: TextRange::empty(operand.end()), text: ")".to_owned() });
        }
    }
    edits
}

/// The title of a reading: its text, if it is short.
fn reading(p: &Parser, chain: &Chain, edits: &[SyntaxEdit]) -> String {
    let bounds = chain.operands.first().zip(chain.operands.last());
    let whole =
        bounds.map_or(TextRange::default(), |(first, last)| TextRange::new(first.start(), last.end()));
    let mut text = String::new();
    let mut at = whole.start();
    if usize::from(whole.len()) <= SHOWN_READING_BYTES {
        for edit in edits {
            text.push_str(p.text_of(TextRange::new(at, edit.range.start())));
            text.push_str(&edit.text);
            at = edit.range.end();
        }
        text.push_str(p.text_of(TextRange::new(at, whole.end())));
    }
    let is_comment_free = !text.contains("//");
    match text.split_whitespace().collect::<Vec<_>>().join(" ") {
        shown if !shown.is_empty() && is_comment_free => format!("read it as `{shown}`"),
        _ if edits.first().is_some_and(|edit| edit.range.start() == whole.start()) => {
            "group the first word's parts".to_owned()
        }
        _ => "group the other word's parts".to_owned(),
    }
}
