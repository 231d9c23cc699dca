//! What somebody has in front of them: files on a disk, some of them open, and what can be done with them.

use super::super::client::{Client, Disk, uri};
use super::super::fixtures::Counted;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Edited at the end of each burst, and the last by path, so that it is told last. Part of no policy but its own.
pub(super) const LAST: &str = "/z/last.route";

const ROOT: &str = "/p/main.route";

/// All that stands on the disk at first.
const FILES: [(&str, &str); 4] = [
    (
        ROOT,
        "edition 2026\nuse \"teams/a.route\"\nuse \"teams/b.route\"\nattribute level: low < high  from header \"x\"  default low\n\notherwise deny \"no\"\n",
    ),
    (
        "/p/teams/a.route",
        "edition 2026\nprovider sim {\n  protocol: simulated\n  model a { supports: [chat] context: 8k tokens }\n}\napprove all: sim/a\n",
    ),
    (
        "/p/teams/b.route",
        "edition 2026\n// 😀 é\ndefine known = caller.app is \"😀\" and level is high\ndeny known when known because \"é\"\nroute rest to sim/a\r\n",
    ),
    (LAST, ""),
];

/// Another name for each file that has one.
const MOVES: [(&str, &str); 2] =
    [("/p/teams/a.route", "/p/teams/c.route"), ("/p/teams/b.route", "/p/b.route")];

const SNIPPETS: [&str; 16] = [
    "\n",
    "\r\n",
    "😀",
    "é",
    "\"",
    "}",
    "{",
    " and ",
    "known",
    "route x to sim/a\n",
    "use \"teams/b.route\"\n",
    "// ",
    "deny all because \"no\"\n",
    "sim/",
    "e",
    " ",
];

/// What can be done, and how often beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Type,
    Delete,
    Paste,
    Undo,
    Restore,
    Save,
    Close,
    Open,
    Rename,
    ChangeOnDisk,
}

const ACTIONS: [(Action, usize); 10] = [
    (Action::Type, 30),
    (Action::Delete, 15),
    (Action::Paste, 6),
    (Action::Undo, 14),
    (Action::Restore, 12),
    (Action::Save, 4),
    (Action::Close, 6),
    (Action::Open, 8),
    (Action::Rename, 3),
    (Action::ChangeOnDisk, 4),
];

#[derive(Debug)]
struct Document {
    version: i32,
    text: String,
    /// The texts before its changes, the last last.
    before: Vec<String>,
}

/// Files, and who has them open.
#[derive(Debug)]
pub(super) struct Desk {
    disk: Disk,
    open: BTreeMap<String, Document>,
    pub(super) encoding: &'static str,
    done: BTreeSet<Action>,
}

/// A place in a text that a client can name: not between the halves of a line end.
pub(super) fn place(text: &str, random: &mut fastrand::Rng) -> usize {
    let at = text.floor_char_boundary(random.usize(..=text.len()));
    if text[..at].ends_with('\r') && text[at..].starts_with('\n') { at - 1 } else { at }
}

fn any<'t>(of: &[&'t String], random: &mut fastrand::Rng) -> Option<&'t String> {
    (!of.is_empty()).then(|| of[random.usize(..of.len())])
}

/// The text that a file begins with, under either of its names.
fn original(path: &str) -> &'static str {
    let first = MOVES.iter().find(|(_, other)| *other == path).map_or(path, |(first, _)| first);
    FILES.iter().find(|(path, _)| *path == first).map_or("", |(_, text)| text)
}

impl Desk {
    pub(super) fn new(encoding: &'static str) -> Desk {
        let disk = Disk::of(&FILES);
        let open = FILES.iter().map(|(path, text)| {
            ((*path).to_owned(), Document { version: 1, text: (*text).to_owned(), before: Vec::new() })
        });
        Desk { disk, open: open.collect(), encoding, done: BTreeSet::new() }
    }

    /// The paths of what is open.
    pub(super) fn open(&self) -> impl Iterator<Item = &str> {
        self.open.keys().map(String::as_str)
    }

    pub(super) fn disk(&self) -> Disk {
        self.disk.clone()
    }

