//! One connection of the data port: TLS where there is a certificate, then HTTP/2 or HTTP/1, by ALPN or by its first bytes,
//! each within its limits, until its caller leaves, it idles, or the gateway stops. (I/O)

use super::Phase;
use super::checked::Checked;
use super::pulse::{Noted, Open, Streams};
use super::slow::WriteDeadline;
use crate::proxy::Proxy;
use crate::settings::Settings;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How a connection begins that speaks HTTP/2 without having agreed on it. RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Requests at once on one HTTP/2 connection.
const STREAMS_LIMIT: u32 = 128;

/// Headers that are longer than their limit are answered in words up to so many times it. The h2 library answers longer ones
/// without any.
const HEADERS_SEEN: usize = 2;

/// Streams that a caller opened and reset, and that are not cleared away yet; beyond it the connection ends. The h2
/// library's own measure against rapid reset.
const RESETS_LIMIT: usize = 20;

/// Streams that we reset for what was wrong with them; beyond it the connection ends.
const OWN_RESETS_LIMIT: usize = 128;

/// Of a body that nobody reads yet, what a caller may send on a stream, and on all streams of a connection.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// Of an answer that a caller does not take, what waits for it on a stream.
const SEND_BUFFER_BYTES: usize = 64 << 10;

/// An HTTP/2 connection is asked so often whether it still stands, and has so long to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// After it is told to go, an idle connection has so long: many times what it takes to say so and hear it.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a connection until it ends.
pub(super) async fn serve(proxy: Arc<Proxy>, stream: TcpStream, watched: watch::Receiver<Phase>) {
    // Without it the last event of a short stream waits for an acknowledgement; a socket that refuses is as good as gone.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let settings = proxy.settings();
    let stream = WriteDeadline::new(stream, settings.timeouts.write);
    let Some(tls) = &settings.tls else {
        return speak(proxy, stream, Agreed::Nothing, watched).await;
    };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    // Whom we cannot agree with on TLS we cannot tell why.
    let Ok(Ok(stream)) = tokio::time::timeout(settings.timeouts.handshake, handshake).await else { return };
    let agreed = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Agreed::Http2,
        _ => Agreed::Nothing,
    };
    speak(proxy, stream, agreed, watched).await;
}

/// What both sides know of the protocol before the first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agreed {
    Http2,
    /// The first bytes tell.
    Nothing,
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    proxy: Arc<Proxy>,
    mut stream: S,
    agreed: Agreed,
    mut watched: watch::Receiver<Phase>,
) {
    let mut beginning = Vec::new();
    if agreed == Agreed::Nothing {
        let patience = proxy.settings().timeouts.header_read;
        let is_begun = tokio::select! {
            biased;
            begun = tokio::time::timeout(patience, begin(&mut stream, &mut beginning)) => matches!(begun, Ok(Ok(()))),
            // Whoever has sent nothing yet is not waited for when the gateway stops.
            _ = watched.wait_for(|phase| *phase != Phase::Serving) => false,
        };
        if !is_begun {
            return;
        }
    }
    if agreed == Agreed::Http2 || beginning == PREFACE {
        two(proxy, Begun { stream, beginning }, watched).await;
    } else {
        let settings = proxy.settings();
        let (limit, patience) = (settings.header_limit_bytes, settings.timeouts.header_read);
        let open = Open::default();
        let stream = Checked::new(stream, beginning, open.clone(), limit, patience);
        one(proxy, stream, open, watched).await;
    }
}

/// Reads until it is clear which protocol is spoken.
async fn begin<S: AsyncRead + Unpin>(stream: &mut S, beginning: &mut Vec<u8>) -> io::Result<()> {
    while beginning.len() < PREFACE.len() && PREFACE.starts_with(beginning) {
        let mut rest = [0; PREFACE.len()];
        let count = stream.read(&mut rest[beginning.len()..]).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let before = beginning.len();
        beginning.extend_from_slice(&rest[before..before + count]);
    }
    Ok(())
}

async fn one<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    proxy: Arc<Proxy>,
    stream: Checked<S>,
    open: Open,
    watched: watch::Receiver<Phase>,
) {
    let timeouts = proxy.settings().timeouts;
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // A head is whole, within its limits and in time when hyper sees it.
        .header_read_timeout(None)
        .max_buf_size(proxy.settings().header_limit_bytes + 1);
    let (counted, refused) = (open.clone(), stream.refused());
    let service = service_fn(move |request| {
        let (proxy, opened) = (Arc::clone(&proxy), counted.open());
        let wrong = refused.get().filter(|(number, _)| *number == opened.number()).map(|(_, why)| *why);
        async move {
            let answer = match wrong {
                Some(why) => proxy.refuse(why),
                None => proxy.answer(request).await,
            };
            let (head, body) = answer.into_parts();
            Ok::<_, Infallible>(Response::from_parts(head, Noted::until_sent(body, opened)))
        }
    });
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // The first request has begun: when it is too slow it is told so, before this ends it.
    let idle = open.idle(timeouts.header_read * 2, timeouts.keep_alive);
    drive(connection, http1::Connection::graceful_shutdown, watched, idle).await;
}

async fn two<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    proxy: Arc<Proxy>,
    stream: Begun<S>,
    watched: watch::Receiver<Phase>,
) {
    let settings = proxy.settings();
    let (header_read, keep_alive) = (settings.timeouts.header_read, settings.timeouts.keep_alive);
    let streams = Streams::new(settings.timeouts.write, watched.clone());
    let builder = http2_builder(settings, streams);
    let open = Open::default();
    let counted = open.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (proxy, opened) = (Arc::clone(&proxy), counted.open());
        async move {
            let (head, body) = proxy.answer(request).await.into_parts();
            Ok::<_, Infallible>(Response::from_parts(head, Noted::new(body, opened)))
        }
    });
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let idle = open.idle(header_read, keep_alive);
    drive(connection, http2::Connection::graceful_shutdown, watched, idle).await;
}

fn http2_builder(settings: &Settings, streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(settings.header_limit_bytes * HEADERS_SEEN).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS_LIMIT)
        .max_pending_accept_reset_streams(RESETS_LIMIT)
        .max_local_error_reset_streams(OWN_RESETS_LIMIT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Runs a connection to its end; `end` lets it finish what runs and take nothing new.
async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    end: fn(Pin<&mut C>),
    mut watched: watch::Receiver<Phase>,
    idle: impl Future<Output = ()>,
) {
    let mut idle = pin!(idle);
    loop {
        tokio::select! {
            biased;
            changed = watched.changed() => {
                // Polled again below: what runs on this connection sees for itself that the gateway stops.
                match changed.map(|()| *watched.borrow_and_update()) {
                    Ok(Phase::Serving | Phase::Stopping) => {}
                    Ok(Phase::Draining) => end(connection.as_mut()),
                    Err(_) => return,
                }
            }
            // How a connection ends is the caller's affair; what was served on it is in the decision log.
            _ = connection.as_mut() => return,
            () = &mut idle => break,
        }
    }
    end(connection.as_mut());
    let _ = tokio::time::timeout(FAREWELL, connection).await;
}

/// A connection and what was read of it to find out which protocol it speaks.
struct Begun<S> {
    stream: S,
    /// Still to be handed out before anything else.
    beginning: Vec<u8>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.beginning.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = self.beginning.len().min(buffer.remaining());
        buffer.put_slice(&self.beginning[..count]);
        self.beginning.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
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
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
