//! `decide`: what a policy decides for one request document, in words with the lines behind them, or as JSON.

use crate::args::{Decide, Format};
use crate::compile::{Compiled, compile_path};
use crate::deciding::{deciding, rule_words};
use crate::duration;
use crate::output::{Exit, Failure, Paint, Terminal, columns, note, ordinal, print};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_compiler::spec::Reference;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome, Reason};
use wayleave_program::detector::DetectorKind;
use wayleave_program::document::{Problem, read_request, write_decision};
use wayleave_program::instant;
use wayleave_program::plan::{FailureClass, LogLevel, Obligations};
use wayleave_program::schema::{Attribute, AttributeId, Inspected, Origin, Schema};
use wayleave_program::source_view::{SourceView, Spot};
use wayleave_runtime::wire::json::{JsonError, Keys, Reader};

/// A request document beyond this is not one.
const DOCUMENT_BYTES: u64 = 16 << 20;

pub(super) fn run(decide: &Decide, terminal: Terminal) -> Result<Exit, Failure> {
    let (compiled, _) = compile_path(&decide.policy.policy, terminal)?;
    let document = document(&decide.request)?;
    let program = &compiled.program;
    let attributes = read_request(program.schema(), &document).map_err(|errors| {
        let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let failure = Failure::new(words.join("\nerror: "));
        let is_unknown = errors.iter().any(|error| error.problem == Problem::UnknownName);
        if is_unknown { failure.mend(known(program.schema())) } else { failure }
    })?;
    let decision = if decide.reference {
        Reference::new(Arc::clone(program.policy())).decide(&attributes)
    } else {
        program.decide(&attributes)
    };
    note(&not_asked(program.as_ref(), &attributes));
    match decide.format {
        Format::Json => {
            let json = write_decision(&decision, program.catalogue(), program.fingerprint());
            print(&format!("{json:#}\n"))?;
        }
        Format::Human => print(&human(&decision, &compiled, terminal))?,
    }
    Ok(Exit::Yes)
}

/// A line for each detector outside that would have been asked about the texts given: nothing leaves this machine here.
fn not_asked(program: &dyn Program, attributes: &Attributes) -> String {
    let has_text = |inspected: Inspected| attributes.get(inspected.texts().id()).is_some();
    let is_asked = |id: &&AttributeId| match program.schema().attribute(**id).origin {
        Origin::Findings(inspected, detector) => {
            let is_outside = matches!(program.catalogue().detector(detector).kind, DetectorKind::Outside(_));
            is_outside && has_text(inspected) && attributes.get(**id).is_none()
        }
        _ => false,
    };
    let names: BTreeSet<&str> = program
        .reads()
        .iter()
        .filter(is_asked)
        .filter_map(|id| match program.schema().attribute(*id).origin {
            Origin::Findings(_, detector) => Some(program.catalogue().detector(detector).name.as_str()),
            _ => None,
        })
        .collect();
    let line = |name: &&str| {
        format!(
            "note: the detector `{name}` is outside and was not asked; give what it finds as \"prompt.findings\"\n"
        )
    };
    names.iter().map(line).collect()
}

