//! Phone numbers with a country code (ITU-T E.164), written `+…`, or `00…` in groups: by the digits that a country's
//! numbers have. Precision over recall: a number without a country code is any number.

use super::{Tell, after, before, is_word, second};
use std::ops::ControlFlow;

const WHAT: &str = "a phone number";

/// E.164: with the country code.
const MOST_DIGITS: usize = 15;

/// Characters of a number with everything between its digits.
const LONGEST: usize = 32;

/// Digits behind the country code, least and most, and the codes of that many.
const COUNTRIES: [(usize, usize, &str); 14] = [
    (10, 10, "1 7 57 58 63 90 91 92 254 234"),
    (9, 9, "27 32 33 34 48 51 56 61 66 84 94 212 213 233 251 255 256 351 380 420 421 966 971 972 977"),
    (9, 10, "31 36 40 41 44 82 98 963 964"),
    (8, 8, "45 47 65 216 371 372 502 503 504 505 506 507 591 852 853 855 856 965 968 973 974 975 976"),
    (8, 11, "49 86 62"),
    (6, 13, "43"),
    (6, 11, "39 46 81 60 358"),
    (10, 11, "55 54"),
    (10, 10, "52 30 20 880"),
    (8, 10, "64 95 93 385 386 381 375 353 886"),
    (7, 9, "352 354 356 357 359 370 373 374 376 377 382 387 389 355 350 53"),
    (
        8,
        9,
        "220 221 222 223 224 225 226 227 228 229 230 231 232 235 236 237 238 239 240 241 242 243 244 245 246",
    ),
    (
        7,
        10,
        "248 249 250 252 253 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 211 218 350 378 423",
    ),
    (
        6,
        10,
        "500 501 508 509 590 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 960 961 962 967 970 992 993 994 995 996 998",
    ),
];

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (is_start, is_grouped) = match bytes[at] {
            b'+' => (true, false),
            b'0' if bytes.get(at + 1) == Some(&b'0') => (true, true),
            _ => (false, false),
        };
        let digits = at + if is_grouped { 2 } else { 1 };
        let found = if is_start && may_start(text, at) { end(text, digits, is_grouped) } else { None };
        if let Some(end) = found {
            tell(at..end, WHAT)?;
        }
        at = found.unwrap_or(at + 1);
    }
    ControlFlow::Continue(())
}

fn may_start(text: &str, at: usize) -> bool {
    match before(text, at) {
        None => true,
        Some('+' | '-' | '.' | ',' | '/' | '=' | '^') => {
            text.as_bytes()[at] == b'+' && !text[..at].ends_with(['+', '^'])
        }
        Some(c) => !is_word(c),
    }
}

/// The end of the longest number that starts here, behind `+` or `00`.
fn end(text: &str, start: usize, is_grouped: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut digits = String::new();
    let mut groups = 1;
    let mut longest = None;
    let mut at = start;
    while at < bytes.len() && at < start + LONGEST {
        let byte = bytes[at];
        if byte.is_ascii_digit() {
            digits.push(char::from(byte));
            at += 1;
            let ends_here = !bytes.get(at).is_some_and(u8::is_ascii_digit);
            if ends_here && is_number(&digits) && may_end(text, at) && (!is_grouped || groups > 1) {
                longest = Some(at);
            }
            if digits.len() > MOST_DIGITS {
                break;
            }
            continue;
        }
        // `(0)` is dialled only within the country.
        if text[at..].trim_start_matches([' ', '-']).starts_with("(0)") {
            at += text[at..].find(')').unwrap_or_default() + 1;
        }
        let between = bytes[at..].iter().take(3).take_while(|byte| b" -./()".contains(byte)).count();
        let follows = bytes.get(at + between);
        if between == 3 || digits.is_empty() || !follows.is_some_and(u8::is_ascii_digit) {
            break;
        }
        groups += 1;
        at += between;
    }
    longest
}

fn may_end(text: &str, at: usize) -> bool {
    match after(text, at) {
        Some('x' | 'X') => second(text, at).is_some_and(|c| c.is_ascii_digit()),
        Some('.' | ',' | ':' | '-' | '/') => true,
        Some(c) => !is_word(c) && c != '%',
        None => true,
    }
}

fn is_number(digits: &str) -> bool {
    if digits.len() > MOST_DIGITS {
        return false;
    }
    let is_varied = digits.bytes().skip(3).any(|byte| Some(&byte) != digits.as_bytes().last());
    is_varied
        && COUNTRIES.iter().any(|(least, most, codes)| {
            codes.split(' ').any(|code| {
                digits.strip_prefix(code).is_some_and(|rest| {
                    (*least..=*most).contains(&rest.len()) && (code != "1" || is_north_american(rest))
                })
            })
        })
}

/// The area begins with 2 to 9 (North American Numbering Plan).
fn is_north_american(digits: &str) -> bool {
    digits.bytes().next().is_some_and(|digit| digit >= b'2')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn numbers_with_a_country_code_are_found() {
        let text = "+49 30 901820, (+1) not; +1 (415) 555-2671. +442079460958 or 0033 1 42 68 53 00, +44 (0)20 7946 0958";
        let wanted = [
            "+49 30 901820",
            "+1 (415) 555-2671",
            "+442079460958",
            "0033 1 42 68 53 00",
            "+44 (0)20 7946 0958",
        ];
        assert_eq!(found(text, find), wanted);
        assert_eq!(found("+49 30 901820 10 people", find), ["+49 30 901820 10"]);
    }

    #[test]
    fn dates_zones_and_sums_are_not() {
        for text in [
            "2024-01-01T00:00:00+0100",
            "1+4915112345678",
            "00123456789012",
            "2024-11-25 10:00:00",
            "555-867-5309",
            "+1 000 000 0000",
            "+12345678901234567890",
            "+999 12345678",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }

    #[test]
    fn signs_without_end_are_linear() {
        for text in ["+", "+1 ", "00", "+1(", "00 "] {
            assert!(found(&text.repeat(40_000), find).len() <= 1, "{text}");
        }
    }
}
