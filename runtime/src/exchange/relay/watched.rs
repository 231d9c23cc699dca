//! Events that are relayed as they came, and watched for their content and their end.

use super::{Heard, broken_off};
use crate::exchange::failure::Failure;
use crate::exchange::verdict;
use crate::wire::chunk::{Chunk, Like};
use crate::wire::marks::{Expected, Marks, Watch};
use crate::wire::sse::Event;
use crate::wire::{Dialect, Usage};

/// What is known of a stream that is relayed in its own dialect.
#[derive(Debug)]
pub(super) struct Watched {
    dialect: Dialect,
    has_content: bool,
    is_done: bool,
    choices: u128,
    finished: u128,
    usage: Option<Usage>,
    estimate: u64,
    watch: Watch,
    like: Like,
}

impl Watched {
    pub(super) fn new(dialect: Dialect, expected: Expected) -> Watched {
        Watched {
            dialect,
            has_content: false,
            is_done: false,
            choices: 0,
            finished: 0,
            usage: None,
            estimate: 0,
            watch: Watch::new(expected),
            like: Like::default(),
        }
    }

    pub(super) fn has_content(&self) -> bool {
        self.has_content
    }

    /// Whether the provider has said its last word.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    pub(super) fn usage(&self) -> Usage {
        match self.usage {
            None => Usage::estimated(self.estimate),
            // Only the prompt has been counted.
            Some(usage) if usage.is_estimated => Usage { output_tokens: self.estimate, ..usage },
            Some(usage) => usage,
        }
    }

    /// What was odd so far.
    pub(super) fn marks(&self) -> Marks {
        self.watch.marks(self.is_done)
    }

    /// What the end of the provider's bytes means: none for a stream that had come to its end.
    pub(super) fn end(&mut self) -> Option<Failure> {
        if self.is_done || self.is_finished() {
            self.is_done = true;
            return None;
        }
        Some(broken_off(self.has_content, self.watch.marks(false).skipped_events))
    }

    fn is_finished(&self) -> bool {
        self.has_content && self.finished != 0 && self.choices & !self.finished == 0
    }

    pub(super) fn hear(&mut self, event: Event) -> Heard {
        let Some(data) = &event.data else { return Heard::Comment(event.raw) };
        let chunk = match self.like.read_in(self.dialect, data, &mut self.watch) {
            Ok(chunk) => chunk,
            // Some servers write no JSON when they fail.
            Err(_) if event.is_error => Chunk::default(),
            // An event whose data is no JSON says nothing; whether the rest is whole is told by its end.
            Err(_) => {
                self.watch.skipped();
                return Heard::Nothing;
            }
        };
        if chunk.is_ping {
            return Heard::Comment(event.raw);
        }
        if chunk.error.is_some() || event.is_error {
            let said = chunk.error.unwrap_or_default();
            let failure = verdict::of_error_inside(&said, 200);
            return Heard::Failed(Failure { said: self.has_content.then(|| Box::new(said)), ..failure });
        }
        self.choices |= chunk.choices;
        self.finished |= chunk.finished;
        self.usage = match (self.usage, chunk.usage) {
            (Some(before), Some(now)) => Some(before.then(now)),
            (before, now) => now.or(before),
        };
        self.estimate += chunk.estimate;
        self.has_content |= chunk.has_content;
        if chunk.is_last
            && let Some(failure) = self.end()
        {
            return Heard::Failed(failure);
        }
        Heard::Piece(event.raw)
    }
}
