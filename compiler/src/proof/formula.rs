//! What is asked of a request and of targets, over boxes and expressions that a policy owns; and the part of it that can
//! matter. What a question demands of a dimension outright decides most tests of it elsewhere, and most boxes of a large
//! policy are of other requests.

use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::partition::TARGET;
use crate::decision::{Computed, Rules};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::TargetId;

/// A condition on a request, and on targets that it names.
#[derive(Debug, Clone)]
pub enum Formula<'r> {
    /// This holds.
    Holds(Cow<'r, Expression>),
    /// One of these boxes holds; of a layer, those at these places, or all.
    Boxes(&'r [RuleBox], Option<&'r [u32]>),
    /// All hold.
    All(Vec<Formula<'r>>),
    /// One holds.
    Any(Vec<Formula<'r>>),
    /// It does not hold.
    Not(Box<Formula<'r>>),
    /// It holds where this is the target in question.
    Of(TargetId, Box<Formula<'r>>),
}

impl<'r> Formula<'r> {
    /// What always holds, or never.
    pub fn constant(holds: bool) -> Formula<'r> {
        if holds { Formula::All(Vec::new()) } else { Formula::Any(Vec::new()) }
    }

    /// That it does not hold.
    #[must_use]
    pub fn negated(self) -> Formula<'r> {
        Formula::Not(Box::new(self))
    }

    /// Whether it holds of a class vector; `target`: the target in question, where one is.
    pub(crate) fn holds(&self, index: &Index<'_>, classes: &[u32], target: Option<TargetId>) -> bool {
        match self {
            Formula::Holds(expression) => holds(index, expression, classes, target),
            Formula::Boxes(boxes, which) => those(boxes, *which).any(|one| {
                one.constraints.iter().all(|constraint| constraint_holds(index, constraint, classes, target))
                    && one.residual.iter().all(|part| holds(index, part, classes, target))
            }),
            Formula::All(parts) => parts.iter().all(|part| part.holds(index, classes, target)),
            Formula::Any(parts) => parts.iter().any(|part| part.holds(index, classes, target)),
            Formula::Not(part) => !part.holds(index, classes, target),
            Formula::Of(target, part) => part.holds(index, classes, Some(*target)),
        }
    }

    /// That it holds of this target.
    #[must_use]
    pub fn of(self, target: TargetId) -> Formula<'r> {
        Formula::Of(target, Box::new(self))
    }
}

impl<'r> From<&'r Expression> for Formula<'r> {
    fn from(expression: &'r Expression) -> Formula<'r> {
        Formula::Holds(Cow::Borrowed(expression))
    }
}

impl From<Expression> for Formula<'_> {
    fn from(expression: Expression) -> Self {
        Formula::Holds(Cow::Owned(expression))
    }
}

/// What is computed, by dimension.
#[derive(Debug)]
pub(crate) struct Index<'r> {
    of_request: BTreeMap<Dimension, &'r Computed>,
    of_target: BTreeMap<Dimension, &'r Computed>,
    /// How many classes each dimension has.
    counts: Vec<u32>,
    axes: u32,
}

impl<'r> Index<'r> {
    pub(crate) fn new(rules: &'r Rules) -> Index<'r> {
        let by = |list: &'r [Computed]| list.iter().map(|one| (one.dimension(), one)).collect();
        let counts: Vec<u32> = rules.partition.axes().iter().map(|axis| axis.count).collect();
        let axes = u32::try_from(counts.len()).expect("fewer than 2^32 dimensions");
        Index { of_request: by(&rules.computed), of_target: by(&rules.of_target), counts, axes }
    }

    /// How many classes a dimension has; one behind those of the policy is a truth.
    pub(crate) fn count(&self, dimension: Dimension) -> u32 {
        self.counts.get(dimension.0 as usize).copied().unwrap_or(2)
    }

    /// Whether it is computed of a request and a target.
    pub(crate) fn is_of_target(&self, dimension: Dimension) -> bool {
        self.of_target.contains_key(&dimension)
    }

    /// How it is computed, if it is.
    pub(crate) fn computed(&self, dimension: Dimension) -> Option<&'r Computed> {
        self.of_request.get(&dimension).or_else(|| self.of_target.get(&dimension)).copied()
    }
}

