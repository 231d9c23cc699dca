//! The table of the state machine: what happens when, and what is done about it.

use super::*;
use crate::health::Rules;
use crate::wire::errors::ProviderError;
use wayleave_program::catalogue::{Network, Protocol, Provider, ProviderId, Target, Timeouts};
use wayleave_program::decision;
use wayleave_program::plan::{Stage, TryOrder};
use wayleave_program::value::Tokens;

/// Targets `a/x`, `b/y` … each of a provider of its own.
fn catalogue(names: &[&str]) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for (number, name) in names.iter().enumerate() {
        let (provider, model) = name.split_once('/').expect("provider/model");
        catalogue.providers.push(Provider {
            name: provider.to_owned(),
            protocol: Protocol::Simulated,
            url: None,
            key: None,
            network: Network::Public,
            timeouts: Timeouts::default(),
        });
        catalogue.targets.push(Target {
            provider: ProviderId(u32::try_from(number).expect("few")),
            name: (*name).to_owned(),
            model: model.to_owned(),
            remote: model.to_owned(),
            supports: vec!["chat".to_owned()],
            context: Tokens(1000),
            output: Tokens(1000),
            price: None,
        });
    }
    catalogue
}

/// A plan as `a/x else b/y`, with options as words: `retry=2 hedge=50 deadline=1000 backoff=0..0 on=ambiguous order=fastest`.
fn decision(catalogue: &Catalogue, options: &str) -> Decision {
    let mut decision = Decision::of(decision::Outcome::Route);
    decision.failover = FailureClass::DEFAULT.to_vec();
    let mut order = TryOrder::Given;
    for option in options.split(' ').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').expect("name=value");
        let number = || value.parse::<u64>().expect("a number");
        match name {
            "retry" => decision.retry = value.parse().expect("a number"),
            "hedge" => decision.hedge_ms = Some(number()),
            "deadline" => decision.deadline_ms = Some(number()),
            "backoff" => {
                let (first, longest) = value.split_once("..").expect("a range");
                decision.backoff_ms =
                    Some((first.parse().expect("a number"), longest.parse().expect("a number")));
            }
            "on" => decision.failover = value.split(',').filter_map(FailureClass::find).collect(),
            "order" => {
                order = if value == "fastest" { TryOrder::Fastest } else { TryOrder::LeastBusy };
            }
            _ => panic!("`{option}` is no option"),
        }
    }
    let stage = |candidates| Stage { candidates, order, within_ms: None };
    decision.plan = match order {
        TryOrder::Given | TryOrder::Cheapest | TryOrder::Drawn => {
            catalogue.target_ids().map(|target| stage(vec![target])).collect()
        }
        TryOrder::Fastest | TryOrder::LeastBusy => vec![stage(catalogue.target_ids().collect())],
    };
    decision
}

/// An exchange, and the words of what it says.
struct Played {
    exchange: Exchange,
    said: Vec<String>,
}

const BOUNDS: Bounds = Bounds { total_ms: 600_000, is_stream: true, seed: 7 };

fn begin(health: &Arc<Health>, catalogue: &Catalogue, options: &str, now_ms: u64) -> Played {
    let decision = decision(catalogue, options);
    let exchange = Exchange::new(&decision, catalogue, Arc::clone(health), BOUNDS, now_ms);
    let mut played = Played { exchange, said: Vec::new() };
    played.on(Event::Begin, now_ms);
    played
}

impl Played {
    fn on(&mut self, event: Event, now_ms: u64) {
        let told = match self.exchange.on(event, now_ms) {
            Action::Call(number) => format!("call {}", self.exchange.attempts()[number].name),
            Action::Wait => "wait".to_owned(),
            Action::Relay(number) => format!("relay {number}"),
            Action::Close => "close".to_owned(),
            Action::Answer(ending) => format!("answer {} {}", ending.status, ending.error.message),
            Action::Break(ending) => format!("break {} {}", ending.error.kind, ending.error.message),
        };
        self.said.push(told);
    }

