//! The decision log under another policy: which recorded requests it would decide differently, and what that costs. Records are
//! read by one thread and decided by as many as there are processors; of a request nothing stays but counts and a few examples.

mod human;

mod json;

pub(crate) mod markdown;

mod side;

mod source;

mod tally;

mod told;

pub(crate) use human::human;
pub(crate) use json::json;
pub(crate) use side::Side;
pub(crate) use source::Source;

use crate::output::Failure;
use side::{Decided, Decider};
use source::{Batch, Damage};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use tally::{Compared, Tally};
use wayleave_compiler::change::equal::Gist;
use wayleave_compiler::proof::Progress;
use wayleave_runtime::record::DecisionRecord;
use wayleave_runtime::store::Filter;

/// Batches that wait for a thread: each is some hundred kilobytes.
const BATCHES_WAITING: usize = 4;

/// What is asked.
pub(crate) struct Asked {
    /// The policy that is tried.
    pub(crate) new: Side,
    /// What it is compared with; without one, with what was decided then.
    pub(crate) old: Option<Side>,
    /// Which records.
    pub(crate) filter: Filter,
    /// At most so many.
    pub(crate) limit: Option<u64>,
}

/// What came of it.
pub(crate) struct Replayed {
    /// What was asked.
    pub(crate) asked: Asked,
    /// What was counted.
    pub(crate) tally: Tally,
}

impl Replayed {
    /// Whether no request was decided, as both refuse to: that nothing differs says nothing.
    pub(crate) fn is_all_refused(&self) -> bool {
        let refused: u64 = self.tally.refused.values().sum();
        self.tally.replayed > 0 && refused == self.tally.replayed && self.tally.different == 0
    }
}

/// Reads a log and decides its requests again.
///
/// # Errors
/// When the log cannot be read, with the first line or row that is damaged.
pub(crate) fn replay(source: Source, asked: Asked, progress: Progress<'_>) -> Result<Replayed, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let is_over = AtomicBool::new(false);
    let (sender, receiver) = sync_channel::<Batch>(BATCHES_WAITING);
    let receiver = Arc::new(Mutex::new(receiver));
    let tally = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                let (asked, is_over) = (&asked, &is_over);
                scope.spawn(move || Worker::new(asked).work(&receiver, is_over))
            })
            .collect();
        // Where all of them have ended, nobody waits for a batch any more.
        drop(receiver);
        let mut send = |batch: Batch| !is_over.load(Ordering::Relaxed) && sender.send(batch).is_ok();
        let read = source.batches(&asked.filter, asked.limit, progress, &mut send);
        drop(sender);
        let mut tally = Tally::default();
        let mut damage: Option<Damage> = None;
        for worker in workers {
            let Ok((own, damaged)) = worker.join() else {
                return Err(Failure::new("a record could not be decided, for a mistake in wayleave itself"));
            };
            tally.add(own);
            damage = damage.into_iter().chain(damaged).min_by_key(|damage| damage.sequence);
        }
        match damage {
            Some(damage) => Err(damage.failure),
            None => read.map(|()| tally),
        }
    })?;
    Ok(Replayed { asked, tally })
}

/// One thread.
struct Worker<'a> {
    asked: &'a Asked,
    new: Decider<'a>,
    old: Option<Decider<'a>>,
    tally: Tally,
    none: BTreeMap<String, String>,
}

impl<'a> Worker<'a> {
    fn new(asked: &'a Asked) -> Worker<'a> {
        Worker {
            asked,
            new: Decider::new(&asked.new),
            old: asked.old.as_ref().map(Decider::new),
            tally: Tally::default(),
            none: BTreeMap::new(),
        }
    }

    /// Takes batches until there are none, or one holds what is no record. Batches are handed out in their order and each
    /// is looked through from its beginning, so that the first damage of all is among those that are found.
    fn work(mut self, receiver: &Mutex<Receiver<Batch>>, is_over: &AtomicBool) -> (Tally, Option<Damage>) {
        let mut damage = None;
        loop {
            let received = match receiver.lock() {
                Ok(receiver) => receiver.recv(),
                Err(_) => break,
            };
            let Ok(batch) = received else { break };
            for item in batch.items {
                let sequence = item.sequence;
                match item.record(&batch.shown) {
                    Ok(record) => {
                        if self.asked.filter.passes(&record) {
                            self.one(sequence, &record);
                        }
                    }
                    Err(found) => {
                        is_over.store(true, Ordering::Relaxed);
                        damage = Some(found);
                        break;
                    }
                }
            }
            if damage.is_some() {
                break;
            }
        }
        self.tally.sides[0] = self.new.noted;
        self.tally.sides[1] = self.old.map(|old| old.noted).unwrap_or_default();
        (self.tally, damage)
    }

    fn one(&mut self, sequence: u64, record: &DecisionRecord) {
        self.tally.read += 1;
        if let Err(reason) = self.decided(sequence, record) {
            *self.tally.not_replayable.entry(reason).or_default() += 1;
        }
    }

    /// Decides a record again; the error is why it cannot be.
    fn decided(&mut self, sequence: u64, record: &DecisionRecord) -> Result<(), String> {
        let Some(then) = &record.decision else {
            return Err("refused before anything was decided".to_owned());
        };
        let Some(request) = &record.request else { return Err(why_without(then).to_owned()) };
        if !record.too_long.is_empty() {
            return Err(format!("a value was too long to be kept: {}", record.too_long.join(", ")));
        }
        let after = self.new.decide(record, request)?;
        let before = self.old.as_mut().map(|old| old.decide(record, request)).transpose()?;
        let gist = match &before {
            Some(Decided::Decision(decision)) => {
                let policy = &self.asked.old.as_ref().unwrap_or(&self.asked.new).policy;
                Some(Gist::of(policy, decision, &self.none))
            }
            Some(Decided::Refused(_)) => None,
            None => Some(Gist::of_document(then).ok_or("its decision cannot be read")?),
        };
        let new_gist = match &after {
            Decided::Decision(decision) => Some(Gist::of(&self.asked.new.policy, decision, &self.none)),
            Decided::Refused(_) => None,
        };
        self.tally.count(
            self.asked,
            &Compared { sequence, record, before: (before.as_ref(), gist), after: (&after, new_gist) },
        );
        Ok(())
    }
}

/// Why a record of a decision has no request.
fn why_without(decision: &serde_json::Value) -> &'static str {
    let mut owed = decision["obligations"].as_object().into_iter().flatten();
    if owed.any(|(_, owed)| owed["log"] == "none") {
        "its policy keeps nothing of the content (`log: none`)"
    } else {
        "recorded before requests were kept"
    }
}
