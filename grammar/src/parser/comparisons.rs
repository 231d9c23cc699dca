//! Tests as other languages write them, where more than one word differs from ours: one message for the whole test, which
//! is taken to its end.

use super::{Done, Parser, values};
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange};

/// `contains "a"`, `between 1k and 2k`, `exists`, `after 2026-12-01`, `not like "x"` behind what is asked. Answers whether
/// such a test stood there.
pub(super) fn foreign(p: &mut Parser, subject: TextRange, is_negated: bool) -> bool {
    match p.word(0) {
        "contains" | "includes" if is_text_searched(p, subject) => contains(p, subject),
        "between" if between_end(p, 0).is_some() => between(p),
        "not" if p.word(1) == "between" && between_end(p, 1).is_some() => between(p),
        "exists" if is_last_word(p) => exists(p),
        "after" | "since" | "before" if is_moment(p.kind(1)) => compared(p),
        "not" if is_of_text(p.word(1)) => not_text(p, subject, is_negated, 2),
        "is" if p.word(1) == "not" && is_of_text(p.word(2)) => not_text(p, subject, is_negated, 3),
        _ => return false,
    }
    true
}

fn is_of_text(word: &str) -> bool {
    matches!(word, "like" | "matches")
}

fn is_moment(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::Date | SyntaxKind::Instant | SyntaxKind::Time)
}

/// Built in, and sets: what is contained in one is a member.
const SETS: [&str; 2] = ["caller.groups", "request.needs"];

/// Built in, and texts: what is contained in one is a part of it.
const TEXTS: [&str; 4] = ["prompt", "system", "caller.app", "caller.id"];

/// Whether a string follows, and what is asked may be a text.
fn is_text_searched(p: &Parser, subject: TextRange) -> bool {
    p.kind(1) == SyntaxKind::String && !SETS.contains(&p.text_of(subject))
}

/// `contains "a"`: a member of a set, or a part of a text.
fn contains(p: &mut Parser, subject: TextRange) {
    let (word, subject) = (p.range(), p.text_of(subject));
    let foreign = p.text(0);
    p.bump_keyword();
    let quoted = p.text(0);
    let inner = quoted.trim_matches('"');
    let whole = word.cover(p.range());
    values::value(p, values::Place::Plain);
    let like = format!("like \"*{inner}*\"");
    let is_text = TEXTS.contains(&subject);
    let message = match is_text {
        true => format!("`{foreign}` is written with `like` and a `*` on both sides"),
        false => format!("`{foreign}` is written `has` of a set, and `like` of a text"),
    };
    let mut error = SyntaxError::new("R0003", word, message);
    if !inner.contains(['*', '?']) {
        let title =
            if is_text { format!("write `{like}`") } else { format!("write `{like}`: a part of a text") };
        error = error.with_fix(whole, like.clone(), title);
    }
    if !is_text {
        error = error.with_fix(word, "has", format!("write `has {quoted}`: a member of a set"));
    }
    if matches!(subject, "prompt" | "system") {
        error = error
            .with_help(format!("write `{like}`; `{subject} has NAME` asks a detector, such as `secret`"))
            .unsure();
    }
    p.report(error);
}

/// How many tokens `between A and B` has, if both ends are quantities or times.
fn between_end(p: &Parser, before: usize) -> Option<usize> {
    let unit = |ahead: usize| usize::from(p.word(ahead) == "tokens");
    let is_end = |ahead: usize| is_moment(p.kind(ahead)) || is_quantity(p.kind(ahead));
    let join = before + 2 + unit(before + 2);
    let is_whole = is_end(before + 1) && p.word(join) == "and" && is_end(join + 1);
    is_whole.then(|| join + 2 + unit(join + 2))
}

fn is_quantity(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::Number | SyntaxKind::Percent | SyntaxKind::Money | SyntaxKind::Duration)
}

