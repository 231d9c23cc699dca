//! Test blocks: what is given of a request, and what is expected of its decision.

use super::{
    AttributeName, Name, Node, PlanExpression, Targets, Text, Value, child, children, either, items::words,
    node, text,
};

node! {
    /// `test "…" { GIVEN EXPECT }`
    Test
}

impl Test {
    /// What it shows.
    pub fn title(&self) -> Option<Text> {
        text(self.syntax())
    }

    /// All fields of all `given`, in the order written.
    pub fn given_fields(&self) -> impl Iterator<Item = GivenField> {
        children::<Given>(self.syntax()).flat_map(|given| given.fields().collect::<Vec<_>>())
    }

    /// In the order written.
    pub fn givens(&self) -> impl Iterator<Item = Given> {
        children(self.syntax())
    }

    /// In the order written.
    pub fn expects(&self) -> impl Iterator<Item = Expect> {
        children(self.syntax())
    }
}

node! {
    /// `given FIELDS`
    Given
}

impl Given {
    /// In the order written.
    pub fn fields(&self) -> impl Iterator<Item = GivenField> {
        children(self.syntax())
    }

    /// Fields that are not built; each has its R0902 already.
    pub fn unbuilt(&self) -> impl Iterator<Item = UnbuiltGiven> {
        children(self.syntax())
    }
}

node! {
    /// `caller.team: product`
    GivenField
}

impl GivenField {
    /// The attribute.
    pub fn name(&self) -> Option<AttributeName> {
        child(self.syntax())
    }

    /// Its value.
    pub fn value(&self) -> Option<Value> {
        self.syntax().children().skip(1).find_map(Value::cast)
    }
}

node! {
    /// A field of `given` that this version does not build; it has its R0902 already.
    UnbuiltGiven
}

either! {
    /// What a test expects.
    Expect {
        /// `expect route NAME`
        Route(ExpectRoute),
        /// `expect to PLAN`
        To(ExpectTo),
        /// `expect never TARGETS`
        Never(ExpectNever),
        /// `expect deny NAME`
        Deny(ExpectDeny),
        /// `expect otherwise`
        Otherwise(ExpectOtherwise),
        /// `expect limited NAME` and the like; it has its R0902 already.
        Unbuilt(UnbuiltExpect),
    }
}

node! {
    /// `expect route NAME`
    ExpectRoute
}

impl ExpectRoute {
    /// The route.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `expect to PLAN`: the exact candidates in order.
    ExpectTo
}

impl ExpectTo {
    /// The plan.
    pub fn plan(&self) -> Option<PlanExpression> {
        child(self.syntax())
    }
}

node! {
    /// `expect never TARGETS`
    ExpectNever
}

impl ExpectNever {
    /// None of these is a candidate.
    pub fn targets(&self) -> Option<Targets> {
        child(self.syntax())
    }
}

node! {
    /// `expect deny NAME`
    ExpectDeny
}

impl ExpectDeny {
    /// The `deny` that holds.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `expect otherwise`
    ExpectOtherwise
}

node! {
    /// An `expect` that this version does not build; it has its R0902 already.
    UnbuiltExpect
}

impl UnbuiltExpect {
    /// Its words, as in `expect limited`.
    pub fn keyword(&self) -> String {
        words(self.syntax())
    }
}
