//! R0307: parts of conditions that are always true, or always false, where they stand: given the rest of their own condition,
//! the routes around it, and the arms before it.

use super::formula::Formula;
use super::prover::Prover;
use super::query::Answer;
use super::reach::Reached;
use crate::decision::boxes::{ClassSet, Constraint, Expression};
use crate::decision::partition::TARGET;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{
    Amount, Condition, Counter, DefinitionBody, Interval, Operand, Period, Policy, Predicate, RouteBody,
    RouteId, Rule, Subject as Of, Test,
};
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;
use wayleave_program::catalogue::TargetId;
use wayleave_program::schema::BuiltIn;

/// A condition as it stands somewhere.
pub(super) struct Place<'p> {
    /// Where its first part stands or before it.
    at: Span,
    /// The item that it stands in.
    item: Span,
    /// What the item is, and its name.
    kind: &'static str,
    name: &'p str,
    /// The whole.
    pub(super) condition: &'p Condition,
    /// When its rule is in force, where that is not always.
    pub(super) in_force: Option<Condition>,
    /// The conditions before it that do not hold, by their place in the list of places.
    before: Vec<usize>,
    /// The route that it stands in; of a route's own condition, the one around it.
    route: Option<RouteId>,
    /// The arm that it is the condition of.
    arm: Option<u32>,
    /// Whether its item is one of those of which it is known that they apply, where nothing is told of them.
    is_applied: bool,
    /// The targets that it is asked of, where its rule names them.
    targets: Option<&'p [TargetId]>,
}

/// Every condition but those of guarantees.
pub(super) fn places(policy: &Policy) -> Vec<Place<'_>> {
    let mut found: Vec<Place<'_>> = Vec::new();
    of_rules("deny", &policy.denials, &|_| None, &mut found);
    of_rules("approve", &policy.approvals, &|rule| Some(rule.body.targets.as_slice()), &mut found);
    of_rules("forbid", &policy.prohibitions, &|rule| Some(rule.body.targets.as_slice()), &mut found);
    of_rules("require approval", &policy.requirements, &|_| None, &mut found);
    of_rules("redact", &policy.redactions, &|_| None, &mut found);
    of_rules("flag", &policy.flags, &|_| None, &mut found);
    of_rules("cap", &policy.caps, &|_| None, &mut found);
    of_rules("log", &policy.logs, &|_| None, &mut found);
    found.extend(
        policy
            .counters
            .iter()
            .map(|counter| place(counter.span, kind_of(counter), &counter.name, &counter.condition)),
    );
    found.extend(
        policy
            .migrations
            .iter()
            .map(|migration| place(migration.span, "migrate", &migration.name, &migration.condition)),
    );
    for (route, index) in policy.routes.iter().zip(0_u32..) {
        let id = RouteId(index);
        let own = Place { route: route.inside, ..place(route.head, "route", &route.name, &route.condition) };
        found.push(own);
        if let RouteBody::Arms(arms) = &route.body {
            for (arm, number) in arms.iter().zip(0_u32..) {
                let own = place(arm.span, "route", &route.name, &arm.condition);
                found.push(Place { route: Some(id), arm: Some(number), is_applied: true, ..own });
            }
        }
    }
    for definition in &policy.definitions {
        let kind = match &definition.body {
            DefinitionBody::Define(_) => "define",
            DefinitionBody::Classify { .. } => "classify",
        };
        match &definition.body {
            DefinitionBody::Define(condition) => {
                found.push(place(definition.span, kind, &definition.name, condition))
            }
            DefinitionBody::Classify { arms, .. } => {
                let first = found.len();
                for (condition, _) in arms {
                    let before = (first..found.len()).collect();
                    found.push(Place { before, ..place(definition.span, kind, &definition.name, condition) });
                }
            }
        }
    }
    found
}

fn place<'p>(at: Span, kind: &'static str, name: &'p str, condition: &'p Condition) -> Place<'p> {
    Place {
        at,
        item: at,
        kind,
        name,
        condition,
        in_force: None,
        before: Vec::new(),
        route: None,
        arm: None,
        is_applied: false,
        targets: None,
    }
}

fn kind_of(counter: &Counter) -> &'static str {
    match counter.amount {
        Amount::Requests(..) | Amount::Tokens(..) => "limit",
        Amount::Money(..) => "budget",
    }
}

fn of_rules<'p, B>(
    kind: &'static str,
    rules: &'p [Rule<B>],
    targets: &dyn Fn(&'p Rule<B>) -> Option<&'p [TargetId]>,
    found: &mut Vec<Place<'p>>,
) {
    for rule in rules {
        let in_force = in_force(rule.period);
        let own = place(rule.span, kind, &rule.name, &rule.condition);
        found.push(Place { in_force, targets: targets(rule), is_applied: true, ..own });
    }
}

