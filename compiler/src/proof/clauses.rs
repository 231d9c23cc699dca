//! Conditions over groups of classes as clauses of a solver. Exactly one group of each dimension is chosen; a condition
//! becomes clauses in the direction in which it is asked, after Plaisted and Greenbaum, *A structure-preserving clause form
//! translation* (1986).

use super::groups::Groups;
use super::stop::Stop;
use crate::decision::Computed;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use batsat::{Callbacks, ClauseKind, Lit, Solver, SolverInterface, SolverOpts, lbool};
use std::collections::BTreeMap;

/// More literals than this that exclude each other are chained, as pairs would be too many.
const PAIRS: usize = 6;

/// Ends a search once the clauses that it learnt are so much work, which is the same on every machine.
#[derive(Debug, Default)]
struct Work {
    learnt: u64,
    /// What a clause costs to learn: the more there is, the more is looked at for each.
    each: u64,
    limit: u64,
    stop: Stop,
}

/// So many literals that follow from others cost as much as a clause that is learnt.
const PROPAGATED: u64 = 100;

/// So many literals double what a clause costs.
const LITERALS: u64 = 10_000;

impl Callbacks for Work {
    fn on_new_clause(&mut self, _: &[Lit], kind: ClauseKind) {
        if kind == ClauseKind::Learnt {
            self.learnt += self.each;
        }
    }

    fn stop(&self) -> bool {
        self.learnt >= self.limit || self.stop.is_stopped()
    }
}

/// That something is so, among what is chosen.
pub(super) type Literal = Lit;

/// Clauses over the groups of some dimensions.
pub(super) struct Clauses {
    solver: Solver<Work>,
    /// With a literal for each group, of which exactly one is true.
    groups: BTreeMap<Dimension, (Groups, Vec<Lit>)>,
    known: BTreeMap<(Dimension, ClassSet), Lit>,
    always: Lit,
    /// In all clauses that were added.
    pub(super) literals: u64,
}

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A choice of groups that fulfils all clauses.
    Choice,
    /// There is none.
    None,
    /// The limit was met.
    Unknown,
}

impl Clauses {
    /// That a computed class is what it is computed to be.
    pub(super) fn demand_computed(&mut self, one: &Computed) {
        match one {
            Computed::Truth(dimension, expression) => {
                self.demand_class(*dimension, 1, &[(expression, false)]);
                self.demand_class(*dimension, 0, &[(expression, true)]);
            }
            Computed::First { dimension, arms, otherwise, .. } => {
                let mut before: Vec<(&Expression, bool)> = Vec::new();
                for (expression, class) in arms {
                    before.push((expression, false));
                    self.demand_class(*dimension, *class, &before);
                    if let Some(last) = before.last_mut() {
                        last.1 = true;
                    }
                }
                self.demand_class(*dimension, *otherwise, &before);
            }
        }
    }

    /// Over dimensions with these groups; `preferred`: the group that is tried first.
    pub(super) fn new(
        groups: BTreeMap<Dimension, Groups>,
        preferred: &dyn Fn(Dimension) -> u32,
        stop: &Stop,
    ) -> Clauses {
        let mut solver = Solver::new(SolverOpts::default(), Work { stop: stop.clone(), ..Work::default() });
        let always = Lit::new(solver.new_var_default(), true);
        let mut clauses =
            Clauses { solver, groups: BTreeMap::new(), known: BTreeMap::new(), always, literals: 0 };
        clauses.add(vec![always]);
        for (dimension, groups) in groups {
            let preferred = groups.of(preferred(dimension)) as usize;
            let literals = clauses.choice(groups.count(), preferred);
            clauses.groups.insert(dimension, (groups, literals));
        }
        clauses
    }

    fn add(&mut self, mut clause: Vec<Lit>) {
        self.literals += clause.len() as u64;
        // What follows from clauses that exclude each other shows when it is asked.
        self.solver.add_clause_reuse(&mut clause);
    }

    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    /// Literals of which exactly one is true.
    fn choice(&mut self, count: usize, preferred: usize) -> Vec<Lit> {
        if count == 1 {
            return vec![self.always];
        }
        let phase = |is_true: bool| if is_true { lbool::TRUE } else { lbool::FALSE };
        if count == 2 {
            let first = Lit::new(self.solver.new_var(phase(preferred == 0), true), true);
            return vec![first, !first];
        }
        let literals: Vec<Lit> = (0..count)
            .map(|group| Lit::new(self.solver.new_var(phase(group == preferred), true), true))
            .collect();
        self.add(literals.clone());
        if count <= PAIRS {
            for (index, one) in literals.iter().enumerate() {
                literals[..index].iter().for_each(|other| self.add(vec![!*one, !*other]));
            }
            return literals;
        }
        // After Sinz, *Towards an optimal CNF encoding of Boolean cardinality constraints* (2005): whether one up to
        // here is true.
        let mut before: Option<Lit> = None;
        for one in &literals {
            let upto = self.fresh();
            self.add(vec![!*one, upto]);
            if let Some(before) = before {
                self.add(vec![!before, upto]);
                self.add(vec![!before, !*one]);
            }
            before = Some(upto);
        }
        literals
    }

