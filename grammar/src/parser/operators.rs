//! Operators of tests, in our words and in those of other languages, and what can stand behind one.

use super::conditions::foreign_join;
use super::{Mark, Parser, clauses, literals, words};
use crate::{SyntaxError, SyntaxKind, TextRange};

/// A comparison by order seen from its other side.
pub(super) fn turned(sign: &str) -> Option<&'static str> {
    match sign {
        "<" => Some(">"),
        "<=" => Some(">="),
        ">" => Some("<"),
        ">=" => Some("<="),
        _ => None,
    }
}

/// Whether a value follows that can belong to nothing but a test. A string before `when` begins a line of a `classify`.
pub(super) fn is_value_next(p: &Parser) -> bool {
    let begins_arm = matches!(p.word(1), "when" | "if" | "where");
    !begins_arm
        && foreign_join(p).is_none()
        && (literals::is_literal(p.kind(0))
            || p.at(SyntaxKind::LeftBracket)
            || is_name_next(p, 0) && !begins_test(p))
}

/// Whether a name with an operator behind it follows: another test, whose `and` is missing.
fn begins_test(p: &Parser) -> bool {
    words::begins_operator(p.word(1)) && !matches!(p.word(1), "and" | "or") || turned(p.text(1)).is_some()
}

/// Whether a name follows on the same line that begins nothing else.
pub(super) fn is_name_next(p: &Parser, ahead: usize) -> bool {
    let word = p.word(ahead);
    let is_in_line = ahead > 0 || !p.is_at_line_start();
    p.kind(ahead) == SyntaxKind::Ident
        && is_in_line
        && !p.at_item(ahead)
        && !words::is_reserved(word)
        && !clauses::begins_any(word)
        && p.kind(ahead + 1) != SyntaxKind::Colon
}

fn is_quantity(kind: SyntaxKind) -> bool {
    literals::is_literal(kind) && !matches!(kind, SyntaxKind::String | SyntaxKind::ForeignString)
}

/// Whether a value stands behind the next token: what is no operator of ours then cannot be another thing.
fn begins_value(p: &Parser) -> bool {
    is_name_next(p, 1) || literals::is_literal(p.kind(1)) || p.kind(1) == SyntaxKind::LeftBracket
}

/// The operator that a misspelled word before a value stands for.
fn meant_operator(p: &Parser) -> Option<&'static str> {
    let word = p.word(0);
    if word.is_empty() || !is_name_next(p, 0) || !begins_value(p) {
        return None;
    }
    match word {
        "si" | "IS" | "Is" => Some("is"),
        "ni" | "IN" | "In" => Some("in"),
        _ => words::meant(word, &["has", "lacks", "like", "matches"]),
    }
}

/// The operator in a node of its own, if there is one.
pub(super) fn operator(p: &mut Parser) -> bool {
    let (kind, word) = (p.kind(0), p.word(0));
    let sign = match kind {
        SyntaxKind::Less => Some("<"),
        SyntaxKind::LessEquals => Some("<="),
        SyntaxKind::Greater => Some(">"),
        SyntaxKind::GreaterEquals => Some(">="),
        SyntaxKind::EqualsEquals | SyntaxKind::Equals => Some("is"),
        SyntaxKind::BangEquals => Some("is not"),
        // Before a name it may be the arrow of an arm.
        SyntaxKind::Arrow if p.text(0) == "=>" && is_quantity(p.kind(1)) => Some(">="),
        _ => None,
    };
    if let Some(sign) = sign {
        let mark = p.open();
        if p.text(0) != sign {
            p.foreign(format!("`{}` is written `{sign}`", p.text(0)), sign);
        }
        p.bump();
        mark.close(p, SyntaxKind::Operator);
        return true;
    }
    let start = p.position;
    let mark = p.open();
    match word {
        "is" => is_operator(p, start),
        "in" | "has" | "lacks" | "like" | "matches" => p.bump_keyword(),
        "contains" | "includes" if begins_value(p) => {
            p.foreign(format!("`{word}` is written `has`"), "has");
            p.bump_keyword();
        }
        "equals" if begins_value(p) => {
            p.foreign("`equals` is written `is`", "is");
            p.bump_keyword();
        }
        "IS" | "Is" if begins_value(p) && matches!(p.word(1), "NOT" | "Not") => {
            p.bump_keyword();
            p.bump_keyword();
            let range = p.range_since(start);
            p.foreign_at(range, format!("`{}` is written `is not`", p.text_of(range)), "is not");
        }
        "isnot" | "isnt" if begins_value(p) => {
            p.foreign(format!("`{word}` is written `is not`"), "is not");
            p.bump_keyword();
        }
        "not" if matches!(p.word(1), "in" | "has" | "is" | "contains" | "includes" | "equals") => {
            not_operator(p, start);
        }
        "not" if is_name_next(p, 1) || literals::is_literal(p.kind(1)) => {
            p.foreign("`not` alone compares nothing: a test is written with `is not`", "is not");
            p.bump_keyword();
        }
        "starts" | "ends" | "startswith" | "endswith" | "starts-with" | "ends-with" => return affix(p, mark),
        _ => match meant_operator(p) {
            Some(ours) => {
                p.misspelled(ours);
                p.bump_keyword();
            }
            None => return false,
        },
    }
    mark.close(p, SyntaxKind::Operator);
    true
}

/// `starts with "x"` of other languages, with its value: the value is left to be taken.
fn affix(p: &mut Parser, mark: Mark) -> bool {
    let words = if p.word(1) == "with" { 2 } else { 1 };
    if p.kind(words) != SyntaxKind::String {
        return false;
    }
    let (start, is_start) = (p.range().start(), p.word(0).starts_with('s'));
    let word = p.text_of(TextRange::new(start, p.input.tokens[p.position + words - 1].range().end()));
    for _ in 0..words {
        p.bump_keyword();
    }
    mark.close(p, SyntaxKind::Operator);
    let inner = p.text(0).trim_matches('"');
    let is_plain = !inner.contains(['*', '?']);
    let write = if is_start { format!("like \"{inner}*\"") } else { format!("like \"*{inner}\"") };
    let range = TextRange::new(start, p.range().end());
    let title = format!("write `{write}`");
    let message = format!("`{word}` is written with `like` and a `*`");
    let error = SyntaxError::new("R0003", range, message);
    p.report(match is_plain {
        true => error.with_fix(range, write, title),
        false => error
            .with_help("`*` and `?` stand for any characters there: `matches r\"…\"` takes them as they are"),
    });
    true
}

/// `is`, `is not`; `is in` and `is not in` are reported.
fn is_operator(p: &mut Parser, start: usize) {
    p.bump_keyword();
    let ours = if p.eat_word("not") { "not in" } else { "in" };
    if p.at_word("in") {
        p.bump_keyword();
        let range = p.range_since(start);
        p.foreign_at(range, format!("`{}` is written `{ours}`", p.text_of(range)), ours);
    }
}

/// `not in`; `not has` and `not is` are reported.
fn not_operator(p: &mut Parser, start: usize) {
    let ours = match p.word(1) {
        "has" | "contains" | "includes" => "lacks",
        "is" | "equals" => "is not",
        _ => "not in",
    };
    p.bump_keyword();
    p.bump_keyword();
    if ours != "not in" {
        let range = p.range_since(start);
        p.foreign_at(range, format!("`{}` is written `{ours}`", p.text_of(range)), ours);
    }
}
