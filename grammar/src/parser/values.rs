//! Values: behind an operator, behind a field's colon, and in lists.

use super::{Done, Parser, literals, plans, prices, texts, words};
use crate::{SyntaxError, SyntaxKind, TextRange, TextSize};

/// Where a value stands decides what it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind an operator, in a list, at the end of a range: no block, call or price.
    Plain,
    /// Behind the colon of a field.
    Field,
}

/// A value with its range, if there is one.
pub(super) fn value(p: &mut Parser, place: Place) -> bool {
    let Some(start) = single(p, place) else {
        return false;
    };
    let is_word = p.at_word("to") && is_end_of_range(p.kind(1)) && p.kind_of(start) == SyntaxKind::Literal;
    if p.at(SyntaxKind::DotDot) || is_word {
        let mut are_plain = is_plain(p, start);
        let mark = start.wrap(p);
        if is_word {
            to_of_range(p);
        } else {
            unit_at_start(p);
            dots(p);
        }
        // Behind the dots `any` is a name like others.
        let is_name = p.at_word("any") && !matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Dot);
        let end = if is_name { Some(literals::bare_name(p)) } else { single(p, Place::Plain) };
        match end {
            Some(end) => are_plain &= is_plain(p, end),
            None => p.missing("this range has no end", "the end of the range belongs here"),
        }
        if !are_plain {
            let range = p.previous_range();
            p.error(SyntaxError::new(
                "R0001",
                range,
                "a range runs between two plain values, such as `mon..fri` or `1k..8k tokens`",
            ));
        }
        mark.close(p, SyntaxKind::Range);
    }
    true
}

/// `1k tokens..8k tokens`: the unit of a range stands once.
fn unit_at_start(p: &mut Parser) {
    let unit = p.previous_range();
    let number = p.position.checked_sub(2).and_then(|index| p.input.tokens.get(index)).copied();
    let Some(number) = number.filter(|number| number.kind == SyntaxKind::Number) else { return };
    if p.text_of(unit) == "tokens" && p.kind(1) == SyntaxKind::Number && p.word(2) == "tokens" {
        let range = TextRange::new(number.range().end(), unit.end());
        let error = SyntaxError::new("R0001", unit, "the unit of a range stands once, at its end")
            .with_fix(range, "", "remove it")
            .of_meaning();
        p.report(error);
    }
}

/// What a plan cannot have behind its `to`.
fn is_end_of_range(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::Number
            | SyntaxKind::Percent
            | SyntaxKind::Money
            | SyntaxKind::Duration
            | SyntaxKind::Date
            | SyntaxKind::Instant
            | SyntaxKind::Time
    )
}

/// `1k to 8k tokens`: takes the word that stands for the dots.
fn to_of_range(p: &mut Parser) {
    let (word, behind) = (p.range(), p.token(1).map_or(p.range(), crate::lexer::Token::range));
    // The unit stands once, at the end.
    let unit = p.previous_range();
    let is_unit_twice = p.text_of(unit) == "tokens" && p.word(2) == "tokens";
    let number = p.position.checked_sub(2).and_then(|index| p.input.tokens.get(index)).copied();
    let first = number.filter(|_| is_unit_twice).map_or(unit, crate::lexer::Token::range);
    let around = TextRange::new(first.end().min(word.start()), behind.start());
    let is_plain = !p.text_of(around).contains('/');
    let error = SyntaxError::new("R0003", word, "a range is written with two dots, not with `to`");
    let title = format!("write `{}..{}`", p.text_of(first), p.text_of(behind));
    p.report(if is_plain { error.with_fix(around, "..", title) } else { error });
    p.bump();
}

/// Takes the dots of a range.
pub(super) fn dots(p: &mut Parser) {
    if p.text(0) != ".." {
        p.foreign(format!("a range is written with two dots, not `{}`", p.text(0)), "..");
    }
    p.bump();
}

/// A literal or a single name.
fn is_plain(p: &Parser, done: Done) -> bool {
    // What could not be read is told already.
    matches!(p.kind_of(done), SyntaxKind::Literal | SyntaxKind::Name | SyntaxKind::Error)
}

