//! The answer of a program: who is asked, in which order, and the rules behind it.

use crate::catalogue::TargetId;
use crate::plan::{FailureClass, Obligations, Stage};
pub use crate::rule::RuleName;
use crate::value::Instant;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It goes to the plan's candidates.
    Route,
    /// It goes nowhere.
    Deny,
    /// It goes nowhere until somebody grants what can be asked for.
    ApprovalRequired,
    /// It goes nowhere until a counter has room.
    Limited,
}

impl Outcome {
    /// As a decision document spells it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Route => "route",
            Outcome::Deny => "deny",
            Outcome::ApprovalRequired => "approval-required",
            Outcome::Limited => "limited",
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
    /// Why, at least one; in the order approve, forbid (policy order), capability, context, approval.
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

/// A rule that is tried (`observe`) and held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Which.
    pub rule: RuleName,
    /// The targets of the plan of which it held, in plan order; empty for a `deny`.
    pub targets: Vec<TargetId>,
}

/// A migration that applies to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Its name.
    pub name: String,
    /// Whether this request was drawn for the new target.
    pub is_drawn: bool,
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
    /// How often the same candidate is tried again.
    pub retry: u32,
    /// The first and the longest wait before a retry, each a bound of what is drawn, in milliseconds, where written.
    pub backoff_ms: Option<(u64, u64)>,
    /// After so many milliseconds without content the next candidate is asked beside this one, where written.
    pub hedge_ms: Option<u64>,
    /// For the whole exchange, in milliseconds, where written.
    pub deadline_ms: Option<u64>,
    /// Targets that get a copy, each with obligations of its own.
    pub shadow: Vec<TargetId>,
    /// Targets of the plan that may not be asked, in plan order.
    pub removed: Vec<Removed>,
    /// One for each candidate, in plan order, then for each shadow.
    pub obligations: Vec<Owed>,
    /// The limits, and the budgets that deny, which apply; in policy order.
    pub counters: Vec<RuleName>,
    /// The rules behind a decision that is no route, each once; empty for a route.
    pub reasons: Vec<Reason>,
    /// The first approval that can be asked for, where one is required.
    pub approval: Option<String>,
    /// When the last of the counters that have no room has some again, as far as that is known.
    pub until: Option<Instant>,
    /// The rules that are tried and held, in policy order.
    pub observed: Vec<Observed>,
    /// The migrations that apply to the plan, in policy order.
    pub migrations: Vec<Migrated>,
    /// What was found in the prompt, the system prompt included, as far as some rule asks for it that can still matter;
    /// sorted.
    pub findings: Vec<String>,
}

impl Decision {
    /// A decision of that outcome that has reached nothing else.
    pub fn of(outcome: Outcome) -> Decision {
        Decision {
            outcome,
            route: None,
            arm: None,
            plan: Vec::new(),
            failover: Vec::new(),
            retry: 0,
            backoff_ms: None,
            hedge_ms: None,
            deadline_ms: None,
            shadow: Vec::new(),
            removed: Vec::new(),
            obligations: Vec::new(),
            counters: Vec::new(),
            reasons: Vec::new(),
            approval: None,
            until: None,
            observed: Vec::new(),
            migrations: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The candidates in the order in which they are tried, each with its stage's time limit in milliseconds.
    pub fn candidates(&self) -> impl Iterator<Item = (TargetId, Option<u64>)> + '_ {
        self.plan.iter().flat_map(|stage| stage.candidates.iter().map(|target| (*target, stage.within_ms)))
    }
}
