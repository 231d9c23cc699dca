//! Rows of the decision log into its table: many a statement, as SQLite runs on a thread of its own, and on a busy machine
//! each statement waits for two changes of threads; and few forms of statements, so that each is prepared once.

use crate::store::row::{Row, TEXTS};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteTransaction};
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};
use std::sync::Arc;

/// Rows of one statement: as many of the greater as there are, then the rest. 128 rows of 16 values are far below SQLite's limit
/// of 32,766 values, and a statement of them takes some hundred kilobytes.
const SIZES: [usize; 5] = [128, 32, 8, 2, 1];

/// Values of a row.
const COLUMNS: usize = 16;

const INSERT: &str = "INSERT OR IGNORE INTO decisions (id, caller, team, app, model, decided, route, target, outcome, at_ms, \
                      attempts, input, output, latency_ms, record, document) VALUES ";

const VALUES: &str = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// Writes rows. Keeps the texts that were bound last: callers, models and targets come again, and a text that is shared is
/// not copied.
#[derive(Debug)]
pub(super) struct Rows {
    /// For each of [`SIZES`].
    statements: [Arc<str>; SIZES.len()],
    /// In each column, what stood there last.
    last: [Arc<str>; TEXTS + 1],
}

impl Default for Rows {
    fn default() -> Rows {
        let statement = |rows: usize| Arc::from(format!("{INSERT}{}", vec![VALUES; rows].join(",")));
        Rows { statements: SIZES.map(statement), last: std::array::from_fn(|_| Arc::default()) }
    }
}

impl Rows {
    /// Writes them all, in their order.
    pub(super) async fn write(
        &mut self,
        transaction: &mut SqliteTransaction<'_>,
        rows: Vec<Row>,
    ) -> Result<(), sqlx::Error> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let fits = |size: &usize| *size <= rows.len();
            let form = SIZES.iter().position(fits).expect("one row fits where there is one");
            let mut values = SqliteArguments::default();
            values.reserve(SIZES[form] * COLUMNS, 0);
            for row in rows.by_ref().take(SIZES[form]) {
                add(&mut values, row.id().to_owned());
                let outcome = row.outcome.name();
                for (last, text) in self.last.iter_mut().zip(row.texts().into_iter().chain([outcome])) {
                    if **last != *text {
                        *last = Arc::from(text);
                    }
                    add(&mut values, Arc::clone(last));
                }
                let document = row.document.as_ref().map(|document| document.hash());
                for number in [row.at_ms, row.attempts, row.input, row.output, row.latency_ms] {
                    add(&mut values, number);
                }
                add(&mut values, row.json);
                add(&mut values, document);
            }
            let statement = AssertSqlSafe(Arc::clone(&self.statements[form]));
            sqlx::query_with(statement, values).execute(&mut **transaction).await?;
        }
        Ok(())
    }
}

fn add<'v>(values: &mut SqliteArguments, value: impl Encode<'v, Sqlite> + Type<Sqlite>) {
    values.add(value).expect("texts and whole numbers can be bound");
}
