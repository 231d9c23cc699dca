//! `fmt`: policy files in the one layout. A file is written whole or not at all, and only after it was seen that nothing
//! in it was lost.

use crate::args::Fmt;
use crate::load;
use crate::output::{Exit, Failure, Paint, Terminal, note, print};
use similar::{ChangeTag, TextDiff};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};
use wayleave_grammar::layout::{Fault, checked};
use wayleave_grammar::{FILE_LIMIT_BYTES, Layer, Parse, parse};

/// Unchanged lines around a changed one.
const CONTEXT_LINES: usize = 3;

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
    for path in files(&arguments.paths)? {
        match file(&path, arguments, terminal) {
            Ok(true) => counts.changed += 1,
            Ok(false) => counts.unchanged += 1,
            Err(failure) => {
                // One file that cannot be laid out keeps no other from it.
                terminal.fail(&failure);
                counts.failed += 1;
            }
        }
    }
    finish(&counts, arguments)
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

/// The files that are meant: a folder stands for the `.route` files below it, by path.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let shown = path.display();
        let metadata = std::fs::metadata(path).map_err(|error| {
            Failure::io(format!("`{shown}` cannot be read"), &error).mend("name files, folders, or `-`")
        })?;
        if !metadata.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in WalkDir::new(path).sort_by_file_name().into_iter().filter_entry(is_wanted) {
            let entry =
                entry.map_err(|error| Failure::because(format!("`{shown}` cannot be read"), &error))?;
            if entry.file_type().is_file() && entry.path().extension().is_some_and(|ending| ending == "route")
            {
                let below = entry.path().strip_prefix(".").unwrap_or(entry.path());
                files.push(below.to_owned());
            }
        }
        if files.len() == before {
            return Err(Failure::new(format!("there is no `.route` file in `{shown}` or below"))
                .mend("name another folder, or the files"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|path| seen.insert(path.clone()));
    Ok(files)
}

/// Hidden folders are tools' own.
fn is_wanted(entry: &DirEntry) -> bool {
    let is_hidden = entry.file_name().to_str().is_some_and(|name| name.starts_with('.') && name.len() > 1);
    entry.depth() == 0 || !(is_hidden && entry.file_type().is_dir())
}

/// Lays out one file. Whether something in it changes.
fn file(path: &Path, arguments: &Fmt, terminal: Terminal) -> Result<bool, Failure> {
    let shown = path.display().to_string();
    let text =
        load::text_of(path).map_err(|reason| Failure::new(format!("`{shown}` cannot be read: {reason}")))?;
    let parsed = parse(&text);
    let laid_out = checked(&parsed).map_err(|fault| of_fault(&shown, &text, &fault))?;
    tell_broken(&shown, &parsed);
    if laid_out == text {
        return Ok(false);
    }
    if arguments.diff {
        print(&difference(&shown, &text, &laid_out, terminal))?;
    }
    if arguments.check {
        print(&format!("{shown}\n"))?;
    }
    if !arguments.check && !arguments.diff {
        replace(path, &laid_out)
            .map_err(|error| Failure::io(format!("`{shown}` cannot be written"), &error))?;
    }
    Ok(true)
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
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("{NAME} is not UTF-8")))?;
    let parsed = parse(&text);
    let laid_out = checked(&parsed).map_err(|fault| of_fault(NAME, &text, &fault))?;
    tell_broken(NAME, &parsed);
    let changes = laid_out != text;
    if arguments.diff && changes {
        print(&difference(NAME, &text, &laid_out, terminal))?;
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

/// The case is printed: it is a mistake of this program, and may not be there tomorrow.
fn of_fault(shown: &str, text: &str, fault: &Fault) -> Failure {
    note(&format!("--- {shown}\n{text}\n--- end of {shown}\n"));
    Failure::new(format!("`{shown}` is left as it is, because its layout cannot be trusted: {fault}"))
        .mend("this is a mistake of wayleave, not of the policy: please report it with the text above")
}

/// A unified diff.
fn difference(shown: &str, old: &str, new: &str, terminal: Terminal) -> String {
    let mut out = format!("--- {shown}\n+++ {shown}, laid out\n");
    for hunk in TextDiff::from_lines(old, new).unified_diff().context_radius(CONTEXT_LINES).iter_hunks() {
        out.push_str(&terminal.paint(Paint::Cyan, &hunk.header().to_string()));
        out.push('\n');
        for change in hunk.iter_changes() {
            let line = change.value();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = match change.tag() {
                ChangeTag::Delete => terminal.paint(Paint::Red, &format!("-{line}")),
                ChangeTag::Insert => terminal.paint(Paint::Green, &format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            out.push_str(&line);
            out.push('\n');
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// Writes a file beside the other and puts it in its place, so that no reader ever sees half of it. A link is followed:
/// what it leads to is written.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = write_new(&beside, text, &path).and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_new(beside: &Path, text: &str, old: &Path) -> std::io::Result<()> {
    let permissions = std::fs::metadata(old)?.permissions();
    if permissions.readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    let mut file = std::fs::File::create_new(beside)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(permissions)?;
    file.sync_all()
}
