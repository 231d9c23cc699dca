//! `log --id`: one decision whole, with the lines that decided and its attempts as a time line.

use crate::args::Format;
use crate::output::{Exit, Failure, Paint, Terminal, columns, moment, ordinal, print, visible_json};
use crate::storage::Storage;
use serde_json::Value as Json;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_program::source_view::SourceText;
use wayleave_runtime::record::chosen::Chosen;
use wayleave_runtime::record::{AttemptRecord, DecisionRecord};
use wayleave_runtime::store::Filter;
use wayleave_runtime::trace::Trace;

/// A beginning of an id that fits more decisions than this is no help to anybody.
const CANDIDATES: u32 = 5;

/// A quoted line of the policy is cut to so many characters.
const QUOTED: usize = 90;

pub(super) fn run(storage: &Storage, id: &str, format: Format, terminal: Terminal) -> Result<Exit, Failure> {
    let record = find(storage, id)?;
    match format {
        Format::Json => {
            let json = serde_json::to_value(&record)
                .map_err(|error| Failure::because("the decision cannot be written", &error))?;
            print(&visible_json(&format!("{json:#}\n")))?;
        }
        Format::Human => {
            let texts = storage.runtime.block_on(storage.store.policy(&record.source));
            let texts = texts.map_err(|error| storage.failure(&error))?.unwrap_or_default();
            print(&human(&record, &texts, terminal))?;
        }
    }
    Ok(Exit::Yes)
}

fn find(storage: &Storage, id: &str) -> Result<DecisionRecord, Failure> {
    let filter = Filter { id_prefix: Some(id.to_owned()), ..Filter::default() };
    let found = storage.runtime.block_on(storage.store.decisions(&filter, None, CANDIDATES));
    let mut found = found.map_err(|error| storage.failure(&error))?;
    let shown = printable(id);
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(Failure::new(format!("there is no decision `{shown}`"))
            .mend("its id is in the answer's header x-wayleave-decision and in `wayleave log`")),
        (Some(only), true) => Ok(only.record),
        (Some(_), false) => {
            Err(Failure::new(format!("several decisions begin with `{shown}`")).mend("write more of the id"))
        }
    }
}

fn human(record: &DecisionRecord, texts: &[SourceText], terminal: Terminal) -> String {
    let caller = &record.caller;
    let api = if record.is_stream { format!("{}, streamed", record.api) } else { record.api.clone() };
    let arm = record.arm.map(|arm| format!(", {} arm", ordinal(arm.saturating_add(1)))).unwrap_or_default();
    let facts = [
        ("id", record.id.clone()),
        ("when", moment(record.at_ms)),
        ("caller", printable(&caller.id)),
        ("team", printable(&caller.team)),
        ("app", printable(&caller.app)),
        ("groups", printable(&caller.groups.join(", "))),
        ("key", caller.key_id.clone()),
        ("api", api),
        ("model", printable(&record.model)),
        ("decision", record.decided.clone()),
        (
            "route",
            record.route.as_ref().map(|route| format!("{}{arm}", printable(route))).unwrap_or_default(),
        ),
        ("served by", record.target.clone().unwrap_or_default()),
        ("chosen by", record.chosen.map(Chosen::name).unwrap_or_default().to_owned()),
        ("outcome", format!("{}, status {}", record.outcome.name(), record.status)),
        ("took", took(record)),
        ("tokens", tokens(record)),
        ("looked through", looked_through(record)),
        ("found", words(record.decision.as_deref(), "findings")),
        ("caller's id", printable(record.caller_request_id.as_deref().unwrap_or_default())),
        ("trace", record.trace.as_ref().map(trace).unwrap_or_default()),
        ("policy", record.policy.to_string()),
    ];
    let rows: Vec<Vec<String>> = facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    let mut out = columns(&rows);
    for reason in &record.reasons {
        out.push_str(&format!("because    {}\n", printable(reason)));
    }
    out.push_str(&section(terminal, "attempts", &attempts(&record.attempts)));
    out.push_str(&section(terminal, "passed over", &passed_over(record)));
    out.push_str(&section(terminal, "flags", &flags(record)));
    out.push_str(&section(terminal, "removed from the plan", &removed(record)));
    out.push_str(&section(terminal, "rules on trial that held", &observed(record)));
    out.push_str(&section(terminal, "detectors that failed", &failed(record)));
    out.push_str(&section(terminal, "decided by", &lines(record, texts)));
    out
}

fn section(terminal: Terminal, name: &str, rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let body: String = columns(rows).lines().map(|line| format!("  {line}\n")).collect();
    format!("{}\n{body}", terminal.paint(Paint::Cyan, name))
}