fn single(p: &mut Parser, place: Place) -> Option<Done> {
    let kind = p.kind(0);
    match kind {
        SyntaxKind::LeftBracket => Some(list(p)),
        SyntaxKind::LeftParen if place == Place::Plain => Some(foreign_list(p, SyntaxKind::RightParen)),
        SyntaxKind::LeftBrace if place == Place::Plain => Some(foreign_list(p, SyntaxKind::RightBrace)),
        SyntaxKind::Number | SyntaxKind::BadNumber if place == Place::Field && prices::is_bare_price(p) => {
            Some(prices::price(p))
        }
        SyntaxKind::Number if place == Place::Field && literals::is_in_thousands(p) => {
            Some(literals::thousands(p))
        }
        SyntaxKind::Number if place == Place::Field && literals::is_decimal_comma(p) => {
            Some(literals::decimal_comma(p))
        }
        SyntaxKind::LeftBrace
            if place == Place::Field
                && p.kind(1) == SyntaxKind::Ident
                && matches!(p.kind(2), SyntaxKind::Comma | SyntaxKind::RightBrace) =>
        {
            Some(foreign_list(p, SyntaxKind::RightBrace))
        }
        SyntaxKind::LeftBrace if place == Place::Field => Some(block(p)),
        SyntaxKind::Money if place == Place::Field && prices::is_price(p) => Some(prices::price(p)),
        SyntaxKind::Money if place == Place::Field && prices::is_point_comma(p) => Some(prices::price(p)),
        SyntaxKind::Ident if place == Place::Field && prices::is_turned_price(p) => {
            Some(prices::turned_price(p))
        }
        SyntaxKind::String if matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Dot) || p.at_field() => {
            path(p)
        }
        SyntaxKind::Ident | SyntaxKind::ForeignWord => word(p, place),
        _ if literals::is_literal(kind) => Some(literals::literal(p)),
        _ => None,
    }
}

fn word(p: &mut Parser, place: Place) -> Option<Done> {
    let is_alone = !matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Dot | SyntaxKind::Colon);
    if place == Place::Field && p.kind(1) == SyntaxKind::LeftParen && p.at_name() {
        return Some(call(p));
    }
    match p.word(0) {
        "true" | "false" if is_alone => {
            let mark = p.open();
            p.bump_keyword();
            Some(mark.close(p, SyntaxKind::Literal))
        }
        "any" | "group" if is_alone && !p.at_item(0) => plans::target(p),
        _ => path(p),
    }
}

/// A name, `provider/model`, or names joined by dots.
pub(super) fn path(p: &mut Parser) -> Option<Done> {
    if p.at_field() {
        return None;
    }
    let continues = matches!(p.kind(1), SyntaxKind::Slash | SyntaxKind::Dot);
    if !(continues && p.at_name()) {
        return literals::segment(p);
    }
    let start = p.position;
    let mark = p.open();
    literals::bare_name(p);
    if p.at(SyntaxKind::Slash) {
        return Some(plans::after_provider(p, mark, start));
    }
    attribute_rest(p, start);
    Some(mark.close(p, SyntaxKind::AttributeName))
}

/// The dots and names behind the first name of an attribute; after a dot no word is reserved.
pub(super) fn attribute_rest(p: &mut Parser, start: usize) {
    let mut is_spaced = false;
    while p.at(SyntaxKind::Dot) {
        is_spaced |= !p.is_joined(0) || !p.is_joined(1);
        let is_odd = !matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::ForeignWord | SyntaxKind::String)
            && p.is_joined(0)
            && p.is_joined(1)
            && literals::is_odd_part(p.kind(1));
        if is_odd {
            literals::odd_rest(p, start);
            return;
        }
        p.bump();
        let is_operator = !p.is_joined(0) && words::begins_operator(p.word(0));
        if is_operator {
            p.missing("a name is missing after `.`", "a name belongs here");
            return;
        }
        if matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::ForeignWord | SyntaxKind::String) {
            literals::bare_name(p);
        } else {
            p.missing("a name is missing after `.`", "a name belongs here");
            return;
        }
    }
    if is_spaced {
        spaced(p, start, "the name of an attribute is written without blanks");
    }
}

/// Reports blanks inside what began at a token and ends here.
pub(super) fn spaced(p: &mut Parser, start: usize, message: &str) {
    let range = p.range_since(start);
    let mut error = SyntaxError::new("R0001", range, message);
    if !p.text_of(range).contains("//") {
        let joined: String = p.text_of(range).split_whitespace().collect();
        let title = format!("write `{joined}`");
        error = error.with_fix(range, joined, title);
    }
    p.report(error);
}

