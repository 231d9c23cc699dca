//! A call in the words of the provider that is asked: as the caller wrote it where both speak alike, and nothing where
//! they do not. The one place where a dialect meets another.

use super::call::Call;
use super::{Dialect, edit};
use bytes::Bytes;
use wayleave_program::catalogue::Protocol;

/// The provider does not speak the dialect of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSpoken;

/// The body for a provider that speaks `protocol`: with the provider's name of the model, and an output limit where the
/// decision obliges one. The pieces are to be sent one behind the other.
///
/// # Errors
/// When the provider cannot be asked this call at all.
pub fn carry(
    call: &Call,
    body: &Bytes,
    remote: &str,
    cap: Option<u64>,
    protocol: Protocol,
) -> Result<Vec<Bytes>, NotSpoken> {
    match (protocol, call.api.dialect()) {
        (Protocol::OpenAi, Dialect::OpenAi)
        | (Protocol::Anthropic, Dialect::Anthropic)
        | (Protocol::Simulated, Dialect::OpenAi | Dialect::Anthropic) => {
            Ok(edit::for_target(body, call, remote, cap))
        }
        (Protocol::OpenAi, Dialect::Anthropic)
        | (Protocol::Anthropic, Dialect::OpenAi)
        | (Protocol::Gemini, Dialect::OpenAi | Dialect::Anthropic) => Err(NotSpoken),
    }
}

/// Whether a provider that speaks `protocol` counts tokens when it is asked to.
pub fn can_count(protocol: Protocol) -> bool {
    match protocol {
        Protocol::Anthropic | Protocol::Simulated => true,
        Protocol::OpenAi | Protocol::Gemini => false,
    }
}
