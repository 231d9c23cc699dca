//! The files of a policy's folder that it does not use, with the names that they declare: what a `use` would bring in.

use super::names::{Kind, Names, Occurrence};
use crate::Host;
use crate::workspace::Workspace;
use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use wayleave_compiler::diagnostic::{Diagnostic, Edit};
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_compiler::{Code, Options, Severity, check};
use wayleave_grammar::ast::{Item, Node};

/// More files beside a policy are not looked into: an answer must not take long.
const FILES_LIMIT: usize = 64;

/// More folders below the policy's own are not looked into, for the same reason.
const FOLDERS_LIMIT: usize = 32;

/// The root file that makes a folder a policy of its own.
const ROOT_NAME: &str = "main.route";

/// A file that a policy could use.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Relative to the folder of the policy's root, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The names in it.
    pub names: Arc<Names>,
    /// Whether it declares a name that the policy declares too, so that both cannot be of one policy.
    pub is_at_odds: bool,
}

impl Beside {
    /// A file with that text and those names.
    pub fn new(name: String, text: String, names: Arc<Names>, policy: &Names) -> Beside {
        let is_taken = |one: &Occurrence| policy.declarations(&one.symbol).next().is_some();
        let is_at_odds = names.all().any(|one| one.is_declaration() && is_taken(one));
        Beside { name, text, names, is_at_odds }
    }

    /// The names of a kind that a policy could name if it used the file.
    pub fn declared<'n>(&'n self, kind: Kind, owner: &'n str) -> impl Iterator<Item = &'n Occurrence> {
        self.names.declared(kind, owner).filter(|_| !self.is_at_odds)
    }
}

/// The files in the folder of a policy and below that are not of it, by name. What is a policy of its own is left out: a folder
/// with a `main.route`, and a file that says what happens otherwise.
pub fn beside(
    folder: &Path,
    sources: &Sources,
    names: &Names,
    workspace: &Workspace,
    host: &Host<'_>,
) -> Vec<Beside> {
    let used: BTreeSet<&str> = sources.files().iter().map(|file| file.name.as_str()).collect();
    let mut found = Vec::new();
    for name in names_below(folder, workspace, host) {
        if used.contains(name.as_str()) || found.len() == FILES_LIMIT {
            continue;
        }
        let read = workspace.read_beside(&folder.join(&name), host, |text| names_of(&name, text));
        found.extend(read.map(|(text, own)| Beside::new(name, text, own, names)));
    }
    found
}

/// The names of a file that is no policy of its own.
pub fn names_of(name: &str, text: &str) -> Option<Names> {
    let sources = Sources::single(name, text);
    let mut items = sources.files().iter().flat_map(|file| file.parse.root().items().collect::<Vec<_>>());
    let is_whole = items.any(|item| matches!(item, Item::Otherwise(_)));
    (!is_whole).then(|| Names::of(&sources))
}

/// All policy files below a folder, on disk and in the editor, by name.
fn names_below(folder: &Path, workspace: &Workspace, host: &Host<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = VecDeque::from([String::new()]);
    let mut folders = 0;
    while let Some(inner) = open.pop_front() {
        folders += 1;
        let entries = (host.list)(&folder.join(&inner));
        // The policy's own root may be called so.
        if folders > FOLDERS_LIMIT || (!inner.is_empty() && entries.iter().any(|entry| entry == ROOT_NAME)) {
            continue;
        }
        for entry in entries.iter().filter(|entry| !entry.starts_with('.')) {
            if entry.ends_with('/') {
                open.push_back(format!("{inner}{entry}"));
            } else if entry.ends_with(".route") && entry != ROOT_NAME {
                found.insert(format!("{inner}{entry}"));
            }
        }
    }
    let in_editor = workspace.paths().filter_map(|path| path.strip_prefix(folder).ok()?.to_str());
    let is_policy = |name: &&str| name.ends_with(".route") && !name.ends_with(ROOT_NAME);
    found.extend(in_editor.filter(is_policy).map(|name| name.replace('\\', "/")));
    found
}

