//! Calls to one host: connections that are kept, TLS by rustls, names resolved to where they may lead. (I/O)
//!
//! No redirection is followed, no proxy is taken from the environment, no compression is offered. A call is made once more
//! only where a connection that was kept has died under it: always where nothing of it was sent, and otherwise where whoever
//! asks allows it.
//!
//! HTTP/1.1 alone, one call at a time on a connection: on HTTP/2 all calls of a provider would share one, where a caller that
//! takes nothing, a limit of streams or a silent middlebox holds up all others.

use super::address::Resolver;
use super::call::Call;
use super::http1::{Broken, Head, words};
use super::line::{Answer, Line};
use super::pool::Pool;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri, header};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;
use url::{Position, Url};

/// A connection that says nothing is asked so often whether it still stands, so many times.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;

/// Sent, and not acknowledged by the other side's system for so long: the connection is lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// A kept connection that was closed before a call came is found out about in the time of a way there and back. Later it is
/// the call that was lost.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Who is called as.
pub(crate) const USER_AGENT: &str = concat!("wayleave/", env!("CARGO_PKG_VERSION"));

/// What a host is called with. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(crate) struct Transport {
    connect: Connect,
    /// Scheme, name and port.
    origin: Uri,
    /// What stands in `host`.
    host: HeaderValue,
    pool: Arc<Pool>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Error {
    /// There is no connection.
    Connect(Failed),
    Call(Broken),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Error::Connect(_) => "no connection",
            Error::Call(_) => "no answer",
        })
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Connect(source) => Some(&**source),
            Error::Call(source) => Some(source),
        }
    }
}

/// Why a host cannot be prepared for.
#[derive(Debug)]
pub(crate) enum Unprepared {
    /// The URL names no host that can be called.
    Url,
    /// TLS cannot be set up.
    Tls(rustls::Error),
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
    /// Trusted beside the system's.
    pub(crate) roots: &'a [CertificateDer<'static>],
}

impl Transport {
    /// Prepares for the host of `url`; nothing is connected yet.
    ///
    /// # Errors
    /// When the URL names no host, or the system has no root certificates.
    pub(crate) fn new(url: &Url, ways: Ways<'_>) -> Result<Transport, Unprepared> {
        let origin = &url[..Position::BeforePath];
        let origin = Uri::try_from(origin).map_err(|_| Unprepared::Url)?;
        let host = host(url).ok_or(Unprepared::Url)?;
        let mut http = HttpConnector::new_with_resolver(Resolver { is_public_only: ways.is_public_only });
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(ways.connect));
        http.set_keepalive(Some(KEEPALIVE_INTERVAL));
        http.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let tls = config(url.scheme() == "https", ways.roots).map_err(Unprepared::Tls)?;
        let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls);
        let https = https.https_or_http().enable_http1().wrap_connector(http);
        let connect = Connect { https, patience: ways.connect };
        Ok(Transport { connect, origin, host, pool: Arc::default() })
    }

    /// A call of a path of its host, with a body that is sent one piece behind the other.
    pub(crate) fn post(&self, path: &Uri, body: Vec<Bytes>) -> Call {
        Call::post(&self.host, path, body)
    }

    /// Sends a call and waits for the head of its answer. Dropping either cancels the call.
    pub(crate) async fn send(&self, call: Call, repeat: Repeat) -> Result<Answer, Error> {
        let call = call.slices();
        while let Some(mut line) = self.pool.take() {
            let begun = Instant::now();
            let called = line.call(&call).await;
            let was_stale = match &called {
                Ok(head) => line.is_kept() && is_for_nobody(head),
                Err(_) => line.is_kept() && line.is_unheard(),
            };
            return match called {
                Err(_) if !line.has_begun() => continue,
                // One that was kept as long may have died as well.
                _ if repeat == Repeat::Once && was_stale && begun.elapsed() < AT_ONCE => {
                    self.send_anew(&call).await
                }
                Err(broken) => Err(Error::Call(broken)),
                Ok(head) => Ok(Answer::new(head, line, &self.pool)),
            };
        }
        self.send_anew(&call).await
    }

    /// Sends it on a connection of its own.
    async fn send_anew(&self, call: &[Bytes]) -> Result<Answer, Error> {
        let stream = self.connect.connect(self.origin.clone()).await.map_err(Error::Connect)?;
        let mut line = Line::new(stream);
        let head = line.call(call).await.map_err(Error::Call)?;
        Ok(Answer::new(head, line, &self.pool))
    }
}

/// Whether an answer is what a server says as it closes a connection on which it has waited in vain, and no answer to what
/// was asked meanwhile. RFC 9110, section 15.5.9.
fn is_for_nobody(head: &Head) -> bool {
    head.status == StatusCode::REQUEST_TIMEOUT
        && words(&head.headers, &header::CONNECTION).any(|word| word.eq_ignore_ascii_case(b"close"))
}

/// Host, and port where it is not that of the scheme.
fn host(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    let text = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::try_from(text).ok()
}

/// Without TLS no roots are needed, and a machine that has none can still call a local host.
fn config(is_https: bool, roots: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    if !is_https {
        return Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = Verifier::new_with_extra_roots(roots.iter().cloned(), provider)?;
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

/// Connects within a time limit, TLS included.
#[derive(Clone)]
struct Connect {
    https: HttpsConnector<HttpConnector<Resolver>>,
    patience: Duration,
}

/// What a connection runs over.
pub(super) type Stream = TokioIo<MaybeHttpsStream<TokioIo<TcpStream>>>;

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Connect {
    async fn connect(&self, origin: Uri) -> Result<Stream, Failed> {
        let connecting = tokio::time::timeout(self.patience, self.https.clone().call(origin));
        let connected = connecting.await.unwrap_or_else(|_| Err(TooSlow.into()));
        connected.map(TokioIo::new)
    }
}

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

#[cfg(test)]
mod tests;