/// A question, reduced to what matters.
#[derive(Debug, Default)]
pub(crate) struct Reduced {
    /// The classes that a dimension has to have.
    pub(crate) known: BTreeMap<Dimension, ClassSet>,
    /// What has to hold beside that.
    pub(crate) demands: Vec<Expression>,
    /// What is computed for single targets, in dimensions behind those of the policy; each after those it reads.
    pub(crate) locals: Vec<Computed>,
    /// So many constraints were looked at for that.
    pub(crate) looked_at: u64,
}

/// More rounds are not worth their time: what is found later, the solver finds.
const ROUNDS: usize = 6;

/// The classes that formulas demand outright; none where they contradict each other.
pub(crate) fn known(index: &Index<'_>, formulas: &[Formula<'_>]) -> Option<BTreeMap<Dimension, ClassSet>> {
    let mut reducer = Reducer { index, reduced: Reduced::default(), locals: BTreeMap::new() };
    for formula in formulas {
        reducer.learn(formula, None, false)?;
    }
    Some(reducer.reduced.known)
}

/// The part of a question that matters; none where it contradicts itself.
pub(crate) fn reduce(index: &Index<'_>, formulas: &[Formula<'_>]) -> Option<Reduced> {
    let mut reducer = Reducer { index, reduced: Reduced::default(), locals: BTreeMap::new() };
    for formula in formulas {
        reducer.learn(formula, None, false)?;
    }
    let mut demands: Vec<Expression> =
        formulas.iter().map(|formula| reducer.formula(formula, None)).collect();
    let mut expanded: BTreeSet<Dimension> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let before = reducer.reduced.known.clone();
        demands.extend(reducer.expanded(&mut expanded));
        for demand in &demands {
            reducer.learn_expression(demand, false)?;
        }
        demands = demands.iter().map(|demand| reducer.expression(demand, None)).collect();
        demands.retain(|demand| !is_always(demand));
        if demands.iter().any(is_never) {
            return None;
        }
        if reducer.reduced.known == before {
            break;
        }
    }
    Some(Reduced { demands, ..reducer.reduced })
}

struct Reducer<'i> {
    index: &'i Index<'i>,
    reduced: Reduced,
    /// The dimension of what is computed for a target.
    locals: BTreeMap<(Dimension, TargetId), Dimension>,
}

