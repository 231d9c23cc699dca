//! The texts that are open in the editor, over those on disk. Knows no protocol.

use crate::features::names::Names;
use crate::{Host, Stamp};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf, is_separator};
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
    read: BTreeMap<OsString, OnDisk>,
    /// For the look before.
    before: BTreeMap<OsString, OnDisk>,
    /// Whether what was read may be another by now, where somebody tells when it is: for this look, and for the next one.
    is_doubted: bool,
    will_be_doubted: bool,
}

/// A file as it was read, and the stamp that it had before.
#[derive(Debug, Clone)]
struct OnDisk {
    text: Arc<SourceText>,
    stamp: Option<Stamp>,
}

/// All open documents by path. A document without a file has its URI for a path.
#[derive(Debug, Clone, Default)]
pub struct Workspace {
    /// The folders that the editor works in; the `main.route` of each is checked whether or not it is open.
    pub folders: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    /// Their names without folders: whether a file is among them is asked for every file of a policy, and paths are slow to compare.
    names: BTreeSet<OsString>,
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
        self.names.extend(path.file_name().map(OsStr::to_owned));
        self.documents.insert(path, document);
    }

    /// Forgets a text that was closed.
    pub fn remove(&mut self, path: &Path) {
        self.documents.remove(path);
        self.names = self.documents.keys().filter_map(|path| path.file_name()).map(OsStr::to_owned).collect();
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
        // What has no name is a document without a file.
        let may_be_open = path.file_name().is_none_or(|name| self.names.contains(name));
        if may_be_open && let Some(document) = self.documents.get(path) {
            return Ok(document.read().clone());
        }
        let mut disk = self.disk.borrow_mut();
        // Compared as it is written, not part by part.
        let name = path.as_os_str();
        let is_taken = !disk.is_doubted && self.is_watched(name);
        if is_taken && let Some(known) = disk.read.get(name) {
            return Ok(Arc::clone(&known.text));
        }
        let known = disk.read.get(name).cloned().or_else(|| disk.before.remove(name));
        if is_taken && let Some(known) = known {
            let text = Arc::clone(&known.text);
            disk.read.insert(name.to_owned(), known);
            return Ok(text);
        }
        // What changes between the two has another stamp than this at the next look.
        let stamp = (host.stamp)(path);
        let text = match known {
            Some(known) if stamp.is_some() && known.stamp == stamp => known.text,
            known => read_again((host.read)(path)?, known),
        };
        disk.read.insert(name.to_owned(), OnDisk { text: Arc::clone(&text), stamp });
        Ok(text)
    }

    /// What was read from disk may be another by now: the next look asks. One before which nobody says so takes it as it was, in the
    /// folders that the editor works in, of which it tells.
    pub fn doubt(&mut self) {
        self.disk.get_mut().will_be_doubted = true;
    }

    /// Whether a file stands in a folder that the editor works in.
    fn is_watched(&self, name: &OsStr) -> bool {
        let is_separator = |byte: &u8| is_separator(char::from(*byte));
        let below = |folder: &PathBuf| {
            let folder = folder.as_os_str().as_encoded_bytes();
            let rest = name.as_encoded_bytes().strip_prefix(folder);
            // The root of a disk is written with one at its end.
            rest.is_some_and(|rest| {
                rest.first().is_some_and(is_separator) || folder.last().is_some_and(is_separator)
            })
        };
        self.folders.iter().any(below)
    }

    /// All policies are looked at anew: what was read from disk for the last look and is not asked for in this one is forgotten
    /// before the next.
    pub fn look_anew(&self) {
        let mut disk = self.disk.borrow_mut();
        disk.is_doubted = std::mem::take(&mut disk.will_be_doubted);
        disk.before = std::mem::take(&mut disk.read);
    }
}

/// A text as it was read before, where it is the same.
fn read_again(text: String, known: Option<OnDisk>) -> Arc<SourceText> {
    match known {
        Some(known) if known.text.text == text => known.text,
        Some(_) | None => Arc::new(SourceText::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::Workspace;
    use crate::{Host, Pace, Stamp};
    use std::cell::Cell;
    use std::path::Path;
    use wayleave_program::value::DEFAULT_NOW;

    /// A file that counts how often it is read.
    struct File {
        text: &'static str,
        stamp: Option<Stamp>,
        reads: Cell<u32>,
    }

    fn read(workspace: &mut Workspace, file: &File) -> String {
        let host = Host {
            read: &|_| {
                file.reads.set(file.reads.get() + 1);
                Ok(file.text.to_owned())
            },
            stamp: &|_| file.stamp,
            list: &|_| Vec::new(),
            is_running: &|_| true,
            now: &|| DEFAULT_NOW,
            give_way: || (),
            pace: Pace::HUMAN,
        };
        workspace.doubt();
        workspace.look_anew();
        workspace.read(Path::new("/one.route"), &host).expect("it is there").text.clone()
    }

    #[test]
    fn a_file_is_read_again_only_where_it_may_be_another() {
        let mut workspace = Workspace::default();
        let stamp = Some(Stamp([1, 2, 3, 4]));
        let mut file = File { text: "edition 2026", stamp, reads: Cell::new(0) };
        for _ in 0..3 {
            assert_eq!(read(&mut workspace, &file), "edition 2026");
        }
        assert_eq!(file.reads.get(), 1);
        file = File { text: "edition 2027", stamp: Some(Stamp([1, 2, 3, 5])), reads: Cell::new(0) };
        assert_eq!(read(&mut workspace, &file), "edition 2027");
        assert_eq!(file.reads.get(), 1);
        // A change that would leave no trace.
        for text in ["edition 2028", "edition 2029"] {
            file = File { text, stamp: None, reads: Cell::new(0) };
            assert_eq!(read(&mut workspace, &file), text);
            assert_eq!(file.reads.get(), 1);
        }
    }
}
