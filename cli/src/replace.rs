//! A file written whole or not at all.

use std::io::Write;
use std::path::Path;

/// Writes a file beside the other and puts it in its place, so that no reader ever sees half of it. A link is followed:
/// what it leads to is written. A file of several names, or of another owner, is written where it is: a new one would not
/// be the same.
///
/// # Errors
/// When it cannot be written; the old one stands then.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    may_replace(&path)?;
    let metadata = std::fs::metadata(&path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // Nobody but its owner can read it before it has the permissions of the other.
    let mut beside = tempfile::Builder::new().prefix(".wayleave-").tempfile_in(folder)?;
    if !is_alike(&metadata, &beside.as_file().metadata()?) {
        let mut file = std::fs::OpenOptions::new().write(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        return file.sync_all();
    }
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(metadata.permissions())?;
    beside.as_file().sync_all()?;
    beside.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that may or may not be there, whole or not at all. A link is followed.
///
/// # Errors
/// When it cannot be written; what was there stands then.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = match std::fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => {
            return if metadata.is_dir() {
                Err(std::io::ErrorKind::IsADirectory.into())
            } else {
                std::fs::write(&target, bytes)
            };
        }
        Ok(metadata) => {
            may_replace(&target)?;
            Some(metadata.permissions())
        }
        Err(_) => None,
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".wayleave-").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    match permissions {
        Some(permissions) => beside.as_file().set_permissions(permissions)?,
        None => readable(beside.as_file())?,
    }
    beside.as_file().sync_all()?;
    beside.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// What is built holds no secret: it is as readable as its sources are.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

/// Whether a file may be written, as far as that can be seen before.
///
/// # Errors
/// Why it may not: what its owner has locked stays so, also for those whom no lock stops.
pub(crate) fn may_replace(path: &Path) -> std::io::Result<()> {
    if std::fs::metadata(path)?.permissions().readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    std::fs::OpenOptions::new().append(true).open(path).map(drop)
}

/// Whether a new file can stand for an old one: same owner and group, and no other name leads to the old one.
#[cfg(unix)]
fn is_alike(old: &std::fs::Metadata, new: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    old.nlink() == 1 && old.uid() == new.uid() && old.gid() == new.gid()
}

#[cfg(not(unix))]
fn is_alike(_old: &std::fs::Metadata, _new: &std::fs::Metadata) -> bool {
    true
}
