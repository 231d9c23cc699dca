//! Notices that the files of a policy changed, by reading them again: their texts are compared, so neither clocks nor
//! an editor's way of saving (rewriting, renaming over, removing first) matter. Also sees files that appear.

use crate::load::{self, Given, Texts};
use crate::output::Failure;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks. A change is taken when two looks agree on it, so well within a second.
pub(crate) const INTERVAL: Duration = Duration::from_millis(250);

/// The files of one policy, as they were last taken.
pub(crate) struct Watch {
    root: PathBuf,
    taken: Texts,
    /// A change that was seen once: an editor may still be writing.
    seen: Option<Texts>,
}

impl Watch {
    /// Reads the policy for the first time.
    ///
    /// # Errors
    /// When the root file cannot be read.
    pub(crate) fn begin(root: &Path) -> Result<(Watch, Given), Failure> {
        let (taken, given) = load::look(root);
        Ok((Watch { root: root.to_owned(), taken, seen: None }, given?))
    }

    /// Looks once. The policy as it is now, if it is another than was taken last and has come to rest.
    pub(crate) fn look(&mut self) -> Option<Result<Given, Failure>> {
        let now = load::reread(&self.root, &self.taken);
        if now == self.taken {
            self.seen = None;
            return None;
        }
        if self.seen.as_ref() != Some(&now) {
            self.seen = Some(now);
            return None;
        }
        Some(self.read_again())
    }

    /// The policy as it is now, changed or not, at rest or not.
    pub(crate) fn read_again(&mut self) -> Result<Given, Failure> {
        let (taken, given) = load::look(&self.root);
        self.taken = taken;
        self.seen = None;
        given
    }
}
