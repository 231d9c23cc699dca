//! What a program still asks for once everything cheap is known: the texts of a request and what is found in them.
//!
//! Nothing is read that no rule asks for any more. Detectors in process come before judges outside. A detector that
//! panics or takes too long has found everything that it can find, and costs nobody else anything. Texts stay here: what leaves is names of
//! findings, counts and kinds of failures.

mod looking;

use super::beside::INLINE_BYTES;
use crate::current::{Finding, Served};
use crate::inspection::{self, BadTexts, Texts};
use crate::judge::Verdict;
use crate::record::{RecordedFailure, RecordedInspection};
use crate::wire::Api;
use bytes::Bytes;
use futures_util::future::join_all;
use looking::{LOOKING_LIMIT, Watch};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wayleave_program::attributes::Attributes;
use wayleave_program::detector::{Detector, DetectorId, DetectorKind};
use wayleave_program::schema::{AttributeId, BuiltIn, Inspected, Origin};
use wayleave_program::value::Value;

/// Why nothing can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// More texts than are kept apart.
    TooMany,
    /// A mistake of our own: the body was read before.
    Mistake,
}

/// One request whose texts may be asked for.
pub(super) struct Asked<'a> {
    pub(super) served: &'a Arc<Served>,
    pub(super) api: Api,
    pub(super) body: &'a Bytes,
    /// As many as may look through long texts at once.
    pub(super) permits: &'a Arc<Semaphore>,
}

/// What detectors found, one set a finding's attribute.
type Found = Vec<(AttributeId, BTreeSet<String>)>;

