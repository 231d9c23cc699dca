//! An estimate of input tokens that is meant as an upper bound, without a tokenizer.
//!
//! Tokenizers differ, so the estimate is generous where they do: a word costs a token for each three letters (English
//! prose averages above four), a letter beyond the fifteenth of a run one each (base64 and keys split badly), a digit
//! one, a punctuation mark one, a character of two bytes one, of three bytes (CJK and others) two, of four bytes four;
//! a single blank before a word nothing. It is no proof: a text that is made to split badly can exceed it, and then the
//! provider's own limit answers.

use super::eights;

/// What a message costs beside its text: role and separators.
pub const PER_MESSAGE: u64 = 8;

/// What an image costs, whatever its size: above the highest detail of the common chat models.
pub const PER_IMAGE: u64 = 2_000;

/// Of a recording's base64 text, the bytes that share a token: a tenth of a second at 8 kbit/s, the lowest bit rate in
/// use, and providers count some ten tokens a second.
const AUDIO_BYTES_PER_TOKEN: u64 = 100;

/// Of a file's base64 text, the bytes that share a token: as many as letters of a word.
const FILE_BYTES_PER_TOKEN: u64 = 3;

/// Letters of a word that share a token.
const LETTERS_PER_TOKEN: usize = 3;

/// From here on a run of letters is no word.
const WORD_LETTERS: usize = 15;

/// Of a string as it is written in JSON, without its quotes. Linear, one pass.
pub fn of_text(raw: &str) -> u64 {
    of_text_and_words(raw).0
}

/// The same, and the letters of ASCII behind a blank.
pub(super) fn of_text_and_words(raw: &str) -> (u64, u64) {
    let bytes = raw.as_bytes();
    let (mut tokens, mut words) = (0, 0);
    let mut blanks: u32 = 0;
    let mut at = 0;
    // Where a piece is not as most are, the next one is looked at behind it.
    let mut next = 0;
    while let Some(&byte) = bytes.get(at) {
        if at >= next
            && let Some(piece) = bytes[at..].first_chunk()
        {
            if let Some((cost, begun, length)) = prose(piece, blanks > 0) {
                (tokens, words) = (tokens + cost, words + begun);
                at += length;
                blanks = u32::from(bytes[at - 1] == b' ');
                continue;
            }
            next = at + piece.len();
        }
        if byte.is_ascii_alphabetic() {
            let letters = letters(&bytes[at..]);
            let word = letters.min(WORD_LETTERS);
            tokens += (word.div_ceil(LETTERS_PER_TOKEN) + letters - word) as u64;
            words += u64::from(blanks > 0);
            at += letters;
            // What stands behind most words.
            let is_before_blank = bytes.get(at) == Some(&b' ');
            blanks = u32::from(is_before_blank);
            at += usize::from(is_before_blank);
            continue;
        }
        if byte == b' ' {
            // One blank belongs to the word that follows; each four more cost one.
            blanks += 1;
            tokens += u64::from(blanks % 4 == 2);
            at += 1;
            continue;
        }
        blanks = 0;
        let (cost, length) = match byte {
            b'\\' if bytes.get(at + 1) == Some(&b'u') => (2, 6),
            b'\\' => (1, 2),
            0..0x80 => (1, 1),
            0x80..0xE0 => (1, 2),
            0xE0..0xF0 => (2, 3),
            _ => (4, 4),
        };
        tokens += cost;
        at += length;
    }
    (tokens, words)
}

/// Of a piece, up to the end of its last whole word, the tokens, the words behind a blank and the bytes; no word goes on where it
/// begins. None where it is not of words, single blanks and marks of ASCII.
fn prose(piece: &[u8; 64], is_behind_blank: bool) -> Option<(u64, u64, usize)> {
    let letters = eights::bits_of(piece, |byte| byte.is_ascii_alphabetic());
    let blanks = eights::bits_of(piece, |byte| byte == b' ');
    let behind_blanks = blanks << 1 | u64::from(is_behind_blank);
    // All are looked at, as that is many at a time.
    let is_odd = piece.iter().fold(false, |is_odd, byte| is_odd | (*byte == b'\\') | (*byte >= 0x80));
    if is_odd || blanks & behind_blanks != 0 {
        return None;
    }
    let length = u64::BITS - (!letters).leading_zeros();
    let taken = u64::MAX.checked_shr(u64::BITS - length)?;
    let letters = letters & taken;
    // The first letter of each word, and each third behind it.
    let are_three = letters & letters << 1 & letters << 2;
    let mut third = letters & !(letters << 1);
    let mut costs = third | taken & !letters & !blanks;
    for _ in 1..WORD_LETTERS / LETTERS_PER_TOKEN {
        third = third << LETTERS_PER_TOKEN & are_three;
        costs |= third;
    }
    let has_long_word = third << LETTERS_PER_TOKEN & are_three != 0;
    let words = (letters & behind_blanks).count_ones();
    (!has_long_word).then(|| (u64::from(costs.count_ones()), u64::from(words), length as usize))
}

