//! Targets by provider, and with each the rules that may speak about it: those that speak about all of a provider's
//! models stand at the provider, those about every target above all.

use super::picture::{
    Card, End, EveryPart, GATE_COLUMNS, Gate, Line, ProviderPart, RoutePart, TARGET_COLUMNS, TargetPart, Tone,
};
use super::words::{Words, count, folded};
use crate::change::price;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::Policy;
use wayleave_compiler::model::{RouteId, Who};
use wayleave_compiler::spec::may_hold;
use wayleave_program::catalogue::{Protocol, ProviderId, TargetId};
use wayleave_program::document::write_value;

/// How much of a route is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Whole,
    /// Only that another stands inside it.
    Frame,
    Hidden,
}

/// Which routes and targets are shown, and where in the picture each target stands.
pub(super) struct Shown {
    fates: Vec<Fate>,
    providers: Vec<(ProviderId, Vec<TargetId>)>,
    ends: BTreeMap<TargetId, End>,
}

impl Shown {
    pub(super) fn of(policy: &Policy, only: Option<RouteId>) -> Shown {
        let count = u32::try_from(policy.routes.len()).expect("fewer than 2^32 routes");
        let is_inside = |id: RouteId, outer: RouteId| {
            let up = |id: &RouteId| policy.routes[id.0 as usize].inside;
            std::iter::successors(Some(id), up).any(|at| at == outer)
        };
        let fate = |id: RouteId| match only {
            None => Fate::Whole,
            Some(only) if is_inside(id, only) => Fate::Whole,
            Some(only) if is_inside(only, id) => Fate::Frame,
            Some(_) => Fate::Hidden,
        };
        let fates: Vec<Fate> = (0..count).map(|id| fate(RouteId(id))).collect();
        let targets: BTreeSet<TargetId> = match only {
            None => policy.catalogue.target_ids().collect(),
            Some(_) => reached(policy, &fates),
        };
        let mut providers: Vec<(ProviderId, Vec<TargetId>)> = Vec::new();
        let mut ends = BTreeMap::new();
        for id in targets {
            let provider = policy.catalogue.target(id).provider;
            match providers.last_mut().filter(|(last, _)| *last == provider) {
                Some((_, targets)) => targets.push(id),
                None => providers.push((provider, vec![id])),
            }
            let own = providers.last().map_or(0, |(_, targets)| targets.len() - 1);
            ends.insert(id, End::Target(providers.len() - 1, own));
        }
        Shown { fates, providers, ends }
    }

    pub(super) fn fate(&self, id: RouteId) -> Fate {
        self.fates[id.0 as usize]
    }

    /// Where a line that leads to a target ends.
    pub(super) fn end(&self, target: TargetId) -> Option<End> {
        self.ends.get(&target).copied()
    }
}

/// The targets of the plans that are shown, and those that take their place.
fn reached(policy: &Policy, fates: &[Fate]) -> BTreeSet<TargetId> {
    let mut found = BTreeSet::new();
    let whole = policy.routes.iter().zip(fates).filter(|(_, fate)| **fate == Fate::Whole);
    for stage in whole.flat_map(|(route, _)| route.body.plans()).flat_map(|plan| &plan.stages) {
        match &stage.who {
            Who::Target(target) => found.extend([*target]),
            Who::Requested => found.extend(policy.catalogue.target_ids()),
            Who::Split(_, shares) => found.extend(shares.iter().map(|(_, target)| *target)),
            Who::Ordered(_, targets) => found.extend(targets),
        }
    }
    let moved = policy.migrations.iter().filter(|migration| found.contains(&migration.old));
    let new: Vec<TargetId> = moved.map(|migration| migration.new).collect();
    found.extend(new);
    found
}

/// A rule with the targets about which it may speak.
struct Speaking {
    /// What stands at the targets: all of it, or its name where it stands whole elsewhere.
    told: Card,
    /// All of it, as it stands elsewhere; none of an approval, which stands whole at its targets.
    whole: Option<Card>,
    about: BTreeSet<TargetId>,
}

