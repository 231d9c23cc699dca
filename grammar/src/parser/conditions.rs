//! Conditions: tests joined by `and` or `or`, never both without parentheses. A chain is one flat node however long.

use super::operators::is_name_next;
use super::{Done, Parser, comparisons, literals, mixture, operators, values, words};
use crate::{SyntaxError, SyntaxKind, TextRange};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

/// What stands between one pair of parentheses, for the message about `and` beside `or`.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) operands: Vec<TextRange>,
    /// Between two operands each.
    pub(super) joins: Vec<(Join, TextRange)>,
}

/// A condition; `missing` says that there is none.
pub(super) fn condition(p: &mut Parser, missing: &str) -> Option<Done> {
    let mut chain = Chain::default();
    let Some(mut whole) = conjunction(p, &mut chain) else {
        self::missing(p, missing);
        return None;
    };
    if at_join(p) == Some(Join::Or) {
        let mark = whole.wrap(p);
        while at_join(p) == Some(Join::Or) {
            join(p, Join::Or, &mut chain);
            if conjunction(p, &mut chain).is_none() {
                self::missing(p, "`or` needs a condition after it");
            }
        }
        whole = mark.close(p, SyntaxKind::OrCondition);
    }
    mixture::judge(p, &chain);
    Some(whole)
}

fn conjunction(p: &mut Parser, chain: &mut Chain) -> Option<Done> {
    let mut whole = operand(p, chain)?;
    if at_join(p) == Some(Join::And) {
        let mark = whole.wrap(p);
        while at_join(p) == Some(Join::And) {
            join(p, Join::And, chain);
            if operand(p, chain).is_none() {
                missing(p, "`and` needs a condition after it");
            }
        }
        whole = mark.close(p, SyntaxKind::AndCondition);
    }
    Some(whole)
}

/// A condition is missing, or only what it asks about: then its operator and value are taken with it.
fn missing(p: &mut Parser, message: &str) {
    let is_operator = matches!(p.word(0), "is" | "in" | "has" | "lacks" | "like" | "matches")
        || matches!(
            p.kind(0),
            SyntaxKind::Less | SyntaxKind::LessEquals | SyntaxKind::Greater | SyntaxKind::GreaterEquals
        );
    if !is_operator {
        p.missing(message, "a condition belongs here");
        return;
    }
    p.missing(format!("what is asked is missing before `{}`", p.text(0)), "an attribute belongs here");
    let mark = p.open();
    operators::operator(p);
    values::value(p, values::Place::Plain);
    mark.close(p, SyntaxKind::Error);
}

fn operand(p: &mut Parser, chain: &mut Chain) -> Option<Done> {
    let start = p.position;
    let done = primary(p)?;
    chain.operands.push(p.range_since(start));
    Some(done)
}

fn at_join(p: &Parser) -> Option<Join> {
    match p.kind(0) {
        SyntaxKind::AndAnd => Some(Join::And),
        SyntaxKind::OrOr => Some(Join::Or),
        _ => match p.word(0) {
            "and" => Some(Join::And),
            "or" => Some(Join::Or),
            _ => foreign_join(p),
        },
    }
}

/// `AND`, `adn` and the like, before another test: where no name can stand.
pub(super) fn foreign_join(p: &Parser) -> Option<Join> {
    let join = match p.word(0) {
        "adn" | "nad" | "annd" | "andd" | "AND" | "And" => Join::And,
        "OR" | "Or" => Join::Or,
        _ => return None,
    };
    let begins_test = is_name_next(p, 1) || p.word(1) == "not" || p.kind(1) == SyntaxKind::LeftParen;
    (is_name_next(p, 0) && begins_test).then_some(join)
}

fn join(p: &mut Parser, join: Join, chain: &mut Chain) {
    let word = if join == Join::And { "and" } else { "or" };
    if matches!(p.kind(0), SyntaxKind::AndAnd | SyntaxKind::OrOr) {
        p.foreign(format!("`{}` is written `{word}`", p.text(0)), word);
    } else if !p.at_word(word) {
        p.misspelled(word);
    }
    chain.joins.push((join, p.range()));
    p.bump_keyword();
}

fn primary(p: &mut Parser) -> Option<Done> {
    if p.at_word("not") || p.at(SyntaxKind::Bang) {
        return Some(negation(p));
    }
    if p.at(SyntaxKind::LeftParen) {
        return Some(parentheses(p));
    }
    test(p)
}

fn negation(p: &mut Parser) -> Done {
    let mark = p.open();
    if p.enter() {
        if p.at(SyntaxKind::Bang) {
            p.foreign("`!` is written `not`", "not");
        }
        p.bump_keyword();
        if primary(p).is_none() {
            missing(p, "`not` needs a condition after it");
        }
        p.leave();
    }
    mark.close(p, SyntaxKind::NotCondition)
}

fn parentheses(p: &mut Parser) -> Done {
    let mark = p.open();
    let opening = p.range();
    if p.enter() {
        p.bump();
        condition(p, "these parentheses hold no condition");
        values::close(p, SyntaxKind::RightParen, ")", opening);
        p.leave();
    }
    mark.close(p, SyntaxKind::ParenCondition)
}

