//! Streams of an HTTP/2 connection: each is a task of its own, which ends when its caller takes nothing for too long, and
//! is woken when the gateway stops. On HTTP/1 the connection's own task and its write deadline do both. Requests that a
//! connection of either has open are counted here. (I/O)

use super::Phase;
use crate::proxy::reply::AnswerBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often in its patience a stream looks whether its caller still takes.
const LOOKS: u32 = 4;

tokio::task_local! {
    /// Of the stream whose task this is.
    static PULSE: Arc<Pulse>;
}

/// When a stream last gave a piece that its caller has not asked beyond.
#[derive(Debug, Default)]
struct Pulse {
    given: Mutex<Option<Instant>>,
}

impl Pulse {
    fn set(&self, given: Option<Instant>) {
        // A moment is whole at any time, whatever panicked beside it.
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = given;
    }

    /// Waits until a piece has waited for that long.
    async fn stalled(&self, patience: Duration) {
        loop {
            tokio::time::sleep(patience / LOOKS).await;
            let given = *self.given.lock().unwrap_or_else(PoisonError::into_inner);
            if given.is_some_and(|given| given.elapsed() >= patience) {
                return;
            }
        }
    }
}

/// Runs the streams of one connection.
#[derive(Clone)]
pub(super) struct Streams {
    patience: Duration,
    watched: watch::Receiver<Phase>,
}

impl Streams {
    pub(super) fn new(patience: Duration, watched: watch::Receiver<Phase>) -> Streams {
        Streams { patience, watched }
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let Streams { patience, mut watched } = self.clone();
        let pulse = Arc::new(Pulse::default());
        let own = Arc::clone(&pulse);
        tokio::spawn(PULSE.scope(pulse, async move {
            let (mut stream, mut stalled) = (pin!(stream), pin!(own.stalled(patience)));
            let mut is_watched = true;
            loop {
                // Each turn polls the stream, so that it sees for itself how far a shutdown has come.
                tokio::select! {
                    biased;
                    () = &mut stream => return,
                    () = &mut stalled => return,
                    changed = watched.changed(), if is_watched => is_watched = changed.is_ok(),
                }
            }
        }));
    }
}

/// Requests that a connection has open.
#[derive(Debug, Clone, Default)]
pub(super) struct Open(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    begun: AtomicUsize,
    /// Whoever waits until one has ended.
    waiting: Mutex<Option<Waker>>,
    /// Bodies that are given out as a whole, and may not have been sent.
    given: Mutex<Vec<AnswerBody>>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Opened(Arc<Counts>, usize);

impl Opened {
    /// Which one of its connection, from 0.
    pub(super) fn number(&self) -> usize {
        self.1
    }
}

impl Open {
    /// Counts one more.
    pub(super) fn open(&self) -> Opened {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        let number = self.0.begun.fetch_add(1, Ordering::Relaxed);
        Opened(Arc::clone(&self.0), number)
    }

    /// How many have ended.
    pub(super) fn ended(&self) -> usize {
        self.0.begun.load(Ordering::Relaxed).saturating_sub(self.0.open.load(Ordering::Relaxed))
    }

    /// Wakes a task once, when the next one has ended.
    pub(super) fn wake_when_ended(&self, waker: &Waker) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(waiting) => waiting.clone_from(waker),
            None => *waiting = Some(waker.clone()),
        }
    }

    /// Lets go of the bodies that are sent: their requests are over.
    pub(super) fn let_go(&self) {
        let sent = std::mem::take(&mut *self.0.given.lock().unwrap_or_else(PoisonError::into_inner));
        drop(sent);
    }

    /// Waits until nothing has been open for a while: `first` before the first request, `later` after one.
    pub(super) async fn idle(&self, first: Duration, later: Duration) {
        let (mut since, mut seen) = (Instant::now(), 0);
        loop {
            let begun = self.0.begun.load(Ordering::Relaxed);
            if self.0.open.load(Ordering::Relaxed) > 0 || begun != seen {
                (since, seen) = (Instant::now(), begun);
            }
            let patience = if begun == 0 { first } else { later };
            if since.elapsed() >= patience {
                return;
            }
            tokio::time::sleep(patience / LOOKS).await;
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

/// An answer's body that notes when it is asked for more.
pub(super) struct Noted {
    body: AnswerBody,
    pulse: Option<Arc<Pulse>>,
    /// Whether whoever sends it says so with [`Open::let_go`].
    is_let_go: bool,
    opened: Opened,
}

impl Noted {
    /// The body of the stream whose task this is.
    pub(super) fn new(body: AnswerBody, opened: Opened) -> Noted {
        Noted { body, pulse: PULSE.try_with(Arc::clone).ok(), is_let_go: false, opened }
    }

    /// A body on a connection that [lets go](Open::let_go) of it: its request is over when its last byte has left, and no caller
    /// waits while that is written down.
    pub(super) fn until_sent(body: AnswerBody, opened: Opened) -> Noted {
        Noted { body, pulse: None, is_let_go: true, opened }
    }

    fn note(&self, given: impl FnOnce() -> Option<Instant>) {
        if let Some(pulse) = &self.pulse {
            pulse.set(given());
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if self.is_let_go && self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            self.opened.0.given.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        }
    }
}

impl Body for Noted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.note(|| None);
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(Some(_))) {
            self.note(|| Some(Instant::now()));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
