//! Targets and plans: what can be called, and in which order it is tried.

use super::{AttributeName, Literal, Name, Node, child, children, either, keywords, node, parts, tokens};
use crate::SyntaxKind;

node! {
    /// `provider/model`, or `provider/*` for all of a provider's models.
    TargetPath
}

impl TargetPath {
    /// Before the slash.
    pub fn provider(&self) -> Option<Name> {
        child(self.syntax())
    }

    /// After the slash; none for `*`.
    pub fn model(&self) -> Option<Name> {
        children(self.syntax()).nth(1)
    }

    /// Whether it speaks of all models of the provider.
    pub fn is_all_models(&self) -> bool {
        tokens(self.syntax()).any(|token| token.kind() == SyntaxKind::Star)
    }
}

node! {
    /// `any`
    AnyTarget
}

node! {
    /// `group NAME`
    GroupRef
}

impl GroupRef {
    /// The name of the group.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `plan NAME`
    PlanRef
}

impl PlanRef {
    /// The name of the plan.
    pub fn name(&self) -> Option<Name> {
        child(self.syntax())
    }
}

node! {
    /// `requested`
    Requested
}

either! {
    /// One entry of a list of targets.
    Target {
        /// `provider/model`, `provider/*`
        Path(TargetPath),
        /// `any`
        Any(AnyTarget),
        /// `group NAME`
        Group(GroupRef),
    }
}

either! {
    /// What a rule speaks about.
    Targets {
        /// `provider/model`, `provider/*`
        Path(TargetPath),
        /// `any`
        Any(AnyTarget),
        /// `group NAME`
        Group(GroupRef),
        /// `[a/b, c/*]`
        List(TargetList),
    }
}

impl Targets {
    /// One by one, in the order written.
    pub fn each(&self) -> Vec<Target> {
        match self {
            Targets::Path(path) => vec![Target::Path(path.clone())],
            Targets::Any(any) => vec![Target::Any(any.clone())],
            Targets::Group(group) => vec![Target::Group(group.clone())],
            Targets::List(list) => list.targets().collect(),
        }
    }
}

node! {
    /// `[a/b, c/*]`
    TargetList
}

impl TargetList {
    /// In the order written.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        children(self.syntax())
    }
}

node! {
    /// Stages joined by `else`.
    PlanExpression
}

impl PlanExpression {
    /// In the order in which they are tried.
    pub fn stages(&self) -> impl Iterator<Item = Stage> {
        children(self.syntax())
    }
}

node! {
    /// One stage and its time.
    Stage
}

impl Stage {
    /// What is tried.
    pub fn kind(&self) -> Option<StageKind> {
        child(self.syntax())
    }

    /// How long its first content may take.
    pub fn within(&self) -> Option<WithinClause> {
        child(self.syntax())
    }
}

either! {
    /// What a stage names.
    StageKind {
        /// `provider/model`; the grammar lets `provider/*` through, the compiler does not.
        Path(TargetPath),
        /// `plan NAME`
        Plan(PlanRef),
        /// `group NAME`
        Group(GroupRef),
        /// `requested`
        Requested(Requested),
        /// `split by … { … }`
        Split(Split),
        /// `cheapest of […]` and its kin.
        Ordering(Ordering),
    }
}

node! {
    /// `split by ATTRIBUTE { SHARES }`
    Split
}

parts! {
    Split {
        /// What is drawn by; the request's id where left out.
        by: AttributeName,
    }
}

impl Split {
    /// In the order written.
    pub fn shares(&self) -> impl Iterator<Item = SplitShare> {
        children(self.syntax())
    }
}

node! {
    /// `90% provider/model`
    SplitShare
}

parts! {
    SplitShare {
        /// The share.
        share: Literal,
        /// Who gets it; the grammar lets `provider/*` through, the compiler does not.
        target: TargetPath,
    }
}

node! {
    /// `cheapest of [TARGETS]`, `fastest of […]`, `least-busy of […]`
    Ordering
}

parts! {
    Ordering {
        /// What is ordered.
        targets: TargetList,
    }
}

impl Ordering {
    /// `cheapest`, `fastest` or `least-busy`; the parser takes no other.
    pub fn word(&self) -> Option<String> {
        keywords(self.syntax()).next().map(|token| token.text().to_owned())
    }
}

node! {
    /// `within DURATION`
    WithinClause
}

impl WithinClause {
    /// The duration.
    pub fn duration(&self) -> Option<Literal> {
        child(self.syntax())
    }
}
