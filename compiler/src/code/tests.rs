//! Machine code against the interpreter of boxes, over random lists and vectors; and what no random list shows.

use super::layout::BOXES_PER_FUNCTION;
use super::straight::{self, Shape};
use super::{Derived, Leaf, Mode, Native, NotCompiled};
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use cranelift_codegen::ir::{
    AbiParam, ExtFuncData, ExternalName, Function, InstBuilder, MemFlagsData, Signature, Value, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// The generator of Steele, Lea and Flood, *Fast splittable pseudorandom number generators* (2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end)) as u32
    }
}

/// How many classes the dimensions of these tests have; the last has every class there is.
const CLASSES: [u32; 9] = [2, 3, 7, 30, 63, 64, 65, 1_000, u32::MAX];

fn class(random: &mut Random, dimension: u32) -> u32 {
    let count = CLASSES[dimension as usize];
    match random.below(12) {
        0 => u32::MAX - random.below(3),
        1 => 62 + random.below(5),
        _ if count == u32::MAX => {
            [random.below(200), u32::MAX - random.below(200), random.next() as u32][random.below(3) as usize]
        }
        _ => random.below(count),
    }
}

fn classes(random: &mut Random) -> Vec<u32> {
    (0..CLASSES.len() as u32).map(|dimension| class(random, dimension)).collect()
}

fn constraint(random: &mut Random) -> Constraint {
    let dimension = random.below(CLASSES.len() as u32);
    let mut set = ClassSet::none();
    for _ in 0..=random.below(4) {
        let ends = [class(random, dimension), class(random, dimension)];
        let more = match random.below(6) {
            0 => range(ends[0].min(ends[1]), ends[0].max(ends[1])),
            1 => range(ends[0], u32::MAX),
            2 => range(0, ends[0]),
            _ => ClassSet::one(ends[0]),
        };
        set = set.or(&more);
    }
    Constraint { dimension: Dimension(dimension), classes: set }
}

/// A range, out of the sets that there are.
fn range(first: u32, last: u32) -> ClassSet {
    let to_last =
        last.checked_add(1).map_or_else(|| ClassSet::all(u32::MAX).or(&ClassSet::one(last)), ClassSet::all);
    to_last.and(&ClassSet::all(first).complement(u32::MAX).or(&ClassSet::one(u32::MAX)))
}

fn expression(random: &mut Random, depth: u32) -> Expression {
    let parts = |random: &mut Random| (0..random.below(4)).map(|_| expression(random, depth - 1)).collect();
    match random.below(if depth == 0 { 1 } else { 6 }) {
        0..=2 => Expression::Within(constraint(random)),
        3 => Expression::All(parts(random)),
        4 => Expression::Any(parts(random)),
        _ => Expression::Not(Box::new(expression(random, depth - 1))),
    }
}

fn rule(random: &mut Random) -> RuleBox {
    let mut constraints: Vec<Constraint> = (0..random.below(5)).map(|_| constraint(random)).collect();
    constraints.sort();
    constraints.dedup_by_key(|constraint| constraint.dimension);
    let residual = (0..random.below(3)).map(|_| expression(random, 4)).collect();
    RuleBox { rule: random.below(1_000), constraints, residual }
}

fn leaf(boxes: &[RuleBox]) -> Leaf<'_> {
    Leaf {
        boxes: boxes.iter().enumerate().map(|(index, rule)| (rule.rule * 100 + index as u32, rule)).collect(),
    }
}

/// The code for a leaf in both modes.
fn both(boxes: &[RuleBox]) -> Native {
    Native::compile(CLASSES.len(), &[(Mode::First, leaf(boxes)), (Mode::All, leaf(boxes))], &[]).unwrap()
}

fn check(native: &Native, boxes: &[RuleBox], classes: &[u32]) {
    let held: Vec<u32> =
        leaf(boxes).boxes.iter().filter(|(_, rule)| rule.holds(classes)).map(|(number, _)| *number).collect();
    assert_eq!(
        native.first(0, classes),
        held.first().copied().unwrap_or(u32::MAX),
        "{boxes:?} of {classes:?}"
    );
    let mut out = vec![7];
    native.all(1, classes, &mut out);
    assert_eq!(out[0], 7);
    assert_eq!(out[1..], held, "{boxes:?} of {classes:?}");
}

