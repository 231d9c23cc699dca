//! One request as a policy sees it: a value for each attribute of a schema, or "not asked yet".

use crate::schema::{AttributeId, Schema};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The values of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    values: Vec<Option<Value>>,
}

impl Attributes {
    /// With nothing known, for requests under `schema`.
    pub fn new(schema: &Schema) -> Attributes {
        Attributes { values: vec![None; schema.attributes.len()] }
    }

    /// Makes a value known; the type is the caller's to respect.
    ///
    /// # Panics
    /// When `id` is of another schema.
    pub fn set(&mut self, id: AttributeId, value: Value) {
        self.values[id.0 as usize] = Some(value);
    }

    /// The value, if it is known.
    pub fn get(&self, id: AttributeId) -> Option<&Value> {
        self.values.get(id.0 as usize)?.as_ref()
    }

    /// The value as a condition sees it: the known one, else the attribute's default, else the empty value of its type.
    ///
    /// # Panics
    /// When `id` is not of `schema`.
    pub fn value<'a>(&'a self, schema: &'a Schema, id: AttributeId) -> Cow<'a, Value> {
        let attribute = schema.attribute(id);
        match (self.get(id), &attribute.default) {
            (Some(value), _) | (None, Some(value)) => Cow::Borrowed(value),
            (None, None) => Cow::Owned(attribute.value_type.empty_value()),
        }
    }
}
