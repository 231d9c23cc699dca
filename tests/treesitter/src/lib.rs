//! The Tree-sitter grammar of `.route` at work: made from `grammar.js`, compiled, and asked where it fails on a text.
//! Panics, with what to do, where the grammar or the machine is broken: it serves tests alone.

pub mod corpus;
pub mod highlight;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use tree_sitter::{Language, Node, Parser, Tree};
use tree_sitter_generate::{OptLevel, generate_parser_in_directory};
use tree_sitter_loader::Loader;

/// The parser's format: 14 is what older editors load too, such as Neovim 0.7.
const ABI_VERSION: usize = 14;

/// What [`generate`] writes, below its folder.
pub const GENERATED: [&str; 6] = [
    "grammar.json",
    "node-types.json",
    "parser.c",
    "tree_sitter/alloc.h",
    "tree_sitter/array.h",
    "tree_sitter/parser.h",
];

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the grammar.
pub fn grammar() -> PathBuf {
    root().join("grammar/tree-sitter-route")
}

/// Makes the parser from `grammar.js` and writes it into a folder; runs `node`.
///
/// # Errors
/// What is wrong with the grammar, or why a file cannot be written.
pub fn generate(into: &Path) -> Result<(), String> {
    let mut warnings = Vec::new();
    generate_parser_in_directory(
        grammar(),
        Some(into),
        None::<&Path>,
        ABI_VERSION,
        None,
        Some("node"),
        true,
        OptLevel::default(),
        &mut warnings,
    )
    .map_err(|error| error.to_string())?;
    match warnings.first() {
        None => Ok(()),
        Some(_) => Err(warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// The parser that is checked in, compiled unless that was done for these very bytes.
///
/// # Panics
/// Without a C compiler, or where the parser does not compile.
pub fn language() -> Language {
    let source = grammar().join("src");
    let library = compiled(&source);
    Loader::load_language(&library, "tree_sitter_route")
        .unwrap_or_else(|error| panic!("the compiled parser does not load: {error}"))
}

/// The shared library of a parser. Tests of several processes may ask at once: each compiles into a file of its own, and
/// the last to be renamed stays, the same as the others.
fn compiled(source: &Path) -> PathBuf {
    let parser = source.join("parser.c");
    let code = std::fs::read(&parser).unwrap_or_else(|error| panic!("{}: {error}", parser.display()));
    let mut hasher = DefaultHasher::new();
    code.hash(&mut hasher);
    let folder = root().join("target/tree-sitter-parser");
    let library = folder.join(format!("route-{:016x}.so", hasher.finish()));
    if library.exists() {
        return library;
    }
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let own = library.with_extension(format!("{}-{:?}", std::process::id(), std::thread::current().id()));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-std=c11", "-I"]).arg(source).arg(&parser).arg("-o").arg(&own);
    let status = compiler.status().expect("the C compiler `cc` is installed");
    assert!(status.success(), "{} does not compile", parser.display());
    std::fs::rename(&own, &library).expect("within one folder");
    library
}

/// A parser of `.route` texts.
///
/// # Panics
/// Without a C compiler.
pub fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&language()).expect("the parser's format is one that this library reads");
    parser
}

/// The tree of a text; there is one for every text.
///
/// # Panics
/// Never: a parser without a time limit gives a tree.
pub fn parse(parser: &mut Parser, text: &str) -> Tree {
    parser.parse(text, None).expect("no time limit is set")
}

/// A place where the grammar does not know the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// `ERROR` and the text that was not understood, or `MISSING` and what was put in.
    pub what: String,
}

/// Every ERROR and MISSING node of a text's tree, in the order of the text.
pub fn faults(parser: &mut Parser, text: &str) -> Vec<Fault> {
    let tree = parse(parser, text);
    let mut faults = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.is_error() || node.is_missing() {
            faults.push(fault(node, text));
        } else if node.has_error() {
            let children: Vec<Node> = node.children(&mut node.walk()).collect();
            open.extend(children.into_iter().rev());
        }
    }
    faults
}

fn fault(node: Node, text: &str) -> Fault {
    let what = if node.is_missing() {
        format!("MISSING {}", node.kind())
    } else {
        let start: String = text[node.byte_range()].chars().take(60).collect();
        format!("ERROR {start:?}")
    };
    let at = node.start_position();
    Fault { line: at.row + 1, column: at.column + 1, what }
}

/// The policies shown on a page, whole or in part, each with the number of lines before it; not those shown for a
/// mistake of syntax (`route,error=R0001`).
pub fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut is_inside = false;
    for (index, line) in page.lines().enumerate() {
        if is_inside && line.trim_start().starts_with("```") {
            is_inside = false;
        } else if is_inside {
            let (_, block) = blocks.last_mut().expect("opened below");
            block.push_str(line);
            block.push('\n');
        } else if line.trim().starts_with("```route") && !line.contains("error=R000") {
            is_inside = true;
            blocks.push((index + 1, String::new()));
        }
    }
    blocks
}

/// The files below a path that end in one of `endings`, by path; the path itself if it is a file.
///
/// # Panics
/// Where a folder cannot be read.
pub fn files(path: &Path, endings: &[&str]) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let entry = entry.expect("an entry").path();
            if entry.is_dir() {
                folders.push(entry);
            } else if endings.iter().any(|ending| entry.to_string_lossy().ends_with(ending)) {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}
