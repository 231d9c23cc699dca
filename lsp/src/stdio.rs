//! The server over two streams of bytes. What a client sends wrong costs that message alone: it is answered, and the next one
//! is read. Only behind a broken header nobody knows where the next one begins, and the session ends.

mod payload;

#[cfg(test)]
mod tests;

use crate::Host;
use crate::connection::{Connection, Said};
use crate::server::{Exit, serve};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use lsp_server::{ErrorCode, Message};
use payload::Unread;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest message: a file of a policy has 4 MiB at most, and 24 MiB where each byte of it is written as an escape.
const MESSAGE_BYTES: u64 = 64 << 20;

/// Memory that is taken before a byte has come: what most messages need. The rest follows what comes.
const FIRST_BYTES: u64 = 4 << 10;

/// Longest line of a header; those of the protocol have less than 100 bytes.
const LINE_BYTES: u64 = 4 << 10;

/// Lines of one header; the protocol knows two.
const HEADER_LINES: usize = 16;

/// So much of what was found in a header is shown.
const SHOWN: usize = 40;

/// So long the last answers wait for a client to read them, when all is over.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves the client at standard input and output until it leaves.
///
/// # Errors
/// When what comes is no message of the protocol and nobody can tell where the next one begins, or a stream breaks.
pub fn serve_stdio(host: &Host<'_>) -> Result<Exit, String> {
    serve_streams(BufReader::new(io::stdin()), io::stdout(), host)
}

/// The same over any two streams.
fn serve_streams<I, O>(input: I, output: O, host: &Host<'_>) -> Result<Exit, String>
where
    I: BufRead + Send + 'static,
    O: Write + Send + 'static,
{
    // Messages are taken as they come, to look ahead. Neither side of the loop ever waits for the client: so it sees when the
    // client's process has ended, whoever else holds the streams.
    let (taken, receiver) = unbounded();
    let (sender, said) = unbounded();
    let output = Arc::new(Mutex::new(output));
    let answers = Arc::clone(&output);
    let (reader_ends, reader_ended) = bounded(1);
    std::thread::spawn(move || {
        let ended = read_all(input, &answers, &taken);
        // Told before the loop sees that nothing more comes.
        let _ = reader_ends.send(ended);
        drop(taken);
    });
    let writer_ended = write_all(output, said);
    // The writer ends when the last sender is gone, as it is behind this line.
    let exit = serve(&Connection { sender, receiver }, host);
    // The reader may be waiting for a client that says nothing more: nobody waits for it.
    if let Ok(Err(error)) = reader_ended.try_recv() {
        return Err(error);
    }
    match writer_ended.recv_timeout(LAST_WORDS) {
        Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the output cannot be written: {error}"))
        }
        // A client that has left or does not listen wants no more words.
        Ok(_) | Err(_) => Ok(exit),
    }
}

/// Writes what the loop says, on a thread of its own; how that ended is told.
fn write_all<O: Write + Send + 'static>(
    output: Arc<Mutex<O>>,
    said: Receiver<Said>,
) -> Receiver<io::Result<()>> {
    let (ends, ended) = bounded(1);
    std::thread::spawn(move || {
        let written = said.into_iter().try_for_each(|one| one.write(&mut *locked(&output)));
        let _ = ends.send(written);
    });
    ended
}

/// Hands messages over until the client ends them. What cannot be read is answered here.
fn read_all<O: Write>(
    mut input: impl BufRead,
    output: &Mutex<O>,
    messages: &Sender<Message>,
) -> Result<(), String> {
    while let Some(length) = header(&mut input)? {
        if length > MESSAGE_BYTES {
            let limit = MESSAGE_BYTES >> 20;
            let why = format!("it has {length} bytes, and the limit is {limit} MiB");
            // Before the bytes are passed over, as they may never come.
            answer(output, &Unread::answered(ErrorCode::InvalidRequest, Value::Null, why));
            io::copy(&mut input.by_ref().take(length), &mut io::sink()).map_err(broken_input)?;
            continue;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(FIRST_BYTES)).unwrap_or_default());
        input.by_ref().take(length).read_to_end(&mut bytes).map_err(broken_input)?;
        if (bytes.len() as u64) < length {
            return Ok(());
        }
        match payload::read(&bytes) {
            Ok(message) => {
                let is_exit = matches!(&message, Message::Notification(told) if told.method == "exit");
                // The loop may have ended by itself.
                if messages.send(message).is_err() || is_exit {
                    return Ok(());
                }
            }
            Err(unread) => answer(output, &unread),
        }
    }
    Ok(())
}

/// Reads a header: how long the payload is, and nothing where the client has left.
fn header(input: &mut impl BufRead) -> Result<Option<u64>, String> {
    let mut length = None;
    for _ in 0..HEADER_LINES {
        let mut line = Vec::new();
        input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line).map_err(broken_input)?;
        if line.last() != Some(&b'\n') {
            return if line.len() as u64 == LINE_BYTES {
                Err(format!("a line of a header is longer than {LINE_BYTES} bytes"))
            } else {
                Ok(None)
            };
        }
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| "a header has no `Content-Length`".to_owned());
        }
        let shown = || line.escape_debug().take(SHOWN).collect::<String>();
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("a header such as `Content-Length: 100` was due, not `{}`", shown()))?;
        if name.eq_ignore_ascii_case("content-length") {
            let value = value.trim().parse().map_err(|_| format!("there is no length in `{}`", shown()))?;
            length = Some(value);
        }
    }
    Err(format!("a header has more than {HEADER_LINES} lines"))
}

fn broken_input(error: io::Error) -> String {
    format!("the input cannot be read: {error}")
}

/// Says to the client that a message could not be read, and what that means.
fn answer<O: Write>(output: &Mutex<O>, unread: &Unread) {
    let why = format!("a message could not be read: {}", unread.why);
    let error = unread.answer.as_ref().map(
        |(code, id)| json!({"jsonrpc": "2.0", "id": id, "error": {"code": *code as i32, "message": why}}),
    );
    let message = format!(
        "{why}; if it was about a document, its text is unknown to this server from now on: close it and open it again"
    );
    // 1: an error.
    let log =
        json!({"jsonrpc": "2.0", "method": "window/logMessage", "params": {"type": 1, "message": message}});
    for text in error.into_iter().chain([log]).map(|said| said.to_string()) {
        let mut output = locked(output);
        // A client that went away shows at the next read.
        let _ = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| output.flush());
    }
}

/// A thread that failed while it wrote has left a part of a message at most, which is the client's to refuse.
fn locked<O>(output: &Mutex<O>) -> MutexGuard<'_, O> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
