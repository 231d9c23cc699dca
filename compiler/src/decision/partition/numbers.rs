//! The classes of numbers of any unit: what lies between two cut points.

use super::Asked;
use crate::decision::boxes::{ClassSet, Dimension};
use crate::model::{Interval, Order, Predicate};
use std::collections::BTreeSet;
use wayleave_program::schema::Type;
use wayleave_program::value::{Instant, MinuteOfDay, Share, Tokens, Value};

/// Class 0 is what lies below the first cut point, class n what lies from cut point n − 1 on.
#[derive(Debug)]
pub(super) struct Numbers {
    dimension: Dimension,
    /// Ascending, all within the type's values but its least.
    cuts: Vec<i128>,
    /// The same, as their distance from the type's least value: half as long.
    distances: Vec<u64>,
    least: i128,
    value_type: Type,
}

/// So few cut points are all counted, which takes no guess at a branch, rather than searched.
const FEW: usize = 32;

/// How far a number stands above a type's least; what lies outside the type stands at its nearer end.
fn distance(least: i128, number: i128) -> u64 {
    u64::try_from((number - least).max(0)).unwrap_or(u64::MAX)
}

/// The least and the greatest number of a type.
fn range(value_type: &Type) -> (i128, i128) {
    match value_type {
        Type::Instant => (i64::MIN.into(), i64::MAX.into()),
        Type::TimeOfDay => (0, 24 * 60 - 1),
        _ => (0, u64::MAX.into()),
    }
}

impl Numbers {
    /// Cut where a test's answer changes, at the values of facts, and at these dates.
    pub(super) fn new(value_type: &Type, tests: &[Asked<'_>], dates: &[Instant]) -> Numbers {
        let mut cuts: BTreeSet<i128> = dates.iter().map(|date| date.0.into()).collect();
        for test in tests {
            match test {
                Asked::Of(Predicate::InIntervals(intervals)) => {
                    cuts.extend(
                        intervals.iter().flat_map(|interval| interval.low.into_iter().chain(interval.high)),
                    );
                }
                Asked::Fact(value) => cuts.extend(number(value).into_iter().flat_map(|at| [at, at + 1])),
                Asked::Of(_) => {}
            }
        }
        let (least, greatest) = range(value_type);
        let cuts: Vec<i128> = cuts.into_iter().filter(|cut| least < *cut && *cut <= greatest).collect();
        let distances = cuts.iter().map(|cut| distance(least, *cut)).collect();
        Numbers { dimension: Dimension(0), cuts, distances, least, value_type: value_type.clone() }
    }

    pub(super) fn at(self, dimension: Dimension) -> Numbers {
        Numbers { dimension, ..self }
    }

    pub(super) fn dimension(&self) -> Dimension {
        self.dimension
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.cuts.len() + 1).expect("fewer than 2^32 cut points")
    }

    pub(super) fn classify(&self, value: &Value, classes: &mut [u32]) {
        if let Some(number) = number(value) {
            classes[self.dimension.0 as usize] = self.class_of(number);
        }
    }

    pub(super) fn class_of(&self, number: i128) -> u32 {
        let number = distance(self.least, number);
        if self.distances.len() <= FEW {
            return self.distances.iter().map(|cut| u32::from(*cut <= number)).sum();
        }
        self.distances.partition_point(|cut| *cut <= number) as u32
    }

    /// The numbers of a class, both ends inside.
    pub(super) fn between(&self, class: u32) -> (i128, i128) {
        let (least, greatest) = range(&self.value_type);
        let index = class as usize;
        let low = index.checked_sub(1).map_or(least, |before| self.cuts[before]);
        (low, self.cuts.get(index).map_or(greatest, |next| next - 1))
    }

    /// A number as a value of the type.
    pub(super) fn value(&self, number: i128) -> Value {
        let count = u64::try_from(number).unwrap_or_default();
        match self.value_type {
            Type::Instant => Value::Instant(Instant(i64::try_from(number).unwrap_or_default())),
            Type::TimeOfDay => Value::TimeOfDay(MinuteOfDay(u32::try_from(number).unwrap_or_default())),
            Type::Share => Value::Share(Share(count)),
            _ => Value::Tokens(Tokens(count)),
        }
    }

    pub(super) fn within(&self, predicate: &Predicate) -> ClassSet {
        let Predicate::InIntervals(intervals) = predicate else { return ClassSet::none() };
        intervals.iter().fold(ClassSet::none(), |all, interval| all.or(&self.of(*interval)))
    }

    /// Both ends are cut points or none of the type's values.
    fn of(&self, interval: Interval) -> ClassSet {
        let (least, greatest) = range(&self.value_type);
        let low = interval.low.unwrap_or(least).max(least);
        let last = interval.high.map_or(greatest, |high| high - 1).min(greatest);
        if low > last {
            return ClassSet::none();
        }
        ClassSet::range(self.class_of(low), self.class_of(last))
    }

    pub(super) fn compared(&self, order: Order, fact: &Value) -> ClassSet {
        let Some(fact) = number(fact) else { return ClassSet::none() };
        let (low, high) = match order {
            Order::Equal => (Some(fact), Some(fact + 1)),
            Order::Less => (None, Some(fact)),
            Order::LessOrEqual => (None, Some(fact + 1)),
            Order::Greater => (Some(fact + 1), None),
            Order::GreaterOrEqual => (Some(fact), None),
        };
        self.of(Interval { low, high })
    }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Tokens(tokens) => Some(tokens.0.into()),
        Value::Money(amount) => Some(amount.0.into()),
        Value::Instant(instant) => Some(instant.0.into()),
        Value::Share(share) => Some(share.0.into()),
        Value::TimeOfDay(minute) => Some(minute.0.into()),
        Value::Text(_)
        | Value::Set(_)
        | Value::Unknown
        | Value::Bool(_)
        | Value::Parts(_)
        | Value::Member(_) => None,
    }
}
