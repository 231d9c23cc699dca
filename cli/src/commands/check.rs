//! `check`: what is wrong with a policy, drawn in its text or as JSON.

use crate::args::{Check, Deny, Format};
use crate::output::{Exit, Failure, Terminal, print};
use crate::{environment, load};
use std::mem::ManuallyDrop;
use wayleave_compiler::diagnostic::render::{Counts, render_human, render_json};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Code, Options, Severity, check};
use wayleave_program::instant;
use wayleave_program::value::Instant;

pub(super) fn run(arguments: &Check, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = as_of(arguments.as_of.as_deref())?;
    let root = load::root_file(&arguments.policy.policy)?;
    // The process ends with this: taking a large policy's trees apart would cost a tenth of it.
    let sources = ManuallyDrop::new(load::sources(&root)?);
    // Every check is direct, so `--quick` leaves nothing out.
    let Check { quick: _, notes, .. } = arguments;
    let checked = ManuallyDrop::new(check(&sources, &Options { as_of }));
    let mut diagnostics = checked.diagnostics.clone();
    diagnostics.retain(|told| *notes || told.severity != Severity::Note);
    let counts = Counts::of(&diagnostics);
    let date = date(as_of);
    match arguments.format {
        Format::Json => print(&format!("{:#}\n", render_json(&diagnostics, &sources, &date)))?,
        Format::Human if diagnostics.is_empty() => print(&clean(&sources, &date))?,
        Format::Human => print(&render_human(&diagnostics, &sources, terminal.output_style()))?,
    }
    let is_denied = match arguments.deny {
        // That an approval ends is for its owner to see to; a date that passes must not stop a merge.
        Some(Deny::Warnings) => diagnostics.iter().any(|told| {
            told.severity == Severity::Error || told.severity == Severity::Warning && told.code != Code::R0310
        }),
        None => counts.errors > 0,
    };
    Ok(if is_denied { Exit::No } else { Exit::Yes })
}

/// The first instant of the date given, or of today.
fn as_of(given: Option<&str>) -> Result<Instant, Failure> {
    match given {
        None => Ok(environment::now()),
        Some(text) => instant::read(text)
            .ok_or_else(|| Failure::new(format!("`{text}` is not a date")).mend("write it as 2027-06-30")),
    }
}

/// `2026-11-22`
fn date(instant: Instant) -> String {
    instant::write(instant).split('T').next().unwrap_or_default().to_owned()
}

fn clean(sources: &Sources, date: &str) -> String {
    let root = sources.files().first().map_or("the policy", |root| root.path.as_str());
    let others = match sources.files().len() {
        0 | 1 => String::new(),
        2 => " and the file it uses".to_owned(),
        more => format!(" and the {} files it uses", more - 1),
    };
    format!("no errors in {root}{others}, as of {date}\n")
}
