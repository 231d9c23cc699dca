//! Numbers with what belongs to them: counts, money, shares, durations. Also says what a text that only begins like a
//! number may have meant.

use super::{LiteralValue, Problem, dates};
use crate::SyntaxKind;

const MS_PER_SECOND: u64 = 1000;
const MS_PER_MINUTE: u64 = 60 * MS_PER_SECOND;
const MS_PER_HOUR: u64 = 60 * MS_PER_MINUTE;
const MS_PER_DAY: u64 = 24 * MS_PER_HOUR;

/// Dollars have so many digits behind the point: a micro-dollar is the smallest amount.
const MONEY_DIGITS: u32 = 6;
/// Percent have so many digits behind the point: a millionth of the whole is the smallest share.
const PERCENT_DIGITS: u32 = 4;

/// Which literal a text is that begins with a digit or `$`, by its shape alone.
pub(crate) fn classify(text: &str) -> SyntaxKind {
    if let Some(amount) = text.strip_prefix('$') {
        return if is_decimal(amount) { SyntaxKind::Money } else { SyntaxKind::BadNumber };
    }
    if let Some(share) = text.strip_suffix('%') {
        return if is_decimal(share) { SyntaxKind::Percent } else { SyntaxKind::BadNumber };
    }
    if let Some(kind) = dates::classify(text) {
        return kind;
    }
    let (digits, suffix) = split_suffix(text);
    match suffix {
        _ if !is_digits(digits) => SyntaxKind::BadNumber,
        "" | "k" | "M" | "Ki" => SyntaxKind::Number,
        "ms" | "s" | "min" | "h" | "d" => SyntaxKind::Duration,
        _ => SyntaxKind::BadNumber,
    }
}

pub(super) fn read_integer(text: &str) -> Result<u64, Problem> {
    let (digits, suffix) = split_suffix(text);
    let factor = match suffix {
        "k" => 1000,
        "M" => 1_000_000,
        "Ki" => 1024,
        _ => 1,
    };
    scaled(text, digits, factor)
}

pub(super) fn read_duration(text: &str) -> Result<LiteralValue, Problem> {
    let (digits, suffix) = split_suffix(text);
    let factor = match suffix {
        "s" => MS_PER_SECOND,
        "min" => MS_PER_MINUTE,
        "h" => MS_PER_HOUR,
        "d" => MS_PER_DAY,
        _ => 1,
    };
    scaled(text, digits, factor).map(LiteralValue::DurationMs)
}

pub(super) fn read_money(text: &str) -> Result<LiteralValue, Problem> {
    let amount = text.trim_start_matches('$');
    decimal(text, amount, MONEY_DIGITS, "$0.000001").map(LiteralValue::MoneyUsdMicros)
}

pub(super) fn read_percent(text: &str) -> Result<LiteralValue, Problem> {
    let share = text.trim_end_matches('%');
    decimal(text, share, PERCENT_DIGITS, "0.0001%").map(LiteralValue::SharePpm)
}

/// Why a text that begins like a number is none.
pub(super) fn explain(text: &str) -> Problem {
    if let Some(problem) = dates::explain(text) {
        return problem;
    }
    if let Some(problem) = range(text).or_else(|| fraction(text)).or_else(|| sum_of_durations(text)) {
        return problem;
    }
    let (digits, suffix) = split_suffix(text);
    let foreign = |message: String| Problem { code: "R0003", ..Problem::new(text, message) };
    let unit = |unit: &str| {
        foreign(format!("`{suffix}` is no unit: write `{unit}`")).instead(format!("{digits}{unit}"))
    };
    match suffix {
        "m" => foreign("`m` is no unit: minutes are `min`, millions are `M`".to_owned())
            .instead(format!("{digits}min"))
            .instead(format!("{digits}M")),
        "K" => unit("k"),
        "S" => unit("s"),
        "H" => unit("h"),
        "D" => unit("d"),
        "sec" | "secs" | "second" | "seconds" => unit("s"),
        "mins" | "minute" | "minutes" => unit("min"),
        "hr" | "hrs" | "hour" | "hours" => unit("h"),
        "day" | "days" => unit("d"),
        "msec" | "millis" => unit("ms"),
        "w" | "week" | "weeks" => weeks(text, digits, suffix),
        "mo" | "month" | "months" | "y" | "yr" | "year" | "years" => {
            foreign(format!("`{suffix}` is no unit of a duration: its length differs"))
                .help("write days, such as `30d`")
        }
        _ if suffix.starts_with('.') && is_decimal(text) => Problem::new(
            text,
            format!("`{text}` is no number of the language: only money and shares have a fraction"),
        )
        .help("write a whole number, `$…` or `…%`"),
        "rpm" | "rps" | "tpm" | "tps" => foreign(format!("`{suffix}` is no unit"))
            .help("a rate is written `60 requests per 1min` or `200k tokens per 1min`"),
        _ => Problem::new(text, format!("`{text}` is neither a number nor a name"))
            .help("a name that begins with a digit, or has other signs in it, stands in quotes")
            .instead(super::quote(text))
            .unsure(),
    }
}

