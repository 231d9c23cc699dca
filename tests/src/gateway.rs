//! A gateway in process, on a port of its own, under a policy given as text; and a client that shows every byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wayleave_compiler::decision::Compiled;
use wayleave_compiler::{Options, Sources, check, source_view};
use wayleave_program::Program;
use wayleave_program::value::DEFAULT_NOW;
use wayleave_runtime::Proxy;
use wayleave_runtime::current::{Current, Policy};
use wayleave_runtime::keys::Identity;
use wayleave_runtime::record::DecisionRecord;
use wayleave_runtime::settings::{Secret, Settings};
use wayleave_runtime::store::{Filter, Store};

/// Stands in every provider's key; nothing that leaves a gateway may hold it.
pub const MARKER: &str = "sk-marker-5f1d0c77e2b94a6688aa";

/// Stands in texts of requests; no record may hold it.
pub const TEXT_MARKER: &str = "text-marker-9b3f";

/// A gateway that runs.
pub struct Gateway {
    /// Where callers connect.
    pub address: SocketAddr,
    /// The policy in force.
    pub current: Arc<Current>,
    /// Keys and records.
    pub store: Arc<Store>,
    /// A valid key.
    pub key: String,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

/// A policy, ready to serve; each provider has a key that holds [`MARKER`].
///
/// # Panics
/// When the text has an error.
pub fn policy(text: &str) -> Policy {
    let sources = Sources::single("main.route", text);
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    let Some(policy) = checked.policy else {
        panic!("the policy of the test is wrong: {:#?}", checked.diagnostics)
    };
    let view = Arc::new(source_view(&policy, &sources));
    let program: Arc<dyn Program> = Arc::new(Compiled::new(policy));
    let key = |name: &str| (name.to_owned(), Secret::new(&format!("{MARKER}-{name}")));
    let keys: BTreeMap<_, _> =
        program.catalogue().providers.iter().map(|provider| key(&provider.name)).collect();
    Policy { program, view, warnings: String::new(), keys }
}

impl Gateway {
    /// Starts a gateway whose key belongs to that identity.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start(policy: Policy, settings: Settings, identity: Identity) -> Gateway {
        let store = Arc::new(Store::in_memory().await.expect("a store"));
        let key = store.add_key(identity, 0).await.expect("a key").text;
        let current = Arc::new(Current::new(&settings, policy).expect("connections"));
        let listener = TcpListener::bind(settings.listen).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let proxy = Arc::new(Proxy::new(settings, Arc::clone(&current), Arc::clone(&store)));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(proxy.serve(listener, async {
            let _ = stopped.await;
        }));
        Gateway { address, current, store, key, stop: Some(stop), running }
    }

    /// Begins the shutdown.
    pub fn shut_down(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the gateway has ended.
    ///
    /// # Panics
    /// When it ended in a panic.
    pub async fn ended(self) {
        self.running.await.expect("the gateway ends in order");
    }

    /// The records so far, the oldest first.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn records(&self) -> Vec<DecisionRecord> {
        self.store.flush().await.expect("the writer runs");
        let listed =
            self.store.decisions_after(&Filter::default(), 0, 1_000).await.expect("the store answers");
        listed.into_iter().map(|listed| listed.record).collect()
    }

    /// The records, once there is one: of a caller that leaves it is made behind the end of the connection.
    ///
    /// # Panics
    /// When the store fails, or none comes.
    pub async fn recorded(&self) -> Vec<DecisionRecord> {
        for _ in 0..500 {
            let records = self.records().await;
            if !records.is_empty() {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a request has its record");
    }

    /// Sends bytes and reads until the gateway closes.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        // A gateway that refuses early may close before all is written.
        let _ = stream.write_all(request).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        Answer::read(&bytes)
    }

    /// A connection to the data port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// A request of the valid key's holder, after which the connection closes.
    pub fn request(&self, path: &str, body: &str) -> Vec<u8> {
        let key = &self.key;
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// An answer, its body without the framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status; 0 for none.
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Reads what came before the connection closed.
    pub fn read(bytes: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { without_chunks(body) } else { body.to_owned() };
        Answer { status, head: head.to_owned(), body }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

fn without_chunks(mut framed: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = framed.split_once("\r\n") {
        let Ok(length) = usize::from_str_radix(length.trim(), 16) else { break };
        let Some(chunk) = rest.get(..length).filter(|_| length > 0) else { break };
        body.push_str(chunk);
        framed = rest[length..].strip_prefix("\r\n").unwrap_or_default();
    }
    body
}