/// How many letters of ASCII a text begins with; eight bytes at a time.
fn letters(bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(eight) = bytes[count..].first_chunk() {
        let letters = eights::letters_of(u64::from_le_bytes(*eight));
        if letters != eights::ALL {
            return count + (letters ^ eights::ALL).trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count + bytes[count..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
}

/// Of a recording, by the length of its base64 text.
pub fn of_audio(base64_bytes: usize) -> u64 {
    base64_bytes as u64 / AUDIO_BYTES_PER_TOKEN + 1
}

/// Of a file that stands in the body, by the length of its base64 text.
pub fn of_file(base64_bytes: usize) -> u64 {
    base64_bytes as u64 / FILE_BYTES_PER_TOKEN + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_costs_at_least_what_a_tokenizer_with_that_word_needs() {
        // Nine common words and a full stop: no tokenizer with a vocabulary of words needs more than ten.
        assert_eq!(of_text("The quick brown fox jumps over the lazy dog."), 15);
        assert_eq!(of_text(r"a\nb"), 3);
    }

    #[test]
    fn a_word_is_as_long_as_it_has_letters() {
        for length in 0..40 {
            assert_eq!(letters("x".repeat(length).as_bytes()), length);
            assert_eq!(letters(format!("{}1abc", "x".repeat(length)).as_bytes()), length);
        }
    }

    /// The same, a byte after the other.
    fn by_bytes(raw: &str) -> u64 {
        let (bytes, mut tokens, mut letters, mut blanks, mut at) = (raw.as_bytes(), 0, 0_usize, 0_u32, 0);
        while let Some(&byte) = bytes.get(at) {
            let (cost, length) = match byte {
                _ if byte.is_ascii_alphabetic() => {
                    (u64::from(letters % LETTERS_PER_TOKEN == 0 || letters >= WORD_LETTERS), 1)
                }
                b' ' => (u64::from((blanks + 1) % 4 == 2), 1),
                b'\\' if bytes.get(at + 1) == Some(&b'u') => (2, 6),
                b'\\' | 0x80..0xE0 => (1, 2),
                0..0x80 => (1, 1),
                0xE0..0xF0 => (2, 3),
                _ => (4, 4),
            };
            letters = if byte.is_ascii_alphabetic() { letters + 1 } else { 0 };
            blanks = if byte == b' ' { blanks + 1 } else { 0 };
            (tokens, at) = (tokens + cost, at + length);
        }
        tokens
    }

    #[test]
    fn words_are_told_as_their_bytes_are() {
        const ODD: [&str; 12] =
            [" ", "  ", "a", "word", "é", "你", "😀", "\\n", "\\u4f60", "7", "-", "incomprehensibilities"];
        const PLAIN: [&str; 8] = ["the ", "a", "tide", " ", "explains ", "7, ", "incompatibility ", "- "];
        // A linear congruence is chance enough.
        let mut seed = 1_u64;
        let mut chance = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for often in [1, 2, 10, 50, 200] {
            for _ in 0..1_000 {
                let mut text = String::new();
                for _ in 0..60 {
                    text.push_str(if chance(often) == 0 { ODD[chance(12)] } else { PLAIN[chance(8)] });
                }
                let is_begun = |two: &&[u8]| two[0] == b' ' && two[1].is_ascii_alphabetic();
                let words = text.as_bytes().windows(2).filter(is_begun).count() as u64;
                assert_eq!(of_text_and_words(&text), (by_bytes(&text), words), "{text:?}");
            }
        }
    }

    #[test]
    fn characters_cost_by_their_width() {
        assert_eq!(of_text(""), 0);
        assert_eq!(of_text("a b c"), 3);
        assert_eq!(of_text("12345"), 5);
        assert_eq!(of_text("é"), 1);
        assert_eq!(of_text("你好"), 4);
        assert_eq!(of_text(r"\u4f60\u597d"), 4);
        assert_eq!(of_text("😀"), 4);
        assert_eq!(of_text(&"x".repeat(115)), 105);
    }
}
