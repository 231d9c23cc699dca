//! How far the exact checks are, as the client shows it: asked for first, begun when the client agrees, ended in any case.

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

/// Of one check after another.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How many there were.
    count: u64,
    state: State,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing is shown.
    #[default]
    Hidden,
    /// The client was asked.
    Asked,
    /// The client shows it, at so many in a hundred.
    Shown(usize),
}

impl Progress {
    /// Whether it is shown or will be.
    pub(crate) fn is_wanted(&self) -> bool {
        self.state != State::Hidden
    }

    fn token(&self) -> String {
        format!("wayleave-check-{}", self.count)
    }

    /// Asks the client to show it.
    pub(crate) fn ask(&mut self) -> Message {
        self.count += 1;
        self.state = State::Asked;
        let token = self.token();
        let method = "window/workDoneProgress/create".to_owned();
        Request::new(token.clone().into(), method, json!({"token": token})).into()
    }

    /// The client answered a request: whether it agrees, if it was this one.
    pub(crate) fn agreed(&mut self, id: &RequestId, is_agreed: bool) -> Option<Message> {
        if self.state != State::Asked || *id != RequestId::from(self.token()) {
            return None;
        }
        if !is_agreed {
            // Its token may not be used; the next check asks again.
            return None;
        }
        self.state = State::Shown(0);
        let value =
            json!({"kind": "begin", "title": "checking the policy", "cancellable": false, "percentage": 0});
        Some(self.told(value))
    }

    /// What is done next, and how far it is: so many steps of so many.
    pub(crate) fn step(&mut self, what: &str, done: usize, all: usize) -> Option<Message> {
        let State::Shown(before) = self.state else { return None };
        // It never goes back, though steps may be told out of order.
        let percentage = (done * 100 / all.max(1)).clamp(before, 100);
        self.state = State::Shown(percentage);
        Some(self.told(json!({"kind": "report", "message": what, "percentage": percentage})))
    }

    /// Nothing more is to be shown.
    pub(crate) fn end(&mut self) -> Option<Message> {
        match std::mem::take(&mut self.state) {
            State::Shown(_) => Some(self.told(json!({"kind": "end"}))),
            State::Hidden | State::Asked => None,
        }
    }

    fn told(&self, value: Value) -> Message {
        let parameters = json!({"token": self.token(), "value": value});
        Notification::new("$/progress".to_owned(), parameters).into()
    }
}

#[cfg(test)]
mod tests;
