//! Where the requests of a route go, with groups and plans written out, and what the worst is that can come of it: how many
//! are asked, how often, how long it takes, and who is the dearest.

use super::Known;
use super::facts::listed;
use crate::features::targets::{Reach, one_line, price_and_region};
use std::collections::BTreeSet;
use wayleave_compiler::Policy;
use wayleave_compiler::model::{ArmOutcome, Ordering, Plan, PlanStage, Route, RouteBody, Who};
use wayleave_compiler::source::{FileId, Span};
use wayleave_grammar::SyntaxToken;
use wayleave_grammar::ast::{self, Item, Node, Outcome, StageKind, ToClause};
use wayleave_program::catalogue::TargetId;

/// All that follows from a route.
pub(super) fn route(known: &Known<'_>, policy: &Policy, name: &str) -> Vec<String> {
    let Some(route) = policy.routes.iter().find(|route| route.name == name) else { return Vec::new() };
    let mut parts = Vec::new();
    if let Some(outer) = route.inside.and_then(|id| policy.routes.get(id.0 as usize)) {
        parts.push(format!("takes a part of the requests of `{}`", outer.name));
    }
    match &route.body {
        RouteBody::Plan(plan) => {
            parts.push(format!("plan:\n\n{}", stages(policy, plan)));
            parts.push(format!("at worst:\n\n{}", worst(known, policy, plan, written(known, route, None))));
        }
        RouteBody::Arms(arms) => {
            for (arm, number) in arms.iter().zip(1..) {
                parts.push(match &arm.outcome {
                    ArmOutcome::Plan(plan) => format!("plan of arm {number}:\n\n{}", stages(policy, plan)),
                    ArmOutcome::Deny(words) => format!("arm {number} denies: {words}"),
                });
                if let ArmOutcome::Plan(plan) = &arm.outcome {
                    let to = written(known, route, Some(arm.span));
                    parts.push(format!("at worst:\n\n{}", worst(known, policy, plan, to)));
                }
            }
        }
    }
    parts
}

/// What a word of a plan comes to in the route in which it stands: `else`, `failover`, `retry` and the like.
pub(super) fn of_word(known: &Known<'_>, file: FileId, token: &SyntaxToken) -> Option<String> {
    if !matches!(token.text(), "else" | "failover" | "retry" | "backoff" | "hedge" | "deadline" | "within") {
        return None;
    }
    let policy = known.policy?;
    let to = token.parent_ancestors().find_map(ToClause::cast)?;
    let item = token.parent_ancestors().find_map(ast::Route::cast)?;
    let route =
        policy.routes.iter().find(|route| item.name().is_some_and(|name| name.text() == route.name))?;
    let at = Span::new(file, to.range());
    let plan = match &route.body {
        RouteBody::Plan(plan) => plan,
        RouteBody::Arms(arms) => {
            let is_around = |span: Span| span.file == file && span.start <= at.start && at.end <= span.end;
            arms.iter().find(|arm| is_around(arm.span))?.outcome.plan()?
        }
    };
    Some(format!("`route {}`, at worst:\n\n{}", route.name, worst(known, policy, plan, Some(to))))
}

/// The stages of a plan that has a name, with groups and plans written out; by the trees alone.
pub(super) fn named(known: &Known<'_>, name: &str) -> String {
    let mut lines = Vec::new();
    // Each plan once: a second time it adds no candidate, and a circle is told elsewhere.
    let mut seen = BTreeSet::new();
    let mut open = vec![Piece::Plan(name.to_owned())];
    while let Some(piece) = open.pop() {
        match piece {
            Piece::Line(line) => lines.push(line),
            Piece::Plan(name) if seen.insert(name.clone()) => {
                open.extend(pieces(known, &name).into_iter().rev());
            }
            Piece::Plan(_) => {}
        }
    }
    let numbered = lines.iter().zip(1..).map(|(line, number)| format!("{number}. {line}"));
    format!("stages:\n\n{}", numbered.collect::<Vec<_>>().join("\n"))
}

/// A stage of a plan, or a plan that stands for its own.
enum Piece {
    Line(String),
    Plan(String),
}

fn pieces(known: &Known<'_>, name: &str) -> Vec<Piece> {
    let reach = Reach::of(known.sources);
    let in_file = |file: FileId| {
        let items: Vec<Item> = known.sources.file(file).parse.root().items().collect();
        items.into_iter().find_map(|item| match item {
            Item::Plan(plan) if plan.name().is_some_and(|own| own.text() == name) => plan.expression(),
            _ => None,
        })
    };
    let Some(plan) = known.sources.ids().find_map(in_file) else { return Vec::new() };
    let of_stage = |stage: ast::Stage| match stage.kind() {
        Some(StageKind::Plan(plan)) => {
            vec![Piece::Plan(plan.name().map(|name| name.text()).unwrap_or_default())]
        }
        Some(StageKind::Group(group)) => {
            let members = reach.group(&group.name().map(|name| name.text()).unwrap_or_default());
            members.into_iter().map(|name| Piece::Line(format!("`{name}`"))).collect()
        }
        Some(StageKind::Path(_) | StageKind::Requested(_) | StageKind::Split(_) | StageKind::Ordering(_))
        | None => {
            let text = one_line(stage.syntax());
            vec![Piece::Line(format!("`{text}`"))]
        }
    };
    plan.stages().flat_map(of_stage).collect()
}

