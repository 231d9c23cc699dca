//! One caller's request through all its attempts: events in, actions out. No socket, no clock: what time it is comes with
//! each event, what is measured of targets from [`Health`], and chance from a seed.
//!
//! ```text
//!            begin                     content of one            completed
//!   Fresh ───────────▶ Calling ─────────────────▶ Relaying(n) ─────────────────▶ Over
//!                       │   ▲ │                        │ failed: error event      ▲
//!                       └───┘ └── nothing left ────────┴──────────────────────────┘
//!             failed: the same again after a wait, or the next;
//!             slow: the next beside it (`hedge after`)
//! ```
//!
//! What is called is a candidate of the plan and nothing else; one that is known to fail now is passed over. At most two
//! run at once, and the first that has content is the one. Once content has reached the caller there is no second
//! attempt, and a caller's own mistake never leads to one.

pub mod failure;

pub mod relay;

pub mod verdict;

pub mod ending;

mod again;

mod retry_after;

use crate::health::{Admission, Away, Call, Health, Ticket};
use crate::wire::Usage;
use crate::wire::errors::Broken;
use again::Again;
use ending::Ending;
use failure::{Failure, NOT_SPOKEN};
use std::sync::Arc;
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::decision::Decision;
use wayleave_program::plan::FailureClass;

/// A target of the plan that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub target: TargetId,
    /// `provider/model`.
    pub name: String,
    /// Until its first content, as its stage says.
    pub within_ms: Option<u64>,
}

/// A candidate that was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The position of its candidate.
    pub position: usize,
    /// Which.
    pub target: TargetId,
    /// `provider/model`.
    pub name: String,
    /// When it was called.
    pub started_ms: u64,
    /// When its first content was there.
    pub content_ms: Option<u64>,
    /// When it was over.
    pub ended_ms: Option<u64>,
    /// The provider's status, if there was one.
    pub status: Option<u16>,
    /// Why it failed; none for one that did not, or has not yet.
    pub failure: Option<Failure>,
    /// Whether another one had content first.
    pub is_superseded: bool,
    /// The tokens, by the provider's count or an estimate.
    pub usage: Option<Usage>,
}

/// A candidate that was not called, as it was known to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The position of the candidate.
    pub position: usize,
    /// `provider/model`.
    pub name: String,
    /// Why, and until when.
    pub away: Away,
}

/// What has happened. Attempts are named by their position among [`attempts`](Exchange::attempts).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The request is decided.
    Begin,
    /// Some time has passed: what was waited for may be due.
    Tick,
    /// An attempt was answered with that status.
    Status(usize, u16),
    /// An attempt's first content is there.
    Content(usize),
    /// An attempt's answer is whole.
    Completed(usize, Usage),
    /// An attempt failed, before or after its first content.
    Failed(usize, Failure),
    /// The caller has left.
    CallerGone,
    /// The exchange has lasted as long as it may.
    DeadlinePassed,
    /// The gateway stops.
    Stopping,
    /// The caller's key was revoked.
    Revoked,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Call the candidate of that attempt, beside what runs.
    Call(usize),
    /// Go on with what runs, and come back at [`wakes_at_ms`](Exchange::wakes_at_ms).
    Wait,
    /// Hand the caller what this attempt held back, and from now on what comes; whatever else runs is to be dropped.
    Relay(usize),
    /// Answer the caller with an error: no content has reached it. Whatever runs is to be dropped.
    Answer(Box<Ending>),
    /// Send the caller an error event and close: content has reached it.
    Break(Box<Ending>),
    /// Nothing more: the answer is whole, or nobody reads it.
    Close,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The caller has a whole answer.
    Served,
    /// The caller has a provider's refusal of its own mistake.
    Rejected,
    /// No candidate answered.
    Failed,
    /// No candidate was called: each was known to fail.
    Unavailable,
    /// The answer broke off after its first content.
    Truncated,
    /// The caller left.
    CallerGone,
    /// It lasted too long.
    DeadlinePassed,
    /// The gateway stopped.
    Stopped,
    /// The caller may not ask any more.
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Calling,
    Relaying(usize),
    Over(Outcome),
}

/// As many attempts run at once: one, and another beside it.
const RUNNING_LIMIT: usize = 2;

/// What an exchange goes by, beside its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The whole exchange, where the policy states no shorter deadline.
    pub total_ms: u64,
    /// Whether the caller reads a stream: only then is the first content a first token.
    pub is_stream: bool,
    /// For jitter: unlike any other request's.
    pub seed: u64,
}

