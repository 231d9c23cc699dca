//! The exact checks beside the loop: on a thread of their own, over texts that nobody changes, once the editor has been quiet
//! for a while. An edit stops them, and what they found of texts that are no longer the editor's is not heard.
//!
//! One check runs at a time: the next begins when a stopped one has ended, however fast somebody types.

use crate::Pace;
use crate::features::proofs::{self, Exact};
use crossbeam_channel::{Receiver, Sender, unbounded};
use lsp_server::RequestId;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use wayleave_compiler::proof::serving::Serving;
use wayleave_compiler::proof::{Stop, sample};
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy};
use wayleave_program::document::write_request;
use wayleave_program::source_view::Spot;

/// What a thread has to tell. Numbers are those of the policies that it was given.
pub(crate) enum Heard {
    /// What is done next, and how far it is: so many steps of so many.
    Step(String, usize, usize),
    /// The exact checks of a policy are done.
    Proven(usize, Exact),
    /// The same of what its routes do.
    Served(usize, Vec<Serving>),
    /// The checks failed with an error of their own.
    Failed,
    /// Nothing more is to be told.
    Ended,
    /// A request that was asked for, as a document; none where there is none.
    Sampled(RequestId, Option<Value>),
}

/// A policy that is to be proven, with its number.
pub(crate) type Given = (usize, Arc<Sources>, Arc<Policy>);

/// Whether it is found out what routes do with their requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What is wrong, and what holds.
    Checks,
    /// That, and what routes do.
    ChecksAndRoutes,
}

/// What is heard, with the count of the texts that it is about.
type Told = (u64, Heard);

/// A thread that checks.
struct Run {
    begun: Instant,
    of: u64,
}

/// The threads, and when the next one begins.
pub(crate) struct Proving {
    pace: Pace,
    give_way: fn(),
    sender: Sender<Told>,
    receiver: Receiver<Told>,
    /// Counts the texts: what was begun for others is not heard.
    texts: u64,
    /// Ends all that is about these texts.
    stop: Stop,
    due: Option<Instant>,
    run: Option<Run>,
}

impl Proving {
    pub(crate) fn new(pace: Pace, give_way: fn()) -> Proving {
        let (sender, receiver) = unbounded();
        Proving { pace, give_way, sender, receiver, texts: 0, stop: Stop::default(), due: None, run: None }
    }

    /// Where threads are heard.
    pub(crate) fn heard(&self) -> &Receiver<Told> {
        &self.receiver
    }

    /// The texts are others now.
    pub(crate) fn outdate(&mut self) {
        self.stop.stop();
        self.stop = Stop::default();
        self.texts += 1;
        self.due = None;
    }

    /// Begins when it has been quiet for long enough.
    pub(crate) fn begin_later(&mut self) {
        self.due = Some(Instant::now() + self.pace.quiet);
    }

    /// When something is to be done though nobody says anything: a check to begin, or one that takes long to be shown.
    pub(crate) fn deadline(&self, is_shown: bool) -> Option<Instant> {
        match &self.run {
            None => self.due,
            Some(run) if run.of == self.texts && !is_shown => Some(run.begun + self.pace.patience),
            Some(_) => None,
        }
    }

    /// Whether a check is to begin now.
    pub(crate) fn is_due(&self) -> bool {
        self.run.is_none() && self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Whether a check of these texts takes so long that people want to know.
    pub(crate) fn is_slow(&self) -> bool {
        let is_slow = |run: &Run| run.of == self.texts && run.begun.elapsed() >= self.pace.patience;
        self.run.as_ref().is_some_and(is_slow)
    }

    /// Begins to check.
    pub(crate) fn begin(&mut self, given: Vec<Given>, options: Options, extent: Extent) {
        self.due = None;
        if given.is_empty() {
            return;
        }
        self.run = Some(Run { begun: Instant::now(), of: self.texts });
        let (sender, texts, stop) = (self.sender.clone(), self.texts, self.stop.clone());
        let is_begun = beside(self.give_way, move || {
            // Nobody hears it when the session is over.
            let tell = |heard: Heard| drop(sender.send((texts, heard)));
            let checks = || check(&given, &options, extent, &stop, &tell);
            if catch_unwind(AssertUnwindSafe(checks)).is_err() {
                tell(Heard::Failed);
            }
            tell(Heard::Ended);
        });
        if !is_begun {
            for heard in [Heard::Failed, Heard::Ended] {
                drop(self.sender.send((self.texts, heard)));
            }
        }
    }

    /// Looks for a request that a rule has part in from that day on, on a thread of its own; what is found is heard.
    pub(crate) fn sample(&self, id: RequestId, policy: Arc<Policy>, spot: Spot, options: Options) {
        let (sender, texts, stop) = (self.sender.clone(), self.texts, self.stop.clone());
        let asked = id.clone();
        let is_begun = beside(self.give_way, move || {
            let look = || sample(&policy, &spot, options.as_of, &stop);
            let found = catch_unwind(AssertUnwindSafe(look)).ok().flatten();
            let document = found.map(|(request, _)| write_request(&policy.schema, &request));
            drop(sender.send((texts, Heard::Sampled(id, document))));
        });
        if !is_begun {
            drop(self.sender.send((self.texts, Heard::Sampled(asked, None))));
        }
    }

    /// What is told of these texts; of others only that a thread has ended.
    pub(crate) fn hear(&mut self, (texts, heard): Told) -> Option<Heard> {
        if let Heard::Ended = heard {
            self.run = None;
        }
        (texts == self.texts).then_some(heard)
    }
}

impl Drop for Proving {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Does something that can wait on a thread of its own, and says whether the system had one to give. The threads that it begins
/// have its name and its place behind others.
fn beside(give_way: fn(), work: impl FnOnce() + Send + 'static) -> bool {
    let thread = std::thread::Builder::new().name("proofs".to_owned());
    let begun = thread.spawn(move || {
        give_way();
        work();
    });
    begun.is_ok()
}

/// First what is wrong with each, then what is only told beside.
fn check(given: &[Given], options: &Options, extent: Extent, stop: &Stop, tell: &(dyn Fn(Heard) + Sync)) {
    let step = |what: &str, done: usize, all: usize| tell(Heard::Step(what.to_owned(), done, all));
    for (number, sources, _) in given {
        let Some(exact) = proofs::prove(sources, options, &step, stop) else { return };
        tell(Heard::Proven(*number, exact));
    }
    if extent == Extent::Checks {
        return;
    }
    for (number, _, policy) in given {
        let Some(serving) = proofs::serve(policy, options, stop) else { return };
        tell(Heard::Served(*number, serving));
    }
}