#[test]
fn random_leaves_answer_as_their_boxes() {
    let mut random = Random(1);
    for round in 0..150 {
        let boxes: Vec<RuleBox> = (0..round % 40).map(|_| rule(&mut random)).collect();
        let native = both(&boxes);
        for _ in 0..200 {
            check(&native, &boxes, &classes(&mut random));
        }
    }
}

#[test]
fn random_truths_are_those_of_their_expressions() {
    let mut random = Random(2);
    for round in 0..100 {
        let list: Vec<(Dimension, Expression)> = (0..round % 12)
            .map(|_| (Dimension(random.below(CLASSES.len() as u32)), expression(&mut random, 4)))
            .collect();
        let derived = list.iter().map(|(of, from)| Derived { of: *of, from }).collect();
        let native = Native::compile(CLASSES.len(), &[], &[Vec::new(), derived]).unwrap();
        for _ in 0..100 {
            let mut told = classes(&mut random);
            let mut wanted = told.clone();
            for (of, from) in &list {
                wanted[of.0 as usize] = u32::from(from.holds(&wanted));
            }
            native.derive(1, &mut told);
            assert_eq!(told, wanted, "{list:?}");
            native.derive(0, &mut told);
            assert_eq!(told, wanted);
        }
    }
}

#[test]
fn a_leaf_over_the_size_of_a_function_answers_in_order() {
    let mut random = Random(3);
    let count = BOXES_PER_FUNCTION * 2 + 10;
    let mut boxes: Vec<RuleBox> = (0..count).map(|_| rule(&mut random)).collect();
    // Boxes that hold of little, so that later functions answer too.
    for rule in &mut boxes {
        rule.constraints =
            vec![Constraint { dimension: Dimension(7), classes: ClassSet::one(random.below(1_000)) }];
    }
    let native = both(&boxes);
    for _ in 0..500 {
        check(&native, &boxes, &classes(&mut random));
    }
}

#[test]
fn a_leaf_without_boxes_answers_nothing() {
    check(&both(&[]), &[], &[0; CLASSES.len()]);
    assert_eq!(both(&[]).bytes(), 0);
}

#[test]
fn a_box_without_constraints_always_holds() {
    let always = RuleBox { rule: 3, constraints: Vec::new(), residual: Vec::new() };
    let never = RuleBox { rule: 4, constraints: Vec::new(), residual: vec![Expression::Any(Vec::new())] };
    let some = rule(&mut Random(4));
    let mut random = Random(5);
    for boxes in [vec![always.clone()], vec![never.clone()], vec![never, some.clone(), always, some]] {
        let native = both(&boxes);
        for _ in 0..50 {
            check(&native, &boxes, &classes(&mut random));
        }
    }
}

#[test]
fn answers_are_appended_without_allocation_where_there_is_room() {
    let boxes: Vec<RuleBox> = (0..20).map(|_| rule(&mut Random(6))).collect();
    let native = both(&boxes);
    let mut out = Vec::with_capacity(boxes.len());
    let place = out.as_ptr();
    native.all(1, &[0; CLASSES.len()], &mut out);
    assert_eq!(out.as_ptr(), place);
}

#[test]
fn a_box_that_nobody_wrote_is_refused() {
    let parts =
        vec![Expression::Within(Constraint { dimension: Dimension(0), classes: ClassSet::one(1) }); 40_000];
    let huge = RuleBox { rule: 0, constraints: Vec::new(), residual: vec![Expression::Any(parts)] };
    let refused = Native::compile(1, &[(Mode::First, Leaf { boxes: vec![(0, &huge)] })], &[]);
    assert_eq!(refused.err(), Some(NotCompiled::TooLarge));
}

#[test]
fn code_may_be_shared_and_sent() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&both(&[]));
}

#[test]
#[should_panic(expected = "not as wide")]
fn a_narrow_vector_is_refused() {
    both(&[]).first(0, &[0; CLASSES.len() - 1]);
}

#[test]
#[should_panic(expected = "dimension 9 of 9")]
fn a_dimension_outside_the_vector_is_refused() {
    let constraints = vec![Constraint { dimension: Dimension(9), classes: ClassSet::one(1) }];
    both(&[RuleBox { rule: 0, constraints, residual: Vec::new() }]);
}

