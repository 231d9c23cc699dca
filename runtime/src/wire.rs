//! The one vocabulary for what callers send and providers answer: bytes in, bytes out, no I/O.
//!
//! What is not understood is passed on as it came. A body is read once, strictly, and what was read is what is sent:
//! the few bytes that a policy changes are edited in place.

pub mod json;

pub mod tokens;

pub mod call;

pub mod chat;

pub mod embeddings;

pub mod edit;

pub mod errors;

pub mod sse;

pub mod chunk;

pub mod answer;

/// The wire protocol that a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/embeddings`
    Embeddings,
}

impl Api {
    /// As `request.api` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Api::Chat => "chat",
            Api::Embeddings => "embeddings",
        }
    }

    /// Below a provider's base URL.
    pub fn path(self) -> &'static str {
        match self {
            Api::Chat => "/chat/completions",
            Api::Embeddings => "/embeddings",
        }
    }
}

/// Tokens as a provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of the prompt.
    pub input_tokens: u64,
    /// Of the answer.
    pub output_tokens: u64,
}
