//! Errors in the shape of OpenAI's API: written for callers, read from providers.

use bytes::Bytes;
use serde_json::{Value as Json, json};

/// An error as a caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorBody {
    /// What is wrong, in a sentence.
    pub message: String,
    /// The family: `invalid_request_error`, `upstream_error` …
    pub kind: &'static str,
    /// The member of the body that it is about.
    pub param: Option<String>,
    /// The exact cause, for programs.
    pub code: String,
    /// The rules behind a denial; empty for everything else.
    pub by: Vec<String>,
}

impl ErrorBody {
    /// As the body of an answer.
    pub fn to_body(&self) -> Bytes {
        Bytes::from(self.to_json().to_string())
    }

    /// As an event of a stream that has begun. No terminator follows it, so that nobody takes the answer for whole.
    pub fn to_event(&self) -> Bytes {
        Bytes::from(format!("data: {}\n\n", self.to_json()))
    }

    fn to_json(&self) -> Json {
        let mut error =
            json!({"message": self.message, "type": self.kind, "param": self.param, "code": self.code});
        if let Some(error) = error.as_object_mut().filter(|_| !self.by.is_empty()) {
            error.insert("by".to_owned(), json!(self.by));
        }
        json!({"error": error})
    }
}

/// What a provider says went wrong. Its words are not ours: they are redacted before a caller sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderError {
    /// Its sentence; possibly empty.
    pub message: String,
    /// `type`, where it is a text.
    pub kind: Option<String>,
    /// `param`, where it is a text.
    pub param: Option<String>,
    /// `code`, where it is a text or a number.
    pub code: Option<String>,
}

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
    /// Nothing that we know.
    Other,
}

/// The `code` and `type` words of known providers, with what they mean.
const WORDS: [(&str, Meaning); 15] = [
    ("model_not_found", Meaning::ModelMissing),
    ("invalid_model", Meaning::ModelMissing),
    ("unknown_model", Meaning::ModelMissing),
    ("DeploymentNotFound", Meaning::ModelMissing),
    ("context_length_exceeded", Meaning::ContextLength),
    ("exceed_context_size_error", Meaning::ContextLength),
    ("string_above_max_length", Meaning::ContextLength),
    ("content_filter", Meaning::Refused),
    ("content_policy_violation", Meaning::Refused),
    ("moderation_blocked", Meaning::Refused),
    ("rate_limit_exceeded", Meaning::RateLimited),
    ("rate_limit_error", Meaning::RateLimited),
    ("insufficient_quota", Meaning::RateLimited),
    ("too_many_requests", Meaning::RateLimited),
    ("429", Meaning::RateLimited),
];

/// How providers without such words say that they lack a model: the sentence names a model, and one of these.
const MISSING_PHRASES: [&str; 4] = ["does not exist", "not found", "is not supported", "invalid model"];

impl ProviderError {
    /// Reads the body of an error answer; none when it is not one that we can read.
    pub fn read(body: &[u8]) -> Option<ProviderError> {
        let whole: Json = serde_json::from_slice(body).ok()?;
        ProviderError::from_json(&whole)
    }

    fn from_json(whole: &Json) -> Option<ProviderError> {
        let text = |from: &Json, key: &str| from.get(key).and_then(Json::as_str).map(str::to_owned);
        let from_object = |error: &Json| ProviderError {
            message: text(error, "message").unwrap_or_default(),
            kind: text(error, "type"),
            param: text(error, "param"),
            code: match error.get("code") {
                Some(Json::String(code)) => Some(code.clone()),
                Some(Json::Number(code)) => Some(code.to_string()),
                _ => None,
            },
        };
        match whole.get("error") {
            Some(error @ Json::Object(_)) => Some(from_object(error)),
            Some(Json::String(message)) => {
                Some(ProviderError { message: message.clone(), ..ProviderError::default() })
            }
            // Some servers leave the wrapper out, others call it a detail.
            _ if whole.get("message").is_some() => Some(from_object(whole)),
            _ => text(whole, "detail").map(|message| ProviderError { message, ..ProviderError::default() }),
        }
    }

    /// What it means, under a status between 400 and 499 or inside an answer.
    pub fn meaning(&self) -> Meaning {
        let words = [&self.code, &self.kind];
        let known = words
            .into_iter()
            .flatten()
            .find_map(|word| WORDS.iter().find(|(known, _)| known == word).map(|(_, meaning)| *meaning));
        known.unwrap_or_else(|| {
            let message = self.message.to_ascii_lowercase();
            let is_missing = message.contains("model")
                && MISSING_PHRASES.iter().any(|phrase| message.contains(phrase))
                && message.len() < 200;
            if is_missing { Meaning::ModelMissing } else { Meaning::Other }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_errors_are_read_in_their_shapes() {
        let meaning = |body: &str| ProviderError::read(body.as_bytes()).map(|error| error.meaning());
        for (body, expected) in [
            (
                r#"{"error":{"message":"x","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
                Some(Meaning::ModelMissing),
            ),
            (
                r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#,
                Some(Meaning::ModelMissing),
            ),
            (
                r#"{"error":{"message":"model 'x' not found, try pulling it first","type":"api_error"}}"#,
                Some(Meaning::ModelMissing),
            ),
            (
                r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#,
                Some(Meaning::ContextLength),
            ),
            (r#"{"error":{"code":429,"message":"slow down"}}"#, Some(Meaning::RateLimited)),
            (r#"{"error":"bad temperature"}"#, Some(Meaning::Other)),
            (r#"{"detail":"unprocessable"}"#, Some(Meaning::Other)),
            ("<html>", None),
            ("[]", None),
        ] {
            assert_eq!(meaning(body), expected, "{body}");
        }
    }

    #[test]
    fn errors_are_written_in_openais_shape() {
        let mut error = ErrorBody {
            message: "No \"such\" thing.".to_owned(),
            kind: "invalid_request_error",
            param: Some("model".to_owned()),
            code: "model_not_found".to_owned(),
            by: Vec::new(),
        };
        let expected = r#"{"error":{"message":"No \"such\" thing.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#;
        assert_eq!(error.to_body(), expected);
        error.by = vec!["deny x".to_owned()];
        assert!(error.to_event().ends_with(b",\"by\":[\"deny x\"]}}\n\n"));
    }
}
