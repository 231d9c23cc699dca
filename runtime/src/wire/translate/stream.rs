//! A stream said in the other dialect, event by event: a state machine that is fed with what the provider sent and gives what the
//! caller is to get.
//!
//! An end is passed on when the provider has said it, and never invented. Texts are carried as they are written, so that halves of an
//! emoji that two events share arrive as halves. An event that says nothing to the other dialect is left out and counted; one that
//! cannot be read ends the translation, since what it held is missing.

mod to_chat;

mod to_messages;

use super::Dialect;
use super::errors;
use super::raw::{Object, Value};
use super::usage::Counts;
use crate::wire::chunk::DONE;
use crate::wire::errors::ProviderError;
use crate::wire::json::{Keys, Kind};
use crate::wire::sse::Event;
use bytes::Bytes;
use to_chat::ToChat;
use to_messages::ToMessages;

/// What of an answer may be held back at one time: a block of thinking until its signature has come, calls until the one before them is
/// whole. As long as the longest event.
const HELD_LIMIT_BYTES: usize = crate::wire::sse::EVENT_LIMIT_BYTES;

/// What a caller's stream needs beside the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamFacts {
    /// The time that Chat writes into each chunk, in seconds since 1970.
    pub created: u64,
    /// Whether a Chat stream ends with its usage: what the caller asked for. A Messages stream always counts.
    pub wants_usage: bool,
}

/// Why a stream cannot go on. The caller must be told, and no end may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// An event that cannot be read, or that nothing can be made of: what is wrong with it.
    Malformed(&'static str),
    /// The provider says that it failed.
    Error(ProviderError),
    /// The provider stopped before the answer had come to its end.
    Cut,
}

/// What both directions keep.
#[derive(Debug, Default)]
struct Progress {
    has_content: bool,
    is_finished: bool,
    /// Whether the last event said nothing but that the connection lives.
    is_ping: bool,
    counts: Option<Counts>,
    /// Whether the counts are those of the whole answer: Messages also counts when it begins.
    is_counted: bool,
    estimate: u64,
    dropped: u64,
}

impl Progress {
    /// Adds what an event counts.
    fn count(&mut self, counts: Counts) {
        self.counts = Some(self.counts.map_or(counts, |before| before.and(counts)));
    }

    /// Of an answer that was not counted to its end, what came of it is estimated.
    fn counts(&self) -> Counts {
        let counts = self.counts.unwrap_or_default();
        if self.is_counted {
            return counts;
        }
        Counts { output_tokens: counts.output_tokens.max(self.estimate), is_estimated: true, ..counts }
    }

    /// A piece of the answer has come.
    fn piece(&mut self, raw: &str) {
        self.has_content = true;
        self.estimate += crate::wire::tokens::of_text(raw);
    }
}

/// A stream on its way from one dialect to the other.
#[derive(Debug)]
pub struct StreamTranslator {
    progress: Progress,
    direction: Direction,
}

#[derive(Debug)]
enum Direction {
    ToChat(ToChat),
    ToMessages(ToMessages),
}

impl StreamTranslator {
    /// For a provider that speaks `from`, and a caller that speaks the other dialect.
    pub fn new(from: Dialect, facts: StreamFacts) -> StreamTranslator {
        let direction = match from {
            Dialect::Anthropic => Direction::ToChat(ToChat::new(facts)),
            Dialect::OpenAi => Direction::ToMessages(ToMessages::default()),
        };
        StreamTranslator { progress: Progress::default(), direction }
    }

    /// What the caller is to get for that event: whole events of its dialect, or nothing. After the end, nothing.
    ///
    /// # Errors
    /// When the stream cannot go on.
    pub fn event(&mut self, event: &Event) -> Result<Bytes, Trouble> {
        if self.progress.is_finished {
            return Ok(Bytes::new());
        }
        self.progress.is_ping = event.data.is_none();
        let Some(data) = &event.data else { return Ok(Bytes::from(self.comment())) };
        let is_done = data.as_ref() == DONE;
        if is_done && let Direction::ToMessages(machine) = &mut self.direction {
            return machine.done(&mut self.progress).map(Bytes::from);
        }
        let whole = std::str::from_utf8(data).ok().and_then(|text| Value::read(text, Keys::Unchecked).ok());
        let Some(whole) = whole.filter(|whole| whole.kind() == Kind::Object) else {
            return Err(Trouble::Malformed("an event is no JSON object"));
        };
        let whole = whole.object();
        if let Some(error) = whole.get("error") {
            return Err(Trouble::Error(errors::of_member(error.raw())));
        }
        if event.is_error {
            return Err(Trouble::Error(ProviderError::read(data).unwrap_or_default()));
        }
        let out = match &mut self.direction {
            Direction::ToChat(machine) => machine.event(&whole, &mut self.progress),
            Direction::ToMessages(machine) => machine.chunk(&whole, &mut self.progress),
        };
        out.map(Bytes::from)
    }

    /// What the caller is to get when the provider's bytes are over: the rest, where the provider had said that the answer is whole and
    /// only the mark of the stream's end is missing.
    ///
    /// # Errors
    /// When the answer had not come to its end.
    pub fn end(&mut self) -> Result<Bytes, Trouble> {
        match &mut self.direction {
            _ if self.progress.is_finished => Ok(Bytes::new()),
            Direction::ToChat(_) => Err(Trouble::Cut),
            Direction::ToMessages(machine) => machine.done(&mut self.progress).map(Bytes::from),
        }
    }

    /// Whether a piece of the answer has come: a text, a refusal, a call, reasoning, or the reason of the end. A role is none.
    pub fn has_content(&self) -> bool {
        self.progress.has_content
    }

    /// Whether the provider has ended the stream, and the caller was told.
    pub fn is_finished(&self) -> bool {
        self.progress.is_finished
    }

    /// Whether the last event said nothing but that the connection lives: a comment, or a ping.
    pub fn is_ping(&self) -> bool {
        self.progress.is_ping
    }

    /// The tokens so far, by the provider's count or an estimate.
    pub fn counts(&self) -> Counts {
        self.progress.counts()
    }

    /// Events and pieces that the other dialect has no word for.
    pub fn dropped(&self) -> u64 {
        self.progress.dropped
    }

    /// A comment keeps a connection alive, as a ping does.
    fn comment(&self) -> String {
        match &self.direction {
            Direction::ToMessages(machine) if machine.has_begun() => to_messages::PING.to_owned(),
            Direction::ToMessages(_) | Direction::ToChat(_) => String::new(),
        }
    }
}

/// The text of that name between its quotes; none where there is no such text, or an empty one.
fn piece<'a>(object: &Object<'a>, name: &str) -> Option<&'a str> {
    object.get(name)?.text().map(|text| text.raw).filter(|raw| !raw.is_empty())
}

/// JSON as the data of one line: its line breaks can only stand between tokens, where they are blanks.
fn one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests;