/// One request on its way through its plan.
#[derive(Debug)]
pub struct Exchange {
    candidates: Vec<Candidate>,
    failover: Vec<FailureClass>,
    hedge_ms: Option<u64>,
    again: Again,
    is_stream: bool,
    health: Arc<Health>,
    attempts: Vec<Attempt>,
    /// Of each attempt, while it runs.
    tickets: Vec<Option<Ticket>>,
    passed: Vec<PassedOver>,
    /// The position of the candidate that comes next.
    next: usize,
    /// A candidate that is called again, and when.
    waiting: Option<(usize, u64)>,
    /// The last attempt for which another was asked beside it, or would have been.
    hedged: Option<usize>,
    /// What a failure that leads nowhere comes to; told once nothing else runs.
    verdict: Option<(Outcome, Box<Ending>)>,
    begun_ms: u64,
    deadline_ms: u64,
    state: State,
}

impl Exchange {
    /// Under a decision that routes, from that moment on.
    pub fn new(
        decision: &Decision,
        catalogue: &Catalogue,
        health: Arc<Health>,
        bounds: Bounds,
        now_ms: u64,
    ) -> Exchange {
        let count = decision.plan.iter().map(|stage| stage.candidates.len()).sum();
        let mut candidates = Vec::with_capacity(count);
        for stage in &decision.plan {
            let targets = health.sorted(&stage.candidates, stage.order, bounds.is_stream, now_ms);
            candidates.extend(targets.iter().map(|target| Candidate {
                target: *target,
                name: catalogue.target(*target).name.clone(),
                within_ms: stage.within_ms,
            }));
        }
        let total_ms = decision.deadline_ms.map_or(bounds.total_ms, |own| own.min(bounds.total_ms));
        let deadline_ms = now_ms.saturating_add(total_ms);
        Exchange {
            candidates,
            failover: decision.failover.clone(),
            hedge_ms: decision.hedge_ms,
            again: Again::new(decision, bounds.seed, deadline_ms),
            is_stream: bounds.is_stream,
            health,
            // Most have one.
            attempts: Vec::with_capacity(1),
            tickets: Vec::with_capacity(1),
            passed: Vec::new(),
            next: 0,
            waiting: None,
            hedged: None,
            verdict: None,
            begun_ms: now_ms,
            deadline_ms,
            state: State::Fresh,
        }
    }

    /// Leaves out the candidates that may not be asked; before the first is.
    pub fn keep(&mut self, may_ask: impl FnMut(&Candidate) -> bool) {
        debug_assert!(self.state == State::Fresh, "nothing has been asked");
        self.candidates.retain(may_ask);
    }

