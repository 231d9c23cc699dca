//! How much of its memory the process holds, looked at a few times a second: what costs extra stops first, then new requests are
//! refused, and bodies that still come, so that those that run can end.

use crate::settings::MemoryLimit;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(200);

/// Of the limit, in percent, from which memory is tight.
const TIGHT_PERCENT: u64 = 80;

/// The same, from which there is none left.
const FULL_PERCENT: u64 = 90;

/// How much memory is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pressure {
    /// Enough.
    Free = 0,
    /// No call is made that an answer can do without: nothing is tried twice or ahead of time.
    Tight = 1,
    /// No new request is taken.
    Full = 2,
}

impl Pressure {
    /// Of a process that holds so much of its limit.
    pub fn of(resident_bytes: u64, limit_bytes: u64) -> Pressure {
        let reaches =
            |percent: u64| u128::from(resident_bytes) * 100 >= u128::from(limit_bytes) * u128::from(percent);
        if reaches(FULL_PERCENT) {
            Pressure::Full
        } else if reaches(TIGHT_PERCENT) {
            Pressure::Tight
        } else {
            Pressure::Free
        }
    }

    /// As `/readyz` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Pressure::Free => "free",
            Pressure::Tight => "tight",
            Pressure::Full => "full",
        }
    }
}

/// The pressure as it was at the last look; read without a lock.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU8);

impl Gauge {
    /// What the last look saw.
    pub(crate) fn pressure(&self) -> Pressure {
        match self.0.load(Ordering::Relaxed) {
            0 => Pressure::Free,
            1 => Pressure::Tight,
            _ => Pressure::Full,
        }
    }

    /// Looks once. What the system does not say counts as free.
    pub(crate) fn look(&self, memory: &MemoryLimit) {
        let resident = (memory.resident_bytes)();
        let pressure = resident.map_or(Pressure::Free, |bytes| Pressure::of(bytes, memory.limit_bytes));
        self.0.store(pressure as u8, Ordering::Relaxed);
    }

    /// Looks until it is dropped.
    pub(crate) async fn watch(&self, memory: &MemoryLimit) {
        loop {
            self.look(memory);
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Gauge, Pressure};
    use crate::settings::MemoryLimit;

    /// `fault-F61`: what stops at which share of the limit.
    #[test]
    fn memory_is_tight_from_eighty_percent_and_full_from_ninety() {
        for (resident, pressure) in [
            (0, Pressure::Free),
            (799, Pressure::Free),
            (800, Pressure::Tight),
            (899, Pressure::Tight),
            (900, Pressure::Full),
            (u64::MAX, Pressure::Full),
        ] {
            assert_eq!(Pressure::of(resident, 1000), pressure, "{resident}");
        }
    }

    #[test]
    fn a_system_that_does_not_say_has_no_pressure() {
        let gauge = Gauge::default();
        gauge.look(&MemoryLimit { limit_bytes: 10, resident_bytes: || Some(9) });
        assert_eq!(gauge.pressure(), Pressure::Full);
        gauge.look(&MemoryLimit { limit_bytes: 10, resident_bytes: || None });
        assert_eq!(gauge.pressure(), Pressure::Free);
    }
}
