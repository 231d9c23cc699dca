//! US social security numbers: three, two and four digits, parted by hyphens or by blanks. Areas 000, 666 and 900 to 999,
//! group 00 and serial 0000 were never issued (SSA, POMS RM 10201.035).

use super::{Tell, after, before, is_word, second};
use std::ops::ControlFlow;

const WHAT: &str = "a US social security number";
const LENGTH: usize = "000-00-0000".len();

/// Printed in advertisements, and void for it.
const VOID: [&str; 2] = ["078-05-1120", "219-09-9999"];

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        let is_found = is_number(&bytes[at..at + LENGTH]) && is_apart(text, at, at + LENGTH);
        if is_found {
            tell(at..at + LENGTH, WHAT)?;
        }
        at += if is_found { LENGTH } else { 1 };
    }
    ControlFlow::Continue(())
}

fn is_number(bytes: &[u8]) -> bool {
    let separator = bytes[3];
    let has_shape = (separator == b'-' || separator == b' ')
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            3 | 6 => *byte == separator,
            _ => byte.is_ascii_digit(),
        });
    has_shape
        && !matches!(&bytes[..3], b"000" | b"666")
        && bytes[0] != b'9'
        && &bytes[4..6] != b"00"
        && &bytes[7..] != b"0000"
        && !VOID.iter().any(|void| void.as_bytes() == bytes)
}

fn is_apart(text: &str, start: usize, end: usize) -> bool {
    let may_start = before(text, start).is_none_or(|c| !is_word(c) && !matches!(c, '-' | '.' | '+' | '/'))
        // `020 7123 12 1234`: a longer number in groups.
        && !(text[..start].ends_with(' ') && before(text, start - 1).is_some_and(|c| c.is_ascii_digit()) && text.as_bytes()[start + 3] == b' ');
    let may_end = match after(text, end) {
        None => true,
        Some('-' | '.' | '/' | ' ') if second(text, end).is_some_and(|c| c.is_ascii_digit()) => {
            after(text, end) == Some(' ') && text.as_bytes()[end - 5] == b'-'
        }
        Some(c) => !is_word(c),
    };
    may_start && may_end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn issued_numbers_are_found() {
        assert_eq!(found("SSN: 536-90-4399.", find), ["536-90-4399"]);
        assert_eq!(found("536 90 4399 and 001-01-0001", find), ["536 90 4399", "001-01-0001"]);
    }

    #[test]
    fn numbers_never_issued_and_parts_are_not() {
        for text in [
            "000-12-3456",
            "666-12-3456",
            "900-12-3456",
            "536-00-4399",
            "536-90-0000",
            "078-05-1120",
            "PN-536-90-4399",
            "536-90-4399-01",
            "536-90 4399",
            "536904399",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }
}
