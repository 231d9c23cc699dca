//! One request from its head to its last byte: where identity, wire, program, exchange and upstream meet. (I/O)
//!
//! Everything that can go wrong has an answer in the caller's dialect, one record is made of each request, and a panic
//! costs the request it happens in.

mod across;

mod attempt;

mod beside;

mod counting;

mod dialect;

mod execute;

mod findings;

mod identify;

mod ids;

mod intake;

mod models;

mod patience;

mod places;

mod recording;

pub(crate) mod reply;

mod status;

mod stream;

mod whole;

use self::beside::{INLINE_BYTES, beside};
use crate::attributes::{self, Subject};
use crate::current::Current;
use crate::error::{BadHead, Refusal};
use crate::keys::{Held, Identity};
use crate::pressure::{Gauge, Pressure};
use crate::settings::{Access, CallerRequestId, Settings, TraceContext};
use crate::store::Store;
use crate::trace::{self, Trace};
use crate::wire::call::{self, Call};
use crate::wire::errors::Addressee;
use crate::wire::{Api, Dialect};
use bytes::Bytes;
use findings::{Asked, Unreadable};
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use ids::Randomness;
use patience::Until;
use places::Places;
use recording::Recording;
use reply::AnswerBody;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use wayleave_program::value;

const DECISION_HEADER: HeaderName = HeaderName::from_static("x-wayleave-decision");

const TARGET_HEADER: HeaderName = HeaderName::from_static("x-wayleave-target");

/// The model that an answer names, where it is another than was asked.
const MODEL_HEADER: HeaderName = HeaderName::from_static("x-wayleave-model");

/// What of the request or the answer was left out on the way into another dialect.
const DROPPED_HEADER: HeaderName = HeaderName::from_static("x-wayleave-dropped");

/// The gateway's data port: what it is told, what is in force, and the store that knows callers and takes records.
pub struct Proxy {
    settings: Settings,
    current: Arc<Current>,
    store: Arc<Store>,
    /// Whoever asks where no key is asked for.
    anonymous: Arc<Identity>,
    /// The moment from which exchanges and health count time.
    epoch: Instant,
    randomness: Randomness,
    /// As many requests look through long texts at once.
    inspections: Arc<Semaphore>,
    /// As many long bodies are translated at once, for the same reason; apart, so that neither waits for the other.
    translations: Arc<Semaphore>,
    /// Requests for answers of models that may run at once.
    slots: Arc<Semaphore>,
    /// Those of each caller.
    places: Arc<Places>,
    memory: Gauge,
    is_draining: AtomicBool,
    is_stopping: Arc<AtomicBool>,
    is_hurried: watch::Sender<bool>,
}

impl Proxy {
    /// Puts the parts together; nothing runs before [`serve`](Proxy::serve).
    pub fn new(settings: Settings, current: Arc<Current>, store: Arc<Store>) -> Proxy {
        let anonymous = Identity { caller_id: "anonymous".to_owned(), ..Identity::default() };
        let slots = settings.streams_limit.min(Semaphore::MAX_PERMITS);
        let threads = settings.threads;
        Proxy {
            settings,
            current,
            store,
            anonymous: Arc::new(anonymous),
            epoch: Instant::now(),
            randomness: Randomness::default(),
            inspections: Arc::new(Semaphore::new(threads)),
            translations: Arc::new(Semaphore::new(threads)),
            slots: Arc::new(Semaphore::new(slots)),
            places: Arc::default(),
            memory: Gauge::default(),
            is_draining: AtomicBool::new(false),
            is_stopping: Arc::new(AtomicBool::new(false)),
            is_hurried: watch::Sender::new(false),
        }
    }

    /// Serves connections of `listener` until `shutdown` is ready and what then runs has ended.
    pub async fn serve(self: Arc<Proxy>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Some(memory) = self.settings.memory else {
            return crate::server::serve(self, listener, shutdown).await;
        };
        self.memory.look(&memory);
        let looking = Arc::clone(&self);
        tokio::select! {
            () = looking.memory.watch(&memory) => {}
            () = crate::server::serve(self, listener, shutdown) => {}
        }
    }

