//! What becomes of one class of requests on one side, for every draw: who is tried, in which order, and who gets a copy.

use super::cell::Fate;
use super::side::{Side, phase};
use crate::model::draw::Draw;
use crate::model::{Ordering, Plan, PlanStage, Who};
use crate::proof::query::Requests;
use crate::proof::subject::members;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::TargetId;
use wayleave_program::plan::TryOrder;
use wayleave_program::schema::AttributeId;
use wayleave_program::value::{DEFAULT_NOW, Share};

/// By what something is drawn: a name, and an attribute or else the request's id.
pub(super) type Key = (String, Option<AttributeId>);

/// Draws, as fractions of 2⁶⁴.
pub(super) type Draws = BTreeMap<Key, u64>;

/// A migration that applies to a plan.
#[derive(Debug, Clone)]
pub(super) struct Move {
    /// Its number in both.
    pub(super) number: u32,
    pub(super) old: TargetId,
    pub(super) new: TargetId,
    share: Share,
    shadow: Share,
    key: Key,
    shadow_key: Key,
}

/// A plan that answers, and all that can be asked of it.
#[derive(Debug, Clone)]
pub(super) struct Planned<'s> {
    pub(super) number: u32,
    pub(super) plan: &'s Plan,
    /// `requested` written out.
    stages: Vec<PlanStage>,
    pub(super) moves: Vec<Move>,
    split: String,
    /// Those of the plan and of its migrations that may be asked.
    pub(super) eligible: BTreeSet<TargetId>,
    /// Those that could be asked but for a grant.
    pub(super) grantable: BTreeSet<TargetId>,
}

/// What becomes of a class of requests.
#[derive(Debug, Clone)]
pub(super) enum Way<'s> {
    /// A `deny` holds.
    Denied,
    /// No answer holds, or an arm denies.
    Refused(Option<u32>),
    /// A plan answers.
    Plan(Planned<'s>),
}

/// Who is tried under some draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tried {
    /// With the time limit of each stage, in milliseconds, and what reorders it.
    pub(super) stages: Vec<(Vec<TargetId>, Option<u64>, TryOrder)>,
    pub(super) shadow: Vec<TargetId>,
    /// Whether a grant would let somebody be asked.
    pub(super) is_grantable: bool,
}

impl Tried {
    /// Everybody who is sent the request, in order.
    pub(super) fn attempts(&self) -> impl Iterator<Item = TargetId> + '_ {
        self.stages
            .iter()
            .flat_map(|(targets, ..)| targets.iter().copied())
            .chain(self.shadow.iter().copied())
    }

    pub(super) fn is_routed(&self) -> bool {
        !self.stages.is_empty()
    }
}

impl<'s> Way<'s> {
    /// Of a request of these classes.
    pub(super) fn of(side: &Side<'s>, requests: &Requests<'_>, classes: &[u32]) -> Way<'s> {
        if requests.holds(&side.is_denied(), classes) {
            return Way::Denied;
        }
        let Some(number) = side.answer(classes) else { return Way::Refused(None) };
        match side.plan(number) {
            None => Way::Refused(Some(number)),
            Some(plan) => Way::Plan(Planned::of(side, requests, classes, number, plan)),
        }
    }

    pub(super) fn planned(&self) -> Option<&Planned<'s>> {
        match self {
            Way::Plan(planned) => Some(planned),
            Way::Denied | Way::Refused(_) => None,
        }
    }
}