impl Reducer<'_> {
    /// Keeps what a formula demands outright; none where that is impossible.
    fn learn(&mut self, formula: &Formula<'_>, target: Option<TargetId>, is_denied: bool) -> Option<()> {
        match (formula, is_denied) {
            (Formula::Holds(expression), _) => match target {
                None => self.learn_expression(expression, is_denied),
                Some(_) => self.learn_of(expression, target, is_denied),
            },
            (Formula::Boxes(..), true) => Some(()),
            (Formula::Boxes(boxes, which), false) => {
                let mut own = those(boxes, *which).filter(|one| is_about(one, target));
                let (Some(only), None) = (own.next(), own.next()) else { return Some(()) };
                only.constraints.iter().try_for_each(|constraint| self.learn_constraint(constraint, target))
            }
            (Formula::All(parts), false) | (Formula::Any(parts), true) => {
                parts.iter().try_for_each(|part| self.learn(part, target, is_denied))
            }
            (Formula::Not(part), _) => self.learn(part, target, !is_denied),
            (Formula::Of(target, part), _) => self.learn(part, Some(*target), is_denied),
            (Formula::All(_) | Formula::Any(_), _) => Some(()),
        }
    }

    /// Of an expression about a given target what does not depend on it.
    fn learn_of(&mut self, expression: &Expression, target: Option<TargetId>, is_denied: bool) -> Option<()> {
        match (expression, is_denied) {
            (Expression::Within(constraint), false) => self.learn_constraint(constraint, target),
            (Expression::All(parts), false) => parts.iter().try_for_each(|part| match part {
                Expression::Within(constraint) => self.learn_constraint(constraint, target),
                _ => Some(()),
            }),
            _ => Some(()),
        }
    }

    /// `target`: where one is in question, tests of it have been made elsewhere.
    fn learn_constraint(&mut self, constraint: &Constraint, target: Option<TargetId>) -> Option<()> {
        let dimension = constraint.dimension;
        let is_of_target = dimension == TARGET || self.index.of_target.contains_key(&dimension);
        if is_of_target && target.is_some() {
            return Some(());
        }
        self.restrict(dimension, &constraint.classes)
    }

    fn learn_expression(&mut self, expression: &Expression, is_denied: bool) -> Option<()> {
        match (expression, is_denied) {
            (Expression::Within(constraint), false) => {
                self.restrict(constraint.dimension, &constraint.classes)
            }
            (Expression::Within(constraint), true) => {
                let rest = constraint.classes.complement(self.index.count(constraint.dimension));
                self.restrict(constraint.dimension, &rest)
            }
            (Expression::Not(part), _) => self.learn_expression(part, !is_denied),
            (Expression::All(parts), false) | (Expression::Any(parts), true) => {
                parts.iter().try_for_each(|part| self.learn_expression(part, is_denied))
            }
            (Expression::All(_) | Expression::Any(_), _) => Some(()),
        }
    }

    fn restrict(&mut self, dimension: Dimension, classes: &ClassSet) -> Option<()> {
        let known = self.reduced.known.get(&dimension);
        let classes = known.map_or_else(|| classes.clone(), |known| known.and(classes));
        let is_possible = !classes.is_empty();
        self.reduced.known.insert(dimension, classes);
        is_possible.then_some(())
    }

    /// What follows from truths that are known, each once.
    fn expanded(&self, done: &mut BTreeSet<Dimension>) -> Vec<Expression> {
        let mut found = Vec::new();
        for (dimension, classes) in &self.reduced.known {
            let computed = match dimension.0.checked_sub(self.index.axes) {
                Some(local) => self.reduced.locals.get(local as usize),
                None => self.index.computed(*dimension),
            };
            let Some(Computed::Truth(_, expression)) = computed else { continue };
            let (may_hold, may_fail) = (classes.contains(1), classes.contains(0));
            if may_hold != may_fail && done.insert(*dimension) {
                let expression = expression.clone();
                found.push(if may_hold { expression } else { Expression::Not(Box::new(expression)) });
            }
        }
        found
    }

    fn formula(&mut self, formula: &Formula<'_>, target: Option<TargetId>) -> Expression {
        match formula {
            Formula::Holds(expression) => self.expression(expression, target),
            Formula::Boxes(boxes, which) => {
                let mut ways = Vec::new();
                for one in those(boxes, *which) {
                    match self.one_box(one, target) {
                        None => {}
                        Some(way) if is_always(&way) => return way,
                        Some(way) => ways.push(way),
                    }
                }
                any(ways)
            }
            Formula::All(parts) => all(parts.iter().map(|part| self.formula(part, target)).collect()),
            Formula::Any(parts) => any(parts.iter().map(|part| self.formula(part, target)).collect()),
            Formula::Not(part) => not(self.formula(part, target)),
            Formula::Of(target, part) => self.formula(part, Some(*target)),
        }
    }

    /// What is left of a box; none where it holds of no request in question.
    fn one_box(&mut self, one: &RuleBox, target: Option<TargetId>) -> Option<Expression> {
        // Most are of other requests: that is seen before anything is made.
        let excludes = |constraint: &Constraint| match (constraint.dimension, target) {
            (TARGET, Some(target)) => !constraint.classes.contains(target.0),
            (dimension, _) => {
                let known = self.reduced.known.get(&dimension);
                known.is_some_and(|known| !meet(known, &constraint.classes))
            }
        };
        self.reduced.looked_at += 1;
        if one.constraints.iter().any(excludes) {
            return None;
        }
        let mut parts: Vec<Expression> = Vec::with_capacity(one.constraints.len());
        for constraint in &one.constraints {
            parts.push(self.within(constraint, target));
        }
        for expression in &one.residual {
            parts.push(self.expression(expression, target));
        }
        let way = all(parts);
        (!is_never(&way)).then_some(way)
    }

    fn expression(&mut self, expression: &Expression, target: Option<TargetId>) -> Expression {
        match expression {
            Expression::All(parts) => all(parts.iter().map(|part| self.expression(part, target)).collect()),
            Expression::Any(parts) => any(parts.iter().map(|part| self.expression(part, target)).collect()),
            Expression::Not(part) => not(self.expression(part, target)),
            Expression::Within(constraint) => self.within(constraint, target),
        }
    }

    fn within(&mut self, constraint: &Constraint, target: Option<TargetId>) -> Expression {
        let Constraint { dimension, classes } = constraint;
        let mut dimension = *dimension;
        self.reduced.looked_at += 1;
        if let Some(target) = target {
            if dimension == TARGET {
                return constant(classes.contains(target.0));
            }
            if self.index.of_target.contains_key(&dimension) {
                dimension = self.local(dimension, target);
            }
        }
        match self.reduced.known.get(&dimension) {
            Some(known) if !meet(known, classes) => constant(false),
            Some(known) if known.and(classes) == *known => constant(true),
            _ => Expression::Within(Constraint { dimension, classes: classes.clone() }),
        }
    }

    /// The dimension of what is computed for a target, with that target in its place.
    fn local(&mut self, dimension: Dimension, target: TargetId) -> Dimension {
        if let Some(known) = self.locals.get(&(dimension, target)) {
            return *known;
        }
        let Some(Computed::Truth(_, expression)) = self.index.of_target.get(&dimension) else {
            return dimension;
        };
        // Depth is bounded by the number of definitions below it.
        let own = self.expression(expression, Some(target));
        let local =
            Dimension(self.index.axes + u32::try_from(self.reduced.locals.len()).expect("few targets"));
        self.reduced.locals.push(Computed::Truth(local, own));
        self.locals.insert((dimension, target), local);
        local
    }
}

