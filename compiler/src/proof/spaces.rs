//! Sets of requests, each of one kind, as few boxes: found one by one, each as wide as its reasons, then joined where together they
//! are more.

use super::formula::Formula;
use super::query::{Answer, Requests, WORK_LIMIT};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use std::collections::{BTreeMap, BTreeSet};

/// Requests, as one set of classes for each dimension that matters.
pub(crate) type Space = Vec<Constraint>;

/// So many boxes of one kind are joined with each other; of more, each stands as it was found.
const JOINED: usize = 400;

/// That a request is of it.
pub(crate) fn is_of(space: &Space) -> Expression {
    Expression::All(space.iter().cloned().map(Expression::Within).collect())
}

/// All boxes of a search, by kind.
#[derive(Debug)]
pub(crate) struct Cells<K> {
    pub(crate) by_kind: BTreeMap<K, Vec<Space>>,
    /// All that was looked at, of whichever kind.
    pub(crate) seen: Vec<Space>,
}

impl<K> Default for Cells<K> {
    fn default() -> Cells<K> {
        Cells { by_kind: BTreeMap::new(), seen: Vec::new() }
    }
}

/// Finds boxes that together, with those found before, hold every request of which `wanted` and `base` do. `kind`: of a request
/// of these classes, of what kind it is, and the box in which all are; none where it is of no kind that is kept. `limit`: so
/// many boxes at most. Whether nothing else is left.
pub(crate) fn cells<K: Ord>(
    requests: &Requests<'_>,
    (base, wanted): (&[Formula<'_>], &Formula<'_>),
    limit: usize,
    cells: &mut Cells<K>,
    mut kind: impl FnMut(&[u32], usize) -> (Option<K>, Space),
) -> bool {
    let mut near: Option<Vec<u32>> = None;
    for done in 0.. {
        let mut query = requests.query();
        query.when(wanted.clone());
        base.iter().for_each(|base| {
            query.when(base.clone());
        });
        cells.seen.iter().for_each(|space| {
            query.unless(is_of(space));
        });
        let mut work = WORK_LIMIT;
        let classes = match query.find(near.as_deref(), &mut work) {
            Answer::None => return true,
            Answer::Some(classes) if done < limit => classes,
            Answer::Some(_) | Answer::Unknown => return false,
        };
        let (found, space) = kind(&classes, done);
        if let Some(found) = found {
            cells.by_kind.entry(found).or_default().push(space.clone());
        }
        cells.seen.push(space);
        near = Some(classes);
    }
    false
}

/// The same requests in as few and as wide boxes as are easily found.
pub(crate) fn joined(requests: &Requests<'_>, assumed: &[Formula<'_>], spaces: Vec<Space>) -> Vec<Space> {
    if spaces.len() > JOINED {
        return spaces;
    }
    let join = Join { requests, assumed, all: &spaces };
    let mut wide: Vec<Space> = Vec::new();
    for space in &spaces {
        if wide.iter().any(|known| is_within(space, known)) {
            continue;
        }
        let widened = join.widened(space.clone());
        wide.retain(|known| !is_within(known, &widened));
        wide.push(widened);
    }
    // What the others cover together is left out.
    let mut index = 0;
    while index < wide.len() && wide.len() > 1 {
        let rest: Vec<&Space> =
            wide.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, space)| space).collect();
        if join.is_covered(&wide[index], &rest) {
            wide.remove(index);
        } else {
            index += 1;
        }
    }
    wide
}

struct Join<'j, 's> {
    requests: &'j Requests<'s>,
    assumed: &'j [Formula<'j>],
    all: &'j [Space],
}

impl Join<'_, '_> {
    /// Whether each request of a box is of one of the others.
    fn is_covered(&self, space: &Space, others: &[&Space]) -> bool {
        if others.iter().any(|other| is_within(space, other)) {
            return true;
        }
        let mut query = self.requests.query();
        query.when(is_of(space));
        self.assumed.iter().for_each(|assumed| {
            query.when(assumed.clone());
        });
        others.iter().for_each(|other| {
            query.unless(is_of(other));
        });
        let mut work = WORK_LIMIT;
        matches!(query.find(None, &mut work), Answer::None)
    }

    fn is_all_of_it(&self, space: &Space) -> bool {
        let all: Vec<&Space> = self.all.iter().collect();
        self.is_covered(space, &all)
    }

    /// The widest box around it of which all differs in this way: each dimension left out if it can be, else as many of its
    /// classes as can be.
    fn widened(&self, mut space: Space) -> Space {
        let mut index = 0;
        while index < space.len() {
            let mut tried = space.clone();
            tried.remove(index);
            if self.is_all_of_it(&tried) {
                space = tried;
            } else {
                index += 1;
            }
        }
        for index in 0..space.len() {
            let dimension = space[index].dimension;
            for more in self.groups(dimension) {
                let both = space[index].classes.or(&more);
                if both == space[index].classes {
                    continue;
                }
                let mut tried = space.clone();
                tried[index].classes = more;
                if self.is_all_of_it(&tried) {
                    space[index].classes = both;
                }
            }
        }
        let count = |part: &Constraint| self.requests.index().count(part.dimension);
        space.retain(|part| part.classes.len() < count(part));
        space
    }

    /// Classes of a dimension that none of the boxes tells apart.
    fn groups(&self, dimension: Dimension) -> Vec<ClassSet> {
        let own = self.all.iter().flatten().filter(|part| part.dimension == dimension);
        let sets: BTreeSet<&ClassSet> = own.map(|part| &part.classes).collect();
        let mut groups: BTreeMap<Vec<bool>, Vec<u32>> = BTreeMap::new();
        for class in 0..self.requests.index().count(dimension) {
            let answers = sets.iter().map(|set| set.contains(class)).collect();
            groups.entry(answers).or_default().push(class);
        }
        groups.into_values().map(ClassSet::of).collect()
    }
}

/// The least box around all of these.
pub(crate) fn around(spaces: &[Space]) -> Space {
    let Some((first, others)) = spaces.split_first() else { return Space::new() };
    let joined = first.iter().filter_map(|part| {
        let mut classes = part.classes.clone();
        for other in others {
            let same = other.iter().find(|known| known.dimension == part.dimension)?;
            classes = classes.or(&same.classes);
        }
        Some(Constraint { dimension: part.dimension, classes })
    });
    joined.collect()
}

/// Whether one box lies within another.
fn is_within(one: &Space, other: &Space) -> bool {
    other.iter().all(|part| {
        let own = one.iter().find(|own| own.dimension == part.dimension);
        own.is_some_and(|own| own.classes.and(&part.classes) == own.classes)
    })
}
