//! All requests that are decided differently, as few boxes: found one by one, each widened to all that differs in the same way
//! for the same reasons, then joined where together they are more.

use super::cell::{Cell, Kind, Pair, Signature};
use super::suspects::{self, Part};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::proof::formula::Formula;
use crate::proof::query::{Answer, WORK_LIMIT};
use std::collections::{BTreeMap, BTreeSet};

/// Requests, as one set of classes for each dimension that matters.
pub(crate) type Space = Vec<Constraint>;

/// So many ways are looked at one by one; what is left then is one region that says so.
const CELLS: usize = 1_000;

/// So many boxes of one difference are joined with each other; of more, each stands as it was found.
const JOINED: usize = 400;

/// Requests that differ in one way.
#[derive(Debug)]
pub(super) struct Found {
    /// Only those of them.
    pub(super) part: Part,
    pub(super) signature: Signature,
    /// One of them.
    pub(super) spaces: Vec<Space>,
}

/// What there is.
#[derive(Debug, Default)]
pub(super) struct All {
    /// In the order of their signatures.
    pub(super) found: Vec<Found>,
    /// Parts of which more may differ: what is excluded of it.
    pub(super) rest: Vec<(Part, Vec<Space>)>,
}

pub(super) fn is_of(space: &Space) -> Expression {
    Expression::All(space.iter().cloned().map(Expression::Within).collect())
}

/// Finds them all. `assumed`: what is asked of all requests.
pub(super) fn all(pair: &Pair<'_>, assumed: &[Formula<'_>], progress: &dyn Fn(usize)) -> All {
    let mut all = All::default();
    let mut looked_at = 0;
    for part in Part::ALL {
        let mut base = assumed.to_vec();
        base.extend(part.base(pair.sides));
        let suspects = suspects::formula(part, pair.sides, pair.alike);
        let mut by_signature: BTreeMap<Signature, Vec<Space>> = BTreeMap::new();
        let mut seen: Vec<Space> = Vec::new();
        let mut near: Option<Vec<u32>> = None;
        loop {
            progress(looked_at);
            if looked_at >= CELLS {
                all.rest.push((part, seen));
                break;
            }
            let mut query = pair.requests.query();
            query.when(suspects.clone());
            base.iter().for_each(|base| {
                query.when(base.clone());
            });
            seen.iter().for_each(|space| {
                query.unless(is_of(space));
            });
            let mut work = WORK_LIMIT;
            let classes = match query.find(near.as_deref(), &mut work) {
                Answer::None => break,
                Answer::Unknown => {
                    all.rest.push((part, seen));
                    break;
                }
                Answer::Some(classes) => classes,
            };
            let Cell { signature, constraints } = pair.cell(&classes);
            if !signature.kinds.is_empty() {
                by_signature.entry(signature).or_default().push(constraints.clone());
            }
            seen.push(constraints);
            looked_at += 1;
            near = Some(classes);
        }
        for (signature, spaces) in by_signature {
            let spaces = joined(pair, &base, spaces);
            all.found.push(Found { part, signature, spaces });
        }
    }
    all
}

/// The same requests in as few and as wide boxes as are easily found.
fn joined(pair: &Pair<'_>, assumed: &[Formula<'_>], spaces: Vec<Space>) -> Vec<Space> {
    if spaces.len() > JOINED {
        return spaces;
    }
    let join = Join { pair, assumed, all: &spaces };
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
    pair: &'j Pair<'s>,
    assumed: &'j [Formula<'j>],
    all: &'j [Space],
}

impl Join<'_, '_> {
    /// Whether each request of a box is of one of the others.
    fn is_covered(&self, space: &Space, others: &[&Space]) -> bool {
        if others.iter().any(|other| is_within(space, other)) {
            return true;
        }
        let mut query = self.pair.requests.query();
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
        let count = |part: &Constraint| self.pair.sides[0].subject.rules.partition.count(part.dimension);
        space.retain(|part| part.classes.len() < count(part));
        space
    }

    /// Classes of a dimension that none of the boxes tells apart.
    fn groups(&self, dimension: Dimension) -> Vec<ClassSet> {
        let own = self.all.iter().flatten().filter(|part| part.dimension == dimension);
        let sets: BTreeSet<&ClassSet> = own.map(|part| &part.classes).collect();
        let mut groups: BTreeMap<Vec<bool>, Vec<u32>> = BTreeMap::new();
        for class in 0..self.pair.sides[0].subject.rules.partition.count(dimension) {
            let answers = sets.iter().map(|set| set.contains(class)).collect();
            groups.entry(answers).or_default().push(class);
        }
        groups.into_values().map(ClassSet::of).collect()
    }
}

/// The least box around all of these.
pub(super) fn around(spaces: &[Space]) -> Space {
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

/// Whether all of a region is at a time at which nothing is decided differently yet.
pub(super) fn is_later(found: &Found, clock: Option<Dimension>, now: u32) -> bool {
    let is_other =
        |space: &Space| space.iter().any(|part| Some(part.dimension) == clock && !part.classes.contains(now));
    !found.spaces.is_empty() && found.spaces.iter().all(is_other)
}

/// With what is true of all of it beside.
pub(super) fn with_later(mut kinds: BTreeSet<Kind>, is_later: bool) -> BTreeSet<Kind> {
    if is_later {
        kinds.insert(Kind::Later);
    }
    kinds
}
