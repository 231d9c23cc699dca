//! Rules as boxes: what a rule asks, as one set of classes for each dimension that it tests. A class is a number; what it
//! stands for is the partition's to know.

use std::collections::BTreeSet;

/// The position of a dimension in a class vector: the classes of one attribute, of one member of a set, of the target, or
/// a truth that is computed from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimension(pub u32);

/// Classes of one dimension: inclusive ranges of numbers, ascending, disjoint and not adjacent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClassSet(Vec<(u32, u32)>);

impl ClassSet {
    /// None.
    pub fn none() -> ClassSet {
        ClassSet(Vec::new())
    }

    /// All of `count` classes.
    pub fn all(count: u32) -> ClassSet {
        ClassSet(count.checked_sub(1).map(|last| (0, last)).into_iter().collect())
    }

    /// One.
    pub fn one(class: u32) -> ClassSet {
        ClassSet(vec![(class, class)])
    }

    /// From the first to the last, both inside.
    pub fn range(first: u32, last: u32) -> ClassSet {
        ClassSet(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// Those that are named, in any order.
    pub fn of(classes: impl IntoIterator<Item = u32>) -> ClassSet {
        let mut classes: Vec<u32> = classes.into_iter().collect();
        classes.sort_unstable();
        ClassSet::joined(classes.into_iter().map(|class| (class, class)))
    }

    /// Ranges in ascending order of their beginnings, joined where they touch.
    fn joined(ranges: impl IntoIterator<Item = (u32, u32)>) -> ClassSet {
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(before) if before.1 == u32::MAX || first <= before.1 + 1 => {
                    before.1 = before.1.max(last)
                }
                _ => joined.push((first, last)),
            }
        }
        ClassSet(joined)
    }

    /// The ranges, both ends inside.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether it holds that class.
    pub fn contains(&self, class: u32) -> bool {
        let behind = self.0.partition_point(|(first, _)| *first <= class);
        behind.checked_sub(1).is_some_and(|index| class <= self.0[index].1)
    }

    /// Each class, ascending.
    pub fn classes(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Those of `count` classes that are not in it.
    #[must_use]
    pub fn complement(&self, count: u32) -> ClassSet {
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for (first, last) in &self.0 {
            if next < *first {
                rest.push((next, first - 1));
            }
            next = last + 1;
        }
        if next < count {
            rest.push((next, count - 1));
        }
        ClassSet(rest)
    }

    /// Whether another holds all of these.
    pub fn is_within(&self, other: &ClassSet) -> bool {
        let mut at = 0;
        self.0.iter().all(|(first, last)| {
            while other.0.get(at).is_some_and(|(_, end)| end < first) {
                at += 1;
            }
            other.0.get(at).is_some_and(|(begin, end)| begin <= first && last <= end)
        })
    }

    /// Those that both hold.
    #[must_use]
    pub fn and(&self, other: &ClassSet) -> ClassSet {
        let mut both = Vec::new();
        let (mut left, mut right) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                both.push((first, last));
            }
            if a.1 < b.1 { left += 1 } else { right += 1 }
        }
        ClassSet(both)
    }

    /// Those that one of them holds.
    #[must_use]
    pub fn or(&self, other: &ClassSet) -> ClassSet {
        let mut ranges: Vec<(u32, u32)> = self.0.iter().chain(&other.0).copied().collect();
        ranges.sort_unstable();
        ClassSet::joined(ranges)
    }
}

/// That the class of one dimension is one of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constraint {
    /// Of which dimension.
    pub dimension: Dimension,
    /// Which classes.
    pub classes: ClassSet,
}

impl Constraint {
    /// Whether it holds of a class vector.
    pub fn holds(&self, classes: &[u32]) -> bool {
        self.classes.contains(classes[self.dimension.0 as usize])
    }
}

/// A condition over classes, as it was written: what is no box.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expression {
    /// All hold; of none: true.
    All(Vec<Expression>),
    /// One holds; of none: false.
    Any(Vec<Expression>),
    /// It does not hold.
    Not(Box<Expression>),
    /// One dimension's class is one of these.
    Within(Constraint),
}

impl Expression {
    /// Whether it holds of a class vector. Depth is bounded by the grammar's nesting limit.
    pub fn holds(&self, classes: &[u32]) -> bool {
        match self {
            Expression::All(parts) => parts.iter().all(|part| part.holds(classes)),
            Expression::Any(parts) => parts.iter().any(|part| part.holds(classes)),
            Expression::Not(part) => !part.holds(classes),
            Expression::Within(constraint) => constraint.holds(classes),
        }
    }

    /// How many of its parts stand inside each other: 0 of a single constraint.
    pub fn depth(&self) -> usize {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                1 + parts.iter().map(Expression::depth).max().unwrap_or(0)
            }
            Expression::Not(part) => 1 + part.depth(),
            Expression::Within(_) => 0,
        }
    }

    /// Adds the dimensions that it reads.
    pub fn add_dimensions(&self, found: &mut BTreeSet<Dimension>) {
        match self {
            Expression::All(parts) | Expression::Any(parts) => {
                parts.iter().for_each(|part| part.add_dimensions(found));
            }
            Expression::Not(part) => part.add_dimensions(found),
            Expression::Within(constraint) => {
                found.insert(constraint.dimension);
            }
        }
    }
}

/// One way in which a rule holds: every constraint, and what is left beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBox {
    /// The rule, by its position in its layer. Several boxes may be of one rule; they stand beside each other.
    pub rule: u32,
    /// Ascending by dimension, each dimension at most once; none is empty, none allows every class.
    pub constraints: Vec<Constraint>,
    /// What could not be said by constraints; all have to hold.
    pub residual: Vec<Expression>,
}

impl RuleBox {
    /// Whether it holds of a class vector.
    pub fn holds(&self, classes: &[u32]) -> bool {
        self.constraints.iter().all(|constraint| constraint.holds(classes))
            && self.residual.iter().all(|expression| expression.holds(classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_classes_are_sets() {
        let every: Vec<u32> = (0..8).collect();
        let of = |bits: u32| ClassSet::of(every.iter().copied().filter(|class| bits >> class & 1 == 1));
        for a in 0..256_u32 {
            let set = of(a);
            assert_eq!(set.len(), a.count_ones());
            assert_eq!(set.complement(8), of(!a & 255));
            assert!(every.iter().all(|class| set.contains(*class) == (a >> class & 1 == 1)));
            for b in 0..256_u32 {
                assert_eq!(set.and(&of(b)), of(a & b), "{a:b} and {b:b}");
                assert_eq!(set.or(&of(b)), of(a | b), "{a:b} or {b:b}");
            }
        }
        assert_eq!(ClassSet::all(0), ClassSet::none());
        assert_eq!(ClassSet::all(8), of(255));
    }
}
