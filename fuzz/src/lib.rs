//! What the targets ask of a text: the same file that `tests` replays the kept texts with.

#[path = "../../tests/src/promises.rs"]
pub mod promises;
