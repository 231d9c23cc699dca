//! Passes over what has no keyword, at several places of a text at once: a step of the automaton waits for the one before it,
//! and those of another place do not.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use std::array;

/// Places at once: as many as keep a processor busy.
const PLACES: usize = 4;

/// Of a text, looked at before the next: where there is a keyword, so much is looked at twice at most.
const BLOCK_BYTES: usize = 2 << 10;

/// Shorter pieces are not worth the way to them.
const LEAST_BYTES: usize = 128;

/// How far a text has no keyword that ends there, as far as that is easily seen, and the state there.
pub(super) fn without_keyword(keywords: &DFA, text: &[u8], start: StateID) -> (usize, StateID) {
    let mut passed = (0, start);
    for block in text.chunks(BLOCK_BYTES) {
        let end = passed.0 + block.len();
        let Some(state) = block_without(keywords, &text[..end], passed, start) else { break };
        passed = (end, state);
    }
    passed
}

/// The state at the end of a text that has no keyword behind `from`; none where it may have one.
fn block_without(keywords: &DFA, text: &[u8], from: (usize, StateID), start: StateID) -> Option<StateID> {
    // What a state knows of a text is at most its last bytes, as many as the longest keyword has. So much before its place
    // each walk begins; only the first goes on from where the last block ended.
    let before = keywords.max_pattern_len();
    let length = (text.len() - from.0) / PLACES;
    if length < before.max(LEAST_BYTES) {
        return None;
    }
    let mut states = [from.1, start, start, start];
    for (place, state) in states.iter_mut().enumerate().skip(1) {
        let at = from.0 + place * length;
        *state = walked(keywords, &text[at - before..at], start)?;
    }
    let [first, second, third, fourth] =
        array::from_fn::<_, PLACES, _>(|place| &text[from.0 + place * length..][..length]);
    for (((first, second), third), fourth) in first.iter().zip(second).zip(third).zip(fourth) {
        let mut is_special = false;
        for (state, byte) in states.iter_mut().zip([first, second, third, fourth]) {
            *state = keywords.next_state(Anchored::No, *state, *byte);
            is_special |= keywords.is_special(*state);
        }
        if is_special && states.iter().any(|state| keywords.is_match(*state)) {
            return None;
        }
    }
    walked(keywords, &text[from.0 + PLACES * length..], states[PLACES - 1])
}

/// The state behind a text; none where it has a keyword.
fn walked(keywords: &DFA, text: &[u8], mut state: StateID) -> Option<StateID> {
    for byte in text {
        state = keywords.next_state(Anchored::No, state, *byte);
        if keywords.is_special(state) && keywords.is_match(state) {
            return None;
        }
    }
    Some(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_what_has_no_keyword() {
        let keywords =
            DFA::builder().ascii_case_insensitive(true).build(["key", "keys-of", "longest-of-all", "aab"]);
        let keywords = keywords.expect("few words");
        let start = keywords.start_state(Anchored::No).expect("from anywhere");
        // A linear congruence is chance enough.
        let mut seed = 7_u64;
        let mut chance = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let (mut passed_over, mut stopped) = (0, 0);
        for round in 0..2_000 {
            let length = chance(3 * BLOCK_BYTES);
            let mut text: Vec<u8> =
                (0..length).map(|_| b"aeky s-"[chance(if round % 2 == 0 { 1 } else { 2 })]).collect();
            if round % 3 == 0 && length > 20 {
                let at = chance(length - 14);
                text[at..at + 14].copy_from_slice(b"longest-of-all");
            }
            let (end, state) = without_keyword(&keywords, &text, start);
            assert_eq!(walked(&keywords, &text[..end], start), Some(state), "{round}");
            if walked(&keywords, &text, start).is_some() {
                passed_over += usize::from(length > 4 * PLACES * LEAST_BYTES && end > length / 2);
            } else {
                stopped += 1;
            }
        }
        assert!(passed_over > 100 && stopped > 100, "{passed_over} {stopped}");
    }
}
