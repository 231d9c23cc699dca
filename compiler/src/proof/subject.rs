//! A policy as the proofs ask it: its rules over classes that also tell apart what no rule writes down (a target's context
//! and capabilities, grants, full counters, the model that is named, the steps of a ramp), and each step of a decision as a
//! formula.

use super::formula::Formula;
use crate::decision::Rules;
use crate::decision::boxes::{Expression, RuleBox};
use crate::decision::layers::{LayerKind, Owing};
use crate::decision::partition::TARGET;
use crate::model::{
    Claim, Condition, Counter, Interval, Migration, Plan, Policy, Predicate, RouteBody, RouteId,
    Subject as Of, Test, Who,
};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::{AliasId, Requested, TargetId};
use wayleave_program::schema::{APIS, BuiltIn, Combine, NEEDS, Origin, Type};
use wayleave_program::value::{Instant, MemberId, Share};

/// All of what a counter admits, of what a ramp moves.
const WHOLE: Share = Share(1_000_000);

/// A policy under proof.
#[derive(Debug)]
pub(super) struct Subject<'p> {
    pub(super) policy: &'p Policy,
    pub(super) rules: Rules,
    /// Indexed by target: the request fits into it, and it can do what the request needs.
    able: Vec<Expression>,
    /// Indexed by requirement: its grant is held.
    granted: Vec<Expression>,
    /// Indexed by counter: it counts the request.
    pub(super) counted: Vec<Expression>,
    /// Indexed by counter: there is no room left.
    full: Vec<Expression>,
    /// The lists of targets that a caller's `model` can name, each with when it does.
    pub(super) named: Vec<(Vec<TargetId>, Expression)>,
    /// Indexed by alias: the caller's `model` is it.
    aliases: Vec<Expression>,
    /// Indexed by migration.
    phases: Vec<Phases>,
    /// Indexed by [`NEEDS`]: the request needs it.
    pub(super) needs: Vec<Expression>,
    /// Indexed by guarantee: what it claims of an attempt, and of which requests or attempts.
    pub(super) claims: Vec<(Expression, Expression)>,
    /// Conditions that were asked for beside all that, in their order.
    pub(super) more: Vec<Expression>,
    /// Indexed by layer and target: the boxes that can hold of it; of layers about targets.
    of_target: Vec<Vec<Vec<u32>>>,
    /// By finding: the boxes of what masks it.
    masking: BTreeMap<String, Vec<u32>>,
    pub(super) plans: Vec<PlanOf<'p>>,
    /// By route and arm, the number among the answers.
    arms: BTreeMap<(RouteId, u32), u32>,
}

/// When a migration moves requests.
#[derive(Debug)]
struct Phases {
    /// Some are drawn for its new target.
    some: Expression,
    /// All are.
    all: Expression,
    /// Copies are made of some that are not drawn.
    copied: Expression,
}

/// What answers under one number of the answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanOf<'p> {
    pub(super) number: u32,
    pub(super) route: RouteId,
    /// The arm, of a route that has arms.
    pub(super) arm: Option<u32>,
    /// None where the arm denies.
    pub(super) plan: Option<&'p Plan>,
}

/// What a target has to be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ability {
    /// Hold the whole request.
    Context,
    /// Answer on the kind of api that is spoken.
    Kind,
    /// Do what the request needs.
    Needs,
}

/// Conditions that are lowered together.
#[derive(Default)]
struct Wanted(Vec<Condition>);

impl Wanted {
    fn add(&mut self, condition: Condition) -> usize {
        self.0.push(condition);
        self.0.len() - 1
    }
}

