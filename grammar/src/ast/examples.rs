//! Test blocks: what is given of a request, and what is expected of its decision.

use super::{
    AttributeName, Counter, List, Name, Node, PlanExpression, TargetPath, Targets, Text, Value, child,
    children, either, node, parts, text,
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
}

node! {
    /// `caller.team: product`
    GivenField
}

impl GivenField {
    /// The attribute; none where it is a counter.
    pub fn name(&self) -> Option<AttributeName> {
        if self.counter().is_some() {
            return None;
        }
        child(self.syntax())
    }

    /// The counter that a share is given of.
    pub fn counter(&self) -> Option<Counter> {
        child(self.syntax())
    }

    /// Its value.
    pub fn value(&self) -> Option<Value> {
        self.syntax().children().skip(1).find_map(Value::cast)
    }
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
        /// `expect approval NAME`
        Approval(ExpectApproval),
        /// `expect limited NAME`
        Limited(ExpectLimited),
        /// `expect redact […]`
        Redact(ExpectRedact),
        /// `expect flag NAME`
        Flag(ExpectFlag),
        /// `expect shadow TARGET`
        Shadow(ExpectShadow),
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
    /// `expect approval NAME`
    ExpectApproval
}

parts! {
    ExpectApproval {
        /// The `require approval` that can be asked for.
        name: Name,
    }
}

node! {
    /// `expect limited NAME`
    ExpectLimited
}

parts! {
    ExpectLimited {
        /// The limit or budget that has no room.
        name: Name,
    }
}

node! {
    /// `expect redact [FINDINGS]`
    ExpectRedact
}

parts! {
    ExpectRedact {
        /// The findings that are masked.
        findings: List,
    }
}

node! {
    /// `expect flag NAME`
    ExpectFlag
}

parts! {
    ExpectFlag {
        /// The flag that is set.
        name: Name,
    }
}

node! {
    /// `expect shadow TARGET`
    ExpectShadow
}

parts! {
    ExpectShadow {
        /// Where a copy goes.
        target: TargetPath,
    }
}
