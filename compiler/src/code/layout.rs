//! What a list is before it is code: which boxes make one function, and how a box is tested there with one mask.
//!
//! A box is many tests that all have to hold, so it is asked the other way round: whether one of them fails. All that the
//! boxes of a function test is gathered into words of 64 bits: for a dimension with few classes, a bit for each class, of
//! which the vector sets one; for any other test, a bit that is set where it fails. A box holds if none of the bits that
//! it forbids is set: `word & forbidden == 0`, one test for all its constraints, however many there are.
//!
//! The bits are those of Lakshman and Stiliadis, *High-speed policy-based packet forwarding using efficient
//! multi-dimensional range matching* (1998), turned: there a bit is a rule and memory is read; here a bit is a class.

use super::circuit::{Circuit, Gate, Place, Truth, Wire};
use super::{Derived, Mode, NotCompiled};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use std::collections::{BTreeMap, BTreeSet};

/// The boxes of one function. Register allocation is not linear in them.
pub(super) const BOXES_PER_FUNCTION: usize = 256;

/// The weight of one function, in ranges and parts of expressions: about five instructions each.
const WEIGHT_PER_FUNCTION: usize = 4_096;

/// A box or an expression that weighs more is refused: it is no rule that a person wrote.
const WEIGHT_LIMIT: usize = 65_536;

/// One function that answers for boxes.
#[derive(Debug)]
pub(super) struct Chunk {
    /// What the words are gathered from.
    pub circuit: Circuit,
    /// Words of 64 bits.
    pub words: Vec<Word>,
    /// The boxes that can hold, in order.
    pub entries: Vec<Entry>,
}

/// What one word is gathered from.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Bits of classes, at their places.
    pub bits: Vec<Wire>,
    /// Truths, each with the bit that is set where it does not hold.
    pub truths: Vec<(Wire, u32)>,
    used: u32,
}

/// One box.
#[derive(Debug)]
pub(super) struct Entry {
    /// What to answer with.
    pub number: u32,
    /// By word, the bits of which none may be set.
    pub forbidden: BTreeMap<usize, u64>,
    /// Classes that have to be these: tests that no other box of the function shares.
    pub equal: Vec<(Wire, u32)>,
}

impl Entry {
    /// Whether it holds of every vector.
    pub(super) fn is_certain(&self) -> bool {
        self.forbidden.is_empty() && self.equal.is_empty()
    }
}

/// One function that computes truths: each in order, with where it is written.
#[derive(Debug)]
pub(super) struct Steps {
    /// What the truths are.
    pub circuit: Circuit,
    /// In order.
    pub steps: Vec<(Dimension, Truth)>,
}

/// Lays a leaf out, function by function.
///
/// # Errors
/// If one box is too large, and what `each` reports.
///
/// # Panics
/// If a number is [`u32::MAX`].
pub(super) fn leaf(
    mode: Mode,
    boxes: &[(u32, &RuleBox)],
    mut each: impl FnMut(&Chunk) -> Result<(), NotCompiled>,
) -> Result<(), NotCompiled> {
    for part in split(boxes, |(_, rule)| weight_of_box(rule))? {
        let chunk = Chunk::of(mode, part);
        each(&chunk)?;
        if mode == Mode::First && chunk.entries.last().is_some_and(Entry::is_certain) {
            break;
        }
    }
    Ok(())
}

/// Lays a list of truths out, function by function.
///
/// # Errors
/// If one expression is too large, and what `each` reports.
pub(super) fn list(
    list: &[Derived<'_>],
    mut each: impl FnMut(&Steps) -> Result<(), NotCompiled>,
) -> Result<(), NotCompiled> {
    for part in split(list, |derived| weight_of(derived.from))? {
        let mut sets = BTreeMap::new();
        part.iter().for_each(|derived| gather(derived.from, &mut sets));
        let places =
            sets.iter().filter_map(|(dimension, sets)| Some((*dimension, Place::of(sets)?))).collect();
        let mut circuit = Circuit::new(places);
        let mut steps = Vec::with_capacity(part.len());
        for derived in part {
            let truth = circuit.expression(derived.from);
            circuit.compute(derived.of, truth);
            steps.push((derived.of, truth));
        }
        each(&Steps { circuit, steps })?;
    }
    Ok(())
}

/// Splits a list so that each part makes one function.
fn split<T>(list: &[T], weight: impl Fn(&T) -> usize) -> Result<Vec<&[T]>, NotCompiled> {
    let mut parts = Vec::new();
    let (mut first, mut total) = (0, 0);
    for (index, one) in list.iter().enumerate() {
        let weight = weight(one);
        if weight > WEIGHT_LIMIT {
            return Err(NotCompiled::TooLarge);
        }
        if index > first && (index - first == BOXES_PER_FUNCTION || total + weight > WEIGHT_PER_FUNCTION) {
            parts.push(&list[first..index]);
            (first, total) = (index, 0);
        }
        total += weight;
    }
    if first < list.len() {
        parts.push(&list[first..]);
    }
    Ok(parts)
}

fn weight_of_box(rule: &RuleBox) -> usize {
    let constraints = rule.constraints.iter().map(|constraint| constraint.classes.ranges().len());
    1 + constraints.chain(rule.residual.iter().map(weight_of)).sum::<usize>()
}

fn weight_of(expression: &Expression) -> usize {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => 1 + parts.iter().map(weight_of).sum::<usize>(),
        Expression::Not(part) => 1 + weight_of(part),
        Expression::Within(constraint) => 1 + constraint.classes.ranges().len(),
    }
}

