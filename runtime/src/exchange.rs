//! One caller's request through all its attempts: events in, actions out. No socket, no clock.
//!
//! ```text
//!            begin                    content                      completed
//!   Fresh ───────────▶ Calling(n) ───────────▶ Relaying(n) ─────────────────▶ Over
//!                       │   ▲ │                     │ failed: error event      ▲
//!                       └───┘ └── nothing left ─────┴──────────────────────────┘
//!                      failed, next candidate
//! ```
//!
//! What is called is a candidate of the plan and nothing else. Once content has reached the caller there is no second
//! attempt, and a caller's own mistake never leads to one.

pub mod failure;

pub mod relay;

pub mod verdict;

pub mod ending;

mod retry_after;

use crate::wire::Usage;
use ending::Ending;
use failure::Failure;
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
    /// Which.
    pub target: TargetId,
    /// `provider/model`.
    pub name: String,
    /// When it was called, in milliseconds from the start of the exchange.
    pub started_ms: u64,
    /// When its first content was there.
    pub content_ms: Option<u64>,
    /// When it was over.
    pub ended_ms: Option<u64>,
    /// The provider's status, if there was one.
    pub status: Option<u16>,
    /// Why it failed; none for one that did not, or has not yet.
    pub failure: Option<Failure>,
    /// The tokens, by the provider's count or an estimate.
    pub usage: Option<Usage>,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The request is decided.
    Begin,
    /// The candidate answered with that status.
    Status(u16),
    /// The candidate's first content is there.
    Content,
    /// The candidate's answer is whole.
    Completed(Usage),
    /// The candidate failed, before or after its first content.
    Failed(Failure),
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
    /// Call the candidate of that position.
    Call(usize),
    /// Go on with the candidate that is being called.
    Go,
    /// Hand the caller what was held back, and from now on what comes.
    Relay,
    /// Answer the caller with an error: no content has reached it.
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
    Calling(usize),
    Relaying(usize),
    Over(Outcome),
}

/// One request on its way through its plan.
#[derive(Debug)]
pub struct Exchange {
    candidates: Vec<Candidate>,
    failover: Vec<FailureClass>,
    attempts: Vec<Attempt>,
    state: State,
}

impl Exchange {
    /// Under a decision that routes.
    pub fn new(decision: &Decision, catalogue: &Catalogue) -> Exchange {
        let candidate = |(target, within_ms)| Candidate {
            target,
            name: catalogue.target(target).name.clone(),
            within_ms,
        };
        Exchange {
            candidates: decision.candidates().map(candidate).collect(),
            failover: decision.failover.clone(),
            attempts: Vec::new(),
            state: State::Fresh,
        }
    }

    /// The plan's candidates, in the order in which they are tried.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The attempts so far, in their order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            State::Over(outcome) => Some(outcome),
            State::Fresh | State::Calling(_) | State::Relaying(_) => None,
        }
    }

    /// Takes an event, `at_ms` after the start of the exchange, and says what is to be done.
    pub fn on(&mut self, event: Event, at_ms: u64) -> Action {
        match (self.state, event) {
            (State::Fresh, Event::Begin) => self.call(0, at_ms),
            (State::Calling(_) | State::Relaying(_), Event::Begin) => Action::Go,
            (State::Calling(_) | State::Relaying(_), Event::Status(status)) => {
                self.attempt().status = Some(status);
                Action::Go
            }
            (State::Calling(position), Event::Content) => {
                self.attempt().content_ms = Some(at_ms);
                self.state = State::Relaying(position);
                Action::Relay
            }
            (State::Relaying(_), Event::Content) => Action::Go,
            (State::Calling(_) | State::Relaying(_), Event::Completed(usage)) => {
                let attempt = self.attempt();
                attempt.usage = Some(usage);
                attempt.ended_ms = Some(at_ms);
                self.state = State::Over(Outcome::Served);
                Action::Close
            }
            (State::Calling(position), Event::Failed(failure)) => self.fell(position, failure, at_ms),
            (State::Relaying(_), Event::Failed(failure)) => {
                let ending = Ending::of_broken(&self.attempt().name, &failure);
                self.end_attempt(Some(failure), at_ms);
                self.state = State::Over(Outcome::Truncated);
                Action::Break(Box::new(ending))
            }
            (State::Over(_), _) => Action::Close,
            (_, Event::CallerGone) => self.stop(Outcome::CallerGone, at_ms),
            (_, Event::DeadlinePassed) => self.stop(Outcome::DeadlinePassed, at_ms),
            (_, Event::Stopping) => self.stop(Outcome::Stopped, at_ms),
            (_, Event::Revoked) => self.stop(Outcome::Revoked, at_ms),
            // Nothing is being called: such news is of no attempt.
            (State::Fresh, Event::Status(_) | Event::Content | Event::Completed(_) | Event::Failed(_)) => {
                Action::Go
            }
        }
    }

    /// Notes the tokens counted so far, for an answer that may still break off.
    pub fn count(&mut self, usage: Usage) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.usage = Some(usage);
        }
    }

    fn call(&mut self, position: usize, at_ms: u64) -> Action {
        let Some(candidate) = self.candidates.get(position) else {
            self.state = State::Over(Outcome::Failed);
            return Action::Answer(Box::new(Ending::of_failed(&self.attempts)));
        };
        self.attempts.push(Attempt {
            target: candidate.target,
            name: candidate.name.clone(),
            started_ms: at_ms,
            content_ms: None,
            ended_ms: None,
            status: None,
            failure: None,
            usage: None,
        });
        self.state = State::Calling(position);
        Action::Call(position)
    }

    /// A candidate failed before its first content.
    fn fell(&mut self, position: usize, failure: Failure, at_ms: u64) -> Action {
        let leads_on = failure.leads_on(&self.failover);
        let rejection = if leads_on { None } else { Ending::of_rejection(&failure) };
        self.end_attempt(Some(failure), at_ms);
        if leads_on {
            return self.call(position + 1, at_ms);
        }
        let (outcome, ending) = match rejection {
            Some(ending) => (Outcome::Rejected, ending),
            None => (Outcome::Failed, Ending::of_failed(&self.attempts)),
        };
        self.state = State::Over(outcome);
        Action::Answer(Box::new(ending))
    }

    /// Ends what runs for a reason that no candidate is to blame for.
    fn stop(&mut self, outcome: Outcome, at_ms: u64) -> Action {
        let has_content = matches!(self.state, State::Relaying(_));
        if self.state != State::Fresh {
            self.end_attempt(None, at_ms);
        }
        self.state = State::Over(outcome);
        let ending = match outcome {
            Outcome::DeadlinePassed => Ending::of_deadline(),
            Outcome::Stopped => Ending::of_shutdown(),
            Outcome::Revoked => Ending::of_revoked(),
            Outcome::CallerGone
            | Outcome::Served
            | Outcome::Rejected
            | Outcome::Failed
            | Outcome::Truncated => {
                return Action::Close;
            }
        };
        if has_content { Action::Break(Box::new(ending)) } else { Action::Answer(Box::new(ending)) }
    }

    fn end_attempt(&mut self, failure: Option<Failure>, at_ms: u64) {
        let attempt = self.attempt();
        attempt.ended_ms = Some(at_ms);
        attempt.status = failure.as_ref().and_then(|failure| failure.status).or(attempt.status);
        attempt.failure = failure;
    }

    fn attempt(&mut self) -> &mut Attempt {
        self.attempts.last_mut().expect("a candidate is being called, so there is an attempt")
    }
}

#[cfg(test)]
mod tests;
