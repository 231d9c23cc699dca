//! The header `retry-after`, RFC 9110 section 10.2.3: seconds or a date. Garbage counts as absent, the past as now.

use wayleave_program::instant;
use wayleave_program::value::Instant;

/// A longer wait is no promise that anybody could keep: a day.
const LONGEST_S: u64 = 86_400;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How many seconds from `now` it asks for.
pub(super) fn seconds(text: &str, now: Instant) -> Option<u64> {
    let text = text.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => u64::try_from(date(text)?.0.saturating_sub(now.0)).unwrap_or(0),
    };
    Some(seconds.min(LONGEST_S))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn date(text: &str) -> Option<Instant> {
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year: i64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") {
        return None;
    }
    let midnight = instant::from_date(year, i64::try_from(month).ok()? + 1, day)?;
    let is_clock = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    is_clock.then_some(Instant(midnight.0 + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fault-F6: garbage is no wait, the past is none, and years are a day.
    #[test]
    fn seconds_and_dates_are_read_and_garbage_is_not() {
        let now = instant::read("1994-11-06T08:49Z").expect("an instant");
        for (text, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("999999999999", Some(LONGEST_S)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1993 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 2094 08:49:37 GMT", Some(LONGEST_S)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
        ] {
            assert_eq!(seconds(text, now), expected, "{text}");
        }
    }
}
