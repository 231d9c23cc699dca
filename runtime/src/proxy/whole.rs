//! The body of an answer that is there as a whole. Its request is over when the body has been taken, or is dropped.

use super::recording::Recording;
use crate::exchange::Event;
use crate::wire::Usage;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer's body, and the recording that ends with it.
pub(super) struct Whole {
    bytes: Option<Bytes>,
    /// The attempt whose answer it is.
    number: usize,
    usage: Usage,
    recording: Box<Recording>,
}

impl Whole {
    pub(super) fn new(bytes: Bytes, number: usize, usage: Usage, recording: Box<Recording>) -> Whole {
        Whole { bytes: Some(bytes), number, usage, recording }
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        let (number, usage) = (self.number, self.usage);
        self.recording.on(Event::Completed(number, usage));
        // Its caller may ask for the next before this one is written down.
        self.recording.let_others_in();
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
