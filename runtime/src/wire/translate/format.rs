//! The form that an answer must have.

use super::notes::Notes;
use super::raw::{Made, Object, Value};

/// What a schema is called in Chat, which wants a name; it means nothing.
const SCHEMA_NAME: &str = "answer";

/// Chat's `response_format` as the `format` of Messages' `output_config`.
pub(super) fn to_messages(body: &Object<'_>, notes: &mut Notes) -> Option<String> {
    let format = body.get("response_format")?.object();
    match format.words("type").as_str() {
        "text" => None,
        "json_schema" => {
            let described = format.get("json_schema").map(Value::object);
            let schema = described.as_ref().and_then(|described| described.get("schema"));
            let Some(schema) = schema else {
                notes.refuse("response_format", "Messages wants a schema");
                return None;
            };
            if described.is_some_and(|described| described.get("description").is_some()) {
                notes.drop("response_format.json_schema.description");
            }
            Some(Made::of_type("json_schema").with("schema", schema.raw()).finish())
        }
        _ => {
            notes.refuse("response_format", "Messages answers in JSON by a schema alone: say `json_schema`");
            None
        }
    }
}

/// Messages' `output_config.format`, or `output_format` as it was called before, as Chat's `response_format`: strict, since Messages
/// keeps to the schema.
pub(super) fn to_chat(body: &Object<'_>, notes: &mut Notes) -> Option<String> {
    let config = body.get("output_config").map(Value::object);
    for (name, _) in config.iter().flat_map(Object::said) {
        if !matches!(name.as_str(), "effort" | "format") {
            notes.drop(&format!("output_config.{name}"));
        }
    }
    let format =
        config.and_then(|config| config.get("format")).or_else(|| body.get("output_format"))?.object();
    let schema = format.get("schema").filter(|_| format.words("type") == "json_schema");
    let Some(schema) = schema else {
        notes.refuse("output_config", "its `format` is no `json_schema` with a `schema`");
        return None;
    };
    let described =
        Made::new().with_text("name", SCHEMA_NAME).with("schema", schema.raw()).with("strict", "true");
    Some(Made::of_type("json_schema").with("json_schema", &described.finish()).finish())
}
