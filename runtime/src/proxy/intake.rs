//! A request's head and body as they come in: what is declared, how long it is, how long it takes.

use crate::error::{BadHead, BrokenFraming, Refusal};
use crate::pressure::{Gauge, Pressure};
use crate::settings::LINE_LIMIT_BYTES;
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::error::Error;
use std::io;
use std::time::Duration;

/// Of a body that an answer does without, such as one whose key is unknown, so much is read and thrown away before the answer.
/// Small ones are mostly under way when their head is read, and behind them the connection can be used again.
const UNREAD_LIMIT_BYTES: u64 = 64 << 10;

/// How long that may take: a caller that waits with its body is not waited for.
const UNREAD_LIMIT: Duration = Duration::from_secs(1);

/// The beginning of names that only the gateway writes.
const OWN_NAMES: &str = "x-wayleave-";

/// Takes out of a request's headers, before anything is read of them, what is for the next hop alone: what `connection`
/// names, and what looks like ours.
pub(super) fn strip(headers: &mut HeaderMap) {
    let mut names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(OWN_NAMES)).cloned().collect();
    for value in headers.get_all(header::CONNECTION) {
        let options = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.extend(options.filter_map(|option| HeaderName::from_bytes(option).ok()));
    }
    for name in names {
        headers.remove(name);
    }
}

/// What HTTP/2 counts a header for beside its name and value. RFC 9113, section 6.5.2.
const HEADER_BYTES: usize = 32;

/// Whether a head names one host, and is not too long where the protocol does not see to it. RFC 9112, section 3.2; RFC
/// 9113, section 8.3.1. A whole URI in the place of a path counts before `host`, and names none but a host either.
pub(super) fn head(head: &Parts, limit_bytes: usize) -> Result<(), Refusal> {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > LINE_LIMIT_BYTES {
        return Err(Refusal::Head(BadHead::LineTooLong(LINE_LIMIT_BYTES)));
    }
    let is_two = head.version == Version::HTTP_2;
    let length =
        |(name, value): (&HeaderName, &HeaderValue)| HEADER_BYTES + name.as_str().len() + value.len();
    if is_two && target + head.headers.iter().map(length).sum::<usize>() > limit_bytes {
        return Err(Refusal::Head(BadHead::TooLong(limit_bytes)));
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let authority = head.uri.authority();
    let is_sound = match (hosts.next(), hosts.next(), authority.filter(|_| is_two)) {
        (_, Some(_), _) => false,
        (Some(host), None, Some(authority)) => {
            host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes())
        }
        (Some(host), None, None) => is_host(host.as_bytes()),
        (None, None, Some(_)) => true,
        (None, None, None) => head.version <= Version::HTTP_10,
    };
    let is_sound = is_sound && authority.is_none_or(|authority| is_host(authority.as_str().as_bytes()));
    if is_sound { Ok(()) } else { Err(Refusal::Head(BadHead::Host)) }
}

/// A host with or without a port, and without a user.
fn is_host(text: &[u8]) -> bool {
    // Most hosts are names or addresses that cannot be taken for anything else.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let name = text.iter().position(|byte| !is_plain(byte)).unwrap_or(text.len());
    let is_port = |port: &[u8]| {
        let is_small = (1..=4).contains(&port.len()) || (port.len() == 5 && *port <= b"65535"[..]);
        is_small && port.iter().all(u8::is_ascii_digit)
    };
    if name > 0 && text[name..].strip_prefix(b":").map_or(name == text.len(), is_port) {
        return true;
    }
    Authority::try_from(text).is_ok_and(|authority| {
        let rest = authority.as_str().strip_prefix(authority.host());
        !authority.host().is_empty()
            && rest.is_some_and(|rest| rest.is_empty() || authority.port_u16().is_some())
    })
}

/// Reads the body of a request whose headers declare JSON.
pub(super) async fn body(
    headers: &HeaderMap,
    body: &mut Incoming,
    limit_bytes: usize,
    patience: Duration,
    memory: &Gauge,
) -> Result<Bytes, Refusal> {
    let is_plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Refusal::Encoding);
    }
    if !headers.get(header::CONTENT_TYPE).is_none_or(is_json) {
        return Err(Refusal::MediaType);
    }
    let gathered = tokio::time::timeout(patience, read(body, limit_bytes, memory));
    gathered.await.unwrap_or(Err(Refusal::TooSlow))
}

/// Whether a connection of HTTP/1 can carry another request: the body of this one has come to its end. What of it nobody has
/// read is thrown away, within limits. On HTTP/2 one stream is nothing to the others.
pub(super) async fn is_at_end(head: &Parts, body: &mut Incoming) -> bool {
    if body.is_end_stream() || head.version >= Version::HTTP_2 {
        return true;
    }
    // Such a caller sends its body when it is told to, and by this answer it is not.
    let is_waiting = head.headers.contains_key(header::EXPECT);
    !is_waiting
        && tokio::time::timeout(UNREAD_LIMIT, discard(body, UNREAD_LIMIT_BYTES)).await.unwrap_or(false)
}

/// A body that is too long is refused as soon as that is known, by its declared length before any of it is asked for: what
/// its caller still writes is thrown away behind the answer.
async fn read(body: &mut Incoming, limit_bytes: usize, memory: &Gauge) -> Result<Bytes, Refusal> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|length| length > limit_bytes as u64) {
        return Err(Refusal::TooLong(limit_bytes));
    }
    gather(body, declared, limit_bytes, memory).await
}

/// Reads so much of a body for nothing. Whether that was all of it.
async fn discard(body: &mut Incoming, limit_bytes: u64) -> bool {
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        discarded += frame.data_ref().map_or(0, |piece| piece.len() as u64);
        if discarded > limit_bytes {
            return false;
        }
    }
    true
}

fn is_json(value: &http::HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return true;
    }
    let essence = essence.to_ascii_lowercase();
    essence.starts_with("application/") && essence.ends_with("+json")
}

/// A body that does not come to its end is one of a caller who has left, unless it is not framed as it has to be.
fn broken(error: &hyper::Error) -> Refusal {
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match io.and_then(io::Error::get_ref).is_some_and(|inner| inner.is::<BrokenFraming>()) {
        true => Refusal::Head(BadHead::Framing),
        false => Refusal::BrokenOff,
    }
}

/// All of the body, uncopied where it came in one piece.
async fn gather(
    body: &mut Incoming,
    declared: Option<u64>,
    limit_bytes: usize,
    memory: &Gauge,
) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        if first.is_empty() {
            first = piece;
        } else {
            if all.is_empty() {
                let expected = declared.and_then(|length| usize::try_from(length).ok());
                all.reserve(expected.unwrap_or(first.len() + piece.len()));
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&piece);
            // Whoever has been let in brings what nobody has room for.
            if memory.pressure() == Pressure::Full {
                return Err(Refusal::Overloaded);
            }
        }
        if first.len().max(all.len()) > limit_bytes {
            return Err(Refusal::TooLong(limit_bytes));
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