    pub(super) fn text(&self, path: &str) -> String {
        self.open[path].text.clone()
    }

    /// As somebody who has just come.
    pub(super) fn open_all(&self, client: &Client) {
        for (path, document) in &self.open {
            client.open(path, &document.text);
        }
    }

    pub(super) fn any_open(&self, random: &mut fastrand::Rng) -> String {
        let open: Vec<&String> = self.open.keys().collect();
        any(&open, random).expect("the last is always open").clone()
    }

    /// What no edit has done yet.
    pub(super) fn never_done(&self) -> Vec<String> {
        let left = ACTIONS.iter().filter(|(action, _)| !self.done.contains(action));
        left.map(|(action, _)| format!("{action:?}")).collect()
    }

    /// Changes the last document; its version.
    pub(super) fn end_burst(&mut self, client: &Client) -> i32 {
        self.change(client, LAST, 0..0, "");
        self.open[LAST].version
    }

    /// One thing that people do; the documents that it closed.
    pub(super) fn edit(&mut self, client: &Client, random: &mut fastrand::Rng) -> Vec<String> {
        let all: usize = ACTIONS.iter().map(|(_, weight)| weight).sum();
        let mut left = random.usize(..all);
        let action = ACTIONS.iter().find(|(_, weight)| {
            let is_it = left < *weight;
            left = left.saturating_sub(*weight);
            is_it
        });
        let (action, _) = action.expect("one of them has it");
        let open: Vec<&String> = self.open.keys().filter(|path| *path != LAST).collect();
        let path = any(&open, random).cloned();
        let closed = match (action, path) {
            (Action::Open, _) => self.open_one(client, random),
            (Action::ChangeOnDisk, _) => self.change_on_disk(client, random),
            (Action::Rename, _) => self.rename(client, random),
            (_, None) => return Vec::new(),
            (Action::Type, Some(path)) => {
                self.put(client, &path, SNIPPETS[random.usize(..SNIPPETS.len())], random)
            }
            (Action::Delete, Some(path)) => self.delete(client, &path, random),
            (Action::Paste, Some(path)) => self.paste(client, &path, random),
            (Action::Undo, Some(path)) => self.undo(client, &path, random),
            (Action::Restore, Some(path)) => self.whole(client, &path, original(&path), random),
            (Action::Save, Some(path)) => self.save(client, &path),
            (Action::Close, Some(path)) => self.close(client, path),
        };
        self.done.insert(*action);
        closed
    }

    // ---- in a text ----------------------------------------------------------------------------------------------

    fn change(&mut self, client: &Client, path: &str, range: std::ops::Range<usize>, new: &str) {
        let encoding = self.encoding;
        let document = self.open.get_mut(path).expect("it is open");
        let told = Counted { text: &document.text, encoding }.range(&range);
        document.before.push(document.text.clone());
        document.text.replace_range(range, new);
        document.version += 1;
        client.change(path, document.version, json!([{"range": told, "text": new}]));
    }

    fn put(&mut self, client: &Client, path: &str, new: &str, random: &mut fastrand::Rng) -> Vec<String> {
        let at = place(&self.open[path].text, random);
        self.change(client, path, at..at, new);
        Vec::new()
    }

    /// Mostly short, or nothing would be left to edit.
    fn delete(&mut self, client: &Client, path: &str, random: &mut fastrand::Rng) -> Vec<String> {
        let text = &self.open[path].text;
        let start = place(text, random);
        let length = if random.u8(..8) == 0 { 60 } else { random.usize(1..=6) };
        let end = text.floor_char_boundary((start + length).min(text.len()));
        // A line end is not cut in two.
        let is_cut = text[..end].ends_with('\r') && text[end..].starts_with('\n');
        let end = if is_cut { end + 1 } else { end };
        self.change(client, path, start..end, "");
        Vec::new()
    }

    /// Whole lines of any document.
    fn paste(&mut self, client: &Client, path: &str, random: &mut fastrand::Rng) -> Vec<String> {
        let from = self.text(&self.any_open(random));
        let lines: Vec<&str> = from.split_inclusive('\n').collect();
        let start = random.usize(..=lines.len());
        let end = (start + random.usize(1..=4)).min(lines.len());
        let copied: String = lines[start..end].concat();
        // A text that ends between the halves of a line end was never there.
        let copied = copied.trim_end_matches('\r').to_owned();
        self.put(client, path, &copied, random)
    }

