//! The words of the language: which are reserved, and where an item begins. A word is reserved only if it begins an item,
//! a clause or an operator; before a colon, after a dot and after a slash none is.

use super::Parser;
use crate::SyntaxKind;

/// Words that begin an item. `test` is one before a string and a brace alone, and is not reserved.
pub(super) fn begins_item(word: &str) -> bool {
    matches!(
        word,
        "edition"
            | "timezone"
            | "use"
            | "type"
            | "attribute"
            | "classify"
            | "define"
            | "alias"
            | "provider"
            | "detector"
            | "group"
            | "plan"
            | "route"
            | "otherwise"
            | "migrate"
            | "guarantee"
            | "limit"
            | "budget"
            | "observe"
    ) || begins_rule(word)
}

/// Words that begin a rule which can be tried with `observe`.
pub(super) fn begins_rule(word: &str) -> bool {
    matches!(word, "approve" | "deny" | "forbid" | "redact" | "flag" | "require" | "cap" | "log")
}

/// Words that begin a clause.
pub(super) fn begins_clause(word: &str) -> bool {
    matches!(
        word,
        "when"
            | "because"
            | "from"
            | "until"
            | "owner"
            | "by"
            | "ref"
            | "to"
            | "else"
            | "within"
            | "inside"
            | "as"
            | "combine"
            | "for"
            | "given"
            | "expect"
    ) || begins_plan_option(word)
        || matches!(word, "each" | "warn" | "then" | "sticky" | "ramp" | "rollback")
}

/// Words that begin a clause about the execution of a plan.
pub(super) fn begins_plan_option(word: &str) -> bool {
    matches!(word, "failover" | "retry" | "backoff" | "hedge" | "deadline")
}

/// Words that begin or join tests.
pub(super) fn begins_operator(word: &str) -> bool {
    matches!(word, "is" | "in" | "not" | "has" | "lacks" | "like" | "matches" | "and" | "or")
}

pub(super) fn is_reserved(word: &str) -> bool {
    begins_item(word) || begins_clause(word) || begins_operator(word)
}

/// A word with its article, as a message says it.
pub(super) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} `{word}`")
}

/// Whether a word permits something where it stands: whether that is meant is not for a tool to say.
pub(super) fn permits(word: &str) -> bool {
    word == "approve"
}

/// Our word for a word with which other languages begin an item.
pub(super) fn foreign_item(word: &str) -> Option<&'static str> {
    match word {
        "allow" | "permit" | "grant" => Some("approve"),
        "block" | "reject" => Some("deny"),
        "mask" => Some("redact"),
        "tag" => Some("flag"),
        "import" | "include" => Some("use"),
        "let" | "const" | "var" | "def" => Some("define"),
        "enum" => Some("type"),
        _ => None,
    }
}

/// Words that begin an item, for whoever looks for the one that was meant.
const ITEM_WORDS: &[&str] = &[
    "edition",
    "timezone",
    "use",
    "type",
    "attribute",
    "classify",
    "define",
    "alias",
    "provider",
    "detector",
    "group",
    "plan",
    "approve",
    "deny",
    "forbid",
    "redact",
    "flag",
    "require",
    "cap",
    "log",
    "observe",
    "limit",
    "budget",
    "route",
    "otherwise",
    "migrate",
    "guarantee",
    "test",
];

/// The word that a misspelled one stands for: one or two letters away, and nearer than any other.
pub(super) fn meant<'w>(word: &str, candidates: &[&'w str]) -> Option<&'w str> {
    if let Some(same) = candidates.iter().find(|candidate| candidate.eq_ignore_ascii_case(word)) {
        return (*same != word).then_some(*same);
    }
    let allowed = match word.len() {
        0..3 => return None,
        3..5 => 1,
        _ => 2,
    };
    let distance = |candidate: &&str| strsim::osa_distance(word, candidate);
    let best = candidates.iter().copied().min_by_key(|candidate| distance(candidate))?;
    let is_alone = candidates.iter().filter(|candidate| distance(candidate) == distance(&best)).count() == 1;
    (distance(&best) <= allowed && is_alone).then_some(best)
}

