//! Why a formula holds of a request, or does not: as few classes as decide it. Whatever else a request is, where it is of
//! those, the formula is as true.

use super::formula::{Formula, Index, constraint_holds, holds, is_about, those};
use super::query::Requests;
use crate::decision::Computed;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::partition::TARGET;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::TargetId;

/// What has been asked of one request, and the classes that decided it.
#[derive(Debug)]
pub(crate) struct Because<'r> {
    index: &'r Index<'r>,
    classes: &'r [u32],
    sets: BTreeMap<Dimension, ClassSet>,
    /// What is computed and is as good a reason as what it is computed from.
    named: &'r BTreeSet<Dimension>,
    /// What is computed and has been explained, of a target where one was in question.
    explained: BTreeSet<(Dimension, Option<TargetId>)>,
}

/// What it costs to say something: nothing where it is said already; else the part of a dimension that is given up, in
/// thousandths, and something for each dimension.
type Cost = u32;

/// Of a dimension of which nothing was said yet.
const ONE_MORE: Cost = 400;

/// Of a truth that is computed from others.
const COMPUTED: Cost = 1_500;

impl<'r> Because<'r> {
    /// `named`: what is computed and has a name that people know: it is not looked into.
    pub(crate) fn new(
        requests: &'r Requests<'r>,
        named: &'r BTreeSet<Dimension>,
        classes: &'r [u32],
    ) -> Because<'r> {
        let index = requests.index();
        Because { index, classes, sets: BTreeMap::new(), named, explained: BTreeSet::new() }
    }

    /// How it is computed, where that has to be looked into.
    fn computed(&self, dimension: Dimension) -> Option<&'r Computed> {
        self.index.computed(dimension).filter(|_| !self.named.contains(&dimension))
    }

    /// Whether it holds, said for all requests of the classes that are kept.
    pub(crate) fn learn(&mut self, formula: &Formula<'_>) -> bool {
        let truth = formula.holds(self.index, self.classes, None);
        self.formula(formula, None, truth);
        truth
    }

    /// That a dimension's class is one of these, of which it is.
    pub(crate) fn within(&mut self, dimension: Dimension, classes: &ClassSet) {
        self.restrict(dimension, classes);
    }

    /// What has been said, by dimension; of what is given alone.
    pub(crate) fn constraints(&self) -> Vec<Constraint> {
        let is_all =
            |dimension: &Dimension, classes: &ClassSet| classes.len() == self.index.count(*dimension);
        let own = self.sets.iter().filter(|(dimension, classes)| !is_all(dimension, classes));
        own.map(|(dimension, classes)| Constraint { dimension: *dimension, classes: classes.clone() })
            .collect()
    }

    /// `wanted`: the truth that it has.
    fn formula(&mut self, formula: &Formula<'_>, target: Option<TargetId>, wanted: bool) {
        match formula {
            Formula::Holds(expression) => self.expression(expression, target, wanted),
            Formula::Boxes(boxes, which) if wanted => {
                let own = those(boxes, *which).filter(|one| self.box_holds(one, target));
                let best = own.min_by_key(|one| self.cost_of_box(one, target));
                if let Some(one) = best {
                    one.constraints.iter().for_each(|part| self.constraint(part, target, true));
                    one.residual.iter().for_each(|part| self.expression(part, target, true));
                }
            }
            Formula::Boxes(boxes, which) => {
                for one in those(boxes, *which).filter(|one| is_about(one, target)) {
                    self.box_fails(one, target);
                }
            }
            Formula::Not(part) => self.formula(part, target, !wanted),
            Formula::Of(target, part) => self.formula(part, Some(*target), wanted),
            Formula::All(parts) | Formula::Any(parts) => {
                let is_all = matches!(formula, Formula::All(_));
                if is_all == wanted {
                    parts.iter().for_each(|part| self.formula(part, target, wanted));
                    return;
                }
                let own = parts.iter().filter(|part| part.holds(self.index, self.classes, target) == wanted);
                if let Some(part) = own.min_by_key(|part| self.cost_of_formula(part, target, wanted)) {
                    self.formula(part, target, wanted);
                }
            }
        }
    }

    fn box_holds(&self, one: &RuleBox, target: Option<TargetId>) -> bool {
        one.constraints.iter().all(|part| constraint_holds(self.index, part, self.classes, target))
            && one.residual.iter().all(|part| holds(self.index, part, self.classes, target))
    }

    fn cost_of_box(&self, one: &RuleBox, target: Option<TargetId>) -> Cost {
        let constraints = one.constraints.iter().map(|part| self.cost_of(part, target, true));
        let residual = one.residual.iter().map(|part| self.cost_of_expression(part, target, true));
        constraints.chain(residual).fold(0, Cost::saturating_add)
    }

    /// Says why a box does not hold.
    fn box_fails(&mut self, one: &RuleBox, target: Option<TargetId>) {
        let mut best: Option<(Cost, Result<&Constraint, &Expression>)> = None;
        for part in &one.constraints {
            if constraint_holds(self.index, part, self.classes, target) {
                continue;
            }
            let cost = self.cost_of(part, target, false);
            if cost == 0 {
                return;
            }
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, Ok(part)));
            }
        }
        for part in &one.residual {
            if !holds(self.index, part, self.classes, target) {
                let cost = self.cost_of_expression(part, target, false);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, Err(part)));
                }
            }
        }
        match best {
            Some((_, Ok(part))) => self.constraint(part, target, false),
            Some((_, Err(part))) => self.expression(part, target, false),
            None => {}
        }
    }

    fn expression(&mut self, expression: &Expression, target: Option<TargetId>, wanted: bool) {
        match expression {
            Expression::Within(part) => self.constraint(part, target, wanted),
            Expression::Not(part) => self.expression(part, target, !wanted),
            Expression::All(parts) | Expression::Any(parts) => {
                let is_all = matches!(expression, Expression::All(_));
                if is_all == wanted {
                    parts.iter().for_each(|part| self.expression(part, target, wanted));
                    return;
                }
                let own = parts.iter().filter(|part| holds(self.index, part, self.classes, target) == wanted);
                if let Some(part) = own.min_by_key(|part| self.cost_of_expression(part, target, wanted)) {
                    self.expression(part, target, wanted);
                }
            }
        }
    }

    fn constraint(&mut self, part: &Constraint, target: Option<TargetId>, wanted: bool) {
        let dimension = part.dimension;
        if dimension == TARGET && target.is_some() {
            return;
        }
        let Some(computed) = self.computed(dimension) else {
            let classes = match wanted {
                true => part.classes.clone(),
                false => part.classes.complement(self.index.count(dimension)),
            };
            return self.restrict(dimension, &classes);
        };
        let of = target.filter(|_| self.index.is_of_target(dimension));
        match computed {
            Computed::Truth(_, expression) => {
                let either = part.classes.contains(0) == part.classes.contains(1);
                if !either && self.explained.insert((dimension, of)) {
                    let truth = holds(self.index, expression, self.classes, of);
                    self.expression(expression, of, truth);
                }
            }
            Computed::First { arms, .. } => {
                // Arms before it that lead into the same side need not be looked at.
                for (expression, class) in arms {
                    if holds(self.index, expression, self.classes, None) {
                        self.expression(expression, None, true);
                        return;
                    }
                    if part.classes.contains(*class) != wanted {
                        self.expression(expression, None, false);
                    }
                }
            }
        }
    }

    fn restrict(&mut self, dimension: Dimension, classes: &ClassSet) {
        let known = self.sets.get(&dimension);
        let both = known.map_or_else(|| classes.clone(), |known| known.and(classes));
        debug_assert!(both.contains(self.classes[dimension.0 as usize]), "it is said of this request");
        self.sets.insert(dimension, both);
    }

    fn cost_of_formula(&self, formula: &Formula<'_>, target: Option<TargetId>, wanted: bool) -> Cost {
        match formula {
            Formula::Holds(expression) => self.cost_of_expression(expression, target, wanted),
            Formula::Boxes(boxes, which) if wanted => {
                let own = those(boxes, *which).filter(|one| self.box_holds(one, target));
                own.map(|one| self.cost_of_box(one, target)).min().unwrap_or(Cost::MAX)
            }
            Formula::Boxes(..) => COMPUTED,
            Formula::Not(part) => self.cost_of_formula(part, target, !wanted),
            Formula::Of(target, part) => self.cost_of_formula(part, Some(*target), wanted),
            Formula::All(parts) | Formula::Any(parts) => {
                let is_all = matches!(formula, Formula::All(_));
                let own = parts.iter().filter(|part| part.holds(self.index, self.classes, target) == wanted);
                let costs = own.map(|part| self.cost_of_formula(part, target, wanted));
                if is_all == wanted {
                    costs.fold(0, Cost::saturating_add)
                } else {
                    costs.min().unwrap_or(Cost::MAX)
                }
            }
        }
    }

    fn cost_of_expression(&self, expression: &Expression, target: Option<TargetId>, wanted: bool) -> Cost {
        match expression {
            Expression::Within(part) => self.cost_of(part, target, wanted),
            Expression::Not(part) => self.cost_of_expression(part, target, !wanted),
            Expression::All(parts) | Expression::Any(parts) => {
                let is_all = matches!(expression, Expression::All(_));
                let own = parts.iter().filter(|part| holds(self.index, part, self.classes, target) == wanted);
                let costs = own.map(|part| self.cost_of_expression(part, target, wanted));
                if is_all == wanted {
                    costs.fold(0, Cost::saturating_add)
                } else {
                    costs.min().unwrap_or(Cost::MAX)
                }
            }
        }
    }

    fn cost_of(&self, part: &Constraint, target: Option<TargetId>, wanted: bool) -> Cost {
        let dimension = part.dimension;
        if dimension == TARGET && target.is_some() {
            return 0;
        }
        if self.computed(dimension).is_some() {
            let of = target.filter(|_| self.index.is_of_target(dimension));
            return if self.explained.contains(&(dimension, of)) { 0 } else { COMPUTED };
        }
        let count = self.index.count(dimension);
        let own = |classes: &ClassSet| match self.sets.get(&dimension) {
            Some(known) => (known.len(), known.and(classes).len(), 0),
            None => (count, classes.len(), ONE_MORE),
        };
        let (all, kept, more) = match wanted {
            true => own(&part.classes),
            false => own(&part.classes.complement(count)),
        };
        if kept == all { 0 } else { more + 1 + (all - kept) * 1_000 / all.max(1) }
    }
}
