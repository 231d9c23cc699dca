//! `man`: manual pages, one a command, made from the commands' definitions.

use crate::args::{Arguments, Man};
use crate::output::{Exit, Failure, note, print};
use clap::CommandFactory;
use clap_mangen::Man as Page;

pub(super) fn run(man: &Man) -> Result<Exit, Failure> {
    // Names of pages are those of commands with their parents': `wayleave-keys-add`.
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &man.folder else {
        print(&page(command)?)?;
        return Ok(Exit::Yes);
    };
    let failed =
        |error: std::io::Error| Failure::io(format!("`{}` cannot be written", folder.display()), &error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut written = 0;
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let name = format!("{}.1", command.get_display_name().unwrap_or_else(|| command.get_name()));
        std::fs::write(folder.join(name), page(command)?).map_err(failed)?;
        written += 1;
    }
    note(&format!("{written} pages written into {}\n", folder.display()));
    Ok(Exit::Yes)
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut text = Vec::new();
    let made = Page::new(command).render(&mut text);
    made.map_err(|error| Failure::io("a manual page cannot be made", &error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
