//! `log`: the decisions that were made, newest first; one whole; their totals; or as they come.

mod one;

use crate::args::{Format, Log};
use crate::output::{Exit, Failure, Paint, Terminal, columns, moment, print, visible_json};
use crate::select::filter;
use crate::storage::{Purpose, Storage};
use std::collections::BTreeMap;
use std::time::Duration;
use wayleave_compiler::diagnostic::render::printable;
use wayleave_runtime::record::DecisionRecord;
use wayleave_runtime::store::{Filter, GroupBy, SummaryRow};

/// Between two looks for new decisions.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// New decisions that are taken in one look.
const FOLLOW_LIMIT: u32 = 500;

/// So much of a decision's id is shown, and is enough to name it by: the ten characters of its moment, which requests of one
/// millisecond share, and 30 random bits.
const ID_SHOWN: usize = 16;

/// So much of a caller's own words is shown in a column.
const CELL_SHOWN: usize = 32;

pub(super) fn run(log: &Log, terminal: Terminal) -> Result<Exit, Failure> {
    let filter = filter(&log.select)?;
    let groups = log.summary.as_deref().map(groups).transpose()?;
    let storage = Storage::open(&log.store, Purpose::Read)?;
    let exit = match (&groups, &log.id) {
        (Some(groups), _) => summarise(&storage, &filter, groups, log.format)?,
        (None, Some(id)) => one::run(&storage, id, log.format, terminal)?,
        (None, None) if log.follow => follow(&storage, &filter, log, terminal)?,
        (None, None) => newest(&storage, &filter, log, terminal)?,
    };
    storage.close()?;
    Ok(exit)
}

fn groups(text: &str) -> Result<Vec<GroupBy>, Failure> {
    let group = |name: &str| {
        GroupBy::ALL.into_iter().find(|group| group.name() == name.trim()).ok_or_else(|| {
            let names: Vec<&str> = GroupBy::ALL.iter().map(|group| group.name()).collect();
            Failure::new(format!("`{name}` is not something to count by"))
                .mend(format!("there are {}", names.join(", ")))
        })
    };
    text.split(',').map(group).collect()
}

fn newest(storage: &Storage, filter: &Filter, log: &Log, terminal: Terminal) -> Result<Exit, Failure> {
    let listed = storage.runtime.block_on(storage.store.decisions(filter, None, log.limit));
    let listed = listed.map_err(|error| storage.failure(&error))?;
    let records: Vec<&DecisionRecord> = listed.iter().map(|listed| &listed.record).collect();
    match log.format {
        Format::Json => print(&lines(&records)?)?,
        Format::Human if records.is_empty() => print("no decisions\n")?,
        Format::Human => print(&table(&records, Head::Shown, terminal))?,
    }
    Ok(Exit::Yes)
}

/// Shows what is there, then what comes, until nobody reads it.
fn follow(storage: &Storage, filter: &Filter, log: &Log, terminal: Terminal) -> Result<Exit, Failure> {
    let store = &storage.store;
    let mut last = storage.runtime.block_on(store.last_row()).map_err(|error| storage.failure(&error))?;
    let listed = storage.runtime.block_on(store.decisions(filter, Some(last + 1), log.limit));
    let mut listed = listed.map_err(|error| storage.failure(&error))?;
    listed.reverse();
    let mut head = Head::Shown;
    loop {
        let records: Vec<&DecisionRecord> = listed.iter().map(|listed| &listed.record).collect();
        if !records.is_empty() {
            match log.format {
                Format::Json => print(&lines(&records)?)?,
                Format::Human => print(&table(&records, head, terminal))?,
            }
            head = Head::Left;
        }
        last = listed.iter().map(|listed| listed.row).fold(last, i64::max);
        listed = storage.runtime.block_on(async {
            tokio::time::sleep(FOLLOW_INTERVAL).await;
            store.decisions_after(filter, last, FOLLOW_LIMIT).await.map_err(|error| storage.failure(&error))
        })?;
    }
}

/// One JSON object a line.
fn lines(records: &[&DecisionRecord]) -> Result<String, Failure> {
    let mut out = String::new();
    for record in records {
        let line = serde_json::to_string(record)
            .map_err(|error| Failure::because("a decision cannot be written", &error))?;
        out.push_str(&line);
        out.push('\n');
    }
    Ok(visible_json(&out))
}

/// Whether a table has a line of names above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Shown,
    Left,
}