impl<'s> Planned<'s> {
    fn of(
        side: &Side<'s>,
        requests: &Requests<'_>,
        classes: &[u32],
        number: u32,
        plan: &'s Plan,
    ) -> Planned<'s> {
        let named = side.named.iter().find(|(_, named)| named.holds(classes)).map(|(targets, _)| *targets);
        let mut stages = Vec::new();
        for stage in &plan.stages {
            match stage.who {
                Who::Requested => stages.extend(
                    named
                        .into_iter()
                        .flatten()
                        .map(|target| PlanStage { who: Who::Target(*target), ..stage.clone() }),
                ),
                Who::Target(_) | Who::Split(..) | Who::Ordered(..) => stages.push(stage.clone()),
            }
        }
        let now =
            side.clock().and_then(|clock| side.instant(classes[clock.0 as usize])).unwrap_or(DEFAULT_NOW);
        let mut moves: Vec<Move> = Vec::new();
        for migration in side.part.migrations.clone() {
            let by = &side.policy().migrations[migration as usize];
            let stands = stages.iter().any(|stage| members(&stage.who).contains(&by.old));
            let is_first = !moves.iter().any(|known| known.old == by.old);
            if stands && is_first && requests.holds(&side.migrates(migration), classes) {
                let (share, shadow) = phase(by, now);
                moves.push(Move {
                    number: migration,
                    old: by.old,
                    new: by.new,
                    share,
                    shadow,
                    key: (by.name.clone(), by.sticky),
                    shadow_key: (format!("{}/shadow", by.name), by.sticky),
                });
            }
        }
        let mut planned = Planned {
            number,
            plan,
            stages,
            moves,
            split: side.route_name(number).to_owned(),
            eligible: BTreeSet::new(),
            grantable: BTreeSet::new(),
        };
        for target in planned.standing() {
            let base = requests.holds(&side.base(target), classes);
            let is_granted = !requests.holds(&side.subject.lacks_grant(target), classes);
            match (base, is_granted) {
                (true, true) => {
                    planned.eligible.insert(target);
                }
                (true, false) => {
                    planned.grantable.insert(target);
                }
                (false, _) => {}
            }
        }
        planned
    }

    /// Those that stand in the plan as written, each once, in its order.
    pub(super) fn written(&self) -> Vec<TargetId> {
        let mut found = Vec::new();
        for target in self.stages.iter().flat_map(|stage| members(&stage.who)) {
            if !found.contains(&target) {
                found.push(target);
            }
        }
        found
    }

    /// Those, and where a migration applies, its new target.
    pub(super) fn standing(&self) -> Vec<TargetId> {
        let mut found = self.written();
        for moved in &self.moves {
            if !found.contains(&moved.new) {
                found.push(moved.new);
            }
        }
        found
    }

    /// Adds where something that it draws changes, by what it is drawn.
    pub(super) fn add_draws(&self, found: &mut BTreeMap<Key, BTreeSet<u64>>) {
        for stage in &self.stages {
            let Who::Split(by, shares) = &stage.who else { continue };
            let entry = found.entry((self.split.clone(), *by)).or_insert_with(|| BTreeSet::from([0]));
            // Of a stage whose members are moved, both are drawn, each among those that are eligible.
            for moved in [false, true] {
                let left: Vec<Share> = shares
                    .iter()
                    .filter(|(_, target)| {
                        let target = if moved { self.moved(*target, |_| true) } else { *target };
                        self.eligible.contains(&target)
                    })
                    .map(|(share, _)| *share)
                    .collect();
                entry.extend(Draw::ends(&left));
            }
        }
        for moved in &self.moves {
            if moved.share > Share(0) {
                let entry = found.entry(moved.key.clone()).or_insert_with(|| BTreeSet::from([0]));
                entry.extend(Draw::end(moved.share));
            }
            if moved.shadow > Share(0) {
                let entry = found.entry(moved.shadow_key.clone()).or_insert_with(|| BTreeSet::from([0]));
                entry.extend(Draw::end(moved.shadow));
            }
        }
    }

    fn moved(&self, target: TargetId, is_drawn: impl Fn(&Move) -> bool) -> TargetId {
        let moved = self.moves.iter().find(|moved| moved.old == target && is_drawn(moved));
        moved.map_or(target, |moved| moved.new)
    }

    /// Who is tried where the draws are these.
    pub(super) fn tried(&self, side: &Side<'_>, draws: &Draws) -> Tried {
        let draw = |key: &Key| Draw::at(draws.get(key).copied().unwrap_or_default());
        let is_drawn = |moved: &Move| draw(&moved.key).is_below(moved.share);
        let mut tried = Tried { stages: Vec::new(), shadow: Vec::new(), is_grantable: false };
        let mut order: Vec<TargetId> = Vec::new();
        for stage in &self.stages {
            let new = |target: TargetId| self.moved(target, is_drawn);
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
            let is_moved = who != stage.who;
            for who in std::iter::once(&who).chain(is_moved.then_some(&stage.who)) {
                let chosen = self.chosen(side, who, &draw);
                // One that may not be asked stands there all the same.
                for target in members(who) {
                    if !self.eligible.contains(&target) && !order.contains(&target) {
                        order.push(target);
                        tried.is_grantable |= self.grantable.contains(&target);
                    }
                }
                let mut candidates = Vec::new();
                for target in chosen {
                    if !order.contains(&target) {
                        order.push(target);
                        candidates.push(target);
                    }
                }
                if !candidates.is_empty() {
                    // Whoever is asked in the same order is asked the same, whatever has put them in it.
                    let order = stage.order(candidates.len()).measured();
                    tried.stages.push((candidates, stage.within_ms, order));
                }
            }
        }
        for moved in self.moves.iter().filter(|moved| !is_drawn(moved)) {
            let is_asked = tried.stages.iter().any(|(candidates, ..)| candidates.contains(&moved.old));
            if is_asked
                && draw(&moved.shadow_key).is_below(moved.shadow)
                && !tried.shadow.contains(&moved.new)
                && self.eligible.contains(&moved.new)
            {
                tried.shadow.push(moved.new);
            }
        }
        tried
    }

    fn chosen(&self, side: &Side<'_>, who: &Who, draw: &dyn Fn(&Key) -> Draw) -> Vec<TargetId> {
        let mut eligible = members(who);
        eligible.retain(|target| self.eligible.contains(target));
        match who {
            Who::Target(_) | Who::Requested => eligible,
            Who::Split(by, shares) => {
                let left: Vec<(Share, TargetId)> =
                    shares.iter().filter(|(_, target)| eligible.contains(target)).copied().collect();
                let drawn = draw(&(self.split.clone(), *by)).among(left.iter().map(|(share, _)| *share));
                drawn.and_then(|position| left.get(position)).map(|(_, target)| *target).into_iter().collect()
            }
            Who::Ordered(Ordering::Cheapest, _) => {
                let catalogue = &side.policy().catalogue;
                eligible.sort_by_key(|target| {
                    let price = catalogue.target(*target).price;
                    price.map_or(u128::MAX, |price| u128::from(price.input.0) + u128::from(price.output.0))
                });
                eligible
            }
            Who::Ordered(Ordering::Fastest | Ordering::LeastBusy, _) => eligible,
        }
    }
}

/// More draws together than this are not told apart one by one.
const DRAWS: usize = 20_000;

/// Every way in which draws can fall, as far as that makes a difference; none where there are too many.
pub(super) fn all_draws(starts: &BTreeMap<Key, BTreeSet<u64>>) -> Option<Vec<Draws>> {
    let count = starts.values().try_fold(1_usize, |count, own| count.checked_mul(own.len()));
    if count.is_none_or(|count| count > DRAWS) {
        return None;
    }
    let mut all = vec![Draws::new()];
    for (key, starts) in starts {
        let with = |known: &Draws, start: u64| {
            let mut more = known.clone();
            more.insert(key.clone(), start);
            more
        };
        all = all.iter().flat_map(|known| starts.iter().map(|start| with(known, *start))).collect();
    }
    Some(all)
}

/// What becomes of a request that is tried so.
pub(super) fn fate(tried: &Tried) -> Fate {
    match (tried.is_routed(), tried.is_grantable) {
        (true, _) => Fate::Routed,
        (false, true) => Fate::Approval,
        (false, false) => Fate::Denied,
    }
}
