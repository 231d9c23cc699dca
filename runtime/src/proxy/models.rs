//! The list of models, and one of them: aliases, and the targets that no `approve` already rules out for the caller.

use super::reply::{self, AnswerBody};
use super::{Proxy, now};
use crate::error::Refusal;
use crate::wire::Dialect;
use crate::wire::errors::Addressee;
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

/// A model as a caller may name it.
struct Listed {
    id: String,
    /// What a request may call it besides: the model's name without its provider, and the provider's own name of it.
    others: Vec<String>,
    owner: String,
    /// What the target can read and write; nothing is said of an alias, which may stand for several.
    limits: Option<(u64, u64)>,
}

impl Listed {
    fn is_named(&self, name: &str) -> bool {
        self.id == name || self.others.iter().any(|other| other == name)
    }
}

impl Proxy {
    /// Answers for the list, or for one model of it.
    pub(super) fn models(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        name: Option<&str>,
        to: Addressee<'_>,
    ) -> Response<AnswerBody> {
        let identity = match self.identify(headers) {
            Ok((identity, _)) => identity,
            Err(refusal) => return reply::refusal(&refusal, to),
        };
        let served = self.current.served();
        let program = &served.program;
        let catalogue = program.catalogue();
        let mut known = served.callers.attributes(program.as_ref(), &identity);
        known.set(BuiltIn::TimeNow.id(), Value::Instant(now()));
        let aliases = catalogue.aliases.iter().map(|alias| Listed {
            id: alias.name.clone(),
            others: Vec::new(),
            owner: "wayleave".to_owned(),
            limits: None,
        });
        let targets = program.approvable(&known).into_iter().map(|id| {
            let target = catalogue.target(id);
            Listed {
                id: target.name.clone(),
                others: vec![target.model.clone(), target.remote.clone()],
                owner: catalogue.provider_of(id).name.clone(),
                limits: Some((target.context.0, target.output.0)),
            }
        });
        let mut models = aliases.chain(targets);
        let write = match to.dialect {
            Dialect::OpenAi => in_openais_shape,
            Dialect::Anthropic => in_anthropics_shape,
        };
        let Some(name) = name else {
            let models: Vec<Listed> = models.collect();
            let list = match to.dialect {
                Dialect::OpenAi => {
                    let data: Vec<Json> = models.iter().map(write).collect();
                    Ok(json!({"object": "list", "data": data}))
                }
                Dialect::Anthropic => page(&models, query.unwrap_or_default()),
            };
            return match list {
                Ok(list) => reply::json(StatusCode::OK, &list),
                Err(refusal) => reply::refusal(&refusal, to),
            };
        };
        let name = decode(name).unwrap_or_default();
        match models.find(|model| model.is_named(&name)) {
            // By the name that was asked for: it is the one that the caller uses.
            Some(model) => reply::json(StatusCode::OK, &write(&Listed { id: name, ..model })),
            None => reply::refusal(&Refusal::UnknownModel(name), to),
        }
    }
}

/// When a model was made is not known here: the beginning of the language's first edition stands.
fn in_openais_shape(model: &Listed) -> Json {
    json!({
        "id": model.id,
        "object": "model",
        "created": wayleave_program::value::DEFAULT_NOW.0,
        "owned_by": model.owner,
    })
}

/// With the epoch for a time that is not known, as that API has it.
fn in_anthropics_shape(model: &Listed) -> Json {
    json!({
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": model.limits.map(|(context, _)| context),
        "max_tokens": model.limits.map(|(_, output)| output),
    })
}

/// Models of one page unless the caller says how many, and at most.
const PAGE_MODELS: (usize, usize) = (20, 1_000);

/// A page of the list, between two names of it.
fn page(models: &[Listed], query: &str) -> Result<Json, Refusal> {
    let (mut limit, mut start, mut end) = (PAGE_MODELS.0, 0, models.len());
    let mut is_backwards = false;
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decode(value).unwrap_or_default();
        let position = || models.iter().position(|model| model.id == value);
        match name {
            "limit" => {
                let asked = value.parse().ok().filter(|asked| (1..=PAGE_MODELS.1).contains(asked));
                limit = asked.ok_or(Refusal::Query("limit", "a number from 1 to 1000"))?;
            }
            "after_id" => {
                start = position().ok_or(Refusal::Query("after_id", "the id of a model"))? + 1;
            }
            "before_id" => {
                end = position().ok_or(Refusal::Query("before_id", "the id of a model"))?;
                is_backwards = true;
            }
            _ => {}
        }
    }
    let between = models.get(start..end).unwrap_or_default();
    let left = between.len().saturating_sub(limit);
    let shown = if is_backwards { &between[left..] } else { &between[..between.len() - left] };
    let data: Vec<Json> = shown.iter().map(in_anthropics_shape).collect();
    Ok(json!({
        "data": data,
        "has_more": left > 0,
        "first_id": shown.first().map(|model| &model.id),
        "last_id": shown.last().map(|model| &model.id),
    }))
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
    fn a_list_is_read_page_by_page() {
        let models = ["a", "b", "c", "d"].map(|id| Listed {
            id: id.to_owned(),
            others: Vec::new(),
            owner: String::new(),
            limits: None,
        });
        let shown = |query: &str| {
            let page = page(&models, query).map_err(|refusal| refusal.status().as_u16())?;
            let ids = page["data"].as_array().into_iter().flatten().filter_map(|model| model["id"].as_str());
            Ok::<_, u16>((ids.collect::<String>(), page["has_more"] == true))
        };
        let shows = |ids: &str, has_more| Ok((ids.to_owned(), has_more));
        assert_eq!(shown(""), shows("abcd", false));
        assert_eq!(shown("limit=2"), shows("ab", true));
        assert_eq!(shown("limit=2&after_id=b"), shows("cd", false));
        assert_eq!(shown("before_id=d&limit=2"), shows("bc", true));
        assert_eq!(shown("after_id=d"), shows("", false));
        for wrong in ["limit=0", "limit=x", "limit=1001", "after_id=z", "before_id="] {
            assert_eq!(shown(wrong), Err(400), "{wrong}");
        }
    }

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
