//! A policy as the proofs ask it: its rules over classes that also tell apart what no rule writes down (a target's context
//! and capabilities, grants, full counters, the model that is named, the steps of a ramp), and each step of a decision as a
//! formula.

use super::formula::Formula;
use super::unwritten::{
    WHOLE, able, asked_lists, at_shares, copied, full, names_alias, ordered_sources, test,
};
pub(crate) use super::unwritten::{before, claim};
use crate::decision::Rules;
use crate::decision::boxes::{Expression, RuleBox};
use crate::decision::layers::{LayerKind, Owing};
use crate::decision::partition::TARGET;
use crate::model::{Condition, Migration, Plan, Policy, Predicate, RouteId, Who};
use std::collections::BTreeMap;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::{BuiltIn, NEEDS};
use wayleave_program::value::Share;

/// A policy under proof.
#[derive(Debug)]
pub(crate) struct Subject<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) rules: Rules,
    /// Indexed by target: the request fits into it, and it can do what the request needs.
    able: Vec<Expression>,
    /// Indexed by requirement: its grant is held.
    granted: Vec<Expression>,
    /// Indexed by counter: it counts the request.
    pub(crate) counted: Vec<Expression>,
    /// Indexed by counter: there is no room left.
    full: Vec<Expression>,
    /// The lists of targets that a caller's `model` can name, each with when it does.
    pub(crate) named: Vec<(Vec<TargetId>, Expression)>,
    /// Indexed by alias: the caller's `model` is it.
    aliases: Vec<Expression>,
    /// Indexed by migration.
    phases: Vec<Phases>,
    /// Indexed by [`NEEDS`]: the request needs it.
    pub(crate) needs: Vec<Expression>,
    /// Indexed by guarantee: what it claims of an attempt, and of which requests or attempts.
    pub(crate) claims: Vec<(Expression, Expression)>,
    /// Conditions that were asked for beside all that, in their order.
    pub(crate) more: Vec<Expression>,
    /// Indexed by layer and target: the boxes that can hold of it; of layers about targets.
    of_target: Vec<Vec<Vec<u32>>>,
    /// By finding: the boxes of what masks it.
    masking: BTreeMap<String, Vec<u32>>,
    pub(crate) plans: Vec<PlanOf<'p>>,
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
pub(crate) struct PlanOf<'p> {
    pub(crate) number: u32,
    pub(crate) route: RouteId,
    /// The arm, of a route that has arms.
    pub(crate) arm: Option<u32>,
    /// None where the arm denies.
    pub(crate) plan: Option<&'p Plan>,
}

/// What a target has to be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ability {
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

/// What is asked of each migration's phases.
fn phases(wanted: &mut Wanted, migration: &Migration) -> [usize; 3] {
    [
        wanted.add(at_shares(migration, &|share| share > Share(0))),
        wanted.add(at_shares(migration, &|share| share >= WHOLE)),
        wanted.add(copied(migration)),
    ]
}

impl<'p> Subject<'p> {
    /// `more`: conditions of which the expressions are kept.
    pub(crate) fn new(policy: &'p Policy, more: &[&Condition]) -> Subject<'p> {
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

    /// Its rules, when all has been asked.
    pub(crate) fn into_rules(self) -> Rules {
        self.rules
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
    pub(crate) fn own(&self, kind: LayerKind, rule: u32) -> &[RuleBox] {
        let boxes = self.rules.layer(kind);
        let first = boxes.partition_point(|one| one.rule < rule);
        let end = boxes.partition_point(|one| one.rule <= rule);
        &boxes[first..end]
    }

    /// That a rule of a layer holds.
    pub(crate) fn holds(&self, kind: LayerKind, rule: u32) -> Formula<'_> {
        Formula::Boxes(self.own(kind, rule), None)
    }

    /// The boxes of a layer about targets that can hold of a target.
    pub(crate) fn about(&self, kind: LayerKind, target: TargetId) -> &[u32] {
        &self.of_target[kind as usize][target.0 as usize]
    }

    /// Some rule of a layer about targets holds of a target.
    fn some_of(&self, kind: LayerKind, target: TargetId) -> Formula<'_> {
        Formula::Boxes(self.rules.layer(kind), Some(self.about(kind, target))).of(target)
    }

    /// Some `deny` holds.
    pub(crate) fn is_denied(&self) -> Formula<'_> {
        Formula::Boxes(self.rules.layer(LayerKind::Denials), None)
    }