#[test]
#[should_panic(expected = "answers with all")]
fn a_leaf_is_asked_as_it_was_compiled() {
    both(&[]).first(1, &[0; CLASSES.len()]);
}

/// What is said of a function that is written here: it takes what `Shape::All` takes, for vectors of two classes.
fn verdict(shape: Shape, body: impl FnOnce(&mut FunctionBuilder<'_>, &[Value])) -> Result<(), String> {
    let mut function = Function::new();
    function.signature = Signature::new(CallConv::SystemV);
    function.signature.params = vec![AbiParam::new(types::I64); 3];
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let parameters = builder.block_params(block).to_vec();
    body(&mut builder, &parameters);
    builder.seal_all_blocks();
    straight::check(&function, shape, 2)
}

#[test]
fn what_is_not_straight_is_refused() {
    let all = Shape::All { entries: 2 };
    let refused = |verdict: Result<(), String>, why: &str| {
        let fault = verdict.expect_err(why);
        assert!(fault.contains(why), "{fault}");
    };
    let call = verdict(all, |builder, _| {
        let signature = builder.import_signature(Signature::new(CallConv::SystemV));
        let name = ExternalName::LibCall(cranelift_codegen::ir::LibCall::Memcpy);
        let callee =
            builder.import_function(ExtFuncData { name, signature, colocated: false, patchable: false });
        builder.ins().call(callee, &[]);
        builder.ins().return_(&[]);
    });
    refused(call, "names functions");
    let count = verdict(all, |builder, parameters| {
        builder.ins().return_(&[parameters[1]]);
    });
    refused(count, "returns what it may not");
    let indirect = verdict(all, |builder, parameters| {
        let signature = builder.import_signature(Signature::new(CallConv::SystemV));
        builder.ins().call_indirect(signature, parameters[0], &[]);
        builder.ins().return_(&[]);
    });
    refused(indirect, "`call_indirect` is not allowed");
    let division = verdict(all, |builder, parameters| {
        builder.ins().udiv(parameters[0], parameters[1]);
        builder.ins().return_(&[]);
    });
    refused(division, "`udiv` is not allowed");
    let jump = verdict(all, |builder, _| {
        let next = builder.create_block();
        builder.ins().jump(next, &[]);
        builder.switch_to_block(next);
        builder.ins().jump(next, &[]);
    });
    refused(jump, "more than one block");
    for (parameter, offset) in [(0, 8), (0, -4), (0, 2), (1, 0)] {
        let stray = verdict(all, |builder, parameters| {
            builder.ins().load(types::I32, MemFlagsData::trusted(), parameters[parameter], offset);
            builder.ins().return_(&[]);
        });
        refused(stray, "which is no class");
    }
}

#[test]
fn writes_are_refused_where_they_may_not_be() {
    let store = |shape, offset| {
        verdict(shape, |builder, parameters| {
            let number = builder.ins().iconst(types::I32, 5);
            builder.ins().store(MemFlagsData::trusted(), number, parameters[0], offset);
            builder.ins().return_(&[]);
        })
    };
    assert_eq!(store(Shape::Derive, 4), Ok(()));
    assert!(store(Shape::Derive, 8).is_err_and(|fault| fault.contains("no class")));
    assert!(store(Shape::First, 4).is_err_and(|fault| fault.contains("it writes")));
    assert!(store(Shape::All { entries: 1 }, 0).is_err_and(|fault| fault.contains("next place")));
    // Writes that many numbers, counting on by `step` after each.
    let append = |entries, step| {
        verdict(Shape::All { entries: 2 }, |builder, parameters| {
            let mut count = parameters[2];
            for _ in 0..entries {
                let two = builder.ins().iconst(types::I64, 2);
                let number = builder.ins().iconst(types::I32, 5);
                let bytes = builder.ins().ishl(count, two);
                let address = builder.ins().iadd(parameters[1], bytes);
                builder.ins().store(MemFlagsData::trusted(), number, address, 0);
                let step = builder.ins().iconst(types::I64, step);
                count = builder.ins().iadd(count, step);
            }
            builder.ins().return_(&[count]);
        })
    };
    assert_eq!(append(2, 1), Ok(()));
    assert!(append(2, 2).is_err_and(|fault| fault.contains("next place")));
    assert!(append(3, 1).is_err_and(|fault| fault.contains("next place")));
}
