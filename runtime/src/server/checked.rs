//! An HTTP/1 connection whose bytes are checked before hyper reads them, and whose heads it gets whole. In the place of a head
//! that is wrong, too long or too slow stands a request that is sound and asks for nothing, with a note that says which
//! one it is: so it is answered with a reason, once, and its connection ends. A body that is wrong fails there.
//!
//! What comes behind a message waits here until that one is answered. So a caller that leaves meanwhile is seen to leave,
//! whatever it has sent before: hyper sees it only where it has nothing to read. (I/O)

use super::framing::{Framing, Stop};
use super::pulse::Open;
use crate::error::{BadHead, BrokenFraming};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// After the last answer what is still sent is read and thrown away, as a connection that is closed over unread bytes is
/// reset, and the answer with it: for so long in all, until nothing has come for so long, and so much.
const LINGER: Duration = Duration::from_secs(30);

/// See [`LINGER`].
const LINGER_SILENCE: Duration = Duration::from_secs(2);

/// See [`LINGER`].
const LINGER_BYTES: usize = 64 << 20;

/// Of what comes behind a message that is not answered yet, so much is read to see whether its caller is still there. A
/// caller that sends more at once has to wait.
const AHEAD_BYTES: usize = 64 << 10;

/// What hyper reads in the place of a wrong head.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";

/// Which request of a connection is none, counted from 0, and why; set once, before that request is read.
pub(super) type Refused = Arc<OnceLock<(usize, BadHead)>>;

/// A connection and what was read of it to find out which protocol it speaks.
pub(super) struct Checked<S> {
    stream: S,
    /// Read and not yet checked.
    ahead: Vec<u8>,
    /// Checked, to be handed out before anything else.
    sound: Vec<u8>,
    /// The beginning of a head that is not whole.
    held: Vec<u8>,
    framing: Framing,
    /// Messages that are whole.
    messages: usize,
    /// Those that are being answered.
    open: Open,
    end: End,
    refused: Refused,
    patience: Duration,
    /// Runs while a head is not whole.
    waiting: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
}

/// Whether reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// Behind a head that was refused: its answer closes the connection.
    Refused,
    /// In a body that was wrong: it ends here.
    Broken,
}

/// What is thrown away behind the last answer.
struct Lingering {
    end: Pin<Box<Sleep>>,
    silence: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Checked<S> {
    /// `patience` is for a head, from its first byte to its last; `head_limit_bytes` for its length. `open` knows which
    /// messages are answered.
    pub(super) fn new(
        stream: S,
        beginning: Vec<u8>,
        open: Open,
        head_limit_bytes: usize,
        patience: Duration,
    ) -> Checked<S> {
        Checked {
            stream,
            ahead: beginning,
            sound: Vec::new(),
            held: Vec::new(),
            framing: Framing::new(head_limit_bytes),
            messages: 0,
            open,
            end: End::Open,
            refused: Refused::default(),
            patience,
            waiting: None,
            lingering: None,
        }
    }

    /// Where it is said which request is none.
    pub(super) fn refused(&self) -> Refused {
        Arc::clone(&self.refused)
    }

    fn refuse(&mut self, why: BadHead) {
        self.end = End::Refused;
        self.waiting = None;
        self.held = Vec::new();
        self.sound.extend_from_slice(STAND_IN);
        // Reading has ended: nobody sets it again.
        let _ = self.refused.set((self.framing.heads(), why));
    }

    /// Checks what has just been read into a buffer, and leaves in it what may be handed out.
    fn check(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let heads = self.framing.heads();
        let stop = self.framing.read(&buffer.filled()[before..]);
        let fresh = &buffer.filled()[before..];
        let (good, rest) = fresh.split_at(match stop {
            Some(Stop::Wrong(position) | Stop::End(position)) => position,
            None => fresh.len(),
        });
        if let Some(Stop::End(_)) = stop {
            self.messages += 1;
            self.ahead.splice(..0, rest.iter().copied());
        }
        // What is left is whole heads and bodies.
        let whole = self.held.len() + good.len() - self.framing.head_bytes();
        if self.held.is_empty() {
            self.held.extend_from_slice(&good[whole..]);
            buffer.set_filled(before + whole);
        } else {
            self.held.extend_from_slice(good);
            let rest = self.held.split_off(whole);
            self.sound.append(&mut self.held);
            self.held = rest;
            buffer.set_filled(before);
        }
        if self.framing.heads() != heads || !self.framing.is_in_head() {
            self.waiting = None;
        }
        match stop {
            None | Some(Stop::End(_)) => {}
            Some(Stop::Wrong(_)) if self.framing.is_in_body() => self.end = End::Broken,
            Some(Stop::Wrong(_)) => self.refuse(self.framing.why()),
        }
    }

    /// Whether the last whole message is still being answered.
    fn is_answering(&self) -> bool {
        self.framing.is_between() && self.open.ended() < self.messages
    }

    /// Whether the head that is being read has come too slowly.
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        if !self.framing.is_in_head() {
            return false;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        waiting.as_mut().poll(context).is_ready()
    }
}

impl<S: AsyncRead + Unpin> Checked<S> {
    /// Waits while a message is being answered: until it is, or its caller has left.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Waited>> {
        self.open.wake_when_ended(context.waker());
        // Small, as there is hardly ever something.
        let mut bytes = [0; 512];
        while self.is_answering() {
            let room = AHEAD_BYTES.saturating_sub(self.ahead.len()).min(bytes.len());
            if room == 0 {
                return Poll::Pending;
            }
            let mut buffer = ReadBuf::new(&mut bytes[..room]);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(Waited::Left));
            }
            self.ahead.extend_from_slice(buffer.filled());
        }
        Poll::Ready(Ok(Waited::Answered))
    }
}

