//! All requests that are decided differently, as few boxes: found one by one, each widened to all that differs in the same way
//! for the same reasons, then joined where together they are more.

use super::cell::{Cell, Kind, Pair, Signature};
use super::suspects::{self, Part};
use crate::decision::boxes::Dimension;
use crate::decision::layers::LayerKind;
use crate::proof::formula::Formula;
use crate::proof::spaces::{self, Cells, Space};
use std::collections::BTreeSet;

/// So many ways are looked at one by one, of a large policy fewer; what is left then is one region that says so.
const CELLS: usize = 1_500;
const FEWEST: usize = 100;

/// The boxes of a policy times the ways that are looked at come to so much: each is compared with all of those.
const WORK: usize = 2_000_000;

/// So many of one cause, as long as there are any.
const LEAST: usize = 4;

/// Requests that differ in one way.
#[derive(Debug)]
pub(super) struct Found {
    /// Only those of them.
    pub(super) part: Part,
    pub(super) signature: Signature,
    /// One of them.
    pub(super) spaces: Vec<Space>,
    /// Of each of those, on each side, the answers with a plan that its requests may have.
    pub(super) answers: Vec<[BTreeSet<u32>; 2]>,
}

/// Requests that were not told apart.
#[derive(Debug)]
pub(super) struct Rest<'s> {
    pub(super) part: Part,
    /// Of one of these each.
    pub(super) ways: Vec<Formula<'s>>,
    /// Of none of these.
    pub(super) seen: Vec<Space>,
}

/// What there is.
#[derive(Debug, Default)]
pub(super) struct All<'s> {
    /// In the order of their signatures.
    pub(super) found: Vec<Found>,
    /// Where more may differ.
    pub(super) rest: Vec<Rest<'s>>,
}

/// Finds them all. `assumed`: what is asked of all requests.
pub(super) fn all<'s>(pair: &Pair<'s>, assumed: &[Formula<'s>], progress: &dyn Fn(usize)) -> All<'s> {
    let mut all = All::default();
    let rules = &pair.sides[0].subject.rules;
    let boxes: usize = LayerKind::ALL.iter().map(|kind| rules.layer(*kind).len()).sum();
    let limit = (WORK / boxes.max(1)).clamp(FEWEST, CELLS);
    let mut looked_at = 0;
    for part in Part::ALL {
        let mut base = assumed.to_vec();
        base.extend(part.base(pair.sides));
        let mut cells = Cells::default();
        let mut origins: Vec<(Space, [Option<u32>; 2])> = Vec::new();
        let ways = suspects::ways(part, pair.sides, pair.alike);
        // One that has very many leaves some to the others, and takes what they leave.
        let mut pending = ways;
        for is_first in [true, false] {
            let count = pending.len();
            let mut rest = Vec::new();
            for (index, suspects) in pending.into_iter().enumerate() {
                let left = limit - looked_at;
                let fair = (left / (count - index)).max(LEAST).min(left);
                let share = if is_first { fair } else { left };
                if left == 0 && !rest.is_empty() {
                    rest.push(suspects);
                    continue;
                }
                let before = cells.seen.len();
                let is_all =
                    spaces::cells(pair.requests, (&base, &suspects), share, &mut cells, |classes, done| {
                        progress(looked_at + done);
                        let Cell { signature, constraints, answers } = pair.cell(classes);
                        origins.push((constraints.clone(), answers));
                        ((!signature.kinds.is_empty()).then_some(signature), constraints)
                    });
                looked_at += cells.seen.len() - before;
                rest.extend((!is_all).then_some(suspects));
            }
            pending = rest;
        }
        if !pending.is_empty() {
            all.rest.push(Rest { part, ways: pending, seen: cells.seen });
        }
        for (signature, spaces) in cells.by_kind {
            let mut spaces = spaces::joined(pair.requests, &base, spaces);
            // The plainest first: it is said first, and shown.
            spaces.sort_by_key(Vec::len);
            let answers = spaces.iter().map(|space| {
                let met = origins.iter().filter(|(origin, _)| spaces::meet(origin, space));
                [0, 1].map(|at| met.clone().filter_map(|(_, answers)| answers[at]).collect())
            });
            let answers = answers.collect();
            all.found.push(Found { part, signature, spaces, answers });
        }
    }
    all
}

/// Whether all of a region is at a time at which nothing is decided differently yet.
pub(super) fn is_later(found: &Found, clock: Option<Dimension>, now: u32) -> bool {
    let is_other =
        |space: &Space| space.iter().any(|part| Some(part.dimension) == clock && !part.classes.contains(now));
    !found.spaces.is_empty() && found.spaces.iter().all(is_other)
}

/// With what is true of all of it beside.
pub(super) fn with_later(mut kinds: BTreeSet<Kind>, is_later: bool) -> BTreeSet<Kind> {
    if is_later {
        kinds.insert(Kind::Later);
    }
    kinds
}
