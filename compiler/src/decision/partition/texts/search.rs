//! One pattern as an automaton that is led through a text byte by byte, and is finished as soon as it has found something.

use super::alphabet::Utf8;
use crate::model::condition::Pattern;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};

/// A pattern as it is before its automaton is computed, in bytes. A larger one has an automaton beyond its limit.
const PATTERN_SIZE_LIMIT: usize = 1 << 20;

/// The automaton of a pattern.
pub(super) struct Search {
    automaton: dense::DFA<Vec<u32>>,
    /// By state: whether it has found something, whatever follows. The automaton itself tells of a match one byte late, so
    /// that without this every pattern would double the states of a product.
    has_found: Vec<bool>,
}

/// Where a search stands in a text: a state of its automaton, or none once it has found something.
pub(super) type Place = Option<StateID>;

impl Search {
    /// The search for a pattern; none where its automaton has more than `room` bytes.
    pub(super) fn new(pattern: &Pattern, room: usize) -> Option<Search> {
        let (source, is_any_case) = pattern.source();
        let config = dense::Config::new()
            // The other kind forgets all later matches once it has seen one, and the first may not count: see `after`.
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Unanchored)
            .accelerate(false)
            .dfa_size_limit(Some(room))
            .determinize_size_limit(Some(room));
        let thompson = thompson::Config::new()
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(PATTERN_SIZE_LIMIT));
        let mut builder = dense::Builder::new();
        builder.configure(config).thompson(thompson);
        builder.syntax(syntax::Config::new().case_insensitive(is_any_case));
        let mut search = Search { automaton: builder.build(&source).ok()?, has_found: Vec::new() };
        search.find_found();
        Some(search)
    }

    /// Notes the states after which there is a match at once, whether the text ends or a character follows.
    fn find_found(&mut self) {
        let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
        let look = |byte: &u8| (self.look(*byte), Utf8::Boundary.after(*byte).is_some());
        bytes.sort_by_key(look);
        bytes.dedup_by_key(|byte| look(byte));
        let mut is_seen = Vec::new();
        let mut has_found = Vec::new();
        let mut states = vec![self.first()];
        while let Some(state) = states.pop() {
            let index = self.index(state);
            if is_seen.len() <= index {
                is_seen.resize(index + 1, false);
                has_found.resize(index + 1, false);
            }
            if std::mem::replace(&mut is_seen[index], true) {
                continue;
            }
            let mut is_found = self.matches_at_end(state);
            for byte in &bytes {
                let next = self.automaton.next_state(state, *byte);
                is_found &= self.automaton.is_match_state(next) || Utf8::Boundary.after(*byte).is_none();
                states.push(next);
            }
            has_found[index] = is_found;
        }
        self.has_found = has_found;
    }

    /// What the automaton takes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// A number that is the same for bytes which it never tells apart.
    pub(super) fn look(&self, byte: u8) -> u8 {
        self.automaton.byte_classes().get(byte)
    }

    /// Where it begins.
    pub(super) fn start(&self) -> Place {
        self.unless_found(self.first(), Utf8::Boundary)
    }

    /// After a byte, which leads from one place in a character to the other. A match within a character is none: only an empty
    /// one can be there, as of `(?-u:\B)`.
    pub(super) fn after(&self, place: Place, byte: u8, before: Utf8, after: Utf8) -> Place {
        let next = self.automaton.next_state(place?, byte);
        let is_found = before == Utf8::Boundary && self.automaton.is_match_state(next);
        if is_found { None } else { self.unless_found(next, after) }
    }

    /// Whether a text that ends there matches.
    pub(super) fn is_match(&self, place: Place) -> bool {
        place.is_none_or(|state| self.matches_at_end(state))
    }

    fn first(&self) -> StateID {
        self.automaton.start_state_forward(&Input::new("")).expect("no byte makes this automaton give up")
    }

    fn unless_found(&self, state: StateID, utf8: Utf8) -> Place {
        (utf8 != Utf8::Boundary || !self.has_found[self.index(state)]).then_some(state)
    }

    fn matches_at_end(&self, state: StateID) -> bool {
        self.automaton.is_match_state(self.automaton.next_eoi_state(state))
    }

    fn index(&self, state: StateID) -> usize {
        state.as_usize() >> self.automaton.stride2()
    }
}
