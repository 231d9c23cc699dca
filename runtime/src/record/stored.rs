//! A record as a store has it: in columns, its document apart, and in the text what is left. Whoever reads one puts it together; in
//! records of earlier schemas the text says all, and what it says holds.

use super::{DecisionRecord, Document};
use serde::Deserialize;
use serde_json::map::Entry;
use serde_json::{Value as Json, json};

/// The status of a usual answer, to a caller and from a provider.
pub(super) const USUAL_STATUS: u16 = 200;

/// A record that is not read yet.
#[derive(Debug)]
pub struct StoredRecord {
    pub(crate) columns: Columns,
    /// What [`DecisionRecord::write_apart`] wrote.
    pub(crate) text: String,
    pub(crate) document: Option<Document>,
}

/// What has a column of its own; texts that a record lacks are empty, and counts that none can hold cut.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) caller: String,
    pub(crate) team: String,
    pub(crate) app: String,
    pub(crate) model: String,
    pub(crate) outcome: String,
    pub(crate) decided: String,
    pub(crate) route: String,
    pub(crate) target: String,
    pub(crate) input: i64,
    pub(crate) output: i64,
    pub(crate) latency_ms: i64,
}

impl StoredRecord {
    /// The record, as it was given to the store.
    ///
    /// # Errors
    /// When somebody has made it one that cannot be read.
    pub fn read(self) -> Result<DecisionRecord, serde_json::Error> {
        let StoredRecord { columns, text, document } = self;
        let mut json: Json = serde_json::from_str(&text)?;
        for attempt in json.get_mut("attempts").and_then(Json::as_array_mut).into_iter().flatten() {
            let usual =
                json!({"target": columns.target, "status": USUAL_STATUS, "started_ms": 0, "detail": ""});
            fill(attempt, usual);
        }
        if let Some(inspection) = json.get_mut("inspection") {
            fill(inspection, json!({"took_ms": 0, "failed": []}));
        }
        fill(&mut json, columns.into_usual());
        let mut record = DecisionRecord::deserialize(json)?;
        if let Some(document) = document {
            document.put_into(&mut record);
        }
        Ok(record)
    }
}

impl Columns {
    /// What a record says that its text does not; of what may be missing in a record, what is there.
    fn into_usual(self) -> Json {
        let mut usual = json!({
            "id": self.id,
            "at_ms": self.at_ms,
            "is_stream": false,
            "caller": {"id": self.caller, "team": self.team, "app": self.app, "groups": []},
            "model": self.model,
            "outcome": self.outcome,
            "status": USUAL_STATUS,
            "decided": self.decided,
            "reasons": [],
            "attempts": [],
            "tokens": {"input": self.input, "output": self.output, "cached": 0, "reasoning": 0, "is_estimated": false},
            "latency_ms": self.latency_ms,
        });
        for (name, text) in [("route", self.route), ("target", self.target)] {
            if !text.is_empty() {
                usual[name] = text.into();
            }
        }
        usual
    }
}

/// Whether a column can hold a count.
pub(super) fn fits_column(count: u64) -> bool {
    i64::try_from(count).is_ok()
}

/// Gives an object the members that it lacks, and so the objects in it.
fn fill(given: &mut Json, usual: Json) {
    let (Json::Object(given), Json::Object(usual)) = (given, usual) else { return };
    for (name, value) in usual {
        match given.entry(name) {
            Entry::Vacant(place) => drop(place.insert(value)),
            Entry::Occupied(mut place) => fill(place.get_mut(), value),
        }
    }
}
