//! Requests as raw bytes, over a socket: what two readers could take for different requests is answered once with 400, and
//! nothing that it carries is asked of anybody.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wayleave_tests::gateway::{Answer, Gateway, policy};
use wayleave_tests::provider::Provider;

const BODY: &str = r#"{"model":"assistant","messages":[]}"#;

/// A gateway without keys, so that nothing but the framing can be wrong with a request.
async fn start(provider: &Provider, lines: &str) -> Gateway {
    let text = format!(
        "edition 2026\nalias assistant\n\
         provider first {{\n  protocol: openai  url: \"http://{}/v1\"  key: env(\"K\")  network: private\n  \
         model small {{ supports: [chat]  context: 128k tokens }}\n}}\n\
         approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
         route main to first/small within 5s\notherwise deny \"never\"\n",
        provider.address()
    );
    let (settings, identity) = super::case::settings(&format!("open\n{lines}"));
    Gateway::start(policy(&text), settings, identity).await
}

/// How many answers there are in what a connection carried.
fn answers(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).matches("HTTP/1.1 ").count()
}

/// Sends bytes, all at once or one by one, and reads until the gateway closes.
async fn send(gateway: &Gateway, bytes: &[u8], size: usize) -> Vec<u8> {
    let mut stream = gateway.connect().await;
    for piece in bytes.chunks(size) {
        if stream.write_all(piece).await.is_err() {
            break;
        }
        if size < bytes.len() {
            tokio::task::yield_now().await;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// What is hidden behind an ambiguous request: were it taken, a provider would see it.
fn smuggled() -> String {
    format!("POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len())
}

/// threat-T10, fault-F37.
#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_framing_is_refused_once() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(&provider, "header-read 2s").await;
    let (length, hidden) = (BODY.len(), smuggled());
    let chunked = format!("{length:x}\r\n{BODY}\r\n0\r\n\r\n");
    let whole = hidden.len();
    for (case, head, body) in [
        (
            "length before chunks",
            format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
            &chunked,
        ),
        (
            "length behind chunks",
            format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
            &chunked,
        ),
        (
            "no chunks behind a length",
            format!("content-length: {whole}\r\ntransfer-encoding: identity\r\n"),
            &chunked,
        ),
        (
            "two lengths",
            format!("content-length: {length}\r\ncontent-length: {}\r\n", length + 1),
            &BODY.to_owned(),
        ),
        (
            "one length twice",
            format!("content-length: {length}\r\ncontent-length: {length}\r\n"),
            &BODY.to_owned(),
        ),
        ("a list of lengths", format!("content-length: {length}, {length}\r\n"), &BODY.to_owned()),
        ("a signed length", format!("content-length: +{length}\r\n"), &BODY.to_owned()),
        ("a coding before chunks", "transfer-encoding: gzip, chunked\r\n".to_owned(), &chunked),
        ("chunks twice", "transfer-encoding: chunked, chunked\r\n".to_owned(), &chunked),
        ("another coding", "transfer-encoding: xchunked\r\n".to_owned(), &chunked),
        ("a blank before the colon", format!("content-length : {length}\r\n"), &BODY.to_owned()),
        ("a folded header", format!("content-length:\r\n {length}\r\n"), &BODY.to_owned()),
        ("a NUL in a value", format!("x: a\0b\r\ncontent-length: {length}\r\n"), &BODY.to_owned()),
        ("a NUL in a name", format!("x\0: a\r\ncontent-length: {length}\r\n"), &BODY.to_owned()),
        ("a bare CR", format!("x: a\rcontent-length: 0\r\ncontent-length: {length}\r\n"), &BODY.to_owned()),
        ("a bare LF", format!("x: a\ncontent-length: {length}\r\n"), &BODY.to_owned()),
    ] {
        let request = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\n{head}\r\n{body}{hidden}");
        for size in [usize::MAX, 1] {
            let answer = send(&gateway, request.as_bytes(), size).await;
            let text = String::from_utf8_lossy(&answer);
            let read = Answer::read(&answer);
            assert_eq!((read.status, answers(&answer)), (400, 1), "{case}, by {size}: {text}");
            assert!(read.body.contains("\"code\":\"bad_framing\""), "{case}, by {size}: {text}");
            assert_eq!(read.header("connection"), Some("close"), "{case}, by {size}: {text}");
            assert_eq!(read.header("x-wayleave-decision"), None, "{case}: nothing is recorded of it");
        }
    }
    assert_eq!(provider.received().len(), 0, "nobody was asked");
    // The same without what is wrong with it, so that nothing else is.
    let sound = format!("{hidden}{hidden}").replace("host: g", "host: g\r\nx: a");
    let last = sound.rfind("host").map(|at| format!("{}connection: close\r\n{}", &sound[..at], &sound[at..]));
    let answer = send(&gateway, last.unwrap_or_default().as_bytes(), usize::MAX).await;
    assert_eq!((answers(&answer), provider.received().len()), (2, 2), "{}", String::from_utf8_lossy(&answer));
}

/// threat-T10, fault-F37.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_chunks_are_refused_once() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(&provider, "header-read 2s").await;
    let length = BODY.len();
    for (case, body) in [
        ("no size", format!("\r\n{BODY}\r\n0\r\n\r\n")),
        ("a size that is none", format!("x\r\n{BODY}\r\n0\r\n\r\n")),
        ("a signed size", format!("+{length:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a size with a prefix", format!("0x{length:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a size too large to count", format!("ffffffffffffffff{length:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a bare LF", format!("{length:x}\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk that is longer", format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", length - 1)),
        ("a NUL behind a size", format!("{length:x};\0\r\n{BODY}\r\n0\r\n\r\n")),
        ("a bare LF behind the last", format!("{length:x}\r\n{BODY}\r\n0\n\n")),
        ("a folded trailer", format!("{length:x}\r\n{BODY}\r\n0\r\n x: a\r\n\r\n")),
    ] {
        let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n";
        let answer = send(&gateway, format!("{head}{body}{}", smuggled()).as_bytes(), usize::MAX).await;
        let text = String::from_utf8_lossy(&answer);
        let read = Answer::read(&answer);
        assert_eq!((read.status, answers(&answer)), (400, 1), "{case}: {text}");
        assert!(read.body.contains("\"code\":\"bad_framing\""), "{case}: {text}");
    }
    assert_eq!(provider.received().len(), 0, "nobody was asked");
}

/// threat-T10: nothing behind an upgrade or a tunnel that is asked for goes anywhere, and old versions have no chunks.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_upgraded_and_nothing_tunnelled() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(&provider, "").await;
    for (request, status) in [
        ("CONNECT first:443 HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n", 404),
        (
            "GET /v1/models HTTP/1.1\r\nhost: g\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n",
            200,
        ),
        (
            "GET /v1/models HTTP/1.1\r\nhost: g\r\nconnection: upgrade, http2-settings, close\r\nupgrade: h2c\r\n\
             http2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
            200,
        ),
        ("POST /v1/chat/completions HTTP/1.0\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ] {
        let answer = send(&gateway, format!("{request}{}", smuggled()).as_bytes(), usize::MAX).await;
        let text = String::from_utf8_lossy(&answer);
        assert_eq!((Answer::read(&answer).status, answers(&answer)), (status, 1), "{request}: {text}");
    }
    assert_eq!(provider.received().len(), 0, "nobody was asked");
}

/// threat-T9: a path is what it is, byte for byte; whose host is named leads nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn no_path_and_no_host_leads_elsewhere() {
    let provider = Provider::start("refuse").await;
    let gateway = start(&provider, "").await;
    for path in [
        "/v1/../v1/models",
        "/v1/%2e%2e/v1/models",
        "/v1/./models",
        "//v1/models",
        "/v1//models",
        "/V1/models",
        "/v1/Models",
        "/v1/models%00",
        "/v1/models%2f",
        "/v1/models/",
        "/v1/models;a=b",
        "/%761/models",
        "/api/decisions",
        "/keys",
        "/",
        "*",
        "http://127.0.0.1:4181/",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:4181\r\nconnection: close\r\n\r\n");
        let answer = Answer::read(&send(&gateway, request.as_bytes(), usize::MAX).await);
        assert_eq!(answer.status, 404, "{path}: {}", answer.head);
    }
    for path in ["/v1/mod\0els", "/v1/mod\x01els", "/v1/mod\rels"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n");
        let answer = Answer::read(&send(&gateway, request.as_bytes(), usize::MAX).await);
        assert_eq!(answer.status, 400, "{path:?}: {}", answer.head);
    }
}

/// fault-F38.
#[tokio::test(flavor = "multi_thread")]
async fn long_paths_and_many_headers_are_refused() {
    let provider = Provider::start("refuse").await;
    let gateway = start(&provider, "").await;
    let path = format!("GET /{} HTTP/1.1\r\nhost: g\r\n\r\n", "a".repeat(100 << 10));
    let answer = Answer::read(&send(&gateway, path.as_bytes(), usize::MAX).await);
    assert_eq!(answer.status, 414, "{}", answer.head);
    assert!(answer.body.contains("\"uri_too_long\""), "{}", answer.body);
    for headers in [format!("x: {}\r\n", "a".repeat(1 << 20)), "x: a\r\n".repeat(10_000)] {
        let request = format!("GET /v1/models HTTP/1.1\r\nhost: g\r\n{headers}\r\n");
        let answer = Answer::read(&send(&gateway, request.as_bytes(), usize::MAX).await);
        assert_eq!(answer.status, 431, "{}", answer.head);
        assert!(answer.body.contains("\"headers_too_large\""), "{}", answer.body);
    }
}

/// fault-F36: others are served while many say nothing, or say it slowly.
#[tokio::test(flavor = "multi_thread")]
async fn slow_callers_are_cut_off_and_others_served() {
    let provider = Provider::start("body {\"choices\":[{}]}").await;
    let gateway = start(&provider, "header-read 300ms\nbody-read 300ms").await;
    let mut slow = Vec::new();
    for beginning in [
        "",
        "P",
        "POST /v1/chat",
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\ncontent-length: 9\r\n\r\n{",
    ]
    .iter()
    .cycle()
    .take(64)
    {
        let mut stream = gateway.connect().await;
        stream.write_all(beginning.as_bytes()).await.expect("a beginning");
        slow.push((beginning, stream));
    }
    let answer = gateway.exchange(&gateway.request("/v1/chat/completions", BODY)).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    for (beginning, mut stream) in slow {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(std::time::Duration::from_secs(10), stream.read_to_end(&mut answer));
        assert!(read.await.is_ok(), "`{beginning}` is cut off");
        assert!(matches!(Answer::read(&answer).status, 0 | 408), "{}", String::from_utf8_lossy(&answer));
    }
}

/// A caller that is turned away by its head goes on over the same connection, or is told that it cannot: SDKs keep connections,
/// and one that ends unannounced breaks their next request.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_behind_a_refusal_says_so() {
    let provider = Provider::start("body {\"choices\":[]}").await;
    let gateway = super::limits::start(provider.address(), "").await;
    let head = |path: &str, lines: &str| {
        let length = BODY.len();
        format!("POST {path} HTTP/1.1\r\nhost: g\r\ncontent-length: {length}\r\n{lines}\r\n")
    };
    for (path, status) in [("/v1/chat/completions", "401"), ("/v1/nothing", "404"), ("/v1/models", "405")] {
        // The body comes behind the head, as most clients write them, and so does another request.
        let mut stream = gateway.connect().await;
        for _ in 0..2 {
            stream.write_all(head(path, "").as_bytes()).await.expect("an open connection");
            tokio::task::yield_now().await;
            stream.write_all(BODY.as_bytes()).await.expect("an open connection");
            let answer = until(&mut stream, "}}").await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(!answer.contains("connection: close"), "{path}: {answer}");
        }
        // The body never comes, or only when it is asked for.
        for lines in ["", "expect: 100-continue\r\n"] {
            let answer = send(&gateway, head(path, lines).as_bytes(), usize::MAX).await;
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(answer.contains("connection: close"), "{path}: {answer}");
        }
    }
    assert!(provider.received().is_empty(), "nobody was asked");
}

/// What comes until these bytes have come.
async fn until(stream: &mut tokio::net::TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(end) {
        let mut piece = [0; 1_024];
        let length = stream.read(&mut piece).await.expect("an open connection");
        assert!(length > 0, "it was closed: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&piece[..length]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
