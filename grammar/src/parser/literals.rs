//! Names, strings and literals: the leaves of everything else. A literal that has no value is reported where it is read.

use super::words::{self, begins_item, is_reserved};
use super::{Done, Parser};
use crate::literal::{self, LiteralValue, quote};
use crate::{SyntaxError, SyntaxKind, TextRange, TextSize};

/// A name that is declared or used; `missing` says that it is not there. A word that is reserved is taken as one where it
/// can be meant so, and reported.
pub(super) fn name(p: &mut Parser, missing: &str) -> bool {
    if segment(p).is_some() {
        return true;
    }
    p.missing(missing, "a name belongs here");
    false
}

/// One name, if there is one.
pub(super) fn segment(p: &mut Parser) -> Option<Done> {
    if is_number(p.kind(0)) || is_misused_word(p) || p.at_name() && is_odd_start(p) {
        let start = p.position;
        let mark = p.open();
        p.bump();
        odd_rest(p, start);
        return Some(mark.close(p, SyntaxKind::Name));
    }
    p.at_name().then(|| bare_name(p))
}

/// Takes what can only be a name there, be it a reserved word or one with other signs, and says that it needs quotes.
pub(super) fn quoted_name(p: &mut Parser) {
    let start = p.position;
    let mark = p.open();
    p.bump();
    odd_rest(p, start);
    mark.close(p, SyntaxKind::Name);
}

/// Takes the next token as a name, whatever word it is.
pub(super) fn bare_name(p: &mut Parser) -> Done {
    if matches!(p.kind(0), SyntaxKind::String | SyntaxKind::ForeignString) {
        check(p);
        if literal::unquote(p.text(0)).is_empty() {
            p.report(SyntaxError::new("R0001", p.range(), "a name cannot be empty"));
        }
    }
    let mark = p.open();
    p.bump();
    mark.close(p, SyntaxKind::Name)
}

/// A word that begins an item elsewhere, and here can only be a name that lacks its quotes.
fn is_misused_word(p: &Parser) -> bool {
    let can_be_meant = begins_item(p.word(0)) && !p.at_item(0) && !p.is_at_line_start();
    can_be_meant
        && match p.kind(1) {
            SyntaxKind::Equals
            | SyntaxKind::LeftBrace
            | SyntaxKind::Slash
            | SyntaxKind::Pipe
            | SyntaxKind::Less
            | SyntaxKind::Comma
            | SyntaxKind::RightBracket
            | SyntaxKind::EndOfFile => true,
            _ => is_reserved(p.word(1)),
        }
}

/// Whether a name of another shape begins here, such as `gpt-4.1` or `llama3:8b`.
pub(super) fn is_odd_start(p: &Parser) -> bool {
    let is_continued = match p.kind(1) {
        SyntaxKind::Colon => is_number(p.kind(2)),
        sign => is_odd_sign(sign) && is_odd_part(p.kind(2)),
    };
    p.at(SyntaxKind::Ident) && is_continued && p.is_joined(1) && p.is_joined(2)
}

fn is_number(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::Number
            | SyntaxKind::BadNumber
            | SyntaxKind::Duration
            | SyntaxKind::Date
            | SyntaxKind::Time
            | SyntaxKind::Percent
            | SyntaxKind::Instant
    )
}

/// Takes what touches the name that began at a token, and says that the whole needs quotes.
pub(super) fn odd_rest(p: &mut Parser, start: usize) {
    while p.is_joined(0) && p.is_joined(1) && is_odd_sign(p.kind(0)) && is_odd_part(p.kind(1)) {
        p.bump();
        p.bump();
    }
    let range = p.range_since(start);
    let text = p.text_of(range);
    let message = if is_reserved(text) {
        format!("`{text}` is a word of the language, and no name without quotes")
    } else {
        format!("`{text}` is no name without quotes")
    };
    let quoted = quote(text);
    let title = format!("write `{quoted}`");
    p.report(SyntaxError::new("R0001", range, message).with_fix(range, quoted, title));
}

fn is_odd_sign(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::Dot | SyntaxKind::Colon | SyntaxKind::Slash)
}

