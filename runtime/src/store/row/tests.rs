//! A record is read as it was stored, whatever it holds.

use crate::record::chosen::Chosen;
use crate::record::{
    AttemptRecord, DecisionRecord, Document, Outcome, PassedOverRecord, RecordedCaller, RecordedFailure,
    RecordedInspection, RecordedLines, RecordedTokens,
};
use crate::store::{Filter, Store};
use crate::trace::Trace;
use crate::wire::marks::Marks;
use serde_json::json;
use std::sync::Arc;

/// Of a request that was answered at once, with each text that text and, where there are columns, what it is: two that changed
/// places would be seen.
fn usual(text: &str) -> DecisionRecord {
    let (policy, source): (Arc<str>, Arc<str>) = (text.into(), "sha256:s".into());
    let lines: Arc<[RecordedLines]> = [RecordedLines { file: text.to_owned(), line: 1, end_line: 2 }].into();
    let document = Document::of_policy(json!({"decision": text, "plan": [1.0]}), &policy, &source, &lines);
    DecisionRecord {
        id: String::new(),
        at_ms: -1,
        api: text.to_owned(),
        is_stream: false,
        caller: RecordedCaller {
            key_id: text.to_owned(),
            id: format!("{text} id"),
            team: format!("{text} team"),
            app: format!("{text} app"),
            groups: Vec::new(),
        },
        caller_request_id: None,
        trace: None,
        model: format!("{text} model"),
        outcome: Outcome::Ok,
        status: 200,
        decision: Some(document),
        inspection: None,
        request: None,
        too_long: Vec::new(),
        decided: format!("{text} decided"),
        route: Some(format!("{text} route")),
        arm: None,
        reasons: Vec::new(),
        target: Some(target(text)),
        chosen: None,
        attempts: vec![attempt(text)],
        passed_over: Vec::new(),
        tokens: RecordedTokens { input: 1, output: 2, ..RecordedTokens::default() },
        latency_ms: 9,
        first_content_ms: None,
        policy,
        source,
        lines,
    }
}

fn target(text: &str) -> String {
    format!("{text} target")
}

fn attempt(text: &str) -> AttemptRecord {
    AttemptRecord {
        target: target(text),
        cause: None,
        status: Some(200),
        started_ms: 0,
        first_content_ms: None,
        latency_ms: 9,
        maybe_billed: false,
        marks: Marks::default(),
        detail: String::new(),
    }
}

type Change = fn(&mut DecisionRecord, &str);

/// What may be otherwise, of which the record as a whole knows.
const CHANGES: [Change; 34] = [
    |record, _| record.is_stream = true,
    |record, _| record.caller = RecordedCaller::default(),
    |record, _| (record.decided.clear(), record.model.clear()).0,
    |record, text| record.caller.groups = vec![text.to_owned(), String::new()],
    |record, text| record.caller_request_id = Some(text.to_owned()),
    |record, text| record.trace = Some(trace(text, None)),
    |record, text| record.trace = Some(trace(text, Some(text.to_owned()))),
    |record, _| record.outcome = Outcome::UpstreamErrorMidstream,
    |record, _| record.status = 0,
    |record, text| record.decision = Some(json!({"decision": text}).into()),
    |record, _| record.decision = None,
    |record, text| record.policy = text.into(),
    |record, _| record.lines = Arc::default(),
    |record, _| record.inspection = Some(RecordedInspection::default()),
    |record, text| record.inspection = Some(inspection(text)),
    |record, text| {
        record.request = json!({"tag": text, "request.tokens": 1}).as_object().cloned().map(Into::into)
    },
    |record, text| {
        record.request = json!({"caller.groups": [text], "draw": 0.5}).as_object().cloned().map(Into::into)
    },
    |record, text| record.too_long = vec![text.to_owned()],
    |record, _| record.route = None,
    |record, _| record.route = Some(String::new()),
    |record, _| record.arm = Some(0),
    |record, text| record.reasons = vec![String::new(), text.to_owned()],
    |record, _| record.target = None,
    |record, _| record.target = Some(String::new()),
    |record, _| record.chosen = Some(Chosen::Failover),
    |record, _| record.attempts.clear(),
    |record, text| record.passed_over = vec![passed_over(text)],
    |record, _| record.tokens = RecordedTokens { input: u64::MAX, ..record.tokens },
    |record, _| record.tokens = RecordedTokens { cache_written: 1, ..record.tokens },
    |record, _| record.tokens = RecordedTokens { is_estimated: true, output: 0, ..record.tokens },
    |record, _| record.tokens = RecordedTokens::default(),
    |record, _| record.latency_ms = u64::MAX,
    |record, _| record.first_content_ms = Some(0),
    |record, _| record.first_content_ms = Some(u64::MAX),
];

