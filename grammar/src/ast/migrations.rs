//! Migrations from one target to another.

use super::{
    AttributeName, Literal, Name, Node, TargetPath, UntilClause, WhenClause, children, keywords, node, parts,
};

node! {
    /// `migrate NAME: TARGET to TARGET` with its clauses.
    Migrate
}

parts! {
    Migrate {
        /// Its name.
        name: Name,
        /// The target that is replaced.
        old: TargetPath,
        /// Which requests move; all where left out.
        when: WhenClause,
        /// What keeps a caller's requests together.
        sticky: StickyClause,
        /// Its steps.
        ramp: RampClause,
        /// A copy to the new target beside the old one.
        shadow: ShadowClause,
        /// When it goes back by itself.
        rollback: RollbackClause,
    }
}

impl Migrate {
    /// The target that takes its place.
    pub fn new_target(&self) -> Option<TargetPath> {
        children(self.syntax()).nth(1)
    }
}

node! {
    /// `sticky by ATTRIBUTE`
    StickyClause
}

parts! {
    StickyClause {
        /// The attribute.
        attribute: AttributeName,
    }
}

node! {
    /// `ramp { STEPS }`
    RampClause
}

impl RampClause {
    /// In the order written.
    pub fn steps(&self) -> impl Iterator<Item = RampStep> {
        children(self.syntax())
    }
}

node! {
    /// `2026-12-01 5%`
    RampStep
}

parts! {
    RampStep {
        /// From when on.
        date: Literal,
    }
}

impl RampStep {
    /// The share that is drawn from then on.
    pub fn share(&self) -> Option<Literal> {
        children(self.syntax()).nth(1)
    }
}

node! {
    /// `shadow SHARE until DATE`
    ShadowClause
}

parts! {
    ShadowClause {
        /// The share that is copied.
        share: Literal,
        /// Until when; always where left out.
        until: UntilClause,
    }
}

node! {
    /// `rollback over DURATION when TESTS`
    RollbackClause
}

parts! {
    RollbackClause {
        /// Over which time it looks: a duration.
        over: Literal,
    }
}

impl RollbackClause {
    /// One of them is enough.
    pub fn tests(&self) -> impl Iterator<Item = RollbackTest> {
        children(self.syntax())
    }
}

node! {
    /// `errors > 2%`, `first-token > 3s`
    RollbackTest
}

impl RollbackTest {
    /// `errors` or `first-token`; the parser takes no other.
    pub fn measure(&self) -> Option<String> {
        keywords(self.syntax()).next().map(|token| token.text().to_owned())
    }
}

parts! {
    RollbackTest {
        /// More than this: a share of `errors`, a duration of `first-token`.
        bound: Literal,
    }
}
