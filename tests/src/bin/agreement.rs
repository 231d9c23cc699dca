//! Asks as many pairs of policy and request as are wanted in every way to decide: `agreement [PAIRS]`, 10 million unless told
//! otherwise. Exit status: 0 no disagreement, 1 one that is shown, 2 usage.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use wayleave_tests::agreement::agree;

/// Requests for each policy.
const REQUESTS: u64 = 500;

/// Policies that are taken at once.
const TAKEN: u64 = 20;

/// The first policy that the tests of every run do not ask.
const BEGIN: u64 = 100_000;

fn main() -> ExitCode {
    let wanted = match std::env::args().nth(1).map(|text| text.replace('_', "").parse::<u64>()) {
        None => 10_000_000,
        Some(Ok(pairs)) => pairs,
        Some(Err(_)) => {
            eprintln!("usage: agreement [PAIRS]");
            return ExitCode::from(2);
        }
    };
    let policies = wanted.div_ceil(REQUESTS);
    let (next, asked) = (AtomicU64::new(0), AtomicU64::new(0));
    let begin = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            loop {
                let from = next.fetch_add(TAKEN, Ordering::Relaxed);
                if from >= policies {
                    return None;
                }
                let numbers = BEGIN + from..BEGIN + (from + TAKEN).min(policies);
                match agree(numbers, usize::try_from(REQUESTS).expect("it is small")) {
                    Err(found) => {
                        next.store(policies, Ordering::Relaxed);
                        return Some(found);
                    }
                    Ok(pairs) => {
                        let before = asked.fetch_add(pairs, Ordering::Relaxed);
                        let step = (wanted / 20).max(1);
                        if before / step != (before + pairs) / step {
                            eprintln!("{} pairs, {} s", before + pairs, begin.elapsed().as_secs());
                        }
                    }
                }
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        running.into_iter().filter_map(|thread| thread.join().expect("no worker panics")).collect()
    });
    let asked = asked.load(Ordering::Relaxed);
    match found.first() {
        Some(found) => {
            println!("{found}");
            ExitCode::from(1)
        }
        None => {
            println!(
                "{asked} pairs over {policies} policies: spec, walked matcher and machine code agree ({} s, {threads} threads)",
                begin.elapsed().as_secs()
            );
            ExitCode::SUCCESS
        }
    }
}
