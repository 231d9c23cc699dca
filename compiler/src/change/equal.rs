//! When two decisions are equal: decision, plan, tries, shadows, obligations and counters are, by the names of targets. Names
//! of routes and rules are not compared. Also of a decision that is at hand as a document alone.

use super::cell::Kind;
use crate::model::{Amount, Policy};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::{Decision, Outcome, RuleName};
use wayleave_program::plan::{FailureClass, Place};

/// Whether they are. `renamed`: by counter of the new policy, the name that it had in the old one.
pub fn are_equal(
    old: (&Policy, &Decision),
    new: (&Policy, &Decision),
    renamed: &BTreeMap<String, String>,
) -> bool {
    let none = BTreeMap::new();
    let [mut before, mut after] = [Gist::of(old.0, old.1, &none), Gist::of(new.0, new.1, renamed)];
    for gist in [&mut before, &mut after] {
        // How much of a counter is used is another matter than which counters there are.
        if gist.outcome == Outcome::Limited {
            gist.outcome = Outcome::Route;
        }
    }
    before.differences(&after).is_empty()
}

/// What of a decision is compared with another.
#[derive(Debug, Clone)]
pub struct Gist<'a> {
    /// What becomes of the request.
    pub outcome: Outcome,
    /// The names of each stage's candidates, with its time limit in milliseconds and what reorders them.
    plan: Vec<(Vec<&'a str>, Option<u64>, Option<&'a str>)>,
    shadow: Vec<&'a str>,
    tries: Tries,
    owed: BTreeMap<&'a str, OwedTo<'a>>,
    /// Sorted.
    counters: Vec<Counted<'a>>,
}

/// On what the next one is tried, sorted, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tries {
    failover: Vec<FailureClass>,
    retry: u32,
    backoff_ms: Option<(u64, u64)>,
    hedge_ms: Option<u64>,
    deadline_ms: Option<u64>,
}

/// Redactions and flags are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwedTo<'a> {
    redact: Vec<(&'a str, &'a str, bool)>,
    flag: Vec<&'a str>,
    log: &'a str,
    cap: Option<u64>,
}

/// What is counted (0 requests, 1 tokens, 2 money), how much, over which time; and by which attribute.
type Counting<'a> = ((u8, u64, u64), Option<&'a str>);

/// A counter by its state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Counted<'a> {
    is_budget: bool,
    state: &'a str,
    /// A document does not say it.
    amount: Option<Counting<'a>>,
}

impl Counted<'_> {
    fn is_same(&self, other: &Counted<'_>) -> bool {
        let is_known = self.amount.is_some() && other.amount.is_some();
        (self.is_budget, self.state) == (other.is_budget, other.state)
            && (!is_known || self.amount == other.amount)
    }
}

