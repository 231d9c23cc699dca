//! Why an attempt failed, in words of our own: what a provider says is kept apart, since it may quote what nobody but
//! us should see.

use crate::wire::Api;
use crate::wire::errors::ProviderError;
use crate::wire::translate::CannotCarry;
use wayleave_program::plan::FailureClass;

/// The class of a candidate that cannot be asked a call in its dialect: HTTP's "not implemented", which no provider's
/// answer has as its class, since its 5xx are [`FailureClass::ServerError`].
pub const NOT_SPOKEN: FailureClass = FailureClass::Status(501);

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// As far as it matters to what happens next.
    pub class: FailureClass,
    /// Exactly, in our words: `no content within 2000 ms`. Never an address, never a provider's text.
    pub cause: String,
    /// The provider's status, if there was one.
    pub status: Option<u16>,
    /// When the provider wants to be asked again, in seconds from now.
    pub retry_after_s: Option<u64>,
    /// What the provider says about the caller's own mistake, to be passed on; none where the mistake is not the
    /// caller's.
    pub said: Option<Box<ProviderError>>,
}

impl Failure {
    /// Of that class and cause, without anything that a provider said.
    pub fn new(class: FailureClass, cause: impl Into<String>) -> Failure {
        Failure { class, cause: cause.into(), status: None, retry_after_s: None, said: None }
    }

    /// No connection: nothing was sent.
    pub fn unreachable(cause: &str) -> Failure {
        Failure::new(FailureClass::Unreachable, cause)
    }

    /// Sent, then lost.
    pub fn lost() -> Failure {
        Failure::new(FailureClass::Ambiguous, "the connection was lost after the request was sent")
    }

    /// No content in time.
    pub fn no_content(within_ms: u64) -> Failure {
        Failure::new(FailureClass::Timeout, format!("no content within {within_ms} ms"))
    }

    /// No content when the whole exchange was over.
    pub fn out_of_time(after_ms: u64) -> Failure {
        Failure::new(
            FailureClass::Timeout,
            format!("no content after {after_ms} ms, when the deadline passed"),
        )
    }

    /// Nothing more in time.
    pub fn idle(idle_ms: u64) -> Failure {
        Failure::new(FailureClass::Timeout, format!("nothing for {idle_ms} ms"))
    }

    /// An answer that is none.
    pub fn no_answer(cause: &str) -> Failure {
        Failure::new(FailureClass::ServerError, cause)
    }

    /// Nothing was sent: the provider does not speak the caller's dialect.
    pub fn not_spoken(api: Api) -> Failure {
        let asked = match api {
            Api::Chat | Api::Embeddings | Api::Messages => api.name(),
            Api::CountTokens => "counts of tokens",
        };
        Failure::new(NOT_SPOKEN, format!("cannot be asked in {asked}"))
    }

    /// Nothing was sent: the provider speaks another dialect, which cannot say the call.
    pub fn cannot_carry(what: &CannotCarry) -> Failure {
        Failure::new(NOT_SPOKEN, format!("cannot carry {what}"))
    }

    /// The same, under a status.
    pub fn under(self, status: u16) -> Failure {
        Failure { status: Some(status), ..self }
    }

    /// Whether the next candidate is to be tried, if no content has reached the caller. A caller's own mistake never
    /// leads on by its number.
    pub fn leads_on(&self, failover: &[FailureClass]) -> bool {
        // Passed over: nothing was sent, whatever failures lead on.
        if self.class == NOT_SPOKEN {
            return true;
        }
        let is_named = |status: u16| failover.contains(&FailureClass::Status(status));
        let is_own_mistake = matches!(self.class, FailureClass::Status(400 | 422));
        !is_own_mistake && (failover.contains(&self.class) || self.status.is_some_and(is_named))
    }
}