/// What came of waiting for the end of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    Answered,
    Left,
}

impl<S: AsyncRead + Unpin> AsyncRead for Checked<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let own = &mut *self;
        let before = buffer.filled().len();
        loop {
            if !own.sound.is_empty() || buffer.remaining() == 0 {
                hand_out(&mut own.sound, buffer);
                return Poll::Ready(Ok(()));
            }
            match own.end {
                End::Open => {}
                End::Refused => return Poll::Pending,
                End::Broken => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, BrokenFraming)));
                }
            }
            if own.is_answering() && ready!(own.wait(context))? == Waited::Left {
                return Poll::Ready(Ok(()));
            }
            if !own.ahead.is_empty() {
                hand_out(&mut own.ahead, buffer);
            } else if let Poll::Ready(read) = Pin::new(&mut own.stream).poll_read(context, buffer) {
                read?;
            } else if own.is_too_slow(context) {
                own.refuse(BadHead::TooSlow);
                continue;
            } else {
                return Poll::Pending;
            }
            if buffer.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            own.check(buffer, before);
            if buffer.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// Moves as much as there is room for.
fn hand_out(bytes: &mut Vec<u8>, buffer: &mut ReadBuf<'_>) {
    let count = bytes.len().min(buffer.remaining());
    buffer.put_slice(&bytes[..count]);
    bytes.drain(..count);
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
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // All of it has been written.
        self.open.let_go();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let own = &mut *self;
        ready!(Pin::new(&mut own.stream).poll_shutdown(context))?;
        // Nobody who has said all that they had to say is waited for.
        let is_due = own.end != End::Open || own.framing.is_in_body();
        let lingering = own.lingering.get_or_insert_with(|| Lingering {
            end: Box::pin(tokio::time::sleep(LINGER)),
            silence: Box::pin(tokio::time::sleep(LINGER_SILENCE)),
            bytes: 0,
        });
        let mut thrown = [0; 4096];
        while lingering.end.as_mut().poll(context).is_pending() && lingering.bytes < LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut thrown);
            match Pin::new(&mut own.stream).poll_read(context, &mut buffer) {
                Poll::Pending if is_due || lingering.bytes > 0 => {
                    ready!(lingering.silence.as_mut().poll(context));
                    break;
                }
                Poll::Pending | Poll::Ready(Err(_)) => break,
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => break,
                Poll::Ready(Ok(())) => {
                    lingering.bytes += buffer.filled().len();
                    lingering.silence.as_mut().reset(Instant::now() + LINGER_SILENCE);
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
