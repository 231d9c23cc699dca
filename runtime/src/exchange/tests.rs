//! The table of the state machine: what happens, and what is done about it.

use super::*;
use crate::wire::errors::ProviderError;

fn exchange(targets: &[&str]) -> Exchange {
    let candidates = targets.iter().enumerate().map(|(index, name)| Candidate {
        target: TargetId(u32::try_from(index).expect("few targets")),
        name: (*name).to_owned(),
        within_ms: None,
    });
    Exchange {
        candidates: candidates.collect(),
        failover: FailureClass::DEFAULT.to_vec(),
        attempts: Vec::new(),
        state: State::Fresh,
    }
}

fn failed(class: FailureClass) -> Event {
    Event::Failed(Failure::new(class, "told"))
}

fn rejected(status: u16) -> Event {
    let said = ProviderError { message: "bad temperature".to_owned(), ..ProviderError::default() };
    let failure = Failure::new(FailureClass::Status(status), "told").under(status);
    Event::Failed(Failure { said: Some(Box::new(said)), ..failure })
}

/// The last action of a series of events, briefly.
fn after(targets: &[&str], events: Vec<Event>) -> (String, Option<Outcome>) {
    let mut exchange = exchange(targets);
    let mut action = exchange.on(Event::Begin, 0);
    for event in events {
        action = exchange.on(event, 5);
    }
    let told = match action {
        Action::Call(position) => format!("call {position}"),
        Action::Go => "go".to_owned(),
        Action::Relay => "relay".to_owned(),
        Action::Close => "close".to_owned(),
        Action::Answer(ending) => format!("answer {} {}", ending.status, ending.error.message),
        Action::Break(ending) => format!("break {} {}", ending.error.kind, ending.error.message),
    };
    (told, exchange.outcome())
}

/// Targets, events, the last action, how it ended.
type Row = (&'static [&'static str], Vec<Event>, &'static str, Option<Outcome>);

fn holds(table: Vec<Row>) {
    for (targets, events, action, outcome) in table {
        let told = format!("{events:?}");
        assert_eq!(after(targets, events), (action.to_owned(), outcome), "{told}");
    }
}

#[test]
fn what_candidates_do_decides_what_is_done() {
    use FailureClass::{RateLimited, Refused, ServerError, Timeout, Unreachable};
    let two = &["a/x", "b/y"];
    let usage = Usage::estimated(2);
    let table: Vec<Row> = vec![
        (two, vec![], "call 0", None),
        (two, vec![Event::Status(200)], "go", None),
        (two, vec![failed(Unreachable)], "call 1", None),
        (two, vec![Event::Content], "relay", None),
        (two, vec![Event::Content, Event::Completed(usage)], "close", Some(Outcome::Served)),
        (
            two,
            vec![Event::Content, failed(ServerError)],
            "break upstream_truncated the answer of a/x broke off: told",
            Some(Outcome::Truncated),
        ),
        (two, vec![rejected(400)], "answer 400 bad temperature", Some(Outcome::Rejected)),
        (two, vec![rejected(422)], "answer 422 bad temperature", Some(Outcome::Rejected)),
        (two, vec![failed(Timeout), rejected(404)], "answer 404 bad temperature", Some(Outcome::Rejected)),
        (
            two,
            vec![failed(Refused)],
            "answer 502 no provider answered: a/x: refused (told)",
            Some(Outcome::Failed),
        ),
        (
            two,
            vec![failed(Unreachable), failed(Timeout)],
            "answer 504 no provider answered: a/x: unreachable (told); b/y: timeout (told)",
            Some(Outcome::Failed),
        ),
        (
            two,
            vec![failed(RateLimited), failed(RateLimited)],
            "answer 429 no provider answered: a/x: rate-limited (told); b/y: rate-limited (told)",
            Some(Outcome::Failed),
        ),
        (
            two,
            vec![failed(RateLimited), failed(FailureClass::Overloaded)],
            "answer 503 no provider answered: a/x: rate-limited (told); b/y: overloaded (told)",
            Some(Outcome::Failed),
        ),
    ];
    holds(table);
}

#[test]
fn what_no_candidate_is_to_blame_for_ends_the_exchange() {
    let one = &["a/x"];
    let table: Vec<Row> = vec![
        (one, vec![Event::CallerGone], "close", Some(Outcome::CallerGone)),
        (one, vec![Event::Content, Event::CallerGone], "close", Some(Outcome::CallerGone)),
        (
            one,
            vec![Event::DeadlinePassed],
            "answer 504 the request took longer than the gateway allows",
            Some(Outcome::DeadlinePassed),
        ),
        (
            one,
            vec![Event::Content, Event::DeadlinePassed],
            "break upstream_error the request took longer than the gateway allows",
            Some(Outcome::DeadlinePassed),
        ),
        (one, vec![Event::Stopping], "answer 503 the gateway is shutting down", Some(Outcome::Stopped)),
        (
            one,
            vec![Event::Content, Event::Stopping],
            "break server_error the gateway is shutting down",
            Some(Outcome::Stopped),
        ),
        (one, vec![Event::CallerGone, failed(FailureClass::Timeout)], "close", Some(Outcome::CallerGone)),
        (one, vec![Event::Content, Event::Content], "go", None),
    ];
    holds(table);
}

#[test]
fn a_caller_s_own_mistake_leads_nowhere_even_where_it_is_named() {
    let failover = [FailureClass::Status(400), FailureClass::Status(402), FailureClass::ContextLength];
    let status = |status| Failure::new(FailureClass::Status(status), "").under(status);
    assert!(!status(400).leads_on(&failover));
    assert!(status(402).leads_on(&failover));
    let too_long = Failure::new(FailureClass::ContextLength, "").under(400);
    assert!(too_long.leads_on(&failover));
    assert!(!too_long.leads_on(&FailureClass::DEFAULT));
}

#[test]
fn the_smallest_wait_is_told() {
    let limited = |seconds| {
        let failure = Failure::new(FailureClass::RateLimited, "told");
        Event::Failed(Failure { retry_after_s: Some(seconds), ..failure })
    };
    let mut exchange = exchange(&["a/x", "b/y"]);
    exchange.on(Event::Begin, 0);
    exchange.on(limited(30), 10);
    let Action::Answer(ending) = exchange.on(limited(7), 20) else { panic!("an answer") };
    assert_eq!(ending.retry_after_s, Some(7));
    let times: Vec<_> =
        exchange.attempts().iter().map(|attempt| (attempt.started_ms, attempt.ended_ms)).collect();
    assert_eq!(times, [(0, Some(10)), (10, Some(20))]);
}

#[test]
fn what_is_passed_on_is_redacted() {
    let said = ProviderError {
        message: "bad key sk-proj-Zq83nTfK2wLx7VbR0mYcH5sDpGj9eUa4Bt61Xk0W\u{1b}[31m".to_owned(),
        ..ProviderError::default()
    };
    let failure = Failure::new(FailureClass::Status(400), "told").under(400);
    let ending =
        Ending::of_rejection(&Failure { said: Some(Box::new(said)), ..failure }).expect("a rejection");
    assert_eq!(ending.error.message, "bad key [redacted][31m");
}
