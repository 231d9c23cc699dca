//! Detectors outside, asked as Presidio's analyzer is: `POST url` with `{"text", "language", "entities"}`, answered by a
//! list of `{"entity_type", "start", "end", "score"}`. (I/O)
//!
//! What does not come in time and in form is a failure, and the policy says what it counts as. A text is sent to the
//! `url` of the policy and nowhere else: no redirection is followed, no proxy is taken from the environment. Failures
//! are told by their kind, to the record and now and then to standard error; no text and no answer stands in them.

use crate::upstream::{CallError, Repeat, Transport, USER_AGENT, Ways};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Uri, header};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};
use wayleave_program::catalogue::Catalogue;
use wayleave_program::detector::{Detector, DetectorId, DetectorKind, Judge, OnFailure};

/// Parts are sent together in texts of so many bytes: a fraction of the million characters at which spaCy refuses, and
/// few enough that one analyzer can answer in a usual time limit.
const TEXT_BYTES: usize = 100_000;

/// A longer part is cut, and each piece begins with so many bytes of the one before: no finding is longer.
const OVERLAP_BYTES: usize = 512;

/// Texts of one request that are asked about at once, so that one request does not keep an analyzer to itself.
const ASKED_AT_ONCE: usize = 4;

/// The longest answer: some ten thousand findings in one text.
const ANSWER_LIMIT_BYTES: usize = 1 << 20;

/// Of one detector's failures, one in so long a time is told on standard error: enough to notice, too little to drown the
/// rest.
const TOLD_INTERVAL: Duration = Duration::from_secs(60);

/// Between two parts of one text, so that nothing is found across them.
const BETWEEN_PARTS: &str = "\n\n";

/// Why a judge's word is missing. It says nothing of what was asked or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeFailure {
    /// No connection.
    Unreachable,
    /// Not in time.
    Timeout,
    /// Another status than 2xx.
    Status(u16),
    /// Something that is no list of findings.
    NotAnAnswer,
    /// More than a megabyte.
    TooLong,
    /// The connection was lost.
    Lost,
    /// It cannot be called at all: its client could not be made.
    Unprepared,
}

impl std::fmt::Display for JudgeFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JudgeFailure::Unreachable => f.write_str("no connection"),
            JudgeFailure::Timeout => f.write_str("no answer in time"),
            JudgeFailure::Status(status) => write!(f, "answered with status {status}"),
            JudgeFailure::NotAnAnswer => f.write_str("answered something that is no list of findings"),
            JudgeFailure::TooLong => f.write_str("answered more than 1 MiB"),
            JudgeFailure::Lost => f.write_str("the connection was lost during the answer"),
            JudgeFailure::Unprepared => f.write_str("its url cannot be called"),
        }
    }
}

/// What a judge says of some texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Full names: `medical.diagnosis`.
    pub found: BTreeSet<String>,
    /// Why its word is missing, as far as it is; `found` then holds what the policy says that it counts as.
    pub failure: Option<JudgeFailure>,
}

/// The judges of one policy, ready to be asked.
#[derive(Default)]
pub struct Judges(BTreeMap<DetectorId, Ready>);

/// A judge, ready to be asked.
struct Ready {
    /// As the policy writes it.
    detector: String,
    judge: Judge,
    told: Arc<Told>,
    /// By the name that the analyzer has for it, the finding's full name.
    names: BTreeMap<String, String>,
    /// With the path that is asked.
    http: Option<(Transport, Uri)>,
}

/// When a failure of a detector was told last.
#[derive(Default)]
struct Told(Mutex<Option<Instant>>);

impl Told {
    /// Whether to tell of a failure now; then it is told.
    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.saturating_duration_since(last) >= TOLD_INTERVAL);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[derive(Deserialize)]
struct Finding {
    entity_type: String,
}

impl Judges {
    /// Makes the judges of a catalogue ready, keeping the connections to those of `before` that did not change.
    pub fn prepare(
        catalogue: &Catalogue,
        roots: &[CertificateDer<'static>],
        before: Option<&Judges>,
    ) -> Judges {
        let ready = |id: DetectorId| {
            let detector = catalogue.detector(id);
            let DetectorKind::Outside(judge) = &detector.kind else { return None };
            let olds = || before.into_iter().flat_map(|before| before.0.values());
            let http = olds().find(|old| old.judge.url == judge.url).and_then(|old| old.http.clone());
            let told = olds().find(|old| old.detector == detector.name).map(|old| Arc::clone(&old.told));
            let ready = Ready {
                detector: detector.name.clone(),
                judge: judge.clone(),
                told: told.unwrap_or_default(),
                names: names(detector),
                http: http.or_else(|| client(judge, roots)),
            };
            Some((id, ready))
        };
        Judges(catalogue.detector_ids().filter_map(ready).collect())
    }

    /// Asks a judge about texts; all of them together may take as long as the policy gives it. Nothing to look through
    /// is clean, and a detector that is no judge finds nothing.
    pub async fn ask(&self, id: DetectorId, parts: &[&str]) -> Verdict {
        let Some(ready) = self.0.get(&id) else { return Verdict::default() };
        let deadline = Instant::now() + Duration::from_millis(ready.judge.timeout_ms);
        let mut asked = Vec::new();
        for text in texts(parts) {
            asked.push(ready.ask(text, deadline));
        }
        let mut answers = stream::iter(asked).buffer_unordered(ASKED_AT_ONCE);
        let mut verdict = Verdict::default();
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(found) => verdict.found.extend(found),
                Err(failure) => {
                    verdict.failure.get_or_insert(failure);
                }
            }
            if verdict.failure.is_some() && ready.judge.on_failure == OnFailure::Found {
                break;
            }
        }
        if let Some(failure) = verdict.failure {
            ready.tell(failure);
            if ready.judge.on_failure == OnFailure::Found {
                verdict.found.extend(ready.names.values().cloned());
            }
        }
        verdict
    }
}

