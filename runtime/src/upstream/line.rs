//! One connection to a host, and the answer that comes on it. It has no task of its own: whoever calls runs it, so that a call
//! and its answer wake one task, and dropping an answer ends its call. (I/O)

use super::http1::{self, Body, Broken, Head, Next};
use super::pool::Pool;
use super::transport::Stream;
use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use hyper_rustls::MaybeHttpsStream;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::task::unconstrained;

/// Bytes that may come before the head of an answer is whole, interim answers included: many times the longest head, and
/// what is read ahead of the body behind it. Whoever says more says nothing.
const BEFORE_ANSWER_BYTES: usize = 256 << 10;

/// Room for what is read at once: at first, and at most, where it was filled each time.
const READ_BYTES: usize = 8 << 10;
const READ_LIMIT_BYTES: usize = 64 << 10;

/// Slices that are written at once.
const SLICES: usize = 16;

/// A connection on which one call runs at a time.
pub(super) struct Line {
    stream: Stream,
    /// What has come and was not taken.
    buffer: BytesMut,
    /// As much is read at once.
    room: usize,
    /// Of the call that runs, what is still to be written.
    unsent: VecDeque<Bytes>,
    is_flushed: bool,
    /// Why nothing more can be written.
    failed: Option<io::Error>,
    /// Whether something of the call that runs was written.
    has_begun: bool,
    /// What came since.
    heard: usize,
    /// Whether calls were answered on it before.
    is_kept: bool,
}

impl Line {
    /// Over a stream that is connected.
    pub(super) fn new(stream: Stream) -> Box<Line> {
        Box::new(Line {
            stream,
            buffer: BytesMut::new(),
            room: READ_BYTES,
            unsent: VecDeque::new(),
            is_flushed: true,
            failed: None,
            has_begun: false,
            heard: 0,
            is_kept: false,
        })
    }

    /// Sends a call and waits for the head of its answer.
    ///
    /// # Errors
    /// When none comes; the line is of no use then.
    pub(super) async fn call(&mut self, slices: &[Bytes]) -> Result<Head, Broken> {
        self.unsent.extend(slices.iter().filter(|slice| !slice.is_empty()).cloned());
        // Of what goes through TLS some may have left where writing the rest failed.
        self.has_begun = matches!(self.stream.inner(), MaybeHttpsStream::Https(_));
        self.heard = 0;
        poll_fn(|context| self.poll_head(context)).await
    }

    /// Whether something of its last call was written.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether calls were answered on it before its last one.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether nothing has come since its last call was written.
    pub(super) fn is_unheard(&self) -> bool {
        self.heard == 0
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, Broken>> {
        self.write(context);
        let mut looked_at = if self.heard == 0 { 0 } else { self.buffer.len() };
        loop {
            match self.poll_read(context) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Broken::Closed)),
                // What comes unasked is no answer.
                Poll::Ready(Ok(_)) if !self.has_begun => return Poll::Ready(Err(Broken::NotHttp)),
                Poll::Ready(Ok(count)) => self.heard += count,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Broken::Io(error))),
                Poll::Pending => {
                    // Before a host closed the connection over what was written it may have said why: that comes, then the end.
                    let is_over = |error: &io::Error| !matches!(error.kind(), BrokenPipe | ConnectionReset);
                    return match self.failed.take_if(|error| is_over(error)) {
                        Some(error) => Poll::Ready(Err(Broken::Io(error))),
                        None => Poll::Pending,
                    };
                }
            }
            if self.heard > BEFORE_ANSWER_BYTES {
                return Poll::Ready(Err(Broken::TooMuch));
            }
            if let Some(head) = http1::head(&mut self.buffer, looked_at)? {
                return Poll::Ready(Ok(head));
            }
            looked_at = self.buffer.len();
        }
    }

    /// Writes as much as there is room for, and notes where that fails.
    fn write(&mut self, context: &mut Context<'_>) {
        if self.failed.is_none()
            && let Poll::Ready(Err(error)) = self.poll_write(context)
        {
            self.failed = Some(error);
        }
    }

    /// Writes what is left of the call.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count =
                slices.iter_mut().zip(&self.unsent).map(|(slice, bytes)| *slice = IoSlice::new(bytes));
            let count = count.count();
            let writing = Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..count]);
            let mut written = ready!(writing)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            (self.has_begun, self.is_flushed) = (true, false);
            while let Some(first) = self.unsent.front_mut().filter(|_| written > 0) {
                let whole = first.len().min(written);
                first.advance(whole);
                written -= whole;
                if first.is_empty() {
                    self.unsent.pop_front();
                }
            }
        }
        if !self.is_flushed {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what comes; 0 bytes at the end.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.buffer.capacity() - self.buffer.len() < self.room / 2 {
            self.buffer.reserve(self.room);
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let count = ready!(pin!(self.stream.read_buf(&mut self.buffer)).poll(context))?;
        if count == room {
            self.room = (self.room * 2).min(READ_LIMIT_BYTES);
        }
        Poll::Ready(Ok(count))
    }

    /// Whether nothing comes on a line that nobody uses; whatever does wakes `watcher`, and then it is of no use.
    pub(super) fn is_quiet(&mut self, watcher: &Waker) -> bool {
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let reading = poll_fn(|context| Pin::new(&mut self.stream).poll_read(context, &mut byte));
        // A task that has had its share of work would be told that nothing has come.
        pin!(unconstrained(reading)).poll(&mut Context::from_waker(watcher)).is_pending()
    }

    /// Whether it is ready for another call, behind an answer.
    fn is_free(&self) -> bool {
        self.unsent.is_empty() && self.is_flushed && self.buffer.is_empty()
    }

    /// Makes it ready for another call.
    fn rest(&mut self) {
        self.is_kept = true;
        if self.buffer.capacity() > READ_BYTES {
            (self.room, self.buffer) = (READ_BYTES, BytesMut::new());
        }
    }
}

