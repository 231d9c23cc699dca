//! Credentials, by the prefixes that their issuers document. A rule looks only around its prefix; a run of too few
//! different characters is a stand-in (`sk-xxxxxxxx…`) and no finding.

use crate::Finding;

/// A credential's shape: a fixed prefix, then a run of characters.
pub(crate) struct Rule {
    what: &'static str,
    prefix: &'static str,
    run: fn(char) -> bool,
    /// Of the run, in characters.
    shortest: usize,
    /// Different characters in the run, at least.
    variety: usize,
}

/// A run of fewer different characters than this is a stand-in.
const USUAL_VARIETY: usize = 8;

/// A longer run is cut off here, so that a text made of prefixes costs no more than a constant for each.
const LONGEST_RUN: usize = 512;

const fn rule(what: &'static str, prefix: &'static str, run: fn(char) -> bool, shortest: usize) -> Rule {
    Rule { what, prefix, run, shortest, variety: USUAL_VARIETY }
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn upper(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit()
}

fn token(c: char) -> bool {
    word(c) || c == '.'
}

fn heading(c: char) -> bool {
    c.is_ascii_uppercase() || c == ' ' || c == '-'
}

pub(crate) const RULES: [Rule; 20] = [
    rule("an OpenAI or Anthropic key", "sk-", word, 20),
    rule("an AWS access key id", "AKIA", upper, 16),
    rule("an AWS access key id", "ASIA", upper, 16),
    rule("a GitHub token", "ghp_", alphanumeric, 36),
    rule("a GitHub token", "gho_", alphanumeric, 36),
    rule("a GitHub token", "ghu_", alphanumeric, 36),
    rule("a GitHub token", "ghs_", alphanumeric, 36),
    rule("a GitHub token", "ghr_", alphanumeric, 36),
    rule("a GitHub token", "github_pat_", word, 22),
    rule("a GitLab token", "glpat-", word, 20),
    rule("a Slack token", "xoxb-", word, 20),
    rule("a Slack token", "xoxp-", word, 20),
    rule("a Stripe key", "sk_live_", alphanumeric, 16),
    rule("a Stripe key", "rk_live_", alphanumeric, 16),
    rule("a Google API key", "AIza", word, 35),
    rule("a Hugging Face token", "hf_", alphanumeric, 30),
    rule("a Groq key", "gsk_", alphanumeric, 40),
    rule("a JSON web token", "eyJ", token, 60),
    rule("a Wayleave key", "wl_", word, 40),
    Rule { what: "a private key", prefix: "-----BEGIN ", run: heading, shortest: 16, variety: 1 },
];

impl Rule {
    pub(crate) fn find(&self, text: &str) -> Vec<Finding> {
        text.match_indices(self.prefix).filter_map(|(start, _)| self.find_at(text, start)).collect()
    }

    fn find_at(&self, text: &str, start: usize) -> Option<Finding> {
        if text[..start].chars().next_back().is_some_and(word) {
            return None;
        }
        let rest = &text[start + self.prefix.len()..];
        // Runs are ASCII, so one byte is one character.
        let length = rest.chars().take(LONGEST_RUN).take_while(|c| (self.run)(*c)).count();
        let run = &rest[..length];
        let is_key = run.len() >= self.shortest && variety(run) >= self.variety;
        let is_right = self.what != "a private key" || run.contains("PRIVATE KEY");
        let end = start + self.prefix.len() + length;
        (is_key && is_right).then_some(Finding { what: self.what, range: start..end })
    }
}

fn variety(run: &str) -> usize {
    run.bytes().collect::<std::collections::BTreeSet<u8>>().len()
}

#[cfg(test)]
mod tests {
    use crate::secrets;

    /// Credentials are put together here, so that no scanner takes this file for a leak.
    fn found(prefix: &str, run: &str) -> Option<&'static str> {
        let text = format!("key: \"{prefix}{run}\" // end");
        let findings = secrets(&text);
        assert!(findings.len() <= 1);
        findings.first().map(|finding| {
            assert_eq!(text[finding.range.clone()], format!("{prefix}{run}"));
            finding.what
        })
    }

    #[test]
    fn documented_prefixes_are_found_whole() {
        assert_eq!(found("sk-", "proj-Zx81kLq0Wn27VbTe94Rm"), Some("an OpenAI or Anthropic key"));
        assert_eq!(found("AKIA", "Q3EGRTXB7KLM2NPD"), Some("an AWS access key id"));
        assert_eq!(found("-----BEGIN ", "RSA PRIVATE KEY-----"), Some("a private key"));
    }

    #[test]
    fn stand_ins_words_and_short_runs_are_not() {
        assert_eq!(found("sk-", "xxxxxxxxxxxxxxxxxxxxxxxx"), None);
        assert_eq!(found("sk-", "Zx81kL"), None);
        assert_eq!(found("task-", "Zx81kLq0Wn27VbTe94Rmuu"), None);
        assert_eq!(found("-----BEGIN ", "CERTIFICATE-----"), None);
    }

    #[test]
    fn overlapping_findings_are_one() {
        let text = format!("{}{}", "sk-", "ant-AIzaZx81kLq0Wn27VbTe94RmZx81kLq0Wn27VbTe94Rm");
        assert_eq!(secrets(&text).len(), 1);
    }

    /// Every prefix is a possible start; runs must not be scanned again from each of them without bound.
    #[test]
    fn a_text_of_prefixes_is_scanned_in_linear_time() {
        for prefix in ["sk- ", "sk-", "-----BEGIN "] {
            assert!(secrets(&prefix.repeat(5_000)).is_empty());
        }
    }
}
