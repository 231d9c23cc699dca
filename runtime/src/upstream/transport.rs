//! Calls to one host: HTTP by hyper, TLS by rustls, names resolved to where they may lead. (I/O)
//!
//! No redirection is followed, no proxy is taken from the environment, no compression is offered. A call is made once more
//! only where a connection that was kept has died under it: always where nothing of it was sent, and otherwise where whoever
//! asks allows it.
//!
//! HTTP/1.1 alone, one call at a time on a connection: on HTTP/2 all calls of a provider would share one, where a caller that
//! takes nothing, a limit of streams or a silent middlebox holds up all others.

use super::address::Resolver;
use super::body::Pieces;
use super::kept::Kept;
use super::pool::{HeldBody, Line, Pool};
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tower_service::Service;
use url::{Position, Url};

/// A connection that says nothing is asked so often whether it still stands, so many times.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;

/// Sent, and not acknowledged by the other side's system for so long: the connection is lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Of an answer that nobody takes, what is read on a connection: the rest waits at the provider. A head has to fit into it.
pub(super) const READ_AHEAD_BYTES: usize = 64 << 10;

/// A kept connection that was closed before a call came is found out about in the time of a way there and back. Later it is
/// the call that was lost.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Who is called as.
pub(crate) const USER_AGENT: &str = concat!("wayleave/", env!("CARGO_PKG_VERSION"));

/// A host and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Scheme, host and port.
    uri: Uri,
    /// What stands in `host`: the port only where it is not that of the scheme.
    host: HeaderValue,
}

impl Origin {
    /// Of a URL with a host; none for any other.
    pub(crate) fn of(url: &Url) -> Option<Origin> {
        let host = url.host_str()?;
        let text = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let uri = Uri::try_from(&url[..Position::BeforePath]).ok()?;
        Some(Origin { uri, host: HeaderValue::try_from(text).ok()? })
    }
}

/// What a host is called with. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(crate) struct Transport {
    origin: Origin,
    connect: HttpsConnector<HttpConnector<Resolver>>,
    /// Until there is a connection, TLS included.
    patience: Duration,
    pool: Arc<Pool>,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Lost {
    /// There was no connection.
    Unconnected(Box<dyn std::error::Error + Send + Sync>),
    /// Its connection was lost, or what came on it was no answer.
    Unanswered(hyper::Error),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Lost::Unconnected(_) => "no connection",
            Lost::Unanswered(_) => "no answer",
        })
    }
}

impl std::error::Error for Lost {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Lost::Unconnected(source) => Some(&**source),
            Lost::Unanswered(source) => Some(source),
        }
    }
}

/// Whether a call may be made once more over a new connection, where a kept one was closed as it was written. Nothing of an
/// answer came then, and yet it may have been executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Never,
    Once,
}

/// Where connections may lead, and how they begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways<'a> {
    /// Only public addresses.
    pub(crate) is_public_only: bool,
    /// Until there is a connection, TLS included.
    pub(crate) connect: Duration,
    /// Without TLS no roots are needed, and a machine that has none can still call a local host.
    pub(crate) is_https: bool,
    /// Trusted beside the system's.
    pub(crate) roots: &'a [CertificateDer<'static>],
}

