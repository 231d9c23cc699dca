//! What a request is answered from: the texts and policies as they stand, and what the client understands. Nothing in it
//! changes while a request is answered.

use crate::Host;
use crate::abilities::Abilities;
use crate::convert::{Encoding, Lines, Markup, Related, Tags};
use crate::features::completion::Snippets;
use crate::features::diagnostics::{self, CheckedPolicy};
use crate::workspace::{Document, Workspace};
use gen_lsp_types as lsp;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use wayleave_compiler::Options;
use wayleave_compiler::source::{FileId, Span};
use wayleave_program::value::Instant;

/// What the client said of itself at the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    pub(crate) encoding: Encoding,
    pub(crate) related: Related,
    pub(crate) tags: Tags,
    pub(crate) changes: DocumentChanges,
    pub(crate) pulls: Pulls,
    pub(crate) snippets: Snippets,
    pub(crate) abilities: Abilities,
    pub(crate) snippet_edits: SnippetEdits,
    pub(crate) label_offsets: LabelOffsets,
    pub(crate) markup: Markup,
}

/// Whether the client fills in places of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SnippetEdits {
    Understood,
    Unknown,
}

impl SnippetEdits {
    /// Such an edit is one of several documents' edits alone.
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> SnippetEdits {
        let stated = initialize.pointer("/capabilities/workspace/workspaceEdit/snippetEditSupport");
        match (stated, DocumentChanges::negotiate(initialize)) {
            (Some(serde_json::Value::Bool(true)), DocumentChanges::Versioned) => SnippetEdits::Understood,
            _ => SnippetEdits::Unknown,
        }
    }
}

/// Whether the client finds a part of a form by its place; else by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelOffsets {
    Understood,
    Unknown,
}

impl LabelOffsets {
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> LabelOffsets {
        let of_parts = "/capabilities/textDocument/signatureHelp/signatureInformation/parameterInformation";
        match initialize.pointer(&format!("{of_parts}/labelOffsetSupport")) {
            Some(serde_json::Value::Bool(true)) => LabelOffsets::Understood,
            _ => LabelOffsets::Unknown,
        }
    }
}

/// How the client takes edits of several documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentChanges {
    /// Each with the version that it is for.
    Versioned,
    /// By document alone.
    Plain,
}

impl DocumentChanges {
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> DocumentChanges {
        match initialize.pointer("/capabilities/workspace/workspaceEdit/documentChanges") {
            Some(serde_json::Value::Bool(true)) => DocumentChanges::Versioned,
            _ => DocumentChanges::Plain,
        }
    }
}

/// Whether the client asks for the diagnostics of what it has open; then they are not published as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulls {
    /// It does, and wants to hear when they may have changed.
    Refreshed,
    /// It does not, or could not be told that what is proven later has joined them.
    Never,
}

impl Pulls {
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Pulls {
        let refreshes = initialize.pointer("/capabilities/workspace/diagnostics/refreshSupport");
        match (initialize.pointer("/capabilities/textDocument/diagnostic"), refreshes) {
            (Some(_), Some(serde_json::Value::Bool(true))) => Pulls::Refreshed,
            _ => Pulls::Never,
        }
    }
}

/// The numbers of all colours of a document, shared by what is told and what is remembered.
pub(crate) type Numbers = Rc<Vec<u32>>;

/// Colours as they were told: an id, and the numbers.
type Told = (String, Numbers);

/// The colours that were told last of each document: an id, and the numbers.
#[derive(Debug, Default)]
pub(crate) struct Colours {
    /// Changed while a request is answered, which changes no answer but the next one's length.
    told: RefCell<BTreeMap<PathBuf, (u64, Numbers)>>,
    /// The id of the next answer. No two have the same, or what a client remembers of a document that was closed meanwhile would
    /// be taken for what was told last.
    next: Cell<u64>,
}

impl Colours {
    /// Takes what is told now; its id, and what was told before.
    pub(crate) fn told(&self, path: &Path, data: Numbers) -> (String, Option<Told>) {
        let mut told = self.told.borrow_mut();
        let before = told.remove(path);
        let id = self.next.get();
        self.next.set(id + 1);
        told.insert(path.to_owned(), (id, data));
        (id.to_string(), before.map(|(id, data)| (id.to_string(), data)))
    }

