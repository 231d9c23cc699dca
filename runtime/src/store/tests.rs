//! What the store promises of its file, its keys and its log.

use super::*;
use crate::record::{
    AttemptRecord, Document, Outcome, PolicyEventKind, RecordedCaller, RecordedLines, RecordedTokens,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A folder of its own for each test, removed at its end.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("wayleave-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.0.join("store.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn record(number: i64, team: &str, outcome: Outcome) -> DecisionRecord {
    DecisionRecord {
        caller_request_id: None,
        trace: None,
        id: format!("id{number:04}"),
        at_ms: number,
        api: "chat".to_owned(),
        is_stream: false,
        caller: RecordedCaller { team: team.to_owned(), ..RecordedCaller::default() },
        model: "assistant".to_owned(),
        outcome,
        status: 200,
        decision: Some(serde_json::json!({"decision": "route"}).into()),
        inspection: None,
        request: None,
        too_long: Vec::new(),
        decided: "route".to_owned(),
        route: Some("chat".to_owned()),
        arm: None,
        reasons: Vec::new(),
        target: Some("a/b".to_owned()),
        attempts: Vec::new(),
        chosen: None,
        passed_over: Vec::new(),
        tokens: RecordedTokens { input: 10, output: 2, ..RecordedTokens::default() },
        latency_ms: u64::try_from(number).unwrap_or(0),
        first_content_ms: None,
        policy: "sha256:p".into(),
        source: "sha256:s".into(),
        lines: Arc::default(),
    }
}

#[tokio::test]
async fn files_are_the_owners_alone_and_survive() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("modes");
    let store = Store::open(&folder.file()).await.unwrap();
    store.record(record(1, "search", Outcome::Ok));
    store.flush().await.unwrap();
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let mode = std::fs::metadata(folder.0.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(std::fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777, 0o700);
    store.close().await.unwrap();
    let again = Store::open(&folder.file()).await.unwrap();
    assert_eq!(again.decision("id0001").await.unwrap(), Some(record(1, "search", Outcome::Ok)));
    assert_eq!(again.log_state(), LogState { lost: 0, unrecorded: 0, is_writing: true });
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let folder = Folder::new("newer");
    let store = Store::open(&folder.file()).await.unwrap();
    sqlx::query("PRAGMA user_version = 99").execute(&store.pool).await.unwrap();
    store.close().await.unwrap();
    let refused = Store::open(&folder.file()).await.unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 99 }), "{refused}");
}

/// Whoever revokes may have another clock than whoever revoked before.
#[tokio::test]
async fn keys_that_come_and_go_are_followed_whatever_clocks_say() {
    let store = Store::in_memory().await.unwrap();
    let mut keys = Vec::new();
    for _ in 0..4 {
        keys.push(store.add_key(Identity::default(), 1).await.unwrap());
    }
    let valid =
        |keys: &[NewKey]| keys.iter().map(|key| store.keys().find(&key.text).is_some()).collect::<Vec<_>>();
    store.revoke_key(&keys[1].id, 100).await.unwrap();
    assert_eq!(valid(&keys), [true, false, true, true]);
    store.revoke_key(&keys[3].id, 50).await.unwrap();
    assert_eq!(valid(&keys), [true, false, true, false]);
    keys.push(store.add_key(Identity::default(), 1).await.unwrap());
    store.revoke_key(&keys[0].id, 100).await.unwrap();
    assert_eq!(valid(&keys), [false, false, true, false, true]);
    assert_eq!(store.keys().count(), 2);
}

