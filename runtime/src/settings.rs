//! What the proxy is told: typed, already parsed, without a look at the environment or the disk.

use crate::health::Rules;
use crate::server::tls::Tls;
use crate::simulated::behaviour::Simulation;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The data port's limit for a request's body: an image or two, and far more text than any context holds.
pub const BODY_LIMIT_BYTES: usize = 16 << 20;

/// The limit for a request's line and headers together.
pub const HEADER_LIMIT_BYTES: usize = 64 << 10;

/// The longest request line. RFC 9110, section 4.1, asks for 8,000 bytes at least, and no name of a model is near that.
pub const LINE_LIMIT_BYTES: usize = 8 << 10;

/// Connections served at once; others wait in the listener's queue.
pub const CONNECTIONS_LIMIT: usize = 4096;

/// Requests for answers of models at once. Each holds a body and what the sockets hold, most well under 1 MiB: a few GiB
/// at the worst, and more than a processor can look through.
pub const STREAMS_LIMIT: usize = 4096;

/// Requests of one caller at once, over all of its keys: what a large service has, and half of what there is for all.
pub const STREAMS_PER_CALLER: usize = 2048;

/// The longest answer that does not come as a stream; many times the longest output of a model.
pub const MAX_RESPONSE_BYTES: usize = 32 << 20;

/// The longest event of a stream; a whole image in base64 fits.
pub const MAX_EVENT_BYTES: usize = crate::wire::sse::EVENT_LIMIT_BYTES;

/// How the data port behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where callers connect.
    pub listen: SocketAddr,
    /// Who is let in.
    pub access: Access,
    /// The longest body of a request.
    pub body_limit_bytes: usize,
    /// The longest request line and headers together; at least 8 KiB.
    pub header_limit_bytes: usize,
    /// Connections served at once.
    pub connections_limit: usize,
    /// Requests for answers of models that run at once; more are answered 503.
    pub streams_limit: usize,
    /// Of these, those of one caller; more are answered 429.
    pub streams_per_caller: usize,
    /// Threads that serve, which whoever makes the runtime gives it. Here, as many look through what is long at once: it takes
    /// processors, not waiting.
    pub threads: usize,
    /// The longest answer that does not come as a stream.
    pub max_response_bytes: usize,
    /// The longest event of a stream.
    pub max_event_bytes: usize,
    /// What the process may hold; none where nobody can say what it holds.
    pub memory: Option<MemoryLimit>,
    /// The data port's certificate; none for connections in clear.
    pub tls: Option<Arc<Tls>>,
    /// Whether a caller's own id of a request, `x-request-id`, is kept with the decision.
    pub caller_request_id: CallerRequestId,
    /// Whether a caller's trace goes on to providers.
    pub trace_context: TraceContext,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// When a target is left alone, and how many retries run.
    pub health: Rules,
    /// Whether answers name the target that served them, in `x-wayleave-target`.
    pub target_header: TargetHeader,
    /// How simulated providers misbehave, in the order given; of several for one target the first counts.
    pub simulations: Vec<Simulation>,
    /// Certificates trusted for upstream connections beside the system's own, as PEM; possibly empty.
    pub extra_roots: Vec<u8>,
}

impl Settings {
    /// The documented defaults, for a data port at `listen`.
    pub fn standard(listen: SocketAddr, access: Access) -> Settings {
        Settings {
            listen,
            access,
            body_limit_bytes: BODY_LIMIT_BYTES,
            header_limit_bytes: HEADER_LIMIT_BYTES,
            connections_limit: CONNECTIONS_LIMIT,
            streams_limit: STREAMS_LIMIT,
            streams_per_caller: STREAMS_PER_CALLER,
            threads: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            max_response_bytes: MAX_RESPONSE_BYTES,
            max_event_bytes: MAX_EVENT_BYTES,
            memory: None,
            tls: None,
            caller_request_id: CallerRequestId::Kept,
            trace_context: TraceContext::Continued,
            timeouts: Timeouts::STANDARD,
            health: Rules::STANDARD,
            target_header: TargetHeader::Sent,
            simulations: Vec::new(),
            extra_roots: Vec::new(),
        }
    }
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Holders of an issued key.
    Keys,
    /// Everybody who can connect, as the identity `anonymous`: a local trial.
    Open,
}

