//! Errors, in the shapes of the dialects: written for callers, read from providers.

use super::Dialect;
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
    /// Of an answer that broke off, what there was of it.
    pub broken: Option<Broken>,
}

/// What a caller has of an answer that broke off. No other target goes on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// `provider/model`
    pub target: String,
    /// The tokens that came.
    pub output_tokens: u64,
    /// Whether that is our own estimate.
    pub is_estimated: bool,
}

/// To whom an error is written.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// Whose shapes it expects.
    pub dialect: Dialect,
    /// The request's id, which Anthropic's shape repeats.
    pub request_id: &'a str,
}

impl ErrorBody {
    /// As the body of an answer of that status.
    pub fn to_body(&self, to: Addressee<'_>, status: u16) -> Bytes {
        Bytes::from(self.to_json(to, status).to_string())
    }

    /// As an event of a stream that has begun, as an answer of that status would say it. No terminator follows it, so
    /// that nobody takes the answer for whole.
    pub fn to_event(&self, to: Addressee<'_>, status: u16) -> Bytes {
        let data = self.to_json(to, status);
        Bytes::from(match to.dialect {
            Dialect::OpenAi => format!("data: {data}\n\n"),
            Dialect::Anthropic => format!("event: error\ndata: {data}\n\n"),
        })
    }

    fn to_json(&self, to: Addressee<'_>, status: u16) -> Json {
        let mut error = match to.dialect {
            Dialect::OpenAi => {
                json!({"message": self.message, "type": self.kind, "param": self.param, "code": self.code})
            }
            // The cause stands where the official libraries look for it, and where those of OpenAI's do.
            Dialect::Anthropic => json!({
                "type": anthropic_type(status),
                "message": self.message,
                "details": {"error_code": self.code},
                "code": self.code,
            }),
        };
        if let Some(error) = error.as_object_mut().filter(|_| !self.by.is_empty()) {
            error.insert("by".to_owned(), json!(self.by));
        }
        if let (Some(error), Some(broken)) = (error.as_object_mut(), &self.broken) {
            error.insert("resumable".to_owned(), json!(false));
            error.insert("target".to_owned(), json!(broken.target));
            error.insert("output_tokens".to_owned(), json!(broken.output_tokens));
            error.insert("output_tokens_estimated".to_owned(), json!(broken.is_estimated));
        }
        match to.dialect {
            Dialect::OpenAi => json!({"error": error}),
            Dialect::Anthropic => {
                json!({"type": "error", "error": error, "request_id": to.request_id})
            }
        }
    }
}

/// The family that Anthropic's API has for a status.
fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500..=599 => "api_error",
        _ => "invalid_request_error",
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
    /// `code`, where it is a text or a number, or the code of its details.
    pub code: Option<String>,
}

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
                // Where Anthropic and Azure say more exactly what is wrong.
                _ => text(&error["details"], "error_code").or_else(|| text(&error["innererror"], "code")),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_errors_are_read_in_their_shapes() {
        let read = |body: &str| {
            ProviderError::read(body.as_bytes())
                .map(|error| (error.message, error.kind.unwrap_or_default(), error.code.unwrap_or_default()))
        };
        let told = |message: &str, kind: &str, code: &str| {
            Some((message.to_owned(), kind.to_owned(), code.to_owned()))
        };
        for (body, expected) in [
            (
                r#"{"error":{"message":"x","type":"a_error","param":"model","code":"b"}}"#,
                told("x", "a_error", "b"),
            ),
            (
                r#"{"object":"error","message":"x","type":"NotFoundError","code":404}"#,
                told("x", "NotFoundError", "404"),
            ),
            (
                r#"{"type":"error","error":{"type":"a_error","message":"x","details":{"error_code":"b"}},"request_id":"r"}"#,
                told("x", "a_error", "b"),
            ),
            (
                r#"{"type":"error","error":{"type":"a_error","message":"x","details":null}}"#,
                told("x", "a_error", ""),
            ),
            (r#"{"error":{"message":"x","code":null,"innererror":{"code":"b"}}}"#, told("x", "", "b")),
            (r#"{"error":"bad temperature"}"#, told("bad temperature", "", "")),
            (r#"{"detail":"unprocessable"}"#, told("unprocessable", "", "")),
            ("<html>", None),
            ("[]", None),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn errors_are_written_in_the_callers_shape() {
        let mut error = ErrorBody {
            message: "No \"such\" thing.".to_owned(),
            kind: "invalid_request_error",
            param: Some("model".to_owned()),
            code: "model_not_found".to_owned(),
            by: Vec::new(),
            broken: None,
        };
        let openai = Addressee { dialect: Dialect::OpenAi, request_id: "r" };
        let expected = r#"{"error":{"message":"No \"such\" thing.","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#;
        assert_eq!(error.to_body(openai, 404), expected);
        let anthropic = Addressee { dialect: Dialect::Anthropic, request_id: "r" };
        let expected = r#"{"type":"error","error":{"type":"not_found_error","message":"No \"such\" thing.","details":{"error_code":"model_not_found"},"code":"model_not_found"},"request_id":"r"}"#;
        assert_eq!(error.to_body(anthropic, 404), expected);
        error.by = vec!["deny x".to_owned()];
        assert!(error.to_event(openai, 403).ends_with(b",\"by\":[\"deny x\"]}}\n\n"));
        let event = error.to_event(anthropic, 529);
        assert!(event.starts_with(
            b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""
        ));
        assert!(event.ends_with(b",\"by\":[\"deny x\"]},\"request_id\":\"r\"}\n\n"));
        error.by.clear();
        error.broken = Some(Broken { target: "a/x".to_owned(), output_tokens: 7, is_estimated: true });
        let told = br#","resumable":false,"target":"a/x","output_tokens":7,"output_tokens_estimated":true}"#;
        for to in [openai, anthropic] {
            let event = error.to_event(to, 502);
            assert!(event.windows(told.len()).any(|part| part == told), "{event:?}");
        }
    }

    #[test]
    fn each_status_has_its_family() {
        let families: Vec<&str> = [400, 401, 402, 403, 404, 405, 413, 415, 422, 429, 500, 502, 503, 504, 529]
            .map(anthropic_type)
            .into();
        let expected = [
            "invalid_request_error",
            "authentication_error",
            "billing_error",
            "permission_error",
            "not_found_error",
            "invalid_request_error",
            "request_too_large",
            "invalid_request_error",
            "invalid_request_error",
            "rate_limit_error",
            "api_error",
            "api_error",
            "overloaded_error",
            "timeout_error",
            "overloaded_error",
        ];
        assert_eq!(families, expected);
    }
}
