//! The typed policy: every name resolved, every condition typed, every unit normalised, every plan expanded, spans kept.
//! A [`Policy`] is built only from sources without errors.

pub mod condition;

pub mod lower;

mod canonical;

mod reads;

pub(crate) mod draw;

mod steps;

pub use condition::{Condition, Interval, Order, Pattern, Predicate, Subject, TargetField, Test};

use crate::source::{FileId, Sources, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use wayleave_inspect::Detectors;
use wayleave_program::Fingerprint;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::RuleName;
use wayleave_program::detector::DetectorId;
use wayleave_program::plan::{FailureClass, LogLevel, Place, TryOrder};
use wayleave_program::schema::{AttributeId, Schema};
use wayleave_program::value::{Instant, MemberId, Share, UsdMicros, Value};
use wayleave_program::zone;

/// The position of a definition in [`Policy::definitions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DefinitionId(pub u32);

/// The position of a fact in [`Policy::facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FactId(pub u32);

/// The position of a route in [`Policy::routes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RouteId(pub u32);

/// A whole policy.
#[derive(Serialize, Deserialize)]
pub struct Policy {
    /// What can be known of a request.
    pub schema: Schema,
    /// What can be called, and what is looked for in texts.
    pub catalogue: Catalogue,
    /// The detectors that are pure functions of a text and that some condition asks for; made from the catalogue.
    #[serde(skip)]
    pub detectors: BTreeMap<DetectorId, Detectors>,
    /// Declared facts of targets, in policy order.
    pub facts: Vec<Fact>,
    /// Defines and classifications, each after those it names.
    pub definitions: Vec<Definition>,
    /// In policy order, as are all lists below.
    pub approvals: Vec<Rule<Approve>>,
    /// Rules about requests.
    pub denials: Vec<Rule<Deny>>,
    /// Rules about request and target.
    pub prohibitions: Vec<Rule<Forbid>>,
    /// What is masked.
    pub redactions: Vec<Rule<Redact>>,
    /// What is marked.
    pub flags: Vec<Rule<Flag>>,
    /// What needs a grant.
    pub requirements: Vec<Rule<Requirement>>,
    /// How much output may be asked for.
    pub caps: Vec<Rule<Cap>>,
    /// What the decision log keeps.
    pub logs: Vec<Rule<Log>>,
    /// Limits and budgets.
    pub counters: Vec<Counter>,
    /// Routes, outer ones anywhere among inner ones.
    pub routes: Vec<Route>,
    /// The answer to requests that no route takes.
    pub otherwise: Otherwise,
    /// Moves from one target to another.
    pub migrations: Vec<Migration>,
    /// What the policy promises.
    pub guarantees: Vec<Guarantee>,
    /// Examples.
    pub examples: Vec<Example>,
    /// What conditions are made of, by place; of a built program nothing.
    #[serde(skip)]
    pub operands: Vec<Arc<Operand>>,
    /// Files that are delegated, by number, each with the condition of its requests.
    pub delegations: Vec<(FileId, Condition)>,
    /// Names and texts of its files, the root's first.
    pub(crate) texts: Vec<(String, String)>,
    /// Which policy this is, once somebody asks: a check does not.
    #[serde(skip)]
    pub(crate) fingerprint: OnceLock<Fingerprint>,
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("fingerprint", self.fingerprint()).finish_non_exhaustive()
    }
}

impl Policy {
    /// Which policy this is.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| canonical::fingerprint(self))
    }

    /// The texts that it was checked from, read again.
    pub fn sources(&self) -> Sources {
        let root = self.texts.first().map_or("", |(name, _)| name.as_str());
        let mut read = |name: &str| {
            let found = self.texts.iter().find(|(known, _)| known == name);
            found.map(|(_, text)| text.clone()).ok_or_else(|| "it is not among the policy's texts".to_owned())
        };
        Sources::gather(root, &mut read).unwrap_or_else(|_| Sources::single(root, ""))
    }

    /// What a detector that is a pure function of texts finds in one of them; nothing where no rule asks for it.
    pub fn find(&self, detector: DetectorId, text: &str) -> BTreeSet<String> {
        let looking = self.detectors.get(&detector);
        let found = looking.is_some_and(|detectors| !detectors.found(text).is_empty());
        found.then(|| self.catalogue.detector(detector).name.clone()).into_iter().collect()
    }
}

/// A declared attribute of targets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fact {
    /// With its `target.`.
    pub name: String,
    /// Of its values.
    pub value_type: wayleave_program::schema::Type,
    /// Indexed by [`TargetId`].
    pub values: Vec<Value>,
}

/// A named condition, or an attribute that is computed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Definition {
    /// As the policy writes it.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// What it gives.
    pub body: DefinitionBody,
    /// Whether it tests the target, directly or through others.
    pub tests_target: bool,
}

