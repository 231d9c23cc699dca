//! One question as it is searched: only what it reads, in clauses over groups of classes.

use super::{Answer, Requests, Witness, mend};
use crate::decision::Computed;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression};
use crate::proof::clauses::{Clauses, Found, Literal};
use crate::proof::formula::{self, Formula, Reduced};
use crate::proof::groups::Groups;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// So many constraints or literals to look at or to write cost as much as a clause that is learnt.
const STEPS: u64 = 400;

/// So many requests are tried before there is a search.
const SAMPLES: u32 = 6;

/// A question as it is searched.
pub(super) struct Asked<'q> {
    requests: &'q Requests<'q>,
    reduced: Reduced,
    /// What is computed and read, directly or through others; each after those it reads.
    computed: Vec<&'q Computed>,
    /// What is read, and what goes together with it; not what is computed.
    dimensions: BTreeSet<Dimension>,
    /// The families of those.
    families: BTreeSet<usize>,
}

impl<'q> Asked<'q> {
    /// None where it contradicts itself. `more`: what else it may be asked about.
    pub(super) fn new(
        requests: &'q Requests<'q>,
        demands: &[Formula<'_>],
        more: &BTreeSet<Dimension>,
    ) -> Option<Asked<'q>> {
        let reduced = formula::reduce(&requests.index, demands)?;
        Some(Asked::of(requests, reduced, more))
    }

