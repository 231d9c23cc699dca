//! One request as a policy sees it: a value for each attribute of a schema, or "not asked yet".

use crate::schema::{AttributeId, Schema};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The values of one request.
#[derive(Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attributes {
    values: Vec<Option<Value>>,
    #[serde(skip)]
    settled: Settled,
}

/// What a program worked out of the values beforehand; says nothing that they do not, and so is no part of a comparison.
#[derive(Clone, Default)]
struct Settled(Option<Arc<dyn Any + Send + Sync>>);

impl PartialEq for Settled {
    fn eq(&self, _: &Settled) -> bool {
        true
    }
}

impl Eq for Settled {}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "worked out" } else { "not worked out" })
    }
}

impl Clone for Attributes {
    /// Mostly little is known, which alone is gone into.
    fn clone(&self) -> Attributes {
        let mut values: Vec<Option<Value>> = self.values.iter().map(|_| None).collect();
        self.known().for_each(|(id, value)| values[id.0 as usize] = Some(value.clone()));
        Attributes { values, settled: self.settled.clone() }
    }
}

impl Attributes {
    /// With nothing known, for requests under `schema`.
    pub fn new(schema: &Schema) -> Attributes {
        Attributes { values: vec![None; schema.attributes.len()], settled: Settled::default() }
    }

    /// Makes a value known; the type is the caller's to respect. Where another one was known, what was worked out of it
    /// is gone.
    ///
    /// # Panics
    /// When `id` is of another schema.
    pub fn set(&mut self, id: AttributeId, value: Value) {
        if self.values[id.0 as usize].replace(value).is_some() {
            self.settled = Settled::default();
        }
    }

    /// Keeps what a program worked out of the values that are known now, for [`Attributes::settled`].
    pub fn settle(&mut self, worked_out: Arc<dyn Any + Send + Sync>) {
        self.settled = Settled(Some(worked_out));
    }

    /// What was worked out of values that are still the same; more may be known by now.
    pub fn settled<T: Any>(&self) -> Option<&T> {
        self.settled.0.as_ref()?.downcast_ref()
    }

    /// The value, if it is known.
    pub fn get(&self, id: AttributeId) -> Option<&Value> {
        self.values.get(id.0 as usize)?.as_ref()
    }

    /// What is known, ascending.
    pub fn known(&self) -> impl Iterator<Item = (AttributeId, &Value)> {
        let values = self.values.iter().zip(0..);
        values.filter_map(|(value, id)| Some((AttributeId(id), value.as_ref()?)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Attribute, BuiltIn, Origin};

    #[test]
    fn what_was_worked_out_lasts_as_long_as_it_is_true() {
        let built_in = BuiltIn::ALL.map(|built_in| Attribute {
            name: built_in.name().to_owned(),
            value_type: built_in.value_type(None),
            origin: Origin::BuiltIn(built_in),
            default: None,
            is_required: false,
        });
        let schema = Schema { attributes: built_in.into(), ..Schema::default() };
        let mut attributes = Attributes::new(&schema);
        attributes.set(BuiltIn::CallerApp.id(), Value::Text("notes".to_owned()));
        attributes.settle(Arc::new(7_u32));
        assert_eq!(attributes.settled::<u32>(), Some(&7));
        assert_eq!(attributes.settled::<u64>(), None);
        let mut request = attributes.clone();
        request.set(BuiltIn::RequestModel.id(), Value::Text("fast".to_owned()));
        assert_eq!(request.settled::<u32>(), Some(&7));
        request.set(BuiltIn::CallerApp.id(), Value::Text("ledger".to_owned()));
        assert_eq!((request.settled::<u32>(), attributes.settled::<u32>()), (None, Some(&7)));
    }
}
