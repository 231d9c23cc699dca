//! The flags that select decisions of the log, and those of `replay`.

use super::{Decided, Written};
use clap::Args;

/// Which decisions; all that are given must hold.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only of this team
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,
    /// Only of this application
    #[arg(long, value_name = "APP")]
    pub(crate) app: Option<String>,
    /// Only of this caller
    #[arg(long, value_name = "ID")]
    pub(crate) caller: Option<String>,
    /// Only what asked for this model
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Only what this target served
    #[arg(long, value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// Only what this route took
    #[arg(long, value_name = "NAME")]
    pub(crate) route: Option<String>,
    /// Only what was decided so
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) decision: Option<Decided>,
    /// Only what ended so: ok, denied_policy, rate_limited, upstream_error …
    #[arg(long, value_name = "NAME")]
    pub(crate) outcome: Option<String>,
    /// Only since then: a date, an instant, or as long ago as `15min` or `7d`
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
}

/// `replay`
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The decision log: a gateway's store, or a file of JSON lines as `wayleave log --format json` prints them; `-` reads
    /// such lines from standard input
    #[arg(long, value_name = "SOURCE")]
    pub(crate) log: String,
    /// What is proposed: a file, a folder, a built program, or REVISION:PATH
    #[arg(long, value_name = "NEW")]
    pub(crate) policy: String,
    /// Compare with what this policy decides, in place of what was decided then
    #[arg(long, value_name = "OLD")]
    pub(crate) against: Option<String>,
    #[command(flatten)]
    pub(crate) select: Selection,
    /// At most so many, the newest first; of a file the first
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Written::Human)]
    pub(crate) format: Written,
    /// Exit with 1 where any request is decided differently
    #[arg(long)]
    pub(crate) exit_code: bool,
}
