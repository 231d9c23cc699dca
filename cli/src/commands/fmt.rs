//! `fmt`: policy files in the one layout. A file is written whole or not at all, and only after it was seen that nothing
//! in it was lost.

use crate::args::Fmt;
use crate::difference::difference;
use crate::load;
use crate::output::{Exit, Failure, Terminal, note, print};
use crate::replace::replace;
use std::io::Read;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};
use wayleave_compiler::diagnostic::render::printable;
use wayleave_grammar::layout::{Fault, checked};
use wayleave_grammar::{FILE_LIMIT_BYTES, Layer, Parse, parse};

/// How many files there were of each kind.
#[derive(Debug, Default)]
struct Counts {
    changed: usize,
    unchanged: usize,
    failed: usize,
}

pub(super) fn run(arguments: &Fmt, terminal: Terminal) -> Result<Exit, Failure> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return match arguments.paths.as_slice() {
            [_] => standard_input(arguments, terminal),
            _ => Err(Failure::new("`-` stands alone: standard input is one text").mend("name files, or `-`")),
        };
    }
    let mut counts = Counts::default();
    // Nobody may read on: what would change is counted all the same, for the exit status.
    let mut is_read = true;
    for path in files(&arguments.paths) {
        match path.and_then(|path| file(&path, arguments, terminal)) {
            Ok(Laid { changes: false, .. }) => counts.unchanged += 1,
            Ok(Laid { shown, .. }) => {
                counts.changed += 1;
                is_read = is_read && is_printed(&shown)?;
            }
            Err(failure) => {
                // One file that cannot be laid out keeps no other from it.
                terminal.fail(&failure);
                counts.failed += 1;
            }
        }
    }
    finish(&counts, arguments)
}

/// Prints, and answers whether somebody reads.
fn is_printed(text: &str) -> Result<bool, Failure> {
    match print(text) {
        Err(failure) if failure.is_unread() => Ok(false),
        printed => printed.map(|()| true),
    }
}

/// What came of one file.
struct Laid {
    /// Whether its layout is another than it had.
    changes: bool,
    /// What is printed of it.
    shown: String,
}

fn finish(counts: &Counts, arguments: &Fmt) -> Result<Exit, Failure> {
    let writes = !arguments.check && !arguments.diff;
    let done = if writes { "laid out" } else { "would change" };
    let mut told =
        vec![format!("{} {done}", files_of(counts.changed)), format!("{} unchanged", counts.unchanged)];
    if counts.failed > 0 {
        told.push(format!("{} failed", counts.failed));
    }
    note(&format!("{}\n", told.join(", ")));
    match counts {
        Counts { failed: 1.., .. } => {
            Err(Failure::new(format!("{} could not be laid out", files_of(counts.failed))))
        }
        Counts { changed: 1.., .. } if !writes => Ok(Exit::No),
        _ => Ok(Exit::Yes),
    }
}

fn files_of(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// The files that are meant, each once whatever it is called: a folder stands for the `.route` files below it, by path.
/// What cannot be found is among them as a failure.
fn files(paths: &[PathBuf]) -> Vec<Result<PathBuf, Failure>> {
    let mut files = Vec::new();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => files.extend(files_below(path)),
            Ok(_) => files.push(Ok(path.clone())),
            Err(error) => {
                let failure = Failure::io(format!("`{}` cannot be read", path.display()), &error);
                files.push(Err(failure.mend("name files, folders, or `-`")));
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| match file {
        Ok(path) => seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone())),
        Err(_) => true,
    });
    files
}

fn files_below(folder: &Path) -> Vec<Result<PathBuf, Failure>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(is_wanted) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let place = error.path().unwrap_or(folder).display().to_string();
                let error = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                files.push(Err(Failure::io(format!("`{place}` cannot be read"), &error)));
                continue;
            }
        };
        let path = entry.path().strip_prefix(".").unwrap_or(entry.path());
        if path.extension().is_none_or(|ending| ending != "route") {
            continue;
        }
        if entry.file_type().is_file() {
            files.push(Ok(path.to_owned()));
        } else if entry.path_is_symlink() {
            note(&format!(
                "{}: a link is passed over; name it to lay out what it leads to\n",
                path.display()
            ));
        }
    }
    if files.is_empty() {
        let failure = Failure::new(format!("there is no `.route` file in `{}` or below", folder.display()));
        files.push(Err(failure.mend("name another folder, or the files")));
    }
    files
}