    /// The same question; what may be asked about beside it.
    pub(super) fn about(self, more: &BTreeSet<Dimension>) -> Asked<'q> {
        Asked::of(self.requests, self.reduced, more)
    }

    fn of(requests: &'q Requests<'q>, reduced: Reduced, more: &BTreeSet<Dimension>) -> Asked<'q> {
        let mut read: BTreeSet<Dimension> = reduced.known.keys().copied().collect();
        reduced.demands.iter().for_each(|demand| demand.add_dimensions(&mut read));
        for local in &reduced.locals {
            read.insert(local.dimension());
            local.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
        }
        read.extend(more);
        let mut asked = Asked {
            requests,
            reduced,
            computed: Vec::new(),
            dimensions: BTreeSet::new(),
            families: BTreeSet::new(),
        };
        asked.gather(read);
        asked
    }

    fn gather(&mut self, mut read: BTreeSet<Dimension>) {
        let index = &self.requests.index;
        // A dimension is computed from earlier ones, or, of a `classify`, from any: those of its arms are followed.
        let mut pending: Vec<Dimension> = read.iter().copied().collect();
        let mut needed: BTreeSet<Dimension> = BTreeSet::new();
        while let Some(dimension) = pending.pop() {
            let Some(computed) = index.computed(dimension) else {
                if let Some(family) = self.requests.family_of.get(&dimension)
                    && self.families.insert(*family)
                {
                    self.dimensions.extend(&self.requests.families[*family].dimensions);
                } else {
                    self.dimensions.insert(dimension);
                }
                continue;
            };
            if needed.insert(dimension) {
                let mut more = BTreeSet::new();
                computed.expressions().iter().for_each(|expression| expression.add_dimensions(&mut more));
                pending.extend(more.into_iter().filter(|dimension| read.insert(*dimension)));
            }
        }
        let rules = self.requests.rules;
        let all = rules.computed.iter().chain(&rules.of_target);
        if !needed.is_empty() {
            self.computed = all.filter(|one| needed.contains(&one.dimension())).collect();
        }
    }

    fn compute(&self, classes: &mut [u32]) {
        self.computed.iter().for_each(|one| one.compute(classes));
        self.reduced.locals.iter().for_each(|one| one.compute(classes));
    }

    fn is_fulfilled(&self, classes: &[u32]) -> bool {
        let is_known =
            |(dimension, known): (&Dimension, &ClassSet)| known.contains(classes[dimension.0 as usize]);
        self.reduced.known.iter().all(is_known)
            && self.reduced.demands.iter().all(|demand| demand.holds(classes))
    }

    fn are_possible(&self, classes: &[u32]) -> bool {
        self.families.iter().all(|index| self.requests.is_possible(*index, classes))
    }

    /// Of the classes that were searched, those of a request, with all that is computed from them.
    pub(super) fn complete(&self, classes: &mut Vec<u32>) {
        classes.truncate(self.requests.rules.partition.axes().len());
        self.requests.compute(classes);
    }

    fn defaults(&self) -> Vec<u32> {
        let mut classes = self.requests.rules.partition.defaults().to_vec();
        classes.resize(classes.len() + self.reduced.locals.len(), 0);
        classes
    }

    pub(super) fn find(&self, work: &mut u64) -> Answer<Vec<u32>> {
        *work = work.saturating_sub(self.reduced.looked_at / STEPS);
        if let Some(classes) = self.sample() {
            return Answer::Some(classes);
        }
        self.search(work)
    }

    /// One of a few requests that might be an answer.
    fn sample(&self) -> Option<Vec<u32>> {
        let mut start = self.defaults();
        for (dimension, known) in &self.reduced.known {
            let class = &mut start[dimension.0 as usize];
            if !known.contains(*class)
                && let Some((first, _)) = known.ranges().first()
            {
                *class = *first;
            }
        }
        self.mend(&mut start);
        // Of a question that reads much, some other requests. The same each time.
        let mut random = Rng::with_seed(0);
        for sample in 0..SAMPLES {
            let mut tried = start.clone();
            if sample > 0 {
                for dimension in &self.dimensions {
                    let count = self.requests.index.count(*dimension);
                    let class = random.u32(..count);
                    if random.u32(..3) == 0
                        && self.reduced.known.get(dimension).is_none_or(|known| known.contains(class))
                    {
                        tried[dimension.0 as usize] = class;
                    }
                }
                self.mend(&mut tried);
            }
            self.compute(&mut tried);
            if self.is_fulfilled(&tried) && self.are_possible(&tried) {
                return Some(tried);
            }
            if self.dimensions.is_empty() {
                break;
            }
        }
        None
    }

    /// Changes what no law allows, where nothing is demanded of it.
    fn mend(&self, classes: &mut [u32]) {
        for family in &self.families {
            let laws = &self.requests.families[*family].laws;
            mend(laws, &|dimension| self.reduced.known.contains_key(&dimension), classes);
        }
    }

    fn search(&self, work: &mut u64) -> Answer<Vec<u32>> {
        let mut clauses = self.clauses();
        *work = work.saturating_sub(clauses.literals / STEPS);
        self.solve(&mut clauses, &mut true, &[], work)
    }

    /// All that is asked, written down.
    pub(super) fn clauses(&self) -> Clauses {
        let mut clauses =
            Clauses::new(self.groups(), &|dimension| self.requests.default(dimension), &self.requests.stop);
        for (dimension, classes) in &self.reduced.known {
            let known = Constraint { dimension: *dimension, classes: classes.clone() };
            clauses.demand(&Expression::Within(known), false);
        }
        self.reduced.demands.iter().for_each(|demand| clauses.demand(demand, false));
        self.computed.iter().for_each(|one| clauses.demand_computed(one));
        self.reduced.locals.iter().for_each(|one| clauses.demand_computed(one));
        for family in self.families.iter().map(|index| &self.requests.families[*index]) {
            family.laws.iter().for_each(|law| clauses.demand(law, false));
        }
        clauses
    }

    /// A request of which these clauses hold, and what is assumed. `is_exact`: whether that there is none is known to be so;
    /// what no request has may make it false for good.
    pub(super) fn solve(
        &self,
        clauses: &mut Clauses,
        is_exact: &mut bool,
        assumed: &[Literal],
        work: &mut u64,
    ) -> Answer<Vec<u32>> {
        loop {
            match clauses.search(assumed, work) {
                Found::None if *is_exact => return Answer::None,
                Found::None | Found::Unknown => return Answer::Unknown,
                Found::Choice => {}
            }
            let mut classes = self.defaults();
            clauses.chosen(&mut classes);
            let is_impossible = |index: &&usize| !self.requests.is_possible(**index, &classes);
            let impossible: Vec<usize> = self.families.iter().filter(is_impossible).copied().collect();
            if impossible.is_empty() {
                return Answer::Some(classes);
            }
            for family in impossible.into_iter().map(|index| &self.requests.families[index]) {
                *is_exact &= family.is_exact;
                clauses.exclude(&family.dimensions, &classes);
                // Each costs as much as a clause that is learnt, so that the limit holds for them too.
                *work = work.saturating_sub(1);
            }
        }
    }

    fn groups(&self) -> BTreeMap<Dimension, Groups> {
        let holds = ClassSet::one(1);
        let mut sets: BTreeMap<Dimension, BTreeSet<&ClassSet>> = BTreeMap::new();
        let none = BTreeSet::new();
        for (dimension, known) in &self.reduced.known {
            sets.entry(*dimension).or_default().insert(known);
        }
        let all = self.computed.iter().copied().chain(&self.reduced.locals);
        let computed: Vec<&Computed> = all.collect();
        // A truth has two sides, whether something reads it or not.
        for one in computed.iter().filter(|one| matches!(one, Computed::Truth(..))) {
            sets.entry(one.dimension()).or_default().insert(&holds);
        }
        let expressions = computed.iter().flat_map(|one| one.expressions());
        for expression in self.reduced.demands.iter().chain(expressions) {
            add_sets(expression, &mut sets);
        }
        // Of classes that go together with those of another dimension, each may be the only one that does.
        let families = self.families.iter().map(|index| &self.requests.families[*index]);
        let joint = families.filter(|family| family.dimensions.len() > 1);
        let joint: BTreeSet<Dimension> = joint.flat_map(|family| family.dimensions.iter().copied()).collect();
        let first = computed.iter().filter(|one| matches!(one, Computed::First { .. }));
        let given: BTreeSet<Dimension> = first.map(|one| one.dimension()).collect();
        let of = |dimension: Dimension| {
            let count = self.requests.index.count(dimension);
            let sets = sets.get(&dimension).unwrap_or(&none);
            let apart = joint.contains(&dimension) || given.contains(&dimension);
            (dimension, Groups::new(count, sets, self.requests.default(dimension), apart))
        };
        let own = computed.iter().map(|one| one.dimension());
        self.dimensions.iter().copied().chain(own).map(of).collect()
    }

    /// The same answer with as many attributes as possible at their defaults, tried in the order of the schema.
    pub(super) fn plainest(&self, mut classes: Vec<u32>) -> Witness {
        let mut is_plainer = true;
        while std::mem::take(&mut is_plainer) {
            for (id, dimensions) in &self.requests.attributes {
                let is_default = |dimension: &Dimension| {
                    classes[dimension.0 as usize] == self.requests.default(*dimension)
                };
                if !dimensions.is_empty() && dimensions.iter().all(is_default) {
                    continue;
                }
                let mut tried = classes.clone();
                for dimension in dimensions {
                    tried[dimension.0 as usize] = self.requests.default(*dimension);
                }
                self.compute(&mut tried);
                let is_answer = |tried: &Vec<u32>| {
                    *tried != classes && self.is_fulfilled(tried) && self.are_possible(tried)
                };
                if !is_answer(&tried) {
                    let Some(without) = self.requests.without(*id, &classes) else { continue };
                    tried[..without.len()].copy_from_slice(&without);
                    self.compute(&mut tried);
                }
                if is_answer(&tried) {
                    (classes, is_plainer) = (tried, true);
                }
            }
        }
        self.complete(&mut classes);
        let request = self.requests.request(&classes).expect("its classes are possible");
        Witness { request, classes }
    }
}

fn add_sets<'e>(expression: &'e Expression, sets: &mut BTreeMap<Dimension, BTreeSet<&'e ClassSet>>) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| add_sets(part, sets)),
        Expression::Not(part) => add_sets(part, sets),
        Expression::Within(constraint) => {
            sets.entry(constraint.dimension).or_default().insert(&constraint.classes);
        }
    }
}