#[tokio::test]
async fn a_key_is_valid_until_another_process_revokes_it() {
    let folder = Folder::new("keys");
    let serving = Store::open(&folder.file()).await.unwrap();
    let commanding = Store::open(&folder.file()).await.unwrap();
    let ana =
        Identity { caller_id: "ana".to_owned(), team: Some("search".to_owned()), ..Identity::default() };
    let key = commanding.add_key(ana, 1).await.unwrap();
    assert_eq!(commanding.keys().find(&key.text).unwrap().key_id, key.id);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while serving.keys().find(&key.text).is_none() {
        assert!(tokio::time::Instant::now() < deadline, "the new key never arrives");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    commanding.revoke_key(&key.id, 2).await.unwrap();
    while serving.keys().find(&key.text).is_some() {
        assert!(tokio::time::Instant::now() < deadline, "the key stays valid");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(matches!(commanding.revoke_key(&key.id, 3).await, Err(Error::NoSuchKey(_))));
    let listed = serving.list_keys().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].revoked_ms, Some(2));
    let texts = "SELECT group_concat(id || hex(hash) || hint || identity) FROM keys";
    let stored: String = sqlx::query_scalar(texts).fetch_one(&serving.pool).await.unwrap();
    assert!(stored.contains(&key.id));
    assert!(!stored.contains(&key.text[3..40]), "the key's text is in the database");
}

#[tokio::test]
async fn the_log_is_filtered_paged_and_summed_up() {
    let store = Store::in_memory().await.unwrap();
    for number in 1..=100 {
        let team = if number % 2 == 0 { "search" } else { "payments" };
        let outcome = if number % 10 == 0 { Outcome::DeniedPolicy } else { Outcome::Ok };
        store.record(record(number, team, outcome));
    }
    store.flush().await.unwrap();
    let search = Filter { team: Some("search".to_owned()), ..Filter::default() };
    let first = store.decisions(&search, None, 30).await.unwrap();
    assert_eq!(first.len(), 30);
    assert_eq!(first[0].record.id, "id0100");
    let rest = store.decisions(&search, Some(first[29].row), 30).await.unwrap();
    assert_eq!(rest.len(), 20);
    assert_eq!(rest[19].record.id, "id0002");
    let denied = Filter { outcome: Some(Outcome::DeniedPolicy), since_ms: Some(50), ..Filter::default() };
    assert_eq!(store.decisions(&denied, None, 100).await.unwrap().len(), 6);
    let hostile = Filter { team: Some("x' OR '1'='1".to_owned()), ..Filter::default() };
    assert_eq!(store.decisions(&hostile, None, 100).await.unwrap(), Vec::new());
    let prefix = Filter { id_prefix: Some("id009".to_owned()), ..Filter::default() };
    assert_eq!(store.decisions(&prefix, None, 100).await.unwrap().len(), 10);
    let newest = store.last_row().await.unwrap();
    store.record(record(101, "search", Outcome::Ok));
    store.flush().await.unwrap();
    let followed = store.decisions_after(&Filter::default(), newest, 10).await.unwrap();
    assert_eq!(followed.len(), 1);
    let summary = store.summary(&Filter::default(), &[GroupBy::Team]).await.unwrap();
    assert_eq!(summary[0].group, ["search"]);
    let expected = (51, 41, 10, 0, 510, 102);
    let row = &summary[0];
    assert_eq!((row.requests, row.ok, row.denied, row.failed, row.input, row.output), expected);
    assert_eq!((&row.flags, &row.observed), (&BTreeMap::new(), &BTreeMap::new()));
    let all = store.summary(&Filter::default(), &[]).await.unwrap();
    assert_eq!((all[0].p50_ms, all[0].p95_ms), (51, 96));
}

#[tokio::test]
async fn policies_and_events_are_kept() {
    let store = Store::in_memory().await.unwrap();
    let files = vec![SourceText { path: "main.route".to_owned(), text: "edition 2026\n".to_owned() }];
    store.keep_policy("sha256:s", files.clone());
    let event = PolicyEvent {
        at_ms: 7,
        kind: PolicyEventKind::Refused,
        policy: "sha256:p".into(),
        source: "sha256:s".into(),
        diagnostics: "error[R0101]".to_owned(),
    };
    store.record_event(event.clone());
    store.flush().await.unwrap();
    assert_eq!(store.policy("sha256:s").await.unwrap(), Some(files));
    assert_eq!(store.policy("sha256:other").await.unwrap(), None);
    assert_eq!(store.events(10).await.unwrap(), [event]);
}

