//! The classes of sets: a truth for each member that is asked for, whether the set is empty, and whether it is a fact's.

use super::texts::table::Table;
use super::{Asked, Meaning};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::model::Predicate;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wayleave_program::value::Value;

/// What is asked of one attribute's sets; its dimensions stand beside each other.
#[derive(Debug)]
pub(super) struct Tested {
    /// The first dimension, and the first behind the last.
    own: Range<usize>,
    has: BTreeMap<String, Dimension>,
    /// The same, fast to ask.
    table: Table,
    is_empty: Option<Dimension>,
    equals: Vec<(BTreeSet<String>, Dimension)>,
}

impl Tested {
    /// `axis` gives a dimension to each question, one after the other.
    pub(super) fn new(tests: &[Asked<'_>], mut axis: impl FnMut(Question) -> Dimension) -> Tested {
        let mut has: BTreeMap<String, Dimension> = BTreeMap::new();
        let mut equals: Vec<(BTreeSet<String>, Dimension)> = Vec::new();
        let mut is_empty = None;
        for test in tests {
            match test {
                Asked::Of(Predicate::Has(member)) => {
                    has.entry(member.clone())
                        .or_insert_with(|| axis(Question::Of(Predicate::Has(member.clone()))));
                }
                Asked::Of(Predicate::IsEmpty) => {
                    is_empty.get_or_insert_with(|| axis(Question::Of(Predicate::IsEmpty)));
                }
                Asked::Fact(Value::Set(set)) => {
                    if !equals.iter().any(|(known, _)| known == set) {
                        equals.push((set.clone(), axis(Question::Equals(set.clone()))));
                    }
                }
                Asked::Of(_) | Asked::Fact(_) => {}
            }
        }
        let of = |dimensions: &[Dimension]| {
            let places = || dimensions.iter().map(|dimension| dimension.0 as usize);
            places().min().unwrap_or_default()..places().max().map_or(0, |last| last + 1)
        };
        let entries: Vec<(&str, u32)> =
            has.iter().map(|(name, dimension)| (name.as_str(), dimension.0)).collect();
        let table = Table::new(&entries);
        let mut tested = Tested { own: 0..0, has, table, is_empty, equals };
        tested.own = of(&tested.dimensions().collect::<Vec<_>>());
        tested
    }

    pub(super) fn classify(&self, set: &BTreeSet<String>, classes: &mut [u32]) {
        classes[self.own.clone()].fill(0);
        for member in set {
            if let Some(dimension) = self.table.get(member) {
                classes[dimension as usize] = 1;
            }
        }
        if let Some(dimension) = self.is_empty {
            classes[dimension.0 as usize] = u32::from(set.is_empty());
        }
        for (known, dimension) in &self.equals {
            classes[dimension.0 as usize] = u32::from(known == set);
        }
    }

    pub(super) fn dimension(&self, predicate: &Predicate) -> Option<Dimension> {
        match predicate {
            Predicate::Has(member) => self.has.get(member).copied(),
            Predicate::IsEmpty => self.is_empty,
            _ => None,
        }
    }

    pub(super) fn equals(&self, set: &BTreeSet<String>) -> Option<Dimension> {
        self.equals.iter().find(|(known, _)| known == set).map(|(_, dimension)| *dimension)
    }

    /// What holds of every set.
    pub(super) fn laws(&self) -> Vec<Expression> {
        let is = |dimension: &Dimension| {
            Expression::Within(Constraint { dimension: *dimension, classes: ClassSet::one(1) })
        };
        let not_both =
            |one: Expression, other: Expression| Expression::Not(Box::new(Expression::All(vec![one, other])));
        let mut laws = Vec::new();
        if let Some(empty) = &self.is_empty {
            laws.extend(self.has.values().map(|has| not_both(is(empty), is(has))));
        }
        for (index, (set, equal)) in self.equals.iter().enumerate() {
            laws.extend(self.equals[..index].iter().map(|(_, other)| not_both(is(equal), is(other))));
            let answers = self.has.iter().map(|(member, has)| (set.contains(member), has));
            for (holds, of) in answers.chain(self.is_empty.iter().map(|empty| (set.is_empty(), empty))) {
                let other = if holds { Expression::Not(Box::new(is(of))) } else { is(of) };
                laws.push(not_both(is(equal), other));
            }
        }
        laws
    }

    /// The members that both ask for, each with its dimension in the one and in the other.
    pub(super) fn shared(&self, other: &Tested) -> Vec<(Dimension, Dimension)> {
        let both = |(member, own): (&String, &Dimension)| Some((*own, *other.has.get(member)?));
        self.has.iter().filter_map(both).collect()
    }

    /// Whether it is empty, in the one and in the other, where both ask.
    pub(super) fn emptiness(&self, other: &Tested) -> Option<(Dimension, Dimension)> {
        Some((self.is_empty?, other.is_empty?))
    }

    /// Whether it is empty, where that is asked.
    pub(super) fn empty(&self) -> Option<Dimension> {
        self.is_empty
    }

    /// The members that are asked for.
    pub(super) fn members(&self) -> impl Iterator<Item = Dimension> + '_ {
        self.has.values().copied()
    }

    pub(super) fn dimensions(&self) -> impl Iterator<Item = Dimension> + '_ {
        let equals = self.equals.iter().map(|(_, dimension)| *dimension);
        self.has.values().copied().chain(self.is_empty).chain(equals)
    }

    /// A set of which the answers are these; none where no set has them.
    /// `closed`: the only members that there can be.
    pub(super) fn representative(
        &self,
        classes: &[u32],
        closed: Option<&[String]>,
    ) -> Option<BTreeSet<String>> {
        let is_true = |dimension: &Dimension| classes[dimension.0 as usize] == 1;
        let mut set: BTreeSet<String> = self
            .has
            .iter()
            .filter(|(_, dimension)| is_true(dimension))
            .map(|(name, _)| name.clone())
            .collect();
        if let Some((known, _)) = self.equals.iter().find(|(_, dimension)| is_true(dimension)) {
            // Members that nobody asks for too.
            set.extend(known.iter().cloned());
        } else if self.is_empty.is_some_and(|dimension| !is_true(&dimension)) && set.is_empty()
            || self.equals.iter().any(|(known, _)| *known == set)
        {
            set.insert(self.stranger(closed)?);
        }
        let mut again = classes.to_vec();
        self.classify(&set, &mut again);
        (again == classes).then_some(set)
    }

    /// A member that nobody asks for.
    fn stranger(&self, closed: Option<&[String]>) -> Option<String> {
        let is_asked = |name: &str| {
            self.has.contains_key(name) || self.equals.iter().any(|(known, _)| known.contains(name))
        };
        if let Some(closed) = closed {
            return closed.iter().find(|name| !is_asked(name)).cloned();
        }
        let mut name = "other".to_owned();
        while is_asked(&name) {
            name.push('-');
        }
        Some(name)
    }
}

/// What a dimension of a set asks.
pub(super) enum Question {
    Of(Predicate),
    Equals(BTreeSet<String>),
}

impl Question {
    pub(super) fn of(self, id: wayleave_program::schema::AttributeId) -> Meaning {
        match self {
            Question::Of(predicate) => Meaning::Holds(id, predicate),
            Question::Equals(set) => Meaning::Equals(id, set),
        }
    }
}
