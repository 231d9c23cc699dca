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

pub mod translate;

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

/// The tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of the prompt; 0 in an estimate.
    pub input_tokens: u64,
    /// Of the answer.
    pub output_tokens: u64,
    /// Of the prompt, read from the provider's cache.
    pub cached_tokens: u64,
    /// Of the answer, reasoning.
    pub reasoning_tokens: u64,
    /// Whether the provider counted nothing, and this is an estimate of ours.
    pub is_estimated: bool,
}

impl Usage {
    /// For a provider that counted nothing.
    pub fn estimated(output_tokens: u64) -> Usage {
        Usage { output_tokens, is_estimated: true, ..Usage::default() }
    }
}
