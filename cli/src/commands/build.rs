//! `build`: a policy as one file.

use crate::args::Build;
use crate::compile::policy_to_build;
use crate::load;
use crate::output::{Exit, Failure, Terminal, note, print, print_bytes};
use crate::replace::create;
use std::io::Read;
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

/// A slip of the hand is not to cost a policy, nor anything else that was not built.
fn is_no_source(path: &Path) -> Result<(), Failure> {
    let named = |what: String| {
        Err(Failure::new(what).mend("give what is built another name, such as `gateway.program`"))
    };
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("route")) {
        return named(format!("`{}` is named as a policy's source is", path.display()));
    }
    let mut begin = Vec::new();
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if is_file && let Ok(file) = std::fs::File::open(path) {
        let _ = file.take(portable::MAGIC.len() as u64).read_to_end(&mut begin);
    }
    if !begin.is_empty() && !portable::is_program(&begin) {
        return named(format!(
            "`{}` is there and is no built program, so it is not replaced",
            path.display()
        ));
    }
    Ok(())
}
