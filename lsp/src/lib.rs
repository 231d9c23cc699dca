//! Answers an editor: the language server of `.route` policies over one connection.
//!
//! Reads nothing by itself: texts that are not open in the editor come from the [`Host`], and so does the date.
//! Start at `server.rs` for the loop, at `requests.rs` for what it is asked, at `features.rs` for what it can do.

pub mod features;

pub mod workspace;

mod convert;

mod snapshot;

mod requests;

mod queue;

mod server;

use std::path::Path;
use wayleave_program::value::Instant;

pub use requests::methods;
pub use server::{Exit, serve, serve_stdio};

/// What the server is given by whoever starts it.
pub struct Host<'a> {
    /// The text of a file on disk; the error says in words why there is none.
    pub read: &'a dyn Fn(&Path) -> Result<String, String>,
    /// The date that policies are checked for.
    pub as_of: Instant,
}
