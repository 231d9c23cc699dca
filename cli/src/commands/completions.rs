//! `completions`: what makes a shell complete commands and flags, made from their definitions.

use crate::args::{Arguments, Completions};
use crate::output::{Exit, Failure, print};
use clap::CommandFactory;

pub(super) fn run(completions: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Arguments::command(), "wayleave", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Yes)
}