impl<'a> Gist<'a> {
    /// Of a decision of that policy.
    pub fn of(policy: &'a Policy, decision: &'a Decision, renamed: &'a BTreeMap<String, String>) -> Gist<'a> {
        let name = |target: &TargetId| policy.catalogue.target(*target).name.as_str();
        let has_plan = !decision.plan.is_empty();
        let owed = decision.obligations.iter().filter(|_| has_plan).map(|owed| {
            let own = &owed.obligations;
            let redact =
                own.redact.iter().map(|one| (one.find.as_str(), one.place.name(), one.is_restored)).collect();
            let flag = own.flag.iter().map(String::as_str).collect();
            (name(&owed.target), OwedTo::of(redact, flag, own.log.name(), own.cap))
        });
        let tries = Tries {
            failover: sorted(decision.failover.clone()),
            retry: decision.retry,
            backoff_ms: decision.backoff_ms,
            hedge_ms: decision.hedge_ms,
            deadline_ms: decision.deadline_ms,
        };
        let counters = decision.counters.iter().filter_map(|rule| counted(policy, rule, renamed)).collect();
        Gist {
            outcome: decision.outcome,
            plan: decision
                .plan
                .iter()
                .map(|stage| {
                    (stage.candidates.iter().map(name).collect(), stage.within_ms, stage.order.name())
                })
                .collect(),
            shadow: decision.shadow.iter().map(name).collect(),
            tries: if has_plan { tries } else { Tries::default() },
            owed: owed.collect(),
            counters: sorted(counters),
        }
    }

    /// Of a decision document; none where it is not one. What a counter counts is not in it.
    pub fn of_document(document: &'a Json) -> Option<Gist<'a>> {
        let outcomes = [Outcome::Route, Outcome::Deny, Outcome::ApprovalRequired, Outcome::Limited];
        let named = document["decision"].as_str()?;
        let plan: Vec<_> = document["plan"]
            .as_array()?
            .iter()
            .map(|stage| {
                Some((texts(&stage["candidates"])?, stage["within_ms"].as_u64(), stage["order"].as_str()))
            })
            .collect::<Option<_>>()?;
        let has_plan = !plan.is_empty();
        let classes = texts(&document["failover"])?.into_iter().map(FailureClass::find);
        let tries = Tries {
            failover: sorted(classes.collect::<Option<_>>()?),
            retry: u32::try_from(document["retry"].as_u64()?).ok()?,
            backoff_ms: document["backoff_ms"]
                .as_array()
                .and_then(|ends| Some((ends.first()?.as_u64()?, ends.get(1)?.as_u64()?))),
            hedge_ms: document["hedge_ms"].as_u64(),
            deadline_ms: document["deadline_ms"].as_u64(),
        };
        let owed = document["obligations"].as_object()?.iter().filter(|_| has_plan);
        let counters = texts(&document["counters"])?.into_iter().filter_map(|rule| {
            let (kind, state) = rule.split_once(' ')?;
            Some(Counted { is_budget: kind == "budget", state, amount: None })
        });
        Some(Gist {
            outcome: outcomes.into_iter().find(|outcome| outcome.name() == named)?,
            plan,
            shadow: texts(&document["shadow"])?,
            tries: if has_plan { tries } else { Tries::default() },
            owed: owed
                .map(|(target, owed)| Some((target.as_str(), OwedTo::of_document(owed)?)))
                .collect::<Option<_>>()?,
            counters: sorted(counters.collect()),
        })
    }

    /// Whether the request goes to somebody.
    pub fn is_routed(&self) -> bool {
        self.outcome == Outcome::Route
    }

    /// The names of the candidates in the order in which they are tried.
    pub fn candidates(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.plan.iter().flat_map(|(candidates, ..)| candidates.iter().copied())
    }

    /// In which ways a later decision is another; none where they are equal.
    pub fn differences(&self, new: &Gist<'_>) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        match (self.is_routed(), new.is_routed()) {
            (true, false) => {
                kinds.insert(Kind::Denies);
                return kinds;
            }
            (false, true) => return BTreeSet::from([Kind::Serves, Kind::Widens]),
            (false, false) if self.outcome != new.outcome => {
                let is_asked = [self.outcome, new.outcome].contains(&Outcome::ApprovalRequired);
                return BTreeSet::from([if is_asked { Kind::Approval } else { Kind::Limits }]);
            }
            (true, true) | (false, false) => {}
        }
        let targets = |gist: &Gist<'a>| -> BTreeSet<&'a str> {
            gist.candidates().chain(gist.shadow.iter().copied()).collect()
        };
        if (&self.plan, &self.shadow, &self.tries) != (&new.plan, &new.shadow, &new.tries) {
            let before = targets(self);
            let after: BTreeSet<&str> = new.candidates().chain(new.shadow.iter().copied()).collect();
            let widens = after.difference(&before).next().is_some();
            let narrows = before.difference(&after).next().is_some();
            kinds.extend(widens.then_some(Kind::Widens));
            kinds.extend(narrows.then_some(Kind::Narrows));
            kinds.extend((!widens && !narrows).then_some(Kind::Reroutes));
        }
        for (target, before) in &self.owed {
            let Some(after) = new.owed.get(target) else { continue };
            let is_inspected_otherwise =
                (&before.redact, &before.flag, before.log) != (&after.redact, &after.flag, after.log);
            kinds.extend(is_inspected_otherwise.then_some(Kind::Inspection));
            kinds.extend((before.cap != after.cap).then_some(Kind::Limits));
        }
        let is_counted_alike = self.counters.len() == new.counters.len()
            && self.counters.iter().zip(&new.counters).all(|(before, after)| before.is_same(after));
        kinds.extend((!is_counted_alike).then_some(Kind::Limits));
        kinds
    }
}

impl<'a> OwedTo<'a> {
    fn of(
        redact: Vec<(&'a str, &'a str, bool)>,
        flag: Vec<&'a str>,
        log: &'a str,
        cap: Option<u64>,
    ) -> OwedTo<'a> {
        OwedTo { redact: sorted(redact), flag: sorted(flag), log, cap }
    }

    fn of_document(owed: &'a Json) -> Option<OwedTo<'a>> {
        let redact = owed["redact"].as_array()?.iter();
        let redact = redact.map(|one| {
            let place = [Place::Prompt, Place::Response, Place::Both].into_iter();
            let place = place.map(Place::name).find(|name| one["in"] == **name)?;
            Some((one["find"].as_str()?, place, one["restore"].as_bool()?))
        });
        let redact = redact.collect::<Option<_>>()?;
        Some(OwedTo::of(redact, texts(&owed["flag"])?, owed["log"].as_str()?, owed["cap"].as_u64()))
    }
}

/// Sorted, each once.
fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all.dedup();
    all
}

fn texts(list: &Json) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Json::as_str).collect()
}

/// What a counter counts, and of which state.
fn counted<'a>(
    policy: &'a Policy,
    rule: &RuleName,
    renamed: &'a BTreeMap<String, String>,
) -> Option<Counted<'a>> {
    let counter = policy.counters.iter().find(|counter| counter.rule_name() == *rule)?;
    let amount = match counter.amount {
        Amount::Requests(count, window) => (0, count, window),
        Amount::Tokens(count, window) => (1, count, window),
        Amount::Money(amount, period) => (2, amount.0, period as u64),
    };
    let state = renamed.get(&counter.name).unwrap_or(&counter.name).as_str();
    let each = counter.each.map(|id| policy.schema.attribute(id).name.as_str());
    let is_budget = matches!(rule, RuleName::Budget(_));
    Some(Counted { is_budget, state, amount: Some((amount, each)) })
}
