//! What a provider's status and error body mean: whose fault, which failure class, and whether its words may be passed
//! on.

use super::failure::Failure;
use super::retry_after;
use crate::wire::errors::ProviderError;
use crate::wire::meaning::Meaning;
use wayleave_program::plan::FailureClass;
use wayleave_program::value::Instant;

/// Whether the body of an answer under that status says more than the status alone.
pub fn is_body_telling(status: u16) -> bool {
    matches!(status, 400 | 404 | 413 | 422)
}

/// What is known of an answer that is no success.
#[derive(Debug, Clone, Copy)]
pub struct Refusal<'a> {
    /// Its status, which is not one of an answer.
    pub status: u16,
    /// The header `retry-after`.
    pub retry_after: Option<&'a str>,
    /// The beginning of its body, possibly cut.
    pub body: &'a [u8],
    /// The wall clock, for dates in `retry-after`.
    pub now: Instant,
}

/// Judges an answer that is no success.
pub fn of_refusal(refusal: Refusal<'_>) -> Failure {
    let status = refusal.status;
    let said = ProviderError::read(refusal.body);
    let failure = |class, cause: String| Failure {
        retry_after_s: refusal.retry_after.and_then(|text| retry_after::seconds(text, refusal.now)),
        ..Failure::new(class, cause).under(status)
    };
    match status {
        300..=399 => failure(
            FailureClass::ServerError,
            format!("answered {status}: a redirection, which is never followed"),
        ),
        401 | 403 => failure(FailureClass::Credential, format!("refused our key ({status})")),
        402 => failure(FailureClass::Credential, "answered 402: our account has to pay".to_owned()),
        408 => failure(FailureClass::Timeout, "answered 408: it gave up waiting".to_owned()),
        429 => failure(FailureClass::RateLimited, "answered 429".to_owned()),
        503 | 529 => failure(FailureClass::Overloaded, format!("answered {status}")),
        _ if is_body_telling(status) => of_own_mistake(status, said, failure),
        500..=599 => failure(FailureClass::ServerError, format!("answered {status}")),
        // The request was made here, and no api of a model has a word for what is wrong with it under such a status: it is
        // a server's that stands in between, or no status at all.
        _ => failure(FailureClass::ServerError, format!("answered {status}, which says nothing here")),
    }
}

/// A status that usually says that the caller made a mistake.
fn of_own_mistake(
    status: u16,
    said: Option<ProviderError>,
    failure: impl Fn(FailureClass, String) -> Failure,
) -> Failure {
    let Some(said) = said else {
        // A page of a web server or a wrong base URL: no caller's mistake looks like this, but for a body that is too
        // large for the server in front.
        return match status {
            404 => failure(FailureClass::ServerError, "answered 404 without an error of its API".to_owned()),
            _ => Failure {
                said: Some(Box::default()),
                ..failure(FailureClass::Status(status), format!("answered {status}"))
            },
        };
    };
    let (class, cause) = match said.meaning() {
        Meaning::ModelMissing => {
            return failure(FailureClass::ModelMissing, format!("does not know the model ({status})"));
        }
        Meaning::RateLimited => {
            return failure(
                FailureClass::RateLimited,
                format!("refused the request by its rate limit ({status})"),
            );
        }
        Meaning::Overloaded => return failure(FailureClass::Overloaded, format!("is overloaded ({status})")),
        Meaning::Credential => {
            return failure(FailureClass::Credential, format!("refused our key or its account ({status})"));
        }
        Meaning::ContextLength => (FailureClass::ContextLength, "the request is too long for the model"),
        Meaning::Refused => (FailureClass::Refused, "refused the content"),
        // Whoever reads the log finds the words that no table has.
        Meaning::Other => (FailureClass::Status(status), "refused the request, unclassified"),
    };
    Failure { said: Some(Box::new(said)), ..failure(class, format!("{cause} ({status})")) }
}

/// Judges an error that stands in an answer dressed as a success. Before the first content the provider's words go
/// nowhere: it is not known to be the caller's mistake.
pub fn of_error_inside(said: &ProviderError, status: u16) -> Failure {
    let (class, cause) = match said.meaning() {
        Meaning::RateLimited => (FailureClass::RateLimited, "an error about its rate limit"),
        Meaning::Overloaded => (FailureClass::Overloaded, "an error: it is overloaded"),
        Meaning::Credential => (FailureClass::Credential, "an error: it refuses our key or its account"),
        Meaning::ModelMissing => (FailureClass::ModelMissing, "an error: it does not know the model"),
        Meaning::ContextLength => {
            (FailureClass::ContextLength, "an error: the request is too long for the model")
        }
        Meaning::Refused => (FailureClass::Refused, "an error: it refuses the content"),
        Meaning::Other => (FailureClass::ServerError, "an error"),
    };
    Failure::new(class, format!("answered {status} with {cause}")).under(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> (FailureClass, bool) {
        let now = wayleave_program::value::DEFAULT_NOW;
        let failure = of_refusal(Refusal { status, retry_after: None, body: body.as_bytes(), now });
        (failure.class, failure.said.is_some())
    }

    #[test]
    fn each_status_has_its_class() {
        let invalid = r#"{"error":{"message":"bad","type":"invalid_request_error"}}"#;
        let no_model = r#"{"error":{"message":"x","code":"model_not_found"}}"#;
        let too_long = r#"{"error":{"message":"x","code":"context_length_exceeded"}}"#;
        let no_credit = r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#;
        let no_claude = r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-0"}}"#;
        let per_minute = r#"{"error":{"message":"Request too large","code":"rate_limit_exceeded"}}"#;
        for (status, body, expected) in [
            (302, "", (FailureClass::ServerError, false)),
            (400, invalid, (FailureClass::Status(400), true)),
            (400, no_model, (FailureClass::ModelMissing, false)),
            (400, too_long, (FailureClass::ContextLength, true)),
            (400, "<html>", (FailureClass::Status(400), true)),
            (401, invalid, (FailureClass::Credential, false)),
            (402, invalid, (FailureClass::Credential, false)),
            (101, "", (FailureClass::ServerError, false)),
            (405, invalid, (FailureClass::ServerError, false)),
            (409, invalid, (FailureClass::ServerError, false)),
            (418, "", (FailureClass::ServerError, false)),
            (451, "", (FailureClass::ServerError, false)),
            (600, "", (FailureClass::ServerError, false)),
            (999, "", (FailureClass::ServerError, false)),
            (403, invalid, (FailureClass::Credential, false)),
            (404, invalid, (FailureClass::Status(404), true)),
            (404, no_model, (FailureClass::ModelMissing, false)),
            (404, "<html>", (FailureClass::ServerError, false)),
            (400, no_credit, (FailureClass::Credential, false)),
            (404, no_claude, (FailureClass::ModelMissing, false)),
            (413, per_minute, (FailureClass::RateLimited, false)),
            (413, "", (FailureClass::Status(413), true)),
            (422, r#"{"detail":"bad"}"#, (FailureClass::Status(422), true)),
            (429, "", (FailureClass::RateLimited, false)),
            (500, invalid, (FailureClass::ServerError, false)),
            (503, "", (FailureClass::Overloaded, false)),
            (529, "", (FailureClass::Overloaded, false)),
        ] {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }
}
