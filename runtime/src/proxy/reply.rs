//! What leaves for the caller: bodies, and headers that are built anew. Of a provider's headers only listed ones pass.

use super::across::OTHER;
use super::whole::Whole;
use crate::error::{Refusal, is_model_name};
use crate::exchange::ending::Ending;
use crate::trace;
use crate::wire::Dialect;
use crate::wire::errors::{Addressee, ErrorBody};
use crate::wire::marks::Marks;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::Value as Json;
use std::convert::Infallible;

/// The body of every answer.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// Where Anthropic's libraries look for a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The headers of a provider that a caller may see.
const PASSED: [HeaderName; 3] =
    [REQUEST_ID, HeaderName::from_static("x-request-id"), HeaderName::from_static("openai-processing-ms")];

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer of a provider, all of it.
pub(super) fn whole(status: u16, provider: &HeaderMap, body: Whole) -> Response<AnswerBody> {
    let mut response = passed(status, provider, body.boxed_unsync());
    // Whatever its provider calls it: it was read as JSON.
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// An answer of a provider, as it comes.
pub(super) fn stream(
    status: u16,
    provider: &HeaderMap,
    pieces: impl Stream<Item = Bytes> + Send + 'static,
) -> Response<AnswerBody> {
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let mut response = passed(status, provider, StreamBody::new(frames).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn passed(status: u16, provider: &HeaderMap, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for name in PASSED {
        if let Some(value) = provider.get(&name).filter(|value| trace::is_plain(value)) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The header for a model that is not the one that was asked.
pub(super) fn model(marks: &Marks) -> Option<HeaderValue> {
    HeaderValue::from_str(marks.other_model.as_deref().map(model_name)?).ok()
}

/// A model's name as an answer has it, where it is one.
pub(super) fn model_name(named: &str) -> &str {
    if is_model_name(named) { named } else { OTHER }
}

/// The error with which an exchange ended.
pub(super) fn ending(ending: &Ending, to: Addressee<'_>) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(ending.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = error(status, &ending.error, to);
    if let Some(seconds) = ending.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The error of a request that no provider was asked about.
pub(super) fn refusal(refusal: &Refusal, to: Addressee<'_>) -> Response<AnswerBody> {
    let mut response = error(refusal.status(), &refusal.body(), to);
    if let Some(seconds) = refusal.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    match refusal {
        Refusal::WrongMethod(allowed) => {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        Refusal::Unauthenticated => {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // What has not been read of the body is not worth reading.
        Refusal::Head(_)
        | Refusal::TooLong(_)
        | Refusal::TooSlow
        | Refusal::BrokenOff
        | Refusal::Overloaded => {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

/// An answer to `HEAD`: the head of the answer to `GET`, with the length of its body where that is known.
pub(super) fn without_body(answer: Response<AnswerBody>) -> Response<AnswerBody> {
    let (mut head, body) = answer.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, Full::default().boxed_unsync())
}

fn error(status: StatusCode, body: &ErrorBody, to: Addressee<'_>) -> Response<AnswerBody> {
    let mut response = json_bytes(status, body.to_body(to, status.as_u16()));
    if to.dialect == Dialect::Anthropic
        && let Ok(id) = HeaderValue::from_str(to.request_id)
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A JSON answer of our own.
pub(super) fn json(status: StatusCode, body: &Json) -> Response<AnswerBody> {
    json_bytes(status, Bytes::from(body.to_string()))
}

fn json_bytes(status: StatusCode, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(Full::new(body).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
