//! Detectors: what a policy looks for in texts, and how. Names no text of any request.

use serde::{Deserialize, Serialize};

/// The position of a detector in its [`Catalogue`](crate::catalogue::Catalogue).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DetectorId(pub u32);

/// The detectors that every policy has, in the order in which a catalogue begins with them. `uninspected` is found where
/// a part could not be read: an image, a file by its id.
pub const BUILT_IN: [&str; 8] =
    ["secret", "email", "phone", "iban", "credit-card", "us-ssn", "ip-address", "uninspected"];

/// Something that is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detector {
    /// As the policy writes it.
    pub name: String,
    /// How.
    pub kind: DetectorKind,
}

/// How something is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetectorKind {
    /// One of [`BUILT_IN`].
    BuiltIn,
    /// Any of these patterns.
    Patterns(Vec<Pattern>),
    /// Somebody outside is asked.
    Outside(Judge),
}

/// One pattern of a detector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Pattern {
    /// A regular expression, unanchored.
    Regex {
        /// As written.
        regex: String,
        /// Whatever the case.
        is_any_case: bool,
    },
    /// A whole word or phrase, in any case.
    Word(String),
}

/// A detector outside the gateway, which speaks as Presidio's analyzer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// Where it is asked.
    pub url: String,
    /// All that it may find, as the policy writes it: `patient-id` is its `PATIENT_ID`.
    pub finds: Vec<String>,
    /// How long it may take for one request, in milliseconds.
    pub timeout_ms: u64,
    /// What counts where it fails.
    pub on_failure: OnFailure,
}

/// What counts where a judge does not answer in time or in form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// As if all were found.
    Found,
    /// As if nothing were.
    Clean,
}

impl Detector {
    /// What it may find, each as a policy and a request document write it: `secret`, `medical.diagnosis`.
    pub fn findings(&self) -> Vec<String> {
        match &self.kind {
            DetectorKind::BuiltIn | DetectorKind::Patterns(_) => vec![self.name.clone()],
            DetectorKind::Outside(judge) => {
                judge.finds.iter().map(|finding| format!("{}.{finding}", self.name)).collect()
            }
        }
    }
}
