//! The record of one request while it runs: handed to the store exactly once, when the request is over, however that
//! came about: answered, refused, left by its caller, or lost in a panic.

mod chosen;

use super::places::Place;
use super::reply;
use crate::current::Served;
use crate::documents::Source;
use crate::error::{Refusal, is_model_name};
use crate::exchange::failure::{Failure, NOT_SPOKEN};
use crate::exchange::{self, Action, Attempt, Bounds, Candidate, Event, Exchange};
use crate::keys::{Held, Identity};
use crate::record::{
    AttemptRecord, DecisionRecord, KnownRequest, Outcome, PassedOverRecord, RecordedCaller,
    RecordedInspection, RecordedTokens,
};
use crate::store::Store;
use crate::trace::Trace;
use crate::upstream::Repeat;
use crate::wire::call::Call;
use crate::wire::errors::Addressee;
use crate::wire::marks::Marks;
use crate::wire::{Api, Usage, carry};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::{self, Decision};
use wayleave_program::plan::{FailureClass, LogLevel};
use wayleave_program::value::Value;

/// A request that runs. Dropping it makes its record. It goes from hand to hand in a box, as it is large.
pub(super) struct Recording {
    store: Arc<Store>,
    served: Arc<Served>,
    started: Instant,
    /// The moment from which the exchange counts time.
    epoch: Instant,
    /// Wall clock, milliseconds since 1970.
    at_ms: i64,
    id: String,
    api: Api,
    is_stream: bool,
    caller: RecordedCaller,
    model: String,
    /// An estimate of input tokens, for answers whose provider counts nothing.
    input_estimate: u64,
    /// What was said of the request, before anybody looked through its texts, and the names of what was too long of it.
    said: Option<(KnownRequest, Vec<String>)>,
    inspection: Option<RecordedInspection>,
    /// What the policy knew when it decided.
    request: Option<KnownRequest>,
    too_long: Vec<String>,
    decision: Option<Decision>,
    exchange: Option<Exchange>,
    /// How it ended without an exchange.
    outcome: Outcome,
    reasons: Vec<String>,
    status: u16,
    caller_request_id: Option<String>,
    /// Shared with the calls that are made for the request.
    trace: Option<Arc<Trace>>,
    /// The request's place among those that run at once.
    slot: Option<OwnedSemaphorePermit>,
    /// The same among those of its caller.
    place: Option<Place>,
    key: Option<Held>,
    /// The attempt that serves, and what was left out on its way between two dialects.
    left_out: Option<(usize, String)>,
    /// The attempt that serves, and what was odd about its answer.
    marked: Option<(usize, Marks)>,
}

