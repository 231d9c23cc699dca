//! What must outlive the process: keys, the decision log, and the texts of the policies it names. Records are taken
//! without waiting and written in groups off the request path; keys are acknowledged once they are on the disk.

mod query;

mod row;

mod sqlite;

mod strangers;

mod writer;

#[cfg(test)]
mod tests;

pub use query::{Filter, GroupBy, Listed, SummaryRow};

use crate::keys::{Held, Identity, Keys, NewKey, StoredKey};
use crate::record::{DecisionRecord, Outcome, PolicyEvent, StoredRecord};
use row::Row;
use sqlx::sqlite::SqlitePool;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use strangers::Strangers;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use wayleave_program::source_view::SourceText;

/// Entries that wait to be written; beyond it they are counted as lost rather than slow a request down. At the KiB that
/// a usual record takes this is at most some 16 MiB.
const QUEUE_LIMIT: usize = 16_384;

/// Decisions kept unless told otherwise; older ones are removed.
pub const RETAINED_DECISIONS: u64 = 1_000_000;

/// What went wrong with the store.
#[derive(Debug)]
pub enum Error {
    /// The database says no.
    Database(sqlx::Error),
    /// Its file or folder cannot be made.
    File(std::io::Error),
    /// It was written by a newer version.
    Newer {
        /// The version of its schema.
        found: i64,
    },
    /// It was written by an older version and has not been served since.
    Older {
        /// The version of its schema.
        found: i64,
    },
    /// The system has no randomness to give.
    Randomness(getrandom::Error),
    /// A row cannot be read.
    Damaged(String),
    /// No valid key has this id.
    NoSuchKey(String),
    /// So many entries of the log could not be written.
    Lost(u64),
    /// The writer has ended.
    Closed,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Database(error) => write!(f, "the store's database failed: {error}"),
            Error::File(error) => write!(f, "the store's file cannot be made: {error}"),
            Error::Newer { found } => {
                write!(
                    f,
                    "the store was written by a newer version (schema {found}, this one knows {})",
                    sqlite::SCHEMA
                )
            }
            Error::Older { found } => write!(
                f,
                "the store was written by an older version (schema {found}, this one reads {}) and is brought up to date when a \
                 gateway serves it or a key is made in it",
                sqlite::SCHEMA
            ),
            Error::Randomness(error) => write!(f, "the system gave no randomness: {error}"),
            Error::Damaged(what) => write!(f, "the store holds a row that cannot be read: {what}"),
            Error::NoSuchKey(id) => write!(f, "there is no valid key with the id `{id}`"),
            Error::Lost(count) => write!(f, "{count} entries of the decision log could not be written"),
            Error::Closed => f.write_str("the store is closed"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Database(error) => Some(error),
            Error::File(error) => Some(error),
            Error::Randomness(error) => Some(error),
            Error::Newer { .. }
            | Error::Older { .. }
            | Error::Damaged(_)
            | Error::NoSuchKey(_)
            | Error::Lost(_)
            | Error::Closed => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        Error::Database(error)
    }
}

/// How well the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// Records that found the queue full or could not be written.
    pub lost: u64,
    /// Requests that no key let in, of which no record was made since there were too many: see `store/strangers.rs`.
    pub unrecorded: u64,
    /// Whether the last group was written. Stays false once the disk has failed to sync: see `store/writer.rs`.
    pub is_writing: bool,
}

/// What is written in groups.
enum Entry {
    Decision(Box<Row>),
    Event(PolicyEvent),
    /// The text of a policy, by its hash.
    Policy(String, Vec<SourceText>),
    /// Answered when all before it is written, with how many entries since the last answer could not be.
    Flush(oneshot::Sender<u64>),
}

#[derive(Debug, Default)]
struct State {
    lost: AtomicU64,
    unrecorded: AtomicU64,
    is_failing: AtomicBool,
    /// The disk has failed to sync, and nothing is written any more.
    is_poisoned: AtomicBool,
}

