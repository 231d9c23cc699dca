//! Routes with their arms, how a plan is executed, and the answer where no route holds.

use super::{
    List, Literal, Name, Node, PlanExpression, Range, Text, WhenClause, child, children, node, parts, text,
};

node! {
    /// `route NAME` with `to`, or with arms.
    Route
}

impl Route {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// The route whose requests it takes a part of.
    pub fn inside(&self) -> Option<InsideClause> {
        child(self.syntax())
    }

    /// Which requests it answers; all (of the outer one's) where left out.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// Its plan, if it has no arms.
    pub fn to(&self) -> Option<ToClause> {
        child(self.syntax())
    }

    /// Its arms, if it has some.
    pub fn arms(&self) -> Option<Arms> {
        child(self.syntax())
    }
}

node! {
    /// `{ … }` of a route.
    Arms
}

impl Arms {
    /// In the order written, which counts.
    pub fn arms(&self) -> impl Iterator<Item = Arm> {
        children(self.syntax())
    }
}

node! {
    /// `when CONDITION to PLAN`, `otherwise to PLAN`, or either with `deny "…"` in place of `to`.
    Arm
}

/// What an arm answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// `to PLAN`
    To(ToClause),
    /// `deny "…"`
    Deny(DenyClause),
}

impl Arm {
    /// Its condition; none of an `otherwise`.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// Whether it is the `otherwise`.
    pub fn is_otherwise(&self) -> bool {
        self.when().is_none()
    }

    /// What it answers.
    pub fn outcome(&self) -> Option<Outcome> {
        child(self.syntax()).map(Outcome::To).or_else(|| child(self.syntax()).map(Outcome::Deny))
    }
}

node! {
    /// `otherwise deny "…"`: the answer to requests that no route takes.
    Otherwise
}

impl Otherwise {
    /// What the caller is told.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `deny "…"` of an arm.
    DenyClause
}

impl DenyClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `inside NAME`
    InsideClause
}

impl InsideClause {
    /// The outer route.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `to PLAN`
    ToClause
}

impl ToClause {
    /// The plan.
    pub fn plan(&self) -> Option<PlanExpression> {
        child(self.syntax())
    }
}

parts! {
    ToClause {
        /// Which failures lead to the next candidate.
        failover: FailoverClause,
        /// How often one candidate is asked again.
        retry: RetryClause,
        /// How long it waits before that.
        backoff: BackoffClause,
        /// When a second candidate is asked beside the first.
        hedge: HedgeClause,
        /// How long the whole exchange may take.
        deadline: DeadlineClause,
    }
}

node! {
    /// `failover on [CLASSES]`
    FailoverClause
}

node! {
    /// `retry N`
    RetryClause
}

node! {
    /// `backoff A..B`
    BackoffClause
}

node! {
    /// `hedge after DURATION`
    HedgeClause
}

node! {
    /// `deadline DURATION`
    DeadlineClause
}

parts! {
    FailoverClause {
        /// The failure classes and status numbers.
        failures: List,
    }
}

parts! {
    RetryClause {
        /// The number.
        count: Literal,
    }
}

parts! {
    BackoffClause {
        /// From the first pause to the longest.
        pauses: Range,
    }
}

parts! {
    HedgeClause {
        /// The duration.
        after: Literal,
    }
}

parts! {
    DeadlineClause {
        /// The duration.
        duration: Literal,
    }
}
