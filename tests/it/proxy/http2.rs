//! HTTP/2 on the data port: agreed on by TLS or known before, what it bounds, and how it ends; and certificates that are
//! renewed under traffic.

use super::limits::start;
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::Request;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wayleave_runtime::server::tls::Tls;
use wayleave_runtime::settings::Settings;
use wayleave_tests::gateway::{Answer, Gateway, policy};
use wayleave_tests::provider::Provider;

const TEXT: &str = r#"event {"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
const STOP: &str = r#"event {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const STREAM: &str = r#"{"model":"assistant","stream":true,"messages":[]}"#;
const PLAIN: &str = r#"{"model":"assistant","messages":[]}"#;
const ANSWER: &str = r#"{"choices":[{"index":0,"message":{"content":"hello"}}]}"#;

/// Opens an HTTP/2 connection and drives it.
pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
) -> SendRequest<Bytes> {
    let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(async move {
        // How it ends is what the test looks at elsewhere.
        let _ = connection.await;
    });
    sender
}

/// Sends a request on a connection.
async fn send(sender: &mut SendRequest<Bytes>, key: &str, body: &str) -> ResponseFuture {
    let mut ready = sender.clone().ready().await.expect("the connection stands");
    let request = Request::post("http://gateway/v1/chat/completions")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(())
        .expect("a request");
    let (answer, mut stream) = ready.send_request(request, false).expect("a stream");
    stream.send_data(Bytes::from(body.to_owned()), true).expect("a body");
    answer
}

/// Asks on a new connection in clear; the connection lives as long as the sender.
pub(super) async fn ask(gateway: &Gateway, body: &str) -> (SendRequest<Bytes>, ResponseFuture) {
    let mut sender = connect(gateway.connect().await).await;
    let answer = send(&mut sender, &gateway.key, body).await;
    (sender, answer)
}

/// Status and body of an answer, as far as it comes.
pub(super) async fn read(answer: ResponseFuture) -> (u16, String) {
    let answer = answer.await.expect("an answer");
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = body.data().await {
        bytes.extend_from_slice(&piece);
        let _ = body.flow_control().release_capacity(piece.len());
    }
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_protocols_are_spoken_in_clear() {
    let provider =
        Provider::start(&format!("body {ANSWER}\nthen\n{TEXT}\n{STOP}\nthen\nbody {ANSWER}")).await;
    let gateway = start(provider.address(), "").await;
    let (mut sender, answer) = ask(&gateway, PLAIN).await;
    assert_eq!(read(answer).await, (200, ANSWER.to_owned()));
    // threat-T11: so many streams at once, and no more.
    assert_eq!(sender.current_max_send_streams(), 128);
    let (status, body) = read(send(&mut sender, &gateway.key, STREAM).await).await;
    assert!(status == 200 && body.contains("\"stop\""), "{body}");
    assert_eq!(read(send(&mut sender, "wl_none", PLAIN).await).await.0, 401);
    let first = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    assert_eq!((first.status, first.body.as_str()), (200, ANSWER));
}

/// threat-T10: what HTTP/2 forbids is refused by its library, or leads nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn headers_of_connections_and_wrong_lengths_are_refused() {
    let provider = Provider::start(&format!("body {ANSWER}")).await;
    let gateway = start(provider.address(), "").await;
    let sender = connect(gateway.connect().await).await;
    for (name, value) in
        [("transfer-encoding", "chunked"), ("connection", "authorization"), ("content-length", "9")]
    {
        let mut ready = sender.clone().ready().await.expect("the connection stands");
        let request = Request::post("http://gateway/v1/chat/completions")
            .header("authorization", format!("Bearer {}", gateway.key))
            .header(name, value)
            .body(())
            .expect("a request");
        let Ok((answer, mut stream)) = ready.send_request(request, false) else { continue };
        let sent = stream.send_data(Bytes::from_static(PLAIN.as_bytes()), true);
        let is_answered = sent.is_ok() && answer.await.is_ok_and(|answer| answer.status() == 200);
        assert!(!is_answered, "{name}: {value}");
    }
    assert_eq!(provider.received().len(), 0, "nobody was asked");
}

/// A frame of HTTP/2: RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A literal field that no table holds: RFC 7541, section 6.2.2.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let mut bytes = Vec::new();
        let length = text.len();
        if length < 127 {
            bytes.push(u8::try_from(length).expect("short"));
        } else {
            bytes.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).expect("short") | 128);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).expect("short"));
        }
        bytes.extend_from_slice(text.as_bytes());
        bytes
    };
    [vec![0], text(name), text(value)].concat()
}

