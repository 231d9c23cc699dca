//! A caller's request as the gateway understands it: what a policy can ask about, and where in the body stands what
//! may be edited. Holds no text of the prompt.

use super::encodings::Encoding;
use super::json::{JsonError, Keys, Kind, Reader};
use super::size::{Meter, Size};
use super::{Api, chat, embeddings, messages};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// What was read off a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which protocol.
    pub api: Api,
    /// As the caller wrote it into `model`; never empty.
    pub model: String,
    /// Whether the answer is to come in pieces.
    pub is_stream: bool,
    /// Members of [`NEEDS`](wayleave_program::schema::NEEDS), in its order.
    pub needs: Vec<&'static str>,
    /// Input tokens: what is known of them without counting.
    pub size: Size,
    /// Output tokens that the caller asked for at most; 0: unsaid.
    pub output: u64,
    /// The members of `metadata`, in the order written.
    pub metadata: Vec<(String, Metadata)>,
    /// Whether vectors are asked for as base64.
    pub wants_base64: bool,
    /// Where the values stand that may be edited.
    pub places: Places,
    /// The names of the tools that are offered.
    pub tools: Arc<BTreeSet<String>>,
    /// The caller's headers that go on with the body, each once: [`Passed`].
    pub passed: Passed,
}

/// What a caller's headers say to a provider of its own dialect. Nothing else of its head goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passed {
    /// `anthropic-version`
    pub version: Option<String>,
    /// `anthropic-beta`: names of features, separated by commas.
    pub beta: Option<String>,
}

/// A member of `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metadata {
    /// A text.
    Text(String),
    /// Anything else, which no attribute can be read from.
    NotText,
}

/// Where in the body the values stand that may be edited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// The value of `model`, quotes included.
    pub model: Range<usize>,
    /// The values of the output limits, with what each asks for (0: null); at most two.
    pub outputs: Vec<(Range<usize>, u64)>,
    /// Behind the opening brace of the body.
    pub first_member: usize,
}

/// Why a body is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadCall {
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON, too deep, or ambiguous.
    Json(JsonError),
    /// JSON, but not an object.
    NotAnObject,
    /// No such member, which has to be there.
    Missing(&'static str),
    /// `model` is the empty text.
    EmptyModel,
    /// Not of the type that it has to be of: the member, and what it has to be.
    WrongType(&'static str, &'static str),
    /// A member that is spelled like one that counts, but for its case: as written, and as it should be.
    Misspelled(String, &'static str),
    /// A member that would name where the request goes: the policy alone does.
    Destination(String),
}

impl From<JsonError> for BadCall {
    fn from(error: JsonError) -> BadCall {
        BadCall::Json(error)
    }
}

impl BadCall {
    /// The member of the body that it is about.
    pub fn param(&self) -> Option<&str> {
        match self {
            BadCall::NotUtf8 | BadCall::Json(_) | BadCall::NotAnObject => None,
            BadCall::Missing(name) | BadCall::WrongType(name, _) => Some(name),
            BadCall::EmptyModel => Some("model"),
            BadCall::Misspelled(name, _) | BadCall::Destination(name) => Some(name),
        }
    }

    /// As the `code` of an error body.
    pub fn code(&self) -> &'static str {
        match self {
            BadCall::NotUtf8 => "not_json",
            BadCall::Json(JsonError::DuplicateKey { .. }) => "duplicate_key",
            BadCall::Json(JsonError::TooDeep | JsonError::TooManyMembers) => "too_complex",
            BadCall::Json(_) => "not_json",
            BadCall::NotAnObject => "not_an_object",
            BadCall::Missing(_) => "missing_parameter",
            BadCall::EmptyModel | BadCall::WrongType(..) => "invalid_type",
            BadCall::Misspelled(..) => "misspelled_parameter",
            BadCall::Destination(_) => "unsupported_parameter",
        }
    }

    /// What is kept of it: what is wrong and where, without what the caller wrote.
    pub fn kept(&self) -> String {
        match self {
            BadCall::Json(JsonError::DuplicateKey { at, .. }) => {
                format!("{}: the key at byte {at} of the body stands twice in one object", self.code())
            }
            BadCall::Misspelled(_, name) => format!("{}: `{name}` in another spelling", self.code()),
            // One of a few words, whose case alone is the caller's.
            BadCall::Destination(name) => format!("{}: `{}`", self.code(), name.to_ascii_lowercase()),
            BadCall::NotUtf8
            | BadCall::Json(_)
            | BadCall::NotAnObject
            | BadCall::Missing(_)
            | BadCall::EmptyModel
            | BadCall::WrongType(..) => self.to_string(),
        }
    }
}

