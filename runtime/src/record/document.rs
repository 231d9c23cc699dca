//! A decision document as a record holds it: read like JSON, and written out once for all the records that share it, with what
//! else they share.

use super::{DecisionRecord, RecordedLines, write};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A decision document. Cheap to share.
#[derive(Debug, Clone)]
pub struct Document(Arc<Written>);

#[derive(Debug)]
struct Written {
    json: Json,
    /// The same as text.
    text: Box<RawValue>,
    /// What else the records of the decision share; none where that is not known.
    behind: Option<Behind>,
    /// Of all the text, made when it is first asked for.
    hash: OnceLock<i64>,
}

/// What each record of a decision ends with.
#[derive(Debug)]
struct Behind {
    policy: Arc<str>,
    source: Arc<str>,
    lines: Arc<[RecordedLines]>,
    /// The three as JSON, as they stand behind the other members of a record.
    text: String,
}

/// The three out of it.
#[derive(Deserialize)]
struct End {
    policy: Arc<str>,
    source: Arc<str>,
    lines: Arc<[RecordedLines]>,
}

impl Document {
    /// With what every record of the decision says of the policy: its hashes of meaning and of text, and the lines that decided.
    pub(crate) fn of_policy(
        json: Json,
        policy: &Arc<str>,
        source: &Arc<str>,
        lines: &Arc<[RecordedLines]>,
    ) -> Document {
        let mut text = String::new();
        write::behind(&mut text, policy, source, lines);
        let behind =
            Behind { policy: Arc::clone(policy), source: Arc::clone(source), lines: Arc::clone(lines), text };
        Document::new(json, Some(behind))
    }

    /// As a store has it, of [`Document::text`] and [`Document::behind`].
    pub(crate) fn read(text: &str, behind: &str) -> Result<Document, serde_json::Error> {
        let json = serde_json::from_str(text)?;
        let Some(members) = behind.strip_prefix(',') else { return Ok(Document::new(json, None)) };
        let End { policy, source, lines } = serde_json::from_str(&format!("{{{members}}}"))?;
        Ok(Document::of_policy(json, &policy, &source, &lines))
    }

    fn new(json: Json, behind: Option<Behind>) -> Document {
        let text = serde_json::value::to_raw_value(&json).expect("every JSON value can be written");
        Document(Arc::new(Written { json, text, behind, hash: OnceLock::new() }))
    }

    /// Puts it into a record that was stored without it, with what it stands for.
    pub(super) fn put_into(self, record: &mut DecisionRecord) {
        if let Some(behind) = &self.0.behind {
            record.policy = Arc::clone(&behind.policy);
            record.source = Arc::clone(&behind.source);
            record.lines = Arc::clone(&behind.lines);
        }
        record.decision = Some(self);
    }

    /// Whether it can stand for what a record says of the policy, or says nothing of it.
    pub(super) fn fits(&self, record: &DecisionRecord) -> bool {
        self.0.behind.as_ref().is_none_or(|behind| {
            Arc::ptr_eq(&behind.policy, &record.policy)
                && Arc::ptr_eq(&behind.source, &record.source)
                && Arc::ptr_eq(&behind.lines, &record.lines)
        })
    }

    /// What it stands for at the end of a record; empty where it stands for nothing.
    pub(crate) fn behind(&self) -> &str {
        self.0.behind.as_ref().map_or("", |behind| &behind.text)
    }

    /// It as text.
    pub(crate) fn text(&self) -> &str {
        self.0.text.get()
    }

    /// A number that only documents of the same texts share: the beginning of a SHA-256.
    pub(crate) fn hash(&self) -> i64 {
        *self.0.hash.get_or_init(|| {
            // Neither text has a byte of 0.
            let hasher =
                Sha256::new().chain_update(self.text()).chain_update([0]).chain_update(self.behind());
            let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hasher.finalize());
            i64::from_be_bytes([a, b, c, d, e, f, g, h])
        })
    }
}

impl From<Json> for Document {
    fn from(json: Json) -> Document {
        Document::new(json, None)
    }
}

impl Deref for Document {
    type Target = Json;

    fn deref(&self) -> &Json {
        &self.0.json
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Document) -> bool {
        self.0.json == other.0.json
    }
}

impl Eq for Document {}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.text.serialize(serializer)
    }
}

impl<'d> Deserialize<'d> for Document {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Document, D::Error> {
        Json::deserialize(deserializer).map(Document::from)
    }
}
