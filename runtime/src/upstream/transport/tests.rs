//! Calls over real sockets: which connections are kept, and that none is waited on in vain.

use super::*;
use bytes::Bytes;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::coop;
use tokio::time::{sleep, timeout};

const LONG: Duration = Duration::from_secs(20);

/// A host that answers each call with that text, and closes behind it where it is told so; how many connections it has had.
async fn host(answer: &'static str, closes: bool) -> (Transport, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    if closes {
                        return;
                    }
                }
            });
        }
    });
    let ways = Ways { is_public_only: false, connect: LONG, roots: &[] };
    (Transport::new(&url, ways).unwrap_or_else(|_| panic!("{url}")), connections)
}

async fn send(transport: &Transport) -> Result<Answer, Error> {
    let call = transport.post(&Uri::from_static("/v1/x?a=b"), vec![Bytes::from_static(b"{}")]);
    transport.send(call, Repeat::Never).await
}

async fn call(transport: &Transport) -> Vec<u8> {
    let mut answer = send(transport).await.unwrap();
    let mut body = Vec::new();
    while let Some(piece) = answer.next().await.unwrap() {
        body.extend_from_slice(&piece);
    }
    body
}

const PLAIN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const CHUNKS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_one_after_the_other_share_a_connection() {
    for answer in [PLAIN, CHUNKS] {
        let (transport, connections) = host(answer, false).await;
        for _ in 0..20 {
            assert_eq!(timeout(LONG, call(&transport)).await.unwrap(), b"ok");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1, "{answer}");
    }
}

/// Of what is behind an answer nothing is taken for the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_at_its_end_is_not_used_again() {
    let behind =
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno";
    let last = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    for answer in [behind, last] {
        let (transport, connections) = host(answer, false).await;
        for _ in 0..5 {
            assert_eq!(timeout(LONG, call(&transport)).await.unwrap(), b"ok");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 5, "{answer}");
    }
    // Nobody reads on.
    let (transport, connections) = host("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok", false).await;
    for _ in 0..5 {
        drop(timeout(LONG, send(&transport)).await.unwrap().unwrap());
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_host_closes_is_closed_while_nobody_uses_it() {
    let (transport, connections) = host(PLAIN, true).await;
    for round in 1..=5 {
        assert_eq!(timeout(LONG, call(&transport)).await.unwrap(), b"ok");
        let closed = async {
            while transport.pool.count() > 0 {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, closed).await.unwrap();
        assert_eq!(connections.load(Ordering::SeqCst), round);
    }
}

/// Who answers before it has heard all, and closes the connection over the rest, is heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_the_call_is_sent_is_an_answer() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\n{}";
    let (transport, connections) = host(refusal, true).await;
    let long = Bytes::from(vec![b' '; 8 << 20]);
    for round in 1..=50 {
        let call = transport.post(&Uri::from_static("/"), vec![long.clone()]);
        let mut answer = timeout(LONG, transport.send(call, Repeat::Never)).await.unwrap().unwrap();
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(timeout(LONG, answer.next()).await.unwrap().unwrap().unwrap(), "{}");
        drop(answer);
        // Nobody knows what of the call it would take for another one.
        assert_eq!((transport.pool.count(), connections.load(Ordering::SeqCst)), (0, round));
    }
    // Where its end is that of the connection, an answer may be half of one.
    let (transport, _) = host("HTTP/1.1 200 OK\r\n\r\nhalf", true).await;
    for _ in 0..50 {
        let call = transport.post(&Uri::from_static("/"), vec![long.clone()]);
        let mut answer = timeout(LONG, transport.send(call, Repeat::Never)).await.unwrap().unwrap();
        let mut last = timeout(LONG, answer.next()).await.unwrap();
        while let Ok(Some(_)) = last {
            last = timeout(LONG, answer.next()).await.unwrap();
        }
        assert!(last.is_err(), "{last:?}");
    }
}

/// Whatever share of its work a task has left when an answer comes, the answer is seen.
#[tokio::test]
async fn a_task_that_has_done_its_share_misses_nothing() {
    for spent in 100..=128 {
        let (transport, _) = host(CHUNKS, false).await;
        // By itself, so that nobody who waits for it wakes it.
        let calling = tokio::spawn(async move {
            let mut called = pin!(call(&transport));
            let mut polls = 0;
            let spending = poll_fn(|context| {
                polls += 1;
                // In the polls in which a connection is made, a call written and its answer read.
                for _ in 0..if polls < 8 { spent } else { 0 } {
                    if let Poll::Ready(share) = coop::poll_proceed(context) {
                        share.made_progress();
                    }
                }
                called.as_mut().poll(context)
            });
            spending.await
        });
        let body = timeout(LONG, calling).await.unwrap_or_else(|_| panic!("{spent} of 128"));
        assert_eq!(body.unwrap(), b"ok");
    }
}