    /// The plan's candidates, in the order in which they are tried.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The attempts so far, in their order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The candidates that were passed over so far.
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.passed
    }

    /// When it has to be over.
    pub fn deadline_ms(&self) -> u64 {
        self.deadline_ms
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Over(outcome) => Some(outcome),
            State::Fresh | State::Calling | State::Relaying(_) => None,
        }
    }

    /// The attempt whose answer the caller gets, or got the beginning of.
    pub fn serving(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.content_ms.is_some())
    }

    /// When [`Event::Tick`] is due, whatever else happens.
    pub fn wakes_at_ms(&self) -> u64 {
        let retry = self.waiting.map(|(_, at_ms)| at_ms);
        let hedge = self.hedges_at_ms().map(|(_, at_ms)| at_ms);
        [retry, hedge].into_iter().flatten().fold(self.deadline_ms, u64::min)
    }

    /// Takes an event and says what is to be done.
    pub fn on(&mut self, event: Event, now_ms: u64) -> Action {
        match (self.state, event) {
            (State::Over(_), _) => Action::Close,
            (State::Fresh, Event::Begin) => {
                self.state = State::Calling;
                self.call_next(Call::First, now_ms)
            }
            (_, Event::CallerGone) => self.stop(Outcome::CallerGone, now_ms),
            (_, Event::DeadlinePassed) => self.stop(Outcome::DeadlinePassed, now_ms),
            (_, Event::Stopping) => self.stop(Outcome::Stopped, now_ms),
            (_, Event::Revoked) => self.stop(Outcome::Revoked, now_ms),
            (_, Event::Tick) if now_ms >= self.deadline_ms => self.stop(Outcome::DeadlinePassed, now_ms),
            (State::Calling, Event::Tick) => self.tick(now_ms),
            (_, Event::Status(number, status)) => {
                if let Some(attempt) = self.attempts.get_mut(number) {
                    attempt.status = Some(status);
                }
                Action::Wait
            }
            (State::Calling, Event::Content(number)) if self.runs(number) => self.win(number, now_ms),
            (State::Calling, Event::Failed(number, failure)) if self.runs(number) => {
                self.fell(number, failure, now_ms)
            }
            (State::Relaying(serving), Event::Completed(number, usage)) if serving == number => {
                self.attempts[number].usage = Some(usage);
                if let Some(ticket) = self.end(number, None, now_ms) {
                    ticket.succeeded();
                }
                self.over(Outcome::Served);
                Action::Close
            }
            (State::Relaying(serving), Event::Failed(number, failure)) if serving == number => {
                let ending = Ending::of_broken(&self.attempts[number].name, &failure);
                self.fail(number, failure, now_ms);
                self.over(Outcome::Truncated);
                self.break_off(ending)
            }
            // News of an attempt that is over, or of nothing.
            (
                State::Fresh | State::Calling | State::Relaying(_),
                Event::Begin | Event::Tick | Event::Content(_) | Event::Completed(..) | Event::Failed(..),
            ) => Action::Wait,
        }
    }

    /// Notes the tokens counted so far, for an answer that may still break off.
    pub fn count(&mut self, usage: Usage) {
        if let State::Relaying(serving) = self.state {
            self.attempts[serving].usage = Some(usage);
        }
    }

    fn runs(&self, number: usize) -> bool {
        self.tickets.get(number).is_some_and(Option::is_some)
    }

    fn running(&self) -> usize {
        self.tickets.iter().filter(|ticket| ticket.is_some()).count()
    }

    /// Calls the next candidate that is not known to fail.
    fn call_next(&mut self, call: Call, now_ms: u64) -> Action {
        if now_ms >= self.deadline_ms {
            return self.stop(Outcome::DeadlinePassed, now_ms);
        }
        while let Some(candidate) = self.candidates.get(self.next) {
            match self.health.admit(candidate.target, call, now_ms) {
                Admission::Admitted(ticket) => {
                    self.next += 1;
                    return self.begin(self.next - 1, ticket, now_ms);
                }
                Admission::Away(away) => {
                    self.passed.push(PassedOver { position: self.next, name: candidate.name.clone(), away });
                    self.next += 1;
                }
                // Its turn comes when what runs has failed.
                Admission::OverBudget => return Action::Wait,
            }
        }
        if self.running() > 0 { Action::Wait } else { self.fail_all(now_ms) }
    }

    fn begin(&mut self, position: usize, ticket: Ticket, now_ms: u64) -> Action {
        let candidate = &self.candidates[position];
        self.attempts.push(Attempt {
            position,
            target: candidate.target,
            name: candidate.name.clone(),
            started_ms: now_ms,
            content_ms: None,
            ended_ms: None,
            status: None,
            failure: None,
            is_superseded: false,
            usage: None,
        });
        self.tickets.push(Some(ticket));
        Action::Call(self.attempts.len() - 1)
    }

    /// A candidate has content: it is the one.
    fn win(&mut self, number: usize, now_ms: u64) -> Action {
        self.attempts[number].content_ms = Some(now_ms);
        if let Some(ticket) = &mut self.tickets[number] {
            ticket.content(self.is_stream, now_ms);
        }
        for other in (0..self.attempts.len()).filter(|other| *other != number) {
            if let Some(ticket) = self.end(other, None, now_ms) {
                ticket.outrun(self.is_stream, now_ms);
                self.attempts[other].is_superseded = true;
            }
        }
        self.waiting = None;
        self.state = State::Relaying(number);
        Action::Relay(number)
    }

    /// A candidate failed before its first content.
    fn fell(&mut self, number: usize, failure: Failure, now_ms: u64) -> Action {
        let leads_on = failure.leads_on(&self.failover);
        let position = self.attempts[number].position;
        if !leads_on {
            let verdict = Ending::of_rejection(&failure).map(|ending| (Outcome::Rejected, Box::new(ending)));
            self.fail(number, failure, now_ms);
            let failed =
                || (Outcome::Failed, Box::new(Ending::of_failed(&self.attempts, &self.passed, now_ms)));
            self.verdict = Some(verdict.unwrap_or_else(failed));
            return if self.running() > 0 { Action::Wait } else { self.fail_all(now_ms) };
        }
        let made = self.attempts.iter().filter(|attempt| attempt.position == position).count();
        let at_ms = self.again.at_ms(made, &failure, now_ms);
        self.fail(number, failure, now_ms);
        if self.running() > 0 {
            // The other one may still answer; where it does not, the plan goes on behind it.
            return Action::Wait;
        }
        if self.verdict.is_some() {
            return self.fail_all(now_ms);
        }
        match at_ms {
            Some(at_ms) => {
                self.waiting = Some((position, at_ms));
                Action::Wait
            }
            None => self.call_next(Call::First, now_ms),
        }
    }

    /// Time has passed: a retry may be due, or another candidate beside the one that is slow.
    fn tick(&mut self, now_ms: u64) -> Action {
        if let Some((position, at_ms)) = self.waiting {
            if now_ms < at_ms {
                return Action::Wait;
            }
            self.waiting = None;
            let candidate = &self.candidates[position];
            return match self.health.admit(candidate.target, Call::Extra, now_ms) {
                Admission::Admitted(ticket) => self.begin(position, ticket, now_ms),
                Admission::Away(_) | Admission::OverBudget => self.call_next(Call::First, now_ms),
            };
        }
        match self.hedges_at_ms() {
            Some((number, at_ms)) if now_ms >= at_ms => {
                self.hedged = Some(number);
                self.call_next(Call::Extra, now_ms)
            }
            _ => Action::Wait,
        }
    }

    /// The attempt that another one is asked beside, and when.
    fn hedges_at_ms(&self) -> Option<(usize, u64)> {
        let hedge_ms = self.hedge_ms?;
        let is_due = self.state == State::Calling
            && self.verdict.is_none()
            && self.next < self.candidates.len()
            && (1..RUNNING_LIMIT).contains(&self.running());
        let number = self.tickets.iter().position(Option::is_some).filter(|_| is_due)?;
        let at_ms = self.attempts[number].started_ms.saturating_add(hedge_ms);
        (self.hedged < Some(number)).then_some((number, at_ms))
    }

    /// Nothing runs, and nothing more is tried.
    fn fail_all(&mut self, now_ms: u64) -> Action {
        let (outcome, ending) = self.verdict.take().unwrap_or_else(|| {
            let outcome = if self.attempts.is_empty() { Outcome::Unavailable } else { Outcome::Failed };
            (outcome, Box::new(Ending::of_failed(&self.attempts, &self.passed, now_ms)))
        });
        self.over(outcome);
        Action::Answer(ending)
    }

    /// Ends what runs, whatever it would have come to.
    fn stop(&mut self, outcome: Outcome, now_ms: u64) -> Action {
        let has_content = matches!(self.state, State::Relaying(_));
        for number in 0..self.attempts.len() {
            if outcome == Outcome::DeadlinePassed && !has_content {
                self.time_is_up(number, now_ms);
            } else {
                self.end(number, None, now_ms);
            }
        }
        self.over(outcome);
        let ending = match outcome {
            Outcome::DeadlinePassed if has_content => Ending::of_deadline(&[], &[], now_ms),
            Outcome::DeadlinePassed => Ending::of_deadline(&self.attempts, &self.passed, now_ms),
            Outcome::Stopped => Ending::of_shutdown(),
            Outcome::Revoked => Ending::of_revoked(),
            Outcome::CallerGone
            | Outcome::Served
            | Outcome::Rejected
            | Outcome::Failed
            | Outcome::Unavailable
            | Outcome::Truncated => {
                return Action::Close;
            }
        };
        if has_content { self.break_off(ending) } else { Action::Answer(Box::new(ending)) }
    }

    /// An attempt without content has no time left. Its target has failed where it had half of the exchange's time or more;
    /// one that was asked late is slow at most, since those before it have used up the time.
    fn time_is_up(&mut self, number: usize, now_ms: u64) {
        let ran_ms = now_ms.saturating_sub(self.attempts[number].started_ms);
        let failure = Failure::out_of_time(ran_ms);
        if ran_ms >= self.deadline_ms.saturating_sub(self.begun_ms) / 2 {
            self.fail(number, failure, now_ms);
        } else if let Some(ticket) = self.end(number, Some(failure), now_ms) {
            ticket.outrun(self.is_stream, now_ms);
        }
    }

    /// Content has reached the caller: the error says whose it was, and how much.
    fn break_off(&self, mut ending: Ending) -> Action {
        ending.error.broken = self.serving().map(|attempt| {
            let usage = attempt.usage.unwrap_or_else(|| Usage::estimated(0));
            let (output_tokens, is_estimated) = (usage.output_tokens, usage.is_estimated);
            Broken { target: attempt.name.clone(), output_tokens, is_estimated }
        });
        Action::Break(Box::new(ending))
    }

    fn over(&mut self, outcome: Outcome) {
        self.waiting = None;
        self.state = State::Over(outcome);
    }

    fn fail(&mut self, number: usize, failure: Failure, now_ms: u64) {
        if let Some(ticket) = self.end(number, Some(failure), now_ms)
            && let Some(failure) = &self.attempts[number].failure
            // Of a target that was not asked nothing is known.
            && failure.class != NOT_SPOKEN
        {
            ticket.failed(failure.class, failure.retry_after_s, now_ms);
        }
    }

    /// Ends an attempt that runs; its ticket, which says nothing of its target where it is dropped.
    fn end(&mut self, number: usize, failure: Option<Failure>, now_ms: u64) -> Option<Ticket> {
        let ticket = self.tickets.get_mut(number)?.take()?;
        let attempt = &mut self.attempts[number];
        attempt.ended_ms = Some(now_ms);
        attempt.status = failure.as_ref().and_then(|failure| failure.status).or(attempt.status);
        attempt.failure = failure;
        Some(ticket)
    }
}

#[cfg(test)]
mod tests;
