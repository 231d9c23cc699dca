//! How fast a log is decided again: requests out of records, on as many threads as there are processors; the deciding alone, and
//! with reading each request and comparing what is decided with what was.

use crate::engines::wayleave::{Way, at_hand};
use crate::policy::{Family, Policy as Generated, route_text::Extent};
use crate::request::Request;
use crate::run::SEED;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;
use wayleave_compiler::Policy;
use wayleave_compiler::change::equal::Gist;
use wayleave_compiler::decision::Decisions;
use wayleave_program::Program;
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{RecordReader, record_request, write_decision};

/// Rules of the policy.
const RULES: usize = 1_000;

/// Requests that are told apart; they come again and again.
const DIFFERENT: usize = 10_000;

/// A request as a record holds it, as it is known, and what was decided on it.
type Kept = (Map<String, Value>, Attributes, Value);

/// Decides so many requests.
///
/// # Errors
/// A policy that is not sound, or a request that is decided differently than it was.
pub fn one(count: usize) -> Result<Value, String> {
    let policy = Generated::generate(Family::Realistic, RULES, SEED);
    let requests = Request::generate(&policy, DIFFERENT.min(count), SEED + 1);
    let (program, known) = at_hand(&policy.route_files(Extent::Whole), &requests, Way::Native)?;
    let kept: Vec<Kept> = known
        .into_iter()
        .map(|attributes| {
            let decision = program.decide(&attributes);
            let document = write_decision(&decision, program.catalogue(), program.fingerprint());
            (record_request(program.schema(), &attributes), attributes, document)
        })
        .collect();
    let decided = timed(count, &kept, || {
        let mut decisions = Decisions::new(&program);
        move |(_, attributes, _): &Kept| {
            black_box(decisions.decide(attributes));
            true
        }
    })?;
    // As one decision alone is made.
    let alone = timed(count, &kept, || {
        |(_, attributes, _): &Kept| {
            black_box(program.decide(attributes));
            true
        }
    })?;
    let replayed = timed(count, &kept, || {
        let reader = RecordReader::new(program.schema());
        let mut decisions = Decisions::new(&program);
        let policy = program.policy();
        move |kept: &Kept| is_same(policy, &mut decisions, &reader, kept)
    })?;
    let threads = threads();
    Ok(
        json!({"requests": count, "rules": RULES, "threads": threads, "decided_per_s": decided, "decided_alone_per_s": alone, "replayed_per_s": replayed}),
    )
}

fn is_same(
    policy: &Policy,
    decisions: &mut Decisions<'_>,
    reader: &RecordReader<'_>,
    (request, _, document): &Kept,
) -> bool {
    let Ok(recalled) = reader.read(request, Some(&[])) else { return false };
    let decision = decisions.decide(&recalled.attributes);
    let none = BTreeMap::new();
    let after = Gist::of(policy, &decision, &none);
    Gist::of_document(document).is_some_and(|before| before.differences(&after).is_empty())
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Requests a second, all threads together.
fn timed<Act: FnMut(&Kept) -> bool>(
    count: usize,
    kept: &[Kept],
    act: impl Fn() -> Act + Sync,
) -> Result<u64, String> {
    let threads = threads();
    let start = Instant::now();
    let are_same = std::thread::scope(|scope| {
        let part = |thread: usize| {
            let own = (thread..count).step_by(threads).map(|number| &kept[number % kept.len()]);
            let act = &act;
            scope.spawn(move || {
                let mut act = act();
                own.filter(|one| !act(one)).count() == 0
            })
        };
        let running: Vec<_> = (0..threads).map(part).collect();
        running.into_iter().all(|thread| thread.join().is_ok_and(|is_same| is_same))
    });
    let rate = count as f64 / start.elapsed().as_secs_f64();
    are_same.then_some(rate as u64).ok_or_else(|| "a request is decided otherwise than it was".to_owned())
}
