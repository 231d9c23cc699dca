//! Whether files have to be asked of the disk: a client that watches them tells what changes, and is taken at its word for a while.
//! Not for ever, as watchers lose changes, and see nothing behind some links and in folders that a client passes over.

use super::Server;
use lsp_server::{Request, RequestId, Response};
use serde_json::json;
use std::time::{Duration, Instant};

/// The id of the request to be told.
const ASKED: &str = "watch";

/// What the client tells of files, and when the disk was asked last.
#[derive(Debug, Default)]
pub(super) struct Watching {
    is_agreed: bool,
    asked: Option<Instant>,
}

impl Watching {
    /// Whether the disk has to be asked though nothing was told of it.
    fn is_due(&self, now: Instant, trust: Duration) -> bool {
        !self.is_agreed || self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= trust)
    }
}

impl Server<'_> {
    /// Asks to hear of files that change on disk.
    pub(super) fn watch(&self) {
        let options = json!({"watchers": [{"globPattern": "**/*.route"}]});
        let method = "workspace/didChangeWatchedFiles";
        let registrations = json!([{"id": "policies", "method": method, "registerOptions": options}]);
        let parameters = json!({"registrations": registrations});
        let request =
            Request::new(ASKED.to_owned().into(), "client/registerCapability".to_owned(), parameters);
        self.send(request.into());
    }

    /// The client watches from now on. What changed before it did is found by the next look.
    pub(super) fn watched(&mut self, response: &Response) {
        if response.id == RequestId::from(ASKED.to_owned()) {
            self.watching = Watching { is_agreed: response.response_result.is_ok(), asked: None };
        }
    }

    /// What is on disk may be another by now: the next look asks.
    pub(super) fn doubt(&mut self) {
        self.watching.asked = Some(Instant::now());
        self.workspace.doubt();
    }

    /// An open text alone has changed: the disk is asked where it would not be told of, or was not asked for long.
    pub(super) fn doubt_in_time(&mut self) {
        if self.watching.is_due(Instant::now(), self.host.pace.trust) {
            self.doubt();
        }
    }
}
