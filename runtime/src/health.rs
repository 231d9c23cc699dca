//! How targets fare: circuits, waits that providers ask for, first-content times, and how many calls run. Measured, never
//! written: a policy decides as if nothing of it were known, and what is measured only reorders candidates or passes
//! them over. No clock: whoever asks says what time it is, in milliseconds from one moment for all.
//!
//! ```text
//!              5 failures in a row                time is up, one call is let through
//!   Closed ──────────────────────────▶ Open ───────────────────────────────────────▶ Probing
//!     ▲                                 ▲  twice as long, at most a minute  │ failed    │
//!     └─────────────────────────────────┼───────────────────────────────────┼───────────┘ content
//!                                       └───────────────────────────────────┘
//! ```
//!
//! A caller's own mistake is no failure here, and too many requests never open a circuit, yet they fail a probe.

mod circuit;

mod load;

mod pace;

use circuit::{Circuit, Role};
use load::Load;
use pace::Pace;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::plan::{FailureClass, TryOrder};

/// What health goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// So many failures in a row open a circuit; at least 1.
    pub failures: u32,
    /// How long a circuit stays open at first, in milliseconds.
    pub open_ms: u64,
    /// How long it stays open at most, in milliseconds; at least `open_ms`.
    pub open_longest_ms: u64,
    /// Of the calls of a provider that run, so many percent may be retries and hedges.
    pub retry_percent: u32,
    /// So many retries and hedges of a provider may run however few calls do.
    pub retry_least: u32,
}

impl Rules {
    /// The documented defaults: what Envoy and Linkerd open a circuit after, and Envoy's budget of retries.
    pub const STANDARD: Rules =
        Rules { failures: 5, open_ms: 5_000, open_longest_ms: 60_000, retry_percent: 20, retry_least: 3 };
}

/// A wait that a provider asks for is kept so long at most: one that is away longer is asked again now and then.
const REST_LONGEST_MS: u64 = 60_000;

/// A target whose last call failed is tried behind the others for so long, where an order is measured: long enough that
/// one caller in many finds out whether it still does.
const BEHIND_MS: u64 = 10_000;

/// Why a target is not asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It failed too often.
    CircuitOpen,
    /// It asked to be left alone.
    AskedToWait,
}

impl Why {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Why::CircuitOpen => "circuit open",
            Why::AskedToWait => "asked to be left alone",
        }
    }
}

/// A target that is not asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// Why.
    pub why: Why,
    /// When it may be asked again.
    pub until_ms: u64,
}

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// One that the plan asks for.
    First,
    /// One beside or after another of the same request: it counts against the provider's budget of retries.
    Extra,
}

/// Whether a target may be asked.
#[derive(Debug)]
pub enum Admission {
    /// Yes; the ticket is to be settled.
    Admitted(Ticket),
    /// Not now.
    Away(Away),
    /// Not once more: too many of its provider's calls are retries.
    OverBudget,
}

/// How the targets of one catalogue fare. What is measured of a target outlives a change of policy that leaves the
/// target as it is.
#[derive(Debug)]
pub struct Health {
    targets: Vec<Watched>,
    rules: Rules,
    is_pressed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Watched {
    name: String,
    /// Its provider's URL and the name it has there: another place fares otherwise.
    place: (Option<String>, String),
    provider: String,
    measured: Arc<Mutex<Measured>>,
    load: Arc<Mutex<Load>>,
}

/// What is measured of a target.
#[derive(Debug, Default)]
struct Measured {
    circuit: Circuit,
    /// Until then it asked to be left alone.
    rests_until_ms: u64,
    running: u32,
    /// To the first content of streams.
    streams: Pace,
    /// To answers that come as a whole: they take as long as they are, and say nothing of streams.
    wholes: Pace,
    /// When a call failed, where none has been answered since.
    failed_at_ms: Option<u64>,
}

impl Health {
    /// Of a catalogue's targets, with what is known of those that `before` knows.
    pub fn new(catalogue: &Catalogue, rules: Rules, before: Option<&Health>) -> Health {
        let mut targets: Vec<Watched> = Vec::with_capacity(catalogue.targets.len());
        for target in &catalogue.targets {
            let provider = catalogue.provider(target.provider);
            let place = (provider.url.clone(), target.remote.clone());
            let old = before.and_then(|before| before.find(&target.name, &place));
            let own = targets.iter().find(|watched| watched.provider == provider.name);
            let load = match (own, old) {
                (Some(own), _) => Arc::clone(&own.load),
                (None, Some(old)) => Arc::clone(&old.load),
                (None, None) => Arc::default(),
            };
            let measured = old.map_or_else(Arc::default, |old| Arc::clone(&old.measured));
            let (name, provider) = (target.name.clone(), provider.name.clone());
            targets.push(Watched { name, place, provider, measured, load });
        }
        let is_pressed = before.map_or_else(Arc::default, |before| Arc::clone(&before.is_pressed));
        Health { targets, rules, is_pressed }
    }

