//! What a provider's error means for what comes next, in the words of the providers that are known. An error that is not
//! here has no meaning but its status; nothing is guessed from a single word.

use super::errors::ProviderError;

/// What a provider's error means for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It does not know the model: the target is misconfigured.
    ModelMissing,
    /// The request is too long for the model.
    ContextLength,
    /// It refuses the content.
    Refused,
    /// Too many requests, or the quota is used up.
    RateLimited,
    /// It has too much to do.
    Overloaded,
    /// Our key may not do this, or its account cannot pay for it.
    Credential,
    /// Nothing that we know.
    Other,
}

/// The `code` and `type` words of known providers, with what they mean.
const WORDS: [(&str, Meaning); 31] = [
    ("model_not_found", Meaning::ModelMissing),
    ("model_not_available", Meaning::ModelMissing),
    ("model_decommissioned", Meaning::ModelMissing),
    ("invalid_model", Meaning::ModelMissing),
    ("unknown_model", Meaning::ModelMissing),
    ("DeploymentNotFound", Meaning::ModelMissing),
    ("context_length_exceeded", Meaning::ContextLength),
    ("exceed_context_size_error", Meaning::ContextLength),
    ("string_above_max_length", Meaning::ContextLength),
    ("content_filter", Meaning::Refused),
    ("ResponsibleAIPolicyViolation", Meaning::Refused),
    ("content_policy_violation", Meaning::Refused),
    ("moderation_blocked", Meaning::Refused),
    ("data_inspection_failed", Meaning::Refused),
    ("rate_limit_exceeded", Meaning::RateLimited),
    ("rate_limit_error", Meaning::RateLimited),
    ("insufficient_quota", Meaning::RateLimited),
    ("too_many_requests", Meaning::RateLimited),
    ("429", Meaning::RateLimited),
    ("overloaded_error", Meaning::Overloaded),
    ("server_overloaded", Meaning::Overloaded),
    ("503", Meaning::Overloaded),
    ("authentication_error", Meaning::Credential),
    ("permission_error", Meaning::Credential),
    ("billing_error", Meaning::Credential),
    ("invalid_api_key", Meaning::Credential),
    ("billing_hard_limit_reached", Meaning::Credential),
    ("billing_not_active", Meaning::Credential),
    ("organization_on_hold", Meaning::Credential),
    ("contract_spend_limit_reached", Meaning::Credential),
    ("enforced_spend_limit_reached", Meaning::Credential),
];

/// Pieces of sentences of providers that have no word for it, in lower case; whose they are stands in the tests.
const PHRASES: [(&str, Meaning); 27] = [
    ("maximum context length", Meaning::ContextLength),
    ("longer than the model's context length", Meaning::ContextLength),
    ("exceeds the available context size", Meaning::ContextLength),
    ("prompt is too long", Meaning::ContextLength),
    ("exceed context limit", Meaning::ContextLength),
    ("reduce the length of the messages", Meaning::ContextLength),
    ("tokens + `max_new_tokens` must be <=", Meaning::ContextLength),
    ("input length exceeds", Meaning::ContextLength),
    ("exceeds the maximum number of tokens allowed", Meaning::ContextLength),
    ("input is too long for requested model", Meaning::ContextLength),
    ("maximum prompt length is", Meaning::ContextLength),
    ("too many tokens: total number of tokens", Meaning::ContextLength),
    ("with context length of only", Meaning::ContextLength),
    ("blocked by content filtering policy", Meaning::Refused),
    ("content exists risk", Meaning::Refused),
    ("credit balance is too low", Meaning::Credential),
    ("reached your specified api usage limits", Meaning::Credential),
    ("insufficient balance", Meaning::Credential),
    ("model not exist", Meaning::ModelMissing),
    ("model not found", Meaning::ModelMissing),
    ("not a valid model id", Meaning::ModelMissing),
    ("no endpoints found for", Meaning::ModelMissing),
    ("unable to access model", Meaning::ModelMissing),
    ("invalid model", Meaning::ModelMissing),
    ("is not found for api version", Meaning::ModelMissing),
    ("has been decommissioned", Meaning::ModelMissing),
    ("server is overloaded", Meaning::Overloaded),
];

/// How others say that they lack a model: the sentence names a model, and one of these.
const MISSING_PHRASES: [&str; 3] = ["does not exist", "not found", "is not supported"];

/// How Anthropic's API says so: `model: claude-0`.
const MISSING_PREFIX: &str = "model: ";

/// Of a sentence, looked at for phrases: what providers say on their own is shorter, and behind it may stand a caller's
/// words.
const SENTENCE_CHARACTERS: usize = 400;

/// A sentence about a missing model is no longer than this.
const MISSING_SENTENCE_BYTES: usize = 200;

impl ProviderError {
    /// What it means, under a status between 400 and 499 or inside an answer.
    pub fn meaning(&self) -> Meaning {
        let words = [&self.code, &self.kind];
        let known = words
            .into_iter()
            .flatten()
            .find_map(|word| WORDS.iter().find(|(known, _)| known == word).map(|(_, meaning)| *meaning));
        known.unwrap_or_else(|| of_sentence(&self.message))
    }
}

fn of_sentence(sentence: &str) -> Meaning {
    let start: String = sentence.chars().take(SENTENCE_CHARACTERS).collect();
    let start = start.to_ascii_lowercase();
    if let Some((_, meaning)) = PHRASES.iter().find(|(phrase, _)| start.contains(phrase)) {
        return *meaning;
    }
    let is_named = start.contains("model") && MISSING_PHRASES.iter().any(|phrase| start.contains(phrase));
    let is_missing =
        (is_named || start.starts_with(MISSING_PREFIX)) && sentence.len() < MISSING_SENTENCE_BYTES;
    if is_missing { Meaning::ModelMissing } else { Meaning::Other }
}

#[cfg(test)]
mod tests;
