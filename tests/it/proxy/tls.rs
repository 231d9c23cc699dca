//! An upstream over TLS on loopback, with a certificate of its own.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use wayleave_runtime::settings::Settings;
use wayleave_tests::gateway::{Answer, Gateway, policy};

const BODY: &str = r#"{"choices":[{"index":0,"message":{"content":"over TLS"}}]}"#;

/// Starts a TLS server that answers every request alike; its port and its certificate as PEM.
fn start() -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a connection");
                let mut stream = StreamOwned::new(connection, stream);
                let mut bytes = Vec::new();
                let mut buffer = [0; 4096];
                // The body of the tests' requests ends with its only `]}`.
                while !bytes.ends_with(b"]}") {
                    match stream.read(&mut buffer) {
                        Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
                        _ => return,
                    }
                }
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
    (port, cert.pem())
}

async fn ask(port: u16, extra_roots: Vec<u8>) -> Answer {
    let text = format!(
        "edition 2026\nalias assistant\n\
         provider first {{\n  protocol: openai  url: \"https://localhost:{port}/v1\"  key: env(\"K\")  network: private\n  \
         model small {{ supports: [chat]  context: 128k tokens }}\n}}\n\
         approve all: any\n  until 2099-01-01  owner \"tests\"  by \"tests\"  ref \"T-1\"\n\
         route main to first/small\notherwise deny \"never\"\n"
    );
    let (settings, identity) = super::case::settings("");
    let gateway = Gateway::start(policy(&text), Settings { extra_roots, ..settings }, identity).await;
    gateway.exchange(&gateway.request("/v1/chat/completions", r#"{"model":"assistant","messages":[]}"#)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_over_tls_answers_where_its_certificate_is_trusted() {
    let (port, certificate) = start();
    let trusted = ask(port, certificate.into_bytes()).await;
    assert_eq!((trusted.status, trusted.body.as_str()), (200, BODY));
    let untrusted = ask(port, Vec::new()).await;
    assert_eq!(untrusted.status, 502);
    assert!(
        untrusted.body.contains(
            "first/small: unreachable (TLS failed: nobody who is trusted vouches for its certificate)"
        ),
        "{}",
        untrusted.body
    );
}
