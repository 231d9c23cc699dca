//! The run: each engine meets each policy in a process of its own, so that none inherits another's heap, and one that never
//! gets ready, or overflows its stack, costs only its own line.

use crate::crosscheck::first_mismatch;
use crate::engines::{self, KINDS, Kind};
use crate::figures::{Conditions, Figure, Found, Run, Shape};
use crate::policy::{Family, Policy, route_text::Extent};
use crate::request::Request;
use crate::{heap, timing};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// An engine that needs longer to load a policy is left out there.
const LOAD_LIMIT: Duration = Duration::from_secs(60);
/// More than any engine needs for the rest: three budgets, and answering everything once.
const REST_LIMIT: Duration = Duration::from_secs(240);
/// Decisions over which allocations are counted.
const COUNTED: usize = 300;
/// Requests on which the plain loop, to which all engines are held, is held to the meaning of the tests.
const MEANT: usize = 300;
/// How often each engine meets a policy of at most [`TURNS_RULES`] rules; larger ones once, as they load long.
const TURNS: usize = 3;
const TURNS_RULES: usize = 10_000;
/// The seed of policies; requests have the next one.
pub const SEED: u64 = 1;

/// How large a run is.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Families and sizes, each met by every engine.
    pub policies: Vec<(Family, usize)>,
    /// Requests to each policy.
    pub requests: usize,
    /// The time that an engine has on each policy.
    pub budget: Duration,
}

impl Scope {
    /// What the page is made of.
    pub fn full() -> Scope {
        let sizes = [10, 100, 1_000, 10_000, 100_000].map(|rules| (Family::Realistic, rules));
        let others = [(Family::NoSelective, 10_000), (Family::Adversarial, 10_000)];
        Scope {
            policies: sizes.into_iter().chain(others).collect(),
            requests: 10_000,
            budget: Duration::from_millis(700),
        }
    }

    /// Whether everything still works, in seconds.
    pub fn quick() -> Scope {
        let sizes = [10, 100].map(|rules| (Family::Realistic, rules));
        Scope { policies: sizes.into(), requests: 500, budget: Duration::from_millis(60) }
    }
}

/// What a process of one engine says, a line each.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// Policy, requests and texts are made; loading begins.
    Ready,
    /// The policy is loaded.
    Loaded,
    /// It cannot be.
    Failed(String),
    /// The figures, and the answer to each request that was asked.
    Found(Found, Vec<Option<u32>>),
}

fn say(said: &Said) {
    println!("{}", serde_json::to_string(said).expect("it is plain data"));
}

/// A policy and requests to it, which live as long as the process.
pub fn stage(family: Family, rules: usize, requests: usize) -> (Policy, &'static [Request]) {
    let policy = Policy::generate(family, rules, SEED);
    let requests = Request::generate(&policy, requests, SEED + 1);
    (policy, requests.leak())
}

/// Meets one policy with one engine and prints what happens.
pub fn one(kind: &Kind, family: Family, rules: usize, requests: usize, budget: Duration) {
    let (policy, requests) = stage(family, rules, requests);
    let texts = (kind.write)(&policy);
    say(&Said::Ready);
    let start = Instant::now();
    let (loaded, held) = heap::counted(|| (kind.load)(&policy, &texts));
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut engine = match loaded {
        Ok(engine) => engine,
        Err(error) => return say(&Said::Failed(error)),
    };
    say(&Said::Loaded);
    drop(texts);
    engine.prepare(requests);
    let count = timing::affordable(requests.len(), budget, |index| {
        black_box(engine.decide(index));
    });
    let answers: Vec<Option<u32>> = (0..count).map(|index| engine.decide(index)).collect();
    let counted = count.min(COUNTED);
    let ((), used) =
        heap::counted(|| (0..counted).map(|index| black_box(engine.decide(index))).for_each(|_| ()));
    let prepared = timing::times(count, budget, |index| engine.decide(index));
    let mut afresh = None;
    if let Some(answer) = engine.decide_afresh(&requests[0]) {
        assert_eq!(answer, answers[0], "a request put into the engine's form anew is answered alike");
        let decide = |index: usize| engine.decide_afresh(&requests[index]).expect("it was possible before");
        afresh = Some(timing::times(count, budget / 2, decide));
    }
    let allocations = used.allocations as f64 / counted as f64;
    say(&Said::Found(Found { load_ms, held_bytes: held.held_bytes, allocations, prepared, afresh }, answers));
}

/// Runs everything.
///
/// # Errors
/// An engine that answers otherwise than the plain loop, with the first such request.
pub fn all(scope: &Scope) -> Result<Run, String> {
    let mut plain_ns = vec![plain_median(scope)];
    let mut conditions = conditions(scope);
    let (mut shapes, mut figures) = (Vec::new(), Vec::new());
    for &(family, rules) in &scope.policies {
        let (policy, requests) = stage(family, rules, scope.requests);
        let expected = engines::plain::answers(&policy, requests);
        let meant: Vec<Option<u32>> = requests
            .iter()
            .take(MEANT)
            .map(|request| engines::plain::first(&policy.rules, request))
            .collect();
        if let Some(mismatch) = first_mismatch(&meant, &expected) {
            return Err(format!("the plain loop against the meaning: {mismatch}"));
        }
        shapes.push(shape(&policy, &expected));
        for (kind, result) in KINDS.iter().zip(in_turns(family, rules, scope, &expected)?) {
            let told = match &result {
                Ok(found) => format!("{:.0} ns, loaded in {:.1} ms", found.prepared.median_ns, found.load_ms),
                Err(reason) => reason.clone(),
            };
            eprintln!("{:>7} {:<13} {:<17} {told}", rules, family.name(), kind.id);
            let (engine, family) = (kind.id.to_owned(), family.name().to_owned());
            figures.push(Figure { engine, family, rules, result });
        }
    }
    plain_ns.push(plain_median(scope));
    conditions.plain_ns = plain_ns;
    Ok(Run { conditions, shapes, figures })
}

