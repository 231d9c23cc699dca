//! Truths over one class vector as a circuit: gates without cycles, each made once however often it is asked for, and
//! constants folded. Nothing is known here of machines or of priority.
//!
//! The hash-consing is that of Filliâtre and Conchon, *Type-safe modular hash-consing* (2006), over an ordered map.

use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use std::collections::{BTreeMap, BTreeSet};

/// A gate of a circuit, by its position. What a gate reads stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wire(u32);

impl Wire {
    /// The position.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gate {
    /// The class that the vector has in a dimension.
    Class(Dimension),
    /// One bit of 64 that stands for a class.
    Bit {
        /// Of which class.
        class: Wire,
        /// Where.
        place: Place,
    },
    /// Whether a class is in a range, both ends inside.
    Within {
        /// The class.
        class: Wire,
        /// The first.
        first: u32,
        /// The last.
        last: u32,
    },
    /// Whether a bit is among these.
    Among {
        /// The bit.
        bit: Wire,
        /// Those that are meant.
        mask: u64,
    },
    /// Whether a truth is none.
    Not(Wire),
    /// Whether all hold; two or more, ascending.
    All(Vec<Wire>),
    /// Whether one holds; two or more, ascending.
    Any(Vec<Wire>),
}

/// What is known of a condition when the circuit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It holds of every vector, or of none.
    Constant(bool),
    /// A gate tells.
    Of(Wire),
}

/// How classes become bits: class `base + i` is bit `offset + i` for `i` below `top`; every other class is bit
/// `offset + top`. So a class that no set names has its bit too, and any number is a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The class of the first bit.
    pub base: u32,
    /// How many bits there are before the last.
    pub top: u32,
    /// Which bit is the first.
    pub offset: u32,
}

impl Place {
    /// The bits for these sets of classes of one dimension, from bit 0. None where single tests are better: bits pay where
    /// there are several ranges to tell apart, and few classes from the first end of a range to the last.
    pub(super) fn of(sets: &BTreeSet<&ClassSet>) -> Option<Place> {
        let ranges = || sets.iter().flat_map(|set| set.ranges());
        let ends = || {
            ranges()
                .flat_map(|(first, last)| [Some(*first), last.checked_add(1)])
                .flatten()
                .filter(|end| *end > 0)
        };
        let (low, high) = (ends().min()?, ends().max()?);
        // All classes below the first end are alike, and so are all from the last end on. If no set tells one of those
        // from one of these, they share the last bit.
        let is_alike = sets.iter().all(|set| set.contains(low - 1) == set.contains(high));
        let base = if is_alike { low } else { 0 };
        let place = Place { base, top: high - base, offset: 0 };
        let is_worth_it = ranges().count() >= 2
            && place.top < 64
            && place.top as usize <= CLASSES_PER_RANGE * ranges().count();
        is_worth_it.then_some(place)
    }

    /// How many bits there are.
    pub(super) fn width(self) -> u32 {
        self.top + 1
    }

    /// All its bits.
    pub(super) fn bits(self) -> u64 {
        (u64::MAX >> (63 - self.top)) << self.offset
    }

    /// The bits of the classes in a set.
    fn mask(self, classes: &ClassSet) -> u64 {
        let held = (0..=self.top).filter(|index| classes.contains(self.base + index));
        held.fold(0, |mask, index| mask | 1 << (self.offset + index))
    }
}

/// A range that is tested alone costs about six instructions and one bit, as bits do for the whole dimension.
const CLASSES_PER_RANGE: usize = 8;

/// Gates, and what each dimension is read as.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    gates: Vec<Gate>,
    known: BTreeMap<Gate, Wire>,
    /// Dimensions that are read as bits.
    places: BTreeMap<Dimension, Place>,
    /// Dimensions whose classes are truths of this circuit: 1 where they hold, 0 otherwise.
    computed: BTreeMap<Dimension, Truth>,
}

impl Circuit {
    /// Without gates. Where a dimension has a place, sets of its classes are masks.
    pub(super) fn new(places: BTreeMap<Dimension, Place>) -> Circuit {
        Circuit { places, ..Circuit::default() }
    }

    /// The gates, in order.
    pub(super) fn gates(&self) -> &[Gate] {
        &self.gates
    }

    /// One gate.
    pub(super) fn gate(&self, wire: Wire) -> &Gate {
        &self.gates[wire.index()]
    }

