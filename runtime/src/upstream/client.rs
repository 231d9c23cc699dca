//! One provider on the network: its client, its URLs, its credential in the header that carries it.

use super::address::{NotPublic, PublicOnly, is_public};
use super::body::Pieces;
use super::endpoint::{ANTHROPIC_VERSION, Endpoint};
use super::{Error, Outgoing};
use crate::exchange::failure::Failure;
use crate::settings::Secret;
use crate::trace;
use crate::wire::Dialect;
use http::{HeaderName, HeaderValue, header};
use reqwest::Url;
use std::net::IpAddr;
use std::time::Duration;
use wayleave_program::catalogue::Protocol;
use wayleave_program::plan::FailureClass;

const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");

const BETA_HEADER: HeaderName = HeaderName::from_static("anthropic-beta");

/// Shorter than what servers keep idle connections open for, so that a request seldom meets one that is closing.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// Where and how a provider is reached; what is equal can share connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) url: String,
    pub(super) is_private: bool,
    pub(super) connect: Duration,
}

/// A provider on the network.
pub(super) struct Client {
    pub(super) place: Place,
    http: reqwest::Client,
    endpoint: Endpoint,
    key: Option<HeaderValue>,
    /// Whether the host is written as an address that the provider may not have.
    is_forbidden: bool,
}

impl Client {
    /// Makes a client, with the connections of an `old` one of the same place.
    pub(super) fn new(
        place: Place,
        key: Option<&Secret>,
        roots: &[reqwest::Certificate],
        old: Option<&Client>,
    ) -> Result<Client, Error> {
        let endpoint =
            Endpoint::new(place.protocol, &place.url).ok_or_else(|| Error::Url(place.name.clone()))?;
        let key = key.map(|key| {
            let mut value = HeaderValue::try_from(endpoint.key().value(key.expose()))
                .map_err(|_| Error::Key(place.name.clone()))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let http = match old {
            Some(old) => old.http.clone(),
            None => build(&place, endpoint.base().scheme() == "https", roots)
                .map_err(|source| Error::Client(place.name.clone(), source))?,
        };
        let is_forbidden =
            !place.is_private && literal(endpoint.base()).is_some_and(|address| !is_public(address));
        Ok(Client { http, endpoint, key: key.transpose()?, is_forbidden, place })
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(&self, request: Outgoing<'_>) -> Result<reqwest::Response, Failure> {
        if self.is_forbidden {
            return Err(not_public());
        }
        let Some(key) = &self.key else {
            return Err(Failure::new(FailureClass::Credential, "no key is set for this provider"));
        };
        let accept = if request.is_stream { "text/event-stream" } else { "application/json" };
        let mut call = self
            .http
            .post(self.endpoint.url(request.api, request.remote))
            .header(self.endpoint.key().name(), key.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::ACCEPT, HeaderValue::from_static(accept))
            .body(reqwest::Body::wrap(Pieces::new(request.pieces)));
        if request.api.dialect() == Dialect::Anthropic {
            call =
                call.header(VERSION_HEADER, request.passed.version.as_deref().unwrap_or(ANTHROPIC_VERSION));
            if let Some(beta) = &request.passed.beta {
                call = call.header(BETA_HEADER, beta);
            }
        }
        if let Some(trace) = request.trace {
            call = call.header(trace::TRACEPARENT, trace.header());
            if let Some(state) = &trace.state {
                call = call.header(trace::TRACESTATE, state);
            }
        }
        call.send().await.map_err(|error| failure(&error))
    }
}

fn build(
    place: &Place,
    is_https: bool,
    roots: &[reqwest::Certificate],
) -> Result<reqwest::Client, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("wayleave/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(place.connect)
        .pool_idle_timeout(POOL_IDLE);
    if !place.is_private {
        builder = builder.dns_resolver(PublicOnly);
    }
    // Without TLS no roots are needed, and a machine that has none can still call a local provider.
    builder =
        if is_https { builder.tls_certs_merge(roots.iter().cloned()) } else { builder.tls_certs_only([]) };
    builder.build()
}

/// The address that stands in a URL instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn not_public() -> Failure {
    Failure::unreachable("the host is not at a public address, and the provider is not `network: private`")
}

/// What a failed call means. Only types are asked, never an error's text, which names addresses.
fn failure(error: &reqwest::Error) -> Failure {
    if find::<NotPublic>(error).is_some() {
        return not_public();
    }
    if error.is_connect() || error.is_builder() {
        let cause = if error.is_timeout() {
            "no connection in time"
        } else if let Some(error) = find::<rustls::Error>(error) {
            tls(error)
        } else {
            match find::<std::io::Error>(error).map(std::io::Error::kind) {
                Some(std::io::ErrorKind::ConnectionRefused) => "the connection was refused",
                Some(std::io::ErrorKind::ConnectionReset) => "the connection was reset",
                _ => "no connection",
            }
        };
        return Failure::unreachable(cause);
    }
    if find::<hyper::Error>(error).is_some_and(|error| error.is_parse() || error.is_parse_too_large()) {
        return Failure::no_answer("answered something that is not HTTP");
    }
    Failure::lost()
}

/// Why there is no TLS, as far as whoever runs the gateway can do something about it.
fn tls(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Wrong;
    match error {
        rustls::Error::InvalidCertificate(Wrong::UnknownIssuer) => {
            "TLS failed: nobody who is trusted vouches for its certificate"
        }
        rustls::Error::InvalidCertificate(Wrong::Expired | Wrong::ExpiredContext { .. }) => {
            "TLS failed: its certificate has expired"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidYet | Wrong::NotValidYetContext { .. }) => {
            "TLS failed: its certificate is not valid yet"
        }
        rustls::Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => {
            "TLS failed: its certificate is for another name"
        }
        rustls::Error::InvalidCertificate(_) => "TLS failed: its certificate cannot be accepted",
        rustls::Error::InvalidMessage(_) => "TLS failed: what answered does not speak it",
        _ => "TLS failed",
    }
}

/// The first error of that type among an error and its sources.
fn find<'a, E: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a E> {
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
