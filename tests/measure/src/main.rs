//! Runs one stage over a policy of any length: once, for a program that counts instructions, or many times, for CPU time.
//! Prints figures, judges none: the scripts beside it do.

mod policy;

mod rules;

use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use wayleave_grammar::layout::layout;
use wayleave_grammar::{Parse, parse};

/// What is done with a text; each stage does all that the one before it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The text is made: what the others are counted from.
    Text,
    /// [`wayleave_grammar::parse`].
    Parse,
    /// The same, and [`wayleave_grammar::layout::layout`] of the tree.
    Layout,
}

impl Stage {
    fn of(name: &str) -> Option<Stage> {
        match name {
            "text" => Some(Stage::Text),
            "parse" => Some(Stage::Parse),
            "layout" => Some(Stage::Layout),
            _ => None,
        }
    }

    /// What comes of it: the tree, and its layout.
    fn run(self, text: &str) -> (Option<Parse>, Option<String>) {
        match self {
            Stage::Text => (None, None),
            Stage::Parse => (Some(parse(black_box(text))), None),
            Stage::Layout => {
                let tree = parse(black_box(text));
                let laid_out = layout(&tree);
                (Some(tree), Some(laid_out))
            }
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (stage, lines, runs) = match words.as_slice() {
        ["once", stage, lines] => (Stage::of(stage), lines.parse::<usize>(), Ok(0)),
        ["time", stage, lines, runs] => (Stage::of(stage), lines.parse::<usize>(), runs.parse::<usize>()),
        ["show", lines] if lines.parse::<usize>().is_ok() => {
            print!("{}", policy::of_lines(lines.parse().unwrap_or(0)));
            return ExitCode::SUCCESS;
        }
        ["rules", count] if count.parse::<usize>().is_ok() => {
            print!("{}", rules::of_rules(count.parse().unwrap_or(0)));
            return ExitCode::SUCCESS;
        }
        _ => (None, Ok(0), Ok(0)),
    };
    let (Some(stage), Ok(lines), Ok(runs)) = (stage, lines, runs) else {
        eprintln!("usage: measure once STAGE LINES | measure time STAGE LINES RUNS | measure show LINES | measure rules COUNT");
        eprintln!("STAGE is `text`, `parse` or `layout`");
        return ExitCode::from(2);
    };
    let text = policy::of_lines(lines);
    if runs == 0 {
        black_box(stage.run(&text));
        println!("{}", text.len());
    } else {
        time(stage, &text, runs);
    }
    ExitCode::SUCCESS
}

/// The stage and the yardstick turn by turn, so that both meet the same machine.
fn time(stage: Stage, text: &str, runs: usize) {
    let mut stage_ns = Vec::with_capacity(runs);
    let mut yardstick_ns = Vec::with_capacity(runs);
    for _ in 0..runs {
        stage_ns.push(cpu_ns(|| stage.run(text)));
        yardstick_ns.push(cpu_ns(|| yardstick(text)));
    }
    let (stage_ns, yardstick_ns) = (Spread::of(stage_ns), Spread::of(yardstick_ns));
    let lines = text.lines().count();
    println!("{lines} lines, {} bytes, {runs} runs, CPU time in ms: median (least, most)", text.len());
    println!("{stage:?}: {stage_ns}, {:.1} ns a byte", stage_ns.median / as_float(text.len()));
    println!("yardstick: {yardstick_ns}");
    println!("ratio: {:.2}", stage_ns.median / yardstick_ns.median);
}

/// Work of a known kind, that no change of ours makes faster: splits a text at blanks, and counts the words in a map.
fn yardstick(text: &str) -> BTreeMap<String, usize> {
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for word in black_box(text).split_ascii_whitespace() {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

/// Of the work alone: what it made is dropped after the clock was read.
fn cpu_ns<T>(work: impl FnOnce() -> T) -> u64 {
    let before = process_ns();
    let made = black_box(work());
    let after = process_ns();
    drop(made);
    after - before
}

/// CPU time of this process since it began: what other processes do adds nothing.
fn process_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0) * 1_000_000_000 + nanoseconds.unwrap_or(0)
}

/// Times of several runs, in nanoseconds.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(mut times_ns: Vec<u64>) -> Spread {
        times_ns.sort_unstable();
        let at = |index: usize| times_ns.get(index).copied().map_or(0.0, |time_ns| time_ns as f64);
        Spread { least: at(0), median: at(times_ns.len() / 2), most: at(times_ns.len().saturating_sub(1)) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time_ns: f64| time_ns / 1e6;
        write!(formatter, "{:.2} ({:.2}, {:.2})", ms(self.median), ms(self.least), ms(self.most))
    }
}

fn as_float(count: usize) -> f64 {
    count as f64
}
