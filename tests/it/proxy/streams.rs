//! What happens over time: a policy that changes, callers that leave, a gateway that stops, many at once.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wayleave_runtime::current::Refused;
use wayleave_tests::gateway::{Answer, Gateway, policy};
use wayleave_tests::provider::{Provider, Received};

const TEXT: &str = r#"event {"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
const STOP: &str = r#"event {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const STREAM: &str = r#"{"model":"assistant","stream":true,"messages":[]}"#;
const PLAIN: &str = r#"{"model":"assistant","messages":[]}"#;

/// A policy with one provider at an address, and words of its own.
fn text(provider: &Provider, otherwise: &str, condition: &str) -> String {
    format!(
        "edition 2026\nalias assistant\n\
         provider first {{\n  protocol: openai  url: \"http://{}/v1\"  key: env(\"K\")  network: private\n  \
         model small {{ supports: [chat]  context: 128k tokens }}\n}}\n\
         approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
         route main {condition} to first/small within 5s\notherwise deny \"{otherwise}\"\n",
        provider.address()
    )
}

async fn start(provider: &Provider, lines: &str) -> Gateway {
    let (settings, identity) = super::case::settings(lines);
    Gateway::start(policy(&text(provider, "nothing", "")), settings, identity).await
}

/// Waits for what a provider notes a moment later.
async fn eventually(provider: &Provider, holds: impl Fn(&[Received]) -> bool) -> bool {
    for _ in 0..200 {
        if holds(&provider.received()) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// fault-F47.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_ends_under_the_policy_it_began_with() {
    let provider = Provider::start(&format!("{TEXT}\nwait 500ms\n{STOP}")).await;
    let gateway = start(&provider, "").await;
    let before = gateway.current.served().program.fingerprint().clone();
    let request = gateway.request("/v1/chat/completions", STREAM);
    let mut stream = gateway.connect().await;
    stream.write_all(&request).await.expect("a request");
    let mut bytes = vec![0; 1];
    stream.read_exact(&mut bytes).await.expect("the beginning of an answer");

    gateway
        .current
        .swap(policy(&text(&provider, "closed", "when request.api is embeddings")))
        .expect("a swap");
    let denied = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    assert_eq!((denied.status, denied.body.contains("closed")), (403, true), "{}", denied.body);

    stream.read_to_end(&mut bytes).await.expect("the rest");
    let answer = Answer::read(&bytes);
    assert!(answer.body.contains("stop"), "{}", answer.body);
    let records = gateway.records().await;
    let streamed = records.iter().find(|record| record.is_stream).expect("a record");
    assert_eq!((streamed.outcome.name(), &*streamed.policy), ("ok", &*before.policy));
    assert!(records.iter().any(|record| !record.is_stream && *record.policy != *before.policy));
}

/// fault-F48: what was swapped out is gone when the last request under it has ended, and nothing is left running of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_reloads_leave_nothing_behind() {
    let provider = Provider::start(&format!("{TEXT}\nstall")).await;
    let gateway = start(&provider, "").await;
    let mut stream = gateway.connect().await;
    stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
    stream.read_exact(&mut [0; 1]).await.expect("the beginning of an answer");
    let first = std::sync::Arc::downgrade(&gateway.current.served().program);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut old = Vec::new();
    for number in 0..1000 {
        gateway.current.swap(policy(&text(&provider, &format!("number {number}"), ""))).expect("a swap");
        old.push(std::sync::Arc::downgrade(&gateway.current.served().program));
    }
    old.pop();
    assert_eq!(old.iter().filter(|program| program.strong_count() > 0).count(), 0, "nobody holds them");
    assert!(first.strong_count() > 0, "the stream runs under it");
    drop(stream);
    for attempt in 0.. {
        if first.strong_count() == 0 && tasks() <= before {
            break;
        }
        assert!(attempt < 500, "{} tasks, {before} before", tasks());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// fault-F46, threat-T24: a text that is refused is told, and the policy before stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_text_is_told_and_changes_nothing() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(&provider, "").await;
    let diagnostics = "error[R0101]: unknown name\n\n  main.route:3\n".to_owned();
    gateway.current.refuse(Refused { diagnostics, codes: vec!["R0101"], count: 2 });
    let ready = gateway.exchange(b"GET /readyz HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n").await;
    let refused = r#""refused":{"codes":["R0101"],"count":2}"#;
    assert!(ready.status == 200 && ready.body.contains(refused), "{}", ready.body);
    assert!(!ready.body.contains("main.route") && !ready.body.contains("unknown name"), "{}", ready.body);
    assert_eq!(gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await.status, 200);
    gateway.current.swap(policy(&text(&provider, "other", ""))).expect("a swap");
    assert!(gateway.current.refused().is_none());
}

/// fault-F33, fault-F34.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_ends_the_call() {
    for script in [format!("{TEXT}\nstall"), "stall".to_owned()] {
        let provider = Provider::start(&script).await;
        let gateway = start(&provider, "").await;
        let mut stream = gateway.connect().await;
        stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
        if script != "stall" {
            stream.read_exact(&mut [0; 1]).await.expect("the beginning of an answer");
        }
        assert!(eventually(&provider, |received| received.len() == 1).await, "{script}");
        drop(stream);
        assert!(eventually(&provider, |received| received[0].is_abandoned).await, "{script}");
        let records = gateway.recorded().await;
        assert_eq!(records.len(), 1, "{script}");
        assert_eq!(records[0].outcome.name(), "client_gone", "{script}");
        assert_eq!(records[0].status, if script == "stall" { 0 } else { 200 });
    }
}

