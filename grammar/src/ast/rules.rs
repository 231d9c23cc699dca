//! The items that decide, and their clauses: approve, deny, forbid, route and `otherwise`.

use super::{
    Condition, Literal, Name, Node, PlanExpression, Targets, Text, UnbuiltClause, child, children, node, text,
};

node! {
    /// `approve NAME: TARGETS` with its clauses.
    Approve
}

node! {
    /// `deny NAME` with its clauses.
    Deny
}

node! {
    /// `forbid NAME: TARGETS` with its clauses.
    Forbid
}

impl Approve {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it speaks about.
    pub fn targets(&self) -> Option<Targets> {
        child(self.syntax())
    }

    /// When it holds; always where left out.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }

    /// Who answers for it.
    pub fn owner(&self) -> Option<OwnerClause> {
        child(self.syntax())
    }

    /// Who approved it.
    pub fn by(&self) -> Option<ByClause> {
        child(self.syntax())
    }

    /// Where that is recorded.
    pub fn reference(&self) -> Option<RefClause> {
        child(self.syntax())
    }
}

impl Deny {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// When it holds.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// What the caller is told.
    pub fn because(&self) -> Option<BecauseClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }
}

impl Forbid {
    /// Its name.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// What it speaks about.
    pub fn targets(&self) -> Option<Targets> {
        child(self.syntax())
    }

    /// When it holds; always where left out.
    pub fn when(&self) -> Option<WhenClause> {
        child(self.syntax())
    }

    /// What the caller is told.
    pub fn because(&self) -> Option<BecauseClause> {
        child(self.syntax())
    }

    /// From when on.
    pub fn from(&self) -> Option<FromClause> {
        child(self.syntax())
    }

    /// Until when.
    pub fn until(&self) -> Option<UntilClause> {
        child(self.syntax())
    }
}

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

    /// What stands with its plan and is not built; it has its R0902 already.
    pub fn unbuilt(&self) -> impl Iterator<Item = UnbuiltClause> {
        children(self.syntax())
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
    /// `when CONDITION`
    WhenClause
}

impl WhenClause {
    /// The condition.
    pub fn condition(&self) -> Option<Condition> {
        child(self.syntax())
    }
}

node! {
    /// `because "…"`
    BecauseClause
}

node! {
    /// `owner "…"`
    OwnerClause
}

node! {
    /// `by "…"`
    ByClause
}

node! {
    /// `ref "…"`
    RefClause
}

node! {
    /// `deny "…"` of an arm.
    DenyClause
}

impl BecauseClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl OwnerClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl ByClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl RefClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

impl DenyClause {
    /// The words.
    pub fn text(&self) -> Option<Text> {
        text(self.syntax())
    }
}

node! {
    /// `from DATE`
    FromClause
}

node! {
    /// `until DATE`
    UntilClause
}

impl FromClause {
    /// A date or an instant; the parser takes no other.
    pub fn date(&self) -> Option<Literal> {
        child(self.syntax())
    }
}

impl UntilClause {
    /// A date or an instant; the parser takes no other.
    pub fn date(&self) -> Option<Literal> {
        child(self.syntax())
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