#[tokio::test]
async fn ten_thousand_records_are_written_in_groups() {
    let (queue, mut entries) = mpsc::channel(QUEUE_LIMIT);
    for number in 0..10_000 {
        let row = Row::new(record(number, "search", Outcome::Ok));
        assert!(queue.try_send(Entry::Decision(Box::new(row))).is_ok());
    }
    drop(queue);
    let mut sizes = Vec::new();
    while let Some(group) = writer::gather(&mut entries, &Notify::new()).await {
        sizes.push(group.len());
    }
    assert_eq!((sizes.len(), sizes[0], sizes[9]), (10, 1024, 784));

    let folder = Folder::new("many");
    let store = Store::open(&folder.file()).await.unwrap();
    for number in 0..10_000 {
        store.record(record(number, "search", Outcome::Ok));
    }
    store.flush().await.unwrap();
    assert_eq!(store.log_state().lost, 0);
    assert_eq!(store.summary(&Filter::default(), &[]).await.unwrap()[0].requests, 10_000);
    let oldest = store.decisions(&Filter::default(), Some(2), 10).await.unwrap();
    assert_eq!(oldest[0].record, record(0, "search", Outcome::Ok));
}

/// The files as a crash leaves them: the log of changes cut off at `length`, and the index of it gone with the process.
#[expect(clippy::disallowed_methods, reason = "a crash is imitated in the file")]
fn crashed(from: &Folder, name: &str, length: usize) -> Folder {
    let folder = Folder::new(name);
    std::fs::create_dir(&folder.0).unwrap();
    std::fs::copy(from.file(), folder.file()).unwrap();
    let log = std::fs::read(from.0.join("store.db-wal")).unwrap();
    std::fs::write(folder.0.join("store.db-wal"), &log[..length]).unwrap();
    folder
}

