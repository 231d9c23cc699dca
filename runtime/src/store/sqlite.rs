//! The SQLite database: its file, its schema, and the table of keys.

use super::Error;
use crate::keys::{Identity, KeyHash, Keys, NewKey, Seen, StoredKey};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection, Row};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// The version of the schema below.
pub(super) const SCHEMA: i64 = 4;

/// How often the keys are looked at for changes by other processes.
const KEYS_INTERVAL: Duration = Duration::from_secs(1);

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A page of a new database. A usual record takes some 600 bytes, of which six fit into SQLite's own 4 KiB and thirteen into this.
const PAGE_BYTES: u32 = 8192;

/// The writer's, and those of readers at once: console and log.
const CONNECTIONS: u32 = 4;

/// The first schema.
const TABLES: [&str; 7] = [
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    "INSERT INTO meta VALUES ('keys_version', 0)",
    "CREATE TABLE keys (id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, hint TEXT NOT NULL, identity TEXT NOT NULL, \
     created_ms INTEGER NOT NULL, revoked_ms INTEGER) STRICT",
    "CREATE TABLE decisions (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, \
     caller TEXT NOT NULL, team TEXT NOT NULL, app TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL, \
     decided TEXT NOT NULL, route TEXT NOT NULL, target TEXT NOT NULL, attempts INTEGER NOT NULL, \
     input INTEGER NOT NULL, output INTEGER NOT NULL, latency_ms INTEGER NOT NULL, record TEXT NOT NULL) STRICT",
    "CREATE INDEX decisions_at ON decisions (at_ms)",
    "CREATE TABLE policies (source TEXT PRIMARY KEY, files TEXT NOT NULL) STRICT",
    "CREATE TABLE events (row INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, event TEXT NOT NULL) STRICT",
];

/// What the second schema adds: each decision document once, which is half of a usual record. `document` is a hash of the text,
/// `used_ms` when a request arrived that it was last noted for. Records of the first schema hold theirs. `records` was
/// the log as it is read.
const DOCUMENTS: [&str; 4] = [
    "CREATE TABLE documents (document INTEGER PRIMARY KEY, used_ms INTEGER NOT NULL, text TEXT NOT NULL) STRICT",
    "ALTER TABLE decisions ADD COLUMN document INTEGER",
    "CREATE VIEW records AS SELECT row, id, at_ms, caller, team, app, model, outcome, decided, route, target, attempts, \
     input, output, latency_ms, iif(text IS NULL, record, json_set(record, '$.decision', json(text))) AS record \
     FROM decisions LEFT JOIN documents USING (document)",
    "PRAGMA user_version = 2",
];

/// What the third schema adds: with a document what else its records share, their end.
const BEHIND: [&str; 4] = [
    "ALTER TABLE documents ADD COLUMN behind TEXT NOT NULL DEFAULT ''",
    "DROP VIEW records",
    "CREATE VIEW records AS SELECT row, id, at_ms, caller, team, app, model, outcome, decided, route, target, attempts, \
     input, output, latency_ms, iif(text IS NULL, record, \
     json_set(substr(record, 1, length(record) - 1) || behind || '}', '$.decision', json(text))) AS record \
     FROM decisions LEFT JOIN documents USING (document)",
    "PRAGMA user_version = 3",
];

/// What the fourth schema changes: a record's text leaves out what a column says and what is usual. Texts of earlier schemas say it
/// again, and hold. What is left out is put in by who reads the log, not by a view. A gateway of an earlier version that has the file
/// open goes on to write, as texts that say all hold, and shows nothing: without the view it cannot take what is left out for all.
const SPARSE: [&str; 2] = ["DROP VIEW IF EXISTS records", "PRAGMA user_version = 4"];

/// The database at `path`, made where there is none.
pub(super) async fn open(path: &Path) -> Result<SqlitePool, Error> {
    make_file(path).map_err(Error::File)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk before it is acknowledged.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
    prepare(&pool).await?;
    Ok(pool)
}

/// The database at `path`, never written.
pub(super) async fn open_for_reading(path: &Path) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
    match sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await? {
        SCHEMA => Ok(pool),
        found if found > SCHEMA => Err(Error::Newer { found }),
        // What is only read is not brought up to date.
        found @ 1.. => Err(Error::Older { found }),
        found => Err(Error::Damaged(format!("its schema has the version {found}"))),
    }
}

/// A database of this process alone.
pub(super) async fn in_memory() -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::new().in_memory(true);
    // Each connection would have a database of its own, and an idle one would take it along.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    prepare(&pool).await?;
    Ok(pool)
}

