//! May some request …? The one room that knows the solver: it is asked in formulas over classes and answers with a request.
//!
//! What is asked restricts what is searched: only the boxes that its demands leave, only dimensions that those read, and what
//! they are computed from. What no request has, such as a window that is smaller than its tokens, is excluded when the search
//! meets it. The request that is shown is as plain as can be: no attribute of it could go back to its default. The same
//! question always has the same answer.

use super::clauses::{Clauses, Found};
use super::formula::{self, Formula, Index, Reduced};
use super::groups::Groups;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::partition::Family;
use crate::decision::{Computed, Rules};
use crate::model::Policy;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{AttributeId, BuiltIn};

/// The work that one question may be: the clauses that its search learns, and what it takes to write it down. Some seconds.
pub const WORK_LIMIT: u64 = 200_000;

/// So many constraints or literals to look at or to write cost as much as a clause that is learnt.
const STEPS: u64 = 400;

/// So many requests are tried before there is a search.
const SAMPLES: u32 = 6;

/// Hears each question, with the rules that it is about and whether some request answers it, where that was found out.
pub type Listener<'l> = &'l (dyn Fn(&Rules, &[Formula<'_>], Option<bool>) + Sync);

/// All requests under a policy. What is learnt from one question serves the next.
pub struct Requests<'p> {
    policy: &'p Policy,
    listener: Option<Listener<'p>>,
    rules: &'p Rules,
    index: Index<'p>,
    families: Vec<Family>,
    family_of: BTreeMap<Dimension, usize>,
    /// Each attribute that is tested, with its dimensions, and those of which others are computed; in the order of the schema.
    attributes: Vec<(AttributeId, Vec<Dimension>)>,
    /// By family and the classes of its dimensions: whether a request has them.
    possible: Mutex<BTreeMap<(usize, Vec<u32>), bool>>,
}

impl<'p> Requests<'p> {
    /// Under this policy, of which these are the rules.
    pub fn new(policy: &'p Policy, rules: &'p Rules) -> Requests<'p> {
        let families = rules.partition.families(policy);
        let members = families.iter().zip(0..);
        let family_of = members
            .flat_map(|(family, number)| family.dimensions.iter().map(move |dimension| (*dimension, number)));
        let attributes = policy.schema.ids().map(|id| (id, rules.partition.dimensions(id)));
        Requests {
            policy,
            listener: None,
            rules,
            index: Index::new(rules),
            family_of: family_of.collect(),
            families,
            attributes: attributes.filter(|(id, own)| !own.is_empty() || is_computed_from(*id)).collect(),
            possible: Mutex::default(),
        }
    }

    /// What is computed, by dimension.
    pub(crate) fn index(&self) -> &Index<'p> {
        &self.index
    }

    /// With somebody who hears every question.
    #[must_use]
    pub fn heard_by(self, listener: Option<Listener<'p>>) -> Requests<'p> {
        Requests { listener, ..self }
    }

    /// A question, to which every request is an answer.
    pub fn query(&self) -> Query<'_> {
        Query { requests: self, demands: Vec::new() }
    }

    /// The classes of a request of which a box holds: as near to the defaults as can be, or of any others. None where those
    /// that were tried do not go together.
    pub(crate) fn sample(&self, one: &RuleBox, random: Option<&mut Rng>) -> Option<Vec<u32>> {
        let is_fixed =
            |dimension: Dimension| one.constraints.iter().any(|constraint| constraint.dimension == dimension);
        let mut classes = self.rules.partition.defaults().to_vec();
        if let Some(random) = random {
            for family in self.families.iter().filter(|family| family.is_free) {
                for dimension in &family.dimensions {
                    if random.bool() {
                        classes[dimension.0 as usize] = random.u32(..self.index.count(*dimension));
                    }
                }
            }
            for constraint in &one.constraints {
                let at = random.u32(..constraint.classes.len().max(1)) as usize;
                classes[constraint.dimension.0 as usize] = constraint.classes.classes().nth(at)?;
            }
        } else {
            for constraint in &one.constraints {
                let class = &mut classes[constraint.dimension.0 as usize];
                if !constraint.classes.contains(*class) {
                    *class = constraint.classes.ranges().first()?.0;
                }
            }
        }
        self.families.iter().for_each(|family| mend(&family.laws, &is_fixed, &mut classes));
        self.rules.partition.complete(self.policy, &is_fixed, &mut classes)?;
        self.compute(&mut classes);
        (one.holds(&classes) && self.are_possible(&classes)).then_some(classes)
    }

    /// Whether a formula holds of classes, with all that is computed among them.
    pub(crate) fn holds(&self, formula: &Formula<'_>, classes: &[u32]) -> bool {
        formula.holds(&self.index, classes, None)
    }

    /// The classes that formulas demand outright; none where they contradict each other.
    pub(crate) fn known(&self, formulas: &[Formula<'_>]) -> Option<BTreeMap<Dimension, ClassSet>> {
        formula::reduce(&self.index, formulas).map(|reduced| reduced.known)
    }

    /// Whether some request has these classes: a request has, where it has those of each family.
    pub fn are_possible(&self, classes: &[u32]) -> bool {
        (0..self.families.len()).all(|index| self.is_possible(index, classes))
    }

    fn is_possible(&self, index: usize, classes: &[u32]) -> bool {
        let partition = &self.rules.partition;
        let family = &self.families[index];
        let defaults = partition.defaults();
        let is_default =
            |dimension: &Dimension| defaults[dimension.0 as usize] == classes[dimension.0 as usize];
        if family.dimensions.iter().all(is_default) {
            return true;
        }
        let own = family.dimensions.iter().map(|dimension| classes[dimension.0 as usize]).collect();
        let key = (index, own);
        // A panic elsewhere leaves nothing half written here.
        let mut known = self.possible.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_possible) = known.get(&key) {
            return *is_possible;
        }
        drop(known);
        let mut alone = defaults.to_vec();
        for (dimension, class) in family.dimensions.iter().zip(&key.1) {
            alone[dimension.0 as usize] = *class;
        }
        let is_possible = family.laws.iter().all(|law| law.holds(&alone))
            && partition.request(self.policy, &alone).is_some();
        known = self.possible.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, is_possible);
        is_possible
    }

    fn default(&self, dimension: Dimension) -> u32 {
        self.rules.partition.defaults().get(dimension.0 as usize).copied().unwrap_or_default()
    }

    /// Writes all that is computed from the classes of a request and of the target among them.
    pub fn compute(&self, classes: &mut [u32]) {
        for one in self.rules.computed.iter().chain(&self.rules.of_target) {
            one.compute(classes);
        }
    }

    /// The classes of the same request without an attribute, of which others are computed: with fewer tokens its window is
    /// smaller. None of other attributes.
    fn without(&self, id: AttributeId, classes: &[u32]) -> Option<Vec<u32>> {
        if !is_computed_from(id) {
            return None;
        }
        let partition = &self.rules.partition;
        let own = &classes[..partition.axes().len()];
        let request = self.request(own)?;
        let mut less = Attributes::new(&self.policy.schema);
        self.policy.schema.ids().filter(|other| *other != id).for_each(|other| {
            if let Some(value) = request.get(other) {
                less.set(other, value.clone());
            }
        });
        let mut tried = own.to_vec();
        partition.classify_computed(self.policy, &less, &mut tried);
        Some(tried)
    }

    /// A request of classes that are possible, where every attribute that they say nothing of is left out.
    pub fn request(&self, classes: &[u32]) -> Option<Attributes> {
        self.rules.partition.request(self.policy, classes)
    }
}

