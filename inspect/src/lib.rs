//! Findings in a text: detectors as pure functions. Names no other crate and does no I/O.
//!
//! Today one detector stands here, [`secrets`], which keeps credentials out of policy files.

mod rules;

use std::ops::Range;

/// Something that a detector found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is, in words: `an OpenAI or Anthropic key`.
    pub what: &'static str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// The credentials in a text, by place and without overlaps. Linear in the text.
pub fn secrets(text: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules::secret::RULES.iter().flat_map(|rule| rule.find(text)).collect();
    findings.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
    let mut end = 0;
    findings.retain(|finding| {
        let is_apart = finding.range.start >= end;
        if is_apart {
            end = finding.range.end;
        }
        is_apart
    });
    findings
}

/// A secret as it may be shown: its first four characters and how many follow.
pub fn masked(secret: &str) -> String {
    let shown: String = secret.chars().take(4).collect();
    format!("{shown}… ({} characters)", secret.chars().count())
}
