//! A policy as layers of boxes. What a layer decides is kept apart from all others, so that nothing multiplies out: who is
//! denied, which route and arm answer, what speaks for and against a target, what is owed when it is called.

use super::boxes::{Expression, RuleBox};
use super::lower::{Computed, Lowering};
use super::partition::Partition;
use crate::model::{ArmOutcome, Condition, Period, Plan, Policy, RouteBody, RouteId, Rule};
use crate::source::Span;
use std::sync::Arc;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::RuleName;
use wayleave_program::schema::AttributeId;

/// What is asked together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerKind {
    /// Rules that deny a request: every one that holds.
    Denials,
    /// Routes and arms, inner ones first: the first that holds.
    Answers,
    /// Approvals of a target: whether one holds.
    Approvals,
    /// What forbids a target: every one that holds.
    Prohibitions,
    /// What needs a grant for a target: every one that holds.
    Requirements,
    /// What is owed when a target is called: every one that holds.
    Obligations,
    /// Limits and budgets of a request: every one that holds.
    Counters,
    /// Migrations of a request: every one that holds.
    Migrations,
    /// Denials that are only tried.
    TriedOfRequest,
    /// Rules about targets that are only tried.
    TriedOfTarget,
}

impl LayerKind {
    /// All, in the order in which they are asked.
    pub const ALL: [LayerKind; 10] = [
        LayerKind::Denials,
        LayerKind::Answers,
        LayerKind::Approvals,
        LayerKind::Prohibitions,
        LayerKind::Requirements,
        LayerKind::Obligations,
        LayerKind::Counters,
        LayerKind::Migrations,
        LayerKind::TriedOfRequest,
        LayerKind::TriedOfTarget,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            LayerKind::Denials => "denials",
            LayerKind::Answers => "answers",
            LayerKind::Approvals => "approvals",
            LayerKind::Prohibitions => "prohibitions",
            LayerKind::Requirements => "requirements",
            LayerKind::Obligations => "obligations",
            LayerKind::Counters => "counters",
            LayerKind::Migrations => "migrations",
            LayerKind::TriedOfRequest => "denials on trial",
            LayerKind::TriedOfTarget => "rules on trial",
        }
    }

    /// Whether its rules are about a target too.
    pub fn is_of_targets(self) -> bool {
        matches!(
            self,
            LayerKind::Approvals
                | LayerKind::Prohibitions
                | LayerKind::Requirements
                | LayerKind::Obligations
                | LayerKind::TriedOfTarget
        )
    }

    /// Whether the first rule that holds is all that is asked.
    pub fn asks_first(self) -> bool {
        matches!(self, LayerKind::Answers | LayerKind::Approvals)
    }
}

/// A route, or one arm of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its position in the policy.
    pub route: u32,
    /// The arm's position, of a route that has arms.
    pub arm: Option<u32>,
}

impl Answer {
    /// The plan that answers, or the words with which an arm denies.
    pub fn outcome(self, policy: &Policy) -> Result<&Plan, &str> {
        match (&policy.routes[self.route as usize].body, self.arm) {
            (RouteBody::Plan(plan), _) => Ok(plan),
            (RouteBody::Arms(arms), arm) => {
                let arm = arm.expect("of a route that has arms one answers");
                match &arms[arm as usize].outcome {
                    ArmOutcome::Plan(plan) => Ok(plan),
                    ArmOutcome::Deny(words) => Err(words),
                }
            }
        }
    }
}

/// What is owed: the kind of rule, and its position among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owing {
    /// `redact`
    Redaction(u32),
    /// `flag`
    Flag(u32),
    /// `cap`
    Cap(u32),
    /// `log`
    Log(u32),
}

/// A rule that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Where it stands.
    pub span: Span,
    /// As a decision names it.
    pub name: RuleName,
}

/// A policy's normal form.
#[derive(Debug)]
pub struct Rules {
    /// The classes.
    pub partition: Partition,
    /// What is computed of a request before any rule is asked, each after those it reads.
    pub computed: Vec<Computed>,
    /// What is computed of a request and a target before rules about the target are asked.
    pub of_target: Vec<Computed>,
    /// Boxes, ascending by rule; indexed by [`LayerKind`].
    layers: Vec<Arc<[RuleBox]>>,
    /// What the numbers of [`LayerKind::Answers`] stand for.
    pub answers: Vec<Answer>,
    /// What the numbers of [`LayerKind::Obligations`] stand for.
    pub obligations: Vec<Owing>,
    /// What the numbers of [`LayerKind::TriedOfRequest`] stand for.
    pub tried_of_request: Vec<Tried>,
    /// What the numbers of [`LayerKind::TriedOfTarget`] stand for.
    pub tried_of_target: Vec<Tried>,
    /// Conditions as they were written, of what is asked while not all of a request is known.
    pub written: Written,
}

