//! Why a request ends before any provider is asked: whose fault, what status, in the caller's dialect.

mod head;

pub use head::BadHead;

pub(crate) use head::BrokenFraming;

use crate::attributes::BadAttribute;
use crate::inspection::PARTS_LIMIT;
use crate::wire::call::BadCall;
use crate::wire::errors::ErrorBody;
use http::StatusCode;
use wayleave_program::decision::{Decision, Outcome, Reason};
use wayleave_program::value::Instant;

/// Why a request ends before any provider is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A head that is none; it is not known whose.
    Head(BadHead),
    /// No key, an unknown one, or a revoked one: told alike, so that nobody can find out which.
    Unauthenticated,
    /// Two credentials, of which one would have to be chosen.
    TwoCredentials,
    /// A body in an encoding that is not accepted.
    Encoding,
    /// A body that is not declared as JSON.
    MediaType,
    /// A body longer than this many bytes.
    TooLong(usize),
    /// A body that did not come in time.
    TooSlow,
    /// A body that broke off: its caller has left.
    BrokenOff,
    /// A body that is not what its api takes.
    Call(BadCall),
    /// An attribute that is missing or not of its type.
    Attribute(BadAttribute),
    /// More texts than are looked through, where the policy asks for texts.
    TooManyTexts,
    /// A model of a name that the policy does not know.
    UnknownModel(String),
    /// What the policy says no to.
    Denied(Vec<Reason>),
    /// What somebody has to grant first: the first approval that can be asked for, and the rules behind it.
    ApprovalRequired(Option<String>, Vec<Reason>),
    /// What a counter has no room for: the seconds until it has some again, where that is known, and the rules.
    Limited(Option<u64>, Vec<Reason>),
    /// The time for the whole exchange passed before a decision was made.
    DeadlinePassed,
    /// The gateway stops.
    Stopping,
    /// A member of the query that is none: its name, and what it has to be.
    Query(&'static str, &'static str),
    /// The gateway has no room for another request.
    Overloaded,
    /// As many requests of the caller run as one may have.
    TooManyAtOnce(usize),
    /// A path that is none of ours.
    UnknownPath,
    /// A path of ours with another method; the one it takes.
    WrongMethod(&'static str),
    /// A mistake of our own.
    Internal,
}

/// A name that a caller wrote is cut to so many characters in messages.
const SHOWN_CHARACTERS: usize = 128;

impl Refusal {
    /// Why a decision lets nothing through; none for a route.
    pub fn of_decision(decision: &Decision, now: Instant) -> Option<Refusal> {
        let reasons = || decision.reasons.clone();
        match decision.outcome {
            Outcome::Route => None,
            Outcome::Deny => Some(Refusal::Denied(reasons())),
            Outcome::ApprovalRequired => {
                Some(Refusal::ApprovalRequired(decision.approval.clone(), reasons()))
            }
            Outcome::Limited => {
                let left = |until: Instant| u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0).max(1);
                Some(Refusal::Limited(decision.until.map(left), reasons()))
            }
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Refusal::Head(bad) => bad.status(),
            Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
            Refusal::TwoCredentials
            | Refusal::BrokenOff
            | Refusal::Call(_)
            | Refusal::Attribute(_)
            | Refusal::Query(..)
            | Refusal::TooManyTexts => StatusCode::BAD_REQUEST,
            Refusal::Encoding | Refusal::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::UnknownModel(_) | Refusal::UnknownPath => StatusCode::NOT_FOUND,
            Refusal::Denied(_) | Refusal::ApprovalRequired(..) => StatusCode::FORBIDDEN,
            Refusal::Limited(..) | Refusal::TooManyAtOnce(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::DeadlinePassed => StatusCode::GATEWAY_TIMEOUT,
            Refusal::Stopping | Refusal::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            message: self.message(),
            kind: self.kind(),
            param: self.param(),
            code: self.code().to_owned(),
            by: self.reasons().iter().map(|reason| reason.by.to_string()).collect(),
            broken: None,
        }
    }

    /// What is kept of it: the words of the rules, or what is wrong and where. What the caller wrote is not in it, but for
    /// a name that looks like a model's.
    pub fn kept(&self) -> Vec<String> {
        match self {
            Refusal::Call(bad) => vec![bad.kept()],
            Refusal::UnknownModel(name) if !is_model_name(name) => {
                vec![format!("{}: what the body names is no model's name", self.code())]
            }
            _ if self.reasons().is_empty() => vec![self.message()],
            _ => self.reasons().iter().map(|reason| reason.words.clone()).collect(),
        }
    }

