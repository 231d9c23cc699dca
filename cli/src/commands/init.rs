//! `init`: writes a commented first policy, on simulated providers and with tests in it. Never overwrites.

use crate::args::Init;
use crate::output::{Exit, Failure, print};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

/// The first policy, as `init` writes it and `demo` serves it.
pub(crate) const FIRST_POLICY: &str = include_str!("../../../examples/first-policy/main.route");

pub(super) fn run(init: &Init) -> Result<Exit, Failure> {
    let folder = &init.folder;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::io(format!("the folder `{}` could not be made", folder.display()), &error)
    })?;
    let path = if folder.as_os_str() == "." { "main.route".into() } else { folder.join("main.route") };
    let shown = path.display();
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            Failure::new(format!("`{shown}` is already there and is left as it is"))
                .mend("name another folder: wayleave init DIR")
        } else {
            Failure::io(format!("`{shown}` could not be written"), &error)
        }
    })?;
    file.write_all(FIRST_POLICY.as_bytes())
        .map_err(|error| Failure::io(format!("`{shown}` could not be written"), &error))?;
    let policy = if folder.as_os_str() == "." { String::new() } else { format!(" {}", folder.display()) };
    print(&format!(
        "wrote {shown}\n\n  wayleave check{policy}           is it sound?\n  wayleave test{policy}            do its \
         tests pass?\n  wayleave serve{policy} --open    serve it on this machine\n"
    ))?;
    Ok(Exit::Yes)
}
