//! What a record keeps of what a policy could know of a request: written out as text when it is known, and read as a map by
//! whoever looks at records.

use super::write::Out;
use super::{FOREIGN_LIST_BYTES, FOREIGN_TEXT_BYTES};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::ops::Deref;
use std::sync::OnceLock;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{RecordedRequest, Said, record_findings};
use wayleave_program::schema::Schema;

/// Room for a usual one.
const USUAL_BYTES: usize = 384;

/// A request document without texts.
#[derive(Debug, Clone)]
pub struct KnownRequest {
    text: String,
    /// The same, read when it is first asked for.
    map: OnceLock<Map<String, Json>>,
}

impl KnownRequest {
    /// What is known of a request beside its texts and what is found in them, and the names of what was too long for it. `team` is
    /// `caller.team` as the credential says it.
    pub(crate) fn of(schema: &Schema, attributes: &Attributes, team: &str) -> (KnownRequest, Vec<String>) {
        let known = RecordedRequest {
            schema,
            attributes,
            team,
            text_bytes: FOREIGN_TEXT_BYTES,
            list_bytes: FOREIGN_LIST_BYTES,
        };
        let mut text = String::with_capacity(USUAL_BYTES);
        let mut out = Out(&mut text);
        let mut too_long = Vec::new();
        let kept = known.members().filter(|(name, said)| {
            let is_kept = *said != Said::TooLong;
            if !is_kept {
                too_long.push((*name).to_owned());
            }
            is_kept
        });
        out.raw("{");
        for (position, (name, said)) in kept.enumerate() {
            if position > 0 {
                out.raw(",");
            }
            out.text(name);
            out.raw(":");
            match said {
                Said::Text(text) => out.text(text),
                Said::Texts(texts) => out.list(texts, |out, text| out.text(text)),
                Said::Other(Json::String(text)) => out.text(&text),
                Said::Number(number) => out.number(number),
                other => out.any(&other),
            }
        }
        out.raw("}");
        (KnownRequest { text, map: OnceLock::new() }, too_long)
    }

    /// It as JSON.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// With what is found in the texts, as far as anything is.
    pub(crate) fn with_findings(self, schema: &Schema, attributes: &Attributes) -> KnownRequest {
        let mut found = Map::new();
        record_findings(schema, attributes, &mut found);
        if found.is_empty() {
            return self;
        }
        let mut map = (*self).clone();
        map.extend(found);
        map.into()
    }

    /// Leaves out the values that are too long, and names them.
    pub(super) fn cut(&mut self) -> Vec<String> {
        // What was never a map was written without them.
        let Some(map) = self.map.get() else { return Vec::new() };
        let long: Vec<String> =
            map.iter().filter(|(_, value)| is_long(value)).map(|(name, _)| name.clone()).collect();
        if !long.is_empty() {
            let mut map = map.clone();
            map.retain(|name, _| !long.contains(name));
            *self = map.into();
        }
        long
    }
}

fn is_long(value: &Json) -> bool {
    match value {
        Json::String(text) => text.len() > FOREIGN_TEXT_BYTES,
        Json::Array(items) => {
            let lengths = items.iter().filter_map(Json::as_str).map(str::len);
            lengths.sum::<usize>() > FOREIGN_LIST_BYTES
        }
        _ => false,
    }
}

impl From<Map<String, Json>> for KnownRequest {
    fn from(map: Map<String, Json>) -> KnownRequest {
        let text = serde_json::to_string(&map).expect("every JSON value can be written");
        KnownRequest { text, map: OnceLock::from(map) }
    }
}

impl Deref for KnownRequest {
    type Target = Map<String, Json>;

    fn deref(&self) -> &Map<String, Json> {
        self.map.get_or_init(|| serde_json::from_str(&self.text).expect("it was written as an object"))
    }
}

impl PartialEq for KnownRequest {
    fn eq(&self, other: &KnownRequest) -> bool {
        **self == **other
    }
}

impl Eq for KnownRequest {}

impl Serialize for KnownRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'d> Deserialize<'d> for KnownRequest {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<KnownRequest, D::Error> {
        Map::deserialize(deserializer).map(KnownRequest::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayleave_program::schema::{Attribute, BuiltIn};
    use wayleave_program::value::{Instant, Tokens, Value};

    #[test]
    fn what_is_known_is_written_as_serde_writes_it() {
        let built_in = BuiltIn::ALL.map(|built_in| Attribute {
            name: built_in.name().to_owned(),
            value_type: built_in.value_type(None),
            origin: wayleave_program::schema::Origin::BuiltIn(built_in),
            default: None,
            is_required: false,
        });
        let schema = Schema { attributes: built_in.into(), ..Schema::default() };
        let mut attributes = Attributes::new(&schema);
        attributes.set(BuiltIn::CallerTeam.id(), Value::Text(String::new()));
        attributes.set(BuiltIn::CallerApp.id(), Value::Text("quote \" bell \u{7} ö".to_owned()));
        attributes.set(BuiltIn::RequestModel.id(), Value::Text("long".repeat(FOREIGN_TEXT_BYTES)));
        attributes.set(BuiltIn::RequestTokens.id(), Value::Tokens(Tokens(7)));
        attributes.set(BuiltIn::CallerGroups.id(), Value::Set(["b\n".to_owned(), "a".to_owned()].into()));
        attributes.set(BuiltIn::TimeNow.id(), Value::Instant(Instant(1_800_000_000)));
        attributes.set(BuiltIn::RequestStream.id(), Value::Bool(true));
        let team = "no \\ such";
        let (known, too_long) = KnownRequest::of(&schema, &attributes, team);
        let by_serde = RecordedRequest {
            schema: &schema,
            attributes: &attributes,
            team,
            text_bytes: FOREIGN_TEXT_BYTES,
            list_bytes: FOREIGN_LIST_BYTES,
        };
        assert_eq!(known.text(), serde_json::to_string(&by_serde).unwrap());
        assert_eq!(too_long, ["request.model"]);
        assert_eq!(known["caller.app"], "quote \" bell \u{7} ö");
        assert_eq!(known["caller.team"], team);
    }
}
