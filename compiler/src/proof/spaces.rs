//! Sets of requests, each of one kind, as few boxes: found one by one, each as wide as its reasons, then joined where together they
//! are more.

use super::formula::Formula;
use super::query::series::Series;
use super::query::{Answer, Requests, WORK_LIMIT};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use std::collections::{BTreeMap, BTreeSet};

/// Requests, as one set of classes for each dimension that matters.
pub(crate) type Space = Vec<Constraint>;

/// So many boxes of one kind are joined with each other; of more, each stands as it was found.
const JOINED: usize = 3_000;

/// What joining those of one kind may cost, as for [`WORK_LIMIT`].
const WORK: u64 = 20_000;

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
    let mut series = Series::new(requests, base.iter().chain([wanted]).cloned().collect());
    cells.seen.iter().for_each(|space| series.exclude(space.clone()));
    for done in 0.. {
        let mut work = WORK_LIMIT;
        let classes = match series.find(&Space::new(), std::iter::empty(), &mut work) {
            Answer::None => return true,
            Answer::Some(classes) if done < limit => classes,
            Answer::Some(_) | Answer::Unknown => return false,
        };
        let (found, space) = kind(&classes, done);
        if let Some(found) = found {
            cells.by_kind.entry(found).or_default().push(space.clone());
        }
        series.exclude(space.clone());
        cells.seen.push(space);
    }
    false
}

/// The same requests in as few and as wide boxes as are easily found.
pub(crate) fn joined(requests: &Requests<'_>, assumed: &[Formula<'_>], spaces: Vec<Space>) -> Vec<Space> {
    if spaces.len() > JOINED {
        return spaces;
    }
    let mut all = Series::new(requests, assumed.to_vec());
    spaces.iter().for_each(|space| all.exclude(space.clone()));
    let mut join = Join { requests, all: &spaces, others: all, work: WORK };
    let mut wide: Vec<Space> = Vec::new();
    for space in &spaces {
        if wide.iter().any(|known| is_within(space, known)) {
            continue;
        }
        let widened = join.widened(space.clone());
        wide.retain(|known| !is_within(known, &widened));
        wide.push(widened);
    }
    without_covered(requests, assumed, wide, join.work)
}

/// What the others cover together is left out.
fn without_covered<'s>(
    requests: &Requests<'s>,
    assumed: &[Formula<'s>],
    mut wide: Vec<Space>,
    mut work: u64,
) -> Vec<Space> {
    let mut series = Series::new(requests, assumed.to_vec());
    wide.iter().for_each(|space| series.may_exclude(space.clone()));
    let mut kept: Vec<usize> = (0..wide.len()).collect();
    for (number, space) in wide.iter().enumerate() {
        let others = kept.iter().copied().filter(|other| *other != number);
        if kept.len() > 1 && work > 0 && matches!(series.find(space, others, &mut work), Answer::None) {
            kept.retain(|other| *other != number);
        }
    }
    let mut number = 0..;
    wide.retain(|_| number.next().is_some_and(|number| kept.contains(&number)));
    wide
}

struct Join<'j> {
    requests: &'j Requests<'j>,
    all: &'j [Space],
    /// What is of none of them.
    others: Series<'j>,
    /// What it may still cost to ask; then only what is seen at once is joined.
    work: u64,
}

impl Join<'_> {
    /// Whether each request of a box is of one of them.
    fn is_all_of_it(&mut self, space: &Space) -> bool {
        self.all.iter().any(|other| is_within(space, other))
            || self.work > 0
                && matches!(self.others.find(space, std::iter::empty(), &mut self.work), Answer::None)
    }

    /// The widest box around it of which all differs in this way: each dimension left out if it can be, else as many of its
    /// classes as can be.
    fn widened(&mut self, mut space: Space) -> Space {
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
            // What one of them holds is seen without a question.
            for other in self.all {
                if !is_within_but(&space, other, Some(dimension)) {
                    continue;
                }
                let classes = other.iter().find(|part| part.dimension == dimension).map(|part| &part.classes);
                let all = || ClassSet::all(self.requests.index().count(dimension));
                space[index].classes = space[index].classes.or(&classes.cloned().unwrap_or_else(all));
            }
            for more in self.groups(dimension) {
                if self.work == 0 {
                    break;
                }
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

/// Whether two boxes have something in common.
pub(crate) fn meet(one: &Space, other: &Space) -> bool {
    let clash = |part: &Constraint| {
        let same = other.iter().find(|known| known.dimension == part.dimension);
        same.is_some_and(|known| known.classes.and(&part.classes).is_empty())
    };
    !one.iter().any(clash)
}

/// Whether one box lies within another.
fn is_within(one: &Space, other: &Space) -> bool {
    is_within_but(one, other, None)
}

/// The same, whatever its classes of one dimension are.
fn is_within_but(one: &Space, other: &Space, dimension: Option<Dimension>) -> bool {
    other.iter().filter(|part| Some(part.dimension) != dimension).all(|part| {
        let own = one.iter().find(|own| own.dimension == part.dimension);
        own.is_some_and(|own| own.classes.is_within(&part.classes))
    })
}
