//! The one vocabulary for what callers send and providers answer: bytes in, bytes out, no I/O.
//!
//! What is not understood is passed on as it came. A body is read once, strictly, and what was read is what is sent:
//! the few bytes that a policy changes are edited in place.

pub mod json;

pub mod tokens;

pub mod encodings;

pub mod size;

pub mod call;

pub mod chat;

mod eights;

pub mod embeddings;

pub mod messages;

pub mod edit;

pub mod carry;

pub mod errors;

pub mod meaning;

pub mod sse;

pub mod marks;

pub mod chunk;

pub mod message_event;

pub mod answer;

pub mod translate;

/// What a caller asks for, and in whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1/messages/count_tokens`: what a message would be read as, which is decided on as that message is.
    CountTokens,
}

impl Api {
    /// All, in the order above.
    pub const ALL: [Api; 4] = [Api::Chat, Api::Embeddings, Api::Messages, Api::CountTokens];
}

/// Whose shapes a caller expects of answers and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's.
    OpenAi,
    /// Anthropic's.
    Anthropic,
}

impl Dialect {
    /// The one that is translated to.
    pub fn other(self) -> Dialect {
        match self {
            Dialect::OpenAi => Dialect::Anthropic,
            Dialect::Anthropic => Dialect::OpenAi,
        }
    }

    /// How it has conversations, as its makers call it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::OpenAi => "Chat Completions",
            Dialect::Anthropic => "Messages",
        }
    }
}

impl Api {
    /// As `request.api` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Api::Chat => "chat",
            Api::Embeddings => "embeddings",
            Api::Messages | Api::CountTokens => "messages",
        }
    }

    /// As a record spells it: what is only counted is told from what is answered.
    pub fn recorded(self) -> &'static str {
        match self {
            Api::Chat | Api::Embeddings | Api::Messages => self.name(),
            Api::CountTokens => "count_tokens",
        }
    }

    /// Below a provider's base URL and its version.
    pub fn path(self) -> &'static str {
        match self {
            Api::Chat => "/chat/completions",
            Api::Embeddings => "/embeddings",
            Api::Messages => "/messages",
            Api::CountTokens => "/messages/count_tokens",
        }
    }

    /// Whose words its requests and answers are in.
    pub fn dialect(self) -> Dialect {
        match self {
            Api::Chat | Api::Embeddings => Dialect::OpenAi,
            Api::Messages | Api::CountTokens => Dialect::Anthropic,
        }
    }

    /// Whether its answers can come in pieces.
    pub fn can_stream(self) -> bool {
        match self {
            Api::Chat | Api::Messages => true,
            Api::Embeddings | Api::CountTokens => false,
        }
    }
}

/// The tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of the prompt, all of it; 0 where nobody counted.
    pub input_tokens: u64,
    /// Of the answer.
    pub output_tokens: u64,
    /// Of the prompt, read from the provider's cache.
    pub cached_tokens: u64,
    /// Of the prompt, written to the provider's cache.
    pub cache_written_tokens: u64,
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

    /// What is known of a stream that has counted before and counts again: counts are of the whole so far, and one that
    /// is left out stands.
    pub fn then(self, now: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens.max(now.input_tokens),
            output_tokens: self.output_tokens.max(now.output_tokens),
            cached_tokens: self.cached_tokens.max(now.cached_tokens),
            cache_written_tokens: self.cache_written_tokens.max(now.cache_written_tokens),
            reasoning_tokens: self.reasoning_tokens.max(now.reasoning_tokens),
            is_estimated: now.is_estimated,
        }
    }
}
