//! The error with which an exchange ends, under an honest status. Names targets and causes, never an
//! upstream address, and a provider's own words only where they are about the caller's own mistake, redacted.

use super::failure::{Failure, NOT_SPOKEN};
use super::{Attempt, PassedOver};
use crate::health::Why;
use crate::wire::errors::ErrorBody;
use wayleave_program::plan::FailureClass;

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The status, or that an answer would have if none had begun.
    pub status: u16,
    /// The header `retry-after`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The error.
    pub error: ErrorBody,
}

/// Redacted words of a provider are cut to so many characters.
const SAID_CHARACTERS: usize = 2_000;

/// How a target fails that works and has no room, the milder first.
const BUSY: [FailureClass; 2] = [FailureClass::RateLimited, FailureClass::Overloaded];

/// The code where each candidate was known to fail.
const NOBODY_ASKED: &str = "no_target_available";

impl Ending {
    /// No candidate answered: some failed, others were passed over.
    pub(super) fn of_failed(attempts: &[Attempt], passed: &[PassedOver], now_ms: u64) -> Ending {
        let failures = attempts.iter().filter_map(|attempt| attempt.failure.as_ref());
        // Who could not be asked is not what is wrong, where others could.
        let failures: Vec<&Failure> = failures.filter(|failure| failure.class != NOT_SPOKEN).collect();
        if failures.is_empty() && passed.is_empty() && !attempts.is_empty() {
            return Ending::of_not_spoken(attempts);
        }
        let away = passed.iter().map(|passed| match passed.away.why {
            Why::AskedToWait => FailureClass::RateLimited,
            Why::CircuitOpen => FailureClass::Overloaded,
        });
        let classes: Vec<FailureClass> = failures.iter().map(|failure| failure.class).chain(away).collect();
        let all =
            |known: &[FailureClass]| !classes.is_empty() && classes.iter().all(|class| known.contains(class));
        // Who is only busy is not what is wrong, where others are broken or silent.
        let is_busy = |class: &FailureClass| BUSY.contains(class);
        let last = failures.iter().map(|failure| failure.class).rfind(|class| !is_busy(class));
        let (status, class) = match last {
            _ if all(&BUSY[..1]) => (429, FailureClass::RateLimited),
            _ if all(&BUSY) => (503, FailureClass::Overloaded),
            Some(FailureClass::Timeout) => (504, FailureClass::Timeout),
            Some(class) => (502, class),
            None => (502, FailureClass::ServerError),
        };
        let code = if failures.is_empty() { NOBODY_ASKED } else { code(class) };
        let is_waiting_useful = status == 429 || status == 503;
        let asked_for = failures.iter().filter_map(|failure| failure.retry_after_s);
        let retry_after_s = asked_for.chain(passed.iter().map(|passed| left_s(passed, now_ms))).min();
        Ending {
            status,
            retry_after_s: retry_after_s.filter(|_| is_waiting_useful),
            error: error(
                if status == 429 { "rate_limit_error" } else { "upstream_error" },
                code,
                format!("no provider answered: {}", tried(attempts, passed, now_ms)),
            ),
        }
    }

    /// No candidate can be asked this call in the dialect that it speaks.
    fn of_not_spoken(attempts: &[Attempt]) -> Ending {
        let told: Vec<String> = attempts.iter().filter_map(told).collect();
        let message = format!("no model that the policy would ask can be asked so: {}", told.join("; "));
        let error = error("invalid_request_error", "not_supported", message);
        Ending { status: 400, retry_after_s: None, error }
    }

    /// A provider refused the caller's own mistake; none if the failure is of another kind.
    pub(super) fn of_rejection(failure: &Failure) -> Option<Ending> {
        let said = failure.said.as_ref()?;
        let status = failure.status?;
        let message = if said.message.is_empty() {
            format!("the provider refused the request with status {status}")
        } else {
            redacted(&said.message)
        };
        // A number is the status once more: where there is one, the type says what is wrong.
        let code = said.code.as_ref().filter(|code| !code.bytes().all(|byte| byte.is_ascii_digit()));
        let code = code.or(said.kind.as_ref().filter(|_| said.code.is_some()));
        let code = code.map_or_else(|| "rejected_upstream".to_owned(), |code| redacted(code));
        let param = said.param.as_deref().map(redacted);
        let error =
            ErrorBody { message, kind: "invalid_request_error", param, code, by: Vec::new(), broken: None };
        Some(Ending { status, retry_after_s: None, error })
    }