/// A name that a caller wrote is cut to so many characters in messages.
const SHOWN_CHARACTERS: usize = 64;

fn shown(name: &str) -> String {
    name.chars().take(SHOWN_CHARACTERS).collect()
}

impl std::fmt::Display for BadCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadCall::NotUtf8 => f.write_str("the body is not JSON: it is not UTF-8 text"),
            BadCall::Json(JsonError::Expected(at, what)) => {
                write!(f, "the body is not JSON: at byte {at} there should be {what}")
            }
            BadCall::Json(JsonError::Trailing(at)) => {
                write!(f, "the body is not JSON: its object ends before byte {at}, and something follows")
            }
            BadCall::Json(JsonError::TooDeep) => {
                write!(f, "the body is nested deeper than {} levels", super::json::DEPTH_LIMIT)
            }
            BadCall::Json(JsonError::TooManyMembers) => {
                write!(f, "an object of the body has more than {} members", super::json::MEMBERS_LIMIT)
            }
            BadCall::Json(JsonError::DuplicateKey { key, .. }) => {
                write!(f, "the body names `{}` twice in one object; keep one of them", shown(key))
            }
            BadCall::Json(JsonError::WrongType) => f.write_str("the body has a value of the wrong type"),
            BadCall::NotAnObject => f.write_str("the body must be a JSON object"),
            BadCall::Missing(name) => write!(f, "the body must have `{name}`"),
            BadCall::EmptyModel => f.write_str("`model` must name a model; it is empty"),
            BadCall::WrongType(name, what) => write!(f, "`{name}` must be {what}"),
            BadCall::Misspelled(written, name) => write!(f, "write `{name}` instead of `{}`", shown(written)),
            BadCall::Destination(name) => {
                write!(f, "`{}` is not accepted: the policy alone says where a request goes", shown(name))
            }
        }
    }
}

/// The members that are read, of any api: another case of one of them could mean it to somebody else.
const READ_MEMBERS: [&str; 23] = [
    "model",
    "stream",
    "messages",
    "input",
    "encoding_format",
    "tools",
    "functions",
    "max_tokens",
    "max_completion_tokens",
    "response_format",
    "reasoning_effort",
    "modalities",
    "audio",
    "metadata",
    "stream_options",
    "n",
    "user",
    "system",
    "thinking",
    "output_config",
    "output_format",
    "mcp_servers",
    "prefill",
];

/// Members with which a caller would choose the destination or the key at some gateways and libraries.
const DESTINATIONS: [&str; 4] = ["api_base", "base_url", "api_key", "custom_llm_provider"];

/// Reads a body of that api.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(api: Api, body: &[u8]) -> Result<Call, BadCall> {
    let mut draft = draft(api, body, Meter::estimating())?;
    draft.call.size = draft.meter.size;
    draft.finish()
}

/// The tokens of the texts of a body that was read before, in that of these encodings which has most. What is left when it
/// is over counts as its bytes.
///
/// # Errors
/// As [`read`].
pub fn count(
    api: Api,
    body: &[u8],
    encodings: &[Encoding],
    is_over: &dyn Fn() -> bool,
) -> Result<u64, BadCall> {
    draft(api, body, Meter::counting(encodings, is_over)).map(|draft| draft.meter.greatest())
}

fn draft<'a>(api: Api, body: &[u8], meter: Meter<'a>) -> Result<Draft<'a>, BadCall> {
    let text = std::str::from_utf8(body).map_err(|_| BadCall::NotUtf8)?;
    let mut reader = Reader::new(text, Keys::Unique);
    if reader.peek()? != Kind::Object {
        reader.skip()?;
        reader.end()?;
        return Err(BadCall::NotAnObject);
    }
    let mut draft = Draft::new(api, text, meter);
    reader.object(|reader, key| {
        let Some(name) = READ_MEMBERS.iter().find(|name| key.is(name)) else {
            let written = key.decode().unwrap_or_default();
            if let Some(name) = READ_MEMBERS.iter().find(|name| written.eq_ignore_ascii_case(name)) {
                return Err(BadCall::Misspelled(written.into_owned(), name));
            }
            if DESTINATIONS.iter().any(|name| written.eq_ignore_ascii_case(name)) {
                return Err(BadCall::Destination(written.into_owned()));
            }
            return reader.skip().map(drop).map_err(BadCall::from);
        };
        draft.member(reader, name)
    })?;
    reader.end()?;
    Ok(draft)
}

