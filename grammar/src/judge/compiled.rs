//! `route.pest`, compiled by pest's macro, which numbers its rules.

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../route.pest"]
pub(super) struct Grammar;
