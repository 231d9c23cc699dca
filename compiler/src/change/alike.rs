//! What two policies have alike, seen at once: rules whose boxes are the same. Nothing that is alike on both sides can be why
//! a request is decided differently, so only the rest is asked about.

use super::both::{Both, Which};
use super::side::Side;
use crate::decision::Computed;
use crate::decision::boxes::{ClassSet, Constraint, Dimension, Expression, RuleBox};
use crate::decision::layers::{LayerKind, Owing};
use crate::decision::partition::TARGET;
use crate::model::{Amount, Migration, Ordering, Plan, Tries, Who};
use crate::proof::subject::Subject;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::plan::{LogLevel, Place};
use wayleave_program::schema::AttributeId;
use wayleave_program::value::Share;

/// What is owed, apart from which rule says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// That a finding is masked, where, and whether it is put back.
    Redact(String, u8, bool),
    Flag(String),
    Cap(u64),
    Log(LogLevel),
}

impl Group {
    /// Groups that count together for a target.
    pub(super) fn is_related(&self, other: &Group) -> bool {
        match (self, other) {
            (Group::Redact(one, ..), Group::Redact(other, ..)) => one == other,
            (Group::Flag(one), Group::Flag(other)) => one == other,
            (Group::Cap(_), Group::Cap(_)) | (Group::Log(_), Group::Log(_)) => true,
            _ => false,
        }
    }
}

/// What an answer says, by names alone.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Deny,
    Plan { stages: Vec<(Asks, Option<u64>)>, tries: Tries, drawn_by: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Asks {
    Target(TargetId),
    Requested,
    Split(Option<AttributeId>, Vec<(Share, TargetId)>),
    Ordered(u8, Vec<TargetId>),
}

/// Boxes of which one holds wherever two targets are not alike: its layer, its place in it, and the target of which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Where {
    Anywhere,
    Boxes(Vec<(LayerKind, [u32; 1], TargetId)>),
}

/// What is not alike.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// By target of the new one, that of the old one of the same name.
    paired: BTreeMap<TargetId, TargetId>,
    /// The boxes of denials that the other side has not; in the boxes of each side's.
    pub(super) denials: [Vec<u32>; 2],
    /// The answers that the other side has not at their place.
    pub(super) answers: [Vec<u32>; 2],
    /// Indexed by answer: what it says.
    contents: Vec<usize>,
    /// Targets of both, by the old one's number, that may be eligible for different requests; with what has to hold of a
    /// request of which that is so.
    pub(super) unlike: BTreeMap<TargetId, Where>,
    /// By such a target: what may be owed for different requests.
    pub(super) owed: BTreeMap<TargetId, Vec<(Group, Where)>>,
    /// By group: the boxes of the layer that say so.
    groups: [BTreeMap<Group, Vec<u32>>; 2],
    /// By target of the old one that stands somewhere: the boxes of each side's answers in which it does.
    pub(super) stands: [BTreeMap<TargetId, Vec<u32>>; 2],
    /// Counters that count, in pairs as far as there are pairs, where they are not alike; and whether the same is said.
    pub(super) counters: Vec<(Option<u32>, Option<u32>, bool)>,
    /// Migrations that are not alike.
    pub(super) migrations: [BTreeSet<u32>; 2],
    /// Whether all that a caller's `model` names is the same on both sides.
    pub(super) names_alike: bool,
}

impl Alike {
    /// `paired`: by counter of the new policy, that of the old one; both by their numbers in both.
    pub(super) fn new(both: &Both, sides: [&Side<'_>; 2], paired: &BTreeMap<u32, u32>) -> Alike {
        let subject = sides[0].subject;
        let mut alike = Alike { paired: pairs(both), ..Alike::default() };
        let mut canon = Canon::new(subject, &alike.paired);
        alike.find_denials(sides, &canon);
        alike.find_answers(sides, &canon);
        alike.find_targets(both, sides, &mut canon);
        alike.find_owed(sides, &mut canon);
        alike.find_stands(sides);
        alike.find_counters(both, sides, &canon, paired);
        alike.find_migrations(both, sides, &canon);
        let named = |side: &Side<'_>| -> BTreeMap<BTreeSet<String>, Vec<TargetId>> {
            let own = side.part.named.iter();
            own.map(|(targets, texts)| {
                (texts.clone(), targets.iter().map(|one| alike.canonical(*one)).collect())
            })
            .collect()
        };
        alike.names_alike = named(sides[0]) == named(sides[1]);
        alike
    }