fn test(of: BuiltIn, predicate: Predicate) -> Condition {
    Condition::Test(Test { subject: Of::Attribute(of.id()), predicate })
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

pub(super) fn before(of: BuiltIn, high: i128) -> Condition {
    test(of, Predicate::InIntervals(vec![Interval { low: None, high: Some(high) }]))
}

/// The request fits into a target, and needs nothing that it cannot do.
fn able(policy: &Policy, target: TargetId) -> Condition {
    let facts = policy.catalogue.target(target);
    let context = before(BuiltIn::RequestWindow, i128::from(facts.context.0) + 1);
    let embeddings = APIS.iter().zip(0_u32..).find(|(name, _)| **name == "embeddings");
    let embeddings = embeddings.map(|(_, number)| BTreeSet::from([MemberId(number)])).unwrap_or_default();
    let is_embeddings = test(BuiltIn::RequestApi, Predicate::OneOfMembers(embeddings));
    let mut kinds = Vec::new();
    if !facts.can("chat") {
        kinds.push(is_embeddings.clone());
    }
    if !facts.can("embeddings") {
        kinds.push(not(is_embeddings));
    }
    let needs: Vec<Condition> = NEEDS
        .iter()
        .filter(|need| !facts.can(need))
        .map(|need| not(test(BuiltIn::RequestNeeds, Predicate::Has((*need).to_owned()))))
        .collect();
    Condition::All(vec![context, Condition::All(kinds), Condition::All(needs)])
}

/// The lists of targets that a caller's `model` can name, each with all texts that name it.
fn named_lists(policy: &Policy) -> BTreeMap<Vec<TargetId>, BTreeSet<String>> {
    let mut lists: BTreeMap<Vec<TargetId>, BTreeSet<String>> = BTreeMap::new();
    let names =
        policy.catalogue.targets.iter().flat_map(|target| [&target.name, &target.model, &target.remote]);
    for name in names.collect::<BTreeSet<_>>() {
        if let Requested::Targets(targets) = policy.catalogue.resolve(name) {
            lists.entry(targets).or_default().insert(name.clone());
        }
    }
    lists
}

/// Each value of an attribute of which a caller's word is weighed against others, so that all of them are told apart.
fn ordered_sources(policy: &Policy) -> Vec<Condition> {
    let mut found = Vec::new();
    for id in policy.schema.ids() {
        let attribute = policy.schema.attribute(id);
        let (Origin::Sources(_, Combine::Highest | Combine::Lowest), Type::Named(named)) =
            (&attribute.origin, &attribute.value_type)
        else {
            continue;
        };
        for member in 0..named.members.len() as u32 {
            let predicate = Predicate::OneOfMembers(BTreeSet::from([MemberId(member)]));
            found.push(Condition::Test(Test { subject: Of::Attribute(id), predicate }));
        }
    }
    found
}

/// The same, where some plan asks for what the caller names.
fn asked_lists(policy: &Policy) -> BTreeMap<Vec<TargetId>, BTreeSet<String>> {
    let plans = policy.routes.iter().flat_map(|route| RouteBody::plans(&route.body));
    let mut stages = plans.flat_map(|plan| &plan.stages);
    if stages.any(|stage| stage.who == Who::Requested) { named_lists(policy) } else { BTreeMap::new() }
}

/// What is asked of each migration's phases.
fn phases(wanted: &mut Wanted, migration: &Migration) -> [usize; 3] {
    [
        wanted.add(at_shares(migration, &|share| share > Share(0))),
        wanted.add(at_shares(migration, &|share| share >= WHOLE)),
        wanted.add(copied(migration)),
    ]
}

/// There is no room left.
fn full(counter: &Counter) -> Condition {
    let predicate = Predicate::InIntervals(vec![Interval { low: Some(WHOLE.0.into()), high: None }]);
    Condition::Test(Test { subject: Of::Attribute(counter.used), predicate })
}

fn names_alias(alias: u32) -> Condition {
    let aliases = BTreeSet::from([AliasId(alias)]);
    let predicate = Predicate::NamesModel { aliases, targets: BTreeSet::new(), texts: BTreeSet::new() };
    test(BuiltIn::RequestModel, predicate)
}

/// The times at which a migration has reached a share that fulfils something.
fn at_shares(migration: &Migration, wanted: &dyn Fn(Share) -> bool) -> Condition {
    let mut times = Vec::new();
    let begins = migration.ramp.iter().map(|(from, _)| *from);
    let ends = begins.clone().skip(1).map(Some).chain([None]);
    let first = migration.ramp.first().map(|(from, _)| *from);
    let mut add = |low: Option<Instant>, high: Option<Instant>, share: Share| {
        if wanted(share) {
            let number = |instant: Instant| i128::from(instant.0);
            times.push(Interval { low: low.map(number), high: high.map(number) });
        }
    };
    add(None, first, Share(0));
    for ((from, share), end) in migration.ramp.iter().zip(ends) {
        add(Some(*from), end, *share);
    }
    if times.is_empty() {
        Condition::Any(Vec::new())
    } else {
        test(BuiltIn::TimeNow, Predicate::InIntervals(times))
    }
}

fn copied(migration: &Migration) -> Condition {
    let Some((share, until)) = migration.shadow else { return Condition::Any(Vec::new()) };
    if share == Share(0) {
        return Condition::Any(Vec::new());
    }
    let in_time = until.map(|until| before(BuiltIn::TimeNow, until.0.into()));
    let undrawn = at_shares(migration, &|share| share < WHOLE);
    Condition::All(in_time.into_iter().chain([undrawn]).collect())
}

fn claim(claim: &Claim) -> (Condition, Condition) {
    match claim {
        Claim::Always(always, when) => (always.clone(), when.clone()),
        Claim::Denied(when) | Claim::Served(when) | Claim::AtLeast(_, _, when) | Claim::Redacted(_, when) => {
            (Condition::always(), when.clone())
        }
    }
}

impl<'p> Subject<'p> {
    /// `more`: conditions of which the expressions are kept.
    pub(super) fn new(policy: &'p Policy, more: &[&Condition]) -> Subject<'p> {
        let mut wanted = Wanted::default();
        let able: Vec<usize> = policy.catalogue.target_ids().map(|id| wanted.add(able(policy, id))).collect();
        let grant = |name: &str| test(BuiltIn::Granted, Predicate::Has(name.to_owned()));
        let granted: Vec<usize> =
            policy.requirements.iter().map(|rule| wanted.add(grant(&rule.name))).collect();
        let counted: Vec<usize> =
            policy.counters.iter().map(|counter| wanted.add(counter.condition.clone())).collect();
        let full: Vec<usize> = policy.counters.iter().map(|counter| wanted.add(full(counter))).collect();
        let named: Vec<(Vec<TargetId>, usize)> = asked_lists(policy)
            .into_iter()
            .map(|(targets, texts)| {
                (targets, wanted.add(test(BuiltIn::RequestModel, Predicate::OneOfTexts(texts))))
            })
            .collect();
        let aliases: Vec<usize> =
            (0..policy.catalogue.aliases.len() as u32).map(|alias| wanted.add(names_alias(alias))).collect();
        let phases: Vec<[usize; 3]> =
            policy.migrations.iter().map(|migration| phases(&mut wanted, migration)).collect();
        let needs: Vec<usize> = NEEDS
            .iter()
            .map(|need| wanted.add(test(BuiltIn::RequestNeeds, Predicate::Has((*need).to_owned()))))
            .collect();
        let claims: Vec<(usize, usize)> = policy
            .guarantees
            .iter()
            .map(|guarantee| {
                let (always, when) = claim(&guarantee.claim);
                (wanted.add(always), wanted.add(when))
            })
            .collect();
        let apart = ordered_sources(policy);
        let mut all: Vec<&Condition> = wanted.0.iter().collect();
        all.extend(more);
        // Behind all others, as nobody asks for what they say.
        let asked = all.len();
        all.extend(&apart);
        let (rules, mut expressions) = Rules::with(policy, &all);
        expressions.truncate(asked);
        let rest = expressions.split_off(wanted.0.len());
        let mut expressions: Vec<Option<Expression>> = expressions.into_iter().map(Some).collect();
        let mut take = |index: usize| expressions[index].take().expect("each is taken once");
        let mut subject = Subject {
            policy,
            able: able.into_iter().map(&mut take).collect(),
            granted: granted.into_iter().map(&mut take).collect(),
            counted: counted.into_iter().map(&mut take).collect(),
            full: full.into_iter().map(&mut take).collect(),
            named: named.into_iter().map(|(targets, index)| (targets, take(index))).collect(),
            aliases: aliases.into_iter().map(&mut take).collect(),
            phases: phases
                .into_iter()
                .map(|[some, all, copied]| Phases { some: take(some), all: take(all), copied: take(copied) })
                .collect(),
            needs: needs.into_iter().map(&mut take).collect(),
            claims: claims.into_iter().map(|(always, when)| (take(always), take(when))).collect(),
            more: rest,
            of_target: Vec::new(),
            masking: BTreeMap::new(),
            plans: Vec::new(),
            arms: BTreeMap::new(),
            rules,
        };
        subject.index();
        subject
    }

    fn index(&mut self) {
        let targets = self.policy.catalogue.targets.len();
        for kind in LayerKind::ALL {
            let mut lists = vec![Vec::new(); if kind.is_of_targets() { targets } else { 0 }];
            for (one, index) in self.rules.layer(kind).iter().zip(0_u32..).filter(|_| kind.is_of_targets()) {
                let of_target = one.constraints.iter().find(|constraint| constraint.dimension == TARGET);
                match of_target {
                    Some(constraint) => {
                        constraint.classes.classes().for_each(|target| lists[target as usize].push(index));
                    }
                    None => lists.iter_mut().for_each(|list| list.push(index)),
                }
            }
            self.of_target.push(lists);
        }
        for (one, index) in self.rules.layer(LayerKind::Obligations).iter().zip(0_u32..) {
            if let Owing::Redaction(redaction) = self.rules.obligations[one.rule as usize] {
                for finding in &self.policy.redactions[redaction as usize].body.findings {
                    self.masking.entry(finding.clone()).or_default().push(index);
                }
            }
        }
        let policy = self.policy;
        let answers = self.rules.answers.iter().zip(0_u32..);
        self.plans = answers
            .map(|(answer, number)| PlanOf {
                number,
                route: RouteId(answer.route),
                arm: answer.arm,
                plan: answer.outcome(policy).ok(),
            })
            .collect();
        let arms = self.plans.iter().filter_map(|of| Some(((of.route, of.arm?), of.number)));
        self.arms = arms.collect();
    }

    /// The boxes of one rule of a layer.
    pub(super) fn own(&self, kind: LayerKind, rule: u32) -> &[RuleBox] {
        let boxes = self.rules.layer(kind);
        let first = boxes.partition_point(|one| one.rule < rule);
        let end = boxes.partition_point(|one| one.rule <= rule);
        &boxes[first..end]
    }

    /// That a rule of a layer holds.
    pub(super) fn holds(&self, kind: LayerKind, rule: u32) -> Formula<'_> {
        Formula::Boxes(self.own(kind, rule), None)
    }

    /// Some rule of a layer about targets holds of a target.
    fn some_of(&self, kind: LayerKind, target: TargetId) -> Formula<'_> {
        let which = &self.of_target[kind as usize][target.0 as usize];
        Formula::Boxes(self.rules.layer(kind), Some(which)).of(target)
    }

    /// Some `deny` holds.
    pub(super) fn is_denied(&self) -> Formula<'_> {
        Formula::Boxes(self.rules.layer(LayerKind::Denials), None)
    }

    /// No `deny` holds, and no arm before this one; this one's route and itself do.
    pub(super) fn is_answered(&self, answer: u32) -> Formula<'_> {
        let boxes = self.rules.layer(LayerKind::Answers);
        let first = boxes.partition_point(|one| one.rule < answer);
        Formula::All(vec![
            self.holds(LayerKind::Answers, answer),
            Formula::Boxes(&boxes[..first], None).negated(),
            self.is_denied().negated(),
        ])
    }

    /// The number of an arm among the answers.
    pub(super) fn number_of(&self, route: RouteId, arm: u32) -> Option<u32> {
        self.arms.get(&(route, arm)).copied()
    }

    /// An arm of a route before this one holds.
    pub(super) fn arms_before(&self, route: RouteId, arm: u32) -> Formula<'_> {
        let number = |wanted: u32| self.number_of(route, wanted).unwrap_or_default();
        let (first, own) = (number(0), number(arm));
        let boxes = self.rules.layer(LayerKind::Answers);
        let first = boxes.partition_point(|one| one.rule < first);
        let end = boxes.partition_point(|one| one.rule < own);
        Formula::Boxes(&boxes[first..end.max(first)], None)
    }

    /// Neither a `deny` nor any route has an answer.
    pub(super) fn is_left_over(&self) -> Formula<'_> {
        let answers = Formula::Boxes(self.rules.layer(LayerKind::Answers), None);
        Formula::All(vec![self.is_denied().negated(), answers.negated()])
    }

    /// A target may be asked, as far as `able` is not concerned.
    pub(super) fn is_allowed(&self, target: TargetId) -> Formula<'_> {
        let requirement = |(rule, granted): (u32, &'_ Expression)| {
            Formula::All(vec![
                self.holds(LayerKind::Requirements, rule),
                Formula::from(granted.clone()).negated(),
            ])
        };
        let tried = |index: &u32| self.policy.requirements[*index as usize].is_tried;
        let numbers = (0..self.granted.len() as u32).filter(|index| !tried(index));
        let ungranted: Vec<Formula<'_>> =
            numbers.map(|number| requirement((number, &self.granted[number as usize]))).collect();
        Formula::All(vec![
            self.some_of(LayerKind::Approvals, target),
            self.some_of(LayerKind::Prohibitions, target).negated(),
            Formula::Any(ungranted).negated().of(target),
        ])
    }

    /// A target can do what the request needs, and has room for it.
    pub(super) fn is_able(&self, target: TargetId) -> Formula<'_> {
        Formula::from(&self.able[target.0 as usize])
    }

    /// One of the things that a target has to be able to do for a request.
    pub(super) fn is_able_to(&self, target: TargetId, ability: Ability) -> Formula<'_> {
        match &self.able[target.0 as usize] {
            Expression::All(parts) => Formula::from(&parts[ability as usize]),
            other => Formula::from(other),
        }
    }

    /// A target may be asked.
    pub(super) fn is_eligible(&self, target: TargetId) -> Formula<'_> {
        Formula::All(vec![self.is_able(target), self.is_allowed(target)])
    }

    /// The request needs one of [`NEEDS`] and no other, or none.
    pub(super) fn needs_only(&self, wanted: Option<usize>) -> Vec<Formula<'_>> {
        let each = self.needs.iter().map(Formula::from).enumerate();
        each.map(|(index, need)| if Some(index) == wanted { need } else { need.negated() }).collect()
    }

    /// The caller's `model` names a target.
    pub(super) fn is_named(&self, target: TargetId) -> Formula<'_> {
        let lists = self.named.iter().filter(|(targets, _)| targets.contains(&target));
        Formula::Any(lists.map(|(_, named)| Formula::from(named)).collect())
    }

    pub(super) fn is_alias(&self, alias: usize) -> Formula<'_> {
        Formula::from(&self.aliases[alias])
    }

    /// Every limit and budget that applies has room.
    pub(super) fn has_room(&self) -> Formula<'_> {
        let counters = self.policy.counters.iter().zip(0_u32..).filter(|(counter, _)| counter.is_enforced);
        let full = counters.map(|(_, index)| {
            let applies = self.holds(LayerKind::Counters, index);
            Formula::All(vec![applies, Formula::from(&self.full[index as usize])])
        });
        Formula::Any(full.collect()).negated()
    }

    /// A rule masks this finding when a target is asked.
    pub(super) fn is_masked(&self, finding: &str, target: TargetId) -> Formula<'_> {
        let none: &[u32] = &[];
        let which = self.masking.get(finding).map_or(none, Vec::as_slice);
        Formula::Boxes(self.rules.layer(LayerKind::Obligations), Some(which)).of(target)
    }

    /// When a target stands in a plan as written.
    pub(super) fn stands(&self, plan: &Plan, target: TargetId) -> Formula<'_> {
        let mut ways = Vec::new();
        for stage in &plan.stages {
            match &stage.who {
                Who::Requested => ways.push(self.is_named(target)),
                who if members(who).contains(&target) => return Formula::constant(true),
                _ => {}
            }
        }
        Formula::Any(ways)
    }

    /// A migration applies to a plan.
    pub(super) fn moves(&self, migration: usize, plan: &Plan) -> Formula<'_> {
        let by = &self.policy.migrations[migration];
        let own = self.holds(LayerKind::Migrations, migration as u32);
        let mut parts = vec![self.stands(plan, by.old), own];
        // Of two that leave one target the first counts.
        for (earlier, index) in self.policy.migrations.iter().zip(0_u32..).take(migration) {
            if earlier.old == by.old {
                parts.push(self.holds(LayerKind::Migrations, index).negated());
            }
        }
        Formula::All(parts)
    }

    /// A migration draws some request, all of them, or copies some.
    pub(super) fn draws_some(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].some)
    }

    pub(super) fn draws_all(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].all)
    }

    pub(super) fn copies_some(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].copied)
    }

    /// Every target that some request may be sent to under a plan, each once; with when that is, beside the plan's answering.
    pub(super) fn attempts(&self, plan: &Plan) -> Vec<(TargetId, Formula<'_>)> {
        let mut ways: BTreeMap<TargetId, Vec<Formula<'_>>> = BTreeMap::new();
        for target in self.in_plan(plan) {
            ways.entry(target).or_default().push(self.stands(plan, target));
        }
        for (migration, index) in self.policy.migrations.iter().zip(0..) {
            if !ways.contains_key(&migration.old) {
                continue;
            }
            let copied = Formula::All(vec![self.copies_some(index), self.is_eligible(migration.old)]);
            let either = Formula::Any(vec![self.draws_some(index), copied]);
            let moved = Formula::All(vec![self.moves(index, plan), either]);
            ways.entry(migration.new).or_default().push(moved);
        }
        let attempt =
            |(target, ways)| (target, Formula::All(vec![self.is_eligible(target), Formula::Any(ways)]));
        ways.into_iter().map(attempt).collect()
    }

    /// The targets that can stand in a plan as written, each once.
    pub(super) fn in_plan(&self, plan: &Plan) -> Vec<TargetId> {
        let mut found: Vec<TargetId> = Vec::new();
        let mut add = |target: TargetId| {
            if !found.contains(&target) {
                found.push(target);
            }
        };
        for stage in &plan.stages {
            match &stage.who {
                Who::Requested => {
                    self.named.iter().flat_map(|(targets, _)| targets).for_each(|target| add(*target));
                }
                who => members(who).into_iter().for_each(&mut add),
            }
        }
        found
    }

    /// Nobody of a plan may be asked, for some draws.
    pub(super) fn nobody_left(&self, plan: &Plan) -> Formula<'_> {
        let mut parts = Vec::new();
        for target in self.in_plan(plan) {
            let asked = Formula::All(vec![self.stands(plan, target), self.is_eligible(target)]);
            parts.push(asked.negated());
        }
        for (migration, index) in self.policy.migrations.iter().zip(0..) {
            if self.in_plan(plan).contains(&migration.old) {
                // A share below the whole may leave any request.
                let moved =
                    vec![self.moves(index, plan), self.draws_all(index), self.is_eligible(migration.new)];
                parts.push(Formula::All(moved).negated());
            }
        }
        Formula::All(parts)
    }
}

/// The targets of a stage as written; none of `requested`.
pub(super) fn members(who: &Who) -> Vec<TargetId> {
    match who {
        Who::Target(target) => vec![*target],
        Who::Split(_, shares) => shares.iter().map(|(_, target)| *target).collect(),
        Who::Ordered(_, targets) => targets.clone(),
        Who::Requested => Vec::new(),
    }
}
