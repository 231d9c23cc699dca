//! A call in the words of the provider that is asked: as the caller wrote it where both speak alike, said in the other
//! dialect where that can be done, and nothing where it cannot. The one place where a dialect meets another.

use super::call::Call;
use super::translate::{self, CannotCarry, TargetFacts};
use super::{Api, Dialect, edit};
use bytes::Bytes;
use wayleave_program::catalogue::Protocol;

/// A call as a provider gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What is asked of the provider, in its own dialect.
    pub api: Api,
    /// The body, to be sent one behind the other.
    pub pieces: Vec<Bytes>,
    /// How the answer comes back where the provider speaks another dialect than the caller.
    pub crossing: Option<Crossing>,
    /// What of the request was left out, each name once.
    pub dropped: Vec<String>,
}

/// An answer's way back into the caller's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// The provider's dialect.
    pub from: Dialect,
    /// Whether a stream of the caller's dialect ends with its usage.
    pub wants_usage: bool,
}

/// Why a provider cannot be asked a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAsked {
    /// It has nothing like it.
    NotSpoken,
    /// It would answer something else than was asked for.
    CannotCarry(CannotCarry),
}

/// How a call comes to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As it is.
    Same,
    /// In that other dialect.
    Across(Dialect),
    /// Not at all.
    None,
}

/// How a call of that api comes to a provider that speaks `protocol`.
pub fn way(api: Api, protocol: Protocol) -> Way {
    match (protocol, api.dialect()) {
        (Protocol::OpenAi, Dialect::OpenAi)
        | (Protocol::Anthropic, Dialect::Anthropic)
        | (Protocol::Simulated, Dialect::OpenAi | Dialect::Anthropic) => Way::Same,
        (Protocol::OpenAi, Dialect::Anthropic) | (Protocol::Anthropic, Dialect::OpenAi) => match api {
            Api::Chat | Api::Messages => Way::Across(api.dialect().other()),
            Api::Embeddings | Api::CountTokens => Way::None,
        },
        (Protocol::Gemini, Dialect::OpenAi | Dialect::Anthropic) => Way::None,
    }
}

/// The call for that target of a provider that speaks `protocol`.
///
/// # Errors
/// When the provider cannot be asked this call.
pub fn carry(
    call: &Call,
    body: &Bytes,
    protocol: Protocol,
    target: &TargetFacts<'_>,
) -> Result<Sent, NotAsked> {
    match way(call.api, protocol) {
        Way::Same => Ok(Sent {
            api: call.api,
            pieces: edit::for_target(body, call, target.model, target.cap),
            crossing: None,
            dropped: Vec::new(),
        }),
        Way::Across(from) => {
            let carried = translate::request(call.api.dialect(), body, target);
            let carried = carried.map_err(NotAsked::CannotCarry)?;
            Ok(Sent {
                api: conversation(from),
                pieces: vec![carried.body],
                crossing: Some(Crossing { from, wants_usage: carried.wants_usage }),
                dropped: carried.dropped,
            })
        }
        Way::None => Err(NotAsked::NotSpoken),
    }
}

/// Where a dialect has its conversations.
fn conversation(dialect: Dialect) -> Api {
    match dialect {
        Dialect::OpenAi => Api::Chat,
        Dialect::Anthropic => Api::Messages,
    }
}

/// Whether a provider that speaks `protocol` counts tokens when it is asked to.
pub fn can_count(protocol: Protocol) -> bool {
    match protocol {
        Protocol::Anthropic | Protocol::Simulated => true,
        Protocol::OpenAi | Protocol::Gemini => false,
    }
}
