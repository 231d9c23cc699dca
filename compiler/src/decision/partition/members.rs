//! The classes of a named type: members that no test tells apart are one class.

use super::Asked;
use crate::decision::boxes::{ClassSet, Dimension};
use crate::model::{Order, Predicate};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::schema::{NamedType, Shape};
use wayleave_program::value::{MemberId, Value};

/// The classes of the members of one type, numbered by their first member.
#[derive(Debug)]
pub(super) struct Members {
    dimension: Dimension,
    /// Indexed by member.
    class_of: Vec<u32>,
    /// Of a value that the tree lacks; in other shapes there is none.
    unknown: u32,
    count: u32,
    /// A member of each class; none where only the unknown value is of it.
    first: Vec<Option<MemberId>>,
}

impl Members {
    /// `is_computed`: every member is a class of its own, because its value is read back.
    pub(super) fn new(named: &NamedType, tests: &[Asked<'_>], is_computed: bool) -> Members {
        let mut answers: Vec<Vec<u32>> = vec![Vec::new(); named.members.len()];
        let sets: BTreeSet<&BTreeSet<MemberId>> = tests.iter().filter_map(asked_members).collect();
        for (set, test) in sets.into_iter().zip(0_u32..) {
            for member in set {
                answers[member.0 as usize].push(test);
            }
        }
        let facts: BTreeSet<MemberId> = tests.iter().filter_map(fact).collect();
        let mut classes: BTreeMap<(Vec<u32>, u32, u32), u32> = BTreeMap::new();
        let mut first: Vec<Option<MemberId>> = Vec::new();
        let mut class_of = Vec::with_capacity(answers.len());
        for (answers, member) in answers.into_iter().zip(0_u32..) {
            let id = MemberId(member);
            // How many facts' values stand below it, and whether it is one.
            let below = facts.range(..id).count() as u32;
            let stands = if facts.is_empty() { (0, 0) } else { (1 + below, u32::from(facts.contains(&id))) };
            let own = if is_computed { 1 + member } else { 0 };
            let next = first.len() as u32;
            let class = *classes.entry((answers, stands.0, stands.1 + 2 * own)).or_insert(next);
            if class == next {
                first.push(Some(id));
            }
            class_of.push(class);
        }
        let unknown = match (named.shape, classes.get(&(Vec::new(), 0, 0))) {
            (_, Some(class)) => *class,
            (Shape::Tree, None) => {
                first.push(None);
                first.len() as u32 - 1
            }
            (Shape::Plain | Shape::Scale, None) => 0,
        };
        Members { dimension: Dimension(0), class_of, unknown, count: first.len() as u32, first }
    }

    pub(super) fn at(self, dimension: Dimension) -> Members {
        Members { dimension, ..self }
    }

    pub(super) fn dimension(&self) -> Dimension {
        self.dimension
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn classify(&self, value: &Value, classes: &mut [u32]) {
        let class = match value {
            Value::Member(member) => self.class_of.get(member.0 as usize).copied(),
            _ => None,
        };
        classes[self.dimension.0 as usize] = class.unwrap_or(self.unknown);
    }

    /// A value of a class.
    pub(super) fn representative(&self, class: u32) -> Value {
        self.first[class as usize].map_or(Value::Unknown, Value::Member)
    }

    pub(super) fn within(&self, predicate: &Predicate) -> ClassSet {
        match predicate {
            Predicate::OneOfMembers(members) => {
                ClassSet::of(members.iter().map(|member| self.class_of[member.0 as usize]))
            }
            _ => ClassSet::none(),
        }
    }

    pub(super) fn compared(&self, order: Order, fact: &Value) -> ClassSet {
        let Value::Member(fact) = fact else { return ClassSet::none() };
        let holds = |member: u32| match order {
            Order::Equal => member == fact.0,
            Order::Less => member < fact.0,
            Order::LessOrEqual => member <= fact.0,
            Order::Greater => member > fact.0,
            Order::GreaterOrEqual => member >= fact.0,
        };
        let members = self.class_of.iter().zip(0_u32..).filter(|(_, member)| holds(*member));
        ClassSet::of(members.map(|(class, _)| *class))
    }
}

fn asked_members<'p>(test: &Asked<'p>) -> Option<&'p BTreeSet<MemberId>> {
    match test {
        Asked::Of(Predicate::OneOfMembers(members)) => Some(members),
        Asked::Of(_) | Asked::Fact(_) => None,
    }
}

fn fact(test: &Asked<'_>) -> Option<MemberId> {
    match test {
        Asked::Fact(Value::Member(member)) => Some(*member),
        Asked::Of(_) | Asked::Fact(_) => None,
    }
}