    /// The bit of a dimension's class, if it is read as bits.
    pub(super) fn bit(&mut self, dimension: Dimension) -> Option<Wire> {
        let place = *self.places.get(&dimension)?;
        let class = self.made(Gate::Class(dimension));
        Some(self.made(Gate::Bit { class, place }))
    }

    /// Whether an expression holds. Depth is bounded by the grammar's nesting limit.
    pub(super) fn expression(&mut self, expression: &Expression) -> Truth {
        match expression {
            Expression::All(parts) => {
                let parts = parts.iter().map(|part| self.expression(part)).collect();
                self.all(parts)
            }
            Expression::Any(parts) => {
                let parts = parts.iter().map(|part| self.expression(part)).collect();
                self.any(parts)
            }
            Expression::Not(part) => {
                let part = self.expression(part);
                self.not(part)
            }
            Expression::Within(constraint) => self.constraint(constraint),
        }
    }

    /// Whether a constraint holds.
    pub(super) fn constraint(&mut self, constraint: &Constraint) -> Truth {
        let Constraint { dimension, classes } = constraint;
        if let Some(truth) = self.computed.get(dimension).copied() {
            return match (classes.contains(0), classes.contains(1)) {
                (false, true) => truth,
                (true, false) => self.not(truth),
                (both, _) => Truth::Constant(both),
            };
        }
        if matches!(classes.ranges(), [] | [(0, u32::MAX)]) {
            return Truth::Constant(!classes.is_empty());
        }
        if let Some(bit) = self.bit(*dimension) {
            let place = self.places[dimension];
            return self.among(bit, place, place.mask(classes));
        }
        let class = self.made(Gate::Class(*dimension));
        let ranges = classes.ranges().iter();
        let parts = ranges
            .map(|(first, last)| Truth::Of(self.made(Gate::Within { class, first: *first, last: *last })));
        let parts = parts.collect();
        self.any(parts)
    }

    /// From here on, the dimension's class is that truth.
    pub(super) fn compute(&mut self, dimension: Dimension, truth: Truth) {
        self.computed.insert(dimension, truth);
    }

    fn not(&mut self, truth: Truth) -> Truth {
        let wire = match truth {
            Truth::Constant(holds) => return Truth::Constant(!holds),
            Truth::Of(wire) => wire,
        };
        match *self.gate(wire) {
            Gate::Not(part) => Truth::Of(part),
            Gate::Among { bit, mask } => match *self.gate(bit) {
                Gate::Bit { place, .. } => self.among(bit, place, !mask),
                _ => unreachable!("only bits are among others"),
            },
            _ => Truth::Of(self.made(Gate::Not(wire))),
        }
    }

    fn all(&mut self, parts: Vec<Truth>) -> Truth {
        self.joined(parts, true, Gate::All)
    }

    fn any(&mut self, parts: Vec<Truth>) -> Truth {
        self.joined(parts, false, Gate::Any)
    }

    /// Joins truths; those that are `neutral` add nothing, and one that is its opposite decides.
    fn joined(&mut self, parts: Vec<Truth>, neutral: bool, gate: fn(Vec<Wire>) -> Gate) -> Truth {
        let mut wires = BTreeSet::new();
        for part in parts {
            match part {
                Truth::Constant(holds) if holds == neutral => {}
                Truth::Constant(holds) => return Truth::Constant(holds),
                Truth::Of(wire) => {
                    wires.insert(wire);
                }
            }
        }
        let wires: Vec<Wire> = wires.into_iter().collect();
        match wires[..] {
            [] => Truth::Constant(neutral),
            [only] => Truth::Of(only),
            _ => Truth::Of(self.made(gate(wires))),
        }
    }

    fn among(&mut self, bit: Wire, place: Place, mask: u64) -> Truth {
        let mask = mask & place.bits();
        if mask == 0 || mask == place.bits() {
            return Truth::Constant(mask != 0);
        }
        Truth::Of(self.made(Gate::Among { bit, mask }))
    }

    fn made(&mut self, gate: Gate) -> Wire {
        if let Some(wire) = self.known.get(&gate) {
            return *wire;
        }
        let wire =
            Wire(u32::try_from(self.gates.len()).expect("a circuit is bounded by its function's weight"));
        self.gates.push(gate.clone());
        self.known.insert(gate, wire);
        wire
    }
}