impl Ready {
    /// Tells whoever runs the gateway; whether anybody reads it does not matter.
    fn tell(&self, failure: JudgeFailure) {
        if !self.told.is_due(Instant::now()) {
            return;
        }
        let counts = match self.judge.on_failure {
            OnFailure::Found => "found",
            OnFailure::Clean => "clean",
        };
        let name = &self.detector;
        let line = format!("wayleave: the detector `{name}` failed and counts as {counts}: {failure}");
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    async fn ask(&self, text: String, deadline: Instant) -> Result<BTreeSet<String>, JudgeFailure> {
        let answer = timeout_at(deadline, self.call(&text)).await.map_err(|_| JudgeFailure::Timeout)??;
        let findings: Vec<Finding> =
            serde_json::from_slice(&answer).map_err(|_| JudgeFailure::NotAnAnswer)?;
        let known = findings.iter().filter_map(|finding| self.names.get(&finding.entity_type));
        Ok(known.cloned().collect())
    }

    async fn call(&self, text: &str) -> Result<BytesMut, JudgeFailure> {
        let (http, path) = self.http.as_ref().ok_or(JudgeFailure::Unprepared)?;
        let entities: Vec<&String> = self.names.keys().collect();
        let body = json!({"text": text, "language": "en", "entities": entities}).to_string();
        let mut asked = http.post(path, vec![Bytes::from(body)]);
        asked.header(&header::CONTENT_TYPE, &HeaderValue::from_static("application/json"));
        asked.header(&header::USER_AGENT, &HeaderValue::from_static(USER_AGENT));
        // To look at a text twice changes nothing.
        let answered = http.send(asked, Repeat::Once).await;
        let mut response = answered.map_err(|error| match error {
            CallError::Connect(_) => JudgeFailure::Unreachable,
            CallError::Call(_) => JudgeFailure::Lost,
        })?;
        if !response.status.is_success() {
            return Err(JudgeFailure::Status(response.status.as_u16()));
        }
        let mut answer = BytesMut::new();
        while let Some(piece) = response.next().await.map_err(|_| JudgeFailure::Lost)? {
            if answer.len() + piece.len() > ANSWER_LIMIT_BYTES {
                return Err(JudgeFailure::TooLong);
            }
            answer.extend_from_slice(&piece);
        }
        Ok(answer)
    }
}

/// None where the URL is none that can be called, or TLS cannot be set up.
fn client(judge: &Judge, roots: &[CertificateDer<'static>]) -> Option<(Transport, Uri)> {
    let url = Url::parse(&judge.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let path = Uri::try_from(&url[Position::BeforePath..Position::AfterQuery]).ok()?;
    let connect = Duration::from_millis(judge.timeout_ms);
    let transport = Transport::new(&url, Ways { is_public_only: false, connect, roots });
    Some((transport.ok()?, path))
}

/// The analyzer's name of each finding, with its full name in the policy: `PATIENT_ID`, `medical.patient-id`.
fn names(detector: &Detector) -> BTreeMap<String, String> {
    let DetectorKind::Outside(judge) = &detector.kind else { return BTreeMap::new() };
    let entity = |finding: &String| finding.replace('-', "_").to_ascii_uppercase();
    judge.finds.iter().map(entity).zip(detector.findings()).collect()
}

/// The parts as texts to be asked about: short ones together, long ones in overlapping pieces.
fn texts(parts: &[&str]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for part in parts.iter().filter(|part| !part.trim().is_empty()) {
        for piece in pieces(part) {
            match texts.last_mut() {
                Some(last) if last.len() + BETWEEN_PARTS.len() + piece.len() <= TEXT_BYTES => {
                    last.push_str(BETWEEN_PARTS);
                    last.push_str(piece);
                }
                _ => texts.push(piece.to_owned()),
            }
        }
    }
    texts
}

fn pieces(part: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    loop {
        let end = part.floor_char_boundary((start + TEXT_BYTES).min(part.len()));
        pieces.push(&part[start..end]);
        if end == part.len() {
            return pieces;
        }
        start = part.floor_char_boundary(end - OVERLAP_BYTES);
    }
}

#[cfg(test)]
mod tests;
