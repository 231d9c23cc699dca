//! A stream on its way from provider to caller: events are relayed as they came, or said in the caller's dialect, held
//! back until the first content, and watched for their end, which each dialect says in its own words. Never invents an
//! end, and never hides that one is missing. Events that came together leave together.

mod pieces;

mod translated;

mod watched;

use super::failure::Failure;
use crate::wire::marks::{Expected, Marks};
use crate::wire::sse::{Decoder, Event};
use crate::wire::translate::stream::StreamFacts;
use crate::wire::{Dialect, Usage};
use bytes::Bytes;
use pieces::Pieces;
use translated::Translated;
use watched::Watched;
use wayleave_program::plan::FailureClass;

/// What may be held back before the first content: role chunks and the like are a few hundred bytes each.
const HELD_LIMIT_BYTES: usize = 1 << 20;

/// Comments keep a silent stream alive so many times, and no longer.
const COMMENTS_LIMIT: u32 = 3;

/// A stream between provider and caller.
#[derive(Debug)]
pub struct Relay {
    reading: Reading,
    decoder: Decoder,
    held: Pieces,
    held_bytes: usize,
    comments: u32,
    /// What stands behind the pieces that are held, where that is known.
    next: Option<Step>,
}

/// How events are read, and what the caller gets of them.
#[derive(Debug)]
enum Reading {
    Watched(Watched),
    Translated(Translated),
}

/// What an event comes to.
enum Heard {
    /// A sign of life, and what the caller gets of it.
    Comment(Bytes),
    /// Nothing for the caller.
    Nothing,
    /// For the caller.
    Piece(Bytes),
    /// The stream is no good.
    Failed(Failure),
}

/// What the bytes fed so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    Feed,
    /// For the caller. The first one comes with the first content.
    Send(Bytes),
    /// The stream is no good.
    Failed(Failure),
    /// The provider has ended the stream by its own word.
    Done,
}

/// The provider stopped before the answer had come to its end.
fn broken_off(has_content: bool, skipped_events: u64) -> Failure {
    match (has_content, skipped_events) {
        (true, _) => Failure::new(FailureClass::Ambiguous, "the stream ended before the answer did"),
        (false, 0) => Failure::no_answer("the stream ended without content"),
        (false, 1) => Failure::no_answer("the stream ended without content; 1 event could not be read"),
        (false, count) => {
            Failure::no_answer(&format!("the stream ended without content; {count} events could not be read"))
        }
    }
}

impl Relay {
    /// Of a stream in the caller's dialect that is held to that, whose events are not longer than that.
    pub fn new(dialect: Dialect, expected: Expected, event_limit_bytes: usize) -> Relay {
        Relay::reading(Reading::Watched(Watched::new(dialect, expected)), event_limit_bytes)
    }

    /// Of a stream of a provider that speaks `from`, for a caller that speaks the other dialect.
    pub fn across(from: Dialect, facts: StreamFacts, expected: Expected, event_limit_bytes: usize) -> Relay {
        let translated = Translated::new(from, facts, expected);
        Relay::reading(Reading::Translated(translated), event_limit_bytes)
    }

    fn reading(reading: Reading, event_limit_bytes: usize) -> Relay {
        let decoder = Decoder::with_limit(event_limit_bytes);
        Relay { reading, decoder, held: Pieces::default(), held_bytes: 0, comments: 0, next: None }
    }

    /// Adds bytes; [`step`](Relay::step) must have asked for them.
    pub fn feed(&mut self, chunk: Bytes) {
        // A chunk counts as a sign of life until it turns out to hold comments alone.
        self.comments += 1;
        self.held.came_with(&chunk);
        self.decoder.feed(chunk);
    }

    /// Whether content has been seen.
    pub fn has_content(&self) -> bool {
        match &self.reading {
            Reading::Watched(watched) => watched.has_content(),
            Reading::Translated(translated) => translated.has_content(),
        }
    }

    /// The tokens so far, by the provider's count or an estimate.
    pub fn usage(&self) -> Usage {
        match &self.reading {
            Reading::Watched(watched) => watched.usage(),
            Reading::Translated(translated) => translated.usage(),
        }
    }

    /// What was odd so far.
    pub fn marks(&self) -> Marks {
        match &self.reading {
            Reading::Watched(watched) => watched.marks(),
            Reading::Translated(translated) => translated.marks(),
        }
    }

    /// Whether the last bytes were a sign of life: comments are, three times in a row.
    pub fn is_alive(&self) -> bool {
        self.comments <= COMMENTS_LIMIT
    }

    fn is_done(&self) -> bool {
        match &self.reading {
            Reading::Watched(watched) => watched.is_done(),
            Reading::Translated(translated) => translated.is_done(),
        }
    }

    /// What comes next.
    pub fn step(&mut self) -> Step {
        let next = self.next.take().unwrap_or_else(|| self.read());
        if self.has_content()
            && let Some(bytes) = self.held.pop()
        {
            self.next = Some(next);
            return Step::Send(bytes);
        }
        next
    }

    /// Takes the events that are there. What stands behind them.
    fn read(&mut self) -> Step {
        while !self.is_done() {
            match self.decoder.next_event() {
                Ok(Some(event)) => {
                    if let Some(failure) = self.take(event) {
                        return Step::Failed(failure);
                    }
                }
                Ok(None) => return Step::Feed,
                Err(too_long) => return Step::Failed(Failure::no_answer(&too_long.to_string())),
            }
        }
        Step::Done
    }

    /// The provider's bytes are over. None for a stream that had come to its end: what is left of it comes with the next
    /// steps.
    pub fn end(&mut self) -> Option<Failure> {
        match &mut self.reading {
            Reading::Watched(watched) => watched.end(),
            Reading::Translated(translated) => match translated.end() {
                Ok(rest) => {
                    self.held.push(rest);
                    None
                }
                Err(failure) => Some(failure),
            },
        }
    }

    fn take(&mut self, event: Event) -> Option<Failure> {
        let heard = match &mut self.reading {
            Reading::Watched(watched) => watched.hear(event),
            Reading::Translated(translated) => translated.hear(&event),
        };
        match heard {
            // Before the first content nobody waits for what says nothing.
            Heard::Comment(raw) if self.has_content() && !raw.is_empty() => {
                self.held.push(raw);
                return None;
            }
            Heard::Comment(_) => return None,
            Heard::Nothing => {}
            Heard::Piece(raw) => {
                self.held_bytes += if self.has_content() { 0 } else { raw.len() };
                self.held.push(raw);
            }
            Heard::Failed(failure) => return Some(failure),
        }
        self.comments = 0;
        (self.held_bytes > HELD_LIMIT_BYTES && !self.has_content())
            .then(|| Failure::no_answer("1 MiB of events without content"))
    }
}

#[cfg(test)]
mod tests;
