//! `replay`: which recorded requests a policy would decide differently.

use super::check::as_of;
use crate::args::{Replay, Written};
use crate::output::{Exit, Failure, Terminal, print};
use crate::replay::{Asked, Side, Source, human, json, markdown, replay};
use crate::select::filter;
use crate::waiting::Waiting;

pub(super) fn run(arguments: &Replay, terminal: Terminal) -> Result<Exit, Failure> {
    let filter = filter(&arguments.select)?;
    let today = as_of(None)?;
    let new = Side::of(&arguments.policy, today, terminal)?;
    let old = arguments.against.as_deref().map(|name| Side::of(name, today, terminal)).transpose()?;
    let source = Source::open(&arguments.log)?;
    let asked = Asked { new, old, filter, limit: arguments.limit };
    let replayed = Waiting::with("replaying", |progress| replay(source, asked, progress))?;
    let text = match arguments.format {
        Written::Human => human(&replayed, terminal),
        Written::Json => format!("{:#}\n", json(&replayed)),
        Written::Markdown => markdown::section(&replayed),
    };
    print(&text)?;
    let tally = &replayed.tally;
    Ok(match arguments.exit_code && tally.different > 0 {
        true => Exit::No,
        // That nothing differs would be a claim about nothing.
        false if arguments.exit_code && replayed.is_all_refused() => Exit::Unknown,
        false if (arguments.exit_code || tally.read > 0) && tally.replayed == 0 => Exit::Unknown,
        false => Exit::Yes,
    })
}
