//! Card numbers: the prefix of a network, a length that it issues, and the check digit of Luhn (ISO/IEC 7812). Digits may
//! stand in groups, parted by blanks or by hyphens.

use super::{Tell, after, before, is_word, second};
use std::ops::ControlFlow;

const WHAT: &str = "a card number";

/// ISO/IEC 7812 allows no more digits.
const MOST_DIGITS: usize = 19;

/// In a number that is written in groups: `5` alone is no group of a card.
const SHORTEST_GROUP: usize = 3;

/// First and last prefix of as many digits, shortest and longest number.
const NETWORKS: [(&str, &str, usize, usize); 25] = [
    ("4", "4", 16, 16),
    ("4", "4", 13, 13),
    ("4", "4", 19, 19),
    ("51", "55", 16, 16),
    ("2221", "2720", 16, 16),
    ("34", "34", 15, 15),
    ("37", "37", 15, 15),
    ("6011", "6011", 16, 19),
    ("644", "649", 16, 19),
    ("65", "65", 16, 19),
    ("300", "305", 14, 14),
    ("3095", "3095", 14, 14),
    ("36", "36", 14, 14),
    ("38", "39", 14, 14),
    ("35", "35", 16, 19),
    ("2131", "2131", 15, 15),
    ("1800", "1800", 15, 15),
    ("62", "62", 16, 19),
    ("50", "50", 12, 19),
    ("56", "58", 12, 19),
    ("6304", "6304", 12, 19),
    ("0604", "0604", 12, 12),
    ("6759", "6759", 12, 19),
    ("6761", "6763", 12, 19),
    ("2200", "2204", 16, 19),
];

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let found = if may_start(text, at) { card_end(text, at) } else { None };
        if let Some(end) = found {
            tell(at..end, WHAT)?;
        }
        at = found.unwrap_or_else(|| digits_end(bytes, at));
    }
    ControlFlow::Continue(())
}

fn may_start(text: &str, at: usize) -> bool {
    match before(text, at) {
        None => true,
        Some('.' | ',') => before(text, at - 1).is_none_or(|c| !c.is_ascii_digit()),
        Some('-') => before(text, at - 1).is_none_or(|c| !is_word(c)),
        Some(c) => !is_word(c),
    }
}

fn may_end(text: &str, at: usize) -> bool {
    match after(text, at) {
        None => true,
        Some('.' | ',') => second(text, at).is_none_or(|c| !c.is_ascii_digit()),
        Some('-') => second(text, at).is_none_or(|c| !is_word(c)),
        Some(c) => !is_word(c),
    }
}

fn digits_end(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The end of the longest card number that starts here.
fn card_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut digits = Vec::new();
    let mut longest = None;
    let mut separator = None;
    let mut at = start;
    loop {
        let group = bytes[at..].iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
        if digits.len() + group > MOST_DIGITS || (group < SHORTEST_GROUP) {
            return longest;
        }
        digits.extend(bytes[at..at + group].iter().map(|byte| byte - b'0'));
        at += group;
        if is_card(&digits) && may_end(text, at) {
            longest = Some(at);
        }
        let next = bytes.get(at).copied();
        let is_joined = matches!(next, Some(b' ' | b'-'))
            && (separator.is_none() || separator == next)
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !is_joined {
            return longest;
        }
        separator = next;
        at += 1;
    }
}

fn is_card(digits: &[u8]) -> bool {
    let is_issued = NETWORKS.iter().any(|(first, last, shortest, longest)| {
        (*shortest..=*longest).contains(&digits.len()) && {
            let prefix = &digits[..first.len()];
            prefix.iter().map(|digit| digit + b'0').cmp(first.bytes()).is_ge()
                && prefix.iter().map(|digit| digit + b'0').cmp(last.bytes()).is_le()
        }
    });
    is_issued && luhn(digits)
}

/// Every second digit from the right counts twice, its digits added up; the sum ends in 0.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn cards_are_found_with_blanks_and_hyphens() {
        let text = "4111 1111 1111 1111, 5500-0000-0000-0004; 378282246310005.";
        assert_eq!(found(text, find), ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"]);
        assert_eq!(found("card 4111111111111111 123", find), ["4111111111111111"]);
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "4111 1111 1111 1112",
            "0.4111111111111111",
            "ab4111111111111111",
            "9111111111111111",
            "12-4111111111111111",
            "41111111111111111111111111111111",
            "4111 1111-1111 1111",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }

    #[test]
    fn digits_without_end_are_linear() {
        for text in ["4", "4 ", "411 ", "411-", "4111111111111112 "] {
            assert!(found(&text.repeat(40_000), find).is_empty(), "{text}");
        }
    }
}