    /// The literal that is true where a dimension's class is one of these.
    fn within(&mut self, Constraint { dimension, classes }: &Constraint) -> Lit {
        let key = (*dimension, classes.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (groups, literals) = &self.groups[dimension];
        let (inside, outside) = groups.split(classes);
        // Of most of them, that it is none of the others.
        let is_most = inside.len() > outside.len();
        let own = if is_most { outside } else { inside };
        let own: Vec<Lit> = own.iter().map(|group| literals[*group]).collect();
        let literal = match own.as_slice() {
            [] => !self.always,
            [one] => *one,
            several => {
                let any = self.fresh();
                several.iter().for_each(|one| self.add(vec![!*one, any]));
                self.add(several.iter().copied().chain([!any]).collect());
                any
            }
        };
        let literal = if is_most { !literal } else { literal };
        self.known.insert(key, literal);
        literal
    }

    /// Demands that a condition holds, or that it does not.
    pub(super) fn demand(&mut self, expression: &Expression, is_denied: bool) {
        match (expression, is_denied) {
            (Expression::Not(part), _) => self.demand(part, !is_denied),
            (Expression::All(parts), false) | (Expression::Any(parts), true) => {
                parts.iter().for_each(|part| self.demand(part, is_denied));
            }
            _ => {
                let mut clause = Vec::new();
                self.alternatives(expression, is_denied, &mut clause);
                self.add(clause);
            }
        }
    }

    /// Demands that a dimension has this class where a condition holds, or where it does not.
    pub(super) fn demand_class(&mut self, of: Dimension, class: u32, when: &[(&Expression, bool)]) {
        let has = self.within(&Constraint { dimension: of, classes: ClassSet::one(class) });
        let mut clause = vec![has];
        for (expression, is_denied) in when {
            self.alternatives(expression, !is_denied, &mut clause);
        }
        self.add(clause);
    }

    /// Adds literals of which one is true only where a condition holds, or does not.
    fn alternatives(&mut self, expression: &Expression, is_denied: bool, clause: &mut Vec<Lit>) {
        match (expression, is_denied) {
            (Expression::Not(part), _) => self.alternatives(part, !is_denied, clause),
            (Expression::Any(parts), false) | (Expression::All(parts), true) => {
                parts.iter().for_each(|part| self.alternatives(part, is_denied, clause));
            }
            (Expression::All(parts), false) | (Expression::Any(parts), true) => {
                let all = self.fresh();
                for part in parts {
                    let mut one = vec![!all];
                    self.alternatives(part, is_denied, &mut one);
                    self.add(one);
                }
                clause.push(all);
            }
            (Expression::Within(constraint), _) => {
                let literal = self.within(constraint);
                clause.push(if is_denied { !literal } else { literal });
            }
        }
    }

    /// That a dimension's class is one of these, whether anything told them apart before or not; none of a dimension that
    /// nothing asks about.
    pub(super) fn tested(&mut self, constraint: &Constraint) -> Option<Literal> {
        let (groups, _) = self.groups.get_mut(&constraint.dimension)?;
        if let Some(known) = self.known.get(&(constraint.dimension, constraint.classes.clone())) {
            return Some(*known);
        }
        for (old, new) in groups.cut(&constraint.classes) {
            let parts = [self.fresh(), self.fresh()];
            let (_, literals) = self.groups.get_mut(&constraint.dimension)?;
            let whole = std::mem::replace(&mut literals[old], parts[0]);
            assert_eq!(literals.len(), new, "each new one is the next");
            literals.push(parts[1]);
            self.add(vec![!whole, parts[0], parts[1]]);
            self.add(vec![!parts[0], !parts[1]]);
            parts.iter().for_each(|part| self.add(vec![!*part, whole]));
        }
        Some(self.within(constraint))
    }

    /// Demands that not all of these are so. A literal that makes it so only where that is assumed, if it is `optional`.
    pub(super) fn deny_all(&mut self, all: &[Literal], is_optional: bool) -> Option<Literal> {
        let mut clause: Vec<Lit> = all.iter().map(|one| !*one).collect();
        let optional = is_optional.then(|| self.fresh());
        clause.extend(optional.map(|optional| !optional));
        self.add(clause);
        optional
    }

    /// Searches where all of these are so, for at most so much work, added up over all searches; what is left of it.
    pub(super) fn search(&mut self, assumed: &[Literal], work: &mut u64) -> Found {
        let callbacks = self.solver.cb_mut();
        (callbacks.learnt, callbacks.limit) = (0, *work);
        callbacks.each = 1 + self.literals / LITERALS;
        let before = self.solver.num_propagations();
        let found = self.solver.solve_limited(assumed);
        let propagated = self.solver.num_propagations() - before;
        *work = work.saturating_sub(self.solver.cb().learnt + propagated / PROPAGATED);
        if found == lbool::TRUE {
            Found::Choice
        } else if found == lbool::FALSE {
            Found::None
        } else {
            Found::Unknown
        }
    }

    /// Writes the classes that were chosen.
    pub(super) fn chosen(&self, classes: &mut [u32]) {
        for (dimension, (groups, literals)) in &self.groups {
            let is_chosen = |literal: &Lit| self.solver.value_lit(*literal) == lbool::TRUE;
            if let Some(group) = literals.iter().position(is_chosen) {
                classes[dimension.0 as usize] = groups.representative(group);
            }
        }
    }

    /// Excludes the classes that some dimensions have here, all of them together.
    pub(super) fn exclude(&mut self, dimensions: &[Dimension], classes: &[u32]) {
        let of = |dimension: &Dimension| {
            let (groups, literals) = self.groups.get(dimension)?;
            Some(!literals[groups.of(classes[dimension.0 as usize]) as usize])
        };
        let clause: Vec<Lit> = dimensions.iter().filter_map(of).collect();
        self.add(clause);
    }
}
