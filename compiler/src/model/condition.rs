//! Conditions in normal form: boolean combinations of tests of one attribute against constants.

use super::steps::Step;
use super::{DefinitionId, FactId};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use wayleave_program::catalogue::{AliasId, TargetId};
use wayleave_program::schema::AttributeId;
use wayleave_program::value::MemberId;

/// What can be true or false of a request (and, where target fields are tested, a target).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Step>", into = "Vec<Step>")]
pub enum Condition {
    /// All hold; of none: true.
    All(Vec<Condition>),
    /// One holds; of none: false.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A named condition.
    Defined(DefinitionId),
    /// One attribute against constants.
    Test(Test),
}

impl Condition {
    /// The condition that always holds.
    pub fn always() -> Condition {
        Condition::All(Vec::new())
    }

    /// Every test in it, not those of the definitions that it names; in the order written.
    pub fn tests(&self) -> Vec<&Test> {
        self.leaves().into_iter().filter_map(Leaf::test).collect()
    }

    /// Every definition that it names, in the order written.
    pub fn definitions(&self) -> Vec<DefinitionId> {
        self.leaves().into_iter().filter_map(Leaf::definition).collect()
    }

    fn leaves(&self) -> Vec<Leaf<'_>> {
        let mut leaves = Vec::new();
        // Depth is bounded by the grammar's nesting limit.
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| leaves.extend(part.leaves()));
            }
            Condition::Not(part) => leaves.extend(part.leaves()),
            Condition::Defined(id) => leaves.push(Leaf::Defined(*id)),
            Condition::Test(test) => leaves.push(Leaf::Test(test)),
        }
        leaves
    }
}

enum Leaf<'a> {
    Defined(DefinitionId),
    Test(&'a Test),
}

impl<'a> Leaf<'a> {
    fn test(self) -> Option<&'a Test> {
        match self {
            Leaf::Test(test) => Some(test),
            Leaf::Defined(_) => None,
        }
    }

    fn definition(self) -> Option<DefinitionId> {
        match self {
            Leaf::Defined(id) => Some(id),
            Leaf::Test(_) => None,
        }
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// What is asked about.
    pub subject: Subject,
    /// What must be true of it.
    pub predicate: Predicate,
}

/// What a test asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// An attribute of the request.
    Attribute(AttributeId),
    /// Something of the target in question.
    Target(TargetField),
}

/// Something of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TargetField {
    /// `target`
    Itself,
    /// `target.name`: the policy's name of the model.
    Name,
    /// `target.provider`
    Provider,
    /// `target.context`
    Context,
    /// `target.output`
    Output,
    /// `target.supports`
    Supports,
    /// `target.price.input`, per million tokens.
    PriceInput,
    /// `target.price.output`, per million tokens.
    PriceOutput,
    /// A declared one.
    Fact(FactId),
}

/// What must be true of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Predicate {
    /// It is one of these members; [`Value::Unknown`](wayleave_program::value::Value::Unknown) is none.
    OneOfMembers(BTreeSet<MemberId>),
    /// It is one of these texts.
    OneOfTexts(BTreeSet<String>),
    /// It is true.
    IsTrue,
    /// The set has this member.
    Has(String),
    /// The set is empty.
    IsEmpty,
    /// The number lies in one of these: tokens, seconds since 1970, minutes since midnight, millionths of
    /// a whole, millionths of a dollar per million tokens.
    InIntervals(Vec<Interval>),
    /// What the caller put into `model` names one of these.
    NamesModel {
        /// By alias.
        aliases: BTreeSet<AliasId>,
        /// One of the targets that it means.
        targets: BTreeSet<TargetId>,
        /// By exactly this text.
        texts: BTreeSet<String>,
    },
    /// The target is one of these.
    OneOfTargets(BTreeSet<TargetId>),
    /// The text matches; of several texts one does.
    Matches(Pattern),
    /// It stands so to a fact of the target, of the same type.
    ComparesToFact(Order, FactId),
}

/// What a text is held against.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "(String, PatternKind)", into = "(String, PatternKind)")]
pub struct Pattern {
    /// As written: a glob after `like`, a regular expression after `matches`.
    pub text: String,
    /// Which of the two.
    pub kind: PatternKind,
    /// The same as the search that it is, made when it is first asked: a check asks nothing.
    search: OnceLock<Option<Regex>>,
}

