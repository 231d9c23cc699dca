//! Changes of `examples/acme`: those that change nothing are proven to, and of each of the others it is shown what it does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayleave_compiler::change::{Change, Settled, State, compare};
use wayleave_compiler::proof::{settled, silently};
use wayleave_compiler::{Options, Policy, Sources, check, examples};
use wayleave_program::instant;

/// The day from which on they are compared.
const AS_OF: &str = "2026-12-01";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Every policy file of a folder, by its name there.
fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in
        std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it is readable"))
    {
        let name = entry.file_name().into_string().expect("names are Unicode");
        let path = entry.path();
        if path.is_dir() {
            files(&path, &format!("{prefix}{name}/"), found);
        } else if name.ends_with(".route") {
            found.insert(format!("{prefix}{name}"), std::fs::read_to_string(&path).expect("it is text"));
        }
    }
}

/// The blocks of a case: what stands behind each fence, and what stands in it.
fn blocks(case: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in case.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(head), None) => open = Some((head.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, text))) => text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    found
}

/// Acme with the changes of a case: `replace FILE` and `with`, in pairs; `file FILE`, which is new or written anew.
fn changed(mut acme: BTreeMap<String, String>, case: &str) -> BTreeMap<String, String> {
    let mut replaced: Option<(String, String)> = None;
    for (head, text) in blocks(case) {
        match (head.split_once(' '), head.as_str()) {
            (Some(("replace", name)), _) => replaced = Some((name.to_owned(), text)),
            (Some(("file", name)), _) => {
                acme.insert(name.to_owned(), text);
            }
            (_, "with") => {
                let (name, old) = replaced.take().expect("something is replaced");
                let known = acme.get_mut(&name).unwrap_or_else(|| panic!("there is a file {name}"));
                assert_eq!(known.matches(&old).count(), 1, "it stands there once: {old}");
                *known = known.replacen(&old, &text, 1);
            }
            _ => panic!("a block is `replace FILE`, `with` or `file FILE`, not {head}"),
        }
    }
    acme
}

fn policy(files: &BTreeMap<String, String>) -> Arc<Policy> {
    let mut read = |name: &str| files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    let sources = Sources::gather("main.route", &mut read).expect("there is a root");
    let as_of = instant::read(AS_OF).expect("it is a date");
    let checked = check(&sources, &Options { as_of });
    let told: Vec<String> = checked.diagnostics.iter().map(|one| one.message.clone()).collect();
    checked.policy.unwrap_or_else(|| panic!("it is sound: {told:#?}"))
}

fn change(old: &Arc<Policy>, new: &Arc<Policy>) -> Change {
    let known = [settled(old, &silently), settled(new, &silently)];
    let of = |at: usize| Settled { is_disjoint: known[at].0, verdicts: &known[at].1 };
    let as_of = instant::read(AS_OF).expect("it is a date");
    compare(old, new, as_of, Some([of(0), of(1)]), &silently)
}

/// What a case does, in a few lines.
fn told(old: &Policy, new: &Policy, change: &Change) -> String {
    let mut out = String::new();
    for region in &change.regions {
        let kinds: Vec<&str> = region.kinds.iter().map(|kind| kind.name()).collect();
        let _ = writeln!(out, "{} when {}", kinds.join(", "), region.within);
        let _ = writeln!(out, "  ways: {}", region.when.len());
        for (word, names) in [
            ("unless", &region.unless),
            ("gains", &region.gained),
            ("loses", &region.lost),
            ("other", &region.items),
        ] {
            if !names.is_empty() {
                let _ = writeln!(out, "  {word} {}", names.join("; "));
            }
        }
        let Some(shown) = &region.shown else {
            assert!(region.is_rest, "a request shows each region");
            continue;
        };
        let _ = writeln!(out, "  such as {}", shown.document);
        for (word, policy, decided) in [("was", old, &shown.old), ("is", new, &shown.new)] {
            let decided =
                decided.as_ref().map(|(_, decision)| examples::outcome(decision, &policy.catalogue));
            let _ = writeln!(out, "  {word} {}", decided.unwrap_or_else(|| "refused".to_owned()));
        }
    }
    for (word, reached) in [("newly reachable", &change.gained), ("no longer reachable", &change.lost)] {
        for reach in reached {
            let _ = writeln!(out, "{word}: {} → {}", reach.who, reach.whom);
        }
    }
    for promise in change.promises.iter().filter(|promise| promise.state != State::Kept) {
        let _ = writeln!(out, "guarantee {}: {}", promise.name, promise.state.name());
    }
    for (word, others) in [("carried out", &change.execution), ("words", &change.wording)] {
        for other in others {
            let _ = writeln!(out, "{word}: {}: {:?} → {:?}", other.what, other.old, other.new);
        }
    }
    for price in &change.prices {
        let _ = writeln!(out, "price of {}", price.target);
    }
    out
}

fn cases(kind: &str) -> Vec<(PathBuf, String)> {
    let folder = folder("tests/suite/change").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it is readable").path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(&path).expect("it is text")))
        .collect()
}

fn acme() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    files(&folder("examples/acme"), "", &mut found);
    found
}

#[test]
fn refactorings_are_proven_to_change_nothing() {
    let before = acme();
    let old = policy(&before);
    let cases = cases("harmless");
    assert!(cases.len() >= 3, "there are some");
    for (path, case) in cases {
        let after = changed(before.clone(), &case);
        assert_ne!(after, before, "{}: it changes a text", path.display());
        let new = policy(&after);
        let change = change(&old, &new);
        assert!(change.is_equal(), "{}:\n{}", path.display(), told(&old, &new, &change));
        let lost = change.promises.iter().filter(|promise| promise.state != State::Kept).count();
        assert_eq!(lost, 0, "{}: every guarantee is kept", path.display());
    }
}

#[test]
fn edits_are_shown_as_what_they_are() {
    let before = acme();
    let old = policy(&before);
    let cases = cases("edits");
    assert!(cases.len() >= 3, "there are some");
    for (path, case) in cases {
        let new = policy(&changed(before.clone(), &case));
        let change = change(&old, &new);
        assert!(!change.is_equal(), "{}: something differs", path.display());
        for (number, region) in change.regions.iter().enumerate().filter(|(_, region)| !region.is_rest) {
            let shown = region.shown.as_ref().expect("a request shows each region");
            let is_of_it = change.holds(number, &shown.document);
            assert!(is_of_it, "{}: {} is of its region", path.display(), shown.document);
            let now = shown.document.get("time.now").and_then(|now| instant::read(now.as_str()?));
            let is_now_or_later = now.is_none_or(|now| Some(now) >= instant::read(AS_OF));
            assert!(is_now_or_later, "{}: {} is not of the past", path.display(), shown.document);
        }
        wayleave_tests::snapshot::beside(&path, &told(&old, &new, &change));
    }
}
