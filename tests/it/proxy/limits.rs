//! What runs out and what is taken away while requests run: places, patience with slow callers, keys, and the names of bodies
//! that are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wayleave_runtime::keys::Identity;
use wayleave_tests::gateway::{Answer, Gateway, policy};
use wayleave_tests::provider::Provider;

const TEXT: &str = r#"event {"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
const STREAM: &str = r#"{"model":"assistant","stream":true,"messages":[]}"#;
const PLAIN: &str = r#"{"model":"assistant","messages":[]}"#;

/// A policy with one provider there.
pub(super) fn text(address: std::net::SocketAddr) -> String {
    format!(
        "edition 2026\nalias assistant\n\
         provider first {{\n  protocol: openai  url: \"http://{address}/v1\"  key: env(\"K\")  network: private\n  \
         model small {{ supports: [chat]  context: 128k tokens }}\n}}\n\
         approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
         route main to first/small within 5s\notherwise deny \"never\"\n"
    )
}

pub(super) async fn start(address: std::net::SocketAddr, lines: &str) -> Gateway {
    let (settings, identity) = super::case::settings(lines);
    Gateway::start(policy(&text(address)), settings, identity).await
}

/// Requests beyond the limit are told to come back, at once, and those that run end as if nothing were.
#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_limit_are_answered_503_at_once() {
    let provider =
        Provider::start(&format!("{TEXT}\nstall\nthen\n{TEXT}\nstall\nthen\nbody {{\"choices\":[{{}}]}}"))
            .await;
    let gateway = start(provider.address(), "streams-limit 2").await;
    let mut running = Vec::new();
    for _ in 0..2 {
        let mut stream = gateway.connect().await;
        stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
        stream.read_exact(&mut [0; 1]).await.expect("the beginning of an answer");
        running.push(stream);
    }
    let refused = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.head);
    assert!(refused.body.contains("\"overloaded\""), "{}", refused.body);
    assert_eq!(provider.received().len(), 2, "nobody was asked");
    // A list of models takes no place.
    let models = format!(
        "GET /v1/models HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n",
        gateway.key
    );
    assert_eq!(gateway.exchange(models.as_bytes()).await.status, 200);
    drop(running);
    for attempt in 0.. {
        let answer = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
        if answer.status == 200 {
            break;
        }
        assert!(attempt < 500, "places are free again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// threat-T23: one caller has so many requests at once, over all of its keys, and the places of others are theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_so_many_requests_at_once() {
    let provider =
        Provider::start(&format!("{TEXT}\nstall\nthen\n{TEXT}\nstall\nthen\nbody {{\"choices\":[{{}}]}}"))
            .await;
    let gateway = start(provider.address(), "streams-per-caller 2").await;
    let (_, identity) = super::case::settings("");
    let second = gateway.store.add_key(identity.clone(), 0).await.expect("a key").text;
    let other = Identity { caller_id: "other".to_owned(), ..identity };
    let other = gateway.store.add_key(other, 0).await.expect("a key").text;
    let with = |key: &str, path: &str, body: &str| {
        let text = String::from_utf8(gateway.request(path, body)).expect("text");
        text.replace(&gateway.key, key).into_bytes()
    };
    let mut running = Vec::new();
    for key in [&gateway.key, &second] {
        let mut stream = gateway.connect().await;
        stream.write_all(&with(key, "/v1/chat/completions", STREAM)).await.expect("a request");
        stream.read_exact(&mut [0; 1]).await.expect("the beginning of an answer");
        running.push(stream);
    }
    for (path, body) in [
        ("/v1/chat/completions", PLAIN),
        ("/v1/messages", r#"{"model":"assistant","max_tokens":5,"messages":[]}"#),
    ] {
        let refused = gateway.exchange(&with(&second, path, body)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")), "{}", refused.head);
        assert!(refused.body.contains("\"too_many_at_once\""), "{}", refused.body);
        let is_anthropic = refused.body.starts_with(r#"{"type":"error""#);
        assert_eq!(is_anthropic, path == "/v1/messages", "{}", refused.body);
    }
    let served = gateway.exchange(&with(&other, "/v1/chat/completions", PLAIN)).await;
    assert_eq!(served.status, 200, "{}", served.body);
    drop(running);
    for attempt in 0.. {
        let answer = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
        if answer.status == 200 {
            break;
        }
        assert!(attempt < 500, "places are free again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let records = gateway.records().await;
    assert!(records.iter().any(|record| record.status == 429 && record.outcome.name() == "overloaded"));
}

/// fault-F42: a stream ends when its key is revoked, with an error event and without an end that looks like one.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_key_is_revoked() {
    // One that is silent, and one that never is.
    let flood = format!("{}\nstall", vec![format!("{TEXT}\nwait 20ms"); 500].join("\n"));
    for script in [format!("{TEXT}\nstall"), flood] {
        let provider = Provider::start(&script).await;
        let gateway = start(provider.address(), "").await;
        let mut stream = gateway.connect().await;
        stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
        let mut bytes = vec![0; 1];
        stream.read_exact(&mut bytes).await.expect("the beginning of an answer");
        // Another key that is revoked or made ends nothing.
        let other = gateway.store.add_key(Default::default(), 0).await.expect("a key");
        gateway.store.revoke_key(&other.id, 1).await.expect("it is revoked");
        let still = tokio::time::timeout(Duration::from_millis(200), async {
            let before = bytes.len();
            while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {}
            bytes.len() - before
        });
        assert!(still.await.is_err(), "the stream goes on: {}", String::from_utf8_lossy(&bytes));
        let keys = gateway.store.list_keys().await.expect("the store answers");
        let own = keys.iter().find(|key| key.revoked_ms.is_none()).expect("the key");
        let revoked = Instant::now();
        gateway.store.revoke_key(&own.identity.key_id, 2).await.expect("it is revoked");
        stream.read_to_end(&mut bytes).await.expect("the rest");
        assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
        let answer = Answer::read(&bytes);
        assert!(answer.body.contains("\"invalid_api_key\""), "{}", answer.body);
        assert!(!answer.body.contains("[DONE]") && !answer.body.contains(&gateway.key), "{}", answer.body);
        let records = gateway.records().await;
        assert_eq!(records[0].outcome.name(), "denied_identity");
    }
}

/// A provider that writes as fast as it is read; how much that was.
async fn endless() -> (std::net::SocketAddr, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sent, left) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, ended) = (Arc::clone(&sent), Arc::clone(&left));
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
            counted.fetch_add(event.len(), Ordering::Relaxed);
        }
        ended.store(1, Ordering::Relaxed);
    });
    (address, sent, left)
}

