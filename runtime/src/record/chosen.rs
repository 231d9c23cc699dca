//! Why a target served and no other: that it is not the one which was asked for is no proof that anything failed.

use serde::{Deserialize, Serialize};

/// Why the target that served is the one. What happened while the plan was tried comes before what the plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// The caller's `model` names it.
    Requested,
    /// The caller's `model` is an alias, and the plan has it first.
    Alias,
    /// The plan has it first, whatever the caller's `model` names.
    Plan,
    /// A split has drawn it.
    Split,
    /// It is the cheapest of those that the plan has there.
    Cheapest,
    /// A rule took the target away that the caller's `model` names: for its region, for want of an approval.
    Removed,
    /// A migration has drawn the request.
    Migration,
    /// It was measured as faster or less busy than the one that the plan has before it.
    Measured,
    /// A candidate before it was passed over.
    PassedOver,
    /// A candidate before it failed.
    Failover,
    /// A candidate before it was slower.
    Hedge,
}

impl Chosen {
    /// As the log spells it.
    pub fn name(self) -> &'static str {
        match self {
            Chosen::Requested => "requested",
            Chosen::Alias => "alias",
            Chosen::Plan => "plan",
            Chosen::Split => "split",
            Chosen::Cheapest => "cheapest",
            Chosen::Removed => "removed",
            Chosen::Migration => "migration",
            Chosen::Measured => "measured",
            Chosen::PassedOver => "passed_over",
            Chosen::Failover => "failover",
            Chosen::Hedge => "hedge",
        }
    }
}
