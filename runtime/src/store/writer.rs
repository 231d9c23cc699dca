//! The task that writes what the store has taken, in groups: one commit for what came within a few milliseconds.

mod documents;

use super::{Entry, RETAINED_DECISIONS, State};
use crate::record::{DecisionRecord, PolicyEvent};
use documents::Noted;
use sqlx::sqlite::{SqlitePool, SqliteTransaction};
use sqlx::{QueryBuilder, Sqlite};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wayleave_program::source_view::SourceText;

/// A group is written when it has so many entries …
const GROUP_LIMIT: usize = 256;

/// … or when its first entry has waited so long: a commit costs a sync of the disk, some milliseconds.
const GROUP_WAIT: Duration = Duration::from_millis(5);

/// Old decisions are looked for once in so many groups.
const GROUPS_BETWEEN_TRIMS: u32 = 64;

/// Texts of policies, and changes of them, that are kept: years of edits by hand. A decision outlives its text.
const POLICIES_RETAINED: i64 = 10_000;

/// What SQLite calls a file, or its folder, that could not be synced: extended codes 1034 and 1290.
const FAILED_SYNCS: [&str; 2] = ["1034", "1290"];

/// Writes until every sender is gone.
///
/// A group that fails is lost and counted, and the next one is tried. After a failed sync none is: the system may have
/// dropped what it held and would call the next sync a success, so that what is then written stands on missing pages.
pub(super) async fn write(pool: SqlitePool, mut entries: mpsc::Receiver<Entry>, state: Arc<State>) {
    let mut groups = 0_u32;
    // Since a flush was last answered.
    let mut lost = 0_u64;
    let mut noted = Noted::default();
    while let Some(group) = gather(&mut entries).await {
        let (group, flushes) = split(group);
        if !group.is_empty() {
            let count = u64::try_from(group.len()).unwrap_or(u64::MAX);
            let is_written =
                !state.is_poisoned.load(Ordering::Relaxed) && attempt(&pool, group, &mut noted, &state).await;
            state.is_failing.store(!is_written, Ordering::Relaxed);
            if !is_written {
                state.lost.fetch_add(count, Ordering::Relaxed);
                lost = lost.saturating_add(count);
            }
        }
        for flush in flushes {
            // Whoever asked may have left.
            let _ = flush.send(std::mem::take(&mut lost));
        }
        groups = groups.wrapping_add(1);
        if groups.is_multiple_of(GROUPS_BETWEEN_TRIMS) && !state.is_poisoned.load(Ordering::Relaxed) {
            // Trimming that fails is tried again later; the log only grows meanwhile.
            let _ = trim(&pool, RETAINED_DECISIONS).await;
        }
    }
}

/// The next group: what came within [`GROUP_WAIT`] of its first entry, at most [`GROUP_LIMIT`]. None at the end.
pub(super) async fn gather(entries: &mut mpsc::Receiver<Entry>) -> Option<Vec<Entry>> {
    let mut group = vec![entries.recv().await?];
    let deadline = tokio::time::Instant::now() + GROUP_WAIT;
    while group.len() < GROUP_LIMIT {
        match tokio::time::timeout_at(deadline, entries.recv()).await {
            Ok(Some(entry)) => group.push(entry),
            Ok(None) | Err(_) => break,
        }
    }
    Some(group)
}

fn split(group: Vec<Entry>) -> (Vec<Entry>, Vec<oneshot::Sender<u64>>) {
    let mut flushes = Vec::new();
    let mut rest = Vec::with_capacity(group.len());
    for entry in group {
        match entry {
            Entry::Flush(done) => flushes.push(done),
            other => rest.push(other),
        }
    }
    (rest, flushes)
}

/// Whether the group is on the disk.
async fn attempt(pool: &SqlitePool, group: Vec<Entry>, noted: &mut Noted, state: &State) -> bool {
    match write_group(pool, group, noted).await {
        Ok(()) => true,
        Err(error) => {
            // What the group noted is undone with it.
            *noted = Noted::default();
            if is_failed_sync(error.as_database_error().and_then(|error| error.code()).as_deref()) {
                state.is_poisoned.store(true, Ordering::Relaxed);
            }
            false
        }
    }
}

pub(super) fn is_failed_sync(code: Option<&str>) -> bool {
    code.is_some_and(|code| FAILED_SYNCS.contains(&code))
}

