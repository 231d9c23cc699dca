//! Connections to a provider that were kept and have died, and what a provider may say before its answer.

use super::limits::text;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wayleave_runtime::record::DecisionRecord;
use wayleave_tests::gateway::{Gateway, policy};

const PLAIN: &str = r#"{"model":"assistant","messages":[]}"#;

const ANSWER: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{\"choices\":[{}]}";

/// Requests on kept connections that a test sees before it is content.
const SEEN: usize = 2;

/// What a provider does with a request that is not the first of its connection, before it closes that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Later {
    Nothing,
    NothingForLong,
    Half,
    GivesUp,
    GivesUpOpenly,
}

impl Later {
    fn bytes(self) -> &'static str {
        match self {
            Later::Nothing | Later::NothingForLong => "",
            Later::Half => "HTTP/1.1 2",
            Later::GivesUp => {
                "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            }
            Later::GivesUpOpenly => "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",
        }
    }
}

/// A provider that answers the first request of each connection, and keeps it; and how often it got another one there.
async fn provider(later: Later) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen = Arc::new(AtomicUsize::new(0));
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let noted = Arc::clone(&noted);
            tokio::spawn(async move {
                request(&mut stream).await?;
                stream.write_all(ANSWER.as_bytes()).await.ok()?;
                request(&mut stream).await?;
                noted.fetch_add(1, Ordering::SeqCst);
                if later == Later::NothingForLong {
                    tokio::time::sleep(Duration::from_millis(1200)).await;
                }
                stream.write_all(later.bytes().as_bytes()).await.ok()
            });
        }
    });
    (address, seen)
}

/// Reads a request to its end, which is that of its body.
async fn request(stream: &mut TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\"messages\":[]}") {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(())
}

async fn start(address: SocketAddr, options: &str) -> Gateway {
    let (settings, identity) = super::case::settings("circuit 1000 10s");
    let text = text(address).replace("within 5s", &format!("within 5s\n  {options}"));
    Gateway::start(policy(&text), settings, identity).await
}

/// Asks until some requests met a kept connection, and returns the statuses of all.
async fn ask(gateway: &Gateway, seen: &AtomicUsize) -> Vec<u16> {
    let mut statuses = Vec::new();
    while seen.load(Ordering::SeqCst) < SEEN {
        assert!(statuses.len() < 200, "connections are kept");
        statuses.push(gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await.status);
    }
    statuses
}

/// fault-F14: what meets a connection that is being closed is asked once more on a new one, and is one attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_closes_under_a_request_is_made_anew() {
    // Whoever gives up waiting on a connection says so to nobody: it is no answer to what was sent meanwhile.
    for later in [Later::Nothing, Later::GivesUp] {
        let (address, seen) = provider(later).await;
        let gateway = start(address, "").await;
        let statuses = ask(&gateway, &seen).await;
        assert!(statuses.iter().all(|status| *status == 200), "{later:?}: {statuses:?}");
        let records = gateway.records().await;
        assert!(records.iter().all(|record| record.attempts.len() == 1), "{later:?}: each is one attempt");
    }
}

/// fault-F14: where something of an answer came, or the policy does not let what may have been executed be asked again, it is
/// not.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_may_have_been_executed_is_not_asked_again() {
    for (later, options, status) in [
        (Later::Nothing, "failover on [server-error]", 502),
        (Later::NothingForLong, "", 502),
        (Later::Half, "", 502),
        (Later::GivesUp, "failover on [server-error]", 504),
        (Later::GivesUpOpenly, "", 504),
    ] {
        let (address, seen) = provider(later).await;
        let gateway = start(address, options).await;
        let statuses = ask(&gateway, &seen).await;
        let failed = statuses.iter().filter(|own| **own == status).count();
        assert_eq!(failed, SEEN, "{later:?} {options}: {statuses:?}");
        assert!(statuses.iter().all(|own| [200, status].contains(own)), "{later:?} {options}: {statuses:?}");
    }
}

/// Asks a provider that begins so, and goes on with what repeats until nobody takes it; the record.
async fn said(beginning: String, repeats: &'static str) -> (u16, DecisionRecord) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.ok()?;
        request(&mut stream).await?;
        stream.write_all(beginning.as_bytes()).await.ok()?;
        while !repeats.is_empty() {
            stream.write_all(repeats.as_bytes()).await.ok()?;
        }
        Some(())
    });
    let gateway = start(address, "").await;
    let answer = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    let record = gateway.records().await.pop().expect("a record");
    (answer.status, record)
}

/// fault-F13, fault-F15: a head that has too much of anything is told as what it is, and what comes before an answer ends.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_an_answer_has_its_limits() {
    let head = |headers: String| format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n");
    let too_long = "answered with a head of more than 100 headers or 65536 bytes";
    for (beginning, repeats, detail) in [
        (head("x: y\r\n".repeat(101)), "", too_long),
        (head(format!("x: {}\r\n", "y".repeat(300 << 10))), "", too_long),
        (String::new(), "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", "said too much before its answer"),
    ] {
        let (status, record) = said(beginning, repeats).await;
        assert_eq!((status, record.outcome.name()), (502, "bad_upstream"), "{detail}");
        assert_eq!(record.attempts[0].detail, detail);
    }
}

/// A provider that says the same to each request, and how many connections it has seen.
async fn saying(answer: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen = Arc::new(AtomicUsize::new(0));
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            noted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while stream.read_buf(&mut request).await.ok()? > 0 {
                    if request.ends_with(b"}") {
                        stream.write_all(answer.as_bytes()).await.ok()?;
                        request.clear();
                    }
                }
                Some(())
            });
        }
    });
    (address, seen)
}

/// A call makes no connection where one waits, whoever's call made it, whether its answer was whole, streamed or a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_behind_any_answer() {
    let stream = r#"{"model":"assistant","stream":true,"messages":[]}"#;
    let streamed = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
        50\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n\r\n\
        e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    let refused = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}";
    for (request, answer, status) in [(PLAIN, ANSWER, 200), (stream, streamed, 200), (PLAIN, refused, 429)] {
        let (address, seen) = saying(answer).await;
        let gateway = start(address, "").await;
        for _ in 0..6 {
            let answer = gateway.exchange(&gateway.request("/v1/chat/completions", request)).await;
            assert_eq!(answer.status, status, "{request}");
            // The end of an answer is seen behind the answer.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(seen.load(Ordering::SeqCst), 1, "{request} {status}");
    }
}
