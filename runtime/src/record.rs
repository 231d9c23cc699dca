//! What is kept of one request: who asked, what was decided and why, what was tried, what it cost. Plain data, no I/O,
//! and never a word of prompt or answer.

pub mod chosen;

mod document;

mod request;

mod stored;

mod write;

pub use document::Document;
pub use request::KnownRequest;
pub(crate) use stored::Columns;
pub use stored::StoredRecord;

use crate::trace::Trace;
use crate::wire::marks::Marks;
use chosen::Chosen;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a request ended, in the words of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered in full.
    Ok,
    /// The policy denies it, or knows no such model.
    DeniedPolicy,
    /// No valid key.
    DeniedIdentity,
    /// The request itself is wrong, or one that no target of the plan can be asked.
    BadRequest,
    /// Its body is over the limit.
    TooLarge,
    /// No provider could be reached.
    FailedConnect,
    /// Sent, then lost.
    Ambiguous,
    /// No content in time.
    TimeoutFirstByte,
    /// The answer stood still.
    TimeoutIdle,
    /// The whole exchange took too long.
    TimeoutTotal,
    /// Every provider asked says that there were too many requests.
    RateLimited,
    /// No target of the plan was asked: each was known to fail.
    Unavailable,
    /// A provider's own failure.
    UpstreamError,
    /// A failure that a provider told inside its stream.
    UpstreamErrorMidstream,
    /// A provider calls the request wrong.
    RejectedUpstream,
    /// A provider refuses our key.
    UpstreamAuth,
    /// What a provider answered is no answer.
    BadUpstream,
    /// The answer broke off after content had reached the caller.
    Truncated,
    /// The caller left.
    ClientGone,
    /// The gateway is shutting down.
    ShuttingDown,
    /// The gateway has no room for more.
    Overloaded,
    /// Our own fault.
    Internal,
}

impl Outcome {
    /// All, in the order above.
    pub const ALL: [Outcome; 22] = [
        Outcome::Ok,
        Outcome::DeniedPolicy,
        Outcome::DeniedIdentity,
        Outcome::BadRequest,
        Outcome::TooLarge,
        Outcome::FailedConnect,
        Outcome::Ambiguous,
        Outcome::TimeoutFirstByte,
        Outcome::TimeoutIdle,
        Outcome::TimeoutTotal,
        Outcome::RateLimited,
        Outcome::Unavailable,
        Outcome::UpstreamError,
        Outcome::UpstreamErrorMidstream,
        Outcome::RejectedUpstream,
        Outcome::UpstreamAuth,
        Outcome::BadUpstream,
        Outcome::Truncated,
        Outcome::ClientGone,
        Outcome::ShuttingDown,
        Outcome::Overloaded,
        Outcome::Internal,
    ];

    /// As the log spells it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::DeniedPolicy => "denied_policy",
            Outcome::DeniedIdentity => "denied_identity",
            Outcome::BadRequest => "bad_request",
            Outcome::TooLarge => "too_large",
            Outcome::FailedConnect => "failed_connect",
            Outcome::Ambiguous => "ambiguous",
            Outcome::TimeoutFirstByte => "timeout_first_byte",
            Outcome::TimeoutIdle => "timeout_idle",
            Outcome::TimeoutTotal => "timeout_total",
            Outcome::RateLimited => "rate_limited",
            Outcome::Unavailable => "unavailable",
            Outcome::UpstreamError => "upstream_error",
            Outcome::UpstreamErrorMidstream => "upstream_error_midstream",
            Outcome::RejectedUpstream => "rejected_upstream",
            Outcome::UpstreamAuth => "upstream_auth",
            Outcome::BadUpstream => "bad_upstream",
            Outcome::Truncated => "truncated",
            Outcome::ClientGone => "client_gone",
            Outcome::ShuttingDown => "shutting_down",
            Outcome::Overloaded => "overloaded",
            Outcome::Internal => "internal",
        }
    }

    /// The outcome of that name.
    pub fn find(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// Who asked, as the credential says; empty texts where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordedCaller {
    /// The public id of the key.
    pub key_id: String,
    /// `caller.id`
    pub id: String,
    /// `caller.team`
    pub team: String,
    /// `caller.app`
    pub app: String,
    /// `caller.groups`
    pub groups: Vec<String>,
}

/// One call of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// `provider/model`
    pub target: String,
    /// The failure class, as a policy spells it; `superseded` where another attempt was faster, `cancelled`
    /// where it was ended for a reason that is not its provider's; none for success.
    pub cause: Option<String>,
    /// The provider's status, if one came.
    pub status: Option<u16>,
    /// Since the request arrived.
    pub started_ms: u64,
    /// Since the attempt began, to the first content.
    pub first_content_ms: Option<u64>,
    /// Since the attempt began, to its end.
    pub latency_ms: u64,
    /// Whether the provider may have executed it, and charge for it, though nothing came of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maybe_billed: bool,
    /// What was odd about its answer, though it was one.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// A few words on a failure, and on what was left out between two dialects: no content, no addresses, no keys.
    pub detail: String,
}

impl AttemptRecord {
    /// The detail, and what was odd, in a line.
    pub fn told(&self) -> String {
        let detail = Some(self.detail.clone()).filter(|detail| !detail.is_empty());
        detail.into_iter().chain(self.marks.words()).collect::<Vec<_>>().join("; ")
    }
}

/// A candidate that was not called: it was known to fail, or cannot be asked such a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOverRecord {
    /// `provider/model`
    pub target: String,
    /// `circuit open`, `asked to be left alone`, `cannot be asked in embeddings`, or `cannot carry` with what and why.
    pub cause: String,
}

