//! Who can reach whom now and could not before: teams and targets, classes of data and regions. Asked of requests that are
//! decided differently alone.

use super::cell::{Kind, Pair};
use super::regions::Found;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, RuleBox};
use crate::proof::formula::Formula;
use crate::proof::phrases::Phrases;
use crate::proof::query::series::Series;
use crate::proof::query::{Answer, WORK_LIMIT};
use crate::proof::spaces::{self, Space, is_of};
use fastrand::Rng;
use std::collections::BTreeSet;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{AttributeId, BuiltIn, Origin, Shape, Type};

/// Requests that can reach somebody whom they could not, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whose, in the language's words: `caller.team in product`; "always" for everybody's.
    pub who: String,
    /// Whom: a target's name, or `target.region is us`.
    pub whom: String,
}

/// So many questions are asked at most.
const QUESTIONS: usize = 2_000;

/// So many requests are tried before it is asked whether there is one, and so many of one box.
const SAMPLES: usize = 200;
const SAMPLES_OF_BOX: usize = 3;

/// A fact of this name says where a target is.
const REGION: &str = "target.region";

/// What was gained, what was lost, and whether that is all.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) gained: Vec<Reach>,
    pub(super) lost: Vec<Reach>,
    pub(super) is_all: bool,
}

pub(super) struct Asking<'a, 's> {
    pub(super) pair: &'a Pair<'s>,
    pub(super) assumed: &'a [Formula<'a>],
    pub(super) phrases: &'a Phrases<'a>,
    /// Where decisions differ, and how.
    pub(super) found: &'a [Found],
    /// By side: each answer that has a plan, and who stands in it.
    standing: [Vec<(u32, Vec<TargetId>)>; 2],
}

/// Targets that count as one.
struct Whom {
    words: String,
    /// On the old side and on the new one.
    targets: [Vec<TargetId>; 2],
}

