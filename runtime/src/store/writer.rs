//! The task that writes what the store has taken, in groups: one commit for what came within a few milliseconds.

use super::{Entry, RETAINED_DECISIONS, State};
use crate::record::{DecisionRecord, PolicyEvent};
use sqlx::sqlite::{SqlitePool, SqliteTransaction};
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

/// Writes until every sender is gone.
pub(super) async fn write(pool: SqlitePool, mut entries: mpsc::Receiver<Entry>, state: Arc<State>) {
    let mut groups = 0_u32;
    while let Some(first) = entries.recv().await {
        let mut group = vec![first];
        let deadline = tokio::time::Instant::now() + GROUP_WAIT;
        while group.len() < GROUP_LIMIT {
            match tokio::time::timeout_at(deadline, entries.recv()).await {
                Ok(Some(entry)) => group.push(entry),
                Ok(None) | Err(_) => break,
            }
        }
        let (group, flushes) = split(group);
        let count = group.len();
        let is_written = write_group(&pool, group).await.is_ok();
        state.is_failing.store(!is_written, Ordering::Relaxed);
        if !is_written {
            state.lost.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        for flush in flushes {
            // Whoever asked may have left.
            let _ = flush.send(());
        }
        groups = groups.wrapping_add(1);
        if groups.is_multiple_of(GROUPS_BETWEEN_TRIMS) {
            // Trimming that fails is tried again later; the log only grows meanwhile.
            let _ = trim(&pool, RETAINED_DECISIONS).await;
        }
    }
}

fn split(group: Vec<Entry>) -> (Vec<Entry>, Vec<oneshot::Sender<()>>) {
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

async fn write_group(pool: &SqlitePool, group: Vec<Entry>) -> Result<(), sqlx::Error> {
    if group.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for entry in group {
        match entry {
            Entry::Decision(record) => decision(&mut transaction, &record).await?,
            Entry::Event(event) => policy_event(&mut transaction, &event).await?,
            Entry::Policy(source, files) => policy(&mut transaction, &source, &files).await?,
            Entry::Flush(_) => {}
        }
    }
    transaction.commit().await
}

async fn decision(
    transaction: &mut SqliteTransaction<'_>,
    record: &DecisionRecord,
) -> Result<(), sqlx::Error> {
    let text = serde_json::to_string(record).map_err(encoding)?;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT OR IGNORE INTO decisions (id, at_ms, caller, team, app, model, outcome, decided, route, target, attempts, \
         input, output, latency_ms, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&record.id)
    .bind(record.at_ms)
    .bind(&record.caller.id)
    .bind(&record.caller.team)
    .bind(&record.caller.app)
    .bind(&record.model)
    .bind(record.outcome.name())
    .bind(&record.decided)
    .bind(record.route.as_deref().unwrap_or_default())
    .bind(record.target.as_deref().unwrap_or_default())
    .bind(i64::try_from(record.attempts.len()).unwrap_or(i64::MAX))
    .bind(count(record.tokens.input))
    .bind(count(record.tokens.output))
    .bind(count(record.latency_ms))
    .bind(text)
    .execute(&mut **transaction)
    .await?;
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
    for table in [
        "DELETE FROM policies WHERE rowid <= (SELECT max(rowid) FROM policies) - ?",
        "DELETE FROM events WHERE row <= (SELECT max(row) FROM events) - ?",
    ] {
        sqlx::query(table).bind(POLICIES_RETAINED).execute(pool).await?;
    }
    Ok(())
}
