//! The flags of the verbs that compare two policies.

use super::PolicyArgs;
use clap::{Args, ValueEnum};

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Written {
    Human,
    Json,
    Markdown,
}

/// `review`
#[derive(Debug, Args)]
pub(crate) struct Review {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// The revision to compare with, such as origin/main
    #[arg(long, value_name = "REVISION")]
    pub(crate) base: String,
    /// Also say which requests of this decision log would be decided differently: a gateway's store or a file, as for
    /// `replay`
    #[arg(long, value_name = "SOURCE")]
    pub(crate) log: Option<String>,
    /// The day that counts as today [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}

/// What may not be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Denied {
    /// Requests may go to more targets, or to another place
    Widens,
    /// Requests are routed that were not
    Serves,
    /// Requests are not routed any more
    Denies,
    /// Requests lose a target
    Narrows,
    /// An approval can be asked for on one side only
    Approval,
    /// The same targets in another order, share or time
    Reroutes,
    /// Other redactions, flags or log levels
    Inspection,
    /// Other counters or caps
    Limits,
    /// Something that begins to differ at a later time
    Later,
    /// What carries decisions out is another
    Execution,
    /// A guarantee is gone, weaker, or fails
    PromiseRemoved,
}

impl Denied {
    /// As it is written.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// `diff`
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// What was: a file, a folder, a built program, or REVISION:PATH
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// What is proposed
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Written::Human)]
    pub(crate) format: Written,
    /// Exit with 1 where any request is decided or carried out differently, or a guarantee is lost
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Exit with 1 where one of these is so, separated by commas
    #[arg(long, value_enum, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) deny: Vec<Denied>,
    /// The day from which on requests are compared [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}
