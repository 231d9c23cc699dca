//! The texts that are open in the editor, over those on disk. Knows no protocol.

use crate::Host;
use crate::features::names::Names;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::source::SourceText;
use wayleave_grammar::Parse;

/// A text as the editor holds it. An edit makes another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The editor's count of its changes; none where it does not count them.
    pub version: Option<i32>,
    /// The whole text.
    pub text: String,
    /// When it is first asked for: of edits that come together, only the last text is read.
    read: OnceCell<Arc<SourceText>>,
}

impl Document {
    /// A text with the editor's count, where there is one.
    pub fn new(version: Option<i32>, text: String) -> Document {
        Document { version, text, read: OnceCell::new() }
    }

    /// Its tree.
    pub fn parse(&self) -> &Parse {
        &self.read().parse
    }

    /// What was read of it, the same for all who ask.
    pub fn read(&self) -> &Arc<SourceText> {
        self.read.get_or_init(|| Arc::new(SourceText::new(self.text.clone())))
    }
}

/// What was read from disk, by path. A text that is another one by now is read anew, so this changes no answer.
#[derive(Debug, Clone, Default)]
struct Disk {
    read: BTreeMap<PathBuf, Arc<SourceText>>,
    /// For the look before.
    before: BTreeMap<PathBuf, Arc<SourceText>>,
}

/// All open documents by path. A document without a file has its URI for a path.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// The folders that the editor works in; the `main.route` of each is checked whether or not it is open.
    pub folders: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    /// What was read of the files beside policies, so that only what has changed since is read into names again.
    beside: RefCell<BTreeMap<PathBuf, ReadBeside>>,
    disk: RefCell<Disk>,
}

/// So many files beside policies are kept, more than one folder has; a long session goes through several.
const KEPT_LIMIT: usize = 512;

/// A file beside a policy: its text, and the names in it; none of one that is a policy of its own.
type ReadBeside = (Arc<SourceText>, Option<Arc<Names>>);

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
        let known =
            kept.get(path).filter(|(known, _)| known.text == text.text).map(|(_, names)| names.clone());
        let names = match known {
            Some(names) => names,
            None => {
                if kept.len() == KEPT_LIMIT {
                    kept.clear();
                }
                let names = names(&text.text).map(Arc::new);
                kept.insert(path.to_owned(), (text.clone(), names.clone()));
                names
            }
        };
        Some((text.text.clone(), names?))
    }

    /// A file as it was read: the open one, else the one on disk. The error says in words why there is none.
    pub fn read(&self, path: &Path, host: &Host<'_>) -> Result<Arc<SourceText>, String> {
        if let Some(document) = self.documents.get(path) {
            return Ok(document.read().clone());
        }
        let text = (host.read)(path)?;
        let mut disk = self.disk.borrow_mut();
        let known = disk.read.get(path).cloned().or_else(|| disk.before.remove(path));
        let read = match known {
            Some(known) if known.text == text => known,
            Some(_) | None => Arc::new(SourceText::new(text)),
        };
        disk.read.insert(path.to_owned(), read.clone());
        Ok(read)
    }

    /// All policies are looked at anew: what was read from disk for the last look and is not asked for in this one is forgotten
    /// before the next.
    pub fn look_anew(&self) {
        let mut disk = self.disk.borrow_mut();
        disk.before = std::mem::take(&mut disk.read);
    }
}
