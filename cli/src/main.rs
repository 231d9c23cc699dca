//! The binary `wayleave`: flags to command to exit status. The only crate that touches disk, terminal and environment.

mod args;

mod change;

mod output;

mod duration;

mod environment;

mod load;

mod compile;

mod difference;

mod graph;

mod replace;

mod deciding;

mod report;

mod revision;

mod strangers;

mod waiting;

mod watch;

mod storage;

mod certificate;

mod memory;

mod settings;

mod select;

mod replay;

mod reload;

mod gateway;

mod signals;

mod question;

mod access;

mod commands;

use args::Arguments;
use clap::Parser;
use output::{Exit, Terminal};
use std::process::ExitCode;

#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| output::note(&mistake(panic.location()))));
    let arguments = Arguments::parse();
    let no_color = environment::variable("NO_COLOR");
    let terminal = Terminal::of_process(arguments.color, no_color.as_deref());
    match commands::run(arguments.verb, terminal) {
        Ok(Exit::Yes) => ExitCode::SUCCESS,
        Ok(Exit::No) => ExitCode::FAILURE,
        Ok(Exit::Unknown) => ExitCode::from(2),
        Ok(Exit::Interrupted) => ExitCode::from(signals::INTERRUPTED),
        Err(failure) => terminal.fail(&failure),
    }
}

/// What is said of a mistake of ours. Its own words may quote what was being read, a prompt or a policy, so they are not.
fn mistake(place: Option<&std::panic::Location<'_>>) -> String {
    let place = place.map(ToString::to_string).unwrap_or_default();
    format!("error: a mistake in wayleave itself, at {place}\n  help: report it with this place\n")
}
