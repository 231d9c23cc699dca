//! `check`: what is wrong with a policy, in the format that was asked for.

use crate::args::{Check, Deny, ReportFormat};
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::report::Report;
use crate::waiting::Waiting;
use crate::{environment, load};
use std::mem::ManuallyDrop;
use wayleave_compiler::diagnostic::render::Counts;
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Code, Diagnostic, Options, Severity, check, check_exactly};
use wayleave_program::instant;
use wayleave_program::value::Instant;

pub(super) fn run(arguments: &Check, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = as_of(arguments.as_of.as_deref())?;
    let root = load::root_file(&arguments.policy.policy)?;
    // The process ends with this: taking a large policy's trees apart would cost a tenth of it.
    let sources = ManuallyDrop::new(load::sources(&root)?);
    let Check { quick, notes, deny, format, .. } = arguments;
    let options = Options { as_of };
    let checked = ManuallyDrop::new(match quick {
        true => check(&sources, &options),
        false => Waiting::with("checking", |progress| check_exactly(&sources, &options, progress)),
    });
    let mut diagnostics = checked.diagnostics.clone();
    diagnostics.retain(|told| *notes || told.severity != Severity::Note);
    let date = date(as_of);
    let fails = |told: &Diagnostic| told.severity == Severity::Error || is_denied(*deny, told);
    let report = Report { diagnostics: &diagnostics, sources: &sources, date: &date, fails: &fails };
    let is_for_people = matches!(format, ReportFormat::Human | ReportFormat::Github);
    if diagnostics.is_empty() && is_for_people {
        print(&clean(&sources, &date))?;
    } else {
        print(&report.text(*format, terminal))?;
    }
    if !diagnostics.iter().any(fails) {
        return Ok(Exit::Yes);
    }
    if Counts::of(&diagnostics).errors == 0 {
        note("warnings count as errors here (--deny warnings)\n");
    }
    Ok(Exit::No)
}

/// That an approval ends is for its owner to see to; a date that passes must not stop a merge.
fn is_denied(deny: Option<Deny>, told: &Diagnostic) -> bool {
    match deny {
        Some(Deny::Warnings) => told.severity == Severity::Warning && told.code != Code::R0310,
        None => false,
    }
}

/// The first instant of the date given, or of today.
pub(crate) fn as_of(given: Option<&str>) -> Result<Instant, Failure> {
    match given {
        None => Ok(environment::now()),
        Some(text) => instant::read(text)
            .ok_or_else(|| Failure::new(format!("`{text}` is not a date")).mend("write it as 2027-06-30")),
    }
}

/// `2026-11-22`
pub(crate) fn date(instant: Instant) -> String {
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
