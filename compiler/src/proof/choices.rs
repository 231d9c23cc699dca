//! The ways to choose a few of several.

use std::collections::BTreeSet;

/// More ways to choose the few who might be left are not gone through.
pub(super) const CHOICES: u64 = 5_000;

/// How many ways there are to choose so many.
pub(super) fn choices(of: u64, count: u64) -> u64 {
    (0..count)
        .try_fold(1_u64, |all, index| Some(all.checked_mul(of - index)? / (index + 1)))
        .unwrap_or(u64::MAX)
}

/// All choices of so many.
pub(super) fn subsets(of: &[u32], count: usize) -> Vec<BTreeSet<u32>> {
    if count == 0 {
        return vec![BTreeSet::new()];
    }
    let mut found = Vec::new();
    for (index, first) in of.iter().enumerate() {
        for mut rest in subsets(&of[index + 1..], count - 1) {
            rest.insert(*first);
            found.push(rest);
        }
    }
    found
}
