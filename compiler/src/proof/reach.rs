//! R0301: arms and routes that no request reaches; R0302: routes, and migrations, of which two take the same requests.

use super::formula::Formula;
use super::prover::{Cause, Prover, Shown, blame, chunks, listed};
use super::query::Answer;
use super::subject::PlanOf;
use crate::decision::boxes::{ClassSet, Dimension};
use crate::decision::layers::LayerKind;
use crate::decision::matcher::{Code as Way, Matcher};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Migration, Route, RouteBody, RouteId};
use crate::spec;
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_program::attributes::Attributes;
use wayleave_program::decision::{Decision, RuleName};

/// What is known of each answer, by its number.
pub(super) struct Reached {
    /// The classes of a request that it answers, where some request is known.
    pub(super) classes: Vec<Option<Vec<u32>>>,
    found: Vec<Diagnostic>,
}

/// Requests of which an arm's own box holds, asked of the whole list at once: most arms are reached by one of them.
struct Sampler<'a, 's> {
    prover: &'a Prover<'s>,
    denials: Matcher,
    answers: Matcher,
}

/// So many are tried for each arm.
const TRIES: u32 = 24;

impl<'a, 's> Sampler<'a, 's> {
    fn new(prover: &'a Prover<'s>) -> Sampler<'a, 's> {
        let rules = &prover.subject.rules;
        let count = |dimension: Dimension| rules.partition.count(dimension);
        let matcher = |kind: LayerKind| Matcher::new(Arc::clone(rules.layer(kind)), &count);
        Sampler { prover, denials: matcher(LayerKind::Denials), answers: matcher(LayerKind::Answers) }
    }

    /// The classes of a request that one of the answers takes.
    fn some(&self, number: u32) -> Option<Vec<u32>> {
        let requests = &self.prover.requests;
        let own = self.prover.subject.own(LayerKind::Answers, number);
        // The same on every machine.
        let mut random = Rng::with_seed(u64::from(number));
        (0..TRIES).find_map(|attempt| {
            let one = own.get(random.usize(..own.len().max(1)))?;
            let classes = requests.sample(one, if attempt == 0 { None } else { Some(&mut random) })?;
            let is_denied = self.denials.first(Way::Walked, &classes).is_some();
            let is_taken = self.answers.first(Way::Walked, &classes) == Some(number);
            (is_taken && !is_denied && self.prover.is_assumed(&classes)).then_some(classes)
        })
    }
}

/// Finds a request for each arm and route.
pub(super) fn reached(prover: &Prover<'_>) -> Reached {
    let plans = &prover.subject.plans;
    let sampler = Sampler::new(prover);
    let answers = prover.each(plans, |plan| match sampler.some(plan.number) {
        Some(classes) => Answer::Some(classes),
        None => prover.find(vec![prover.subject.is_answered(plan.number)]),
    });
    let mut found = Vec::new();
    let mut classes = Vec::new();
    let mut is_dead = Vec::new();
    for (answer, plan) in answers.into_iter().zip(plans) {
        is_dead.push(matches!(answer, Answer::None));
        if matches!(answer, Answer::Unknown) {
            let question = format!("whether a request reaches {}", prover.words(plan));
            found.push(prover.too_large(prover.place(plan), &question));
        }
        classes.push(match answer {
            Answer::Some(classes) => Some(classes),
            Answer::None | Answer::Unknown => None,
        });
    }
    let dead = dead(prover, &is_dead);
    found.extend(prover.told(
        &dead,
        ("what takes its requests", &|(plan, _)| prover.place(plan)),
        |(plan, is_whole)| unreached(prover, plan, *is_whole),
    ));
    Reached { classes, found }
}

impl Reached {
    /// The classes of a request that reaches an arm.
    pub(super) fn of_arm(&self, prover: &Prover<'_>, route: RouteId, arm: u32) -> Option<&[u32]> {
        let number = prover.subject.number_of(route, arm)?;
        self.classes[number as usize].as_deref()
    }

    /// What is to be told of it.
    pub(super) fn take(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.found)
    }
}

/// What is told: an arm, or a route by its first answer. A route of which nothing is reached is one mistake, and those inside
/// it are none of their own where it is why.
fn dead<'s>(prover: &Prover<'s>, is_dead: &[bool]) -> Vec<(PlanOf<'s>, bool)> {
    let plans = &prover.subject.plans;
    let routes = &prover.policy().routes;
    let mut by_route: BTreeMap<RouteId, Vec<&PlanOf<'s>>> = BTreeMap::new();
    plans.iter().for_each(|plan| by_route.entry(plan.route).or_default().push(plan));
    let is_whole = |route: &RouteId| by_route[route].iter().all(|plan| is_dead[plan.number as usize]);
    let mut found = Vec::new();
    for (route, own) in &by_route {
        if is_whole(route) {
            let outer = routes[route.0 as usize].inside;
            let because_of_outer = outer.is_some_and(|outer| {
                is_whole(&outer) && matches!(prover.find(around(prover, outer)), Answer::None)
            });
            if !because_of_outer {
                found.push((*own[0], true));
            }
            continue;
        }
        let last = own.len() - 1;
        for (plan, index) in own.iter().zip(0..) {
            // The last arm stands there so that every request has an answer.
            if is_dead[plan.number as usize] && index != last {
                found.push((**plan, false));
            }
        }
    }
    found
}

