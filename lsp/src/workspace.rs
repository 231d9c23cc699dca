//! The texts that are open in the editor, over those on disk. Knows no protocol.

use crate::Host;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wayleave_grammar::Parse;

/// A text as the editor holds it. An edit makes another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The editor's count of its changes.
    pub version: i32,
    /// The whole text.
    pub text: String,
    /// Read when it is first asked for.
    parse: OnceCell<Parse>,
}

impl Document {
    /// A text with the editor's count.
    pub fn new(version: i32, text: String) -> Document {
        Document { version, text, parse: OnceCell::new() }
    }

    /// Its tree.
    pub fn parse(&self) -> &Parse {
        self.parse.get_or_init(|| wayleave_grammar::parse(&self.text))
    }
}

/// All open documents by path. A document without a file has its URI for a path.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// The folders that the editor works in; the `main.route` of each is checked whether or not it is open.
    pub folders: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
}

impl Workspace {
    /// Takes a text that is now open, or that changed.
    pub fn put(&mut self, path: PathBuf, document: Document) {
        self.documents.insert(path, document);
    }

    /// Forgets a text that was closed.
    pub fn remove(&mut self, path: &Path) {
        self.documents.remove(path);
    }

    /// An open document.
    pub fn document(&self, path: &Path) -> Option<&Document> {
        self.documents.get(path)
    }

    /// The paths of all open documents, ascending.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.documents.keys().map(PathBuf::as_path)
    }

    /// The text of a file: the open one, else the one on disk. The error says in words why there is none.
    pub fn read(&self, path: &Path, host: &Host<'_>) -> Result<String, String> {
        match self.documents.get(path) {
            Some(document) => Ok(document.text.clone()),
            None => (host.read)(path),
        }
    }
}
