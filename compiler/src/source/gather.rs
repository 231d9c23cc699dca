//! From a root file to the closed set of files that it uses, directly or through others.

use super::{FileId, SourceFile, SourceText, Sources, Span, UseProblem};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_grammar::ast::Text;

/// A policy of more files is a mistake (a generated tree, a wrong folder), and every one of them is held in memory.
const FILES_LIMIT: usize = 256;

/// The name of the root file relative to its own folder.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A `use` on its way to be followed.
struct Pending {
    /// Index into the files as read.
    from: usize,
    /// The name it asks for, relative to the root's folder.
    name: String,
    text: Text,
}

/// What is wrong with a `use`, before the files have their final order.
struct Problem {
    /// Index into the files as read.
    from: usize,
    text: Text,
    is_circle: bool,
    message: String,
}

pub(super) fn gather(
    root_path: &str,
    read: &mut dyn FnMut(&str) -> Result<Arc<SourceText>, String>,
) -> Result<Sources, String> {
    let root_name = file_name(root_path);
    let folder = &root_path[..root_path.len() - root_name.len()];
    let root = SourceFile { path: root_path.to_owned(), name: root_name.to_owned(), read: read(root_name)? };
    let mut known = BTreeMap::from([(root.name.clone(), 0)]);
    let mut files = vec![root];
    let mut problems: Vec<Problem> = Vec::new();
    let mut edges: Vec<(usize, usize, Text)> = Vec::new();
    let mut pending = uses(&files[0], 0, &mut problems);
    pending.reverse();
    while let Some(Pending { from, name, text }) = pending.pop() {
        if let Some(known) = known.get(&name) {
            edges.push((from, *known, text));
            continue;
        }
        if files.len() == FILES_LIMIT {
            let message = format!("a policy has at most {FILES_LIMIT} files; `{name}` is one more");
            problems.push(Problem { from, text, is_circle: false, message });
            break;
        }
        match read(&name) {
            Ok(content) => {
                known.insert(name.clone(), files.len());
                files.push(SourceFile { path: format!("{folder}{name}"), name, read: content });
                let new = files.len() - 1;
                edges.push((from, new, text));
                let mut found = uses(&files[new], new, &mut problems);
                found.reverse();
                pending.extend(found);
            }
            Err(reason) => problems.push(Problem {
                from,
                text,
                is_circle: false,
                message: format!("the file `{name}` cannot be read: {reason}"),
            }),
        }
    }
    problems.extend(cycles(&files, &edges));
    Ok(in_order(files, problems, &edges))
}

/// The `use` items of a file whose names make sense.
fn uses(file: &SourceFile, from: usize, problems: &mut Vec<Problem>) -> Vec<Pending> {
    let mut pending = Vec::new();
    for text in file.uses() {
        let text = text.clone();
        let written = text.value();
        match normal(&file.name, &written) {
            Ok(name) => pending.push(Pending { from, name, text }),
            Err(reason) => problems.push(Problem {
                from,
                text,
                is_circle: false,
                message: format!("`{written}` cannot be used: {reason}"),
            }),
        }
    }
    pending
}

/// A written path, relative to the file that writes it, as a name relative to the root's folder.
fn normal(user: &str, written: &str) -> Result<String, &'static str> {
    if written.is_empty() {
        return Err("it names no file");
    }
    if written.starts_with('/') || written.contains('\\') || written.contains(':') {
        return Err("write a path relative to this file, with `/` between folders");
    }
    if !written.ends_with(".route") {
        return Err("the name of a policy file ends in `.route`");
    }
    let mut parts: Vec<&str> = user.split('/').collect();
    parts.pop();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or("it is outside the folder of the root file")?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Every `use` that closes a circle: the first found of each.
fn cycles(files: &[SourceFile], edges: &[(usize, usize, Text)]) -> Vec<Problem> {
    let mut found = Vec::new();
    // 0: not seen, 1: on the way down, 2: done.
    let mut state = vec![0_u8; files.len()];
    let mut path: Vec<(usize, usize)> = vec![(0, 0)];
    state[0] = 1;
    while let Some((file, next)) = path.pop() {
        let Some((_, to, text)) = edges.iter().filter(|(from, _, _)| *from == file).nth(next) else {
            state[file] = 2;
            continue;
        };
        path.push((file, next + 1));
        if state[*to] == 1 {
            let names = path.iter().skip_while(|(at, _)| at != to).map(|(at, _)| files[*at].name.as_str());
            let circle: Vec<&str> = names.chain([files[*to].name.as_str()]).collect();
            found.push(Problem {
                from: file,
                text: text.clone(),
                is_circle: true,
                message: format!("files use each other in a circle: {}", circle.join(" → ")),
            });
        } else if state[*to] == 0 {
            state[*to] = 1;
            path.push((*to, 0));
        }
    }
    found
}

/// The root first, then by name; problems told in that order.
fn in_order(files: Vec<SourceFile>, problems: Vec<Problem>, edges: &[(usize, usize, Text)]) -> Sources {
    let mut order: Vec<usize> = (0..files.len()).collect();
    order[1..].sort_by(|a, b| files[*a].name.cmp(&files[*b].name));
    let place: BTreeMap<usize, u32> = order.iter().copied().zip(0..).collect();
    let problems = problems.into_iter().map(|problem| UseProblem {
        span: Span::new(FileId(place[&problem.from]), problem.text.range()),
        is_circle: problem.is_circle,
        message: problem.message,
    });
    let problems = problems.collect();
    let uses = edges
        .iter()
        .map(|(from, to, text)| (Span::new(FileId(place[from]), text.range()), FileId(place[to])));
    let uses = uses.collect();
    let mut files: Vec<Option<SourceFile>> = files.into_iter().map(Some).collect();
    let files = order.into_iter().filter_map(|index| files[index].take()).collect();
    Sources { files, problems, uses }
}