/// An answer whose head is there, and whose body comes as it is asked for.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Body,
    stays_open: bool,
    /// None when the body is at its end, or was lost.
    line: Option<Box<Line>>,
    pool: Arc<Pool>,
}

impl Answer {
    /// Of a call on `line`, which goes back to `pool` behind it.
    pub(super) fn new(head: Head, line: Box<Line>, pool: &Arc<Pool>) -> Answer {
        let Head { status, headers, body, stays_open } = head;
        let mut answer =
            Answer { status, headers, body, stays_open, line: Some(line), pool: Arc::clone(pool) };
        answer.leave_where_due();
        answer
    }

    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    /// When the connection was lost before the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        let polled = ready!(self.poll_piece(context));
        if polled.is_ok() {
            self.leave_where_due();
        }
        if !matches!(polled, Ok(Some(_))) {
            self.line = None;
        }
        Poll::Ready(polled)
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        let Some(line) = &mut self.line else { return Poll::Ready(Ok(None)) };
        // Who answers before it has heard all may want the rest; whether it can be told does not matter.
        line.write(context);
        loop {
            match self.body.next(&mut line.buffer)? {
                Next::Piece(piece) => return Poll::Ready(Ok(Some(piece))),
                Next::End => return Poll::Ready(Ok(None)),
                Next::More => {}
            }
            if ready!(line.poll_read(context)).map_err(Broken::Io)? == 0 {
                // A host that was not heard out and reset the connection looks the same as one that closed it.
                let is_end = self.body.ends_at_close() && line.failed.is_none();
                return Poll::Ready(if is_end { Ok(None) } else { Err(Broken::Closed) });
            }
        }
    }

    /// A connection is of use to others before this answer has been read. One on which no other call can be made is closed.
    fn leave_where_due(&mut self) {
        let Some(line) = &mut self.line else { return };
        if !self.body.is_over(&mut line.buffer) {
            return;
        }
        if let Some(mut line) = self.line.take().filter(|line| self.stays_open && line.is_free()) {
            line.rest();
            self.pool.put(line);
        }
    }
}

impl Drop for Answer {
    /// Whoever has seen enough asks for no more, of a refusal or behind the last event of a stream. What is left has often come by
    /// then, and its connection is of use to others. One that has more to say is closed, which cancels the call.
    fn drop(&mut self) {
        let Some(line) = &mut self.line else { return };
        let mut is_read = false;
        loop {
            match self.body.next(&mut line.buffer) {
                Ok(Next::Piece(_)) => {}
                Ok(Next::More) if !is_read => {
                    is_read = true;
                    let reading = pin!(unconstrained(poll_fn(|context| line.poll_read(context))));
                    let read = reading.poll(&mut Context::from_waker(Waker::noop()));
                    if !matches!(read, Poll::Ready(Ok(1..))) {
                        return;
                    }
                }
                Ok(Next::More) | Err(_) => return,
                Ok(Next::End) => return self.leave_where_due(),
            }
        }
    }
}
