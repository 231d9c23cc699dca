//! The loop: messages in, diagnostics out. One thread, in the order of arrival; changes that already wait are taken
//! together before the policy is checked once. What takes time is done beside it, in `server/exact.rs`.

mod commands;

mod exact;

mod parent;

mod start;

mod watching;

use crate::Host;
use crate::connection::{Connection, Said, Written};
use crate::convert;
use crate::features::diagnostics::CheckedPolicy;
use crate::progress::Progress;
use crate::proving::Proving;
use crate::queue::{Due, Queue, Woken};
use crate::requests::{self, EXECUTE, RENAME, Refusal};
use crate::snapshot::{self, Client, Colours, Pulls, Snapshot, path_of};
use crate::workspace::{Document, Workspace};
use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use parent::Parent;
use serde_json::{Value, json};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time;
use watching::Watching;
use wayleave_program::value::Instant;

/// Messages taken together before a check, at most, so that a flood of them cannot keep diagnostics back.
const TOGETHER: usize = 256;

/// Policies are checked for another moment after so long: an hour, as days begin at other hours elsewhere.
const CHECKED_FOR_SECONDS: i64 = 3600;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By the protocol: `shutdown`, then `exit`, or nothing more.
    Orderly,
    /// By `exit` alone, or because the client went away without a `shutdown`.
    Abrupt,
}

/// Serves one client until it leaves.
pub fn serve(connection: &Connection, host: &Host<'_>) -> Exit {
    let Some(Request { id, params: initialize, .. }) = start::awaited(connection) else {
        return Exit::Abrupt;
    };
    let client = start::client_of(&initialize);
    let mut server = Server {
        connection,
        host,
        as_of: (host.now)(),
        client,
        workspace: Workspace::default(),
        uris: BTreeMap::new(),
        policies: OnceCell::new(),
        before: Vec::new(),
        proving: Proving::new(host.pace, host.give_way),
        progress: Progress::default(),
        waiting: Vec::new(),
        colours: Colours::default(),
        book: snapshot::book(&initialize),
        published: BTreeMap::new(),
        refreshes: 0,
        shown: 0,
        is_greeted: false,
        watching: Watching::default(),
        parent: Parent::of(&initialize, host, time::Instant::now()),
        phase: Phase::Serving,
    };
    server.workspace.folders = start::folders(&initialize);
    server.respond(id, Ok(Written::of(&start::offered(&client))));
    server.run()
}

/// Where a session stands.
enum Phase {
    Serving,
    /// After `shutdown`: only `exit` is due.
    Stopping,
}

/// Whether something changed that diagnostics depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Open texts alone.
    Texts,
    /// What is read from disk, or may be.
    Files,
    Nothing,
}

/// A request that is answered later.
struct Waiting {
    request: Request,
    waits_for: WaitsFor,
}

/// What it is answered from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    /// What is proven of the policies.
    Proofs,
    /// A request that a rule has part in.
    Request,
}

/// What a client is asked to ask for again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Diagnostics,
    /// Lenses and hints.
    Beside,
}

/// What was last said of a file.
#[derive(PartialEq)]
struct Published {
    version: Option<i32>,
    diagnostics: Vec<lsp::Diagnostic>,
}

struct Server<'a> {
    connection: &'a Connection,
    host: &'a Host<'a>,
    /// The moment that policies are checked for.
    as_of: Instant,
    client: Client,
    workspace: Workspace,
    /// The client's own spelling of each open document's URI.
    uris: BTreeMap<PathBuf, lsp::Uri>,
    /// As the texts stand; checked when they are first asked for, forgotten when a text changes.
    policies: OnceCell<Vec<CheckedPolicy>>,
    /// As they were before the last change; of those that have errors now, as they were without.
    before: Vec<CheckedPolicy>,
    proving: Proving,
    progress: Progress,
    /// Requests whose answer depends on what is being proven.
    waiting: Vec<Waiting>,
    colours: Colours,
    /// Where the book is read.
    book: Option<String>,
    published: BTreeMap<PathBuf, Published>,
    /// How often the client was asked to pull again, for the ids of these requests.
    refreshes: u64,
    /// How often it was asked to show a place.
    shown: u64,
    /// Whether the client has heard what it is offered.
    is_greeted: bool,
    watching: Watching,
    parent: Option<Parent>,
    phase: Phase,
}