impl<'a, 's> Asking<'a, 's> {
    pub(super) fn new(
        pair: &'a Pair<'s>,
        assumed: &'a [Formula<'a>],
        phrases: &'a Phrases<'a>,
        found: &'a [Found],
    ) -> Asking<'a, 's> {
        let standing = pair.sides.map(|side| {
            let plans = side.numbers.clone().filter_map(|number| Some((number, side.plan(number)?)));
            plans.map(|(number, plan)| (number, side.in_plan(plan))).collect()
        });
        Asking { pair, assumed, phrases, found, standing }
    }

    /// `is_all`: whether that is all that differs.
    pub(super) fn all(&self, is_all: bool) -> Reached {
        let mut reached = Reached { is_all, ..Reached::default() };
        if self.found.is_empty() {
            return reached;
        }
        let mut left = QUESTIONS;
        let by_name = self.by_name();
        let by_region = self.by_region();
        let mut asked: Vec<(AttributeId, &[Whom])> = vec![(BuiltIn::CallerTeam.id(), &by_name)];
        if !by_region.is_empty() {
            asked.extend(self.scales().into_iter().map(|id| (id, by_region.as_slice())));
        }
        for (id, whom) in asked {
            for whom in whom {
                for (to, from) in [(1, 0), (0, 1)] {
                    let found = self.classes(id, whom, to, from, &mut left);
                    let Some(classes) = found else {
                        reached.is_all = false;
                        continue;
                    };
                    if classes.is_empty() {
                        continue;
                    }
                    let reach = Reach { who: self.who(id, &classes), whom: whom.words.clone() };
                    if to == 1 { reached.gained.push(reach) } else { reached.lost.push(reach) }
                }
            }
        }
        reached
    }

    fn dimension(&self, id: AttributeId) -> Option<Dimension> {
        self.pair.sides[0].subject.rules.partition.dimensions(id).first().copied()
    }

    fn who(&self, id: AttributeId, classes: &ClassSet) -> String {
        let Some(dimension) = self.dimension(id) else { return "always".to_owned() };
        let count = self.pair.sides[0].subject.rules.partition.count(dimension);
        match classes.len() == count {
            true => "always".to_owned(),
            false => self.phrases.space(&[Constraint { dimension, classes: classes.clone() }]),
        }
    }

    /// The classes of an attribute of which some request reaches them on one side and none does on the other; none where that
    /// was not found out. Of an attribute that nothing tests there is one class.
    fn classes(
        &self,
        id: AttributeId,
        whom: &Whom,
        to: usize,
        from: usize,
        left: &mut usize,
    ) -> Option<ClassSet> {
        let dimension = self.dimension(id);
        let of = |classes: ClassSet| -> Space {
            dimension.map(|dimension| Constraint { dimension, classes }).into_iter().collect()
        };
        let mut seen = ClassSet::none();
        let mut found = ClassSet::none();
        for (own, answers) in self.spaces(&whom.targets[to], to) {
            let reaches = self.attempts(to, &whom.targets[to], |number| answers.contains(&number));
            let Some(reaches) = reaches else { continue };
            let parts = [Formula::from(is_of(own)), reaches].into_iter().chain(self.assumed.iter().cloned());
            let mut more = Series::new(self.pair.requests, parts.collect());
            if !seen.is_empty() {
                more.exclude(of(seen.clone()));
            }
            loop {
                *left = left.checked_sub(1)?;
                let mut work = WORK_LIMIT;
                let class = match more.find(&Space::new(), std::iter::empty(), &mut work) {
                    Answer::None => break,
                    Answer::Some(classes) => dimension.map_or(0, |dimension| classes[dimension.0 as usize]),
                    Answer::Unknown => return None,
                };
                let space = of(ClassSet::one(class));
                if !self.is_reached(from, &whom.targets[from], &space, left)? {
                    found = found.or(&ClassSet::one(class));
                }
                if dimension.is_none() {
                    return Some(found);
                }
                seen = seen.or(&ClassSet::one(class));
                more.exclude(space);
            }
        }
        Some(found)
    }

    /// Whether some request of a space may be sent to some of these targets on a side; none where that was not found out.
    fn is_reached(&self, at: usize, targets: &[TargetId], space: &Space, left: &mut usize) -> Option<bool> {
        if self.sampled(at, targets, space) {
            return Some(true);
        }
        let is_met = |number| self.pair.sides[at].boxes(number).iter().any(|one| meets(one, space));
        let Some(reaches) = self.attempts(at, targets, is_met) else { return Some(false) };
        let found = self.some(vec![reaches, is_of(space).into()], left)?;
        Some(found.is_some())
    }

    /// Where some of these targets may be asked on one side and are not on the other, or not for the same requests.
    /// With the answers that those have there.
    fn spaces(&self, targets: &[TargetId], to: usize) -> Vec<(&Space, &BTreeSet<u32>)> {
        let canonical = |target: &TargetId| self.pair.alike.canonical(*target);
        let targets: BTreeSet<TargetId> = targets.iter().map(canonical).collect();
        let concerns = |found: &&Found| {
            let signature = &found.signature;
            let (kind, others) = match to {
                1 => (Kind::Serves, &signature.gained),
                _ => (Kind::Denies, &signature.lost),
            };
            signature.kinds.contains(&kind) || others.iter().any(|other| targets.contains(&canonical(other)))
        };
        let own = self.found.iter().filter(concerns);
        own.flat_map(|found| found.spaces.iter().zip(found.answers.iter().map(|both| &both[to]))).collect()
    }

    /// Whether a request that is easily found shows that some of these targets may be asked on a side: most are of many.
    fn sampled(&self, at: usize, targets: &[TargetId], space: &Space) -> bool {
        let side = self.pair.sides[at];
        let requests = self.pair.requests;
        // The same on every machine.
        let mut random = Rng::with_seed(0);
        let holds = |formula: &Formula<'_>, classes: &[u32]| requests.holds(formula, classes);
        let mut tries = SAMPLES;
        for (number, in_plan) in &self.standing[at] {
            let Some(plan) = side.plan(*number) else { continue };
            let own: Vec<TargetId> = in_plan.iter().filter(|one| targets.contains(one)).copied().collect();
            let boxes = side.boxes(*number).iter().filter(|_| !own.is_empty());
            for one in boxes.filter_map(|one| narrowed(one, space)) {
                for attempt in 0..SAMPLES_OF_BOX {
                    let Some(left) = tries.checked_sub(1) else { return false };
                    tries = left;
                    let random = (attempt > 0).then_some(&mut random);
                    let Some(classes) = requests.sample(&one, random) else { continue };
                    let is_asked = |target: &TargetId| {
                        let parts = vec![side.is_eligible(*target), side.stands(plan, *target)];
                        holds(&Formula::All(parts), &classes)
                    };
                    if side.answer(&classes) == Some(*number)
                        && !holds(&side.is_denied(), &classes)
                        && self.assumed.iter().all(|assumed| holds(assumed, &classes))
                        && own.iter().any(is_asked)
                    {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The classes of a request; the outer none where it was not found out.
    fn some(&self, parts: Vec<Formula<'_>>, left: &mut usize) -> Option<Option<Vec<u32>>> {
        *left = left.checked_sub(1)?;
        let mut query = self.pair.requests.query();
        for part in parts.into_iter().chain(self.assumed.iter().cloned()) {
            query.when(part);
        }
        let mut work = WORK_LIMIT;
        match query.find(None, &mut work) {
            Answer::Some(classes) => Some(Some(classes)),
            Answer::None => Some(None),
            Answer::Unknown => None,
        }
    }

    /// Some of these targets may be sent a request on a side, by an answer that is met.
    /// None where no answer can.
    fn attempts(&self, at: usize, targets: &[TargetId], is_met: impl Fn(u32) -> bool) -> Option<Formula<'s>> {
        let side = self.pair.sides[at];
        let mut ways = Vec::new();
        for (number, in_plan) in &self.standing[at] {
            let brings = |number: u32, target: TargetId| {
                let by = &side.policy().migrations[number as usize];
                by.new == target && in_plan.contains(&by.old)
            };
            let may_stand = |target: &&TargetId| {
                in_plan.contains(target)
                    || side.part.migrations.clone().any(|number| brings(number, **target))
            };
            let Some(plan) = side.plan(*number) else { continue };
            if !targets.iter().any(|target| may_stand(&target)) || !is_met(*number) {
                continue;
            }
            let own = targets.iter().filter(may_stand).map(|target| {
                let mut stands = vec![side.stands(plan, *target)];
                let brought = side.part.migrations.clone().filter(|number| brings(*number, *target));
                stands.extend(brought.map(|number| side.subject.moves_some(number as usize)));
                Formula::All(vec![side.is_eligible(*target), Formula::Any(stands)])
            });
            let own = Formula::Any(own.collect());
            ways.push(Formula::All(vec![side.is_answered(*number), own]));
        }
        let is_undenied = || side.is_denied().negated();
        (!ways.is_empty()).then(|| Formula::All(vec![is_undenied(), Formula::Any(ways)]))
    }

    fn by_name(&self) -> Vec<Whom> {
        let catalogue = &self.pair.sides[0].policy().catalogue;
        let mut found: Vec<Whom> = Vec::new();
        for (at, side) in self.pair.sides.iter().enumerate() {
            for target in side.part.targets.clone().map(TargetId) {
                add(&mut found, catalogue.target(target).name.clone(), at, target);
            }
        }
        found
    }

    fn by_region(&self) -> Vec<Whom> {
        let policy = self.pair.sides[0].policy();
        let mut found: Vec<Whom> = Vec::new();
        for (at, side) in self.pair.sides.iter().enumerate() {
            let own = policy.facts.iter().filter(|fact| fact.name == REGION);
            // The facts of the one stand before those of the other.
            let fact = if at == 0 { own.clone().next() } else { own.clone().next_back() };
            let Some(fact) = fact else { continue };
            for target in side.part.targets.clone().map(TargetId) {
                let value = &fact.values[target.0 as usize];
                let value = wayleave_program::document::write_value(&fact.value_type, value);
                let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                add(&mut found, format!("{REGION} is {words}"), at, target);
            }
        }
        found
    }

    /// Declared attributes whose values stand in an order: how confidential data is.
    fn scales(&self) -> Vec<AttributeId> {
        let schema = &self.pair.sides[0].policy().schema;
        let is_scale = |id: &AttributeId| {
            let attribute = schema.attribute(*id);
            let is_declared = matches!(attribute.origin, Origin::Sources(..));
            is_declared && matches!(&attribute.value_type, Type::Named(named) if named.shape == Shape::Scale)
        };
        schema.ids().filter(is_scale).filter(|id| self.dimension(*id).is_some()).collect()
    }
}

/// What two boxes have in common, as far as their constraints say; none for nothing.
fn narrowed(one: &RuleBox, space: &Space) -> Option<RuleBox> {
    let mut one = one.clone();
    for part in space {
        match one.constraints.iter_mut().find(|own| own.dimension == part.dimension) {
            Some(own) => own.classes = own.classes.and(&part.classes),
            None => one.constraints.push(part.clone()),
        }
    }
    let is_possible = one.constraints.iter().all(|part| !part.classes.is_empty());
    is_possible.then_some(one)
}

fn add(found: &mut Vec<Whom>, words: String, at: usize, target: TargetId) {
    match found.iter_mut().find(|known| known.words == words) {
        Some(known) => known.targets[at].push(target),
        None => {
            let mut whom = Whom { words, targets: Default::default() };
            whom.targets[at].push(target);
            found.push(whom);
        }
    }
}

/// Whether a box has something in common with a space, as far as its constraints say.
fn meets(one: &RuleBox, space: &Space) -> bool {
    spaces::meet(&one.constraints, space)
}