fn document(path: &Path) -> Result<serde_json::Value, Failure> {
    let is_input = path.as_os_str() == "-";
    let shown = if is_input { "standard input".to_owned() } else { format!("`{}`", path.display()) };
    let unreadable =
        |error: std::io::Error| Failure::io(format!("the request document {shown} cannot be read"), &error);
    let mut text = String::new();
    if is_input {
        std::io::stdin().lock().take(DOCUMENT_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let file = File::open(path).map_err(unreadable)?;
        file.take(DOCUMENT_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    }
    let document = serde_json::from_str(&text).map_err(|error| {
        Failure::because(format!("the request document {shown} is not JSON"), &error)
            .mend("write an object such as {\"caller.team\": \"search\"}")
    })?;
    // A parser into values would keep the last of two and say nothing.
    match Reader::new(&text, Keys::Unique).skip() {
        Err(JsonError::DuplicateKey { key, .. }) => {
            Err(Failure::new(format!("the request document {shown} gives `{key}` twice"))
                .mend("keep one of them"))
        }
        Ok(_) | Err(_) => Ok(document),
    }
}

/// The names that a request document may give.
fn known(schema: &Schema) -> String {
    let is_given = |attribute: &&Attribute| match attribute.origin {
        Origin::BuiltIn(built_in) => !built_in.is_computed(),
        Origin::Findings(..) => false,
        Origin::Sources(..) | Origin::Classified | Origin::Counter => true,
    };
    let mut names: Vec<&str> =
        schema.attributes.iter().filter(is_given).map(|attribute| attribute.name.as_str()).collect();
    names.extend(["prompt.findings", "system.findings"]);
    format!("the attributes of this policy are {}", names.join(", "))
}

/// The decision in words.
fn human(decision: &Decision, compiled: &Compiled, terminal: Terminal) -> String {
    let view = &compiled.view;
    let mut out = match decision.outcome {
        Outcome::Route => terminal.paint(Paint::Green, "route"),
        Outcome::Deny | Outcome::ApprovalRequired | Outcome::Limited => {
            terminal.paint(Paint::Red, decision.outcome.name())
        }
    };
    if let Some(route) = &decision.route {
        let arm =
            decision.arm.map(|arm| format!(", {} arm", ordinal(arm.saturating_add(1)))).unwrap_or_default();
        let words = match decision.outcome {
            Outcome::Route => " ",
            Outcome::Deny | Outcome::ApprovalRequired | Outcome::Limited => ", on route ",
        };
        out.push_str(&format!("{words}{}{arm}", printable(route)));
    }
    out.push('\n');
    out.push_str(&plan(decision, compiled));
    out.push_str(&indented(&reasons(&decision.reasons, view)));
    if !decision.removed.is_empty() {
        out.push_str("removed from the plan\n");
        for removed in &decision.removed {
            out.push_str(&format!("  {}\n", compiled.program.catalogue().target(removed.target).name));
            out.push_str(&indented(&indented(&reasons(&removed.reasons, view))));
        }
    }
    out.push_str(&beside(decision, compiled));
    let deciding = deciding(decision, view, &|place| view.label(place));
    if !deciding.is_empty() {
        out.push_str("decided by\n");
        out.push_str(&indented(&deciding));
    }
    out
}

fn plan(decision: &Decision, compiled: &Compiled) -> String {
    let rows: Vec<Vec<String>> = decision
        .candidates()
        .enumerate()
        .map(|(index, (target, within_ms))| {
            let within = within_ms.map(|ms| format!("within {}", duration::write(ms))).unwrap_or_default();
            vec![format!("{}.", index + 1), compiled.program.catalogue().target(target).name.clone(), within]
        })
        .collect();
    indented(&columns(&rows))
}

/// What else belongs to the decision, a line each: copies, counters, migrations, obligations, what is only tried.
fn beside(decision: &Decision, compiled: &Compiled) -> String {
    let catalogue = compiled.program.catalogue();
    let names = |targets: &[TargetId]| -> String {
        targets.iter().map(|id| catalogue.target(*id).name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |what: &str, text: String| rows.push(vec![what.to_owned(), text]);
    if let Some(until) = decision.until {
        row("until", instant::write(until));
    }
    for (what, text) in tries(decision) {
        row(what, text);
    }
    if !decision.shadow.is_empty() {
        row("copied to", names(&decision.shadow));
    }
    for migrated in &decision.migrations {
        let drawn = if migrated.is_drawn { "drawn for the new target" } else { "not drawn" };
        row("migration", format!("{}: {drawn}", printable(&migrated.name)));
    }
    if !decision.counters.is_empty() {
        let counters: Vec<String> = decision.counters.iter().map(ToString::to_string).collect();
        row("counted by", counters.join(", "));
    }
    for owed in &decision.obligations {
        let obligations = obligations(&owed.obligations);
        if !obligations.is_empty() {
            row("with", format!("{}: {obligations}", catalogue.target(owed.target).name));
        }
    }
    for observed in &decision.observed {
        let of = names(&observed.targets);
        let of = if of.is_empty() { of } else { format!(" for {of}") };
        row("would have", format!("{}{of}", observed.rule));
    }
    if !decision.findings.is_empty() {
        row("found", decision.findings.join(", "));
    }
    columns(&rows)
}

/// How the plan is tried, but for what is so without a word.
fn tries(decision: &Decision) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if !decision.failover.is_empty() && decision.failover != FailureClass::DEFAULT {
        let names: Vec<String> = decision.failover.iter().map(|class| class.name()).collect();
        rows.push(("falls over on", names.join(", ")));
    }
    if decision.retry > 0 {
        let pause = decision
            .backoff_ms
            .map(|(least, most)| format!(", {}..{} apart", duration::write(least), duration::write(most)));
        let times = if decision.retry == 1 { "once".to_owned() } else { format!("{} times", decision.retry) };
        rows.push(("tried again", format!("{times}{}", pause.unwrap_or_default())));
    }
    rows.extend(decision.hedge_ms.map(|ms| ("hedged after", duration::write(ms))));
    rows.extend(decision.deadline_ms.map(|ms| ("ends after", duration::write(ms))));
    rows
}

/// What is owed, but for what is always owed.
fn obligations(obligations: &Obligations) -> String {
    let mut parts = Vec::new();
    for masked in &obligations.redact {
        let restored = if masked.is_restored { ", restored" } else { "" };
        parts.push(format!("{} masked in {}{restored}", masked.find, masked.place.name()));
    }
    if !obligations.flag.is_empty() {
        parts.push(format!("flags {}", obligations.flag.join(", ")));
    }
    if let Some(cap) = obligations.cap {
        parts.push(format!("at most {cap} tokens out"));
    }
    if obligations.log != LogLevel::Metadata {
        parts.push(format!("log {}", obligations.log.name()));
    }
    parts.join("; ")
}

/// Each rule with its line, and its words below.
fn reasons(reasons: &[Reason], view: &SourceView) -> String {
    let mut out = String::new();
    for reason in reasons {
        let place = view.places.get(&Spot::Rule(reason.by.clone()));
        let place = place.map(|place| format!("  {}", view.label(place))).unwrap_or_default();
        out.push_str(&format!("{}{place}\n", printable(&rule_words(&reason.by))));
        if !reason.words.is_empty() {
            out.push_str(&format!("  {}\n", printable(&reason.words)));
        }
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
