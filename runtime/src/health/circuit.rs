//! A target's circuit: open after failures in a row, so that nobody waits for what fails; one call at a time finds out
//! whether it works again.

use super::Rules;

/// Whether a target is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circuit {
    /// It is.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// It is not, until then.
    Open {
        until_ms: u64,
        /// How often in a row it was opened.
        times: u32,
    },
    /// One call finds out.
    Probing { times: u32 },
}

/// What a call means to a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It finds out whether the target works again.
    Probe,
    /// One of many.
    Usual,
}

impl Default for Circuit {
    fn default() -> Circuit {
        Circuit::Closed { failures: 0 }
    }
}

/// Where a probe runs, whoever asks is told to come back in so long.
const PROBE_MS: u64 = 1_000;

impl Circuit {
    /// Until when nobody is let through, if nobody is.
    pub(super) fn closed_off_until(self, now_ms: u64) -> Option<u64> {
        match self {
            Circuit::Closed { .. } => None,
            Circuit::Open { until_ms, .. } => (now_ms < until_ms).then_some(until_ms),
            Circuit::Probing { .. } => Some(now_ms + PROBE_MS),
        }
    }

    /// A call is let through; what it is.
    pub(super) fn begin(&mut self, now_ms: u64) -> Role {
        match *self {
            Circuit::Open { until_ms, times } if now_ms >= until_ms => {
                *self = Circuit::Probing { times };
                Role::Probe
            }
            Circuit::Closed { .. } | Circuit::Open { .. } | Circuit::Probing { .. } => Role::Usual,
        }
    }

    /// Content has come: a probe has found out what it was sent for. Failures in a row are forgotten only when an answer is
    /// whole, so that answers which all break off open the circuit too.
    pub(super) fn answers(&mut self, role: Role) {
        if let (Circuit::Probing { .. }, Role::Probe) = (*self, role) {
            *self = Circuit::default();
        }
    }

    /// A call was answered whole. One that began before the circuit opened says nothing of what is now.
    pub(super) fn succeeded(&mut self, role: Role) {
        match (*self, role) {
            (Circuit::Closed { .. }, _) | (Circuit::Probing { .. }, Role::Probe) => {
                *self = Circuit::default()
            }
            (Circuit::Open { .. }, _) | (Circuit::Probing { .. }, Role::Usual) => {}
        }
    }

    /// A call failed. One that began before the circuit opened brings old news.
    pub(super) fn failed(&mut self, role: Role, rules: &Rules, now_ms: u64) {
        *self = match (*self, role) {
            (Circuit::Closed { failures }, _) if failures + 1 < rules.failures => {
                Circuit::Closed { failures: failures + 1 }
            }
            (Circuit::Closed { .. }, _) => open(rules, 0, now_ms),
            (Circuit::Probing { times }, Role::Probe) => open(rules, times + 1, now_ms),
            (Circuit::Open { .. }, _) | (Circuit::Probing { .. }, Role::Usual) => return,
        };
    }

    /// A call ended without an answer; after a probe the next call is one.
    pub(super) fn given_up(&mut self, role: Role) {
        if let (Circuit::Probing { times }, Role::Probe) = (*self, role) {
            *self = Circuit::Open { until_ms: 0, times };
        }
    }
}

fn open(rules: &Rules, times: u32, now_ms: u64) -> Circuit {
    let doubled = rules.open_ms.saturating_mul(1_u64.checked_shl(times).unwrap_or(u64::MAX));
    Circuit::Open { until_ms: now_ms.saturating_add(doubled.min(rules.open_longest_ms)), times }
}