    /// `TIME WORD [ATTEMPT [CLASS [RETRY_AFTER]]]`, comma after comma; a class that is a status is a caller's own mistake.
    fn play(mut self, script: &str) -> Played {
        for line in script.split(", ").filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            let at_ms = words[0].parse().expect("a time");
            let number = words.get(2).map_or(0, |word| word.parse().expect("an attempt"));
            let event = match words[1] {
                "tick" => Event::Tick,
                "content" => Event::Content(number),
                "done" => Event::Completed(number, Usage::estimated(2)),
                "status" => Event::Status(number, 200),
                "gone" => Event::CallerGone,
                "late" => Event::DeadlinePassed,
                "stop" => Event::Stopping,
                "failed" => Event::Failed(number, failure(words[3], words.get(4).copied())),
                word => panic!("`{word}` is no event"),
            };
            self.on(event, at_ms);
        }
        self
    }
}

fn failure(class: &str, retry_after: Option<&str>) -> Failure {
    let class = FailureClass::find(class).expect("a class");
    let said = ProviderError { message: "bad temperature".to_owned(), ..ProviderError::default() };
    let failure = match class {
        FailureClass::Status(status) => {
            Failure { said: Some(Box::new(said)), ..Failure::new(class, "told").under(status) }
        }
        _ => Failure::new(class, "told"),
    };
    Failure { retry_after_s: retry_after.map(|seconds| seconds.parse().expect("seconds")), ..failure }
}

/// What is said of `a/x else b/y` with those options, action by action, and how it ended.
fn said(names: &[&str], options: &str, script: &str) -> (String, Option<Outcome>) {
    let catalogue = catalogue(names);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let played = begin(&health, &catalogue, options, 0).play(script);
    (played.said.join(" | "), played.exchange.outcome())
}

fn holds(names: &[&str], table: &[(&str, &str, &str, Option<Outcome>)]) {
    for (options, script, expected, outcome) in table {
        assert_eq!(said(names, options, script), ((*expected).to_owned(), *outcome), "{options}: {script}");
    }
}

#[test]
fn what_candidates_do_decides_what_is_done() {
    holds(
        &["a/x", "b/y"],
        &[
            ("", "", "call a/x", None),
            ("", "5 status 0", "call a/x | wait", None),
            ("", "5 failed 0 unreachable", "call a/x | call b/y", None),
            ("", "5 content 0", "call a/x | relay 0", None),
            ("", "5 content 0, 6 done 0", "call a/x | relay 0 | close", Some(Outcome::Served)),
            (
                "",
                "5 content 0, 6 failed 0 server-error",
                "call a/x | relay 0 | break upstream_truncated the answer of a/x broke off: told",
                Some(Outcome::Truncated),
            ),
            ("", "5 failed 0 400", "call a/x | answer 400 bad temperature", Some(Outcome::Rejected)),
            ("", "5 failed 0 422", "call a/x | answer 422 bad temperature", Some(Outcome::Rejected)),
            (
                "",
                "5 failed 0 timeout, 6 failed 1 404",
                "call a/x | call b/y | answer 404 bad temperature",
                Some(Outcome::Rejected),
            ),
            (
                "",
                "5 failed 0 refused",
                "call a/x | answer 502 no provider answered: a/x: refused (told)",
                Some(Outcome::Failed),
            ),
            (
                "",
                "5 failed 0 unreachable, 6 failed 1 timeout",
                "call a/x | call b/y | answer 504 no provider answered: a/x: unreachable (told); b/y: timeout \
                 (told)",
                Some(Outcome::Failed),
            ),
            (
                "",
                "5 failed 0 rate-limited, 6 failed 1 rate-limited",
                "call a/x | call b/y | answer 429 no provider answered: a/x: rate-limited (told); b/y: \
                 rate-limited (told)",
                Some(Outcome::Failed),
            ),
            (
                "",
                "5 failed 0 rate-limited, 6 failed 1 overloaded",
                "call a/x | call b/y | answer 503 no provider answered: a/x: rate-limited (told); b/y: \
                 overloaded (told)",
                Some(Outcome::Failed),
            ),
        ],
    );
}

