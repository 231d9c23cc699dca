//! One question that is asked again and again: with more boxes left out of it, or within one. What is asked is written down once,
//! and what the search learns serves the next.

use super::search::Asked;
use super::{Answer, Requests};
use crate::decision::boxes::{ClassSet, Constraint, Dimension};
use crate::proof::clauses::{Clauses, Literal};
use crate::proof::formula::{self, Formula};
use crate::proof::spaces::{Space, is_of};
use std::collections::{BTreeMap, BTreeSet};

/// A question about all requests, without boxes that are left out.
pub(crate) struct Series<'q> {
    requests: &'q Requests<'q>,
    demands: Vec<Formula<'q>>,
    /// What they demand outright.
    known: BTreeMap<Dimension, ClassSet>,
    /// What is left out for good.
    excluded: Vec<Space>,
    /// What may be left out.
    optional: Vec<Space>,
    /// What is tested by anything that it was asked about.
    tested: BTreeSet<Dimension>,
    /// Requests of which all is so, that were found before and are of nothing that is left out for good.
    pool: Vec<Vec<u32>>,
    state: State<'q>,
}

enum State<'q> {
    /// Not written down, or not with all that is tested by now; what is asked, once it was.
    Stale(Option<Asked<'q>>),
    /// It contradicts itself.
    Never,
    Written(Box<Written<'q>>),
}

struct Written<'q> {
    asked: Asked<'q>,
    clauses: Clauses,
    is_exact: bool,
    optional: Vec<Literal>,
}

impl<'q> Series<'q> {
    /// Requests of which all of these hold.
    pub(crate) fn new(requests: &'q Requests<'q>, demands: Vec<Formula<'q>>) -> Series<'q> {
        let known = formula::known(requests.index(), &demands);
        let state = if known.is_some() { State::Stale(None) } else { State::Never };
        Series {
            requests,
            demands,
            known: known.unwrap_or_default(),
            excluded: Vec::new(),
            optional: Vec::new(),
            tested: BTreeSet::new(),
            pool: Vec::new(),
            state,
        }
    }

    /// Leaves requests out from now on.
    pub(crate) fn exclude(&mut self, space: Space) {
        // What comes later is likely to be about the same.
        self.tested.extend(space.iter().map(|part| part.dimension));
        let is_elsewhere = |part: &Constraint| {
            self.known.get(&part.dimension).is_some_and(|known| known.and(&part.classes).is_empty())
        };
        if space.iter().any(is_elsewhere) {
            return;
        }
        self.pool.retain(|known| !is_inside(known, &space));
        if let State::Written(written) = &mut self.state {
            match written.literals(&space) {
                Some(all) => drop(written.clauses.deny_all(&all, false)),
                None => self.forget(),
            }
        }
        self.excluded.push(space);
    }

    /// Requests that are left out where that is asked for; by number from 0, in the order in which they are given.
    pub(crate) fn may_exclude(&mut self, space: Space) {
        self.tested.extend(space.iter().map(|part| part.dimension));
        self.forget();
        self.optional.push(space);
    }

    /// The classes of some request within a box that is of none of those that are left out; `without`: nor of these.
    pub(crate) fn find(
        &mut self,
        within: &Space,
        without: impl Iterator<Item = usize> + Clone,
        work: &mut u64,
    ) -> Answer<Vec<u32>> {
        let is_answer = |known: &&Vec<u32>| {
            is_inside(known, within)
                && !without.clone().any(|number| is_inside(known, &self.optional[number]))
        };
        if let Some(known) = self.pool.iter().rev().find(is_answer) {
            return Answer::Some(known.clone());
        }
        let answer = self.search(within, without.clone(), work);
        if let Answer::Some(classes) = &answer {
            self.pool.push(classes.clone());
        }
        if let Some(listener) = self.requests.listener {
            let mut demands = self.demands.clone();
            let optional = without.map(|number| &self.optional[number]);
            let left_out = self.excluded.iter().chain(optional);
            demands.extend(left_out.map(|one| Formula::from(is_of(one)).negated()));
            demands.push(is_of(within).into());
            let is_known = !matches!(answer, Answer::Unknown);
            let is_some = matches!(answer, Answer::Some(_));
            listener(self.requests.rules, &demands, is_known.then_some(is_some));
        }
        answer
    }

    fn search(
        &mut self,
        within: &Space,
        without: impl Iterator<Item = usize> + Clone,
        work: &mut u64,
    ) -> Answer<Vec<u32>> {
        if self.requests.stop.is_stopped() {
            return Answer::Unknown;
        }
        let is_new = |part: &Constraint| !self.tested.contains(&part.dimension);
        if within.iter().any(is_new) {
            self.tested.extend(within.iter().map(|part| part.dimension));
            self.forget();
        }
        self.write();
        let State::Written(written) = &mut self.state else { return Answer::None };
        let mut assumed = written.literals(within).expect("all that is tested is asked about");
        assumed.extend(without.map(|number| written.optional[number]));
        let Written { asked, clauses, is_exact, .. } = &mut **written;
        match asked.solve(clauses, is_exact, &assumed, work) {
            Answer::Some(mut classes) => {
                asked.complete(&mut classes);
                Answer::Some(classes)
            }
            other => other,
        }
    }

    /// What is written down is not about all that is tested.
    fn forget(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Never) {
            State::Written(written) => State::Stale(Some(written.asked)),
            other => other,
        };
    }

    fn write(&mut self) {
        let State::Stale(asked) = &mut self.state else { return };
        let asked = match asked.take() {
            Some(asked) => Some(asked.about(&self.tested)),
            None => Asked::new(self.requests, &self.demands, &self.tested),
        };
        let Some(asked) = asked else {
            self.state = State::Never;
            return;
        };
        let clauses = asked.clauses();
        let mut written = Written { asked, clauses, is_exact: true, optional: Vec::new() };
        for space in &self.excluded {
            let all = written.literals(space).expect("all that is tested is asked about");
            written.clauses.deny_all(&all, false);
        }
        for space in &self.optional {
            let all = written.literals(space).expect("all that is tested is asked about");
            written.optional.extend(written.clauses.deny_all(&all, true));
        }
        self.state = State::Written(Box::new(written));
    }
}

impl Written<'_> {
    /// That a request is of a box, each part for itself; none where nothing was asked about a part.
    fn literals(&mut self, space: &Space) -> Option<Vec<Literal>> {
        space.iter().map(|part| self.clauses.tested(part)).collect()
    }
}

fn is_inside(classes: &[u32], space: &Space) -> bool {
    space.iter().all(|part| part.holds(classes))
}
