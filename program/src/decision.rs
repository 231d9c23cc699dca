//! The answer of a program: who is asked, in which order, and the rules behind it.

use crate::catalogue::TargetId;
use crate::plan::{FailureClass, Obligations, Stage};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It goes to the plan's candidates.
    Route,
    /// It goes nowhere.
    Deny,
}

impl Outcome {
    /// As a decision document spells it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Route => "route",
            Outcome::Deny => "deny",
        }
    }
}

/// What stands behind a removal or a denial, as a decision document names it in `by`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleName {
    /// `deny NAME`
    Deny(String),
    /// `forbid NAME`
    Forbid(String),
    /// `route NAME`: an arm that denies.
    Route(String),
    /// No route answers.
    Otherwise,
    /// Nothing approves the target.
    Approve,
    /// The target lacks something that the request needs.
    Capability,
    /// The request does not fit the target's context.
    Context,
    /// The caller's `model` names nothing that the plan could ask.
    Requested,
}

impl std::fmt::Display for RuleName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RuleName::Deny(name) => write!(f, "deny {name}"),
            RuleName::Forbid(name) => write!(f, "forbid {name}"),
            RuleName::Route(name) => write!(f, "route {name}"),
            RuleName::Otherwise => f.write_str("otherwise"),
            RuleName::Approve => f.write_str("approve"),
            RuleName::Capability => f.write_str("capability"),
            RuleName::Context => f.write_str("context"),
            RuleName::Requested => f.write_str("requested"),
        }
    }
}

/// A rule and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which rule.
    pub by: RuleName,
    /// Its `because`, or built-in words where it has none.
    pub words: String,
}

/// A target of the plan that may not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Which.
    pub target: TargetId,
    /// Why, at least one; in the order approve, forbid (policy order), capability, context.
    pub reasons: Vec<Reason>,
}

/// A candidate's obligations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Whose.
    pub target: TargetId,
    /// What.
    pub obligations: Obligations,
}

/// One request's decision. Fields that it does not reach (a plan after a denial) are empty or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of the request.
    pub outcome: Outcome,
    /// The innermost route that answers.
    pub route: Option<String>,
    /// The arm of that route, from 0; none for a route without arms.
    pub arm: Option<u32>,
    /// The stages, each with at least one candidate; no target twice.
    pub plan: Vec<Stage>,
    /// The failures after which the next candidate is tried; empty after a denial.
    pub failover: Vec<FailureClass>,
    /// Targets of the plan that may not be asked, in plan order.
    pub removed: Vec<Removed>,
    /// One for each candidate, in plan order.
    pub obligations: Vec<Owed>,
    /// The rules behind a denial, in policy order, each once; empty for a route.
    pub reasons: Vec<Reason>,
}

impl Decision {
    /// The candidates in the order in which they are tried, each with its stage's time limit in milliseconds.
    pub fn candidates(&self) -> impl Iterator<Item = (TargetId, Option<u64>)> + '_ {
        self.plan.iter().flat_map(|stage| stage.candidates.iter().map(|target| (*target, stage.within_ms)))
    }
}