impl Server<'_> {
    fn run(&mut self) -> Exit {
        let mut queue = Queue::new(self.connection);
        loop {
            let deadline = self.deadline();
            let first = match queue.wait(self.proving.heard(), deadline) {
                Woken::Message(message) => message,
                Woken::Told(told) => {
                    self.heard(told);
                    continue;
                }
                Woken::Time if self.is_alone() => return self.left(),
                Woken::Time => {
                    self.in_time();
                    continue;
                }
                Woken::Gone => return self.left(),
            };
            let mut next = Some(first);
            let mut change = self.look_at_the_clock();
            let mut taken = 0;
            while let Some(message) = next {
                match message {
                    Message::Notification(exit) if exit.method == "exit" => {
                        return self.left();
                    }
                    Message::Notification(notification) => {
                        let told = self.notified(notification);
                        if told != Change::Nothing {
                            self.outdate(told);
                            change = told;
                        }
                    }
                    Message::Request(request) => {
                        if request.method == RENAME && self.rests_on_disk() {
                            self.outdate(Change::Files);
                            change = Change::Files;
                        }
                        self.asked(request, &mut queue);
                    }
                    Message::Response(response) => self.answered(&response),
                }
                taken += 1;
                next = if taken < TOGETHER { queue.next() } else { None };
            }
            if change != Change::Nothing && matches!(self.phase, Phase::Serving) {
                self.publish_all();
            }
        }
    }

    /// An editor may stay open for days, and what is said of a policy depends on the day.
    fn look_at_the_clock(&mut self) -> Change {
        let now = (self.host.now)();
        if now.0.saturating_sub(self.as_of.0) < CHECKED_FOR_SECONDS {
            return Change::Nothing;
        }
        self.as_of = now;
        self.outdate(Change::Files);
        Change::Files
    }

    /// Whether some policy has a file that is not open: what is edited there is what stands there now, whoever has changed it and
    /// whether or not the client has said so.
    fn rests_on_disk(&self) -> bool {
        let is_closed = |path: &Path| self.workspace.document(path).is_none();
        let known = self.policies.get().into_iter().flatten();
        known.flat_map(|policy| policy.files().map(|file| policy.path(file))).any(is_closed)
    }

    /// The client says nothing more.
    fn left(&self) -> Exit {
        match self.phase {
            Phase::Serving => Exit::Abrupt,
            Phase::Stopping => Exit::Orderly,
        }
    }

    /// Whether the client's process has ended, where it is time to look.
    fn is_alone(&mut self) -> bool {
        self.parent.as_mut().is_some_and(|parent| parent.has_ended(self.host, time::Instant::now()))
    }

    fn asked(&mut self, request: Request, queue: &mut Queue<'_>) {
        let refused = |code: ErrorCode, message: String| Err(Refusal { code, message });
        let result = match (&self.phase, request.method.as_str()) {
            (Phase::Serving, "shutdown") => {
                self.phase = Phase::Stopping;
                self.refuse_waiting(ErrorCode::InvalidRequest, "the server is shutting down");
                Ok(Written::of(&Value::Null))
            }
            (Phase::Stopping, _) => {
                refused(ErrorCode::InvalidRequest, "the server is shutting down".to_owned())
            }
            (Phase::Serving, "initialize") => {
                refused(ErrorCode::InvalidRequest, "the server is initialized already".to_owned())
            }
            (Phase::Serving, method) => match requests::feature(method) {
                None => {
                    refused(ErrorCode::MethodNotFound, format!("`{method}` is not offered by this server"))
                }
                Some(feature) => match queue.due(&request, feature.outdated) {
                    Due::Now if self.waits(&request) => return,
                    Due::Now if feature.method == EXECUTE => return self.execute(request),
                    Due::Now => {
                        self.answer(&request.method, || (feature.answer)(&self.snapshot(), request.params))
                    }
                    Due::Cancelled => {
                        refused(ErrorCode::RequestCanceled, "the request was cancelled".to_owned())
                    }
                    Due::Outdated => {
                        refused(ErrorCode::ContentModified, "the text has changed since".to_owned())
                    }
                    Due::Later => return,
                },
            },
        };
        self.respond(request.id, result);
    }

    fn respond(&self, id: RequestId, result: Result<Written, Refusal>) {
        let said = match result {
            Ok(result) => Said::Answer(id, result),
            Err(Refusal { code, message }) => {
                Said::Message(Response::new_err(id, code as i32, message).into())
            }
        };
        self.say(said);
    }

    /// A panic costs one request.
    fn answer<A>(&self, method: &str, by: impl FnOnce() -> Result<A, Refusal>) -> Result<A, Refusal> {
        catch_unwind(AssertUnwindSafe(by)).unwrap_or_else(|_| {
            let message = format!("`{method}` failed with an error of the server's own");
            Err(Refusal { code: ErrorCode::InternalError, message })
        })
    }

    fn snapshot(&self) -> Snapshot<'_> {
        let Server { client, workspace, host, as_of, uris, policies, before, colours, book, .. } = self;
        let (client, as_of, book) = (*client, *as_of, book.as_deref());
        Snapshot { client, workspace, host, as_of, uris, policies, before, colours, book }
    }

    fn notified(&mut self, mut notification: Notification) -> Change {
        let method = notification.method.clone();
        let result = match method.as_str() {
            "initialized" => {
                self.greeted();
                Ok(Change::Nothing)
            }
            "textDocument/didOpen" => {
                let version = take_version(&mut notification);
                parameters::<lsp::DidOpenTextDocumentNotification>(notification)
                    .map(|opened| self.opened(opened, version))
            }
            "textDocument/didChange" => {
                let version = take_version(&mut notification);
                parameters::<lsp::DidChangeTextDocumentNotification>(notification)
                    .and_then(|changed| self.changed(changed, version))
            }
            "textDocument/didClose" => parameters::<lsp::DidCloseTextDocumentNotification>(notification)
                .map(|closed| self.closed(&closed)),
            "workspace/didChangeWorkspaceFolders" => {
                parameters::<lsp::DidChangeWorkspaceFoldersNotification>(notification)
                    .map(|changed| self.moved(&changed.event))
            }
            "$/cancelRequest" => {
                self.take_back(&notification.params["id"]);
                Ok(Change::Nothing)
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => Ok(Change::Files),
            _ => Ok(Change::Nothing),
        };
        result.unwrap_or_else(|error| {
            self.log(&format!("`{method}` was not understood: {error}"));
            Change::Nothing
        })
    }

    /// The editor works in other folders now.
    fn moved(&mut self, event: &lsp::WorkspaceFoldersChangeEvent) -> Change {
        let gone: Vec<PathBuf> = event.removed.iter().map(|folder| path_of(&folder.uri)).collect();
        self.workspace.folders.retain(|folder| !gone.contains(folder));
        self.workspace.folders.extend(event.added.iter().map(|folder| path_of(&folder.uri)));
        Change::Files
    }

    fn opened(&mut self, opened: lsp::DidOpenTextDocumentParams, version: Option<i32>) -> Change {
        let item = opened.text_document;
        let path = path_of(&item.uri);
        if path.to_str().is_none() {
            let uri = item.uri.as_str();
            self.log(&format!(
                "`{uri}` is not checked: its name is not UTF-8, as that of a policy file is; rename it"
            ));
        }
        self.uris.insert(path.clone(), item.uri);
        self.workspace.put(path, Document::new(version, item.text));
        Change::Files
    }

    fn changed(
        &mut self,
        changed: lsp::DidChangeTextDocumentParams,
        version: Option<i32>,
    ) -> Result<Change, String> {
        let path = path_of(&changed.text_document.text_document_identifier.uri);
        let document =
            self.workspace.document(&path).ok_or_else(|| format!("`{}` is not open", path.display()))?;
        let mut text = document.text.clone();
        for change in changed.content_changes {
            text = convert::apply(&text, change, self.client.encoding);
        }
        self.workspace.put(path, Document::new(version, text));
        Ok(Change::Texts)
    }

    fn closed(&mut self, closed: &lsp::DidCloseTextDocumentParams) -> Change {
        let path = path_of(&closed.text_document.uri);
        self.workspace.remove(&path);
        self.colours.forget(&path);
        Change::Files
    }

    /// Checks every policy that an open document is part of, and says what changed since the last time.
    fn publish_all(&mut self) {
        self.publish_found();
        // What still holds of the others has been taken over.
        let mut before = std::mem::take(&mut self.before);
        before.retain(|one| self.snapshot().policies().iter().any(|now| one.is_earlier(now)));
        self.before = before;
        self.prove_later();
        if self.workspace.paths().nth(1).is_some() {
            self.ask_again(Again::Diagnostics);
            self.ask_again(Again::Beside);
        }
    }

    fn publish_found(&mut self) {
        let found = catch_unwind(AssertUnwindSafe(|| {
            let mut found: BTreeMap<PathBuf, Vec<lsp::Diagnostic>> =
                self.workspace.paths().map(|path| (path.to_owned(), Vec::new())).collect();
            for policy in self.snapshot().policies() {
                self.collect(policy, &mut found);
            }
            found
        }));
        let Ok(mut found) = found else {
            self.log("the check failed with an error of its own; diagnostics stay as they were");
            return;
        };
        // What was said of a file that no policy names any more is taken back.
        for path in self.published.keys() {
            found.entry(path.clone()).or_default();
        }
        for (path, diagnostics) in found {
            self.publish(path, diagnostics);
        }
    }

    fn collect(&self, policy: &CheckedPolicy, found: &mut BTreeMap<PathBuf, Vec<lsp::Diagnostic>>) {
        let snapshot = self.snapshot();
        for file in policy.files() {
            let path = policy.path(file);
            let of_file = convert::diagnostics_of(&snapshot, policy, file);
            if of_file.is_empty() {
                continue;
            }
            let all = found.entry(path.to_owned()).or_default();
            // Two policies may share a file and find the same in it.
            all.extend(of_file.into_iter().filter(|one| !all.contains(one)).collect::<Vec<_>>());
        }
    }

    fn publish(&mut self, path: PathBuf, diagnostics: Vec<lsp::Diagnostic>) {
        let document = self.workspace.document(&path);
        let is_known = document.is_some();
        let version = document.and_then(|document| document.version);
        // What the client asks for itself is not told as well, and what was told is taken back.
        let is_pulled = is_known && self.client.pulls != Pulls::Never;
        let (version, diagnostics) = if is_pulled { (None, Vec::new()) } else { (version, diagnostics) };
        let now = Published { version, diagnostics };
        let before = self.published.get(&path);
        let is_news = match before {
            Some(before) if is_known && !is_pulled => *before != now,
            Some(before) => before.diagnostics != now.diagnostics,
            None => (is_known && !is_pulled) || !now.diagnostics.is_empty(),
        };
        let Some(uri) = self.uri_of(&path) else { return };
        if is_news {
            let parameters = lsp::PublishDiagnosticsParams::new(uri, now.version, now.diagnostics.clone());
            self.notify("textDocument/publishDiagnostics", json!(parameters));
        }
        if !is_known && now.diagnostics.is_empty() {
            self.published.remove(&path);
            self.uris.remove(&path);
        } else {
            self.published.insert(path, now);
        }
    }

    /// An edit of one document may change what is said of another one that is open, and so may a proof.
    fn ask_again(&mut self, what: Again) {
        let abilities = self.client.abilities;
        let methods: &[(bool, &str)] = match what {
            Again::Diagnostics => &[(self.client.pulls == Pulls::Refreshed, "workspace/diagnostic/refresh")],
            Again::Beside => &[
                (abilities.refreshes_lenses, "workspace/codeLens/refresh"),
                (abilities.refreshes_hints, "workspace/inlayHint/refresh"),
            ],
        };
        for (_, method) in methods.iter().filter(|(is_able, _)| *is_able) {
            self.refreshes += 1;
            let id = format!("refresh-{}", self.refreshes);
            self.send(Request::new(id.into(), (*method).to_owned(), json!(null)).into());
        }
    }

    fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        self.snapshot().uri_of(path)
    }

    fn log(&self, words: &str) {
        let parameters = lsp::LogMessageParams { kind: lsp::MessageType::Error, message: words.to_owned() };
        self.notify("window/logMessage", json!(parameters));
    }

    fn notify(&self, method: &str, parameters: Value) {
        self.send(Notification { method: method.to_owned(), params: parameters }.into());
    }

    fn send(&self, message: Message) {
        self.say(message.into());
    }

    /// A client that went away shows at the next receive.
    fn say(&self, said: Said) {
        let _ = self.connection.sender.send(said);
    }
}

fn parameters<N: lsp::Notification>(notification: Notification) -> Result<N::Params, String> {
    serde_json::from_value(notification.params).map_err(|error| error.to_string())
}

/// Takes the version out of what is told of a document, where older clients write `null` or nothing: what they change has changed
/// all the same.
fn take_version(notification: &mut Notification) -> Option<i32> {
    let document = notification.params.get_mut("textDocument").and_then(Value::as_object_mut)?;
    let version = document.insert("version".to_owned(), json!(0))?;
    version.as_i64().and_then(|version| i32::try_from(version).ok())
}