/// Whether others are computed of an attribute.
fn is_computed_from(id: AttributeId) -> bool {
    [BuiltIn::RequestTokens, BuiltIn::RequestOutput, BuiltIn::TimeNow].iter().any(|of| of.id() == id)
}

/// A question about all requests, and where it names one, a target.
pub struct Query<'r> {
    requests: &'r Requests<'r>,
    demands: Vec<Formula<'r>>,
}

/// What there is.
#[derive(Debug)]
pub enum Answer<T = Witness> {
    /// A request.
    Some(T),
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

impl<'r> Query<'r> {
    /// Asks for requests of which this holds too.
    pub fn when(&mut self, formula: impl Into<Formula<'r>>) -> &mut Self {
        self.demands.push(formula.into());
        self
    }

    /// Asks for requests of which this does not hold.
    pub fn unless(&mut self, formula: impl Into<Formula<'r>>) -> &mut Self {
        self.demands.push(formula.into().negated());
        self
    }

    /// A request for which it is so, as plain as can be, if there is one. `work`: what it may cost; what is left of
    /// that.
    pub fn answer(&self, work: &mut u64) -> Answer {
        let answer = self.plainest(work);
        self.tell(&answer);
        answer
    }

    fn tell<T>(&self, answer: &Answer<T>) {
        let Some(listener) = self.requests.listener else { return };
        let is_known = !matches!(answer, Answer::Unknown);
        listener(self.requests.rules, &self.demands, is_known.then_some(matches!(answer, Answer::Some(_))));
    }

