//! The connection that the writer keeps: what its last group wrote is in this one's cache, and another would read it back from the
//! disk's.

use futures_util::future::{Either, select};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

/// A connection of a pool, as long as it works.
pub(super) struct Own {
    pool: SqlitePool,
    kept: Option<PoolConnection<Sqlite>>,
}

impl Own {
    pub(super) fn of(pool: SqlitePool) -> Own {
        Own { pool, kept: None }
    }

    /// The one that is kept, else one from the pool.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let connection = match self.kept.take() {
            Some(kept) => kept,
            None => self.pool.acquire().await?,
        };
        Ok(&mut **self.kept.insert(connection))
    }

    /// Waits for what is to be written next. Meanwhile the connection stays, unless it is the only one, as that of a database in
    /// memory, or the pool is closed, which waits for it.
    pub(super) async fn keep_until<T>(&mut self, next: impl Future<Output = T> + Unpin) -> T {
        // Made before the pool is looked at: one that is closed in between is seen by either.
        let closed = self.pool.close_event();
        if self.is_only() || self.pool.is_closed() {
            self.kept = None;
        }
        match select(next, closed).await {
            Either::Left((next, _)) => next,
            Either::Right(((), next)) => {
                self.kept = None;
                next.await
            }
        }
    }

    /// Does without the connection from now on: after a failure sqlx may take it to be in a transaction that SQLite has ended, and
    /// begins none on it any more. The database in memory would be lost with its only one.
    pub(super) fn leave(&mut self) {
        if let Some(mut kept) = self.kept.take()
            && !self.is_only()
        {
            kept.close_on_drop();
        }
    }

    fn is_only(&self) -> bool {
        self.pool.options().get_max_connections() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite;
    use crate::store::tests::Folder;
    use futures_util::future::{join, ready};
    use std::time::Duration;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn one_of_several_connections_is_kept_until_the_pool_is_closed() {
        let folder = Folder::new("own");
        let pool = sqlite::open(&folder.file()).await.unwrap();
        let mut own = Own::of(pool.clone());
        own.connection().await.unwrap();
        own.keep_until(ready(())).await;
        assert!(own.kept.is_some());
        let (end, ended) = oneshot::channel();
        let close = async {
            let closed = tokio::time::timeout(Duration::from_secs(10), pool.close()).await;
            end.send(closed.is_ok()).unwrap();
        };
        let (is_closed, ()) = join(own.keep_until(ended), close).await;
        assert_eq!(is_closed, Ok(true));
        own.keep_until(ready(())).await;
        assert!(own.kept.is_none());
    }

    #[tokio::test]
    async fn one_that_failed_is_never_used_again() {
        let folder = Folder::new("left");
        let pool = sqlite::open(&folder.file()).await.unwrap();
        let mut own = Own::of(pool.clone());
        for _ in 0..8 {
            let connection = own.connection().await.unwrap();
            // A temporary table is its connection's alone.
            sqlx::query("CREATE TEMP TABLE mark (x)").execute(connection).await.unwrap();
            own.leave();
        }
    }

    #[tokio::test]
    async fn the_only_connection_is_lent_out_and_never_closed() {
        let pool = sqlite::in_memory().await.unwrap();
        let mut own = Own::of(pool.clone());
        own.connection().await.unwrap();
        let (end, ended) = oneshot::channel();
        let read = async {
            let read = tokio::time::timeout(Duration::from_secs(10), pool.acquire()).await;
            end.send(matches!(read, Ok(Ok(_)))).unwrap();
        };
        let (is_read, ()) = join(own.keep_until(ended), read).await;
        assert_eq!(is_read, Ok(true));
        sqlx::query("CREATE TEMP TABLE mark (x)").execute(own.connection().await.unwrap()).await.unwrap();
        own.leave();
        sqlx::query("SELECT x FROM mark").fetch_all(own.connection().await.unwrap()).await.unwrap();
    }
}
