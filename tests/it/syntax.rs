//! The files of `suite/syntax`: each is read, keeps its text, and has its mistakes and its tree in the snapshot beside it.
//! And what holds for every text: prefixes and mutations of all policies that we own are read without a panic or a loss.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind, SyntaxNode, TextRange, parse};

/// Of each file, so many prefixes and so many mutations are tried.
const SAMPLES: usize = 150;

#[test]
fn files_keep_their_text_mistakes_and_tree() {
    insta::glob!("../suite/syntax", "*.route", |path| {
        let text = read(path);
        let parse = lossless(&text);
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let is_broken = parse.errors().iter().any(|error| error.code != "R0902");
        assert_eq!(name.starts_with("broken-"), is_broken, "{name}: {:#?}", parse.errors());
        wayleave_tests::snapshot::beside(path, &render(&text, &parse));
    });
}

#[test]
fn layout_means_nothing() {
    for path in policies() {
        let text = read(&path);
        let parse = lossless(&text);
        if parse.errors().iter().any(|error| error.code != "R0902") {
            continue;
        }
        for blank in [" ", "\n", "\r\n\t"] {
            let other = lossless(&relaid(&parse.syntax(), blank));
            assert_eq!(other.errors().len(), parse.errors().len(), "{} with {blank:?}", path.display());
            assert!(shape(&other.syntax()).eq(shape(&parse.syntax())), "{} with {blank:?}", path.display());
        }
    }
}

/// The text without comments, and with another blank in place of each.
fn relaid(root: &SyntaxNode, blank: &str) -> String {
    let mut text = String::new();
    for token in root.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        text.push_str(if token.kind().is_trivia() { blank } else { token.text() });
    }
    text
}

/// Nodes and tokens without trivia.
fn shape(root: &SyntaxNode) -> impl Iterator<Item = (SyntaxKind, Option<String>)> {
    let elements = root.descendants_with_tokens().filter(|element| !element.kind().is_trivia());
    elements.map(|element| (element.kind(), element.as_token().map(|token| token.text().to_owned())))
}

#[test]
fn prefixes_are_read_without_loss() {
    for path in policies() {
        let text = read(&path);
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for end in ends.iter().step_by(ends.len() / SAMPLES + 1) {
            lossless(&text[..*end]);
        }
    }
}

#[test]
fn mutations_are_read_without_loss() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for path in policies() {
        let text = read(&path);
        if text.is_empty() {
            continue;
        }
        for sample in 0..SAMPLES {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..if sample % 2 == 0 { 1 } else { 3 } {
                let at = numbers.below(bytes.len());
                match numbers.below(3) {
                    0 => bytes[at] = SIGNS[numbers.below(SIGNS.len())],
                    1 => bytes.insert(at, SIGNS[numbers.below(SIGNS.len())]),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            lossless(&String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn words_in_any_order_are_read_without_loss() {
    let mut words: Vec<String> = Vec::new();
    for path in policies() {
        words.extend(read(&path).split_inclusive(char::is_whitespace).map(str::to_owned));
    }
    let mut numbers = Numbers(7);
    for _ in 0..2000 {
        let text: String =
            (0..numbers.below(60)).map(|_| words[numbers.below(words.len())].as_str()).collect();
        lossless(&text);
    }
}

/// Bytes that mean something to the language, and some that break a character.
const SIGNS: &[u8] = b"{}()[]:,=./*|<>&!;#\"'\\ \n\rar0$%-_\xC3\x80\xFF\x00";

/// A small generator of numbers (xorshift), the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }
}

/// Reads a text and holds what is promised for every text.
fn lossless(text: &str) -> Parse {
    let parse = parse(text);
    assert_eq!(parse.syntax().text(), text, "the tree has the text");
    for error in parse.errors() {
        for range in ranges(error) {
            assert!(text.get(usize::from(range.start())..usize::from(range.end())).is_some(), "{error:?}");
        }
    }
    let mut kinds = parse.syntax().descendants_with_tokens().map(|element| element.kind());
    assert!(kinds.all(|kind| kind != SyntaxKind::EndOfFile), "the end of the file is no token of a tree");
    parse
}

fn ranges(error: &wayleave_grammar::SyntaxError) -> impl Iterator<Item = TextRange> {
    let edits = error.fixes.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.range));
    let related = error.related.iter().map(|(range, _)| *range);
    std::iter::once(error.range).chain(edits).chain(related)
}

fn render(text: &str, parse: &Parse) -> String {
    let mut out = String::new();
    for error in parse.errors() {
        let _ = writeln!(out, "{} {} {}", error.code, place(text, error.range), error.message);
        if !error.label.is_empty() {
            let _ = writeln!(out, "  label: {}", error.label);
        }
        for (range, words) in &error.related {
            let _ = writeln!(out, "  {}: {words}", place(text, *range));
        }
        if let Some(help) = &error.help {
            let _ = writeln!(out, "  help: {help}");
        }
        for fix in &error.fixes {
            let edits: Vec<String> =
                fix.edits.iter().map(|edit| format!("{} {:?}", place(text, edit.range), edit.text)).collect();
            let _ = writeln!(out, "  fix: {}: {}", fix.title, edits.join(", "));
        }
    }
    if !parse.errors().is_empty() {
        out.push_str("----\n");
    }
    render_node(&parse.syntax(), 0, &mut out);
    out
}

/// Nodes and tokens, a line each, but for blanks.
fn render_node(node: &SyntaxNode, depth: usize, out: &mut String) {
    let _ = writeln!(out, "{:indent$}{:?}", "", node.kind(), indent = depth * 2);
    for child in node.children_with_tokens() {
        match child {
            NodeOrToken::Node(node) => render_node(&node, depth + 1, out),
            NodeOrToken::Token(token) if token.kind() == SyntaxKind::Whitespace => {}
            NodeOrToken::Token(token) => {
                let indent = (depth + 1) * 2;
                let _ = writeln!(out, "{:indent$}{:?} {:?}", "", token.kind(), token.text());
            }
        }
    }
}

/// `line:column-line:column`, from 1; the end is left out where it is the start.
fn place(text: &str, range: TextRange) -> String {
    let position = |at: usize| {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        format!("{line}:{}", before[line_start..].chars().count() + 1)
    };
    let (start, end) = (position(range.start().into()), position(range.end().into()));
    if start == end { start } else { format!("{start}-{end}") }
}

/// Every policy of the suite and of the examples, by path.
fn policies() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("suite"), root.join("../examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "route") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there are policies to try");
    found
}

/// A file as text; a few files of other suites are no text on purpose.
fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("the file can be read")).into_owned()
}
