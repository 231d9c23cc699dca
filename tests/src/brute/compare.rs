//! What the prover says of a small policy, held against what asking every request says.

use super::{Finding, Truth, World};
use crate::small::{self, Small};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_compiler::proof::{self, Verdict};
use wayleave_compiler::{Code, Diagnostic, Options, Policy, Sources, Span, check};
use wayleave_program::value::DEFAULT_NOW;

/// How many findings of each kind were compared, guarantees by their code.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Policies.
    pub policies: u64,
    /// Requests that were asked.
    pub requests: u64,
    /// Findings of each code.
    pub found: BTreeMap<Code, u64>,
    /// Policies with a finding of each code.
    pub policies_with: BTreeMap<Code, u64>,
    /// Guarantees that hold.
    pub holding: u64,
}

impl Tally {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Tally) {
        self.policies += other.policies;
        self.requests += other.requests;
        self.holding += other.holding;
        for (code, count) in &other.found {
            *self.found.entry(*code).or_default() += count;
        }
        for (code, count) in &other.policies_with {
            *self.policies_with.entry(*code).or_default() += count;
        }
    }
}

/// The policy, and its sources; none where it is not sound.
fn sound(text: &str) -> Option<(Arc<Policy>, Sources)> {
    let sources = Sources::single("main.route", text);
    let checked = check(&sources, &Options { as_of: DEFAULT_NOW });
    Some((checked.policy?, sources))
}

/// Compares what is said of the policy of one seed.
///
/// # Errors
/// The disagreement, with the policy.
pub fn compare(seed: u64) -> Result<Tally, String> {
    let small = small::policy(seed);
    compare_small(&small).map_err(|problems| {
        let least = minimized(&small, &problems);
        let own = compare_small(&least).err().unwrap_or_default();
        format!("policy {seed}\n{problems}\n{}--- with fewer lines:\n{own}\n{}", small.text, least.text)
    })
}

/// Compares what is said of one policy.
///
/// # Errors
/// The disagreements, a line each.
pub fn compare_small(small: &Small) -> Result<Tally, String> {
    let Some((policy, sources)) = sound(&small.text) else { return Err("it is not sound\n".to_owned()) };
    let requests = super::requests(&policy, small);
    let world = World::new(&policy, &requests);
    let said = || {
        let diagnostics = proof::checks(&policy, &sources, &proof::silently);
        (diagnostics, proof::guarantees_of(&policy, &[], None, &proof::silently, &proof::standing))
    };
    let Ok((diagnostics, verdicts)) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(said)) else {
        return Err("the prover panics\n".to_owned());
    };
    let mut problems = Problems { small, lines: Vec::new() };
    if let Some(wrong) = world.misunderstanding() {
        problems.lines.push(format!("asking all is wrong of {wrong}"));
    }
    let mut wanted: BTreeSet<Finding> = world.findings();
    let mut tally = Tally { policies: 1, requests: requests.len() as u64, ..Tally::default() };
    for ((name, truth), proven) in world.promises().iter().zip(&verdicts) {
        let verdict = match proven.verdict {
            Verdict::Holds => Some(Truth::Holds),
            Verdict::Fails => Some(Truth::Fails),
            Verdict::Vacuous => Some(Truth::Vacuous),
            Verdict::Unknown => None,
        };
        if verdict != Some(*truth) {
            problems.lines.push(format!("guarantee {name}: prover {verdict:?}, asking all {truth:?}"));
        }
        match truth {
            Truth::Holds => tally.holding += 1,
            Truth::Fails => _ = wanted.insert((Code::R0401, proven.span)),
            Truth::Vacuous => _ = wanted.insert((Code::R0402, proven.span)),
        }
    }
    let found: BTreeSet<Finding> = diagnostics.iter().map(|told| place(&policy, told)).collect();
    wanted.difference(&found).for_each(|one| problems.add("the prover does not say", *one));
    found.difference(&wanted).for_each(|one| problems.add("the prover says wrongly", *one));
    for told in &diagnostics {
        if let Some(problem) = super::witnesses::problem(&policy, told) {
            problems.add(&format!("{problem}: {:?} of", told.witness), place(&policy, told));
        }
    }
    for (code, _) in &wanted {
        *tally.found.entry(*code).or_default() += 1;
    }
    let codes: BTreeSet<Code> = wanted.iter().map(|(code, _)| *code).collect();
    codes.into_iter().for_each(|code| _ = tally.policies_with.insert(code, 1));
    problems.left(tally)
}

struct Problems<'s> {
    small: &'s Small,
    lines: Vec<String>,
}

impl Problems<'_> {
    fn line(&self, span: Span) -> usize {
        self.small.text[..span.start as usize].matches('\n').count()
    }

    fn add(&mut self, what: &str, (code, span): Finding) {
        let text = &self.small.text[span.start as usize..span.end as usize];
        let words = format!("{what} {} at line {}: {text}", code.name(), self.line(span) + 1);
        self.lines.push(words);
    }

    /// All of them, or none.
    fn left(self, tally: Tally) -> Result<Tally, String> {
        let left: String = self.lines.iter().map(|words| format!("{words}\n")).collect();
        if left.is_empty() { Ok(tally) } else { Err(left) }
    }
}

/// Where a finding stands; one that is told once a route, at the head of the route.
fn place(policy: &Policy, told: &Diagnostic) -> Finding {
    let span = told.primary.span;
    let is_of_route = told.code == Code::R0304;
    let mut routes = policy.routes.iter().filter(|_| is_of_route);
    let route = routes.find(|route| route.span.start <= span.start && span.end <= route.span.end);
    (told.code, route.map_or(span, |route| route.head))
}

/// The same policy with as few lines as still show the first of its problems.
pub fn minimized(small: &Small, problem: &str) -> Small {
    let kind = |problem: &str| {
        problem.split(" at line").next().unwrap_or_default().split('{').next().unwrap_or_default().to_owned()
    };
    let wanted = kind(problem.lines().next().unwrap_or_default());
    let mut best = small.clone();
    let mut is_smaller = true;
    while is_smaller {
        is_smaller = false;
        let count = best.text.lines().count();
        for (size, at) in [4, 3, 2, 1].into_iter().flat_map(|size| (0..count).rev().map(move |at| (size, at)))
        {
            let kept = best.text.lines().enumerate().filter(|(line, _)| *line < at || *line >= at + size);
            let text: String = kept.map(|(_, line)| format!("{line}\n")).collect();
            let fewer = best.with_text(text);
            let shows = |problems: String| problems.lines().any(|line| kind(line) == wanted);
            if fewer.text.len() < best.text.len() && compare_small(&fewer).is_err_and(shows) {
                best = fewer;
                is_smaller = true;
                break;
            }
        }
    }
    best
}