impl Transport {
    /// Prepares; nothing is connected yet.
    ///
    /// # Errors
    /// When the system has no root certificates.
    pub(crate) fn new(origin: Origin, ways: Ways<'_>) -> Result<Transport, rustls::Error> {
        let mut http = HttpConnector::new_with_resolver(Resolver { is_public_only: ways.is_public_only });
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(ways.connect));
        http.set_keepalive(Some(KEEPALIVE_INTERVAL));
        http.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config(&ways)?);
        let connect = https.https_or_http().enable_http1().wrap_connector(http);
        Ok(Transport { origin, connect, patience: ways.connect, pool: Arc::new(Pool::new()) })
    }

    /// Sends a request, whose URI is path and query, and waits for the head of its answer. Dropping either cancels the call.
    pub(crate) async fn send(
        &self,
        request: impl Fn() -> Request<Pieces>,
        repeat: Repeat,
    ) -> Result<Response<HeldBody>, Lost> {
        let begun = Instant::now();
        let request = || {
            let mut request = request();
            request.headers_mut().insert(header::HOST, self.origin.host.clone());
            request
        };
        let (was_stale, answered) = self.call(request()).await;
        match repeat {
            // What is called once more must not meet another connection that has died.
            Repeat::Once if was_stale && begun.elapsed() < AT_ONCE => {
                self.call_on(self.connect().await?, request()).await.1.map_err(|(lost, _)| lost)
            }
            Repeat::Once | Repeat::Never => answered,
        }
    }

    /// Makes a call on a connection that waits, or on a new one. Whether it was lost, or answered to nobody, because the
    /// connection was closed as the call was written.
    async fn call(&self, mut request: Request<Pieces>) -> (bool, Result<Response<HeldBody>, Lost>) {
        while let Some(line) = self.pool.take() {
            match self.call_on(line, request).await {
                // Nothing of it was sent: the connection had closed before.
                (_, Err((_, Some(unsent)))) => request = unsent,
                (was_stale, answered) => return (was_stale, answered.map_err(|(lost, _)| lost)),
            }
        }
        match self.connect().await {
            Ok(line) => {
                let (was_stale, answered) = self.call_on(line, request).await;
                (was_stale, answered.map_err(|(lost, _)| lost))
            }
            Err(lost) => (false, Err(lost)),
        }
    }

    /// The same on that connection; a call that is lost comes with the request where nothing of it was sent.
    async fn call_on(
        &self,
        line: Line,
        request: Request<Pieces>,
    ) -> (bool, Result<Response<HeldBody>, (Lost, Option<Request<Pieces>>)>) {
        let course = line.course().clone();
        match line.call(request, &self.pool).await {
            Ok((answer, was_kept)) => (was_kept && is_for_nobody(&answer), Ok(answer)),
            Err(mut error) => match error.take_message() {
                // As good as none: it had closed before anything was sent.
                Some(unsent) => (false, Err((Lost::Unconnected(error.into_error().into()), Some(unsent)))),
                None => (course.is_unheard(), Err((Lost::Unanswered(error.into_error()), None))),
            },
        }
    }

    /// A new connection. In a box: it is seldom made, and each call would be as large.
    fn connect(&self) -> Pin<Box<dyn Future<Output = Result<Line, Lost>> + Send + '_>> {
        Box::pin(self.connected())
    }

    async fn connected(&self) -> Result<Line, Lost> {
        let mut connect = self.connect.clone();
        let connecting = async {
            poll_fn(|context| connect.poll_ready(context)).await?;
            connect.call(self.origin.uri.clone()).await
        };
        let connected = tokio::time::timeout(self.patience, connecting).await;
        let stream = connected.unwrap_or_else(|_| Err(TooSlow.into())).map_err(Lost::Unconnected)?;
        let stream = Kept::new(stream);
        let course = stream.course().clone();
        let handshake = http1::Builder::new()
            .writev(false)
            .max_buf_size(READ_AHEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, connection) = handshake.map_err(Lost::Unanswered)?;
        // How it ends the call hears that is made on it.
        tokio::spawn(async { drop(connection.await) });
        Ok(Line::new(sender, course))
    }
}

/// Whether an answer is what a server says as it closes a connection on which it has waited in vain, and no answer to what
/// was asked meanwhile. RFC 9110, section 15.5.9.
fn is_for_nobody<B>(answer: &Response<B>) -> bool {
    let closes = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
    answer.status() == StatusCode::REQUEST_TIMEOUT
        && answer.headers().get_all(header::CONNECTION).iter().any(closes)
}

fn config(ways: &Ways<'_>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    if !ways.is_https {
        return Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = Verifier::new_with_extra_roots(ways.roots.iter().cloned(), provider)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}

/// No connection in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooSlow;

impl std::fmt::Display for TooSlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no connection in time")
    }
}

impl std::error::Error for TooSlow {}

/// The first error of that type among an error and its sources.
pub(super) fn find<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An I/O error carries another without naming it as its source.
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        at = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}
