//! One class of requests under both policies: in which ways its decisions differ, and which classes of requests differ in the
//! same way for the same reasons.

mod owed;

use super::alike::Alike;
use super::both::Which;
use super::outcome::{Draws, Key, Planned, Tried, Way, all_draws, fate};
use super::side::{Side, phase};
use crate::decision::boxes::{ClassSet, Constraint, Dimension};
use crate::model::Who;
use crate::proof::because::Because;
use crate::proof::formula::Formula;
use crate::proof::query::Requests;
use std::collections::{BTreeMap, BTreeSet};
use wayleave_program::catalogue::TargetId;
use wayleave_program::plan::TryOrder;

/// A way in which decisions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its candidates and shadows gain a target.
    Widens,
    /// It was not routed and is now.
    Serves,
    /// It was routed and is not any more.
    Denies,
    /// It is routed as before, and loses a target.
    Narrows,
    /// It is not routed as before, but an approval can be asked for on one side only.
    Approval,
    /// The same targets in another order, share, time limit, or with other tries.
    Reroutes,
    /// Other redactions, flags, or another level of the log.
    Inspection,
    /// Other counters or caps.
    Limits,
    /// Only at a later time.
    Later,
}

impl Kind {
    /// All, in the order in which they matter.
    pub const ALL: [Kind; 9] = [
        Kind::Widens,
        Kind::Serves,
        Kind::Denies,
        Kind::Narrows,
        Kind::Approval,
        Kind::Reroutes,
        Kind::Inspection,
        Kind::Limits,
        Kind::Later,
    ];

    /// As documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Widens => "widens",
            Kind::Serves => "serves",
            Kind::Denies => "denies",
            Kind::Narrows => "narrows",
            Kind::Approval => "approval",
            Kind::Reroutes => "reroutes",
            Kind::Inspection => "inspection",
            Kind::Limits => "limits",
            Kind::Later => "later",
        }
    }
}

/// What becomes of requests, as far as it is told apart here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// They go to somebody.
    Routed,
    /// An approval can be asked for.
    Approval,
    /// They go nowhere.
    Denied,
}

/// How decisions differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signature {
    pub(super) kinds: BTreeSet<Kind>,
    /// What became of them; of several that depends on draws.
    pub(super) old: BTreeSet<Fate>,
    pub(super) new: BTreeSet<Fate>,
    /// Who is asked now and was not; of those that were routed before.
    pub(super) gained: BTreeSet<TargetId>,
    pub(super) lost: BTreeSet<TargetId>,
    /// What is owed or counted otherwise, in words.
    pub(super) items: BTreeSet<String>,
}

/// A class of requests.
#[derive(Debug)]
pub(super) struct Cell {
    /// No kinds: they are decided alike.
    pub(super) signature: Signature,
    /// Whatever else a request is that no `deny` holds of where none does here, it differs in this way.
    pub(super) constraints: Vec<Constraint>,
    /// On each side the answer of all of them, where that has a plan.
    pub(super) answers: [Option<u32>; 2],
}

/// Both sides, asked together.
pub(super) struct Pair<'s> {
    pub(super) sides: [&'s Side<'s>; 2],
    pub(super) alike: &'s Alike,
    pub(super) requests: &'s Requests<'s>,
    /// What is computed and has a name that both share.
    pub(super) named: BTreeSet<Dimension>,
}

/// One request of both sides while it is looked at.
struct Look<'a, 's> {
    pair: &'a Pair<'s>,
    classes: &'a [u32],
    because: Because<'a>,
    found: Signature,
}

impl<'s> Pair<'s> {
    /// Of a request of these classes.
    pub(super) fn cell<'a>(&'a self, classes: &'a [u32]) -> Cell {
        let because = Because::new(self.requests, &self.named, classes);
        let mut look = Look { pair: self, classes, because, found: Signature::default() };
        let ways = self.sides.map(|side| Way::of(side, self.requests, classes));
        look.compare(&ways);
        let answers = [0, 1].map(|at| ways[at].planned().map(|planned| planned.number));
        Cell { signature: look.found, constraints: look.because.constraints(), answers }
    }

    fn canonical(&self, targets: impl Iterator<Item = TargetId>) -> BTreeSet<TargetId> {
        targets.map(|target| self.alike.canonical(target)).collect()
    }
}