    /// The rules behind it; empty where no rule is.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Refusal::Denied(reasons)
            | Refusal::ApprovalRequired(_, reasons)
            | Refusal::Limited(_, reasons) => reasons,
            _ => &[],
        }
    }

    /// The header `retry-after`, in seconds, where waiting helps.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Refusal::Limited(seconds, _) => *seconds,
            Refusal::Stopping | Refusal::Overloaded | Refusal::TooManyAtOnce(_) => Some(1),
            _ => None,
        }
    }

    /// As the `code` of the error body, and in the decision log.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Head(bad) => bad.code(),
            Refusal::Unauthenticated => "invalid_api_key",
            Refusal::TwoCredentials => "two_credentials",
            Refusal::Encoding => "unsupported_encoding",
            Refusal::MediaType => "unsupported_media_type",
            Refusal::TooLong(_) => "body_too_large",
            Refusal::TooSlow => "body_too_slow",
            Refusal::BrokenOff => "body_broken_off",
            Refusal::Call(bad) => bad.code(),
            Refusal::Attribute(bad) => bad.code(),
            Refusal::TooManyTexts => "too_complex",
            Refusal::UnknownModel(_) => "model_not_found",
            Refusal::Denied(_) => "denied_by_policy",
            Refusal::ApprovalRequired(..) => "approval_required",
            Refusal::Limited(..) => "limited",
            Refusal::DeadlinePassed => "deadline",
            Refusal::Stopping => "shutting_down",
            Refusal::Query(..) => "invalid_type",
            Refusal::Overloaded => "overloaded",
            Refusal::TooManyAtOnce(_) => "too_many_at_once",
            Refusal::UnknownPath => "unknown_path",
            Refusal::WrongMethod(_) => "method_not_allowed",
            Refusal::Internal => "internal_error",
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Refusal::Unauthenticated => "authentication_error",
            Refusal::Denied(_) | Refusal::ApprovalRequired(..) => "permission_error",
            Refusal::Limited(..) | Refusal::TooManyAtOnce(_) => "rate_limit_error",
            Refusal::Internal | Refusal::DeadlinePassed | Refusal::Stopping | Refusal::Overloaded => {
                "server_error"
            }
            _ => "invalid_request_error",
        }
    }

    fn param(&self) -> Option<String> {
        match self {
            Refusal::Call(bad) => bad.param().map(str::to_owned),
            Refusal::UnknownModel(_) => Some("model".to_owned()),
            Refusal::Query(name, _) => Some((*name).to_owned()),
            _ => None,
        }
    }

    fn message(&self) -> String {
        match self {
            Refusal::Head(bad) => bad.message(),
            Refusal::Unauthenticated => {
                "a valid key is needed: send it as `Authorization: Bearer KEY` or `x-api-key: KEY`".to_owned()
            }
            Refusal::TwoCredentials => "the request carries two credentials; send one".to_owned(),
            Refusal::Encoding => "the body must be sent without a content encoding".to_owned(),
            Refusal::MediaType => "the body must be sent as `content-type: application/json`".to_owned(),
            Refusal::TooLong(limit) => format!("the body is longer than {limit} bytes"),
            Refusal::TooSlow => "the body did not come in time".to_owned(),
            Refusal::BrokenOff => "the body broke off".to_owned(),
            Refusal::Call(bad) => bad.to_string(),
            Refusal::Attribute(bad) => bad.to_string(),
            Refusal::TooManyTexts => {
                format!("the body has more than {PARTS_LIMIT} texts; send fewer in one request")
            }
            Refusal::UnknownModel(name) => {
                let shown: String = name.chars().take(SHOWN_CHARACTERS).collect();
                format!("the model `{shown}` does not exist here; GET /v1/models lists what does")
            }
            Refusal::Denied(reasons) => words(reasons),
            Refusal::ApprovalRequired(Some(approval), reasons) => {
                format!("this needs the approval `{approval}`, which you do not hold. {}", words(reasons))
            }
            Refusal::ApprovalRequired(None, reasons) => {
                format!("this needs an approval that you do not hold. {}", words(reasons))
            }
            Refusal::Limited(Some(seconds), reasons) => {
                format!("there is room again in {seconds} s. {}", words(reasons))
            }
            Refusal::Limited(None, reasons) => words(reasons),
            Refusal::DeadlinePassed => "the request took longer than the gateway allows".to_owned(),
            Refusal::Stopping => "the gateway is shutting down".to_owned(),
            Refusal::Query(name, what) => format!("`{name}` must be {what}"),
            Refusal::Overloaded => "the gateway has no room for another request; try again".to_owned(),
            Refusal::TooManyAtOnce(limit) => {
                format!(
                    "{limit} requests of this caller run, which is as many as may; try again when one has ended"
                )
            }
            Refusal::UnknownPath => "there is nothing at this path".to_owned(),
            Refusal::WrongMethod(allowed) => format!("this path takes {allowed}"),
            Refusal::Internal => "the gateway made a mistake; this request is lost".to_owned(),
        }
    }
}

/// No model of any provider has a longer name.
const MODEL_NAME_CHARACTERS: usize = 100;

/// Whether a text that names no model here looks like the name of one elsewhere.
pub(crate) fn is_model_name(text: &str) -> bool {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@-".contains(&byte);
    text.len() <= MODEL_NAME_CHARACTERS && text.bytes().all(is_of_names)
}

/// What the rules say, each thing once.
fn words(reasons: &[Reason]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for reason in reasons {
        if !words.contains(&reason.words.as_str()) {
            words.push(&reason.words);
        }
    }
    if let [only] = words.as_slice() {
        return (*only).to_owned();
    }
    let sentence = |words: &&str| match words.ends_with(['.', '!', '?']) {
        true => (*words).to_owned(),
        false => format!("{words}."),
    };
    words.iter().map(sentence).collect::<Vec<_>>().join(" ")
}
