//! What the language has and this version does not build: read as one node each, refused with one message each, and never
//! passed over in silence.

use super::{Parser, conditions, literals, values, words};
use crate::{SyntaxError, SyntaxKind, TextRange};

/// Says that a construct is not built.
pub(super) fn report(p: &mut Parser, range: TextRange, words: &str) {
    let message = format!("`{words}` is a construct of the language that this version does not build yet");
    p.report(SyntaxError::new("R0902", range, message).with_label("not built yet"));
}

/// An item: its words, its name, and everything up to the next item.
pub(super) fn item(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    let word = p.word(0);
    p.bump_keyword();
    if word == "require" {
        p.eat_word("approval");
    }
    let keyword = p.range_since(start);
    if word == "observe" && words::begins_item(p.word(0)) {
        p.bump_keyword();
    }
    let words = p.text_of(keyword).split_whitespace().collect::<Vec<_>>().join(" ");
    report(p, keyword, &words);
    if p.at_name() && word != "timezone" {
        literals::bare_name(p);
    }
    rest(p, |_| false);
    mark.close(p, SyntaxKind::UnbuiltItem);
}

/// `for CONDITION` of a `use`.
pub(super) fn use_for(p: &mut Parser) {
    let mark = p.open();
    let range = p.range();
    p.bump_keyword();
    report(p, range, "use … for");
    rest(p, |_| false);
    mark.close(p, SyntaxKind::UnbuiltClause);
}

/// `failover on […]`, `retry N` and the like, up to the next clause.
pub(super) fn clause(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    let word = p.word(0);
    p.bump_keyword();
    match word {
        "failover" => p.eat_word("on"),
        "hedge" => p.eat_word("after"),
        _ => false,
    };
    let keyword = p.range_since(start);
    let words = if word == "failover" { "failover on" } else { word };
    report(p, keyword, words);
    rest(p, |p| {
        words::begins_clause(p.word(0))
            || p.at_word("otherwise")
            || p.at_word("deny")
            || matches!(p.kind(0), SyntaxKind::RightBrace | SyntaxKind::LeftBrace)
    });
    mark.close(p, SyntaxKind::UnbuiltClause);
}

/// `split by … { … }`, `cheapest of […]`
pub(super) fn stage(p: &mut Parser) {
    let mark = p.open();
    let (range, word) = (p.range(), p.word(0));
    p.bump_keyword();
    report(p, range, word);
    if word == "split" {
        if p.eat_word("by") {
            values::attribute_name(p, "`by` needs an attribute");
        }
        if p.at(SyntaxKind::LeftBrace) {
            balanced(p, SyntaxKind::LeftBrace, SyntaxKind::RightBrace);
        }
    } else {
        p.eat_word("of");
        if p.at(SyntaxKind::LeftBracket) {
            balanced(p, SyntaxKind::LeftBracket, SyntaxKind::RightBracket);
        } else if matches!(p.word(0), "group" | "plan") && !p.at_item(0) {
            p.bump_keyword();
            literals::name(p, "a name is missing here");
        }
    }
    mark.close(p, SyntaxKind::UnbuiltStage);
}

/// `spent(NAME)`, `used(NAME)`
pub(super) fn counter(p: &mut Parser) {
    let mark = p.open();
    p.bump_keyword();
    let opening = p.range();
    p.bump();
    literals::name(p, "the parentheses hold the name of a counter");
    values::close(p, SyntaxKind::RightParen, ")", opening);
    mark.close(p, SyntaxKind::Counter);
}

/// Whether a field of `given` is one that is not built.
pub(super) fn at_given(p: &Parser) -> bool {
    let is_counter = matches!(p.word(0), "spent" | "used") && p.kind(1) == SyntaxKind::LeftParen;
    let is_field = match p.kind(1) {
        SyntaxKind::Colon => {
            matches!(p.word(0), "granted" | "draw" | "sources") || conditions::is_unbuilt_attribute(p.word(0))
        }
        SyntaxKind::Dot => {
            let name = format!("{}.{}", p.word(0), p.text(2));
            p.kind(3) == SyntaxKind::Colon && conditions::is_unbuilt_attribute(&name)
        }
        _ => false,
    };
    is_counter || is_field
}

/// A field of `given` that is not built.
pub(super) fn given(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    if p.kind(1) == SyntaxKind::LeftParen {
        counter(p);
    } else {
        values::attribute_name(p, "a name belongs here");
    }
    let range = p.range_since(start);
    report(p, range, &format!("given {}", p.text_of(range)));
    p.expect(SyntaxKind::Colon, ":", "before the value");
    if !values::value(p, values::Place::Field) {
        p.missing("this field has no value", "a value belongs here");
    }
    mark.close(p, SyntaxKind::UnbuiltGiven);
}

/// `expect limited NAME` and the like.
pub(super) fn expect(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    p.bump_keyword();
    p.bump_keyword();
    let range = p.range_since(start);
    let words = p.text_of(range).split_whitespace().collect::<Vec<_>>().join(" ");
    report(p, range, &words);
    rest(p, |p| matches!(p.word(0), "given" | "expect") || p.at(SyntaxKind::RightBrace));
    mark.close(p, SyntaxKind::UnbuiltExpect);
}

/// Tokens, flat, until `ends` says so outside of all brackets, an item begins, or the text ends.
fn rest(p: &mut Parser, ends: impl Fn(&Parser) -> bool) {
    let mut depth = 0_u32;
    while !(p.at_end() || p.at_item(0) || depth == 0 && ends(p)) {
        match p.kind(0) {
            SyntaxKind::LeftBrace | SyntaxKind::LeftBracket | SyntaxKind::LeftParen => depth += 1,
            SyntaxKind::RightBrace | SyntaxKind::RightBracket | SyntaxKind::RightParen => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        p.bump();
    }
}

/// From an opening sign to the one that closes it, flat.
fn balanced(p: &mut Parser, opening: SyntaxKind, closing: SyntaxKind) {
    let place = p.range();
    let mut depth = 0_u32;
    while !p.at_end() && !p.at_item(0) {
        let kind = p.kind(0);
        if kind == opening {
            depth += 1;
        } else if kind == closing {
            depth -= 1;
        }
        p.bump();
        if depth == 0 {
            return;
        }
    }
    let sign = if closing == SyntaxKind::RightBrace { "}" } else { "]" };
    values::close(p, closing, sign, place);
}
