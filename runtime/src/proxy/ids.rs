//! Bytes that nobody can guess, and the ids of requests that are made of them.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// So many bytes are asked of the system at once: each time costs as much as a thousand of them do. Enough for some thirty
/// requests.
const RESERVE_BYTES: usize = 1024;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits of a request's id.
const ID_DIGITS: usize = 26;

/// The bits of a request's id behind the moment in it.
const RANDOM_BITS: u32 = 80;

/// The system's randomness, fetched ahead. No byte is given twice.
pub(super) struct Randomness(Mutex<Reserve>);

struct Reserve {
    bytes: [u8; RESERVE_BYTES],
    /// So many at the beginning are given.
    given: usize,
}

impl Default for Randomness {
    fn default() -> Randomness {
        Randomness(Mutex::new(Reserve { bytes: [0; RESERVE_BYTES], given: RESERVE_BYTES }))
    }
}

impl Randomness {
    /// Bytes that nobody can guess; no more than are fetched at once.
    pub(super) fn bytes<const COUNT: usize>(&self) -> [u8; COUNT] {
        const { assert!(COUNT <= RESERVE_BYTES) };
        // What a panic elsewhere leaves has still been given at most once.
        let mut reserve = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reserve.given + COUNT > RESERVE_BYTES {
            getrandom::fill(&mut reserve.bytes).expect("the system has a source of randomness");
            reserve.given = 0;
        }
        let given = reserve.given;
        let mut bytes = [0; COUNT];
        bytes.copy_from_slice(&reserve.bytes[given..given + COUNT]);
        reserve.given += COUNT;
        bytes
    }

    /// A ULID in lower case: 48 bits of milliseconds since 1970 and 80 bits that nobody can guess, as 26 characters of
    /// Crockford's base 32. Sorted as text, ids are in the order of their requests: what is stored by id is written side by
    /// side, and not all over the store.
    pub(super) fn request_id(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bits = [0; 16];
        bits[..10].copy_from_slice(&self.bytes::<10>());
        let bits = since.as_millis() << RANDOM_BITS | u128::from_le_bytes(bits);
        let mut id = vec![0; ID_DIGITS];
        for (digit, place) in id.iter_mut().rev().zip(0..) {
            *digit = DIGITS[(bits >> (5 * place)) as usize % DIGITS.len()];
        }
        String::from_utf8(id).expect("digits are ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_byte_is_given_twice() {
        let randomness = Randomness::default();
        let given: BTreeSet<[u8; 24]> = (0..1_000).map(|_| randomness.bytes()).collect();
        assert_eq!(given.len(), 1_000);
        let ids: BTreeSet<String> = (0..1_000).map(|_| randomness.request_id()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.len() == 26 && id.bytes().all(|digit| DIGITS.contains(&digit))));
    }
}
