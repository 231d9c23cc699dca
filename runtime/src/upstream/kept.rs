//! A connection to a host that knows whether the call that runs on it has heard anything yet. (I/O)
//!
//! A connection that was kept for the next call may be closed by the other side as that call is written. It looks the same
//! as a host that dies over a request, but for this: calls were answered on it before, and of this one not a byte came.

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that may come before the head of an answer is whole, interim answers included: many times the longest head, and
/// what is read ahead of the body behind it. Whoever says more says nothing.
const BEFORE_ANSWER_BYTES: usize = 256 << 10;

/// How far the calls of one connection have come. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Course(Arc<Mutex<Stage>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first call: so many bytes of its answer have come, and its head is not whole.
    First(usize),
    /// The head of an answer was whole, and nothing was written since.
    Answered,
    /// A later call was written, and so many bytes have come since.
    Later(usize),
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::First(0)
    }
}

impl Course {
    /// Whether the connection was kept, and nothing has come since a call was written on it.
    pub(super) fn is_unheard(&self) -> bool {
        self.stage() == Stage::Later(0)
    }

    /// Notes that the head of an answer is whole. Whether calls were answered before it.
    pub(super) fn answer(&self) -> bool {
        self.change(|stage| {
            let was_kept = matches!(stage, Stage::Later(_));
            *stage = Stage::Answered;
            was_kept
        })
    }

    fn stage(&self) -> Stage {
        self.change(|stage| *stage)
    }

    /// Notes that so many bytes came; false where they are too many to be an answer's beginning.
    fn read(&self, count: usize) -> bool {
        self.change(|stage| match stage {
            Stage::First(bytes) | Stage::Later(bytes) => {
                *bytes += count;
                *bytes <= BEFORE_ANSWER_BYTES
            }
            Stage::Answered => true,
        })
    }

    fn written(&self) {
        self.change(|stage| {
            if *stage == Stage::Answered {
                *stage = Stage::Later(0);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Stage) -> T) -> T {
        // A stage is whole at any time, whatever panicked beside it.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// More came before an answer than any answer begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too much came before an answer")
    }
}

impl std::error::Error for TooMuch {}

/// A connection with its course.
pub(super) struct Kept<S> {
    stream: TokioIo<S>,
    course: Course,
}

impl<S> Kept<S> {
    pub(super) fn new(stream: S) -> Kept<S> {
        Kept { stream: TokioIo::new(stream), course: Course::default() }
    }

    pub(super) fn course(&self) -> &Course {
        &self.course
    }
}

impl<S: Read + Unpin> AsyncRead for Kept<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.course.read(buffer.filled().len() - before) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, TooMuch)))
        }
    }
}

impl<S: Write + Unpin> AsyncWrite for Kept<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.course.written();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.course.written();
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
