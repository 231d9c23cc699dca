//! The rules of `inspect/rules/secret.txt`: read into types, each compiled when it is first needed.

use super::assigned;
use super::run::Run;
use regex::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// The data, whose head tells its format.
const TABLE: &str = include_str!("../../../rules/secret.txt");

/// Behind a name and before a sign of assignment, the sign, and what may stand before the value.
const ASSIGNMENT: &str = r#"[ \t\w.-]{0,20}[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}"#;

/// Behind a value.
const VALUE_END: &str = r#"(?:[\x60'"\s;]|\\[nr]|$)"#;

/// Behind a token that its form tells.
const TOKEN_END: &str = r"(?:[^\w/+=.-]|\.(?:[^\w]|$)|$)";

/// Bytes before and behind a keyword in which a match stands, unless the table says more: a name and an assignment are
/// below 64 bytes, a credential seldom has 400 characters.
const NAMED_BEFORE: usize = 64;
const NAMED_AFTER: usize = 320;
const PLAIN_BEFORE: usize = 96;
const PLAIN_AFTER: usize = 640;

/// Of one compiled rule, in bytes; the largest of the table needs half of it.
const COMPILED_LIMIT: usize = 1 << 20;

pub(super) enum Form {
    Named,
    Token,
    Plain,
    Run(Run),
    /// Whatever a name says is a credential; see [`assigned`].
    Assigned,
}

pub(super) struct Rule {
    pub(super) what: &'static str,
    pub(super) form: Form,
    pub(super) keywords: Vec<&'static str>,
    shape: String,
    /// Bits a character that a credential must exceed.
    pub(super) entropy: f64,
    /// Bytes around a keyword in which a match stands.
    pub(super) before: usize,
    pub(super) after: usize,
    compiled: OnceLock<Regex>,
}

/// All rules, most telling first, [`Form::Assigned`] last.
pub(super) fn rules() -> Vec<Rule> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut rules: Vec<Rule> =
        lines.map(|line| rule(line).expect("each line of the table is whole")).collect();
    rules.push(Rule {
        what: "a value named as a credential",
        form: Form::Assigned,
        keywords: assigned::KEYWORDS.to_vec(),
        shape: format!("(?i)(?:{}){ASSIGNMENT}({}){VALUE_END}", assigned::NAMES, assigned::VALUE),
        entropy: assigned::ENTROPY,
        before: 0,
        after: NAMED_AFTER,
        compiled: OnceLock::new(),
    });
    rules
}

fn rule(line: &'static str) -> Option<Rule> {
    let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
    let what = columns.next()?;
    let word = columns.next()?;
    let keywords: Vec<&'static str> = columns.next()?.split(',').collect();
    let written = columns.next()?;
    let (mut entropy, mut names, mut reach) = (0.0, keywords.join("|"), (None, None));
    for column in columns {
        let (key, value) = column.split_once('=')?;
        match key {
            "entropy" => entropy = value.parse().ok()?,
            "names" => names = value.to_owned(),
            "before" => reach.0 = value.parse().ok(),
            "after" => reach.1 = value.parse().ok(),
            _ => return None,
        }
    }
    let (form, shape, before, after) = match word {
        "named" => (
            Form::Named,
            format!("(?i)(?:{names}){ASSIGNMENT}({written}){VALUE_END}"),
            NAMED_BEFORE,
            NAMED_AFTER,
        ),
        "Named" => (
            Form::Named,
            format!("(?i:{names}){ASSIGNMENT}({written}){VALUE_END}"),
            NAMED_BEFORE,
            NAMED_AFTER,
        ),
        "token" => (Form::Token, format!(r"\b({written}){TOKEN_END}"), 0, PLAIN_AFTER),
        "plain" => (Form::Plain, written.to_owned(), PLAIN_BEFORE, PLAIN_AFTER),
        "run" => (Form::Run(Run::read(written)?), String::new(), 0, 0),
        _ => return None,
    };
    let before = reach.0.unwrap_or(before);
    let after = reach.1.unwrap_or(after);
    Some(Rule { what, form, keywords, shape, entropy, before, after, compiled: OnceLock::new() })
}

impl Rule {
    /// Compiled at the first call.
    pub(super) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            RegexBuilder::new(&ascii(&self.shape))
                .unicode(false)
                .size_limit(COMPILED_LIMIT)
                .build()
                .expect("a test compiles every shape of the table")
        })
    }
}

/// Classes of all but some characters must take whole characters, so these alone are of Unicode.
fn ascii(shape: &str) -> String {
    shape
        .replace(r"[^\w/+=.-]", r"(?u:[^0-9A-Za-z_/+=.-])")
        .replace(r"[^\w-]", r"(?u:[^0-9A-Za-z_-])")
        .replace("[^A-Za-z0-9+/]", "(?u:[^A-Za-z0-9+/])")
        .replace(r"[^\w]", r"(?u:[^0-9A-Za-z_])")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles_and_says_what_it_finds() {
        let rules = rules();
        assert!(rules.len() > 180);
        for rule in &rules {
            assert!(rule.what.starts_with("a ") || rule.what.starts_with("an "), "{}", rule.what);
            if !matches!(rule.form, Form::Run(_)) {
                rule.regex();
            }
        }
        assert!(matches!(rules.last().map(|rule| &rule.form), Some(Form::Assigned)));
    }
}
