//! What is asked of a request beside what rules write down: whether a target can take it, which targets its caller names, where
//! a migration stands, whether a counter is full.

use crate::model::{
    Claim, Condition, Counter, Interval, Migration, Policy, Predicate, RouteBody, Subject as Of, Test, Who,
};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::{AliasId, Requested, TargetId};
use wayleave_program::schema::{APIS, BuiltIn, Combine, NEEDS, Origin, Type};
use wayleave_program::value::{Instant, MemberId, Share};

/// All of what a counter admits, of what a ramp moves.
pub(super) const WHOLE: Share = Share(1_000_000);

pub(super) fn test(of: BuiltIn, predicate: Predicate) -> Condition {
    Condition::Test(Test { subject: Of::Attribute(of.id()), predicate })
}

pub(super) fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

pub(crate) fn before(of: BuiltIn, high: i128) -> Condition {
    test(of, Predicate::InIntervals(vec![Interval { low: None, high: Some(high) }]))
}

/// The request fits into a target, and needs nothing that it cannot do.
pub(super) fn able(policy: &Policy, target: TargetId) -> Condition {
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
pub(super) fn named_lists(policy: &Policy) -> BTreeMap<Vec<TargetId>, BTreeSet<String>> {
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
pub(super) fn ordered_sources(policy: &Policy) -> Vec<Condition> {
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
pub(super) fn asked_lists(policy: &Policy) -> BTreeMap<Vec<TargetId>, BTreeSet<String>> {
    let plans = policy.routes.iter().flat_map(|route| RouteBody::plans(&route.body));
    let mut stages = plans.flat_map(|plan| &plan.stages);
    if stages.any(|stage| stage.who == Who::Requested) { named_lists(policy) } else { BTreeMap::new() }
}

/// There is no room left.
pub(super) fn full(counter: &Counter) -> Condition {
    let predicate = Predicate::InIntervals(vec![Interval { low: Some(WHOLE.0.into()), high: None }]);
    Condition::Test(Test { subject: Of::Attribute(counter.used), predicate })
}

pub(super) fn names_alias(alias: u32) -> Condition {
    let aliases = BTreeSet::from([AliasId(alias)]);
    let predicate = Predicate::NamesModel { aliases, targets: BTreeSet::new(), texts: BTreeSet::new() };
    test(BuiltIn::RequestModel, predicate)
}

/// The times at which a migration has reached a share that fulfils something.
pub(super) fn at_shares(migration: &Migration, wanted: &dyn Fn(Share) -> bool) -> Condition {
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

pub(super) fn copied(migration: &Migration) -> Condition {
    let Some((share, until)) = migration.shadow else { return Condition::Any(Vec::new()) };
    if share == Share(0) {
        return Condition::Any(Vec::new());
    }
    let in_time = until.map(|until| before(BuiltIn::TimeNow, until.0.into()));
    let undrawn = at_shares(migration, &|share| share < WHOLE);
    Condition::All(in_time.into_iter().chain([undrawn]).collect())
}

/// What a guarantee claims, and of which requests or attempts.
pub(crate) fn claim(claim: &Claim) -> (Condition, Condition) {
    match claim {
        Claim::Always(always, when) => (always.clone(), when.clone()),
        Claim::Denied(when) | Claim::Served(when) | Claim::AtLeast(_, _, when) | Claim::Redacted(_, when) => {
            (Condition::always(), when.clone())
        }
    }
}
