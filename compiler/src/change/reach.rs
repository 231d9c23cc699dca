//! Who can reach whom now and could not before: teams and targets, classes of data and regions. Asked of requests that are
//! decided differently alone.

use super::cell::Pair;
use super::side::Side;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::model::Who;
use crate::proof::formula::Formula;
use crate::proof::phrases::Phrases;
use crate::proof::query::{Answer, WORK_LIMIT};
use crate::proof::spaces::{Space, is_of};
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
    /// Where decisions differ.
    pub(super) spaces: &'a [Space],
}

/// Targets that count as one.
struct Whom {
    words: String,
    /// On the old side and on the new one.
    targets: [Vec<TargetId>; 2],
}

impl<'s> Asking<'_, 's> {
    pub(super) fn all(&self) -> Reached {
        let mut reached = Reached { is_all: true, ..Reached::default() };
        if self.spaces.is_empty() {
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
        let within = |classes: ClassSet| match dimension {
            Some(dimension) => Formula::from(Expression::Within(Constraint { dimension, classes })),
            None => Formula::constant(true),
        };
        let sides = self.pair.sides;
        let meets: Vec<RuleBox> = self
            .spaces
            .iter()
            .map(|space| RuleBox { rule: 0, constraints: space.clone(), residual: Vec::new() })
            .collect();
        let reaches = self.attempts(sides[to], &whom.targets[to], &meets);
        let differs = Formula::Any(self.spaces.iter().map(|space| Formula::from(is_of(space))).collect());
        let mut seen = ClassSet::none();
        let mut found = ClassSet::none();
        loop {
            let mut parts = vec![reaches.clone(), differs.clone()];
            if dimension.is_some() {
                parts.push(within(seen.clone()).negated());
            }
            let class = match self.some(parts, left)? {
                None => return Some(found),
                Some(classes) => dimension.map_or(0, |dimension| classes[dimension.0 as usize]),
            };
            let own = match dimension {
                Some(dimension) => vec![RuleBox {
                    rule: 0,
                    constraints: vec![Constraint { dimension, classes: ClassSet::one(class) }],
                    residual: Vec::new(),
                }],
                None => vec![RuleBox { rule: 0, constraints: Vec::new(), residual: Vec::new() }],
            };
            let before = self.attempts(sides[from], &whom.targets[from], &own);
            if self.some(vec![before, within(ClassSet::one(class))], left)?.is_none() {
                found = found.or(&ClassSet::one(class));
            }
            seen = seen.or(&ClassSet::one(class));
            if dimension.is_none() {
                return Some(found);
            }
        }
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

    /// Some of these targets may be sent a request on a side, by an answer that has something in common with these boxes.
    fn attempts(&self, side: &Side<'s>, targets: &[TargetId], meets: &[RuleBox]) -> Formula<'s> {
        let mut ways = Vec::new();
        for number in side.numbers.clone() {
            let Some(plan) = side.plan(number) else { continue };
            let in_plan = side.in_plan(plan);
            let own: Vec<Formula<'s>> = targets
                .iter()
                .filter_map(|target| {
                    let mut stands = Vec::new();
                    for stage in &plan.stages {
                        match &stage.who {
                            Who::Requested => stands.extend(
                                side.named
                                    .iter()
                                    .filter(|(named, _)| named.contains(target))
                                    .map(|(_, named)| Formula::from(*named)),
                            ),
                            who if crate::proof::subject::members(who).contains(target) => {
                                stands.push(Formula::constant(true));
                            }
                            _ => {}
                        }
                    }
                    for migration in side.part.migrations.clone() {
                        let by = &side.policy().migrations[migration as usize];
                        if by.new == *target && in_plan.contains(&by.old) {
                            stands.push(side.subject.moves_some(migration as usize));
                        }
                    }
                    (!stands.is_empty())
                        .then(|| Formula::All(vec![side.is_eligible(*target), Formula::Any(stands)]))
                })
                .collect();
            let is_met = || side.boxes(number).iter().any(|one| meets.iter().any(|other| meet(one, other)));
            if !own.is_empty() && is_met() {
                ways.push(Formula::All(vec![side.is_answered(number), Formula::Any(own)]));
            }
        }
        Formula::All(vec![side.is_denied().negated(), Formula::Any(ways)])
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

/// Whether two boxes have something in common, as far as their constraints say.
fn meet(one: &RuleBox, other: &RuleBox) -> bool {
    let clash = |part: &Constraint| {
        let same = other.constraints.iter().find(|known| known.dimension == part.dimension);
        same.is_some_and(|known| known.classes.and(&part.classes).is_empty())
    };
    !one.constraints.iter().any(clash)
}