impl Recording {
    /// Of a request that has just arrived.
    pub(super) fn begin(
        store: Arc<Store>,
        served: Arc<Served>,
        api: Api,
        id: &str,
        epoch: Instant,
    ) -> Box<Recording> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Box::new(Recording {
            store,
            served,
            started: Instant::now(),
            epoch,
            at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            id: id.to_owned(),
            api,
            is_stream: false,
            caller: RecordedCaller::default(),
            model: String::new(),
            input_estimate: 0,
            said: None,
            inspection: None,
            request: None,
            too_long: Vec::new(),
            decision: None,
            exchange: None,
            outcome: Outcome::ClientGone,
            reasons: Vec::new(),
            status: 0,
            caller_request_id: None,
            trace: None,
            slot: None,
            place: None,
            key: None,
            left_out: None,
            marked: None,
        })
    }

    /// Notes what others call the request.
    pub(super) fn correlated(&mut self, caller_request_id: Option<String>, trace: Option<Trace>) {
        self.caller_request_id = caller_request_id;
        self.trace = trace.map(Arc::new);
    }

    /// Keeps the key that let the request in.
    pub(super) fn let_in_by(&mut self, key: Option<Held>) {
        self.key = key;
    }

    /// The key that let the request in, for whoever waits for its end.
    pub(super) fn key(&mut self) -> Option<&mut Held> {
        self.key.as_mut()
    }

    /// Keeps the request's place until it is over.
    pub(super) fn holds(&mut self, slot: OwnedSemaphorePermit) {
        self.slot = Some(slot);
    }

    /// The same for its place among those of its caller.
    pub(super) fn holds_place(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Gives up both places, where nothing is left to do but to hand out an answer.
    pub(super) fn let_others_in(&mut self) {
        (self.slot, self.place) = (None, None);
    }

    /// The trace that the request belongs to.
    pub(super) fn trace(&self) -> Option<&Arc<Trace>> {
        self.trace.as_ref()
    }

    /// The policy that the request is under, from its first byte to its last.
    pub(super) fn served(&self) -> &Arc<Served> {
        &self.served
    }

    pub(super) fn request_id(&self) -> &str {
        &self.id
    }

    pub(super) fn api(&self) -> Api {
        self.api
    }

    /// How the caller is told of errors.
    pub(super) fn addressee(&self) -> Addressee<'_> {
        Addressee { dialect: self.api.dialect(), request_id: &self.id }
    }

    /// When the request arrived.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Notes who asks.
    pub(super) fn identified(&mut self, identity: &Identity) {
        self.caller = RecordedCaller {
            key_id: identity.key_id.clone(),
            id: identity.caller_id.clone(),
            team: identity.team.clone().unwrap_or_default(),
            app: identity.app.clone().unwrap_or_default(),
            groups: identity.groups.clone(),
        };
    }

    /// Notes what is asked for.
    pub(super) fn called(&mut self, call: &Call) {
        self.model.clone_from(&call.model);
        self.is_stream = call.is_stream;
        self.input_estimate = call.size.estimate;
    }

    /// Notes how many tokens its input has as far as we can tell.
    pub(super) fn counted(&mut self, tokens: u64) {
        self.input_estimate = tokens;
    }

    /// Notes what is known of the request beside its texts.
    pub(super) fn known(&mut self, attributes: &Attributes) {
        let schema = self.served.program.schema();
        self.said = Some(KnownRequest::of(schema, attributes, &self.caller.team));
    }

    /// Notes what was looked through.
    pub(super) fn inspected(&mut self, inspection: Option<RecordedInspection>) {
        self.inspection = inspection;
    }

    /// Notes what is decided on what is known; what runs from here on is that decision's plan.
    pub(super) fn decided(&mut self, attributes: &Attributes, decision: Decision, total: Duration) {
        let keeps_nothing = decision.obligations.iter().any(|owed| owed.obligations.log == LogLevel::None);
        if let Some((said, too_long)) = self.said.take().filter(|_| !keeps_nothing) {
            // Mostly nothing is found, which the policy's own list tells at once.
            let is_found = |id| matches!(attributes.get(id), Some(Value::Set(found)) if !found.is_empty());
            self.request = Some(match self.served.findings.iter().any(|(id, ..)| is_found(*id)) {
                true => said.with_findings(self.served.program.schema(), attributes),
                false => said,
            });
            self.too_long = too_long;
        }
        if decision.outcome == decision::Outcome::Route {
            let health = Arc::clone(&self.served.health);
            let now = Instant::now();
            let bounds = Bounds {
                total_ms: in_milliseconds(total.saturating_sub(now - self.started)),
                is_stream: self.is_stream && self.api.can_stream(),
                seed: seed(&self.id),
            };
            let catalogue = self.served.program.catalogue();
            let now_ms = in_milliseconds(now - self.epoch);
            let mut exchange = Exchange::new(&decision, catalogue, health, bounds, now_ms);
            if self.api == Api::CountTokens {
                let counting = counting(&decision, catalogue);
                exchange.keep(|candidate| counting.contains(&candidate.target));
            }
            self.exchange = Some(exchange);
        }
        self.decision = Some(decision);
    }

    /// Notes that no provider is asked, and why.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        self.outcome = match refusal {
            Refusal::Unauthenticated => Outcome::DeniedIdentity,
            Refusal::TooLong(_) => Outcome::TooLarge,
            Refusal::UnknownModel(_)
            | Refusal::Denied(_)
            | Refusal::ApprovalRequired(..)
            | Refusal::Limited(..) => Outcome::DeniedPolicy,
            Refusal::DeadlinePassed => Outcome::TimeoutTotal,
            Refusal::Stopping => Outcome::ShuttingDown,
            Refusal::Overloaded | Refusal::TooManyAtOnce(_) => Outcome::Overloaded,
            Refusal::Internal => Outcome::Internal,
            Refusal::BrokenOff => Outcome::ClientGone,
            Refusal::Head(_)
            | Refusal::TwoCredentials
            | Refusal::Encoding
            | Refusal::MediaType
            | Refusal::TooSlow
            | Refusal::Call(_)
            | Refusal::Attribute(_)
            | Refusal::TooManyTexts
            | Refusal::Query(..)
            | Refusal::UnknownPath
            | Refusal::WrongMethod(_) => Outcome::BadRequest,
        };
        self.reasons = refusal.kept();
        if let Refusal::UnknownModel(name) = refusal
            && !is_model_name(name)
        {
            self.model.clear();
        }
        self.answered(refusal.status().as_u16());
    }

    /// Notes the status that the caller gets.
    pub(super) fn answered(&mut self, status: u16) {
        self.status = status;
    }

    /// Notes what an attempt goes without in its provider's dialect, or its answer in the caller's; empty for nothing.
    pub(super) fn left_out(&mut self, number: usize, what: String) {
        self.left_out = Some((number, what)).filter(|(_, what)| !what.is_empty());
    }

    /// Notes what was odd about an attempt's answer.
    pub(super) fn marked(&mut self, number: usize, marks: Marks) {
        let other_model = marks.other_model.as_deref().map(|model| reply::model_name(model).to_owned());
        self.marked = Some((number, Marks { other_model, ..marks }));
    }

    /// The candidate of that attempt, and its cap on output tokens.
    pub(super) fn candidate(&self, number: usize) -> Option<(&Candidate, Option<u64>)> {
        let exchange = self.exchange.as_ref()?;
        let candidate = exchange.candidates().get(exchange.attempts().get(number)?.position)?;
        let owed = self.decision.as_ref()?.obligations.iter().find(|owed| owed.target == candidate.target);
        Some((candidate, owed.and_then(|owed| owed.obligations.cap)))
    }

    /// Whether a call may be sent again where a kept connection died under it: where the policy lets another target be asked
    /// after a call that may have been executed, it may as well be this one.
    pub(super) fn repeat(&self) -> Repeat {
        let failover = self.decision.as_ref().map(|decision| &decision.failover);
        match failover.is_some_and(|classes| classes.contains(&FailureClass::Ambiguous)) {
            true => Repeat::Once,
            false => Repeat::Never,
        }
    }

    /// The target of that attempt.
    pub(super) fn target(&self, number: usize) -> Option<TargetId> {
        Some(self.exchange.as_ref()?.attempts().get(number)?.target)
    }

    /// When the exchange has to be looked at again, whatever happens.
    pub(super) fn wakes_at(&self) -> Instant {
        self.instant(self.exchange.as_ref().map_or(0, Exchange::wakes_at_ms))
    }

    /// When the exchange has to be over.
    pub(super) fn deadline(&self) -> Instant {
        self.instant(self.exchange.as_ref().map_or(0, Exchange::deadline_ms))
    }

    fn instant(&self, at_ms: u64) -> Instant {
        self.epoch + Duration::from_millis(at_ms)
    }

    /// Tells the exchange what has happened.
    pub(super) fn on(&mut self, event: Event) -> Action {
        let now_ms = milliseconds(self.epoch);
        self.exchange.as_mut().map_or(Action::Close, |exchange| exchange.on(event, now_ms))
    }

    /// Notes the tokens counted so far.
    pub(super) fn count(&mut self, usage: Usage) {
        if let Some(exchange) = &mut self.exchange {
            exchange.count(usage);
        }
    }

    /// The record, which is made once.
    fn finish(&mut self) -> DecisionRecord {
        let is_panic = std::thread::panicking();
        let now_ms = milliseconds(self.epoch);
        if let Some(exchange) = self.exchange.as_mut().filter(|_| !is_panic) {
            // Whoever drops a running exchange does so because nobody waits for it any more.
            exchange.on(Event::CallerGone, now_ms);
        }
        let program = &self.served.program;
        let (fingerprint, decision) = (program.fingerprint(), self.decision.as_ref());
        let written = Source { catalogue: program.catalogue(), fingerprint, view: &self.served.view };
        let kept = decision.map(|decision| self.served.documents.of(written, decision));
        let (policy, source, lines) = match &kept {
            Some(kept) => (Arc::clone(&kept.policy), Arc::clone(&kept.source), Arc::clone(&kept.lines)),
            None => (Arc::from(&*fingerprint.policy), Arc::from(&*fingerprint.source), Arc::default()),
        };
        // All times of a record are cut to milliseconds of one clock, so that none is longer than what it is a part of.
        let arrived_ms = in_milliseconds(self.started - self.epoch);
        let latency_ms = now_ms.saturating_sub(arrived_ms);
        let (left_out, marked) = (std::mem::take(&mut self.left_out), std::mem::take(&mut self.marked));
        let attempts = self.exchange.as_ref().map_or(&[][..], Exchange::attempts);
        let serving = self.exchange.as_ref().and_then(Exchange::serving);
        let usage = serving.and_then(|attempt| attempt.usage);
        let is_served = self.exchange.as_ref().and_then(Exchange::outcome) == Some(exchange::Outcome::Served);
        let is_whole = |attempt: &Attempt| is_served && attempt.content_ms.is_some();
        DecisionRecord {
            at_ms: self.at_ms,
            api: self.api.recorded().to_owned(),
            is_stream: self.is_stream,
            caller_request_id: std::mem::take(&mut self.caller_request_id),
            trace: std::mem::take(&mut self.trace).map(Arc::unwrap_or_clone),
            outcome: match &self.exchange {
                _ if is_panic => Outcome::Internal,
                Some(exchange) => outcome(exchange),
                None => self.outcome,
            },
            status: if is_panic && self.status == 0 { 500 } else { self.status },
            decision: kept.as_ref().map(|kept| kept.document.clone()),
            inspection: std::mem::take(&mut self.inspection),
            request: std::mem::take(&mut self.request),
            too_long: std::mem::take(&mut self.too_long),
            decided: decision.map_or_else(String::new, |decision| decision.outcome.name().to_owned()),
            route: decision.and_then(|decision| decision.route.clone()),
            arm: decision.and_then(|decision| decision.arm),
            target: serving.map(|attempt| attempt.name.clone()),
            chosen: decision.zip(self.exchange.as_ref()).and_then(|(decision, exchange)| {
                chosen::chosen(program.catalogue(), &self.model, decision, exchange)
            }),
            attempts: attempts
                .iter()
                .enumerate()
                .filter(|(_, attempt)| !was_not_asked(attempt))
                .map(|(number, attempt)| {
                    let mut record = recorded(attempt, is_whole(attempt), arrived_ms, latency_ms);
                    if let Some((_, marks)) = marked.as_ref().filter(|(of, _)| *of == number) {
                        record.marks = marks.clone();
                    }
                    with_left_out(record, left_out.as_ref().filter(|(of, _)| *of == number))
                })
                .collect(),
            passed_over: self.exchange.as_ref().map(passed_over).unwrap_or_default(),
            tokens: usage.map(|usage| tokens(usage, self.input_estimate)).unwrap_or_default(),
            latency_ms,
            first_content_ms: serving
                .and_then(|attempt| attempt.content_ms)
                .map(|at_ms| at_ms.saturating_sub(arrived_ms)),
            policy,
            source,
            lines,
            id: std::mem::take(&mut self.id),
            caller: std::mem::take(&mut self.caller),
            model: std::mem::take(&mut self.model),
            reasons: std::mem::take(&mut self.reasons),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let record = self.finish();
        self.store.record(record);
    }
}

