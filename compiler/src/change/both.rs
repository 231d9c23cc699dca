//! Two policies as one, so that one question can be asked of both: what can be known of a request is one list, by names; all
//! that they say stands side by side, the old one's first.

use super::conditions::Renumber;
use super::schema::{self, Merged};
use crate::model::{
    Arm, ArmOutcome, Condition, Counter, Definition, DefinitionBody, DefinitionId, Fact, Migration, Plan,
    PlanStage, Policy, Predicate, Route, RouteBody, RouteId, Rule, Subject, TargetField, Test, Who,
};
use crate::proof::subject::claim;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;
use wayleave_program::catalogue::{Catalogue, ProviderId, Target, TargetId};
use wayleave_program::schema::{AttributeId, Origin};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// What was.
    Old,
    /// What is proposed.
    New,
}

impl Which {
    /// Both.
    pub(crate) const BOTH: [Which; 2] = [Which::Old, Which::New];
}

/// Where the parts of one policy stand in both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    pub(crate) targets: Range<u32>,
    pub(crate) denials: Range<u32>,
    pub(crate) approvals: Range<u32>,
    pub(crate) prohibitions: Range<u32>,
    pub(crate) requirements: Range<u32>,
    pub(crate) redactions: Range<u32>,
    pub(crate) flags: Range<u32>,
    pub(crate) caps: Range<u32>,
    pub(crate) logs: Range<u32>,
    pub(crate) counters: Range<u32>,
    pub(crate) routes: Range<u32>,
    pub(crate) migrations: Range<u32>,
    /// By definition of the one, that of both.
    pub(crate) definitions: Vec<DefinitionId>,
    /// The texts by which a caller's `model` names targets, by those targets' numbers in both; ascending.
    pub(crate) named: BTreeMap<Vec<TargetId>, BTreeSet<String>>,
    /// By guarantee: what it claims, and of what.
    pub(crate) claims: Vec<[Condition; 2]>,
    /// That a request has a value which this policy does not know, and so refuses to read.
    pub(crate) strange: Vec<Condition>,
}

/// Both policies in one.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) policy: Policy,
    parts: [Part; 2],
    pub(crate) schema: Merged,
}

impl Both {
    /// Of two policies of which each is sound. `paired`: by counter of the new one, that of the old one whose state it
    /// keeps.
    /// `is_disjoint`: no two routes of one of them answer the same request, so that their order does not matter.
    pub(crate) fn new(
        old: &Policy,
        new: &Policy,
        paired: &BTreeMap<usize, usize>,
        is_disjoint: bool,
    ) -> Both {
        let merged = schema::merged(old, new, paired);
        let mut both = Both { policy: empty(old, new, &merged), parts: Default::default(), schema: merged };
        let order = |policy: &Policy| (0..policy.routes.len()).collect::<Vec<usize>>();
        both.add(Which::Old, old, &order(old));
        both.add(Which::New, new, &if is_disjoint { like(old, new) } else { order(new) });
        both
    }

    /// Where the parts of one of them stand.
    pub(crate) fn part(&self, which: Which) -> &Part {
        &self.parts[which as usize]
    }

    /// `order`: its routes, in the order in which they stand in both.
    fn add(&mut self, which: Which, from: &Policy, order: &[usize]) {
        let mut part = Part { targets: self.catalogue(from), ..Part::default() };
        self.facts(from, &part);
        part.strange = self.schema.strange(which);
        let mut definitions: Vec<DefinitionId> = Vec::new();
        for definition in &from.definitions {
            let id = self.definition(which, from, definition, &part.targets, &definitions);
            definitions.push(id);
        }
        part.definitions = definitions.clone();
        part.named = named(from, part.targets.start);
        let facts = self.policy.facts.len() - from.facts.len();
        let providers = self.policy.catalogue.providers.len() - from.catalogue.providers.len();
        let own = part.targets.clone();
        let renumber = Renumber::new(from, self.schema.of(which), &own, providers, &definitions, facts);
        let claims = from.guarantees.iter().map(|one| {
            let (always, when) = claim(&one.claim);
            [renumber.condition(&always), renumber.condition(&when)]
        });
        part.claims = claims.collect();
        let routes = self.policy.routes.len() as u32;
        let policy = &mut self.policy;
        part.denials = extend(&mut policy.denials, from.denials.iter().map(|one| renumber.rule(one)));
        let approvals = from.approvals.iter().map(|one| {
            let mut rule = renumber.rule(one);
            renumber.targets(&mut rule.body.targets);
            rule
        });
        part.approvals = extend(&mut policy.approvals, approvals);
        let prohibitions = from.prohibitions.iter().map(|one| {
            let mut rule = renumber.rule(one);
            renumber.targets(&mut rule.body.targets);
            rule
        });
        part.prohibitions = extend(&mut policy.prohibitions, prohibitions);
        part.requirements = extend(
            &mut policy.requirements,
            from.requirements.iter().map(|one| own_targets(renumber.rule(one), &own)),
        );
        part.redactions = extend(
            &mut policy.redactions,
            from.redactions.iter().map(|one| own_targets(renumber.rule(one), &own)),
        );
        part.flags =
            extend(&mut policy.flags, from.flags.iter().map(|one| own_targets(renumber.rule(one), &own)));
        part.caps =
            extend(&mut policy.caps, from.caps.iter().map(|one| own_targets(renumber.rule(one), &own)));
        part.logs =
            extend(&mut policy.logs, from.logs.iter().map(|one| own_targets(renumber.rule(one), &own)));
        let counters = from.counters.iter().map(|one| counter(one, &renumber));
        part.counters = extend(&mut policy.counters, counters);
        let mut places = vec![0; order.len()];
        order.iter().zip(routes..).for_each(|(index, place)| places[*index] = place);
        let ordered = order.iter().map(|index| route(&from.routes[*index], &places, &renumber));
        part.routes = extend(&mut policy.routes, ordered);
        let migrations = from.migrations.iter().map(|one| migration(one, &renumber));
        part.migrations = extend(&mut policy.migrations, migrations);
        self.parts[which as usize] = part;
    }

