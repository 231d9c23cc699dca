//! The list of models, and one of them: aliases, and the targets that no `approve` already rules out for the caller.

use super::reply::{self, AnswerBody};
use super::{Proxy, now};
use crate::error::Refusal;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Value as Json, json};
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::Value;

/// Where the list stands; a model's name follows behind a slash.
const PREFIX: &str = "/v1/models/";

/// The longest name, decoded; longer ones are no names of ours.
const NAME_LIMIT_BYTES: usize = 512;

/// The model's name in a path, still percent-encoded; none for another path.
pub(super) fn name_in(path: &str) -> Option<&str> {
    path.strip_prefix(PREFIX).filter(|name| !name.is_empty())
}

impl Proxy {
    /// Answers for the list, or for one model of it.
    pub(super) fn models(&self, headers: &HeaderMap, name: Option<&str>) -> Response<AnswerBody> {
        let identity = match self.identify(headers) {
            Ok(identity) => identity,
            Err(refusal) => return reply::refusal(&refusal),
        };
        let served = self.current.served();
        let program = &served.program;
        let catalogue = program.catalogue();
        let mut known = served.callers.attributes(program.as_ref(), &identity);
        known.set(BuiltIn::TimeNow.id(), Value::Instant(now()));
        let aliases = catalogue.aliases.iter().map(|alias| model(&alias.name, "wayleave"));
        let targets = program
            .approvable(&known)
            .into_iter()
            .map(|target| model(&catalogue.target(target).name, &catalogue.provider_of(target).name));
        let mut models = aliases.chain(targets);
        match name {
            None => {
                let data: Vec<Json> = models.collect();
                reply::json(StatusCode::OK, &json!({"object": "list", "data": data}))
            }
            Some(name) => {
                let name = decode(name).unwrap_or_default();
                match models.find(|model| model["id"] == name) {
                    Some(model) => reply::json(StatusCode::OK, &model),
                    None => reply::refusal(&Refusal::UnknownModel(name)),
                }
            }
        }
    }
}

/// In OpenAI's shape. When a model was made is not known here: the beginning of the language's first edition stands.
fn model(id: &str, owner: &str) -> Json {
    json!({
        "id": id,
        "object": "model",
        "created": wayleave_program::value::DEFAULT_NOW.0,
        "owned_by": owner,
    })
}

/// RFC 3986, section 2.1; none for what is no text.
fn decode(name: &str) -> Option<String> {
    if name.len() > NAME_LIMIT_BYTES * 3 {
        return None;
    }
    let bytes = name.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_out_of_paths() {
        assert_eq!(name_in("/v1/models/a/b"), Some("a/b"));
        assert_eq!(name_in("/v1/models/"), None);
        assert_eq!(name_in("/v1/models"), None);
        assert_eq!(decode("a%2Fb"), Some("a/b".to_owned()));
        assert_eq!(decode("a%2"), None);
        assert_eq!(decode("a%zz"), None);
        assert_eq!(decode("%ff"), None);
    }
}
