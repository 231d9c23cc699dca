//! What three invented teams ask in the demo, and how: plain HTTP over a socket, as any caller would.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer of the demo is far shorter; a longer one is cut.
const ANSWER_BYTES: u64 = 1 << 20;

/// A caller of the demo waits no longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// One invented caller.
pub(super) struct Caller {
    /// `caller.id`
    pub(super) id: &'static str,
    /// `caller.team`
    pub(super) team: &'static str,
    /// `caller.app`
    pub(super) app: &'static str,
    /// Between two requests, in milliseconds, about.
    pub(super) pause_ms: u64,
    /// What it asks, in turn.
    pub(super) asks: &'static [Ask],
}

/// One kind of request.
pub(super) struct Ask {
    model: &'static str,
    text: &'static str,
    shape: Shape,
    /// The header `x-data-class`, where it is sent.
    data_class: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Chat,
    Stream,
    Embeddings,
}

const fn ask(model: &'static str, text: &'static str, shape: Shape) -> Ask {
    Ask { model, text, shape, data_class: None }
}

const fn confidential(model: &'static str, text: &'static str) -> Ask {
    Ask { model, text, shape: Shape::Chat, data_class: Some("confidential") }
}

/// The three teams. Their pauses differ, so that the console shows a mixture.
pub(super) const CALLERS: [Caller; 3] = [
    Caller {
        id: "ada",
        team: "apps",
        app: "ide",
        pause_ms: 500,
        asks: &[
            ask("assistant", "Write a test for the parser.", Shape::Stream),
            ask("south/large", "Explain this stack trace.", Shape::Chat),
            ask("assistant", "Name this function.", Shape::Chat),
            ask("embed", "fn parse(text: &str) -> Tree", Shape::Embeddings),
            ask("assistant", "Review this change.", Shape::Stream),
        ],
    },
    Caller {
        id: "sam",
        team: "support",
        app: "helpdesk",
        pause_ms: 800,
        asks: &[
            ask("assistant", "A customer cannot sign in. What do we answer?", Shape::Chat),
            ask("assistant", "Summarise this ticket.", Shape::Stream),
            confidential("assistant", "Summarise this contract."),
        ],
    },
    Caller {
        id: "mia",
        team: "marketing",
        app: "newsletter",
        pause_ms: 1300,
        asks: &[
            ask("assistant", "Five subject lines for spring.", Shape::Chat),
            ask("south/large", "Translate this page.", Shape::Chat),
        ],
    },
];

/// What came of one request.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The target that served it, where one did.
    pub(super) target: Option<String>,
}

impl Ask {
    /// The model that is asked for.
    pub(super) fn model(&self) -> &'static str {
        self.model
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// When the gateway does not answer, which in a demo means that it is stopping.
    pub(super) async fn send(&self, gateway: SocketAddr, key: &str) -> std::io::Result<Answer> {
        let request = self.request(gateway, key);
        tokio::time::timeout(PATIENCE, exchange(gateway, request))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    fn request(&self, gateway: SocketAddr, key: &str) -> String {
        let (path, body) = match self.shape {
            Shape::Embeddings => {
                ("/v1/embeddings", serde_json::json!({"model": self.model, "input": self.text}))
            }
            Shape::Chat | Shape::Stream => {
                let messages = serde_json::json!([{"role": "user", "content": self.text}]);
                let is_stream = self.shape == Shape::Stream;
                let body =
                    serde_json::json!({"model": self.model, "messages": messages, "stream": is_stream});
                ("/v1/chat/completions", body)
            }
        };
        let body = body.to_string();
        let class = self.data_class.map(|class| format!("x-data-class: {class}\r\n")).unwrap_or_default();
        format!(
            "POST {path} HTTP/1.1\r\nhost: {gateway}\r\nauthorization: Bearer {key}\r\n{class}\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

async fn exchange(gateway: SocketAddr, request: String) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(gateway).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
    let head = String::from_utf8_lossy(&answer);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let target = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-wayleave-target").then(|| value.trim().to_owned())
    });
    Ok(Answer { status: status.ok_or(std::io::ErrorKind::InvalidData)?, target })
}