fn table(records: &[&DecisionRecord], head: Head, terminal: Terminal) -> String {
    let names = [
        "when", "id", "caller", "team", "app", "model", "route", "target", "outcome", "status", "ms", "tries",
    ];
    let mut rows = Vec::new();
    if head == Head::Shown {
        rows.push(names.map(str::to_owned).to_vec());
    }
    rows.extend(records.iter().map(|record| row(record)));
    let text = columns(&rows);
    let mut shown: Vec<String> = text.lines().map(str::to_owned).collect();
    if head == Head::Shown
        && let Some(first) = shown.first_mut()
    {
        *first = terminal.paint(Paint::Dim, first);
    }
    shown.iter().map(|line| format!("{line}\n")).collect()
}

fn row(record: &DecisionRecord) -> Vec<String> {
    vec![
        moment(record.at_ms),
        short(&record.id),
        cell(&record.caller.id),
        cell(&record.caller.team),
        cell(&record.caller.app),
        cell(&record.model),
        cell(record.route.as_deref().unwrap_or_default()),
        cell(record.target.as_deref().unwrap_or_default()),
        record.outcome.name().to_owned(),
        if record.status == 0 { "-".to_owned() } else { record.status.to_string() },
        record.latency_ms.to_string(),
        record.attempts.len().to_string(),
    ]
}

/// The beginning of an id.
fn short(id: &str) -> String {
    id.chars().take(ID_SHOWN).collect()
}

/// A caller's or policy's word, printable and not too long; a dash for none.
fn cell(text: &str) -> String {
    let text = printable(text);
    match text.chars().count() {
        0 => "-".to_owned(),
        length if length > CELL_SHOWN => {
            format!("{}…", text.chars().take(CELL_SHOWN - 1).collect::<String>())
        }
        _ => text,
    }
}

fn summarise(storage: &Storage, filter: &Filter, by: &[GroupBy], format: Format) -> Result<Exit, Failure> {
    let rows = storage
        .runtime
        .block_on(storage.store.summary(filter, by))
        .map_err(|error| storage.failure(&error))?;
    match format {
        Format::Json => print(&visible_json(&format!("{:#}\n", summary_json(&rows, by))))?,
        Format::Human if rows.is_empty() => print("no decisions\n")?,
        Format::Human => {
            print(&summary_table(&rows, by))?;
            print(&tallies(&rows))?;
        }
    }
    Ok(Exit::Yes)
}

fn summary_table(rows: &[SummaryRow], by: &[GroupBy]) -> String {
    let counts = ["requests", "ok", "denied", "failed", "fallbacks", "input", "output", "p50 ms", "p95 ms"];
    let head = by.iter().map(|group| group.name()).chain(counts).map(str::to_owned).collect();
    let shown = rows.iter().map(|row| {
        let numbers = numbers(row).map(|(_, number)| number.to_string());
        row.group.iter().map(|value| cell(value)).chain(numbers).collect()
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(shown).collect();
    columns(&rows)
}

/// How often each flag was set and each rule on trial held, in all rows together.
fn tallies(rows: &[SummaryRow]) -> String {
    let mut out = String::new();
    let flags: fn(&SummaryRow) -> &BTreeMap<String, u64> = |row| &row.flags;
    for (name, counts) in [("flags", flags), ("rules on trial that held", |row| &row.observed)] {
        let mut total: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, count) in rows.iter().flat_map(counts) {
            *total.entry(name).or_default() += count;
        }
        if !total.is_empty() {
            let rows: Vec<Vec<String>> =
                total.into_iter().map(|(name, count)| vec![printable(name), count.to_string()]).collect();
            out.push_str(&format!("\n{name}\n"));
            columns(&rows).lines().for_each(|line| out.push_str(&format!("  {line}\n")));
        }
    }
    out
}

fn summary_json(rows: &[SummaryRow], by: &[GroupBy]) -> serde_json::Value {
    let row = |row: &SummaryRow| {
        let group =
            by.iter().zip(&row.group).map(|(group, value)| (group.name().to_owned(), value.clone().into()));
        let counts = numbers(row).map(|(name, number)| (name.to_owned(), number.into()));
        let tallies = [("flags", &row.flags), ("observed", &row.observed)]
            .map(|(name, counts)| (name.to_owned(), serde_json::json!(counts)));
        serde_json::Value::Object(group.chain(counts).chain(tallies).collect())
    };
    rows.iter().map(row).collect()
}

fn numbers(row: &SummaryRow) -> impl Iterator<Item = (&'static str, u64)> + use<> {
    [
        ("requests", row.requests),
        ("ok", row.ok),
        ("denied", row.denied),
        ("failed", row.failed),
        ("fallbacks", row.fallbacks),
        ("input", row.input),
        ("output", row.output),
        ("p50_ms", row.p50_ms),
        ("p95_ms", row.p95_ms),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn decisions_of_one_millisecond_are_told_apart() {
        assert_ne!(short("01m8ehj0xnrzsn0a7dgmkjpqvv"), short("01m8ehj0xnrzt70a7dgmkjpqvv"));
    }
}