impl<'s> Look<'_, 's> {
    fn side(&self, which: Which) -> &'s Side<'s> {
        self.pair.sides[which as usize]
    }

    fn compare(&mut self, ways: &[Way<'s>; 2]) {
        for which in Which::BOTH {
            let side = self.side(which);
            match &ways[which as usize] {
                Way::Denied => self.learn(&side.is_denied()),
                Way::Refused(None) => self.learn(&side.is_left_over()),
                Way::Refused(Some(number)) => self.learn(&side.is_answered(*number)),
                Way::Plan(planned) => {
                    self.learn(&side.is_answered(planned.number));
                    self.named(side, planned);
                }
            }
        }
        match (ways[0].planned(), ways[1].planned()) {
            (None, None) => {}
            (Some(planned), None) => self.one_sided(Which::Old, planned),
            (None, Some(planned)) => self.one_sided(Which::New, planned),
            (Some(old), Some(new)) => self.both(old, new),
        }
    }

    fn learn(&mut self, formula: &Formula<'_>) {
        self.because.learn(formula);
    }

    /// What the caller names, where the plan asks for it.
    fn named(&mut self, side: &'s Side<'s>, planned: &Planned<'s>) {
        if planned.plan.stages.iter().any(|stage| stage.who == Who::Requested) {
            let named: Vec<Formula<'s>> = side.named.iter().map(|(_, named)| Formula::from(*named)).collect();
            match named.iter().find(|named| self.pair.requests.holds(named, self.classes)) {
                Some(own) => self.learn(own),
                None => named.iter().for_each(|named| self.learn(named)),
            }
        }
    }

    /// Only one side has a plan.
    fn one_sided(&mut self, which: Which, planned: &Planned<'s>) {
        let side = self.side(which);
        let fates = match planned.written().into_iter().find(|target| planned.eligible.contains(target)) {
            Some(target) => {
                // Whatever is drawn, somebody is asked.
                self.learn(&side.is_eligible(target));
                BTreeSet::from([Fate::Routed])
            }
            None => {
                self.all_of(side, planned);
                let draws = self.draws(&[planned]);
                draws.iter().map(|draws| fate(&planned.tried(side, draws))).collect()
            }
        };
        if fates == BTreeSet::from([Fate::Denied]) {
            return;
        }
        let is_routed = fates.contains(&Fate::Routed);
        let kinds: &[Kind] = match (which, is_routed) {
            (Which::Old, true) => &[Kind::Denies],
            (Which::New, true) => &[Kind::Serves, Kind::Widens],
            (_, false) => &[Kind::Approval],
        };
        self.found.kinds.extend(kinds);
        let denied = BTreeSet::from([Fate::Denied]);
        (self.found.old, self.found.new) = match which {
            Which::Old => (fates, denied),
            Which::New => (denied, fates),
        };
    }

    /// Every draw that makes a difference to one of these.
    fn draws(&self, planned: &[&Planned<'s>]) -> Vec<Draws> {
        let mut starts: BTreeMap<Key, BTreeSet<u64>> = BTreeMap::new();
        planned.iter().for_each(|planned| planned.add_draws(&mut starts));
        all_draws(&starts).unwrap_or_else(|| vec![Draws::new()])
    }

    /// All that decides who is asked.
    fn all_of(&mut self, side: &'s Side<'s>, planned: &Planned<'s>) {
        self.moves_of(side, planned);
        for target in planned.standing() {
            self.eligibility(side, target);
        }
    }

    fn eligibility(&mut self, side: &'s Side<'s>, target: TargetId) {
        let base = side.base(target);
        let holds = self.pair.requests.holds(&base, self.classes);
        self.learn(&base);
        if holds {
            self.learn(&side.subject.lacks_grant(target));
        }
    }

    /// Which migrations apply, and what they do at the time.
    fn moves_of(&mut self, side: &'s Side<'s>, planned: &Planned<'s>) {
        let written = planned.written();
        let mut is_timed = false;
        for number in side.part.migrations.clone() {
            let by = &side.policy().migrations[number as usize];
            let is_moved = planned.moves.iter().any(|moved| moved.number == number);
            let is_decided = planned.moves.iter().any(|moved| moved.number < number && moved.old == by.old);
            if written.contains(&by.old) && !is_decided {
                self.learn(&side.migrates(number));
                is_timed |= is_moved;
            }
        }
        let Some(clock) = side.clock().filter(|_| is_timed) else { return };
        let phases = |class: u32| {
            let now = side.instant(class)?;
            let own = planned
                .moves
                .iter()
                .map(|moved| phase(&side.policy().migrations[moved.number as usize], now));
            Some(own.collect::<Vec<_>>())
        };
        let own = phases(self.classes[clock.0 as usize]);
        let all = 0..side.subject.rules.partition.count(clock);
        self.because.within(clock, &ClassSet::of(all.filter(|class| phases(*class) == own)));
    }

    fn both(&mut self, old: &Planned<'s>, new: &Planned<'s>) {
        let [one, other] = self.pair.sides;
        let draws = self.draws(&[old, new]);
        let tried: Vec<[Tried; 2]> =
            draws.iter().map(|draws| [old.tried(one, draws), new.tried(other, draws)]).collect();
        let attempts = [0, 1].map(|at| {
            self.pair.canonical(tried.iter().flat_map(|tried| tried[at].attempts().collect::<Vec<_>>()))
        });
        let gained: BTreeSet<TargetId> = attempts[1].difference(&attempts[0]).copied().collect();
        let lost: BTreeSet<TargetId> = attempts[0].difference(&attempts[1]).copied().collect();
        let is_shaped_alike = self.is_shaped_alike(old, new);
        for (side, planned) in [(one, old), (other, new)] {
            if !is_shaped_alike || self.may_bring(side, planned) {
                self.moves_of(side, planned);
            }
        }
        let needs_all = !is_shaped_alike && gained.is_empty() && lost.is_empty();
        if needs_all {
            self.all_of(one, old);
            self.all_of(other, new);
        } else {
            self.unlike(old, new, is_shaped_alike);
        }
        self.fates(&tried);
        let both_routed = tried.iter().any(|[old, new]| old.is_routed() && new.is_routed());
        let is_changed = !gained.is_empty() || !lost.is_empty();
        let reroutes = tried.iter().any(|[old, new]| self.is_other_way(old, new));
        let tries = old.plan.tries != new.plan.tries
            && super::alike::tries(old.plan) != super::alike::tries(new.plan);
        if both_routed && !gained.is_empty() {
            self.found.kinds.insert(Kind::Widens);
        }
        if both_routed && !lost.is_empty() {
            self.found.kinds.insert(Kind::Narrows);
        }
        if both_routed && !is_changed && (reroutes || tries) {
            self.found.kinds.insert(Kind::Reroutes);
        }
        let is_different = is_changed || !self.found.kinds.is_empty();
        self.found.gained = if both_routed { gained } else { BTreeSet::new() };
        self.found.lost = if both_routed { lost } else { BTreeSet::new() };
        if both_routed {
            // Asked on both sides by one request.
            let asked = tried.iter().flat_map(|[old, new]| {
                let [old, new] = [old, new].map(|tried| self.pair.canonical(tried.attempts()));
                old.intersection(&new).copied().collect::<Vec<_>>()
            });
            let asked: BTreeSet<TargetId> = asked.collect();
            self.owed(old, new, &asked);
            self.counters();
        }
        // That somebody is asked matters as soon as there is a difference, or would be one if somebody were.
        let alike = self.pair.alike;
        let may_owe = old.standing().iter().any(|target| alike.owed.contains_key(&alike.canonical(*target)));
        let would_differ =
            !both_routed && (may_owe || !alike.counters.is_empty()) || self.may_grant_otherwise(old, new);
        if is_different || would_differ || !self.found.kinds.is_empty() {
            self.routed(old, new);
        }
        if self.found.kinds.is_empty() {
            self.found = Signature::default();
        }
    }

    /// Whether a migration can bring somebody of whom something is not alike.
    fn may_bring(&self, side: &Side<'s>, planned: &Planned<'s>) -> bool {
        let alike = self.pair.alike;
        let written = planned.written();
        side.part.migrations.clone().any(|number| {
            let by = &side.policy().migrations[number as usize];
            let new = alike.canonical(by.new);
            let is_unlike = alike.unlike.contains_key(&new) || alike.owed.contains_key(&new);
            is_unlike && written.contains(&by.old) && !written.contains(&by.new)
        })
    }

    /// Whether the plans say the same and what moves their requests does.
    fn is_shaped_alike(&self, old: &Planned<'s>, new: &Planned<'s>) -> bool {
        let alike = self.pair.alike;
        let asks = old.plan.stages.iter().any(|stage| stage.who == Who::Requested);
        let written = [old, new].map(|planned| {
            planned.written().into_iter().map(|target| alike.canonical(target)).collect::<Vec<_>>()
        });
        let are_moves_alike = [(Which::Old, old), (Which::New, new)].iter().all(|(which, planned)| {
            let side = self.side(*which);
            let targets = planned.written();
            alike.migrations[*which as usize]
                .iter()
                .all(|number| !targets.contains(&side.policy().migrations[*number as usize].old))
        });
        alike.say_the_same(old.number, new.number) && (!asks || written[0] == written[1]) && are_moves_alike
    }

    /// Who may be asked, of those of whom that may differ.
    fn unlike(&mut self, old: &Planned<'s>, new: &Planned<'s>, is_shaped_alike: bool) {
        let alike = self.pair.alike;
        let [one, other] = self.pair.sides;
        let written = [old, new].map(|planned| self.pair.canonical(planned.written().into_iter()));
        for (planned, side) in [(old, one), (new, other)] {
            for target in planned.standing() {
                let canonical = alike.canonical(target);
                let is_same = !alike.unlike.contains_key(&canonical)
                    && alike.of_side(one, canonical).is_some()
                    && alike.of_side(other, canonical).is_some()
                    && (is_shaped_alike || written.iter().all(|own| own.contains(&canonical)));
                if is_same {
                    continue;
                }
                self.eligibility(side, target);
                // One that a migration brings is asked at its time, and copied to where the old one is asked.
                if !planned.written().contains(&target) {
                    self.moves_of(side, planned);
                    for moved in planned.moves.iter().filter(|moved| moved.new == target) {
                        self.eligibility(side, moved.old);
                    }
                }
            }
        }
    }

    /// Whether somebody could be granted on one side alone: it matters as soon as nobody else is asked.
    fn may_grant_otherwise(&self, old: &Planned<'s>, new: &Planned<'s>) -> bool {
        let alike = self.pair.alike;
        let [one, other] = self.pair.sides;
        let after = new.standing();
        old.standing().into_iter().any(|target| {
            let canonical = alike.canonical(target);
            let same = after.iter().find(|other| alike.canonical(**other) == canonical);
            let holds = |formula: Formula<'s>| self.pair.requests.holds(&formula, self.classes);
            alike.unlike.contains_key(&canonical)
                && same.is_some_and(|same| holds(one.base(target)) != holds(other.base(*same)))
        })
    }

    fn fates(&mut self, tried: &[[Tried; 2]]) {
        for [one, other] in tried {
            let (before, after) = (fate(one), fate(other));
            self.found.old.insert(before);
            self.found.new.insert(after);
            match (before, after) {
                (Fate::Routed, Fate::Routed) => {}
                (Fate::Routed, _) => {
                    self.found.kinds.insert(Kind::Denies);
                }
                (_, Fate::Routed) => self.found.kinds.extend([Kind::Serves, Kind::Widens]),
                (before, after) if before != after => {
                    self.found.kinds.insert(Kind::Approval);
                }
                _ => {}
            }
        }
    }

    /// That somebody is asked, or that nobody is.
    fn routed(&mut self, old: &Planned<'s>, new: &Planned<'s>) {
        let [one, other] = self.pair.sides;
        let alike = self.pair.alike;
        let eligible = |planned: &Planned<'s>| -> Vec<TargetId> {
            planned.written().into_iter().filter(|target| planned.eligible.contains(target)).collect()
        };
        let (before, after) = (eligible(old), eligible(new));
        let shared = before.iter().find_map(|target| {
            let other = after.iter().find(|other| alike.canonical(**other) == alike.canonical(*target));
            other.map(|other| (*target, *other))
        });
        let chosen = match shared {
            Some((old, new)) => [Some(old), Some(new)],
            None => [before.first().copied(), after.first().copied()],
        };
        for (target, (side, planned)) in chosen.into_iter().zip([(one, old), (other, new)]) {
            match target {
                Some(target) => self.learn(&side.is_eligible(target)),
                None => self.all_of(side, planned),
            }
        }
    }

    fn is_other_way(&self, old: &Tried, new: &Tried) -> bool {
        let alike = self.pair.alike;
        let written = |tried: &Tried| {
            let stage = |(targets, within, order): &(Vec<TargetId>, Option<u64>, TryOrder)| {
                let targets: Vec<TargetId> = targets.iter().map(|one| alike.canonical(*one)).collect();
                (targets, *within, *order)
            };
            let stages: Vec<_> = tried.stages.iter().map(stage).collect();
            (stages, tried.shadow.iter().map(|one| alike.canonical(*one)).collect::<Vec<_>>())
        };
        old.is_routed() && new.is_routed() && written(old) != written(new)
    }
}