/// The word of an item that a misspelled one stands for.
pub(super) fn meant_item(word: &str) -> Option<&'static str> {
    meant(word, ITEM_WORDS)
}

impl Parser<'_> {
    /// Whether a token can be a name: a string, or a word that is not reserved where it stands.
    fn is_name(&self, ahead: usize) -> bool {
        match self.kind(ahead) {
            SyntaxKind::String | SyntaxKind::ForeignString => true,
            SyntaxKind::Ident | SyntaxKind::ForeignWord => {
                let is_reserved = is_reserved(self.word(ahead)) || self.is_test(ahead);
                !is_reserved || self.kind(ahead + 1) == SyntaxKind::Colon
            }
            _ => false,
        }
    }

    /// `test "…" {`
    fn is_test(&self, ahead: usize) -> bool {
        let is_text = |ahead| matches!(self.kind(ahead), SyntaxKind::String | SyntaxKind::ForeignString);
        self.word(ahead) == "test" && is_text(ahead + 1) && self.kind(ahead + 2) == SyntaxKind::LeftBrace
    }

    /// Whether the next token can be a name.
    pub(super) fn at_name(&self) -> bool {
        self.is_name(0)
    }

    /// Whether an item begins here: its word, with what must follow it. Used where something else could stand too, so it
    /// is strict; where only an item can stand the word alone decides.
    pub(super) fn at_item(&self, ahead: usize) -> bool {
        let word = self.word(ahead);
        if word.is_empty() || self.kind(ahead + 1) == SyntaxKind::Colon {
            return false;
        }
        let is_part_of_name =
            self.is_joined(ahead) && matches!(self.previous_kind(ahead), SyntaxKind::Dot | SyntaxKind::Slash);
        if is_part_of_name || matches!(self.previous_word(ahead), "then" | "expect" | "observe") {
            return false;
        }
        let next = self.kind(ahead + 1);
        match word {
            "edition" => matches!(next, SyntaxKind::Number | SyntaxKind::BadNumber),
            "timezone" | "use" => matches!(next, SyntaxKind::String | SyntaxKind::ForeignString),
            "test" => self.is_test(ahead),
            "type" | "define" | "group" | "plan" => {
                self.is_name(ahead + 1)
                    && matches!(self.kind(ahead + 2), SyntaxKind::Equals | SyntaxKind::Colon)
            }
            // In an arm, `deny "words"` is an outcome; a rule has clauses that no arm begins with.
            "deny" if next == SyntaxKind::String && self.arms > 0 => {
                matches!(self.word(ahead + 2), "because" | "from" | "until")
            }
            "otherwise" => self.arms == 0 && self.word(ahead + 1) == "deny",
            "require" => self.word(ahead + 1) == "approval",
            "observe" => begins_item(self.word(ahead + 1)),
            _ if foreign_item(word).is_some() => {
                self.trees == 0 && self.is_at_margin(ahead) && self.is_name(ahead + 1)
            }
            _ => begins_item(word) && self.is_name(ahead + 1),
        }
    }

    fn previous_kind(&self, ahead: usize) -> SyntaxKind {
        let index = (self.position + ahead).checked_sub(1);
        let before = index.and_then(|index| self.input.tokens.get(index));
        before.map_or(SyntaxKind::EndOfFile, |token| token.kind)
    }

    /// `name:`, also with dots; a field begins here.
    pub(super) fn at_field(&self) -> bool {
        let mut ahead = 0;
        loop {
            if !matches!(
                self.kind(ahead),
                SyntaxKind::Ident | SyntaxKind::String | SyntaxKind::ForeignWord | SyntaxKind::ForeignString
            ) {
                return false;
            }
            match self.kind(ahead + 1) {
                SyntaxKind::Colon => return true,
                SyntaxKind::Dot if ahead < FIELD_NAME_TOKENS => ahead += 2,
                _ => return false,
            }
        }
    }
}

/// How far a field's name is looked at before its colon: no attribute has so many segments.
const FIELD_NAME_TOKENS: usize = 16;