fn head(key: &str) -> Vec<u8> {
    [
        field(":method", "POST"),
        field(":scheme", "http"),
        field(":authority", "gateway"),
        field(":path", "/v1/chat/completions"),
        field("authorization", &format!("Bearer {key}")),
    ]
    .concat()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Writes frames until the gateway takes no more; whether it then ended the connection.
async fn is_ended(gateway: &Gateway, frames: impl Iterator<Item = Vec<u8>>) -> bool {
    let mut stream = gateway.connect().await;
    let beginning = [PREFACE.to_vec(), frame(SETTINGS, 0, 0, &[])].concat();
    let (mut reader, mut writer) = {
        stream.write_all(&beginning).await.expect("a beginning");
        stream.into_split()
    };
    let reading = tokio::spawn(async move {
        let mut seen = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), reader.read_to_end(&mut seen)).await;
        (read.is_ok(), seen)
    });
    for bytes in frames {
        if writer.write_all(&bytes).await.is_err() {
            break;
        }
    }
    let (is_closed, _) = reading.await.expect("read");
    is_closed
}

/// Waits until nothing runs, and sees that a new request is served.
async fn is_as_before(gateway: &Gateway) {
    let (_sender, answer) = ask(gateway, PLAIN).await;
    assert_eq!(read(answer).await.0, 200);
}

/// threat-T11, fault-F45: streams that are opened and reset in a row end the connection, and leave nothing behind: with two
/// places for requests, a place that was kept would be missed.
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_resets_leave_nothing_behind() {
    let provider = Provider::start(&format!("body {ANSWER}")).await;
    let gateway = start(provider.address(), "streams-limit 2").await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    is_as_before(&gateway).await;
    let before = tasks();
    let key = gateway.key.clone();
    let frames = (0..300_u32).map(|number| {
        let stream = 2 * number + 1;
        [frame(HEADERS, END_HEADERS, stream, &head(&key)), frame(RESET, 0, stream, &8_u32.to_be_bytes())]
            .concat()
    });
    assert!(is_ended(&gateway, frames).await, "the connection is ended");
    // The same slowly, so that each request is begun before it is reset.
    for _ in 0..300 {
        let mut sender = connect(gateway.connect().await).await;
        let request = Request::post("http://gateway/v1/chat/completions")
            .header("authorization", format!("Bearer {}", gateway.key))
            .body(())
            .expect("a request");
        let (answer, mut body) = sender.send_request(request, false).expect("a stream");
        body.send_reset(h2::Reason::CANCEL);
        drop(answer);
    }
    for attempt in 0.. {
        let (_sender, answer) = ask(&gateway, PLAIN).await;
        if read(answer).await.0 == 200 && tasks() <= before + 2 {
            break;
        }
        assert!(attempt < 500, "{} tasks, {before} before", tasks());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// threat-T11: frames that cost the sender nothing end the connection, or what they ask for is bounded.
#[tokio::test(flavor = "multi_thread")]
async fn floods_of_frames_are_ended() {
    let provider = Provider::start(&format!("body {ANSWER}")).await;
    let gateway = start(provider.address(), "header-read 1s").await;
    let key = gateway.key.clone();
    // A head that never ends.
    let begin = frame(HEADERS, 0, 1, &head(&key));
    let more = frame(CONTINUATION, 0, 1, &field("x", &"y".repeat(1000)));
    let endless = std::iter::once(begin).chain(std::iter::repeat_n(more, 10_000));
    assert!(is_ended(&gateway, endless).await, "CONTINUATION without end");
    // A head that is longer than what is taken, in one table entry that is named again and again.
    let long = [vec![0x40, 1, b'x', 127, 0x81, 0x1F], vec![b'y'; 4096 - 128], vec![0xBE; 16_000]].concat();
    let bomb = frame(HEADERS, END_HEADERS | 1, 1, &[head(&key), long[..16_000].to_vec()].concat()[..16_000]);
    assert!(is_ended(&gateway, std::iter::once(bomb)).await, "a table entry, thousands of times");
    // Nobody reads the answers to these; the connection idles out when they end.
    let pings = std::iter::repeat_n(frame(PING, 0, 0, &[0; 8]), 20_000);
    assert!(is_ended(&gateway, pings).await, "pings");
    let settings = std::iter::repeat_n(frame(SETTINGS, 0, 0, &[]), 20_000);
    assert!(is_ended(&gateway, settings).await, "settings");
    is_as_before(&gateway).await;
}

/// fault-F62: running streams of a connection may end; it takes no new ones, and tells so.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_connections_in_order() {
    for (lines, script, end) in [
        ("drain 5s", format!("{TEXT}\nwait 300ms\n{STOP}"), "\"stop\""),
        ("drain 100ms", format!("{TEXT}\nstall"), "shutting_down"),
    ] {
        let provider = Provider::start(&script).await;
        let mut gateway = start(provider.address(), lines).await;
        let (sender, answer) = ask(&gateway, STREAM).await;
        let answer = answer.await.expect("an answer");
        gateway.shut_down();
        let mut body = answer.into_body();
        let mut bytes = Vec::new();
        while let Some(Ok(piece)) = body.data().await {
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(end) && !text.contains("[DONE]"), "{lines}: {text}");
        assert!(sender.ready().await.is_err(), "{lines}: nothing new is taken");
        gateway.ended().await;
    }
}

/// A certificate for `localhost`, as PEM, with its key.
fn certificate() -> (String, String, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    (cert.pem(), signing_key.serialize_pem(), cert.der().clone())
}

/// Connects with TLS, trusting one certificate alone.
async fn secured(
    gateway: &Gateway,
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, gateway.connect().await).await
}

