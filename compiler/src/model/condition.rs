//! Conditions in normal form: boolean combinations of tests of one attribute against constants.

use super::{DefinitionId, FactId};
use std::collections::BTreeSet;
use wayleave_program::catalogue::{AliasId, TargetId};
use wayleave_program::schema::AttributeId;
use wayleave_program::value::MemberId;

/// What can be true or false of a request (and, where target fields are tested, a target).
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What is asked about.
    pub subject: Subject,
    /// What must be true of it.
    pub predicate: Predicate,
}

/// What a test asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An attribute of the request.
    Attribute(AttributeId),
    /// Something of the target in question.
    Target(TargetField),
}

/// Something of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written: a glob after `like`, a regular expression after `matches`.
    pub text: String,
    /// Which of the two.
    pub kind: PatternKind,
    /// The same as the search that it is.
    regex: regex::Regex,
}

/// What a pattern is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternKind {
    /// `*` stands for any text and `?` for one character; the whole text has to match.
    Glob,
    /// A regular expression; any part of the text may match.
    Regex,
    /// The same, whatever the case.
    AnyCase,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        (&self.text, self.kind) == (&other.text, other.kind)
    }
}

impl Eq for Pattern {}

/// A larger automaton than this, in bytes, is a mistake: a counted repetition of a large class.
const PATTERN_LIMIT: usize = 1 << 20;

impl Pattern {
    /// A pattern; none where the regular expression is wrong or too large.
    pub fn new(text: &str, kind: PatternKind) -> Option<Pattern> {
        let source = match kind {
            PatternKind::Glob => glob(text),
            PatternKind::Regex | PatternKind::AnyCase => text.to_owned(),
        };
        let regex = regex::RegexBuilder::new(&source)
            .case_insensitive(kind == PatternKind::AnyCase)
            .size_limit(PATTERN_LIMIT)
            .build()
            .ok()?;
        Some(Pattern { text: text.to_owned(), kind, regex })
    }

    /// Whether a text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
