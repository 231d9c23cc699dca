//! The rules of the built-in detectors, one detector a file.

pub(crate) mod secret;
