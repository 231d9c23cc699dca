//! Which texts of a request go to a model, and whether it has parts that nobody here can read. Pure: bytes in, texts out.
//!
//! The rule is that nothing which leaves as it came hides: every string and every key of the body is text, wherever it
//! stands and whatever it is called, but for the protocol's own words. Beyond it:
//!
//! - Each text is a part of its own. The content of one message, and of messages of one role in a row, is once more a
//!   part as a whole, its texts joined without anything between them: what is split over parts is still found. A message
//!   without text does not end the row; `system` and `developer` are one role. Results of tools are never joined with
//!   one another.
//! - The arguments of a tool call are a part as they stand, and so is each text of the JSON in them. A text with escapes
//!   (`\u0041`) is once more a part without them, as often as there are escapes behind escapes.
//! - An image, a recording, a file by its id or as base64, an unknown kind of content part, and token numbers in place
//!   of text are *unread*: the finding `uninspected`. Base64 that stands where such a thing stands is no text; all that
//!   stands beside it is.
//! - A lone surrogate, which no text can hold, is `U+FFFD`.
//!
//! Whoever sends more texts than are kept apart is refused: where they joined, a pattern would not see its own beginning.
//! Never decides what is in a text, and nothing of it outlives its request.

mod blocks;

mod escapes;

mod media;

mod words;

use crate::wire::json::{JsonError, Keys, Kind, Reader, Text};
use crate::wire::{Api, Dialect};
use std::borrow::Cow;
use wayleave_program::schema::Inspected;

/// Parts of one request. A body of one-letter texts would otherwise take many times its own size; no conversation has as
/// many.
pub const PARTS_LIMIT: usize = 50_000;

/// JSON in a text in JSON, so deep: a tool that calls a tool hands on two levels.
const INNER_LEVELS: u32 = 3;

/// A number of so many characters could be a telephone number or a card's.
const TELLING_NUMBER_CHARACTERS: usize = 7;

/// A text that goes to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As the model gets it, or without its escapes.
    pub text: String,
    /// Whether it is of the system prompt.
    pub is_system: bool,
}

/// All texts of one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// In the order of the body; a joined one behind those it joins.
    pub parts: Vec<Part>,
    is_prompt_unread: bool,
    is_system_unread: bool,
}

impl Texts {
    /// The parts that are looked through: all, or those of the system prompt.
    pub fn of(&self, inspected: Inspected) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().filter(move |part| inspected == Inspected::Prompt || part.is_system);
        parts.map(|part| part.text.as_str())
    }

    /// Whether some part of these could not be read.
    pub fn is_unread(&self, inspected: Inspected) -> bool {
        match inspected {
            Inspected::Prompt => self.is_prompt_unread,
            Inspected::System => self.is_system_unread,
        }
    }

    /// How many bytes all parts have together.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.text.len()).sum()
    }
}

/// Why the texts of a body cannot be looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadTexts {
    /// It is not JSON.
    Json(JsonError),
    /// There are more than [`PARTS_LIMIT`].
    TooMany,
}

impl From<JsonError> for BadTexts {
    fn from(error: JsonError) -> BadTexts {
        BadTexts::Json(error)
    }
}

/// Reads the texts of a body of that api.
///
/// # Errors
/// When there are too many, or the body is not JSON; one that [`call::read`](crate::wire::call::read) accepted always is.
pub fn read(api: Api, body: &str) -> Result<Texts, BadTexts> {
    let mut walk = Walk {
        dialect: api.dialect(),
        texts: Texts::default(),
        is_system: false,
        speaker: Cow::default(),
        is_begun: false,
        role: Cow::default(),
        run: Vec::new(),
        level: 0,
        is_full: false,
    };
    // What names a key twice was refused when the call was read.
    let mut reader = Reader::new(body, Keys::Unchecked);
    reader.object(|reader, key| walk.top(api, reader, key))?;
    walk.end_run();
    if walk.is_full { Err(BadTexts::TooMany) } else { Ok(walk.texts) }
}

/// A body that is being walked.
struct Walk {
    dialect: Dialect,
    texts: Texts,
    is_system: bool,
    /// The role of the message being walked.
    speaker: Cow<'static, str>,
    /// Whether that message has said something.
    is_begun: bool,
    /// Of the messages in a row whose contents are joined.
    role: Cow<'static, str>,
    /// The parts that are joined, by their positions.
    run: Vec<usize>,
    /// How many texts the JSON being walked stands in.
    level: u32,
    /// Whether there was no room for a part.
    is_full: bool,
}

type Walked = Result<(), JsonError>;

