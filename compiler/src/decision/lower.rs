//! From conditions to boxes. A condition becomes an expression over classes, shaped as it was written; its normal form is a
//! conjunction of constraints as far as that does not multiply, and a residual for the rest.

use super::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use super::layers::{LayerKind, Rules};
use super::partition::{Partition, TARGET};
use crate::model::{
    Condition, DefinitionBody, DefinitionId, FactId, Order, Policy, Predicate, Subject, TargetField, Test,
};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::{Target, TargetId};
use wayleave_program::schema::AttributeId;
use wayleave_program::value::{MemberId, Value};

/// A condition becomes at most so many boxes; what would make more stays a residual, so that a policy's boxes are linear in
/// its rules.
const BOXES_PER_RULE: usize = 4;

/// A named condition of at most so many constraints stands in the place of its name, so that splits see what it asks.
const PLAIN: usize = 8;

/// A named condition that is used once stands in the place of its name too, unless it is nested deeper than this.
const DEPTH_IN_PLACE: usize = 16;

/// A class that is computed from those of other dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Computed {
    /// Class 1 where this holds, 0 elsewhere.
    Truth(Dimension, Expression),
    /// The class of the first that holds; where the value is given, that counts.
    First {
        /// Of which attribute.
        attribute: AttributeId,
        /// Its dimension.
        dimension: Dimension,
        /// In the order written.
        arms: Vec<(Expression, u32)>,
        /// Where none holds.
        otherwise: u32,
    },
}

impl Computed {
    /// The dimension that it gives a class to.
    pub fn dimension(&self) -> Dimension {
        match self {
            Computed::Truth(dimension, _) | Computed::First { dimension, .. } => *dimension,
        }
    }

    /// Writes its class, computed from those of the others.
    pub fn compute(&self, classes: &mut [u32]) {
        let class = match self {
            Computed::Truth(_, expression) => u32::from(expression.holds(classes)),
            Computed::First { arms, otherwise, .. } => {
                let arm = arms.iter().find(|(expression, _)| expression.holds(classes));
                arm.map_or(*otherwise, |(_, class)| *class)
            }
        };
        classes[self.dimension().0 as usize] = class;
    }

    /// What it is computed from.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Computed::Truth(_, expression) => vec![expression],
            Computed::First { arms, .. } => arms.iter().map(|(expression, _)| expression).collect(),
        }
    }
}

/// The positions of what some box depends on, directly or through others: of a request, and of a request and a target.
pub(super) fn needed(rules: &Rules) -> (Vec<usize>, Vec<usize>) {
    let mut read: BTreeSet<Dimension> = BTreeSet::new();
    for one in LayerKind::ALL.into_iter().flat_map(|kind| rules.layer(kind).iter()) {
        read.extend(one.constraints.iter().map(|constraint| constraint.dimension));
        one.residual.iter().for_each(|expression| expression.add_dimensions(&mut read));
    }
    let mut list = |computed: &[Computed]| {
        let mut needed = Vec::new();
        // Each stands after those it reads.
        for (index, one) in computed.iter().enumerate().rev() {
            if read.contains(&one.dimension()) {
                one.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
                needed.push(index);
            }
        }
        needed.reverse();
        needed
    };
    let of_target = list(&rules.of_target);
    (list(&rules.computed), of_target)
}

/// Turns conditions into boxes, and keeps what has to be computed first.
pub(super) struct Lowering<'p> {
    policy: &'p Policy,
    pub(super) partition: Partition,
    /// Of a request, each after those it reads.
    pub(super) computed: Vec<Computed>,
    /// Of a request and a target, each after those it reads.
    pub(super) of_target: Vec<Computed>,
    /// Indexed by definition: what its name stands for; none for a `classify`.
    definitions: Vec<Option<Expression>>,
    comparisons: BTreeMap<(AttributeId, u8, FactId), Dimension>,
    /// The normal form of a computed truth, where it is a conjunction that may stand in its place.
    plain: BTreeMap<Dimension, Expression>,
}

