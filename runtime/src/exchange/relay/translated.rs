//! Events that are said in the caller's dialect, where the provider speaks another.

use super::{Heard, broken_off};
use crate::exchange::failure::Failure;
use crate::exchange::verdict;
use crate::wire::marks::{Expected, Marks, Watch};
use crate::wire::sse::Event;
use crate::wire::translate::stream::{StreamFacts, StreamTranslator, Trouble};
use crate::wire::{Dialect, Usage, chunk};
use bytes::Bytes;

/// A stream that is translated.
#[derive(Debug)]
pub(super) struct Translated {
    /// The provider's.
    dialect: Dialect,
    translator: Box<StreamTranslator>,
    watch: Watch,
}

impl Translated {
    pub(super) fn new(dialect: Dialect, facts: StreamFacts, expected: Expected) -> Translated {
        let translator = Box::new(StreamTranslator::new(dialect, facts));
        Translated { dialect, translator, watch: Watch::new(expected) }
    }

    pub(super) fn has_content(&self) -> bool {
        self.translator.has_content()
    }

    /// Whether the provider has said its last word.
    pub(super) fn is_done(&self) -> bool {
        self.translator.is_finished()
    }

    pub(super) fn usage(&self) -> Usage {
        self.translator.counts().usage()
    }

    /// What was odd so far.
    pub(super) fn marks(&self) -> Marks {
        Marks { dropped_pieces: self.translator.dropped(), ..self.watch.marks(self.is_done()) }
    }

    /// What the end of the provider's bytes means, and what is still to be told of a stream that had come to its end.
    pub(super) fn end(&mut self) -> Result<Bytes, Failure> {
        self.translator.end().map_err(|trouble| self.failure(trouble))
    }

    pub(super) fn hear(&mut self, event: &Event) -> Heard {
        if let Some(data) = &event.data {
            // What cannot be read ends the translation.
            let _unreadable = chunk::read_in(self.dialect, data, &mut self.watch);
        }
        match self.translator.event(event) {
            Ok(bytes) if self.translator.is_ping() => Heard::Comment(bytes),
            Ok(bytes) if bytes.is_empty() => Heard::Nothing,
            Ok(bytes) => Heard::Piece(bytes),
            Err(trouble) => Heard::Failed(self.failure(trouble)),
        }
    }

    fn failure(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::Malformed(what) => {
                Failure::no_answer(&format!("answered 200 with a stream in which {what}")).under(200)
            }
            Trouble::Error(said) => {
                let failure = verdict::of_error_inside(&said, 200);
                Failure { said: self.has_content().then(|| Box::new(said)), ..failure }
            }
            Trouble::Cut => broken_off(self.has_content(), 0),
        }
    }
}
