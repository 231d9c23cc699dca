//! Decision documents in the store: each once, and for as long as a record may need it. Most requests of a policy get one of a
//! few decisions, and their document is half of what is kept of them.

use crate::record::Document;
use sqlx::sqlite::{SqliteConnection, SqliteTransaction};
use std::collections::BTreeMap;

/// So many documents are remembered as written; where there are more, all are forgotten, and written again to no effect.
const NOTED_LIMIT: usize = 4096;

/// A document that is used on is noted again after so long, in milliseconds: an hour.
const NOTED_AGAIN_MS: i64 = 3_600_000;

/// A document goes when it was last noted so long before the earliest record that has one, in milliseconds: a day, which is longer than
/// documents go unnoted and requests run. The earliest is not always the first: a clock may be set back.
const UNUSED_MS: i64 = 24 * 3_600_000;

/// The documents that are known to be in the store, and when they were noted last.
#[derive(Debug, Default)]
pub(super) struct Noted(BTreeMap<i64, i64>);

impl Noted {
    /// Sees that the document of a request that arrived then is in the store.
    pub(super) async fn note(
        &mut self,
        transaction: &mut SqliteTransaction<'_>,
        document: &Document,
        at_ms: i64,
    ) -> Result<(), sqlx::Error> {
        let hash = document.hash();
        if self.0.get(&hash).is_some_and(|noted| at_ms.saturating_sub(*noted) < NOTED_AGAIN_MS) {
            return Ok(());
        }
        let sql = "INSERT INTO documents (document, used_ms, text, behind) VALUES (?, ?, ?, ?) \
                   ON CONFLICT DO UPDATE SET used_ms = max(used_ms, excluded.used_ms)";
        let query = sqlx::query(sql).bind(hash).bind(at_ms).bind(document.text()).bind(document.behind());
        query.execute(&mut **transaction).await?;
        if self.0.len() >= NOTED_LIMIT {
            self.0.clear();
        }
        self.0.insert(hash, at_ms);
        Ok(())
    }
}

/// Removes documents that no record can need any more.
pub(super) async fn trim(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let sql = "DELETE FROM documents WHERE used_ms < \
               (SELECT at_ms FROM decisions WHERE document IS NOT NULL ORDER BY at_ms LIMIT 1) - ?";
    sqlx::query(sql).bind(UNUSED_MS).execute(connection).await?;
    Ok(())
}