/// fault-F35: a caller that takes nothing for as long as `write` says is cut off, and the provider's call with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_nothing_is_cut_off() {
    let (address, sent, left) = endless().await;
    let gateway = start(address, "write 500ms").await;
    let mut stream = gateway.connect().await;
    stream.write_all(&gateway.request("/v1/chat/completions", STREAM)).await.expect("a request");
    for attempt in 0.. {
        if left.load(Ordering::Relaxed) == 1 {
            break;
        }
        assert!(attempt < 1000, "the call is given up; {} bytes were sent", sent.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let records = gateway.recorded().await;
    assert_eq!(records.first().map(|record| record.outcome.name()), Some("client_gone"));
    drop(stream);
}

/// fault-F35: the same over HTTP/2, where a caller that opens no window keeps no socket waiting; and what is held for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_opens_no_window_is_cut_off() {
    let (address, sent, left) = endless().await;
    let gateway = start(address, "write 1s").await;
    let (_sender, answer) = super::http2::ask(&gateway, STREAM).await;
    let mut answer = answer.await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let first = answer.body_mut().data().await.expect("a piece").expect("a piece");
    assert!(!first.is_empty());
    for attempt in 0.. {
        if left.load(Ordering::Relaxed) == 1 {
            break;
        }
        assert!(attempt < 1000, "the call is given up; {} bytes were sent", sent.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let records = gateway.recorded().await;
    assert_eq!(records.first().map(|record| record.outcome.name()), Some("client_gone"));
}

/// SDKs show `x-request-id`: where the provider gives none, and where no provider is asked, it is the decision's id.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_request_id() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(provider.address(), "").await;
    for (body, status) in [(PLAIN, 200), ("{", 400), (r#"{"model":"none","messages":[]}"#, 404)] {
        let answer = gateway.exchange(&gateway.request("/v1/chat/completions", body)).await;
        assert_eq!(answer.status, status, "{}", answer.head);
        let id = answer.header("x-wayleave-decision").expect("the decision's id");
        assert_eq!((id.len(), answer.header("x-request-id")), (26, Some(id)));
    }
}

/// fault-F39: what is no body of a request is told in milliseconds, whatever its depth.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none_are_told_at_once() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(provider.address(), "").await;
    let utf16: Vec<u8> = "{\"model\":\"assistant\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: [(&str, Vec<u8>); 9] = [
        ("truncated", br#"{"model":"assistant","messages":[{"role":"us"#.to_vec()),
        ("deep", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
        ("deep inside", [br#"{"model":"assistant","messages":"#.to_vec(), vec![b'['; 100_000]].concat()),
        ("NaN", br#"{"model":"assistant","temperature":NaN,"messages":[]}"#.to_vec()),
        ("UTF-16", utf16),
        ("no UTF-8", b"{\"model\":\"assistant\xff\",\"messages\":[]}".to_vec()),
        ("garbage behind", br#"{"model":"assistant","messages":[]} {}"#.to_vec()),
        ("another type", br#"{"model":["assistant"],"messages":[]}"#.to_vec()),
        ("nothing", b" ".to_vec()),
    ];
    for (case, body) in bodies {
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
             content-length: {}\r\n\r\n",
            gateway.key,
            body.len()
        );
        let begun = Instant::now();
        let answer = gateway.exchange(&[head.into_bytes(), body].concat()).await;
        assert_eq!(answer.status, 400, "{case}: {}", answer.head);
        assert!(answer.body.starts_with(r#"{"error":{"#), "{case}: {}", answer.body);
        assert!(begun.elapsed() < Duration::from_secs(2), "{case}: {:?}", begun.elapsed());
    }
    assert_eq!(provider.received().len(), 0, "nobody was asked");
}

/// fault-F41: what is compressed, or far too long, is refused by its head alone.
#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused_by_their_head() {
    let provider = Provider::start("refuse").await;
    let gateway = start(provider.address(), "").await;
    for (headers, status) in [
        ("content-encoding: gzip\r\ncontent-length: 65536", 415),
        ("content-encoding: br\r\ncontent-length: 65536", 415),
        ("content-length: 67108865", 413),
    ] {
        let mut stream = gateway.connect().await;
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\n{headers}\r\n\r\n",
            gateway.key
        );
        // Nothing of the body is ever sent.
        stream.write_all(head.as_bytes()).await.expect("a head");
        let mut bytes = vec![0; 12];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut bytes)).await;
        assert!(read.is_ok(), "{headers}");
        assert_eq!(bytes, format!("HTTP/1.1 {status}").as_bytes(), "{headers}");
    }
}

/// What the process of the next test holds, in percent of its limit.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// fault-F61: a request that was let in while there was room brings no body that nobody has room for.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_when_memory_is_full_are_refused() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let (mut settings, identity) = super::case::settings("");
    let resident_bytes = || u64::try_from(HELD.load(Ordering::Relaxed)).ok();
    settings.memory = Some(wayleave_runtime::settings::MemoryLimit { limit_bytes: 100, resident_bytes });
    let gateway = Gateway::start(policy(&text(provider.address())), settings, identity).await;
    let request = gateway.request("/v1/chat/completions", PLAIN);
    let (begun, rest) = request.split_at(request.len() - 10);
    let mut stream = gateway.connect().await;
    stream.write_all(begun).await.expect("most of a request");
    tokio::time::sleep(Duration::from_millis(300)).await;
    HELD.store(95, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    stream.write_all(rest).await.expect("the rest of it");
    let mut told = String::new();
    stream.read_to_string(&mut told).await.expect("an answer");
    assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("\"overloaded\""), "{told}");
    assert!(provider.received().is_empty(), "nobody was asked");
}
