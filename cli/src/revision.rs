//! Policies from where they stand: on disk, built, or in a revision of a git repository. Git is asked as a program; nothing is
//! written anywhere.

use crate::load::{self, Given, decoded};
use crate::output::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;
use wayleave_compiler::source::Sources;

/// The file that stands for a folder.
const ROOT_NAME: &str = "main.route";

/// A policy file beyond this is data, not rules.
const FILE_BYTES: usize = 4 << 20;

/// A policy by name, and what it holds.
pub(crate) struct Named {
    /// As it is shown.
    pub(crate) shown: PathBuf,
    /// What it holds.
    pub(crate) given: Given,
}

/// A policy that a command line names: a file, a folder, a built program, or `REVISION:PATH`.
///
/// # Errors
/// When there is none, or it cannot be read.
pub(crate) fn named(name: &str) -> Result<Named, Failure> {
    let path = Path::new(name);
    match name.split_once(':') {
        Some((revision, path_within)) if !path.exists() && !revision.is_empty() => {
            let (shown, sources) = of_revision(revision, path_within)?;
            Ok(Named { shown, given: Given::Sources(sources) })
        }
        _ => {
            let root = load::root_file(path).map_err(|failure| match path.exists() {
                true => failure,
                false => failure.mend(
                    "name a policy file, a folder with a `main.route`, a built program, or one in git as `REVISION:PATH`",
                ),
            })?;
            let given = load::given(&root)?;
            Ok(Named { shown: root, given })
        }
    }
}

/// The policy at a path of a revision, which is written as git writes it: from the top of the repository on, or with `./`
/// from here.
pub(crate) fn of_revision(revision: &str, path: &str) -> Result<(PathBuf, Sources), Failure> {
    let spec = |path: &str| format!("{revision}:{path}");
    // Git takes this folder as `./` alone.
    let path = match path.trim_end_matches('/') {
        "." => "./",
        path => path,
    };
    let kind = git(&["cat-file", "-t", &spec(path)])?;
    let root = match kind.trim() {
        "blob" => path.to_owned(),
        "tree" if matches!(path, "" | "." | "./") => {
            format!("{}{ROOT_NAME}", if path.is_empty() { "" } else { "./" })
        }
        "tree" => format!("{path}/{ROOT_NAME}"),
        other => return Err(Failure::new(format!("`{}` is a {other}, not a policy", spec(path)))),
    };
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut read = |name: &str| {
        let whole = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let bytes = output(&["cat-file", "blob", &spec(&normal(&whole)?)])
            .map_err(|_| format!("the revision `{revision}` has no such file"))?;
        if bytes.len() > FILE_BYTES {
            return Err("it is longer than 4 MiB".to_owned());
        }
        decoded(bytes)
    };
    let shown = spec(&root);
    let sources = Sources::gather(&root, &mut read).map_err(|reason| {
        Failure::new(format!("`{shown}` cannot be read: {reason}"))
            .mend("name a policy file of that revision, or a folder with a `main.route`")
    })?;
    Ok((PathBuf::from(shown), sources))
}

/// A path without `..`, as git wants it.
fn normal(path: &str) -> Result<String, String> {
    let (here, path) = path.strip_prefix("./").map_or(("", path), |path| ("./", path));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." if parts.pop().is_none() => return Err("it lies outside of the repository".to_owned()),
            ".." => {}
            part => parts.push(part),
        }
    }
    Ok(format!("{here}{}", parts.join("/")))
}

/// What git says, as text.
pub(crate) fn git(arguments: &[&str]) -> Result<String, Failure> {
    let bytes = output(arguments)?;
    String::from_utf8(bytes).map_err(|_| Failure::new("git said something that is no text".to_owned()))
}

fn output(arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let spoken = || format!("git {}", arguments.join(" "));
    if arguments.iter().skip(1).any(|argument| argument.starts_with('-') && argument.contains(':')) {
        return Err(Failure::new(format!("`{}` names no revision", arguments.last().unwrap_or(&""))));
    }
    let done = Command::new("git").args(arguments).output().map_err(|error| {
        Failure::io("git could not be run", &error).mend("install git, or name files instead of revisions")
    })?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let first = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
    Err(Failure::new(format!("`{}` failed: {first}", spoken()))
        .mend("name a revision and a path that it has, such as `main:policies/`"))
}
