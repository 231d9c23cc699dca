//! A request's head and body as they come in: what is declared, how long it is, how long it takes.

use crate::error::Refusal;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::Duration;

/// Of a body that is too long, read and thrown away before the answer: a client that writes all before it reads would
/// otherwise see a broken connection instead of the reason.
const DISCARDED_LIMIT_BYTES: u64 = 64 << 20;

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

/// Reads the body of a request whose headers declare JSON.
pub(super) async fn body(
    headers: &HeaderMap,
    body: Incoming,
    limit_bytes: usize,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    let is_plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Refusal::Encoding);
    }
    if !headers.get(header::CONTENT_TYPE).is_none_or(is_json) {
        return Err(Refusal::MediaType);
    }
    let gathered = tokio::time::timeout(patience, read(body, limit_bytes));
    gathered.await.unwrap_or(Err(Refusal::TooSlow))
}

async fn read(mut body: Incoming, limit_bytes: usize) -> Result<Bytes, Refusal> {
    let declared = body.size_hint().exact();
    let is_too_long = declared.is_some_and(|length| length > limit_bytes as u64);
    let gathered = if is_too_long {
        Err(Refusal::TooLong(limit_bytes))
    } else {
        gather(&mut body, declared, limit_bytes).await
    };
    if gathered == Err(Refusal::TooLong(limit_bytes))
        && declared.is_none_or(|length| length <= DISCARDED_LIMIT_BYTES)
    {
        discard(&mut body).await;
    }
    gathered
}

async fn discard(body: &mut Incoming) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded += frame.data_ref().map_or(0, |piece| piece.len() as u64);
        if discarded > DISCARDED_LIMIT_BYTES {
            return;
        }
    }
}

fn is_json(value: &http::HeaderValue) -> bool {
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// All of the body, uncopied where it came in one piece.
async fn gather(body: &mut Incoming, declared: Option<u64>, limit_bytes: usize) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() else { continue };
        if first.is_empty() {
            first = piece;
        } else {
            if all.is_empty() {
                let expected = declared.and_then(|length| usize::try_from(length).ok());
                all.reserve(expected.unwrap_or(first.len() + piece.len()));
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&piece);
        }
        if first.len().max(all.len()) > limit_bytes {
            return Err(Refusal::TooLong(limit_bytes));
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
