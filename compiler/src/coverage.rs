//! What a policy's tests reach: rules that hold in some test, arms and routes that some test takes, and parts of conditions
//! that are true in one and false in another. Asked of the meaning itself, part by part, and nothing is inferred: what is
//! missed here no test would notice if it were another.

use crate::examples::ExampleResult;
use crate::model::{Condition, Example, Policy, Route, RouteBody, Rule};
use crate::source::Span;
use crate::spec::Asked;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::Decision;

/// How many of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those that some test reaches.
    pub reached: usize,
    /// All.
    pub total: usize,
}

/// Why something is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A rule that holds in no test.
    NeverHolds,
    /// An arm, a route or `otherwise` that no test takes.
    NeverTaken,
    /// A part of a condition that is true in no test.
    NeverTrue,
    /// One that is false in no test.
    NeverFalse,
}

impl Why {
    /// As reports write it.
    pub fn words(self) -> &'static str {
        match self {
            Why::NeverHolds => "never holds",
            Why::NeverTaken => "never taken",
            Why::NeverTrue => "never true",
            Why::NeverFalse => "never false",
        }
    }
}

/// Something that no test reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Where it stands.
    pub span: Span,
    /// What it is: `deny leaked-secret`, `arm 2 of route code`, or the text of a condition's part.
    pub what: String,
    /// In which way.
    pub why: Why,
}

/// What the tests reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Rules, limits, budgets and migrations.
    pub rules: Tally,
    /// Arms, routes without arms, and `otherwise`.
    pub arms: Tally,
    /// Parts of conditions, those of guarantees apart: reached if true in one test and false in another, of those that ask it.
    pub conditions: Tally,
    /// By place.
    pub missed: Vec<Missed>,
}

/// One test, and the targets of its plan.
struct Run<'a> {
    asked: Asked<'a>,
    decision: &'a Decision,
    targets: Vec<TargetId>,
}

impl Run<'_> {
    /// Whether a rule about targets holds of one that the plan names.
    fn reaches<Body>(&self, rule: &Rule<Body>, of: &dyn Fn(TargetId) -> bool) -> bool {
        self.targets.iter().any(|target| of(*target) && self.asked.rule_holds(rule, Some(*target)))
    }
}

/// What the tests of a policy reach; `results` are theirs, in the same order.
pub fn of(policy: &Policy, results: &[ExampleResult]) -> Coverage {
    let runs: Vec<Run<'_>> =
        policy.examples.iter().zip(results).map(|(example, result)| run(policy, example, result)).collect();
    let mut coverage = Coverage::default();
    coverage.rules(policy, &runs);
    coverage.arms(policy, &runs);
    coverage.conditions(policy, &runs);
    coverage.missed.sort_by_key(|missed| missed.span);
    coverage
}

fn run<'a>(policy: &'a Policy, example: &'a Example, result: &'a ExampleResult) -> Run<'a> {
    let decision = &result.decision;
    let mut targets: Vec<TargetId> = decision.candidates().map(|(target, _)| target).collect();
    targets.extend(decision.removed.iter().map(|removed| removed.target));
    targets.extend(&decision.shadow);
    Run { asked: Asked::of(policy, &example.given), decision, targets }
}

