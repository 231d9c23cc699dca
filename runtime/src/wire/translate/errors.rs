//! Errors in the shape of either dialect, and what Messages means by its own.

use super::Dialect;
use super::raw::{Made, list, quoted};
use crate::wire::errors::{ErrorBody, Meaning, ProviderError};
use bytes::Bytes;

/// The error types of Messages by status.
const KINDS: [(u16, &str); 11] = [
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (402, "billing_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (413, "request_too_large"),
    (422, "invalid_request_error"),
    (429, "rate_limit_error"),
    (503, "overloaded_error"),
    (504, "timeout_error"),
    (529, "overloaded_error"),
];

/// What Messages means by the type of an error. The types that say no more than the status are missing.
const MEANINGS: [(&str, Meaning); 4] = [
    ("not_found_error", Meaning::ModelMissing),
    ("request_too_large", Meaning::ContextLength),
    ("rate_limit_error", Meaning::RateLimited),
    ("billing_error", Meaning::RateLimited),
];

/// How Messages says that a request is too long, under a type that says less.
const TOO_LONG: [&str; 2] = ["prompt is too long", "exceed context limit"];

/// The type that Messages gives errors of a status.
pub fn messages_kind(status: u16) -> &'static str {
    let known = KINDS.iter().find(|(known, _)| *known == status).map(|(_, kind)| *kind);
    known.unwrap_or(if (400..500).contains(&status) { "invalid_request_error" } else { "api_error" })
}

/// The body of an error, under that status.
pub fn body(dialect: Dialect, status: u16, error: &ErrorBody) -> Bytes {
    match dialect {
        Dialect::Chat => error.to_body(),
        Dialect::Messages => Bytes::from(messages(status, error)),
    }
}

/// The error as an event of a stream that has begun; `status` is what it would have had before. No end follows it, so that nobody takes the
/// answer for whole.
pub fn event(dialect: Dialect, status: u16, error: &ErrorBody) -> Bytes {
    match dialect {
        Dialect::Chat => error.to_event(),
        Dialect::Messages => Bytes::from(format!("event: error\ndata: {}\n\n", messages(status, error))),
    }
}

/// Beside what Messages has, the members that tell a program what is wrong, as in Chat.
fn messages(status: u16, error: &ErrorBody) -> String {
    let mut made = Made::of_type(messages_kind(status)).with_text("message", &error.message);
    if let Some(param) = &error.param {
        made.raw("param", &quoted(param));
    }
    made.raw("code", &quoted(&error.code));
    if !error.by.is_empty() {
        made.raw("by", &list(&error.by.iter().map(|rule| quoted(rule)).collect::<Vec<_>>()));
    }
    Made::of_type("error").with("error", &made.finish()).finish()
}

/// What an error of a Messages provider means for what comes next.
pub fn messages_meaning(error: &ProviderError) -> Meaning {
    let message = error.message.to_ascii_lowercase();
    if TOO_LONG.iter().any(|phrase| message.contains(phrase)) {
        return Meaning::ContextLength;
    }
    let known =
        MEANINGS.iter().find(|(kind, _)| error.kind.as_deref() == Some(kind)).map(|(_, meaning)| *meaning);
    known.unwrap_or_else(|| error.meaning())
}

/// The error that stands in that member of an answer or event.
pub(super) fn of_member(raw: &str) -> ProviderError {
    ProviderError::read(format!("{{\"error\":{raw}}}").as_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error() -> ErrorBody {
        ErrorBody {
            message: "no \"such\" model".to_owned(),
            kind: "invalid_request_error",
            param: Some("model".to_owned()),
            code: "model_not_found".to_owned(),
            by: Vec::new(),
        }
    }

    /// `case-S7`, `case-S8`: an error has the shape of the dialect that it is told in, and Messages names its event.
    #[test]
    fn errors_are_written_in_the_shape_of_the_dialect() {
        let messages = r#"{"type":"error","error":{"type":"not_found_error","message":"no \"such\" model","param":"model","code":"model_not_found"}}"#;
        assert_eq!(body(Dialect::Messages, 404, &error()), messages);
        assert_eq!(event(Dialect::Messages, 404, &error()), format!("event: error\ndata: {messages}\n\n"));
        assert_eq!(body(Dialect::Chat, 404, &error()), error().to_body());
        assert_eq!(event(Dialect::Chat, 404, &error()), error().to_event());
        let denied = ErrorBody { by: vec!["deny x".to_owned()], param: None, ..error() };
        assert!(body(Dialect::Messages, 403, &denied).ends_with(b",\"by\":[\"deny x\"]}}"));
        assert_eq!(
            [418, 502, 529].map(messages_kind),
            ["invalid_request_error", "api_error", "overloaded_error"]
        );
    }

    #[test]
    fn errors_of_messages_are_understood() {
        for (kind, message, meaning) in [
            ("not_found_error", "model: claude-9", Meaning::ModelMissing),
            (
                "invalid_request_error",
                "prompt is too long: 210000 tokens > 200000 maximum",
                Meaning::ContextLength,
            ),
            ("request_too_large", "Request exceeds the maximum size", Meaning::ContextLength),
            ("rate_limit_error", "slow down", Meaning::RateLimited),
            ("invalid_request_error", "temperature: must be at most 1", Meaning::Other),
        ] {
            let body = format!(
                r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_1"}}"#
            );
            let read = ProviderError::read(body.as_bytes()).expect("an error");
            assert_eq!((read.message.as_str(), messages_meaning(&read)), (message, meaning));
        }
    }
}
