//! One decision: what became of the request, by which lines, what was left out and why, and who was asked.

use super::decisions::address;
use super::layout::Section;
use super::words::{self, SHOWN_CHARACTERS, Tone, chip, cut, or_dash, short_hash};
use super::{Admin, number, source, timeline};
use crate::record::DecisionRecord;
use crate::store::Error;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value as Json;
use wayleave_program::source_view::SourceText;

/// The page of a decision.
pub(super) async fn page(State(admin): State<Admin>, id: Result<Path<String>, PathRejection>) -> Response {
    // An id that is no text is nobody's.
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    match read(&admin, &id).await {
        Ok(Some((record, files))) => {
            let content = show(&record, files.as_deref());
            admin.render(StatusCode::OK, "Decision", Section::Decisions, &content)
        }
        Ok(None) => {
            let content = html! {
                h1 { "No such decision" }
                p {
                    "The log has no decision " code { (cut(&id, SHOWN_CHARACTERS)) }
                    ". It may be older than what is kept. " a href="/" { "All decisions" } "."
                }
            };
            admin.render(StatusCode::NOT_FOUND, "No such decision", Section::Decisions, &content)
        }
        Err(error) => admin.failed(Section::Decisions, &error),
    }
}

type Read = (DecisionRecord, Option<Vec<SourceText>>);

/// The decision, with the text that it was made by where that is known.
async fn read(admin: &Admin, id: &str) -> Result<Option<Read>, Error> {
    let Some(record) = admin.store.decision(id).await? else { return Ok(None) };
    let served = admin.current.served();
    let files = if *served.program.fingerprint().source == *record.source {
        Some(served.view.files.clone())
    } else {
        admin.store.policy(&record.source).await?
    };
    Ok(Some((record, files)))
}

fn show(record: &DecisionRecord, files: Option<&[SourceText]>) -> Markup {
    let (tone, words) = words::outcome(record.outcome);
    html! {
        p.crumbs { a href="/" { "Decisions" } " / " code { (record.id) } }
        h1.with-chip { "Decision" (chip(tone, words)) }
        p.lead { (words::sentence(record)) }
        (facts(record))
        @if !record.attempts.is_empty() {
            section aria-labelledby="attempts" {
                h2 #attempts { "Attempts" }
                (timeline::show(record))
            }
        }
        @if let Some(decision) = &record.decision {
            (plan(decision, record))
            (removed(decision))
            (observed(decision))
        }
        (inspected(record))
        (deciding(record, files))
        @if let Some(decision) = &record.decision { (document(decision, record)) }
    }
}

fn facts(record: &DecisionRecord) -> Markup {
    let moment = number::moment(record.at_ms);
    let caller = &record.caller;
    let tokens = &record.tokens;
    html! {
        dl.facts {
            div { dt { "Asked" } dd { time datetime=(moment.iso) { (moment.date) " " (moment.time) } } }
            div { dt { "Model asked" } dd {
                (or_dash(&record.model))
                @if !record.api.is_empty() { span.muted { " " (record.api) @if record.is_stream { ", stream" } } }
            } }
            div { dt { "Caller" } dd { (or_dash(&caller.id)) } }
            div { dt { "Team" } dd { (or_dash(&caller.team)) } }
            div { dt { "App" } dd { (or_dash(&caller.app)) } }
            @if !caller.groups.is_empty() { div { dt { "Groups" } dd { (or_dash(&caller.groups.join(", "))) } } }
            div { dt { "Answered by" } dd {
                (or_dash(record.target.as_deref().unwrap_or_default()))
                @if let Some(chosen) = record.chosen { span.muted { " by " (chosen.name()) } }
            } }
            div { dt { "Status sent" } dd { @if record.status == 0 { (or_dash("")) } @else { (record.status) } } }
            div { dt { "Took" } dd {
                (number::span(record.latency_ms))
                @if let Some(ms) = record.first_content_ms { ", " span.muted.whole { "first content " (number::span(ms)) } }
            } }
            @if !record.attempts.is_empty() {
                div { dt { "Tokens" } dd {
                    (number::grouped(tokens.input)) " in, " (number::grouped(tokens.output)) " out"
                    @if tokens.cached > 0 { ", " (number::grouped(tokens.cached)) " cached" }
                    @if tokens.cache_written > 0 { ", " (number::grouped(tokens.cache_written)) " written to the cache" }
                    @if tokens.reasoning > 0 { ", " (number::grouped(tokens.reasoning)) " reasoning" }
                    @if tokens.is_estimated { span.muted { " (estimated)" } }
                } }
            }
            @if let Some(id) = &record.caller_request_id { div { dt { "Caller's id" } dd { code { (cut(id, SHOWN_CHARACTERS)) } } } }
            @if let Some(trace) = &record.trace {
                div { dt { "Trace" } dd {
                    code { (trace.trace_id) } " "
                    span.muted {
                        "span " (trace.span_id)
                        @if let Some(parent) = &trace.parent_id { " of " (parent) } @else { ", begun here" }
                    }
                } }
            }
            div { dt { "Policy" } dd { code title=(record.policy) { (short_hash(&record.policy)) } } }
        }
    }
}

fn texts<'a>(value: &'a Json, name: &str) -> Vec<&'a str> {
    value[name].as_array().map(|items| items.iter().filter_map(Json::as_str).collect()).unwrap_or_default()
}