impl<'p> Lowering<'p> {
    /// `conditions`: all that are to be lowered, but for those of definitions.
    pub(super) fn new(policy: &'p Policy, partition: Partition, conditions: &[&Condition]) -> Lowering<'p> {
        let uses = uses(policy, conditions);
        let mut lowering = Lowering {
            policy,
            partition,
            computed: Vec::new(),
            of_target: Vec::new(),
            definitions: Vec::new(),
            comparisons: BTreeMap::new(),
            plain: BTreeMap::new(),
        };
        for (definition, uses) in policy.definitions.iter().zip(uses) {
            let stands_for = match &definition.body {
                DefinitionBody::Define(condition) => {
                    let expression = lowering.expression(condition);
                    let in_place = uses <= 1 && expression.depth() <= DEPTH_IN_PLACE;
                    Some(match in_place {
                        true => expression,
                        false => lowering.named(definition.name.clone(), expression, definition.tests_target),
                    })
                }
                DefinitionBody::Classify { attribute, arms, otherwise } => {
                    lowering.classification(*attribute, arms, *otherwise);
                    None
                }
            };
            lowering.definitions.push(stands_for);
        }
        lowering
    }

    fn classification(
        &mut self,
        attribute: AttributeId,
        arms: &[(Condition, MemberId)],
        otherwise: MemberId,
    ) {
        let dimension = self.partition.dimensions(attribute)[0];
        let arms = arms.iter().map(|(condition, member)| (self.expression(condition), member.0)).collect();
        // Every member of what is computed is a class of its own.
        self.computed.push(Computed::First { attribute, dimension, arms, otherwise: otherwise.0 });
    }

    /// A dimension that says whether an expression holds.
    fn truth(&mut self, name: String, expression: Expression, tests_target: bool) -> Dimension {
        let dimension = self.partition.computed(name);
        let normal = self.normal(&expression);
        if is_plain(&normal) {
            self.plain.insert(dimension, normal);
        }
        let list = if tests_target { &mut self.of_target } else { &mut self.computed };
        list.push(Computed::Truth(dimension, expression));
        dimension
    }

    /// An expression that costs little however often it stands somewhere.
    pub(super) fn shared(&mut self, name: &str, expression: Expression) -> Expression {
        if is_plain(&self.normal(&expression)) {
            return expression;
        }
        self.named(name.to_owned(), expression, false)
    }

    /// That an expression holds, which is computed once.
    fn named(&mut self, name: String, expression: Expression, tests_target: bool) -> Expression {
        let dimension = self.truth(name, expression, tests_target);
        Expression::Within(Constraint { dimension, classes: ClassSet::one(1) })
    }

    /// A condition over classes, shaped as it was written.
    pub(super) fn expression(&mut self, condition: &Condition) -> Expression {
        match condition {
            Condition::All(parts) => {
                Expression::All(parts.iter().map(|part| self.expression(part)).collect())
            }
            Condition::Any(parts) => {
                Expression::Any(parts.iter().map(|part| self.expression(part)).collect())
            }
            Condition::Not(part) => Expression::Not(Box::new(self.expression(part))),
            Condition::Defined(id) => self.defined(*id),
            Condition::Test(test) => self.test(test),
        }
    }

    fn defined(&self, id: DefinitionId) -> Expression {
        let stands_for = self.definitions.get(id.0 as usize).and_then(Option::as_ref);
        stands_for.expect("a definition stands after those it names").clone()
    }

    fn test(&mut self, test: &Test) -> Expression {
        match (test.subject, &test.predicate) {
            (Subject::Target(field), predicate) => Expression::Within(
                self.targets(|target, id| field_holds(self.policy, field, target, id, predicate)),
            ),
            (Subject::Attribute(id), Predicate::ComparesToFact(order, fact)) => {
                let dimension = self.comparison(id, *order, *fact);
                Expression::Within(Constraint { dimension, classes: ClassSet::one(1) })
            }
            (Subject::Attribute(id), predicate) => {
                Expression::Within(self.partition.constraint(id, predicate))
            }
        }
    }

    fn targets(&self, holds: impl Fn(&Target, TargetId) -> bool) -> Constraint {
        let ids = self.policy.catalogue.target_ids();
        let found = ids.filter(|id| holds(self.policy.catalogue.target(*id), *id)).map(|id| id.0);
        Constraint { dimension: TARGET, classes: ClassSet::of(found) }
    }

    /// That the target in question is one of these.
    pub(super) fn one_of_targets(targets: &[TargetId]) -> Expression {
        let classes = ClassSet::of(targets.iter().map(|target| target.0));
        Expression::Within(Constraint { dimension: TARGET, classes })
    }

    /// For each value that the fact has: the target is one of those, and the attribute's value stands so to it.
    fn comparison(&mut self, id: AttributeId, order: Order, fact: FactId) -> Dimension {
        if let Some(known) = self.comparisons.get(&(id, order as u8, fact)) {
            return *known;
        }
        let policy = self.policy;
        let facts = &policy.facts[fact.0 as usize];
        let mut groups: Vec<(&Value, Vec<u32>)> = Vec::new();
        for (value, target) in facts.values.iter().zip(0_u32..) {
            match groups.iter_mut().find(|(known, _)| *known == value) {
                Some((_, targets)) => targets.push(target),
                None => groups.push((value, vec![target])),
            }
        }
        let ways = groups.into_iter().map(|(value, targets)| {
            let of = Constraint { dimension: TARGET, classes: ClassSet::of(targets) };
            Expression::All(vec![Expression::Within(of), self.partition.compared(id, order, value)])
        });
        let expression = Expression::Any(ways.collect());
        let name = format!("{} compared with {}", policy.schema.attribute(id).name, facts.name);
        let dimension = self.partition.computed(name);
        self.of_target.push(Computed::Truth(dimension, expression));
        self.comparisons.insert((id, order as u8, fact), dimension);
        dimension
    }

    /// The boxes of one rule: it holds where one of them does.
    pub(super) fn boxes(&self, rule: u32, expression: &Expression) -> Vec<RuleBox> {
        let parts = match self.normal(expression) {
            Expression::All(parts) => parts,
            other => vec![other],
        };
        let whole = RuleBox { rule, constraints: Vec::new(), residual: Vec::new() };
        let mut boxes = vec![whole];
        let mut alternatives: Vec<Vec<Expression>> = Vec::new();
        for part in parts {
            match part {
                Expression::Any(ways) => alternatives.push(ways),
                other => boxes.retain_mut(|one| add(one, &other)),
            }
        }
        // The fewest first, so that most of them fit.
        alternatives.sort_by_key(Vec::len);
        for ways in alternatives {
            let multiplied = boxes.len() * ways.len();
            if multiplied <= BOXES_PER_RULE || ways.is_empty() {
                boxes =
                    boxes.iter().flat_map(|one| ways.iter().filter_map(move |way| with(one, way))).collect();
            } else {
                boxes.iter_mut().for_each(|one| one.residual.push(Expression::Any(ways.clone())));
            }
        }
        boxes
    }

    /// Without negations and without nesting of like in like; tests of one dimension beside each other are one.
    fn normal(&self, expression: &Expression) -> Expression {
        self.normal_of(expression, false)
    }

    fn normal_of(&self, expression: &Expression, is_denied: bool) -> Expression {
        match expression {
            Expression::Not(part) => self.normal_of(part, !is_denied),
            Expression::All(parts) if !is_denied => self.all(parts, false),
            Expression::Any(parts) if is_denied => self.all(parts, true),
            Expression::All(parts) | Expression::Any(parts) => self.any(parts, is_denied),
            Expression::Within(constraint) => self.within(constraint, is_denied),
        }
    }

    fn within(&self, constraint: &Constraint, is_denied: bool) -> Expression {
        let count = self.partition.count(constraint.dimension);
        let classes = match is_denied {
            false => constraint.classes.clone(),
            true => constraint.classes.complement(count),
        };
        if classes.is_empty() {
            return never();
        }
        if classes.len() == count {
            return always();
        }
        if classes == ClassSet::one(1)
            && let Some(plain) = self.plain.get(&constraint.dimension)
        {
            return plain.clone();
        }
        Expression::Within(Constraint { dimension: constraint.dimension, classes })
    }

    fn all(&self, parts: &[Expression], is_denied: bool) -> Expression {
        let mut constraints: BTreeMap<Dimension, ClassSet> = BTreeMap::new();
        let mut rest: Vec<Expression> = Vec::new();
        for part in parts {
            let flat = match self.normal_of(part, is_denied) {
                Expression::All(parts) => parts,
                other => vec![other],
            };
            for part in flat {
                match part {
                    Expression::Within(Constraint { dimension, classes }) => {
                        let known = constraints.get(&dimension).map(|known| known.and(&classes));
                        constraints.insert(dimension, known.unwrap_or(classes));
                    }
                    Expression::Any(ways) if ways.is_empty() => return never(),
                    other => {
                        if !rest.contains(&other) {
                            rest.push(other);
                        }
                    }
                }
            }
        }
        if constraints.values().any(ClassSet::is_empty) {
            return never();
        }
        joined(constraints, rest, Expression::All)
    }

    fn any(&self, parts: &[Expression], is_denied: bool) -> Expression {
        let mut constraints: BTreeMap<Dimension, ClassSet> = BTreeMap::new();
        let mut rest: Vec<Expression> = Vec::new();
        for part in parts {
            let flat = match self.normal_of(part, is_denied) {
                Expression::Any(parts) => parts,
                other => vec![other],
            };
            for part in flat {
                match part {
                    Expression::Within(Constraint { dimension, classes }) => {
                        let known = constraints.get(&dimension).map(|known| known.or(&classes));
                        constraints.insert(dimension, known.unwrap_or(classes));
                    }
                    Expression::All(parts) if parts.is_empty() => return always(),
                    other => {
                        if !rest.contains(&other) {
                            rest.push(other);
                        }
                    }
                }
            }
        }
        if constraints.iter().any(|(dimension, classes)| classes.len() == self.partition.count(*dimension)) {
            return always();
        }
        joined(constraints, rest, Expression::Any)
    }
}

/// Indexed by definition: how often its name stands in a condition.
fn uses(policy: &Policy, conditions: &[&Condition]) -> Vec<usize> {
    let mut uses = vec![0; policy.definitions.len()];
    let definitions = policy.definitions.iter().flat_map(|definition| definition.body.conditions());
    for condition in definitions.chain(conditions.iter().copied()) {
        condition.definitions().into_iter().for_each(|id| uses[id.0 as usize] += 1);
    }
    uses
}

fn never() -> Expression {
    Expression::Any(Vec::new())
}

fn always() -> Expression {
    Expression::All(Vec::new())
}

fn joined(
    constraints: BTreeMap<Dimension, ClassSet>,
    rest: Vec<Expression>,
    join: fn(Vec<Expression>) -> Expression,
) -> Expression {
    let within = |(dimension, classes)| Expression::Within(Constraint { dimension, classes });
    let mut parts: Vec<Expression> = constraints.into_iter().map(within).collect();
    parts.extend(rest);
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

/// Whether a normal form is a short conjunction of constraints.
fn is_plain(normal: &Expression) -> bool {
    match normal {
        Expression::Within(_) => true,
        Expression::All(parts) => {
            parts.len() <= PLAIN && parts.iter().all(|part| matches!(part, Expression::Within(_)))
        }
        Expression::Any(_) | Expression::Not(_) => false,
    }
}

/// Adds a part of a conjunction to a box; false where nothing is left of the box.
fn add(one: &mut RuleBox, part: &Expression) -> bool {
    match part {
        Expression::Within(constraint) => {
            match one.constraints.binary_search_by_key(&constraint.dimension, |known| known.dimension) {
                Ok(index) => {
                    let both = one.constraints[index].classes.and(&constraint.classes);
                    one.constraints[index].classes = both;
                    !one.constraints[index].classes.is_empty()
                }
                Err(index) => {
                    one.constraints.insert(index, constraint.clone());
                    true
                }
            }
        }
        Expression::All(parts) => parts.iter().all(|part| add(one, part)),
        other => {
            one.residual.push(other.clone());
            true
        }
    }
}

fn with(one: &RuleBox, way: &Expression) -> Option<RuleBox> {
    let mut more = one.clone();
    add(&mut more, way).then_some(more)
}

/// Whether a test of a target's field holds of one target.
fn field_holds(
    policy: &Policy,
    field: TargetField,
    target: &Target,
    id: TargetId,
    predicate: &Predicate,
) -> bool {
    let number = |number: u64| match predicate {
        Predicate::InIntervals(intervals) => intervals.iter().any(|one| one.contains(number.into())),
        _ => false,
    };
    match field {
        TargetField::Itself => matches!(predicate, Predicate::OneOfTargets(targets) if targets.contains(&id)),
        TargetField::Name => value_holds(predicate, &Value::Text(target.model.clone())),
        TargetField::Provider => value_holds(predicate, &Value::Member(MemberId(target.provider.0))),
        TargetField::Context => number(target.context.0),
        TargetField::Output => number(target.output.0),
        TargetField::Supports => {
            value_holds(predicate, &Value::Set(target.supports.iter().cloned().collect()))
        }
        TargetField::PriceInput => target.price.is_some_and(|price| number(price.input.0)),
        TargetField::PriceOutput => target.price.is_some_and(|price| number(price.output.0)),
        TargetField::Fact(fact) => {
            value_holds(predicate, &policy.facts[fact.0 as usize].values[id.0 as usize])
        }
    }
}

fn value_holds(predicate: &Predicate, value: &Value) -> bool {
    match (predicate, value) {
        (Predicate::OneOfMembers(members), Value::Member(member)) => members.contains(member),
        (Predicate::OneOfTexts(texts), Value::Text(text)) => texts.contains(text),
        (Predicate::Matches(pattern), Value::Text(text)) => pattern.is_match(text),
        (Predicate::IsTrue, Value::Bool(is_true)) => *is_true,
        (Predicate::Has(member), Value::Set(set)) => set.contains(member),
        (Predicate::IsEmpty, Value::Set(set)) => set.is_empty(),
        (Predicate::InIntervals(intervals), value) => {
            let number: Option<i128> = match value {
                Value::Tokens(tokens) => Some(tokens.0.into()),
                Value::Instant(instant) => Some(instant.0.into()),
                Value::TimeOfDay(minute) => Some(minute.0.into()),
                Value::Share(share) => Some(share.0.into()),
                Value::Money(money) => Some(money.0.into()),
                _ => None,
            };
            number.is_some_and(|number| intervals.iter().any(|interval| interval.contains(number)))
        }
        _ => false,
    }
}