/// A test of one attribute, or a name alone.
fn test(p: &mut Parser) -> Option<Done> {
    let start = p.position;
    if comparisons::at_moment(p) {
        return Some(comparisons::moment(p));
    }
    if !p.at_name() && !is_misplaced_value(p) {
        return None;
    }
    let mark = p.open();
    let is_counter = is_counter(p);
    if is_counter {
        counter(p);
    } else {
        values::attribute_name(p, "a name belongs here");
    }
    let subject = p.range_since(start);
    let is_negated = start
        .checked_sub(1)
        .and_then(|before| p.input.tokens.get(before))
        .is_some_and(|before| before.text(p.input.text) == "not");
    if comparisons::foreign(p, subject, is_negated) {
        return Some(mark.close(p, SyntaxKind::Error));
    }
    let operator_start = p.position;
    if !operators::operator(p) {
        let kind = match without_operator(p, subject, is_counter) {
            true => SyntaxKind::Error,
            false => SyntaxKind::DefineName,
        };
        return Some(mark.close(p, kind));
    }
    let operator = p.range_since(operator_start);
    let value_start = p.position;
    if literals::is_grouped(p) {
        literals::thousands(p);
    } else if literals::is_decimal_comma(p) {
        literals::decimal_comma(p);
    } else if !values::value(p, values::Place::Plain) {
        let error =
            SyntaxError::new("R0001", p.gap(), format!("`{}` needs a value after it", p.text_of(operator)))
                .with_label("a value belongs here")
                .with_help(format!(
                    "a test is written `{} {} VALUE`",
                    p.text_of(subject),
                    p.text_of(operator)
                ));
        p.error(error);
    }
    let value = p.range_since(value_start);
    if operators::turned(p.text(0)).is_some() {
        chained(p, [subject, operator, value], is_negated);
        return Some(mark.close(p, SyntaxKind::Error));
    }
    Some(mark.close(p, SyntaxKind::AttributeTest))
}

/// Says that an operator is missing, where a value follows in its place; answers whether one does.
fn without_operator(p: &mut Parser, subject: TextRange, is_counter: bool) -> bool {
    let name = p.text_of(subject);
    let is_value_next = operators::is_value_next(p);
    if p.at(SyntaxKind::Colon) && !p.is_at_line_start() {
        let start = p.range().start();
        p.bump();
        p.eat(SyntaxKind::Equals);
        let range = TextRange::new(start, p.gap().end());
        let sign = p.text_of(range);
        p.foreign_at(range, format!("`{name}` is compared by `is`, not by `{sign}`"), " is");
        values::value(p, values::Place::Plain);
        return true;
    }
    if !is_value_next && !is_counter {
        return false;
    }
    let gap = p.gap();
    let mut error = SyntaxError::new("R0001", gap, format!("an operator is missing after `{name}`"))
        .with_label("`is`, `in`, `has`, `<` … belongs here");
    error = match p.kind(0) {
        SyntaxKind::LeftBracket => error.with_fix(gap, " in", "write `in`"),
        _ if is_value_next => error.with_fix(gap, " is", "write `is`"),
        _ => error.with_help(format!("a test is written `{name} >= 80%`")),
    };
    p.error(error.unsure());
    if is_value_next {
        values::value(p, values::Place::Plain);
    }
    is_value_next
}

/// `a < b < c`: two tests, of what stands in the middle.
fn chained(p: &mut Parser, [first, sign, middle]: [TextRange; 3], is_negated: bool) {
    let second = p.range();
    p.bump();
    let start = p.position;
    let has_value = values::value(p, values::Place::Plain);
    let last = p.range_since(start);
    let mut error = SyntaxError::new("R0001", second, "comparisons are not chained")
        .with_help("write two tests, joined by `and`");
    if let Some(turned) = operators::turned(p.text_of(sign)).filter(|_| has_value) {
        let [first_text, middle, second, last_text] =
            [first, middle, second, last].map(|range| p.text_of(range));
        let write = format!("{middle} {turned} {first_text} and {middle} {second} {last_text}");
        let write = if is_negated { format!("({write})") } else { write };
        let title = format!("write `{write}`");
        error = error.with_fix(TextRange::new(first.start(), last.end()), write, title).unsure();
    }
    p.error(error);
}

/// `spent(`, `used(`
pub(super) fn is_counter(p: &Parser) -> bool {
    matches!(p.word(0), "spent" | "used") && p.kind(1) == SyntaxKind::LeftParen
}

/// `spent(NAME)`, `used(NAME)`
pub(super) fn counter(p: &mut Parser) {
    let mark = p.open();
    let word = p.text(0);
    p.bump_keyword();
    let opening = p.range();
    p.bump();
    literals::name(
        p,
        &format!("`{word}` needs the name of a {}", if word == "spent" { "budget" } else { "limit" }),
    );
    values::close(p, SyntaxKind::RightParen, ")", opening);
    mark.close(p, SyntaxKind::Counter);
}

/// A reserved word with an operator behind it was meant as the name of an attribute.
fn is_misplaced_value(p: &Parser) -> bool {
    words::begins_item(p.word(0)) && !p.at_item(0) && words::begins_operator(p.word(1))
}

/// Whether `or`, or a foreign sign for it, is next.
pub(super) fn at_or(p: &Parser) -> bool {
    at_join(p) == Some(Join::Or)
}

/// Takes an `or`.
pub(super) fn take_or(p: &mut Parser) {
    join(p, Join::Or, &mut Chain::default());
}
