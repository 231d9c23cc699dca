//! The table of settings: name, meaning, default, and what each sets. A setting without effect cannot be written down here.

use super::Told;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use wayleave_runtime::settings::{Access, CallerRequestId, TargetHeader, TraceContext};

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// As the settings file spells it; `tls.key` is `key` in the table `[tls]`.
    pub(crate) name: &'static str,
    /// What it means, as help and book say it.
    pub(crate) what: &'static str,
    pub(crate) default: Default,
    pub(crate) kind: Kind,
}

/// What counts where nobody says anything.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Default {
    /// This value.
    Text(&'static str),
    /// What these words say; nothing is set.
    Words(&'static str),
}

/// What a value is, and what it sets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// An address with a port.
    Address(fn(&mut Told, SocketAddr)),
    /// `true` or `false`.
    Switch(fn(&mut Told, bool)),
    /// A duration of at least a millisecond.
    Duration(fn(&mut Told, Duration)),
    /// A size in bytes, between two.
    Size(u64, u64, fn(&mut Told, usize)),
    /// A duration, or `0s` for none.
    Wait(fn(&mut Told, Duration)),
    /// A count, between two.
    Count(usize, usize, fn(&mut Told, usize)),
    /// A file.
    Path(fn(&mut Told, PathBuf)),
}

impl Kind {
    /// What stands for a value in help.
    pub(crate) fn value_name(self) -> &'static str {
        match self {
            Kind::Address(_) => "ADDRESS",
            Kind::Switch(_) => "true|false",
            Kind::Duration(_) | Kind::Wait(_) => "DURATION",
            Kind::Size(..) => "SIZE",
            Kind::Count(..) => "COUNT",
            Kind::Path(_) => "FILE",
        }
    }

    /// Whether naming it turns it on.
    pub(crate) fn is_switch(self) -> bool {
        matches!(self, Kind::Switch(_))
    }
}

impl Setting {
    /// The flag of `serve` that sets it.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.long())
    }

    /// The same, without dashes before it.
    pub(crate) fn long(&self) -> String {
        self.name.replace('.', "-")
    }

    /// The variable of the environment that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("WAYLEAVE_{}", self.name.replace(['.', '-'], "_").to_ascii_uppercase())
    }
}

/// A body that is smaller holds no request; a longer one than a GiB no model takes.
const SMALLEST: u64 = 1 << 10;

/// See [`SMALLEST`].
const LARGEST: u64 = 1 << 30;

/// Nothing of what is counted here is of use in greater numbers.
const MOST: usize = 1_000_000;

/// As many processors as the largest machines have, and threads beyond that serve nobody.
const MOST_THREADS: usize = 1024;

