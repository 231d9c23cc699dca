//! Calls to providers: connections, TLS, where they may lead, and what their failures mean. (I/O)
//!
//! A destination comes from the policy alone. Redirections are not followed, no proxy is taken from the environment, no
//! compression is offered. Dropping a reply cancels the call at once.

mod address;

mod call;

mod client;

mod endpoint;

mod http1;

mod line;

mod pool;

mod transport;

pub(crate) use transport::{Error as CallError, Repeat, Transport, USER_AGENT, Ways};

use crate::exchange::failure::Failure;
use crate::judge::Judges;
use crate::settings::{Secret, Settings, Timeouts};
use crate::simulated::{SimulatedCall, SimulatedReply, Simulator};
use crate::trace::Trace;
use crate::wire::Api;
use crate::wire::call::Passed;
use bytes::Bytes;
use client::Client;
use http::HeaderMap;
use line::Answer;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use wayleave_program::catalogue::{Catalogue, Network, Protocol, Provider, ProviderId};
use wayleave_program::plan::FailureClass;

/// Why connections cannot be prepared.
#[derive(Debug)]
pub enum Error {
    /// The extra root certificates are not PEM.
    ExtraRoots(rustls::pki_types::pem::Error),
    /// The TLS library cannot be set up for that provider.
    Client(String, rustls::Error),
    /// The base URL of that provider is none.
    Url(String),
    /// The key of that provider cannot stand in a header.
    Key(String),
    /// That provider speaks a protocol that is not spoken here.
    Protocol(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::ExtraRoots(_) => f.write_str("the extra root certificates cannot be read as PEM"),
            Error::Client(provider, _) => write!(f, "connections to `{provider}` cannot be prepared"),
            Error::Url(provider) => write!(f, "the `url` of `{provider}` is no http or https URL"),
            Error::Key(provider) => {
                write!(f, "the key of `{provider}` has characters that no header can carry")
            }
            Error::Protocol(provider) => {
                write!(
                    f,
                    "the `protocol` of `{provider}` cannot be spoken yet; use `openai`, `anthropic` or `simulated`"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::ExtraRoots(source) => Some(source),
            Error::Client(_, source) => Some(source),
            Error::Url(_) | Error::Key(_) | Error::Protocol(_) => None,
        }
    }
}

/// Prepares connections to the providers of a policy.
pub(crate) struct Connector {
    roots: Vec<CertificateDer<'static>>,
    timeouts: Timeouts,
    simulator: Arc<Simulator>,
}

/// The providers of one policy, ready to be called; indexed by [`ProviderId`].
pub(crate) struct Upstreams {
    providers: Vec<Upstream>,
}

/// A provider, ready to be called.
pub(crate) struct Upstream {
    name: String,
    way: Way,
    /// From the call to the first content, where the provider says how long.
    pub(crate) first_token: Option<Duration>,
    /// Between two pieces of an answer.
    pub(crate) idle: Duration,
    key: Option<Secret>,
}

enum Way {
    Network(Box<Client>),
    Simulated(Arc<Simulator>),
}

/// A request as it leaves.
pub(crate) struct Outgoing<'a> {
    pub(crate) api: Api,
    /// The policy's name of the model.
    pub(crate) model: &'a str,
    /// The provider's own name of it.
    pub(crate) remote: &'a str,
    /// What the caller's headers say to a provider of its dialect.
    pub(crate) passed: &'a Passed,
    /// The body, to be sent one behind the other.
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) is_stream: bool,
    /// The trace that the call belongs to.
    pub(crate) trace: Option<&'a Trace>,
    /// Whether it may be sent again where a kept connection died under it.
    pub(crate) repeat: Repeat,
}

/// An answer whose body is still to come.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Body,
}

enum Body {
    Network(Answer),
    Simulated(SimulatedReply),
}

impl Connector {
    pub(crate) fn new(settings: &Settings) -> Result<Connector, Error> {
        let roots = CertificateDer::pem_slice_iter(&settings.extra_roots);
        let roots = roots.collect::<Result<_, _>>().map_err(Error::ExtraRoots)?;
        let simulator = Arc::new(Simulator::new(&settings.simulations));
        Ok(Connector { roots, timeouts: settings.timeouts, simulator })
    }

