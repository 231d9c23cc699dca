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
    let is_different = arguments.exit_code && replayed.tally.different > 0;
    Ok(if is_different { Exit::No } else { Exit::Yes })
}