/// fault-F62.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_requests_end_and_then_tells_them() {
    let provider = Provider::start(&format!("{TEXT}\nwait 300ms\n{STOP}\nthen\n{TEXT}\nstall")).await;
    for (lines, end, outcome) in
        [("drain 5s", "stop", "ok"), ("drain 100ms", "shutting_down", "shutting_down")]
    {
        let mut gateway = start(&provider, lines).await;
        let mut stream = gateway.connect().await;
        stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
        let mut bytes = vec![0; 1];
        stream.read_exact(&mut bytes).await.expect("the beginning of an answer");
        gateway.shut_down();
        stream.read_to_end(&mut bytes).await.expect("the rest");
        let answer = Answer::read(&bytes);
        assert!(answer.body.contains(end) && !answer.body.contains("[DONE]"), "{lines}: {}", answer.body);
        let records = gateway.records().await;
        assert_eq!(records.last().map(|record| record.outcome.name()), Some(outcome));
        gateway.ended().await;
    }
}

/// fault-F36, fault-F38.
#[tokio::test(flavor = "multi_thread")]
async fn slow_and_oversized_heads_are_cut_off() {
    let provider = Provider::start("refuse").await;
    let gateway = start(&provider, "header-read 200ms").await;
    let slow = gateway.exchange(b"POST /v1/chat/completions HTTP/1.1\r\nhost:").await;
    assert!(matches!(slow.status, 0 | 408), "{}", slow.head);
    let long = format!("GET /v1/models HTTP/1.1\r\nhost: g\r\nx-long: {}\r\n\r\n", "x".repeat(1 << 20));
    assert_eq!(gateway.exchange(long.as_bytes()).await.status, 431);
    let many = format!("GET /v1/models HTTP/1.1\r\nhost: g\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    assert_eq!(gateway.exchange(many.as_bytes()).await.status, 431);
    for ambiguous in [
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "content-length: 5\r\ncontent-length: 6",
        "transfer-encoding: xchunked",
    ] {
        let request =
            format!("POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n{ambiguous}\r\n\r\n0\r\n\r\n");
        let answer = gateway.exchange(request.as_bytes()).await;
        assert!(answer.status == 400 || answer.status == 401, "{ambiguous}: {}", answer.head);
        assert!(!answer.body.contains("HTTP/1.1"), "one answer: {}", answer.body);
    }
}

/// fault-F44, threat-T25: what many ask at once stays apart.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_do_not_mix() {
    let (settings, identity) = super::case::settings("open");
    let text = "edition 2026\nalias assistant\nprovider local {\n  protocol: simulated\n  \
                model small { supports: [chat]  context: 128k tokens }\n}\n\
                approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
                route main to local/small\notherwise deny \"never\"\n";
    let gateway = std::sync::Arc::new(Gateway::start(policy(text), settings, identity).await);
    let asked = (0..32).map(|number| {
        let gateway = std::sync::Arc::clone(&gateway);
        tokio::spawn(async move {
            let is_stream = number % 2 == 0;
            let body = format!(
                r#"{{"model":"assistant","stream":{is_stream},"messages":[{{"role":"user","content":"<{number}>"}}]}}"#
            );
            let answer = gateway.exchange(&gateway.request("/v1/chat/completions", &body)).await;
            answer.status == 200 && answer.body.contains(&format!("<{number}>"))
        })
    });
    for answered in asked.collect::<Vec<_>>() {
        assert!(answered.await.expect("an answer"));
    }
    assert_eq!(gateway.records().await.len(), 32);
}