fn in_force(Period { from, until }: Period) -> Option<Condition> {
    let number = |instant: wayleave_program::value::Instant| i128::from(instant.0);
    let interval = Interval { low: from.map(number), high: until.map(number) };
    if interval.low.is_none() && interval.high.is_none() {
        return None;
    }
    let predicate = Predicate::InIntervals(vec![interval]);
    Some(Condition::Test(Test { subject: Of::Attribute(BuiltIn::TimeNow.id()), predicate }))
}

/// Where the expressions of places stand among those that a subject keeps: of conditions from `first` on, then of periods.
pub(super) struct Kept {
    /// The number of the first place's condition.
    pub(super) first: usize,
    /// The number of the first period's.
    pub(super) periods: usize,
}

/// `dead`: items that never apply, of which more is not told.
pub(super) fn idle(
    prover: &Prover<'_>,
    places: &[Place<'_>],
    kept: &Kept,
    reached: &Reached,
    dead: &BTreeSet<Span>,
) -> Vec<Diagnostic> {
    let mut period = kept.periods;
    let mut asked: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let own = place.in_force.as_ref().map(|_| {
            period += 1;
            period - 1
        });
        if !dead.contains(&place.item) {
            asked.push((index, own));
        }
    }
    let cursors = cursors(prover.policy(), places);
    let at = |(index, _): &(usize, Option<usize>)| places[*index].item;
    prover.told(&asked, ("whether each part of a condition matters", &at), |(index, period)| {
        let place = &places[*index];
        let mut walk = Walk {
            prover,
            operands: &prover.policy().operands,
            cursor: cursors[*index],
            file: place.at.file,
            found: Vec::new(),
            is_applied: place.is_applied,
            near: place.route.zip(place.arm).and_then(|(route, arm)| reached.of_arm(prover, route, arm)),
            within: format!("`{} {}`", place.kind, place.name),
        };
        let mut context = Vec::new();
        if let Some(period) = period {
            context.push(Formula::from(&prover.subject.more[*period]));
        }
        if let Some(targets) = place.targets {
            let classes = ClassSet::of(targets.iter().map(|target| target.0));
            context.push(Formula::from(Expression::Within(Constraint { dimension: TARGET, classes })));
        }
        let more = |index: &usize| Formula::from(&prover.subject.more[kept.first + index]);
        context.extend(place.before.iter().map(|before| more(before).negated()));
        if let (Some(route), Some(arm)) = (place.route, place.arm) {
            context.push(prover.subject.arms_before(route, arm).negated());
        }
        if let Some(route) = place.route {
            context.extend(super::reach::conditions(prover, route));
        }
        // An arm or a route that nothing gets to is told elsewhere, or the one around it is.
        if place.arm.is_some() || place.kind == "route" {
            let mut all = context.clone();
            all.push(Formula::from(&prover.subject.more[kept.first + index]));
            if walk.near.is_none() && matches!(prover.find(all), Answer::None) {
                return Vec::new();
            }
            walk.is_applied &= walk.near.is_some();
        }
        walk.whole(place, &prover.subject.more[kept.first + index], context);
        walk.found
    })
}

