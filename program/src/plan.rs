//! What is tried, in which order, and what is owed with each try.

use crate::catalogue::TargetId;
use crate::rule::RuleName;
use serde::{Deserialize, Serialize};

/// Why an attempt failed, as far as it matters to what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FailureClass {
    /// No connection: nothing was sent.
    Unreachable,
    /// Sent, then lost: it may have been executed and billed.
    Ambiguous,
    /// No content in time.
    Timeout,
    /// Too many requests.
    RateLimited,
    /// The provider says that it is overloaded.
    Overloaded,
    /// Another 5xx, or an answer that is none.
    ServerError,
    /// The provider does not know the model.
    ModelMissing,
    /// The provider refuses our key.
    Credential,
    /// The provider refuses the content.
    Refused,
    /// The request is too long for the model.
    ContextLength,
    /// A status by its number.
    Status(u16),
}

impl FailureClass {
    /// The classes after which the next candidate is tried unless a policy says otherwise.
    pub const DEFAULT: [FailureClass; 8] = [
        FailureClass::Unreachable,
        FailureClass::Ambiguous,
        FailureClass::Timeout,
        FailureClass::RateLimited,
        FailureClass::Overloaded,
        FailureClass::ServerError,
        FailureClass::ModelMissing,
        FailureClass::Credential,
    ];

    /// The class of that name.
    pub fn find(name: &str) -> Option<FailureClass> {
        let others = [FailureClass::Refused, FailureClass::ContextLength];
        let mut named = FailureClass::DEFAULT.into_iter().chain(others);
        let found = named.find(|class| class.word() == Some(name));
        found.or_else(|| name.parse().ok().map(FailureClass::Status))
    }

    /// As a policy spells it; a status is its number.
    pub fn name(self) -> String {
        match (self, self.word()) {
            (FailureClass::Status(status), _) => status.to_string(),
            (_, word) => word.unwrap_or_default().to_owned(),
        }
    }

    /// As a policy spells it; none for a status.
    fn word(self) -> Option<&'static str> {
        Some(match self {
            FailureClass::Unreachable => "unreachable",
            FailureClass::Ambiguous => "ambiguous",
            FailureClass::Timeout => "timeout",
            FailureClass::RateLimited => "rate-limited",
            FailureClass::Overloaded => "overloaded",
            FailureClass::ServerError => "server-error",
            FailureClass::ModelMissing => "model-missing",
            FailureClass::Credential => "credential",
            FailureClass::Refused => "refused",
            FailureClass::ContextLength => "context-length",
            FailureClass::Status(_) => return None,
        })
    }
}

/// In which order the candidates of a stage are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TryOrder {
    /// As they stand.
    Given,
    /// As they stand, which is by their price.
    Cheapest,
    /// As they stand: there is one, which a split has drawn.
    Drawn,
    /// By recent time to first content, as measured; as they stand where nothing is.
    Fastest,
    /// By requests under way; as they stand among equals.
    LeastBusy,
}

impl TryOrder {
    /// The same, as far as it is known when a request is tried and not before.
    pub fn measured(self) -> TryOrder {
        match self {
            TryOrder::Given | TryOrder::Cheapest | TryOrder::Drawn => TryOrder::Given,
            TryOrder::Fastest => TryOrder::Fastest,
            TryOrder::LeastBusy => TryOrder::LeastBusy,
        }
    }

    /// As a decision document spells it; none where the candidates stand there in the order in which they are tried.
    pub fn name(self) -> Option<&'static str> {
        match self {
            TryOrder::Given | TryOrder::Cheapest | TryOrder::Drawn => None,
            TryOrder::Fastest => Some("fastest"),
            TryOrder::LeastBusy => Some("least-busy"),
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// In the order in which they are tried, before anything is measured; never empty.
    pub candidates: Vec<TargetId>,
    /// What has put them in order, or reorders them when they are tried; the one given where there is one candidate that no
    /// split has drawn.
    pub order: TryOrder,
    /// Until the first content of each candidate, in milliseconds, as written.
    pub within_ms: Option<u64>,
}

/// How much of the content the decision log keeps, strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    /// Prompts and answers too.
    Full,
    /// Sizes, counts and findings, no text.
    Metadata,
    /// Nothing of the content.
    None,
}

impl LogLevel {
    /// As a policy spells it.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Full => "full",
            LogLevel::Metadata => "metadata",
            LogLevel::None => "none",
        }
    }
}

/// Where something is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// In what goes to the model.
    Prompt,
    /// In what comes back.
    Response,
    /// In both.
    Both,
}

impl Place {
    /// As a policy spells it.
    pub fn name(self) -> &'static str {
        match self {
            Place::Prompt => "prompt",
            Place::Response => "response",
            Place::Both => "both",
        }
    }

    /// Here and there.
    #[must_use]
    pub fn and(self, other: Place) -> Place {
        if self == other { self } else { Place::Both }
    }
}

/// One finding that is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// The finding: `email`, `medical.diagnosis`.
    pub find: String,
    /// Where.
    pub place: Place,
    /// Whether the caller gets the originals back.
    pub is_restored: bool,
    /// The rules that ask for it, in policy order.
    pub by: Vec<RuleName>,
}

/// What is owed when a candidate is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligations {
    /// What is masked, in the order in which the rules name it, each finding once.
    pub redact: Vec<Redaction>,
    /// The flags that are raised, by name, in policy order.
    pub flag: Vec<String>,
    /// The lowest cap on output tokens that has an effect.
    pub cap: Option<u64>,
    /// The strictest log level.
    pub log: LogLevel,
}
