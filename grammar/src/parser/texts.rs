//! Texts in quotes, and what was meant as one: sentences without quotes, strings that go on in the next line.

use super::Parser;
use super::literals::{check, is_odd_part};
use super::words::is_reserved;
use crate::literal::quote;
use crate::{SyntaxError, SyntaxKind, TextRange, TextSize};

/// A string, or `missing`.
pub(super) fn text(p: &mut Parser, missing: &str) -> bool {
    if matches!(p.kind(0), SyntaxKind::String | SyntaxKind::ForeignString) {
        match rest_of_string(p) {
            Some(last) => over_lines(p, last),
            None => {
                check(p);
                p.bump();
            }
        }
        return true;
    }
    if is_unquoted(p) {
        unquoted(p, missing);
        return true;
    }
    p.missing(missing, "a string belongs here");
    false
}

/// A longer line is no sentence.
const SENTENCE_BYTES: usize = 400;

/// How far a string is looked for on the next line, in tokens: a sentence is not longer.
const STRING_TOKENS: usize = 60;

/// Where a string that does not end in its line ends in the next one: there a string begins that does not end.
fn rest_of_string(p: &Parser) -> Option<usize> {
    let is_open = |ahead: usize| {
        let text = p.text(ahead);
        p.kind(ahead) == SyntaxKind::String && (text.len() == 1 || !text.ends_with('"'))
    };
    if !is_open(0) {
        return None;
    }
    let last = (1..STRING_TOKENS).find(|ahead| is_open(*ahead))?;
    let between = TextRange::new(p.range().end(), p.token(last)?.range().start());
    (p.text_of(between).trim_end_matches(' ').matches('\n').count() == 1).then_some(last)
}

/// Takes a string that goes on in the next line, and says how it is written.
fn over_lines(p: &mut Parser, last: usize) {
    let mark = p.open();
    let start = p.position;
    for _ in 0..=last {
        p.bump();
    }
    let range = p.range_since(start);
    let joined = p.text_of(range).split_whitespace().collect::<Vec<_>>().join(" ");
    let error = SyntaxError::new("R0001", range, "a string ends in the line in which it begins").with_fix(
        range,
        joined,
        "write it in one line",
    );
    p.error(error);
    mark.close(p, SyntaxKind::Error);
}

/// A sentence in quotes, or `missing`. One without quotes goes to the end of its line.
pub(super) fn words(p: &mut Parser, missing: &str) -> bool {
    let is_sentence =
        matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::ForeignWord) && !p.is_at_line_start();
    if !is_sentence || p.kind(1) == SyntaxKind::Colon && p.at_field() {
        return text(p, missing);
    }
    let rest = &p.input.text[p.range().start().into()..];
    let rest = &rest[..rest.floor_char_boundary(SENTENCE_BYTES)];
    let line = rest.lines().next().unwrap_or("");
    if line.len() + 4 > SENTENCE_BYTES {
        return text(p, missing);
    }
    let line = line.split("//").next().unwrap_or("").trim_end_matches([' ', '\t', '\r']);
    // Behind two blanks, another clause begins; a brace ends the arm.
    let sentence = line.split("  ").next().unwrap_or("").trim_end_matches(['{', '}', ' ']);
    let end = p.range().start() + TextSize::of(sentence);
    let mark = p.open();
    let start = p.position;
    while p.token(0).is_some_and(|token| token.range().start() < end) {
        p.bump();
    }
    let range = TextRange::new(p.input.tokens[start].range().start(), end);
    let quoted = quote(sentence.trim_end_matches('"'));
    let title = format!("write `{quoted}`");
    let error =
        SyntaxError::new("R0001", range, missing).with_label("without quotes").with_fix(range, quoted, title);
    p.error(error);
    mark.close(p, SyntaxKind::Error);
    true
}

/// Whether a word or path stands where a string should: something that begins nothing else.
fn is_unquoted(p: &Parser) -> bool {
    let word = p.word(0);
    let begins_other = is_reserved(word) || p.at_item(0) || matches!(word, "valid" | "shadow" | "restore");
    !word.is_empty() && !begins_other && !p.is_at_line_start() && p.kind(1) != SyntaxKind::Colon
}

/// Takes it with all that touches it, and says that it needs quotes.
fn unquoted(p: &mut Parser, missing: &str) {
    let mark = p.open();
    let start = p.position;
    p.bump();
    let touches =
        |kind| matches!(kind, SyntaxKind::Slash | SyntaxKind::Dot | SyntaxKind::Colon) || is_odd_part(kind);
    while p.is_joined(0) && touches(p.kind(0)) {
        p.bump();
    }
    let range = p.range_since(start);
    let quoted = quote(p.text_of(range));
    let title = format!("write `{quoted}`");
    p.error(
        SyntaxError::new("R0001", range, missing).with_label("without quotes").with_fix(range, quoted, title),
    );
    mark.close(p, SyntaxKind::Error);
}