pub(super) fn is_odd_part(kind: SyntaxKind) -> bool {
    is_number(kind) || matches!(kind, SyntaxKind::Ident | SyntaxKind::ForeignWord)
}

/// A date or an instant.
pub(super) fn date(p: &mut Parser, clause: &str) {
    match p.kind(0) {
        SyntaxKind::Date | SyntaxKind::Instant | SyntaxKind::BadNumber => {
            bare(p);
        }
        SyntaxKind::String if is_date(&literal::unquote(p.text(0))) => {
            let date = literal::unquote(p.text(0));
            let title = format!("write `{date}`");
            let error = SyntaxError::new("R0001", p.range(), "a date stands without quotes").with_fix(
                p.range(),
                date,
                title,
            );
            p.error(error);
            let mark = p.open();
            p.bump();
            mark.close(p, SyntaxKind::Error);
        }
        SyntaxKind::Number if p.kind(1) == SyntaxKind::Slash && p.is_joined(1) => slashed_date(p),
        _ => p.missing(format!("`{clause}` needs a date"), "a date such as `2027-06-30` belongs here"),
    }
}

fn is_date(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && matches!(literal::classify(text), SyntaxKind::Date | SyntaxKind::Instant)
}

/// `2027/06/30`
fn slashed_date(p: &mut Parser) {
    let mark = p.open();
    let start = p.position;
    while p.at(SyntaxKind::Number) || p.at(SyntaxKind::Slash) {
        p.bump();
    }
    let range = p.range_since(start);
    let date = p.text_of(range).replace('/', "-");
    let mut error = SyntaxError::new("R0003", range, "a date is written `YEAR-MONTH-DAY`");
    if is_date(&date) {
        let title = format!("write `{date}`");
        error = error.with_fix(range, date, title);
    }
    p.error(error);
    mark.close(p, SyntaxKind::Error);
}

/// The unit that a word means: seconds are `s`.
fn unit_of_time(word: &str) -> Option<&'static str> {
    Some(match word {
        "ms" | "msec" | "millis" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "min",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    })
}

/// `3 months`: units of the calendar, of which only a week has always the same length. In days, and whether that is exact.
fn unit_of_days(word: &str) -> Option<(u64, bool)> {
    Some(match word {
        "w" | "week" | "weeks" => (7, true),
        "month" | "months" => (30, false),
        "quarter" | "quarters" => (90, false),
        "y" | "year" | "years" => (365, false),
        _ => return None,
    })
}

/// `3 months`
fn days(p: &mut Parser, (days, is_exact): (u64, bool)) {
    let mark = p.open();
    let start = p.position;
    let count = p.text(0).parse::<u64>().ok().and_then(|count| count.checked_mul(days));
    let word = p.text(1);
    p.bump();
    p.bump();
    let range = p.range_since(start);
    let message = match is_exact {
        true => format!("`{word}` is no unit: a week is `7d`"),
        false => format!("`{word}` is no unit of a duration: its length differs"),
    };
    let mut error = SyntaxError::new("R0003", range, message);
    error.is_sure = is_exact;
    error = match count {
        Some(count) => error.with_help(format!("write days: `{count}d`")).with_fix(
            range,
            format!("{count}d"),
            format!("write `{count}d`"),
        ),
        None => error.with_help("write days, such as `30d`"),
    };
    p.report(error);
    mark.close(p, SyntaxKind::Error);
}

/// `5 s`: a unit apart from its number.
fn unit_apart(p: &mut Parser, unit: &str) {
    let mark = p.open();
    let start = p.position;
    let write = format!("{}{unit}", p.text(0));
    p.bump();
    p.bump();
    let range = p.range_since(start);
    let title = format!("write `{write}`");
    let error = SyntaxError::new("R0001", range, "a unit touches its number").with_fix(range, write, title);
    p.error(error);
    mark.close(p, SyntaxKind::Error);
}