    pub(crate) fn forget(&mut self, path: &Path) {
        self.told.get_mut().remove(path);
    }
}

/// Where the client's user reads the book, as the option `book` says: an address without a file's name.
pub(crate) fn book(initialize: &serde_json::Value) -> Option<String> {
    let stated = initialize.pointer("/initializationOptions/book")?.as_str()?;
    let is_address = ["http://", "https://", "file://"].iter().any(|scheme| stated.starts_with(scheme));
    is_address.then(|| format!("{}/", stated.trim_end_matches('/')))
}

/// All that a request is answered from.
pub(crate) struct Snapshot<'a> {
    pub(crate) client: Client,
    pub(crate) workspace: &'a Workspace,
    pub(crate) host: &'a Host<'a>,
    /// The moment that policies are checked for.
    pub(crate) as_of: Instant,
    /// The client's own spelling of each open document's URI.
    pub(crate) uris: &'a BTreeMap<PathBuf, lsp::Uri>,
    /// Checked when they are first asked for.
    pub(crate) policies: &'a OnceCell<Vec<CheckedPolicy>>,
    /// As they were before the last change; of those that have errors now, as they were without.
    pub(crate) before: &'a [CheckedPolicy],
    pub(crate) colours: &'a Colours,
    /// Where the book is read, with `/` at its end.
    pub(crate) book: Option<&'a str>,
}

impl<'a> Snapshot<'a> {
    /// Every policy that an open document is part of.
    pub(crate) fn policies(&self) -> &'a [CheckedPolicy] {
        let options = Options { as_of: self.as_of };
        self.policies.get_or_init(|| diagnostics::check_all(self.workspace, self.host, &options, self.before))
    }

    /// The policies that a file is part of, each with the file's number in it.
    pub(crate) fn policies_of(&self, path: &Path) -> impl Iterator<Item = (&'a CheckedPolicy, FileId)> {
        let found = |policy: &'a CheckedPolicy| {
            let file = policy.files().find(|file| policy.path(*file) == path);
            file.map(|file| (policy, file))
        };
        self.policies().iter().filter_map(found).collect::<Vec<_>>().into_iter()
    }

    /// An open document and its path.
    pub(crate) fn document(&self, uri: &lsp::Uri) -> Option<(PathBuf, &'a Document)> {
        let path = path_of(uri);
        let document = self.workspace.document(&path)?;
        Some((path, document))
    }

    /// A text with its lines, as this client counts them.
    pub(crate) fn lines<'t>(&self, text: &'t str) -> Lines<'t> {
        Lines::new(text, self.client.encoding)
    }

    /// A place of a policy's text as the client names it.
    pub(crate) fn location(&self, policy: &CheckedPolicy, span: Span) -> Option<lsp::Location> {
        let uri = self.uri_of(policy.path(span.file))?;
        let lines = self.lines(policy.text(span.file));
        Some(lsp::Location { uri, range: lines.range(span.start as usize, span.end as usize) })
    }

    /// As the client spells it, if it opened the file.
    pub(crate) fn uri_of(&self, path: &Path) -> Option<lsp::Uri> {
        self.uris.get(path).cloned().or_else(|| lsp::Uri::from_file_path(path).ok())
    }
}

/// The file of a URI; of one that names no file the URI itself.
pub(crate) fn path_of(uri: &lsp::Uri) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(uri.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_answers_have_the_same_id() {
        let (mut colours, path) = (Colours::default(), Path::new("main.route"));
        let (first, before) = colours.told(path, Rc::new(vec![1]));
        assert_eq!(before, None);
        colours.forget(path);
        let (second, before) = colours.told(path, Rc::new(vec![2]));
        assert_eq!(before, None);
        let (third, before) = colours.told(path, Rc::new(vec![3]));
        assert_eq!(before, Some((second.clone(), Rc::new(vec![2]))));
        assert!(first != second && second != third && first != third, "{first} {second} {third}");
    }
}
