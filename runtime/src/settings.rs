//! What the proxy is told: typed, already parsed, without a look at the environment or the disk.

use crate::health::Rules;
use crate::simulated::behaviour::Simulation;
use std::net::SocketAddr;
use std::time::Duration;

/// The data port's limit for a request's body: an image or two, and far more text than any context holds.
pub const BODY_LIMIT_BYTES: usize = 16 << 20;

/// The limit for a request's line and headers together.
pub const HEADER_LIMIT_BYTES: usize = 64 << 10;

/// Connections served at once; others wait in the listener's queue.
pub const CONNECTIONS_LIMIT: usize = 4096;

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

/// How long each phase may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// A request's line and headers, from the moment it may begin.
    pub header_read: Duration,
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
    /// Running requests at a shutdown, before they are told to end.
    pub drain: Duration,
}

impl Timeouts {
    /// The documented defaults.
    pub const STANDARD: Timeouts = Timeouts {
        header_read: Duration::from_secs(10),
        body_read: Duration::from_secs(30),
        connect: Duration::from_secs(3),
        first_token: Duration::from_secs(45),
        plain_answer: Duration::from_secs(300),
        idle: Duration::from_secs(30),
        total: Duration::from_secs(600),
        drain: Duration::from_secs(30),
    };
}

/// A provider's key: it can be sent to the provider and be recognised in a text, and not be shown.
#[derive(Clone)]
pub struct Secret(String);

/// A shorter key is not looked for in texts: it would be found by chance.
const RECOGNISABLE_BYTES: usize = 8;

impl Secret {
    /// Takes the text of a key; surrounding blanks and the line end of a file do not belong to it.
    pub fn new(text: &str) -> Secret {
        Secret(text.trim().to_owned())
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