    /// The number by which a target goes: that of the old policy where both have it.
    pub(super) fn canonical(&self, target: TargetId) -> TargetId {
        self.paired.get(&target).copied().unwrap_or(target)
    }

    /// The target of a side by that number; none where the side has it not.
    pub(super) fn of_side(&self, side: &Side<'_>, target: TargetId) -> Option<TargetId> {
        if side.part.targets.contains(&target.0) {
            return Some(target);
        }
        let found = self.paired.iter().find(|(_, old)| **old == target).map(|(new, _)| *new);
        found.filter(|target| side.part.targets.contains(&target.0))
    }

    /// Targets that both have, by the old one's number, each with the new one's.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (TargetId, TargetId)> + '_ {
        self.paired.iter().map(|(new, old)| (*old, *new))
    }

    /// Whether two answers say the same.
    pub(super) fn say_the_same(&self, one: u32, other: u32) -> bool {
        self.contents[one as usize] == self.contents[other as usize]
    }

    /// Whether an answer denies.
    pub(super) fn denies(&self, number: u32) -> bool {
        self.contents[number as usize] == 0
    }

    /// The boxes that say so on a side.
    pub(super) fn group(&self, which: Which, group: &Group) -> &[u32] {
        self.groups[which as usize].get(group).map_or(&[], Vec::as_slice)
    }

    /// All that may be owed on a side and counts together with a group.
    pub(super) fn related(&self, which: Which, group: &Group) -> Vec<Group> {
        self.groups[which as usize].keys().filter(|one| one.is_related(group)).cloned().collect()
    }

    fn find_denials(&mut self, sides: [&Side<'_>; 2], canon: &Canon) {
        let keys =
            sides.map(|side| side.denials().iter().map(|one| canon.key(one, true)).collect::<Vec<_>>());
        for (at, side) in sides.iter().enumerate() {
            let others: BTreeSet<&Key> = keys[1 - at].iter().collect();
            let own = (0..side.denials().len() as u32).zip(&keys[at]);
            self.denials[at] = own.filter(|(_, key)| !others.contains(key)).map(|(index, _)| index).collect();
        }
    }

    fn find_answers(&mut self, sides: [&Side<'_>; 2], canon: &Canon) {
        let mut known: Vec<Content> = vec![Content::Deny];
        let subject = sides[0].subject;
        self.contents = vec![0; subject.plans.len()];
        for side in sides {
            for number in side.numbers.clone() {
                let content = self.content(side, number);
                let at = known.iter().position(|one| *one == content).unwrap_or_else(|| {
                    known.push(content);
                    known.len() - 1
                });
                self.contents[number as usize] = at;
            }
        }
        let keys = sides.map(|side| {
            let key = |number: u32| {
                let boxes: Vec<Key> = side.boxes(number).iter().map(|one| canon.key(one, true)).collect();
                (boxes, self.contents[number as usize])
            };
            side.numbers.clone().map(key).collect::<Vec<_>>()
        });
        // Answers of the same words in the same order: the longest such list.
        let mut places: BTreeMap<&(Vec<Key>, usize), Vec<usize>> = BTreeMap::new();
        keys[0].iter().enumerate().for_each(|(at, key)| places.entry(key).or_default().push(at));
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (at, key) in keys[1].iter().enumerate().rev() {
            if let Some(old) = places.get_mut(key).and_then(Vec::pop) {
                pairs.push((at, old));
            }
        }
        pairs.reverse();
        let rising = rising(&pairs);
        for (at, side) in sides.iter().enumerate() {
            let kept: BTreeSet<usize> =
                rising.iter().map(|pair| if at == 0 { pair.1 } else { pair.0 }).collect();
            let own = side.numbers.clone().enumerate();
            self.answers[at] =
                own.filter(|(index, _)| !kept.contains(index)).map(|(_, number)| number).collect();
        }
    }

    /// Whether a target has another price on the other side.
    fn is_repriced(&self, catalogue: &Catalogue, target: TargetId) -> bool {
        let own = self.pairs().find(|(old, new)| *old == target || *new == target);
        own.is_some_and(|(old, new)| together(catalogue, old) != together(catalogue, new))
    }

    fn content(&self, side: &Side<'_>, number: u32) -> Content {
        let Some(plan) = side.plan(number) else { return Content::Deny };
        let is_split = |plan: &Plan| plan.stages.iter().any(|stage| matches!(stage.who, Who::Split(..)));
        let own =
            |targets: &[TargetId]| targets.iter().map(|target| self.canonical(*target)).collect::<Vec<_>>();
        let catalogue = &side.policy().catalogue;
        let stages = plan.stages.iter().map(|stage| {
            let asks = match &stage.who {
                Who::Target(target) => Asks::Target(self.canonical(*target)),
                Who::Requested => Asks::Requested,
                Who::Split(by, shares) => Asks::Split(
                    *by,
                    shares.iter().map(|(share, target)| (*share, self.canonical(*target))).collect(),
                ),
                Who::Ordered(Ordering::Cheapest, targets) => {
                    // One that a migration brings stands where its price is.
                    let brought = |old: TargetId| {
                        let migrations = side.part.migrations.clone();
                        let own = migrations.map(|number| &side.policy().migrations[number as usize]);
                        own.filter(move |by| by.old == old && self.is_repriced(catalogue, by.new))
                    };
                    let mut targets: Vec<TargetId> = targets
                        .iter()
                        .flat_map(|old| std::iter::once(*old).chain(brought(*old).map(|by| by.new)))
                        .collect();
                    targets.sort_by_key(|target| together(catalogue, *target));
                    // Its word does not matter once the order is known.
                    Asks::Ordered(0, own(&targets))
                }
                Who::Ordered(Ordering::Fastest, targets) => Asks::Ordered(1, own(targets)),
                Who::Ordered(Ordering::LeastBusy, targets) => Asks::Ordered(2, own(targets)),
            };
            (asks, stage.within_ms)
        });
        Content::Plan {
            stages: stages.collect(),
            tries: tries(plan),
            drawn_by: is_split(plan).then(|| side.route_name(number).to_owned()),
        }
    }

    fn find_targets(&mut self, both: &Both, sides: [&Side<'_>; 2], canon: &mut Canon) {
        let subject = sides[0].subject;
        let keys = |kind: LayerKind, canon: &mut Canon| -> Vec<u32> {
            subject.rules.layer(kind).iter().map(|one| canon.number(one)).collect()
        };
        let approvals = keys(LayerKind::Approvals, canon);
        let prohibitions = keys(LayerKind::Prohibitions, canon);
        let requirements = keys(LayerKind::Requirements, canon);
        // What tells two boxes of a layer apart: a grant goes by the name of what requires it.
        let known = |kind: LayerKind, index: u32| -> (u32, &str) {
            let key = match kind {
                LayerKind::Approvals => approvals[index as usize],
                LayerKind::Prohibitions => prohibitions[index as usize],
                _ => requirements[index as usize],
            };
            let name = match kind {
                LayerKind::Requirements => {
                    let rule = subject.rules.layer(kind)[index as usize].rule;
                    both.policy.requirements[rule as usize].name.as_str()
                }
                _ => "",
            };
            (key, name)
        };
        let pairs: Vec<(TargetId, TargetId)> = self.pairs().collect();
        for (old, new) in pairs {
            let (one, other) = (both.policy.catalogue.target(old), both.policy.catalogue.target(new));
            let mut unlike = Vec::new();
            for kind in [LayerKind::Approvals, LayerKind::Prohibitions, LayerKind::Requirements] {
                for (target, against) in [(old, new), (new, old)] {
                    let others: BTreeSet<(u32, &str)> =
                        subject.about(kind, against).iter().map(|index| known(kind, *index)).collect();
                    let own = subject.about(kind, target).iter();
                    let own = own.filter(|index| !others.contains(&known(kind, **index)));
                    unlike.extend(own.map(|index| (kind, [*index], target)));
                }
            }
            if one.context != other.context || one.supports != other.supports {
                self.unlike.insert(old, Where::Anywhere);
            } else if !unlike.is_empty() {
                self.unlike.insert(old, Where::Boxes(unlike));
            }
        }
    }

    fn find_owed(&mut self, sides: [&Side<'_>; 2], canon: &mut Canon) {
        let subject = sides[0].subject;
        let boxes = subject.rules.layer(LayerKind::Obligations);
        let keys: Vec<u32> = boxes.iter().map(|one| canon.number(one)).collect();
        let mut of_box: Vec<Vec<Group>> = vec![Vec::new(); boxes.len()];
        for (at, side) in sides.iter().enumerate() {
            for (number, owing) in side.obligations() {
                let first = boxes.partition_point(|one| one.rule < number);
                let end = boxes.partition_point(|one| one.rule <= number);
                for group in groups(subject, owing) {
                    let own = self.groups[at].entry(group.clone()).or_default();
                    own.extend(first as u32..end as u32);
                    of_box[first..end].iter_mut().for_each(|of_box| of_box.push(group.clone()));
                }
            }
        }
        let of = |target: TargetId| {
            let mut found: BTreeMap<&Group, BTreeMap<u32, u32>> = BTreeMap::new();
            for index in subject.about(LayerKind::Obligations, target) {
                for group in &of_box[*index as usize] {
                    found.entry(group).or_default().insert(keys[*index as usize], *index);
                }
            }
            found
        };
        let pairs: Vec<(TargetId, TargetId)> = self.pairs().collect();
        for (old, new) in pairs {
            let (before, after) = (of(old), of(new));
            let all: BTreeSet<&Group> = before.keys().chain(after.keys()).copied().collect();
            let none = BTreeMap::new();
            let mut unlike: Vec<(Group, Where)> = Vec::new();
            for group in all {
                let [one, other] = [&before, &after].map(|found| found.get(group).unwrap_or(&none));
                let only = |own: &BTreeMap<u32, u32>, others: &BTreeMap<u32, u32>, target: TargetId| {
                    let own = own.iter().filter(|(key, _)| !others.contains_key(key));
                    own.map(|(_, index)| (LayerKind::Obligations, [*index], target)).collect::<Vec<_>>()
                };
                let boxes = [only(one, other, old), only(other, one, new)].concat();
                if !boxes.is_empty() {
                    unlike.push((group.clone(), Where::Boxes(boxes)));
                }
            }
            let output = |target: TargetId| subject.policy.catalogue.target(target).output;
            if output(old) != output(new) && !unlike.iter().any(|(group, _)| matches!(group, Group::Cap(_))) {
                // A request may ask for more than one of them gives.
                unlike.push((Group::Cap(u64::MAX), Where::Anywhere));
            }
            if !unlike.is_empty() {
                self.owed.insert(old, unlike);
            }
        }
    }

    /// Where targets stand of which something is not alike.
    fn find_stands(&mut self, sides: [&Side<'_>; 2]) {
        let wanted: BTreeSet<TargetId> = self.unlike.keys().chain(self.owed.keys()).copied().collect();
        for (at, side) in sides.iter().enumerate() {
            for (one, index) in side.answers().iter().zip(0_u32..) {
                let Some(plan) = side.plan(one.rule) else { continue };
                let mut found = side.in_plan(plan);
                for migration in side.part.migrations.clone() {
                    let by = &side.policy().migrations[migration as usize];
                    if found.contains(&by.old) {
                        found.push(by.new);
                    }
                }
                let found: BTreeSet<TargetId> = found.into_iter().map(|one| self.canonical(one)).collect();
                for target in found.into_iter().filter(|target| wanted.contains(target)) {
                    self.stands[at].entry(target).or_default().push(index);
                }
            }
        }
    }

    fn find_counters(
        &mut self,
        both: &Both,
        sides: [&Side<'_>; 2],
        canon: &Canon,
        paired: &BTreeMap<u32, u32>,
    ) {
        let counters = &both.policy.counters;
        let subject = sides[0].subject;
        let said = |number: u32| {
            let counter = &counters[number as usize];
            let amount = match counter.amount {
                Amount::Requests(count, window) => (0, count, window),
                Amount::Tokens(count, window) => (1, count, window),
                Amount::Money(amount, period) => (2, amount.0, period as u64),
            };
            (amount, counter.each)
        };
        let enforced = |side: &Side<'_>| {
            side.part
                .counters
                .clone()
                .filter(|number| counters[*number as usize].is_enforced)
                .collect::<BTreeSet<u32>>()
        };
        let (old, new) = (enforced(sides[0]), enforced(sides[1]));
        let key = |number: u32| -> Vec<Key> {
            subject.own(LayerKind::Counters, number).iter().map(|one| canon.key(one, true)).collect()
        };
        let mut left = old.clone();
        for number in new {
            let other = paired.get(&number).copied().filter(|other| old.contains(other));
            let Some(other) = other else {
                self.counters.push((None, Some(number), false));
                continue;
            };
            left.remove(&other);
            let is_same = said(number) == said(other);
            if !is_same || key(number) != key(other) {
                self.counters.push((Some(other), Some(number), is_same));
            }
        }
        self.counters.extend(left.into_iter().map(|number| (Some(number), None, false)));
    }

    fn find_migrations(&mut self, both: &Both, sides: [&Side<'_>; 2], canon: &Canon) {
        let subject = sides[0].subject;
        let said = |number: u32| {
            let one: &Migration = &both.policy.migrations[number as usize];
            let boxes: Vec<Key> =
                subject.own(LayerKind::Migrations, number).iter().map(|one| canon.key(one, true)).collect();
            let ends = (self.canonical(one.old), self.canonical(one.new));
            (&one.name, ends, one.sticky, &one.ramp, one.shadow, boxes)
        };
        let lists = sides.map(|side| side.part.migrations.clone().map(said).collect::<Vec<_>>());
        let mut unlike: [BTreeSet<u32>; 2] = Default::default();
        for (at, side) in sides.iter().enumerate() {
            for (number, own) in side.part.migrations.clone().zip(&lists[at]) {
                if !lists[1 - at].contains(own) {
                    unlike[at].insert(number);
                }
            }
        }
        // Of two that leave one target the first counts: where their order differs, none of them is alike.
        for (at, side) in sides.iter().enumerate() {
            let order = |at: usize, old: TargetId| -> Vec<&String> {
                lists[at].iter().filter(|one| one.1.0 == old).map(|one| one.0).collect()
            };
            for (number, own) in side.part.migrations.clone().zip(&lists[at]) {
                let (one, other) = (order(at, own.1.0), order(1 - at, own.1.0));
                if one.len() > 1 && one != other {
                    unlike[at].insert(number);
                }
            }
        }
        self.migrations = unlike;
    }
}

/// The price by which the cheapest is found.
fn together(catalogue: &Catalogue, target: TargetId) -> u128 {
    let price = catalogue.target(target).price;
    price.map_or(u128::MAX, |price| u128::from(price.input.0) + u128::from(price.output.0))
}

/// How a plan is tried, the order of failures apart.
pub(super) fn tries(plan: &Plan) -> Tries {
    let mut tries = plan.tries.clone();
    tries.failover.sort();
    tries.failover.dedup();
    tries
}

fn groups(subject: &Subject<'_>, owing: Owing) -> Vec<Group> {
    let policy = subject.policy;
    match owing {
        Owing::Redaction(index) => {
            let body = &policy.redactions[index as usize].body;
            let place = match body.place {
                Place::Prompt => 0,
                Place::Response => 1,
                Place::Both => 2,
            };
            let of = |finding: &String| Group::Redact(finding.clone(), place, body.is_restored);
            body.findings.iter().map(of).collect()
        }
        Owing::Flag(index) => vec![Group::Flag(policy.flags[index as usize].name.clone())],
        Owing::Cap(index) => vec![Group::Cap(policy.caps[index as usize].body.tokens)],
        Owing::Log(index) => vec![Group::Log(policy.logs[index as usize].body.level)],
    }
}

fn pairs(both: &Both) -> BTreeMap<TargetId, TargetId> {
    let catalogue = &both.policy.catalogue;
    let old = both.part(Which::Old).targets.clone().map(TargetId);
    let names: BTreeMap<&str, TargetId> =
        old.map(|target| (catalogue.target(target).name.as_str(), target)).collect();
    let new = both.part(Which::New).targets.clone().map(TargetId);
    new.filter_map(|target| Some((target, *names.get(catalogue.target(target).name.as_str())?))).collect()
}

/// Of pairs in the order of their first, the longest list in which the second rises too.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // By length, the pair with the least second that ends such a list.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < pair.1);
        before.push(length.checked_sub(1).map(|at| ends[at]));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut found = Vec::new();
    let mut at = ends.last().copied();
    while let Some(index) = at {
        found.push(pairs[index]);
        at = before[index];
    }
    found.reverse();
    found
}

/// A box, in words that both sides share.
type Key = (Vec<Constraint>, Vec<Expression>);

/// The words that both sides share: a target goes by the old one's number, and what is computed alike is one.
struct Canon {
    targets: BTreeMap<u32, u32>,
    computed: BTreeMap<Dimension, Dimension>,
    numbers: BTreeMap<Key, u32>,
}

impl Canon {
    fn new(subject: &Subject<'_>, paired: &BTreeMap<TargetId, TargetId>) -> Canon {
        let targets = paired.iter().map(|(new, old)| (new.0, old.0)).collect();
        let mut canon = Canon { targets, computed: BTreeMap::new(), numbers: BTreeMap::new() };
        let mut truths: BTreeMap<Expression, Dimension> = BTreeMap::new();
        let mut firsts: BTreeMap<(Vec<(Expression, u32)>, u32), Dimension> = BTreeMap::new();
        for one in subject.rules.computed.iter().chain(&subject.rules.of_target) {
            let dimension = one.dimension();
            let known = match one {
                Computed::Truth(_, expression) => {
                    *truths.entry(canon.expression(expression)).or_insert(dimension)
                }
                Computed::First { arms, otherwise, .. } => {
                    let arms = arms.iter().map(|(arm, class)| (canon.expression(arm), *class)).collect();
                    *firsts.entry((arms, *otherwise)).or_insert(dimension)
                }
            };
            if known != dimension {
                canon.computed.insert(dimension, known);
            }
        }
        canon
    }

    fn constraint(&self, part: &Constraint) -> Constraint {
        let Constraint { dimension, classes } = part;
        if *dimension == TARGET {
            let own = classes.classes().map(|target| self.targets.get(&target).copied().unwrap_or(target));
            return Constraint { dimension: TARGET, classes: ClassSet::of(own) };
        }
        let dimension = self.computed.get(dimension).copied().unwrap_or(*dimension);
        Constraint { dimension, classes: classes.clone() }
    }

    fn expression(&self, expression: &Expression) -> Expression {
        let each = |parts: &[Expression]| parts.iter().map(|part| self.expression(part)).collect();
        match expression {
            Expression::All(parts) => Expression::All(each(parts)),
            Expression::Any(parts) => Expression::Any(each(parts)),
            Expression::Not(part) => Expression::Not(Box::new(self.expression(part))),
            Expression::Within(part) => Expression::Within(self.constraint(part)),
        }
    }

    fn key(&self, one: &RuleBox, with_target: bool) -> Key {
        let own = one.constraints.iter().filter(|part| with_target || part.dimension != TARGET);
        let mut constraints: Vec<Constraint> = own.map(|part| self.constraint(part)).collect();
        constraints.sort();
        (constraints, one.residual.iter().map(|part| self.expression(part)).collect())
    }

    /// The number of a box, whichever target it is about.
    fn number(&mut self, one: &RuleBox) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("fewer than 2^32 boxes");
        *self.numbers.entry(self.key(one, false)).or_insert(next)
    }
}