/// What a definition gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum DefinitionBody {
    /// A truth.
    Define(Condition),
    /// A value for an attribute: that of the first arm that holds.
    Classify {
        /// Which attribute.
        attribute: AttributeId,
        /// In the order written.
        arms: Vec<(Condition, MemberId)>,
        /// If none holds.
        otherwise: MemberId,
    },
}

impl DefinitionBody {
    /// Its conditions, in the order written.
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            DefinitionBody::Define(condition) => vec![condition],
            DefinitionBody::Classify { arms, .. } => arms.iter().map(|(condition, _)| condition).collect(),
        }
    }
}

/// A part of a written condition that `and`, `or` and `not` join: one test, or one name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operand {
    /// Where it stands.
    pub span: Span,
    /// What it asks.
    pub condition: Condition,
}

/// When a rule is in force: half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Period {
    /// The first instant.
    pub from: Option<Instant>,
    /// The first instant no more.
    pub until: Option<Instant>,
}

/// A rule of which it can be tried what it would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule<Body> {
    /// Its name.
    pub name: String,
    /// The whole item, without an `observe` before it.
    pub span: Span,
    /// When it holds.
    pub condition: Condition,
    /// When it is in force.
    pub period: Period,
    /// Whether it is recorded and not enforced (`observe`).
    pub is_tried: bool,
    /// What it says.
    pub body: Body,
}

/// What an `approve` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approve {
    /// What it speaks about, ascending.
    pub targets: Vec<TargetId>,
    /// Its `until` clause.
    pub until_at: Option<Span>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who approved it.
    pub by: Option<String>,
    /// Where that is recorded.
    pub reference: Option<String>,
}

/// What a `deny` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deny {
    /// What the caller is told.
    pub because: Option<String>,
}

/// What a `forbid` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forbid {
    /// What it speaks about, ascending.
    pub targets: Vec<TargetId>,
    /// What the caller is told.
    pub because: Option<String>,
}

/// What a `redact` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Redact {
    /// The findings, each once, in the order written.
    pub findings: Vec<String>,
    /// Where they are masked.
    pub place: Place,
    /// Whether the caller gets the originals back.
    pub is_restored: bool,
}

/// What a `flag` says: its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flag;

/// What a `require approval` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Requirement {
    /// The group that grants.
    pub by: String,
    /// What a grant is given to, one for each value.
    pub each: AttributeId,
    /// How long a grant holds, in milliseconds; without end where left out.
    pub valid_ms: Option<u64>,
    /// What the caller is told.
    pub because: Option<String>,
}

/// What a `cap` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cap {
    /// So many output tokens at most, above 0.
    pub tokens: u64,
}

/// What a `log` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Log {
    /// How much is kept.
    pub level: LogLevel,
}

/// A `limit` or a `budget`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Counter {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// Which requests it counts.
    pub condition: Condition,
    /// What is counted, and how much of it there may be.
    pub amount: Amount,
    /// A counter for each value of this; one for all where left out.
    pub each: Option<AttributeId>,
    /// The attribute that holds how much of it is used.
    pub used: AttributeId,
    /// At which share its owner is warned.
    pub warn: Option<Share>,
    /// Whether a request for which there is no room is refused.
    pub is_enforced: bool,
}

/// How much of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// So many requests in a sliding window of so many milliseconds.
    Requests(u64, u64),
    /// So many tokens in a sliding window of so many milliseconds.
    Tokens(u64, u64),
    /// So much money in a calendar period.
    Money(UsdMicros, zone::Period),
}

impl Counter {
    /// As a decision names it.
    pub fn rule_name(&self) -> RuleName {
        match self.amount {
            Amount::Requests(..) | Amount::Tokens(..) => RuleName::Limit(self.name.clone()),
            Amount::Money(..) => RuleName::Budget(self.name.clone()),
        }
    }
}

/// `migrate`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Migration {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// Which requests it moves.
    pub condition: Condition,
    /// The target that is left.
    pub old: TargetId,
    /// The target that takes its place.
    pub new: TargetId,
    /// What its draws go by; the request's id where left out.
    pub sticky: Option<AttributeId>,
    /// From when on which share is moved, rising in both; none before the first.
    pub ramp: Vec<(Instant, Share)>,
    /// The share of the other requests that is copied to the new target, and until when.
    pub shadow: Option<(Share, Option<Instant>)>,
    /// When it goes back.
    pub rollback: Option<Rollback>,
}

/// When a migration goes back by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// Over which time it is looked at, in milliseconds.
    pub over_ms: u64,
    /// More failed attempts than this share.
    pub errors: Option<Share>,
    /// A longer median time to the first token than this, in milliseconds.
    pub first_token_ms: Option<u64>,
}

/// `guarantee`: kept here, proven elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Guarantee {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// What it claims.
    pub claim: Claim,
}

/// What a guarantee claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Claim {
    /// The first is true of every attempt of which the second is.
    Always(Condition, Condition),
    /// Every such request is denied.
    Denied(Condition),
    /// Every such request is routed.
    Served(Condition),
    /// Every such request that is routed has so many of these among its candidates.
    AtLeast(u32, Counted, Condition),
    /// Every such attempt masks these findings.
    Redacted(Vec<String>, Condition),
}