/// `2w`: a week has always seven days.
fn weeks(text: &str, digits: &str, suffix: &str) -> Problem {
    let message = format!("`{suffix}` is no unit: a week is `7d`");
    let problem = Problem { code: "R0003", ..Problem::new(text, message) };
    match number_of(digits).and_then(|count| count.checked_mul(7)) {
        Some(days) => problem.instead(format!("{days}d")),
        None => problem.help("write days, such as `7d`"),
    }
}

/// `09:00-18:00`, `1k-8k`: both ends are literals of one kind.
fn range(text: &str) -> Option<Problem> {
    let ends =
        text.char_indices().filter(|(_, sign)| *sign == '-').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let is_end = |end: &str| end.starts_with(|first: char| first.is_ascii_digit() || first == '$');
    let (first, last) = ends
        .filter(|(first, last)| is_end(first) && is_end(last))
        .map(|(first, last)| (dates::two_digits(first), dates::two_digits(last)))
        .find(|(first, last)| {
            classify(first) != SyntaxKind::BadNumber && classify(first) == classify(last)
        })?;
    let problem = Problem::new(text, "a range is written with two dots");
    Some(Problem { code: "R0003", ..problem.instead(format!("{first}..{last}")) })
}

/// `0.5s`, `1.5M`: what has no fraction, in a smaller unit.
fn fraction(text: &str) -> Option<Problem> {
    let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) =
        number.split_once('.').filter(|(whole, fraction)| is_digits(whole) && is_digits(fraction))?;
    let (factor, unit) = match suffix {
        "s" => (MS_PER_SECOND, "ms"),
        "min" => (60, "s"),
        "h" => (60, "min"),
        "d" => (24, "h"),
        "M" => (1000, "k"),
        "k" => (1000, ""),
        _ => return None,
    };
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 6)?;
    let scale = 10_u64.pow(places);
    let scaled =
        (number_of(whole)?.checked_mul(scale)?.checked_add(number_of(fraction)?)?).checked_mul(factor)?;
    let problem = Problem::new(text, format!("`{text}` has a fraction: only money and shares have one"));
    Some(match scaled % scale {
        0 => problem.instead(format!("{}{unit}", scaled / scale)),
        _ => problem.help("write a whole number of a smaller unit"),
    })
}

/// `1min30s`: in the smallest unit that it names.
fn sum_of_durations(text: &str) -> Option<Problem> {
    let mut rest = text;
    let (mut sum_ms, mut unit, mut parts) = (0_u64, "", 0);
    while !rest.is_empty() {
        let digits = rest.find(|sign: char| !sign.is_ascii_digit())?;
        let end = rest[digits..]
            .find(|sign: char| sign.is_ascii_digit())
            .map_or(rest.len(), |length| digits + length);
        let (part, left) = rest.split_at(end);
        let LiteralValue::DurationMs(ms) =
            read_duration(part).ok().filter(|_| classify(part) == SyntaxKind::Duration)?
        else {
            return None;
        };
        sum_ms = sum_ms.checked_add(ms)?;
        (unit, rest, parts) = (&part[digits..], left, parts + 1);
    }
    let size_ms = match unit {
        "ms" => 1,
        "s" => MS_PER_SECOND,
        "min" => MS_PER_MINUTE,
        "h" => MS_PER_HOUR,
        _ => return None,
    };
    (parts > 1 && sum_ms.is_multiple_of(size_ms))
        .then(|| Problem::new(text, "a duration has one unit").instead(format!("{}{unit}", sum_ms / size_ms)))
}

fn split_suffix(text: &str) -> (&str, &str) {
    let end =
        text.find(|character: char| !character.is_ascii_digit() && character != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// Digits, with `_` only between them.
fn is_digits(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        None => is_digits(text),
        Some((whole, fraction)) => {
            is_digits(whole) && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
        }
    }
}

fn scaled(text: &str, digits: &str, factor: u64) -> Result<u64, Problem> {
    number_of(digits).and_then(|count| count.checked_mul(factor)).ok_or_else(|| too_large(text))
}

/// In units of 10 to the minus `places`.
fn decimal(text: &str, amount: &str, places: u32, smallest: &str) -> Result<u64, Problem> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = u32::try_from(fraction.len()).ok().and_then(|length| places.checked_sub(length));
    let Some(missing) = missing else {
        return Err(Problem::new(
            text,
            format!("`{text}` is finer than {smallest}, the smallest step there is"),
        )
        .of_meaning());
    };
    let fraction = if fraction.is_empty() { Some(0) } else { number_of(fraction) };
    fraction
        .and_then(|fraction| fraction.checked_mul(10_u64.pow(missing)))
        .and_then(|fraction| number_of(whole)?.checked_mul(10_u64.pow(places))?.checked_add(fraction))
        .ok_or_else(|| too_large(text))
}

fn number_of(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .filter(u8::is_ascii_digit)
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

fn too_large(text: &str) -> Problem {
    Problem::new(text, format!("`{text}` is larger than any number that a policy can hold")).of_meaning()
}
