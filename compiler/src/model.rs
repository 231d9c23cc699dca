//! The typed policy: every name resolved, every condition typed, every unit normalised, every plan expanded, spans kept.
//! A [`Policy`] is built only from sources without errors.

pub mod condition;

pub mod lower;

mod canonical;

pub use condition::{Condition, Interval, Order, Predicate, Subject, TargetField, Test};

use crate::source::Span;
use wayleave_program::Fingerprint;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::schema::{AttributeId, Schema};
use wayleave_program::value::{Instant, MemberId, Value};

/// The position of a definition in [`Policy::definitions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefinitionId(pub u32);

/// The position of a fact in [`Policy::facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactId(pub u32);

/// The position of a route in [`Policy::routes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteId(pub u32);

/// A whole policy.
#[derive(Debug)]
pub struct Policy {
    /// What can be known of a request.
    pub schema: Schema,
    /// What can be called.
    pub catalogue: Catalogue,
    /// Declared facts of targets, in policy order.
    pub facts: Vec<Fact>,
    /// Defines and classifications, each after those it names.
    pub definitions: Vec<Definition>,
    /// In policy order, as are all lists below.
    pub approvals: Vec<Approval>,
    /// Rules about requests.
    pub denials: Vec<Denial>,
    /// Rules about request and target.
    pub prohibitions: Vec<Prohibition>,
    /// Routes, outer ones anywhere among inner ones.
    pub routes: Vec<Route>,
    /// The answer to requests that no route takes.
    pub otherwise: Otherwise,
    /// Examples.
    pub examples: Vec<Example>,
    /// Which policy this is.
    pub fingerprint: Fingerprint,
}

/// A declared attribute of targets.
#[derive(Debug, Clone)]
pub struct Fact {
    /// With its `target.`.
    pub name: String,
    /// Of its values.
    pub value_type: wayleave_program::schema::Type,
    /// Indexed by [`TargetId`].
    pub values: Vec<Value>,
}

/// A named condition, or an attribute that is computed.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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

/// When a rule is in force: half-open, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first instant.
    pub from: Option<Instant>,
    /// The first instant no more.
    pub until: Option<Instant>,
}

/// `approve`
#[derive(Debug, Clone)]
pub struct Approval {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// What it speaks about, ascending.
    pub targets: Vec<TargetId>,
    /// When it holds.
    pub condition: Condition,
    /// When it is in force.
    pub period: Period,
    /// Its `until` clause.
    pub until_at: Option<Span>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who approved it.
    pub by: Option<String>,
    /// Where that is recorded.
    pub reference: Option<String>,
}

/// `deny`
#[derive(Debug, Clone)]
pub struct Denial {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// When it holds.
    pub condition: Condition,
    /// When it is in force.
    pub period: Period,
    /// What the caller is told.
    pub because: Option<String>,
}

/// `forbid`
#[derive(Debug, Clone)]
pub struct Prohibition {
    /// Its name.
    pub name: String,
    /// The whole item.
    pub span: Span,
    /// What it speaks about, ascending.
    pub targets: Vec<TargetId>,
    /// When it holds.
    pub condition: Condition,
    /// When it is in force.
    pub period: Period,
    /// What the caller is told.
    pub because: Option<String>,
}

/// `route`
#[derive(Debug, Clone)]
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

/// What a route answers.
#[derive(Debug, Clone)]
pub enum RouteBody {
    /// One plan.
    Plan(Plan),
    /// The first arm that holds; the last one always does.
    Arms(Vec<Arm>),
}

/// One arm of a route.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The whole arm.
    pub span: Span,
    /// When it holds.
    pub condition: Condition,
    /// What it answers.
    pub outcome: ArmOutcome,
}

/// What an arm answers.
#[derive(Debug, Clone)]
pub enum ArmOutcome {
    /// A plan.
    Plan(Plan),
    /// A denial, with these words.
    Deny(String),
}

/// Stages in the order in which they are tried; groups and named plans written out, no target twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// At least one.
    pub stages: Vec<PlanStage>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStage {
    /// Who is asked.
    pub who: Who,
    /// Until the first content, in milliseconds.
    pub within_ms: Option<u64>,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// One target.
    Target(TargetId),
    /// The targets that the caller named, each a stage.
    Requested,
}

/// `otherwise deny "…"`
#[derive(Debug, Clone)]
pub struct Otherwise {
    /// The whole item.
    pub span: Span,
    /// What the caller is told.
    pub words: String,
}

/// A `test`.
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The whole clause.
    pub span: Span,
    /// What.
    pub what: Expected,
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}
