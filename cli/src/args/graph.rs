//! The flags of `graph`.

use super::PolicyArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What stands below its flags.
pub(super) const HELP: &str = "Examples:\n  wayleave graph policies --output policy.svg   for a page, a wall, a review\n  \
    wayleave graph policies --format dot | dot -Tpdf >policy.pdf\n  \
    wayleave graph policies --route chat >chat.svg\n\n\
    From left to right: what is refused at once, which route takes a request and who is asked in which order, and who may be \
    asked at all. Conditions stand in the policy's words, shortened with `…`; pointing at a box shows the whole rule and its \
    line. Exit status: 0 drawn, 2 the policy has errors or is too large for one picture, or a file could not be read or \
    written.";

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawn {
    /// A picture that stands alone, for browsers and pages
    Svg,
    /// What Graphviz lays out
    Dot,
}

/// `graph`
#[derive(Debug, Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// How the picture is written [default: by FILE's ending, else svg]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Drawn>,
    /// The file to write, whole or not at all; `-` is standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only this route, with those inside it and the targets that it leads to
    #[arg(long, value_name = "NAME")]
    pub(crate) route: Option<String>,
    /// The day that counts as today, for ramps and for rules that begin or end [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
}
