//! From a plan as written to the candidates of one request: what was requested, migrations, eligibility, draws and
//! orderings, one place for each target.

use super::eligible::reasons_against;
use super::request::Request;
use crate::model::{Migration, Ordering, Plan, PlanStage, Policy, Who};
use wayleave_program::catalogue::{Requested, TargetId};
use wayleave_program::decision::{Migrated, Removed};
use wayleave_program::plan::Stage;
use wayleave_program::value::Share;

/// Who is tried.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// None of them empty, no target twice.
    pub(super) stages: Vec<Stage>,
    /// In plan order.
    pub(super) removed: Vec<Removed>,
    /// Candidates and removed targets, in plan order.
    pub(super) order: Vec<TargetId>,
    /// Targets that get a copy.
    pub(super) shadow: Vec<TargetId>,
    /// In policy order.
    pub(super) migrations: Vec<Migrated>,
}

/// The candidates of a plan. Draws of a split go by the name of the route.
pub(super) fn candidates(policy: &Policy, request: &Request<'_>, route: &str, plan: &Plan) -> Tried {
    let stages = written_out(request, plan);
    let moves = moves(policy, request, &stages);
    let mut tried = Tried {
        migrations: moves
            .iter()
            .map(|moved| Migrated { name: moved.by.name.clone(), is_drawn: moved.is_drawn })
            .collect(),
        ..Tried::default()
    };
    for stage in stages.into_iter().flat_map(|stage| migrated(stage, &moves)) {
        add(policy, request, route, &stage, &mut tried);
    }
    tried.shadow = shadows(policy, request, &moves, &tried);
    tried
}

/// `requested` as a stage for each target that the caller named.
fn written_out(request: &Request<'_>, plan: &Plan) -> Vec<PlanStage> {
    let named = match request.requested() {
        Requested::Targets(targets) => targets.as_slice(),
        Requested::Alias(_) | Requested::Nothing => &[],
    };
    let each = |stage: &PlanStage| match stage.who {
        Who::Requested => {
            let one = |target: &TargetId| PlanStage { who: Who::Target(*target), ..stage.clone() };
            named.iter().map(one).collect()
        }
        Who::Target(_) | Who::Split(..) | Who::Ordered(..) => vec![stage.clone()],
    };
    plan.stages.iter().flat_map(each).collect()
}

fn members(who: &Who) -> Vec<TargetId> {
    match who {
        Who::Target(target) => vec![*target],
        Who::Split(_, shares) => shares.iter().map(|(_, target)| *target).collect(),
        Who::Ordered(_, targets) => targets.clone(),
        Who::Requested => Vec::new(),
    }
}

/// A migration that applies, and whether the request is drawn for its new target.
struct Move<'p> {
    by: &'p Migration,
    is_drawn: bool,
}

/// The migrations whose old target stands in the plan and whose condition holds. Of two that leave one target the first
/// counts: that a policy has no such pair is not proven here.
fn moves<'p>(policy: &'p Policy, request: &Request<'_>, stages: &[PlanStage]) -> Vec<Move<'p>> {
    let mut moves: Vec<Move<'p>> = Vec::new();
    for by in &policy.migrations {
        let stands = stages.iter().any(|stage| members(&stage.who).contains(&by.old));
        let is_first = !moves.iter().any(|known| known.by.old == by.old);
        if stands && is_first && request.holds(&by.condition, None) {
            let is_drawn = request.draw(&by.name, by.sticky).is_below(share_now(by, request));
            moves.push(Move { by, is_drawn });
        }
    }
    moves
}

/// The share that a migration has reached.
fn share_now(migration: &Migration, request: &Request<'_>) -> Share {
    let begun =
        |step: &&(wayleave_program::value::Instant, Share)| request.now().is_some_and(|now| step.0 <= now);
    migration.ramp.iter().take_while(begun).last().map(|(_, share)| *share).unwrap_or_default()
}

