//! What holds of all requests: every exact check, every guarantee, each with a request that shows what is wrong.
//!
//! A policy's tests tell finitely many classes of requests apart, so each question has an answer: a request, or that there is
//! none. [`query`] finds it; all else here asks it.

mod stop;

mod groups;

mod clauses;

pub mod formula;

pub mod query;

mod unwritten;

pub(crate) mod subject;

pub(crate) mod witness;

pub(crate) mod because;

pub(crate) mod phrases;

pub(crate) mod spaces;

mod choices;

pub(crate) mod prover;

mod reach;

mod candidates;

mod rules;

mod parts;

mod lifted;

mod aliases;

mod migrations;

pub mod approvals;

pub mod access;

pub mod serving;

pub mod guarantees;

mod sample;

mod asked;

pub use asked::{NotAsked, prove};
pub use formula::Formula;
pub use guarantees::{Proven, Verdict};
pub use query::{Answer, Listener, Query, Requests, Witness};
pub use sample::sample;
pub use stop::Stop;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Condition, Policy};
use crate::source::Sources;
use parts::Kept;
use prover::Prover;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use subject::Subject;

/// How far a long check has come: what is done next, how many steps are done, and how many there are.
pub type Progress<'p> = &'p (dyn Fn(&str, usize, usize) + Sync);

/// A clock: what has passed since some moment. Handed in, so that the same policy has the same answers.
pub type Clock<'c> = &'c (dyn Fn() -> Duration + Sync);

/// A clock that stands still.
pub fn standing() -> Duration {
    Duration::ZERO
}

/// Says nothing.
pub fn silently(_: &str, _: usize, _: usize) {}

/// The exact checks of a policy, its guarantees among them. Not in any order.
pub fn checks(policy: &Arc<Policy>, sources: &Sources, progress: Progress<'_>) -> Vec<Diagnostic> {
    checks_heard(policy, sources, progress, None)
}

/// The same, where somebody hears every question.
pub fn checks_heard(
    policy: &Arc<Policy>,
    sources: &Sources,
    progress: Progress<'_>,
    listener: Option<Listener<'_>>,
) -> Vec<Diagnostic> {
    found(policy, sources, progress, listener, &Stop::default()).diagnostics
}

/// What the exact checks found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Not in any order.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Of each guarantee, in their order; none where it was stopped.
    pub(crate) proven: Vec<Proven>,
}

/// The exact checks while somebody waits for them: once they are stopped, what they found is not all.
pub(crate) fn found(
    policy: &Arc<Policy>,
    sources: &Sources,
    progress: Progress<'_>,
    listener: Option<Listener<'_>>,
    stop: &Stop,
) -> Found {
    let places = parts::places(policy);
    let mut more: Vec<&Condition> = policy.routes.iter().map(|route| &route.condition).collect();
    let first = more.len();
    more.extend(places.iter().map(|place| place.condition));
    let periods = more.len();
    more.extend(places.iter().filter_map(|place| place.in_force.as_ref()));
    let kept = Kept { first, periods };
    let steps = STEPS + policy.guarantees.len();
    progress("classes", 0, steps);
    let subject = Subject::new(policy, &more);
    let prover = Prover::new(policy, &subject, None, listener).until(stop);
    progress("arms and routes", 1, steps);
    let mut reached = reach::reached(&prover);
    let mut found = reached.take();
    progress("overlaps", 2, steps);
    found.extend(reach::overlaps(&prover));
    if stop.is_stopped() {
        return Found::default();
    }
    progress("rules", 3, steps);
    let (told, dead) = rules::never_applied(&prover);
    found.extend(told);
    progress("conditions", 4, steps);
    let is_unreached = |told: &&Diagnostic| matches!(told.code, Code::R0301 | Code::R0901);
    let unreached = found.iter().filter(is_unreached).map(|told| told.primary.span);
    let dead = dead.into_iter().chain(unreached).collect();
    found.extend(parts::idle(&prover, &places, &kept, &reached, &dead));
    progress("rules that callers lift", 5, steps);
    found.extend(lifted::lifted(&prover, &dead));
    progress("candidates", 6, steps);
    found.extend(candidates::never_eligible(&prover, &reached));
    found.extend(candidates::without_backup(&prover, &reached));
    found.extend(candidates::turned_away(&prover, &reached));
    progress("aliases and migrations", 7, steps);
    found.extend(aliases::unserved(&prover, &reached, sources));
    found.extend(migrations::unfit(&prover, &reached));
    if stop.is_stopped() {
        return Found::default();
    }
    let numbers: Vec<usize> = (0..policy.guarantees.len()).collect();
    let done = AtomicUsize::new(0);
    let proven = prover.each(&numbers, |number| {
        let so_far = done.fetch_add(1, Ordering::Relaxed);
        progress(&format!("guarantee {}", policy.guarantees[*number].name), STEPS + so_far, steps);
        guarantees::prove(&prover, *number, &standing)
    });
    found.extend(proven.iter().filter_map(|one| one.diagnostic.clone()));
    Found { diagnostics: found, proven }
}

/// The checks beside the guarantees, as progress counts them.
const STEPS: usize = 8;

/// What a comparison wants to know of a policy beforehand: whether no two of its routes answer the same request, so that their
/// order does not matter, and whether each of its guarantees holds.
pub fn settled(policy: &Arc<Policy>, progress: Progress<'_>) -> (bool, Vec<Verdict>) {
    let more: Vec<&Condition> = policy.routes.iter().map(|route| &route.condition).collect();
    let subject = Subject::new(policy, &more);
    let prover = Prover::new(policy, &subject, None, None);
    progress("overlaps", 0, policy.guarantees.len());
    let is_disjoint = reach::overlaps(&prover).is_empty();
    let numbers: Vec<usize> = (0..policy.guarantees.len()).collect();
    let done = AtomicUsize::new(0);
    let verdicts = prover.each(&numbers, |number| {
        let so_far = done.fetch_add(1, Ordering::Relaxed);
        progress(&format!("guarantee {}", policy.guarantees[*number].name), so_far, numbers.len());
        guarantees::prove(&prover, *number, &standing).verdict
    });
    (is_disjoint, verdicts)
}

/// What a policy promises, in its order: all of it, or what has one of these names; of all requests, or of those of which a
/// condition holds.
pub fn guarantees_of(
    policy: &Arc<Policy>,
    names: &[String],
    assumed: Option<&Condition>,
    progress: Progress<'_>,
    clock: Clock<'_>,
) -> Vec<Proven> {
    let more: Vec<&Condition> = policy.routes.iter().map(|route| &route.condition).chain(assumed).collect();
    let subject = Subject::new(policy, &more);
    let assumed = assumed.map(|assumed| (Formula::from(&subject.more[policy.routes.len()]), assumed));
    let prover = Prover::new(policy, &subject, assumed, None);
    let is_asked = |name: &String| names.is_empty() || names.contains(name);
    let asked: Vec<usize> =
        (0..policy.guarantees.len()).filter(|number| is_asked(&policy.guarantees[*number].name)).collect();
    let done = AtomicUsize::new(0);
    prover.each(&asked, |number| {
        let proven = guarantees::prove(&prover, *number, clock);
        let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(&format!("guarantee {}", proven.name), so_far, asked.len());
        proven
    })
}
