//! What all checks of a policy cost: one process for each, so that memory is its own.

use crate::policy::route_text::{Extent, part_name};
use crate::policy::{Family, Policy};
use std::collections::BTreeMap;
use std::time::Instant;
use wayleave_compiler::proof::Progress;
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Severity, check, check_exactly};
use wayleave_program::value::DEFAULT_NOW;

/// What one check took, and what it found.
#[derive(Debug, serde::Serialize)]
pub struct Checked {
    rules: usize,
    /// Of direct checks alone, in milliseconds of the wall.
    direct_ms: u128,
    wall_ms: u128,
    cpu_ms: u64,
    peak_mib: u64,
    /// How often each code was told.
    found: BTreeMap<&'static str, usize>,
    /// When each step began, in milliseconds from the first.
    steps: Vec<(String, u128)>,
}

/// Checks a generated policy.
///
/// # Errors
/// When it cannot be read.
pub fn one(family: Family, rules: usize, seed: u64) -> Result<Checked, String> {
    let policy = Policy::generate(family, rules, seed);
    let texts = policy.route_files(Extent::Whole);
    let names = std::iter::once("main.route".to_owned()).chain((1..).map(part_name));
    let files: BTreeMap<String, String> = names.zip(texts).collect();
    let mut read = |name: &str| files.get(name).cloned().ok_or("there is no such file".to_owned());
    let sources = Sources::gather("main.route", &mut read)?;
    let options = Options { as_of: DEFAULT_NOW };
    let begin = Instant::now();
    let direct = check(&sources, &options);
    let direct_ms = begin.elapsed().as_millis();
    if let Some(error) = direct.diagnostics.iter().find(|told| told.severity == Severity::Error) {
        return Err(format!("the policy is not sound: {}", error.message));
    }
    let steps = std::sync::Mutex::new(Vec::new());
    let (begin, used) = (Instant::now(), cpu_ms());
    let told = |step: &str, _: usize, _: usize| {
        if let Ok(mut steps) = steps.lock() {
            steps.push((step.to_owned(), begin.elapsed().as_millis()));
        }
    };
    let progress: Progress<'_> = &told;
    let checked = check_exactly(&sources, &options, progress);
    let (wall_ms, cpu_ms) = (begin.elapsed().as_millis(), cpu_ms() - used);
    let mut found = BTreeMap::new();
    checked.diagnostics.iter().for_each(|told| *found.entry(told.code.name()).or_default() += 1);
    let steps = steps.into_inner().unwrap_or_default();
    Ok(Checked { rules, direct_ms, wall_ms, cpu_ms, peak_mib: peak_mib(), found, steps })
}

/// Processor time of this process, in milliseconds.
pub(crate) fn cpu_ms() -> u64 {
    // A hundred ticks a second, on every Linux.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10
}

/// The most memory that was in use, in MiB.
pub(crate) fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
