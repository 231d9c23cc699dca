//! An HTTP/1 connection whose bytes are checked before hyper reads them. In the place of the first wrong byte of a head
//! stands something that hyper refuses, a body ends there, and nothing follows: so a request that is framed ambiguously is
//! answered 400, once, and its connection ends. (I/O)

use super::framing::Framing;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// After the last answer, so long and so much of what is still sent is read and thrown away: a connection that is closed over
/// unread bytes is reset, and the answer with it.
const LINGER: Duration = Duration::from_secs(1);

/// See [`LINGER`].
const LINGER_BYTES: usize = 8 << 20;

/// No head may hold the first byte. The others end the head, before which hyper does not look.
const REFUSED_HEAD: &[u8] = b"\0\r\n\r\n";

/// A connection and what was read of it to find out which protocol it speaks.
pub(super) struct Checked<S> {
    stream: S,
    /// Still to be handed out before anything else.
    beginning: Vec<u8>,
    framing: Framing,
    /// Whether something was wrong; nothing is handed out any more.
    is_refused: bool,
    lingering: Option<Pin<Box<Sleep>>>,
    lingered_bytes: usize,
}

impl<S> Checked<S> {
    pub(super) fn new(stream: S, beginning: Vec<u8>) -> Checked<S> {
        Checked {
            stream,
            beginning,
            framing: Framing::new(),
            is_refused: false,
            lingering: None,
            lingered_bytes: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Checked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let own = &mut *self;
        if buffer.remaining() == 0 || (own.is_refused && own.beginning.is_empty()) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        if own.beginning.is_empty() {
            ready!(Pin::new(&mut own.stream).poll_read(context, buffer))?;
        } else {
            let count = own.beginning.len().min(buffer.remaining());
            buffer.put_slice(&own.beginning[..count]);
            own.beginning.drain(..count);
        }
        if own.is_refused {
            return Poll::Ready(Ok(()));
        }
        if let Some(position) = own.framing.read(&buffer.filled()[before..]) {
            own.is_refused = true;
            buffer.set_filled(before + position);
            own.beginning = if own.framing.is_at_head() { REFUSED_HEAD.to_vec() } else { Vec::new() };
            if position == 0 && !own.beginning.is_empty() {
                // Nothing handed out would be the end.
                let count = own.beginning.len().min(buffer.remaining());
                buffer.put_slice(&own.beginning[..count]);
                own.beginning.drain(..count);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Checked<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let own = &mut *self;
        ready!(Pin::new(&mut own.stream).poll_shutdown(context))?;
        let mut thrown = [0; 4096];
        let sleep = own.lingering.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        while sleep.as_mut().poll(context).is_pending() && own.lingered_bytes < LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut thrown);
            match Pin::new(&mut own.stream).poll_read(context, &mut buffer) {
                // Nobody who has said all that they had to say is waited for.
                Poll::Pending if own.is_refused || own.lingered_bytes > 0 => return Poll::Pending,
                Poll::Pending | Poll::Ready(Err(_)) => break,
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => break,
                Poll::Ready(Ok(())) => own.lingered_bytes += buffer.filled().len(),
            }
        }
        Poll::Ready(Ok(()))
    }
}