/// Whether answers carry `x-wayleave-target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetHeader {
    /// They do.
    Sent,
    /// They do not.
    Withheld,
}

/// What the process may hold, and who says what it holds.
#[derive(Debug, Clone, Copy)]
pub struct MemoryLimit {
    /// See [`pressure`](crate::pressure) for what happens below it.
    pub limit_bytes: u64,
    /// The memory that the process holds now; none where the system does not say.
    pub resident_bytes: fn() -> Option<u64>,
}

/// Whether a caller's `x-request-id` is kept with the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerRequestId {
    /// It is, where it is short and plain.
    Kept,
    /// It is not read.
    Ignored,
}

/// Whether a caller's trace goes on to providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceContext {
    /// Providers get a `traceparent` of the caller's trace, or of a new one.
    Continued,
    /// `traceparent` and `tracestate` are neither read nor sent.
    Ignored,
}

/// How long each phase may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// A request's line and headers, from their first byte; for a new connection's first byte as long again.
    pub header_read: Duration,
    /// A caller's connection on which no request runs.
    pub keep_alive: Duration,
    /// A request's body.
    pub body_read: Duration,
    /// Until an upstream connection stands, name resolution and TLS included, unless the provider says otherwise.
    pub connect: Duration,
    /// From the call of a candidate to the first content of a stream, where neither the provider nor the stage says how
    /// long.
    pub first_token: Duration,
    /// The same for an answer that is not streamed: nothing of it comes before the whole is made.
    pub plain_answer: Duration,
    /// Between two pieces of an answer, unless the provider says otherwise.
    pub idle: Duration,
    /// A whole exchange, all its attempts and the answer included.
    pub total: Duration,
    /// After a signal to stop, how long requests are still taken while `/readyz` says that they should not be sent.
    pub drain_delay: Duration,
    /// Running requests at a shutdown, before they are told to end.
    pub drain: Duration,
    /// How long a caller may take nothing of what is ready for it.
    pub write: Duration,
    /// Until both sides agree on TLS.
    pub handshake: Duration,
}

impl Timeouts {
    /// The documented defaults.
    pub const STANDARD: Timeouts = Timeouts {
        header_read: Duration::from_secs(10),
        // Longer than what clients and load balancers keep theirs for, so that the side that asks is the one that ends it.
        keep_alive: Duration::from_secs(90),
        body_read: Duration::from_secs(30),
        connect: Duration::from_secs(3),
        first_token: Duration::from_secs(45),
        plain_answer: Duration::from_secs(300),
        idle: Duration::from_secs(30),
        total: Duration::from_secs(600),
        drain_delay: Duration::from_secs(5),
        drain: Duration::from_secs(30),
        write: Duration::from_secs(30),
        handshake: Duration::from_secs(10),
    };
}

/// A provider's key: it can be sent to the provider and be recognised in a text, and not be shown. Its bytes are
/// overwritten when it is dropped; those of the header that is made of it are not.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// A shorter key is not looked for in texts: it would be found by chance.
const RECOGNISABLE_BYTES: usize = 8;

impl Secret {
    /// Takes the text of a key; surrounding blanks and the line end of a file do not belong to it.
    pub fn new(text: &str) -> Secret {
        Secret(Zeroizing::new(text.trim().to_owned()))
    }

    /// The text, for the header that carries it and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a text quotes it.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let key = self.0.as_bytes();
        key.len() >= RECOGNISABLE_BYTES && text.windows(key.len()).any(|window| window == key)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}