    /// No `deny` holds, and no arm before this one; this one's route and itself do.
    pub(crate) fn is_answered(&self, answer: u32) -> Formula<'_> {
        let boxes = self.rules.layer(LayerKind::Answers);
        let first = boxes.partition_point(|one| one.rule < answer);
        Formula::All(vec![
            self.holds(LayerKind::Answers, answer),
            Formula::Boxes(&boxes[..first], None).negated(),
            self.is_denied().negated(),
        ])
    }

    /// The number of an arm among the answers.
    pub(crate) fn number_of(&self, route: RouteId, arm: u32) -> Option<u32> {
        self.arms.get(&(route, arm)).copied()
    }

    /// An arm of a route before this one holds.
    pub(crate) fn arms_before(&self, route: RouteId, arm: u32) -> Formula<'_> {
        let number = |wanted: u32| self.number_of(route, wanted).unwrap_or_default();
        let (first, own) = (number(0), number(arm));
        let boxes = self.rules.layer(LayerKind::Answers);
        let first = boxes.partition_point(|one| one.rule < first);
        let end = boxes.partition_point(|one| one.rule < own);
        Formula::Boxes(&boxes[first..end.max(first)], None)
    }

    /// Neither a `deny` nor any route has an answer.
    pub(crate) fn is_left_over(&self) -> Formula<'_> {
        let answers = Formula::Boxes(self.rules.layer(LayerKind::Answers), None);
        Formula::All(vec![self.is_denied().negated(), answers.negated()])
    }

    /// Some `approve` speaks for a target, and no `forbid` against it.
    pub(crate) fn is_approved(&self, target: TargetId) -> Formula<'_> {
        Formula::All(vec![
            self.some_of(LayerKind::Approvals, target),
            self.some_of(LayerKind::Prohibitions, target).negated(),
        ])
    }

    /// A target needs a grant that is not held.
    pub(crate) fn lacks_grant(&self, target: TargetId) -> Formula<'_> {
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
        Formula::Any(ungranted).of(target)
    }

    /// A target may be asked, as far as `able` is not concerned.
    pub(crate) fn is_allowed(&self, target: TargetId) -> Formula<'_> {
        Formula::All(vec![self.is_approved(target), self.lacks_grant(target).negated()])
    }

    /// A target can do what the request needs, and has room for it.
    pub(crate) fn is_able(&self, target: TargetId) -> Formula<'_> {
        Formula::from(&self.able[target.0 as usize])
    }

    /// The same, as it is asked.
    pub(crate) fn able(&self, target: TargetId) -> &Expression {
        &self.able[target.0 as usize]
    }

    /// One of the things that a target has to be able to do for a request.
    pub(crate) fn is_able_to(&self, target: TargetId, ability: Ability) -> Formula<'_> {
        match &self.able[target.0 as usize] {
            Expression::All(parts) => Formula::from(&parts[ability as usize]),
            other => Formula::from(other),
        }
    }

    /// A target may be asked.
    pub(crate) fn is_eligible(&self, target: TargetId) -> Formula<'_> {
        Formula::All(vec![self.is_able(target), self.is_allowed(target)])
    }

    /// The request needs one of [`NEEDS`] and no other, or none.
    pub(crate) fn needs_only(&self, wanted: Option<usize>) -> Vec<Formula<'_>> {
        let each = self.needs.iter().map(Formula::from).enumerate();
        each.map(|(index, need)| if Some(index) == wanted { need } else { need.negated() }).collect()
    }

    /// The caller's `model` names a target.
    pub(crate) fn is_named(&self, target: TargetId) -> Formula<'_> {
        let lists = self.named.iter().filter(|(targets, _)| targets.contains(&target));
        Formula::Any(lists.map(|(_, named)| Formula::from(named)).collect())
    }

    pub(crate) fn is_alias(&self, alias: usize) -> Formula<'_> {
        Formula::from(&self.aliases[alias])
    }

    /// Every limit and budget that applies has room.
    pub(crate) fn has_room(&self) -> Formula<'_> {
        let counters = self.policy.counters.iter().zip(0_u32..).filter(|(counter, _)| counter.is_enforced);
        let full = counters.map(|(_, index)| {
            let applies = self.holds(LayerKind::Counters, index);
            Formula::All(vec![applies, Formula::from(&self.full[index as usize])])
        });
        Formula::Any(full.collect()).negated()
    }

    /// A rule masks this finding when a target is asked.
    pub(crate) fn is_masked(&self, finding: &str, target: TargetId) -> Formula<'_> {
        let none: &[u32] = &[];
        let which = self.masking.get(finding).map_or(none, Vec::as_slice);
        Formula::Boxes(self.rules.layer(LayerKind::Obligations), Some(which)).of(target)
    }

    /// When a target stands in a plan as written.
    pub(crate) fn stands(&self, plan: &Plan, target: TargetId) -> Formula<'_> {
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
    pub(crate) fn moves(&self, migration: usize, plan: &Plan) -> Formula<'_> {
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

    /// A migration moves or copies some requests, where its old target stands.
    pub(crate) fn moves_some(&self, migration: usize) -> Formula<'_> {
        let by = &self.policy.migrations[migration];
        let mut parts = vec![self.holds(LayerKind::Migrations, migration as u32)];
        for (earlier, index) in self.policy.migrations.iter().zip(0_u32..).take(migration) {
            if earlier.old == by.old {
                parts.push(self.holds(LayerKind::Migrations, index).negated());
            }
        }
        let copied = Formula::All(vec![self.copies_some(migration), self.is_eligible(by.old)]);
        parts.push(Formula::Any(vec![self.draws_some(migration), copied]));
        Formula::All(parts)
    }

    /// A migration draws some request, all of them, or copies some.
    pub(crate) fn draws_some(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].some)
    }

    pub(crate) fn draws_all(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].all)
    }

    pub(crate) fn copies_some(&self, migration: usize) -> Formula<'_> {
        Formula::from(&self.phases[migration].copied)
    }

    /// Every target that some request may be sent to under a plan, each once; with when that is, beside the plan's answering.
    pub(crate) fn attempts(&self, plan: &Plan) -> Vec<(TargetId, Formula<'_>)> {
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
    pub(crate) fn in_plan(&self, plan: &Plan) -> Vec<TargetId> {
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
    pub(crate) fn nobody_left(&self, plan: &Plan) -> Formula<'_> {
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
pub(crate) fn members(who: &Who) -> Vec<TargetId> {
    match who {
        Who::Target(target) => vec![*target],
        Who::Split(_, shares) => shares.iter().map(|(_, target)| *target).collect(),
        Who::Ordered(_, targets) => targets.clone(),
        Who::Requested => Vec::new(),
    }
}
