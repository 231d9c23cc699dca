//! What is true of a small policy, found out by asking every request that it tells apart: which exact findings it has and
//! which of its guarantees hold. Written from the definitions of the checks, in the plainest way, and from none of their code.

mod routes;

mod rules;

mod parts;

mod lifted;

mod plans;

mod migrations;

mod promises;

mod witnesses;

pub mod compare;

use crate::small::Small;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::model::{Arm, ArmOutcome, Condition, DefinitionBody, Plan, RouteBody, Rule};
use wayleave_compiler::model::{Predicate, Subject, Who};
use wayleave_compiler::spec::{self, Asked};
use wayleave_compiler::{Code, Policy, Span};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::decision::Outcome;
use wayleave_program::document::{finding_names, read_request};
use wayleave_program::schema::BuiltIn;
use wayleave_program::value::{Instant, Share, Tokens, Value};

pub use promises::Truth;

/// A finding: what it is, and where.
pub type Finding = (Code, Span);

/// Every request that a small policy tells apart, read. What the policy does not know is left out.
///
/// # Panics
/// Where a value is not of its attribute's type.
pub fn requests(policy: &Policy, small: &Small) -> Vec<Attributes> {
    let findings = finding_names(&policy.schema);
    let approvals: Vec<String> = policy.requirements.iter().map(|rule| rule.name.clone()).collect();
    let mut known: BTreeMap<String, Json> = BTreeMap::new();
    for mut document in small.requests() {
        let entries = document.as_object_mut().expect("it is an object");
        entries.retain(|key, _| key == "prompt.findings" || policy.schema.find(key).is_some());
        for (key, names) in [("prompt.findings", &findings), ("granted", &approvals)] {
            if let Some(Json::Array(given)) = entries.get_mut(key) {
                given.retain(|name| names.iter().any(|known| name == known));
            }
        }
        known.insert(document.to_string(), document);
    }
    let read =
        |document: &Json| read_request(&policy.schema, document).expect("its values are of their types");
    known.values().map(read).collect()
}

/// A policy and all its requests.
pub struct World<'a> {
    policy: &'a Policy,
    attributes: &'a [Attributes],
    asked: Vec<Asked<'a>>,
    seen: Vec<Seen>,
    targets: Vec<TargetId>,
}

/// What is true of one request.
struct Seen {
    now: Instant,
    is_denied: bool,
    /// The innermost route that answers and the number of its arm; a route without arms has one.
    answer: Option<(usize, usize)>,
    /// Indexed by target.
    approved: Vec<bool>,
    forbidden: Vec<bool>,
    ungranted: Vec<bool>,
    able: Vec<bool>,
    /// The stages of the plan that answers, as written, with their members; those of `requested` for what is named.
    stages: Vec<Stage>,
    /// The numbers of the migrations that apply to the plan.
    moves: Vec<usize>,
    has_room: bool,
}

/// A stage as written.
#[derive(Clone)]
struct Stage {
    members: Vec<TargetId>,
    /// Of a split.
    shares: Option<Vec<Share>>,
    /// Whether its members are tried one after the other.
    is_ordered: bool,
}

impl Seen {
    fn is_allowed(&self, target: TargetId) -> bool {
        let at = target.0 as usize;
        self.approved[at] && !self.forbidden[at] && !self.ungranted[at]
    }

    fn is_able(&self, target: TargetId) -> bool {
        self.able[target.0 as usize]
    }

    fn is_eligible(&self, target: TargetId) -> bool {
        self.is_allowed(target) && self.is_able(target)
    }

    /// Every target that stands in the plan.
    fn standing(&self) -> BTreeSet<TargetId> {
        self.stages.iter().flat_map(|stage| stage.members.iter().copied()).collect()
    }
}

/// All of a whole.
const WHOLE: Share = Share(1_000_000);