async fn start_secured(provider: &Provider, lines: &str) -> (Gateway, Arc<Tls>, CertificateDer<'static>) {
    let (pem, key, der) = certificate();
    let tls = Arc::new(Tls::new(pem.as_bytes(), key.as_bytes()).expect("a pair"));
    let (settings, identity) = super::case::settings(lines);
    let settings = Settings { tls: Some(Arc::clone(&tls)), ..settings };
    let gateway = Gateway::start(policy(&super::limits::text(provider.address())), settings, identity).await;
    (gateway, tls, der)
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_the_protocol_that_both_sides_know() {
    let provider = Provider::start(&format!("body {ANSWER}")).await;
    let (gateway, _, trusted) = start_secured(&provider, "").await;
    let stream = secured(&gateway, &trusted, &[b"h2", b"http/1.1"]).await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let mut sender = connect(stream).await;
    assert_eq!(read(send(&mut sender, &gateway.key, PLAIN).await).await, (200, ANSWER.to_owned()));
    for protocols in [&[b"http/1.1".as_slice()] as &[_], &[]] {
        let mut stream = secured(&gateway, &trusted, protocols).await.expect("TLS");
        stream.write_all(&gateway.request("/v1/chat/completions", PLAIN)).await.expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("an answer");
        let answer = Answer::read(&bytes);
        assert_eq!((answer.status, answer.body.as_str()), (200, ANSWER));
    }
    assert!(secured(&gateway, &trusted, &[b"spdy/3"]).await.is_err(), "nothing else is spoken");
    let (_, _, other) = certificate();
    assert!(secured(&gateway, &other, &[]).await.is_err(), "its own certificate alone is shown");
    // Nobody who speaks no TLS is served.
    let plain = gateway.exchange(&gateway.request("/v1/chat/completions", PLAIN)).await;
    assert_eq!(plain.status, 0, "{}", plain.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_agrees_on_nothing_is_cut_off() {
    let provider = Provider::start("refuse").await;
    let (pem, key, _) = certificate();
    let tls = Arc::new(Tls::new(pem.as_bytes(), key.as_bytes()).expect("a pair"));
    let (mut settings, identity) = super::case::settings("");
    settings.tls = Some(tls);
    settings.timeouts.handshake = Duration::from_millis(200);
    let gateway = Gateway::start(policy(&super::limits::text(provider.address())), settings, identity).await;
    let mut silent = gateway.connect().await;
    let read = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut [0; 1])).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "{read:?}");
}

/// A renewed certificate is shown to whoever connects from then on; streams that run go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_under_traffic() {
    let provider = Provider::start(&format!("{TEXT}\nwait 300ms\n{STOP}\nthen\nbody {ANSWER}")).await;
    let (gateway, tls, first) = start_secured(&provider, "").await;
    let mut running = connect(secured(&gateway, &first, &[b"h2"]).await.expect("TLS")).await;
    let answer = send(&mut running, &gateway.key, STREAM).await;
    let answer = tokio::spawn(read(answer));

    let (pem, key, second) = certificate();
    let (foreign, _, _) = certificate();
    assert!(tls.replace(foreign.as_bytes(), key.as_bytes()).is_err(), "a key of another certificate");
    assert!(tls.replace(b"", key.as_bytes()).is_err() && tls.replace(pem.as_bytes(), b"").is_err());
    assert!(secured(&gateway, &first, &[]).await.is_ok(), "what cannot be used changes nothing");
    tls.refuse("the key is not that of the certificate");
    let mut stream = secured(&gateway, &first, &[]).await.expect("TLS");
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n")
        .await
        .expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    let ready = Answer::read(&bytes);
    let told = r#""certificate":{"refused":"the key is not that of the certificate"}"#;
    assert!(ready.status == 200 && ready.body.contains(told), "{}", ready.body);

    tls.replace(pem.as_bytes(), key.as_bytes()).expect("a pair");
    assert!(tls.refused().is_none());
    let (status, body) = answer.await.expect("an answer");
    assert!(status == 200 && body.contains("\"stop\""), "{body}");
    assert!(secured(&gateway, &first, &[]).await.is_err(), "the old one is shown no more");
    let mut renewed = connect(secured(&gateway, &second, &[b"h2"]).await.expect("TLS")).await;
    assert_eq!(read(send(&mut renewed, &gateway.key, PLAIN).await).await.0, 200);
    // The connection that stood goes on under the certificate that it began with.
    assert_eq!(read(send(&mut running, &gateway.key, PLAIN).await).await.0, 200);
}
