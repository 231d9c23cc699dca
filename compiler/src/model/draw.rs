//! Draws: where a value falls between 0 and 1, the same on every gateway and on every day.

use sha2::{Digest, Sha256};
use wayleave_program::value::Share;

/// A fraction of 2⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Draw(u64);

/// A whole, in the unit of a [`Share`].
const WHOLE: u128 = 1_000_000;

impl Draw {
    /// The first 8 bytes, big-endian, of SHA-256(name, 0x00, value).
    pub(crate) fn of(name: &str, value: &str) -> Draw {
        let digest = Sha256::new().chain_update(name).chain_update([0]).chain_update(value).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Draw(u64::from_be_bytes(first))
    }

    /// At that fraction of 2⁶⁴.
    pub(crate) fn at(fraction: u64) -> Draw {
        Draw(fraction)
    }

    /// The fractions at which a draw falls into the next of these shares, of which all together are the whole.
    pub(crate) fn ends(shares: &[Share]) -> Vec<u64> {
        let whole: u128 = shares.iter().map(|share| u128::from(share.0)).sum();
        let mut end = 0_u128;
        let ends = shares.iter().map(|share| {
            end += u128::from(share.0);
            (end << 64).div_ceil(whole.max(1))
        });
        ends.filter_map(|end| u64::try_from(end).ok()).collect()
    }

    /// The fraction from which on a draw is not below a share; none of the whole.
    pub(crate) fn end(share: Share) -> Option<u64> {
        u64::try_from((u128::from(share.0) << 64).div_ceil(WHOLE)).ok()
    }

    /// The least draw that is not below a share.
    pub(crate) fn given(share: Share) -> Draw {
        let fraction = (u128::from(share.0) << 64).div_ceil(WHOLE);
        Draw(u64::try_from(fraction).unwrap_or(u64::MAX))
    }

    /// Whether it falls into the first `share` of a whole.
    pub(crate) fn is_below(self, share: Share) -> bool {
        u128::from(self.0) * WHOLE < u128::from(share.0) << 64
    }

    /// The position of the share into which it falls, where all of them together are the whole and none is 0.
    pub(crate) fn among(self, mut shares: impl Iterator<Item = Share> + Clone) -> Option<usize> {
        let whole: u128 = shares.clone().map(|share| u128::from(share.0)).sum();
        let at = u128::from(self.0) * whole;
        let mut end = 0_u128;
        shares.position(|share| {
            end += u128::from(share.0);
            at < end << 64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_half_open_at_their_very_boundaries() {
        for share in [1, 50_000, 333_333, 500_000, 900_000, 999_999].map(Share) {
            assert!(!Draw::given(share).is_below(share));
            assert!(Draw(Draw::given(share).0 - 1).is_below(share));
        }
        assert!(!Draw(0).is_below(Share(0)));
        assert!(Draw(u64::MAX).is_below(Share(1_000_000)));
    }

    #[test]
    fn a_draw_falls_into_one_share_in_proportion() {
        let shares = [Share(900_000), Share(100_000)];
        assert_eq!(Draw::given(Share(899_999)).among(shares.into_iter()), Some(0));
        assert_eq!(Draw::given(Share(900_000)).among(shares.into_iter()), Some(1));
        assert_eq!(Draw(u64::MAX).among(shares.into_iter()), Some(1));
        // Where only a part is eligible, its shares are the whole.
        assert_eq!(Draw::given(Share(499_999)).among([Share(100_000), Share(100_000)].into_iter()), Some(0));
        assert_eq!(Draw::given(Share(500_000)).among([Share(100_000), Share(100_000)].into_iter()), Some(1));
        assert_eq!(Draw(0).among([].into_iter()), None);
    }

    /// Computed with another implementation of SHA-256.
    #[test]
    fn a_draw_is_the_hash_that_the_language_says() {
        assert_eq!(Draw::of("gpt-5", "ann"), Draw(6_313_977_304_191_774_431));
    }
}
