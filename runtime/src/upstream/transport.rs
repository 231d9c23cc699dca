//! Connections to one host: hyper's client with a pool, TLS by rustls, names resolved to where they may lead. (I/O)
//!
//! No redirection is followed, no proxy is taken from the environment, no compression is offered. A call is made once more
//! only where a connection that was kept has died under it: always where nothing of it was sent, and otherwise where whoever
//! asks allows it.
//!
//! HTTP/1.1 alone, one call at a time on a connection: on HTTP/2 all calls of a provider would share one, where a caller that
//! takes nothing, a limit of streams or a silent middlebox holds up all others.

use super::address::Resolver;
use super::body::Pieces;
use super::kept::{Course, Kept};
use http::{Extensions, Request, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

/// Shorter than what servers keep idle connections open for, so that a request seldom meets one that is closing.
const POOL_IDLE: Duration = Duration::from_secs(30);

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

/// What a host is called with. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(crate) struct Transport {
    client: Client<Connect, Pieces>,
    /// Makes a connection for each call: what is called once more must not meet another one that has died.
    fresh: Client<Connect, Pieces>,
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
    pub(crate) fn new(ways: Ways<'_>) -> Result<Transport, rustls::Error> {
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
        let https = https.https_or_http().enable_http1().wrap_connector(http);
        let connect = Connect { https, patience: ways.connect };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http1_max_buf_size(READ_AHEAD_BYTES);
        let client = builder.build(connect.clone());
        let fresh = builder.pool_max_idle_per_host(0).build(connect);
        Ok(Transport { client, fresh })
    }

    /// Sends a request and waits for the head of its answer. Dropping either cancels the call.
    pub(crate) async fn send(
        &self,
        request: impl Fn() -> Request<Pieces>,
        repeat: Repeat,
    ) -> Result<Response<Incoming>, Error> {
        let begun = Instant::now();
        let answered = self.client.request(request()).await;
        let was_stale = match &answered {
            Ok(answer) => was_for_nobody(answer),
            Err(error) => course(error).is_some_and(|course| course.is_unheard()),
        };
        match repeat {
            Repeat::Once if was_stale && begun.elapsed() < AT_ONCE => self.fresh.request(request()).await,
            Repeat::Once | Repeat::Never => answered,
        }
    }
}

/// Whether an answer is what a server says as it closes a connection on which it has waited in vain, and no answer to what
/// was asked meanwhile. RFC 9110, section 15.5.9.
fn was_for_nobody(answer: &Response<Incoming>) -> bool {
    let was_kept = answer.extensions().get::<Course>().is_some_and(Course::answer);
    let closes = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
    was_kept
        && answer.status() == StatusCode::REQUEST_TIMEOUT
        && answer.headers().get_all(header::CONNECTION).iter().any(closes)
}

/// Of the connection on which a call failed, where there was one.
fn course(error: &Error) -> Option<Course> {
    let mut extras = Extensions::new();
    error.connect_info()?.get_extras(&mut extras);
    extras.remove()
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

/// Connects within a time limit, TLS included.
#[derive(Clone)]
struct Connect {
    https: HttpsConnector<HttpConnector<Resolver>>,
    patience: Duration,
}

type Connected = TokioIo<Kept<MaybeHttpsStream<TokioIo<TcpStream>>>>;

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Connect {
    type Response = Connected;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Connected, Failed>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, host: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.patience, self.https.call(host));
        Box::pin(async move {
            let connected = connecting.await.unwrap_or_else(|_| Err(TooSlow.into()));
            connected.map(|stream| TokioIo::new(Kept::new(stream)))
        })
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
