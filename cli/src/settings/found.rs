//! Settings as a process finds them: its flags, its environment, and the file that they name or that is there; and the files
//! that settings name, each with whoever says so where it cannot be used.

use super::{FILE_NAME, Problem, Resolved, resolve};
use crate::certificate::{self, Certificate};
use crate::output::{Failure, note};
use crate::{environment, storage};
use std::path::{Path, PathBuf};
use wayleave_runtime::server::tls;

/// A settings file beyond this is something else.
const SETTINGS_BYTES: u64 = 1 << 20;

/// The settings under these flags: of the file that is named, else of the one in that folder, if it is there.
///
/// # Errors
/// When the file cannot be read. What is wrong in it is among the problems.
pub(crate) fn settings(
    flags: &[(usize, String)],
    named: Option<&Path>,
    folder: Option<&Path>,
) -> Result<Resolved, Failure> {
    let beside = || Some(folder?.join(FILE_NAME)).filter(|path| path.exists());
    let path = named.map(Path::to_owned).or_else(beside);
    let text = path.as_deref().map(text).transpose()?;
    let file = path.as_deref().zip(text.as_deref());
    Ok(resolve(flags, environment::variable, file))
}

fn text(path: &Path) -> Result<String, Failure> {
    let what = || format!("the settings file `{}` cannot be read", path.display());
    let metadata = std::fs::metadata(path).map_err(|error| Failure::io(what(), &error))?;
    if !metadata.is_file() || metadata.len() > SETTINGS_BYTES {
        return Err(Failure::new(format!("{}: it is no file of settings", what())).mend("name a TOML file"));
    }
    std::fs::read_to_string(path).map_err(|error| Failure::io(what(), &error))
}

/// The store's file, as `serve` finds it from this folder.
///
/// # Errors
/// When a setting is wrong, as `serve` would not start with it.
pub(crate) fn store(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let resolved = settings(&[], named, Some(Path::new("")))?;
    refused(&resolved.problems)?;
    environment::store_path(resolved.told.store.as_deref())
}

/// What is wrong with the store that is in force, if something is: whether it is one is seen when it is opened.
pub(crate) fn wrong_store(resolved: &Resolved) -> Option<Problem> {
    let found = environment::store_path(resolved.told.store.as_deref()).and_then(|path| storage::look(&path));
    let (what, mend) = found.err()?.into_parts();
    let mend =
        mend.unwrap_or_else(|| "name a file that `serve` has made, or one that is not there yet".to_owned());
    Some(Problem { origin: resolved.origin("store"), what, mend })
}

/// Tells all problems, if there are any: the last as the failure.
///
/// # Errors
/// When there is one.
pub(crate) fn refused(problems: &[Problem]) -> Result<(), Failure> {
    let Some((last, before)) = problems.split_last() else { return Ok(()) };
    before.iter().for_each(|problem| note(&format!("{}\n", problem.failure().words())));
    Err(last.failure())
}

/// The files that settings name, read.
#[derive(Default)]
pub(crate) struct Files {
    /// The data port's pair; none for connections in clear.
    pub(crate) certificate: Option<Certificate>,
    /// Certificates to trust for providers, PEM; possibly empty.
    pub(crate) extra_roots: Vec<u8>,
}

/// Reads the files that sound settings name; those that cannot be used are told.
pub(crate) fn files(resolved: &Resolved) -> (Files, Vec<Problem>) {
    let told = &resolved.told;
    let mut found = Files::default();
    let mut problems = Vec::new();
    let mut tell = |name: &str, failure: Failure| {
        let (what, mend) = failure.into_parts();
        let mend = mend.unwrap_or_else(|| "name a file that this process can read".to_owned());
        problems.push(Problem { origin: resolved.origin(name), what, mend });
    };
    if let (Some(certificate), Some(key)) = (&told.certificate, &told.key) {
        let first = certificate::read(certificate, "the certificate");
        let second = certificate::read(key, "the key");
        match (first, second) {
            (Ok(_), Ok(_)) => match Certificate::begin(certificate, key) {
                Ok(pair) => found.certificate = Some(pair),
                Err(failure) => tell("tls.certificate", failure),
            },
            (first, second) => {
                first.err().into_iter().for_each(|failure| tell("tls.certificate", failure));
                second.err().into_iter().for_each(|failure| tell("tls.key", failure));
            }
        }
    }
    if let Some(path) = &told.upstream_ca {
        let read = certificate::read(path, "the file of certificates").and_then(|pem| {
            tls::authorities(&pem).map(|_| pem).map_err(|error| {
                Failure::because(
                    format!("the file of certificates `{}` cannot be used", path.display()),
                    &error,
                )
                .mend("name a file of certificates in PEM, or leave it out")
            })
        });
        match read {
            Ok(pem) => found.extra_roots = pem,
            Err(failure) => tell("upstream-ca", failure),
        }
    }
    (found, problems)
}
