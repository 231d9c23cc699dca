//! A text as it is meant: one form for what Unicode can write in several, and nothing that nobody sees. Linear in the text,
//! and at most [`MOST_GROWTH`] times as long. Never says where in the text something stood.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, char::decompose_compatible, is_nfkc_quick};

/// A character is left as it is where it would become longer than this many times its bytes: a few signs that stand for
/// whole phrases of Arabic or Japanese, up to eleven times, and no letter or digit that a detector looks for.
const MOST_GROWTH: usize = 4;

/// Characters that nobody sees (Unicode's default ignorables, and NUL), first and last.
const HIDDEN: [(char, char); 18] = [
    ('\0', '\0'),
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFF8}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// The zeros of the scripts that have decimal digits (Unicode 17, category Nd), each followed by its nine others; those
/// that NFKC knows are left out.
const ZEROS: [u32; 67] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0,
    0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11DE0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50,
    0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950,
];

/// The text as it is meant, for one who looks for something in it: in Unicode's form NFKC (full-width letters and letters
/// with accents apart are those of everyday), without characters that nobody sees, with `-` for every dash, a blank for
/// every blank but tabs and ends of lines, and ASCII's digits for those of any script. Borrowed where that changes nothing.
pub fn plain(text: &str) -> Cow<'_, str> {
    if (text.is_ascii() && memchr::memchr(0, text.as_bytes()).is_none()) || is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut unfolded = String::with_capacity(text.len());
    for character in text.chars().filter(|c| !is_hidden(*c)) {
        let from = unfolded.len();
        decompose_compatible(character, |part| unfolded.push(everyday(part)));
        if unfolded.len() - from > MOST_GROWTH * character.len_utf8() {
            unfolded.truncate(from);
            unfolded.push(character);
        }
    }
    // Parts are composed again, and marks put in order: NFC of what NFKD has is NFKC.
    let plain: String = unfolded.nfc().collect();
    if plain == text { Cow::Borrowed(text) } else { Cow::Owned(plain) }
}

/// Surely so; what is not may be as well.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| !is_hidden(c) && everyday(c) == c)
        && is_nfkc_quick(text.chars()) == IsNormalized::Yes
}

fn is_hidden(c: char) -> bool {
    c == '\0' || (c >= '\u{AD}' && HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c)))
}

/// One dash, one blank and one set of digits for all there are.
fn everyday(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{85}' | '\u{2028}' | '\u{2029}' => c,
        _ if c.is_whitespace() => ' ',
        _ if c.is_numeric() => digit(c).unwrap_or(c),
        _ => c,
    }
}

/// The ASCII digit that this one of another script stands for.
fn digit(c: char) -> Option<char> {
    let before = ZEROS.partition_point(|zero| *zero <= u32::from(c));
    let zero = ZEROS[before.checked_sub(1)?];
    char::from_digit(u32::from(c) - zero, 10)
}

#[cfg(test)]
mod tests;
