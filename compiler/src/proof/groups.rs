//! The classes of one dimension as far as a question can tell them apart. Classes that every test of the question treats
//! alike are one group, and a group is one choice of the solver.

use crate::decision::boxes::ClassSet;
use std::collections::{BTreeMap, BTreeSet};

/// The groups of one dimension, numbered by their first class.
#[derive(Debug)]
pub(super) struct Groups {
    /// Where a run of classes of one group begins, ascending from 0; with the group.
    runs: Vec<(u32, u32)>,
    /// A class of each group: the default where that is of it, else the first.
    representatives: Vec<u32>,
}

impl Groups {
    /// Of a dimension of `count` classes, cut by these sets. `apart`: every class is a group of its own.
    pub(super) fn new(count: u32, sets: &BTreeSet<&ClassSet>, default: u32, apart: bool) -> Groups {
        let mut begins: BTreeSet<u32> = BTreeSet::from([0]);
        if apart {
            begins.extend(0..count);
        }
        for (first, last) in sets.iter().flat_map(|set| set.ranges()) {
            begins.extend([*first, last + 1].into_iter().filter(|begin| *begin < count));
        }
        let mut answers: BTreeMap<u32, Vec<u32>> = begins.iter().map(|begin| (*begin, Vec::new())).collect();
        for (number, set) in (0_u32..).zip(sets) {
            for (first, last) in set.ranges() {
                answers.range_mut(*first..=*last).for_each(|(_, answers)| answers.push(number));
            }
        }
        let mut known: BTreeMap<(Vec<u32>, u32), u32> = BTreeMap::new();
        let mut groups = Groups { runs: Vec::new(), representatives: Vec::new() };
        for (begin, answers) in answers {
            let own = if apart { begin } else { 0 };
            let next = groups.representatives.len() as u32;
            let group = *known.entry((answers, own)).or_insert(next);
            if group == next {
                groups.representatives.push(begin);
            }
            groups.runs.push((begin, group));
        }
        let of_default = groups.of(default);
        groups.representatives[of_default as usize] = default;
        groups
    }

    pub(super) fn count(&self) -> usize {
        self.representatives.len()
    }

    /// The group of a class.
    pub(super) fn of(&self, class: u32) -> u32 {
        let behind = self.runs.partition_point(|(begin, _)| *begin <= class);
        self.runs[behind - 1].1
    }

    /// A class of a group.
    pub(super) fn representative(&self, group: usize) -> u32 {
        self.representatives[group]
    }

    /// The groups of which a set consists, ascending; it is one of those that the groups were made for.
    pub(super) fn within(&self, set: &ClassSet) -> Vec<usize> {
        let is_inside = |group: &usize| set.contains(self.representatives[*group]);
        (0..self.count()).filter(is_inside).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_of_one_group_where_all_sets_agree() {
        let (low, odd) = (ClassSet::range(0, 3), ClassSet::of([1, 3, 5, 7]));
        let sets = BTreeSet::from([&low, &odd]);
        let groups = Groups::new(9, &sets, 6, false);
        assert_eq!(groups.count(), 4);
        for one in 0..9 {
            for other in 0..9 {
                let alike = sets.iter().all(|set| set.contains(one) == set.contains(other));
                assert_eq!(groups.of(one) == groups.of(other), alike, "{one} and {other}");
            }
            let own = groups.representative(groups.of(one) as usize);
            assert!(groups.of(own) == groups.of(one));
        }
        assert_eq!(groups.representative(groups.of(4) as usize), 6);
        assert_eq!(Groups::new(9, &sets, 6, true).count(), 9);
    }
}