fn took(record: &DecisionRecord) -> String {
    let first =
        record.first_content_ms.map(|ms| format!(", first content after {ms} ms")).unwrap_or_default();
    format!("{} ms{first}", record.latency_ms)
}

/// The trace, the gateway's part of it, and the caller's.
fn trace(trace: &Trace) -> String {
    let parent = trace.parent_id.as_ref().map(|parent| format!(" of {parent}")).unwrap_or_default();
    format!("{}, span {}{parent}", trace.trace_id, trace.span_id)
}

fn tokens(record: &DecisionRecord) -> String {
    let tokens = &record.tokens;
    let estimated = if tokens.is_estimated { ", our own count" } else { "" };
    format!("{} in, {} out{estimated}", tokens.input, tokens.output)
}

/// When each attempt began after the request arrived, how long it took, and how it ended.
fn attempts(attempts: &[AttemptRecord]) -> Vec<Vec<String>> {
    attempts
        .iter()
        .map(|attempt| {
            vec![
                format!("+{} ms", attempt.started_ms),
                attempt.target.clone(),
                attempt.cause.clone().unwrap_or_else(|| "served".to_owned()),
                attempt.status.map(|status| status.to_string()).unwrap_or_else(|| "-".to_owned()),
                format!("{} ms", attempt.latency_ms),
                detail(attempt),
            ]
        })
        .collect()
}

/// What is known of an attempt, and whether somebody may have to pay for it though nothing came of it.
fn detail(attempt: &AttemptRecord) -> String {
    let words = printable(&attempt.told());
    match (attempt.maybe_billed, words.is_empty()) {
        (false, _) => words,
        (true, true) => "may be billed".to_owned(),
        (true, false) => format!("{words}, may be billed"),
    }
}

/// Candidates that were not called, and why.
fn passed_over(record: &DecisionRecord) -> Vec<Vec<String>> {
    record
        .passed_over
        .iter()
        .map(|passed| vec![printable(&passed.target), printable(&passed.cause)])
        .collect()
}

/// Targets that the decision removed, from its document.
fn removed(record: &DecisionRecord) -> Vec<Vec<String>> {
    let row = |one: &Json| vec![text(one, "target"), words(Some(one), "by"), words(Some(one), "reasons")];
    items(record, "removed").iter().map(row).collect()
}

/// Rules on trial that held, with the targets that they held of.
fn observed(record: &DecisionRecord) -> Vec<Vec<String>> {
    let row = |one: &Json| vec![text(one, "rule"), words(Some(one), "targets")];
    items(record, "observed").iter().map(row).collect()
}

/// The targets of the plan that are flagged, with their flags.
fn flags(record: &DecisionRecord) -> Vec<Vec<String>> {
    let owed = record.decision.as_ref().and_then(|decision| decision.get("obligations")?.as_object());
    let rows =
        owed.into_iter().flatten().map(|(target, owed)| vec![printable(target), words(Some(owed), "flag")]);
    rows.filter(|row| !row[1].is_empty()).collect()
}

fn failed(record: &DecisionRecord) -> Vec<Vec<String>> {
    let failed = record.inspection.iter().flat_map(|inspection| &inspection.failed);
    failed.map(|failed| vec![printable(&failed.detector), printable(&failed.cause)]).collect()
}

fn looked_through(record: &DecisionRecord) -> String {
    let looked = record.inspection.as_ref();
    looked.map_or_else(String::new, |looked| {
        format!("{} texts, {} bytes, in {} ms", looked.parts, looked.bytes, looked.took_ms)
    })
}

/// The objects of that name in the decision document.
fn items<'a>(record: &'a DecisionRecord, name: &str) -> &'a [Json] {
    let items = record.decision.as_ref().and_then(|decision| decision.get(name)?.as_array());
    items.map_or(&[], Vec::as_slice)
}

fn text(value: &Json, name: &str) -> String {
    printable(value.get(name).and_then(Json::as_str).unwrap_or_default())
}

/// The texts of that name, in one line.
fn words(value: Option<&Json>, name: &str) -> String {
    let list = value.and_then(|value| value.get(name)?.as_array()).into_iter().flatten();
    let all: Vec<String> = list.filter_map(|word| word.as_str().map(printable)).collect();
    all.join(", ")
}

/// The deciding lines, quoted from the text that the decision was made by.
fn lines(record: &DecisionRecord, texts: &[SourceText]) -> Vec<Vec<String>> {
    record
        .lines
        .iter()
        .map(|place| {
            let text = texts.iter().find(|text| text.path == place.file).map(|text| text.text.as_str());
            let line = (place.line as usize).checked_sub(1).and_then(|index| text?.lines().nth(index));
            let quoted = printable(line.unwrap_or_default().trim()).chars().take(QUOTED).collect();
            vec![format!("{}:{}", place.file, place.line), quoted]
        })
        .collect()
}