/// The name of an attribute, where only that can stand.
pub(super) fn attribute_name(p: &mut Parser, missing: &str) -> bool {
    let start = p.position;
    let mark = p.open();
    let is_there = if p.at_name() {
        literals::bare_name(p);
        true
    } else {
        literals::segment(p).is_some()
    };
    if is_there {
        attribute_rest(p, start);
        mark.close(p, SyntaxKind::AttributeName);
    } else {
        p.missing(missing, "a name belongs here");
    }
    is_there
}

/// `(a, b)`, `{a, b}`: lists of other languages.
fn foreign_list(p: &mut Parser, closing: SyntaxKind) -> Done {
    let mark = p.open();
    let start = p.position;
    p.bump();
    if p.enter() {
        while p.kind(0) != closing && value(p, Place::Plain) {
            p.eat(SyntaxKind::Comma);
        }
        p.leave();
    }
    p.eat(closing);
    let range = p.range_since(start);
    let mut error = SyntaxError::new("R0003", range, "a list stands in brackets: `[a, b]`");
    let inner = p.text_of(range).get(1..).and_then(|text| text.strip_suffix([')', '}']));
    if let Some(inner) = inner {
        let write = format!("[{}]", inner.trim());
        error = error.with_fix(range, write.clone(), format!("write `{write}`"));
    }
    p.report(error);
    mark.close(p, SyntaxKind::Error)
}

/// `[email, medical.diagnosis]`, or `missing`.
pub(super) fn findings(p: &mut Parser, missing: &str) {
    if p.at(SyntaxKind::LeftBracket) {
        list(p);
        return;
    }
    p.missing(missing, "`[email, phone]` belongs here");
    if p.at_name() && !p.at_item(0) && !words::begins_clause(p.word(0)) {
        path(p);
    }
}

/// `[a, b]`
pub(super) fn list(p: &mut Parser) -> Done {
    let mark = p.open();
    elements(p, "a value", |p| value(p, Place::Plain));
    mark.close(p, SyntaxKind::List)
}

/// The brackets of a list and what is in them.
pub(super) fn elements(p: &mut Parser, what: &str, element: impl Fn(&mut Parser) -> bool) {
    let opening = p.range();
    if !p.enter() {
        return;
    }
    p.bump();
    while !(p.at_end()
        || p.at_item(0)
        || matches!(p.kind(0), SyntaxKind::RightBracket | SyntaxKind::RightBrace))
    {
        let before = p.position;
        if !element(p) {
            let found = p.found();
            if words::begins_clause(p.word(0)) {
                break;
            }
            p.error(SyntaxError::new("R0001", p.range(), format!("a list holds {what} here, not {found}")));
        }
        if p.eat(SyntaxKind::Comma) || p.at(SyntaxKind::RightBracket) {
            continue;
        }
        if p.position == before {
            p.skip(ends_element);
            p.eat(SyntaxKind::Comma);
        } else if starts_element(p) && p.input.semicolon_before.binary_search(&p.position).is_ok() {
            // Told of the sign already.
        } else if starts_element(p) {
            let gap = p.gap();
            let error = SyntaxError::new("R0001", gap, "`,` is missing between the members of a list")
                .with_label("`,` belongs here")
                .with_fix(gap, ",", "write `,`");
            p.error(error);
        } else {
            break;
        }
    }
    close(p, SyntaxKind::RightBracket, "]", opening);
    p.leave();
}

fn ends_element(p: &Parser) -> bool {
    matches!(p.kind(0), SyntaxKind::Comma | SyntaxKind::RightBracket | SyntaxKind::RightBrace)
        || words::begins_clause(p.word(0))
}

fn starts_element(p: &Parser) -> bool {
    (p.at_name() || literals::is_literal(p.kind(0)) || p.at(SyntaxKind::LeftBracket)) && !p.at_field()
}

fn is_closing(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::RightBrace | SyntaxKind::RightBracket | SyntaxKind::RightParen)
}