#[tokio::test]
async fn a_torn_group_is_cut_and_all_before_it_is_there() {
    let folder = Folder::new("torn");
    let store = Store::open(&folder.file()).await.unwrap();
    let log = folder.0.join("store.db-wal");
    let length = || usize::try_from(std::fs::metadata(&log).unwrap().len()).unwrap();
    let key = store.add_key(Identity::default(), 1).await.unwrap();
    (1..=10).for_each(|number| store.record(record(number, "search", Outcome::Ok)));
    store.flush().await.unwrap();
    let acknowledged = length();
    (11..=20).for_each(|number| store.record(record(number, "search", Outcome::Ok)));
    store.flush().await.unwrap();
    let whole = length();
    let lengths = [acknowledged, acknowledged + 1, (acknowledged + whole) / 2, whole - 1, whole];
    for (position, length) in lengths.into_iter().enumerate() {
        let left = crashed(&folder, &format!("torn-{position}"), length);
        let again = Store::open(&left.file()).await.unwrap();
        let expected = if length == whole { 20 } else { 10 };
        assert_eq!(again.decisions(&Filter::default(), None, 100).await.unwrap().len(), expected, "{length}");
        assert!(again.keys().find(&key.text).is_some());
        let sound: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&again.pool).await.unwrap();
        assert_eq!(sound, "ok");
        again.record(record(99, "search", Outcome::Ok));
        again.flush().await.unwrap();
        assert!(again.decision("id0099").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_counted_and_told() {
    let store = Store::in_memory().await.unwrap();
    sqlx::query("ALTER TABLE decisions RENAME TO away").execute(&store.pool).await.unwrap();
    (1..=3).for_each(|number| store.record(record(number, "search", Outcome::Ok)));
    assert!(matches!(store.flush().await, Err(Error::Lost(3))));
    assert_eq!(store.log_state(), LogState { lost: 3, unrecorded: 0, is_writing: false });
    sqlx::query("ALTER TABLE away RENAME TO decisions").execute(&store.pool).await.unwrap();
    store.record(record(4, "search", Outcome::Ok));
    store.flush().await.unwrap();
    assert_eq!(store.log_state(), LogState { lost: 3, unrecorded: 0, is_writing: true });
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_written() {
    for (code, is_failed) in [("1034", true), ("1290", true), ("10", false), ("13", false)] {
        assert_eq!(writer::is_failed_sync(Some(code)), is_failed, "{code}");
    }
    let store = Store::in_memory().await.unwrap();
    store.state.is_poisoned.store(true, Ordering::Relaxed);
    store.record(record(1, "search", Outcome::Ok));
    assert!(matches!(store.flush().await, Err(Error::Lost(1))));
    assert_eq!(store.log_state(), LogState { lost: 1, unrecorded: 0, is_writing: false });
    assert_eq!(store.last_row().await.unwrap(), 0);
}

#[tokio::test]
async fn texts_of_others_are_kept_short() {
    let store = Store::in_memory().await.unwrap();
    let mut long = record(1, "search", Outcome::DeniedPolicy);
    long.model = "é".repeat(1_000_000);
    long.reasons = vec!["short".to_owned(), "x".repeat(600)];
    let request = serde_json::json!({"caller.team": "search", "tag": "x".repeat(600), "caller.groups": vec!["y".repeat(100); 50]});
    long.request = request.as_object().cloned().map(Into::into);
    store.record(long);
    store.flush().await.unwrap();
    let kept = store.decision("id0001").await.unwrap().unwrap();
    assert!(kept.model.len() <= crate::record::FOREIGN_TEXT_BYTES && kept.model.ends_with("é…"));
    assert_eq!((kept.reasons[0].as_str(), kept.reasons[1].len()), ("short", 512));
    assert_eq!(kept.request.unwrap().keys().collect::<Vec<_>>(), ["caller.team"]);
    assert_eq!(kept.too_long, ["tag", "caller.groups"]);
}

#[test]
fn a_record_of_an_earlier_form_is_read() {
    let earlier = record(1, "search", Outcome::Ok);
    let text = serde_json::to_string(&earlier).unwrap();
    assert!(!text.contains("\"request\"") && !text.contains("too_long"), "{text}");
    assert_eq!(serde_json::from_str::<DecisionRecord>(&text).unwrap(), earlier);
}

#[tokio::test]
async fn a_store_and_a_filter_select_alike() {
    let store = Store::in_memory().await.unwrap();
    let records: Vec<DecisionRecord> = (1..=12)
        .map(|number| DecisionRecord {
            at_ms: number,
            target: (number % 4 > 0).then(|| format!("a/{}", number % 3)),
            decided: if number % 4 > 0 { "route".to_owned() } else { "deny".to_owned() },
            ..record(number, ["search", "apps"][usize::try_from(number % 2).unwrap()], Outcome::Ok)
        })
        .collect();
    records.iter().for_each(|record| store.record(record.clone()));
    store.flush().await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let filters = [
        Filter::default(),
        Filter { team: text("apps"), ..Filter::default() },
        Filter { target: text("a/1"), since_ms: Some(4), ..Filter::default() },
        Filter { decided: text("deny"), until_ms: Some(9), ..Filter::default() },
        Filter { outcome: Some(Outcome::Internal), ..Filter::default() },
        Filter { id_prefix: text("id001"), caller: records[0].caller.id.clone().into(), ..Filter::default() },
    ];
    for filter in filters {
        let listed = store.stored_decisions(&filter, None, 100).await.unwrap();
        let listed: Vec<DecisionRecord> =
            listed.into_iter().map(|(_, stored)| stored.read().unwrap()).collect();
        let passing: Vec<DecisionRecord> =
            records.iter().rev().filter(|record| filter.passes(record)).cloned().collect();
        assert_eq!(listed, passing, "{filter:?}");
    }
}

#[tokio::test]
async fn a_reader_sees_what_a_server_writes_and_writes_nothing() {
    let folder = Folder::new("reader");
    assert!(Store::open_for_reading(&folder.file()).await.is_err());
    assert!(!folder.0.exists());
    let serving = Store::open(&folder.file()).await.unwrap();
    let reader = Store::open_for_reading(&folder.file()).await.unwrap();
    serving.record(record(1, "search", Outcome::Ok));
    serving.flush().await.unwrap();
    assert_eq!(reader.decisions(&Filter::default(), None, 10).await.unwrap().len(), 1);
    reader.record(record(2, "search", Outcome::Ok));
    assert_eq!(reader.log_state().lost, 1);
    assert!(reader.add_key(Identity::default(), 1).await.is_err());
    reader.close().await.unwrap();
    serving.close().await.unwrap();
    let late = Store::open_for_reading(&folder.file()).await.unwrap();
    assert_eq!(late.last_row().await.unwrap(), 1);
}

#[tokio::test]
async fn the_oldest_decisions_make_room() {
    let store = Store::in_memory().await.unwrap();
    (1..=50).for_each(|number| store.record(record(number, "search", Outcome::Ok)));
    store.flush().await.unwrap();
    writer::trim(&mut store.pool.acquire().await.unwrap(), 20).await.unwrap();
    let kept = store.decisions(&Filter::default(), None, 100).await.unwrap();
    assert_eq!((kept.len(), kept[19].record.id.as_str()), (20, "id0031"));
}

/// A decision document stands in the store once, in each record as it was, and goes with the last record that needs it.
#[tokio::test]
async fn documents_are_kept_once_and_as_long_as_records() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let store = Store::in_memory().await.unwrap();
    let of = |number: i64, at_ms: i64, route: &str| DecisionRecord {
        at_ms,
        decision: Some(serde_json::json!({"decision": "route", "route": route, "plan": [1.0, "é"]}).into()),
        ..record(number, "search", Outcome::Ok)
    };
    let early: Vec<DecisionRecord> = (1..=3).map(|number| of(number, number, "old")).collect();
    let late: Vec<DecisionRecord> = (4..=6).map(|number| of(number, number + 3 * DAY_MS, "new")).collect();
    let refused = DecisionRecord { decision: None, ..record(7, "search", Outcome::BadRequest) };
    let all = [early, late.clone(), vec![refused.clone()]].concat();
    all.iter().for_each(|one| store.record(one.clone()));
    store.flush().await.unwrap();
    let count = async || {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM documents");
        count.fetch_one(&store.pool).await.unwrap()
    };
    assert_eq!(count().await, 2);
    let kept = async || {
        let listed = store.decisions(&Filter::default(), None, 100).await.unwrap();
        listed.into_iter().rev().map(|listed| listed.record).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, all);
    writer::trim(&mut store.pool.acquire().await.unwrap(), 4).await.unwrap();
    assert_eq!(kept().await, [late, vec![refused]].concat());
    assert_eq!(count().await, 1);
}

/// A clock that was ahead when the log began makes no document old that is in use.
#[tokio::test]
async fn a_document_in_use_outlives_a_clock_that_was_ahead() {
    let store = Store::in_memory().await.unwrap();
    let decision = Some(serde_json::json!({"decision": "deny"}).into());
    let ahead = DecisionRecord { at_ms: 3 * 24 * 3_600_000, decision, ..record(1, "search", Outcome::Ok) };
    let all = [ahead, record(2, "search", Outcome::Ok)];
    all.iter().for_each(|one| store.record(one.clone()));
    store.flush().await.unwrap();
    writer::trim(&mut store.pool.acquire().await.unwrap(), 100).await.unwrap();
    for one in &all {
        assert_eq!(store.decision(&one.id).await.unwrap().as_ref(), Some(one));
    }
}

/// What records of a decision say of the policy stands with their document once, and in each record that says another thing.
#[tokio::test]
async fn what_records_share_is_kept_once_and_read_as_each_said_it() {
    let store = Store::in_memory().await.unwrap();
    let (policy, source): (Arc<str>, Arc<str>) = ("sha256:p".into(), "sha256:\"s\"".into());
    let line = |line| RecordedLines { file: "a \"é\".route".to_owned(), line, end_line: line + 1 };
    let lines: Arc<[RecordedLines]> = [line(1), line(30)].into();
    let json = serde_json::json!({"decision": "route", "plan": []});
    let shared = DecisionRecord {
        decision: Some(Document::of_policy(json.clone(), &policy, &source, &lines)),
        policy: Arc::clone(&policy),
        source: Arc::clone(&source),
        lines: Arc::clone(&lines),
        ..record(1, "search", Outcome::Ok)
    };
    let all = [
        shared.clone(),
        // Of the same words, and yet not the same: nobody compares them.
        DecisionRecord { source: (&*source).into(), ..record_of(&shared, 2) },
        DecisionRecord { lines: [line(1)].into(), ..record_of(&shared, 3) },
        DecisionRecord { decision: Some(json.into()), ..record_of(&shared, 4) },
        DecisionRecord { decision: None, ..record_of(&shared, 5) },
        record_of(&shared, 6),
    ];
    all.iter().for_each(|one| store.record(one.clone()));
    store.flush().await.unwrap();
    let count = async |sql| sqlx::query_scalar::<_, i64>(sql).fetch_one(&store.pool).await.unwrap();
    // One with what is shared, one of the same words without.
    assert_eq!(count("SELECT count(*) FROM documents").await, 2);
    assert_eq!(count("SELECT count(*) FROM decisions WHERE record LIKE '%\"source\"%'").await, 4);
    let listed = store.decisions(&Filter::default(), None, 100).await.unwrap();
    for (one, listed) in all.iter().zip(listed.iter().rev()) {
        assert_eq!(serde_json::to_string(&listed.record).unwrap(), serde_json::to_string(one).unwrap());
    }
    // The log can be read though somebody took documents out of it.
    sqlx::query("DELETE FROM documents").execute(&store.pool).await.unwrap();
    let kept = store.decision("id0006").await.unwrap().unwrap();
    assert_eq!((kept.decision, &*kept.policy, kept.lines.len()), (None, "", 0));
}

fn record_of(shared: &DecisionRecord, number: i64) -> DecisionRecord {
    DecisionRecord { id: format!("id{number:04}"), ..shared.clone() }
}

/// What could not be written is not taken for written.
#[tokio::test]
async fn a_document_of_a_lost_group_comes_with_the_next() {
    let store = Store::in_memory().await.unwrap();
    sqlx::query("ALTER TABLE decisions RENAME TO away").execute(&store.pool).await.unwrap();
    store.record(record(1, "search", Outcome::Ok));
    assert!(matches!(store.flush().await, Err(Error::Lost(1))));
    sqlx::query("ALTER TABLE away RENAME TO decisions").execute(&store.pool).await.unwrap();
    store.record(record(2, "search", Outcome::Ok));
    store.flush().await.unwrap();
    assert_eq!(store.decision("id0002").await.unwrap(), Some(record(2, "search", Outcome::Ok)));
}

pub(super) fn attempt(target: &str, cause: Option<&str>) -> AttemptRecord {
    let json = serde_json::json!({"target": target, "cause": cause, "status": null, "started_ms": 0, "latency_ms": 1,
        "first_content_ms": null, "detail": ""});
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn a_fallback_is_what_another_than_the_first_choice_served() {
    use serde_json::json;
    let store = Store::in_memory().await.unwrap();
    let mut number = 0;
    let mut keep = |plan: serde_json::Value, tried: &[(&str, Option<&str>)], target: &str, outcome| {
        number += 1;
        let mut one = record(number, "search", outcome);
        one.decision = Some(json!({"decision": "route", "plan": plan}).into());
        one.target = Some(target.to_owned());
        one.attempts = tried.iter().map(|(target, cause)| attempt(target, *cause)).collect();
        store.record(one);
    };
    let fixed = json!([{"candidates": ["a/b"], "order": null}, {"candidates": ["c/d"], "order": null}]);
    let measured = json!([{"candidates": ["a/b", "c/d"], "order": "fastest"}, {"candidates": ["e/f"]}]);
    // Those that count: failed, passed over with an open circuit, slower than a hedge, another one of a measured stage.
    keep(fixed.clone(), &[("a/b", Some("overloaded")), ("c/d", None)], "c/d", Outcome::Ok);
    keep(fixed.clone(), &[("c/d", None)], "c/d", Outcome::Ok);
    keep(fixed.clone(), &[("a/b", Some("superseded")), ("c/d", None)], "c/d", Outcome::Ok);
    keep(measured.clone(), &[("c/d", Some("timeout")), ("a/b", None)], "a/b", Outcome::Ok);
    keep(measured.clone(), &[("e/f", None)], "e/f", Outcome::Ok);
    // Those that do not: the first at once, or when asked again; whichever is faster; what failed in the end.
    keep(fixed.clone(), &[("a/b", None)], "a/b", Outcome::Ok);
    keep(fixed.clone(), &[("a/b", Some("overloaded")), ("a/b", None)], "a/b", Outcome::Ok);
    keep(measured, &[("c/d", None)], "c/d", Outcome::Ok);
    keep(fixed, &[("a/b", Some("overloaded")), ("c/d", None)], "c/d", Outcome::Truncated);
    store.flush().await.unwrap();
    let all = store.summary(&Filter::default(), &[]).await.unwrap();
    assert_eq!((all[0].requests, all[0].fallbacks), (9, 5));
}

#[tokio::test]
async fn a_summary_counts_flags_of_what_served_and_rules_on_trial() {
    let store = Store::in_memory().await.unwrap();
    let document = serde_json::json!({
        "obligations": {"a/b": {"flag": ["costly", "odd"]}, "a/c": {"flag": ["other"]}},
        "observed": [{"rule": "deny x", "targets": ["a/b"]}, {"rule": "deny y", "targets": []}],
    });
    let of = |number, target: Option<&str>| DecisionRecord {
        decision: Some(document.clone().into()),
        target: target.map(str::to_owned),
        ..record(number, "search", Outcome::Ok)
    };
    store.record(of(1, Some("a/b")));
    store.record(of(2, None));
    store.record(DecisionRecord { decision: None, ..record(3, "search", Outcome::BadRequest) });
    store.flush().await.unwrap();
    let row = store.summary(&Filter::default(), &[]).await.unwrap().remove(0);
    let counts = |counts: &[(&str, u64)]| {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<BTreeMap<String, u64>>()
    };
    assert_eq!(row.flags, counts(&[("costly", 2), ("odd", 2), ("other", 1)]));
    assert_eq!(row.observed, counts(&[("deny x", 2), ("deny y", 2)]));
}

/// threat-T22, threat-T23: a flood of requests without a key takes neither the place of others' records in the queue, nor in the log.
#[tokio::test]
async fn strangers_cost_nobody_a_record() {
    let store = Store::in_memory().await.unwrap();
    // The writer runs on this thread, and so not before the flush.
    let flood = i64::try_from(QUEUE_LIMIT).unwrap();
    for number in 0..flood {
        store.record(record(number, "", Outcome::DeniedIdentity));
    }
    let unrecorded = store.log_state().unrecorded;
    assert_eq!(unrecorded, QUEUE_LIMIT as u64 - 1_000);
    for number in 0..flood - 1_000 {
        let mut known = record(flood + number, "search", Outcome::DeniedIdentity);
        known.caller.key_id = "k".to_owned();
        store.record(known);
    }
    assert_eq!(store.log_state(), LogState { lost: 0, unrecorded, is_writing: true });
    store.flush().await.unwrap();
    assert!(store.decision(&format!("id{:04}", flood * 2 - 1_001)).await.unwrap().is_some());
}