type AttemptChange = fn(&mut AttemptRecord, &str);

/// The same of an attempt.
const ATTEMPT_CHANGES: [AttemptChange; 10] = [
    |attempt, _| attempt.target = "another/one".to_owned(),
    |attempt, _| attempt.target.clear(),
    |attempt, text| attempt.cause = Some(text.to_owned()),
    |attempt, _| attempt.status = None,
    |attempt, _| attempt.status = Some(503),
    |attempt, _| attempt.started_ms = u64::MAX,
    |attempt, _| attempt.first_content_ms = Some(0),
    |attempt, _| attempt.maybe_billed = true,
    |attempt, text| attempt.marks.other_model = Some(text.to_owned()),
    |attempt, text| attempt.detail = text.to_owned(),
];

fn trace(text: &str, parent_id: Option<String>) -> Trace {
    Trace { trace_id: text.to_owned(), parent_id, span_id: text.to_owned(), is_sampled: true, state: None }
}

fn inspection(text: &str) -> RecordedInspection {
    RecordedInspection {
        parts: 1,
        bytes: 2,
        took_ms: 3,
        failed: vec![RecordedFailure { detector: text.to_owned(), cause: text.to_owned() }],
        looked_for: vec![text.to_owned(), String::new()],
    }
}

fn passed_over(text: &str) -> PassedOverRecord {
    PassedOverRecord { target: text.to_owned(), cause: text.to_owned() }
}

/// Stores them under ids of their own, and reads them.
async fn there_and_back(mut records: Vec<DecisionRecord>) {
    let store = Store::in_memory().await.unwrap();
    for (number, record) in records.iter_mut().enumerate() {
        record.id = format!("id {number}");
        store.record(record.clone());
    }
    store.flush().await.unwrap();
    let stored = store.stored_decisions(&Filter::default(), None, u32::MAX).await.unwrap();
    assert_eq!(stored.len(), records.len());
    for (record, (_, stored)) in records.iter().zip(stored.into_iter().rev()) {
        let told = format!("{stored:?}");
        let read = stored.read().unwrap();
        assert_eq!(read, *record, "{told}");
        // Equality knows no order of members.
        assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(record).unwrap(), "{told}");
    }
}

#[tokio::test]
async fn what_is_usual_and_each_thing_that_is_not_comes_back() {
    let texts = ["", "plain/text-1", "é 你 😀", "a\"b", "a\\b", "a\nb\t\u{0}\u{1f}", "\u{7f}\u{2028}", "/"];
    let mut records = Vec::new();
    for text in texts {
        records.push(usual(text));
        for change in CHANGES {
            let mut record = usual(text);
            change(&mut record, text);
            records.push(record);
        }
        for change in ATTEMPT_CHANGES {
            let mut record = usual(text);
            change(&mut record.attempts[0], text);
            record.attempts.push(attempt(text));
            records.push(record);
        }
    }
    records.extend(Outcome::ALL.map(|outcome| DecisionRecord { outcome, ..usual("x") }));
    there_and_back(records).await;
}

#[tokio::test]
async fn things_that_are_not_usual_come_back_together() {
    let mut state = 1_u64;
    let mut is_drawn = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 62 == 0
    };
    let mut records = Vec::new();
    for _ in 0..2_000 {
        let mut record = usual("a \"é\"");
        for change in CHANGES {
            if is_drawn() {
                change(&mut record, "b\\");
            }
        }
        for number in 0..record.attempts.len() * 2 {
            let mut one = attempt("a \"é\"");
            for change in ATTEMPT_CHANGES {
                if is_drawn() {
                    change(&mut one, "c");
                }
            }
            record.attempts.splice(number.., [one]);
        }
        records.push(record);
    }
    there_and_back(records).await;
}

#[tokio::test]
async fn nothing_is_said_twice() {
    let store = Store::in_memory().await.unwrap();
    store.record(DecisionRecord { id: "id".to_owned(), ..usual("x") });
    store.flush().await.unwrap();
    let (_, stored) = store.stored_decisions(&Filter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!(stored.text, r#"{"api":"x","caller":{"key_id":"x"},"attempts":[{"latency_ms":9}]}"#);
}