/// A condition as it was written, with its period as a part of it.
#[derive(Debug, Clone)]
pub struct WrittenRule {
    /// Whether it is in force and holds.
    pub expression: Expression,
    /// The targets that it speaks about, for a rule about targets; none for one about requests.
    pub targets: Option<Vec<TargetId>>,
    /// The attributes that hold texts or what is found in them and on which it depends, ascending.
    pub dear: Vec<AttributeId>,
    /// Whether it is only tried.
    pub is_tried: bool,
}

/// Conditions as they were written.
#[derive(Debug, Default)]
pub struct Written {
    /// Approvals that are enforced.
    pub approvals: Vec<WrittenRule>,
    /// Denials that depend on texts, those on trial too.
    pub denials: Vec<WrittenRule>,
    /// All else that depends on texts.
    pub others: Vec<WrittenRule>,
}

impl Rules {
    /// The normal form of a policy.
    pub fn new(policy: &Policy) -> Rules {
        Rules::with(policy, &[]).0
    }

    /// The normal form of a policy whose classes tell apart what these conditions ask too, and those over the classes,
    /// shaped as they were written.
    pub fn with(policy: &Policy, more: &[&Condition]) -> (Rules, Vec<Expression>) {
        let mut conditions = policy.conditions();
        conditions.extend(more);
        let partition = Partition::new(policy, &conditions);
        let reads_texts = policy.schema.ids().any(|id| policy.schema.is_of_texts(id) && partition.tests(id));
        let mut maker = Maker {
            policy,
            reads_texts,
            lowering: Lowering::new(policy, partition, &conditions),
            layers: vec![Vec::new(); LayerKind::ALL.len()],
            written: Written::default(),
        };
        maker.written();
        maker.denials();
        let answers = maker.answers();
        maker.about_targets();
        let obligations = maker.obligations();
        maker.counters_and_migrations();
        let tried_of_target = maker.tried();
        let more = more.iter().map(|condition| maker.lowering.expression(condition)).collect();
        let Maker { lowering, layers, written, .. } = maker;
        let tried = policy.denials.iter().filter(|rule| rule.is_tried);
        let tried_of_request =
            tried.map(|rule| Tried { span: rule.span, name: RuleName::Deny(rule.name.clone()) }).collect();
        let rules = Rules {
            partition: lowering.partition,
            computed: lowering.computed,
            of_target: lowering.of_target,
            layers: layers.into_iter().map(Arc::from).collect(),
            answers,
            obligations,
            tried_of_request,
            tried_of_target,
            written,
        };
        (rules, more)
    }

    /// The boxes of a layer, ascending by rule.
    pub fn layer(&self, kind: LayerKind) -> &Arc<[RuleBox]> {
        &self.layers[kind as usize]
    }
}

struct Maker<'p> {
    policy: &'p Policy,
    /// Whether anything depends on texts.
    reads_texts: bool,
    lowering: Lowering<'p>,
    layers: Vec<Vec<RuleBox>>,
    written: Written,
}

