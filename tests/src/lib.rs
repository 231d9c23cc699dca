//! What the tests share: a scripted provider, a gateway in process, and snapshots beside their files.

pub mod provider;

pub mod gateway;

pub mod snapshot;

pub use wayleave_sentences as sentences;

pub mod generated;
