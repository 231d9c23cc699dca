//! What `wayleave fix` may apply: over every case of the suites, as it is written and as it is laid out, each edit that is
//! called sure removes its diagnostic, adds none, and leaves laid-out text laid out; and all of them together end.

use super::mistakes;
use std::collections::BTreeMap;
use std::path::Path;
use wayleave_compiler::diagnostic::{Applicability, Fix};
use wayleave_compiler::fix::{applied, fixed};
use wayleave_compiler::{Diagnostic, Options, Severity, Sources, check};
use wayleave_grammar::judge::agree;
use wayleave_grammar::layout::layout;
use wayleave_grammar::{Layer, parse};
use wayleave_program::instant;
use wayleave_program::value::DEFAULT_NOW;

/// Columns of the layout.
const WIDTH: usize = 100;

/// A policy by file, the root's name, and the date of its check.
pub(crate) struct Case {
    /// What a problem is told of.
    pub(crate) name: String,
    /// By path from the root's folder.
    pub(crate) files: BTreeMap<String, String>,
    /// Of the root.
    pub(crate) root: String,
    /// As of which it is checked.
    pub(crate) options: Options,
}

impl Case {
    pub(crate) fn sources(&self, files: &BTreeMap<String, String>) -> Sources {
        let mut read =
            |name: &str| files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
        Sources::gather(&self.root, &mut read).expect("the root file is there")
    }

    /// The same with every file in its layout.
    fn laid_out(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(name, text)| (name.clone(), layout(&parse(text)))).collect()
    }
}

/// The files of `suite/check` and of `suite/mistakes`.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/check");
    let mut files = BTreeMap::new();
    let mut roots = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).expect("the suite is there") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "route") {
                let name = path.strip_prefix(&folder).expect("it is below").to_string_lossy().into_owned();
                if at == folder {
                    roots.push(name.clone());
                }
                files.insert(name, std::fs::read_to_string(&path).expect("a policy"));
            }
        }
    }
    roots.sort();
    let options = Options { as_of: DEFAULT_NOW };
    let mut cases: Vec<Case> = Vec::new();
    for root in roots {
        let mut asked = BTreeMap::new();
        let mut read = |name: &str| {
            let text = files.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
            if let Ok(text) = &text {
                asked.insert(name.to_owned(), text.clone());
            }
            text
        };
        Sources::gather(&root, &mut read).expect("the root file can be read");
        cases.push(Case { name: root.clone(), files: asked, root, options });
    }
    let options = Options { as_of: instant::read(mistakes::AS_OF).expect("a date") };
    for (name, files) in mistakes::all() {
        cases.push(Case { name, files, root: "main.route".to_owned(), options });
    }
    cases
}

fn sure(told: &Diagnostic) -> impl Iterator<Item = &Fix> {
    told.fixes.iter().filter(|fix| fix.applicability == Applicability::Always)
}

/// The files with one edit applied.
fn edited(files: &BTreeMap<String, String>, sources: &Sources, fix: &Fix) -> BTreeMap<String, String> {
    let mut files = files.clone();
    for edit in fix.edits.iter().rev() {
        let text = files.get_mut(&sources.file(edit.span.file).name).expect("a file of the policy");
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    files
}

/// What is told, each with how often. A note is told only of a policy without errors, so an edit may bring it to light.
fn messages(told: &[Diagnostic]) -> BTreeMap<String, usize> {
    let mut messages = BTreeMap::new();
    for told in told.iter().filter(|told| told.severity != Severity::Note) {
        *messages.entry(format!("{} {}", told.code.name(), told.message)).or_default() += 1;
    }
    messages
}

/// What is wrong with the sure edits of one policy; how many there are.
fn problems(case: &Case, files: &BTreeMap<String, String>) -> (usize, Vec<String>) {
    let sources = case.sources(files);
    let told = check(&sources, &case.options).diagnostics;
    let before = messages(&told);
    let mut count = 0;
    let mut problems = Vec::new();
    for one in &told {
        for fix in sure(one).filter(|_| one.severity != Severity::Note) {
            count += 1;
            let mut problem = |what: String| problems.push(format!("{}: `{}` {what}", case.name, fix.title));
            let mended = edited(files, &sources, fix);
            let after = messages(&check(&case.sources(&mended), &case.options).diagnostics);
            let key = format!("{} {}", one.code.name(), one.message);
            if after.get(&key).copied().unwrap_or(0) >= before[&key] {
                problem(format!("does not remove `{key}`"));
            }
            for (added, times) in &after {
                if *times > before.get(added).copied().unwrap_or(0) {
                    problem(format!("adds `{added}`"));
                }
            }
            let Some(kept) = applied(&sources, &[fix]) else {
                problem("cannot be applied".to_owned());
                continue;
            };
            for (old, new) in sources.files().iter().zip(kept.files()) {
                let was_laid_out = layout(&old.parse) == old.text;
                if was_laid_out && layout(&new.parse) != new.text {
                    problem(format!("leaves this not laid out:\n{}", new.text));
                }
                // Where every item had a layout before, the edit keeps it by itself, unless a line becomes too long.
                let edited = &mended[&new.name];
                let is_wide = edited.lines().any(|line| line.chars().count() > WIDTH);
                if was_laid_out && old.parse.errors().is_empty() && !is_wide && *edited != new.text {
                    problem(format!("needs a layout:\n{edited}\nbut:\n{}", new.text));
                }
            }
        }
    }
    (count, problems)
}

#[test]
fn each_sure_edit_mends_and_keeps_the_layout() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for case in cases() {
        for files in [case.files.clone(), case.laid_out()] {
            let (edits, problems) = problems(&case, &files);
            count += edits;
            wrong.extend(problems);
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count >= 200, "the suites have sure edits: {count}");
}

/// All of them together: nothing sure is left, what has changed parses, and what was laid out is.
#[test]
fn fixing_ends_with_texts_that_parse() {
    let mut changed = 0;
    for case in cases() {
        let sources = case.sources(&case.files);
        let fixed = fixed(&sources, &case.options);
        for id in sources.ids() {
            let (old, new) = (sources.file(id), fixed.sources.file(id));
            if old.text == new.text {
                continue;
            }
            changed += 1;
            let is_of_form = |error: &&wayleave_grammar::SyntaxError| error.layer != Layer::Meaning;
            let errors: Vec<&str> =
                new.parse.errors().iter().filter(is_of_form).map(|error| error.message.as_str()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}\n{}", case.name, new.text);
            agree(&new.text, &new.parse).expect("both parsers agree");
            if layout(&old.parse) == old.text {
                assert_eq!(layout(&new.parse), new.text, "{}", case.name);
            }
        }
        if fixed.untouched.is_empty() {
            let left: Vec<&str> = fixed
                .left
                .iter()
                .filter(|told| sure(told).next().is_some())
                .map(|told| told.message.as_str())
                .collect();
            assert!(left.is_empty(), "{}: {left:?}", case.name);
        }
    }
    assert!(changed >= 100, "the suites have texts to mend: {changed}");
}
