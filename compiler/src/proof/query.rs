//! May some request …? The one room that knows the solver: it is asked in conditions over classes and answers with a request.
//!
//! What is asked restricts what is searched: only dimensions that the conditions read, and what they are computed from. What
//! no request has, such as a window that is smaller than its tokens, is excluded when the search meets it. The request that
//! is shown is as plain as can be: no attribute of it could go back to its default. The same question always has the same
//! answer.

use super::clauses::{Clauses, Found};
use super::groups::Groups;
use crate::decision::boxes::{ClassSet, Dimension, Expression};
use crate::decision::partition::Family;
use crate::decision::{Computed, Rules};
use crate::model::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use wayleave_program::attributes::Attributes;

/// The clauses that a search may learn before it gives up: some seconds of work.
pub const WORK_LIMIT: u64 = 200_000;

/// All requests under a policy. What is learnt from one question serves the next.
#[derive(Debug)]
pub struct Requests<'p> {
    policy: &'p Policy,
    rules: &'p Rules,
    families: Vec<Family>,
    /// By family and the classes of its dimensions: whether a request has them.
    possible: Mutex<BTreeMap<(usize, Vec<u32>), bool>>,
}

impl<'p> Requests<'p> {
    /// Under this policy, of which these are the rules.
    pub fn new(policy: &'p Policy, rules: &'p Rules) -> Requests<'p> {
        Requests { policy, rules, families: rules.partition.families(), possible: Mutex::default() }
    }

    /// A question, to which every request is an answer.
    pub fn query(&self) -> Query<'_> {
        Query { requests: self, demands: Vec::new() }
    }

    /// The families of which no request has these classes.
    fn impossible(&self, classes: &[u32]) -> Vec<&Family> {
        let is_possible = |index: usize| self.is_possible(index, classes);
        let all = self.families.iter().enumerate();
        all.filter(|(index, _)| !is_possible(*index)).map(|(_, family)| family).collect()
    }

    /// Whether some request has these classes: a request has, where it has those of each family.
    pub fn are_possible(&self, classes: &[u32]) -> bool {
        (0..self.families.len()).all(|index| self.is_possible(index, classes))
    }

    fn is_possible(&self, index: usize, classes: &[u32]) -> bool {
        let partition = &self.rules.partition;
        let family = &self.families[index];
        let defaults = partition.defaults();
        let own: Vec<u32> = family.dimensions.iter().map(|dimension| classes[dimension.0 as usize]).collect();
        if family
            .dimensions
            .iter()
            .zip(&own)
            .all(|(dimension, class)| defaults[dimension.0 as usize] == *class)
        {
            return true;
        }
        let key = (index, own);
        // A panic elsewhere leaves nothing half written here.
        let mut known = self.possible.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_possible) = known.get(&key) {
            return *is_possible;
        }
        let mut alone = defaults.to_vec();
        for (dimension, class) in family.dimensions.iter().zip(&key.1) {
            alone[dimension.0 as usize] = *class;
        }
        let is_possible = partition.request(self.policy, &alone).is_some();
        known.insert(key, is_possible);
        is_possible
    }

    fn default(&self, dimension: Dimension) -> u32 {
        self.rules.partition.defaults()[dimension.0 as usize]
    }

    fn compute(&self, classes: &mut [u32]) {
        for one in self.rules.computed.iter().chain(&self.rules.of_target) {
            one.compute(classes);
        }
    }
}

/// A question about all requests, and where it names one, a target.
#[derive(Debug)]
pub struct Query<'r> {
    requests: &'r Requests<'r>,
    demands: Vec<Demand>,
}

/// A condition that has to hold, or not to.
#[derive(Debug)]
struct Demand {
    expression: Expression,
    is_denied: bool,
}

/// What there is.
#[derive(Debug)]
pub enum Answer {
    /// A request.
    Some(Witness),
    /// No request at all.
    None,
    /// It was not found out within the limit of work.
    Unknown,
}

/// A request that shows that there is one.
#[derive(Debug)]
pub struct Witness {
    /// What differs from the defaults.
    pub request: Attributes,
    /// Its classes; that of the target is the target's number.
    pub classes: Vec<u32>,
}