/// A duration.
pub(super) fn duration(p: &mut Parser, clause: &str) {
    p.no_sign(clause);
    if is_decimal_comma(p) {
        decimal_comma(p);
        return;
    }
    if p.at(SyntaxKind::Number)
        && let Some(unit) = unit_of_time(p.word(1))
    {
        unit_apart(p, unit);
        return;
    }
    if p.at(SyntaxKind::Number)
        && let Some(unit) = unit_of_days(p.word(1))
    {
        days(p, unit);
        return;
    }
    if matches!(p.kind(0), SyntaxKind::Duration | SyntaxKind::BadNumber | SyntaxKind::Number) {
        if p.at(SyntaxKind::Number) {
            let error = SyntaxError::new("R0001", p.range(), format!("`{}` has no unit", p.text(0)))
                .with_help("a duration is written with its unit: `250ms`, `30s`, `5min`, `2h`, `7d`");
            p.error(error);
            let mark = p.open();
            p.bump();
            mark.close(p, SyntaxKind::Error);
            return;
        }
        bare(p);
    } else {
        p.missing(format!("`{clause}` needs a duration"), "a duration such as `30s` belongs here");
    }
}

pub(super) fn is_literal(kind: SyntaxKind) -> bool {
    is_number(kind)
        || matches!(
            kind,
            SyntaxKind::String | SyntaxKind::ForeignString | SyntaxKind::Regex | SyntaxKind::Money
        )
}

/// A literal with its unit; the next token is one.
pub(super) fn literal(p: &mut Parser) -> Done {
    let mark = p.open();
    let kind = p.kind(0);
    if is_factor_apart(p) {
        factor_apart(p);
        unit(p);
        return mark.close(p, SyntaxKind::Error);
    }
    let is_read = check(p);
    p.bump();
    if matches!(kind, SyntaxKind::Number | SyntaxKind::BadNumber) {
        unit(p);
    }
    if kind == SyntaxKind::Money && p.at_word("per") && p.kind(1) != SyntaxKind::Colon {
        p.bump_keyword();
        per_tokens(p);
    }
    mark.close(p, if is_read { SyntaxKind::Literal } else { SyntaxKind::Error })
}

/// `128,000 tokens`
pub(super) fn is_in_thousands(p: &Parser) -> bool {
    let is_short = p.at(SyntaxKind::Number) && p.text(0).len() <= 3;
    let groups = groups(p);
    is_short && groups > 0 && matches!(p.word(1 + 2 * groups), "tokens" | "requests")
}

/// The same, with or without its unit: where nothing else can stand behind a comma.
pub(super) fn is_grouped(p: &Parser) -> bool {
    p.at(SyntaxKind::Number) && p.text(0).len() <= 3 && groups(p) > 0
}

/// `1,5s`, `2,5%`: where nothing else can stand behind a comma.
pub(super) fn is_decimal_comma(p: &Parser) -> bool {
    let is_joined = p.is_joined(1) && p.is_joined(2);
    let is_amount = matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::Money);
    let is_pair = is_amount && p.kind(1) == SyntaxKind::Comma && is_number(p.kind(2));
    is_pair && is_joined && !is_grouped(p)
}

/// Takes it with its unit, and says how it is written.
pub(super) fn decimal_comma(p: &mut Parser) -> Done {
    let mark = p.open();
    let start = p.position;
    let is_time = p.kind(2) == SyntaxKind::Duration;
    for _ in 0..3 {
        p.bump();
    }
    let range = p.range_since(start);
    let write = p.text_of(range).replace(',', ".");
    let shown = write.clone();
    let title = format!("write `{write}`");
    let mut error =
        SyntaxError::new("R0003", range, "a number has a point, not a comma").with_fix(range, write, title);
    // Somebody may have meant two numbers; and not every quantity has parts of a whole.
    error.is_sure = false;
    error.help = Some(match is_time {
        true => "write a whole number of a smaller unit, such as `1500ms`".to_owned(),
        false => format!("write a point: `{shown}`"),
    });
    p.report(error);
    unit(p);
    p.last_error = Some(p.position);
    mark.close(p, SyntaxKind::Error)
}

