//! A record on its way into the store: what the columns hold, and the record as JSON, written out by whoever made it. What waits
//! for the writer is three pieces of memory, and not the forty of a record: they are freed on another thread, which costs
//! both threads a lock each.

use crate::record::{DecisionRecord, Document, Outcome};

/// Texts that have a column of their own, in the order of the columns: caller, team, app, model, decided, route, target. The
/// id comes before them.
pub(super) const TEXTS: usize = 7;

/// Room for the text of a usual record.
const USUAL_BYTES: usize = 512;

/// A record as it is stored.
#[derive(Debug)]
pub(super) struct Row {
    /// The id, then the texts, one behind the other.
    texts: String,
    /// Where each of them ends.
    ends: [usize; TEXTS + 1],
    pub(super) outcome: Outcome,
    pub(super) at_ms: i64,
    pub(super) attempts: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) latency_ms: i64,
    /// As JSON, without what the columns say, its document and what that stands for.
    pub(super) json: String,
    pub(super) document: Option<Document>,
}

impl Row {
    /// Of a record whose texts are cut.
    pub(super) fn new(mut record: DecisionRecord) -> Row {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut json = String::with_capacity(USUAL_BYTES);
        let document = record.write_apart(&mut json);
        let all: [&str; TEXTS + 1] = [
            &record.id,
            &record.caller.id,
            &record.caller.team,
            &record.caller.app,
            &record.model,
            &record.decided,
            record.route.as_deref().unwrap_or_default(),
            record.target.as_deref().unwrap_or_default(),
        ];
        let mut texts = String::with_capacity(all.iter().map(|text| text.len()).sum());
        let mut ends = [0; TEXTS + 1];
        for (text, end) in all.into_iter().zip(&mut ends) {
            texts.push_str(text);
            *end = texts.len();
        }
        Row {
            texts,
            ends,
            outcome: record.outcome,
            at_ms: record.at_ms,
            attempts: i64::try_from(record.attempts.len()).unwrap_or(i64::MAX),
            input: count(record.tokens.input),
            output: count(record.tokens.output),
            latency_ms: count(record.latency_ms),
            json,
            document,
        }
    }

    /// The record's id.
    pub(super) fn id(&self) -> &str {
        &self.texts[..self.ends[0]]
    }

    /// The other texts, in their order.
    pub(super) fn texts(&self) -> [&str; TEXTS] {
        std::array::from_fn(|place| &self.texts[self.ends[place]..self.ends[place + 1]])
    }
}

#[cfg(test)]
mod tests;
