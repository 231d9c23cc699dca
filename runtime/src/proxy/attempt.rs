//! One candidate's call, until its first content or its failure. Nothing of it has reached the caller by then.

use super::across;
use super::beside::{INLINE_BYTES, beside};
use crate::exchange::failure::Failure;
use crate::exchange::relay::{Relay, Step};
use crate::exchange::verdict::{self, Refusal};
use crate::upstream::{Outgoing, Reply, Upstream};
use crate::wire::Api;
use crate::wire::Usage;
use crate::wire::answer::{self, NoAnswer};
use crate::wire::carry::Crossing;
use crate::wire::errors::ProviderError;
use crate::wire::marks::{Expected, Marks, Watch};
use crate::wire::translate::stream::StreamFacts;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use wayleave_program::value;

/// Of an error's body, read for what it means.
const ERROR_LIMIT_BYTES: usize = 64 << 10;

/// What a candidate may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits<'a> {
    /// From the call to the first content.
    pub(super) first_content: Duration,
    /// Between two pieces.
    pub(super) idle: Duration,
    /// The longest answer that does not come as a stream.
    pub(super) answer_bytes: usize,
    /// The longest event of a stream.
    pub(super) event_bytes: usize,
    /// The wall clock at the call, for dates in `retry-after`.
    pub(super) now: value::Instant,
    /// For those who translate a long answer.
    pub(super) permits: &'a Arc<Semaphore>,
}

impl Limits<'_> {
    /// The wall clock at the call, in seconds since 1970.
    fn seconds(&self) -> u64 {
        u64::try_from(self.now.0).unwrap_or(0)
    }
}

/// An answer that has begun.
pub(super) enum Begun {
    /// All of it.
    Whole { status: u16, headers: HeaderMap, body: Bytes, usage: Usage, dropped: Vec<String>, marks: Marks },
    /// A stream, and its first bytes for the caller.
    Stream {
        status: u16,
        headers: HeaderMap,
        first: Bytes,
        reply: Box<Reply>,
        relay: Box<Relay>,
        dropped: Vec<String>,
    },
}

impl Begun {
    pub(super) fn status(&self) -> u16 {
        match self {
            Begun::Whole { status, .. } | Begun::Stream { status, .. } => *status,
        }
    }

    /// What was left out on the way between two dialects.
    pub(super) fn dropped(&self) -> &[String] {
        match self {
            Begun::Whole { dropped, .. } | Begun::Stream { dropped, .. } => dropped,
        }
    }

    /// What was odd so far.
    pub(super) fn marks(&self) -> Marks {
        match self {
            Begun::Whole { marks, .. } => marks.clone(),
            Begun::Stream { relay, .. } => relay.marks(),
        }
    }

    /// Notes what had been left out of the request.
    pub(super) fn drop_before(&mut self, before: Vec<String>) {
        match self {
            Begun::Whole { dropped, .. } | Begun::Stream { dropped, .. } => {
                let after = std::mem::replace(dropped, before);
                dropped.extend(after);
            }
        }
    }
}

/// Calls a candidate and waits for its first content; of an answer that does not stream, for all of it.
pub(super) async fn attempt(
    upstream: &Upstream,
    outgoing: Outgoing<'_>,
    (crossing, expected): (Option<Crossing>, Expected),
    limits: Limits<'_>,
) -> Result<Begun, Failure> {
    let begun = begin(upstream, outgoing, (crossing, expected), limits).await;
    begun.map_err(|failure| without_key(upstream, failure))
}

/// A failure whose words of the provider do not quote our key: then they are left out whole.
pub(super) fn without_key(upstream: &Upstream, failure: Failure) -> Failure {
    let is_quoting = |said: &ProviderError| {
        let texts = [Some(&said.message), said.kind.as_ref(), said.param.as_ref(), said.code.as_ref()];
        texts.into_iter().flatten().any(|text| upstream.is_quoted_in(text.as_bytes()))
    };
    match &failure.said {
        Some(said) if is_quoting(said) => Failure { said: Some(Box::default()), ..failure },
        _ => failure,
    }
}