/// fault-F41.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_told_to_a_client_that_writes_all_first() {
    let provider = Provider::start("refuse").await;
    let gateway = start(&provider, "body-limit 1000").await;
    let body = format!(r#"{{"model":"assistant","messages":[{{"content":"{}"}}]}}"#, "x".repeat(8 << 20));
    assert_eq!(gateway.exchange(&gateway.request("/v1/chat/completions", &body)).await.status, 413);
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
    let key = &gateway.key;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    let request = format!("{head}{}0\r\n\r\n", chunk.repeat(4));
    assert_eq!(gateway.exchange(request.as_bytes()).await.status, 413);
}

/// fault-F35.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_caller_slows_the_provider() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&sent);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a call");
        let count = stream.read(&mut [0; 4096]).await.expect("a request");
        assert!(count > 0, "a request");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("a head");
        let text = "a".repeat(1 << 14);
        let event =
            format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
        while stream.write_all(event.as_bytes()).await.is_ok() {
            counted.fetch_add(event.len(), std::sync::atomic::Ordering::Relaxed);
        }
    });
    let policy_text = text(&Provider::start("refuse").await, "nothing", "");
    let (start, rest) = policy_text.split_once("http://").expect("a URL");
    let end = rest.find("/v1").expect("a path");
    let (settings, identity) = super::case::settings("");
    let policy = policy(&format!("{start}http://{address}{}", &rest[end..]));
    let gateway = Gateway::start(policy, settings, identity).await;
    let mut stream = gateway.connect().await;
    stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
    // The provider comes to a halt when the sockets between are full, whatever they hold.
    let mut before = usize::MAX;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = sent.load(std::sync::atomic::Ordering::Relaxed);
        if now == before && now > 0 {
            break;
        }
        before = now;
    }
    assert_eq!(sent.load(std::sync::atomic::Ordering::Relaxed), before);
    assert!(before < 64 << 20, "{before} bytes were taken from the provider");
}

/// A program that makes a mistake at its first decision.
struct Faulty(std::sync::Arc<dyn wayleave_program::Program>, std::sync::atomic::AtomicBool);

impl wayleave_program::Program for Faulty {
    fn schema(&self) -> &wayleave_program::schema::Schema {
        self.0.schema()
    }

    fn catalogue(&self) -> &wayleave_program::catalogue::Catalogue {
        self.0.catalogue()
    }

    fn reads(&self) -> &[wayleave_program::schema::AttributeId] {
        self.0.reads()
    }

    fn wanted(
        &self,
        attributes: &wayleave_program::attributes::Attributes,
    ) -> Vec<wayleave_program::schema::AttributeId> {
        self.0.wanted(attributes)
    }

    fn decide(
        &self,
        attributes: &wayleave_program::attributes::Attributes,
    ) -> wayleave_program::decision::Decision {
        assert!(self.1.swap(true, std::sync::atomic::Ordering::Relaxed), "a mistake of the program");
        self.0.decide(attributes)
    }