/// What is told of targets.
pub(super) struct Targets {
    /// What stands for every target, where something leads there or speaks about all.
    pub(super) every: Option<EveryPart>,
    pub(super) providers: Vec<ProviderPart>,
    /// What may refuse a target and is named in several places.
    pub(super) prohibitions: Option<Gate>,
}

/// The targets that are shown, and what is said of them.
pub(super) fn targets(words: &Words<'_>, shown: &Shown, routes: &[RoutePart]) -> Targets {
    let all: BTreeSet<TargetId> = shown.ends.keys().copied().collect();
    let mut speaking = speaking(words, &all);
    let prohibitions = named_apart(shown, &mut speaking);
    let with = |scope: &BTreeSet<TargetId>, wider: &[&BTreeSet<TargetId>]| -> Vec<Card> {
        let is_wider = |rule: &&Speaking| wider.iter().any(|wider| wider.is_subset(&rule.about));
        let own = speaking.iter().filter(|rule| scope.is_subset(&rule.about));
        own.filter(|rule| !is_wider(rule)).map(|rule| rule.told.clone()).collect()
    };
    let is_named =
        routes.iter().flat_map(RoutePart::rows).any(|row| row.to.is_some_and(|(end, _)| end == End::Every));
    // What one provider alone offers is told at it.
    let rules = if shown.providers.len() > 1 { with(&all, &[]) } else { Vec::new() };
    let is_shown = is_named || !rules.is_empty();
    let everywhere = if rules.is_empty() { BTreeSet::new() } else { all.clone() };
    let mut providers = Vec::new();
    for (id, targets) in &shown.providers {
        let own: BTreeSet<TargetId> = targets.iter().copied().collect();
        let outer: Vec<&BTreeSet<TargetId>> =
            [&everywhere].into_iter().filter(|set| !set.is_empty()).collect();
        // A provider with one model tells all at that.
        let is_one = targets.len() == 1;
        let rules = if is_one { Vec::new() } else { with(&own, &outer) };
        let facts = facts(words, targets);
        let targets = targets.iter().map(|target| {
            let scope = BTreeSet::from([*target]);
            let mut wider = outer.clone();
            wider.extend((!is_one).then_some(&own));
            let mut rules = with(&scope, &wider);
            let is_approved =
                speaking.iter().any(|rule| rule.told.tone == Tone::Approves && rule.about.contains(target));
            if !is_approved {
                let tip = words.tip_of(&words.policy.catalogue.target(*target).name, "model");
                let lines = vec![Line::new("nothing approves it today", Tone::Refuses)];
                rules.insert(0, Card { tip, tone: Tone::Refuses, lines });
            }
            TargetPart { card: target_card(words, *target, &facts), rules }
        });
        let targets = targets.collect();
        providers.push(ProviderPart { card: provider_card(words, *id, &facts), rules, targets });
    }
    let every = is_shown.then(|| EveryPart {
        card: Card {
            tip: "what is said of every target".to_owned(),
            tone: Tone::Plain,
            lines: vec![Line::new("every target", Tone::Plain)],
        },
        rules,
    });
    Targets { every, providers, prohibitions }
}

/// Takes out what may refuse a target and would stand in several places: there it is named, with its place.
fn named_apart(shown: &Shown, speaking: &mut [Speaking]) -> Option<Gate> {
    let mut cards = Vec::new();
    for rule in speaking {
        let places = |(_, targets): &(ProviderId, Vec<TargetId>)| match targets {
            all if all.iter().all(|target| rule.about.contains(target)) => 1,
            some => some.iter().filter(|target| rule.about.contains(target)).count(),
        };
        let is_of_all = rule.about.len() == shown.ends.len();
        let count: usize = shown.providers.iter().map(places).sum();
        let whole = rule.whole.take().filter(|_| !is_of_all && count > 1);
        if let Some(whole) = whole {
            rule.told.lines.truncate(1);
            cards.push(whole);
        }
    }
    let title = "refused there, where a target names it".to_owned();
    (!cards.is_empty()).then_some(Gate { title, cards })
}

