//! `lsp`: the language server over standard input and output, with this disk and this date.

use crate::output::{Exit, Failure};
use crate::{environment, load, memory};
use wayleave_lsp::{Exit as Ended, Host, Pace, serve_stdio};

pub(super) fn run() -> Result<Exit, Failure> {
    memory::without_huge_pages();
    let host = Host {
        read: &load::text_on_disk,
        stamp: &load::stamp,
        list: &load::names_in,
        is_running: &environment::is_running,
        now: &environment::now,
        give_way: environment::give_way,
        pace: Pace::HUMAN,
    };
    let ended = serve_stdio(&host).map_err(|error| {
        Failure::new(format!("the editor does not speak the language server protocol: {error}"))
            .mend("this command is started by an editor; see `wayleave lsp --help`")
    })?;
    Ok(match ended {
        Ended::Orderly => Exit::Yes,
        Ended::Abrupt => Exit::No,
    })
}
