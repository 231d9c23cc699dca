//! Values: what stands after a field's colon and behind an operator.

use super::{
    AnyTarget, AttributeName, GroupRef, Literal, Name, Node, TargetPath, Text, child, children, either, node,
    text,
};

either! {
    /// A value. Which of these a place allows is asked by whoever knows its type; the parser offers blocks, calls and
    /// prices after a field's colon alone.
    Value {
        /// A string, number, date …, with its unit.
        Literal(Literal),
        /// A single name: a value of a type, an alias, a group …; `true` and `false` are literals.
        Name(Name),
        /// Several names joined by dots.
        Attribute(AttributeName),
        /// `provider/model` or `provider/*`
        Target(TargetPath),
        /// `any`
        Any(AnyTarget),
        /// `group NAME`
        Group(GroupRef),
        /// `[a, b]`, `[]`
        List(List),
        /// `a..b`
        Range(Range),
        /// `env("X")`
        Call(Call),
        /// `{ connect: 2s }`
        Block(Block),
        /// `$2 in, $6 out per 1M tokens`
        Price(Price),
    }
}

node! {
    /// `name: VALUE`
    Field
}

impl Field {
    /// The name before the colon.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// The value after it.
    pub fn value(&self) -> Option<Value> {
        self.syntax().children().skip(1).find_map(Value::cast)
    }
}

node! {
    /// `[a, b]`
    List
}

impl List {
    /// In the order written.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        children(self.syntax())
    }
}

node! {
    /// `a..b`; a unit at the end is that of both ends.
    Range
}

impl Range {
    /// The end before the dots.
    pub fn start(&self) -> Option<Value> {
        self.end_at(0)
    }

    /// The end after the dots.
    pub fn end(&self) -> Option<Value> {
        self.end_at(1)
    }

    fn end_at(&self, index: usize) -> Option<Value> {
        children(self.syntax()).nth(index)
    }
}

node! {
    /// `{ connect: 2s  idle: 60s }`
    Block
}

impl Block {
    /// In the order written; repeated ones are all here.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        children(self.syntax())
    }
}

node! {
    /// `env("X")`, `file("X")`
    Call
}

impl Call {
    /// The word before the parenthesis; which there are is the compiler's to say.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What stands in the parentheses.
    pub fn argument(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `$2 in, $6 out per 1M tokens`
    Price
}

impl Price {
    /// In the order written; repeated ones are all here.
    pub fn parts(&self) -> impl Iterator<Item = PricePart> {
        children(self.syntax())
    }

    /// What the amounts are for: a literal of tokens.
    pub fn per(&self) -> Option<Literal> {
        child(self.syntax())
    }
}

node! {
    /// `$2 in`
    PricePart
}

impl PricePart {
    /// The money.
    pub fn amount(&self) -> Option<Literal> {
        child(self.syntax())
    }

    /// The word after it: `in`, `out`, `cached`, `cache-write`, `reasoning`; the compiler says which there are.
    pub fn word(&self) -> Option<Name> {
        child(self.syntax())
    }
}