impl Maker<'_> {
    fn add(&mut self, kind: LayerKind, rule: usize, expression: &Expression) {
        let rule = u32::try_from(rule).expect("fewer than 2^32 rules");
        let boxes = self.lowering.boxes(rule, expression);
        self.layers[kind as usize].extend(boxes);
    }

    /// Whether a rule is in force and holds, as it was written.
    fn in_force(&mut self, condition: &Condition, period: Period) -> Expression {
        let holds = self.lowering.expression(condition);
        if period == Period::default() {
            return holds;
        }
        let in_force = Expression::Within(self.lowering.partition.in_force(period));
        Expression::All(vec![in_force, holds])
    }

    fn about<B>(&mut self, rule: &Rule<B>, targets: Option<&[TargetId]>) -> Expression {
        let holds = self.in_force(&rule.condition, rule.period);
        match targets {
            None => holds,
            Some(targets) => Expression::All(vec![Lowering::one_of_targets(targets), holds]),
        }
    }

    /// Keeps what is asked while not all of a request is known.
    fn written(&mut self) {
        let policy = self.policy;
        for rule in &policy.denials {
            let dear = self.dear(&rule.condition);
            if !dear.is_empty() {
                let expression = self.in_force(&rule.condition, rule.period);
                let written = WrittenRule { expression, targets: None, dear, is_tried: rule.is_tried };
                self.written.denials.push(written);
            }
        }
        for rule in &policy.approvals {
            let targets = rule.body.targets.clone();
            if !rule.is_tried {
                let expression = self.in_force(&rule.condition, rule.period);
                let dear = self.dear(&rule.condition);
                let targets = Some(targets.clone());
                self.written.approvals.push(WrittenRule { expression, targets, dear, is_tried: false });
            }
            self.write_of_targets(rule, targets);
        }
        for rule in &policy.prohibitions {
            self.write_of_targets(rule, rule.body.targets.clone());
        }
        let every = || policy.catalogue.target_ids().collect::<Vec<TargetId>>();
        policy.redactions.iter().for_each(|rule| self.write_of_targets(rule, every()));
        policy.flags.iter().for_each(|rule| self.write_of_targets(rule, every()));
        policy.requirements.iter().for_each(|rule| self.write_of_targets(rule, every()));
        policy.caps.iter().for_each(|rule| self.write_of_targets(rule, every()));
        policy.logs.iter().for_each(|rule| self.write_of_targets(rule, every()));
        policy.counters.iter().for_each(|counter| self.write(&counter.condition));
        policy.migrations.iter().for_each(|migration| self.write(&migration.condition));
        for route in &policy.routes {
            self.write(&route.condition);
            if let RouteBody::Arms(arms) = &route.body {
                arms.iter().for_each(|arm| self.write(&arm.condition));
            }
        }
    }

    fn write_of_targets<B>(&mut self, rule: &Rule<B>, targets: Vec<TargetId>) {
        let dear = self.dear(&rule.condition);
        if !dear.is_empty() {
            let expression = self.in_force(&rule.condition, rule.period);
            let written = WrittenRule { expression, targets: Some(targets), dear, is_tried: rule.is_tried };
            self.written.others.push(written);
        }
    }

    fn write(&mut self, condition: &Condition) {
        let dear = self.dear(condition);
        if !dear.is_empty() {
            let expression = self.lowering.expression(condition);
            self.written.others.push(WrittenRule { expression, targets: None, dear, is_tried: false });
        }
    }

    /// The attributes that hold texts, or what is found in them, and on which a condition depends.
    fn dear(&self, condition: &Condition) -> Vec<AttributeId> {
        let policy = self.policy;
        if !self.reads_texts {
            return Vec::new();
        }
        policy.tested(condition).into_iter().filter(|id| policy.schema.is_of_texts(*id)).collect()
    }

    fn denials(&mut self) {
        let mut tried = 0;
        for (index, rule) in self.policy.denials.iter().enumerate() {
            let expression = self.about(rule, None);
            if rule.is_tried {
                self.add(LayerKind::TriedOfRequest, tried, &expression);
                tried += 1;
            } else {
                self.add(LayerKind::Denials, index, &expression);
            }
        }
    }

    /// Routes with their arms: before each the routes that stand inside it, so that the first that holds is the innermost.
    fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        // Routes do not stand inside each other in a circle, so this ends.
        let mut pending: Vec<(RouteId, Vec<Expression>, Step)> = Vec::new();
        self.push_inside(None, &[], &mut pending);
        while let Some((id, outer, step)) = pending.pop() {
            let route = &self.policy.routes[id.0 as usize];
            match step {
                Step::Enter => {
                    let own = self.lowering.expression(&route.condition);
                    let own = self.lowering.shared(&format!("route {}", route.name), own);
                    let mut all = outer;
                    all.push(own);
                    pending.push((id, all.clone(), Step::Answer));
                    self.push_inside(Some(id), &all, &mut pending);
                }
                Step::Answer => self.arms(id, &outer, &mut answers),
            }
        }
        answers
    }

    /// The routes directly inside another, the first on top.
    fn push_inside(
        &self,
        outer: Option<RouteId>,
        conditions: &[Expression],
        pending: &mut Vec<(RouteId, Vec<Expression>, Step)>,
    ) {
        let inside = self.policy.routes.iter().zip(0_u32..).filter(|(route, _)| route.inside == outer);
        let inside: Vec<RouteId> = inside.map(|(_, index)| RouteId(index)).collect();
        pending.extend(inside.into_iter().rev().map(|id| (id, conditions.to_vec(), Step::Enter)));
    }

    fn arms(&mut self, id: RouteId, conditions: &[Expression], answers: &mut Vec<Answer>) {
        let policy = self.policy;
        match &policy.routes[id.0 as usize].body {
            RouteBody::Plan(_) => {
                self.add(LayerKind::Answers, answers.len(), &Expression::All(conditions.to_vec()));
                answers.push(Answer { route: id.0, arm: None });
            }
            RouteBody::Arms(arms) => {
                for (arm, number) in arms.iter().zip(0_u32..) {
                    let mut all = conditions.to_vec();
                    all.push(self.lowering.expression(&arm.condition));
                    self.add(LayerKind::Answers, answers.len(), &Expression::All(all));
                    answers.push(Answer { route: id.0, arm: Some(number) });
                }
            }
        }
    }

    fn about_targets(&mut self) {
        let policy = self.policy;
        for (index, rule) in policy.approvals.iter().enumerate().filter(|(_, rule)| !rule.is_tried) {
            let expression = self.about(rule, Some(&rule.body.targets));
            self.add(LayerKind::Approvals, index, &expression);
        }
        for (index, rule) in policy.prohibitions.iter().enumerate().filter(|(_, rule)| !rule.is_tried) {
            let expression = self.about(rule, Some(&rule.body.targets));
            self.add(LayerKind::Prohibitions, index, &expression);
        }
        for (index, rule) in policy.requirements.iter().enumerate().filter(|(_, rule)| !rule.is_tried) {
            let expression = self.about(rule, None);
            self.add(LayerKind::Requirements, index, &expression);
        }
    }

    fn obligations(&mut self) -> Vec<Owing> {
        let policy = self.policy;
        let mut owing = Vec::new();
        for (rule, index) in policy.redactions.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried) {
            self.obligation(rule, Owing::Redaction(index), &mut owing);
        }
        for (rule, index) in policy.flags.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried) {
            self.obligation(rule, Owing::Flag(index), &mut owing);
        }
        for (rule, index) in policy.caps.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried) {
            self.obligation(rule, Owing::Cap(index), &mut owing);
        }
        for (rule, index) in policy.logs.iter().zip(0_u32..).filter(|(rule, _)| !rule.is_tried) {
            self.obligation(rule, Owing::Log(index), &mut owing);
        }
        owing
    }

    fn obligation<B>(&mut self, rule: &Rule<B>, owed: Owing, owing: &mut Vec<Owing>) {
        let expression = self.about(rule, None);
        self.add(LayerKind::Obligations, owing.len(), &expression);
        owing.push(owed);
    }

    fn counters_and_migrations(&mut self) {
        let policy = self.policy;
        for (index, counter) in policy.counters.iter().enumerate().filter(|(_, one)| one.is_enforced) {
            let expression = self.lowering.expression(&counter.condition);
            self.add(LayerKind::Counters, index, &expression);
        }
        for (index, migration) in policy.migrations.iter().enumerate() {
            let expression = self.lowering.expression(&migration.condition);
            self.add(LayerKind::Migrations, index, &expression);
        }
    }

    /// Rules about targets that are tried.
    fn tried(&mut self) -> Vec<Tried> {
        let policy = self.policy;
        let mut found = Vec::new();
        for rule in &policy.approvals {
            self.tried_one(rule, Some(&rule.body.targets), RuleName::Approve, &mut found);
        }
        for rule in &policy.prohibitions {
            self.tried_one(rule, Some(&rule.body.targets), RuleName::Forbid, &mut found);
        }
        policy.redactions.iter().for_each(|rule| self.tried_one(rule, None, RuleName::Redact, &mut found));
        policy.flags.iter().for_each(|rule| self.tried_one(rule, None, RuleName::Flag, &mut found));
        policy
            .requirements
            .iter()
            .for_each(|rule| self.tried_one(rule, None, RuleName::Approval, &mut found));
        policy.caps.iter().for_each(|rule| self.tried_one(rule, None, RuleName::Cap, &mut found));
        policy.logs.iter().for_each(|rule| self.tried_one(rule, None, RuleName::Log, &mut found));
        found
    }

    fn tried_one<B>(
        &mut self,
        rule: &Rule<B>,
        targets: Option<&[TargetId]>,
        name: fn(String) -> RuleName,
        found: &mut Vec<Tried>,
    ) {
        if rule.is_tried {
            let expression = self.about(rule, targets);
            self.add(LayerKind::TriedOfTarget, found.len(), &expression);
            found.push(Tried { span: rule.span, name: name(rule.name.clone()) });
        }
    }
}

/// A route is entered before the routes inside it, and answers after them.
enum Step {
    Enter,
    Answer,
}
