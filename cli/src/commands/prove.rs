//! `prove`: what a policy promises, with a request where it is not kept.

use super::check::{as_of, date};
use crate::args::{Format, Prove};
use crate::load;
use crate::output::{Exit, Failure, Paint, Terminal, columns, note, print};
use crate::waiting::Waiting;
use serde_json::{Value, json};
use wayleave_compiler::diagnostic::render::{JSON_VERSION, printable, render_human};
use wayleave_compiler::proof::{NotAsked, Proven, Verdict, prove};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy};
use wayleave_program::document::{write_decision, write_request};

pub(super) fn run(arguments: &Prove, terminal: Terminal) -> Result<Exit, Failure> {
    let as_of = as_of(arguments.as_of.as_deref())?;
    let root = load::root_file(&arguments.policy.policy)?;
    let sources = load::sources(&root)?;
    let begin = std::time::Instant::now();
    let clock = || begin.elapsed();
    let asked = Waiting::with("proving", |progress| {
        prove(&sources, &Options { as_of }, &arguments.names, arguments.assume.as_deref(), progress, &clock)
    });
    let (policy, proven) = match asked {
        Ok(found) => found,
        Err(NotAsked::Unsound(diagnostics)) => {
            note(&render_human(&diagnostics, &sources, terminal.error_style()));
            return Err(Failure::new(format!("the policy `{}` has errors", root.display()))
                .mend("mend what is shown above"));
        }
        Err(NotAsked::UnknownName(name, known)) => {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Failure::new(format!("the policy has no guarantee `{name}`"))
                .mend(format!("it has: {known}")));
        }
        Err(NotAsked::Assumption(why)) => {
            return Err(Failure::new(format!("what is assumed cannot be read: {why}"))
                .mend("write a condition as after `when`, such as --assume 'origin is eu'"));
        }
    };
    let text = match arguments.format {
        Format::Human => human(&proven, &sources, &date(as_of), arguments.assume.as_deref(), terminal),
        Format::Json => {
            let mut answer = of_all(&proven, &policy, &sources);
            answer["version"] = json!(JSON_VERSION);
            answer["as_of"] = json!(date(as_of));
            answer["assumed"] = json!(arguments.assume);
            format!("{answer:#}\n")
        }
    };
    print(&text)?;
    let some = |verdict| proven.iter().any(|one| one.verdict == verdict);
    Ok(match (some(Verdict::Fails), some(Verdict::Unknown)) {
        (true, _) => Exit::No,
        (false, true) => Exit::Unknown,
        (false, false) => Exit::Yes,
    })
}

fn human(
    proven: &[Proven],
    sources: &Sources,
    date: &str,
    assumed: Option<&str>,
    terminal: Terminal,
) -> String {
    let row = |one: &Proven| {
        vec![one.verdict.name().to_owned(), printable(&one.name), format!("{} ms", one.time.as_millis())]
    };
    let rows: Vec<Vec<String>> = proven.iter().map(row).collect();
    let mut out = String::new();
    for (line, one) in columns(&rows).lines().zip(proven) {
        let paint = match one.verdict {
            Verdict::Holds => Paint::Green,
            Verdict::Fails => Paint::Red,
            Verdict::Vacuous | Verdict::Unknown => Paint::Yellow,
        };
        let rest = line.strip_prefix(one.verdict.name()).unwrap_or_default();
        out.push_str(&format!("{}{rest}\n", terminal.paint(paint, one.verdict.name())));
    }
    let live: Vec<&Proven> = proven.iter().filter(|one| !one.assumes.is_empty()).collect();
    if let Some(first) = live.first() {
        let names: Vec<String> = live.iter().map(|one| format!("`{}`", printable(&one.name))).collect();
        out.push_str(&format!("of {} it is assumed that\n", names.join(", ")));
        first.assumes.iter().for_each(|assumed| out.push_str(&format!("  {assumed}\n")));
    }
    let told: Vec<_> = proven.iter().filter_map(|one| one.diagnostic.clone()).collect();
    if !told.is_empty() {
        out.push('\n');
        out.push_str(&render_human(&told, sources, terminal.output_style()));
    }
    out.push_str(&total(proven, date, assumed));
    out
}

/// `6 guarantees hold, as of 2026-12-01`
fn total(proven: &[Proven], date: &str, assumed: Option<&str>) -> String {
    let count = |verdict: Verdict| proven.iter().filter(|one| one.verdict == verdict).count();
    let parts = [
        (count(Verdict::Holds), "holds", "hold"),
        (count(Verdict::Fails), "fails", "fail"),
        (count(Verdict::Vacuous), "holds of nothing", "hold of nothing"),
        (count(Verdict::Unknown), "was not found out", "were not found out"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    let assumed = assumed.map(|text| format!(" where {}", printable(text))).unwrap_or_default();
    match proven.len() {
        0 => format!("the policy promises nothing, as of {date}\n"),
        1 => format!("1 guarantee{assumed}: {}, as of {date}\n", parts.join(", ")),
        many => format!("{many} guarantees{assumed}: {}, as of {date}\n", parts.join(", ")),
    }
}

fn of_all(proven: &[Proven], policy: &Policy, sources: &Sources) -> Value {
    let one = |proven: &Proven| {
        let path: Vec<Value> = proven
            .path
            .iter()
            .map(|(span, text)| {
                json!({"file": sources.file(span.file).path, "line": sources.start(*span).line, "text": text})
            })
            .collect();
        let decision = proven
            .counterexample
            .as_ref()
            .map(|(_, decision)| write_decision(decision, &policy.catalogue, policy.fingerprint()));
        let witness =
            proven.counterexample.as_ref().map(|(request, _)| write_request(&policy.schema, request));
        json!({
            "name": proven.name,
            "verdict": proven.verdict.name(),
            "assumes": proven.assumes,
            "witness": witness,
            "decision": decision,
            "path": path,
            "ms": u64::try_from(proven.time.as_millis()).unwrap_or(u64::MAX),
        })
    };
    json!({"guarantees": proven.iter().map(one).collect::<Vec<_>>()})
}
