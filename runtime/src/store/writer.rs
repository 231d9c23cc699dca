//! The task that writes what the store has taken, in groups: one commit for what came within some milliseconds.

mod documents;

mod own;

mod rows;

use super::{Entry, RETAINED_DECISIONS, State};
use crate::record::PolicyEvent;
use documents::Noted;
use own::Own;
use rows::Rows;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteTransaction};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use wayleave_program::source_view::SourceText;

/// A group has at most so many entries.
pub(super) const GROUP_LIMIT: usize = 1024;

/// A group is written when it has them all, or when its first entry has waited so long: a commit costs a sync of the disk,
/// some milliseconds, and it writes anew the pages that the one before it left half full.
const GROUP_WAIT: Duration = Duration::from_millis(20);

/// Old decisions are looked for once in so many groups.
const GROUPS_BETWEEN_TRIMS: u32 = 16;

/// Texts of policies, and changes of them, that are kept: years of edits by hand. A decision outlives its text.
const POLICIES_RETAINED: i64 = 10_000;

/// What SQLite calls a file, or its folder, that could not be synced: extended codes 1034 and 1290.
const FAILED_SYNCS: [&str; 2] = ["1034", "1290"];

/// Writes until every sender is gone.
///
/// A group that fails is lost and counted, and the next one is tried. After a failed sync none is: the system may have
/// dropped what it held and would call the next sync a success, so that what is then written stands on missing pages.
pub(super) async fn write(
    pool: SqlitePool,
    mut entries: mpsc::Receiver<Entry>,
    hurry: Arc<Notify>,
    state: Arc<State>,
) {
    let mut groups = 0_u32;
    // Since a flush was last answered.
    let mut lost = 0_u64;
    let mut known = Known::default();
    let mut own = Own::of(pool);
    while let Some(group) = own.keep_until(pin!(gather(&mut entries, &hurry))).await {
        let (group, flushes) = split(group);
        if !group.is_empty() {
            let count = u64::try_from(group.len()).unwrap_or(u64::MAX);
            let is_written = !state.is_poisoned.load(Ordering::Relaxed)
                && attempt(&mut own, group, &mut known, &state).await;
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
            let trimmed = match own.connection().await {
                Ok(connection) => trim(connection, RETAINED_DECISIONS).await,
                Err(error) => Err(error),
            };
            if let Err(error) = trimmed {
                failed(&error, &mut own, &state);
            }
        }
    }
}

/// What is remembered from group to group.
#[derive(Debug, Default)]
struct Known {
    documents: Noted,
    rows: Rows,
}

/// The next group: what came within [`GROUP_WAIT`] of its first entry, or before somebody hurried, at most [`GROUP_LIMIT`]. None
/// at the end. Entries that come meanwhile wake nobody.
pub(super) async fn gather(entries: &mut mpsc::Receiver<Entry>, hurry: &Notify) -> Option<Vec<Entry>> {
    let mut group = vec![entries.recv().await?];
    if entries.len() + 1 < GROUP_LIMIT && !entries.is_closed() && !matches!(group[0], Entry::Flush(_)) {
        // Both ways on are the same.
        let _ = tokio::time::timeout(GROUP_WAIT, hurry.notified()).await;
    }
    while group.len() < GROUP_LIMIT
        && let Ok(entry) = entries.try_recv()
    {
        group.push(entry);
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
async fn attempt(own: &mut Own, group: Vec<Entry>, known: &mut Known, state: &State) -> bool {
    match write_group(own, group, known).await {
        Ok(()) => true,
        Err(error) => {
            // What the group noted is undone with it.
            known.documents = Noted::default();
            failed(&error, own, state);
            false
        }
    }
}

fn failed(error: &sqlx::Error, own: &mut Own, state: &State) {
    own.leave();
    if is_failed_sync(error.as_database_error().and_then(|error| error.code()).as_deref()) {
        state.is_poisoned.store(true, Ordering::Relaxed);
    }
}

pub(super) fn is_failed_sync(code: Option<&str>) -> bool {
    code.is_some_and(|code| FAILED_SYNCS.contains(&code))
}

async fn write_group(own: &mut Own, group: Vec<Entry>, known: &mut Known) -> Result<(), sqlx::Error> {
    let mut transaction = own.connection().await?.begin_with("BEGIN IMMEDIATE").await?;
    let mut rows = Vec::with_capacity(group.len());
    for entry in group {
        match entry {
            Entry::Decision(row) => {
                if let Some(document) = &row.document {
                    known.documents.note(&mut transaction, document, row.at_ms).await?;
                }
                rows.push(*row);
            }
            Entry::Event(event) => policy_event(&mut transaction, &event).await?,
            Entry::Policy(source, files) => policy(&mut transaction, &source, &files).await?,
            Entry::Flush(_) => {}
        }
    }
    known.rows.write(&mut transaction, rows).await?;
    transaction.commit().await
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
pub(super) async fn trim(connection: &mut SqliteConnection, retained: u64) -> Result<(), sqlx::Error> {
    let retained = i64::try_from(retained).unwrap_or(i64::MAX);
    sqlx::query("DELETE FROM decisions WHERE row <= (SELECT max(row) FROM decisions) - ?")
        .bind(retained)
        .execute(&mut *connection)
        .await?;
    documents::trim(connection).await?;
    for table in [
        "DELETE FROM policies WHERE rowid <= (SELECT max(rowid) FROM policies) - ?",
        "DELETE FROM events WHERE row <= (SELECT max(row) FROM events) - ?",
    ] {
        sqlx::query(table).bind(POLICIES_RETAINED).execute(&mut *connection).await?;
    }
    Ok(())
}
