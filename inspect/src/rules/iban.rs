//! International bank account numbers (ISO 13616): the country's length (SWIFT's registry) and remainder 1 by 97. In
//! electronic form, or in groups parted by single blanks or hyphens.

use super::{Tell, after, before, is_word, second};
use std::ops::ControlFlow;

const WHAT: &str = "an IBAN";

/// Country and length, by length.
const COUNTRIES: [(usize, &str); 17] = [
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (33, "RU"),
];

pub(crate) fn find(text: &str, tell: &mut Tell<'_>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 15 <= bytes.len() {
        let found = if has_start(bytes, at) && before(text, at).is_none_or(|c| !is_word(c)) {
            end(text, at)
        } else {
            None
        };
        if let Some(end) = found {
            tell(at..end, WHAT)?;
        }
        at = found.unwrap_or(at + 1);
    }
    ControlFlow::Continue(())
}

/// Two letters and two digits.
fn has_start(bytes: &[u8], at: usize) -> bool {
    bytes[at..at + 2].iter().all(u8::is_ascii_alphabetic)
        && bytes[at + 2..at + 4].iter().all(u8::is_ascii_digit)
}

fn end(text: &str, start: usize) -> Option<usize> {
    let country = text[start..start + 2].to_ascii_uppercase();
    let (length, _) =
        COUNTRIES.iter().find(|(_, countries)| countries.split(' ').any(|one| one == country))?;
    let bytes = text.as_bytes();
    let mut number = String::with_capacity(*length);
    let mut separator = None;
    let mut at = start;
    while number.len() < *length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            number.push(char::from(byte.to_ascii_uppercase()));
        } else if (byte == b' ' || byte == b'-')
            && separator.is_none_or(|known| known == byte)
            && at > start
            && bytes[at - 1].is_ascii_alphanumeric()
        {
            separator = Some(byte);
        } else {
            return None;
        }
        at += 1;
    }
    let is_followed = match after(text, at) {
        Some('-') => second(text, at).is_some_and(is_word),
        Some(c) => is_word(c),
        None => false,
    };
    (!is_followed && remainder(&number) == 1).then_some(at)
}

/// By 97 (ISO 7064), the first four characters moved to the end and letters read as 10 to 35.
fn remainder(number: &str) -> u32 {
    let (start, account) = number.split_at(4);
    account.chars().chain(start.chars()).filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        let shifted = if digit < 10 { sum * 10 } else { sum * 100 };
        (shifted + digit) % 97
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::found;

    #[test]
    fn accounts_are_found_in_both_forms() {
        let text = "IBAN DE89 3704 0044 0532 0130 00, gb29nwbk60161331926819; BE71-0961-2345-6769";
        let wanted = ["DE89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "BE71-0961-2345-6769"];
        assert_eq!(found(text, find), wanted);
    }

    #[test]
    fn wrong_digits_lengths_and_words_are_not() {
        for text in [
            "DE88 3704 0044 0532 0130 00",
            "DE89 3704 0044 0532 0130 0",
            "DE8937040044053201300012",
            "XX89 3704 0044 0532 0130 00",
            "AB12 is the first of many words here",
        ] {
            assert!(found(text, find).is_empty(), "{text}");
        }
    }
}
