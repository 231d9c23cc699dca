//! One provider on the network: its client, its URLs, its credential in the header that carries it.

use super::address::{NotPublic, is_public};
use super::endpoint::{ANTHROPIC_VERSION, Endpoint};
use super::http1::{Broken, HEAD_LIMIT_BYTES, HEADERS_LIMIT};
use super::line::Answer;
use super::transport::{self, TooSlow, Transport, USER_AGENT, Unprepared, Ways, find};
use super::{Error, Outgoing};
use crate::exchange::failure::Failure;
use crate::settings::Secret;
use crate::trace::{self, Trace};
use crate::wire::Dialect;
use http::{HeaderName, HeaderValue, header};
use rustls::pki_types::CertificateDer;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;
use wayleave_program::catalogue::Protocol;
use wayleave_program::plan::FailureClass;

const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");

const BETA_HEADER: HeaderName = HeaderName::from_static("anthropic-beta");

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
    http: Transport,
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
        roots: &[CertificateDer<'static>],
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
            None => {
                let ways = Ways { is_public_only: !place.is_private, connect: place.connect, roots };
                Transport::new(endpoint.base(), ways).map_err(|unprepared| match unprepared {
                    Unprepared::Url => Error::Url(place.name.clone()),
                    Unprepared::Tls(source) => Error::Client(place.name.clone(), source),
                })?
            }
        };
        let is_forbidden =
            !place.is_private && literal(endpoint.base()).is_some_and(|address| !is_public(address));
        Ok(Client { http, endpoint, key: key.transpose()?, is_forbidden, place })
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(&self, request: Outgoing<'_>) -> Result<Answer, Failure> {
        if self.is_forbidden {
            return Err(not_public());
        }
        let Some(key) = &self.key else {
            return Err(Failure::new(FailureClass::Credential, "no key is set for this provider"));
        };
        let Some(path) = self.endpoint.path(request.api, request.remote) else {
            return Err(Failure::unreachable("its URL cannot be called for this model"));
        };
        let passed = passed(&request)?;
        let accept = if request.is_stream { "text/event-stream" } else { "application/json" };
        let mut call = self.http.post(&path, request.pieces);
        call.header(&self.endpoint.key().name(), key);
        call.header(&header::CONTENT_TYPE, &HeaderValue::from_static("application/json"));
        call.header(&header::ACCEPT, &HeaderValue::from_static(accept));
        call.header(&header::USER_AGENT, &HeaderValue::from_static(USER_AGENT));
        for (name, value) in passed.iter().flatten() {
            call.header(name, value);
        }
        self.http.send(call, request.repeat).await.map_err(|error| failure(&error))
    }
}

/// The headers that differ from call to call.
fn passed(request: &Outgoing<'_>) -> Result<[Option<(HeaderName, HeaderValue)>; 4], Failure> {
    let is_anthropic = request.api.dialect() == Dialect::Anthropic;
    let version = || request.passed.version.as_deref().unwrap_or(ANTHROPIC_VERSION).to_owned();
    let version = is_anthropic.then(version);
    let beta = request.passed.beta.clone().filter(|_| is_anthropic);
    let trace_parent = request.trace.map(Trace::header);
    let trace_state = request.trace.and_then(|trace| trace.state.clone());
    let header = |name, text: Option<String>| match text {
        Some(text) => Ok(Some((name, value(text)?))),
        None => Ok(None),
    };
    Ok([
        header(VERSION_HEADER, version)?,
        header(BETA_HEADER, beta)?,
        header(trace::TRACEPARENT, trace_parent)?,
        header(trace::TRACESTATE, trace_state)?,
    ])
}

/// A text as a header's value. What callers may pass on was looked at when it came.
fn value(text: String) -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(text)
        .map_err(|_| Failure::unreachable("a header that is passed on holds what none can"))
}

/// The address that stands in a URL instead of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn not_public() -> Failure {
    Failure::unreachable("the host is not at a public address, and the provider is not `network: private`")
}

/// What a failed call means. Only types are asked, never an error's text, which names addresses.
fn failure(error: &transport::Error) -> Failure {
    match error {
        transport::Error::Connect(error) => unconnected(&**error),
        transport::Error::Call(Broken::TooMuch) => Failure::no_answer("said too much before its answer"),
        transport::Error::Call(Broken::TooLarge) => Failure::no_answer(&format!(
            "answered with a head of more than {HEADERS_LIMIT} headers or {HEAD_LIMIT_BYTES} bytes"
        )),
        transport::Error::Call(Broken::NotHttp) => Failure::no_answer("answered something that is not HTTP"),
        transport::Error::Call(Broken::Io(_) | Broken::Closed) => Failure::lost(),
    }
}

fn unconnected(error: &(dyn std::error::Error + 'static)) -> Failure {
    if find::<NotPublic>(error).is_some() {
        return not_public();
    }
    let io = || find::<std::io::Error>(error).map(std::io::Error::kind);
    let cause = if find::<TooSlow>(error).is_some() || io() == Some(std::io::ErrorKind::TimedOut) {
        "no connection in time"
    } else if let Some(error) = find::<rustls::Error>(error) {
        tls(error)
    } else {
        match io() {
            Some(std::io::ErrorKind::ConnectionRefused) => "the connection was refused",
            Some(std::io::ErrorKind::ConnectionReset) => "the connection was reset",
            _ => "no connection",
        }
    };
    Failure::unreachable(cause)
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