/// That a route's condition and those around it hold, and no `deny`.
fn around<'s>(prover: &Prover<'s>, route: RouteId) -> Vec<Formula<'s>> {
    let mut parts = vec![prover.subject.is_denied().negated()];
    parts.extend(conditions(prover, route));
    parts
}

/// A route's condition and those around it.
pub(super) fn conditions<'s>(prover: &Prover<'s>, route: RouteId) -> Vec<Formula<'s>> {
    let mut parts = Vec::new();
    let mut at = Some(route);
    // Routes do not stand inside each other in a circle.
    while let Some(route) = at {
        parts.push(Formula::from(&prover.subject.more[route.0 as usize]));
        at = prover.policy().routes[route.0 as usize].inside;
    }
    parts
}

fn unreached(prover: &Prover<'_>, plan: &PlanOf<'_>, is_whole: bool) -> Option<Diagnostic> {
    let subject = prover.subject;
    let route = prover.route(plan);
    let (base, span, words) = match is_whole {
        true => (conditions(prover, plan.route), route.head, format!("`route {}`", route.name)),
        false => {
            (vec![subject.holds(LayerKind::Answers, plan.number)], prover.place(plan), prover.words(plan))
        }
    };
    if matches!(prover.find(base.clone()), Answer::None) {
        let message = format!("no request reaches {words}: its condition never holds");
        let help = "mend the condition, or remove it; the routes around it ask too";
        return Some(Diagnostic::new(Code::R0301, message, span, "never holds").with_help(help));
    }
    let causes = causes(prover, plan, is_whole);
    let Some(cover) = prover.cover(&base, &causes) else {
        return Some(prover.too_large(span, &format!("what takes all requests of {words}")));
    };
    let names: Vec<String> = cover.iter().map(|cause| cause.words.clone()).collect();
    let verb = if names.len() == 1 { "takes" } else { "take" };
    let message = format!("no request reaches {words}: {} {verb} all that it would answer", listed(&names));
    let diagnostic = Diagnostic::new(Code::R0301, message, span, "no request gets here");
    let is_arm = |cause: &&&Cause<'_>| cause.is_arm_of == Some(plan.route);
    let help = match cover.iter().filter(is_arm).count() {
        0 => "narrow what takes its requests, or remove it",
        _ if is_whole => "narrow what takes its requests, or remove it",
        _ => "narrow the arms before it, move it up, or remove it",
    };
    let part = if cover.len() == 1 { "takes all of its requests" } else { "takes a part of its requests" };
    let mut diagnostic = blame(diagnostic, &cover, part).with_help(help);
    let shows = |request: &Attributes, decision: &Decision| {
        let asked = spec::Asked::of(prover.policy(), request);
        let is_asked =
            holds_around(prover, plan.route, &asked) && (is_whole || arm_holds(route, plan.arm, &asked));
        let is_here = decision.route.as_ref() == Some(&route.name) && (is_whole || decision.arm == plan.arm);
        is_asked && !is_here
    };
    if let Answer::Some(shown) = prover.shown_plainly(base, &shows) {
        diagnostic = prover.with_witness(diagnostic, &shown);
    }
    Some(diagnostic)
}

/// Whether a route's condition holds, and those around it.
fn holds_around(prover: &Prover<'_>, route: RouteId, asked: &spec::Asked<'_>) -> bool {
    let mut at = Some(route);
    // Routes do not stand inside each other in a circle.
    while let Some(id) = at {
        let route = &prover.policy().routes[id.0 as usize];
        if !asked.holds(&route.condition, None) {
            return false;
        }
        at = route.inside;
    }
    true
}

fn arm_holds(route: &Route, arm: Option<u32>, asked: &spec::Asked<'_>) -> bool {
    match (&route.body, arm) {
        (RouteBody::Arms(arms), Some(arm)) => asked.holds(&arms[arm as usize].condition, None),
        _ => true,
    }
}

/// All that may take requests from an arm or route.
fn causes<'s>(prover: &Prover<'s>, plan: &PlanOf<'_>, is_whole: bool) -> Vec<Cause<'s>> {
    let subject = prover.subject;
    let mut causes = prover.denials();
    let own = subject.plans.iter().filter(|other| other.route == plan.route);
    let end = if is_whole { own.map(|other| other.number).min().unwrap_or_default() } else { plan.number };
    for boxes in chunks(subject.rules.layer(LayerKind::Answers)) {
        let number = boxes[0].rule;
        if number >= end {
            break;
        }
        let other = &subject.plans[number as usize];
        let is_same = !is_whole && other.plan.is_some() && other.plan == plan.plan;
        let is_arm_of = Some(other.route);
        causes.push(Cause {
            words: prover.words(other),
            span: prover.place(other),
            boxes,
            is_same,
            is_arm_of,
        });
    }
    causes
}

