//! All requests that are decided differently, as few boxes: found one by one, each widened to all that differs in the same way
//! for the same reasons, then joined where together they are more.

use super::cell::{Cell, Kind, Pair, Signature};
use super::suspects::{self, Part};
use crate::decision::boxes::Dimension;
use crate::proof::formula::Formula;
use crate::proof::spaces::{self, Cells, Space};
use std::collections::BTreeSet;

/// So many ways are looked at one by one; what is left then is one region that says so.
const CELLS: usize = 1_000;

/// So many of one cause, as long as there are any.
const LEAST: usize = 100;

/// Requests that differ in one way.
#[derive(Debug)]
pub(super) struct Found {
    /// Only those of them.
    pub(super) part: Part,
    pub(super) signature: Signature,
    /// One of them.
    pub(super) spaces: Vec<Space>,
}

/// What there is.
#[derive(Debug, Default)]
pub(super) struct All {
    /// In the order of their signatures.
    pub(super) found: Vec<Found>,
    /// Parts of which more may differ: what is excluded of it.
    pub(super) rest: Vec<(Part, Vec<Space>)>,
}

/// Finds them all. `assumed`: what is asked of all requests.
pub(super) fn all(pair: &Pair<'_>, assumed: &[Formula<'_>], progress: &dyn Fn(usize)) -> All {
    let mut all = All::default();
    let mut looked_at = 0;
    for part in Part::ALL {
        let mut base = assumed.to_vec();
        base.extend(part.base(pair.sides));
        let mut cells = Cells::default();
        let ways = suspects::ways(part, pair.sides, pair.alike);
        // One that has very many leaves some to the others, and takes what they leave.
        let mut pending: Vec<&Formula<'_>> = ways.iter().collect();
        for is_first in [true, false] {
            let count = pending.len();
            let mut rest = Vec::new();
            for (index, suspects) in pending.into_iter().enumerate() {
                let left = CELLS - looked_at;
                let fair = (left / (count - index)).max(LEAST).min(left);
                let share = if is_first { fair } else { left };
                if left == 0 && !rest.is_empty() {
                    rest.push(suspects);
                    continue;
                }
                let before = cells.seen.len();
                let is_all =
                    spaces::cells(pair.requests, (&base, suspects), share, &mut cells, |classes, done| {
                        progress(looked_at + done);
                        let Cell { signature, constraints } = pair.cell(classes);
                        ((!signature.kinds.is_empty()).then_some(signature), constraints)
                    });
                looked_at += cells.seen.len() - before;
                rest.extend((!is_all).then_some(suspects));
            }
            pending = rest;
        }
        if !pending.is_empty() {
            all.rest.push((part, cells.seen));
        }
        for (signature, spaces) in cells.by_kind {
            let spaces = spaces::joined(pair.requests, &base, spaces);
            all.found.push(Found { part, signature, spaces });
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
