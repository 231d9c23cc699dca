//! `test`: the tests that stand in a policy, each with what was expected and what came.

use crate::args::Test;
use crate::output::{Exit, Failure, Paint, Terminal, note, print};
use crate::{environment, load};
use wayleave_compiler::diagnostic::render::{Counts, printable, render_human};
use wayleave_compiler::examples::{self, ExampleResult};
use wayleave_compiler::source::{Sources, Span};
use wayleave_compiler::{Options, check};

pub(super) fn run(arguments: &Test, terminal: Terminal) -> Result<Exit, Failure> {
    let root = load::root_file(&arguments.policy.policy)?;
    let sources = load::sources(&root)?;
    let checked = check(&sources, &Options { as_of: environment::now() });
    let Some(policy) = checked.policy else {
        note(&render_human(&checked.diagnostics, &sources, terminal.error_style()));
        note(&format!("no test was run: the policy has {}\n", Counts::of(&checked.diagnostics)));
        return Ok(Exit::No);
    };
    let results = examples::run(&policy);
    if results.is_empty() {
        print(&format!("no tests in {}: nothing was tested\n", root.display()))?;
        note("  help: write one, such as: test \"staff are served\" { expect route chat }\n");
        return Ok(Exit::No);
    }
    for result in &results {
        print(&shown(result, &sources, terminal))?;
    }
    let failed = results.iter().filter(|result| !result.misses.is_empty()).count();
    print(&format!("{}\n", total(results.len(), failed)))?;
    Ok(if failed == 0 { Exit::Yes } else { Exit::No })
}

fn shown(result: &ExampleResult, sources: &Sources, terminal: Terminal) -> String {
    let verdict = if result.misses.is_empty() {
        terminal.paint(Paint::Green, "pass")
    } else {
        terminal.paint(Paint::Red, "FAIL")
    };
    let mut out = format!("{verdict}  {}", printable(&result.name));
    if !result.misses.is_empty() {
        out.push_str(&format!("  {}", place(result.span, sources)));
    }
    out.push('\n');
    for miss in &result.misses {
        out.push_str(&format!(
            "        expected  {}  {}\n",
            printable(&miss.expected),
            place(miss.span, sources)
        ));
        out.push_str(&format!("        came      {}\n", printable(&miss.found)));
    }
    out
}

/// `main.route:12`
fn place(span: Span, sources: &Sources) -> String {
    format!("{}:{}", printable(&sources.file(span.file).path), sources.start(span).line)
}

fn total(count: usize, failed: usize) -> String {
    let tests = if count == 1 { "1 test".to_owned() } else { format!("{count} tests") };
    match failed {
        0 => format!("{tests} passed"),
        _ if failed == count => format!("{tests} failed"),
        _ => format!("{tests}: {} passed, {failed} failed", count - failed),
    }
}
