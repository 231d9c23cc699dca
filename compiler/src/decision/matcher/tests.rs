//! A matcher answers as its list does, box by box, whatever it is made of.

use super::*;
use crate::decision::boxes::{Constraint, Expression};

/// Numbers that look random, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit)) as u32
    }
}

/// Dimensions that are wide, narrow and of two classes, and one of exactly 64.
const COUNTS: [u32; 8] = [90, 5, 3, 64, 2, 2, 12, 300];

fn count(dimension: Dimension) -> u32 {
    COUNTS[dimension.0 as usize]
}

/// A set that is neither empty nor all: mostly one class, sometimes a range or several.
fn classes(chance: &mut Chance, count: u32) -> ClassSet {
    let set = match chance.below(8) {
        0 => {
            let first = chance.below(count);
            ClassSet::range(first, first + chance.below(count - first))
        }
        1 => ClassSet::of((0..chance.below(4) + 2).map(|_| chance.below(count)).collect::<Vec<_>>()),
        2 => ClassSet::of([0, count - 1]),
        3 => ClassSet::one(chance.below(count)).complement(count),
        _ => ClassSet::one(chance.below(count)),
    };
    if set.len() == count || set.is_empty() { ClassSet::one(chance.below(count)) } else { set }
}

fn boxed(chance: &mut Chance, rule: u32) -> RuleBox {
    let mut constraints = Vec::new();
    for (count, dimension) in COUNTS.into_iter().zip(0..) {
        if chance.below(3) == 0 {
            constraints.push(Constraint { dimension: Dimension(dimension), classes: classes(chance, count) });
        }
    }
    let mut residual = Vec::new();
    if chance.below(6) == 0 {
        let of = |dimension: u32| {
            Expression::Within(Constraint { dimension: Dimension(dimension), classes: ClassSet::one(1) })
        };
        residual.push(Expression::Any(vec![of(4), Expression::Not(Box::new(of(1)))]));
    }
    RuleBox { rule, constraints, residual }
}

#[test]
fn a_matcher_answers_as_its_list() {
    let mut forms = [0; 3];
    for (size, seed) in [0, 1, 12, 40, 130, 400, 1_500].into_iter().flat_map(|size| [(size, 1), (size, 2)]) {
        let mut chance = Chance(seed * 7 + u64::from(size));
        // Two boxes of some rules, as of a condition with `or`.
        let boxes: Vec<RuleBox> = (0..size).map(|index| boxed(&mut chance, index - index % 5 / 4)).collect();
        let matcher = Matcher::new(boxes.clone().into(), &count);
        for node in matcher.nodes() {
            forms[match node.form() {
                Form::Leaf(_) => 0,
                Form::Split { .. } => 1,
                Form::Matrix(_) => 2,
            }] += 1;
        }
        let mut found = vec![u32::MAX];
        for _ in 0..3_000 {
            let asked: Vec<u32> = COUNTS.iter().map(|count| chance.below(*count)).collect();
            let mut held: Vec<u32> =
                boxes.iter().filter(|one| one.holds(&asked)).map(|one| one.rule).collect();
            held.dedup();
            assert_eq!(matcher.first(Code::Walked, &asked), held.first().copied(), "{size} boxes, {asked:?}");
            matcher.all(Code::Walked, &asked, &mut found);
            assert_eq!(found, held, "{size} boxes, {asked:?}");
        }
    }
    assert!(forms.iter().all(|count| *count > 0), "every form was asked: {forms:?}");
}

/// Each box is in a part of its own, so that every order of two parts is met.
#[test]
fn parts_that_stand_beside_each_other_are_searched() {
    let one = |rule: u32, dimension: u32, class: u32| RuleBox {
        rule,
        constraints: vec![Constraint { dimension: Dimension(dimension), classes: ClassSet::one(class) }],
        residual: Vec::new(),
    };
    // In turn of a team and of everybody in a region: the rest's first box stands right before each child's.
    let boxes: Vec<RuleBox> = (0..180)
        .map(|rule| if rule % 2 == 0 { one(rule, 1, rule / 2 % 5) } else { one(rule, 0, rule / 2) })
        .collect();
    let matcher = Matcher::new(boxes.clone().into(), &count);
    for team in 0..90 {
        for region in 0..5 {
            let asked = [team, region, 0, 0, 0, 0, 0, 0];
            let held = boxes.iter().find(|one| one.holds(&asked)).map(|one| one.rule);
            assert_eq!(matcher.first(Code::Walked, &asked), held, "{asked:?}");
        }
    }
}