impl Query<'_> {
    /// Asks for requests of which this holds too.
    pub fn when(&mut self, expression: Expression) -> &mut Self {
        self.demands.push(Demand { expression, is_denied: false });
        self
    }

    /// Asks for requests of which this does not hold.
    pub fn unless(&mut self, expression: Expression) -> &mut Self {
        self.demands.push(Demand { expression, is_denied: true });
        self
    }

    /// Whether it is an answer that a request and a target have these classes, and computed ones that go with them.
    fn is_fulfilled(&self, classes: &[u32]) -> bool {
        self.demands.iter().all(|demand| demand.expression.holds(classes) != demand.is_denied)
    }

    /// A request for which it is so, if there is one. `work`: the clauses that the search may learn; what is left of them.
    pub fn answer(&self, work: &mut u64) -> Answer {
        let computed = self.computed();
        let dimensions = self.dimensions(&computed);
        let mut clauses =
            Clauses::new(self.groups(&dimensions, &computed), &|dimension| self.requests.default(dimension));
        for demand in &self.demands {
            clauses.demand(&demand.expression, demand.is_denied);
        }
        for one in &computed {
            demand_computed(&mut clauses, one);
        }
        for family in
            self.requests.families.iter().filter(|family| dimensions.contains(&family.dimensions[0]))
        {
            family.laws.iter().for_each(|law| clauses.demand(law, false));
        }
        let mut is_exact = true;
        loop {
            match clauses.search(work) {
                Found::None if is_exact => return Answer::None,
                Found::None | Found::Unknown => return Answer::Unknown,
                Found::Choice => {}
            }
            let mut classes = self.requests.rules.partition.defaults().to_vec();
            clauses.chosen(&mut classes);
            let impossible = self.requests.impossible(&classes);
            if impossible.is_empty() {
                return Answer::Some(self.plainest(classes));
            }
            for family in impossible {
                is_exact &= family.is_exact;
                clauses.exclude(&family.dimensions, &classes);
                // Each costs as much as a clause that is learnt, so that the limit holds for them too.
                *work = work.saturating_sub(1);
            }
        }
    }

    /// What is computed and read, directly or through others; each after those it reads.
    fn computed(&self) -> Vec<&Computed> {
        let mut read = BTreeSet::new();
        self.demands.iter().for_each(|demand| demand.expression.add_dimensions(&mut read));
        let mut found: Vec<&Computed> = Vec::new();
        for one in self.requests.rules.computed.iter().chain(&self.requests.rules.of_target).rev() {
            if read.contains(&one.dimension()) {
                one.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
                found.push(one);
            }
        }
        found.reverse();
        found
    }

    /// What is read, and what goes together with it.
    fn dimensions(&self, computed: &[&Computed]) -> BTreeSet<Dimension> {
        let mut read = BTreeSet::new();
        self.demands.iter().for_each(|demand| demand.expression.add_dimensions(&mut read));
        for one in computed {
            read.insert(one.dimension());
            one.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
        }
        for family in &self.requests.families {
            if family.dimensions.iter().any(|dimension| read.contains(dimension)) {
                read.extend(&family.dimensions);
            }
        }
        read
    }

    fn groups(
        &self,
        dimensions: &BTreeSet<Dimension>,
        computed: &[&Computed],
    ) -> BTreeMap<Dimension, Groups> {
        let mut sets: BTreeMap<Dimension, BTreeSet<&ClassSet>> = BTreeMap::new();
        let none = BTreeSet::new();
        let asked = self.demands.iter().map(|demand| &demand.expression);
        for expression in asked.chain(computed.iter().flat_map(|one| one.expressions())) {
            add_sets(expression, &mut sets);
        }
        // Of classes that go together with those of another dimension, each may be the only one that does.
        let families = self.requests.families.iter().filter(|family| family.dimensions.len() > 1);
        let joint: BTreeSet<Dimension> =
            families.flat_map(|family| family.dimensions.iter().copied()).collect();
        let given: BTreeSet<Dimension> = computed
            .iter()
            .filter(|one| matches!(one, Computed::First { .. }))
            .map(|one| one.dimension())
            .collect();
        let of = |dimension: &Dimension| {
            let count = self.requests.rules.partition.count(*dimension);
            let sets = sets.get(dimension).unwrap_or(&none);
            let apart = joint.contains(dimension) || given.contains(dimension);
            (*dimension, Groups::new(count, sets, self.requests.default(*dimension), apart))
        };
        dimensions.iter().map(of).collect()
    }

    /// The same answer with as many attributes as possible at their defaults, tried in the order of the schema.
    fn plainest(&self, mut classes: Vec<u32>) -> Witness {
        let Requests { policy, rules, .. } = *self.requests;
        let mut is_plainer = true;
        while std::mem::take(&mut is_plainer) {
            for id in policy.schema.ids() {
                let mut tried = classes.clone();
                for dimension in rules.partition.dimensions(id) {
                    tried[dimension.0 as usize] = self.requests.default(dimension);
                }
                self.requests.compute(&mut tried);
                if tried != classes && self.is_fulfilled(&tried) && self.requests.are_possible(&tried) {
                    (classes, is_plainer) = (tried, true);
                }
            }
        }
        self.requests.compute(&mut classes);
        let request = rules.partition.request(policy, &classes).expect("its classes are possible");
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

/// That a computed class is what it is computed to be.
fn demand_computed(clauses: &mut Clauses, one: &Computed) {
    match one {
        Computed::Truth(dimension, expression) => {
            clauses.demand_class(*dimension, 1, &[(expression, false)]);
            clauses.demand_class(*dimension, 0, &[(expression, true)]);
        }
        Computed::First { dimension, arms, otherwise, .. } => {
            let mut before: Vec<(&Expression, bool)> = Vec::new();
            for (expression, class) in arms {
                before.push((expression, false));
                clauses.demand_class(*dimension, *class, &before);
                if let Some(last) = before.last_mut() {
                    last.1 = true;
                }
            }
            clauses.demand_class(*dimension, *otherwise, &before);
        }
    }
}