/// The closing sign, or that it is missing.
pub(super) fn close(p: &mut Parser, kind: SyntaxKind, sign: &str, opening: TextRange) {
    if p.eat(kind) {
        return;
    }
    let other = p.range();
    let opened_on_line = !p.text_of(TextRange::new(opening.start(), other.start())).contains('\n');
    if is_closing(p.kind(0)) && opened_on_line && p.kind(0) != kind {
        let message = format!("`{}` stands where `{sign}` belongs", p.text(0));
        let error = SyntaxError::new("R0001", other, message).with_related(opening, "opened here").with_fix(
            other,
            sign,
            format!("write `{sign}`"),
        );
        p.error(error);
        p.bump();
        return;
    }
    // An arm at the margin was meant for the policy: the route ends before it.
    let is_route =
        |gap: &TextRange| kind == SyntaxKind::RightBrace && p.arms == 1 && gap.start() >= opening.end();
    let gap = p.lost_otherwise.filter(is_route);
    let gap = gap.unwrap_or_else(|| p.gap());
    // In one line the place is known; over several it may be another one.
    let is_in_line = !p.text_of(TextRange::new(opening.start(), gap.end())).contains('\n');
    let write = if is_in_line { sign.to_owned() } else { format!("\n{sign}") };
    let error = SyntaxError::new("R0001", gap, format!("`{sign}` is missing"))
        .with_label(format!("`{sign}` belongs here"))
        .with_related(opening, "opened here")
        .with_help(format!("close with `{sign}` what was opened"))
        .with_fix(gap, write, format!("write `{sign}`"));
    p.error(if is_in_line { error } else { error.unsure() });
}

/// What a model's body is called: only it can be followed by another model.
pub(super) const MODEL: &str = "a `model`";

const BLOCK: &str = "a block";

/// `model NAME {`, `model NAME as`: the one before it is not closed.
fn at_model(p: &Parser) -> bool {
    p.at_word("model")
        && matches!(p.kind(1), SyntaxKind::Ident | SyntaxKind::String)
        && (p.kind(2) == SyntaxKind::LeftBrace || p.word(2) == "as")
}

/// `{ … }`, entry by entry; an entry that takes nothing is passed over, having said what is wrong.
pub(super) fn body(p: &mut Parser, what: &str, entry: impl Fn(&mut Parser)) {
    let opening = p.range();
    if !p.at(SyntaxKind::LeftBrace) {
        p.missing(format!("{what} needs its braces"), "`{ … }` belongs here");
        return;
    }
    if !p.enter() {
        return;
    }
    p.bump();
    while !(p.at_end()
        || p.at_item(0)
        || p.at(SyntaxKind::RightBrace)
        || matches!(what, MODEL | BLOCK) && at_model(p))
    {
        let before = p.position;
        if p.at(SyntaxKind::Comma) {
            p.foreign("what stands in braces is not separated by commas", "");
            let mark = p.open();
            p.bump();
            mark.close(p, SyntaxKind::Error);
        } else {
            entry(p);
        }
        if p.position == before {
            p.skip(|p| p.at(SyntaxKind::RightBrace) || p.at_field());
        }
    }
    close(p, SyntaxKind::RightBrace, "}", opening);
    p.leave();
}

/// `{ connect: 2s  idle: 60s }`
fn block(p: &mut Parser) -> Done {
    let mark = p.open();
    body(p, BLOCK, |p| field_or(p, "these braces hold fields"));
    mark.close(p, SyntaxKind::Block)
}

/// `name: VALUE`, or `otherwise` says what belongs here.
pub(super) fn field_or(p: &mut Parser, otherwise: &str) {
    let is_word = matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::ForeignWord | SyntaxKind::String);
    let is_field =
        is_word && (p.kind(1) == SyntaxKind::Colon || p.kind(1) == SyntaxKind::Equals || starts_value(p));
    if !is_field {
        let found = p.found();
        let error = SyntaxError::new("R0001", p.range(), format!("{otherwise}, and {found} begins none"))
            .with_help("a field is written `name: value`");
        p.error(error);
        return;
    }
    let mark = p.open();
    let name = p.text(0);
    literals::bare_name(p);
    colon(p, name);
    field_value(p, name);
    mark.close(p, SyntaxKind::Field);
}

