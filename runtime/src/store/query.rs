//! Questions to the decision log. Every value is bound; no text of a caller becomes part of a statement.

use super::Error;
use crate::record::{Columns, DecisionRecord, Document, Outcome, PolicyEvent, StoredRecord};
use futures_util::TryStreamExt;
use serde_json::Value as Json;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::source_view::SourceText;

/// Which decisions are wanted; all conditions that are set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// `caller.id`
    pub caller: Option<String>,
    /// `caller.team`
    pub team: Option<String>,
    /// `caller.app`
    pub app: Option<String>,
    /// The model as the caller wrote it.
    pub model: Option<String>,
    /// The route that answered.
    pub route: Option<String>,
    /// The target that served.
    pub target: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// `route` or `deny`.
    pub decided: Option<String>,
    /// The beginning of the id.
    pub id_prefix: Option<String>,
    /// Not before: wall clock, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before.
    pub until_ms: Option<i64>,
}

impl Filter {
    /// Whether a decision is wanted; a store asks the same of its columns.
    pub fn passes(&self, record: &DecisionRecord) -> bool {
        let is = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        let text = |own: &Option<String>| own.clone().unwrap_or_default();
        is(&self.caller, &record.caller.id)
            && is(&self.team, &record.caller.team)
            && is(&self.app, &record.caller.app)
            && is(&self.model, &record.model)
            && is(&self.route, &text(&record.route))
            && is(&self.target, &text(&record.target))
            && is(&self.decided, &record.decided)
            && self.outcome.is_none_or(|outcome| outcome == record.outcome)
            && self.id_prefix.as_ref().is_none_or(|prefix| record.id.starts_with(prefix.as_str()))
            && self.since_ms.is_none_or(|since| record.at_ms >= since)
            && self.until_ms.is_none_or(|until| record.at_ms < until)
    }
}

/// A decision with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Rises with time.
    pub row: i64,
    /// The decision.
    pub record: DecisionRecord,
}

/// What a summary is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// `caller.app`
    App,
    /// `caller.team`
    Team,
    /// The model as the caller wrote it.
    Model,
    /// The target that served.
    Target,
    /// The route that answered.
    Route,
    /// How it ended.
    Outcome,
}

impl GroupBy {
    /// All, in the order in which help lists them.
    pub const ALL: [GroupBy; 6] =
        [GroupBy::App, GroupBy::Team, GroupBy::Model, GroupBy::Target, GroupBy::Route, GroupBy::Outcome];

    /// Its name, which is its column's too.
    pub fn name(self) -> &'static str {
        match self {
            GroupBy::App => "app",
            GroupBy::Team => "team",
            GroupBy::Model => "model",
            GroupBy::Target => "target",
            GroupBy::Route => "route",
            GroupBy::Outcome => "outcome",
        }
    }
}

/// Totals of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SummaryRow {
    /// One value for each column that was asked for, in that order; empty where there is none.
    pub group: Vec<String>,
    /// All of them.
    pub requests: u64,
    /// Answered in full.
    pub ok: u64,
    /// Denied by the policy.
    pub denied: u64,
    /// The rest.
    pub failed: u64,
    /// Answered by another target than the plan's first choice, however that was passed by: it failed, was known to fail, could
    /// not be asked, or was slower than a hedge. Of a stage that is ordered by what is measured, each candidate is the first
    /// choice unless another was asked before it.
    pub fallbacks: u64,
    /// Of those that were routed, by each flag on the target that served, or on any of the plan where none did.
    pub flags: BTreeMap<String, u64>,
    /// By each rule on trial that held.
    pub observed: BTreeMap<String, u64>,
    /// Tokens read.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Median of the whole time, in milliseconds.
    pub p50_ms: u64,
    /// 95th percentile of it.
    pub p95_ms: u64,
}

fn restrict(query: &mut QueryBuilder<Sqlite>, filter: &Filter) {
    query.push(" WHERE 1");
    let texts = [
        (" AND caller = ", &filter.caller),
        (" AND team = ", &filter.team),
        (" AND app = ", &filter.app),
        (" AND model = ", &filter.model),
        (" AND route = ", &filter.route),
        (" AND target = ", &filter.target),
        (" AND decided = ", &filter.decided),
    ];
    for (condition, value) in texts {
        if let Some(value) = value {
            query.push(condition).push_bind(value.clone());
        }
    }
    if let Some(outcome) = filter.outcome {
        query.push(" AND outcome = ").push_bind(outcome.name());
    }
    if let Some(prefix) = &filter.id_prefix {
        query
            .push(" AND substr(id, 1, ")
            .push_bind(i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX));
        query.push(") = ").push_bind(prefix.clone());
    }
    if let Some(since) = filter.since_ms {
        query.push(" AND at_ms >= ").push_bind(since);
    }
    if let Some(until) = filter.until_ms {
        query.push(" AND at_ms < ").push_bind(until);
    }
}