/// What a guarantee counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counted {
    /// `providers`
    Providers,
    /// `models`
    Models,
}

/// `route`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// From `route` to the end of its `when`, `inside` and `to`, without arms.
    pub head: Span,
    /// The route whose requests it takes a part of.
    pub inside: Option<RouteId>,
    /// Its own condition; the outer ones' hold too.
    pub condition: Condition,
    /// What it answers.
    pub body: RouteBody,
}

impl RouteBody {
    /// Its plans, in the order written.
    pub fn plans(&self) -> Vec<&Plan> {
        match self {
            RouteBody::Plan(plan) => vec![plan],
            RouteBody::Arms(arms) => arms.iter().filter_map(|arm| arm.outcome.plan()).collect(),
        }
    }
}

/// What a route answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum RouteBody {
    /// One plan.
    Plan(Plan),
    /// The first arm that holds; the last one always does.
    Arms(Vec<Arm>),
}

/// One arm of a route.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arm {
    /// The whole arm.
    pub span: Span,
    /// When it holds.
    pub condition: Condition,
    /// What it answers.
    pub outcome: ArmOutcome,
}

/// What an arm answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ArmOutcome {
    /// A plan.
    Plan(Plan),
    /// A denial, with these words.
    Deny(String),
}

impl ArmOutcome {
    /// The plan, if it is no denial.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            ArmOutcome::Plan(plan) => Some(plan),
            ArmOutcome::Deny(_) => None,
        }
    }
}

/// Stages in the order in which they are tried; groups and named plans written out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// At least one.
    pub stages: Vec<PlanStage>,
    /// How they are tried.
    pub tries: Tries,
}

/// How a plan's candidates are tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// The failures that lead to the next candidate, in the order written.
    pub failover: Vec<FailureClass>,
    /// How often the same candidate is tried again.
    pub retry: u32,
    /// The least and the longest wait before that, in milliseconds.
    pub backoff_ms: Option<(u64, u64)>,
    /// When the next candidate is asked beside this one, in milliseconds.
    pub hedge_ms: Option<u64>,
    /// For the whole exchange, in milliseconds.
    pub deadline_ms: Option<u64>,
}

impl Default for Tries {
    fn default() -> Tries {
        Tries {
            failover: FailureClass::DEFAULT.to_vec(),
            retry: 0,
            backoff_ms: None,
            hedge_ms: None,
            deadline_ms: None,
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStage {
    /// Who is asked.
    pub who: Who,
    /// Until the first content, in milliseconds.
    pub within_ms: Option<u64>,
}

impl PlanStage {
    /// What orders so many candidates that are left of it.
    pub fn order(&self, candidates: usize) -> TryOrder {
        match &self.who {
            Who::Ordered(Ordering::Fastest, _) if candidates > 1 => TryOrder::Fastest,
            Who::Ordered(Ordering::LeastBusy, _) if candidates > 1 => TryOrder::LeastBusy,
            Who::Ordered(Ordering::Cheapest, _) if candidates > 1 => TryOrder::Cheapest,
            Who::Split(..) => TryOrder::Drawn,
            Who::Ordered(..) | Who::Target(_) | Who::Requested => TryOrder::Given,
        }
    }
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// One target.
    Target(TargetId),
    /// The targets that the caller named, each a stage.
    Requested,
    /// One of these, drawn among those that are eligible; by an attribute, or else by the request's id.
    Split(Option<AttributeId>, Vec<(Share, TargetId)>),
    /// All of these, in an order.
    Ordered(Ordering, Vec<TargetId>),
}

/// In which order the members of a stage are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ordering {
    /// By input and output price together.
    Cheapest,
    /// By recent time to the first token.
    Fastest,
    /// By requests under way.
    LeastBusy,
}

/// `otherwise deny "…"`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Otherwise {
    /// The whole item.
    pub span: Span,
    /// What the caller is told.
    pub words: String,
}

/// A `test`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Example {
    /// Its title.
    pub name: String,
    /// Of the title.
    pub span: Span,
    /// What is given.
    pub given: Attributes,
    /// What is expected, at least one.
    pub expects: Vec<Expectation>,
}

/// One `expect`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expectation {
    /// The whole clause.
    pub span: Span,
    /// What.
    pub what: Expected,
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// This route answers.
    Route(String),
    /// Exactly these candidates in this order.
    To(Vec<TargetId>),
    /// None of these is a candidate.
    Never(Vec<TargetId>),
    /// This `deny` holds.
    Deny(String),
    /// No route answers.
    Otherwise,
    /// This approval can be asked for.
    Approval(String),
    /// This limit or budget has no room.
    Limited(String),
    /// Every candidate masks these findings.
    Redact(Vec<String>),
    /// Some candidate is called with this flag.
    Flag(String),
    /// This target gets a copy.
    Shadow(TargetId),
}
