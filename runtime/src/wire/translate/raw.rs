//! JSON values as they are written: looked at a level at a time, and put into new bodies without being decoded, so that a
//! number keeps its spelling and half of a split emoji survives.

use crate::wire::json::{JsonError, Keys, Kind, Reader, Text};

/// A value of a text that was read whole before, so that looking into it cannot fail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    raw: &'a str,
    kind: Kind,
}

impl<'a> Value<'a> {
    /// Reads a text that is one value.
    pub(super) fn read(text: &'a str, keys: Keys) -> Result<Value<'a>, JsonError> {
        let mut reader = Reader::new(text, keys);
        let kind = reader.peek()?;
        let raw = reader.raw()?;
        reader.end()?;
        Ok(Value { raw, kind })
    }

    /// The next value of a reader.
    fn next(reader: &mut Reader<'a>) -> Result<Value<'a>, JsonError> {
        let kind = reader.peek()?;
        Ok(Value { raw: reader.raw()?, kind })
    }

    pub(super) fn raw(self) -> &'a str {
        self.raw
    }

    pub(super) fn kind(self) -> Kind {
        self.kind
    }

    /// Its members; none where it is no object.
    pub(super) fn object(self) -> Object<'a> {
        let mut members = Vec::new();
        let _not_an_object = Reader::new(self.raw, Keys::Unchecked).object(|reader, key| {
            members.push((key, Value::next(reader)?));
            Ok::<(), JsonError>(())
        });
        Object { members }
    }

    /// Its items; none where it is no list.
    pub(super) fn items(self) -> Vec<Value<'a>> {
        let mut items = Vec::new();
        let _not_a_list = Reader::new(self.raw, Keys::Unchecked).array(|reader| {
            items.push(Value::next(reader)?);
            Ok::<(), JsonError>(())
        });
        items
    }

    /// Where it is a text.
    pub(super) fn text(self) -> Option<Text<'a>> {
        Reader::new(self.raw, Keys::Unchecked).string().ok()
    }

    /// What a text says, lone surrogates replaced; empty where it is none.
    pub(super) fn words(self) -> String {
        self.text().map(|text| text.decode_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether it is that text.
    pub(super) fn is(self, text: &str) -> bool {
        self.text().is_some_and(|own| own.is(text))
    }

    /// Where it is a whole number that is not negative.
    pub(super) fn integer(self) -> Option<u64> {
        self.raw.parse().ok()
    }

    /// Where it is a text that is no blank.
    pub(super) fn says_something(self) -> bool {
        self.text().is_some_and(|text| !text.decode_lossy().trim().is_empty())
    }
}

/// The members of an object, in the order written.
#[derive(Debug)]
pub(super) struct Object<'a> {
    members: Vec<(Text<'a>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// The member of that name; none where it is null, which says as much as its absence.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        let found = self.members.iter().rev().find(|(key, _)| key.is(name));
        found.map(|(_, value)| *value).filter(|value| value.kind != Kind::Null)
    }

    /// All of them that are not null, with what their names say.
    pub(super) fn said(&self) -> impl Iterator<Item = (String, Value<'a>)> {
        let said = self.members.iter().filter(|(_, value)| value.kind != Kind::Null);
        said.map(|(key, value)| (key.decode_lossy().into_owned(), *value))
    }

    /// What the text of that name says; empty where there is none.
    pub(super) fn words(&self, name: &str) -> String {
        self.get(name).map(Value::words).unwrap_or_default()
    }
}

/// An object that is being written.
#[derive(Debug)]
pub(super) struct Made {
    text: String,
}

impl Made {
    pub(super) fn new() -> Made {
        Made { text: "{".to_owned() }
    }

    /// An object whose `type` says what it is.
    pub(super) fn of_type(name: &str) -> Made {
        Made::new().with_text("type", name)
    }

    /// Adds a member whose value is JSON already; the names are ours and need no escapes.
    pub(super) fn raw(&mut self, name: &str, raw: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text.push_str(raw);
    }

    /// Adds a member, and goes on.
    pub(super) fn with(mut self, name: &str, raw: &str) -> Made {
        self.raw(name, raw);
        self
    }

    /// Adds a text, and goes on.
    pub(super) fn with_text(self, name: &str, text: &str) -> Made {
        self.with(name, &quoted(text))
    }

    /// Adds a value where there is one, as it is written, and goes on.
    pub(super) fn with_some(mut self, name: &str, value: Option<Value<'_>>) -> Made {
        if let Some(value) = value {
            self.raw(name, value.raw);
        }
        self
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// A list of values that are JSON already.
pub(super) fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// A text as JSON writes it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The JSON that a text holds, as the arguments of a call are sent: decoded, but for halves of surrogate pairs, which only an escape
/// can say and which stay escaped.
pub(super) fn held_json(text: Text<'_>) -> String {
    if let Some(decoded) = text.decode() {
        return decoded.into_owned();
    }
    let kept = escape_lone_surrogates(text.raw);
    let again = format!("\"{kept}\"");
    let decoded = Reader::new(&again, Keys::Unchecked).string().ok().and_then(|text| {
        let decoded = text.decode()?;
        Some(decoded.into_owned())
    });
    decoded.unwrap_or(kept)
}

/// Writes `\ud83d` as `\\ud83d` where its other half is missing.
fn escape_lone_surrogates(raw: &str) -> String {
    let unit = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(raw.len() + 8);
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
            (Some(0xD800..0xE000), _) => {
                out.push('\\');
                6
            }
            // An escape is taken whole, so that the `u` behind two backslashes is none.
            _ if rest.starts_with('\\') => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        out.push_str(&raw[at..at + length]);
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> String {
        let text = format!("\"{text}\"");
        held_json(Value::read(&text, Keys::Unchecked).expect("JSON").text().expect("a text"))
    }

    #[test]
    fn what_a_text_holds_is_decoded_but_for_halves_of_pairs() {
        assert_eq!(held(r#"{\"a\":\"\u0041\"}"#), r#"{"a":"A"}"#);
        assert_eq!(held(r#"{\"a\":\"\\ud83d\"}"#), r#"{"a":"\ud83d"}"#);
        assert_eq!(held(r#"{\"a\":\"\ud83d\u0041\"}"#), r#"{"a":"\ud83dA"}"#);
        assert_eq!(held(r"\ud83d\ude00\ude00\\ud83d"), "😀\\ude00\\ud83d");
    }

    #[test]
    fn values_are_looked_into_and_written_as_they_came() {
        let whole =
            Value::read(r#"{"a": 0.30, "b":null, "\u0063": ["x", 1e400]}"#, Keys::Unique).expect("JSON");
        let object = whole.object();
        assert_eq!(object.get("a").map(Value::raw), Some("0.30"));
        assert!(object.get("b").is_none());
        assert_eq!(object.get("c").map(|list| list.items().len()), Some(2));
        assert_eq!(Made::of_type("t").with_some("a", object.get("a")).finish(), r#"{"type":"t","a":0.30}"#);
        assert!(Value::read("{} x", Keys::Unique).is_err());
    }
}
