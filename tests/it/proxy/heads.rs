//! Heads of requests: which hosts they may name, how long connections wait for one, what is told by a head alone, and that
//! whoever closes their side has left.

use super::limits::start;
use http::Request;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wayleave_tests::gateway::{Answer, Gateway};
use wayleave_tests::provider::Provider;

const MODELS: &str = "GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n";
const STREAM: &str = r#"{"model":"assistant","stream":true,"messages":[]}"#;

/// Longer than any step takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for what happens a moment later.
async fn until(holds: impl Fn() -> bool) {
    for attempt in 0.. {
        if holds() {
            return;
        }
        assert!(attempt < 1000, "it happens");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Reads an answer of which the end of the body is known by these words.
async fn answered(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while !String::from_utf8_lossy(&bytes).contains(end) {
            assert!(stream.read_buf(&mut bytes).await.expect("it stands") > 0, "it stands");
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("an answer");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A connection is kept for its own time between requests, and a head that has begun has its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_waits_longer_than_a_slow_head() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "header-read 300ms\nkeep-alive 4s").await;
    let mut stream = gateway.connect().await;
    for _ in 0..2 {
        stream.write_all(MODELS.as_bytes()).await.expect("a request");
        answered(&mut stream, "{\"alive\":true}").await;
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    // fault-F36: slow is told in words, also on a connection that was kept.
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost").await.expect("a beginning");
    let begun = Instant::now();
    let told = answered(&mut stream, "headers_too_slow").await;
    assert!(told.starts_with("HTTP/1.1 408 ") && told.contains("connection: close"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());

    let mut idle = gateway.connect().await;
    idle.write_all(MODELS.as_bytes()).await.expect("a request");
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, idle.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok_and(|ended| ended.is_ok()), "it ends, and nobody is told why");
    assert_eq!(String::from_utf8_lossy(&bytes).matches("HTTP/1.1 ").count(), 1);
}

/// threat-T10: a request names one host.
#[tokio::test(flavor = "multi_thread")]
async fn requests_name_one_host() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "").await;
    let asked = async |version: &str, hosts: &str| {
        let request = format!("GET /healthz HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        gateway.exchange(request.as_bytes()).await
    };
    for hosts in ["", "host: a\r\nhost: a\r\n", "host: a\r\nhost: b\r\n"] {
        let answer = asked("1.1", hosts).await;
        assert_eq!(answer.status, 400, "{hosts:?}: {}", answer.head);
        assert!(answer.body.contains("\"code\":\"bad_host\""), "{hosts:?}: {}", answer.body);
    }
    for host in ["", "a b", "a/b", "a@b", "a:b", "[::1", "a?b"] {
        let answer = asked("1.1", &format!("host: {host}\r\n")).await;
        assert_eq!(answer.status, 400, "{host:?}: {}", answer.head);
    }
    for host in ["a", "a.example:4180", "127.0.0.1:80", "[::1]:4180"] {
        assert_eq!(asked("1.1", &format!("host: {host}\r\n")).await.status, 200, "{host:?}");
    }
    assert_eq!(asked("1.0", "").await.status, 200, "old clients name none");
    // A whole URI in the place of a path names a host too.
    for (host, status) in [("a", 200), ("a:80", 200), ("user@a", 400), ("a:99999", 400), ("a:b", 400)] {
        let request = format!("GET http://{host}/healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answer = gateway.exchange(request.as_bytes()).await;
        assert_eq!(answer.status, status, "{host:?}: {}", answer.head);
        // Of what is not asked of any model there is no record.
        assert_eq!(answer.header("x-wayleave-decision"), None, "{host:?}");
    }
    // What `connection` names is taken out, and was there.
    let named = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: host, close\r\n\r\n";
    assert_eq!(gateway.exchange(named).await.status, 200);
}

/// threat-T10: the same on HTTP/2, where `:authority` names it.
#[tokio::test(flavor = "multi_thread")]
async fn authority_and_host_name_the_same() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "").await;
    let sender = super::http2::connect(gateway.connect().await).await;
    for (uri, host, status) in [
        ("http://gateway/healthz".to_owned(), None, 200),
        ("http://gateway/healthz".to_owned(), Some("Gateway"), 200),
        ("http://gateway/healthz".to_owned(), Some("other"), 400),
        (format!("http://gateway/{}", "a".repeat(9 << 10)), None, 414),
        ("http://user@gateway/healthz".to_owned(), None, 400),
        ("http://gateway:99999/healthz".to_owned(), None, 400),
    ] {
        let mut ready = sender.clone().ready().await.expect("the connection stands");
        let mut request = Request::get(&uri);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let (answer, _) = ready.send_request(request.body(()).expect("a request"), true).expect("a stream");
        assert_eq!(answer.await.expect("an answer").status(), status, "{host:?}");
    }
}

/// fault-F38: headers that are too long are told so on HTTP/2 as well.
#[tokio::test(flavor = "multi_thread")]
async fn long_headers_are_told_on_http2() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "").await;
    let sender = super::http2::connect(gateway.connect().await).await;
    let mut ready = sender.clone().ready().await.expect("the connection stands");
    let request = Request::get("http://gateway/healthz").header("x-long", "a".repeat(65 << 10));
    let (answer, _) = ready.send_request(request.body(()).expect("a request"), true).expect("a stream");
    let (status, body) = super::http2::read(answer).await;
    assert_eq!(status, 431, "{body}");
    assert!(body.contains("\"headers_too_large\""), "{body}");
}

