//! What the tests share: a scripted provider, a gateway in process, snapshots beside their files, sentences of the grammar,
//! what is made from it, what is promised of every text, policies and requests by a seed, and
//! exchanges in a virtual world.

pub mod provider;

pub mod gateway;

pub mod snapshot;

pub use wayleave_sentences as sentences;

pub mod generated;

pub mod promises;

pub mod pairs;

pub mod access;

pub mod policies;

pub mod agreement;

pub mod small;

pub mod brute;

pub mod smt;

pub mod simulation;