impl Asked<'_> {
    /// Makes everything known that the program still asks for. What was inspected; none where it asks for no text.
    pub(super) async fn supply(
        &self,
        attributes: &mut Attributes,
    ) -> Result<Option<RecordedInspection>, Unreadable> {
        let started = Instant::now();
        let program = &self.served.program;
        let mut texts: Option<Arc<Texts>> = None;
        let mut failed = Vec::new();
        // Waiting for a processor and for judges does not count: they have limits of their own.
        let mut time = LOOKING_LIMIT;
        // Each round makes an attribute known, so that there are no more rounds than attributes.
        for _ in 0..=program.schema().attributes.len() {
            let wanted = self.unknown(attributes, program.wanted(attributes));
            if wanted.is_empty() {
                break;
            }
            if wanted.iter().any(|id| self.is_of_texts(*id)) && texts.is_none() {
                texts = Some(self.read().await?);
            }
            match &texts {
                Some(texts) => failed.extend(self.round(attributes, &wanted, texts, &mut time).await?),
                None => wanted.iter().for_each(|id| self.give_default(attributes, *id)),
            }
            // Of findings, which come last, fewer are wanted when more is known.
            let is_answered = |id: &AttributeId| self.is_finding(*id) && attributes.get(*id).is_some();
            if wanted.iter().all(is_answered) {
                break;
            }
        }
        let looked_for = self.looked_for(attributes);
        if texts.is_some() {
            self.leave_out(attributes);
        }
        Ok(texts.map(|texts| RecordedInspection {
            parts: texts.parts.len() as u64,
            bytes: texts.bytes() as u64,
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            failed,
            looked_for,
        }))
    }

    /// What somebody has looked for by now, as a policy asks for it.
    fn looked_for(&self, attributes: &Attributes) -> Vec<String> {
        let schema = self.served.program.schema();
        let is_known = |finding: &&Finding| attributes.get(finding.0).is_some();
        let known = self.served.findings.iter().filter(is_known);
        known.map(|(id, ..)| schema.attribute(*id).name.clone()).collect()
    }

    /// Without those that were made known before: a program that asks again for them is not asked again.
    fn unknown(&self, attributes: &Attributes, mut wanted: Vec<AttributeId>) -> Vec<AttributeId> {
        wanted.retain(|id| attributes.get(*id).is_none() && *id != BuiltIn::Draw.id());
        wanted
    }

    fn is_finding(&self, id: AttributeId) -> bool {
        matches!(self.served.program.schema().attribute(id).origin, Origin::Findings(..))
    }

    fn is_of_texts(&self, id: AttributeId) -> bool {
        let origin = &self.served.program.schema().attribute(id).origin;
        matches!(
            origin,
            Origin::Findings(..) | Origin::BuiltIn(BuiltIn::Prompt) | Origin::BuiltIn(BuiltIn::System)
        )
    }

    /// What nobody said counts as its default; asked for once, it is known.
    fn give_default(&self, attributes: &mut Attributes, id: AttributeId) {
        let value = attributes.value(self.served.program.schema(), id).into_owned();
        attributes.set(id, value);
    }

    /// Nobody looks for what no rule asks for any more: a program that knows the texts would do so itself, on the request's
    /// own thread, and is told that it counts as not found. What the system prompt holds is known of the prompt too, whose
    /// part it is.
    fn leave_out(&self, attributes: &mut Attributes) {
        let findings = &self.served.findings;
        let mut of_system: Vec<(DetectorId, Value)> = Vec::new();
        for (id, inspected, detector) in findings {
            if *inspected == Inspected::System {
                of_system.extend(attributes.get(*id).map(|found| (*detector, found.clone())));
            }
        }
        let has_texts =
            Inspected::ALL.iter().any(|inspected| attributes.get(inspected.texts().id()).is_some());
        if !has_texts && of_system.is_empty() {
            return;
        }
        for (id, inspected, detector) in findings {
            if attributes.get(*id).is_some() {
                continue;
            }
            let found = match inspected {
                Inspected::Prompt => {
                    of_system.iter().find(|(own, _)| own == detector).map(|(_, found)| found.clone())
                }
                Inspected::System => None,
            };
            if let Some(found) = found.or_else(|| has_texts.then(|| Value::Set(BTreeSet::new()))) {
                attributes.set(*id, found);
            }
        }
    }

    /// One round: the cheapest of what is wanted. The detectors that failed.
    async fn round(
        &self,
        attributes: &mut Attributes,
        wanted: &[AttributeId],
        texts: &Arc<Texts>,
        time: &mut Duration,
    ) -> Result<Vec<RecordedFailure>, Unreadable> {
        let program = &self.served.program;
        let mut findings: Vec<Finding> = Vec::new();
        for id in wanted {
            match program.schema().attribute(*id).origin {
                Origin::Findings(inspected, detector) => findings.push((*id, inspected, detector)),
                Origin::BuiltIn(BuiltIn::Prompt) => attributes.set(*id, parts(texts, Inspected::Prompt)),
                Origin::BuiltIn(BuiltIn::System) => attributes.set(*id, parts(texts, Inspected::System)),
                Origin::BuiltIn(_) | Origin::Sources(..) | Origin::Classified | Origin::Counter => {
                    self.give_default(attributes, *id);
                }
            }
        }
        if findings.len() < wanted.len() {
            return Ok(Vec::new());
        }
        let is_outside = |wanted: &Finding| {
            matches!(program.catalogue().detector(wanted.2).kind, DetectorKind::Outside(_))
        };
        let (outside, inside): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(is_outside);
        let (found, failed) = match inside.is_empty() {
            false => self.detect(inside, texts, time).await?,
            true => self.ask(&outside, texts).await,
        };
        found.into_iter().for_each(|(id, found)| attributes.set(id, Value::Set(found)));
        Ok(failed)
    }

    async fn read(&self) -> Result<Arc<Texts>, Unreadable> {
        let (api, body) = (self.api, self.body.clone());
        let read = move |_: &AtomicBool| {
            let text = std::str::from_utf8(&body).map_err(|_| Unreadable::Mistake)?;
            inspection::read(api, text).map(Arc::new).map_err(|bad| match bad {
                BadTexts::TooMany => Unreadable::TooMany,
                BadTexts::Json(_) => Unreadable::Mistake,
            })
        };
        self.run(self.body.len(), read).await?
    }

    /// Detectors that are pure functions, in the time that is left to them.
    async fn detect(
        &self,
        wanted: Vec<Finding>,
        texts: &Arc<Texts>,
        time: &mut Duration,
    ) -> Result<(Found, Vec<RecordedFailure>), Unreadable> {
        let (program, shared) = (Arc::clone(&self.served.program), Arc::clone(texts));
        let time_left = *time;
        let look = move |left: &AtomicBool| {
            let started = std::time::Instant::now();
            let watch = Watch { left, deadline: started + time_left };
            (looking::detect(&*program, &wanted, &shared, &watch), started.elapsed())
        };
        let (looked, took) = self.run(texts.bytes(), look).await?;
        *time = time.saturating_sub(took);
        Ok(looked)
    }

    /// Judges outside, all at once; each has its own time limit.
    async fn ask(&self, wanted: &[Finding], texts: &Texts) -> (Found, Vec<RecordedFailure>) {
        let mut asked = Vec::with_capacity(wanted.len());
        for (id, inspected, detector) in wanted {
            asked.push(self.ask_one(*id, *inspected, *detector, texts));
        }
        let (mut found, mut failed) = (Found::new(), Vec::new());
        for (id, detector, Verdict { found: names, failure: cause }) in join_all(asked).await {
            let detector = self.served.program.catalogue().detector(detector);
            failed.extend(cause.map(|cause| failure(detector, cause.to_string())));
            found.push((id, names));
        }
        failed.sort();
        failed.dedup();
        (found, failed)
    }

    async fn ask_one(
        &self,
        id: AttributeId,
        inspected: Inspected,
        detector: DetectorId,
        texts: &Texts,
    ) -> (AttributeId, DetectorId, Verdict) {
        let parts: Vec<&str> = texts.of(inspected).collect();
        (id, detector, self.served.judges.ask(detector, &parts).await)
    }

    /// Runs work on so many bytes: here if they are few, else on a thread for it, as many at once as there are
    /// processors. Work whose request is gone is told so.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<T, Unreadable> {
        if bytes <= INLINE_BYTES {
            return Ok(work(&AtomicBool::new(false)));
        }
        let left = Left::default();
        let permit = Arc::clone(self.permits).acquire_owned().await.map_err(|_| Unreadable::Mistake)?;
        let is_left = Arc::clone(&left.0);
        let worked = tokio::task::spawn_blocking(move || {
            let done = work(&is_left);
            drop(permit);
            done
        });
        worked.await.map_err(|_| Unreadable::Mistake)
    }
}

/// Says that nobody waits any more, when it is dropped.
#[derive(Default)]
struct Left(Arc<AtomicBool>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn parts(texts: &Texts, inspected: Inspected) -> Value {
    Value::Parts(texts.of(inspected).map(str::to_owned).collect())
}

fn failure(detector: &Detector, cause: String) -> RecordedFailure {
    RecordedFailure { detector: detector.name.clone(), cause }
}

/// The built-in finding of parts that could not be read; no detector looks for it.
const UNINSPECTED: &str = "uninspected";

#[cfg(test)]
mod tests;