    fn plainest(&self, work: &mut u64) -> Answer {
        let Some(asked) = Asked::new(self) else { return Answer::None };
        match asked.find(work) {
            Answer::Some(classes) => Answer::Some(asked.plainest(classes)),
            Answer::None => Answer::None,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// The classes of some request for which it is so. `near`: those of a request that is much like one, where one is known.
    pub fn find(&self, near: Option<&[u32]>, work: &mut u64) -> Answer<Vec<u32>> {
        let answer = self.some(near, work);
        self.tell(&answer);
        answer
    }

    fn some(&self, near: Option<&[u32]>, work: &mut u64) -> Answer<Vec<u32>> {
        let Some(known) = formula::known(&self.requests.index, &self.demands) else { return Answer::None };
        let defaults = self.requests.rules.partition.defaults();
        let mut starts = near.into_iter().chain([defaults]);
        if let Some(classes) = starts.find_map(|start| self.guess(start, &known)) {
            return Answer::Some(classes);
        }
        let Some(asked) = Asked::new(self) else { return Answer::None };
        match asked.find(work) {
            Answer::Some(mut classes) => {
                classes.truncate(self.requests.rules.partition.axes().len());
                self.requests.compute(&mut classes);
                Answer::Some(classes)
            }
            Answer::None => Answer::None,
            Answer::Unknown => Answer::Unknown,
        }
    }
}

impl Query<'_> {
    /// The request from which one starts, with what is demanded outright, if that is an answer: most have one, and it takes no
    /// look at what is of other requests.
    fn guess(&self, start: &[u32], known: &BTreeMap<Dimension, ClassSet>) -> Option<Vec<u32>> {
        let requests = self.requests;
        let mut classes = start.to_vec();
        for (dimension, wanted) in known {
            let class = &mut classes[dimension.0 as usize];
            if !wanted.contains(*class) {
                *class = wanted.ranges().first()?.0;
            }
        }
        for dimension in known.keys() {
            let Some(family) = requests.family_of.get(dimension) else { continue };
            mend(&requests.families[*family].laws, &|dimension| known.contains_key(&dimension), &mut classes);
        }
        let is_fixed = |dimension: Dimension| known.contains_key(&dimension);
        requests.rules.partition.complete(requests.policy, &is_fixed, &mut classes)?;
        requests.compute(&mut classes);
        let holds = |formula: &Formula<'_>| formula.holds(&requests.index, &classes, None);
        (self.demands.iter().all(holds) && requests.are_possible(&classes)).then_some(classes)
    }
}

/// Changes what no law allows, where it may be changed: a set that has a member is not empty.
fn mend(laws: &[Expression], is_fixed: &dyn Fn(Dimension) -> bool, classes: &mut [u32]) {
    for law in laws {
        if let Expression::Not(both) = law
            && let Expression::All(parts) = &**both
            && both.holds(classes)
        {
            for part in parts.iter().rev() {
                if let Expression::Within(Constraint { dimension, .. }) = part
                    && !is_fixed(*dimension)
                {
                    classes[dimension.0 as usize] = 0;
                    break;
                }
            }
        }
    }
}

/// A question as it is searched.
struct Asked<'q> {
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
    fn new(query: &Query<'q>) -> Option<Asked<'q>> {
        let requests = query.requests;
        let reduced = formula::reduce(&requests.index, &query.demands)?;
        let mut read: BTreeSet<Dimension> = reduced.known.keys().copied().collect();
        reduced.demands.iter().for_each(|demand| demand.add_dimensions(&mut read));
        for local in &reduced.locals {
            read.insert(local.dimension());
            local.expressions().iter().for_each(|expression| expression.add_dimensions(&mut read));
        }
        let mut asked = Asked {
            requests,
            reduced,
            computed: Vec::new(),
            dimensions: BTreeSet::new(),
            families: BTreeSet::new(),
        };
        asked.gather(read);
        Some(asked)
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

    fn defaults(&self) -> Vec<u32> {
        let mut classes = self.requests.rules.partition.defaults().to_vec();
        classes.resize(classes.len() + self.reduced.locals.len(), 0);
        classes
    }

    fn find(&self, work: &mut u64) -> Answer<Vec<u32>> {
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
        let mut clauses = Clauses::new(self.groups(), &|dimension| self.requests.default(dimension));
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
        *work = work.saturating_sub(clauses.literals / STEPS);
        let mut is_exact = true;
        loop {
            match clauses.search(work) {
                Found::None if is_exact => return Answer::None,
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
                is_exact &= family.is_exact;
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
    fn plainest(&self, mut classes: Vec<u32>) -> Witness {
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
        classes.truncate(self.requests.rules.partition.axes().len());
        self.requests.compute(&mut classes);
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