/// The rules about targets, approvals first.
fn speaking(words: &Words<'_>, all: &BTreeSet<TargetId>) -> Vec<Speaking> {
    let policy = words.policy;
    let may = |condition, target: &TargetId| all.contains(target) && may_hold(policy, condition, *target);
    let mut speaking = Vec::new();
    for rule in &policy.approvals {
        let about = rule.body.targets.iter().copied().filter(|target| may(&rule.condition, target));
        let card = words.rule(rule, "approve", Tone::Approves, TARGET_COLUMNS);
        speaking.push(Speaking { told: card, whole: None, about: about.collect() });
    }
    for rule in &policy.prohibitions {
        let about = rule.body.targets.iter().copied().filter(|target| may(&rule.condition, target));
        let of = |columns| words.rule(rule, "forbid", Tone::Refuses, columns);
        let whole = Some(of(GATE_COLUMNS));
        speaking.push(Speaking { told: of(TARGET_COLUMNS), whole, about: about.collect() });
    }
    for rule in &policy.requirements {
        let about = all.iter().copied().filter(|target| may(&rule.condition, target));
        let of = |columns| {
            let mut card = words.rule(rule, "require approval", Tone::Grants, columns);
            let by = format!("by {}", words.clean(&rule.body.by));
            card.lines.extend(folded(&by, columns, 1, Tone::Quiet));
            card
        };
        let whole = Some(of(GATE_COLUMNS));
        speaking.push(Speaking { told: of(TARGET_COLUMNS), whole, about: about.collect() });
    }
    speaking.retain(|rule| !rule.about.is_empty());
    speaking
}

/// Facts on which all of a provider's models agree, by their name without `target.`, and those of each model.
struct Facts {
    shared: Vec<String>,
    own: BTreeMap<TargetId, Vec<String>>,
}

fn facts(words: &Words<'_>, targets: &[TargetId]) -> Facts {
    let mut facts = Facts { shared: Vec::new(), own: BTreeMap::new() };
    for fact in &words.policy.facts {
        let written = |target: &TargetId| {
            let value = write_value(&fact.value_type, &fact.values[target.0 as usize]);
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            words.clean(&format!("{} {value}", fact.name.trim_start_matches("target.")))
        };
        let each: BTreeSet<String> = targets.iter().map(written).collect();
        if each.len() == 1 {
            facts.shared.extend(each);
        } else {
            for target in targets {
                facts.own.entry(*target).or_default().push(written(target));
            }
        }
    }
    facts
}

fn provider_card(words: &Words<'_>, id: ProviderId, facts: &Facts) -> Card {
    let provider = words.policy.catalogue.provider(id);
    let mut lines = folded(&words.clean(&provider.name), TARGET_COLUMNS, 2, Tone::Plain);
    let simulated = (provider.protocol == Protocol::Simulated).then(|| "simulated".to_owned());
    let told: Vec<String> = facts.shared.iter().cloned().chain(simulated).collect();
    if !told.is_empty() {
        lines.extend(folded(&told.join(" · "), TARGET_COLUMNS, 2, Tone::Quiet));
    }
    Card { tip: words.tip_of(&provider.name, "provider"), tone: Tone::Plain, lines }
}

fn target_card(words: &Words<'_>, id: TargetId, facts: &Facts) -> Card {
    let target = words.policy.catalogue.target(id);
    let mut lines = folded(&words.clean(&target.name), TARGET_COLUMNS, 2, Tone::Plain);
    lines.extend(folded(&price(target.price), TARGET_COLUMNS, 2, Tone::Quiet));
    let context = format!("context {} tokens", count(target.context.0));
    let own = facts.own.get(&id).into_iter().flatten().cloned();
    let told: Vec<String> = own.chain([context]).collect();
    lines.extend(folded(&told.join(" · "), TARGET_COLUMNS, 2, Tone::Quiet));
    Card { tip: words.tip_of(&target.name, "model"), tone: Tone::Plain, lines }
}
