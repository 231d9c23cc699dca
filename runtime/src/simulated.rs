//! The provider that answers in process: deterministic, without key or network, through the same path as a real one.
//! It can be told to fail or to be slow, so that every policy can be tried out.

mod chat;

mod embeddings;

mod messages;

pub mod behaviour;

use crate::wire::{Api, Dialect};
use behaviour::{Behaviour, Simulation};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// All simulated providers of a gateway: what they were told, and how often each was called.
#[derive(Debug, Default)]
pub(crate) struct Simulator {
    told: Vec<(Simulation, AtomicU64)>,
}

/// A call of a simulated target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedCall<'a> {
    pub(crate) api: Api,
    pub(crate) provider: &'a str,
    pub(crate) model: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) is_stream: bool,
}

/// No connection, as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// The answer was lost, as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut;

/// An answer whose body is still to come.
#[derive(Debug)]
pub(crate) struct SimulatedReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pieces: VecDeque<Bytes>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
    Stalled,
}

impl Simulator {
    pub(crate) fn new(simulations: &[Simulation]) -> Simulator {
        Simulator { told: simulations.iter().map(|told| (told.clone(), AtomicU64::new(0))).collect() }
    }

    /// What that target was told for this call.
    fn behaviours(&self, call: &SimulatedCall<'_>) -> &[Behaviour] {
        let Some((told, count)) = self.told.iter().find(|(told, _)| told.is_for(call.provider, call.model))
        else {
            return &[];
        };
        // The count orders nothing else.
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let is_struck = told.behaviours.iter().all(|behaviour| match behaviour {
            Behaviour::Every(each) => number.is_multiple_of(*each),
            _ => true,
        });
        if is_struck { &told.behaviours } else { &[] }
    }

    /// Answers a call, after the delay that it was told.
    pub(crate) async fn answer(&self, call: SimulatedCall<'_>) -> Result<SimulatedReply, Refused> {
        let mut told_status = None;
        let mut end = End::Whole;
        let mut cut_after = usize::MAX;
        for behaviour in self.behaviours(&call) {
            match behaviour {
                Behaviour::Refuse => return Err(Refused),
                Behaviour::Status(status) => told_status = Some(*status),
                Behaviour::Stall => (end, cut_after) = (End::Stalled, 0),
                Behaviour::Slow(delay) => tokio::time::sleep(*delay).await,
                Behaviour::Cut(events) => (end, cut_after) = (End::Cut, *events),
                Behaviour::Every(_) => {}
            }
        }
        let mut reply = match told_status {
            Some(status) => error(call.api, status, "this simulated provider was told to answer so"),
            None => answer(&call),
        };
        if end != End::Whole {
            reply.pieces.truncate(cut_after);
            reply.end = end;
        }
        Ok(reply)
    }
}

impl SimulatedReply {
    /// The next piece of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Cut> {
        match (self.pieces.pop_front(), self.end) {
            (Some(piece), _) => Ok(Some(piece)),
            (None, End::Whole) => Ok(None),
            (None, End::Cut) => Err(Cut),
            (None, End::Stalled) => std::future::pending().await,
        }
    }
}

fn answer(call: &SimulatedCall<'_>) -> SimulatedReply {
    let Ok(body) = serde_json::from_slice::<Json>(call.body) else {
        return error(call.api, StatusCode::BAD_REQUEST, "the body cannot be read");
    };
    let id = identifier(call);
    let name = format!("{}/{}", call.provider, call.model);
    match call.api {
        Api::Chat => {
            let answer = chat::Answer::to(&body, &id, &name);
            if call.is_stream {
                reply(StatusCode::OK, "text/event-stream", answer.events())
            } else {
                reply(StatusCode::OK, "application/json", vec![Bytes::from(answer.whole().to_string())])
            }
        }
        Api::Embeddings => match embeddings::answer(&body, call.model) {
            Ok(answer) => reply(StatusCode::OK, "application/json", vec![Bytes::from(answer.to_string())]),
            Err(message) => error(call.api, StatusCode::BAD_REQUEST, message),
        },
        Api::Messages => {
            let answer = messages::Answer::to(&body, &id, &name);
            if call.is_stream {
                reply(StatusCode::OK, "text/event-stream", answer.events())
            } else {
                reply(StatusCode::OK, "application/json", vec![Bytes::from(answer.whole().to_string())])
            }
        }
        Api::CountTokens => {
            let count = messages::count(&body).to_string();
            reply(StatusCode::OK, "application/json", vec![Bytes::from(count)])
        }
    }
}

/// The same for the same call, another for another.
fn identifier(call: &SimulatedCall<'_>) -> String {
    let mut hash = Sha256::new();
    for part in [call.provider.as_bytes(), b"/", call.model.as_bytes(), b"\n", call.body] {
        hash.update(part);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn reply(status: StatusCode, content_type: &'static str, pieces: Vec<Bytes>) -> SimulatedReply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    SimulatedReply { status, headers, pieces: pieces.into(), end: End::Whole }
}

fn error(api: Api, status: StatusCode, message: &str) -> SimulatedReply {
    let body = match api.dialect() {
        Dialect::OpenAi => {
            json!({"error": {"message": message, "type": "simulated", "param": null, "code": null}})
        }
        Dialect::Anthropic => json!({"type": "error", "error": {"type": "simulated", "message": message}}),
    };
    let mut reply = reply(status, "application/json", vec![Bytes::from(body.to_string())]);
    if status == StatusCode::TOO_MANY_REQUESTS {
        reply.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    reply
}

/// Tokens of a text, as simulated providers count them: one for each four bytes that are begun.
fn count_tokens(text: &str) -> u64 {
    text.len().div_ceil(4) as u64
}

/// The longest delay that a simulated provider can be told.
const LONGEST_DELAY: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests;
