//! Files of earlier schemas.

use crate::record::{DecisionRecord, Outcome};
use crate::store::tests::{Folder, attempt, record};
use crate::store::{Error, Filter, Store};

/// A store of an earlier schema is brought up to date by whoever may write it, and keeps its records.
#[tokio::test]
async fn a_store_of_an_older_version_is_brought_up_to_date() {
    let whole = serde_json::to_string(&old()).unwrap();
    let without = serde_json::to_string(&DecisionRecord { decision: None, ..old() });
    let end = r#","policy":"sha256:p","source":"sha256:s","lines":[]"#;
    let put = |text: &str| format!("UPDATE decisions SET record = '{text}'");
    let (whole, without) = (put(&whole), put(&without.unwrap()));
    let (ended, behind) = (without.replace(end, ""), format!("UPDATE documents SET behind = '{end}'"));
    assert!(without.contains("\"decision\":null") && ended != without);
    let drop = ["ALTER TABLE decisions DROP COLUMN document", "DROP TABLE documents"];
    let first = [&*whole, drop[0], drop[1], "PRAGMA user_version = 1"];
    // Views are of no account here, so that their words are not those of the time.
    let view = "CREATE VIEW records AS SELECT row FROM decisions";
    let second = [&*without, "ALTER TABLE documents DROP COLUMN behind", view, "PRAGMA user_version = 2"];
    older(1, &first).await;
    older(2, &second).await;
    older(3, &[&ended, &behind, view, "PRAGMA user_version = 3"]).await;
}

/// What a store that is taken back to that version by these statements becomes.
async fn older(version: i64, back: &[&str]) {
    let folder = Folder::new(&format!("older-{version}"));
    let store = Store::open(&folder.file()).await.unwrap();
    store.record(old());
    store.flush().await.unwrap();
    for statement in back {
        sqlx::query(sqlx::AssertSqlSafe((*statement).to_owned())).execute(&store.pool).await.unwrap();
    }
    store.close().await.unwrap();
    let refused = Store::open_for_reading(&folder.file()).await.unwrap_err();
    assert!(matches!(refused, Error::Older { found } if found == version), "{refused}");
    let store = Store::open(&folder.file()).await.unwrap();
    store.record(record(2, "search", Outcome::Ok));
    store.flush().await.unwrap();
    assert_eq!(store.summary(&Filter::default(), &[]).await.unwrap()[0].requests, 2);
    for one in [old(), record(2, "search", Outcome::Ok)] {
        assert_eq!(store.decision(&one.id).await.unwrap(), Some(one));
    }
}

/// With nothing in places where a record has something as a rule.
fn old() -> DecisionRecord {
    let attempts = vec![attempt("a/b", Some("timeout"))];
    DecisionRecord { route: None, target: None, attempts, ..record(1, "search", Outcome::TimeoutFirstByte) }
}
