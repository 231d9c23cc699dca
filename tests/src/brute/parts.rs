//! R0307: parts of conditions that change nothing where they stand. How a condition is made of its parts is read off the text.

use super::{Finding, World};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_compiler::model::{Condition, Period, RouteBody, Rule};
use wayleave_compiler::{Code, FileId, Span};
use wayleave_grammar::ast::{self, Node};
use wayleave_program::catalogue::TargetId;

/// A condition as written.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    /// One test or one name.
    Part(Span),
}

/// The truth of each part at each point.
type Known = BTreeMap<Span, Vec<bool>>;

/// A request, and a target where the condition tests one.
type Point = (usize, Option<TargetId>);

/// Where a condition stands.
struct Place<'p> {
    /// What a finding about the whole stands on.
    span: Span,
    condition: &'p Condition,
    period: Period,
    /// Of which it is asked; all where its rule names none.
    targets: Vec<TargetId>,
    /// The route whose requests it is asked of.
    within: Option<usize>,
    /// Those before it.
    before: Vec<&'p Condition>,
    /// Whether it is that of a name.
    is_named: bool,
    tree: Tree,
}

fn tree(condition: &ast::Condition) -> Tree {
    match condition {
        ast::Condition::Or(or) => Tree::Any(or.operands().map(|part| tree(&part)).collect()),
        ast::Condition::And(and) => Tree::All(and.operands().map(|part| tree(&part)).collect()),
        ast::Condition::Not(not) => Tree::Not(Box::new(tree(&not.operand().expect("it is whole")))),
        ast::Condition::Paren(paren) => tree(&paren.inner().expect("it is whole")),
        ast::Condition::Test(test) => Tree::Part(Span::new(FileId(0), test.range())),
        ast::Condition::Name(name) => Tree::Part(Span::new(FileId(0), name.range())),
    }
}

fn parts(tree: &Tree, found: &mut Vec<Span>) {
    match tree {
        Tree::All(inner) | Tree::Any(inner) => inner.iter().for_each(|part| parts(part, found)),
        Tree::Not(inner) => parts(inner, found),
        Tree::Part(span) => found.push(*span),
    }
}

impl<'a> World<'a> {
    /// What stands on one of the dead is not looked into.
    pub(super) fn idle_parts(&self, dead: &BTreeSet<Span>) -> BTreeSet<Finding> {
        let mut found = BTreeSet::new();
        for place in self.places().iter().filter(|place| !dead.contains(&place.span)) {
            let points = self.points(place);
            let known = self.known(&place.tree, &points);
            // What has a name is told of nowhere else where it never holds.
            if place.is_named || truths(&place.tree, &known, points.len()).contains(&true) {
                found.extend(
                    idle(&place.tree, known, points.len()).into_iter().map(|span| (Code::R0307, span)),
                );
            }
        }
        found
    }

    /// The truth of each part at each point.
    fn known(&self, tree: &Tree, points: &[Point]) -> Known {
        let mut spans = Vec::new();
        parts(tree, &mut spans);
        let of = |span: Span| {
            let operand = self.policy.operands.iter().find(|operand| operand.span == span);
            let condition = &operand.expect("each part is an operand").condition;
            let holds = |(number, target): &Point| self.asked[*number].holds(condition, *target);
            (span, points.iter().map(holds).collect())
        };
        spans.into_iter().map(of).collect()
    }

    /// The requests, with targets where it tests them, of which a condition is asked where it stands.
    fn points(&self, place: &Place<'_>) -> Vec<Point> {
        let targets: Vec<Option<TargetId>> = match self.tests_target(place.condition) {
            true => place.targets.iter().map(|target| Some(*target)).collect(),
            false => vec![None],
        };
        let is_asked = |number: &usize| {
            let now = self.seen[*number].now;
            place.period.from.is_none_or(|from| from <= now)
                && place.period.until.is_none_or(|until| now < until)
                && place.within.is_none_or(|route| self.is_within(*number, route))
                && !place.before.iter().any(|before| self.asked[*number].holds(before, None))
        };
        let numbers = self.numbers().filter(is_asked);
        numbers.flat_map(|number| targets.iter().map(move |target| (number, *target))).collect()
    }

