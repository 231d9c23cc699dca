//! The body of a streamed answer: pulls from the provider as the caller takes, so that a slow caller slows the provider
//! and a caller that leaves ends the call. Nothing runs beside it.

use super::attempt::without_key;
use super::patience::{Patience, Until};
use super::recording::Recording;
use crate::exchange::failure::Failure;
use crate::exchange::relay::{Relay, Step};
use crate::exchange::{Action, Event};
use crate::keys::Held;
use crate::upstream::Reply;
use crate::wire::errors::Addressee;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, stream};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::time::Instant;
use wayleave_program::catalogue::ProviderId;

/// A stream whose first content is there.
pub(super) struct Streaming {
    /// For the caller, before anything else.
    pub(super) first: Option<Bytes>,
    /// The attempt whose answer it is.
    pub(super) number: usize,
    pub(super) reply: Box<Reply>,
    pub(super) relay: Box<Relay>,
    pub(super) recording: Box<Recording>,
    pub(super) provider: ProviderId,
    pub(super) idle: Duration,
    /// When the whole exchange has to be over.
    pub(super) deadline: Instant,
    pub(super) stopping: Arc<AtomicBool>,
    pub(super) patience: Patience,
}

/// The pieces of the body, in order. A panic ends the stream with an error event and nothing else.
pub(super) fn pieces(streaming: Streaming) -> impl Stream<Item = Bytes> + Send {
    let dialect = streaming.recording.api().dialect();
    // Whatever is lost in a panic, its error names the request.
    let id: Arc<str> = Arc::from(streaming.recording.request_id());
    stream::unfold(Some(Box::new(streaming)), move |streaming| {
        let id = Arc::clone(&id);
        async move {
            match AssertUnwindSafe(streaming?.next()).catch_unwind().await {
                Ok((piece, rest)) => Some((piece?, rest)),
                Err(_) => Some((own_mistake(Addressee { dialect, request_id: &id }), None)),
            }
        }
    })
}

impl Drop for Streaming {
    /// Whatever has come so far counts, also where the caller has left.
    fn drop(&mut self) {
        self.recording.count(self.relay.usage());
        self.recording.marked(self.number, self.relay.marks());
    }
}

/// Waits until the key is revoked; for ever where no key let the request in.
async fn revoked(key: Option<&mut Held>) {
    match key {
        Some(key) => key.revoked().await,
        None => std::future::pending().await,
    }
}

fn own_mistake(to: Addressee<'_>) -> Bytes {
    let refusal = crate::error::Refusal::Internal;
    refusal.body().to_event(to, refusal.status().as_u16())
}

impl Streaming {
    /// The next piece, and the stream behind it if there is more to come.
    async fn next(mut self: Box<Self>) -> (Option<Bytes>, Option<Box<Streaming>>) {
        if self.recording.key().is_some_and(|key| key.is_revoked()) {
            return (self.end(Event::Revoked), None);
        }
        if let Some(first) = self.first.take() {
            return (Some(first), Some(self));
        }
        loop {
            let event = match self.relay.step() {
                Step::Send(piece) => return (Some(piece), Some(self)),
                Step::Failed(failure) => self.failed(failure),
                Step::Done => Event::Completed(self.number, self.relay.usage()),
                Step::Feed => match self.feed().await {
                    Some(event) => event,
                    None => continue,
                },
            };
            return (self.end(event), None);
        }
    }

    /// Waits for more of the provider's bytes; an event when none will come.
    async fn feed(&mut self) -> Option<Event> {
        if self.relay.is_alive() {
            self.patience.extend(self.deadline.min(Instant::now() + self.idle));
        }
        let (reply, key) = (&mut self.reply, self.recording.key());
        let fed = async {
            tokio::select! {
                biased;
                piece = reply.next() => Some(piece),
                () = revoked(key) => None,
            }
        };
        match self.patience.until(&self.stopping, fed).await {
            Until::Done(None) => Some(Event::Revoked),
            Until::Done(Some(Ok(Some(chunk)))) => {
                self.relay.feed(chunk);
                None
            }
            // A connection that is lost after the answer was whole has lost nothing.
            Until::Done(Some(Ok(None))) => self.ended(None),
            Until::Done(Some(Err(failure))) => self.ended(Some(failure)),
            Until::Stopping => Some(Event::Stopping),
            Until::DeadlinePassed if Instant::now() >= self.deadline => Some(Event::DeadlinePassed),
            Until::DeadlinePassed => {
                let idle_ms = u64::try_from(self.idle.as_millis()).unwrap_or(u64::MAX);
                self.ended(Some(Failure::idle(idle_ms)))
            }
        }
    }

    /// No more bytes come: an event where the answer is not whole, else the next steps end it.
    fn ended(&mut self, cause: Option<Failure>) -> Option<Event> {
        let missing_end = self.relay.end()?;
        Some(self.failed(cause.unwrap_or(missing_end)))
    }

    fn failed(&self, failure: Failure) -> Event {
        let provider = self.recording.served().upstreams.provider(self.provider);
        Event::Failed(self.number, without_key(provider, failure))
    }

    /// The last piece, if there is one: an error event, never an end that the provider did not send.
    fn end(&mut self, event: Event) -> Option<Bytes> {
        self.recording.count(self.relay.usage());
        match self.recording.on(event) {
            Action::Break(ending) => Some(ending.error.to_event(self.recording.addressee(), ending.status)),
            Action::Answer(_) | Action::Call(_) | Action::Wait | Action::Relay(_) | Action::Close => None,
        }
    }
}
