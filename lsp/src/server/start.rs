//! How a session begins: until `initialize` nothing else is done, and what the client says of itself there holds from then on.

use super::Server;
use crate::abilities::Abilities;
use crate::connection::Connection;
use crate::convert::{self, Encoding, Related, Tags};
use crate::requests;
use crate::snapshot::{Client, DocumentChanges, LabelOffsets, Pulls, SnippetEdits, path_of};
use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Request, Response};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The `initialize` of a client; none where it leaves before. Other requests are refused, and what it tells is not heard.
pub(super) fn awaited(connection: &Connection) -> Option<Request> {
    for message in &connection.receiver {
        match message {
            Message::Request(request) if request.method == "initialize" => return Some(request),
            Message::Request(request) => {
                let words = format!("`{}` has to wait: the server is not initialized", request.method);
                let code = ErrorCode::ServerNotInitialized as i32;
                // A client that went away shows at the next receive.
                let _ =
                    connection.sender.send(Message::from(Response::new_err(request.id, code, words)).into());
            }
            Message::Notification(told) if told.method == "exit" => return None,
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    None
}

/// What the client says of itself.
pub(super) fn client_of(initialize: &Value) -> Client {
    Client {
        encoding: Encoding::negotiate(initialize),
        related: Related::negotiate(initialize),
        tags: Tags::negotiate(initialize),
        changes: DocumentChanges::negotiate(initialize),
        pulls: Pulls::negotiate(initialize),
        snippets: convert::snippets(initialize),
        abilities: Abilities::negotiate(initialize),
        snippet_edits: SnippetEdits::negotiate(initialize),
        label_offsets: LabelOffsets::negotiate(initialize),
        markup: convert::Markup::negotiate(initialize),
    }
}

/// What that client is offered.
pub(super) fn offered(client: &Client) -> Value {
    let mut capabilities = requests::offers();
    if client.pulls == Pulls::Never {
        capabilities.remove("diagnosticProvider");
    }
    capabilities.insert("positionEncoding".to_owned(), json!(client.encoding.kind()));
    let sync = json!({"openClose": true, "change": 2, "save": {"includeText": false}});
    capabilities.insert("textDocumentSync".to_owned(), sync);
    let folders = json!({"workspaceFolders": {"supported": true, "changeNotifications": true}});
    capabilities.insert("workspace".to_owned(), folders);
    json!({
        "capabilities": capabilities,
        "serverInfo": {"name": "wayleave", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// The folders that a client names at the start: several, or one as older clients do.
pub(super) fn folders(initialize: &Value) -> Vec<PathBuf> {
    let folder = |uri: &Value| serde_json::from_value(uri.clone()).ok().map(|uri: lsp::Uri| path_of(&uri));
    match initialize.get("workspaceFolders").and_then(Value::as_array) {
        Some(folders) => folders.iter().filter_map(|named| folder(named.get("uri")?)).collect(),
        None => initialize.get("rootUri").and_then(folder).into_iter().collect(),
    }
}

impl Server<'_> {
    /// The client has heard what it is offered: only now it may be asked for something. It says so once.
    pub(super) fn greeted(&mut self) {
        if std::mem::replace(&mut self.is_greeted, true) {
            return;
        }
        if self.client.abilities.watches_files {
            self.watch();
        }
        if !self.workspace.folders.is_empty() {
            self.publish_all();
        }
    }
}