/// Hidden folders are tools' own.
fn is_wanted(entry: &DirEntry) -> bool {
    let is_hidden = entry.file_name().to_str().is_some_and(|name| name.starts_with('.') && name.len() > 1);
    entry.depth() == 0 || !(is_hidden && entry.file_type().is_dir())
}

/// Lays out one file.
fn file(path: &Path, arguments: &Fmt, terminal: Terminal) -> Result<Laid, Failure> {
    // A name with a line break in it would be two of them for whoever reads the list.
    let shown = printable(&path.display().to_string());
    let text =
        load::text_of(path).map_err(|reason| Failure::new(format!("`{shown}` cannot be read: {reason}")))?;
    let parsed = parse(&text);
    let laid_out = checked(&parsed).map_err(|fault| of_fault(&shown, &text, &fault))?;
    tell_broken(&shown, &parsed);
    let mut laid = Laid { changes: laid_out != text, shown: String::new() };
    if !laid.changes {
        return Ok(laid);
    }
    if arguments.diff {
        laid.shown.push_str(&difference(&shown, &text, &laid_out, ", laid out", terminal));
    }
    if arguments.check {
        laid.shown.push_str(&format!("{shown}\n"));
    }
    if !arguments.check && !arguments.diff {
        if load::text_of(path).as_ref() != Ok(&text) {
            return Err(Failure::new(format!("`{shown}` was changed meanwhile, and is left as it is"))
                .mend("lay it out again"));
        }
        replace(path, &laid_out)
            .map_err(|error| Failure::io(format!("`{shown}` cannot be written"), &error))?;
    }
    Ok(laid)
}

fn standard_input(arguments: &Fmt, terminal: Terminal) -> Result<Exit, Failure> {
    const NAME: &str = "standard input";
    let mut bytes = Vec::new();
    let limit = FILE_LIMIT_BYTES as u64;
    let unreadable = |error: std::io::Error| Failure::io(format!("{NAME} cannot be read"), &error);
    std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(format!("{NAME} is longer than {} MiB", limit >> 20)));
    }
    let text =
        load::decoded(bytes).map_err(|reason| Failure::new(format!("{NAME} cannot be read: {reason}")))?;
    let parsed = parse(&text);
    let laid_out = checked(&parsed).map_err(|fault| of_fault(NAME, &text, &fault))?;
    tell_broken(NAME, &parsed);
    let changes = laid_out != text;
    if arguments.diff && changes {
        print(&difference(NAME, &text, &laid_out, ", laid out", terminal))?;
    }
    if arguments.check && changes {
        print(&format!("{NAME}\n"))?;
    }
    if arguments.check || arguments.diff {
        return Ok(if changes { Exit::No } else { Exit::Yes });
    }
    print(&laid_out)?;
    Ok(Exit::Yes)
}

/// Says that a part of a text was not laid out.
fn tell_broken(shown: &str, parsed: &Parse) {
    if parsed.errors().iter().any(|error| error.layer != Layer::Meaning) {
        note(&format!("{shown}: what has a mistake stands as it is; `wayleave check` tells it\n"));
    }
}

/// Of a case as much is printed as a report can hold.
const SHOWN_CASE_BYTES: usize = 64 * 1024;

/// The case is printed: it is a mistake of this program, and may not be there tomorrow.
fn of_fault(shown: &str, text: &str, fault: &Fault) -> Failure {
    if *fault == Fault::TooLong {
        return Failure::new(format!("`{shown}` is left as it is: laid out, {fault}"))
            .mend("split the policy over several files with `use`");
    }
    if text.len() > SHOWN_CASE_BYTES {
        return Failure::new(format!(
            "`{shown}` is left as it is, because its layout cannot be trusted: {fault}"
        ))
        .mend("this is a mistake of wayleave, not of the policy: please report it with the file");
    }
    note(&format!("--- {shown}\n{text}\n--- end of {shown}\n"));
    Failure::new(format!("`{shown}` is left as it is, because its layout cannot be trusted: {fault}"))
        .mend("this is a mistake of wayleave, not of the policy: please report it with the text above")
}
