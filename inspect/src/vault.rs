//! Takes findings out of a text and puts them back into another: what stands in between sees placeholders.
//!
//! A vault is for one conversation. The same original gets the same placeholder in all its texts. It promises that
//! `restore(redact(text))` is `text`, whatever the text holds, and that it is never shown.

use crate::detectors::Finding;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Of a placeholder, with its brackets; names of detectors are cut so that it holds.
const LONGEST: usize = 64;

/// Of a detector's name within a placeholder.
const LONGEST_LABEL: usize = 40;

/// What stands for a text that looks like a placeholder of ours and is none.
const LABEL_OF_TEXT: &str = "TEXT";

/// Originals and the placeholders that stand for them.
#[derive(Default)]
pub struct Vault {
    /// By label and original.
    placeholders: BTreeMap<(String, String), String>,
    originals: BTreeMap<String, String>,
    /// The last number given to a label.
    numbers: BTreeMap<String, u64>,
    /// What texts held that looks like a placeholder: never given out.
    foreign: BTreeSet<String>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Vault of {}", self.originals.len())
    }
}

impl Vault {
    /// With nothing in it.
    pub fn new() -> Vault {
        Vault::default()
    }

    /// The text with a placeholder for each finding, such as `<EMAIL_1>`. Where findings overlap, the one that begins
    /// first is taken, of those the longest. A text that looks like a placeholder which this vault has given out gets one
    /// itself, so that it comes back as it was; any other such text stays, and is never given out later.
    pub fn redact(&mut self, text: &str, findings: &[Finding]) -> String {
        let mut places: Vec<(Range<usize>, String)> = findings
            .iter()
            .filter(|finding| text.get(finding.range.clone()).is_some_and(|found| !found.is_empty()))
            .map(|finding| (finding.range.clone(), label(&finding.detector)))
            .collect();
        for range in placeholders(text) {
            if self.originals.contains_key(&text[range.clone()]) {
                places.push((range, LABEL_OF_TEXT.to_owned()));
            } else {
                self.foreign.insert(text[range].to_owned());
            }
        }
        places.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut redacted = String::with_capacity(text.len());
        let mut at = 0;
        for (range, label) in places {
            if range.start < at {
                continue;
            }
            redacted.push_str(&text[at..range.start]);
            redacted.push_str(&self.placeholder(label, &text[range.clone()]));
            at = range.end;
        }
        redacted.push_str(&text[at..]);
        redacted
    }

    /// The text with the originals of all placeholders that this vault has given out.
    pub fn restore(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut at = 0;
        for range in placeholders(text) {
            if let Some(original) = self.originals.get(&text[range.clone()]) {
                restored.push_str(&text[at..range.start]);
                restored.push_str(original);
                at = range.end;
            }
        }
        restored.push_str(&text[at..]);
        restored
    }

    fn placeholder(&mut self, label: String, original: &str) -> String {
        let key = (label, original.to_owned());
        if let Some(known) = self.placeholders.get(&key) {
            return known.clone();
        }
        let number = self.numbers.entry(key.0.clone()).or_default();
        let placeholder = loop {
            *number += 1;
            let placeholder = format!("<{}_{number}>", key.0);
            if !self.foreign.contains(&placeholder) {
                break placeholder;
            }
        };
        self.originals.insert(placeholder.clone(), key.1.clone());
        self.placeholders.insert(key, placeholder.clone());
        placeholder
    }
}

/// `credit-card` is `CREDIT_CARD`.
fn label(detector: &str) -> String {
    let label: String = detector
        .chars()
        .take(LONGEST_LABEL)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    if label.is_empty() { LABEL_OF_TEXT.to_owned() } else { label }
}

/// Whatever has the form of a placeholder, by place: `<`, capitals, digits and underscores, `_`, a number, `>`.
fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices('<').filter_map(|(start, _)| {
        let inner = text.as_bytes()[start + 1..].iter().take(LONGEST - 1);
        let length =
            inner.take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count();
        let end = start + 1 + length;
        let (label, number) = text[start + 1..end].rsplit_once('_')?;
        let is_one = !label.is_empty()
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && text.as_bytes().get(end) == Some(&b'>');
        is_one.then_some(start..end + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(text: &str, detector: &str, found: &str) -> Finding {
        let start = text.find(found).expect("it is in the text");
        Finding { detector: detector.to_owned(), what: String::new(), range: start..start + found.len() }
    }

    #[test]
    fn the_same_original_has_the_same_placeholder_in_all_texts() {
        let mut vault = Vault::new();
        let first = "ann@a.example wrote to bob@b.example";
        let findings = [finding(first, "email", "ann@a.example"), finding(first, "email", "bob@b.example")];
        assert_eq!(vault.redact(first, &findings), "<EMAIL_1> wrote to <EMAIL_2>");
        let second = "reply to bob@b.example";
        let findings = [finding(second, "email", "bob@b.example")];
        assert_eq!(vault.redact(second, &findings), "reply to <EMAIL_2>");
        assert_eq!(vault.restore("Dear \"<EMAIL_2>\",<EMAIL_1>!"), "Dear \"bob@b.example\",ann@a.example!");
        assert_eq!(vault.restore("<EMAIL_3> <EMAIL_1 <<EMAIL_1>>"), "<EMAIL_3> <EMAIL_1 <ann@a.example>");
    }

    #[test]
    fn what_looks_like_a_placeholder_comes_back_as_it_was() {
        let mut vault = Vault::new();
        let before = "fill in <EMAIL_1> for ann@a.example";
        let redacted = vault.redact(before, &[finding(before, "email", "ann@a.example")]);
        assert_eq!(redacted, "fill in <EMAIL_1> for <EMAIL_2>");
        assert_eq!(vault.restore(&redacted), before);
        let after = "what is <EMAIL_2>, and <TEXT_1>?";
        let redacted = vault.redact(after, &[]);
        assert_eq!(redacted, "what is <TEXT_2>, and <TEXT_1>?");
        assert_eq!(vault.restore(&redacted), after);
    }

    #[test]
    fn the_longest_at_the_first_place_wins() {
        let mut vault = Vault::new();
        let text = "key sk-ann@a.example end";
        let findings = [
            finding(text, "email", "ann@a.example"),
            finding(text, "secret", "sk-ann@a.example"),
            finding(text, "x", "sk-ann"),
        ];
        assert_eq!(vault.redact(text, &findings), "key <SECRET_1> end");
        assert_eq!(vault.restore("key <SECRET_1> end"), text);
    }

    #[test]
    fn it_is_never_shown_and_odd_names_are_no_matter() {
        let mut vault = Vault::new();
        let text = "marker";
        assert_eq!(vault.redact(text, &[finding(text, "größe-1", "marker")]), "<GR__E_1_1>");
        assert_eq!(vault.redact(text, &[finding(text, "", "marker")]), "<TEXT_1>");
        assert_eq!(vault.restore("<GR__E_1_1><TEXT_1>"), "markermarker");
        assert_eq!(format!("{vault:?}"), "Vault of 2");
        let outside = Finding { detector: "x".to_owned(), what: String::new(), range: 3..99 };
        assert_eq!(vault.redact(text, &[outside]), text);
    }
}