/// The `to` of a route, or of one of its arms.
fn written(known: &Known<'_>, route: &Route, arm: Option<Span>) -> Option<ToClause> {
    let Item::Route(item) = super::item_at(known.sources, route.span)? else { return None };
    let file = route.span.file;
    let Some(arm) = arm else { return item.to() };
    let is_it = |one: &ast::Arm| Span::new(file, one.range()) == arm;
    match item.arms()?.arms().find(is_it)?.outcome()? {
        Outcome::To(to) => Some(to),
        Outcome::Deny(_) => None,
    }
}

/// The stages in order, as a list.
pub(super) fn stages(policy: &Policy, plan: &Plan) -> String {
    let lines =
        plan.stages.iter().zip(1..).map(|(stage, number)| format!("{number}. {}", one_stage(policy, stage)));
    lines.collect::<Vec<_>>().join("\n")
}

fn one_stage(policy: &Policy, stage: &PlanStage) -> String {
    let name = |id: &TargetId| policy.catalogue.target(*id).name.clone();
    match &stage.who {
        Who::Target(id) => format!("`{}`", name(id)),
        Who::Requested => "what the caller asks for".to_owned(),
        Who::Split(_, shares) => format!("one of {}, drawn", listed(shares.iter().map(|(_, id)| name(id)))),
        Who::Ordered(order, targets) => {
            let word = match order {
                Ordering::Cheapest => "cheapest",
                Ordering::Fastest => "fastest",
                Ordering::LeastBusy => "least busy",
            };
            format!("{}, the {word} first", listed(targets.iter().map(name)))
        }
    }
}

/// What the longest, the dearest way through a plan is.
fn worst(known: &Known<'_>, policy: &Policy, plan: &Plan, to: Option<ToClause>) -> String {
    let mut lines = vec![asked(plan), format!("the next one follows on {}", failures(plan))];
    let deadline = to.as_ref().and_then(|to| to.deadline()).map(|clause| one_line(clause.syntax()));
    lines.push(match deadline {
        Some(deadline) => format!("all of it within {}", deadline.trim_start_matches("deadline ")),
        None => "no `deadline` of its own: the gateway's counts".to_owned(),
    });
    let members = members(plan);
    lines.extend(dearest(known, policy, &members));
    let moved = policy.migrations.iter().filter(|migration| members.contains(&migration.old));
    lines.extend(moved.map(|migration| {
        let new = &policy.catalogue.target(migration.new).name;
        format!("`migrate {}` can put `{new}` before one of them", migration.name)
    }));
    lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

/// How many are asked, and how often.
fn asked(plan: &Plan) -> String {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    let mut is_open = false;
    for stage in &plan.stages {
        match &stage.who {
            Who::Target(id) => count += usize::from(seen.insert(*id)),
            Who::Ordered(_, ids) => count += ids.iter().filter(|id| seen.insert(**id)).count(),
            // One of them is drawn; which one may stand elsewhere too.
            Who::Split(..) => count += 1,
            Who::Requested => is_open = true,
        }
    }
    let targets = if count == 1 { "1 target is".to_owned() } else { format!("{count} targets are") };
    let times = match plan.tries.retry {
        0 => "once each".to_owned(),
        retry => format!("up to {} times each", retry + 1),
    };
    let more = if is_open { ", beside those that the caller asks for" } else { "" };
    format!("{targets} asked, {times}{more}")
}

fn failures(plan: &Plan) -> String {
    listed(plan.tries.failover.iter().map(|class| class.name()))
}

/// Every target that a plan names, ascending.
fn members(plan: &Plan) -> BTreeSet<TargetId> {
    let of_stage = |stage: &PlanStage| match &stage.who {
        Who::Target(id) => vec![*id],
        Who::Requested => Vec::new(),
        Who::Split(_, shares) => shares.iter().map(|(_, id)| *id).collect(),
        Who::Ordered(_, ids) => ids.clone(),
    };
    plan.stages.iter().flat_map(of_stage).collect()
}

/// Who costs most, by input and output price together; and who has no price.
fn dearest(known: &Known<'_>, policy: &Policy, members: &BTreeSet<TargetId>) -> Vec<String> {
    let priced = members.iter().filter_map(|id| Some((*id, policy.catalogue.target(*id).price?)));
    let most = priced
        .max_by_key(|(id, price)| (price.input.0.saturating_add(price.output.0), std::cmp::Reverse(id.0)));
    let mut lines = Vec::new();
    if let Some((id, _)) = most {
        let name = &policy.catalogue.target(id).name;
        let price = price_and_region(known.sources).remove(name);
        lines.push(format!("the dearest is `{name}`: {}", price.unwrap_or_default()));
    }
    let names = members.iter().map(|id| policy.catalogue.target(*id));
    let unknown: Vec<String> = names.filter(|one| one.price.is_none()).map(|one| one.name.clone()).collect();
    if !unknown.is_empty() {
        lines.push(format!("no price is stated for {}", listed(unknown)));
    }
    lines
}
