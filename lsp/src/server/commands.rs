//! The loop's side of commands: those that wait for something, and what is shown of their answers.

use super::{Server, Waiting, WaitsFor};
use crate::connection::Written;
use crate::requests::{self, EXECUTE, Need, Refusal};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde_json::{Value, json};

impl Server<'_> {
    /// Whether a request waits for something that is being found out now; it is answered then.
    pub(super) fn waits(&mut self, request: &Request) -> bool {
        if request.method != EXECUTE {
            return false;
        }
        let waits_for = match requests::need(&self.snapshot(), &request.params) {
            Need::Nothing => return false,
            Need::Proofs => WaitsFor::Proofs,
            Need::Request(policy, spot) => {
                self.proving.sample(request.id.clone(), policy, spot, self.options());
                WaitsFor::Request
            }
        };
        self.waiting.push(Waiting { request: request.clone(), waits_for });
        true
    }

    /// A request document was found for one that waits, or there is none.
    pub(super) fn sampled(&mut self, id: &RequestId, document: Option<Value>) {
        let Some(at) = self.waiting.iter().position(|waiting| waiting.request.id == *id) else { return };
        let mut request = self.waiting.remove(at).request;
        match document {
            Some(document) => {
                request.params["arguments"][0]["request"] = document;
                self.execute(request);
            }
            None => {
                let message = "no request was found that this has part in".to_owned();
                let refusal = Refusal { code: ErrorCode::RequestFailed, message };
                self.respond(request.id, Err(refusal));
            }
        }
    }

    /// Answers a command now.
    pub(super) fn execute(&mut self, request: Request) {
        let is_silent = request.params["arguments"][0]["silent"] == json!(true);
        let result = self.answer(EXECUTE, || requests::execute(&self.snapshot(), request.params));
        if let Ok(answer) = &result
            && !is_silent
        {
            self.show(answer);
        }
        self.respond(request.id, result.map(|answer| Written::of(&answer)));
    }

    /// What is shown of an answer, unless the client shows it itself: its words, and the place to look at.
    pub(super) fn show(&mut self, answer: &Value) {
        if let Some(message) = answer["message"].as_str() {
            let is_bad = answer["passed"] == json!(false)
                || answer["verdict"] == json!("fails")
                || answer["failed"].as_u64().is_some_and(|failed| failed > 0);
            let parameters = json!({"type": if is_bad { WARNING } else { INFO }, "message": message});
            self.send(Notification::new("window/showMessage".to_owned(), parameters).into());
        }
        if self.client.abilities.shows_documents && answer["show"].is_object() {
            self.shown += 1;
            let parameters = json!({
                "uri": answer["show"]["uri"],
                "takeFocus": true,
                "selection": answer["show"]["range"],
            });
            let id = format!("show-{}", self.shown);
            let request = Request::new(id.into(), "window/showDocument".to_owned(), parameters);
            self.send(Message::Request(request));
        }
    }
}

/// As the protocol numbers kinds of messages.
const WARNING: u32 = 2;
const INFO: u32 = 3;
