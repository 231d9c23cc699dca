//! What is found out of a policy beyond a look at its text, over all requests: the exact checks and its guarantees. That takes
//! time, so it is done beside the loop, and stops when nobody waits for it any more.

use std::sync::Arc;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::model::RouteId;
use wayleave_compiler::proof::serving::{Serving, serving_until};
use wayleave_compiler::proof::{Progress, Proven, Stop, Verdict, silently};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy, Severity, check_exactly_until};

/// How far the proofs of a policy are.
#[derive(Debug, Clone)]
pub enum Proofs {
    /// Its text has errors, so there is nothing to prove.
    Unsound,
    /// They are on their way.
    Pending,
    /// They ended with an error of the server's own.
    Failed,
    /// They are done.
    Done(Exact),
}

/// What the exact checks found.
#[derive(Debug, Clone)]
pub struct Exact {
    /// By place, those of the direct checks included.
    pub diagnostics: Vec<Diagnostic>,
    /// What is no warning.
    pub notes: Vec<Diagnostic>,
    /// Of each guarantee, in their order.
    pub proven: Vec<Proven>,
}

impl Proofs {
    /// What was found of a guarantee.
    pub fn of(&self, guarantee: &str) -> Option<&Proven> {
        match self {
            Proofs::Done(exact) => exact.proven.iter().find(|one| one.name == guarantee),
            Proofs::Unsound | Proofs::Pending | Proofs::Failed => None,
        }
    }

    /// The state of a guarantee in a few words.
    pub fn words(&self, guarantee: &str) -> &'static str {
        match (self, self.of(guarantee)) {
            (_, Some(proven)) => verdict(proven.verdict),
            (Proofs::Pending, None) => "checking…",
            (Proofs::Failed | Proofs::Done(_), None) => "could not be checked",
            (Proofs::Unsound, None) => "not checked: the policy has errors",
        }
    }
}

/// A verdict in a few words.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "does not hold",
        Verdict::Vacuous => "holds of nothing",
        Verdict::Unknown => "too large to be checked",
    }
}

/// Makes the exact checks; none where nobody waits for them any more.
pub fn prove(sources: &Sources, options: &Options, progress: Progress<'_>, stop: &Stop) -> Option<Exact> {
    let (checked, proven) = check_exactly_until(sources, options, progress, stop)?;
    let (notes, diagnostics) =
        checked.diagnostics.into_iter().partition(|told| told.severity == Severity::Note);
    Some(Exact { diagnostics, notes, proven })
}

/// What each route and arm does with its requests from that day on; none where nobody waits for it any more.
pub fn serve(policy: &Arc<Policy>, options: &Options, stop: &Stop) -> Option<Vec<Serving>> {
    let routes = (0..u32::try_from(policy.routes.len()).unwrap_or(u32::MAX)).map(RouteId).collect();
    let found = serving_until(policy, &routes, options.as_of, &silently, stop);
    (!stop.is_stopped()).then_some(found)
}
