//! How decisions are timed. Requests are taken in groups that fit into the cache, since a gateway has just read the request
//! that it decides; within a group each is timed alone, among all the others in an order that changes each round, so that
//! no branch predictor learns it. What reading the clock costs is measured in the same run and taken off; a request's time
//! is the median of its rounds, which drops what the machine did besides. A pass without any clock between gives the mean.

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The times of one way to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Over requests, in nanoseconds.
    pub median_ns: f64,
    /// Over requests: the slowest hundredth, not the machine's hiccups.
    pub p99_ns: f64,
    /// Of passes over each group.
    pub mean_ns: f64,
    /// How many requests.
    pub requests: usize,
    /// How often each was timed.
    pub rounds: usize,
}

/// A request is timed no more often than this.
const ROUNDS: usize = 21;
/// Requests of a group: some hundred kilobytes in the largest of their forms, less than a core's own cache.
const GROUP: usize = 100;
/// So few requests say something still, where one decision takes very long.
const REQUESTS_LEAST: usize = 30;

/// How many requests can be timed within a third of a budget, judged by the first few.
pub fn affordable(available: usize, budget: Duration, mut decide: impl FnMut(usize)) -> usize {
    let tried = available.min(8);
    decide(0);
    let start = Instant::now();
    (0..tried).for_each(&mut decide);
    let one = start.elapsed().as_secs_f64() / tried as f64;
    let affordable = (budget.as_secs_f64() / 3.0 / one.max(1e-9)) as usize;
    affordable.clamp(REQUESTS_LEAST.min(available), available)
}

/// Times the first so many requests, within about the budget.
pub fn times(requests: usize, budget: Duration, mut decide: impl FnMut(usize) -> Option<u32>) -> Times {
    let first = pass_ns(0..requests, &mut decide);
    let rounds = ((budget.as_secs_f64() * 1e9 / first) as usize / 2).clamp(1, ROUNDS);
    let clock = clock_ns();
    let mut rng = Rng::with_seed(1);
    let mut samples = vec![Vec::with_capacity(rounds); requests];
    let mut sum_ns = 0.0;
    for start in (0..requests).step_by(GROUP) {
        let mut order: Vec<usize> = (start..requests.min(start + GROUP)).collect();
        // What the first pass brings into the cache the second finds there.
        pass_ns(order.iter().copied(), &mut decide);
        let mut passes: Vec<f64> =
            (0..rounds.min(3)).map(|_| pass_ns(order.iter().copied(), &mut decide)).collect();
        sum_ns += median(&mut passes);
        for _ in 0..rounds {
            rng.shuffle(&mut order);
            for &index in &order {
                let start = Instant::now();
                black_box(decide(black_box(index)));
                samples[index].push(start.elapsed().as_nanos() as f64);
            }
        }
    }
    let mut each: Vec<f64> = samples.iter_mut().map(|taken| (median(taken) - clock).max(0.0)).collect();
    Times {
        median_ns: median(&mut each),
        p99_ns: each[(each.len() * 99 / 100).min(each.len() - 1)],
        mean_ns: sum_ns / requests as f64,
        requests,
        rounds,
    }
}

/// One decision after the other.
fn pass_ns(requests: impl Iterator<Item = usize>, decide: &mut impl FnMut(usize) -> Option<u32>) -> f64 {
    let start = Instant::now();
    for index in requests {
        black_box(decide(black_box(index)));
    }
    start.elapsed().as_secs_f64() * 1e9
}

/// What two readings of the clock with nothing between show.
pub fn clock_ns() -> f64 {
    let mut taken: Vec<f64> = (0..10_000).map(|_| Instant::now().elapsed().as_nanos() as f64).collect();
    median(&mut taken)
}

/// Sorts, and gives the middle one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
