//! How values are spelt, wherever they stand, and how each is set. Durations and sizes are those of the language.

use super::table::Kind;
use super::{Origin, Problem, Said, Setting, Told};
use crate::{args, duration};
use std::path::PathBuf;
use std::time::Duration;

/// Units of sizes, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// No phase of a request may take longer; what was meant is another unit.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Sets a setting to what is said.
pub(super) fn set(setting: &Setting, said: &Said, told: &mut Told) -> Result<(), Problem> {
    let text = said.text.as_str();
    let wrong = |what: String, mend: String| Problem { origin: said.origin.clone(), what, mend };
    match setting.kind {
        Kind::Address(set) => {
            let address = args::address(text);
            let mend = "write an address and a port, such as 127.0.0.1:4180";
            set(told, address.map_err(|_| wrong(format!("`{text}` is not an address"), mend.to_owned()))?);
        }
        Kind::Switch(set) => set(
            told,
            match text {
                "true" => true,
                "false" => false,
                _ => {
                    return Err(wrong(
                        format!("`{text}` is neither `true` nor `false`"),
                        "write one of them".to_owned(),
                    ));
                }
            },
        ),
        Kind::Duration(set) | Kind::Wait(set) => {
            let time = duration::read(text).ok_or_else(|| {
                wrong(format!("`{text}` is not a duration"), "write it as 30s or 5min".to_owned())
            })?;
            let is_none = time.is_zero() && matches!(setting.kind, Kind::Duration(_));
            if is_none || time > LONGEST {
                let least = if is_none { "1ms" } else { "0s" };
                let mend = format!("write a duration from {least} to 24h");
                return Err(wrong(format!("`{}` cannot be {text}", setting.name), mend));
            }
            set(told, time);
        }
        Kind::Size(least, most, set) => {
            let bytes = size(text).ok_or_else(|| {
                wrong(format!("`{text}` is not a size"), "write it as 16MiB, 512KiB or 100000".to_owned())
            })?;
            let fits = (least..=most).contains(&bytes).then(|| usize::try_from(bytes).ok()).flatten();
            set(
                told,
                fits.ok_or_else(|| {
                    let mend = format!("write a size from {} to {}", write_size(least), write_size(most));
                    wrong(format!("`{}` cannot be {text}", setting.name), mend)
                })?,
            );
        }
        Kind::Count(least, most, set) => {
            let count: usize = text.parse().map_err(|_| {
                wrong(format!("`{text}` is not a count"), format!("write a number from {least} to {most}"))
            })?;
            if !(least..=most).contains(&count) {
                let mend = format!("write a number from {least} to {most}");
                return Err(wrong(format!("`{}` cannot be {text}", setting.name), mend));
            }
            set(told, count);
        }
        Kind::Path(set) => {
            if text.is_empty() {
                return Err(wrong(
                    format!("`{}` names no file", setting.name),
                    "name one, or leave it out".to_owned(),
                ));
            }
            set(told, path(text, &said.origin));
        }
    }
    Ok(())
}

/// What a file names is beside it, what a flag or a variable names is where the command runs.
pub(crate) fn path(text: &str, origin: &Origin) -> PathBuf {
    match origin {
        Origin::File { path, .. } => {
            path.parent().map_or_else(|| PathBuf::from(text), |folder| folder.join(text))
        }
        Origin::Flag(_) | Origin::Variable(_) | Origin::Default => PathBuf::from(text),
    }
}

/// `16MiB`, `512KiB`, `1000`
pub(crate) fn size(text: &str) -> Option<u64> {
    let unit = UNITS.iter().find_map(|(name, bytes)| Some((text.strip_suffix(name)?, *bytes)));
    let (digits, unit) = unit.unwrap_or((text, 1));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(unit)
}

/// In the largest unit of which it is a whole number.
pub(crate) fn write_size(bytes: u64) -> String {
    let unit = UNITS.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| bytes.to_string(), |(name, unit)| format!("{}{name}", bytes / unit))
}