/// Tokens of the answer that was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordedTokens {
    /// Read by the model.
    pub input: u64,
    /// Written by it.
    pub output: u64,
    /// Of the input, from the provider's cache.
    pub cached: u64,
    /// Of the input, written to the provider's cache; 0 in records of an earlier form.
    #[serde(default)]
    pub cache_written: u64,
    /// Of the output, reasoning.
    pub reasoning: u64,
    /// Whether the provider said nothing and this is our own count.
    pub is_estimated: bool,
}

/// What was looked through before a decision: how much, for what, and what failed; no text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordedInspection {
    /// Texts.
    pub parts: u64,
    /// All texts together.
    pub bytes: u64,
    /// Reading and looking, and asking detectors outside.
    pub took_ms: u64,
    /// The detectors whose word is missing.
    pub failed: Vec<RecordedFailure>,
    /// What was looked for, as a policy asks for it: `prompt has secret`. Nobody looks for what no rule asks for any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_for: Vec<String>,
}

/// A detector whose word is missing: what it counts as is the policy's to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordedFailure {
    /// The detector, as the policy names it.
    pub detector: String,
    /// A few words: no text, no address.
    pub cause: String,
}

/// Lines of the policy's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedLines {
    /// The file, relative to the policy's root folder.
    pub file: String,
    /// The first line, from 1.
    pub line: u32,
    /// The last line, at least `line`.
    pub end_line: u32,
}

/// What is kept of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The request's id, which the caller has in `x-wayleave-decision`.
    pub id: String,
    /// When it arrived: wall clock, milliseconds since 1970.
    pub at_ms: i64,
    /// `chat`, `embeddings`, `messages`, `count_tokens`; empty where it was refused before that was known.
    pub api: String,
    /// Whether a stream was asked for.
    pub is_stream: bool,
    /// Who asked.
    pub caller: RecordedCaller,
    /// The caller's own id of it, from `x-request-id`; none where it sent none in a short and plain form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_request_id: Option<String>,
    /// The trace that it belongs to; none where traces are not continued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// The model as the caller wrote it; empty where that is no model's name.
    pub model: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The status that the caller got; 0 where the caller left before one.
    pub status: u16,
    /// The decision document; none where it was refused before deciding.
    pub decision: Option<Document>,
    /// What was looked through for it; none where no rule asked for a text.
    #[serde(default)]
    pub inspection: Option<RecordedInspection>,
    /// What the policy could know of the request, as a request document without texts: under the same policy it decides the
    /// same. None where nothing was decided, where the policy keeps nothing of the content, and in records of an earlier form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<KnownRequest>,
    /// The names in it whose values were too long to be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub too_long: Vec<String>,
    /// `route`, `deny`, `approval-required` or `limited`; empty where nothing was decided.
    pub decided: String,
    /// The route that answered.
    pub route: Option<String>,
    /// The arm of it, from 0.
    pub arm: Option<u32>,
    /// The words of a denial, or of a refusal.
    pub reasons: Vec<String>,
    /// The target that served the answer.
    pub target: Option<String>,
    /// Why that one; none where none served, and in records of an earlier form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Chosen>,
    /// Every call of a candidate, in order.
    pub attempts: Vec<AttemptRecord>,
    /// Candidates that were not called, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOverRecord>,
    /// What it used.
    pub tokens: RecordedTokens,
    /// From arrival to the last byte.
    pub latency_ms: u64,
    /// From arrival to the first content.
    pub first_content_ms: Option<u64>,
    /// The policy's hash of meaning; empty in a record whose document somebody took out of the store.
    #[serde(default)]
    pub policy: Arc<str>,
    /// The policy's hash of text; the same holds of it.
    #[serde(default)]
    pub source: Arc<str>,
    /// The lines that decided; the same.
    #[serde(default)]
    pub lines: Arc<[RecordedLines]>,
}

/// Bytes kept of a text that a caller or a provider wrote. No model's name is longer, and a request of 16 MiB leaves a
/// record of a few KiB.
pub const FOREIGN_TEXT_BYTES: usize = 512;

/// Bytes kept of a list of texts, such as a caller's groups, together.
pub const FOREIGN_LIST_BYTES: usize = 4096;

impl DecisionRecord {
    /// Cuts the texts that others wrote to [`FOREIGN_TEXT_BYTES`]; a cut one ends in `…`. Of the request document whole
    /// values are left out and named: a part of one would decide otherwise.
    pub fn cut_foreign_texts(&mut self) {
        cut(&mut self.model);
        self.reasons.iter_mut().for_each(cut);
        self.attempts.iter_mut().for_each(|attempt| cut(&mut attempt.detail));
        self.passed_over.iter_mut().for_each(|passed| cut(&mut passed.cause));
        if let Some(request) = &mut self.request {
            self.too_long.extend(request.cut());
        }
    }
}

fn cut(text: &mut String) {
    const MARK: char = '…';
    if text.len() > FOREIGN_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(FOREIGN_TEXT_BYTES - MARK.len_utf8()));
        text.push(MARK);
    }
}

/// What became of a policy text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEventKind {
    /// It is in force.
    Loaded,
    /// It is refused; the one before stays.
    Refused,
}

/// A change of the policy in force, or one that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyEvent {
    /// Wall clock, milliseconds since 1970.
    pub at_ms: i64,
    /// What became of it.
    pub kind: PolicyEventKind,
    /// Hash of the meaning of the policy in force after it.
    pub policy: String,
    /// Hash of its text.
    pub source: String,
    /// What the compiler said; possibly empty.
    pub diagnostics: String,
}