/// What a pattern is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PatternKind {
    /// `*` stands for any text and `?` for one character; the whole text has to match.
    Glob,
    /// A regular expression; any part of the text may match.
    Regex,
    /// The same, whatever the case.
    AnyCase,
}

impl From<Pattern> for (String, PatternKind) {
    fn from(pattern: Pattern) -> (String, PatternKind) {
        (pattern.text, pattern.kind)
    }
}

impl TryFrom<(String, PatternKind)> for Pattern {
    type Error = &'static str;

    fn try_from((text, kind): (String, PatternKind)) -> Result<Pattern, &'static str> {
        Pattern::new(&text, kind).ok_or("a pattern cannot be searched for")
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        (&self.text, self.kind) == (&other.text, other.kind)
    }
}

impl Eq for Pattern {}

impl Ord for Pattern {
    fn cmp(&self, other: &Pattern) -> Ordering {
        (&self.text, self.kind).cmp(&(&other.text, other.kind))
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Pattern) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A larger automaton than this, in bytes, is a mistake: a counted repetition of a large class.
const PATTERN_LIMIT: usize = 4 << 20;

/// A longer glob than this, in bytes, is data. Whatever it says, its automaton stays below the limit.
const GLOB_LIMIT: usize = 1024;

impl Pattern {
    /// A pattern; none where the regular expression is wrong, or either is too large.
    pub fn new(text: &str, kind: PatternKind) -> Option<Pattern> {
        let pattern = Pattern { text: text.to_owned(), kind, search: OnceLock::new() };
        let is_right = match kind {
            PatternKind::Glob => text.len() <= GLOB_LIMIT,
            PatternKind::Regex | PatternKind::AnyCase => pattern.search().is_some(),
        };
        is_right.then_some(pattern)
    }

    /// The regular expression that is searched for, and whether the case of letters is ignored.
    pub(crate) fn source(&self) -> (String, bool) {
        let source = match self.kind {
            PatternKind::Glob => glob(&self.text),
            PatternKind::Regex | PatternKind::AnyCase => self.text.clone(),
        };
        (source, self.kind == PatternKind::AnyCase)
    }

    fn search(&self) -> Option<&Regex> {
        let search = self.search.get_or_init(|| {
            let (source, is_any_case) = self.source();
            let mut builder = regex::RegexBuilder::new(&source);
            builder.case_insensitive(is_any_case).size_limit(PATTERN_LIMIT).build().ok()
        });
        search.as_ref()
    }

    /// Whether a text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.search().is_some_and(|search| search.is_match(text))
    }
}

/// A glob as an anchored regular expression.
fn glob(text: &str) -> String {
    let parts = text.chars().map(|c| match c {
        '*' => "(?s:.*)".to_owned(),
        '?' => "(?s:.)".to_owned(),
        c => regex::escape(c.encode_utf8(&mut [0; 4])),
    });
    format!(r"\A{}\z", parts.collect::<String>())
}

/// How two values of one type stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Order {
    /// `is`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// `low ≤ x < high`; none is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    /// The lowest inside.
    pub low: Option<i128>,
    /// The lowest above.
    pub high: Option<i128>,
}

impl Interval {
    /// Whether `value` lies in it.
    pub fn contains(self, value: i128) -> bool {
        self.low.is_none_or(|low| low <= value) && self.high.is_none_or(|high| value < high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A glob is compiled when it is first asked, so that it can be must be known before.
    #[test]
    fn every_glob_that_is_taken_can_be_searched_for() {
        for piece in ["?", "*", "é", "\u{10ffff}", "a", "?*"] {
            let text = piece.repeat(GLOB_LIMIT / piece.len());
            let pattern = Pattern::new(&text, PatternKind::Glob).expect("short enough");
            assert!(pattern.search().is_some(), "{piece}");
        }
        assert_eq!(Pattern::new(&"a".repeat(GLOB_LIMIT + 1), PatternKind::Glob), None);
    }

    #[test]
    fn globs_are_of_the_whole_text_and_case_counts() {
        let is_match = |glob, text| Pattern::new(glob, PatternKind::Glob).expect("a glob").is_match(text);
        assert!(is_match("svc-*", "svc-") && is_match("svc-*", "svc-a\nb") && !is_match("svc-*", "a svc-a"));
        assert!(
            is_match("a?c", "aéc")
                && !is_match("a?c", "ac")
                && !is_match("A*", "ab")
                && is_match("a.c", "a.c")
        );
        assert!(!is_match("a.c", "abc"));
    }
}
