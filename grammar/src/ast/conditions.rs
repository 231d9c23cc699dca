//! Conditions: boolean combinations of tests of one attribute each. A chain of `and` is one flat node, so depth comes
//! from parentheses and `not` alone and is bounded by [`crate::NESTING_LIMIT`].

use super::{AttributeName, Name, Node, Value, child, children, either, items::words, node, tokens};
use crate::{SyntaxKind, TextRange};

either! {
    /// What can be true or false.
    Condition {
        /// `a or b`, two or more.
        Or(OrCondition),
        /// `a and b`, two or more.
        And(AndCondition),
        /// `not a`
        Not(NotCondition),
        /// `(a)`
        Paren(ParenCondition),
        /// One attribute against a constant.
        Test(AttributeTest),
        /// A name alone: a `define`, or an attribute that is true or false.
        Name(DefineName),
    }
}

node! {
    /// `a or b or c`
    OrCondition
}

impl OrCondition {
    /// Two or more, in the order written.
    pub fn operands(&self) -> impl Iterator<Item = Condition> {
        children(self.syntax())
    }
}

node! {
    /// `a and b and c`
    AndCondition
}

impl AndCondition {
    /// Two or more, in the order written.
    pub fn operands(&self) -> impl Iterator<Item = Condition> {
        children(self.syntax())
    }
}

node! {
    /// `not a`
    NotCondition
}

impl NotCondition {
    /// What is denied.
    pub fn operand(&self) -> Option<Condition> {
        child(self.syntax())
    }
}

node! {
    /// `(a)`
    ParenCondition
}

impl ParenCondition {
    /// What stands in the parentheses.
    pub fn inner(&self) -> Option<Condition> {
        child(self.syntax())
    }
}

node! {
    /// A name that stands alone as a condition.
    DefineName
}

impl DefineName {
    /// The name; several segments where an attribute is meant.
    pub fn name(&self) -> Option<AttributeName> {
        child(self.syntax())
    }
}

node! {
    /// `caller.team in product`: subject, operator, operand.
    AttributeTest
}

impl AttributeTest {
    /// The attribute that is asked about; none where it is a counter.
    pub fn subject(&self) -> Option<AttributeName> {
        if self.counter().is_some() {
            return None;
        }
        child(self.syntax())
    }

    /// The counter that is asked about.
    pub fn counter(&self) -> Option<Counter> {
        child(self.syntax())
    }

    /// How.
    pub fn operator(&self) -> Option<Operator> {
        child(self.syntax())
    }

    /// Against what.
    pub fn operand(&self) -> Option<Value> {
        operand(self)
    }
}

/// The value after the operator; the subject is a value's shape too.
fn operand(test: &impl Node) -> Option<Value> {
    test.syntax().children().skip_while(|node| node.kind() != SyntaxKind::Operator).find_map(Value::cast)
}

node! {
    /// `spent(NAME)`, `used(NAME)`
    Counter
}

impl Counter {
    /// `spent` or `used`.
    pub fn keyword(&self) -> String {
        words(self.syntax())
    }

    /// The budget or limit.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

/// How an attribute is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperatorKind {
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `has`
    Has,
    /// `lacks`
    Lacks,
    /// `like`
    Like,
    /// `matches`
    Matches,
}

impl OperatorKind {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            OperatorKind::Is => "is",
            OperatorKind::IsNot => "is not",
            OperatorKind::Less => "<",
            OperatorKind::LessOrEqual => "<=",
            OperatorKind::Greater => ">",
            OperatorKind::GreaterOrEqual => ">=",
            OperatorKind::In => "in",
            OperatorKind::NotIn => "not in",
            OperatorKind::Has => "has",
            OperatorKind::Lacks => "lacks",
            OperatorKind::Like => "like",
            OperatorKind::Matches => "matches",
        }
    }
}

node! {
    /// The sign or words between subject and operand.
    Operator
}

impl Operator {
    /// Which; a sign of another language, already reported, counts as what it stands for.
    pub fn kind(&self) -> Option<OperatorKind> {
        let tokens: Vec<_> = tokens(self.syntax()).collect();
        let first = tokens.first()?;
        let has = |word: &str| tokens.iter().any(|token| token.text() == word);
        match first.kind() {
            SyntaxKind::Less => Some(OperatorKind::Less),
            SyntaxKind::LessEquals => Some(OperatorKind::LessOrEqual),
            SyntaxKind::Greater => Some(OperatorKind::Greater),
            SyntaxKind::GreaterEquals => Some(OperatorKind::GreaterOrEqual),
            SyntaxKind::EqualsEquals | SyntaxKind::Equals => Some(OperatorKind::Is),
            SyntaxKind::BangEquals => Some(OperatorKind::IsNot),
            _ if has("in") && has("not") => Some(OperatorKind::NotIn),
            _ if has("in") => Some(OperatorKind::In),
            _ if has("has") && has("not") => Some(OperatorKind::Lacks),
            _ => match first.text() {
                "is" if has("not") => Some(OperatorKind::IsNot),
                "is" | "equals" => Some(OperatorKind::Is),
                "has" | "contains" => Some(OperatorKind::Has),
                "lacks" => Some(OperatorKind::Lacks),
                "like" => Some(OperatorKind::Like),
                "matches" => Some(OperatorKind::Matches),
                _ => None,
            },
        }
    }

    /// Of the sign or words.
    pub fn text_range(&self) -> TextRange {
        self.range()
    }
}