    /// How much memory is left: at [`Pressure::Tight`] nothing may be called that an answer can do without.
    pub fn pressure(&self) -> Pressure {
        self.memory.pressure()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// From now on `/readyz` says that the gateway is not ready; it serves on.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// From now on a shutdown waits for nothing that runs: it is told to end, and its records are made.
    pub fn hurry(&self) {
        self.is_hurried.send_replace(true);
    }

    /// Whether a shutdown does not wait.
    pub fn is_hurried(&self) -> bool {
        *self.is_hurried.borrow()
    }

    /// Waits until a shutdown does not.
    pub async fn hurried(&self) {
        // The sender is here, so that its changes never end.
        let _ = self.is_hurried.subscribe().wait_for(|is_hurried| *is_hurried).await;
    }

    /// From now on whatever runs ends when it is polled next.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<AnswerBody> {
        let id = self.randomness.request_id();
        let (mut head, mut body) = request.into_parts();
        // Before anything is taken out: what `connection` names may be `host`.
        let sound = intake::head(&head, self.settings.header_limit_bytes);
        intake::strip(&mut head.headers);
        let dialect = dialect::of_request(head.uri.path(), &head.headers);
        let to = Addressee { dialect, request_id: &id };
        // Of these alone there are records.
        let is_decided = sound.is_ok() && head.method == Method::POST && api_at(head.uri.path()).is_some();
        let answered = match sound {
            Ok(()) => AssertUnwindSafe(self.dispatch(&head, &mut body, to)).catch_unwind().await,
            Err(refusal) => Ok(reply::refusal(&refusal, to)),
        };
        let mut response = answered.unwrap_or_else(|_| {
            eprintln!("wayleave: request {id} met a mistake of the gateway and was answered 500");
            reply::refusal(&Refusal::Internal, to)
        });
        // A connection that ends behind this answer, unannounced, would be taken for the next request by its caller.
        if !response.headers().contains_key(header::CONNECTION) && !intake::is_at_end(&head, &mut body).await
        {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let response = if head.method == Method::HEAD { reply::without_body(response) } else { response };
        named(response, id, is_decided)
    }

    /// Answers what came in the place of a request.
    pub(crate) fn refuse(&self, bad: BadHead) -> Response<AnswerBody> {
        let id = self.randomness.request_id();
        let to = Addressee { dialect: Dialect::OpenAi, request_id: &id };
        named(reply::refusal(&Refusal::Head(bad), to), id, false)
    }

    /// By method and path, exactly as they stand: nothing is decoded or normalised but a model's name.
    async fn dispatch(&self, head: &Parts, body: &mut Incoming, to: Addressee<'_>) -> Response<AnswerBody> {
        let path = head.uri.path();
        let api = api_at(path);
        let is_ours = api.is_some()
            || matches!(path, "/v1/models" | "/healthz" | "/readyz")
            || models::name_in(path).is_some();
        if !is_ours {
            return reply::refusal(&Refusal::UnknownPath, to);
        }
        let (allowed, word): (&[Method], _) = if api.is_some() {
            (&[Method::POST], "POST")
        } else {
            (&[Method::GET, Method::HEAD], "GET, HEAD")
        };
        if !allowed.contains(&head.method) {
            return reply::refusal(&Refusal::WrongMethod(word), to);
        }
        match (api, path) {
            // In a box: whatever holds it is copied from place to place before it runs, and it is large.
            (Some(api), _) => boxed(|| self.complete(api, (head, body), to.request_id)).await,
            (None, "/healthz") => status::alive(),
            (None, "/readyz") => self.readiness(),
            (None, _) => self.models(&head.headers, head.uri.query(), models::name_in(path), to),
        }
    }

    /// Who asks, by the credential in the headers, and the key that it is, where it is one.
    fn identify(&self, headers: &HeaderMap) -> Result<(Arc<Identity>, Option<Held>), Refusal> {
        let held = identify::credential(headers)?.and_then(|key| self.store.hold_key(key));
        match self.settings.access {
            Access::Open => Ok((Arc::clone(&self.anonymous), held)),
            Access::Keys => {
                let held = held.ok_or(Refusal::Unauthenticated)?;
                Ok((Arc::clone(held.holder()), Some(held)))
            }
        }
    }

    /// A request that wants an answer of a model.
    async fn complete(
        &self,
        api: Api,
        (head, body): (&Parts, &mut Incoming),
        id: &str,
    ) -> Response<AnswerBody> {
        let mut recording =
            Recording::begin(Arc::clone(&self.store), self.current.served(), api, id, self.epoch);
        self.correlate(&head.headers, &mut recording);
        let pressure = self.pressure();
        recording.served().health.press(pressure >= Pressure::Tight);
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let Some(slot) = slot.filter(|_| pressure < Pressure::Full) else {
            recording.refused(&Refusal::Overloaded);
            return reply::refusal(&Refusal::Overloaded, recording.addressee());
        };
        recording.holds(slot);
        match self.prepare(api, (head, body), &mut recording).await {
            Ok((call, body)) => {
                let response = self.execute(&call, &body, recording).await;
                self.together().await;
                response
            }
            Err(refusal) => {
                recording.refused(&refusal);
                reply::refusal(&refusal, recording.addressee())
            }
        }
    }

    /// Lets others come as far. Requests that came together are decided one after the other, then sent one after the other, and so
    /// are their answers: each finds in the processor's caches what the one before it has brought there, and whoever takes them
    /// stays awake. Alone, a request waits for nothing.
    async fn together(&self) {
        if self.slots.available_permits() + 1 < self.settings.streams_limit {
            tokio::task::yield_now().await;
        }
    }

    async fn read(&self, api: Api, body: &Bytes) -> Result<Call, Refusal> {
        if body.len() <= INLINE_BYTES {
            return call::read(api, body).map_err(Refusal::Call);
        }
        let body = body.clone();
        let read = beside(&self.translations, move || call::read(api, &body)).await;
        read.ok_or(Refusal::Internal)?.map_err(Refusal::Call)
    }

    /// Notes what others call a request, as far as the settings want to know.
    fn correlate(&self, headers: &HeaderMap, recording: &mut Recording) {
        let caller_request_id = match self.settings.caller_request_id {
            CallerRequestId::Kept => trace::caller_id(headers),
            CallerRequestId::Ignored => None,
        };
        let trace = match self.settings.trace_context {
            TraceContext::Continued => Some(Trace::of_request(headers, self.randomness.bytes())),
            TraceContext::Ignored => None,
        };
        recording.correlated(caller_request_id, trace);
    }

    /// Identity, body, attributes, decision: what is left is to execute a plan.
    async fn prepare(
        &self,
        api: Api,
        (head, body): (&Parts, &mut Incoming),
        recording: &mut Recording,
    ) -> Result<(Call, Bytes), Refusal> {
        let (identity, key) = self.identify(&head.headers)?;
        recording.identified(&identity);
        recording.let_in_by(key);
        // Whoever is let in without a key is everybody.
        if self.settings.access == Access::Keys {
            let limit = self.settings.streams_per_caller;
            let place = self.places.take(&identity.caller_id, limit);
            recording.holds_place(place.ok_or(Refusal::TooManyAtOnce(limit))?);
        }
        let limit = self.settings.body_limit_bytes;
        let patience = self.settings.timeouts.body_read;
        let body = intake::body(&head.headers, body, limit, patience, &self.memory).await?;
        let mut call = self.read(api, &body).await?;
        call.passed = dialect::passed(api, &head.headers).map_err(Refusal::Attribute)?;
        recording.called(&call);
        let served = Arc::clone(recording.served());
        let program = &served.program;
        if !program.catalogue().knows(&call.model) {
            return Err(Refusal::UnknownModel(call.model));
        }
        let subject = Subject {
            request_id: recording.request_id(),
            headers: &head.headers,
            call: &call,
            identity: &identity,
            caller: served.callers.attributes(program.as_ref(), &identity),
            now: now(),
        };
        let now = subject.now;
        let mut attributes = attributes::of_request(program.schema(), subject).map_err(Refusal::Attribute)?;
        let asked = Asked { served: &served, api, body: &body, permits: &self.inspections };
        let deadline = recording.started() + self.settings.timeouts.total;
        let counted = patience::until(&self.is_stopping, deadline, asked.count(&call, &mut attributes)).await;
        recording.counted(in_time(counted)?);
        recording.known(&attributes);
        let looked = patience::until(&self.is_stopping, deadline, asked.supply(&mut attributes)).await;
        recording.inspected(in_time(looked)?);
        let decision = program.decide(&attributes);
        let refusal = Refusal::of_decision(&decision, now);
        recording.decided(&attributes, decision, self.settings.timeouts.total);
        refusal.map_or(Ok((call, body)), Err)
    }
}

/// What is made, in a box. `Box::pin` is given what was made elsewhere, and copies it: some kilobytes, of a large future.
fn boxed<T>(make: impl FnOnce() -> T) -> Pin<Box<T>> {
    Box::into_pin(Box::write(Box::new_uninit(), make()))
}

/// Where answers of models are asked for.
fn api_at(path: &str) -> Option<Api> {
    match path {
        "/v1/chat/completions" => Some(Api::Chat),
        "/v1/embeddings" => Some(Api::Embeddings),
        "/v1/messages" => Some(Api::Messages),
        "/v1/messages/count_tokens" => Some(Api::CountTokens),
        _ => None,
    }
}

/// An answer with the id of its request, which is its record's too where it was decided.
fn named(mut response: Response<AnswerBody>, id: String, is_decided: bool) -> Response<AnswerBody> {
    let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(id)) else { return response };
    if is_decided {
        response.headers_mut().insert(DECISION_HEADER, value.clone());
    }
    // What SDKs show of a request: the provider's, where there is one.
    response.headers_mut().entry(trace::REQUEST_ID).or_insert(value);
    response
}

/// What was read off a request's texts, if it could be and in time.
fn in_time<T>(read: Until<Result<T, Unreadable>>) -> Result<T, Refusal> {
    match read {
        Until::Done(Ok(done)) => Ok(done),
        Until::Done(Err(Unreadable::TooMany)) => Err(Refusal::TooManyTexts),
        Until::Done(Err(Unreadable::Mistake)) => Err(Refusal::Internal),
        Until::DeadlinePassed => Err(Refusal::DeadlinePassed),
        Until::Stopping => Err(Refusal::Stopping),
    }
}

/// The wall clock, in whole seconds.
fn now() -> value::Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    value::Instant(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
