//! The flags of the verbs that answer what people ask about a policy.

use super::{Format, PolicyArgs};
use clap::Args;

/// `approvals`
#[derive(Debug, Args)]
pub(crate) struct Approvals {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Only those of this owner; an empty one: those without
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// Only those that have ended or end within this time, such as `90d`
    #[arg(long, value_name = "DURATION")]
    pub(crate) ending: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The day that counts as today; what rests on an approval is asked from then on [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// Which policy is asked, from when on, and how it answers.
#[derive(Debug, Args)]
pub(crate) struct QuestionArgs {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// The day from which on requests are asked about [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// `who-can`
#[derive(Debug, Args)]
pub(crate) struct WhoCan {
    /// The target: `provider/model`, a model's name, or `provider/*`
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

/// `what-can`
#[derive(Debug, Args)]
pub(crate) struct WhatCan {
    /// The team; those below it count as its own
    #[arg(value_name = "TEAM")]
    pub(crate) team: String,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

/// `describe`
#[derive(Debug, Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
    /// Only these routes; in the policy's own folder they are enough, without POLICY
    #[arg(value_name = "ROUTE")]
    pub(crate) routes: Vec<String>,
}
