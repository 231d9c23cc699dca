//! A provider's calls that run, and how many of them are retries and hedges: so that a provider in trouble does not get
//! the more calls the worse it fares. Envoy's retry budgets, by what runs.

use super::{Call, Rules};

/// A provider's calls that run.
#[derive(Debug, Default)]
pub(super) struct Load {
    running: u32,
    extra: u32,
}

impl Load {
    /// Counts a call; not an extra one beyond the budget.
    pub(super) fn begin(&mut self, call: Call, rules: &Rules) -> bool {
        if call == Call::Extra {
            let share = u64::from(self.running) * u64::from(rules.retry_percent) / 100;
            if u64::from(self.extra) >= share.max(u64::from(rules.retry_least)) {
                return false;
            }
            self.extra += 1;
        }
        self.running += 1;
        true
    }

    /// A call is over.
    pub(super) fn end(&mut self, call: Call) {
        self.running = self.running.saturating_sub(1);
        if call == Call::Extra {
            self.extra = self.extra.saturating_sub(1);
        }
    }

    /// All that run, and the extra ones among them.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.running, self.extra)
    }
}
