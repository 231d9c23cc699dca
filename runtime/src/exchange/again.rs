//! Whether a candidate that failed is called again, and when: full jitter, as AWS's "Exponential Backoff And Jitter" (2015)
//! has it, and never before the provider wants to be asked.

use super::failure::{Failure, NOT_SPOKEN};
use wayleave_program::decision::Decision;
use wayleave_program::plan::FailureClass;

/// The first and the longest wait, where a policy says nothing, in milliseconds.
const BACKOFF_MS: (u64, u64) = (250, 4_000);

/// A provider that wants to be left alone for longer is not waited for: the next candidate is called.
const RETRY_AFTER_LONGEST_S: u64 = 10;

/// So much is added by chance to a wait that a provider asks for, so that not all who were told so come back at once.
const RETRY_AFTER_JITTER_MS: u64 = 250;

/// A wait takes this part of the time that is left at most: one that is waited for to the end could not be answered.
const LEFT_FOR_WAITING: u64 = 2;

/// Retries of one exchange.
#[derive(Debug)]
pub(super) struct Again {
    times: u32,
    first_ms: u64,
    longest_ms: u64,
    /// Whether a request that may have been executed is sent again to the same provider.
    repeats_ambiguous: bool,
    deadline_ms: u64,
    chance: Chance,
}

impl Again {
    pub(super) fn new(decision: &Decision, seed: u64, deadline_ms: u64) -> Again {
        let (first_ms, longest_ms) = decision.backoff_ms.unwrap_or(BACKOFF_MS);
        Again {
            times: decision.retry,
            first_ms,
            longest_ms,
            repeats_ambiguous: decision.failover != FailureClass::DEFAULT,
            deadline_ms,
            chance: Chance(seed),
        }
    }

    /// When the candidate is called again that was called `made` times and failed so; none where it is not.
    pub(super) fn at_ms(&mut self, made: usize, failure: &Failure, now_ms: u64) -> Option<u64> {
        let done = u32::try_from(made.checked_sub(1)?).ok().filter(|done| *done < self.times)?;
        if !self.may_help(failure.class) {
            return None;
        }
        let widest = self.first_ms.saturating_mul(1_u64.checked_shl(done).unwrap_or(u64::MAX));
        let jitter = self.chance.below(widest.min(self.longest_ms).saturating_add(1));
        let wait_ms = match failure.retry_after_s {
            None => jitter,
            Some(seconds) if seconds > RETRY_AFTER_LONGEST_S => return None,
            Some(seconds) => jitter.max(seconds * 1000 + self.chance.below(RETRY_AFTER_JITTER_MS)),
        };
        // What is left behind the wait is for the answer, or for the next candidate.
        let left_ms = self.deadline_ms.saturating_sub(now_ms);
        (wait_ms <= left_ms / LEFT_FOR_WAITING).then(|| now_ms.saturating_add(wait_ms))
    }

    /// Whether the same provider could answer the same request differently.
    fn may_help(&self, class: FailureClass) -> bool {
        match class {
            NOT_SPOKEN => false,
            FailureClass::Unreachable
            | FailureClass::Timeout
            | FailureClass::RateLimited
            | FailureClass::Overloaded
            | FailureClass::ServerError
            | FailureClass::Status(_) => true,
            FailureClass::Ambiguous => self.repeats_ambiguous,
            FailureClass::ModelMissing
            | FailureClass::Credential
            | FailureClass::Refused
            | FailureClass::ContextLength => false,
        }
    }
}

/// Numbers by a seed: SplitMix64, by Steele, Lea and Flood (2014).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// From 0 to `bound`, without it; 0 for a bound of 0.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * u128::from(bound)) >> 64) as u64
    }
}