#[test]
fn what_no_candidate_is_to_blame_for_ends_the_exchange() {
    let late = "the request took longer than the gateway allows";
    let timed_out = |ms| format!("{late}: a/x: timeout (no content after {ms} ms, when the deadline passed)");
    let stopped = "the gateway is shutting down";
    holds(
        &["a/x"],
        &[
            ("", "5 gone", "call a/x | close", Some(Outcome::CallerGone)),
            ("", "5 content 0, 6 gone", "call a/x | relay 0 | close", Some(Outcome::CallerGone)),
            ("", "5 late", &format!("call a/x | answer 504 {}", timed_out(5)), Some(Outcome::DeadlinePassed)),
            (
                "",
                "5 content 0, 6 late",
                &format!("call a/x | relay 0 | break upstream_error {late}"),
                Some(Outcome::DeadlinePassed),
            ),
            ("", "5 stop", &format!("call a/x | answer 503 {stopped}"), Some(Outcome::Stopped)),
            (
                "",
                "5 content 0, 6 stop",
                &format!("call a/x | relay 0 | break server_error {stopped}"),
                Some(Outcome::Stopped),
            ),
            ("", "5 gone, 6 failed 0 timeout", "call a/x | close | close", Some(Outcome::CallerGone)),
            ("", "5 content 0, 6 content 0", "call a/x | relay 0 | wait", None),
            (
                "deadline=100",
                "99 tick, 100 tick",
                &format!("call a/x | wait | answer 504 {}", timed_out(100)),
                Some(Outcome::DeadlinePassed),
            ),
            (
                "deadline=900000",
                "600000 tick",
                &format!("call a/x | answer 504 {}", timed_out(600_000)),
                Some(Outcome::DeadlinePassed),
            ),
        ],
    );
}

#[test]
fn the_same_candidate_is_tried_again_as_often_as_the_plan_says() {
    holds(
        &["a/x", "b/y"],
        &[
            (
                "retry=1 backoff=0..0",
                "5 failed 0 timeout, 5 tick, 9 failed 1 timeout",
                "call a/x | wait | call a/x | call b/y",
                None,
            ),
            // What would fail again is not tried again.
            ("retry=1", "5 failed 0 credential", "call a/x | call b/y", None),
            ("retry=1", "5 failed 0 model-missing", "call a/x | call b/y", None),
            ("retry=1", "5 failed 0 400", "call a/x | answer 400 bad temperature", Some(Outcome::Rejected)),
            // fault-F3: what may have been executed is sent again only where the policy names it.
            ("retry=1", "5 failed 0 ambiguous", "call a/x | call b/y", None),
            (
                "retry=1 backoff=0..0 on=ambiguous",
                "5 failed 0 ambiguous, 5 tick",
                "call a/x | wait | call a/x",
                None,
            ),
            // fault-F5: a wait that fits is kept, in full; one that does not leads to the next.
            (
                "retry=1 backoff=0..0 deadline=9000",
                "5 failed 0 rate-limited 2, 2004 tick, 2300 tick",
                "call a/x | wait | wait | call a/x",
                None,
            ),
            ("retry=1 deadline=1000", "5 failed 0 rate-limited 2", "call a/x | call b/y", None),
            // A wait of more than half of what is left leaves too little behind it.
            ("retry=1 backoff=0..0 deadline=3999", "0 failed 0 rate-limited 2", "call a/x | call b/y", None),
            ("retry=1 backoff=0..0 deadline=4501", "0 failed 0 rate-limited 2", "call a/x | wait", None),
            ("retry=1", "5 failed 0 rate-limited 11", "call a/x | call b/y", None),
        ],
    );
}

