//! Which requests that no key let in are recorded. Anybody who can connect can send as many as they like, and the log keeps
//! a number of records: were each recorded, they would push out what all others have left there.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many are recorded in a row: enough to see who asks without a key, and for what.
const RECORDED_LIMIT: u32 = 1_000;

/// In so long one more may be: in a year some three times what the log keeps.
const INTERVAL: Duration = Duration::from_secs(10);

/// How many may be recorded now.
#[derive(Debug)]
pub(super) struct Strangers(Mutex<Left>);

#[derive(Debug)]
struct Left {
    count: u32,
    /// The moment at which there were so many.
    since: Instant,
}

impl Strangers {
    /// Of whom none was recorded before `now`.
    pub(super) fn new(now: Instant) -> Strangers {
        Strangers(Mutex::new(Left { count: RECORDED_LIMIT, since: now }))
    }

    /// Whether one more may be; then it counts.
    pub(super) fn may_be_recorded(&self, now: Instant) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let intervals = now.saturating_duration_since(left.since).as_secs() / INTERVAL.as_secs();
        let more = u32::try_from(intervals).unwrap_or(u32::MAX);
        left.count = left.count.saturating_add(more).min(RECORDED_LIMIT);
        left.since += INTERVAL * more;
        let is_left = left.count > 0;
        left.count = left.count.saturating_sub(1);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_recorded_and_then_one_in_a_while() {
        let begun = Instant::now();
        let strangers = Strangers::new(begun);
        for (after_s, asked, recorded) in [
            (0, 5_000, 1_000),
            (9, 1, 0),
            (35, 9, 3),
            // What is left of an interval counts.
            (40, 9, 1),
            // No more than at first.
            (1_000_000, 5_000, 1_000),
        ] {
            let now = begun + Duration::from_secs(after_s);
            let count = (0..asked).filter(|_| strangers.may_be_recorded(now)).count();
            assert_eq!(count, recorded, "{after_s} s");
        }
    }
}
