//! `diff`: what two policies decide differently, exactly.

use super::check::{as_of, date};
use crate::args::{Denied, Diff, Written};
use crate::change::{Compared, Side, human, json, markdown};
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::revision::named;
use wayleave_compiler::change::Kind;

pub(super) fn run(arguments: &Diff, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = as_of(arguments.as_of.as_deref())?;
    let old = Side::of(named(&arguments.old)?, as_of, terminal)?;
    let new = Side::of(named(&arguments.new)?, as_of, terminal)?;
    let compared = Compared::of(old, new, as_of);
    let day = date(as_of);
    let text = match arguments.format {
        Written::Human => human(&compared, &day, terminal),
        Written::Json => format!("{:#}\n", json(&compared, &day)),
        Written::Markdown => markdown::difference(&compared, &day),
    };
    print(&text)?;
    let struck: Vec<String> = arguments
        .deny
        .iter()
        .filter(|denied| strikes(**denied, &compared))
        .map(|denied| denied.name())
        .collect();
    if !struck.is_empty() {
        note(&format!("denied here: {}\n", struck.join(", ")));
        return Ok(Exit::No);
    }
    let is_lost = strikes(Denied::PromiseRemoved, &compared);
    let is_different = arguments.exit_code && (!compared.change.is_equal() || is_lost);
    Ok(if is_different { Exit::No } else { Exit::Yes })
}

/// Whether something that is denied is so.
fn strikes(denied: Denied, compared: &Compared) -> bool {
    let change = &compared.change;
    let kind = |kind: Kind| change.has(kind);
    match denied {
        Denied::Widens => kind(Kind::Widens),
        Denied::Serves => kind(Kind::Serves),
        Denied::Denies => kind(Kind::Denies),
        Denied::Narrows => kind(Kind::Narrows),
        Denied::Approval => kind(Kind::Approval),
        Denied::Reroutes => kind(Kind::Reroutes),
        Denied::Inspection => kind(Kind::Inspection),
        Denied::Limits => kind(Kind::Limits),
        Denied::Later => kind(Kind::Later),
        Denied::Execution => !change.execution.is_empty(),
        Denied::PromiseRemoved => change.promises.iter().any(|promise| promise.state.is_loss()),
    }
}
