//! The store as one command uses it: opened, asked, closed. What it holds is the runtime's affair.

use crate::args::StoreArgs;
use crate::output::Failure;
use crate::settings::found;
use std::path::{Path, PathBuf};
use tokio::runtime::{Builder, Runtime};
use wayleave_runtime::store::{Error, Store};

/// What a command does to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writes to it; one that is not there yet is made.
    Make,
    /// Writes to it; one that is not there yet has nothing to change.
    Change,
    /// Reads it, and leaves no trace.
    Read,
}

/// An open store with what drives it.
pub(crate) struct Storage {
    /// Runs what the store does.
    pub(crate) runtime: Runtime,
    /// The store.
    pub(crate) store: Store,
    /// Its file.
    pub(crate) path: PathBuf,
}

impl Storage {
    /// Opens the store that the flag names, else the one that a gateway of these settings has.
    pub(crate) fn open(arguments: &StoreArgs, purpose: Purpose) -> Result<Storage, Failure> {
        let path = match &arguments.store {
            Some(path) => path.clone(),
            None => found::store(arguments.settings.as_deref())?,
        };
        if purpose != Purpose::Make && !path.exists() {
            return Err(Failure::new(format!("there is no store at `{}` yet", path.display()))
                .mend("`wayleave keys add` and `wayleave serve` make it; another one is named by --store or --settings"));
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::io("the system gave no timer or socket", &error))?;
        let store = runtime.block_on(async {
            match purpose {
                Purpose::Read => Store::open_for_reading(&path).await,
                Purpose::Make | Purpose::Change => Store::open(&path).await,
            }
        });
        let store = store.map_err(|error| refused(&path, &error))?;
        Ok(Storage { runtime, store, path })
    }

    /// Says what the store answered.
    pub(crate) fn failure(&self, error: &Error) -> Failure {
        refused(&self.path, error)
    }

    /// Closes it, so that nothing is left beside its file.
    pub(crate) fn close(self) -> Result<(), Failure> {
        self.runtime.block_on(self.store.close()).map_err(|error| refused(&self.path, &error))
    }
}

/// Whether a gateway could serve with a store: one that is not there yet, and in an empty file, it makes. Changes nothing.
///
/// # Errors
/// When it could not.
pub(crate) fn look(path: &Path) -> Result<(), Failure> {
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    if metadata.is_file() && metadata.len() == 0 {
        return Ok(());
    }
    if !metadata.is_file() {
        return Err(Failure::new(format!("the store `{}` cannot be used: it is no file", path.display())));
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("the system gave no timer or socket", &error))?;
    runtime
        .block_on(async { Store::open_for_reading(path).await?.close().await })
        .map_err(|error| refused(path, &error))
}

/// A store that could not be used.
pub(crate) fn refused(path: &Path, error: &Error) -> Failure {
    Failure::because(format!("the store `{}` cannot be used", path.display()), error)
}