/// The value of a field; several of them, as other languages write lists, are taken as a list.
fn field_value(p: &mut Parser, name: &str) {
    if is_behind_dash(p) {
        let mark = p.open();
        while is_behind_dash(p) && single(p, Place::Plain).is_some() {}
        mark.close(p, SyntaxKind::List);
        return;
    }
    let start = p.position;
    let is_word = matches!(p.kind(0), SyntaxKind::Ident | SyntaxKind::String);
    if is_word && p.kind(1) == SyntaxKind::Comma && is_listed(p, 2) {
        let mark = p.open();
        while single(p, Place::Plain).is_some() && p.at(SyntaxKind::Comma) && is_listed(p, 1) {
            p.bump();
        }
        let range = p.range_since(start);
        let write = format!("[{}]", p.text_of(range));
        let title = format!("write `{write}`");
        p.report(
            SyntaxError::new("R0001", range, "several values stand in brackets")
                .with_fix(range, write, title),
        );
        mark.close(p, SyntaxKind::List);
        return;
    }
    let rest = &p.input.text[p.range().start().into()..];
    if ["http://", "https://"].iter().any(|scheme| rest.starts_with(scheme)) {
        let line = rest.lines().next().unwrap_or("");
        let url = line.split([' ', '\t']).next().unwrap_or("").trim_end_matches([',', '}', ']', ')']);
        // The rest of the line was read as a comment: what it hides is no mistake.
        let is_all = line[url.len()..].trim().is_empty();
        let range = TextRange::at(p.range().start(), TextSize::of(url));
        let quoted = crate::literal::quote(url);
        let title = format!("write `{quoted}`");
        p.error(
            SyntaxError::new("R0001", range, "an address stands in quotes").with_fix(range, quoted, title),
        );
        let mark = p.open();
        p.bump();
        p.eat(SyntaxKind::Colon);
        mark.close(p, SyntaxKind::Error);
        p.is_silent |= !is_all;
        return;
    }
    if !value(p, Place::Field) {
        p.missing(format!("`{name}` has no value"), "a value belongs here");
    }
}

/// A word that is no name of a field.
fn is_listed(p: &Parser, ahead: usize) -> bool {
    let is_model =
        p.word(ahead) == "model" && matches!(p.kind(ahead + 1), SyntaxKind::Ident | SyntaxKind::String);
    matches!(p.kind(ahead), SyntaxKind::Ident | SyntaxKind::String)
        && !matches!(p.kind(ahead + 1), SyntaxKind::Colon | SyntaxKind::Equals)
        && !is_model
}

/// Whether a dash of a list stands before the next token; it has been reported.
fn is_behind_dash(p: &Parser) -> bool {
    let before = TextRange::new(p.gap().end().min(p.range().start()), p.range().start());
    p.input.unknown_before.binary_search(&p.position).is_ok()
        && p.text_of(before).trim() == "-"
        && !p.at_field()
}

/// Whether the token after the next begins a value, so that only the colon before it is missing.
fn starts_value(p: &Parser) -> bool {
    let next = p.kind(1);
    let is_word = next == SyntaxKind::Ident && !matches!(p.kind(2), SyntaxKind::Colon | SyntaxKind::Equals);
    is_word || literals::is_literal(next) || next == SyntaxKind::LeftBracket
}

fn colon(p: &mut Parser, name: &str) {
    if p.at(SyntaxKind::Equals) {
        let range = p.range();
        let from = p.with_blanks_before(range);
        let is_apart = p.token(1).is_some_and(|next| next.start > u32::from(range.end()));
        p.report(SyntaxError::new("R0003", range, "a field's name is followed by `:`, not `=`").with_fix(
            from,
            if is_apart { ":" } else { ": " },
            "write `:`",
        ));
        p.bump();
    } else if !p.eat(SyntaxKind::Colon) {
        let gap = p.gap();
        let error = SyntaxError::new("R0001", gap, format!("`:` is missing after `{name}`"))
            .with_label("`:` belongs here")
            .with_fix(gap, ":", "write `:`");
        p.error(error);
    }
}

/// `env("X")`
fn call(p: &mut Parser) -> Done {
    let mark = p.open();
    literals::bare_name(p);
    let opening = p.range();
    p.bump();
    texts::text(p, "the parentheses hold a name in quotes");
    close(p, SyntaxKind::RightParen, ")", opening);
    mark.close(p, SyntaxKind::Call)
}
