//! `route-tree`: makes the Tree-sitter parser, shows the tree of a file, says which files the parser does not read, and
//! writes the trees of the corpus.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use wayleave_tree_sitter as route;

const USAGE: &str = "\
usage: route-tree generate        writes grammar/tree-sitter-route/src from grammar.js
       route-tree check PATH...   reports what the parser does not read in .route files and ```route blocks of .md files;
                                  `-` reads texts from standard input, each ended by a NUL
       route-tree tree FILE       prints the tree of a file
       route-tree corpus          writes the trees of test/corpus anew";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["generate"] => route::generate(&route::grammar().join("src")),
        ["check", paths @ ..] if !paths.is_empty() => return check(paths),
        ["tree", file] => tree(file),
        ["corpus"] => corpus(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Exits 0 if all was read, 1 if something was not, 2 if a file cannot be opened.
fn check(paths: &[&str]) -> ExitCode {
    let mut parser = route::parser();
    let (mut texts, mut faults) = (0_usize, 0_usize);
    for path in paths {
        let found = match texts_of(path) {
            Ok(found) => found,
            Err(message) => {
                eprintln!("{message}");
                return ExitCode::from(2);
            }
        };
        for (shown, line_offset, text) in found {
            texts += 1;
            for fault in route::faults(&mut parser, &text) {
                faults += 1;
                println!("{shown}:{}:{}: {}", line_offset + fault.line, fault.column, fault.what);
            }
        }
    }
    println!("{texts} texts, {faults} faults");
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Each text with what to call it, and the number of lines before it.
fn texts_of(path: &str) -> Result<Vec<(String, usize, String)>, String> {
    if path == "-" {
        let mut all = String::new();
        std::io::stdin().read_to_string(&mut all).map_err(|error| format!("standard input: {error}"))?;
        let texts = all.split_terminator('\0').enumerate();
        return Ok(texts.map(|(number, text)| (format!("text {number}"), 0, text.to_owned())).collect());
    }
    if !Path::new(path).exists() {
        return Err(format!("{path}: there is no such file or folder"));
    }
    let mut texts = Vec::new();
    for file in route::files(Path::new(path), &[".route", ".md"]) {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
        if shown.ends_with(".md") {
            texts.extend(route::blocks(&text).into_iter().map(|(line, block)| (shown.clone(), line, block)));
        } else {
            texts.push((shown, 0, text));
        }
    }
    Ok(texts)
}

fn tree(file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let tree = route::parse(&mut route::parser(), &text);
    print!("{}", route::corpus::show(&tree));
    Ok(())
}

fn corpus() -> Result<(), String> {
    let mut parser = route::parser();
    for file in route::files(&route::grammar().join("test/corpus"), &[".txt"]) {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
        let cases = route::corpus::cases(&text)?;
        std::fs::write(&file, route::corpus::write(&mut parser, &cases))
            .map_err(|error| format!("{shown}: {error}"))?;
    }
    Ok(())
}
