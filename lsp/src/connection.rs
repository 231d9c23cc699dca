//! What comes from the client and what goes to it. An answer goes out as the text that is sent: as values a large one would take
//! thirty times the memory, and be freed on another thread than the one that made it.

use crossbeam_channel::{Receiver, Sender, unbounded};
use lsp_server::{Message, RequestId, Response};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The server's end.
pub struct Connection {
    /// What it says.
    pub sender: Sender<Said>,
    /// What it hears.
    pub receiver: Receiver<Message>,
}

/// The client's end of a connection in memory.
pub struct Other {
    /// What it says.
    pub sender: Sender<Message>,
    /// What it hears.
    pub receiver: Receiver<Said>,
}

impl Connection {
    /// A connection in memory: the client's end and the server's.
    pub fn memory() -> (Other, Connection) {
        let (sender, heard) = unbounded();
        let (said, receiver) = unbounded();
        (Other { sender, receiver }, Connection { sender: said, receiver: heard })
    }
}

/// Something that the server says.
#[derive(Debug)]
pub enum Said {
    /// A request, a notification, or a short answer.
    Message(Message),
    /// What is answered to the request with that id.
    Answer(RequestId, Written),
}

/// JSON that is written already.
#[derive(Debug)]
pub struct Written(String);

impl Written {
    /// What a value is in JSON.
    pub(crate) fn of(value: &impl Serialize) -> Written {
        Written(serde_json::to_string(value).expect("what is answered has texts for names"))
    }
}

impl From<Message> for Said {
    fn from(message: Message) -> Said {
        Said::Message(message)
    }
}

impl Said {
    /// As the client reads it.
    pub fn read(self) -> Message {
        match self {
            Said::Message(message) => message,
            Said::Answer(id, Written(text)) => {
                let result: Value = serde_json::from_str(&text).expect("it was written from a value");
                Response { id, response_result: Ok(result) }.into()
            }
        }
    }

    /// Writes it with its header.
    pub(crate) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        match self {
            Said::Message(message) => message.write(output),
            Said::Answer(id, Written(text)) => {
                let head = format!(r#"{{"jsonrpc":"2.0","id":{},"result":"#, serde_json::to_string(id)?);
                write!(output, "Content-Length: {}\r\n\r\n{head}", head.len() + text.len() + "}".len())?;
                output.write_all(text.as_bytes())?;
                output.write_all(b"}")?;
                output.flush()
            }
        }
    }
}
