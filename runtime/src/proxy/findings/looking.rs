//! Detectors in process, one after the other over all parts, until everything is found, nobody waits any more, or it takes
//! too long: what is not done by then counts as found. The clock is all of the world that is looked at.

use super::{Found, UNINSPECTED, failure};
use crate::current::Finding;
use crate::inspection::Texts;
use crate::record::RecordedFailure;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wayleave_program::Program;
use wayleave_program::detector::{DetectorId, DetectorKind};
use wayleave_program::schema::Inspected;

/// All detectors together may look so long through the texts of one request: many times what the longest body takes, and
/// short enough that a text made to be slow does not keep a processor to itself.
pub(super) const LOOKING_LIMIT: Duration = Duration::from_secs(10);

/// A longer part is cut for the built-in detectors, so that leaving and the limit are seen while it is looked through. A
/// policy's own patterns may be anchored and see it whole.
const PIECE_BYTES: usize = 256 << 10;

/// Each piece begins with so many bytes of the one before: twice the longest finding, a private key.
const OVERLAP_BYTES: usize = 32 << 10;

/// A cut is made at a blank, where one is so near: it would make two numbers of one.
const BLANK_WITHIN_BYTES: usize = 4 << 10;

/// Why a detector's word is missing.
const TIMEOUT: &str = "timeout";

/// Whether it is time to stop.
pub(super) struct Watch<'a> {
    /// Nobody waits any more.
    pub(super) left: &'a AtomicBool,
    /// From then on it takes too long.
    pub(super) deadline: Instant,
}

/// Not all was looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Undone;

impl Watch<'_> {
    fn check(&self) -> Result<(), Undone> {
        let is_over = self.left.load(Ordering::Relaxed) || Instant::now() >= self.deadline;
        if is_over { Err(Undone) } else { Ok(()) }
    }
}

/// What each detector finds, and those that failed: they have found all that they can.
pub(super) fn detect(
    program: &dyn Program,
    wanted: &[Finding],
    texts: &Texts,
    watch: &Watch<'_>,
) -> (Found, Vec<RecordedFailure>) {
    let mut failed = Vec::new();
    let mut found = Found::with_capacity(wanted.len());
    for (id, inspected, detector) in wanted {
        let looked = catch_unwind(AssertUnwindSafe(|| look(program, *detector, *inspected, texts, watch)));
        let detector = program.catalogue().detector(*detector);
        let names = match looked {
            Ok(Ok(names)) => Ok(names),
            Ok(Err(Undone)) => Err(TIMEOUT),
            Err(_) => Err("met a mistake of the gateway"),
        };
        let names = names.unwrap_or_else(|cause| {
            failed.push(failure(detector, cause.to_owned()));
            detector.findings().into_iter().collect()
        });
        found.push((*id, names));
    }
    failed.sort();
    failed.dedup();
    (found, failed)
}

fn look(
    program: &dyn Program,
    detector: DetectorId,
    inspected: Inspected,
    texts: &Texts,
    watch: &Watch<'_>,
) -> Result<BTreeSet<String>, Undone> {
    let all = program.catalogue().detector(detector);
    if all.kind == DetectorKind::BuiltIn && all.name == UNINSPECTED {
        return Ok(texts.is_unread(inspected).then(|| all.name.clone()).into_iter().collect());
    }
    let mut found = BTreeSet::new();
    let mut look_at = |piece: &str| {
        if found.is_empty() || found.len() < all.findings().len() {
            watch.check()?;
            found.extend(program.find(detector, piece));
        }
        Ok(())
    };
    for text in texts.of(inspected) {
        if all.kind == DetectorKind::BuiltIn && text.len() > PIECE_BYTES {
            pieces(text).into_iter().try_for_each(&mut look_at)?;
        } else {
            look_at(text)?;
        }
    }
    Ok(found)
}

/// The text in pieces that overlap; a text that is short enough is one.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while text.len() - start > PIECE_BYTES {
        let end = cut(text, start + PIECE_BYTES);
        pieces.push(&text[start..end]);
        start = cut(text, end - OVERLAP_BYTES);
    }
    pieces.push(&text[start..]);
    pieces
}

/// Where to cut, at that byte or shortly before.
fn cut(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let near = text.floor_char_boundary(at.saturating_sub(BLANK_WITHIN_BYTES));
    text[near..at].rfind(char::is_whitespace).map_or(at, |blank| near + blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_overlap_and_are_cut_at_blanks() {
        assert_eq!(pieces("short"), ["short"]);
        for text in ["ab ö ".repeat(300_000), "x".repeat(1_000_000), "ö".repeat(400_001)] {
            let pieces = pieces(&text);
            let at = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
            assert_eq!(at(pieces[0]), 0);
            for pair in pieces.windows(2) {
                assert!(at(pair[0]) < at(pair[1]));
                assert!(at(pair[0]) + pair[0].len() >= at(pair[1]) + OVERLAP_BYTES);
                assert!(!text.contains(' ') || pair[1].starts_with(' '));
            }
            let last = pieces[pieces.len() - 1];
            assert_eq!(at(last) + last.len(), text.len());
        }
    }
}
