//! A provider on loopback that does what a script says: answers, refuses, stalls, cuts, sends bytes one by one. It
//! notes what it received and whether its caller left before the end.
//!
//! A script is text, a step a line; a request takes the next part, and the last part repeats:
//!
//! ```text
//! refuse                      no connection (alone)
//! status 200                  before anything of the body; 200 unless said
//! header content-type: text/html
//! body {"choices":[{}]}       the whole body, with its length; JSON unless a header says otherwise
//! length 900                  another length than the body has
//! event {"choices":[]}        an event of a stream: `data: …` and a blank line
//! named ping {"type":"ping"}  the same with its name: `event: ping` before the data
//! piece data: a\r\n           bytes of a stream, with escapes \r \n \t \\
//! bytes HTTP/1.1 2            bytes instead of an answer, with escapes
//! wait 200ms                  before the next step
//! stall                       nothing more until the caller leaves
//! cut                         the connection is reset
//! close                       the connection ends in order
//! then                        what follows is for the next request
//! ```

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// A request as a provider received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: String,
    /// Whether the caller left before the answer had ended.
    pub is_abandoned: bool,
}

/// A provider that runs.
pub struct Provider {
    address: std::net::SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    /// Holds the address of a provider that refuses.
    _refusing: Option<TcpSocket>,
}

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Stall,
    Cut,
    Close,
}

impl Provider {
    /// Starts a provider with a script.
    ///
    /// # Panics
    /// When the script cannot be read, or loopback has no port.
    pub async fn start(script: &str) -> Provider {
        let received = Arc::new(Mutex::new(Vec::new()));
        if script.trim() == "refuse" {
            // Bound and not listening: nobody else gets the port, and nobody gets in.
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
            let address = socket.local_addr().expect("an address");
            return Provider { address, received, _refusing: Some(socket) };
        }
        let parts: Vec<Vec<Step>> = parts(script).iter().map(|part| steps(part)).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (parts, noted) = (Arc::new(parts), Arc::clone(&received));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&parts), Arc::clone(&noted)));
            }
        });
        Provider { address, received, _refusing: None }
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// What it has received so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn parts(script: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in script.lines() {
        if line.trim() == "then" {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts
}

fn steps(part: &str) -> Vec<Step> {
    let mut status = "200".to_owned();
    let mut headers = String::new();
    let mut steps = Vec::new();
    let mut length: Option<String> = None;
    let mut has_head = true;
    let mut is_chunked = false;
    for line in part.lines().filter(|line| !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        match word {
            "status" => status = rest.to_owned(),
            "header" => headers.push_str(&format!("{rest}\r\n")),
            "body" => {
                length.get_or_insert_with(|| rest.len().to_string());
                steps.push(Step::Send(rest.as_bytes().to_vec()));
            }
            "length" => length = Some(rest.to_owned()),
            "event" | "piece" | "named" => {
                is_chunked = true;
                let (name, data) = rest.split_once(' ').unwrap_or((rest, ""));
                let bytes = match word {
                    "event" => format!("data: {rest}\n\n").into_bytes(),
                    "named" => format!("event: {name}\ndata: {data}\n\n").into_bytes(),
                    _ => unescape(rest),
                };
                steps.push(Step::Send(chunk(&bytes)));
            }
            "bytes" => {
                has_head = false;
                steps.push(Step::Send(unescape(rest)));
            }
            "wait" => steps.push(Step::Wait(duration(rest))),
            "stall" => steps.push(Step::Stall),
            "cut" => steps.push(Step::Cut),
            "close" => steps.push(Step::Close),
            _ => panic!("`{line}` is no step of a provider"),
        }
    }
    if is_chunked && !matches!(steps.last(), Some(Step::Stall | Step::Cut)) {
        steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
    }
    if has_head {
        let content_type = if is_chunked { "text/event-stream" } else { "application/json" };
        if !headers.to_ascii_lowercase().contains("content-type:") {
            headers.push_str(&format!("content-type: {content_type}\r\n"));
        }
        let framing = if is_chunked {
            "transfer-encoding: chunked".to_owned()
        } else {
            format!("content-length: {}", length.unwrap_or_else(|| "0".to_owned()))
        };
        let head = format!("HTTP/1.1 {status} Told\r\n{headers}{framing}\r\n\r\n");
        // A script that waits or stalls first sends no head before it does.
        let first = steps.iter().position(|step| matches!(step, Step::Send(_)));
        let is_silent = first.is_none() && matches!(steps.last(), Some(Step::Stall | Step::Cut));
        if !is_silent {
            steps.insert(first.unwrap_or(steps.len()), Step::Send(head.into_bytes()));
        }
    }
    steps
}

fn unescape(text: &str) -> Vec<u8> {
    let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t");
    text.replace("\\\\", "\\").into_bytes()
}

/// `200ms` or `2s`.
///
/// # Panics
/// For anything else.
pub fn duration(text: &str) -> Duration {
    let read = |digits: &str| digits.parse().unwrap_or_else(|_| panic!("`{text}` is no duration"));
    match text.trim().strip_suffix("ms") {
        Some(digits) => Duration::from_millis(read(digits)),
        None => Duration::from_secs(read(text.trim().trim_end_matches('s'))),
    }
}

async fn serve(mut stream: TcpStream, parts: Arc<Vec<Vec<Step>>>, noted: Arc<Mutex<Vec<Received>>>) {
    let _ = stream.set_nodelay(true);
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.push(request);
            noted.len() - 1
        };
        let steps = parts.get(number).or(parts.last()).cloned().unwrap_or_default();
        let is_raw = steps
            .first()
            .is_some_and(|step| matches!(step, Step::Send(bytes) if !bytes.starts_with(b"HTTP/1.1 ")));
        for step in steps {
            let is_gone = match step {
                Step::Send(bytes) => stream.write_all(&bytes).await.is_err(),
                Step::Wait(time) => tokio::time::timeout(time, gone(&mut stream)).await.is_ok(),
                Step::Stall => {
                    gone(&mut stream).await;
                    true
                }
                Step::Cut => {
                    let _ = stream.set_zero_linger();
                    return;
                }
                Step::Close => return,
            };
            if is_gone {
                noted.lock().unwrap_or_else(PoisonError::into_inner)[number].is_abandoned = true;
                return;
            }
        }
        if is_raw {
            return;
        }
    }
}

/// Waits until the other side has closed.
async fn gone(stream: &mut TcpStream) {
    let mut bytes = [0; 64];
    while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    while bytes.len() < head_end + length.unwrap_or(0) {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Received { head, body, is_abandoned: false })
}
