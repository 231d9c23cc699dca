//! A record is written as serde writes it, whatever it holds.

use super::*;
use crate::record::chosen::Chosen;
use crate::record::{Outcome, PassedOverRecord, RecordedFailure};
use crate::trace::Trace;
use crate::wire::marks::Marks;
use serde_json::json;
use std::sync::Arc;

fn attempt(text: &str, is_full: bool) -> AttemptRecord {
    AttemptRecord {
        target: text.to_owned(),
        cause: is_full.then(|| text.to_owned()),
        status: is_full.then_some(503),
        started_ms: 1,
        first_content_ms: is_full.then_some(2),
        latency_ms: u64::MAX,
        maybe_billed: is_full,
        marks: Marks { skipped_events: u64::from(is_full), ..Marks::default() },
        detail: text.to_owned(),
    }
}

/// With each text that text, and each member there or not.
fn record(text: &str, is_full: bool) -> DecisionRecord {
    let texts = if is_full { vec![text.to_owned(), String::new(), text.to_owned()] } else { Vec::new() };
    let known = json!({"caller.id": text, "caller.groups": [text]}).as_object().cloned();
    let line = |line| RecordedLines { file: text.to_owned(), line, end_line: line + 1 };
    DecisionRecord {
        id: text.to_owned(),
        at_ms: -1,
        api: text.to_owned(),
        is_stream: is_full,
        caller: RecordedCaller {
            key_id: text.to_owned(),
            id: text.to_owned(),
            team: text.to_owned(),
            app: text.to_owned(),
            groups: texts.clone(),
        },
        caller_request_id: is_full.then(|| text.to_owned()),
        trace: is_full.then(|| Trace {
            trace_id: text.to_owned(),
            parent_id: None,
            span_id: text.to_owned(),
            is_sampled: true,
            state: None,
        }),
        model: text.to_owned(),
        outcome: Outcome::UpstreamErrorMidstream,
        status: 200,
        decision: is_full.then(|| json!({"decision": text}).into()),
        inspection: is_full.then(|| RecordedInspection {
            parts: 1,
            bytes: 2,
            took_ms: 3,
            failed: vec![RecordedFailure { detector: text.to_owned(), cause: text.to_owned() }],
            looked_for: texts.clone(),
        }),
        request: known.filter(|_| is_full).map(Into::into),
        too_long: texts.clone(),
        decided: text.to_owned(),
        route: is_full.then(|| text.to_owned()),
        arm: is_full.then_some(7),
        reasons: texts,
        target: is_full.then(|| text.to_owned()),
        chosen: is_full.then_some(Chosen::Failover),
        attempts: if is_full { vec![attempt(text, true), attempt(text, false)] } else { Vec::new() },
        passed_over: (0..u8::from(is_full))
            .map(|_| PassedOverRecord { target: text.to_owned(), cause: text.to_owned() })
            .collect(),
        tokens: RecordedTokens {
            input: 1,
            output: u64::MAX,
            is_estimated: is_full,
            ..RecordedTokens::default()
        },
        latency_ms: 9,
        first_content_ms: is_full.then_some(8),
        policy: text.into(),
        source: text.into(),
        lines: if is_full { [line(1), line(30)].into() } else { Arc::default() },
    }
}

#[test]
fn a_record_is_written_as_serde_writes_it() {
    for text in ["", "plain/text-1", "é 你 😀", "a\"b", "a\\b", "a\nb\t\u{1}\u{1f}", "\u{7f}\u{2028}", "/"]
    {
        for is_full in [false, true] {
            let record = record(text, is_full);
            let mut written = Vec::new();
            record.write(&mut written);
            let by_serde = serde_json::to_string(&record).expect("it can be written");
            assert_eq!(String::from_utf8_lossy(&written), by_serde);
        }
    }
}

#[test]
fn every_outcome_is_written_by_its_name() {
    for outcome in Outcome::ALL {
        let record = DecisionRecord { outcome, ..record("x", false) };
        let mut written = Vec::new();
        record.write(&mut written);
        assert_eq!(String::from_utf8_lossy(&written), serde_json::to_string(&record).expect("as above"));
    }
}
