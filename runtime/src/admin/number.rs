//! Numbers, moments and spans of time as people read them, always with the same width per unit.

use wayleave_program::instant;
use wayleave_program::value::Instant;

/// `12,345`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `842 ms`, `1.24 s`, `3 min 20 s`
pub(super) fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
        _ => format!("{} min {} s", grouped(ms / 60_000), ms % 60_000 / 1_000),
    }
}

/// `5 s` where it is whole seconds, else as it was taken: a limit somebody wrote.
pub(super) fn limit(ms: u64) -> String {
    if ms >= 1_000 && ms.is_multiple_of(1_000) {
        format!("{} s", grouped(ms / 1_000))
    } else {
        format!("{} ms", grouped(ms))
    }
}

/// A moment in UTC.
pub(super) struct Moment {
    /// `2027-06-30`
    pub(super) date: String,
    /// `09:00:30`
    pub(super) time: String,
    /// As a machine reads it.
    pub(super) iso: String,
}

/// A wall clock's milliseconds since 1970.
pub(super) fn moment(at_ms: i64) -> Moment {
    let seconds = at_ms.div_euclid(1_000);
    let text = instant::write(Instant(seconds));
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    let minutes = clock.get(..5).unwrap_or_default();
    let time = format!("{minutes}:{:02}", seconds.rem_euclid(60));
    let iso = format!("{date}T{time}.{:03}Z", at_ms.rem_euclid(1_000));
    Moment { date: date.to_owned(), time, iso }
}

/// So many of something, the plural made with an `s`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(u64::try_from(number).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_read_well() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [span(0), span(999), span(1_009), span(200_000)],
            ["0 ms", "999 ms", "1.00 s", "3 min 20 s"]
        );
        assert_eq!(moment(1_767_225_600_007).iso, "2026-01-01T00:00:00.007Z");
        assert_eq!(moment(1_767_225_661_000).time, "00:01:01");
        assert_eq!([count(1, "record"), count(2, "record")], ["1 record", "2 records"]);
        assert_eq!([limit(5_000), limit(1_500), limit(0)], ["5 s", "1,500 ms", "0 ms"]);
        // No clock, however wrong, breaks a page.
        for at_ms in [i64::MIN, -1, i64::MAX] {
            let _ = moment(at_ms);
        }
    }
}
