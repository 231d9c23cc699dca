//! `test`: the tests that stand in a policy, each with what was expected and what came.

mod beside;

mod coverage;

mod json;

use crate::args::{ReportFormat, Test};
use crate::output::{Exit, Failure, Paint, Terminal, note, print};
use crate::report::junit::{self, Case};
use crate::report::{Report, maker};
use crate::watch::{INTERVAL, Watch};
use crate::{environment, load};
use std::sync::Arc;
use wayleave_compiler::coverage::Coverage;
use wayleave_compiler::diagnostic::render::{
    Counts, printable, render_github, render_github_error, render_github_text, render_plain, render_sarif,
};
use wayleave_compiler::examples::{self, ExampleResult};
use wayleave_compiler::source::{Sources, Span};
use wayleave_compiler::{Diagnostic, Options, Policy, Severity, check, source_view};
use wayleave_program::source_view::SourceView;

/// Tests that were run.
struct Ran<'a> {
    sources: &'a Sources,
    policy: Arc<Policy>,
    /// Where its rules stand.
    view: SourceView,
    results: Vec<ExampleResult>,
    /// Where it was asked for.
    coverage: Option<Coverage>,
    /// As of which the policy was checked.
    date: String,
}

impl Ran<'_> {
    fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.misses.is_empty()).count()
    }
}

pub(super) fn run(arguments: &Test, terminal: Terminal) -> Result<Exit, Failure> {
    let format = arguments.format;
    let is_for_people = matches!(format, ReportFormat::Human | ReportFormat::Plain);
    if arguments.coverage && !is_for_people && format != ReportFormat::Json {
        return Err(Failure::new("that format has no place for `--coverage`")
            .mend("take `--format human`, `plain` or `json`"));
    }
    if arguments.watch && !is_for_people {
        return Err(Failure::new(
            "`--watch` writes one report after another, and that format is one document",
        )
        .mend("take `--format human` or `plain`"));
    }
    let root = load::root_file(&arguments.policy.policy)?;
    if !arguments.watch {
        return once(&load::sources(&root)?, arguments, terminal);
    }
    let (mut watch, given) = Watch::begin(&root)?;
    let mut seen = Some(Ok(given));
    loop {
        match seen.map(|given| given.and_then(|given| given.sources(&root))) {
            // A report cannot be written to nobody; all else may be mended by the next change.
            Some(Ok(sources)) => {
                once(&sources, arguments, terminal)?;
                note("waiting for a change; Ctrl-C ends it\n\n");
            }
            Some(Err(failure)) => {
                terminal.fail(&failure);
            }
            None => std::thread::sleep(INTERVAL),
        }
        seen = watch.look();
    }
}

/// Checks and runs once.
fn once(sources: &Sources, arguments: &Test, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = environment::now();
    let date = super::check::date(as_of);
    let checked = check(sources, &Options { as_of });
    let Some(policy) = checked.policy else {
        let mut diagnostics = checked.diagnostics;
        diagnostics.retain(|told| told.severity != Severity::Note);
        let fails = |told: &Diagnostic| told.severity == Severity::Error;
        let report = Report { diagnostics: &diagnostics, sources, date: &date, fails: &fails };
        print(&report.text(arguments.format, terminal))?;
        note(&format!("no test was run: the policy has {}\n", Counts::of(&diagnostics)));
        return Ok(Exit::No);
    };
    let results = examples::run(&policy);
    let coverage = arguments.coverage.then(|| wayleave_compiler::coverage::of(&policy, &results));
    let view = source_view(&policy, sources);
    let ran = Ran { sources, policy, view, results, coverage, date };
    print(&text(&ran, arguments.format, terminal))?;
    if ran.results.is_empty() {
        note("  help: write one, such as: test \"staff are served\" { expect route chat }\n");
    }
    Ok(if ran.failed() == 0 && !ran.results.is_empty() { Exit::Yes } else { Exit::No })
}

fn text(ran: &Ran<'_>, format: ReportFormat, terminal: Terminal) -> String {
    let failures = || examples::diagnostics(&ran.results);
    let end = format!("{}\n", total(ran));
    let covered =
        ran.coverage.as_ref().map(|coverage| coverage::text(coverage, ran.sources)).unwrap_or_default();
    match format {
        ReportFormat::Human => {
            let each: String = ran.results.iter().map(|result| shown(result, ran, terminal)).collect();
            format!("{each}{end}{covered}")
        }
        ReportFormat::Plain => format!("{}{end}{covered}", render_plain(&failures(), ran.sources)),
        ReportFormat::Json => format!("{:#}\n", json::of(ran)),
        ReportFormat::Sarif => {
            format!("{:#}\n", render_sarif(&failures(), ran.sources, maker("test")))
        }
        ReportFormat::Github if ran.results.is_empty() => {
            let root = ran.sources.files().first().map_or("", |root| root.path.as_str());
            render_github_error(root, "no tests", end.trim_end())
        }
        ReportFormat::Github => {
            format!("{}{}", render_github(&failures(), ran.sources), render_github_text(&end))
        }
        ReportFormat::Junit => junit::of_tests(&cases(ran), ran.sources),
    }
}

fn total(ran: &Ran<'_>) -> String {
    let (count, failed) = (ran.results.len(), ran.failed());
    let tests = if count == 1 { "1 test".to_owned() } else { format!("{count} tests") };
    match failed {
        _ if count == 0 => {
            let root = ran.sources.files().first().map_or("the policy", |root| root.path.as_str());
            format!("no tests in {}: nothing was tested", printable(root))
        }
        0 => format!("{tests} passed"),
        _ if failed == count => format!("{tests} failed"),
        _ => format!("{tests}: {} passed, {failed} failed", count - failed),
    }
}

fn shown(result: &ExampleResult, ran: &Ran<'_>, terminal: Terminal) -> String {
    if result.misses.is_empty() {
        return format!("{}  {}\n", terminal.paint(Paint::Green, "pass"), printable(&result.name));
    }
    let verdict = terminal.paint(Paint::Red, "FAIL");
    let mut out = format!("{verdict}  {}  {}\n", printable(&result.name), place(result.span, ran.sources));
    for line in beside::text(result, ran).lines() {
        out.push_str(format!("      {line}").trim_end());
        out.push('\n');
    }
    out
}

fn cases(ran: &Ran<'_>) -> Vec<Case> {
    let case = |result: &ExampleResult| {
        let failure = result.misses.first().map(|miss| {
            let message = format!("expected {}, and it is {}", miss.expected, miss.found);
            (printable(&message), beside::text(result, ran))
        });
        Case { name: result.name.clone(), span: result.span, failure }
    };
    ran.results.iter().map(case).collect()
}

/// `main.route:12`
fn place(span: Span, sources: &Sources) -> String {
    format!("{}:{}", printable(&sources.file(span.file).path), sources.start(span).line)
}