/// A call that is being read.
pub(super) struct Draft<'a> {
    pub(super) call: Call,
    pub(super) meter: Meter<'a>,
    pub(super) needs: u32,
    has_model: bool,
    pub(super) has_content: bool,
}

impl<'a> Draft<'a> {
    fn new(api: Api, text: &str, meter: Meter<'a>) -> Draft<'a> {
        let call = Call {
            api,
            model: String::new(),
            is_stream: false,
            needs: Vec::new(),
            size: Size::default(),
            output: 0,
            metadata: Vec::new(),
            wants_base64: false,
            places: Places { first_member: text.find('{').map_or(0, |at| at + 1), ..Places::default() },
            tools: Arc::default(),
            passed: Passed::default(),
        };
        Draft { call, meter, needs: 0, has_model: false, has_content: false }
    }

    fn member(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Result<(), BadCall> {
        match name {
            "model" => self.model(reader),
            "metadata" => self.metadata(reader),
            _ => match self.call.api {
                Api::Chat => chat::member(self, reader, name),
                Api::Embeddings => embeddings::member(self, reader, name),
                Api::Messages | Api::CountTokens => messages::member(self, reader, name),
            },
        }
    }

    fn model(&mut self, reader: &mut Reader<'_>) -> Result<(), BadCall> {
        const WHAT: BadCall = BadCall::WrongType("model", "a text");
        if reader.peek()? != Kind::String {
            return Err(WHAT);
        }
        let mut value = reader.fork();
        self.call.places.model = reader.skip()?;
        self.call.model = value.string()?.decode().ok_or(WHAT)?.into_owned();
        self.has_model = true;
        if self.call.model.trim().is_empty() { Err(BadCall::EmptyModel) } else { Ok(()) }
    }

    fn metadata(&mut self, reader: &mut Reader<'_>) -> Result<(), BadCall> {
        match reader.peek()? {
            Kind::Null => reader.skip().map(drop).map_err(BadCall::from),
            Kind::Object => reader.object(|reader, key| {
                let value = match reader.peek()? {
                    Kind::String => reader.string()?.decode().map(|text| Metadata::Text(text.into_owned())),
                    _ => reader.skip().map(|_| None)?,
                };
                let Some(name) = key.decode() else { return Ok(()) };
                self.call.metadata.push((name.into_owned(), value.unwrap_or(Metadata::NotText)));
                Ok(())
            }),
            _ => Err(BadCall::WrongType("metadata", "an object of texts")),
        }
    }

    /// Notes that the request needs that member of [`NEEDS`](wayleave_program::schema::NEEDS).
    pub(super) fn need(&mut self, need: &str) {
        let position = wayleave_program::schema::NEEDS.iter().position(|name| *name == need);
        self.needs |= position.map_or(0, |position| 1 << position);
    }

    /// Reads a count of output tokens.
    pub(super) fn output(&mut self, reader: &mut Reader<'_>, name: &'static str) -> Result<(), BadCall> {
        const WHAT: &str = "a whole number";
        let is_null = reader.peek()? == Kind::Null;
        let mut value = reader.fork();
        let place = reader.skip()?;
        let asked: u64 = if is_null {
            0
        } else {
            let number = value.number().map_err(|_| BadCall::WrongType(name, WHAT))?;
            number.parse().map_err(|_| BadCall::WrongType(name, WHAT))?
        };
        self.call.places.outputs.push((place, asked));
        // Which of the two a provider obeys is its own: the greater is what may come.
        self.call.output = self.call.output.max(asked);
        Ok(())
    }

    fn finish(mut self) -> Result<Call, BadCall> {
        if !self.has_model {
            return Err(BadCall::Missing("model"));
        }
        if !self.has_content {
            return Err(BadCall::Missing(match self.call.api {
                Api::Chat | Api::Messages | Api::CountTokens => "messages",
                Api::Embeddings => "input",
            }));
        }
        if self.call.api == Api::Messages && self.call.places.outputs.is_empty() {
            return Err(BadCall::Missing("max_tokens"));
        }
        let names = wayleave_program::schema::NEEDS.iter().enumerate();
        self.call.needs =
            names.filter(|(position, _)| self.needs & (1 << position) != 0).map(|(_, name)| *name).collect();
        Ok(self.call)
    }
}

#[cfg(test)]
mod tests;
