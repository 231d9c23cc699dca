//! A decision document as a record holds it: read like JSON, and written out once for all the records that share it.

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
    /// Of the text, made when it is first asked for.
    hash: OnceLock<i64>,
}

impl Document {
    /// It as text.
    pub(crate) fn text(&self) -> &str {
        self.0.text.get()
    }

    /// A number that only documents of the same text share: the beginning of a SHA-256.
    pub(crate) fn hash(&self) -> i64 {
        *self.0.hash.get_or_init(|| {
            let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(self.text()));
            i64::from_be_bytes([a, b, c, d, e, f, g, h])
        })
    }
}

impl From<Json> for Document {
    fn from(json: Json) -> Document {
        let text = serde_json::value::to_raw_value(&json).expect("every JSON value can be written");
        Document(Arc::new(Written { json, text, hash: OnceLock::new() }))
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
