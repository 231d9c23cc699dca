//! Events that are said in the caller's dialect, where the provider speaks another.

use super::{Heard, broken_off};
use crate::exchange::failure::Failure;
use crate::exchange::verdict;
use crate::wire::Usage;
use crate::wire::sse::Event;
use crate::wire::translate::stream::{StreamTranslator, Trouble};
use bytes::Bytes;

/// A stream that is translated.
#[derive(Debug)]
pub(super) struct Translated(Box<StreamTranslator>);

impl Translated {
    pub(super) fn new(translator: StreamTranslator) -> Translated {
        Translated(Box::new(translator))
    }

    pub(super) fn has_content(&self) -> bool {
        self.0.has_content()
    }

    /// Whether the provider has said its last word.
    pub(super) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    pub(super) fn usage(&self) -> Usage {
        self.0.counts().usage()
    }

    /// What the end of the provider's bytes means, and what is still to be told of a stream that had come to its end.
    pub(super) fn end(&mut self) -> Result<Bytes, Failure> {
        self.0.end().map_err(|trouble| self.failure(trouble))
    }

    pub(super) fn hear(&mut self, event: &Event) -> Heard {
        match self.0.event(event) {
            Ok(bytes) if self.0.is_ping() => Heard::Comment(bytes),
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
            Trouble::Cut => broken_off(self.has_content()),
        }
    }
}