pub(crate) fn holds(
    index: &Index<'_>,
    expression: &Expression,
    classes: &[u32],
    target: Option<TargetId>,
) -> bool {
    match expression {
        Expression::All(parts) => parts.iter().all(|part| holds(index, part, classes, target)),
        Expression::Any(parts) => parts.iter().any(|part| holds(index, part, classes, target)),
        Expression::Not(part) => !holds(index, part, classes, target),
        Expression::Within(constraint) => constraint_holds(index, constraint, classes, target),
    }
}

pub(crate) fn constraint_holds(
    index: &Index<'_>,
    constraint: &Constraint,
    classes: &[u32],
    target: Option<TargetId>,
) -> bool {
    let Some(target) = target else { return constraint.holds(classes) };
    if constraint.dimension == TARGET {
        return constraint.classes.contains(target.0);
    }
    match index.of_target.get(&constraint.dimension) {
        // Depth is bounded by the number of definitions below it.
        Some(Computed::Truth(_, expression)) => {
            constraint.classes.contains(u32::from(holds(index, expression, classes, Some(target))))
        }
        _ => constraint.holds(classes),
    }
}

/// The boxes at some places, or all.
pub(crate) fn those<'r>(
    boxes: &'r [RuleBox],
    which: Option<&'r [u32]>,
) -> impl Iterator<Item = &'r RuleBox> + use<'r> {
    let (every, some) = match which {
        None => (boxes, &[][..]),
        Some(which) => (&boxes[..0], which),
    };
    every.iter().chain(some.iter().map(|index| &boxes[*index as usize]))
}

pub(crate) fn is_about(one: &RuleBox, target: Option<TargetId>) -> bool {
    let allows = |target: TargetId| {
        let mut of_target = one.constraints.iter().filter(|constraint| constraint.dimension == TARGET);
        of_target.all(|constraint| constraint.classes.contains(target.0))
    };
    target.is_none_or(allows)
}

fn meet(one: &ClassSet, other: &ClassSet) -> bool {
    let (mut left, mut right) = (one.ranges(), other.ranges());
    while let (Some(a), Some(b)) = (left.first(), right.first()) {
        if a.0.max(b.0) <= a.1.min(b.1) {
            return true;
        }
        if a.1 < b.1 { left = &left[1..] } else { right = &right[1..] }
    }
    false
}

fn constant(holds: bool) -> Expression {
    if holds { Expression::All(Vec::new()) } else { Expression::Any(Vec::new()) }
}

pub(crate) fn is_always(expression: &Expression) -> bool {
    matches!(expression, Expression::All(parts) if parts.is_empty())
}

pub(crate) fn is_never(expression: &Expression) -> bool {
    matches!(expression, Expression::Any(parts) if parts.is_empty())
}

fn all(mut parts: Vec<Expression>) -> Expression {
    if parts.iter().any(is_never) {
        return constant(false);
    }
    parts.retain(|part| !is_always(part));
    if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) }
}

fn any(mut parts: Vec<Expression>) -> Expression {
    if parts.iter().any(is_always) {
        return constant(true);
    }
    parts.retain(|part| !is_never(part));
    if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) }
}

fn not(part: Expression) -> Expression {
    match part {
        Expression::Not(inner) => *inner,
        part if is_always(&part) => constant(false),
        part if is_never(&part) => constant(true),
        part => Expression::Not(Box::new(part)),
    }
}
