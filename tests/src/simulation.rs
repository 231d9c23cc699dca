//! Many exchanges at once under a virtual clock and a virtual network, all by a seed: what happens, and whether what is
//! promised of every exchange holds. The exchange, the relay and health are the gateway's own; sockets, time and chance
//! are not there. The same seed always does the same.
//!
//! Promised, and looked at after every step: a caller gets one end, and nothing behind it; what it gets is what its
//! provider sent; what is called is a candidate of the plan, as often as the plan says, and nothing after content; two
//! calls at once at most, and one where no hedge is written; retries and hedges within their budget; a target that is left
//! alone is not called, and an open circuit is probed by one; nobody is called when time is up; in the end everything is
//! settled.

mod doing;

mod plan;

mod twin;

mod weather;

use fastrand::Rng;
use plan::Planned;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use twin::Twin;
use wayleave_program::catalogue::Catalogue;
use wayleave_program::plan::FailureClass;
use wayleave_runtime::exchange::relay::Relay;
use wayleave_runtime::exchange::{Action, Attempt, Bounds, Event, Exchange};
use wayleave_runtime::health::{Health, Rules};
use weather::{Piece, Weather};

/// What a seed came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Requests.
    pub requests: u64,
    /// Calls of candidates.
    pub calls: u64,
    /// Calls that were retries or hedges.
    pub extra: u64,
    /// Candidates passed over.
    pub passed_over: u64,
    /// Calls that found out whether a target works again.
    pub probes: u64,
    /// Streams that broke off after content.
    pub truncated: u64,
    /// Requests that were answered whole.
    pub served: u64,
}

impl Tally {
    /// Both together.
    pub fn add(&mut self, other: &Tally) {
        self.requests += other.requests;
        self.calls += other.calls;
        self.extra += other.extra;
        self.passed_over += other.passed_over;
        self.probes += other.probes;
        self.truncated += other.truncated;
        self.served += other.served;
    }
}

/// A whole exchange takes at most so long in a simulation.
const TOTAL_MS: u64 = 30_000;

/// Requests of one seed, at most.
const REQUESTS: usize = 80;

/// They arrive within so long: all at once, or one by one.
const ARRIVALS_MS: [u64; 3] = [500, 5_000, 20_000];

/// Ticks that one exchange may ask for: more is a loop.
const TICKS_LIMIT: u32 = 500;

/// Plays a seed.
///
/// # Errors
/// With what does not hold, when, and of which request; the trace says what happened before where one is asked for.
pub fn play(seed: u64, trace: Option<&mut Vec<String>>) -> Result<Tally, String> {
    let mut world = World::new(seed, trace);
    let played = world.play();
    let now_ms = world.now_ms;
    played.map_err(|wrong| format!("seed {seed}, at {now_ms} ms: {wrong}"))?;
    Ok(world.tally)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    /// A request arrives.
    Arrives(usize),
    /// An exchange wants to be looked at.
    Tick(usize),
    /// The next piece of an attempt's answer.
    Piece(usize, usize),
    /// A caller leaves.
    Leaves(usize),
    /// Another policy comes into force that changes no target.
    Reload,
    /// The gateway stops.
    Stops,
}

struct World<'t> {
    now_ms: u64,
    /// By time, then by the order in which they were planned.
    queue: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    planned: u64,
    chance: Rng,
    catalogue: Catalogue,
    rules: Rules,
    health: Arc<Health>,
    weather: Weather,
    twins: Vec<Twin>,
    requests: Vec<Request>,
    has_stopped: bool,
    tally: Tally,
    trace: Option<&'t mut Vec<String>>,
}

struct Request {
    planned: Planned,
    exchange: Option<Exchange>,
    calls: Vec<Called>,
    relaying: Option<usize>,
    /// What the caller has got.
    got: Vec<u8>,
    is_over: bool,
    ticks: u32,
}