#[test]
fn waits_before_retries_are_drawn_from_a_growing_range() {
    let catalogue = catalogue(&["a/x"]);
    let mut longest = [0; 4];
    for seed in 0..200 {
        let mut again = Again::new(&decision(&catalogue, "retry=4 backoff=100..400"), seed, 600_000);
        for (made, longest) in (1..).zip(&mut longest) {
            let at_ms = again.at_ms(made, &failure("timeout", None), 1000).expect("a retry is left");
            *longest = (*longest).max(at_ms - 1000);
        }
        assert_eq!(again.at_ms(5, &failure("timeout", None), 1000), None);
    }
    assert!(longest.iter().zip([100, 200, 400, 400]).all(|(own, limit)| *own <= limit), "{longest:?}");
    assert!(longest[0] > 80 && longest[1] > 150 && longest[2] > 300, "{longest:?}");
}

#[test]
fn a_slow_candidate_is_raced_by_the_next() {
    holds(
        &["a/x", "b/y", "c/z"],
        &[
            ("hedge=50", "49 tick, 50 tick, 60 content 1", "call a/x | wait | call b/y | relay 1", None),
            (
                "hedge=50",
                "50 tick, 60 content 0, 70 done 0",
                "call a/x | call b/y | relay 0 | close",
                Some(Outcome::Served),
            ),
            // Two at once and no more.
            ("hedge=50", "50 tick, 100 tick, 150 tick", "call a/x | call b/y | wait | wait", None),
            // One of two fails: the other goes on, and is raced in its turn.
            (
                "hedge=50",
                "50 tick, 60 failed 0 timeout, 99 tick, 100 tick",
                "call a/x | call b/y | wait | wait | call c/z",
                None,
            ),
            (
                "hedge=50",
                "50 tick, 60 failed 0 timeout, 61 failed 1 timeout",
                "call a/x | call b/y | wait | call c/z",
                None,
            ),
            // Who fails while another runs is not asked again, also where that one fails too.
            (
                "hedge=50 retry=1 backoff=0..0",
                "50 tick, 60 failed 0 timeout, 61 failed 1 timeout, 61 tick, 62 failed 2 timeout",
                "call a/x | call b/y | wait | wait | call b/y | call c/z",
                None,
            ),
            // A verdict of one waits for the other.
            (
                "hedge=50",
                "50 tick, 60 failed 0 400, 61 content 1",
                "call a/x | call b/y | wait | relay 1",
                None,
            ),
            (
                "hedge=50",
                "50 tick, 60 failed 0 400, 61 failed 1 timeout",
                "call a/x | call b/y | wait | answer 400 bad temperature",
                Some(Outcome::Rejected),
            ),
        ],
    );
}

#[test]
fn a_raced_candidate_is_marked() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let played = begin(&health, &catalogue, "hedge=50", 0).play("50 tick, 60 content 1, 70 done 1");
    let attempts = played.exchange.attempts();
    assert!(attempts[0].is_superseded && attempts[0].failure.is_none() && !attempts[1].is_superseded);
    assert_eq!(played.exchange.serving().map(|attempt| attempt.name.as_str()), Some("b/y"));
    assert_eq!(catalogue.target_ids().map(|target| health.running(target)).sum::<u32>(), 0);
}

#[test]
fn fault_f49_an_open_circuit_is_passed_over_and_probed_by_one() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    for _ in 0..5 {
        begin(&health, &catalogue, "", 0).play("1 failed 0 unreachable, 2 content 1, 3 done 1");
    }
    let passed = begin(&health, &catalogue, "", 10);
    assert_eq!(passed.said, ["call b/y"]);
    assert_eq!(passed.exchange.passed_over()[0].name, "a/x");
    // Time is up: one call finds out, whoever comes beside it goes on.
    let probe = begin(&health, &catalogue, "", 5_001);
    let beside = begin(&health, &catalogue, "", 5_001);
    assert_eq!((probe.said.clone(), beside.said), (vec!["call a/x".to_owned()], vec!["call b/y".to_owned()]));
    // 429 opens no circuit, yet fails a probe; and then it is twice as long.
    probe.play("5002 failed 0 rate-limited");
    assert_eq!(begin(&health, &catalogue, "", 15_001).said, ["call b/y"]);
    let again = begin(&health, &catalogue, "", 15_003).play("15004 content 0, 15005 done 0");
    assert_eq!(again.said, ["call a/x", "relay 0", "close"]);
    assert_eq!(begin(&health, &catalogue, "", 15_006).said, ["call a/x"]);
}