/// What is asked of the log for records; conditions come behind it.
const STORED: &str = "SELECT row, id, at_ms, caller, team, app, model, outcome, decided, route, target, input, output, latency_ms, \
                      record, document, text, behind FROM decisions LEFT JOIN documents USING (document)";

/// Reads rows of [`STORED`]. A document is read once for all of them that share it.
#[derive(Debug, Default)]
struct Reader(BTreeMap<i64, Document>);

impl Reader {
    fn stored(&mut self, row: &SqliteRow) -> Result<StoredRecord, Error> {
        let columns = Columns {
            id: row.try_get("id")?,
            at_ms: row.try_get("at_ms")?,
            caller: row.try_get("caller")?,
            team: row.try_get("team")?,
            app: row.try_get("app")?,
            model: row.try_get("model")?,
            outcome: row.try_get("outcome")?,
            decided: row.try_get("decided")?,
            route: row.try_get("route")?,
            target: row.try_get("target")?,
            input: row.try_get("input")?,
            output: row.try_get("output")?,
            latency_ms: row.try_get("latency_ms")?,
        };
        Ok(StoredRecord { columns, text: row.try_get("record")?, document: self.document(row)? })
    }

    fn document(&mut self, row: &SqliteRow) -> Result<Option<Document>, Error> {
        // Somebody may have taken it out of the store.
        let Some(text) = row.try_get::<Option<&str>, _>("text")? else { return Ok(None) };
        Ok(Some(match self.0.entry(row.try_get("document")?) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => {
                place.insert(Document::read(text, row.try_get("behind")?).map_err(damaged)?).clone()
            }
        }))
    }

    fn record(&mut self, row: &SqliteRow) -> Result<DecisionRecord, Error> {
        self.stored(row)?.read().map_err(damaged)
    }
}

fn damaged(error: serde_json::Error) -> Error {
    Error::Damaged(format!("a decision: {error}"))
}

fn listed(rows: &[SqliteRow]) -> Result<Vec<Listed>, Error> {
    let mut reader = Reader::default();
    rows.iter().map(|row| Ok(Listed { row: row.try_get("row")?, record: reader.record(row)? })).collect()
}

