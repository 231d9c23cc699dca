//! The texts that are open in the editor, over those on disk. Knows no protocol.

use crate::Host;
use crate::features::names::Names;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
    /// What was read of the files beside policies, so that only what has changed since is read into names again.
    beside: RefCell<BTreeMap<PathBuf, ReadBeside>>,
}

/// So many files beside policies are kept, more than one folder has; a long session goes through several.
const KEPT_LIMIT: usize = 512;

/// A file beside a policy: its text, and the names in it; none of one that is a policy of its own.
type ReadBeside = (String, Option<Arc<Names>>);

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

    /// The text of a file beside a policy, and what `names` makes of it, which is kept while the text stays the same.
    pub fn read_beside(
        &self,
        path: &Path,
        host: &Host<'_>,
        names: impl FnOnce(&str) -> Option<Names>,
    ) -> Option<(String, Arc<Names>)> {
        let text = self.read(path, host).ok()?;
        let mut kept = self.beside.borrow_mut();
        let known = kept.get(path).filter(|(known, _)| *known == text).map(|(_, names)| names.clone());
        let names = match known {
            Some(names) => names,
            None => {
                if kept.len() == KEPT_LIMIT {
                    kept.clear();
                }
                let names = names(&text).map(Arc::new);
                kept.insert(path.to_owned(), (text.clone(), names.clone()));
                names
            }
        };
        Some((text, names?))
    }

    /// The text of a file: the open one, else the one on disk. The error says in words why there is none.
    pub fn read(&self, path: &Path, host: &Host<'_>) -> Result<String, String> {
        match self.documents.get(path) {
            Some(document) => Ok(document.text.clone()),
            None => (host.read)(path),
        }
    }
}