/// The status and the code that a caller is told.
#[test]
fn the_code_of_an_error_goes_with_its_status() {
    for (classes, status, code) in [
        (["server-error", "rate-limited"], 502, "upstream_error"),
        (["rate-limited", "server-error"], 502, "upstream_error"),
        (["unreachable", "overloaded"], 502, "upstream_unreachable"),
        (["credential", "server-error"], 502, "upstream_error"),
        (["timeout", "rate-limited"], 504, "upstream_timeout"),
        (["server-error", "timeout"], 504, "upstream_timeout"),
        (["timeout", "credential"], 502, "upstream_auth"),
        (["rate-limited", "rate-limited"], 429, "rate_limited"),
        (["overloaded", "rate-limited"], 503, "upstream_overloaded"),
    ] {
        let catalogue = catalogue(&["a/x", "b/y"]);
        let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
        let mut played = begin(&health, &catalogue, "", 0);
        played.on(Event::Failed(0, failure(classes[0], None)), 1);
        let Action::Answer(ending) = played.exchange.on(Event::Failed(1, failure(classes[1], None)), 2)
        else {
            panic!("an answer")
        };
        assert_eq!((ending.status, ending.error.code.as_str()), (status, code), "{classes:?}");
    }
}

/// fault-F22: who lets deadlines pass has failed; who was asked late, or lost a race, has not.
#[test]
fn a_passed_deadline_counts_against_who_had_the_time() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let opened = |options: &str, script: &str| {
        let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
        (0..5).for_each(|_| drop(begin(&health, &catalogue, options, 0).play(script)));
        let is_away = |target| health.away(target, 1_000).is_some();
        catalogue.target_ids().map(is_away).collect::<Vec<bool>>()
    };
    assert_eq!(opened("deadline=1000", "1000 tick"), [true, false]);
    assert_eq!(opened("deadline=1000", "400 failed 0 timeout, 1000 tick"), [true, true]);
    assert_eq!(opened("deadline=1000", "501 failed 0 timeout, 1000 tick"), [true, false]);
    // Of a stream that goes on and on nothing is known but that.
    assert_eq!(opened("deadline=1000", "1 content 0, 1000 tick"), [false, false]);
    assert_eq!(opened("hedge=50", "50 tick, 900 content 1, 901 done 1"), [false, false]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let played = begin(&health, &catalogue, "deadline=1000", 0).play("501 failed 0 refused, 1000 tick");
    assert_eq!(played.exchange.outcome(), Some(Outcome::Failed));
    let played = begin(&health, &catalogue, "hedge=700 deadline=1000", 0).play("700 tick, 1000 tick");
    let causes = played.exchange.attempts().iter().map(|attempt| attempt.failure.as_ref());
    assert!(causes.flatten().all(|failure| failure.class == FailureClass::Timeout), "both are told as late");
}

/// A candidate that cannot be asked leads on whatever is named, is not asked again, and says nothing of its target.
#[test]
fn who_cannot_be_asked_is_passed_over_and_its_circuit_stays_as_it_was() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let passed = begin(&health, &catalogue, "retry=2 on=timeout", 0).play("0 failed 0 501");
    assert_eq!(passed.said, ["call a/x", "call b/y"]);
    for _ in 0..5 {
        begin(&health, &catalogue, "", 0).play("1 failed 0 unreachable, 2 content 1, 3 done 1");
    }
    let probe = begin(&health, &catalogue, "", 5_001).play("5001 failed 0 501");
    assert_eq!(probe.said, ["call a/x", "call b/y"]);
    let beside = [begin(&health, &catalogue, "", 5_002), begin(&health, &catalogue, "", 5_002)];
    assert_eq!(beside.map(|played| played.said), [["call a/x"], ["call b/y"]]);
    // Where others failed, those are what is wrong.
    let table = [
        ("5 failed 0 501, 6 failed 1 501", 400),
        ("5 failed 0 501, 6 failed 1 rate-limited", 429),
        ("5 failed 0 timeout, 6 failed 1 501", 504),
    ];
    for (script, status) in table {
        let (told, _) = said(&["a/x", "b/y"], "", script);
        assert!(told.contains(&format!("| answer {status} ")), "{script}: {told}");
    }
}

