//! `review`: everything that a reviewer of a pull request wants to know, as one comment in Markdown.

use super::check::{as_of, date};
use crate::args::Review;
use crate::change::{Compared, Side, counted, markdown};
use crate::load::{self, Given};
use crate::output::{Exit, Failure, Terminal, print};
use crate::replay::{self, Asked, Replayed, Source};
use crate::revision::{Named, git, of_revision};
use crate::waiting::Waiting;
use std::fmt::Write;
use std::path::Path;
use wayleave_compiler::change::Kind;
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Checked, Diagnostic, Options, Severity, check_exactly, examples};
use wayleave_grammar::layout::layout;
use wayleave_program::value::Instant;
use wayleave_runtime::store::Filter;

/// By this a comment is found again and replaced.
const MARKER: &str = "<!-- wayleave review -->";

/// More rows of one group than this are counted.
const ROWS: usize = 5;

/// What was found, before it is written.
struct Findings {
    /// Files that are not laid out.
    untidy: Vec<String>,
    checked: Checked,
    /// Tests that ran, and diagnostics of those that failed.
    tests: (usize, Vec<Diagnostic>),
    compared: Result<Compared, String>,
    /// What a log shows of it, where one was given and both policies are sound.
    replayed: Option<Replayed>,
}

pub(super) fn run(arguments: &Review, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = as_of(arguments.as_of.as_deref())?;
    let root = load::root_file(&arguments.policy.policy)?;
    let sources = load::sources(&root)?;
    let found = findings(arguments, &root, &sources, as_of, terminal)?;
    let reasons = reasons(&found);
    print(&comment(&found, &reasons, &sources, &date(as_of)))?;
    Ok(if reasons.is_empty() { Exit::Yes } else { Exit::No })
}

fn findings(
    arguments: &Review,
    root: &Path,
    sources: &Sources,
    as_of: Instant,
    terminal: Terminal,
) -> Result<Findings, Failure> {
    let untidy = sources
        .files()
        .iter()
        .filter(|file| file.parse.errors().is_empty() && layout(&file.parse) != file.text)
        .map(|file| file.path.clone())
        .collect();
    let mut checked =
        Waiting::with("checking", |progress| check_exactly(sources, &Options { as_of }, progress));
    checked.diagnostics.retain(|told| told.severity != Severity::Note);
    let tests = match &checked.policy {
        Some(policy) => {
            let results = examples::run(policy);
            (results.len(), examples::diagnostics(&results))
        }
        None => (0, Vec::new()),
    };
    let compared = compared(arguments, root, sources, as_of, terminal)?;
    let replayed = match (&arguments.log, &compared) {
        (Some(log), Ok(_)) => Some(replayed(log, &arguments.base, root, as_of, terminal)?),
        _ => None,
    };
    Ok(Findings { untidy, checked, tests, compared, replayed })
}

/// What the policy would have decided otherwise of a log than the one before.
///
/// # Errors
/// When the log cannot be read.
fn replayed(
    log: &str,
    base: &str,
    root: &Path,
    as_of: Instant,
    terminal: Terminal,
) -> Result<Replayed, Failure> {
    let path = root.display();
    let new = replay::Side::of(&path.to_string(), as_of, terminal)?;
    let old = replay::Side::of(&format!("{base}:./{path}"), as_of, terminal)?;
    let asked = Asked { new, old: Some(old), filter: Filter::default(), limit: None };
    let source = Source::open(log)?;
    Waiting::with("replaying", |progress| replay::replay(source, asked, progress))
}

/// The comparison with what was; in words why there is none.
///
/// # Errors
/// When the base cannot be read.
fn compared(
    arguments: &Review,
    root: &Path,
    sources: &Sources,
    as_of: Instant,
    terminal: Terminal,
) -> Result<Result<Compared, String>, Failure> {
    let path = root.to_str().unwrap_or_default();
    if root.is_absolute() {
        return Err(Failure::new(format!("`{path}` lies outside of this folder"))
            .mend("run it in the repository, and name the policy from there"));
    }
    // A base that is none at all is an error; one without this policy has nothing to compare with.
    git(&["rev-parse", "--verify", "--quiet", &format!("{}^{{tree}}", arguments.base)]).map_err(|_| {
        Failure::new(format!("`{}` is no revision of this repository", arguments.base))
            .mend("name one, such as `main` or `origin/main`; where it was not fetched, fetch it first")
    })?;
    let Ok((shown, before)) = of_revision(&arguments.base, &format!("./{path}")) else {
        return Ok(Err(format!("`{}` has no policy there, so nothing was compared", arguments.base)));
    };
    // What has errors is not compared: they are told.
    let new = Named { shown: root.to_owned(), given: Given::Sources(sources.clone()) };
    let Ok(new) = Side::of(new, as_of, terminal) else {
        return Ok(Err("the policy has errors, so it was not compared".to_owned()));
    };
    let old = Named { shown, given: Given::Sources(before) };
    let Ok(old) = Side::of(old, as_of, terminal) else {
        return Ok(Err(format!(
            "the policy of `{}` has errors, so nothing was compared with it",
            arguments.base
        )));
    };
    Ok(Ok(Compared::of(old, new, as_of)))
}

