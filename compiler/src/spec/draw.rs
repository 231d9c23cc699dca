//! The draws of one request.

use super::request::Request;
use crate::model::draw::Draw;
use wayleave_program::document::write_value;
use wayleave_program::schema::{AttributeId, BuiltIn};
use wayleave_program::value::Value;

impl Request<'_> {
    /// The draw of a migration, a shadow or a route, by an attribute, or else by the request's id.
    pub(super) fn draw(&self, name: &str, by: Option<AttributeId>) -> Draw {
        if let Some(Value::Share(share)) = self.value(BuiltIn::Draw.id()).as_deref() {
            return Draw::given(*share);
        }
        let text = by.map(|by| self.text_of(by)).filter(|text| !text.is_empty());
        Draw::of(name, &text.unwrap_or_else(|| self.text_of(BuiltIn::RequestId.id())))
    }

    /// A value as a text; of a text itself.
    fn text_of(&self, id: AttributeId) -> String {
        let value = self.value(id);
        match value.as_deref() {
            Some(Value::Text(text)) => text.clone(),
            Some(value) => {
                let json = write_value(&self.policy.schema.attribute(id).value_type, value);
                json.as_str().map_or_else(|| json.to_string(), str::to_owned)
            }
            None => String::new(),
        }
    }
}
