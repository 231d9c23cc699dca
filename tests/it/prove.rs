//! The files of `suite/prove`: policies, and changes of the example `acme`, each with what the exact checks find in it. The
//! first lines say it: `// R0401 at privacy.route: eu-stays` is one finding with its code, the file or line of its place, and
//! words that its message or next step holds; `// sound: why` is that there is none. The snapshot beside a file holds the whole
//! of it, and what is decided on each request that is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use wayleave_compiler::decision::Rules;
use wayleave_compiler::diagnostic::render::{Style, render_human};
use wayleave_compiler::proof::{Answer, Requests, Stop, sample, silently};
use wayleave_compiler::{
    Diagnostic, Options, Policy, Severity, Sources, check, check_exactly, check_exactly_until, examples, spec,
};
use wayleave_program::decision::{Outcome, RuleName};
use wayleave_program::document::{read_request, write_request};
use wayleave_program::instant;
use wayleave_program::source_view::Spot;
use wayleave_program::value::Instant;
use wayleave_tests::snapshot;

/// The day for which all of them are checked.
fn as_of() -> Instant {
    instant::read("2026-12-01").expect("a date")
}

/// What a first line asks for.
#[derive(Debug)]
struct Expected {
    code: String,
    /// The name of a file, or `line N` of the policy itself.
    place: String,
    words: String,
}

/// The findings that the first lines ask for, and what stands behind them.
fn expected(text: &str) -> (Vec<Expected>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    let mut is_sound = false;
    while let Some(line) = rest.lines().next().and_then(|line| line.strip_prefix("// ")) {
        if line.starts_with("sound: ") {
            is_sound = true;
        } else if let Some((code, (place, words))) =
            line.split_once(" at ").and_then(|(code, behind)| Some((code, behind.split_once(": ")?)))
            && code.starts_with('R')
            && code.len() == 5
        {
            found.push(Expected { code: code.to_owned(), place: place.to_owned(), words: words.to_owned() });
        } else {
            break;
        }
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    assert!(is_sound == found.is_empty(), "the first lines say what is found, or that it is sound");
    (found, rest)
}

/// The files of the example, by their names.
fn acme() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "route") {
                let name = path.strip_prefix(&root).expect("it is below").display().to_string();
                files.insert(name, std::fs::read_to_string(&path).expect("the file can be read"));
            }
        }
    }
    files
}

/// Makes a change: after `in FILE`, lines behind `-` that stand there once become those behind `+`.
fn change(files: &mut BTreeMap<String, String>, change: &str) {
    let mut file = String::new();
    let mut lines = change.lines().peekable();
    while let Some(line) = lines.peek().copied() {
        if let Some(name) = line.strip_prefix("in ") {
            file = name.trim().to_owned();
            lines.next();
            continue;
        }
        if line.is_empty() {
            lines.next();
            continue;
        }
        let mut side = |mark: char| {
            let mut own = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with(mark)) {
                let text = line[1..].strip_prefix(' ').unwrap_or_default();
                writeln!(own, "{text}").expect("a string takes all");
            }
            own
        };
        let (old, new) = (side('-'), side('+'));
        let text = files.get_mut(&file).unwrap_or_else(|| panic!("there is no file `{file}`"));
        let whole = format!("\n{text}");
        let sought = format!("\n{old}");
        assert!(!old.is_empty() && whole.matches(&sought).count() == 1, "{file} has not once:\n{old}");
        *text = whole.replacen(&sought, &format!("\n{new}"), 1).split_off(1);
    }
}

/// The sources of a case, and what is expected of them.
fn sources(path: &Path) -> (Sources, Vec<Expected>) {
    let text = std::fs::read_to_string(path).expect("the case can be read");
    let (expected, rest) = expected(&text);
    let folder = path.parent().expect("it is in a folder");
    let is_change = path.extension().is_some_and(|extension| extension == "change");
    let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
    let mut files = BTreeMap::new();
    if is_change {
        files = acme();
        change(&mut files, rest);
    }
    let mut read = |file: &str| match files.get(file) {
        Some(text) => Ok(text.clone()),
        None if is_change => Err("there is no such file".to_owned()),
        None => std::fs::read_to_string(folder.join(file)).map_err(|_| "there is no such file".to_owned()),
    };
    let root = if is_change { "main.route" } else { &name };
    (Sources::gather(root, &mut read).expect("the root file can be read"), expected)
}

/// What is decided on the requests that findings show, each once.
fn decisions(policy: &Policy, told: &[Diagnostic]) -> String {
    let mut shown = String::new();
    for witness in told.iter().filter_map(|told| told.witness.as_deref()) {
        let request = read_request(&policy.schema, witness)
            .unwrap_or_else(|errors| panic!("{witness} is no request: {errors:?}"));
        let decision = spec::decide(policy, &request);
        let outcome = examples::outcome(&decision, &policy.catalogue);
        writeln!(shown, "{witness}\n  {outcome}").expect("a string takes all");
    }
    shown
}

