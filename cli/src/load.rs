//! Policy files from disk to `Sources`: the only reader of policies. Says of each file that cannot be taken where it is
//! and why; never guesses at an encoding.

use crate::environment;
use crate::output::{Failure, io_words};
use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use wayleave_compiler::portable;
use wayleave_compiler::source::Sources;
use wayleave_lsp::Stamp;

/// A policy file beyond this is data, not rules.
const FILE_BYTES: u64 = 4 << 20;

/// All files of a policy together.
const POLICY_BYTES: u64 = 16 << 20;

/// The file that stands for a folder.
const ROOT_NAME: &str = "main.route";

/// The root file of a policy that was named on the command line: itself, or the `main.route` of a folder.
///
/// # Errors
/// When there is none.
pub(crate) fn root_file(policy: &Path) -> Result<PathBuf, Failure> {
    let shown = policy.display();
    let metadata = std::fs::metadata(policy).map_err(|error| {
        let failure = match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(format!("`{shown}` does not exist")),
            _ => Failure::io(format!("`{shown}` cannot be read"), &error),
        };
        failure
            .mend("name a policy file, or a folder with a `main.route`; `wayleave init` writes a first one")
    })?;
    let tidy = tidy(policy);
    if !metadata.is_dir() {
        return Ok(tidy);
    }
    let root = tidy.join(ROOT_NAME);
    if root.is_file() {
        return Ok(root);
    }
    let is_here = tidy.as_os_str().is_empty();
    let folder = if is_here { "this folder".to_owned() } else { format!("the folder `{shown}`") };
    Err(Failure::new(format!("{folder} has no `{ROOT_NAME}`"))
        .mend("name the policy file, or write a first one with `wayleave init`"))
}

/// A path as it is shown and as services take it: without `.` and doubled `/`, and relative where it is below the folder that
/// the command runs in.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let path = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let parts = path.components().filter(|part| !matches!(part, std::path::Component::CurDir));
    parts.collect()
}

/// The folder that a root file's `use`s are relative to.
pub(crate) fn folder_of(root: &Path) -> &Path {
    root.parent().unwrap_or(Path::new(""))
}

/// What a root file holds.
pub(crate) enum Given {
    /// The sources of a policy.
    Sources(Sources),
    /// A policy that was built, as bytes.
    Built(Vec<u8>),
}

impl Given {
    /// The sources, where there are some.
    ///
    /// # Errors
    /// Of what was built.
    pub(crate) fn sources(self, root: &Path) -> Result<Sources, Failure> {
        match self {
            Given::Sources(sources) => Ok(sources),
            Given::Built(_) => Err(is_built(root)),
        }
    }
}

/// For what looks at sources.
fn is_built(root: &Path) -> Failure {
    Failure::new(format!("`{}` is a built program, and this looks at sources", root.display()))
        .mend("name the policy from which it was built; `decide` and `serve` take what was built")
}

/// A built program beyond this is none: it holds the texts of its policy, and what they mean.
const PROGRAM_BYTES: u64 = 1 << 30;