/// The store. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Store {
    pool: SqlitePool,
    /// None where the store was opened for reading alone.
    queue: Option<mpsc::Sender<Entry>>,
    /// Tells the writer that what waits is to be written now.
    hurry: Arc<Notify>,
    state: Arc<State>,
    strangers: Strangers,
    keys: Arc<Keys>,
}

impl Store {
    /// Opens the store at `path` for serving; makes it, readable by its owner alone, where there is none.
    ///
    /// # Errors
    /// When the file cannot be made or read, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Store, Error> {
        Store::start(sqlite::open(path).await?).await
    }

    /// Opens the store at `path` for questions alone, while another process may be writing it. Changes nothing: what is
    /// recorded here counts as lost, and keys are neither made nor revoked.
    ///
    /// # Errors
    /// When there is none, when it cannot be read, or when it was written by a newer version.
    pub async fn open_for_reading(path: &Path) -> Result<Store, Error> {
        let pool = sqlite::open_for_reading(path).await?;
        let keys = Arc::new(Keys::default());
        sqlite::load_keys(&pool, &keys).await?;
        Ok(Store {
            pool,
            queue: None,
            hurry: Arc::default(),
            state: Arc::default(),
            strangers: Strangers::new(Instant::now()),
            keys,
        })
    }

    /// A store that ends with the process: a local trial.
    ///
    /// # Errors
    /// When the database cannot be prepared.
    pub async fn in_memory() -> Result<Store, Error> {
        Store::start(sqlite::in_memory().await?).await
    }

    async fn start(pool: SqlitePool) -> Result<Store, Error> {
        let keys = Arc::new(Keys::default());
        let version = sqlite::load_keys(&pool, &keys).await?;
        let state = Arc::new(State::default());
        let (queue, entries) = mpsc::channel(QUEUE_LIMIT);
        let hurry = Arc::new(Notify::new());
        tokio::spawn(writer::write(pool.clone(), entries, Arc::clone(&hurry), Arc::clone(&state)));
        tokio::spawn(sqlite::watch_keys(pool.clone(), Arc::downgrade(&keys), version));
        Ok(Store { pool, queue: Some(queue), hurry, state, strangers: Strangers::new(Instant::now()), keys })
    }

    /// Who holds which key; follows changes by other processes within about a second.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Holds the key of a running request; none for a text that is no valid key.
    pub(crate) fn hold_key(&self, text: &str) -> Option<Held> {
        self.keys.hold(text)
    }

    /// Takes a record for the log, without waiting; texts that others wrote are cut. Where the queue is full it is lost
    /// and counted. Nobody without a key costs others their records: of those whom no key lets in only some are taken.
    pub fn record(&self, mut record: DecisionRecord) {
        let is_strange = record.outcome == Outcome::DeniedIdentity && record.caller.key_id.is_empty();
        if is_strange && !self.strangers.may_be_recorded(Instant::now()) {
            self.state.unrecorded.fetch_add(1, Ordering::Relaxed);
            return;
        }
        record.cut_foreign_texts();
        self.push(Entry::Decision(Box::new(Row::new(record))));
    }

    /// Takes a change of the policy for the log, without waiting.
    pub fn record_event(&self, event: PolicyEvent) {
        self.push(Entry::Event(event));
    }

    /// Keeps the text of a policy, so that a decision can be shown with the text that it was made by.
    pub fn keep_policy(&self, source_hash: &str, files: Vec<SourceText>) {
        self.push(Entry::Policy(source_hash.to_owned(), files));
    }

    fn push(&self, entry: Entry) {
        let is_taken = self.queue.as_ref().is_some_and(|queue| {
            // Whoever fills a group tells the writer: each that comes later finds it at work.
            if queue.max_capacity() - queue.capacity() == writer::GROUP_LIMIT {
                self.hurry.notify_one();
            }
            queue.try_send(entry).is_ok()
        });
        if !is_taken {
            self.state.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all that was taken before is written.
    ///
    /// # Errors
    /// When the writer has ended, or some of what was taken since the last flush could not be written.
    pub async fn flush(&self) -> Result<(), Error> {
        let Some(queue) = &self.queue else { return Ok(()) };
        let (done, written) = oneshot::channel();
        queue.send(Entry::Flush(done)).await.map_err(|_| Error::Closed)?;
        self.hurry.notify_one();
        match written.await {
            Ok(0) => Ok(()),
            Ok(lost) => Err(Error::Lost(lost)),
            Err(_) => Err(Error::Closed),
        }
    }

    /// How well the log is kept.
    pub fn log_state(&self) -> LogState {
        LogState {
            lost: self.state.lost.load(Ordering::Relaxed),
            unrecorded: self.state.unrecorded.load(Ordering::Relaxed),
            is_writing: !self.state.is_failing.load(Ordering::Relaxed),
        }
    }

    /// Makes a key for a caller. The identity's `key_id` is set here. Returned once it is on the disk.
    ///
    /// # Errors
    /// When it cannot be made or stored.
    pub async fn add_key(&self, identity: Identity, now_ms: i64) -> Result<NewKey, Error> {
        let key = NewKey::random().map_err(Error::Randomness)?;
        let identity = Identity { key_id: key.id.clone(), ..identity };
        sqlite::add_key(&self.pool, &key, &identity, now_ms).await?;
        sqlite::load_keys(&self.pool, &self.keys).await?;
        Ok(key)
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_keys(&self) -> Result<Vec<StoredKey>, Error> {
        sqlite::list_keys(&self.pool).await
    }

    /// Revokes a key by its public id. Returned once that is on the disk.
    ///
    /// # Errors
    /// When no valid key has this id, or the database fails.
    pub async fn revoke_key(&self, id: &str, now_ms: i64) -> Result<(), Error> {
        sqlite::revoke_key(&self.pool, id, now_ms).await?;
        sqlite::load_keys(&self.pool, &self.keys).await.map(|_| ())
    }

    /// Decisions that pass a filter, the newest first, at most `limit`; `before` is the row of the last one seen.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions(
        &self,
        filter: &Filter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Listed>, Error> {
        query::newest(&self.pool, filter, before, limit).await
    }

    /// As [`Store::decisions`], each with its row, and to be read by whoever wants it: for those who read many at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_decisions(
        &self,
        filter: &Filter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, StoredRecord)>, Error> {
        query::newest_stored(&self.pool, filter, before, limit).await
    }

    /// Decisions that pass a filter and came after a row, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decisions_after(
        &self,
        filter: &Filter,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Listed>, Error> {
        query::after(&self.pool, filter, after, limit).await
    }

    /// The row of the newest decision; 0 where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_row(&self) -> Result<i64, Error> {
        query::last_row(&self.pool).await
    }

    /// The decision of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decision(&self, id: &str) -> Result<Option<DecisionRecord>, Error> {
        query::by_id(&self.pool, id).await
    }

    /// The text of a policy, by its hash; none where it is not kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn policy(&self, source_hash: &str) -> Result<Option<Vec<SourceText>>, Error> {
        query::policy(&self.pool, source_hash).await
    }

    /// Changes of the policy, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self, limit: u32) -> Result<Vec<PolicyEvent>, Error> {
        query::events(&self.pool, limit).await
    }

    /// Totals of the decisions that pass a filter, by some of their columns; the largest group first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn summary(&self, filter: &Filter, by: &[GroupBy]) -> Result<Vec<SummaryRow>, Error> {
        query::summary(&self.pool, filter, by).await
    }

    /// Writes what waits, and closes the database.
    ///
    /// # Errors
    /// When the writer has ended before, or some of what waited could not be written.
    pub async fn close(&self) -> Result<(), Error> {
        let flushed = self.flush().await;
        self.pool.close().await;
        flushed
    }
}