/// By dimension, the sets that its class is tested against.
type Sets<'r> = BTreeMap<Dimension, BTreeSet<&'r ClassSet>>;

fn gather<'r>(expression: &'r Expression, sets: &mut Sets<'r>) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| gather(part, sets)),
        Expression::Not(part) => gather(part, sets),
        Expression::Within(constraint) => gather_constraint(constraint, sets),
    }
}

fn gather_constraint<'r>(constraint: &'r Constraint, sets: &mut Sets<'r>) {
    sets.entry(constraint.dimension).or_default().insert(&constraint.classes);
}

impl Chunk {
    fn of(mode: Mode, boxes: &[(u32, &RuleBox)]) -> Chunk {
        let mut sets = BTreeMap::new();
        for (_, rule) in boxes {
            rule.constraints.iter().for_each(|constraint| gather_constraint(constraint, &mut sets));
            rule.residual.iter().for_each(|expression| gather(expression, &mut sets));
        }
        let mut words = Words::default();
        let placed = sets.iter().filter_map(|(dimension, sets)| {
            let place = Place::of(sets)?;
            let (word, offset) = words.take(place.width());
            Some((*dimension, word, Place { offset, ..place }))
        });
        let placed: Vec<(Dimension, usize, Place)> = placed.collect();
        let mut circuit =
            Circuit::new(placed.iter().map(|(dimension, _, place)| (*dimension, *place)).collect());
        for (dimension, word, _) in placed {
            let bit = circuit.bit(dimension).expect("the dimension has a place");
            words.words[word].bits.push(bit);
            words.homes.insert(bit, (word, 0));
        }
        let mut asked = Vec::with_capacity(boxes.len());
        for (number, rule) in boxes {
            assert_ne!(*number, u32::MAX, "the number that says that no box holds");
            let Some(tests) = tests(&mut circuit, rule) else { continue };
            // The first box that holds of everything is answered before all that follow it.
            let is_last = mode == Mode::First && tests.is_empty();
            asked.push((*number, tests));
            if is_last {
                break;
            }
        }
        let mut uses: BTreeMap<Wire, usize> = BTreeMap::new();
        asked.iter().flat_map(|(_, tests)| tests).for_each(|test| *uses.entry(*test).or_default() += 1);
        let entry = |(number, tests): (u32, BTreeSet<Wire>)| {
            let mut entry = Entry { number, forbidden: BTreeMap::new(), equal: Vec::new() };
            tests.into_iter().for_each(|test| words.test(&circuit, test, uses[&test] > 1, &mut entry));
            entry
        };
        let entries = asked.into_iter().map(entry).collect();
        Chunk { circuit, words: words.words, entries }
    }
}

/// The truths that all have to hold for a box: nothing for a box that always holds, and none for one that never does.
fn tests(circuit: &mut Circuit, rule: &RuleBox) -> Option<BTreeSet<Wire>> {
    let mut truths: Vec<Truth> =
        rule.constraints.iter().map(|constraint| circuit.constraint(constraint)).collect();
    truths.extend(rule.residual.iter().map(|expression| circuit.expression(expression)));
    let mut tests = BTreeSet::new();
    for truth in truths {
        match truth {
            Truth::Constant(true) => {}
            Truth::Constant(false) => return None,
            Truth::Of(wire) => match circuit.gate(wire) {
                Gate::All(parts) => tests.extend(parts),
                _ => {
                    tests.insert(wire);
                }
            },
        }
    }
    Some(tests)
}

/// Words while they are filled.
#[derive(Debug, Default)]
struct Words {
    words: Vec<Word>,
    /// The word of each bit of a class, and the word and bit of each truth.
    homes: BTreeMap<Wire, (usize, u32)>,
}

impl Words {
    /// Takes bits that stand together: in the first word with space.
    fn take(&mut self, width: u32) -> (usize, u32) {
        let index = self.words.iter().position(|word| word.used + width <= 64).unwrap_or(self.words.len());
        if index == self.words.len() {
            self.words.push(Word::default());
        }
        let offset = self.words[index].used;
        self.words[index].used += width;
        (index, offset)
    }

    /// Adds a test to a box.
    fn test(&mut self, circuit: &Circuit, test: Wire, is_shared: bool, entry: &mut Entry) {
        match circuit.gate(test) {
            Gate::Among { bit, mask } => {
                let Gate::Bit { place, .. } = circuit.gate(*bit) else {
                    unreachable!("only bits are among others")
                };
                *entry.forbidden.entry(self.homes[bit].0).or_default() |= place.bits() & !mask;
            }
            // The difference from a class is as good as a bit, and costs less if it is needed once.
            Gate::Within { class, first, last } if first == last && !is_shared => {
                entry.equal.push((*class, *first))
            }
            Gate::Within { .. } | Gate::Not(_) | Gate::All(_) | Gate::Any(_) => {
                let (word, bit) = self.home(test);
                *entry.forbidden.entry(word).or_default() |= 1 << bit;
            }
            Gate::Class(_) | Gate::Bit { .. } => unreachable!("a class is no truth"),
        }
    }

    fn home(&mut self, wire: Wire) -> (usize, u32) {
        if let Some(home) = self.homes.get(&wire) {
            return *home;
        }
        let home = self.take(1);
        self.words[home.0].truths.push((wire, home.1));
        self.homes.insert(wire, home);
        home
    }
}
