//! What every check needs to ask: a policy under proof, all its requests, what is assumed of them, and how much work a question
//! may be.

use super::formula::Formula;
use super::query::{Answer, Listener, Query, Requests, WORK_LIMIT, Witness};
use super::stop::Stop;
use super::subject::{PlanOf, Subject};
use super::witness;
use crate::decision::Compiled;
use crate::decision::boxes::RuleBox;
use crate::decision::layers::LayerKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Condition, Policy, Route, RouteId};
use crate::source::Span;
use crate::spec;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use wayleave_program::attributes::Attributes;
use wayleave_program::catalogue::TargetId;
use wayleave_program::decision::Decision;
use wayleave_program::document::write_request;
use wayleave_program::schema::AttributeId;

/// A policy that can be asked.
pub(crate) struct Prover<'s> {
    pub(crate) subject: &'s Subject<'s>,
    pub(crate) requests: Requests<'s>,
    /// Only requests of which this holds are asked about.
    assumed: Option<(Formula<'s>, &'s Condition)>,
    threads: usize,
    /// The work that the search for one answer may be.
    limit: AtomicU64,
    /// What all searches took so far.
    spent: AtomicU64,
    /// What decides the requests that are shown; made when the first one is.
    program: OnceLock<Compiled>,
    owned: Arc<Policy>,
    stop: Stop,
}

/// The work that all searches of one kind may be: some ten seconds.
const ALL_WORK: u64 = 1_000_000;

/// What the search for one answer may be in any case: most are less.
const LEAST_WORK: u64 = 500;

/// So many places are looked at together.
const CHUNK: usize = 128;

/// So many warnings of one kind are enough for a while.
const ENOUGH: usize = 200;

/// A request that shows something, and what is decided on it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) request: Attributes,
    pub(crate) decision: Decision,
    /// The classes of the request, and of the target that was asked about.
    pub(crate) classes: Vec<u32>,
}