    /// Makes the providers of a catalogue ready, keeping the connections to those of `before` that did not change.
    pub(crate) fn prepare(
        &self,
        catalogue: &Catalogue,
        keys: &BTreeMap<String, Secret>,
        before: Option<&Upstreams>,
    ) -> Result<Upstreams, Error> {
        let providers = catalogue.providers.iter().map(|provider| {
            let key = keys.get(&provider.name).cloned();
            let way = match provider.protocol {
                Protocol::Simulated => Way::Simulated(Arc::clone(&self.simulator)),
                Protocol::OpenAi | Protocol::Anthropic => {
                    Way::Network(Box::new(self.client(provider, key.as_ref(), before)?))
                }
                // A policy with it is refused before it comes here.
                Protocol::Gemini => return Err(Error::Protocol(provider.name.clone())),
            };
            let or_standard = |own: Option<u64>, standard| own.map_or(standard, Duration::from_millis);
            Ok(Upstream {
                name: provider.name.clone(),
                way,
                first_token: provider.timeouts.first_token_ms.map(Duration::from_millis),
                idle: or_standard(provider.timeouts.idle_ms, self.timeouts.idle),
                key,
            })
        });
        Ok(Upstreams { providers: providers.collect::<Result<_, Error>>()? })
    }

    /// Makes the judges of a catalogue ready, keeping the connections to those of `before` that did not change.
    pub(crate) fn judges(&self, catalogue: &Catalogue, before: Option<&Judges>) -> Judges {
        Judges::prepare(catalogue, &self.roots, before)
    }

    fn client(
        &self,
        provider: &Provider,
        key: Option<&Secret>,
        before: Option<&Upstreams>,
    ) -> Result<Client, Error> {
        let connect = provider.timeouts.connect_ms.map_or(self.timeouts.connect, Duration::from_millis);
        let place = client::Place {
            name: provider.name.clone(),
            protocol: provider.protocol,
            url: provider.url.clone().unwrap_or_default(),
            is_private: provider.network == Network::Private,
            connect,
        };
        let old = before.and_then(|before| before.client_of(&place));
        Client::new(place, key, &self.roots, old)
    }
}

impl Upstreams {
    /// The provider with that number.
    ///
    /// # Panics
    /// When `id` is of another catalogue.
    pub(crate) fn provider(&self, id: ProviderId) -> &Upstream {
        &self.providers[id.0 as usize]
    }

    fn client_of(&self, place: &client::Place) -> Option<&Client> {
        self.providers.iter().find_map(|upstream| match &upstream.way {
            Way::Network(client) if client.place == *place => Some(&**client),
            Way::Network(_) | Way::Simulated(_) => None,
        })
    }
}

impl Upstream {
    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn call(&self, request: Outgoing<'_>) -> Result<Reply, Failure> {
        match &self.way {
            Way::Network(client) => {
                let mut answer = client.send(request).await?;
                let headers = std::mem::take(&mut answer.headers);
                Ok(Reply { status: answer.status.as_u16(), headers, body: Body::Network(answer) })
            }
            Way::Simulated(simulator) => {
                let body = request.pieces.concat();
                let call = SimulatedCall {
                    api: request.api,
                    provider: &self.name,
                    model: request.model,
                    body: &body,
                    is_stream: request.is_stream,
                };
                let reply = simulator.answer(call).await;
                let mut reply = reply.map_err(|_| Failure::unreachable("no connection, as simulated"))?;
                Ok(Reply {
                    status: reply.status.as_u16(),
                    headers: std::mem::take(&mut reply.headers),
                    body: Body::Simulated(reply),
                })
            }
        }
    }

    /// Whether a text quotes this provider's key.
    pub(crate) fn is_quoted_in(&self, text: &[u8]) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_in(text))
    }
}

impl Reply {
    /// The next piece of the body; none at its end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let piece = match &mut self.body {
            Body::Network(answer) => answer.next().await.map_err(drop),
            Body::Simulated(reply) => reply.next().await.map_err(drop),
        };
        piece.map_err(|()| Failure::new(FailureClass::Ambiguous, "the connection was lost during the answer"))
    }
}
