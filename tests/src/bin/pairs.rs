//! Compares as many pairs of small policies as are wanted with deciding every request under both:
//! `pairs [--pairs N] [--from SEED] [--go-on]`. Exit status: 0 no disagreement, 1 one that is shown, 2 usage.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use wayleave_tests::pairs::{Tally, compare};

/// What is wanted.
struct Wanted {
    pairs: u64,
    from: u64,
    /// Whether more than the first disagreement is shown.
    goes_on: bool,
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted { pairs: 10_000, from: 0, goes_on: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.replace('_', "").parse::<u64>().ok();
        match argument.as_str() {
            "--pairs" => wanted.pairs = number()?,
            "--from" => wanted.from = number()?,
            "--go-on" => wanted.goes_on = true,
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("usage: pairs [--pairs N] [--from SEED] [--go-on]");
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    let end = wanted.from + wanted.pairs;
    let next = AtomicU64::new(wanted.from);
    let work = || {
        let (mut tally, mut wrong) = (Tally::default(), 0_u64);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return (tally, wrong);
            }
            match compare(seed) {
                Ok(more) => tally.add(&more),
                Err(problem) => {
                    println!("{problem}");
                    wrong += 1;
                    if !wanted.goes_on {
                        next.store(end, Ordering::Relaxed);
                    }
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut all, mut wrong) = (Tally::default(), 0);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            let (tally, problems) = thread.join().expect("no worker panics");
            all.add(&tally);
            wrong += problems;
        }
    });
    for (kind, count) in &all.kinds {
        println!("{} {count} requests", kind.name());
    }
    println!(
        "{} pairs, {} of them equal, {} regions, {} read back, {} requests, {} decided differently, {wrong} pairs with a disagreement ({} s, {threads} threads)",
        all.pairs,
        all.equal,
        all.regions,
        all.read_back,
        all.requests,
        all.different,
        begin.elapsed().as_secs()
    );
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
