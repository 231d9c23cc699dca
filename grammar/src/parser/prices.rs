//! Prices of models: amounts, what each is for, and for how many tokens; also as other languages write them.

use super::{Done, Parser, literals, words};
use crate::{SyntaxError, SyntaxKind, TextRange};

pub(super) fn is_price(p: &Parser) -> bool {
    let is_word = matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::String) && p.word(1) != "per";
    is_word && p.kind(2) != SyntaxKind::Colon || is_pair(p)
}

/// `$1, $2`: two amounts, and not what each is for.
fn is_pair(p: &Parser) -> bool {
    let has_word = matches!(p.kind(3), SyntaxKind::Ident | SyntaxKind::String) && p.word(3) != "per";
    p.at(SyntaxKind::Money)
        && p.kind(1) == SyntaxKind::Comma
        && p.kind(2) == SyntaxKind::Money
        && (!has_word || p.kind(4) == SyntaxKind::Colon)
}

/// Takes two amounts alone, and says what each must be for.
fn pair(p: &mut Parser) -> Done {
    let mark = p.open();
    let start = p.position;
    let mut write = format!("{} in, {} out", p.text(0), p.text(2));
    for _ in 0..3 {
        p.bump();
    }
    let range = p.range_since(start);
    if !p.at_word("per") {
        write.push_str(" per 1M tokens");
    }
    let title = format!("write `{write}`");
    let error = SyntaxError::new("R0001", range, "a price says what each amount is for")
        .with_fix(range, write, title)
        .unsure();
    p.report(error);
    if p.eat_word("per") {
        literals::per_tokens(p);
    }
    mark.close(p, SyntaxKind::Error)
}

/// `0.15 in`: a price whose money has no sign.
pub(super) fn is_bare_price(p: &Parser) -> bool {
    let is_decimal = p.text(0).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_decimal && is_use_of_tokens(p.word(1)) && p.kind(2) != SyntaxKind::Colon
}

/// `$2,50`
pub(super) fn is_point_comma(p: &Parser) -> bool {
    let is_joined = p.is_joined(1) && p.is_joined(2);
    is_joined && p.at(SyntaxKind::Money) && p.kind(1) == SyntaxKind::Comma && p.kind(2) == SyntaxKind::Number
}

/// `in $2, out $6`
pub(super) fn is_turned_price(p: &Parser) -> bool {
    is_use_of_tokens(p.word(0)) && p.kind(1) == SyntaxKind::Money
}

/// What an amount of a price is for.
fn is_use_of_tokens(word: &str) -> bool {
    matches!(word, "in" | "out" | "cached" | "cache-write" | "reasoning")
}

/// Takes a price whose amounts stand behind what they are for, and says how it is written.
pub(super) fn turned_price(p: &mut Parser) -> Done {
    let mark = p.open();
    let start = p.position;
    let mut parts = Vec::new();
    while is_turned_price(p) {
        parts.push(format!("{} {}", p.text(1), p.text(0)));
        p.bump();
        p.bump();
        p.eat(SyntaxKind::Comma);
    }
    let range = p.range_since(start);
    let write = parts.join(", ");
    let title = format!("write `{write}`");
    let message = "an amount stands before what it is for";
    p.error(SyntaxError::new("R0001", range, message).with_fix(range, write, title));
    if p.eat_word("per") {
        literals::per_tokens(p);
    }
    mark.close(p, SyntaxKind::Error)
}

/// Money, or a number that lacks its sign.
pub(super) fn money(p: &mut Parser) {
    let amount = p.open();
    if is_point_comma(p) {
        let start = p.position;
        p.bump();
        p.bump();
        let range = TextRange::new(p.input.tokens[start].range().start(), p.range().end());
        let is_grouped = p.text(0).len() == 3;
        let write = p.text_of(range).replace(',', if is_grouped { "_" } else { "." });
        let title = format!("write `{write}`");
        let message = match is_grouped {
            true => "the digits of a number are grouped by `_`",
            false => "money has a point, not a comma",
        };
        p.report(SyntaxError::new("R0003", range, message).with_fix(range, write, title));
    } else if p.at(SyntaxKind::Money) {
        literals::check(p);
    } else if !p.is_beside_unknown() {
        let write = format!("${}", p.text(0));
        let title = format!("write `{write}`");
        let message = "money is written with its sign";
        p.report(SyntaxError::new("R0001", p.range(), message).with_fix(p.range(), write, title));
    }
    p.bump();
    amount.close(p, SyntaxKind::Literal);
}

/// Whether `per`, or what was meant by it, is next; the latter is reported.
fn at_per(p: &mut Parser) -> bool {
    if p.at_word("per") {
        return true;
    }
    let is_number_next = matches!(p.kind(1), SyntaxKind::Number | SyntaxKind::BadNumber);
    if p.at(SyntaxKind::Slash) && is_number_next {
        p.foreign("`/` is written `per`", "per");
        return true;
    }
    let is_misspelled = is_number_next && words::meant(p.word(0), &["per"]).is_some();
    if is_misspelled {
        p.misspelled("per");
    }
    is_misspelled
}

/// `$2 in, $6 out per 1M tokens`
pub(super) fn price(p: &mut Parser) -> Done {
    if is_pair(p) {
        return pair(p);
    }
    let mark = p.open();
    while p.at(SyntaxKind::Money) || is_bare_price(p) {
        let part = p.open();
        money(p);
        if matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::String) && !p.at_word("per") && !p.at_field() {
            literals::bare_name(p);
        } else {
            p.missing("a price says what each amount is for", "`in` or `out` belongs here");
        }
        part.close(p, SyntaxKind::PricePart);
        let has_comma = p.eat(SyntaxKind::Comma);
        if has_comma && !p.at(SyntaxKind::Money) && !is_bare_price(p) {
            p.missing("an amount is missing after `,`", "money such as `$2` belongs here");
        } else if !has_comma && p.at(SyntaxKind::Money) {
            let gap = p.gap();
            let error = SyntaxError::new("R0001", gap, "`,` is missing between two amounts").with_fix(
                gap,
                ",",
                "write `,`",
            );
            p.error(error);
        }
    }
    if at_per(p) {
        p.bump_keyword();
        literals::per_tokens(p);
    } else {
        let gap = p.gap();
        let error = SyntaxError::new("R0001", gap, "a price says for how many tokens it is")
            .with_label("`per 1M tokens` belongs here")
            .with_fix(gap, " per 1M tokens", "write `per 1M tokens`");
        p.error(error);
    }
    mark.close(p, SyntaxKind::Price)
}