/// A file as a `use` in another one names it; both are relative to one folder.
pub fn written(user: &str, used: &str) -> String {
    let mut from: Vec<&str> = user.split('/').collect();
    from.pop();
    let to: Vec<&str> = used.split('/').collect();
    // The last part of a file's name is no folder.
    let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(one, other)| one == other).count();
    let up = from[shared..].iter().map(|_| "..");
    up.chain(to[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// The edit that lets a file use another one: behind its last `use`, else behind its edition.
pub fn use_edit(sources: &Sources, file: FileId, used: &str) -> Option<Edit> {
    let user = sources.file(file);
    let items: Vec<Item> = user.parse.root().items().collect();
    let last = items.iter().rev().find(|item| matches!(item, Item::Use(_)));
    let head = items.iter().take_while(|item| matches!(item, Item::Edition(_) | Item::Timezone(_))).last();
    let (behind, gap) = match (last, head) {
        (Some(last), _) => (last, "\n"),
        (None, Some(head)) => (head, "\n\n"),
        (None, None) => return None,
    };
    let gap = if user.text.contains("\r\n") { gap.replace('\n', "\r\n") } else { gap.to_owned() };
    let at = Span::new(file, behind.range()).after();
    Some(Edit { span: at, text: format!("{gap}use {:?}", written(&user.name, used)) })
}

/// The files of a policy that speak for a part of its requests alone.
pub fn delegated(sources: &Sources) -> BTreeSet<FileId> {
    let of_file = |file: FileId| {
        let items: Vec<Item> = sources.file(file).parse.root().items().collect();
        items.into_iter().filter_map(move |item| match item {
            Item::Use(item) if item.delegated().is_some() => {
                sources.used_at(Span::new(file, item.path()?.range()))
            }
            _ => None,
        })
    };
    sources.ids().flat_map(of_file).collect()
}

/// The edits that let a policy use a file which declares the name that a diagnostic calls unknown, each with the file that is used.
/// Each was tried: with it the diagnostic is gone, and no name is declared twice.
pub fn mends(
    sources: &Sources,
    names: &Names,
    beside: &[Beside],
    told: &Diagnostic,
    options: &Options,
) -> Vec<(String, Edit)> {
    let span = told.primary.span;
    let Some(unknown) = names.at(span.file, span.start).map(|found| found.symbol.clone()) else {
        return Vec::new();
    };
    // A delegated file uses nothing; what it names stands in the policy that delegates to it.
    let user = if delegated(sources).contains(&span.file) { FileId(0) } else { span.file };
    let declares =
        |file: &&Beside| file.names.declared(unknown.kind, &unknown.owner).any(|one| one.symbol == unknown);
    let candidates = beside.iter().filter(declares).take(MENDS_LIMIT);
    let edits = candidates.filter_map(|file| Some((file.name.clone(), use_edit(sources, user, &file.name)?)));
    edits.filter(|(_, edit)| is_mended(sources, edit, beside, told, options)).collect()
}

/// So many files are tried for one name: each is a check of the whole policy.
const MENDS_LIMIT: usize = 3;

fn is_mended(
    sources: &Sources,
    edit: &Edit,
    beside: &[Beside],
    told: &Diagnostic,
    options: &Options,
) -> bool {
    let mut texts: Vec<(String, String)> =
        sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect();
    let Some((_, text)) = texts.get_mut(edit.span.file.0 as usize) else { return false };
    text.insert_str(edit.span.start as usize, &edit.text);
    let root = sources.files().first().map(|root| root.name.clone()).unwrap_or_default();
    let mut read = |name: &str| {
        let own = texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        let other = || beside.iter().find(|other| other.name == name).map(|other| other.text.clone());
        own.or_else(other).ok_or_else(|| "there is no such file".to_owned())
    };
    let Ok(with) = Sources::gather(&root, &mut read) else { return false };
    let errors = |sources: &Sources| {
        let all = check(sources, options).diagnostics;
        all.into_iter().filter(|one| one.severity == Severity::Error).collect::<Vec<_>>()
    };
    let (before, after) = (errors(sources), errors(&with));
    let is_it = |one: &&Diagnostic| one.code == told.code && one.message == told.message;
    let odds = |all: &[Diagnostic]| {
        all.iter().filter(|one| matches!(one.code, Code::R0102 | Code::R0103 | Code::R0105)).count()
    };
    odds(&after) <= odds(&before) && after.iter().filter(is_it).count() < before.iter().filter(is_it).count()
}