impl Walk {
    /// A member of the body.
    fn top(&mut self, api: Api, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        let kind = reader.peek()?;
        if key.is("messages") && kind == Kind::Array {
            return reader.array(|reader| self.message(reader));
        }
        if self.dialect == Dialect::Anthropic {
            if key.is("system") {
                return self.said_by(words::SYSTEM_ROLES[0], reader);
            }
            if key.is("prefill") {
                return self.said_by("assistant", reader);
            }
            if Walk::is_elsewhere(key) {
                return self.unread_value(reader, key);
            }
        }
        if key.is("prediction") && kind == Kind::Object {
            self.end_run();
            let walked = reader.object(|reader, key| self.message_member(reader, key));
            self.end_run();
            return walked;
        }
        if key.is("input") && api == Api::Embeddings {
            return self.input(reader);
        }
        if key.is("model") && kind == Kind::String {
            // The policy knows it, and a target's own name takes its place.
            return reader.skip().map(drop);
        }
        if key.is("logit_bias") && kind == Kind::Object {
            return reader.object(|reader, token| {
                let is_number = token.raw.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number || token.raw.len() >= TELLING_NUMBER_CHARACTERS {
                    self.key(token);
                }
                self.value(reader, token)
            });
        }
        // `audio` is the voice of the answer here, not a recording.
        if media::is_media_key(key) && !key.is("audio") {
            return self.unread_value(reader, key);
        }
        self.is_system = words::SYSTEM_MEMBERS.iter().any(|name| key.is(name));
        let walked = self.member(reader, key);
        self.is_system = false;
        walked
    }

