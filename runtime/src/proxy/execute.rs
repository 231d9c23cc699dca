//! Drives an exchange: calls what it asks for, tells it what comes of it, and hands the caller what it chooses. (I/O)

use super::attempt::{self, Begun, Limits};
use super::patience::{self, Patience, Until};
use super::recording::Recording;
use super::reply::{self, AnswerBody};
use super::stream::{self, Streaming};
use super::whole::Whole;
use super::{DROPPED_HEADER, MODEL_HEADER, Proxy, TARGET_HEADER, across, boxed, now};
use crate::current::Served;
use crate::error::Refusal;
use crate::exchange::failure::Failure;
use crate::exchange::{Action, Event};
use crate::settings::TargetHeader;
use crate::trace::Trace;
use crate::upstream::{Outgoing, Repeat};
use crate::wire::call::{Call, Passed};
use crate::wire::marks::Expected;
use bytes::Bytes;
use http::{HeaderValue, Response};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;
use wayleave_program::catalogue::TargetId;

/// A candidate's call, until its first content or its failure.
type Attempting<'a> = Pin<Box<dyn Future<Output = Result<Begun, Failure>> + Send + 'a>>;

/// What a candidate is asked.
struct Asked<'a> {
    call: &'a Call,
    body: &'a Bytes,
    target: TargetId,
    within: Option<Duration>,
    cap: Option<u64>,
    trace: Option<&'a Trace>,
    repeat: Repeat,
}

/// The calls of one exchange that run, by the positions of their attempts. What is dropped is cancelled.
#[derive(Default)]
struct Running<'a>(Vec<(usize, Attempting<'a>)>);

impl Running<'_> {
    /// The first that is over; never, where none runs.
    async fn first(&mut self) -> (usize, Result<Begun, Failure>) {
        poll_fn(|context| {
            for at in 0..self.0.len() {
                let (number, attempting) = &mut self.0[at];
                if let Poll::Ready(ended) = attempting.as_mut().poll(context) {
                    let number = *number;
                    drop(self.0.swap_remove(at));
                    return Poll::Ready((number, ended));
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl Proxy {
    /// Tries the plan's candidates until one answers, or none is left.
    pub(super) async fn execute(
        &self,
        call: &Call,
        body: &Bytes,
        mut recording: Box<Recording>,
    ) -> Response<AnswerBody> {
        let served = Arc::clone(recording.served());
        let trace = recording.trace().cloned();
        let repeat = recording.repeat();
        let mut running = Running::default();
        let mut begun = None;
        let mut action = recording.on(Event::Begin);
        loop {
            match action {
                Action::Call(number) => {
                    let Some((candidate, cap)) = recording.candidate(number) else {
                        return reply::refusal(&Refusal::Internal, recording.addressee());
                    };
                    let (target, within) = (candidate.target, candidate.within_ms.map(Duration::from_millis));
                    let asked = Asked { call, body, target, within, cap, trace: trace.as_deref(), repeat };
                    running.0.push((number, boxed(|| self.attempt(&served, asked))));
                }
                Action::Wait => {}
                Action::Relay(number) => return self.relay(begun, number, recording),
                Action::Answer(ending) | Action::Break(ending) => {
                    recording.answered(ending.status);
                    return reply::ending(&ending, recording.addressee());
                }
                Action::Close => return reply::refusal(&Refusal::Internal, recording.addressee()),
            }
            action = match patience::until(&self.is_stopping, recording.wakes_at(), running.first()).await {
                Until::Done((number, Ok(answer))) => {
                    recording.on(Event::Status(number, answer.status()));
                    begun = Some(answer);
                    recording.on(Event::Content(number))
                }
                Until::Done((number, Err(failure))) => recording.on(Event::Failed(number, failure)),
                Until::DeadlinePassed => recording.on(Event::Tick),
                Until::Stopping => recording.on(Event::Stopping),
            };
        }
    }

    async fn attempt(&self, served: &Served, asked: Asked<'_>) -> Result<Begun, Failure> {
        let Asked { call, body, target, within, cap, trace, repeat } = asked;
        let protocol = served.program.catalogue().provider_of(target).protocol;
        let target = served.program.catalogue().target(target);
        let upstream = served.upstreams.provider(target.provider);
        let sent = across::sent(call, body, (target, protocol), cap, &self.translations).await?;
        let nothing = Passed::default();
        let outgoing = Outgoing {
            api: sent.api,
            model: &target.model,
            remote: &target.remote,
            // What is said to providers of the caller's dialect means nothing in another, or something else.
            passed: if sent.crossing.is_some() { &nothing } else { &call.passed },
            pieces: sent.pieces,
            is_stream: call.is_stream && call.api.can_stream(),
            trace,
            repeat,
        };
        let standard = match outgoing.is_stream {
            true => self.settings.timeouts.first_token,
            false => self.settings.timeouts.plain_answer,
        };
        let first_content = within.into_iter().chain(upstream.first_token).min().unwrap_or(standard);
        let limits = Limits {
            first_content,
            idle: upstream.idle,
            answer_bytes: self.settings.max_response_bytes,
            event_bytes: self.settings.max_event_bytes,
            now: now(),
            permits: &self.translations,
        };
        let expected = Expected {
            models: [target.remote.clone(), target.model.clone()],
            tools: Arc::clone(&call.tools),
        };
        self.together().await;
        let mut begun = attempt::attempt(upstream, outgoing, (sent.crossing, expected), limits).await?;
        begun.drop_before(sent.dropped);
        if call.wants_base64
            && let Begun::Whole { body, .. } = &mut begun
        {
            *body = across::in_base64(std::mem::take(body), &self.translations).await;
        }
        Ok(begun)
    }

    /// Hands the caller what a candidate answers.
    fn relay(
        &self,
        begun: Option<Begun>,
        number: usize,
        mut recording: Box<Recording>,
    ) -> Response<AnswerBody> {
        let (Some(begun), Some(target)) = (begun, recording.target(number)) else {
            return reply::refusal(&Refusal::Internal, recording.addressee());
        };
        let served = Arc::clone(recording.served());
        let target = served.program.catalogue().target(target);
        recording.answered(begun.status());
        let dropped = begun.dropped();
        recording.left_out(number, across::kept(dropped));
        let dropped = across::header(dropped);
        let marks = begun.marks();
        let other_model = reply::model(&marks);
        recording.marked(number, marks);
        let mut response = match begun {
            Begun::Whole { status, headers, body, usage, .. } => {
                reply::whole(status, &headers, Whole::new(body, number, usage, recording))
            }
            Begun::Stream { status, headers, first, reply, relay, .. } => {
                let idle = served.upstreams.provider(target.provider).idle;
                let deadline = recording.deadline();
                let streaming = Streaming {
                    first: Some(first),
                    number,
                    reply,
                    relay,
                    recording,
                    provider: target.provider,
                    idle,
                    deadline,
                    stopping: Arc::clone(&self.is_stopping),
                    patience: Patience::new(deadline.min(Instant::now() + idle)),
                };
                reply::stream(status, &headers, stream::pieces(streaming))
            }
        };
        if self.settings.target_header == TargetHeader::Sent
            && let Ok(name) = HeaderValue::from_bytes(target.name.as_bytes())
        {
            response.headers_mut().insert(TARGET_HEADER, name);
            if let Some(model) = other_model {
                response.headers_mut().insert(MODEL_HEADER, model);
            }
        }
        if let Some(names) = dropped {
            response.headers_mut().insert(DROPPED_HEADER, names);
        }
        response
    }
}