async fn begin(
    upstream: &Upstream,
    outgoing: Outgoing<'_>,
    (crossing, expected): (Option<Crossing>, Expected),
    limits: Limits<'_>,
) -> Result<Begun, Failure> {
    let deadline = Instant::now() + limits.first_content;
    let too_late = |_| Failure::no_content(milliseconds(limits.first_content));
    let (api, is_stream) = (outgoing.api, outgoing.is_stream);
    let mut reply = timeout_at(deadline, upstream.call(outgoing)).await.map_err(too_late)??;
    let status = reply.status;
    let headers = std::mem::take(&mut reply.headers);
    if !ANSWERED.contains(&status) {
        let body = if verdict::is_body_telling(status) {
            // Its words are of use, and not worth waiting for when they stand still.
            let deadline = deadline.min(Instant::now() + limits.idle);
            timeout_at(deadline, head_of(&mut reply)).await.unwrap_or_default()
        } else {
            Bytes::new()
        };
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        return Err(verdict::of_refusal(Refusal { status, retry_after, body: &body, now: limits.now }));
    }
    if !is_stream {
        let first =
            timeout_at(deadline, beginning(&mut reply, limits.answer_bytes)).await.map_err(too_late)??;
        let body = rest_of(&mut reply, first, limits).await?;
        let (read, watch) = read(api, &body, Watch::new(expected), limits).await;
        let usage = judge(read, &body, status)?;
        let marks = watch.marks(true);
        let Some(crossing) = crossing else {
            return Ok(Begun::Whole { status, headers, body, usage, dropped: Vec::new(), marks });
        };
        let carried = across::answer(crossing, body.clone(), limits.seconds(), limits.permits).await;
        let carried = judge(carried, &body, status)?;
        let (body, usage, dropped) = (carried.body, carried.counts.usage(), carried.dropped);
        return Ok(Begun::Whole { status, headers, body, usage, dropped, marks });
    }
    if !is_event_stream(&headers) {
        let body = timeout_at(deadline, head_of(&mut reply)).await.map_err(too_late)?;
        return Err(match answer::read(api, &body, &mut Watch::default()) {
            Err(NoAnswer::Error(said)) => verdict::of_error_inside(&said, status),
            _ => no_answer(status, "something that is no event stream"),
        });
    }
    let relay = match crossing {
        None => Relay::new(api.dialect(), expected, limits.event_bytes),
        Some(Crossing { from, wants_usage }) => {
            let facts = StreamFacts { created: limits.seconds(), wants_usage };
            Relay::across(from, facts, expected, limits.event_bytes)
        }
    };
    let begun = first_content(&mut reply, relay);
    let (first, relay) = timeout_at(deadline, begun).await.map_err(too_late)??;
    let (reply, relay) = (Box::new(reply), Box::new(relay));
    Ok(Begun::Stream { status, headers, first, reply, relay, dropped: Vec::new() })
}

/// Reads an answer that does not stream.
async fn read(
    api: Api,
    body: &Bytes,
    mut watch: Watch,
    limits: Limits<'_>,
) -> (Result<Usage, NoAnswer>, Watch) {
    if body.len() <= INLINE_BYTES {
        return (answer::read(api, body, &mut watch), watch);
    }
    let body = body.clone();
    let work = move || (answer::read(api, &body, &mut watch), watch);
    beside(limits.permits, work).await.unwrap_or_else(|| (Err(NoAnswer::NotAnAnswer), Watch::default()))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn no_answer(status: u16, what: &str) -> Failure {
    Failure::no_answer(&format!("answered {status} with {what}")).under(status)
}

/// The statuses under which there may be an answer: beyond them there is none, or a part of one.
const ANSWERED: RangeInclusive<u16> = 200..=203;

/// A server that says nothing is taken at its request's word. RFC 9110, section 8.3.1: case and parameters are nothing to it.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let is_events = |value: &http::HeaderValue| {
        let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
    };
    headers.get(header::CONTENT_TYPE).is_none_or(is_events)
}

