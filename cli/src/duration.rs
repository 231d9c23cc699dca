//! Durations as a policy writes them: `250ms`, `30s`, `5min`, `2h`, `7d`; read and written.

use std::time::Duration;

/// Units, the largest first, in milliseconds.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads one; none for what is not a duration.
pub(crate) fn read(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == &text[digits..])?;
    count.checked_mul(*unit).map(Duration::from_millis)
}

/// Writes one in the largest unit of which it is a whole number.
pub(crate) fn write(milliseconds: u64) -> String {
    let unit = UNITS.iter().find(|(_, unit)| milliseconds > 0 && milliseconds.is_multiple_of(*unit));
    let (name, unit) = unit.unwrap_or(&("ms", 1));
    format!("{}{name}", milliseconds / unit)
}
