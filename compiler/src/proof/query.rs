//! May some request …? The one room that knows the solver: it is asked in formulas over classes and answers with a request.
//!
//! What is asked restricts what is searched: only the boxes that its demands leave, only dimensions that those read, and what
//! they are computed from. What no request has, such as a window that is smaller than its tokens, is excluded when the search
//! meets it. The request that is shown is as plain as can be: no attribute of it could go back to its default. The same
//! question always has the same answer.

mod search;

pub(crate) mod series;

use super::formula::{self, Formula, Index};
use super::stop::Stop;
use crate::decision::Rules;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::partition::Family;
use crate::model::Policy;
use fastrand::Rng;
use search::Asked;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{AttributeId, BuiltIn};

/// The work that one question may be: the clauses that its search learns, and what it takes to write it down. Some seconds.
pub const WORK_LIMIT: u64 = 200_000;

/// Hears each question, with the rules that it is about and whether some request answers it, where that was found out.
pub type Listener<'l> = &'l (dyn Fn(&Rules, &[Formula<'_>], Option<bool>) + Sync);

/// All requests under a policy. What is learnt from one question serves the next.
pub struct Requests<'p> {
    policy: &'p Policy,
    listener: Option<Listener<'p>>,
    stop: Stop,
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
            stop: Stop::default(),
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

    /// Where nobody waits any more, what is asked is not found out.
    #[must_use]
    pub fn until(self, stop: &Stop) -> Requests<'p> {
        Requests { stop: stop.clone(), ..self }
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
        if self.requests.stop.is_stopped() {
            return Answer::Unknown;
        }
        let Some(asked) = Asked::new(self.requests, &self.demands, &BTreeSet::new()) else {
            return Answer::None;
        };
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
        if self.requests.stop.is_stopped() {
            return Answer::Unknown;
        }
        let Some(known) = formula::known(&self.requests.index, &self.demands) else { return Answer::None };
        let defaults = self.requests.rules.partition.defaults();
        let mut starts = near.into_iter().chain([defaults]);
        if let Some(classes) = starts.find_map(|start| self.guess(start, &known)) {
            return Answer::Some(classes);
        }
        let Some(asked) = Asked::new(self.requests, &self.demands, &BTreeSet::new()) else {
            return Answer::None;
        };
        match asked.find(work) {
            Answer::Some(mut classes) => {
                asked.complete(&mut classes);
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
