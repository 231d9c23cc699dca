//! Instants as text: `2027-06-30` (in UTC), `2027-06-30T09:00Z` and `2027-06-30T10:00+01:00`, read, and written in UTC. Knows no clock and no time zone.
//!
//! Day numbers follow Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.

use crate::value::Instant;

const SECONDS_PER_DAY: i64 = 86_400;

/// The first instant of a day of the Gregorian calendar in UTC; none for a day that does not exist or a year outside
/// 1..=9999.
pub fn from_date(year: i64, month: i64, day: i64) -> Option<Instant> {
    if !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
    {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(Instant((era * 146_097 + day_of_era - 719_468) * SECONDS_PER_DAY))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads `2027-06-30`, `2027-06-30T09:00Z`, `2027-06-30T09:00:30Z` or `2027-06-30T10:00+01:00`.
pub fn read(text: &str) -> Option<Instant> {
    let (date, time, ahead) = match text.split_once('T') {
        None => (text, None, 0),
        Some((date, time)) => match time.strip_suffix('Z') {
            Some(time) => (date, Some(time), 0),
            None => {
                let (time, offset) = time.split_at_checked(time.len().checked_sub("+00:00".len())?)?;
                (date, Some(time), ahead(offset)?)
            }
        },
    };
    let (year, month, day) = three(date, '-', [4, 2, 2])?;
    let midnight = from_date(year, month, day)?;
    let Some(time) = time else { return Some(midnight) };
    // Parts of a second are cut off.
    let time = match time.split_once('.') {
        Some((time, parts)) if !parts.is_empty() && parts.bytes().all(|byte| byte.is_ascii_digit()) => time,
        Some(_) => return None,
        None => time,
    };
    let (hour, minute, second) = match time.len() {
        5 => three(&format!("{time}:00"), ':', [2, 2, 2])?,
        _ => three(time, ':', [2, 2, 2])?,
    };
    (hour < 24 && minute < 60 && second < 60)
        .then(|| Instant(midnight.0 + hour * 3600 + minute * 60 + second - ahead))
}

/// By how many seconds the clock of `+01:00` is ahead of UTC.
fn ahead(offset: &str) -> Option<i64> {
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hour, minute, _) = three(&format!("{}:00", offset.get(1..)?), ':', [2, 2, 2])?;
    (hour < 24 && minute < 60).then_some(sign * (hour * 3600 + minute * 60))
}

fn three(text: &str, separator: char, widths: [usize; 3]) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator).zip(widths).map(|(part, width)| {
        let is_number = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { part.parse().ok() } else { None }
    });
    let numbers = (parts.next()??, parts.next()??, parts.next()??);
    (text.matches(separator).count() == 2).then_some(numbers)
}

/// Writes `2027-06-30T09:00Z`, with seconds where they are not 0.
pub fn write(instant: Instant) -> String {
    let (year, month, day) = civil(instant.0.div_euclid(SECONDS_PER_DAY));
    let second_of_day = instant.0.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    if second == 0 || !(0..10_000).contains(&year) {
        let seconds = if second == 0 { String::new() } else { format!(":{second:02}") };
        return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}{seconds}Z");
    }
    // By hand: it is written for every request.
    let mut text = *b"0000-00-00T00:00:00Z";
    let numbers = [year / 100, year % 100, month, day, hour, minute, second];
    for (place, number) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(numbers) {
        put_two(&mut text, place, number);
    }
    str::from_utf8(&text).expect("digits and signs are ASCII").to_owned()
}

/// Two digits of a number below 100.
fn put_two(text: &mut [u8], place: usize, number: i64) {
    for (place, digit) in [(place, number / 10), (place + 1, number % 10)] {
        text[place] = b'0' + u8::try_from(digit).unwrap_or(0);
    }
}

fn civil(day_number: i64) -> (i64, i64, i64) {
    let shifted = day_number + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_from_1600_to_2400_is_written_and_read_back() {
        let first = from_date(1600, 1, 1).expect("a day").0;
        let last = from_date(2400, 12, 31).expect("a day").0;
        let mut at = first;
        while at <= last {
            assert_eq!(read(&write(Instant(at))), Some(Instant(at)));
            at += SECONDS_PER_DAY;
        }
        assert_eq!(from_date(1970, 1, 1), Some(Instant(0)));
        assert_eq!(read("2026-01-01"), Some(crate::value::DEFAULT_NOW));
    }

    #[test]
    fn times_are_written_with_seconds_where_there_are_any() {
        let day = |year| from_date(year, 6, 30).expect("a day").0;
        assert_eq!(write(Instant(day(2027) + 9 * 3600)), "2027-06-30T09:00Z");
        assert_eq!(write(Instant(day(2027) + 86_399)), "2027-06-30T23:59:59Z");
        assert_eq!(write(Instant(day(33) + 65)), "0033-06-30T00:01:05Z");
        assert_eq!(write(Instant(day(9999) + 366 * SECONDS_PER_DAY + 7)), "10000-06-30T00:00:07Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "2026", "2026-13-01", "2026-02-29", "2026-1-1", "2026-01-01T", "2026-01-01T24:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in
            ["2026-01-01T09:00", "2026-01-01T09:00+1:00", "2026-01-01-01", "+026-01-01", "2026-01-01T9:00Z"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("2026-01-01T00:00:01Z"), Some(Instant(crate::value::DEFAULT_NOW.0 + 1)));
        assert_eq!(read("2026-01-01T00:00:00.999Z"), Some(crate::value::DEFAULT_NOW));
        assert_eq!(read("2026-01-01T00:00:00.Z"), None);
        assert_eq!(read("2026-01-01T01:30+01:30"), Some(crate::value::DEFAULT_NOW));
        assert_eq!(read("2025-12-31T22:00:00-02:00"), Some(crate::value::DEFAULT_NOW));
    }
}