impl<'a> World<'a> {
    /// Of a policy, whose requests are read.
    pub fn new(policy: &'a Policy, attributes: &'a [Attributes]) -> World<'a> {
        let asked: Vec<Asked<'a>> = attributes.iter().map(|one| Asked::of(policy, one)).collect();
        let targets = policy.catalogue.target_ids().collect();
        let mut world = World { policy, attributes, asked, seen: Vec::new(), targets };
        world.seen = (0..attributes.len()).map(|number| world.see(number)).collect();
        world
    }

    /// Every finding of the exact checks, but for those about guarantees.
    pub fn findings(&self) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        found.extend(self.unreached());
        found.extend(self.overlaps());
        found.extend(self.turned_away());
        found.extend(self.never_eligible());
        found.extend(self.never_applied());
        let dead: BTreeSet<Span> = found
            .iter()
            .filter(|(code, _)| matches!(code, Code::R0301 | Code::R0306))
            .map(|(_, span)| *span)
            .collect();
        found.extend(self.idle_parts(&dead));
        found.extend(self.without_backup());
        found.extend(self.lifted(&dead));
        found.extend(self.unserved_aliases());
        found.extend(self.unfit_migrations());
        found
    }

    /// What is said here of some of its requests otherwise than the meaning says; none where all agree.
    pub fn misunderstanding(&self) -> Option<String> {
        // Each eighth is enough, over thousands of policies.
        self.numbers().step_by(8).find_map(|number| {
            let (seen, decision) = (&self.seen[number], spec::decide(self.policy, &self.attributes[number]));
            let route = seen.answer.map(|(route, _)| self.policy.routes[route].name.clone());
            let attempts = self.attempts(seen);
            let asked =
                decision.candidates().map(|(target, _)| target).chain(decision.shadow.iter().copied());
            let is_routed = decision.outcome == Outcome::Route;
            let is_right = decision.route == route
                && decision.arm.is_none_or(|arm| seen.answer.is_some_and(|(_, own)| own == arm as usize))
                && asked.into_iter().all(|target| attempts.contains(&target))
                && (!is_routed || self.is_routed(seen))
                && (is_routed || !seen.has_room || seen.is_denied || self.may_be_left_alone(seen));
            (!is_right).then(|| format!("{:?}: {decision:?}", self.attributes[number]))
        })
    }

    fn see(&self, number: usize) -> Seen {
        let (policy, asked) = (self.policy, &self.asked[number]);
        let holds = |condition: &Condition| asked.holds(condition, None);
        let for_each =
            |of: &dyn Fn(TargetId) -> bool| self.targets.iter().map(|target| of(*target)).collect();
        let granted = match self.value(number, BuiltIn::Granted) {
            Value::Set(names) => names,
            _ => BTreeSet::new(),
        };
        let mut seen =
            Seen {
                now: match self.value(number, BuiltIn::TimeNow) {
                    Value::Instant(now) => now,
                    _ => unreachable!("time is an instant"),
                },
                is_denied: policy.denials.iter().any(|rule| is_enforced(asked, rule, None)),
                answer: None,
                approved: for_each(&|target| {
                    policy.approvals.iter().any(|rule| {
                        rule.body.targets.contains(&target) && is_enforced(asked, rule, Some(target))
                    })
                }),
                forbidden: for_each(&|target| {
                    policy.prohibitions.iter().any(|rule| {
                        rule.body.targets.contains(&target) && is_enforced(asked, rule, Some(target))
                    })
                }),
                ungranted: for_each(&|target| {
                    policy
                        .requirements
                        .iter()
                        .any(|rule| !granted.contains(&rule.name) && is_enforced(asked, rule, Some(target)))
                }),
                able: for_each(&|target| self.can(number, target)),
                stages: Vec::new(),
                moves: Vec::new(),
                has_room: policy.counters.iter().all(|counter| {
                    let used = self.attributes[number].value(&policy.schema, counter.used);
                    let is_full = matches!(used.as_ref(), Value::Share(used) if *used >= WHOLE);
                    !(counter.is_enforced && is_full && holds(&counter.condition))
                }),
            };
        if !seen.is_denied {
            seen.answer = self.answer(number);
        }
        if let Some((route, arm)) = seen.answer
            && let Some(plan) = self.plan_of(route, arm)
        {
            seen.stages = self.stages(number, plan);
            let standing = seen.standing();
            for (number, migration) in policy.migrations.iter().enumerate() {
                let is_first = !seen.moves.iter().any(|known| policy.migrations[*known].old == migration.old);
                if is_first && standing.contains(&migration.old) && holds(&migration.condition) {
                    seen.moves.push(number);
                }
            }
        }
        seen
    }

    fn value(&self, number: usize, of: BuiltIn) -> Value {
        self.attributes[number].value(&self.policy.schema, of.id()).into_owned()
    }

    fn tokens(&self, number: usize, of: BuiltIn) -> u64 {
        match self.value(number, of) {
            Value::Tokens(Tokens(tokens)) => tokens,
            _ => 0,
        }
    }

    /// It supports the needs and the kind of the api, and the window fits.
    fn can(&self, number: usize, target: TargetId) -> bool {
        let target = self.policy.catalogue.target(target);
        let is_embeddings =
            matches!(self.value(number, BuiltIn::RequestApi), Value::Member(api) if api.0 == 4);
        let needs = match self.value(number, BuiltIn::RequestNeeds) {
            Value::Set(needs) => needs,
            _ => BTreeSet::new(),
        };
        let window =
            self.tokens(number, BuiltIn::RequestTokens) + self.tokens(number, BuiltIn::RequestOutput).max(1);
        target.can(if is_embeddings { "embeddings" } else { "chat" })
            && needs.iter().all(|need| target.can(need))
            && window <= target.context.0
    }

    fn answer(&self, number: usize) -> Option<(usize, usize)> {
        let asked = &self.asked[number];
        let mut found: Option<usize> = None;
        while let Some(inner) = self.policy.routes.iter().position(|route| {
            route.inside.map(|outer| outer.0 as usize) == found && asked.holds(&route.condition, None)
        }) {
            found = Some(inner);
        }
        let route = found?;
        let arm = match &self.policy.routes[route].body {
            RouteBody::Plan(_) => 0,
            RouteBody::Arms(arms) => arms.iter().position(|arm| asked.holds(&arm.condition, None))?,
        };
        Some((route, arm))
    }

    /// Its arms; none for a route without.
    fn arms(&self, route: usize) -> &'a [Arm] {
        match &self.policy.routes[route].body {
            RouteBody::Plan(_) => &[],
            RouteBody::Arms(arms) => arms,
        }
    }

    fn plan_of(&self, route: usize, arm: usize) -> Option<&'a Plan> {
        match &self.policy.routes[route].body {
            RouteBody::Plan(plan) => Some(plan),
            RouteBody::Arms(arms) => match &arms[arm].outcome {
                ArmOutcome::Plan(plan) => Some(plan),
                ArmOutcome::Deny(_) => None,
            },
        }
    }

    /// Where a finding about an arm stands.
    fn place(&self, route: usize, arm: usize) -> Span {
        self.arms(route).get(arm).map_or(self.policy.routes[route].head, |arm| arm.span)
    }

    fn stages(&self, number: usize, plan: &Plan) -> Vec<Stage> {
        let one = |target: TargetId| Stage { members: vec![target], shares: None, is_ordered: false };
        let mut stages = Vec::new();
        for stage in &plan.stages {
            match &stage.who {
                Who::Target(target) => stages.push(one(*target)),
                Who::Split(_, members) => stages.push(Stage {
                    members: members.iter().map(|(_, target)| *target).collect(),
                    shares: Some(members.iter().map(|(share, _)| *share).collect()),
                    is_ordered: false,
                }),
                Who::Ordered(_, members) => {
                    stages.push(Stage { members: members.clone(), shares: None, is_ordered: true })
                }
                Who::Requested => {
                    let Value::Text(model) = self.value(number, BuiltIn::RequestModel) else { continue };
                    if let Requested::Targets(named) = self.policy.catalogue.resolve(&model) {
                        stages.extend(named.into_iter().map(one));
                    }
                }
            }
        }
        stages
    }

    fn numbers(&self) -> std::ops::Range<usize> {
        0..self.seen.len()
    }

    /// Whether a route's condition and those of all around it hold.
    fn is_within(&self, number: usize, route: usize) -> bool {
        let mut at = Some(route);
        while let Some(route) = at {
            let route = &self.policy.routes[route];
            if !self.asked[number].holds(&route.condition, None) {
                return false;
            }
            at = route.inside.map(|outer| outer.0 as usize);
        }
        true
    }

    /// Every instant that the policy writes, ascending.
    fn dates(&self) -> BTreeSet<Instant> {
        let mut dates: BTreeSet<Instant> = self.policy.dates().into_iter().collect();
        for operand in &self.policy.operands {
            for test in operand.condition.tests() {
                if let (Subject::Attribute(id), Predicate::InIntervals(intervals)) =
                    (test.subject, &test.predicate)
                    && id == BuiltIn::TimeNow.id()
                {
                    let ends = intervals.iter().flat_map(|one| one.low.into_iter().chain(one.high));
                    dates.extend(ends.map(|end| Instant(i64::try_from(end).expect("it is an instant"))));
                }
            }
        }
        dates
    }

    /// Whether a condition is one of a target.
    fn tests_target(&self, condition: &Condition) -> bool {
        let of_target = |test: &&wayleave_compiler::model::Test| {
            matches!(test.subject, Subject::Target(_))
                || matches!(test.predicate, Predicate::ComparesToFact(..))
        };
        condition.tests().iter().any(of_target)
            || condition.definitions().iter().any(|id| {
                let definition = &self.policy.definitions[id.0 as usize];
                matches!(definition.body, DefinitionBody::Define(_)) && definition.tests_target
            })
    }
}

fn is_enforced<Body>(asked: &Asked<'_>, rule: &Rule<Body>, target: Option<TargetId>) -> bool {
    !rule.is_tried && asked.rule_holds(rule, target)
}