    fn find(
        &self,
        detector: wayleave_program::detector::DetectorId,
        text: &str,
    ) -> std::collections::BTreeSet<String> {
        self.0.find(detector, text)
    }

    fn approvable(
        &self,
        attributes: &wayleave_program::attributes::Attributes,
    ) -> Vec<wayleave_program::catalogue::TargetId> {
        self.0.approvable(attributes)
    }

    fn fingerprint(&self) -> &wayleave_program::Fingerprint {
        self.0.fingerprint()
    }
}

/// fault-F60.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_one_request() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let mut policy = policy(&text(&provider, "nothing", ""));
    policy.program = std::sync::Arc::new(Faulty(policy.program, false.into()));
    let (settings, identity) = super::case::settings("");
    let gateway = Gateway::start(policy, settings, identity).await;
    let request = gateway.request("/v1/chat/completions", PLAIN);
    let first = gateway.exchange(&request).await;
    assert!(first.status == 500 && first.body.contains("internal_error"), "{}", first.body);
    assert_eq!(gateway.exchange(&request).await.status, 200);
    let outcomes: Vec<_> = gateway.records().await.iter().map(|record| record.outcome.name()).collect();
    assert_eq!(outcomes, ["internal", "ok"]);
}

/// fault-F2: a provider that takes no connection costs no more than the time for one.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_come_is_not_waited_for() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    // Nobody accepts, and the queue is full: what asks for a connection gets no answer.
    let listener = socket.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut queued = Vec::new();
    for _ in 0..8 {
        let asked = tokio::net::TcpStream::connect(address);
        queued.push(tokio::time::timeout(Duration::from_millis(100), asked).await);
    }
    assert!(queued.iter().any(Result::is_err), "the queue is full");
    let policy_text = text(&Provider::start("refuse").await, "nothing", "");
    let (start, rest) = policy_text.split_once("http://").expect("a URL");
    let end = rest.find("/v1").expect("a path");
    let (mut settings, identity) = super::case::settings("");
    settings.timeouts.connect = Duration::from_millis(300);
    let policy = policy(&format!("{start}http://{address}{}", &rest[end..]));
    let gateway = Gateway::start(policy, settings, identity).await;
    let answer = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    assert!(answer.status == 502 && answer.body.contains("no connection in time"), "{}", answer.body);
    let records = gateway.records().await;
    assert_eq!(records[0].outcome.name(), "failed_connect");
    assert_eq!(records[0].attempts[0].cause.as_deref(), Some("unreachable"));
}

/// fault-F14: a connection that was kept and has died meanwhile is made anew, and counts as no attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_died_is_made_anew() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (died, has_died) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut died = Some(died);
        loop {
            let (mut stream, _) = listener.accept().await.expect("a call");
            assert!(stream.read(&mut [0; 4096]).await.expect("a request") > 0);
            let body = r#"{"choices":[{}]}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).await.expect("an answer");
            // The connection could be used again, and is closed.
            drop(stream);
            if let Some(died) = died.take() {
                let _ = died.send(());
            }
        }
    });
    let policy_text = text(&Provider::start("refuse").await, "nothing", "");
    let (start, rest) = policy_text.split_once("http://").expect("a URL");
    let end = rest.find("/v1").expect("a path");
    let (settings, identity) = super::case::settings("");
    let policy = policy(&format!("{start}http://{address}{}", &rest[end..]));
    let gateway = Gateway::start(policy, settings, identity).await;
    let request = gateway.request("/v1/chat/completions", PLAIN);
    assert_eq!(gateway.exchange(&request).await.status, 200);
    has_died.await.expect("the first connection is closed");
    for _ in 0..20 {
        assert_eq!(gateway.exchange(&request).await.status, 200);
    }
    let records = gateway.records().await;
    assert!(records.iter().all(|record| record.attempts.len() == 1), "each was asked once");
}
