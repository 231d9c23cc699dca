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
    /// So many classes.
    count: u32,
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
        let mut groups = Groups { runs: Vec::new(), representatives: Vec::new(), count };
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

    /// Cuts groups of which only some classes are of a set: each with the number of the new group that takes a part of it, in
    /// the order of those.
    pub(super) fn cut(&mut self, set: &ClassSet) -> Vec<(usize, usize)> {
        let mut runs: BTreeMap<u32, u32> = self.runs.iter().copied().collect();
        for begin in set.ranges().iter().flat_map(|(first, last)| [*first, last + 1]) {
            if begin < self.count {
                runs.insert(begin, self.of(begin));
            }
        }
        let mut new: BTreeMap<u32, u32> = BTreeMap::new();
        for (begin, group) in &mut runs {
            let own = self.representatives[*group as usize];
            // What is on the other side than the class that stands for it is the new one's.
            if set.contains(*begin) != set.contains(own) {
                let next = self.representatives.len() as u32;
                let number = *new.entry(*group).or_insert(next);
                if number == next {
                    self.representatives.push(*begin);
                }
                *group = number;
            }
        }
        if !new.is_empty() {
            self.runs = runs.into_iter().collect();
        }
        let mut cut: Vec<(usize, usize)> =
            new.into_iter().map(|(old, new)| (old as usize, new as usize)).collect();
        cut.sort_by_key(|(_, new)| *new);
        cut
    }

    /// The groups of which a set consists and all others, ascending; it is one of those that they were made for, or were cut for.
    pub(super) fn split(&self, set: &ClassSet) -> (Vec<usize>, Vec<usize>) {
        let is_inside = |group: &usize| set.contains(self.representatives[*group]);
        (0..self.count()).partition(is_inside)
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

    #[test]
    fn groups_that_are_cut_are_as_if_made_for_all_sets() {
        let (low, odd, high) = (ClassSet::range(0, 3), ClassSet::of([1, 3, 5, 7]), ClassSet::range(5, 8));
        let mut groups = Groups::new(9, &BTreeSet::from([&low]), 6, false);
        assert_eq!(groups.count(), 2);
        assert_eq!(groups.cut(&low), []);
        assert_eq!(groups.cut(&odd).len(), 2);
        groups.cut(&high);
        let at_once = Groups::new(9, &BTreeSet::from([&low, &odd, &high]), 6, false);
        assert_eq!(groups.count(), at_once.count());
        for one in 0..9 {
            assert!(groups.of(groups.representative(groups.of(one) as usize)) == groups.of(one));
            for other in 0..9 {
                let alike = groups.of(one) == groups.of(other);
                assert_eq!(alike, at_once.of(one) == at_once.of(other), "{one} and {other}");
            }
        }
        assert_eq!(groups.representative(groups.of(6) as usize), 6, "the default still stands for its group");
    }
}
