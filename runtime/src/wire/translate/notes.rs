//! What could not be carried: left out, or the reason why the whole cannot be.

use super::rules::{Fate, Place};
use super::{Dialect, rules};

/// A name that somebody else wrote is cut to so many characters.
const SHOWN_CHARACTERS: usize = 64;

/// Other names than this are not listed: a hostile body has as many members as it likes.
const LISTED: usize = 100;

const UNKNOWN: &str = "nobody knows this kind";

/// What was left out and what stands in the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) dropped: Vec<String>,
    pub(super) refused: Vec<String>,
}

impl Notes {
    /// Notes that a member was left out.
    pub(super) fn drop(&mut self, name: &str) {
        add(&mut self.dropped, name.chars().take(SHOWN_CHARACTERS).collect());
    }

    /// Notes that a member cannot be left out.
    pub(super) fn refuse(&mut self, name: &str, why: &str) {
        let shown: String = name.chars().take(SHOWN_CHARACTERS).collect();
        add(&mut self.refused, format!("`{shown}`: {why}"));
    }

    /// Whether a kind of part or tool is to be carried; where it is not, that is noted.
    pub(super) fn carries(&mut self, from: Dialect, place: Place, path: &str, kind: &str) -> bool {
        let name = if kind.is_empty() { path.to_owned() } else { format!("{path}.{kind}") };
        let fate = rules::find(from, place, kind).map(|rule| rule.fate);
        match fate {
            Some(Fate::Carried | Fate::Rewritten(_)) => return true,
            Some(Fate::Dropped(_)) => self.drop(&name),
            Some(Fate::Refused(why)) => self.refuse(&name, why),
            None if kind.is_empty() => self.refuse(path, "one of them has no `type`"),
            None if is_name(kind) => self.refuse(&name, UNKNOWN),
            // Any text of the caller's, and the reason is kept.
            None => self.refuse(path, UNKNOWN),
        }
        false
    }
}

/// Whether that looks like the name of a kind: `web_search_20250305`.
fn is_name(kind: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    kind.len() <= SHOWN_CHARACTERS && kind.bytes().all(is_part)
}

fn add(list: &mut Vec<String>, note: String) {
    if list.len() < LISTED && !list.contains(&note) {
        list.push(note);
    }
}
