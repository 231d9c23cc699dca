//! Plays exchanges in a virtual world, a seed after the other, and looks at what is promised of every one of them:
//! `simulate [--seeds N] [--from SEED]`, or `simulate --trace SEED`, which shows what happens. Exit status: 0 all holds, 1
//! something does not, which is shown with its seed, 2 usage.

use std::process::ExitCode;
use std::time::Instant;
use wayleave_tests::simulation::{Tally, play};

/// What is wanted.
enum Wanted {
    Seeds { from: u64, count: u64 },
    Trace(u64),
}

fn wanted() -> Option<Wanted> {
    let (mut from, mut count) = (0, 10_000);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.replace('_', "").parse::<u64>().ok();
        match argument.as_str() {
            "--seeds" => count = number()?,
            "--from" => from = number()?,
            "--trace" => return number().map(Wanted::Trace),
            _ => return None,
        }
    }
    Some(Wanted::Seeds { from, count })
}

fn main() -> ExitCode {
    match wanted() {
        Some(Wanted::Seeds { from, count }) => seeds(from, count),
        Some(Wanted::Trace(seed)) => {
            let mut trace = Vec::new();
            let played = play(seed, Some(&mut trace));
            println!("{}", trace.join("\n"));
            told(&played)
        }
        None => {
            eprintln!("usage: simulate [--seeds N] [--from SEED] | simulate --trace SEED");
            ExitCode::from(2)
        }
    }
}

fn seeds(from: u64, count: u64) -> ExitCode {
    let begin = Instant::now();
    let mut tally = Tally::default();
    for seed in from..from.saturating_add(count) {
        match play(seed, None) {
            Ok(more) => tally.add(&more),
            Err(wrong) => {
                println!("{wrong}");
                return ExitCode::from(1);
            }
        }
    }
    println!("{count} seeds in {} s", begin.elapsed().as_secs());
    told(&Ok(tally))
}

fn told(played: &Result<Tally, String>) -> ExitCode {
    match played {
        Ok(tally) => {
            let Tally { requests, calls, extra, passed_over, probes, truncated, served } = tally;
            println!(
                "{requests} requests, {served} served, {truncated} broken off; {calls} calls, {extra} of them retries or \
                 hedges, {probes} probes; {passed_over} candidates passed over"
            );
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            println!("{wrong}");
            ExitCode::from(1)
        }
    }
}
