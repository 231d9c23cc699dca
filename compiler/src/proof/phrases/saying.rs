//! What can be said of one attribute, and as few sayings as come to a set of its classes.

use super::joined;
use crate::decision::boxes::ClassSet;
use fixedbitset::FixedBitSet;
use std::cmp::Reverse;

/// Something that can be said of an attribute, and for which classes it is true.
pub(super) struct Saying {
    classes: ClassSet,
    /// The same: sets of many classes are compared with many sayings.
    bits: FixedBitSet,
    says: String,
    /// The same denied.
    denies: String,
}

impl Saying {
    pub(super) fn new(classes: ClassSet, says: String, denies: String) -> Saying {
        let bits = bits(&classes);
        Saying { classes, bits, says, denies }
    }
}

fn bits(classes: &ClassSet) -> FixedBitSet {
    classes.classes().map(|class| class as usize).collect()
}

/// As few sayings as come to these classes, of so many. `is_part`: whether it stands beside others.
pub(super) fn all(sayings: &[Saying], classes: &ClassSet, count: u32, is_part: bool) -> String {
    let rest = classes.complement(count);
    let said = sayings.iter().filter(|one| one.classes == *classes).map(|one| &one.says);
    let denied = sayings.iter().filter(|one| one.classes == rest).map(|one| &one.denies);
    if let Some(shortest) = said.chain(denied).min_by_key(|words| words.len()) {
        return shortest.clone();
    }
    let (classes, rest) = (bits(classes), bits(&rest));
    // What is most of them is soon seen to take more words.
    let (own, denied) = if classes.count_ones(..) <= rest.count_ones(..) {
        let own = terms(sayings, &classes, &rest, usize::MAX);
        let fewer = own.as_ref().map_or(usize::MAX, |own| own.len().saturating_sub(1));
        (own, terms(sayings, &rest, &classes, fewer))
    } else {
        let denied = terms(sayings, &rest, &classes, usize::MAX);
        let as_few = denied.as_ref().map_or(usize::MAX, Vec::len);
        let own = terms(sayings, &classes, &rest, as_few);
        let is_better = own.is_some();
        (own, denied.filter(|_| !is_better))
    };
    match (own, denied) {
        (_, Some(denied)) => format!("not ({})", denied.join(" or ")),
        (own, None) => joined(&own.unwrap_or_default(), " or ", is_part),
    }
}

/// Sayings that each stand for a part of these classes, and for all of them together; none where those are more than `most`.
/// `rest`: all other classes.
fn terms(sayings: &[Saying], classes: &FixedBitSet, rest: &FixedBitSet, most: usize) -> Option<Vec<String>> {
    let inside: Vec<&Saying> = sayings.iter().filter(|one| one.bits.is_subset(classes)).collect();
    let mut left = classes.clone();
    let mut found = Vec::new();
    while let Some(class) = left.minimum() {
        if found.len() >= most {
            return None;
        }
        let own = inside.iter().filter(|one| one.bits.contains(class));
        let widest = own.max_by_key(|one| (one.bits.intersection_count(&left), Reverse(one.says.len())));
        match widest {
            Some(one) => {
                left.difference_with(&one.bits);
                found.push(one.says.clone());
            }
            None => {
                let (covered, says) = several(sayings, classes, rest, class);
                left.difference_with(&covered);
                found.push(says);
            }
        }
    }
    Some(found)
}

/// What holds of a class and of no class outside, joined; each part excludes as much as any.
fn several(
    sayings: &[Saying],
    classes: &FixedBitSet,
    rest: &FixedBitSet,
    class: usize,
) -> (FixedBitSet, String) {
    let mut inside = classes.clone();
    let mut outside = rest.clone();
    let mut says: Vec<String> = Vec::new();
    while !outside.is_clear() {
        let holds = |one: &Saying| one.bits.contains(class);
        let left = |one: &Saying, of: &FixedBitSet| match holds(one) {
            true => of.intersection_count(&one.bits),
            false => of.difference_count(&one.bits),
        };
        let best = sayings.iter().min_by_key(|one| (left(one, &outside), Reverse(left(one, &inside))));
        match best {
            Some(one) if left(one, &outside) < outside.count_ones(..) => {
                for part in [&mut inside, &mut outside] {
                    match holds(one) {
                        true => part.intersect_with(&one.bits),
                        false => part.difference_with(&one.bits),
                    }
                }
                says.push(if holds(one) { one.says.clone() } else { one.denies.clone() });
            }
            // Nothing tells them apart: what is left is said together.
            _ => break,
        }
    }
    (inside, joined(&says, " and ", true))
}
