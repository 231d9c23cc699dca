//! Files that change on disk behind an editor: seen at the next edit, or where the client tells of them, as soon as it does.

use super::BROKEN;
use super::client::{Client, Disk, NEVER_QUIET, codes, uri};
use lsp_server::{Message, Response};
use serde_json::{Value, json};
use std::time::Duration;
use wayleave_lsp::Pace;

const USED: &str =
    "edition 2026\nprovider sim { protocol: simulated model a { supports: [chat] context: 8k tokens } }\n";
const RULES: &str = "approve all: sim/a\nroute all to sim/a\notherwise deny \"no\"\n";

/// What the client says of files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watches {
    Never,
    Agrees,
    Refuses,
}

/// A client that works in a folder, with the root of a policy open that uses one more file.
struct Desk {
    client: Client,
    disk: Disk,
    version: i32,
}

impl Desk {
    fn open(watches: Watches, folder: &str, pace: Pace) -> Desk {
        let root = format!("edition 2026\nuse \"a.route\"\n{RULES}");
        let disk = Disk::of(&[("/p/main.route", &root), ("/p/a.route", USED)]);
        let watched = json!({"didChangeWatchedFiles": {"dynamicRegistration": watches != Watches::Never}});
        let capabilities =
            json!({"workspace": watched, "workspaceFolders": [{"uri": uri(folder), "name": "p"}]});
        let client = Client::over(pace, capabilities, disk.clone(), |client| {
            match watches {
                Watches::Never => {}
                Watches::Agrees => client.agree("watch"),
                Watches::Refuses => {
                    let refused = Response::new_err("watch".to_owned().into(), -32603, "no".to_owned());
                    client.connection.sender.send(refused.into()).expect("the server listens");
                }
            }
            client.open("/p/main.route", &root);
        });
        let mut desk = Desk { client, disk, version: 1 };
        assert_eq!(desk.told(), Vec::<String>::new());
        // What changed before the client watches is found now.
        desk.edit();
        desk
    }

    /// The codes of what is told of the other file, until the root has been told of in its version.
    fn told(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let Message::Notification(told) = self.client.receive() else { continue };
            let diagnostics = told.params["diagnostics"].as_array().expect("a list");
            if told.params["uri"] == uri("/p/a.route") {
                found = codes(diagnostics).into_iter().map(str::to_owned).collect();
            }
            if told.params["version"] == json!(self.version) {
                return found;
            }
        }
    }

    fn edit(&mut self) -> Vec<String> {
        self.version += 1;
        let start = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
        self.client.change("/p/main.route", self.version, json!([{"range": start, "text": "\n"}]));
        self.told()
    }

    fn change_on_disk(&self) {
        self.disk.write("/p/a.route", &format!("{USED}deny emoji when caler.app is \"x\" because \"no\"\n"));
    }
}

#[test]
fn who_does_not_watch_is_told_at_the_next_edit() {
    for watches in [Watches::Never, Watches::Refuses] {
        let mut desk = Desk::open(watches, "/p", NEVER_QUIET);
        desk.change_on_disk();
        assert_eq!(desk.edit(), ["R0101"]);
        desk.client.finish();
    }
}

#[test]
fn who_watches_is_told_when_it_has_told() {
    let mut desk = Desk::open(Watches::Agrees, "/p", NEVER_QUIET);
    desk.change_on_disk();
    assert_eq!(desk.edit(), Vec::<String>::new());
    let changed = json!({"changes": [{"uri": uri("/p/a.route"), "type": 2}]});
    desk.client.tell("workspace/didChangeWatchedFiles", changed);
    assert_eq!(codes(&desk.client.published().2), ["R0101"]);
    assert_eq!(desk.edit(), Vec::<String>::new());
    desk.client.finish();
}

#[test]
fn who_watches_is_told_of_other_folders_and_of_what_it_missed() {
    let at_once = Pace { trust: Duration::ZERO, ..NEVER_QUIET };
    for (folder, pace) in [("/other", NEVER_QUIET), ("/p/inside", NEVER_QUIET), ("/p", at_once)] {
        let mut desk = Desk::open(Watches::Agrees, folder, pace);
        desk.change_on_disk();
        assert_eq!(desk.edit(), ["R0101"], "{folder}");
        desk.client.finish();
    }
}

/// Saving, opening, closing: what stands on disk is asked again.
#[test]
fn who_watches_is_told_at_what_says_that_files_may_have_changed() {
    let document = || json!({"textDocument": {"uri": uri("/p/main.route")}});
    let told: [(&str, Value); 2] = [
        ("textDocument/didSave", document()),
        ("workspace/didChangeWorkspaceFolders", json!({"event": {"added": [], "removed": []}})),
    ];
    for (method, parameters) in told {
        let desk = Desk::open(Watches::Agrees, "/p", NEVER_QUIET);
        desk.change_on_disk();
        desk.client.tell(method, parameters);
        assert_eq!(codes(&desk.client.published().2), ["R0101"], "{method}");
        desk.client.finish();
    }
    let desk = Desk::open(Watches::Agrees, "/p", NEVER_QUIET);
    desk.change_on_disk();
    desk.client.open("/q/main.route", BROKEN);
    assert_eq!(codes(&desk.client.published().2), ["R0101"]);
    desk.client.finish();
}