/// fault-F41: a body that is declared too long is refused before any of it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_declared_length_over_the_limit_is_refused_at_once() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "body-limit 1000").await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let mut stream = gateway.connect().await;
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\n{expect}\
             content-length: 2000\r\n\r\n",
            gateway.key
        );
        stream.write_all(head.as_bytes()).await.expect("a head");
        let told = answered(&mut stream, "body_too_large").await;
        assert!(told.starts_with("HTTP/1.1 413 "), "{expect}: {told}");
    }
    // One that fits is asked for.
    let mut stream = gateway.connect().await;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\n\
         content-length: 2\r\n\r\n",
        gateway.key
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    answered(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
}

/// fault-F33: whoever closes their side of the connection has left, as nobody can tell from one who is gone.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_closes_their_side_has_left() {
    let provider = Provider::start("stall").await;
    let gateway: Gateway = start(provider.address(), "").await;
    let mut stream = gateway.connect().await;
    stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
    for attempt in 0.. {
        if provider.received().len() == 1 {
            break;
        }
        assert!(attempt < 500, "the provider is asked");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stream.shutdown().await.expect("it can be closed");
    let mut bytes = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "the connection ends");
    assert_eq!(Answer::read(&bytes).status, 0);
    let records = gateway.recorded().await;
    assert_eq!(records.first().map(|record| record.outcome.name()), Some("client_gone"));
}

/// fault-F33: also where it has asked for more meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_behind_another_request_has_left() {
    let provider = Provider::start("stall").await;
    let gateway: Gateway = start(provider.address(), "").await;
    let request = String::from_utf8(gateway.request("/v1/chat/completions", STREAM)).expect("text");
    let kept = request.replace("connection: close\r\n", "");
    let mut stream = gateway.connect().await;
    stream.write_all(format!("{kept}{}", kept.repeat(20)).as_bytes()).await.expect("requests");
    until(|| provider.received().len() == 1).await;
    drop(stream);
    until(|| provider.received()[0].is_abandoned).await;
    let records = gateway.recorded().await;
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome.name()).collect();
    assert_eq!(outcomes, ["client_gone"], "what came behind is not asked");
}

/// Requests one behind the other are answered in their order, however many come at once.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_come_at_once_are_answered_in_order() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway: Gateway = start(provider.address(), "").await;
    let call = String::from_utf8(gateway.request("/v1/chat/completions", STREAM)).expect("text");
    let call = call.replace(STREAM, &STREAM.replace("true", "null")).replace("connection: close\r\n", "");
    let unknown = MODELS.replace("healthz", "nothing");
    let count = 300;
    let all = format!("{MODELS}{call}{unknown}").repeat(count);
    let mut stream = gateway.connect().await;
    let (mut reading, mut writing) = stream.split();
    let written = writing.write_all(all.as_bytes());
    let read = async {
        let mut bytes = Vec::new();
        while String::from_utf8_lossy(&bytes).matches("\"unknown_path\"").count() < count {
            assert!(reading.read_buf(&mut bytes).await.expect("it stands") > 0, "it stands");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let both = async { tokio::join!(written, read) };
    let (_, text) = tokio::time::timeout(PATIENCE, both).await.expect("answers");
    let statuses: Vec<&str> = text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "200", "404"].repeat(count));
}

/// fault-F34: whoever leaves within a body of their own has left; a body that is not framed as it has to be is a mistake.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_within_their_body_has_left() {
    let provider = Provider::start("refuse").await;
    let gateway: Gateway = start(provider.address(), "").await;
    let head = |framing: &str| {
        let key = &gateway.key;
        format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {key}\r\n{framing}\r\n\r\n"
        )
    };
    for (framing, part, outcome) in [
        ("content-length: 50", "{\"model\"", "client_gone"),
        ("transfer-encoding: chunked", "8\r\n{\"model\"\r\n", "client_gone"),
        ("transfer-encoding: chunked", "8\r\n{\"model\"\r\nx\r\n", "bad_request"),
    ] {
        let before = gateway.records().await.len();
        let mut stream = gateway.connect().await;
        stream.write_all(format!("{}{part}", head(framing)).as_bytes()).await.expect("a beginning");
        drop(stream);
        let mut records = Vec::new();
        for _ in 0..500 {
            records = gateway.records().await;
            if records.len() > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let last = records.get(before).map(|record| record.outcome.name());
        assert_eq!(last, Some(outcome), "{framing} {part:?}");
    }
}
