//! The process's environment: variables, where state is kept, the clock, and the secrets that a policy names. The only
//! file that reads them.

use crate::output::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use wayleave_program::catalogue::{Catalogue, KeySource, Provider};
use wayleave_program::value::Instant;
use wayleave_runtime::settings::Secret;

/// A key file beyond this is something else.
const KEY_BYTES: u64 = 64 << 10;

/// A variable; one that is not Unicode counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The names of all variables that begin so, in order.
pub(crate) fn variables(prefix: &str) -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Now, in whole seconds.
pub(crate) fn now() -> Instant {
    Instant(now_ms() / 1000)
}

/// Whether a process is there that has not ended yet.
#[cfg(unix)]
pub(crate) fn is_running(process: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let Some(id) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return false };
    // Somebody else's process is there too.
    !matches!(test_kill_process(id), Err(Errno::SRCH)) && !is_zombie(process)
}

#[cfg(not(unix))]
pub(crate) fn is_running(_process: u32) -> bool {
    true
}

/// From here on this thread, with those that it begins, has the processor when nobody else wants it much. A system that knows no
/// priority of threads lets it be as it is.
pub(crate) fn give_way() {
    /// Below what is usual, above what may wait for ever.
    #[cfg(target_os = "linux")]
    const NICE: i32 = 10;
    // Without it proofs take more of the machine, which is no mistake.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Whether a process has ended, and the one that began it has not asked how. Such a one can be sent signals as any other.
#[cfg(unix)]
fn is_zombie(process: u32) -> bool {
    // Only Linux has the file. The state stands behind the name, which may hold anything.
    let Ok(stated) = std::fs::read(format!("/proc/{process}/stat")) else { return false };
    let name_end = stated.iter().rposition(|byte| *byte == b')').unwrap_or_default();
    stated[name_end..].iter().skip(1).find(|byte| **byte != b' ') == Some(&b'Z')
}

/// The file that keeps keys and log: the one that a setting says, else by the variables that `--help` names.
pub(crate) fn store_path(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(path.to_owned());
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    let folder = state.map(|state| state.join("wayleave")).ok_or_else(|| {
        Failure::new("there is no folder for keys and the decision log: HOME is not set")
            .mend("name a file: --store gateway.db")
    })?;
    Ok(folder.join("store.db"))
}

/// The key of each provider that names one, by the provider's name. Files are beside the policy's root unless their
/// path is absolute.
///
/// # Errors
/// For the first provider whose key cannot be found, with where it was looked for and never with what was found.
pub(crate) fn keys(catalogue: &Catalogue, root: &Path) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut keys = BTreeMap::new();
    for provider in &catalogue.providers {
        if let Some(source) = &provider.key {
            let text = match source {
                KeySource::Env(name) => key_variable(provider, name)?,
                KeySource::File(path) => key_file(provider, &root.join(path))?,
            };
            keys.insert(provider.name.clone(), Secret::new(&text));
        }
    }
    Ok(keys)
}

fn key_variable(provider: &Provider, name: &str) -> Result<String, Failure> {
    let problem = match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => return Ok(value),
        Ok(_) => "is empty",
        Err(std::env::VarError::NotPresent) => "is not set",
        Err(std::env::VarError::NotUnicode(_)) => "is not text",
    };
    let provider = &provider.name;
    Err(Failure::new(format!("the key of provider `{provider}` is missing: the variable `{name}` {problem}"))
        .mend(format!("set it for this process: export {name}=…")))
}

fn key_file(provider: &Provider, path: &Path) -> Result<String, Failure> {
    let what = format!("the key of provider `{}` is missing: the file `{}`", provider.name, path.display());
    let metadata =
        std::fs::metadata(path).map_err(|error| Failure::io(format!("{what} cannot be read"), &error))?;
    if !metadata.is_file() || metadata.len() > KEY_BYTES {
        return Err(Failure::new(format!("{what} is not a key"))
            .mend("name a file that holds the key and nothing else"));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::io(format!("{what} cannot be read"), &error))?;
    if text.trim().is_empty() {
        return Err(Failure::new(format!("{what} is empty")).mend("write the key into it"));
    }
    Ok(text)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{is_running, is_zombie};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    #[test]
    fn a_process_runs_until_it_ends() {
        assert!(is_running(std::process::id()));
        for none in [0, u32::MAX, i32::MAX.unsigned_abs()] {
            assert!(!is_running(none), "{none}");
        }
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        assert!(is_running(child.id()));
        drop(child.stdin.take());
        // It ends, and nobody asks how.
        let begun = Instant::now();
        while !is_zombie(child.id()) {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!is_running(child.id()));
        child.wait().expect("it has ended");
        assert!(!is_running(child.id()));
    }
}