impl Coverage {
    fn rules(&mut self, policy: &Policy, runs: &[Run<'_>]) {
        for rule in &policy.denials {
            let is_reached = runs.iter().any(|run| run.asked.rule_holds(rule, None));
            self.rule(rule.span, &format!("deny {}", rule.name), is_reached);
        }
        for rule in &policy.approvals {
            let is_meant = |target: TargetId| rule.body.targets.contains(&target);
            let is_reached = runs.iter().any(|run| run.reaches(rule, &is_meant));
            self.rule(rule.span, &format!("approve {}", rule.name), is_reached);
        }
        for rule in &policy.prohibitions {
            let is_meant = |target: TargetId| rule.body.targets.contains(&target);
            let is_reached = runs.iter().any(|run| run.reaches(rule, &is_meant));
            self.rule(rule.span, &format!("forbid {}", rule.name), is_reached);
        }
        self.about_targets("require approval", &policy.requirements, runs);
        self.about_targets("redact", &policy.redactions, runs);
        self.about_targets("flag", &policy.flags, runs);
        self.about_targets("cap", &policy.caps, runs);
        self.about_targets("log", &policy.logs, runs);
        for counter in &policy.counters {
            let is_reached = runs.iter().any(|run| run.asked.holds(&counter.condition, None));
            self.rule(counter.span, &counter.rule_name().to_string(), is_reached);
        }
        for migration in &policy.migrations {
            let applies = |run: &Run<'_>| run.decision.migrations.iter().any(|it| it.name == migration.name);
            self.rule(migration.span, &format!("migrate {}", migration.name), runs.iter().any(applies));
        }
    }

    /// Rules that speak about every target of a plan.
    fn about_targets<Body>(&mut self, word: &str, rules: &[Rule<Body>], runs: &[Run<'_>]) {
        for rule in rules {
            let is_reached = runs.iter().any(|run| run.reaches(rule, &|_| true));
            self.rule(rule.span, &format!("{word} {}", rule.name), is_reached);
        }
    }

    fn rule(&mut self, span: Span, what: &str, is_reached: bool) {
        self.rules.total += 1;
        if is_reached {
            self.rules.reached += 1;
        } else {
            self.missed.push(Missed { span, what: what.to_owned(), why: Why::NeverHolds });
        }
    }

    fn arms(&mut self, policy: &Policy, runs: &[Run<'_>]) {
        let is_taken = |route: &str, arm: Option<u32>| {
            let takes =
                |run: &Run<'_>| run.decision.route.as_deref() == Some(route) && run.decision.arm == arm;
            runs.iter().any(takes)
        };
        for route in &policy.routes {
            let name = format!("route {}", route.name);
            match &route.body {
                RouteBody::Plan(_) => self.arm(route.head, name, is_taken(&route.name, None)),
                RouteBody::Arms(arms) => {
                    for (arm, index) in arms.iter().zip(0..) {
                        let what = format!("arm {} of {name}", index + 1);
                        self.arm(arm.span, what, is_taken(&route.name, Some(index)));
                    }
                }
            }
        }
        let is_otherwise = |run: &Run<'_>| {
            let mut reasons = run.decision.reasons.iter();
            reasons.any(|reason| reason.by == wayleave_program::decision::RuleName::Otherwise)
        };
        self.arm(policy.otherwise.span, "otherwise".to_owned(), runs.iter().any(is_otherwise));
    }

    fn arm(&mut self, span: Span, what: String, is_taken: bool) {
        self.arms.total += 1;
        if is_taken {
            self.arms.reached += 1;
        } else {
            self.missed.push(Missed { span, what, why: Why::NeverTaken });
        }
    }

    fn conditions(&mut self, policy: &Policy, runs: &[Run<'_>]) {
        let is_promised = |span: Span| policy.guarantees.iter().any(|promise| is_in(promise.span, span));
        for operand in policy.operands.iter().filter(|operand| !is_promised(operand.span)) {
            let (mut was_true, mut was_false) = (false, false);
            let place = Place::of(policy, operand.span);
            for run in runs.iter().filter(|run| place.is_asked(policy, run)) {
                // What tests no target is the same for all of them.
                let subjects: Vec<Option<TargetId>> = match tests_target(policy, &operand.condition) {
                    true => run.targets.iter().copied().filter(|it| place.is_about(*it)).map(Some).collect(),
                    false => vec![None],
                };
                for subject in subjects {
                    let holds = run.asked.holds(&operand.condition, subject);
                    was_true |= holds;
                    was_false |= !holds;
                }
            }
            self.conditions.total += 1;
            let why = match (was_true, was_false) {
                (true, true) => {
                    self.conditions.reached += 1;
                    continue;
                }
                (false, _) => Why::NeverTrue,
                (true, false) => Why::NeverFalse,
            };
            self.missed.push(Missed { span: operand.span, what: String::new(), why });
        }
    }
}

fn is_in(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// Where a part of a condition stands, as far as that says of which requests and targets it is asked.
#[derive(Default)]
struct Place<'p> {
    /// The targets of its rule, where that names some.
    targets: Option<&'p [TargetId]>,
    /// The condition of the delegated file that it stands in.
    delegation: Option<&'p Condition>,
    /// Its route, and the arm where it stands in one.
    route: Option<(&'p Route, Option<u32>)>,
}

impl<'p> Place<'p> {
    fn of(policy: &'p Policy, span: Span) -> Place<'p> {
        let approved = policy.approvals.iter().find(|rule| is_in(rule.span, span));
        let forbidden = policy.prohibitions.iter().find(|rule| is_in(rule.span, span));
        let targets = approved.map(|rule| rule.body.targets.as_slice());
        let delegated = policy.delegations.iter().find(|(file, _)| *file == span.file);
        let route = policy.routes.iter().find(|route| is_in(route.span, span));
        Place {
            targets: targets.or_else(|| forbidden.map(|rule| rule.body.targets.as_slice())),
            delegation: delegated.map(|(_, condition)| condition),
            route: route.map(|route| (route, arm_at(route, span))),
        }
    }

    /// Whether it is asked of a request at all: a file's own requests, a route's, those that reach an arm.
    fn is_asked(&self, policy: &Policy, run: &Run<'_>) -> bool {
        let is_delegated = self.delegation.is_none_or(|condition| run.asked.holds(condition, None));
        let reaches = |(route, arm): (&Route, Option<u32>)| match arm {
            Some(arm) => {
                run.decision.route.as_ref() == Some(&route.name)
                    && run.decision.arm.is_some_and(|at| at >= arm)
            }
            None => outer_holds(policy, route, run),
        };
        is_delegated && self.route.is_none_or(reaches)
    }

    fn is_about(&self, target: TargetId) -> bool {
        self.targets.is_none_or(|targets| targets.contains(&target))
    }
}

fn arm_at(route: &Route, span: Span) -> Option<u32> {
    let RouteBody::Arms(arms) = &route.body else { return None };
    arms.iter().zip(0..).find(|(arm, _)| is_in(arm.span, span)).map(|(_, index)| index)
}

/// Whether the conditions of the routes around one hold. Routes do not stand inside each other in a circle.
fn outer_holds(policy: &Policy, route: &Route, run: &Run<'_>) -> bool {
    let mut outer = route.inside;
    while let Some(id) = outer {
        let around = &policy.routes[id.0 as usize];
        if !run.asked.holds(&around.condition, None) {
            return false;
        }
        outer = around.inside;
    }
    true
}

fn tests_target(policy: &Policy, condition: &crate::model::Condition) -> bool {
    use crate::model::{Predicate, Subject};
    let names_it = |test: &&crate::model::Test| {
        matches!(test.subject, Subject::Target(_)) || matches!(test.predicate, Predicate::ComparesToFact(..))
    };
    let is_defined_so = |id: &crate::model::DefinitionId| policy.definitions[id.0 as usize].tests_target;
    condition.tests().iter().any(names_it) || condition.definitions().iter().any(is_defined_so)
}