    /// Adds what can be called.
    fn catalogue(&mut self, from: &Policy) -> Range<u32> {
        let catalogue = &mut self.policy.catalogue;
        let providers = catalogue.providers.len() as u32;
        catalogue.providers.extend(from.catalogue.providers.iter().cloned());
        let targets = from
            .catalogue
            .targets
            .iter()
            .map(|target| Target { provider: ProviderId(target.provider.0 + providers), ..target.clone() });
        extend(&mut catalogue.targets, targets)
    }

    /// Adds what targets state; of the other policy's targets nothing is known.
    fn facts(&mut self, from: &Policy, part: &Part) {
        let all = self.policy.catalogue.targets.len();
        for known in &mut self.policy.facts {
            let filler = known.value_type.empty_value();
            known.values.resize(all, filler);
        }
        for fact in &from.facts {
            let filler = fact.value_type.empty_value();
            let mut values = vec![filler; part.targets.start as usize];
            values.extend(fact.values.iter().cloned());
            self.policy.facts.push(Fact { values, ..fact.clone() });
        }
    }

    /// The definition in both: one that says the same is the same.
    fn definition(
        &mut self,
        which: Which,
        from: &Policy,
        definition: &Definition,
        targets: &Range<u32>,
        before: &[DefinitionId],
    ) -> DefinitionId {
        let facts = self.policy.facts.len() - from.facts.len();
        let providers = self.policy.catalogue.providers.len() - from.catalogue.providers.len();
        let renumber = Renumber::new(from, self.schema.of(which), targets, providers, before, facts);
        let body = match &definition.body {
            DefinitionBody::Define(condition) => DefinitionBody::Define(renumber.condition(condition)),
            DefinitionBody::Classify { attribute, arms, otherwise } => DefinitionBody::Classify {
                attribute: renumber.attribute(*attribute),
                arms: arms
                    .iter()
                    .map(|(condition, member)| {
                        (renumber.condition(condition), renumber.member(*attribute, *member))
                    })
                    .collect(),
                otherwise: renumber.member(*attribute, *otherwise),
            },
        };
        let own = self.policy.definitions.iter().zip(0_u32..);
        let same =
            own.filter(|(known, _)| is_same(&known.body, &body)).map(|(_, id)| DefinitionId(id)).next();
        same.unwrap_or_else(|| {
            let id = DefinitionId(self.policy.definitions.len() as u32);
            self.policy.definitions.push(Definition { body, ..definition.clone() });
            id
        })
    }
}

/// The routes of the new policy in the order of the old one's of the same names; all others behind them.
fn like(old: &Policy, new: &Policy) -> Vec<usize> {
    let places: BTreeMap<&str, usize> =
        old.routes.iter().enumerate().map(|(at, route)| (route.name.as_str(), at)).collect();
    let mut order: Vec<usize> = (0..new.routes.len()).collect();
    let place = |index: &usize| places.get(new.routes[*index].name.as_str()).copied().unwrap_or(usize::MAX);
    order.sort_by_key(place);
    order
}

fn is_same(one: &DefinitionBody, other: &DefinitionBody) -> bool {
    match (one, other) {
        (DefinitionBody::Define(one), DefinitionBody::Define(other)) => one == other,
        // One attribute of both is classified alike in both.
        (
            DefinitionBody::Classify { attribute: one, .. },
            DefinitionBody::Classify { attribute: other, .. },
        ) => one == other,
        _ => false,
    }
}

