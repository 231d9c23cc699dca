//! Findings in a text: detectors as pure functions. Names no other crate, does no I/O and keeps nothing between calls.
//!
//! [`Detectors`] is built once from what a policy names and shared; [`plain()`] is a text as it is meant, in which they look
//! too; [`Vault`] hides what was found and brings it back.

mod bounded;
mod detectors;
mod patterns;
mod plain;
mod rules;
mod vault;

pub use detectors::{BadPattern, Detectors, Finding, Looks};
pub use patterns::{BadRegex, Pattern, check_regex};
pub use plain::plain;
pub use rules::secret::secrets;
pub use vault::Vault;

/// A secret as it may be shown: its first four characters and how many follow.
pub fn masked(secret: &str) -> String {
    let shown: String = secret.chars().take(4).collect();
    format!("{shown}… ({} characters)", secret.chars().count())
}