    fn find(&self, name: &str, place: &(Option<String>, String)) -> Option<&Watched> {
        self.targets.iter().find(|watched| watched.name == name && watched.place == *place)
    }

    /// Says whether memory is short: then there are no retries and no hedges, under this catalogue and its successors.
    pub fn press(&self, is_pressed: bool) {
        self.is_pressed.store(is_pressed, Ordering::Relaxed);
    }

    /// Asks whether a target may be called now.
    ///
    /// # Panics
    /// When `target` is of another catalogue.
    pub fn admit(&self, target: TargetId, call: Call, now_ms: u64) -> Admission {
        let watched = &self.targets[target.0 as usize];
        let mut measured = lock(&watched.measured);
        if let Some(away) = measured.away(now_ms) {
            return Admission::Away(away);
        }
        let mut load = lock(&watched.load);
        let is_refused = call == Call::Extra && self.is_pressed.load(Ordering::Relaxed);
        if is_refused || !load.begin(call, &self.rules) {
            return Admission::OverBudget;
        }
        measured.running += 1;
        Admission::Admitted(Ticket {
            measured: Arc::clone(&watched.measured),
            load: Arc::clone(&watched.load),
            rules: self.rules,
            call,
            role: measured.circuit.begin(now_ms),
            begun_ms: now_ms,
        })
    }

    /// Targets in the order in which they are tried for a request that wants a stream, or does not; stable, so that
    /// equals stay as they stand.
    ///
    /// # Panics
    /// When a target is of another catalogue.
    pub fn sorted<'t>(
        &self,
        targets: &'t [TargetId],
        order: TryOrder,
        is_stream: bool,
        now_ms: u64,
    ) -> Cow<'t, [TargetId]> {
        let mut targets = Cow::Borrowed(targets);
        let measured = |target: &TargetId| lock(&self.targets[target.0 as usize].measured);
        match order {
            TryOrder::Given | TryOrder::Cheapest | TryOrder::Drawn => {}
            TryOrder::Fastest => {
                let slowness = |target: &TargetId| measured(target).slowness(is_stream, now_ms);
                targets.to_mut().sort_by_cached_key(slowness);
            }
            TryOrder::LeastBusy => {
                targets.to_mut().sort_by_cached_key(|target| measured(target).busyness(now_ms));
            }
        }
        targets
    }

    /// Calls that run of a target, for tests and for people.
    ///
    /// # Panics
    /// When `target` is of another catalogue.
    pub fn running(&self, target: TargetId) -> u32 {
        lock(&self.targets[target.0 as usize].measured).running
    }

    /// Calls that run of a target's provider, and how many of them are retries and hedges.
    ///
    /// # Panics
    /// When `target` is of another catalogue.
    pub fn load(&self, target: TargetId) -> (u32, u32) {
        lock(&self.targets[target.0 as usize].load).counts()
    }

    /// Why a target is not asked now, if it is not.
    ///
    /// # Panics
    /// When `target` is of another catalogue.
    pub fn away(&self, target: TargetId, now_ms: u64) -> Option<Away> {
        lock(&self.targets[target.0 as usize].measured).away(now_ms)
    }
}

impl Measured {
    fn away(&self, now_ms: u64) -> Option<Away> {
        if now_ms < self.rests_until_ms {
            return Some(Away { why: Why::AskedToWait, until_ms: self.rests_until_ms });
        }
        let until_ms = self.circuit.closed_off_until(now_ms)?;
        Some(Away { why: Why::CircuitOpen, until_ms })
    }

