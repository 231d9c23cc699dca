//! `fix`: the edits that need no second look, written into the policy's files, and what is left for a person.

use crate::args::FixArgs;
use crate::difference::difference;
use crate::load;
use crate::output::{Exit, Failure, Terminal, columns, note, print};
use crate::replace::{may_replace, replace};
use crate::{environment, report};
use std::path::{Path, PathBuf};
use wayleave_compiler::diagnostic::render::{Counts, printable};
use wayleave_compiler::fix::{Fixed, fixed};
use wayleave_compiler::source::{FileId, Sources};
use wayleave_compiler::{Diagnostic, Options, Severity};

pub(super) fn run(arguments: &FixArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let root = load::root_file(&arguments.policy.policy)?;
    let before = load::sources(&root)?;
    let as_of = environment::now();
    let mut fixed = fixed(&before, &Options { as_of });
    fixed.left.retain(|told| told.severity != Severity::Note);
    let changed: Vec<FileId> =
        before.ids().filter(|file| before.file(*file).text != fixed.sources.file(*file).text).collect();
    if arguments.dry_run {
        for file in &changed {
            let (old, new) = (before.file(*file), fixed.sources.file(*file));
            print(&difference(&printable(&old.path), &old.text, &new.text, ", mended", terminal))?;
        }
    } else {
        write(&root, &before, &fixed, &changed)?;
    }
    tell(&fixed, &before, &changed, arguments.dry_run)?;
    left(&fixed, &super::check::date(as_of), terminal)?;
    let has_errors = Counts::of(&fixed.left).errors > 0;
    let would_change = arguments.dry_run && !changed.is_empty();
    Ok(if has_errors || would_change { Exit::No } else { Exit::Yes })
}

fn write(root: &Path, before: &Sources, fixed: &Fixed, changed: &[FileId]) -> Result<(), Failure> {
    let path = |file: FileId| -> PathBuf {
        if file.0 == 0 { root.to_owned() } else { load::folder_of(root).join(&before.file(file).name) }
    };
    // Somebody may have saved while we looked, or does not let us write. All are asked before the first is written.
    for file in changed {
        if load::text_of(&path(*file)).as_ref() != Ok(&before.file(*file).text) {
            let shown = &before.file(*file).path;
            return Err(Failure::new(format!("`{shown}` was changed meanwhile, and nothing is written"))
                .mend("run it again"));
        }
        may_replace(&path(*file)).map_err(|error| {
            let shown = &before.file(*file).path;
            Failure::io(format!("`{shown}` cannot be written, and nothing is"), &error)
        })?;
    }
    for (count, file) in changed.iter().enumerate() {
        replace(&path(*file), &fixed.sources.file(*file).text).map_err(|error| {
            let written: Vec<&str> =
                changed[..count].iter().map(|file| before.file(*file).path.as_str()).collect();
            let others = if written.is_empty() { "nothing".to_owned() } else { written.join(", ") };
            let shown = &before.file(*file).path;
            Failure::io(format!("`{shown}` cannot be written; {others} was written before it"), &error)
        })?;
    }
    Ok(())
}

/// What was done, a line each.
fn tell(fixed: &Fixed, before: &Sources, changed: &[FileId], is_dry: bool) -> Result<(), Failure> {
    let row = |applied: &wayleave_compiler::fix::Applied| {
        let place = format!("{}:{}", printable(&applied.path), applied.line);
        vec![place, applied.code.name().to_owned(), printable(&applied.title)]
    };
    let rows: Vec<Vec<String>> = fixed.applied.iter().map(row).collect();
    let table = columns(&rows);
    if is_dry {
        note(&table)
    } else {
        print(&table)?
    }
    for file in &fixed.untouched {
        let path = printable(&before.file(*file).path);
        note(&format!("{path} is left as it is: with every sure edit it would not parse either\n"));
    }
    let mistakes = match fixed.applied.len() {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    let files = if changed.len() == 1 { "1 file".to_owned() } else { format!("{} files", changed.len()) };
    let counts = Counts::of(&fixed.left).to_string();
    let left = if counts.is_empty() { "nothing is left".to_owned() } else { format!("{counts} left") };
    note(&match (fixed.applied.is_empty(), is_dry) {
        (true, _) => format!("nothing to mend without a second look; {left}\n"),
        (false, true) => format!("{mistakes} would be mended in {files}; {left}\n"),
        (false, false) => format!("{mistakes} mended in {files}; {left}\n"),
    });
    Ok(())
}

/// What needs a person.
fn left(fixed: &Fixed, date: &str, terminal: Terminal) -> Result<(), Failure> {
    let fails = |told: &Diagnostic| told.severity == Severity::Error;
    let report = report::Report { diagnostics: &fixed.left, sources: &fixed.sources, date, fails: &fails };
    print(&report.text(crate::args::ReportFormat::Human, terminal))
}