/// The bytes of a root file that claims to be a built program; none of another.
fn built(root: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(root).ok()?;
    let mut bytes = vec![0; portable::MAGIC.len()];
    file.read_exact(&mut bytes).ok()?;
    if !portable::is_program(&bytes) {
        return None;
    }
    file.take(PROGRAM_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The policy of a root file: all that it uses, or what was built.
///
/// # Errors
/// As of [`sources`].
pub(crate) fn given(root: &Path) -> Result<Given, Failure> {
    look(root).1
}

/// As [`given`], and what was read on the way.
pub(crate) fn look(root: &Path) -> (Texts, Result<Given, Failure>) {
    match built(root) {
        Some(bytes) => (Texts::from([(name_of(root), Err(mark(&bytes)))]), Ok(Given::Built(bytes))),
        None => {
            let (texts, sources) = read(root);
            (texts, sources.map(Given::Sources))
        }
    }
}

/// What tells one built program from another, in the place of a text: all of its bytes count, also those of one that is
/// still being copied.
fn mark(bytes: &[u8]) -> String {
    let mut hasher = std::hash::DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("it is the built program {} of {} bytes", hasher.finish(), bytes.len())
}

fn name_of(root: &Path) -> String {
    root.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What was read, by name: texts, and in words why there is none. A file that is missing is here too.
pub(crate) type Texts = BTreeMap<String, Result<String, String>>;

/// Reads the policy of a root file with all that it uses.
///
/// # Errors
/// When the root file cannot be taken. What is wrong with other files is among the sources' problems.
pub(crate) fn sources(root: &Path) -> Result<Sources, Failure> {
    given(root)?.sources(root)
}

/// As [`sources`], and what was read on the way.
pub(crate) fn read(root: &Path) -> (Texts, Result<Sources, Failure>) {
    let mut texts = Texts::new();
    let Some(shown) = root.to_str() else {
        let failure = Failure::new(format!("the path `{}` is not Unicode", root.display()));
        return (texts, Err(failure.mend("rename the file")));
    };
    let folder = folder_of(root);
    let mut left = POLICY_BYTES;
    let mut read = |name: &str| {
        let text = text(&folder.join(name), left);
        left -= text.as_ref().map_or(0, |text| text.len() as u64);
        texts.insert(name.to_owned(), text.clone());
        text
    };
    let sources = Sources::gather(shown, &mut read).map_err(|reason| {
        Failure::new(format!("`{shown}` cannot be read: {reason}"))
            .mend("name a policy file: text in UTF-8, at most 4 MiB")
    });
    (texts, sources)
}

/// The same names read again.
pub(crate) fn reread(root: &Path, before: &Texts) -> Texts {
    let folder = folder_of(root);
    let again = |name: &String| match built(&folder.join(name)) {
        Some(bytes) => Err(mark(&bytes)),
        None => text(&folder.join(name), POLICY_BYTES),
    };
    before.keys().map(|name| (name.clone(), again(name))).collect()
}

/// The names of what stands in a folder, a folder's own with `/` behind it, in order; of one that cannot be read nothing.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        // A link to a folder is not followed: it may lead to where this one is.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        Some(if is_folder { format!("{name}/") } else { name })
    };
    let mut names: Vec<String> = entries.filter_map(Result::ok).filter_map(name).collect();
    names.sort();
    names
}

/// The same of what stands on a disk alone: reading a pipe may last for ever, and nobody would answer an editor meanwhile.
pub(crate) fn text_on_disk(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| io_words(&error))?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err("it is no file on a disk".to_owned());
    }
    text_of(path)
}

/// A file that changed so lately may change again and have the same time: clocks of disks tick up to two seconds.
#[cfg(unix)]
const SETTLED_MS: i64 = 3_000;

/// Which file it is, how long, and when anything about it changed last; none of a file that changed just now.
#[cfg(unix)]
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
    let changed_ms = seconds.saturating_mul(1_000).saturating_add(nanoseconds / 1_000_000);
    let is_settled = environment::now_ms().saturating_sub(changed_ms) >= SETTLED_MS;
    let (seconds, nanoseconds) = (seconds.cast_unsigned(), nanoseconds.cast_unsigned());
    is_settled.then_some(Stamp([metadata.ino(), metadata.len(), seconds, nanoseconds]))
}

/// Other systems may keep the time of a change to themselves.
#[cfg(not(unix))]
pub(crate) fn stamp(_path: &Path) -> Option<Stamp> {
    None
}

/// The text of one policy file, or in words why it cannot be taken.
pub(crate) fn text_of(path: &Path) -> Result<String, String> {
    text(path, POLICY_BYTES)
}

fn text(path: &Path, left: u64) -> Result<String, String> {
    let words = |error: std::io::Error| io_words(&error);
    let metadata = std::fs::metadata(path).map_err(words)?;
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    // One byte more than is taken tells a file that is too long, also where its length is not known beforehand.
    let limit = FILE_BYTES.min(left);
    File::open(path).map_err(words)?.take(limit + 1).read_to_end(&mut bytes).map_err(words)?;
    if bytes.len() as u64 > limit {
        let (what, limit) =
            if limit < FILE_BYTES { ("the policy", POLICY_BYTES) } else { ("it", FILE_BYTES) };
        return Err(format!("{what} is longer than {} MiB", limit >> 20));
    }
    decoded(bytes)
}

/// Bytes as text, or in words why they are none.
pub(crate) fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    if portable::is_program(&bytes) {
        return Err("it is a program that `wayleave build` wrote, not a text".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 (byte {valid}, line {line})")
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::stamp;
    use std::path::Path;

    #[test]
    fn only_a_file_that_has_settled_has_a_stamp() {
        let folder = tempfile::tempdir().expect("there is room for one");
        let new = folder.path().join("main.route");
        std::fs::write(&new, "edition 2026\n").expect("it can be written");
        assert_eq!((stamp(&new), stamp(folder.path())), (None, None));
        assert_eq!(stamp(&folder.path().join("none.route")), None);
        assert!(stamp(Path::new("/bin/sh")).is_some(), "every Unix has one, and nobody is changing it");
    }
}
