//! All patterns of one attribute as one automaton over UTF-8: the product of their automata, in which a search that has found
//! something is finished. Its states say which patterns match the text that ends there.

use super::alphabet::{Alphabet, Utf8};
use super::search::{Place, Search};
use super::{Excess, TooMany};
use crate::model::condition::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// A set of patterns is a word of this many bits.
const PATTERN_LIMIT: usize = 64;

/// All automata together, in bytes: one `\w` has about 300 kB, and what has more is a counted repetition. It bounds the time
/// too, as each of their bytes is computed.
const AUTOMATA_LIMIT: usize = 4 << 20;

/// States of the product. Patterns that have to do with each other stay in the hundreds; those that have not multiply.
const STATE_LIMIT: usize = 20_000;

/// Steps of single automata that are taken to make the product: under a tenth of a second. It bounds the table as well: four
/// bytes a step.
const STEP_LIMIT: usize = 1 << 22;

/// Sets of patterns that match one text: what ten patterns come to that have nothing to do with each other. Each is a class.
const SET_LIMIT: usize = 1024;

/// No text goes on so.
const NOWHERE: u32 = u32::MAX;

/// The product. State 0 is where every text begins; all states are reached by some beginning of a text.
#[derive(Debug)]
pub(super) struct Product {
    alphabet: Alphabet,
    /// By state and group of bytes.
    next: Vec<u32>,
    /// By state: the patterns that match the text which ends there, as bits; none within a character.
    ends: Vec<Option<u64>>,
}

impl Product {
    /// The product of these, which are distinct.
    pub(super) fn new(patterns: &[&Pattern]) -> Result<Product, TooMany> {
        if patterns.len() > PATTERN_LIMIT {
            return Err(TooMany { what: Excess::Patterns, limit: PATTERN_LIMIT });
        }
        let mut searches = Vec::with_capacity(patterns.len());
        let mut room = AUTOMATA_LIMIT;
        for pattern in patterns {
            let too_large = TooMany { what: Excess::Automata, limit: AUTOMATA_LIMIT };
            let search = Search::new(pattern, room).ok_or(too_large)?;
            room = room.saturating_sub(search.size());
            searches.push(search);
        }
        explore(&searches)
    }

    /// How bytes are grouped.
    pub(super) fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// Where a byte of that group leads; none where no text goes on so.
    pub(super) fn next(&self, state: u32, group: usize) -> Option<u32> {
        let next = self.next[state as usize * self.alphabet.len() + group];
        (next != NOWHERE).then_some(next)
    }

    /// The patterns that match a text which ends in this state; none within a character.
    pub(super) fn end(&self, state: u32) -> Option<u64> {
        self.ends[state as usize]
    }

    /// How many states there are.
    pub(super) fn states(&self) -> u32 {
        u32::try_from(self.ends.len()).expect("the limit is lower")
    }

    /// Every set of patterns that matches some text and nothing beside.
    pub(super) fn sets(&self) -> BTreeSet<u64> {
        self.ends.iter().flatten().copied().collect()
    }

    /// The patterns that match a text.
    pub(super) fn patterns_of(&self, text: &str) -> u64 {
        let mut state = 0;
        for byte in text.bytes() {
            let group = self.alphabet.groups()[usize::from(byte)];
            state = self.next(state, usize::from(group)).expect("the text is UTF-8");
        }
        self.end(state).expect("a text ends between characters")
    }
}

/// Where the parts of the product are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    utf8: Utf8,
    places: Vec<Place>,
}

impl State {
    fn start(searches: &[Search]) -> State {
        State { utf8: Utf8::Boundary, places: searches.iter().map(Search::start).collect() }
    }

    /// After one byte more; none where no text goes on so.
    fn after(&self, searches: &[Search], byte: u8) -> Option<State> {
        let utf8 = self.utf8.after(byte)?;
        let parts = self.places.iter().zip(searches);
        let places = parts.map(|(place, search)| search.after(*place, byte, self.utf8, utf8));
        Some(State { utf8, places: places.collect() })
    }

    fn end(&self, searches: &[Search]) -> Option<u64> {
        let matches = self.places.iter().zip(searches).map(|(place, search)| search.is_match(*place));
        let set = matches.enumerate().fold(0, |set, (index, is_match)| set | u64::from(is_match) << index);
        (self.utf8 == Utf8::Boundary).then_some(set)
    }
}

fn explore(searches: &[Search]) -> Result<Product, TooMany> {
    let alphabet = Alphabet::new(|byte| {
        let looks = searches.iter().map(|search| search.look(byte));
        std::iter::once(Utf8::look(byte)).chain(looks).collect()
    });
    let mut product = Product { alphabet, next: Vec::new(), ends: Vec::new() };
    let steps_of_state = product.alphabet.len() * (searches.len() + 1);
    let mut sets = BTreeSet::new();
    let start = State::start(searches);
    let mut known = BTreeMap::from([(start.clone(), 0)]);
    let mut states = vec![start];
    let mut at = 0;
    while let Some(state) = states.get(at).cloned() {
        let end = state.end(searches);
        sets.extend(end);
        product.ends.push(end);
        for members in product.alphabet.members() {
            let next = state.after(searches, members[0]).map_or(NOWHERE, |next| {
                *known.entry(next).or_insert_with_key(|next| {
                    states.push(next.clone());
                    u32::try_from(states.len() - 1).expect("the limit is lower")
                })
            });
            product.next.push(next);
        }
        at += 1;
        // A state has no more than 256 followers, so that this is soon enough.
        if states.len() > STATE_LIMIT || at * steps_of_state > STEP_LIMIT {
            return Err(TooMany { what: Excess::States, limit: STATE_LIMIT });
        }
        if sets.len() > SET_LIMIT {
            return Err(TooMany { what: Excess::Sets, limit: SET_LIMIT });
        }
    }
    Ok(product)
}
