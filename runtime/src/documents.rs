//! What a log keeps of decisions that come again and again: their document and the lines behind them, made once for each
//! decision and not for every request. Most requests of a policy get one of a few decisions.

use crate::record::{Document, RecordedLines};
use std::sync::{Arc, PoisonError, RwLock};
use wayleave_program::Fingerprint;
use wayleave_program::catalogue::Catalogue;
use wayleave_program::decision::Decision;
use wayleave_program::document;
use wayleave_program::source_view::{Place, SourceView};

/// So many decisions are remembered; where there are more, all are forgotten. Looking through them takes less than
/// writing one.
const DECISIONS_LIMIT: usize = 32;

/// The documents of one policy in force.
#[derive(Default)]
pub(crate) struct Documents {
    known: RwLock<Vec<(Decision, Arc<Kept>)>>,
}

/// What a decision is written out with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'p> {
    pub(crate) catalogue: &'p Catalogue,
    pub(crate) fingerprint: &'p Fingerprint,
    pub(crate) view: &'p SourceView,
}

/// What is kept of one decision.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) document: Document,
    /// The policy's hash of meaning.
    pub(crate) policy: Arc<str>,
    /// The policy's hash of text.
    pub(crate) source: Arc<str>,
    /// The lines that decided.
    pub(crate) lines: Arc<[RecordedLines]>,
}

impl Documents {
    /// What is kept of a decision by the policy that is asked about, which is always the same.
    pub(crate) fn of(&self, policy: Source<'_>, decision: &Decision) -> Arc<Kept> {
        // What stands in the list is whole at any time, so that a panic elsewhere has spoilt nothing.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, kept)) = known.iter().find(|(known, _)| known == decision) {
            return Arc::clone(kept);
        }
        drop(known);
        let kept = Arc::new(write(policy, decision));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= DECISIONS_LIMIT {
            known.clear();
        }
        known.push((decision.clone(), Arc::clone(&kept)));
        kept
    }
}

fn write(policy: Source<'_>, decision: &Decision) -> Kept {
    let line = |place: Place| {
        let file = policy.view.files.get(place.file as usize)?;
        Some(RecordedLines { file: file.path.clone(), line: place.line, end_line: place.end_line })
    };
    let lines: Arc<[RecordedLines]> = policy.view.deciding(decision).into_iter().filter_map(line).collect();
    let json = document::write_decision(decision, policy.catalogue, policy.fingerprint);
    let (meaning, source) = (Arc::from(&*policy.fingerprint.policy), Arc::from(&*policy.fingerprint.source));
    Kept { document: Document::of_policy(json, &meaning, &source, &lines), policy: meaning, source, lines }
}

#[cfg(test)]
mod tests;