    fn undo(&mut self, client: &Client, path: &str, random: &mut fastrand::Rng) -> Vec<String> {
        let Some(before) = self.open.get_mut(path).and_then(|document| document.before.pop()) else {
            return Vec::new();
        };
        let told = self.whole(client, path, &before, random);
        // What is undone is not undone again.
        self.open.get_mut(path).expect("it is open").before.pop();
        told
    }

    /// Another text, told as a range or as a whole.
    fn whole(&mut self, client: &Client, path: &str, new: &str, random: &mut fastrand::Rng) -> Vec<String> {
        if random.bool() {
            let length = self.open[path].text.len();
            self.change(client, path, 0..length, new);
            return Vec::new();
        }
        let document = self.open.get_mut(path).expect("it is open");
        document.before.push(std::mem::replace(&mut document.text, new.to_owned()));
        document.version += 1;
        client.change(path, document.version, json!([{"text": new}]));
        Vec::new()
    }

    // ---- with files ---------------------------------------------------------------------------------------------

    fn save(&mut self, client: &Client, path: &str) -> Vec<String> {
        self.disk.write(path, &self.open[path].text);
        client.tell("textDocument/didSave", json!({"textDocument": {"uri": uri(path)}}));
        Vec::new()
    }

    /// What was not saved is lost.
    fn close(&mut self, client: &Client, path: String) -> Vec<String> {
        self.open.remove(&path);
        client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(&path)}}));
        vec![path]
    }

    fn open_one(&mut self, client: &Client, random: &mut fastrand::Rng) -> Vec<String> {
        let paths = self.disk.paths();
        let closed: Vec<&String> = paths.iter().filter(|path| !self.open.contains_key(*path)).collect();
        if let Some(path) = any(&closed, random) {
            let text = self.disk.text(path).unwrap_or_default();
            client.open(path, &text);
            self.open.insert(path.clone(), Document { version: 1, text, before: Vec::new() });
        }
        Vec::new()
    }

    fn change_on_disk(&mut self, client: &Client, random: &mut fastrand::Rng) -> Vec<String> {
        let paths = self.disk.paths();
        let others: Vec<&String> = paths.iter().filter(|path| *path != LAST).collect();
        if let Some(path) = any(&others, random) {
            let mut text = self.disk.text(path).unwrap_or_default();
            if random.bool() {
                let at = place(&text, random);
                text.insert_str(at, SNIPPETS[random.usize(..SNIPPETS.len())]);
            } else {
                original(path).clone_into(&mut text);
            }
            self.disk.write(path, &text);
            watched(client, &[(path, 2)]);
        }
        Vec::new()
    }

    /// Moves a file, or back; whoever uses it is told the new name, or is not.
    fn rename(&mut self, client: &Client, random: &mut fastrand::Rng) -> Vec<String> {
        let (one, other) = MOVES[random.usize(..MOVES.len())];
        let (from, to) = if self.disk.text(one).is_some() { (one, other) } else { (other, one) };
        let Some(text) = self.disk.take(from) else { return Vec::new() };
        self.disk.write(to, &text);
        let mut closed = Vec::new();
        if let Some(document) = self.open.remove(from) {
            client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(from)}}));
            client.open(to, &document.text);
            self.open.insert(to.to_owned(), Document { version: 1, ..document });
            closed.push(from.to_owned());
        }
        watched(client, &[(from, 3), (to, 1)]);
        let name = |path: &str| path.strip_prefix("/p/").unwrap_or(path).to_owned();
        if random.bool() && self.open.contains_key(ROOT) {
            let used = self.open[ROOT].text.replace(&name(from), &name(to));
            self.whole(client, ROOT, &used, random);
        }
        closed
    }
}

fn watched(client: &Client, changes: &[(&str, u8)]) {
    let changes: Vec<Value> =
        changes.iter().map(|(path, kind)| json!({"uri": uri(path), "type": kind})).collect();
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": changes}));
}
