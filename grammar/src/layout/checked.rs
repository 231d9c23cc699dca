//! A layout with the proof that it is one: what must be seen before a file is written.

use super::{kept, layout};
use crate::{Layer, Parse, judge, parse};
use std::fmt;

/// Why there is no layout that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not to be trusted, as this sentence says: a mistake of ours, never of the text.
    Untrusted(String),
    /// It is longer than a file may be.
    TooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Untrusted(message) => formatter.write_str(message),
            Fault::TooLong => {
                write!(formatter, "it would be longer than {} MiB", crate::FILE_LIMIT_BYTES / (1024 * 1024))
            }
        }
    }
}

impl std::error::Error for Fault {}

/// The layout of a text, having seen that it keeps all tokens and comments, that grammar and parser agree about both, that
/// it brings no mistake in, and that it is the layout of itself.
///
/// # Errors
///
/// Where one of these does not hold.
pub fn checked(parsed: &Parse) -> Result<String, Fault> {
    let laid_out = layout(parsed);
    check(parsed, &laid_out)?;
    Ok(laid_out)
}

/// The same as a text that was read, without asking the grammar: of what somebody looks at and can take back, as in an editor. What
/// the grammar says of two long texts takes ten times as long as all else.
///
/// # Errors
///
/// As for [`checked`].
pub fn checked_by_parser(parsed: &Parse) -> Result<Parse, Fault> {
    let laid_out = layout(parsed);
    if laid_out == parsed.syntax().text() {
        // Of a text that stays as it is, there is nothing to prove.
        return Ok(parsed.clone());
    }
    check_by_parser(parsed, &laid_out)
}

/// Whether a text is a layout of another.
pub(super) fn check(before: &Parse, laid_out: &str) -> Result<(), Fault> {
    let after = check_by_parser(before, laid_out)?;
    let agree = |of: &str, text: &str, parsed: &Parse| {
        judge::agree(text, parsed).map_err(|why| Fault::Untrusted(format!("of the {of}, {why}")))
    };
    agree("text", before.syntax().text(), before)?;
    agree("layout", laid_out, &after)
}

/// Whether it is one as the parser reads both; the layout as it was read.
fn check_by_parser(before: &Parse, laid_out: &str) -> Result<Parse, Fault> {
    if laid_out.len() > crate::FILE_LIMIT_BYTES && before.syntax().text().len() <= crate::FILE_LIMIT_BYTES {
        return Err(Fault::TooLong);
    }
    let fault = |message: String| Err(Fault::Untrusted(message));
    let after = parse(laid_out);
    if let Err(loss) = kept(before, &after) {
        return fault(loss.to_string());
    }
    let mistake = after.errors().iter().find(|error| error.layer == Layer::Form);
    match mistake {
        Some(mistake) if before.errors().iter().all(|error| error.layer != Layer::Form) => {
            fault(format!("the layout has a mistake that the text has not: {}", mistake.message))
        }
        _ if layout(&after) != laid_out => fault("the layout has another layout than itself".to_owned()),
        _ => Ok(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a broken layout would be answered with.
    fn fault(text: &str, laid_out: &str) -> String {
        check(&parse(text), laid_out).map_or_else(|fault| fault.to_string(), |()| String::new())
    }

    #[test]
    fn a_layout_that_changes_something_is_a_fault() {
        let text = "edition 2026\n// why\ndeny x when a is b  because \"c\"\nalias y\n";
        assert_eq!(fault(text, text), "");
        let cases = [
            ("// why\n", "", "comment 1"),
            ("// why", "// who", "comment 1"),
            ("alias y\n", "alias y\n\n\n\n", "another layout"),
            ("alias y\n", "", "item 3"),
            ("alias y\n", "alias z\n", "item 3"),
            ("a is b", "b is a", "item 2"),
            ("a is b", "a is not b", "item 2"),
            ("is b", "isb", "item 2"),
            ("deny x", "denyx", "item 2"),
        ];
        for (find, replace, expected) in cases {
            let message = fault(text, &text.replace(find, replace));
            assert!(
                message.starts_with(expected) || message.contains(expected),
                "{find} {replace}: {message}"
            );
        }
        let two = "edition 2026\n// one\nalias a\n// two\nalias b\n";
        let moved = "edition 2026\n// two\nalias a\n// one\nalias b\n";
        assert!(fault(two, moved).starts_with("comment 1"));
    }

    #[test]
    fn clauses_change_places_and_nothing_else() {
        let text = "edition 2026\ndeny x because \"c\" when a is b\n";
        assert_eq!(checked(&parse(text)), Ok("edition 2026\ndeny x when a is b  because \"c\"\n".to_owned()));
        assert!(fault(text, "edition 2026\ndeny x when c  because \"a is b\"\n").starts_with("item 2"));
    }
}