#[test]
fn fault_f50_with_all_circuits_open_nobody_is_called() {
    let catalogue = catalogue(&["a/x"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    for _ in 0..5 {
        begin(&health, &catalogue, "", 0).play("0 failed 0 overloaded");
    }
    let refused = begin(&health, &catalogue, "", 1_500);
    assert_eq!(refused.said, ["answer 503 no provider answered: a/x: not asked (circuit open, 4 s more)"]);
    assert_eq!(refused.exchange.outcome(), Some(Outcome::Unavailable));
    assert!(refused.exchange.attempts().is_empty());
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    begin(&health, &catalogue, "", 0).play("0 failed 0 rate-limited 3");
    assert_eq!(begin(&health, &catalogue, "", 2_999).said, ["call b/y"]);
    assert_eq!(begin(&health, &catalogue, "", 3_000).said, ["call a/x"]);
    // Ten years are a minute.
    begin(&health, &catalogue, "", 3_000).play("3000 failed 0 rate-limited 315360000");
    assert_eq!(begin(&health, &catalogue, "", 63_000).said, ["call a/x"]);
    let lone = self::catalogue(&["a/x"]);
    let health = Arc::new(Health::new(&lone, Rules::STANDARD, None));
    begin(&health, &lone, "", 0).play("0 failed 0 rate-limited 3");
    let refused = begin(&health, &lone, "", 500);
    assert_eq!(
        refused.said,
        ["answer 429 no provider answered: a/x: not asked (asked to be left alone, 3 s more)"]
    );
}

#[test]
fn fault_f7_retries_and_hedges_keep_to_their_budget() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let hedged: Vec<Played> =
        (0..5).map(|_| begin(&health, &catalogue, "hedge=50", 0).play("50 tick")).collect();
    let beside = hedged.iter().filter(|played| played.said[1] == "call b/y").count();
    assert_eq!(beside, 3, "the least that may run at once");
    drop(hedged);
    assert_eq!(catalogue.target_ids().map(|target| health.load(target)).collect::<Vec<_>>(), [(0, 0); 2]);
    health.press(true);
    assert_eq!(begin(&health, &catalogue, "hedge=50", 0).play("50 tick").said, ["call a/x", "wait"]);
}

#[test]
fn measured_orders_try_the_fastest_and_the_least_busy_first() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let fastest = |now_ms| begin(&health, &catalogue, "order=fastest", now_ms);
    // Nothing is known: as they stand; of one that is being measured nobody else waits for the measurement.
    let first = fastest(0);
    let second = fastest(0);
    assert_eq!((first.said[0].as_str(), second.said[0].as_str()), ("call a/x", "call b/y"));
    first.play("900 content 0, 901 done 0");
    second.play("100 content 0, 101 done 0");
    assert_eq!(fastest(1_000).said, ["call b/y"]);
    // What was measured more than a minute ago says nothing.
    assert_eq!(fastest(61_000).said, ["call a/x"]);
    let busy = begin(&health, &catalogue, "order=least-busy", 0);
    assert_eq!(busy.said, ["call a/x"]);
    assert_eq!(begin(&health, &catalogue, "order=least-busy", 0).said, ["call b/y"]);
}