async fn write_group(pool: &SqlitePool, group: Vec<Entry>, noted: &mut Noted) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut records = Vec::with_capacity(group.len());
    for entry in group {
        match entry {
            Entry::Decision(mut record) => {
                let document = record.decision.take();
                if let Some(document) = &document {
                    noted.note(&mut transaction, document, record.at_ms).await?;
                }
                let text = serde_json::to_string(&record).map_err(encoding)?;
                records.push(Row { text, document: document.map(|document| document.hash()), record });
            }
            Entry::Event(event) => policy_event(&mut transaction, &event).await?,
            Entry::Policy(source, files) => policy(&mut transaction, &source, &files).await?,
            Entry::Flush(_) => {}
        }
    }
    if !records.is_empty() {
        decisions(&mut transaction, records).await?;
    }
    transaction.commit().await
}

/// A record as it is stored.
struct Row {
    /// As JSON, without its document.
    text: String,
    /// The document's hash.
    document: Option<i64>,
    record: Box<DecisionRecord>,
}

/// All decisions of a group in one statement: SQLite runs on a thread of its own, and on a busy machine each statement
/// waits for two changes of threads. 256 rows of 16 values stay below its limit of 32,766 values.
async fn decisions(transaction: &mut SqliteTransaction<'_>, rows: Vec<Row>) -> Result<(), sqlx::Error> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut query = QueryBuilder::<Sqlite>::new(
        "INSERT OR IGNORE INTO decisions (id, at_ms, caller, team, app, model, outcome, decided, route, target, attempts, \
         input, output, latency_ms, record, document) ",
    );
    query.push_values(rows, |mut row, Row { text, document, record }| {
        row.push_bind(record.id)
            .push_bind(record.at_ms)
            .push_bind(record.caller.id)
            .push_bind(record.caller.team)
            .push_bind(record.caller.app)
            .push_bind(record.model)
            .push_bind(record.outcome.name())
            .push_bind(record.decided)
            .push_bind(record.route.unwrap_or_default())
            .push_bind(record.target.unwrap_or_default())
            .push_bind(i64::try_from(record.attempts.len()).unwrap_or(i64::MAX))
            .push_bind(count(record.tokens.input))
            .push_bind(count(record.tokens.output))
            .push_bind(count(record.latency_ms))
            .push_bind(text)
            .push_bind(document);
    });
    // Each number of rows is a statement of its own: kept, a few hundred of them cost tens of megabytes.
    query.build().persistent(false).execute(&mut **transaction).await?;
    Ok(())
}

async fn policy_event(
    transaction: &mut SqliteTransaction<'_>,
    event: &PolicyEvent,
) -> Result<(), sqlx::Error> {
    let text = serde_json::to_string(event).map_err(encoding)?;
    let query = sqlx::query("INSERT INTO events (at_ms, event) VALUES (?, ?)").bind(event.at_ms).bind(text);
    query.execute(&mut **transaction).await?;
    Ok(())
}

async fn policy(
    transaction: &mut SqliteTransaction<'_>,
    source: &str,
    files: &[SourceText],
) -> Result<(), sqlx::Error> {
    let files: Vec<(&str, &str)> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let files = serde_json::to_string(&files).map_err(encoding)?;
    let query =
        sqlx::query("INSERT OR IGNORE INTO policies (source, files) VALUES (?, ?)").bind(source).bind(files);
    query.execute(&mut **transaction).await?;
    Ok(())
}

fn encoding(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Encode(Box::new(error))
}

/// Removes the oldest decisions, texts and changes beyond what is kept.
pub(super) async fn trim(pool: &SqlitePool, retained: u64) -> Result<(), sqlx::Error> {
    let retained = i64::try_from(retained).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM decisions WHERE row <= (SELECT max(row) FROM decisions) - ?")
        .bind(retained)
        .execute(pool)
        .await?;
    documents::trim(pool).await?;
    for table in [
        "DELETE FROM policies WHERE rowid <= (SELECT max(rowid) FROM policies) - ?",
        "DELETE FROM events WHERE row <= (SELECT max(row) FROM events) - ?",
    ] {
        sqlx::query(table).bind(POLICIES_RETAINED).execute(pool).await?;
    }
    Ok(())
}
