//! One connection to a host, and the answer that comes on it. It has no task of its own: whoever calls runs it, so that a call
//! and its answer wake one task, and dropping an answer ends its call. (I/O)

use super::body::Pieces;
use super::gate::Gate;
use super::kept::Course;
use super::pool::Pool;
use super::transport::{READ_AHEAD_BYTES, Stream};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A connection on which one call runs at a time.
pub(super) struct Line {
    sender: SendRequest<Pieces>,
    /// None when it has ended.
    connection: Option<Connection<Stream, Pieces>>,
    gate: Arc<Gate>,
    /// Of the gate.
    waker: Waker,
    course: Course,
}

/// Why a call came to nothing.
pub(super) enum Broken {
    /// Nothing of it was sent; here it is again.
    Unsent(hyper::Error, Box<Request<Pieces>>),
    Lost(hyper::Error),
}

impl Line {
    /// Over a stream that is connected.
    pub(super) async fn new(stream: Stream) -> Result<Box<Line>, hyper::Error> {
        let course = stream.inner().course().clone();
        let (sender, connection) = Builder::new().max_buf_size(READ_AHEAD_BYTES).handshake(stream).await?;
        let gate = Arc::new(Gate::default());
        let waker = Waker::from(Arc::clone(&gate));
        Ok(Box::new(Line { sender, connection: Some(connection), gate, waker, course }))
    }

    /// Sends a call and waits for the head of its answer.
    pub(super) async fn call(&mut self, request: Request<Pieces>) -> Result<Response<Incoming>, Broken> {
        // A task that has had its share of work is told to come again later, by way of a waker: here that is nobody's.
        let mut answering = pin!(tokio::task::unconstrained(self.sender.try_send_request(request)));
        let answered = poll_fn(|context| self.run(context, |nobody| answering.as_mut().poll(nobody))).await;
        answered.map_err(|mut error| match error.take_message() {
            Some(request) => Broken::Unsent(error.into_error(), Box::new(request)),
            None => Broken::Lost(error.into_error()),
        })
    }

    /// How far its calls have come.
    pub(super) fn course(&self) -> &Course {
        &self.course
    }

    /// Polls for what the connection brings, and the connection until it brings it.
    fn run<T>(
        &mut self,
        context: &Context<'_>,
        mut brought: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Line { connection, gate, waker, .. } = self;
        // What is brought comes from the connection alone, which is polled here.
        let mut nobody = Context::from_waker(Waker::noop());
        gate.poll(context, || brought(&mut nobody), || advance(connection, waker))
    }

    /// Leaves the line to whoever watches those that nobody uses.
    pub(super) fn rest(&self, watcher: &Waker) {
        self.gate.lead_to(watcher);
        // What came before that woke somebody else.
        if self.gate.was_woken() {
            watcher.wake_by_ref();
        }
    }

    /// Takes it from whoever watches.
    pub(super) fn leave_rest(&self) {
        self.gate.lead_nowhere();
    }

    /// Whether another call can be made on it, after what has happened since it was left.
    pub(super) fn is_open(&mut self) -> bool {
        if self.gate.take_woken() {
            advance(&mut self.connection, &self.waker);
        }
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Whether it is ready for another call, when whoever used it has done with it.
    fn is_free(&mut self) -> bool {
        if self.gate.take_woken() || !self.sender.is_ready() {
            // Something has come, it has not yet looked behind what was read, or it was left in the middle.
            advance(&mut self.connection, &self.waker);
        }
        self.connection.is_some() && self.sender.is_ready()
    }
}

/// Lets a connection do what it can. One that has ended is dropped, which tells whoever waits for what it would have brought.
fn advance(connection: &mut Option<Connection<Stream, Pieces>>, waker: &Waker) {
    if let Some(running) = connection
        && Pin::new(running).poll(&mut Context::from_waker(waker)).is_ready()
    {
        *connection = None;
    }
}

/// An answer whose head is there, and whose body comes as it is asked for.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Option<Incoming>,
    /// None when the body is at its end, or was lost.
    line: Option<Box<Line>>,
    pool: Arc<Pool>,
}

impl Answer {
    /// Of a call on `line`, which goes back to `pool` behind it.
    pub(super) fn new(response: Response<Incoming>, line: Box<Line>, pool: &Arc<Pool>) -> Answer {
        let (head, body) = response.into_parts();
        let mut answer = Answer {
            status: head.status,
            headers: head.headers,
            body: Some(body),
            line: Some(line),
            pool: Arc::clone(pool),
        };
        answer.end_where_due();
        answer
    }

    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    /// When the connection was lost before the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &Context<'_>) -> Poll<Result<Option<Bytes>, hyper::Error>> {
        loop {
            let (Some(line), Some(body)) = (&mut self.line, &mut self.body) else {
                return Poll::Ready(Ok(None));
            };
            let polled = line.run(context, |nobody| Pin::new(&mut *body).poll_frame(nobody));
            match std::task::ready!(polled) {
                Some(Ok(frame)) => {
                    self.end_where_due();
                    // What is no piece stands behind the last one.
                    if let Ok(piece) = frame.into_data() {
                        return Poll::Ready(Ok(Some(piece)));
                    }
                }
                Some(Err(error)) => {
                    self.line = None;
                    return Poll::Ready(Err(error));
                }
                None => self.leave(),
            }
        }
    }

    /// A connection is of use to others before this answer has been read.
    fn end_where_due(&mut self) {
        if self.body.as_ref().is_none_or(Body::is_end_stream) {
            self.leave();
        }
    }

    /// The line goes back where another call can be made on it. Otherwise it is closed, which cancels the call.
    fn leave(&mut self) {
        self.body = None;
        if let Some(mut line) = self.line.take()
            && line.is_free()
        {
            self.pool.put(line);
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.leave();
    }
}
