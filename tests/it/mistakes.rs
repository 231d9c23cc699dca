//! The files of `suite/mistakes`: each seeds one mistake into `examples/acme`, a policy in several files, and says what must
//! come of it. The first line is ``CODE in FILE at `TEXT`: PIECE``: the code, the file and the text under the label (its
//! first line), and a piece of the next step. Then comes the change: ``in FILE``, and blocks of ``find:`` and ``replace:``
//! whose lines are set in by two blanks; what is found stands exactly once in that file. The snapshot beside it holds the
//! whole message.

use super::check::step;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wayleave_compiler::diagnostic::Applicability;
use wayleave_compiler::diagnostic::render::{Style, render_human};
use wayleave_compiler::{Diagnostic, Options, Severity, Sources, check};
use wayleave_program::instant;
use wayleave_tests::snapshot;

/// The day as of which the policy is sound.
pub(crate) const AS_OF: &str = "2026-12-01";

/// The files of the policy, by path from its root.
type Files = BTreeMap<String, String>;

/// One file of the suite.
struct Mistake {
    code: String,
    /// Where the label stands.
    file: String,
    /// What stands under it.
    under: String,
    step: String,
    changed: String,
    /// What is found, and what replaces it.
    changes: Vec<(String, String)>,
}

impl Mistake {
    fn read(text: &str) -> Mistake {
        let (first, rest) = text.split_once("\n\n").expect("a first line, then a blank one");
        let (code, rest_of_first) = first.split_once(" in ").expect("CODE in FILE");
        let (file, rest_of_first) = rest_of_first.split_once(" at `").expect("FILE at `TEXT`");
        let (under, step) = rest_of_first.split_once("`: ").expect("`TEXT`: PIECE");
        let (changed, blocks) = rest.split_once('\n').expect("the file that is changed, then blocks");
        let blocks = blocks.split("find:\n").skip(1);
        let changes = blocks.map(|block| block.split_once("replace:\n").expect("find:, then replace:"));
        Mistake {
            code: code.to_owned(),
            file: file.to_owned(),
            under: under.to_owned(),
            step: step.to_owned(),
            changed: changed.strip_prefix("in ").expect("in FILE").to_owned(),
            changes: changes.map(|(find, replace)| (set_out(find), set_out(replace))).collect(),
        }
    }

    fn seed(&self, files: &Files) -> Files {
        let mut seeded = files.clone();
        let text = seeded.get_mut(&self.changed).unwrap_or_else(|| panic!("no file `{}`", self.changed));
        for (find, replace) in &self.changes {
            assert_eq!(text.matches(find).count(), 1, "`{}` does not hold this once:\n{find}", self.changed);
            *text = text.replace(find, replace);
        }
        seeded
    }

    fn place(&self) -> String {
        format!("{} in {} at `{}`", self.code, self.file, self.under)
    }
}

/// Lines without the two blanks before each.
fn set_out(block: &str) -> String {
    let lines: Vec<&str> =
        block.trim_end().lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    lines.join("\n")
}

/// Every mistake by its name, as the files of the policy that has it.
pub(crate) fn all() -> Vec<(String, BTreeMap<String, String>)> {
    let files = sound();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/mistakes");
    let entries = std::fs::read_dir(folder).expect("the suite is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "mistake"));
    paths.sort();
    let seeded = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a mistake");
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), Mistake::read(&text).seed(&files))
    };
    paths.iter().map(seeded).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/acme")
}

/// The policy as it stands.
fn sound() -> Files {
    let mut read = |name: &str| std::fs::read_to_string(folder().join(name)).map_err(|e| e.to_string());
    let sources = Sources::gather("main.route", &mut read).expect("the root file can be read");
    sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect()
}

/// What is wrong with these files; notes are not asked for.
fn checked(files: &Files) -> (Sources, Vec<Diagnostic>) {
    let mut read = |name: &str| files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    let sources = Sources::gather("main.route", &mut read).expect("the root file is there");
    let options = Options { as_of: instant::read(AS_OF).expect("a date") };
    let mut told = check(&sources, &options).diagnostics;
    told.retain(|told| told.severity != Severity::Note);
    (sources, told)
}

fn place(told: &Diagnostic, sources: &Sources) -> String {
    let span = told.primary.span;
    let under = sources.text(span).lines().next().unwrap_or_default();
    format!("{} in {} at `{under}`", told.code.name(), sources.file(span.file).name)
}

/// What is still told once the first fix of a message is applied; nothing where a person has to fill in something.
fn left_by_the_first_fix(told: &Diagnostic, sources: &Sources, files: &Files) -> Vec<String> {
    let fix = told.fixes.first().filter(|fix| fix.applicability != Applicability::Placeholders);
    let Some(fix) = fix else { return Vec::new() };
    let mut mended = files.clone();
    for edit in fix.edits.iter().rev() {
        let text = mended.get_mut(&sources.file(edit.span.file).name).expect("a file of the policy");
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let (_, left) = checked(&mended);
    left.iter().map(|told| format!("{} {}", told.code.name(), told.message)).collect()
}

#[test]
fn the_policy_is_sound_before() {
    let (_, told) = checked(&sound());
    let messages: Vec<&str> = told.iter().map(|told| told.message.as_str()).collect();
    assert!(messages.is_empty(), "{messages:?}");
}

#[test]
fn each_seeded_mistake_gives_one_message_at_its_place_with_its_step() {
    let files = sound();
    let mut problems = Vec::new();
    insta::glob!("../suite/mistakes", "*.mistake", |path| {
        let mistake = Mistake::read(&std::fs::read_to_string(path).expect("a mistake"));
        let seeded = mistake.seed(&files);
        let (sources, told) = checked(&seeded);
        let shown = render_human(&told, &sources, Style { colour: false, width: 100 });
        snapshot::beside(path, &shown);
        let places: Vec<String> = told.iter().map(|told| place(told, &sources)).collect();
        let name = path.display();
        if places != [mistake.place()] {
            problems.push(format!("{name}: wanted {}, and it is {places:?}:\n{shown}", mistake.place()));
            return;
        }
        if !step(&told[0]).contains(&mistake.step) {
            problems.push(format!("{name}: no `{}` in the next step:\n{shown}", mistake.step));
        }
        let left = left_by_the_first_fix(&told[0], &sources, &seeded);
        if !left.is_empty() {
            problems.push(format!("{name}: the fix `{}` leaves {left:?}", told[0].fixes[0].title));
        }
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}