/// How many groups of three digits, each behind a comma, touch the next token.
fn groups(p: &Parser) -> usize {
    let is_group = |index: &usize| {
        let (comma, digits) = (1 + 2 * index, 2 + 2 * index);
        p.kind(comma) == SyntaxKind::Comma
            && p.kind(digits) == SyntaxKind::Number
            && p.text(digits).len() == 3
            && p.is_joined(comma)
            && p.is_joined(digits)
    };
    // More groups than these no number has.
    (0..7).take_while(is_group).count()
}

/// Takes it, and says how it is written.
pub(super) fn thousands(p: &mut Parser) -> Done {
    let mark = p.open();
    grouped(p);
    unit(p);
    mark.close(p, SyntaxKind::Error)
}

fn grouped(p: &mut Parser) {
    let start = p.position;
    for _ in 0..1 + 2 * groups(p) {
        p.bump();
    }
    let range = p.range_since(start);
    let write = p.text_of(range).replace(',', "_");
    let title = format!("write `{write}`");
    let help = format!("{title}, with its unit behind it");
    let message = "the digits of a number are grouped by `_`";
    let mut error = SyntaxError::new("R0003", range, message).with_fix(range, write, title);
    // Without a unit, more is wrong than the comma, and the edit alone mends too little.
    error.is_sure = matches!(p.word(0), "tokens" | "requests");
    error.help = (!error.is_sure).then_some(help);
    p.report(error);
}

/// `1M tokens` behind `per`.
pub(super) fn per_tokens(p: &mut Parser) {
    if !matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber) {
        p.missing("`per` needs a number of tokens", "`1M tokens` belongs here");
        return;
    }
    if literal::read(p.kind(0), p.text(0)) == Ok(LiteralValue::Integer(0)) {
        p.report(SyntaxError::new("R0001", p.range(), "money is for more than 0 tokens").of_meaning());
    }
    let mark = p.open();
    check(p);
    p.bump();
    if unit(p) {
        mark.close(p, SyntaxKind::Literal);
    } else {
        let error = SyntaxError::new("R0001", p.gap(), "a price is for a number of tokens, and says so")
            .with_label("`tokens` belongs here")
            .with_fix(p.gap(), " tokens", "write `tokens`");
        p.error(error);
        mark.close(p, SyntaxKind::Error);
    }
}

fn unit(p: &mut Parser) -> bool {
    let is_field = p.kind(1) == SyntaxKind::Colon;
    match p.word(0) {
        "tokens" if !is_field => {}
        word @ ("token" | "Tokens" | "tok" | "toks") if !is_field => {
            p.foreign(format!("`{word}` is no unit: write `tokens`"), "tokens");
        }
        word if !is_field && !is_reserved(word) && words::meant(word, &["tokens"]).is_some() => {
            p.misspelled("tokens");
        }
        _ => return false,
    }
    p.bump_keyword();
    true
}

/// `60 requests`, `200k tokens`; a number is next.
pub(super) fn count(p: &mut Parser) {
    let mark = p.open();
    let is_read = number(p);
    match p.word(0) {
        "requests" => p.bump_keyword(),
        word @ ("request" | "req" | "reqs" | "calls") => {
            p.foreign(format!("`{word}` is no unit: write `requests`"), "requests");
            p.bump_keyword();
        }
        _ if unit(p) => {}
        // What misses its unit misses its time too: one message.
        _ if !is_read => p.last_error = Some(p.position),
        _ => no_count(p),
    }
    mark.close(p, SyntaxKind::Literal);
}

/// `2M per 1min`
fn no_count(p: &mut Parser) {
    let (gap, number) = (p.gap(), p.text_of(p.previous_range()));
    let mut error = SyntaxError::new("R0001", gap, "a `limit` says what it counts")
        .with_label("`requests` or `tokens` belongs here")
        .with_help(format!("write `{number} tokens per 1min` or `{number} requests per 1min`"));
    for unit in ["tokens", "requests"] {
        error = error.with_fix(gap, format!(" {unit}"), format!("write `{number} {unit}`"));
    }
    p.error(error);
}

