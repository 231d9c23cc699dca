//! Texts that are compared with one attribute and differ by a slip of the pen.

use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A text that a condition compares with an attribute, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Compared {
    pub(super) attribute: String,
    pub(super) at: Span,
    pub(super) text: String,
}

/// In shorter words one letter is a difference that means something: `eu-1`, `dev`, `prod`.
const SHORTEST: usize = 5;

/// A longer text, in bytes, is no name that somebody types.
const LONGEST: usize = 64;

/// Pairs that differ so, each once, at the later of the two.
pub(super) fn near_duplicates(mut compared: Vec<Compared>) -> Vec<Diagnostic> {
    compared.sort();
    let mut first_places: BTreeMap<(String, String), Span> = BTreeMap::new();
    for one in compared.into_iter().filter(|one| one.text.len() <= LONGEST) {
        first_places.entry((one.attribute, one.text)).or_insert(one.at);
    }
    let mut by_attribute: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    for ((attribute, text), at) in first_places {
        by_attribute.entry(attribute).or_default().push((text, at));
    }
    let mut found = Vec::new();
    for (attribute, texts) in by_attribute {
        for (a, b) in near_pairs(&texts) {
            let (earlier, later) = if texts[a].1 <= texts[b].1 { (a, b) } else { (b, a) };
            found.push(tell(&attribute, &texts[earlier], &texts[later]));
        }
    }
    found
}

fn tell(attribute: &str, earlier: &(String, Span), later: &(String, Span)) -> Diagnostic {
    let message =
        format!("`{attribute}` is compared with {:?} here and with {:?} elsewhere", later.0, earlier.0);
    Diagnostic::new(Code::R0314, message, later.1, "a slip of the pen away")
        .with_label(earlier.1, format!("{:?} here", earlier.0))
        .with_help(format!(
            "write {:?}, or the other way round; `// allow R0314: reason` where both exist",
            earlier.0
        ))
        .with_fix(format!("write {:?}", earlier.0), later.1, format!("{:?}", earlier.0), Applicability::Maybe)
}

/// The positions of texts that are near each other. Two texts of distance one share what is left when one letter is left
/// out, so that nobody has to compare all with all.
fn near_pairs(texts: &[(String, Span)]) -> BTreeSet<(usize, usize)> {
    let mut rests: Vec<(u64, usize)> = Vec::new();
    for (index, (text, _)) in texts.iter().enumerate() {
        let plain = plain(text);
        rests.push((hash(&plain), index));
        if text.chars().count() >= SHORTEST {
            let letters: Vec<char> = plain.chars().collect();
            for gap in 0..letters.len() {
                let rest: String =
                    letters.iter().enumerate().filter(|(at, _)| *at != gap).map(|(_, c)| c).collect();
                rests.push((hash(&rest), index));
            }
        }
    }
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
                if a != b && is_near(&texts[*a].0, &texts[*b].0) {
                    pairs.insert((*a.min(b), *a.max(b)));
                }
            }
        }
    }
    pairs
}

fn hash(text: &str) -> u64 {
    // Its keys are fixed, so the order of equal runs is too.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Without case, hyphens, underscores and blanks.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

fn is_near(a: &str, b: &str) -> bool {
    if plain(a) == plain(b) {
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