    /// What is embedded: texts, or numbers of tokens, which nobody can read.
    fn input(&mut self, reader: &mut Reader<'_>) -> Walked {
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?;
                self.text(text);
                Ok(())
            }
            Kind::Array => reader.array(|reader| self.input(reader)),
            Kind::Number | Kind::Object | Kind::Bool | Kind::Null => {
                self.unread();
                self.media(reader, None)
            }
        }
    }

    fn message(&mut self, reader: &mut Reader<'_>) -> Walked {
        let role = match reader.peek()? {
            Kind::Object => word_of(&mut reader.fork(), "role")?.unwrap_or_default(),
            _ => Cow::default(),
        };
        self.is_system = words::SYSTEM_ROLES.contains(&role.as_ref());
        self.speaker = if self.is_system { words::SYSTEM_ROLES[0].into() } else { role };
        self.is_begun = false;
        let walked = match reader.peek()? {
            Kind::Object => reader.object(|reader, key| self.message_member(reader, key)),
            _ => self.value_of(reader, None),
        };
        self.is_system = false;
        walked
    }

    /// A member of a message, or of a content part that is text.
    fn message_member(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        if media::is_media_key(key) {
            return self.unread_value(reader, key);
        }
        let is_content = words::CONTENT_MEMBERS.iter().any(|name| key.is(name));
        match reader.peek()? {
            Kind::String if is_content => {
                let text = reader.string()?;
                self.content(text);
                Ok(())
            }
            Kind::Array if key.is("content") => reader.array(|reader| self.content_part(reader)),
            _ => self.member(reader, key),
        }
    }

    fn content_part(&mut self, reader: &mut Reader<'_>) -> Walked {
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?;
                self.content(text);
                return Ok(());
            }
            Kind::Object => {}
            _ => return self.value_of(reader, None),
        }
        let kind = word_of(&mut reader.fork(), "type")?;
        let kind = kind.unwrap_or_default();
        if words::TEXT_PARTS.contains(&kind.as_ref()) {
            return reader.object(|reader, key| self.message_member(reader, key));
        }
        if self.dialect == Dialect::Anthropic {
            return self.block(reader, &kind);
        }
        self.unread();
        self.media(reader, None)
    }

    /// A member of any object.
    fn member(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        self.key(key);
        self.value(reader, key)
    }

    fn value(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        self.value_of(reader, Some(key))
    }

    /// Any value, with the key that it stands behind.
    fn value_of(&mut self, reader: &mut Reader<'_>, key: Option<Text<'_>>) -> Walked {
        match reader.peek()? {
            Kind::Null | Kind::Bool => reader.skip().map(drop),
            Kind::Number => {
                let number = reader.number()?;
                if number.len() >= TELLING_NUMBER_CHARACTERS {
                    self.keep(number.to_owned());
                }
                Ok(())
            }
            Kind::String => {
                let text = reader.string()?;
                let is_word = key.is_some_and(|key| words::is_protocol_value(key, text));
                let is_json = self.level > 0 || key.is_some_and(|key| key.is("arguments"));
                if is_json {
                    self.inner_json(&lossy(text));
                }
                if !is_word {
                    self.text(text);
                }
                Ok(())
            }
            Kind::Array => reader.array(|reader| self.value_of(reader, key)),
            Kind::Object => reader.object(|reader, key| self.member(reader, key)),
        }
    }

    /// The texts of a text that is JSON itself; nothing for another.
    fn inner_json(&mut self, text: &str) {
        let is_structure = text.trim_start().starts_with(['{', '[']);
        let is_json = |text| {
            let mut reader = Reader::new(text, Keys::Unchecked);
            reader.skip().and_then(|_| reader.end()).is_ok()
        };
        if !is_structure || self.level == INNER_LEVELS || !is_json(text) {
            return;
        }
        self.level += 1;
        // Cannot fail: it was read to its end just now.
        let _ = self.value_of(&mut Reader::new(text, Keys::Unchecked), None);
        self.level -= 1;
    }

    /// A value that cannot be read as text, behind its key.
    fn unread_value(&mut self, reader: &mut Reader<'_>, key: Text<'_>) -> Walked {
        self.key(key);
        if reader.peek()? != Kind::Null {
            self.unread();
        }
        self.media(reader, Some(key))
    }

    /// What stands where nobody can read: all texts but base64.
    fn media(&mut self, reader: &mut Reader<'_>, key: Option<Text<'_>>) -> Walked {
        match reader.peek()? {
            Kind::String => {
                let text = reader.string()?;
                let is_word = key.is_some_and(|key| words::is_protocol_value(key, text));
                let decoded = lossy(text);
                let readable = media::readable(&decoded);
                if !is_word && !readable.is_empty() {
                    self.add(readable.to_owned());
                }
                Ok(())
            }
            Kind::Array => reader.array(|reader| self.media(reader, key)),
            Kind::Object => reader.object(|reader, key| {
                self.key(key);
                self.media(reader, Some(key))
            }),
            Kind::Null | Kind::Bool | Kind::Number => self.value_of(reader, key),
        }
    }

    fn key(&mut self, key: Text<'_>) {
        if !words::is_protocol_key(key) {
            self.text(key);
        }
    }

    fn text(&mut self, text: Text<'_>) {
        self.add(lossy(text).into_owned());
    }

    /// A text of a message's content.
    fn content(&mut self, text: Text<'_>) {
        let text = lossy(text).into_owned();
        if text.is_empty() {
            return;
        }
        let is_separate = words::SEPARATE_ROLES.contains(&self.speaker.as_ref());
        if self.speaker != self.role || (is_separate && !self.is_begun) {
            if text.trim().is_empty() {
                return self.add(text);
            }
            self.end_run();
            self.role.clone_from(&self.speaker);
        }
        self.is_begun = true;
        let position = self.texts.parts.len();
        if position < PARTS_LIMIT {
            self.run.push(position);
        }
        self.add(text);
    }

    /// A text, and what its escapes hide.
    fn add(&mut self, text: String) {
        let hidden = escapes::hidden(&text);
        self.keep(text);
        hidden.into_iter().for_each(|text| self.keep(text));
    }

    fn keep(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        if self.texts.parts.len() < PARTS_LIMIT {
            self.texts.parts.push(Part { text, is_system: self.is_system });
        } else {
            self.is_full = true;
        }
    }

    /// The contents of messages in a row, as a whole, where there are several.
    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.len() < 2 {
            return;
        }
        let joined: String = run.iter().map(|position| self.texts.parts[*position].text.as_str()).collect();
        let is_system = self.texts.parts[run[0]].is_system;
        let is_system = std::mem::replace(&mut self.is_system, is_system);
        self.add(joined);
        self.is_system = is_system;
    }

    fn unread(&mut self) {
        self.texts.is_prompt_unread = true;
        self.texts.is_system_unread |= self.is_system;
    }
}

/// Why a look for a member is over before the object is.
enum Looked {
    Found(Cow<'static, str>),
    Bad(JsonError),
}

impl From<JsonError> for Looked {
    fn from(error: JsonError) -> Looked {
        Looked::Bad(error)
    }
}

/// What that member of the next object says, in lower case; none where it is no text. What stands behind it is not looked at.
fn word_of(reader: &mut Reader<'_>, name: &str) -> Result<Option<Cow<'static, str>>, JsonError> {
    let looked = reader.object(|reader, key| {
        if key.is(name) && reader.peek()? == Kind::String {
            let text = lossy(reader.string()?);
            let said = text.trim();
            let usual = words::USUAL.iter().find(|usual| **usual == said);
            let word = usual.map_or_else(|| said.to_ascii_lowercase().into(), |usual| (*usual).into());
            return Err(Looked::Found(word));
        }
        reader.skip().map(drop).map_err(Looked::Bad)
    });
    match looked {
        Ok(()) => Ok(None),
        Err(Looked::Found(word)) => Ok(Some(word)),
        Err(Looked::Bad(error)) => Err(error),
    }
}

fn lossy(text: Text<'_>) -> Cow<'_, str> {
    text.decode_lossy()
}

#[cfg(test)]
mod tests;