    /// The less, the earlier it is tried. One that nothing recent is known of comes first, but only for one call at a time;
    /// one that fails comes last, however fast it does.
    fn slowness(&self, is_stream: bool, now_ms: u64) -> (bool, u64) {
        let pace = if is_stream { &self.streams } else { &self.wholes };
        let took_ms = match pace.recent(now_ms) {
            Some(took_ms) => took_ms,
            None if self.running == 0 => 0,
            None => u64::MAX,
        };
        (self.has_failed(now_ms), took_ms)
    }

    /// The less, the earlier it is tried. One that fails at once is never busy, and comes last.
    fn busyness(&self, now_ms: u64) -> (bool, u32) {
        (self.has_failed(now_ms), self.running)
    }

    /// Whether its last call failed, a short while ago.
    fn has_failed(&self, now_ms: u64) -> bool {
        self.failed_at_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) <= BEHIND_MS)
    }

    fn pace(&mut self, is_stream: bool) -> &mut Pace {
        if is_stream { &mut self.streams } else { &mut self.wholes }
    }
}

/// A call that runs. It is settled once, by what became of it; one that is dropped says nothing of its target.
#[derive(Debug)]
pub struct Ticket {
    measured: Arc<Mutex<Measured>>,
    load: Arc<Mutex<Load>>,
    rules: Rules,
    call: Call,
    role: Role,
    begun_ms: u64,
}

impl Ticket {
    /// The first content is there: the target answers.
    pub fn content(&mut self, is_stream: bool, now_ms: u64) {
        let mut measured = lock(&self.measured);
        measured.circuit.answers(self.role);
        self.role = Role::Usual;
        measured.failed_at_ms = None;
        measured.pace(is_stream).learn(now_ms.saturating_sub(self.begun_ms), now_ms);
    }

    /// Nobody waits for its content any more, though it may still come: the target is that slow, and no worse.
    pub fn outrun(self, is_stream: bool, now_ms: u64) {
        let took_ms = now_ms.saturating_sub(self.begun_ms);
        lock(&self.measured).pace(is_stream).learn_at_least(took_ms, now_ms);
    }

    /// The answer is whole.
    pub fn succeeded(self) {
        lock(&self.measured).circuit.succeeded(self.role);
    }

    /// The call failed so, and in so many seconds the provider wants to be asked again.
    pub fn failed(mut self, class: FailureClass, retry_after_s: Option<u64>, now_ms: u64) {
        let mut measured = lock(&self.measured);
        if let Some(seconds) = retry_after_s.filter(|_| may_rest(class)) {
            let rest_ms = seconds.saturating_mul(1000).min(REST_LONGEST_MS);
            measured.rests_until_ms = measured.rests_until_ms.max(now_ms + rest_ms);
        }
        if !is_about_the_request(class) {
            measured.failed_at_ms = Some(now_ms);
        }
        match class {
            FailureClass::Unreachable
            | FailureClass::Ambiguous
            | FailureClass::Timeout
            | FailureClass::Overloaded
            | FailureClass::ServerError
            | FailureClass::ModelMissing
            | FailureClass::Credential => measured.circuit.failed(self.role, &self.rules, now_ms),
            FailureClass::RateLimited => {
                if self.role == Role::Probe {
                    measured.circuit.failed(self.role, &self.rules, now_ms);
                }
            }
            // It answers: what it says is about the request.
            FailureClass::Refused | FailureClass::ContextLength | FailureClass::Status(_) => {
                measured.circuit.succeeded(self.role);
            }
        }
        self.role = Role::Usual;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut measured = lock(&self.measured);
        measured.running = measured.running.saturating_sub(1);
        measured.circuit.given_up(self.role);
        drop(measured);
        lock(&self.load).end(self.call);
    }
}

/// Whether a provider that fails so can ask to be left alone.
fn may_rest(class: FailureClass) -> bool {
    matches!(class, FailureClass::RateLimited | FailureClass::Overloaded)
}

/// Whether a target that fails so has answered, and what it says is about the request.
fn is_about_the_request(class: FailureClass) -> bool {
    matches!(class, FailureClass::Refused | FailureClass::ContextLength | FailureClass::Status(_))
}

/// Counters are whole after every statement, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
