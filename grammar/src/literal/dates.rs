//! Dates, instants and times of day of the civil (Gregorian) calendar. Checks that a day exists; knows no time zone but the
//! offset that an instant states.

use super::{DateText, InstantText, LiteralValue, Problem};
use crate::SyntaxKind;

/// Date, instant or time of day, by its shape alone.
pub(super) fn classify(text: &str) -> Option<SyntaxKind> {
    if has_shape(text, "0000-00-00") {
        return Some(SyntaxKind::Date);
    }
    if has_shape(text, "00:00") {
        return Some(SyntaxKind::Time);
    }
    split_instant(text).map(|_| SyntaxKind::Instant)
}

pub(super) fn read_date(text: &str) -> Result<DateText, Problem> {
    let date = DateText { year: field(text, 0..4), month: field(text, 5..7), day: field(text, 8..10) };
    let divides = |years: u16| date.year.is_multiple_of(years);
    let is_leap = divides(4) && (!divides(100) || divides(400));
    let days = match date.month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    if date.year > 0 && (1..=days).contains(&date.day) {
        Ok(date)
    } else {
        let problem = Problem::new(text, format!("there is no day `{text}`")).of_meaning();
        Err(match days {
            1.. if date.day > days && date.year > 0 => {
                let last = format!("{}-{days}", &text[..7]);
                problem.help(format!("the last day of that month is `{last}`")).instead(last).unsure()
            }
            _ => problem.help("a date is written `YEAR-MONTH-DAY`"),
        })
    }
}

pub(super) fn read_time(text: &str) -> Result<LiteralValue, Problem> {
    let (hour, minute): (u32, u32) = (field(text, 0..2), field(text, 3..5));
    if hour < 24 && minute < 60 {
        Ok(LiteralValue::TimeOfDayMinutes(hour * 60 + minute))
    } else {
        Err(Problem::new(text, format!("there is no time of day `{text}`"))
            .help("times run from `00:00` to `23:59`; a range may run over midnight, as in `22:00..00:00`")
            .of_meaning())
    }
}

pub(super) fn read_instant(text: &str) -> Result<LiteralValue, Problem> {
    let Some((date, time, zone)) = split_instant(text) else {
        return Err(super::numbers::explain(text));
    };
    let date = read_date(date).map_err(|mut problem| {
        // It speaks of the day alone, and would take the place of the whole instant.
        problem.instead.clear();
        problem
    })?;
    let (hour, minute, second) = (field(time, 0..2), field(time, 3..5), field(time, 6..8));
    let (zone_hour, zone_minute): (i32, i32) = (field(zone, 1..3), field(zone, 4..6));
    if hour > 23 || minute > 59 || second > 59 || zone_hour > 23 || zone_minute > 59 {
        return Err(Problem::new(text, format!("there is no instant `{text}`")).of_meaning());
    }
    let offset = zone_hour * 60 + zone_minute;
    let offset_minutes = if zone.starts_with('-') { -offset } else { offset };
    Ok(LiteralValue::Instant(InstantText {
        text: text.to_owned(),
        date,
        hour,
        minute,
        second,
        offset_minutes,
    }))
}

/// What a text that is nearly a date may have meant.
pub(super) fn explain(text: &str) -> Option<Problem> {
    let foreign = |message: &str, instead: String| {
        Some(Problem { code: "R0003", ..Problem::new(text, message).instead(instead) })
    };
    if split_instant(&format!("{text}Z")).is_some() {
        let problem =
            Problem::new(text, "an instant states its clock: `Z` for UTC, or an offset such as `+02:00`");
        return Some(problem.instead(format!("{text}Z")));
    }
    if has_shape(text, "0:00") {
        return foreign("the hour of a time of day has two digits", format!("0{text}"));
    }
    if let Some(instead) = clock_of_halves(text) {
        return foreign("a time of day is written on the clock of 24 hours", instead);
    }
    if let Some(instead) = short_date(text) {
        return foreign("month and day have two digits", instead);
    }
    if has_shape(text, "00.00.0000") {
        let instead = format!("{}-{}-{}", &text[6..10], &text[3..5], &text[0..2]);
        return foreign("a date is written `YEAR-MONTH-DAY`", instead);
    }
    None
}

/// `9:00` with the hour in two digits; any other text as it is.
pub(super) fn two_digits(text: &str) -> String {
    if has_shape(text, "0:00") { format!("0{text}") } else { text.to_owned() }
}

/// `9am`, `5pm`
fn clock_of_halves(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (hour, later) = lower
        .strip_suffix("am")
        .map(|hour| (hour, 0))
        .or_else(|| lower.strip_suffix("pm").map(|hour| (hour, 12)))?;
    let hour: u32 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    Some(format!("{:02}:00", hour % 12 + later))
}

/// `2027-6-30`
fn short_date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_short = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (parts.next().is_none() && is_year && is_short(month) && is_short(day))
        .then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// Date, time and zone.
fn split_instant(text: &str) -> Option<(&str, &str, &str)> {
    if !text.is_ascii() || text.len() < "0000-00-00T00:00Z".len() {
        return None;
    }
    let (date, rest) = text.split_at(10);
    let rest = rest.strip_prefix('T').filter(|_| has_shape(date, "0000-00-00"))?;
    let (time, zone) = rest.split_at(rest.find(['Z', '+', '-'])?);
    let is_time = has_shape(time, "00:00") || has_shape(time, "00:00:00");
    let is_zone = zone == "Z" || has_shape(zone, "+00:00") || has_shape(zone, "-00:00");
    (is_time && is_zone).then_some((date, time, zone))
}

/// A digit for each `0` of the shape, and its other signs as they are.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            sign => byte == sign,
        })
}

/// The number at a place of a text of a known shape; 0 where the shape leaves it out.
fn field<N: std::str::FromStr + Default>(text: &str, at: std::ops::Range<usize>) -> N {
    text.get(at).and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