    /// An answer broke off after its first content.
    pub(super) fn of_broken(target: &str, failure: &Failure) -> Ending {
        let said = failure.said.as_ref().filter(|said| !said.message.is_empty());
        let cause = said.map_or_else(|| failure.cause.clone(), |said| redacted(&said.message));
        let kind = if said.is_some() { "upstream_error" } else { "upstream_truncated" };
        let message = format!("the answer of {target} broke off: {cause}");
        // What cannot be read is told apart from what a provider says of itself.
        let code = match failure.class {
            FailureClass::ServerError if failure.said.is_none() => "bad_upstream",
            class => code(class),
        };
        let status = match failure.class {
            FailureClass::RateLimited => 429,
            FailureClass::Overloaded => 529,
            FailureClass::Timeout => 504,
            FailureClass::Unreachable
            | FailureClass::Ambiguous
            | FailureClass::ServerError
            | FailureClass::ModelMissing
            | FailureClass::Credential
            | FailureClass::Refused
            | FailureClass::ContextLength
            | FailureClass::Status(_) => 502,
        };
        Ending { status, retry_after_s: None, error: error(kind, code, message) }
    }

    /// The exchange lasted too long; what was tried, where no content has reached the caller.
    pub(super) fn of_deadline(attempts: &[Attempt], passed: &[PassedOver], now_ms: u64) -> Ending {
        let tried = tried(attempts, passed, now_ms);
        let separator = if tried.is_empty() { "" } else { ": " };
        let message = format!("the request took longer than the gateway allows{separator}{tried}");
        Ending { status: 504, retry_after_s: None, error: error("upstream_error", "deadline", message) }
    }

    /// The gateway stops.
    pub(super) fn of_shutdown() -> Ending {
        let message = "the gateway is shutting down".to_owned();
        Ending { status: 503, retry_after_s: Some(1), error: error("server_error", "shutting_down", message) }
    }

    /// The caller's key was revoked while its answer ran.
    pub(super) fn of_revoked() -> Ending {
        let message = "the key is not valid any more".to_owned();
        let error = error("authentication_error", "invalid_api_key", message);
        Ending { status: 401, retry_after_s: None, error }
    }
}

fn error(kind: &'static str, code: &str, message: String) -> ErrorBody {
    ErrorBody { message, kind, param: None, code: code.to_owned(), by: Vec::new(), broken: None }
}

/// Every target that was asked or passed over, and what came of it.
fn tried(attempts: &[Attempt], passed: &[PassedOver], now_ms: u64) -> String {
    let asked = attempts.iter().filter_map(told);
    asked.chain(passed.iter().map(|passed| not_asked(passed, now_ms))).collect::<Vec<_>>().join("; ")
}

fn told(attempt: &Attempt) -> Option<String> {
    let failure = attempt.failure.as_ref()?;
    if failure.class == NOT_SPOKEN {
        return Some(format!("{} {}", attempt.name, failure.cause));
    }
    Some(format!("{}: {} ({})", attempt.name, failure.class.name(), failure.cause))
}

fn not_asked(passed: &PassedOver, now_ms: u64) -> String {
    format!("{}: not asked ({}, {} s more)", passed.name, passed.away.why.words(), left_s(passed, now_ms))
}

/// In whole seconds, so that whoever waits as long does not come too early.
fn left_s(passed: &PassedOver, now_ms: u64) -> u64 {
    passed.away.until_ms.saturating_sub(now_ms).div_ceil(1000).max(1)
}

fn code(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Unreachable => "upstream_unreachable",
        FailureClass::Ambiguous => "upstream_lost",
        FailureClass::Timeout => "upstream_timeout",
        FailureClass::RateLimited => "rate_limited",
        FailureClass::Overloaded => "upstream_overloaded",
        FailureClass::ServerError => "upstream_error",
        FailureClass::ModelMissing => "upstream_model_missing",
        FailureClass::Credential => "upstream_auth",
        FailureClass::Refused => "upstream_refused",
        FailureClass::ContextLength => "context_length_exceeded",
        NOT_SPOKEN => "not_supported",
        FailureClass::Status(_) => "upstream_status",
    }
}

/// A provider's words without credentials, control characters and excess length.
fn redacted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for finding in wayleave_inspect::secrets(text) {
        kept.push_str(&text[at..finding.range.start]);
        kept.push_str("[redacted]");
        at = finding.range.end;
    }
    kept.push_str(&text[at..]);
    kept.chars()
        .filter(|character| !character.is_control() || *character == '\n')
        .take(SAID_CHARACTERS)
        .collect()
}
