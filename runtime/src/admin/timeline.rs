//! The attempts of a request as bars over its time. The words beside each bar say all that the bar shows.

use super::number;
use super::words::{Tone, chip, cut};
use crate::record::{AttemptRecord, DecisionRecord};
use maud::{Markup, html};

/// Units across a bar's whole width.
const WIDTH: u64 = 1_000;

/// What a bar is at least wide, to be seen at all.
const LEAST: u64 = 6;

/// All attempts, in order.
pub(super) fn show(record: &DecisionRecord) -> Markup {
    let ends = record.attempts.iter().map(|attempt| attempt.started_ms.saturating_add(attempt.latency_ms));
    let total = ends.chain([record.latency_ms]).max().unwrap_or(0).max(1);
    html! {
        ol.attempts {
            @for attempt in &record.attempts { li { (bar(attempt, total)) } }
        }
        p.scale aria-hidden="true" { span { "0 ms" } span { (number::span(total / 2)) } span { (number::span(total)) } }
    }
}

fn bar(attempt: &AttemptRecord, total: u64) -> Markup {
    let start = place(attempt.started_ms, total);
    let width = place(attempt.latency_ms, total).max(LEAST).min(WIDTH - start.min(WIDTH - LEAST));
    let first = attempt.first_content_ms.map(|ms| place(attempt.started_ms.saturating_add(ms), total));
    let (tone, words) = match &attempt.cause {
        Some(cause) => (Tone::Bad, cause.as_str()),
        None => (Tone::Good, "answered"),
    };
    html! {
        div.who { b { (attempt.target) } (chip(tone, words)) }
        svg.bar viewBox={ "0 0 " (WIDTH) " 14" } preserveAspectRatio="none" aria-hidden="true" {
            rect.rail x="0" y="0" width=(WIDTH) height="14" {}
            rect class=(if attempt.cause.is_some() { "failed" } else { "served" })
                x=(start.min(WIDTH - LEAST)) y="0" width=(width) height="14" {}
            @if let Some(first) = first { rect.first x=(first.min(WIDTH - 3)) y="0" width="3" height="14" {} }
        }
        p.told {
            "began at " (number::span(attempt.started_ms)) ", took " (number::span(attempt.latency_ms))
            @if let Some(ms) = attempt.first_content_ms { ", first content after " (number::span(ms)) }
            @if let Some(status) = attempt.status { ", status " (status) }
            @if attempt.maybe_billed { ", may be billed" }
            @if says_more(attempt) { " · " bdi { (cut(&attempt.told(), 240)) } }
        }
    }
}

/// Where a moment lies on a bar; a request's time fits into 64 bits a thousand times over.
fn place(ms: u64, total: u64) -> u64 {
    (ms.saturating_mul(WIDTH) / total).min(WIDTH)
}

/// Whether the words on an attempt say more than its status, which stands before them.
fn says_more(attempt: &AttemptRecord) -> bool {
    let is_status = attempt.status.is_some_and(|status| attempt.detail == format!("answered {status}"));
    !attempt.marks.is_empty() || (!attempt.detail.is_empty() && !is_status)
}