/// The file is the owner's alone from its first byte; SQLite gives the files beside it the same mode.
#[expect(
    clippy::disallowed_types,
    reason = "the store's own file, which SQLite would make readable for others"
)]
fn make_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let is_open_to_others = file.metadata()?.permissions().mode() & 0o077 != 0;
    if is_open_to_others {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

async fn prepare(pool: &SqlitePool) -> Result<(), Error> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
    if found > SCHEMA {
        return Err(Error::Newer { found });
    }
    let missing: &[&[&'static str]] = match found {
        SCHEMA => &[],
        0 => &[&TABLES, &DOCUMENTS, &BEHIND, &SPARSE],
        1 => &[&DOCUMENTS, &BEHIND, &SPARSE],
        2 => &[&BEHIND, &SPARSE],
        _ => &[&SPARSE],
    };
    for statement in missing.iter().copied().flatten() {
        sqlx::query(*statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Stores a key's hash and holder.
pub(super) async fn add_key(
    pool: &SqlitePool,
    key: &NewKey,
    identity: &Identity,
    now_ms: i64,
) -> Result<(), Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let identity = serde_json::to_string(identity).map_err(|error| Error::Damaged(error.to_string()))?;
    sqlx::query("INSERT INTO keys (id, hash, hint, identity, created_ms) VALUES (?, ?, ?, ?, ?)")
        .bind(&key.id)
        .bind(key.hash.as_slice())
        .bind(&key.hint)
        .bind(identity)
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("UPDATE meta SET value = value + 1 WHERE name = 'keys_version'")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Marks a valid key as revoked.
pub(super) async fn revoke_key(pool: &SqlitePool, id: &str, now_ms: i64) -> Result<(), Error> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let done = sqlx::query("UPDATE keys SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL")
        .bind(now_ms)
        .bind(id)
        .execute(&mut *transaction)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NoSuchKey(id.to_owned()));
    }
    sqlx::query("UPDATE meta SET value = value + 1 WHERE name = 'keys_version'")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// All keys, the newest first.
pub(super) async fn list_keys(pool: &SqlitePool) -> Result<Vec<StoredKey>, Error> {
    let sql = "SELECT identity, hint, created_ms, revoked_ms FROM keys ORDER BY created_ms DESC, id";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredKey {
                identity: identity(row)?,
                hint: row.try_get("hint")?,
                created_ms: row.try_get("created_ms")?,
                revoked_ms: row.try_get("revoked_ms")?,
            })
        })
        .collect()
}

fn identity(row: &SqliteRow) -> Result<Identity, Error> {
    let text: String = row.try_get("identity")?;
    serde_json::from_str(&text).map_err(|error| Error::Damaged(format!("a key's holder: {error}")))
}

async fn keys_version(pool: &SqlitePool) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = 'keys_version'").fetch_one(pool).await?)
}

/// Puts the valid keys into force: reads those that have come or gone since the last time. Returns the version that was read,
/// or one before it.
pub(super) async fn load_keys(pool: &SqlitePool, keys: &Keys) -> Result<i64, Error> {
    // One at a time: a table that was read earlier must not replace one that was read later.
    let mut seen = keys.turn().await;
    let version = keys_version(pool).await?;
    let mut valid = keys.valid();
    let mut read = read_keys(pool, &mut valid, *seen).await?;
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM keys WHERE revoked_ms IS NULL").fetch_one(pool).await?;
    if usize::try_from(count) != Ok(valid.len()) {
        // A clock was set back before a key was revoked, or somebody has put the table in order.
        valid.clear();
        read = read_keys(pool, &mut valid, Seen::default()).await?;
    }
    keys.replace(valid);
    *seen = read;
    Ok(version)
}

/// Adds the keys that are not among those seen to `valid`, and takes out the revoked ones.
async fn read_keys(
    pool: &SqlitePool,
    valid: &mut BTreeMap<KeyHash, Arc<Identity>>,
    mut seen: Seen,
) -> Result<Seen, Error> {
    let sql = "SELECT rowid AS row, hash, identity, revoked_ms FROM keys WHERE rowid > ? OR revoked_ms >= ?";
    let rows = sqlx::query(sql).bind(seen.row).bind(seen.revoked_ms).fetch_all(pool).await?;
    for row in &rows {
        let hash: Vec<u8> = row.try_get("hash")?;
        let hash: KeyHash = hash.try_into().map_err(|_| Error::Damaged("a key's hash".to_owned()))?;
        match row.try_get("revoked_ms")? {
            None => drop(valid.insert(hash, Arc::new(identity(row)?))),
            Some(revoked_ms) => {
                valid.remove(&hash);
                seen.revoked_ms = seen.revoked_ms.max(revoked_ms);
            }
        }
        seen.row = seen.row.max(row.try_get("row")?);
    }
    Ok(seen)
}

/// Follows changes by other processes until the store is gone. A failure leaves the keys as they are until the next look.
pub(super) async fn watch_keys(pool: SqlitePool, keys: Weak<Keys>, mut known: i64) {
    loop {
        tokio::time::sleep(KEYS_INTERVAL).await;
        let Some(keys) = keys.upgrade() else { return };
        if let Ok(version) = keys_version(&pool).await
            && version != known
            && let Ok(loaded) = load_keys(&pool, &keys).await
        {
            known = loaded;
        }
    }
}

#[cfg(test)]
mod tests;
