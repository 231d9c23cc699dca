//! Conditions: tests joined by `and` or `or`, never both without parentheses. A chain is one flat node however long.

use super::{Done, Parser, clauses, literals, values, words};
use crate::{SyntaxEdit, SyntaxError, SyntaxKind, TextRange};

/// Readings longer than this are told without their text.
const SHOWN_READING_BYTES: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

/// What stands between one pair of parentheses, for the message about `and` beside `or`.
#[derive(Default)]
struct Chain {
    operands: Vec<TextRange>,
    /// Between two operands each.
    joins: Vec<(Join, TextRange)>,
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
    judge_mixture(p, &chain);
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
    operator(p);
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
fn foreign_join(p: &Parser) -> Option<Join> {
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
    let operator_start = p.position;
    if !operator(p) {
        let kind = match without_operator(p, subject, is_counter) {
            true => SyntaxKind::Error,
            false => SyntaxKind::DefineName,
        };
        return Some(mark.close(p, kind));
    }
    let operator = p.range_since(operator_start);
    let value_start = p.position;
    if !values::value(p, values::Place::Plain) {
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
    if turned(p.text(0)).is_some() {
        chained(p, [subject, operator, value], is_negated);
        return Some(mark.close(p, SyntaxKind::Error));
    }
    Some(mark.close(p, SyntaxKind::AttributeTest))
}

/// Says that an operator is missing, where a value follows in its place; answers whether one does.
fn without_operator(p: &mut Parser, subject: TextRange, is_counter: bool) -> bool {
    let name = p.text_of(subject);
    let is_value_next = is_value_next(p);
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

/// A comparison by order seen from its other side.
fn turned(sign: &str) -> Option<&'static str> {
    match sign {
        "<" => Some(">"),
        "<=" => Some(">="),
        ">" => Some("<"),
        ">=" => Some("<="),
        _ => None,
    }
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
    if let Some(turned) = turned(p.text_of(sign)).filter(|_| has_value) {
        let [first_text, middle, second, last_text] =
            [first, middle, second, last].map(|range| p.text_of(range));
        let write = format!("{middle} {turned} {first_text} and {middle} {second} {last_text}");
        let write = if is_negated { format!("({write})") } else { write };
        let title = format!("write `{write}`");
        error = error.with_fix(TextRange::new(first.start(), last.end()), write, title).unsure();
    }
    p.error(error);
}

/// Whether a value follows that can belong to nothing but a test. A string before `when` begins a line of a `classify`.
fn is_value_next(p: &Parser) -> bool {
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
fn is_name_next(p: &Parser, ahead: usize) -> bool {
    let word = p.word(ahead);
    let is_in_line = ahead > 0 || !p.is_at_line_start();
    p.kind(ahead) == SyntaxKind::Ident
        && is_in_line
        && !p.at_item(ahead)
        && !words::is_reserved(word)
        && !clauses::begins_any(word)
        && p.kind(ahead + 1) != SyntaxKind::Colon
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
        "si" => Some("is"),
        "ni" => Some("in"),
        _ => words::meant(word, &["has", "lacks", "like", "matches"]),
    }
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

/// The operator in a node of its own, if there is one.
fn operator(p: &mut Parser) -> bool {
    let (kind, word) = (p.kind(0), p.word(0));
    let sign = match kind {
        SyntaxKind::Less => Some("<"),
        SyntaxKind::LessEquals => Some("<="),
        SyntaxKind::Greater => Some(">"),
        SyntaxKind::GreaterEquals => Some(">="),
        SyntaxKind::EqualsEquals | SyntaxKind::Equals => Some("is"),
        SyntaxKind::BangEquals => Some("is not"),
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
fn affix(p: &mut Parser, mark: super::Mark) -> bool {
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

/// Whether `or`, or a foreign sign for it, is next.
pub(super) fn at_or(p: &Parser) -> bool {
    at_join(p) == Some(Join::Or)
}

/// Takes an `or`.
pub(super) fn take_or(p: &mut Parser) {
    join(p, Join::Or, &mut Chain::default());
}

/// `and` beside `or`: both readings are offered, and the tree has the first.
fn judge_mixture(p: &mut Parser, chain: &Chain) {
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