/// Two routes that answer the same requests, neither inside the other; two migrations of one target.
pub(super) fn overlaps(prover: &Prover<'_>) -> Vec<Diagnostic> {
    let routes = &prover.policy().routes;
    let mut siblings: BTreeMap<Option<RouteId>, Vec<RouteId>> = BTreeMap::new();
    for (route, index) in routes.iter().zip(0_u32..) {
        siblings.entry(route.inside).or_default().push(RouteId(index));
    }
    let known: Vec<Option<BTreeMap<Dimension, ClassSet>>> = (0..routes.len() as u32)
        .map(|route| prover.requests.known(&conditions(prover, RouteId(route))))
        .collect();
    let apart = |one: RouteId, other: RouteId| match (&known[one.0 as usize], &known[other.0 as usize]) {
        (Some(one), Some(other)) => one.iter().any(|(dimension, classes)| {
            other.get(dimension).is_some_and(|others| classes.and(others).is_empty())
        }),
        _ => true,
    };
    let mut pairs: Vec<(RouteId, RouteId)> = Vec::new();
    for group in siblings.values() {
        for (index, other) in group.iter().enumerate() {
            pairs.extend(group[..index].iter().filter(|one| !apart(**one, *other)).map(|one| (*one, *other)));
        }
    }
    let mut found: Vec<Diagnostic> =
        prover.each(&pairs, |(one, other)| both_answer(prover, *one, *other)).into_iter().flatten().collect();
    found.extend(both_move(prover));
    found
}

fn both_answer(prover: &Prover<'_>, one: RouteId, other: RouteId) -> Option<Diagnostic> {
    let policy = prover.policy();
    let route = |id: RouteId| &policy.routes[id.0 as usize];
    let (mut first, mut later) = (route(one), route(other));
    if first.span > later.span {
        (first, later) = (later, first);
    }
    let mut parts = around(prover, one);
    parts.push(Formula::from(&prover.subject.more[other.0 as usize]));
    let shows = |request: &Attributes, decision: &Decision| {
        let asked = spec::Asked::of(policy, request);
        let is_denied = decision.reasons.iter().any(|reason| matches!(reason.by, RuleName::Deny(_)));
        holds_around(prover, one, &asked) && holds_around(prover, other, &asked) && !is_denied
    };
    match prover.shown_plainly(parts, &shows) {
        Answer::None => None,
        Answer::Unknown => {
            let question =
                format!("whether `route {}` and `route {}` answer the same request", first.name, later.name);
            Some(prover.too_large(later.head, &question))
        }
        Answer::Some(shown) => {
            let message = format!(
                "`route {}` and `route {}` answer the same request, and neither stands inside the other",
                first.name, later.name
            );
            let diagnostic = Diagnostic::new(Code::R0302, message, later.head, "answers it too")
                .with_label(first.head, "answers it")
                .with_help(format!(
                    "make one condition exclude the other; where one route's requests are a part of the other's, let it stand `inside {}` or `inside {}`",
                    first.name, later.name
                ));
            Some(prover.with_witness(diagnostic, &shown))
        }
    }
}

fn both_move(prover: &Prover<'_>) -> Vec<Diagnostic> {
    let migrations = &prover.policy().migrations;
    let mut found = Vec::new();
    for (later, index) in migrations.iter().zip(0_u32..) {
        for (first, number) in migrations.iter().zip(0..index).filter(|(first, _)| first.old == later.old) {
            let holds = |number| prover.subject.holds(LayerKind::Migrations, number);
            match both_stand(prover, first, [holds(number), holds(index)]) {
                Answer::None => {}
                Answer::Unknown => {
                    let question =
                        format!("whether `migrate {}` and `migrate {}` meet", first.name, later.name);
                    found.push(prover.too_large(later.span, &question));
                }
                Answer::Some(shown) => {
                    let old = prover.target_name(first.old);
                    let message = format!(
                        "`migrate {}` and `migrate {}` both move the same request from `{old}`",
                        first.name, later.name
                    );
                    let diagnostic = Diagnostic::new(Code::R0302, message, later.span, "moves it too")
                        .with_label(first.span, "moves it")
                        .with_help("make one condition exclude the other, or remove one of them");
                    found.push(prover.with_witness(diagnostic, &shown));
                }
            }
        }
    }
    found
}

/// A request of which two migrations from one target hold; one in whose plan that target stands, if there is one.
fn both_stand<'s>(prover: &Prover<'s>, first: &Migration, both: [Formula<'s>; 2]) -> Answer<Shown> {
    for of in &prover.subject.plans {
        let Some(plan) = of.plan.filter(|plan| prover.subject.in_plan(plan).contains(&first.old)) else {
            continue;
        };
        let mut parts = both.to_vec();
        parts.push(prover.subject.is_answered(of.number));
        parts.push(prover.subject.stands(plan, first.old));
        if let Answer::Some(shown) = prover.shown(parts, &|_, _| true) {
            return Answer::Some(shown);
        }
    }
    prover.shown(both.to_vec(), &|_, _| true)
}