impl<'s> Prover<'s> {
    pub(crate) fn new(
        policy: &Arc<Policy>,
        subject: &'s Subject<'s>,
        assumed: Option<(Formula<'s>, &'s Condition)>,
        listener: Option<Listener<'s>>,
    ) -> Prover<'s> {
        let requests = Requests::new(subject.policy, &subject.rules).heard_by(listener);
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Prover {
            subject,
            requests,
            assumed,
            threads,
            limit: AtomicU64::new(WORK_LIMIT),
            spent: AtomicU64::new(0),
            program: OnceLock::new(),
            owned: Arc::clone(policy),
            stop: Stop::default(),
        }
    }

    /// Where nobody waits any more, nothing more is found out.
    #[must_use]
    pub(crate) fn until(mut self, stop: &Stop) -> Prover<'s> {
        self.requests = self.requests.until(stop);
        self.stop = stop.clone();
        self
    }

    /// Whether only some requests are asked about.
    pub(crate) fn assumes(&self) -> bool {
        self.assumed.is_some()
    }

    /// Whether classes are those of a request that is asked about.
    pub(crate) fn is_assumed(&self, classes: &[u32]) -> bool {
        self.assumed.as_ref().is_none_or(|(assumed, _)| self.requests.holds(assumed, classes))
    }

    pub(crate) fn program(&self) -> &Compiled {
        self.program.get_or_init(|| Compiled::new(Arc::clone(&self.owned)))
    }

    pub(crate) fn policy(&self) -> &'s Policy {
        self.subject.policy
    }

    pub(crate) fn ask(&self, parts: Vec<Formula<'s>>) -> Query<'_> {
        let mut query = self.requests.query();
        for part in self.assumed.iter().map(|(assumed, _)| assumed.clone()).chain(parts) {
            query.when(part);
        }
        query
    }

    /// The classes of some request of which all of it holds.
    pub(crate) fn find(&self, parts: Vec<Formula<'s>>) -> Answer<Vec<u32>> {
        self.find_near(parts, None)
    }

    /// The same, where the classes of a request are known that is much like one.
    pub(crate) fn find_near(&self, parts: Vec<Formula<'s>>, near: Option<&[u32]>) -> Answer<Vec<u32>> {
        self.counted(|work| self.ask(parts).find(near, work))
    }

    /// The plainest request of which all of it holds.
    pub(crate) fn plainest(&self, parts: Vec<Formula<'s>>) -> Answer<Witness> {
        self.counted(|work| self.ask(parts).answer(work))
    }

    /// What a search gives, with what it took added to the rest.
    fn counted<T>(&self, search: impl FnOnce(&mut u64) -> T) -> T {
        let limit = self.limit.load(Ordering::Relaxed);
        let mut work = limit;
        let found = search(&mut work);
        self.spent.fetch_add(limit - work, Ordering::Relaxed);
        found
    }

    /// The plainest request of which all of it holds, with draws that make it so: `shows` says whether the decision on it does
    /// what is claimed.
    pub(crate) fn shown(
        &self,
        parts: Vec<Formula<'s>>,
        shows: &dyn Fn(&Attributes, &Decision) -> bool,
    ) -> Answer<Shown> {
        match self.plainest(parts) {
            Answer::Some(Witness { request, classes }) => {
                match witness::shown(self.program(), &request, shows) {
                    Some((request, decision)) => Answer::Some(Shown { request, decision, classes }),
                    // Its draws are such that no one request was found that shows them.
                    None => Answer::Unknown,
                }
            }
            Answer::None => Answer::None,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// The same, where `shows` is all that is asked of the request: no attribute of it could be left out.
    pub(crate) fn shown_plainly(
        &self,
        parts: Vec<Formula<'s>>,
        shows: &dyn Fn(&Attributes, &Decision) -> bool,
    ) -> Answer<Shown> {
        let is_assumed = |request: &Attributes| {
            self.assumed.as_ref().is_none_or(|(_, assumed)| spec::holds(self.policy(), assumed, request))
        };
        let shows =
            &|request: &Attributes, decision: &Decision| is_assumed(request) && shows(request, decision);
        match self.shown(parts, shows) {
            Answer::Some(shown) => {
                let (request, decision) =
                    witness::plainest(self.program(), shown.request, shown.decision, shows);
                Answer::Some(Shown { request, decision, classes: shown.classes })
            }
            other => other,
        }
    }

    /// Whether boxes of a layer hold of classes.
    pub(crate) fn some_holds(boxes: &[RuleBox], classes: &[u32]) -> bool {
        boxes.iter().any(|one| one.holds(classes))
    }

    /// What each of these gives, in their order; on all processors.
    pub(crate) fn each<T: Sync, R: Send>(&self, items: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
        self.each_within(ALL_WORK, items, one)
    }

    /// The same; the more places there are, the less of the work each may be.
    fn each_within<T: Sync, R: Send>(&self, all: u64, items: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let share = (all / items.len().max(1) as u64).clamp(LEAST_WORK, WORK_LIMIT);
        self.limit.store(share, Ordering::Relaxed);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done: Vec<(usize, R)> = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return done };
                done.push((index, one(item)));
            }
        };
        let threads = self.threads.min(items.len());
        let mut done = match threads {
            0 | 1 => work(),
            _ => std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let mut done = work();
                for other in others {
                    match other.join() {
                        Ok(more) => done.extend(more),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                done
            }),
        };
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    /// What is told of these, in their order, `what` being asked of each. Of very much of one kind the rest is not looked for:
    /// nobody mends it all at once. Where it takes too long altogether, that is told of the first that was not asked.
    pub(crate) fn told<T: Sync, I: IntoIterator<Item = Diagnostic> + Send>(
        &self,
        items: &[T],
        (what, at): (&str, &dyn Fn(&T) -> Span),
        one: impl Fn(&T) -> I + Sync,
    ) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut left = ALL_WORK;
        for (number, chunk) in items.chunks(CHUNK).enumerate() {
            let rest = items.len() - number * CHUNK;
            if found.len() >= ENOUGH {
                if let Some(last) = found.last_mut() {
                    let help = last.help.take().unwrap_or_default();
                    last.help = Some(format!(
                        "{help}; {rest} more places were not looked at: mend some of these first"
                    ));
                }
                break;
            }
            if self.stop.is_stopped() {
                break;
            }
            if left == 0 {
                found.push(
                    self.too_large(at(&chunk[0]), &format!("{what}, here and at {} more places", rest - 1)),
                );
                break;
            }
            // What is known once all of a chunk are done does not depend on which of them was first.
            let before = self.spent.load(Ordering::Relaxed);
            found.extend(self.each_within(left, chunk, &one).into_iter().flatten());
            left = left.saturating_sub(self.spent.load(Ordering::Relaxed) - before);
        }
        found
    }

    /// With the request that shows it.
    pub(crate) fn with_witness(&self, diagnostic: Diagnostic, shown: &Shown) -> Diagnostic {
        let document = write_request(&self.policy().schema, &shown.request);
        Diagnostic { witness: Some(Box::new(document)), ..diagnostic }
    }

    /// That a question was not answered within its work; names what has the most classes.
    pub(crate) fn too_large(&self, span: Span, question: &str) -> Diagnostic {
        let schema = &self.policy().schema;
        let partition = &self.subject.rules.partition;
        let mut sizes: Vec<(u64, AttributeId)> = schema
            .ids()
            .map(|id| {
                let counts =
                    partition.dimensions(id).into_iter().map(|one| u64::from(partition.count(one) - 1));
                (counts.sum(), id)
            })
            .filter(|(classes, _)| *classes > 0)
            .collect();
        sizes.sort_by_key(|(classes, id)| (std::cmp::Reverse(*classes), *id));
        let largest: Vec<String> = sizes
            .iter()
            .take(3)
            .map(|(classes, id)| format!("`{}` ({} cases)", schema.attribute(*id).name, classes + 1))
            .collect();
        let message = format!("it was not found out within the work budget {question}");
        let apart = partition.patterns_apart();
        if let Some(id) = apart.first() {
            let help = format!(
                "the patterns on `{}` have no automaton together, so what they exclude of each other is not known: ask with fewer or simpler ones",
                schema.attribute(*id).name
            );
            return Diagnostic::new(Code::R0901, message, span, "too large to be exact").with_help(help);
        }
        Diagnostic::new(Code::R0901, message, span, "too large to be exact").with_help(format!(
            "most of the work comes of {}; ask for fewer cases of them, or name common conditions with `define`",
            largest.join(", ")
        ))
    }

    /// What stands at a place, on one line.
    pub(crate) fn text(&self, span: Span) -> String {
        let text = self.policy().texts.get(span.file.0 as usize).map_or("", |(_, text)| text.as_str());
        let own = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        own.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether a decision is what an answer gave.
    pub(crate) fn gave(&self, of: &PlanOf<'_>, decision: &Decision) -> bool {
        decision.route.as_ref() == Some(&self.route(of).name) && decision.arm == of.arm
    }

    pub(crate) fn route(&self, plan: &PlanOf<'_>) -> &'s Route {
        &self.policy().routes[plan.route.0 as usize]
    }

    /// Where an answer stands: its arm, or its route without arms.
    pub(crate) fn place(&self, plan: &PlanOf<'_>) -> Span {
        let route = self.route(plan);
        match (&route.body, plan.arm) {
            (crate::model::RouteBody::Arms(arms), Some(arm)) => arms[arm as usize].span,
            _ => route.head,
        }
    }

    /// "the 2nd arm of `route code`", "`route chat`"
    pub(crate) fn words(&self, plan: &PlanOf<'_>) -> String {
        let name = &self.route(plan).name;
        match plan.arm {
            Some(arm) => format!("the {} arm of `route {name}`", ordinal(arm + 1)),
            None => format!("`route {name}`"),
        }
    }

    pub(crate) fn target_name(&self, target: TargetId) -> &'s str {
        &self.policy().catalogue.target(target).name
    }

    /// Rules whose holding excludes some requests.
    pub(crate) fn denials(&self) -> Vec<Cause<'s>> {
        let layer = self.subject.rules.layer(LayerKind::Denials);
        let mut causes = Vec::new();
        for one in chunks(layer) {
            let rule = &self.policy().denials[one[0].rule as usize];
            causes.push(Cause {
                words: format!("`deny {}`", rule.name),
                span: rule.span,
                boxes: one,
                is_same: false,
                is_arm_of: None,
            });
        }
        causes
    }

    /// Rules of a layer about targets, with these words and places.
    pub(crate) fn prohibitions(&self) -> Vec<Cause<'s>> {
        let layer = self.subject.rules.layer(LayerKind::Prohibitions);
        let mut causes = Vec::new();
        for one in chunks(layer) {
            let rule = &self.policy().prohibitions[one[0].rule as usize];
            causes.push(Cause {
                words: format!("`forbid {}`", rule.name),
                span: rule.span,
                boxes: one,
                is_same: false,
                is_arm_of: None,
            });
        }
        causes
    }

    /// A few of the causes that together hold wherever `base` does, none of which could be left out; those with the same
    /// outcome are left out first. None where the causes do not cover it or that was not found out.
    pub(crate) fn cover<'c>(
        &self,
        base: &[Formula<'s>],
        causes: &'c [Cause<'s>],
    ) -> Option<Vec<&'c Cause<'s>>> {
        let without = |chosen: &[&Cause<'s>]| {
            let mut parts = base.to_vec();
            parts.extend(chosen.iter().map(|cause| Formula::Boxes(cause.boxes, None).negated()));
            self.find(parts)
        };
        let mut chosen: Vec<&Cause<'s>> = Vec::new();
        loop {
            match without(&chosen) {
                Answer::None => break,
                Answer::Unknown => return None,
                Answer::Some(classes) => {
                    let holds = |cause: &&Cause<'s>| Self::some_holds(cause.boxes, &classes);
                    let other = causes.iter().filter(holds).find(|cause| !cause.is_same);
                    chosen.push(other.or_else(|| causes.iter().find(holds))?);
                }
            }
        }
        let mut order: Vec<&Cause<'s>> = chosen.clone();
        order.sort_by_key(|cause| !cause.is_same);
        for cause in order {
            let rest: Vec<&Cause<'s>> =
                chosen.iter().copied().filter(|other| !std::ptr::eq(*other, cause)).collect();
            if matches!(without(&rest), Answer::None) {
                chosen = rest;
            }
        }
        chosen.sort_by_key(|cause| cause.span);
        Some(chosen)
    }
}

/// Something that may take requests from a rule.
#[derive(Debug)]
pub(crate) struct Cause<'s> {
    pub(crate) words: String,
    pub(crate) span: Span,
    pub(crate) boxes: &'s [RuleBox],
    /// Whether what it leads to is the same.
    pub(crate) is_same: bool,
    /// The route of which it is an arm, if it is one.
    pub(crate) is_arm_of: Option<RouteId>,
}

/// The boxes of each rule of a layer.
pub(crate) fn chunks(boxes: &[RuleBox]) -> impl Iterator<Item = &[RuleBox]> {
    boxes.chunk_by(|one, other| one.rule == other.rule)
}

/// A diagnostic with a label for each cause, and their names for the message.
pub(crate) fn blame(mut diagnostic: Diagnostic, causes: &[&Cause<'_>], text: &str) -> Diagnostic {
    for cause in causes {
        diagnostic = diagnostic.with_label(cause.span, text);
    }
    diagnostic
}

/// "`deny a`, `deny b` and the 1st arm"
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(crate) fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
