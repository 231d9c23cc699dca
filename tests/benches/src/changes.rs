//! What comparing two policies costs: one that differs from the generated one in five rules, and one that means the same under
//! other names and in other places. One process for each, as for [`checks`](crate::checks).

use crate::checks::{cpu_ms, peak_mib};
use crate::policy::route_text::{Extent, part_name};
use crate::policy::{Family, Policy as Generated};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use wayleave_compiler::change::{Settled, compare};
use wayleave_compiler::proof::settled;
use wayleave_compiler::source::Sources;
use wayleave_compiler::{Options, Policy, Severity, check};
use wayleave_program::value::DEFAULT_NOW;

/// What one comparison took, and what it found.
#[derive(Debug, serde::Serialize)]
pub struct Compared {
    rules: usize,
    change: &'static str,
    wall_ms: u128,
    cpu_ms: u64,
    peak_mib: u64,
    regions: usize,
    conditions: usize,
    /// Whether some of it was not told apart.
    has_rest: bool,
    /// When each step began, in milliseconds from the first.
    steps: Vec<(String, u128)>,
}

/// How the second policy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Five rules are others.
    FiveRules,
    /// Nothing but names and places are.
    RenamedAndMoved,
}

impl Edit {
    /// Both.
    pub const ALL: [Edit; 2] = [Edit::FiveRules, Edit::RenamedAndMoved];

    fn name(self) -> &'static str {
        match self {
            Edit::FiveRules => "five rules",
            Edit::RenamedAndMoved => "renamed and moved",
        }
    }

    /// The edit of that name, as a command spells it.
    pub fn find(name: &str) -> Option<Edit> {
        Edit::ALL.into_iter().find(|edit| edit.name().replace(' ', "-") == name)
    }

    fn apply(self, files: &mut [String]) {
        match self {
            Edit::FiveRules => five_rules(files),
            Edit::RenamedAndMoved => renamed_and_moved(files),
        }
    }
}

/// How the lines that it is about begin, what they hold, and what becomes of one.
type LineEdit<'e> = (&'e str, &'e str, &'e dyn Fn(&str) -> String);

/// One of each: an arm that goes to others, an arm that refuses now, an approval for everybody, a forbid less, and an
/// obligation on other requests.
fn five_rules(files: &mut [String]) {
    let edits: [LineEdit<'_>; 5] = [
        ("  when ", " to ", &|line| {
            let (condition, _) = line.rsplit_once(" to ").unwrap_or((line, ""));
            format!("{condition} to p1/m0 within 10s else p2/m1 else p0/m2")
        }),
        ("  when ", " to ", &|line| {
            let (condition, _) = line.rsplit_once(" to ").unwrap_or((line, ""));
            format!("{condition} deny \"Not any more.\"")
        }),
        ("approve a-", " when ", &|line| {
            let (rule, _) = line.split_once(" when ").unwrap_or((line, ""));
            rule.to_owned()
        }),
        ("forbid f-", "", &|_| String::new()),
        ("redact o-", "", &|line| line.replacen("workload is", "workload is not", 1)),
    ];
    for (number, (start, has, edit)) in edits.into_iter().enumerate() {
        let count =
            |text: &String| text.lines().filter(|line| line.starts_with(start) && line.contains(has)).count();
        let all: usize = files.iter().map(count).sum();
        // Not all at one end.
        let mut at = all * (2 * number + 1) / 10;
        for text in files.iter_mut() {
            let own = count(text);
            if at < own {
                let lines = text.lines().map(|line| {
                    let is_one = line.starts_with(start) && line.contains(has);
                    let is_it = is_one && at == 0;
                    at = if is_one { at.wrapping_sub(1) } else { at };
                    if is_it { edit(line) } else { line.to_owned() }
                });
                *text = lines.map(|line| line + "\n").collect();
                break;
            }
            at -= own;
        }
    }
}

/// Every rule whose name means nothing has another one (that of a flag is an obligation), and the guards stand in the opposite
/// order.
fn renamed_and_moved(files: &mut [String]) {
    let renames = [
        ("route all", "route everything"),
        ("approve a-", "approve by-team-"),
        ("forbid f-", "forbid no-"),
        ("redact o-", "redact owed-"),
        ("cap o-", "cap most-"),
        ("log o-", "log kept-"),
    ];
    for text in files.iter_mut() {
        for (old, new) in renames {
            *text = text.replace(old, new);
        }
    }
    if let Some(guards) = files.last_mut() {
        let is_rule = |line: &&str| {
            ["approve ", "forbid ", "redact ", "flag ", "cap ", "log "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        let (mut rules, others): (Vec<&str>, Vec<&str>) = guards.lines().partition(is_rule);
        rules.reverse();
        *guards = others.into_iter().chain(rules).map(|line| format!("{line}\n")).collect();
    }
}

fn policy(texts: Vec<String>) -> Result<Arc<Policy>, String> {
    let names = std::iter::once("main.route".to_owned()).chain((1..).map(part_name));
    let files: BTreeMap<String, String> = names.zip(texts).collect();
    let mut read = |name: &str| files.get(name).cloned().ok_or("there is no such file".to_owned());
    let sources = Sources::gather("main.route", &mut read)?;
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    match checked.diagnostics.iter().find(|told| told.severity == Severity::Error) {
        Some(error) => Err(format!("the policy is not sound: {}", error.message)),
        None => checked.policy.ok_or_else(|| "there is no policy".to_owned()),
    }
}

/// Compares a generated policy with what an edit makes of it; reading and checking both is not counted.
///
/// # Errors
/// When one of them is not sound.
pub fn one(family: Family, rules: usize, edit: Edit, seed: u64) -> Result<Compared, String> {
    let mut texts = Generated::generate(family, rules, seed).route_files(Extent::Whole);
    let old = policy(texts.clone())?;
    edit.apply(&mut texts);
    let new = policy(texts)?;
    let silent = |_: &str, _: usize, _: usize| {};
    let known = [&old, &new].map(|policy| settled(policy, &silent));
    let settled = [0, 1].map(|at| Settled { is_disjoint: known[at].0, verdicts: &known[at].1 });
    let steps = std::sync::Mutex::new(Vec::<(String, u128)>::new());
    let (begin, used) = (Instant::now(), cpu_ms());
    let told = |step: &str, _: usize, _: usize| {
        if let Ok(mut steps) = steps.lock()
            && steps.last().is_none_or(|(last, _)| last != step)
        {
            steps.push((step.to_owned(), begin.elapsed().as_millis()));
        }
    };
    let change = compare(&old, &new, DEFAULT_NOW, Some(settled), &told);
    let (wall_ms, cpu_ms) = (begin.elapsed().as_millis(), cpu_ms() - used);
    let conditions = change.regions.iter().map(|region| region.when.len()).sum();
    let regions = change.regions.len();
    let has_rest = change.regions.iter().any(|region| region.is_rest);
    let steps = steps.into_inner().unwrap_or_default();
    Ok(Compared {
        rules,
        change: edit.name(),
        wall_ms,
        cpu_ms,
        peak_mib: peak_mib(),
        regions,
        conditions,
        has_rest,
        steps,
    })
}
