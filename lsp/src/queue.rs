//! What the client sent and the server has not begun. Looking ahead shows which requests nobody waits for any more, and
//! which are about a text that has changed since.

use crate::connection::Connection;
use crate::requests::Outdated;
use crossbeam_channel::{Receiver, at, never, select};
use lsp_server::{Message, Request, RequestId};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Instant;

/// Messages that are looked at ahead, at most: as many as a client sends while one request is answered. The others wait where
/// they came from.
const AHEAD: usize = 4096;

/// What is to be done with a request that is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Answer it.
    Now,
    /// The client took it back.
    Cancelled,
    /// The place that it names is another one now.
    Outdated,
    /// It waits behind the edits that follow it.
    Later,
}

/// What ended the wait for something to do.
pub(crate) enum Woken<T> {
    /// The client said something.
    Message(Message),
    /// A thread did.
    Told(T),
    /// It is time.
    Time,
    /// The client is gone.
    Gone,
}

/// Messages in the order of their arrival.
pub(crate) struct Queue<'a> {
    connection: &'a Connection,
    waiting: VecDeque<Message>,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Queue<'a> {
        Queue { connection, waiting: VecDeque::new() }
    }

    /// The next message that is there already.
    pub(crate) fn next(&mut self) -> Option<Message> {
        let room = AHEAD.saturating_sub(self.waiting.len());
        self.waiting.extend(self.connection.receiver.try_iter().take(room));
        self.waiting.pop_front()
    }

    /// The next message, whenever it comes; or before that what a thread tells, or that it is time for something.
    pub(crate) fn wait<T>(&mut self, threads: &Receiver<T>, deadline: Option<Instant>) -> Woken<T> {
        if let Some(message) = self.next() {
            return Woken::Message(message);
        }
        let time = deadline.map_or_else(never, at);
        select! {
            recv(self.connection.receiver) -> message => message.map_or(Woken::Gone, Woken::Message),
            recv(threads) -> told => told.map_or(Woken::Time, Woken::Told),
            recv(time) -> _ => Woken::Time,
        }
    }

    /// What is to be done with the message that came last, where it is a request. One that waits is kept.
    pub(crate) fn due(&mut self, request: &Request, outdated: Outdated) -> Due {
        if self.waiting.iter().any(|message| is_cancel_of(message, &request.id)) {
            return Due::Cancelled;
        }
        let document = request.params.pointer("/textDocument/uri");
        let edit = document.and_then(|uri| self.waiting.iter().rposition(|message| is_edit_of(message, uri)));
        match (edit, outdated) {
            (None, _) => Due::Now,
            (Some(_), Outdated::Refused) => Due::Outdated,
            (Some(edit), Outdated::AskedAgain) => {
                self.waiting.insert(edit + 1, Message::Request(request.clone()));
                Due::Later
            }
        }
    }
}

fn is_cancel_of(message: &Message, id: &RequestId) -> bool {
    match message {
        Message::Notification(told) if told.method == "$/cancelRequest" => told.params["id"] == json!(id),
        Message::Notification(_) | Message::Request(_) | Message::Response(_) => false,
    }
}

fn is_edit_of(message: &Message, uri: &Value) -> bool {
    match message {
        Message::Notification(told) if told.method == "textDocument/didChange" => {
            told.params.pointer("/textDocument/uri") == Some(uri)
        }
        Message::Notification(_) | Message::Request(_) | Message::Response(_) => false,
    }
}
