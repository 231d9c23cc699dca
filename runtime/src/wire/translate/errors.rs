//! Errors that stand inside an answer or a stream.

use crate::wire::errors::ProviderError;

/// The error that stands in that member of an answer or event.
pub(super) fn of_member(raw: &str) -> ProviderError {
    ProviderError::read(format!("{{\"error\":{raw}}}").as_bytes()).unwrap_or_default()
}