/// What was found of each engine: of its turns the one with the lowest median, as a machine that others share is slow for
/// a while and then fast again, and which engine meets that is chance. All have as many turns, one after the other.
fn in_turns(
    family: Family,
    rules: usize,
    scope: &Scope,
    expected: &[Option<u32>],
) -> Result<Vec<Result<Found, String>>, String> {
    let mut best: Vec<Option<Result<Found, String>>> = vec![None; KINDS.len()];
    let turns = if rules <= TURNS_RULES { TURNS } else { 1 };
    for _ in 0..turns {
        for (kind, best) in KINDS.iter().zip(&mut best) {
            if matches!(best, Some(Err(_))) {
                continue;
            }
            let (result, answers) = apart(kind, family, rules, scope);
            if let Some(mismatch) = first_mismatch(expected, &answers) {
                return Err(format!("{} on {rules} {} rules: {mismatch}", kind.id, family.name()));
            }
            let median = |found: &Result<Found, String>| {
                found.as_ref().map_or(f64::INFINITY, |one| one.prepared.median_ns)
            };
            if best.as_ref().is_none_or(|known| median(&result) < median(known)) {
                *best = Some(result);
            }
        }
    }
    Ok(best.into_iter().map(|found| found.unwrap_or_else(|| Err("not measured".to_owned()))).collect())
}

fn plain_median(scope: &Scope) -> f64 {
    let (result, _) = apart(&engines::plain::KIND, Family::Realistic, 1_000, scope);
    result.map_or(0.0, |found| found.prepared.median_ns)
}

fn shape(policy: &Policy, answers: &[Option<u32>]) -> Shape {
    let mut found: Vec<u32> = answers.iter().copied().flatten().collect();
    found.sort_unstable();
    Shape {
        family: policy.family.name().to_owned(),
        rules: policy.rules.len(),
        unmatched_percent: 100.0 * (answers.len() - found.len()) as f64 / answers.len() as f64,
        median_rule: found.get(found.len() / 2).copied().unwrap_or_default(),
        route_bytes: policy.route_files(Extent::List).iter().map(String::len).sum(),
    }
}

/// Meets one policy with one engine in another process, which is ended where it takes too long.
fn apart(
    kind: &Kind,
    family: Family,
    rules: usize,
    scope: &Scope,
) -> (Result<Found, String>, Vec<Option<u32>>) {
    // A build meanwhile may replace the file; this is the one that runs.
    let program = "/proc/self/exe";
    let budget_ms = scope.budget.as_millis().to_string();
    let mut process = Command::new(program)
        .args(["--one", kind.id, family.name(), &rules.to_string(), &scope.requests.to_string(), &budget_ms])
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started once more");
    let output = process.stdout.take().expect("its output is piped");
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let heard = hear(&lines);
    // It has ended, or is of no use any more; both are fine where it is gone already.
    let _ = process.kill();
    let status = process.wait();
    match heard {
        Ok((found, answers)) => (Ok(found), answers),
        Err(Silence::Reason(reason)) => (Err(reason), Vec::new()),
        Err(Silence::Ended(stage)) => {
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            (Err(format!("ended while {stage}: {status}")), Vec::new())
        }
    }
}

enum Silence {
    Reason(String),
    Ended(&'static str),
}

fn hear(lines: &Receiver<String>) -> Result<(Found, Vec<Option<u32>>), Silence> {
    let (mut limit, mut stage) = (REST_LIMIT, "writing the policy");
    loop {
        let line = match lines.recv_timeout(limit) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                return Err(Silence::Reason(format!("over {} s {stage}", limit.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended(stage)),
        };
        match serde_json::from_str(&line).expect("a process of ours speaks so") {
            Said::Ready => (limit, stage) = (LOAD_LIMIT, "to load"),
            Said::Loaded => (limit, stage) = (REST_LIMIT, "to decide"),
            Said::Failed(reason) => return Err(Silence::Reason(reason)),
            Said::Found(found, answers) => return Ok((found, answers)),
        }
    }
}

fn conditions(scope: &Scope) -> Conditions {
    let printed = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok().map(|output| output.stdout);
        String::from_utf8_lossy(&output.unwrap_or_default()).trim().to_owned()
    };
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model =
        |line: &str| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned());
    let changes = printed("git", &["status", "--porcelain"]);
    let commit = printed("git", &["rev-parse", "--short=12", "HEAD"]);
    Conditions {
        date: printed("date", &["+%Y-%m-%d"]),
        commit: if changes.is_empty() { commit } else { format!("{commit} with changes") },
        processor: read("/proc/cpuinfo").lines().find_map(model).unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        rustc: printed("rustc", &["--version"]),
        load_before: read("/proc/loadavg")
            .split(' ')
            .next()
            .and_then(|load| load.parse().ok())
            .unwrap_or(0.0),
        clock_ns: timing::clock_ns(),
        plain_ns: Vec::new(),
        budget_ms: u64::try_from(scope.budget.as_millis()).expect("a budget is short"),
    }
}