/// The first operand of each place: of several conditions of one `classify`, behind those of the one before.
fn cursors(policy: &Policy, places: &[Place<'_>]) -> Vec<usize> {
    let mut cursors = Vec::with_capacity(places.len());
    let mut last: Option<(Span, usize)> = None;
    for place in places {
        let from = policy.operands.partition_point(|operand| {
            (operand.span.file, operand.span.start) < (place.at.file, place.at.start)
        });
        let cursor = match last {
            Some((at, behind)) if at == place.at => behind,
            _ => from,
        };
        let behind =
            cursor + own_operands(&policy.operands[cursor.min(policy.operands.len())..], place.condition);
        last = Some((place.at, behind));
        cursors.push(cursor);
    }
    cursors
}

/// How many operands make up a condition.
fn own_operands(operands: &[Arc<Operand>], condition: &Condition) -> usize {
    match operands.first() {
        Some(first) if first.condition == *condition => 1,
        _ => match condition {
            Condition::All(parts) | Condition::Any(parts) => parts
                .iter()
                .fold(0, |count, part| count + own_operands(&operands[count.min(operands.len())..], part)),
            Condition::Not(part) => own_operands(operands, part),
            Condition::Defined(_) | Condition::Test(_) => 0,
        },
    }
}

struct Walk<'w, 's> {
    prover: &'w Prover<'s>,
    operands: &'w [Arc<Operand>],
    /// The next operand.
    cursor: usize,
    file: crate::source::FileId,
    found: Vec<Diagnostic>,
    /// Whether all that stands around is known to hold of some request together with what is looked at.
    is_applied: bool,
    /// A request that gets there, where one is known.
    near: Option<&'w [u32]>,
    /// The item, in words.
    within: String,
}

impl<'s> Walk<'_, 's> {
    fn whole(&mut self, place: &Place<'_>, expression: &'s Expression, mut context: Vec<Formula<'s>>) {
        let delegations = &self.prover.policy().delegations;
        let is_delegated = delegations.iter().any(|(file, _)| *file == place.at.file);
        match (place.condition, expression) {
            (Condition::All(parts), Expression::All(expressions)) if is_delegated && parts.len() == 2 => {
                context.push(Formula::from(&expressions[0]));
                self.part(&parts[1], &expressions[1], &context);
            }
            (condition, expression) => {
                self.part(condition, expression, &context);
            }
        }
    }

    /// Asks of a part, or of those that it is made of; gives it with what is told of it in its place.
    fn part(
        &mut self,
        condition: &Condition,
        expression: &'s Expression,
        context: &[Formula<'s>],
    ) -> Formula<'s> {
        let operand = self.operands.get(self.cursor).filter(|operand| operand.span.file == self.file);
        if let Some(operand) = operand
            && operand.condition == *condition
        {
            self.cursor += 1;
            let told = self.ask(operand.span, expression, context);
            return told.map_or_else(|| Formula::from(expression), Formula::constant);
        }
        match (condition, expression) {
            (Condition::All(parts), Expression::All(expressions)) => {
                Formula::All(self.joined(parts, expressions, true, context))
            }
            (Condition::Any(parts), Expression::Any(expressions)) => {
                Formula::Any(self.joined(parts, expressions, false, context))
            }
            (Condition::Not(part), Expression::Not(own)) => {
                let is_applied = std::mem::take(&mut self.is_applied);
                let part = self.part(part, own, context);
                self.is_applied = is_applied;
                part.negated()
            }
            _ => Formula::from(expression),
        }
    }

    /// Parts that stand beside each other: each is asked where the others leave it to decide. The last are asked first, so
    /// that of two equal ones the later is told, and what is told counts as what it always is.
    fn joined(
        &mut self,
        parts: &[Condition],
        expressions: &'s [Expression],
        is_all: bool,
        context: &[Formula<'s>],
    ) -> Vec<Formula<'s>> {
        let mut begins = Vec::with_capacity(parts.len());
        let mut end = self.cursor;
        for part in parts {
            begins.push(end);
            end += own_operands(&self.operands[end.min(self.operands.len())..], part);
        }
        let mut known: Vec<Formula<'s>> = expressions.iter().map(Formula::from).collect();
        let is_applied = self.is_applied;
        self.is_applied &= is_all;
        for index in (0..parts.len()).rev() {
            let mut own = context.to_vec();
            for (_, part) in known.iter().enumerate().filter(|(other, _)| *other != index) {
                own.push(if is_all { part.clone() } else { part.clone().negated() });
            }
            self.cursor = begins[index];
            known[index] = self.part(&parts[index], &expressions[index], &own);
        }
        self.cursor = end;
        self.is_applied = is_applied;
        known
    }

    /// Whether a part is always true, or never; none where it decides something, or nothing gets there.
    fn ask(&mut self, span: Span, expression: &'s Expression, context: &[Formula<'s>]) -> Option<bool> {
        let with = |part: Formula<'s>| {
            let mut parts = vec![part];
            parts.extend(context.iter().cloned());
            parts
        };
        let (holds, fails) =
            (|| with(Formula::from(expression)), || with(Formula::from(expression).negated()));
        let is_false = self.prover.find_near(fails(), self.near);
        // Of a rule that applies each part does, as far as it stands beside the others.
        if self.is_applied && matches!(is_false, Answer::Some(_)) {
            return None;
        }
        let is_true = self.prover.find_near(holds(), self.near);
        let (shown, is_always, words, label) = match (is_true, is_false) {
            (Answer::Some(_), Answer::None) => (holds(), true, "is always true", "always true here"),
            (Answer::None, Answer::Some(_)) => (fails(), false, "is never true", "never true here"),
            (Answer::Unknown, _) | (_, Answer::Unknown) => {
                let question = "whether this part of the condition changes anything";
                self.found.push(self.prover.too_large(span, question));
                return None;
            }
            // Where nothing gets here, something else is wrong.
            (Answer::None, Answer::None) | (Answer::Some(_), Answer::Some(_)) => return None,
        };
        let message = format!("`{}` {words} in {}", self.prover.text(span), self.within);
        let help = "remove it, or mend what makes it so: the rest of its condition, the routes around it, the arms before it";
        let mut diagnostic = Diagnostic::new(Code::R0307, message, span, label).with_help(help);
        if let Answer::Some(shown) = self.prover.shown(shown, &|_, _| true) {
            diagnostic = self.prover.with_witness(diagnostic, &shown);
        }
        self.found.push(diagnostic);
        Some(is_always)
    }
}