    /// Every written condition but those of guarantees.
    fn places(&self) -> Vec<Place<'a>> {
        let text = self.policy.sources().file(FileId(0)).text.clone();
        let parse = wayleave_grammar::parse(&text);
        let file = parse.root();
        let roots: Vec<ast::Condition> = file
            .syntax()
            .descendants()
            .filter(|node| node.parent().is_some_and(|parent| ast::Condition::cast(parent).is_none()))
            .filter_map(ast::Condition::cast)
            .collect();
        let mut places = self.of_rules();
        places.extend(self.of_routes());
        places.extend(self.of_names(&file));
        let stands = |place: &Place<'a>| {
            let is_inside = |root: &&ast::Condition| {
                let own = Span::new(FileId(0), root.range());
                place.span.start <= own.start && own.end <= place.span.end
            };
            roots.iter().find(is_inside).map(tree)
        };
        let written = |place: Place<'a>| stands(&place).map(|tree| Place { tree, ..place });
        places.into_iter().filter_map(written).collect()
    }

    /// A condition that is asked of everything.
    fn everywhere(&self, span: Span, condition: &'a Condition, period: Period) -> Place<'a> {
        Place {
            span,
            condition,
            period,
            targets: self.targets.clone(),
            within: None,
            before: Vec::new(),
            is_named: false,
            tree: Tree::All(Vec::new()),
        }
    }

    fn of_rules(&self) -> Vec<Place<'a>> {
        let policy = self.policy;
        let mut found = Vec::new();
        for rule in &policy.approvals {
            let targets = rule.body.targets.clone();
            found.push(Place { targets, ..self.everywhere(rule.span, &rule.condition, rule.period) });
        }
        for rule in &policy.prohibitions {
            let targets = rule.body.targets.clone();
            found.push(Place { targets, ..self.everywhere(rule.span, &rule.condition, rule.period) });
        }
        let always = Period::default();
        let mut others: Vec<(Span, &Condition, Period)> = Vec::new();
        others.extend(policy.denials.iter().map(of_rule));
        others.extend(policy.redactions.iter().map(of_rule));
        others.extend(policy.flags.iter().map(of_rule));
        others.extend(policy.requirements.iter().map(of_rule));
        others.extend(policy.caps.iter().map(of_rule));
        others.extend(policy.logs.iter().map(of_rule));
        others.extend(policy.counters.iter().map(|counter| (counter.span, &counter.condition, always)));
        others.extend(policy.migrations.iter().map(|one| (one.span, &one.condition, always)));
        found.extend(
            others.into_iter().map(|(span, condition, period)| self.everywhere(span, condition, period)),
        );
        found
    }

    fn of_routes(&self) -> Vec<Place<'a>> {
        let always = Period::default();
        let mut found = Vec::new();
        for (number, route) in self.policy.routes.iter().enumerate() {
            let within = route.inside.map(|outer| outer.0 as usize);
            found.push(Place { within, ..self.everywhere(route.head, &route.condition, always) });
            let RouteBody::Arms(arms) = &route.body else { continue };
            for (at, arm) in arms.iter().enumerate() {
                let before = arms[..at].iter().map(|arm| &arm.condition).collect();
                let own = self.everywhere(arm.span, &arm.condition, always);
                found.push(Place { within: Some(number), before, ..own });
            }
        }
        found
    }

    /// Of defines and classifications.
    fn of_names(&self, file: &ast::SourceFile) -> Vec<Place<'a>> {
        let mut found = Vec::new();
        for item in file.items() {
            let (name, wholes): (String, Vec<Span>) = match &item {
                ast::Item::Define(define) => {
                    let name = define.name().expect("it is whole");
                    (name.text(), vec![Span::new(FileId(0), define.range())])
                }
                ast::Item::Classify(classify) => {
                    let name = classify.name().expect("it is whole");
                    let arms = classify.arms().map(|arm| Span::new(FileId(0), arm.range()));
                    (name.text(), arms.collect())
                }
                _ => continue,
            };
            let definition = self.policy.definitions.iter().find(|one| one.name == name);
            let conditions = definition.expect("it is declared").body.conditions();
            for (at, (condition, whole)) in conditions.iter().zip(wholes).enumerate() {
                let own = self.everywhere(whole, condition, Period::default());
                found.push(Place { before: conditions[..at].to_vec(), is_named: true, ..own });
            }
        }
        found
    }
}

/// The parts that are constant where the rest leaves it to them. The last are asked first, and what is told is from then on
/// what it always is: of two equal parts the later is told.
fn idle(tree: &Tree, mut known: Known, count: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    parts(tree, &mut spans);
    let mut found = Vec::new();
    for span in spans.into_iter().rev() {
        let asked = left_to(tree, span, vec![true; count], &known).expect("it is a part");
        let mut left = known[&span].iter().zip(asked).filter(|(_, asked)| *asked).map(|(truth, _)| *truth);
        // Where nothing is left to it, something else is told.
        let Some(first) = left.next() else { continue };
        if left.all(|truth| truth == first) {
            known.insert(span, vec![first; count]);
            found.push(span);
        }
    }
    found
}

/// The points at which all around a part leaves the truth of the whole to it; none where it is no part of the tree.
fn left_to(tree: &Tree, part: Span, asked: Vec<bool>, known: &Known) -> Option<Vec<bool>> {
    let (inner, wanted) = match tree {
        Tree::Part(span) => return (*span == part).then_some(asked),
        Tree::Not(inner) => return left_to(inner, part, asked, known),
        Tree::All(inner) => (inner, true),
        Tree::Any(inner) => (inner, false),
    };
    inner.iter().enumerate().find_map(|(at, one)| {
        let mut left = asked.clone();
        for (_, other) in inner.iter().enumerate().filter(|(other, _)| *other != at) {
            let truths = truths(other, known, left.len());
            left.iter_mut().zip(truths).for_each(|(left, truth)| *left &= truth == wanted);
        }
        left_to(one, part, left, known)
    })
}

/// The truth of a condition at each point.
fn truths(tree: &Tree, known: &Known, count: usize) -> Vec<bool> {
    let joined = |inner: &[Tree], wanted: bool| {
        let mut all = vec![wanted; count];
        for part in inner {
            let own = truths(part, known, count);
            all.iter_mut().zip(own).filter(|(_, own)| *own != wanted).for_each(|(all, own)| *all = own);
        }
        all
    };
    match tree {
        Tree::All(inner) => joined(inner, true),
        Tree::Any(inner) => joined(inner, false),
        Tree::Not(inner) => truths(inner, known, count).into_iter().map(|truth| !truth).collect(),
        Tree::Part(span) => known[span].clone(),
    }
}

fn of_rule<Body>(rule: &Rule<Body>) -> (Span, &Condition, Period) {
    (rule.span, &rule.condition, rule.period)
}