/// A stage of which the request is drawn for another target becomes two: the new one, then the old one.
fn migrated(stage: PlanStage, moves: &[Move<'_>]) -> Vec<PlanStage> {
    let new = |target: TargetId| {
        let moved = moves.iter().find(|moved| moved.is_drawn && moved.by.old == target);
        moved.map_or(target, |moved| moved.by.new)
    };
    let who = match &stage.who {
        Who::Target(target) => Who::Target(new(*target)),
        Who::Split(by, shares) => {
            Who::Split(*by, shares.iter().map(|(share, target)| (*share, new(*target))).collect())
        }
        Who::Ordered(ordering, targets) => {
            Who::Ordered(*ordering, targets.iter().map(|target| new(*target)).collect())
        }
        Who::Requested => Who::Requested,
    };
    if who == stage.who { vec![stage] } else { vec![PlanStage { who, ..stage.clone() }, stage] }
}

/// Adds what is left of a stage: its eligible members, drawn or ordered, but for targets that stand before it.
fn add(policy: &Policy, request: &Request<'_>, route: &str, stage: &PlanStage, tried: &mut Tried) {
    let mut eligible = Vec::new();
    let mut removed = Vec::new();
    for target in members(&stage.who) {
        let reasons = reasons_against(policy, request, target);
        if reasons.is_empty() {
            eligible.push(target);
        } else {
            removed.push(Removed { target, reasons });
        }
    }
    let chosen = match &stage.who {
        Who::Target(_) | Who::Requested => eligible,
        Who::Split(by, shares) => {
            let left: Vec<(Share, TargetId)> =
                shares.iter().filter(|(_, target)| eligible.contains(target)).copied().collect();
            let drawn = request.draw(route, *by).among(left.iter().map(|(share, _)| *share));
            drawn.and_then(|position| left.get(position)).map(|(_, target)| *target).into_iter().collect()
        }
        Who::Ordered(Ordering::Cheapest, _) => {
            eligible.sort_by_key(|target| price(policy, *target));
            eligible
        }
        // Without measurements, which are no part of a policy, the order is the one written.
        Who::Ordered(Ordering::Fastest | Ordering::LeastBusy, _) => eligible,
    };
    for gone in removed {
        if !tried.order.contains(&gone.target) {
            tried.order.push(gone.target);
            tried.removed.push(gone);
        }
    }
    let mut candidates = Vec::new();
    for target in chosen {
        if !tried.order.contains(&target) {
            tried.order.push(target);
            candidates.push(target);
        }
    }
    if !candidates.is_empty() {
        let order = stage.order(candidates.len());
        tried.stages.push(Stage { candidates, order, within_ms: stage.within_ms });
    }
}

/// Input and output price together; one that states none, which a checked policy does not order, comes last.
fn price(policy: &Policy, target: TargetId) -> u128 {
    let price = policy.catalogue.target(target).price;
    price.map_or(u128::MAX, |price| u128::from(price.input.0) + u128::from(price.output.0))
}

/// The new targets that get a copy of what goes to the old ones.
fn shadows(policy: &Policy, request: &Request<'_>, moves: &[Move<'_>], tried: &Tried) -> Vec<TargetId> {
    let mut shadows = Vec::new();
    for moved in moves.iter().filter(|moved| !moved.is_drawn) {
        let Some((share, until)) = moved.by.shadow else { continue };
        let is_asked = tried.stages.iter().any(|stage| stage.candidates.contains(&moved.by.old));
        let is_in_time = until.is_none_or(|until| request.now().is_some_and(|now| now < until));
        let draw = request.draw(&format!("{}/shadow", moved.by.name), moved.by.sticky);
        let new = moved.by.new;
        if is_asked
            && is_in_time
            && draw.is_below(share)
            && !shadows.contains(&new)
            && reasons_against(policy, request, new).is_empty()
        {
            shadows.push(new);
        }
    }
    shadows
}