/// Who may count tokens for a request: the first candidate, and those of its stage that have the same model. Another
/// model may split texts otherwise, and its number would be wrong.
fn counting(decision: &Decision, catalogue: &Catalogue) -> Vec<TargetId> {
    let Some((first, _)) = decision.candidates().next() else { return Vec::new() };
    let can_count = |target: TargetId| carry::can_count(catalogue.provider_of(target).protocol);
    if !can_count(first) {
        return vec![first];
    }
    let model = &catalogue.target(first).remote;
    let stage = decision.plan.iter().find(|stage| stage.candidates.contains(&first));
    let others = stage.into_iter().flat_map(|stage| stage.candidates.iter().copied());
    others.filter(|target| can_count(*target) && catalogue.target(*target).remote == *model).collect()
}

fn milliseconds(since: Instant) -> u64 {
    in_milliseconds(since.elapsed())
}

fn in_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A request's id has 80 random bits; jitter needs fewer.
fn seed(id: &str) -> u64 {
    id.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// What another attempt was faster than.
const SUPERSEDED: &str = "superseded";

/// What was ended before it was whole, for a reason that is not its provider's.
const CANCELLED: &str = "cancelled";

fn recorded(attempt: &Attempt, is_whole: bool, arrived_ms: u64, over_ms: u64) -> AttemptRecord {
    let since_start = |at_ms: u64| at_ms.saturating_sub(attempt.started_ms);
    let failed = attempt.failure.as_ref().map(|failure| failure.class);
    AttemptRecord {
        target: attempt.name.clone(),
        cause: match failed {
            Some(class) => Some(class.name()),
            None if attempt.is_superseded => Some(SUPERSEDED.to_owned()),
            None => (!is_whole).then(|| CANCELLED.to_owned()),
        },
        status: attempt.status,
        started_ms: attempt.started_ms.saturating_sub(arrived_ms),
        first_content_ms: attempt.content_ms.map(since_start),
        latency_ms: since_start(attempt.ended_ms.unwrap_or(arrived_ms + over_ms)),
        maybe_billed: match failed {
            Some(class) => matches!(class, FailureClass::Ambiguous | FailureClass::Timeout),
            // Called, and dropped before anything came of it.
            None => attempt.usage.is_none(),
        },
        marks: Marks::default(),
        detail: attempt.failure.as_ref().map(|failure| failure.cause.clone()).unwrap_or_default(),
    }
}

/// What was left out stands before what went wrong.
fn with_left_out(record: AttemptRecord, left_out: Option<&(usize, String)>) -> AttemptRecord {
    let detail = match left_out {
        None => record.detail,
        Some((_, what)) if record.detail.is_empty() => what.clone(),
        Some((_, what)) => format!("{what}; {}", record.detail),
    };
    AttemptRecord { detail, ..record }
}

/// Whether nothing was sent: its provider cannot be asked such a call.
fn was_not_asked(attempt: &Attempt) -> bool {
    attempt.failure.as_ref().is_some_and(|failure| failure.class == NOT_SPOKEN)
}

/// The candidates that were not called, in their order.
fn passed_over(exchange: &Exchange) -> Vec<PassedOverRecord> {
    let known_to_fail =
        exchange.passed_over().iter().map(|passed| (passed.position, &passed.name, passed.away.why.words()));
    let not_asked = exchange.attempts().iter().filter(|attempt| was_not_asked(attempt)).map(|attempt| {
        let cause = attempt.failure.as_ref().map_or("", |failure| failure.cause.as_str());
        (attempt.position, &attempt.name, cause)
    });
    let mut passed: Vec<(usize, &String, &str)> = known_to_fail.chain(not_asked).collect();
    passed.sort_by_key(|(position, ..)| *position);
    let record = |(_, target, cause): (usize, &String, &str)| PassedOverRecord {
        target: target.clone(),
        cause: cause.to_owned(),
    };
    passed.into_iter().map(record).collect()
}

fn tokens(usage: Usage, input_estimate: u64) -> RecordedTokens {
    RecordedTokens {
        input: if usage.is_estimated && usage.input_tokens == 0 {
            input_estimate
        } else {
            usage.input_tokens
        },
        output: usage.output_tokens,
        cached: usage.cached_tokens,
        cache_written: usage.cache_written_tokens,
        reasoning: usage.reasoning_tokens,
        is_estimated: usage.is_estimated,
    }
}

/// How an exchange ended, in the words of the audit trail.
fn outcome(exchange: &Exchange) -> Outcome {
    let failures = || exchange.attempts().iter().rev().filter_map(|attempt| attempt.failure.as_ref());
    // Who could not be asked is not what is wrong, where others could.
    let last = failures().find(|failure| failure.class != NOT_SPOKEN).or_else(|| failures().next());
    match exchange.outcome() {
        Some(exchange::Outcome::Served) => Outcome::Ok,
        Some(exchange::Outcome::Rejected) => Outcome::RejectedUpstream,
        Some(exchange::Outcome::Failed) => last.map_or(Outcome::Internal, failed),
        Some(exchange::Outcome::Unavailable) => Outcome::Unavailable,
        Some(exchange::Outcome::Truncated) => match last {
            Some(failure) if failure.class == FailureClass::Timeout => Outcome::TimeoutIdle,
            Some(failure) if failure.said.is_some() => Outcome::UpstreamErrorMidstream,
            Some(failure) if failure.class == FailureClass::ServerError => Outcome::BadUpstream,
            _ => Outcome::Truncated,
        },
        Some(exchange::Outcome::CallerGone) | None => Outcome::ClientGone,
        Some(exchange::Outcome::DeadlinePassed) => Outcome::TimeoutTotal,
        Some(exchange::Outcome::Stopped) => Outcome::ShuttingDown,
        Some(exchange::Outcome::Revoked) => Outcome::DeniedIdentity,
    }
}

fn failed(failure: &Failure) -> Outcome {
    match failure.class {
        FailureClass::Unreachable => Outcome::FailedConnect,
        FailureClass::Ambiguous => Outcome::Ambiguous,
        FailureClass::Timeout => Outcome::TimeoutFirstByte,
        FailureClass::RateLimited => Outcome::RateLimited,
        FailureClass::Credential => Outcome::UpstreamAuth,
        NOT_SPOKEN => Outcome::BadRequest,
        FailureClass::Overloaded | FailureClass::Status(_) => Outcome::UpstreamError,
        FailureClass::ServerError if failure.status.is_some_and(|status| status >= 500) => {
            Outcome::UpstreamError
        }
        FailureClass::ServerError | FailureClass::ModelMissing => Outcome::BadUpstream,
        FailureClass::Refused | FailureClass::ContextLength => Outcome::RejectedUpstream,
    }
}
