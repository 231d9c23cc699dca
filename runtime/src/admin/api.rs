//! The JSON twins of the pages, for scripts on this machine.

use super::decisions::now_ms;
use super::filter::{Asked, BadWord};
use super::{Admin, policy};
use crate::store::{Error, GroupBy, Listed, SummaryRow};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

/// Decisions in an answer unless told otherwise.
const USUAL_LIMIT: u32 = 100;

/// Decisions in an answer at most: at 2 KiB each, some 2 MiB.
const LIMIT: u32 = 1_000;

/// Why there is no answer.
enum Problem {
    Asked(BadWord),
    /// The words of the address cannot be taken apart.
    Address,
    Missing,
    Store(Error),
}

impl From<BadWord> for Problem {
    fn from(bad: BadWord) -> Problem {
        Problem::Asked(bad)
    }
}

impl From<QueryRejection> for Problem {
    fn from(_: QueryRejection) -> Problem {
        Problem::Address
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::Store(error)
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Problem {
        Problem::Store(Error::Damaged(error.to_string()))
    }
}

fn answer(result: Result<Json, Problem>) -> Response {
    let (status, json) = match result {
        Ok(json) => (StatusCode::OK, json),
        Err(Problem::Asked(bad)) => (StatusCode::BAD_REQUEST, json!({"error": bad.to_string()})),
        Err(Problem::Address) => {
            let words = "the address asks for one thing twice, or cannot be read";
            (StatusCode::BAD_REQUEST, json!({"error": words}))
        }
        Err(Problem::Missing) => (StatusCode::NOT_FOUND, json!({"error": "the log has no such decision"})),
        Err(Problem::Store(error)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, json!({"error": error.to_string()}))
        }
    };
    (status, [(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

/// `/healthz`
pub(super) async fn alive() -> Response {
    answer(Ok(json!({"status": "ok"})))
}

/// `/api/decisions`: the newest first; `next` is the `before` of the following page.
pub(super) async fn decisions(
    State(admin): State<Admin>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    answer(list(&admin, asked).await)
}

async fn list(admin: &Admin, asked: Result<Query<Asked>, QueryRejection>) -> Result<Json, Problem> {
    let Query(asked) = asked?;
    let filter = asked.filter(now_ms())?;
    let limit = asked.limit(USUAL_LIMIT, LIMIT)?;
    let listed = admin.store.decisions(&filter, asked.row()?, limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let shown = &listed[..listed.len().min(size)];
    let next = shown.last().filter(|_| listed.len() > size).map(|last| last.row);
    let entry = |listed: &Listed| -> Result<Json, Problem> {
        let mut entry = Map::new();
        entry.insert("row".to_owned(), json!(listed.row));
        if let Json::Object(fields) = serde_json::to_value(&listed.record)? {
            entry.extend(fields);
        }
        Ok(Json::Object(entry))
    };
    let entries: Result<Vec<Json>, Problem> = shown.iter().map(entry).collect();
    Ok(json!({"decisions": entries?, "next": next}))
}

/// `/api/decisions/{id}`
pub(super) async fn decision(
    State(admin): State<Admin>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    answer(one(&admin, id).await)
}

async fn one(admin: &Admin, id: Result<Path<String>, PathRejection>) -> Result<Json, Problem> {
    let Path(id) = id.map_err(|_| Problem::Missing)?;
    let record = admin.store.decision(&id).await?.ok_or(Problem::Missing)?;
    Ok(serde_json::to_value(record)?)
}

/// `/api/policy`
pub(super) async fn policy(State(admin): State<Admin>) -> Response {
    answer(in_force(&admin).await)
}

async fn in_force(admin: &Admin) -> Result<Json, Problem> {
    let condition = admin.condition();
    let events = admin.events().await?;
    let fingerprint = condition.served.program.fingerprint();
    let files = &condition.served.view.files;
    let files: Vec<Json> = files.iter().map(|file| json!({"path": file.path, "text": file.text})).collect();
    Ok(json!({
        "policy": fingerprint.policy,
        "source": fingerprint.source,
        "loaded_ms": policy::loaded_ms(&condition.served, &events),
        "warnings": condition.served.warnings,
        "files": files,
        "refused": condition.refused,
        "events": serde_json::to_value(events)?,
        "log": {"lost": condition.log.lost, "is_writing": condition.log.is_writing},
    }))
}

/// `/api/summary`: totals by the columns in `by`, separated by commas.
pub(super) async fn summary(
    State(admin): State<Admin>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    answer(totals(&admin, asked).await)
}

async fn totals(admin: &Admin, asked: Result<Query<Asked>, QueryRejection>) -> Result<Json, Problem> {
    let Query(asked) = asked?;
    let filter = asked.filter(now_ms())?;
    let mut by = Vec::new();
    for word in asked.by.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let column = GroupBy::ALL.into_iter().find(|column| column.name() == word);
        let allowed = || format!("some of {}", GroupBy::ALL.map(GroupBy::name).join(", "));
        let column = column.ok_or_else(|| BadWord { name: "by", allowed: allowed() })?;
        if !by.contains(&column) {
            by.push(column);
        }
    }
    let rows = admin.store.summary(&filter, &by).await?;
    let group = |row: &SummaryRow| -> Map<String, Json> {
        by.iter().zip(&row.group).map(|(column, value)| (column.name().to_owned(), json!(value))).collect()
    };
    let total = |row: &SummaryRow| {
        json!({
            "group": group(row), "requests": row.requests, "ok": row.ok, "denied": row.denied, "failed": row.failed,
            "fallbacks": row.fallbacks, "flags": row.flags, "observed": row.observed, "input": row.input, "output": row.output, "p50_ms": row.p50_ms, "p95_ms": row.p95_ms,
        })
    };
    Ok(json!({"rows": rows.iter().map(total).collect::<Vec<_>>()}))
}