/// Why it is not safe to merge without a second look; none where it is.
fn reasons(found: &Findings) -> Vec<String> {
    let mut reasons = Vec::new();
    let errors = found.checked.diagnostics.iter().filter(|told| told.severity == Severity::Error).count();
    if errors > 0 {
        reasons.push(format!("it has {}", counted(errors, "error", "errors")));
    }
    if !found.tests.1.is_empty() {
        reasons.push(format!("{} failed", counted(found.tests.1.len(), "test", "tests")));
    }
    if !found.untidy.is_empty() {
        reasons.push("it is not laid out".to_owned());
    }
    match &found.compared {
        Err(why) => reasons.push(why.clone()),
        Ok(compared) => {
            let change = &compared.change;
            let of = [
                (Kind::Widens, "it opens something"),
                (Kind::Denies, "requests are not routed any more"),
                (Kind::Narrows, "requests lose a target"),
                (Kind::Approval, "what approvals can be asked for is not the same"),
                (Kind::Inspection, "what is masked, flagged or kept is not the same"),
                (Kind::Limits, "what is limited is not the same"),
            ];
            let told = of.iter().filter(|(kind, _)| change.is_known_to(*kind));
            reasons.extend(told.map(|(_, words)| (*words).to_owned()));
            if !change.is_whole() {
                reasons.push("more differs than could be told apart".to_owned());
            }
            if !change.execution.is_empty() && !change.execution.iter().all(|other| other.widens) {
                reasons.push("what carries decisions out is not the same".to_owned());
            }
            if !change.prices.is_empty() {
                reasons.push("prices, by which budgets count, are not the same".to_owned());
            }
            let tests = change.tests.iter().filter(|test| test.old.is_some()).count();
            if tests > 0 {
                let words = if tests == 1 { "test is gone or expects" } else { "tests are gone or expect" };
                reasons.push(format!("{tests} {words} something else"));
            }
            let lost = change.promises.iter().filter(|promise| promise.state.is_loss()).count();
            if lost > 0 {
                reasons.push(format!("{} lost", counted(lost, "guarantee is", "guarantees are")));
            }
        }
    }
    reasons
}

fn comment(found: &Findings, reasons: &[String], sources: &Sources, date: &str) -> String {
    let mut out = format!("{MARKER}\n## Wayleave\n\n");
    let _ = match reasons {
        [] => writeln!(out, "**Safe to merge**, as of {date}."),
        reasons => writeln!(out, "**Look before you merge**, as of {date}: {}.", reasons.join("; ")),
    };
    let errors: Vec<&Diagnostic> =
        found.checked.diagnostics.iter().filter(|told| told.severity == Severity::Error).collect();
    let warnings: Vec<&Diagnostic> =
        found.checked.diagnostics.iter().filter(|told| told.severity == Severity::Warning).collect();
    let _ = writeln!(out, "\n| layout | check | tests |\n|---|---|---|");
    let layout = match found.untidy.len() {
        0 => "as `wayleave fmt` does it".to_owned(),
        count => format!("**{} to lay out**", counted(count, "file", "files")),
    };
    let check = match (errors.len(), warnings.len()) {
        (0, 0) => "nothing is wrong".to_owned(),
        (0, warnings) => counted(warnings, "warning", "warnings"),
        (errors, warnings) => {
            format!(
                "**{}**, {}",
                counted(errors, "error", "errors"),
                counted(warnings, "warning", "warnings")
            )
        }
    };
    let tests = match (found.tests.0, found.tests.1.len()) {
        (0, _) => "none ran".to_owned(),
        (all, 0) => format!("{} passed", counted(all, "test", "tests")),
        (all, failed) => format!("**{failed} of {all} failed**"),
    };
    let _ = writeln!(out, "| {layout} | {check} | {tests} |");
    let told: Vec<&Diagnostic> = errors.into_iter().chain(&found.tests.1).chain(warnings).collect();
    diagnostics(&mut out, &told, sources);
    if let Ok(compared) = &found.compared {
        let _ = writeln!(out, "\n### What it changes\n");
        out.push_str(&markdown::difference(compared, date));
    }
    if let Some(replayed) = &found.replayed {
        let _ = writeln!(out, "\n### What it would have changed\n");
        out.push_str(&replay::markdown::section(replayed));
    }
    out
}

fn diagnostics(out: &mut String, told: &[&Diagnostic], sources: &Sources) {
    if told.is_empty() {
        return;
    }
    let _ = writeln!(out);
    for one in told.iter().take(ROWS) {
        let file = &sources.file(one.primary.span.file).path;
        let line = sources.start(one.primary.span).line;
        let place = markdown::code(&format!("{file}:{line}"));
        let _ = writeln!(out, "- {} {place} {}", one.code.name(), markdown::code(&one.message));
    }
    if told.len() > ROWS {
        let _ = writeln!(out, "- and {} more", told.len() - ROWS);
    }
}
