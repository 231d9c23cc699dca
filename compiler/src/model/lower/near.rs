//! Texts that are compared with one attribute and differ by a slip of the pen.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::Span;
use std::collections::BTreeSet;

/// A text that a condition compares with an attribute, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Compared {
    pub(super) attribute: String,
    pub(super) text: String,
    pub(super) at: Span,
}

/// In shorter words one letter is a difference that means something: `eu-1`, `dev`, `prod`.
const SHORTEST: usize = 5;

/// A longer text, in bytes, is no name that somebody types.
const LONGEST: usize = 64;

/// Pairs that differ so, each once, at the later of the two.
pub(super) fn near_duplicates<'c>(compared: impl Iterator<Item = &'c Compared>) -> Vec<Diagnostic> {
    let mut compared: Vec<&Compared> = compared.collect();
    compared.retain(|one| one.text.len() <= LONGEST);
    compared.sort();
    // The first place of each text.
    compared.dedup_by(|later, first| later.attribute == first.attribute && later.text == first.text);
    let mut found = Vec::new();
    for texts in compared.chunk_by(|a, b| a.attribute == b.attribute) {
        for (a, b) in near_pairs(texts) {
            let (earlier, later) = if texts[a].at <= texts[b].at { (a, b) } else { (b, a) };
            found.push(tell(texts[earlier], texts[later]));
        }
    }
    found
}

fn tell(earlier: &Compared, later: &Compared) -> Diagnostic {
    let (attribute, other) = (&later.attribute, &earlier.text);
    let message =
        format!("`{attribute}` is compared with {:?} here and with {other:?} elsewhere", later.text);
    Diagnostic::new(Code::R0314, message, later.at, "a slip of the pen away")
        .with_label(earlier.at, format!("{other:?} here"))
        .with_help(format!(
            "write {other:?}, or the other way round; `// allow R0314: reason` where both exist"
        ))
        .with_fix(format!("write {other:?}"), later.at, format!("{other:?}"), Applicability::Maybe)
}

/// The positions of texts that are near each other. Two texts of distance one share what is left when one letter is left
/// out, so that nobody has to compare all with all.
fn near_pairs(texts: &[&Compared]) -> BTreeSet<(usize, usize)> {
    let mut rests: Vec<(u64, usize)> = Vec::new();
    for (index, one) in texts.iter().enumerate() {
        rests.extend(hashes(&one.text).map(|hash| (hash, index)));
    }
    keep_repeated(&mut rests);
    rests.sort_unstable();
    rests.dedup();
    let mut pairs = BTreeSet::new();
    for group in rests.chunk_by(|a, b| a.0 == b.0) {
        // A group as large as this is a numbered series, no slip.
        if group.len() > 8 {
            continue;
        }
        for (position, (_, a)) in group.iter().enumerate() {
            for (_, b) in &group[position + 1..] {
                if a != b && is_near(&texts[*a].text, &texts[*b].text) {
                    pairs.insert((*a.min(b), *a.max(b)));
                }
            }
        }
    }
    pairs
}

/// A text as a number, and what is left of it when one letter is left out. Others may have the same numbers.
fn hashes(text: &str) -> impl Iterator<Item = u64> {
    /// Odd, and of no pattern.
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    let letters: Vec<u64> = plain(text).map(|letter| u64::from(u32::from(letter))).collect();
    // Of the first letters: none, one, two.
    let mut before = vec![0_u64];
    for letter in &letters {
        let last = before.last().copied().unwrap_or_default();
        before.push(last.wrapping_mul(BASE).wrapping_add(letter + 1));
    }
    let whole = before.last().copied().unwrap_or_default();
    let gaps = if text.chars().count() >= SHORTEST { letters.len() } else { 0 };
    // Of the letters behind the gap, and what those before it are multiplied with; from the end.
    let mut behind = (0_u64, 1_u64);
    let rests = (0..gaps).rev().map(move |gap| {
        let (sum, power) = behind;
        behind = ((letters[gap] + 1).wrapping_mul(power).wrapping_add(sum), power.wrapping_mul(BASE));
        before[gap].wrapping_mul(power).wrapping_add(sum)
    });
    std::iter::once(whole).chain(rests)
}

/// Takes out most of the numbers that stand there once, which is nearly all of them: what is left is sorted.
fn keep_repeated(rests: &mut Vec<(u64, usize)>) {
    let places = (rests.len() * 8).next_power_of_two();
    let place = |hash: u64| (hash.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32) as usize & (places - 1);
    // How often a place is met: not at all, once, more often.
    let mut met = vec![0_u8; places];
    for (hash, _) in rests.iter() {
        let count = &mut met[place(*hash)];
        *count = count.saturating_add(1);
    }
    rests.retain(|(hash, _)| met[place(*hash)] > 1);
}

/// Without case, hyphens, underscores and blanks.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase)
}

fn is_near(a: &str, b: &str) -> bool {
    if plain(a).eq(plain(b)) {
        return true;
    }
    // The words in which they differ.
    let is_between = |c: char| !c.is_alphanumeric();
    let (a_words, b_words): (Vec<&str>, Vec<&str>) =
        (a.split(is_between).collect(), b.split(is_between).collect());
    if a_words.len() != b_words.len() {
        return false;
    }
    let differing: Vec<(&str, &str)> = a_words.into_iter().zip(b_words).filter(|(a, b)| a != b).collect();
    let [(a, b)] = differing.as_slice() else { return false };
    let has_digit = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    let shortest = a.chars().count().min(b.chars().count());
    shortest + 1 > SHORTEST && !has_digit(a) && !has_digit(b) && strsim::damerau_levenshtein(a, b) == 1
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn slips_are_near_and_names_that_differ_on_purpose_are_not() {
        for (a, b) in [
            ("review-bot", "review_bot"),
            ("Interns", "interns"),
            ("interns", "intern"),
            ("billling", "billing"),
        ] {
            assert!(is_near(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("gpt-4", "gpt-5"),
            ("team-a", "team-b"),
            ("eu-west", "us-west"),
            ("app-10", "app-11"),
            ("prod", "prob"),
            ("ide", "ideas"),
        ] {
            assert!(!is_near(a, b), "{a} {b}");
        }
    }
}
