//! A decision document as a record holds it: read like JSON, and written out once for all the records that share it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::ops::Deref;
use std::sync::Arc;

/// A decision document. Cheap to share.
#[derive(Debug, Clone)]
pub struct Document(Arc<Written>);

#[derive(Debug)]
struct Written {
    json: Json,
    /// The same as text.
    text: Box<RawValue>,
}

impl From<Json> for Document {
    fn from(json: Json) -> Document {
        let text = serde_json::value::to_raw_value(&json).expect("every JSON value can be written");
        Document(Arc::new(Written { json, text }))
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
