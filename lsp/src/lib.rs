//! Answers an editor: the language server of `.route` policies over one connection.
//!
//! Reads nothing by itself: texts that are not open in the editor come from the [`Host`], and so does the date.
//! Start at `server.rs` for the loop, at `stdio.rs` for how messages come and go, at `requests.rs` for what it is asked, at `features.rs` for what it can do.

pub mod features;

pub mod workspace;

mod convert;

mod snapshot;

mod abilities;

mod connection;

mod requests;

mod queue;

mod proving;

mod progress;

mod server;

mod stdio;

use std::path::Path;
use std::time::Duration;
use wayleave_program::value::Instant;

pub use connection::{Connection, Other, Said, Written};
pub use requests::methods;
pub use server::{Exit, serve};
pub use stdio::serve_stdio;

/// What the server is given by whoever starts it.
pub struct Host<'a> {
    /// The text of a file on disk; the error says in words why there is none.
    pub read: &'a dyn Fn(&Path) -> Result<String, String>,
    /// What a file has while nobody changes it; none where a change would not show, and of what is no file. What was read of a
    /// file with a stamp is not read again while it has that stamp.
    pub stamp: &'a dyn Fn(&Path) -> Option<Stamp>,
    /// The names of what stands in a folder, a folder's own with `/` behind it; of one that cannot be read nothing.
    pub list: &'a dyn Fn(&Path) -> Vec<String>,
    /// Whether a process, by its number, is still there.
    pub is_running: &'a dyn Fn(u32) -> bool,
    /// What time it is: policies are checked for that moment, and again once it is an hour later.
    pub now: &'a dyn Fn() -> Instant,
    /// Called on each thread that does what can wait: such a thread gives way to whatever else there is to do.
    pub give_way: fn(),
    /// When it does what can wait.
    pub pace: Pace,
}

/// What a system says of a file without reading it: four numbers, of which one at least is another after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub [u64; 4]);

/// How long the server waits before it does what can wait, and before it asks what nobody told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Nothing has come from the editor for so long when the exact checks begin.
    pub quiet: Duration,
    /// Checks that take longer than this show how far they are.
    pub patience: Duration,
    /// A client that tells of files that change is taken at its word for so long. Then the disk is asked again.
    pub trust: Duration,
}

impl Pace {
    /// For people: between two keys of one word nothing begins, and what is done at once does not flicker.
    pub const HUMAN: Pace = Pace {
        quiet: Duration::from_millis(50),
        patience: Duration::from_millis(300),
        trust: Duration::from_secs(2),
    };

    /// For programs, which never pause within a word.
    pub const PROMPT: Pace = Pace { quiet: Duration::ZERO, patience: Duration::ZERO, trust: Duration::ZERO };
}
