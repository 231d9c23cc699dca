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

    /// Waits for what is to be written next, and keeps the connection meanwhile, where others have their own: a database in memory
    /// has but one. A pool that is closed waits for it too.
    pub(super) async fn keep_until<T>(&mut self, next: impl Future<Output = T> + Unpin) -> T {
        if self.pool.options().get_max_connections() == 1 {
            self.give_back();
        }
        match select(next, self.pool.close_event()).await {
            Either::Left((next, _)) => next,
            Either::Right(((), next)) => {
                self.give_back();
                next.await
            }
        }
    }

    /// The pool sees whether it still works.
    pub(super) fn give_back(&mut self) {
        self.kept = None;
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

    fn in_use(pool: &SqlitePool) -> usize {
        pool.size() as usize - pool.num_idle()
    }

    #[tokio::test]
    async fn one_of_several_connections_is_kept_until_the_pool_is_closed() {
        let folder = Folder::new("own");
        let pool = sqlite::open(&folder.file()).await.unwrap();
        let mut own = Own::of(pool.clone());
        own.connection().await.unwrap();
        own.keep_until(ready(())).await;
        assert_eq!(in_use(&pool), 1);
        let (end, ended) = oneshot::channel();
        let close = async {
            let closed = tokio::time::timeout(Duration::from_secs(10), pool.close()).await;
            end.send(closed.is_ok()).unwrap();
        };
        let (is_closed, ()) = join(own.keep_until(ended), close).await;
        assert_eq!(is_closed, Ok(true));
    }

    #[tokio::test]
    async fn the_only_connection_is_lent_out() {
        let pool = sqlite::in_memory().await.unwrap();
        let mut own = Own::of(pool.clone());
        own.connection().await.unwrap();
        let (end, ended) = oneshot::channel();
        let read = async {
            let read = tokio::time::timeout(Duration::from_secs(10), pool.acquire()).await;
            end.send(read.is_ok()).unwrap();
        };
        let (is_read, ()) = join(own.keep_until(ended), read).await;
        assert_eq!(is_read, Ok(true));
    }
}
