//! How long a target takes to answer, lately: a smoothed time that is forgotten when nothing new comes.

/// A measurement that is older says nothing any more, so that a target that was slow once is measured anew.
const FRESH_MS: u64 = 60_000;

/// Of a new measurement, so much counts, in eighths.
const NEW_EIGHTHS: u64 = 3;

/// The recent time of one kind of answers.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The time, and when it was measured last.
    measured: Option<(u64, u64)>,
}

impl Pace {
    /// The recent time, if anything recent is known.
    pub(super) fn recent(&self, now_ms: u64) -> Option<u64> {
        let (took_ms, at_ms) = self.measured?;
        (now_ms.saturating_sub(at_ms) <= FRESH_MS).then_some(took_ms)
    }

    /// An answer took so long.
    pub(super) fn learn(&mut self, took_ms: u64, now_ms: u64) {
        let mixed = match self.recent(now_ms) {
            Some(before_ms) => (before_ms * (8 - NEW_EIGHTHS) + took_ms * NEW_EIGHTHS) / 8,
            None => took_ms,
        };
        self.measured = Some((mixed, now_ms));
    }

    /// An answer would have taken longer than that, and nobody waited for it: what is known of a slower target stands.
    pub(super) fn learn_at_least(&mut self, took_ms: u64, now_ms: u64) {
        if self.recent(now_ms).is_none_or(|known_ms| known_ms < took_ms) {
            self.learn(took_ms, now_ms);
        }
    }
}
