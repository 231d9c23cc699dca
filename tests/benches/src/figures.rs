//! What was measured, as plain data: a line of JSON for each engine and policy, from which the page is made.

use crate::timing::Times;
use serde::{Deserialize, Serialize};

/// A policy and what requests find in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The family's name.
    pub family: String,
    /// How many rules.
    pub rules: usize,
    /// Of a hundred requests so many meet no rule.
    pub unmatched_percent: f64,
    /// Of the requests that meet one, the median position of the rule.
    pub median_rule: u32,
    /// The policy's text in Wayleave's language, the list alone.
    pub route_bytes: usize,
}

/// One engine on one policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The engine's id.
    pub engine: String,
    /// The family's name.
    pub family: String,
    /// How many rules.
    pub rules: usize,
    /// What was found, or why there is nothing.
    pub result: Result<Found, String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// From the texts to the point where requests are answered.
    pub load_ms: f64,
    /// Bytes that the loaded policy holds.
    pub held_bytes: i64,
    /// Allocations per decision, the mean.
    pub allocations: f64,
    /// Decisions on requests in the engine's own form.
    pub prepared: Times,
    /// Decisions with putting the request into that form.
    pub afresh: Option<Times>,
}

/// Under which conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The day.
    pub date: String,
    /// The commit, and whether files differed from it.
    pub commit: String,
    /// The processor's name.
    pub processor: String,
    /// Processors that the run could use.
    pub cores: usize,
    /// The compiler.
    pub rustc: String,
    /// Processes that wanted a processor, the mean of the minute before the run.
    pub load_before: f64,
    /// What reading the clock costs.
    pub clock_ns: f64,
    /// The plain loop over the same 1,000 rules at the beginning and at the end of the run, median in nanoseconds.
    pub plain_ns: Vec<f64>,
    /// The time that an engine had on each policy, in milliseconds.
    pub budget_ms: u64,
}

/// All of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Under which conditions.
    pub conditions: Conditions,
    /// Of each policy.
    pub shapes: Vec<Shape>,
    /// Of each engine and policy.
    pub figures: Vec<Figure>,
}

impl Run {
    /// What was found of an engine on a policy, if that was part of the run.
    pub fn find(&self, engine: &str, family: &str, rules: usize) -> Option<&Result<Found, String>> {
        let is_it =
            |figure: &&Figure| figure.engine == engine && figure.family == family && figure.rules == rules;
        self.figures.iter().find(is_it).map(|figure| &figure.result)
    }
}
