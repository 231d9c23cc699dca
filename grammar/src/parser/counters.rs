//! The items that count: limits in sliding windows, and budgets in calendar periods.

use super::clauses::{self, Clause};
use super::{Parser, items, literals, prices, words};
use crate::{SyntaxError, SyntaxKind};

const PERIODS: [&str; 6] = ["hour", "day", "week", "month", "quarter", "year"];

/// `limit NAME: RATE CLAUSES`
pub(super) fn limit(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "limit");
    items::joint(p, SyntaxKind::Colon, "a `limit`");
    rate(p);
    clauses::clauses(p, "limit", &[Clause::Each, Clause::When]);
    mark.close(p, SyntaxKind::Limit);
}

/// `budget NAME: SPENDING CLAUSES`
pub(super) fn budget(p: &mut Parser) {
    let mark = p.open();
    items::head(p, "budget");
    items::joint(p, SyntaxKind::Colon, "a `budget`");
    spending(p);
    clauses::clauses(p, "budget", &[Clause::Each, Clause::Warn, Clause::Then, Clause::When]);
    mark.close(p, SyntaxKind::Budget);
}

/// `60 requests per 1min`
fn rate(p: &mut Parser) {
    if !matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber) {
        p.missing("a `limit` needs what it allows", "`60 requests per 1min` belongs here");
        skip_amount(p);
        return;
    }
    let mark = p.open();
    literals::count(p);
    if per(p) {
        literals::duration(p, "per");
    } else {
        p.missing("a `limit` says in which time", "`per 1min` belongs here");
    }
    mark.close(p, SyntaxKind::Rate);
}

/// `$500 per month`
fn spending(p: &mut Parser) {
    let turned = turned_end(p);
    if !p.at(SyntaxKind::Money) && turned.is_none() {
        p.missing("a `budget` needs its money", "`$500 per month` belongs here");
        skip_amount(p);
        return;
    }
    let mark = p.open();
    if let Some(end) = turned {
        let mark = p.open();
        // At the end of the text no token stands before the sign any more.
        while p.token(0).is_some_and(|token| (token.start as usize) < end) {
            p.bump();
        }
        mark.close(p, SyntaxKind::Error);
    } else if prices::is_point_comma(p) {
        prices::money(p);
    } else {
        literals::bare(p);
    }
    if let Some(period) = adverb(p.word(0)) {
        let ours = format!("per {period}");
        p.foreign(format!("`{}` is written `{ours}`", p.text(0)), &ours);
        p.bump();
    } else if !per(p) {
        p.missing("a `budget` says for which period", "`per month` belongs here");
    } else if PERIODS.contains(&p.word(0)) {
        p.bump_keyword();
    } else {
        let ours = adverb(p.word(0)).or_else(|| words::meant(p.word(0), &PERIODS)).unwrap_or("");
        let mut error = SyntaxError::new("R0001", p.gap(), "`per` needs a period of the calendar")
            .with_label("`hour`, `day`, `week`, `month`, `quarter` or `year` belongs here");
        if !ours.is_empty() {
            error = error.with_fix(p.range(), ours, format!("write `{ours}`"));
        }
        p.error(error);
        if !ours.is_empty() || p.at(SyntaxKind::Duration) {
            p.bump();
        }
    }
    mark.close(p, SyntaxKind::Spending);
}

/// Where the sign stands of an amount such as `500$` or `1,000$`: what is wrong is said of the sign. In `500 $600` it is
/// another amount's.
fn turned_end(p: &Parser) -> Option<usize> {
    if !matches!(p.kind(0), SyntaxKind::Number | SyntaxKind::BadNumber) {
        return None;
    }
    let rest = &p.input.text[p.range().end().into()..];
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | ',' | '.' | ' '));
    let is_turned =
        behind.strip_prefix('$').is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()));
    is_turned.then_some(p.input.text.len() - behind.len())
}

/// The period of a word such as `monthly`.
fn adverb(word: &str) -> Option<&'static str> {
    match word {
        "hourly" => Some("hour"),
        "daily" => Some("day"),
        "weekly" => Some("week"),
        "monthly" => Some("month"),
        "quarterly" => Some("quarter"),
        "yearly" | "annually" => Some("year"),
        _ => None,
    }
}

/// `per`, or the slash of other languages in its place.
fn per(p: &mut Parser) -> bool {
    let is_slash = p.at(SyntaxKind::Slash);
    if is_slash {
        p.foreign("`/` is written `per`", "per");
        p.bump_keyword();
    }
    is_slash || p.eat_word("per")
}

/// Passes over what stands in place of an amount, which has been reported.
fn skip_amount(p: &mut Parser) {
    if !clauses::ends_rule(p) && !super::words::begins_clause(p.word(0)) {
        p.skip(|p| super::words::begins_clause(p.word(0)) || p.is_at_lost_item());
    }
}