async fn first_content(reply: &mut Reply, mut relay: Relay) -> Result<(Bytes, Relay), Failure> {
    loop {
        match relay.step() {
            Step::Send(first) => return Ok((first, relay)),
            Step::Failed(failure) => return Err(failure),
            Step::Feed => match reply.next().await? {
                Some(chunk) => relay.feed(chunk),
                None => {
                    if let Some(failure) = relay.end() {
                        return Err(failure);
                    }
                }
            },
            Step::Done => return Err(Failure::no_answer("the stream ended without content")),
        }
    }
}

/// The beginning of a body, as far as it comes and is of use.
async fn head_of(reply: &mut Reply) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(piece)) = reply.next().await {
        let room = ERROR_LIMIT_BYTES - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if body.len() == ERROR_LIMIT_BYTES {
            break;
        }
    }
    body.freeze()
}

/// A body up to its first byte that is no blank: blanks keep a connection open and say nothing.
async fn beginning(reply: &mut Reply, limit_bytes: usize) -> Result<Gathered, Failure> {
    let mut body = Gathered::One(Bytes::new());
    while let Some(piece) = reply.next().await? {
        let is_blank = piece.iter().all(u8::is_ascii_whitespace);
        body = body.and(piece);
        if !is_blank {
            break;
        }
        body.check(limit_bytes)?;
    }
    Ok(body)
}

/// A whole body behind its beginning.
async fn rest_of(reply: &mut Reply, mut body: Gathered, limits: Limits<'_>) -> Result<Bytes, Failure> {
    let idle = limits.idle;
    loop {
        body.check(limits.answer_bytes)?;
        let piece = timeout(idle, reply.next()).await.map_err(|_| Failure::idle(milliseconds(idle)))?;
        match piece? {
            Some(piece) => body = body.and(piece),
            None => return Ok(body.whole()),
        }
    }
}

/// Pieces in a row; a single one is not copied.
enum Gathered {
    One(Bytes),
    Many(BytesMut),
}

impl Gathered {
    fn check(&self, limit_bytes: usize) -> Result<(), Failure> {
        let length = match self {
            Gathered::One(bytes) => bytes.len(),
            Gathered::Many(bytes) => bytes.len(),
        };
        if length > limit_bytes {
            return Err(Failure::no_answer(&format!("the answer is longer than {limit_bytes} bytes")));
        }
        Ok(())
    }

    fn and(self, piece: Bytes) -> Gathered {
        let mut bytes = match self {
            Gathered::One(first) if first.is_empty() => return Gathered::One(piece),
            Gathered::One(first) => BytesMut::from(first),
            Gathered::Many(bytes) => bytes,
        };
        bytes.extend_from_slice(&piece);
        Gathered::Many(bytes)
    }

    fn whole(self) -> Bytes {
        match self {
            Gathered::One(bytes) => bytes,
            Gathered::Many(bytes) => bytes.freeze(),
        }
    }
}

fn judge<T>(read: Result<T, NoAnswer>, body: &[u8], status: u16) -> Result<T, Failure> {
    match read {
        Ok(answer) => Ok(answer),
        Err(NoAnswer::Error(said)) => Err(verdict::of_error_inside(&said, status)),
        Err(NoAnswer::Empty) => Err(no_answer(status, "an answer that holds nothing")),
        Err(NoAnswer::NotAnAnswer) if body.is_empty() => Err(no_answer(status, "nothing")),
        Err(NoAnswer::NotAnAnswer) => Err(no_answer(status, "something that is no answer of its API")),
    }
}
