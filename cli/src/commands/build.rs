//! `build`: a policy as one file.

use crate::args::Build;
use crate::compile::policy_to_build;
use crate::load;
use crate::output::{Exit, Failure, Terminal, note, print, print_bytes};
use crate::replace::create;
use std::path::Path;
use wayleave_compiler::decision::{Compiled, text};
use wayleave_compiler::portable;

pub(super) fn run(build: &Build, terminal: Terminal) -> Result<Exit, Failure> {
    let root = load::root_file(&build.policy.policy)?;
    let (policy, warnings) = policy_to_build(&root, terminal)?;
    note(&warnings);
    let Some(path) = &build.output else {
        print(&text::of(&Compiled::new(policy)))?;
        return Ok(Exit::Yes);
    };
    let bytes = portable::write(&policy);
    if path.as_os_str() == "-" {
        print_bytes(&bytes)?;
        return Ok(Exit::Yes);
    }
    is_no_source(path)?;
    create(path, &bytes)
        .map_err(|error| Failure::io(format!("`{}` cannot be written", path.display()), &error))?;
    let hash = &policy.fingerprint().policy;
    print(&format!("{}: {} bytes, policy {hash}\n", path.display(), bytes.len()))?;
    Ok(Exit::Yes)
}

/// A slip of the hand is not to cost a policy.
fn is_no_source(path: &Path) -> Result<(), Failure> {
    if path.extension().is_some_and(|extension| extension == "route") {
        return Err(Failure::new(format!("`{}` is named as a policy's source is", path.display()))
            .mend("give what is built another name, such as `gateway.program`"));
    }
    Ok(())
}