/// All settings, as help and book list them.
pub(crate) static SETTINGS: [Setting; 36] = [
    Setting {
        name: "listen",
        what: "Where callers connect",
        default: Default::Text("127.0.0.1:4180"),
        kind: Kind::Address(|told, address| told.settings.listen = address),
    },
    Setting {
        name: "admin",
        what: "Where the console is shown: this machine alone, as it has no sign-in",
        default: Default::Text("127.0.0.1:4181"),
        kind: Kind::Address(|told, address| told.admin = address),
    },
    Setting {
        name: "store",
        what: "File that keeps keys and the decision log",
        default: Default::Words("$XDG_STATE_HOME/wayleave/store.db, else ~/.local/state/wayleave/store.db"),
        kind: Kind::Path(|told, path| told.store = Some(path)),
    },
    Setting {
        name: "open",
        what: "Let everybody in without a key: for a trial on this machine, refused on any other address",
        default: Default::Text("false"),
        kind: Kind::Switch(|told, is_open| {
            told.settings.access = if is_open { Access::Open } else { Access::Keys };
        }),
    },
    Setting {
        name: "tls.certificate",
        what: "Certificate of the data port with those above it (PEM); read again when it changes",
        default: Default::Words("none: connections in clear"),
        kind: Kind::Path(|told, path| told.certificate = Some(path)),
    },
    Setting {
        name: "tls.key",
        what: "Key of that certificate (PEM)",
        default: Default::Words("none"),
        kind: Kind::Path(|told, path| told.key = Some(path)),
    },
    Setting {
        name: "upstream-ca",
        what: "Certificates (PEM) to trust for providers beside the system's own",
        default: Default::Words("none"),
        kind: Kind::Path(|told, path| told.upstream_ca = Some(path)),
    },
    Setting {
        name: "target-header",
        what: "Tell in x-wayleave-target which target served a request",
        default: Default::Text("true"),
        kind: Kind::Switch(|told, is_sent| {
            told.settings.target_header = if is_sent { TargetHeader::Sent } else { TargetHeader::Withheld };
        }),
    },
    Setting {
        name: "caller-request-id",
        what: "Keep a caller's x-request-id with the decision",
        default: Default::Text("true"),
        kind: Kind::Switch(|told, is_kept| {
            told.settings.caller_request_id =
                if is_kept { CallerRequestId::Kept } else { CallerRequestId::Ignored };
        }),
    },
    Setting {
        name: "trace-context",
        what: "Continue a caller's trace, or begin one, in the traceparent that providers get",
        default: Default::Text("true"),
        kind: Kind::Switch(|told, is_continued| {
            told.settings.trace_context =
                if is_continued { TraceContext::Continued } else { TraceContext::Ignored };
        }),
    },
    Setting {
        name: "body-limit",
        what: "The longest body of a request",
        default: Default::Text("16MiB"),
        kind: Kind::Size(SMALLEST, LARGEST, |told, bytes| told.settings.body_limit_bytes = bytes),
    },
    Setting {
        name: "header-limit",
        what: "The longest request line and headers, together",
        default: Default::Text("64KiB"),
        kind: Kind::Size(8 << 10, 1 << 20, |told, bytes| told.settings.header_limit_bytes = bytes),
    },
    Setting {
        name: "max-response",
        what: "The longest answer of a provider that is not streamed",
        default: Default::Text("32MiB"),
        kind: Kind::Size(SMALLEST, LARGEST, |told, bytes| told.settings.max_response_bytes = bytes),
    },
    Setting {
        name: "max-event",
        what: "The longest event of a stream",
        default: Default::Text("4MiB"),
        kind: Kind::Size(SMALLEST, LARGEST, |told, bytes| told.settings.max_event_bytes = bytes),
    },
    Setting {
        name: "connections-limit",
        what: "Connections at once; others wait",
        default: Default::Text("4096"),
        kind: Kind::Count(1, MOST, |told, count| told.settings.connections_limit = count),
    },
    Setting {
        name: "streams-limit",
        what: "Requests at once, on all connections; more are answered 503",
        default: Default::Text("4096"),
        kind: Kind::Count(1, MOST, |told, count| told.settings.streams_limit = count),
    },
    Setting {
        name: "streams-per-caller",
        what: "Requests of one caller at once, over all its keys; more are answered 429",
        default: Default::Text("2048"),
        kind: Kind::Count(1, MOST, |told, count| told.settings.streams_per_caller = count),
    },
    Setting {
        name: "threads",
        what: "Threads that serve requests; beside them as many look through long texts, and as many translate long ones",
        default: Default::Words("as many as the machine or its control group has processors"),
        kind: Kind::Count(1, MOST_THREADS, |told, count| told.settings.threads = count),
    },
    Setting {
        name: "memory-limit",
        what: "Memory that the process may hold: from 90% of it on, new requests are answered 503",
        default: Default::Words("80% of what the machine or its control group has"),
        kind: Kind::Size(16 << 20, 1 << 50, |told, bytes| told.memory_limit_bytes = Some(bytes as u64)),
    },
    Setting {
        name: "timeouts.handshake",
        what: "Until a caller's TLS stands",
        default: Default::Text("10s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.handshake = time),
    },
    Setting {
        name: "timeouts.header-read",
        what: "A request's line and headers, from their first byte",
        default: Default::Text("10s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.header_read = time),
    },
    Setting {
        name: "timeouts.keep-alive",
        what: "A caller's connection on which no request runs",
        default: Default::Text("90s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.keep_alive = time),
    },
    Setting {
        name: "timeouts.body-read",
        what: "A request's body",
        default: Default::Text("30s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.body_read = time),
    },
    Setting {
        name: "timeouts.connect",
        what: "A connection to a provider, where its `connect` does not say",
        default: Default::Text("3s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.connect = time),
    },
    Setting {
        name: "timeouts.first-token",
        what: "The first content of a stream, where neither stage nor provider says",
        default: Default::Text("45s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.first_token = time),
    },
    Setting {
        name: "timeouts.plain-answer",
        what: "An answer that is not streamed, where neither stage nor provider says",
        default: Default::Text("5min"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.plain_answer = time),
    },
    Setting {
        name: "timeouts.idle",
        what: "Between two pieces of an answer, where the provider does not say",
        default: Default::Text("30s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.idle = time),
    },
    Setting {
        name: "timeouts.total",
        what: "A whole exchange, all its attempts and the answer included",
        default: Default::Text("10min"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.total = time),
    },
    Setting {
        name: "timeouts.write",
        what: "A caller that takes nothing of its answer",
        default: Default::Text("30s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.write = time),
    },
    Setting {
        name: "timeouts.drain-delay",
        what: "Behind SIGTERM, how long requests are still taken while /readyz says `draining`; 0s for none",
        default: Default::Text("5s"),
        kind: Kind::Wait(|told, time| told.settings.timeouts.drain_delay = time),
    },
    Setting {
        name: "timeouts.drain",
        what: "Running requests at a stop, before they end with an error event",
        default: Default::Text("30s"),
        kind: Kind::Duration(|told, time| told.settings.timeouts.drain = time),
    },
    Setting {
        name: "circuits.failures",
        what: "Failures in a row after which a target is passed over",
        default: Default::Text("5"),
        kind: Kind::Count(1, MOST, |told, count| told.settings.health.failures = whole(count)),
    },
    Setting {
        name: "circuits.open",
        what: "For how long at first; each probe that fails doubles it",
        default: Default::Text("5s"),
        kind: Kind::Duration(|told, time| told.settings.health.open_ms = milliseconds(time)),
    },
    Setting {
        name: "circuits.open-longest",
        what: "For how long at most",
        default: Default::Text("1min"),
        kind: Kind::Duration(|told, time| told.settings.health.open_longest_ms = milliseconds(time)),
    },
    Setting {
        name: "retries.percent",
        what: "Of the calls of a provider that run, so many percent may be retries and hedges",
        default: Default::Text("20"),
        kind: Kind::Count(0, 100, |told, count| told.settings.health.retry_percent = whole(count)),
    },
    Setting {
        name: "retries.least",
        what: "So many may be, however few calls run",
        default: Default::Text("3"),
        kind: Kind::Count(0, MOST, |told, count| told.settings.health.retry_least = whole(count)),
    },
];

/// More than a counter holds is as much as it holds.
fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