/// What is wrong with a case.
fn wrong(path: &Path) -> Option<String> {
    let (sources, expected) = sources(path);
    let options = Options { as_of: as_of() };
    let mut told = check_exactly(&sources, &options, &silently).diagnostics;
    let is_named = |told: &Diagnostic| expected.iter().any(|one| one.code == told.code.name());
    told.retain(|told| told.severity != Severity::Note || is_named(told));
    let mut shown = render_human(&told, &sources, Style { colour: false, width: 100 });
    if let Some(policy) = check(&sources, &options).policy {
        shown.push_str(&decisions(&policy, &told));
    }
    snapshot::beside(path, &shown);
    let mut left: Vec<&Diagnostic> = told.iter().collect();
    let mut problems = Vec::new();
    for one in &expected {
        let is_it = |told: &&Diagnostic| {
            let span = told.primary.span;
            let line = format!("line {}", sources.start(span).line);
            let help = told.help.clone().unwrap_or_default();
            told.code.name() == one.code
                && (sources.file(span.file).name == one.place || line == one.place)
                && (told.message.contains(&one.words) || help.contains(&one.words))
        };
        match left.iter().position(is_it) {
            Some(at) => drop(left.remove(at)),
            None => problems.push(format!("not found: {} at {}: {}", one.code, one.place, one.words)),
        }
    }
    problems.extend(left.iter().map(|told| format!("not expected: {} {}", told.code.name(), told.message)));
    (!problems.is_empty()).then(|| format!("{}:\n  {}", path.display(), problems.join("\n  ")))
}

/// The codes that some file of `suite/prove` shows.
pub(crate) fn codes() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/prove");
    let mut shown = BTreeSet::new();
    for folder in [folder.clone(), folder.join("acme")] {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "route" || extension == "change") {
                let text = std::fs::read_to_string(&path).expect("the case can be read");
                shown.extend(expected(&text).0.into_iter().map(|one| one.code));
            }
        }
    }
    shown
}

#[test]
fn what_is_wrong_over_all_requests_is_found_and_nothing_else() {
    let mut problems = Vec::new();
    let (mut bugs, mut sound) = (0, 0);
    for pattern in ["*.route", "acme/*.change"] {
        insta::glob!("../suite/prove", pattern, |path| {
            let text = std::fs::read_to_string(path).expect("the case can be read");
            if text.starts_with("// sound") {
                sound += 1
            } else {
                bugs += 1
            }
            problems.extend(wrong(path));
        });
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(bugs >= 100 && sound >= 50, "{bugs} mistakes and {sound} sound variants");
}

/// The example's sources.
fn example() -> Sources {
    let files = acme();
    let mut read = |name: &str| files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    Sources::gather("main.route", &mut read).expect("the root file is there")
}

#[test]
fn a_check_that_nobody_waits_for_ends_and_says_nothing() {
    let options = Options { as_of: as_of() };
    let stop = Stop::default();
    let told = Mutex::new(Vec::new());
    let progress = |what: &str, _: usize, _: usize| {
        told.lock().expect("nobody panics").push(what.to_owned());
        stop.stop();
    };
    assert!(check_exactly_until(&example(), &options, &progress, &stop).is_none());
    let told = told.into_inner().expect("nobody panics");
    assert!(!told.contains(&"rules".to_owned()), "it goes on after it was stopped: {told:?}");

    let found = check_exactly_until(&example(), &options, &silently, &Stop::default());
    let (checked, proven) = found.expect("nobody stopped it");
    assert_eq!(checked.diagnostics, check_exactly(&example(), &options, &silently).diagnostics);
    assert_eq!(proven.len(), checked.policy.expect("it is sound").guarantees.len());
}

#[test]
fn a_question_that_nobody_waits_for_is_not_answered() {
    let policy = check(&example(), &Options { as_of: as_of() }).policy.expect("it is sound");
    let rules = Rules::new(&policy);
    let stop = Stop::default();
    let requests = Requests::new(&policy, &rules).until(&stop);
    assert!(matches!(requests.query().find(None, &mut 1_000), Answer::Some(_)));
    stop.stop();
    assert!(matches!(requests.query().find(None, &mut 1_000), Answer::Unknown));
    assert!(matches!(requests.query().answer(&mut 1_000), Answer::Unknown));
}

/// A request is found from a day on, at its beginning where that is enough, on which the rule does what it says.
#[test]
fn a_request_is_found_that_a_rule_has_part_in() {
    let policy = check(&example(), &Options { as_of: as_of() }).policy.expect("it is sound");
    let found = |spot: Spot| sample(&policy, &spot, as_of(), &Stop::default());
    let route = |name: &str| Spot::Rule(RuleName::Route(name.to_owned()));
    for (spot, arm) in
        [(route("code"), None), (Spot::Arm("code".to_owned(), 1), Some(1)), (route("batch"), None)]
    {
        let (request, decision) = found(spot.clone()).expect("a request reaches it");
        let name = match &spot {
            Spot::Arm(name, _) | Spot::Rule(RuleName::Route(name)) => name,
            Spot::Rule(_) => panic!("only routes are asked for"),
        };
        assert_eq!((decision.route.as_ref(), decision.outcome), (Some(name), Outcome::Route), "{spot:?}");
        assert!(arm.is_none() || decision.arm == arm, "{spot:?}");
        assert_eq!(spec::decide(&policy, &request), decision);
        let document = write_request(&policy.schema, &request);
        assert_eq!(document["time.now"], "2026-12-01T00:00Z", "{document}");
    }
    let (_, denied) = found(Spot::Rule(RuleName::Deny("leaked-secret".to_owned()))).expect("it is denied");
    assert_eq!(denied.reasons[0].by, RuleName::Deny("leaked-secret".to_owned()));
    let forbid = RuleName::Forbid("eu-residency".to_owned());
    let (_, forbidden) = found(Spot::Rule(forbid.clone())).expect("it removes somebody");
    assert!(forbidden.removed.iter().flat_map(|one| &one.reasons).any(|reason| reason.by == forbid));
    assert!(found(route("no-such-route")).is_none());
    assert!(found(Spot::Rule(RuleName::Unapproved)).is_none());
}