/// A call that was made, and what will come of it.
struct Called {
    pieces: Vec<(u64, Piece)>,
    next: usize,
    relay: Relay,
    is_dropped: bool,
    has_content: bool,
    /// For the caller, before it is chosen.
    held: Vec<u8>,
    /// What the provider has sent.
    sent: Vec<u8>,
}

impl<'t> World<'t> {
    fn new(seed: u64, trace: Option<&'t mut Vec<String>>) -> World<'t> {
        let mut chance = Rng::with_seed(seed);
        let catalogue = plan::catalogue(&mut chance);
        let rules = Rules { failures: chance.u32(1..=5), ..Rules::STANDARD };
        let health = Arc::new(Health::new(&catalogue, rules, None));
        let weather = Weather::new(catalogue.targets.len(), &mut chance);
        let twins = catalogue.target_ids().map(|_| Twin::default()).collect();
        let mut world = World {
            now_ms: 0,
            queue: BinaryHeap::new(),
            planned: 0,
            chance,
            catalogue,
            rules,
            health,
            weather,
            twins,
            requests: Vec::new(),
            has_stopped: false,
            tally: Tally::default(),
            trace,
        };
        let arrivals_ms = ARRIVALS_MS[world.chance.usize(0..ARRIVALS_MS.len())];
        for number in 0..world.chance.usize(1..=REQUESTS) {
            let planned = Planned::new(&world.catalogue, &mut world.chance);
            let at_ms = world.chance.u64(0..arrivals_ms);
            world.plan(at_ms, Happening::Arrives(number));
            if world.chance.u8(0..8) == 0 {
                let stays_ms = world.chance.u64(0..5_000);
                world.plan(at_ms + stays_ms, Happening::Leaves(number));
            }
            let (calls, got) = (Vec::new(), Vec::new());
            world.requests.push(Request {
                planned,
                exchange: None,
                calls,
                relaying: None,
                got,
                is_over: false,
                ticks: 0,
            });
        }
        let reload_ms = world.chance.u64(0..arrivals_ms);
        world.plan(reload_ms, Happening::Reload);
        if world.chance.u8(0..4) == 0 {
            let stop_ms = world.chance.u64(0..arrivals_ms + 5_000);
            world.plan(stop_ms, Happening::Stops);
        }
        world
    }

    fn plan(&mut self, at_ms: u64, happening: Happening) {
        self.planned += 1;
        self.queue.push(Reverse((at_ms, self.planned, happening)));
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        let now_ms = self.now_ms;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now_ms} ms: {}", text()));
        }
    }

    fn play(&mut self) -> Result<(), String> {
        while let Some(Reverse((at_ms, _, happening))) = self.queue.pop() {
            self.now_ms = at_ms;
            let request = match happening {
                Happening::Arrives(number)
                | Happening::Tick(number)
                | Happening::Piece(number, _)
                | Happening::Leaves(number) => Some(number),
                Happening::Reload | Happening::Stops => None,
            };
            self.happens(happening).map_err(|wrong| match request {
                Some(number) => format!("request {number}: {wrong}"),
                None => wrong,
            })?;
        }
        self.is_settled()
    }

    fn happens(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Arrives(number) => {
                if self.has_stopped {
                    self.requests[number].is_over = true;
                    return Ok(());
                }
                self.tally.requests += 1;
                let request = &mut self.requests[number];
                let bounds = Bounds {
                    total_ms: TOTAL_MS,
                    is_stream: request.planned.is_stream,
                    seed: self.chance.u64(..),
                };
                let (decision, health) = (&request.planned.decision, Arc::clone(&self.health));
                request.exchange =
                    Some(Exchange::new(decision, &self.catalogue, health, bounds, self.now_ms));
                self.tell(number, Event::Begin)
            }
            Happening::Tick(number) => {
                if self.requests[number].is_over {
                    return Ok(());
                }
                self.requests[number].ticks += 1;
                if self.requests[number].ticks > TICKS_LIMIT {
                    return Err("it asks to be looked at again and again".to_owned());
                }
                self.tell(number, Event::Tick)
            }
            Happening::Piece(number, call) => self.piece(number, call),
            Happening::Leaves(number) => {
                if self.requests[number].is_over || self.requests[number].exchange.is_none() {
                    return Ok(());
                }
                self.tell(number, Event::CallerGone)
            }
            Happening::Reload => {
                self.health = Arc::new(Health::new(&self.catalogue, self.rules, Some(&self.health)));
                Ok(())
            }
            Happening::Stops => {
                self.has_stopped = true;
                for number in 0..self.requests.len() {
                    let request = &self.requests[number];
                    if request.exchange.is_some() && !request.is_over {
                        self.tell(number, Event::Stopping)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Tells an exchange what has happened, and does what it asks for.
    fn tell(&mut self, number: usize, event: Event) -> Result<(), String> {
        let news = self.twin_news(number, &event);
        self.note(|| format!("request {number}: {event:?}"));
        let now_ms = self.now_ms;
        let request = &mut self.requests[number];
        let exchange = request.exchange.as_mut().ok_or("it has not begun")?;
        let passed = exchange.passed_over().len();
        let action = exchange.on(event, now_ms);
        self.tally.passed_over += (exchange.passed_over().len() - passed) as u64;
        for (target, news) in news {
            self.twins[target].hears(news, &self.rules, now_ms);
        }
        self.note(|| format!("request {number}: {action:?}"));
        match action {
            Action::Call(call) => self.call(number, call)?,
            Action::Wait => {}
            Action::Relay(call) => self.relay(number, call)?,
            Action::Answer(ending) => {
                if !self.requests[number].got.is_empty() || self.requests[number].relaying.is_some() {
                    return Err(format!("it is answered {} after content", ending.status));
                }
                self.end(number)?;
            }
            Action::Break(ending) => {
                if self.requests[number].relaying.is_none() {
                    return Err(format!("it breaks off ({}) before content", ending.error.message));
                }
                self.tally.truncated += 1;
                self.end(number)?;
            }
            Action::Close => self.end(number)?,
        }
        if !self.requests[number].is_over {
            let exchange = self.requests[number].exchange.as_ref().ok_or("it has not begun")?;
            let wakes_ms = exchange.wakes_at_ms();
            self.plan(wakes_ms.max(now_ms), Happening::Tick(number));
        }
        Ok(())
    }

    /// What the slow twins of targets' circuits have to hear of an event: told after it, since a call that it leads to is
    /// made in its light.
    fn twin_news(&self, number: usize, event: &Event) -> Vec<(usize, twin::Told)> {
        let Some(exchange) = &self.requests[number].exchange else { return Vec::new() };
        let (call, news) = match event {
            Event::Content(call) => (*call, twin::News::Content),
            Event::Completed(call, _) => (*call, twin::News::Whole),
            Event::Failed(call, failure) => (*call, twin::News::Failed(failure.class, failure.retry_after_s)),
            Event::Tick if self.now_ms >= exchange.deadline_ms() => {
                return self.out_of_time(number, exchange);
            }
            _ => return Vec::new(),
        };
        let attempt = exchange.attempts().get(call);
        attempt.map(|attempt| (attempt.target.0 as usize, news.of(number, call))).into_iter().collect()
    }

    /// The deadline has passed: who had half of the time and no content has failed.
    fn out_of_time(&self, number: usize, exchange: &Exchange) -> Vec<(usize, twin::Told)> {
        let request = &self.requests[number];
        if request.relaying.is_some() {
            return Vec::new();
        }
        let all_ms = request.planned.decision.deadline_ms.map_or(TOTAL_MS, |own| own.min(TOTAL_MS));
        let late = exchange.attempts().iter().enumerate().filter(|(_, attempt)| {
            attempt.ended_ms.is_none() && self.now_ms - attempt.started_ms >= all_ms / 2
        });
        let told = |(call, attempt): (usize, &Attempt)| {
            let news = twin::News::Failed(FailureClass::Timeout, None);
            (attempt.target.0 as usize, news.of(number, call))
        };
        late.map(told).collect()
    }
}