/// Nothing, about all that either can know.
fn empty(old: &Policy, new: &Policy, merged: &Merged) -> Policy {
    let mut detectors = old.catalogue.detectors.clone();
    detectors.extend(
        new.catalogue
            .detectors
            .iter()
            .filter(|one| !old.catalogue.detectors.iter().any(|known| known.name == one.name))
            .cloned(),
    );
    Policy {
        schema: merged.schema.clone(),
        catalogue: Catalogue { detectors, ..Catalogue::default() },
        detectors: BTreeMap::new(),
        facts: Vec::new(),
        definitions: Vec::new(),
        approvals: Vec::new(),
        denials: Vec::new(),
        prohibitions: Vec::new(),
        redactions: Vec::new(),
        flags: Vec::new(),
        requirements: Vec::new(),
        caps: Vec::new(),
        logs: Vec::new(),
        counters: Vec::new(),
        routes: Vec::new(),
        otherwise: new.otherwise.clone(),
        migrations: Vec::new(),
        guarantees: Vec::new(),
        examples: Vec::new(),
        operands: Vec::new(),
        delegations: Vec::new(),
        texts: Vec::new(),
        fingerprint: OnceLock::new(),
    }
}

/// Adds what comes, and says where it stands.
fn extend<T>(to: &mut Vec<T>, more: impl Iterator<Item = T>) -> Range<u32> {
    let first = to.len() as u32;
    to.extend(more);
    first..to.len() as u32
}

/// A rule about every target speaks about those of its own policy alone.
fn own_targets<Body>(rule: Rule<Body>, targets: &Range<u32>) -> Rule<Body> {
    let own = targets.clone().map(TargetId).collect();
    let is_own =
        Test { subject: Subject::Target(TargetField::Itself), predicate: Predicate::OneOfTargets(own) };
    let condition = Condition::All(vec![Condition::Test(is_own), rule.condition]);
    Rule { condition, ..rule }
}

fn counter(one: &Counter, renumber: &Renumber<'_>) -> Counter {
    Counter {
        condition: renumber.condition(&one.condition),
        each: one.each.map(|id| renumber.attribute(id)),
        used: renumber.attribute(one.used),
        ..one.clone()
    }
}

fn migration(one: &Migration, renumber: &Renumber<'_>) -> Migration {
    Migration {
        condition: renumber.condition(&one.condition),
        old: renumber.target(one.old),
        new: renumber.target(one.new),
        sticky: one.sticky.map(|id| renumber.attribute(id)),
        ..one.clone()
    }
}

/// `places`: by route of its policy, where it stands in both.
fn route(one: &Route, places: &[u32], renumber: &Renumber<'_>) -> Route {
    let body = match &one.body {
        RouteBody::Plan(plan) => RouteBody::Plan(renumber_plan(plan, renumber)),
        RouteBody::Arms(arms) => {
            let arm = |arm: &Arm| Arm {
                span: arm.span,
                condition: renumber.condition(&arm.condition),
                outcome: match &arm.outcome {
                    ArmOutcome::Plan(plan) => ArmOutcome::Plan(renumber_plan(plan, renumber)),
                    ArmOutcome::Deny(words) => ArmOutcome::Deny(words.clone()),
                },
            };
            RouteBody::Arms(arms.iter().map(arm).collect())
        }
    };
    Route {
        inside: one.inside.map(|outer| RouteId(places[outer.0 as usize])),
        condition: renumber.condition(&one.condition),
        body,
        ..one.clone()
    }
}

fn renumber_plan(plan: &Plan, renumber: &Renumber<'_>) -> Plan {
    let stage = |stage: &PlanStage| {
        let who = match &stage.who {
            Who::Target(target) => Who::Target(renumber.target(*target)),
            Who::Requested => Who::Requested,
            Who::Split(by, shares) => Who::Split(
                by.map(|id| renumber.attribute(id)),
                shares.iter().map(|(share, target)| (*share, renumber.target(*target))).collect(),
            ),
            Who::Ordered(ordering, targets) => {
                Who::Ordered(*ordering, targets.iter().map(|target| renumber.target(*target)).collect())
            }
        };
        PlanStage { who, ..stage.clone() }
    };
    Plan { stages: plan.stages.iter().map(stage).collect(), tries: plan.tries.clone() }
}

/// The lists of targets that a caller's `model` can name, each with all texts that name it.
fn named(policy: &Policy, first: u32) -> BTreeMap<Vec<TargetId>, BTreeSet<String>> {
    use wayleave_program::catalogue::Requested;
    let plans = policy.routes.iter().flat_map(|route| route.body.plans());
    let mut lists: BTreeMap<Vec<TargetId>, BTreeSet<String>> = BTreeMap::new();
    if !plans.flat_map(|plan| &plan.stages).any(|stage| stage.who == Who::Requested) {
        return lists;
    }
    let targets = policy.catalogue.targets.iter();
    let names: BTreeSet<&String> =
        targets.flat_map(|target| [&target.name, &target.model, &target.remote]).collect();
    for name in names {
        if let Requested::Targets(targets) = policy.catalogue.resolve(name) {
            let targets = targets.into_iter().map(|target| TargetId(target.0 + first)).collect();
            lists.entry(targets).or_default().insert(name.clone());
        }
    }
    lists
}

/// Whether an attribute is computed by a `classify`.
pub(super) fn is_classified(policy: &Policy, id: AttributeId) -> bool {
    policy.schema.attribute(id).origin == Origin::Classified
}
