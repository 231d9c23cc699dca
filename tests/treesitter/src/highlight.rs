//! The colours of a text, and what a test says of them: a comment below a line, with a `^` below a token (or a `<-` at
//! its column) and the capture that the token has. The `tree-sitter` command reads the same form.

use tree_sitter::{Node, Parser, Query, QueryCursor, StreamingIterator};

/// A part of a text and its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colour {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The capture.
    pub name: String,
}

/// Every capture of a query in a text, in the order of the text.
pub fn colours(parser: &mut Parser, query: &Query, text: &str) -> Vec<Colour> {
    let tree = crate::parse(parser, text);
    let mut cursor = QueryCursor::new();
    let mut captures = cursor.captures(query, tree.root_node(), text.as_bytes());
    let mut colours = Vec::new();
    while let Some((found, index)) = captures.next() {
        let capture = found.captures()[*index];
        let name = query.capture_names()[capture.index as usize].to_owned();
        colours.push(Colour { start: capture.node.start_byte(), end: capture.node.end_byte(), name });
    }
    colours
}

/// What a text's comments say of its colours and is not so, each as `line: …`; and how many were looked at.
pub fn differences(parser: &mut Parser, query: &Query, text: &str) -> (usize, Vec<String>) {
    let colours = colours(parser, query, text);
    let (mut looked_at, mut differences) = (0, Vec::new());
    let mut line_start = 0;
    let mut above_start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        match expectation(line) {
            Some((column, expected)) => {
                looked_at += 1;
                let at = above_start + column;
                let found = at_position(&colours, at);
                if found != Some(expected) {
                    differences.push(format!("line {}: {expected}, but it is {found:?}", index + 1));
                }
            }
            None => above_start = line_start,
        }
        line_start += line.len();
    }
    (looked_at, differences)
}

/// The column and the capture that a comment speaks of.
fn expectation(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start().strip_prefix("//")?.trim();
    if let Some(name) = rest.strip_prefix("<-") {
        return Some((line.find("//")?, name.trim()));
    }
    let name = rest.strip_prefix('^')?;
    Some((line.find('^')?, name.trim()))
}

/// The innermost colour there.
fn at_position(colours: &[Colour], at: usize) -> Option<&str> {
    let there = colours.iter().filter(|colour| colour.start <= at && at < colour.end);
    there.min_by_key(|colour| colour.end - colour.start).map(|colour| colour.name.as_str())
}

/// The tokens of a text that have no colour, or several, each with its line. A string that is a name has two: its own and
/// that of what it names.
pub fn wrongly_coloured(parser: &mut Parser, query: &Query, text: &str) -> Vec<String> {
    let colours = colours(parser, query, text);
    let tree = crate::parse(parser, text);
    let mut wrong = Vec::new();
    let mut open: Vec<Node> = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        let is_token = node.child_count() == 0 || node.kind() == "string";
        if !is_token {
            open.extend(node.children(&mut node.walk()));
            continue;
        }
        let own = colours
            .iter()
            .filter(|colour| (colour.start, colour.end) == (node.start_byte(), node.end_byte()));
        let is_name = node.parent().is_some_and(|parent| parent.kind() == "name");
        let count = own.count();
        let expected = if is_name { 2 } else { 1 };
        if count != expected {
            let line = node.start_position().row + 1;
            wrong.push(format!("line {line}: {:?} has {count} colours", &text[node.byte_range()]));
        }
    }
    wrong
}