/// Only good answers teach: who fails at once is not fast.
#[test]
fn who_fails_comes_behind_in_a_measured_order() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let first = |now_ms| begin(&health, &catalogue, "order=fastest", now_ms);
    let failed = first(0).play("1 failed 0 rate-limited, 900 content 1, 901 done 1");
    assert_eq!(failed.said[..2], ["call a/x", "call b/y"]);
    assert_eq!(first(1_000).said, ["call b/y"]);
    assert_eq!(first(10_001).said, ["call b/y"]);
    // After ten seconds one finds out.
    assert_eq!(first(10_002).play("10003 content 0, 10004 done 0").said[0], "call a/x");
    assert_eq!(first(10_005).said, ["call a/x"], "it answers, and faster");
    // What is about the request is no failure.
    first(10_006).play("10007 failed 0 refused");
    assert_eq!(first(10_008).said, ["call a/x"]);
    // A slow loser of a race is slow.
    let (health, _) = (Arc::new(Health::new(&catalogue, Rules::STANDARD, None)), first);
    let first = |options: &str, now_ms| begin(&health, &catalogue, options, now_ms);
    first("order=fastest hedge=50", 0).play("50 tick, 60 content 1, 61 done 1");
    assert_eq!(first("order=fastest", 100).said, ["call b/y"]);
}

/// Who fails at once is never busy, and would get every call.
#[test]
fn who_fails_comes_behind_those_that_are_busy() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let first = |now_ms| begin(&health, &catalogue, "order=least-busy", now_ms);
    let busy = first(0).play("1 failed 0 rate-limited");
    assert_eq!(busy.said, ["call a/x", "call b/y"]);
    assert_eq!(first(2).said, ["call b/y"]);
    assert_eq!(first(10_002).said, ["call a/x"]);
}

/// Streams and whole answers are measured apart: a whole one takes as long as it is.
#[test]
fn whole_answers_teach_too_and_streams_nothing_of_them() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let first = |is_stream, now_ms| {
        let bounds = Bounds { is_stream, ..BOUNDS };
        let decision = decision(&catalogue, "order=fastest");
        let exchange = Exchange::new(&decision, &catalogue, Arc::clone(&health), bounds, now_ms);
        let mut played = Played { exchange, said: Vec::new() };
        played.on(Event::Begin, now_ms);
        played
    };
    let (slow, fast) = (first(false, 0), first(false, 0));
    assert_eq!((slow.said[0].as_str(), fast.said[0].as_str()), ("call a/x", "call b/y"));
    slow.play("900 content 0, 900 done 0");
    fast.play("100 content 0, 100 done 0");
    assert_eq!(first(false, 1_000).said, ["call b/y"]);
    assert_eq!(first(true, 1_000).said, ["call a/x"]);
}

#[test]
fn a_caller_s_own_mistake_leads_nowhere_even_where_it_is_named() {
    let failover = [FailureClass::Status(400), FailureClass::Status(402), FailureClass::ContextLength];
    let status = |status| Failure::new(FailureClass::Status(status), "").under(status);
    assert!(!status(400).leads_on(&failover));
    assert!(status(402).leads_on(&failover));
    let named = [FailureClass::Status(402), FailureClass::Status(409)];
    assert!(Failure::new(FailureClass::Credential, "").under(402).leads_on(&named));
    assert!(Failure::new(FailureClass::ServerError, "").under(409).leads_on(&named));
    let too_long = Failure::new(FailureClass::ContextLength, "").under(400);
    assert!(too_long.leads_on(&failover));
    assert!(!too_long.leads_on(&FailureClass::DEFAULT));
}

#[test]
fn the_smallest_wait_is_told() {
    let catalogue = catalogue(&["a/x", "b/y"]);
    let health = Arc::new(Health::new(&catalogue, Rules::STANDARD, None));
    let mut played = begin(&health, &catalogue, "", 0).play("10 failed 0 rate-limited 30");
    let Action::Answer(ending) = played.exchange.on(Event::Failed(1, failure("rate-limited", Some("7"))), 20)
    else {
        panic!("an answer")
    };
    assert_eq!(ending.retry_after_s, Some(7));
    let attempts = played.exchange.attempts();
    let times: Vec<_> = attempts.iter().map(|attempt| (attempt.started_ms, attempt.ended_ms)).collect();
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