/// `between 1k and 2k tokens`
fn between(p: &mut Parser) {
    let is_denied = p.at_word("not");
    let Some(count) = between_end(p, usize::from(is_denied)) else { return };
    let start = p.position;
    let (mut ends, mut unit) = (Vec::new(), "");
    for _ in 0..count {
        match p.word(0) {
            "tokens" => unit = " tokens",
            "not" | "between" | "and" => {}
            _ => ends.push(p.text(0)),
        }
        p.bump();
    }
    let range = p.range_since(start);
    let word = if is_denied { "not in" } else { "in" };
    let write = format!("{word} {}{unit}", ends.join(".."));
    let title = format!("write `{write}`");
    let error = SyntaxError::new("R0003", range, "`between … and …` is written as a range")
        .with_help(format!("write `{write}`; the end of a range is outside of it"))
        .with_fix(range, write, title)
        // Elsewhere the end belongs to it.
        .unsure();
    p.report(error);
}

/// Whether nothing follows that the word could be about: a line of a `classify` may give a value of this name.
fn is_last_word(p: &Parser) -> bool {
    !p.is_at_line_start() && !matches!(p.word(1), "when" | "if" | "where") && p.kind(1) != SyntaxKind::Colon
}

fn exists(p: &mut Parser) {
    let error = SyntaxError::new("R0003", p.range(), "`exists` asks nothing: an attribute always has a value")
        .with_help("a missing value counts as the attribute's `default`, and where it is `required`, the request is refused");
    p.error(error);
    p.bump();
}

/// `after 2026-12-01`
fn compared(p: &mut Parser) {
    let sign = if p.at_word("before") { "<" } else { ">=" };
    let error = SyntaxError::new("R0003", p.range(), format!("`{}` is written `{sign}`", p.text(0)))
        .with_fix(p.range(), sign, format!("write `{sign}`"));
    // A day after a date may be meant without that date.
    p.report(if p.at_word("after") { error.unsure() } else { error });
    p.bump();
    values::value(p, values::Place::Plain);
}

/// Whether a moment is compared with nothing: `after 2026-12-01`.
pub(super) fn at_moment(p: &Parser) -> bool {
    matches!(p.word(0), "after" | "since" | "before") && is_moment(p.kind(1))
}

/// Takes it, and says what is compared.
pub(super) fn moment(p: &mut Parser) -> Done {
    let mark = p.open();
    let attribute = if p.kind(1) == SyntaxKind::Time { "time.of-day" } else { "time.now" };
    let sign = if p.at_word("before") { "<" } else { ">=" };
    let title = format!("write `{attribute} {sign} {}`", p.text(1));
    let message = format!("`{}` is written as a comparison of `{attribute}`", p.text(0));
    let error = SyntaxError::new("R0003", p.range(), message)
        .with_fix(p.range(), format!("{attribute} {sign}"), title)
        .unsure();
    p.report(error);
    p.bump();
    values::value(p, values::Place::Plain);
    mark.close(p, SyntaxKind::Error)
}

/// `not like "x"`, `is not like "x"`: of texts, `not` stands before the test.
fn not_text(p: &mut Parser, subject: TextRange, is_negated: bool, words: usize) {
    let start = p.position;
    let operator = p.text(words - 1);
    for _ in 0..words {
        p.bump();
    }
    let range = p.range_since(start);
    values::value(p, values::Place::Plain);
    let value = TextRange::new(range.end(), p.gap().end().max(range.end()));
    let write = format!("not {} {operator}{}", p.text_of(subject), p.text_of(value));
    let message = format!("`not` stands before the test: `not … {operator} …`");
    let mut error = SyntaxError::new("R0003", range, message);
    if !is_negated {
        let edits = vec![
            SyntaxEdit { range: TextRange::empty(subject.start()), text: "not ".to_owned() },
            SyntaxEdit { range, text: operator.to_owned() },
        ];
        error = error.with_edits(edits, format!("write `{write}`"));
    } else {
        error = error.with_help("what is denied twice holds: leave out both");
    }
    p.report(error);
}
