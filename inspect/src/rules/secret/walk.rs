//! Walks a text for keywords at several places at once: a step of the automaton waits for the one before it, and those of
//! another place do not.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use std::array;

/// Places at once: as many as keep a processor busy.
const PLACES: usize = 4;

/// Walked before the next: what is found in it is kept until then.
const BLOCK_BYTES: usize = 4 << 10;

/// Of each place; shorter ones are not worth the way to them.
const LEAST_BYTES: usize = 64;

/// In some hundred bytes of prose rarely more keywords end.
const USUAL_ENDS: usize = 32;

/// Tells each end of keywords in a text, in order, with the state there.
pub(super) fn each_end(keywords: &DFA, text: &[u8], start: StateID, tell: &mut dyn FnMut(usize, StateID)) {
    let (mut at, mut state, mut ends) = (0, start, Vec::new());
    while at < text.len() {
        let block_end = text.len().min(at + BLOCK_BYTES);
        let length = (block_end - at) / PLACES;
        // What a state knows of a text is at most its last bytes, as many as the longest keyword has: so much before its place
        // a walk begins.
        if length >= LEAST_BYTES.max(keywords.max_pattern_len()) {
            let mut states = array::from_fn::<_, PLACES, _>(|place| match place {
                0 => state,
                _ => {
                    let place = at + place * length;
                    let before = &text[place - keywords.max_pattern_len()..place];
                    before.iter().fold(start, |state, byte| keywords.next_state(Anchored::No, state, *byte))
                }
            });
            let pieces = array::from_fn(|place| &text[at + place * length..][..length]);
            ends.reserve(USUAL_ENDS);
            together(keywords, pieces, &mut states, &mut ends);
            for place in 0..PLACES {
                let here = ends.iter().filter(|(of, ..)| *of == place);
                here.for_each(|(_, end, state)| tell(at + place * length + end, *state));
            }
            ends.clear();
            (at, state) = (at + PLACES * length, states[PLACES - 1]);
        }
        for (passed, byte) in text[at..block_end].iter().enumerate() {
            state = keywords.next_state(Anchored::No, state, *byte);
            if keywords.is_special(state) && keywords.is_match(state) {
                tell(at + passed + 1, state);
            }
        }
        at = block_end;
    }
}

/// Walks pieces of one length, each from its state, and leaves the state at its end; in which piece and where in it keywords
/// end, and the state there. By itself, so that nothing else takes the processor's registers.
#[inline(never)]
fn together(
    keywords: &DFA,
    pieces: [&[u8]; PLACES],
    reached: &mut [StateID; PLACES],
    ends: &mut Vec<(usize, usize, StateID)>,
) {
    let mut states = *reached;
    let [first, second, third, fourth] = pieces;
    let bytes = first.iter().zip(second).zip(third).zip(fourth);
    for (passed, (((first, second), third), fourth)) in bytes.enumerate() {
        let mut is_special = false;
        for (state, byte) in states.iter_mut().zip([first, second, third, fourth]) {
            *state = keywords.next_state(Anchored::No, *state, *byte);
            is_special |= keywords.is_special(*state);
        }
        if is_special {
            for (place, state) in states.iter().enumerate() {
                if keywords.is_match(*state) {
                    ends.push((place, passed + 1, *state));
                }
            }
        }
    }
    *reached = states;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_places_tell_what_one_walk_tells() {
        let keywords =
            DFA::builder().ascii_case_insensitive(true).build(["key", "keys-of", "longest-of-all", "ab"]);
        let keywords = keywords.expect("few words");
        let start = keywords.start_state(Anchored::No).expect("from anywhere");
        // A linear congruence is chance enough.
        let mut seed = 7_u64;
        let mut chance = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for _ in 0..2_000 {
            let mut text: Vec<u8> = vec![b' '; chance(2 * BLOCK_BYTES)];
            for _ in 0..chance(80) {
                let word: &[u8] =
                    [&b"key"[..], b"KEYS-of", b"longest-of-all", b"longest-of", b"a", b"b"][chance(6)];
                if text.len() > word.len() {
                    let at = chance(text.len() - word.len());
                    text[at..at + word.len()].copy_from_slice(word);
                }
            }
            let mut told = Vec::new();
            each_end(&keywords, &text, start, &mut |end, state| told.push((end, state)));
            let (mut expected, mut state) = (Vec::new(), start);
            for (at, byte) in text.iter().enumerate() {
                state = keywords.next_state(Anchored::No, state, *byte);
                if keywords.is_match(state) {
                    expected.push((at + 1, state));
                }
            }
            assert_eq!(told, expected, "{}", String::from_utf8_lossy(&text));
        }
    }
}