/// A number, also one whose digits are grouped by commas, or whose `k` stands apart. Answers whether its shape is right.
fn number(p: &mut Parser) -> bool {
    if is_grouped(p) {
        grouped(p);
        if !matches!(p.word(0), "tokens" | "requests") {
            // That the unit is missing too is told once the number is one.
            p.last_error = Some(p.position);
        }
        return true;
    }
    if is_decimal_comma(p) {
        decimal_comma(p);
        return true;
    }
    if is_factor_apart(p) {
        factor_apart(p);
        return true;
    }
    let is_read = check(p);
    p.bump();
    is_read
}

/// `8 k tokens`
fn is_factor_apart(p: &Parser) -> bool {
    p.at(SyntaxKind::Number)
        && p.text(0).bytes().all(|byte| byte.is_ascii_digit())
        && matches!(p.word(1), "k" | "K" | "M" | "Ki")
        && matches!(p.word(2), "tokens" | "token" | "requests" | "request")
}

fn factor_apart(p: &mut Parser) {
    let start = p.position;
    let write = format!("{}{}", p.text(0), if p.at_word("K") { "k" } else { p.text(1) });
    p.bump();
    p.bump();
    let range = p.range_since(start);
    let title = format!("write `{write}`");
    p.report(
        SyntaxError::new("R0001", range, "`k`, `M` and `Ki` touch their number")
            .with_fix(range, write, title),
    );
}

/// `4k tokens`, or `missing`.
pub(super) fn tokens(p: &mut Parser, missing: &str) {
    if !matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber) {
        p.missing(missing, "`4k tokens` belongs here");
        return;
    }
    let mark = p.open();
    number(p);
    if !unit(p) {
        let gap = p.gap();
        let error = SyntaxError::new("R0001", gap, "this number has no unit")
            .with_label("`tokens` belongs here")
            .with_fix(gap, " tokens", "write `tokens`");
        p.error(error);
    }
    mark.close(p, SyntaxKind::Literal);
}

/// `5%`, or `missing`.
pub(super) fn percent(p: &mut Parser, missing: &str) {
    if is_decimal_comma(p) {
        decimal_comma(p);
        return;
    }
    match p.kind(0) {
        SyntaxKind::Percent => {
            bare(p);
        }
        SyntaxKind::Number | SyntaxKind::BadNumber => {
            let mut error = SyntaxError::new("R0001", p.range(), format!("`{}` is no share", p.text(0)))
                .with_help("a share is written with its sign: `5%`, `0.5%`");
            if p.at(SyntaxKind::Number) {
                error =
                    error.with_fix(p.range(), format!("{}%", p.text(0)), format!("write `{}%`", p.text(0)));
            }
            p.error(error);
            let mark = p.open();
            p.bump();
            mark.close(p, SyntaxKind::Literal);
        }
        _ => p.missing(missing, "a share such as `5%` belongs here"),
    }
}

/// `2`, or `missing`.
pub(super) fn whole_number(p: &mut Parser, missing: &str) {
    if matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber) {
        bare(p);
    } else {
        p.missing(missing, "a number such as `2` belongs here");
    }
}

/// The next token alone, without a unit.
pub(super) fn bare(p: &mut Parser) -> Done {
    let mark = p.open();
    let is_read = check(p);
    p.bump();
    mark.close(p, if is_read { SyntaxKind::Literal } else { SyntaxKind::Error })
}

/// Reports the next token if it is a literal without a value.
/// Answers whether its shape is right.
pub(super) fn check(p: &mut Parser) -> bool {
    let Err(problem) = literal::read(p.kind(0), p.text(0)) else {
        return true;
    };
    let is_shapely = problem.is_of_meaning;
    let whole = p.range();
    let offset = |at: usize| whole.start() + TextSize::new(u32::try_from(at).unwrap_or(0));
    let range = TextRange::new(offset(problem.at.start), offset(problem.at.end));
    let mut error = SyntaxError::new(problem.code, range, problem.message);
    error.help = problem.help;
    error.is_sure = problem.is_sure;
    error = if problem.is_of_meaning { error.of_meaning() } else { error };
    for instead in problem.instead {
        let title = format!("write `{instead}`");
        error = error.with_fix(whole, instead, title);
    }
    p.report(error);
    is_shapely
}