pub(super) async fn newest(
    pool: &SqlitePool,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Listed>, Error> {
    listed(&newest_rows(pool, filter, before, limit).await?)
}

async fn newest_rows(
    pool: &SqlitePool,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<SqliteRow>, Error> {
    let mut query = QueryBuilder::new(STORED);
    restrict(&mut query, filter);
    if let Some(before) = before {
        query.push(" AND row < ").push_bind(before);
    }
    query.push(" ORDER BY row DESC LIMIT ").push_bind(limit);
    Ok(query.build().fetch_all(pool).await?)
}

/// As [`newest`], not read yet.
pub(super) async fn newest_stored(
    pool: &SqlitePool,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<(i64, StoredRecord)>, Error> {
    let rows = newest_rows(pool, filter, before, limit).await?;
    let mut reader = Reader::default();
    rows.iter().map(|row| Ok((row.try_get("row")?, reader.stored(row)?))).collect()
}

pub(super) async fn after(
    pool: &SqlitePool,
    filter: &Filter,
    after: i64,
    limit: u32,
) -> Result<Vec<Listed>, Error> {
    let mut query = QueryBuilder::new(STORED);
    restrict(&mut query, filter);
    query.push(" AND row > ").push_bind(after);
    query.push(" ORDER BY row LIMIT ").push_bind(limit);
    listed(&query.build().fetch_all(pool).await?)
}

pub(super) async fn last_row(pool: &SqlitePool) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT coalesce(max(row), 0) FROM decisions").fetch_one(pool).await?)
}

pub(super) async fn by_id(pool: &SqlitePool, id: &str) -> Result<Option<DecisionRecord>, Error> {
    let mut query = QueryBuilder::new(STORED);
    query.push(" WHERE id = ").push_bind(id);
    let row = query.build().fetch_optional(pool).await?;
    row.map(|row| Reader::default().record(&row)).transpose()
}

pub(super) async fn policy(pool: &SqlitePool, source: &str) -> Result<Option<Vec<SourceText>>, Error> {
    let files: Option<String> = sqlx::query_scalar("SELECT files FROM policies WHERE source = ?")
        .bind(source)
        .fetch_optional(pool)
        .await?;
    let Some(files) = files else { return Ok(None) };
    let files: Vec<(String, String)> =
        serde_json::from_str(&files).map_err(|error| Error::Damaged(format!("a policy's text: {error}")))?;
    Ok(Some(files.into_iter().map(|(path, text)| SourceText { path, text }).collect()))
}

pub(super) async fn events(pool: &SqlitePool, limit: u32) -> Result<Vec<PolicyEvent>, Error> {
    let texts: Vec<String> = sqlx::query_scalar("SELECT event FROM events ORDER BY row DESC LIMIT ?")
        .bind(limit)
        .fetch_all(pool)
        .await?;
    let event = |text: &String| {
        serde_json::from_str(text).map_err(|error| Error::Damaged(format!("a policy event: {error}")))
    };
    texts.iter().map(event).collect()
}

pub(super) async fn summary(
    pool: &SqlitePool,
    filter: &Filter,
    by: &[GroupBy],
) -> Result<Vec<SummaryRow>, Error> {
    let mut query = QueryBuilder::new(
        "SELECT app, team, model, target, route, outcome, input, output, latency_ms, \
         json_extract(decision, '$.plan[0]') AS first_stage, json_extract(record, '$.attempts') AS tried, \
         json_extract(decision, '$.obligations') AS obligations, json_extract(decision, '$.observed') AS observed \
         FROM (SELECT *, coalesce(text, json_extract(record, '$.decision')) AS decision \
         FROM decisions LEFT JOIN documents USING (document))",
    );
    restrict(&mut query, filter);
    let query = query.build();
    // One row at a time: there may be as many as are kept.
    let mut rows = query.fetch(pool);
    let mut groups: BTreeMap<Vec<String>, (SummaryRow, Vec<u64>)> = BTreeMap::new();
    while let Some(row) = rows.try_next().await? {
        let group: Result<Vec<String>, sqlx::Error> =
            by.iter().map(|column| row.try_get(column.name())).collect();
        let count = |name: &str| row.try_get::<i64, _>(name).map(|number| u64::try_from(number).unwrap_or(0));
        let outcome: String = row.try_get("outcome")?;
        let (totals, latencies) = groups.entry(group?).or_default();
        totals.requests += 1;
        match outcome.as_str() {
            "ok" => totals.ok += 1,
            "denied_policy" => totals.denied += 1,
            _ => totals.failed += 1,
        }
        totals.input = totals.input.saturating_add(count("input")?);
        totals.output = totals.output.saturating_add(count("output")?);
        let target: String = row.try_get("target")?;
        let is_fallback = is_fallback(&part(&row, "first_stage")?, &part(&row, "tried")?, &target);
        totals.fallbacks += u64::from(outcome == "ok" && is_fallback);
        flags(&part(&row, "obligations")?, &target).into_iter().for_each(|flag| add(&mut totals.flags, flag));
        rules(&part(&row, "observed")?).into_iter().for_each(|rule| add(&mut totals.observed, rule));
        latencies.push(count("latency_ms")?);
    }
    let mut summary: Vec<SummaryRow> = groups
        .into_iter()
        .map(|(group, (totals, mut latencies))| {
            latencies.sort_unstable();
            SummaryRow { group, p50_ms: rank(&latencies, 50), p95_ms: rank(&latencies, 95), ..totals }
        })
        .collect();
    summary.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.group.cmp(&b.group)));
    Ok(summary)
}

/// Whether another target served than the first choice of a plan that begins with this stage.
fn is_fallback(first: &Json, tried: &Json, target: &str) -> bool {
    let mut candidates = first["candidates"].as_array().into_iter().flatten().filter_map(Json::as_str);
    if !first["order"].is_string() {
        return candidates.next().is_some_and(|first| first != target);
    }
    // The target that served is not named again.
    let is_other = |attempt: &&Json| attempt.get("target").is_some_and(|tried| tried != target);
    let others = tried.as_array().into_iter().flatten().filter(is_other);
    !candidates.any(|candidate| candidate == target) || others.count() > 0
}

/// A part of a decision document; null where there is none.
fn part(row: &SqliteRow, name: &str) -> Result<Json, Error> {
    let text: Option<String> = row.try_get(name)?;
    text.map_or(Ok(Json::Null), |text| serde_json::from_str(&text).map_err(damaged))
}

/// The flags that a decision's obligations set on a target, each once; on any target where none served.
fn flags(obligations: &Json, target: &str) -> BTreeSet<String> {
    let all = obligations.as_object().into_iter().flatten();
    let owed = all.filter(|(name, _)| target.is_empty() || name.as_str() == target);
    let flags = owed.filter_map(|(_, owed)| owed["flag"].as_array()).flatten();
    flags.filter_map(|flag| flag.as_str().map(str::to_owned)).collect()
}

/// The rules on trial that held, each once.
fn rules(observed: &Json) -> BTreeSet<String> {
    let all = observed.as_array().into_iter().flatten();
    all.filter_map(|one| one["rule"].as_str().map(str::to_owned)).collect()
}

fn add(counts: &mut BTreeMap<String, u64>, name: String) {
    *counts.entry(name).or_default() += 1;
}

/// The nearest-rank percentile of sorted numbers; 0 of none.
fn rank(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}