fn items<'a>(value: &'a Json, name: &str) -> &'a [Json] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn plan(decision: &Json, record: &DecisionRecord) -> Markup {
    let stages = items(decision, "plan");
    html! {
        @if !stages.is_empty() {
            section aria-labelledby="plan" {
                h2 #plan { "Plan" }
                ol.plan {
                    @for stage in stages {
                        li {
                            @for target in texts(stage, "candidates") {
                                span.candidate { b { (target) } (fate(target, record)) }
                            }
                            @if let Some(order) = stage["order"].as_str() { span.muted { (order) " first" } }
                            @if let Some(ms) = stage["within_ms"].as_u64() { span.muted { "within " (number::limit(ms)) } }
                            @for target in texts(stage, "candidates") { (owed(&decision["obligations"][target])) }
                        }
                    }
                }
            }
        }
    }
}

/// What is owed when a candidate is called.
fn owed(obligations: &Json) -> Markup {
    let log = match obligations["log"].as_str() {
        Some("none") => Some("nothing of the content is logged"),
        Some("metadata") => Some("no text is logged"),
        Some("full") => Some("prompts and answers are logged"),
        _ => None,
    };
    html! {
        @if obligations.is_object() {
            p.owed {
                "Owed: "
                @if let Some(tokens) = obligations["cap"].as_u64() { "at most " (number::grouped(tokens)) " output tokens; " }
                @for (name, what) in [("redact", finds(obligations)), ("flag", texts(obligations, "flag"))] {
                    @if !what.is_empty() { (name) " " (cut(&what.join(", "), SHOWN_CHARACTERS)) "; " }
                }
                (log.unwrap_or("nothing"))
            }
        }
    }
}

fn finds(obligations: &Json) -> Vec<&str> {
    items(obligations, "redact").iter().filter_map(|redaction| redaction["find"].as_str()).collect()
}

/// What was looked through, what was found in it, and which detectors failed.
fn inspected(record: &DecisionRecord) -> Markup {
    let findings = record.decision.as_ref().map(|decision| texts(decision, "findings")).unwrap_or_default();
    html! {
        @if record.inspection.is_some() || !findings.is_empty() {
            section aria-labelledby="inspected" {
                h2 #inspected { "Looked through" }
                p {
                    @if let Some(inspection) = &record.inspection {
                        (number::grouped(inspection.parts)) " texts, " (number::grouped(inspection.bytes)) " bytes, in "
                        (number::span(inspection.took_ms)) ". "
                    }
                    @if findings.is_empty() { "Nothing was found that a rule asks for." }
                    @else { "Found: " @for finding in &findings { code.rule { (finding) } " " } }
                }
                @if let Some(inspection) = &record.inspection {
                    @for failed in &inspection.failed {
                        p { (chip(Tone::Bad, "detector failed")) " " b { (failed.detector) } ": " (failed.cause) }
                    }
                }
            }
        }
    }
}

/// Rules that are tried and held.
fn observed(decision: &Json) -> Markup {
    let observed = items(decision, "observed");
    html! {
        @if !observed.is_empty() {
            section aria-labelledby="observed" {
                h2 #observed { "Rules on trial that held" }
                ul {
                    @for entry in observed {
                        @let targets = texts(entry, "targets");
                        li {
                            code.rule { (entry["rule"].as_str().unwrap_or("?")) }
                            @if !targets.is_empty() { " of " (cut(&targets.join(", "), SHOWN_CHARACTERS)) }
                        }
                    }
                }
            }
        }
    }
}

fn fate(target: &str, record: &DecisionRecord) -> Markup {
    let passed = record.passed_over.iter().find(|passed| passed.target == target);
    match record.attempts.iter().rev().find(|attempt| attempt.target == target) {
        None => match passed {
            None => chip(Tone::Quiet, "not asked"),
            Some(passed) => {
                chip(Tone::Bad, &format!("passed over: {}", cut(&passed.cause, SHOWN_CHARACTERS)))
            }
        },
        Some(attempt) => match &attempt.cause {
            None => chip(Tone::Good, "answered"),
            Some(cause) => chip(Tone::Bad, cause),
        },
    }
}

fn removed(decision: &Json) -> Markup {
    let removed = items(decision, "removed");
    html! {
        @if !removed.is_empty() {
            section aria-labelledby="removed" {
                h2 #removed { "Removed from the plan" }
                table.plain-table {
                    thead { tr { th scope="col" { "Target" } th scope="col" { "By" } th scope="col" { "Because" } } }
                    tbody {
                        @for entry in removed {
                            @let (by, reasons) = (texts(entry, "by"), texts(entry, "reasons"));
                            tr {
                                td data-label="Target" { b { (entry["target"].as_str().unwrap_or("?")) } }
                                td data-label="By" { @for rule in &by { code.rule { (rule) } } }
                                td data-label="Because" { @for words in &reasons { span.over { (words) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn deciding(record: &DecisionRecord, files: Option<&[SourceText]>) -> Markup {
    html! {
        @if !record.lines.is_empty() {
            section aria-labelledby="lines" {
                h2 #lines { "Lines that decided" }
                @match files {
                    Some(files) => {
                        p.anchors {
                            @for lines in record.lines.iter() {
                                @if let Some(anchor) = source::anchor(files, lines) {
                                    a href=(anchor) { code { (lines.file) ":" (lines.line) } }
                                }
                            }
                        }
                        (source::deciding(files, &record.lines))
                    }
                    None => {
                        p.muted { "The text of this policy is not kept any more. What decided stood at:" }
                        ul { @for lines in record.lines.iter() { li { code { (lines.file) ":" (lines.line) } } } }
                    }
                }
            }
        }
    }
}

fn document(decision: &Json, record: &DecisionRecord) -> Markup {
    // A document is written in full whatever it holds.
    let text = serde_json::to_string_pretty(decision).unwrap_or_else(|error| error.to_string());
    html! {
        details.document {
            summary { "Decision as JSON" }
            p { a href={ "/api/decisions/" (address(&record.id)) } { "The whole record as JSON" } }
            pre tabindex="0" { code { (text) } }
        }
    }
}
