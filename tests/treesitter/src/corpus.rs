//! The corpus: texts with the tree that each has to give, in the form that the `tree-sitter` command reads too.

use tree_sitter::{Node, Parser, Tree};

const HEAD: &str = "==================";
const MIDDLE: &str = "---";

/// A text and its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the text shows.
    pub title: String,
    /// The text, without the blank line that the form puts around it.
    pub text: String,
    /// The tree as it stands in the file.
    pub tree: String,
}

/// The cases of a file.
///
/// # Errors
/// Where the file is not of the form.
pub fn cases(file: &str) -> Result<Vec<Case>, String> {
    let mut lines = file.lines().peekable();
    let mut cases = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        if line != HEAD {
            return Err(format!("a case begins with {HEAD}, not with {line:?}"));
        }
        let title = lines.next().unwrap_or_default().to_owned();
        if lines.next() != Some(HEAD) {
            return Err(format!("`{title}` is not followed by {HEAD}"));
        }
        let mut take = |end: &str| {
            let mut taken = String::new();
            while let Some(line) = lines.next_if(|line| *line != end) {
                taken.push_str(line);
                taken.push('\n');
            }
            taken.trim_matches('\n').to_owned()
        };
        let text = take(MIDDLE);
        let tree = take(HEAD);
        let tree = tree.strip_prefix(MIDDLE).unwrap_or(&tree).trim().to_owned();
        cases.push(Case { title, text, tree });
    }
    Ok(cases)
}

/// A file of these cases, each with the tree that its text gives.
pub fn write(parser: &mut Parser, cases: &[Case]) -> String {
    let file = cases.iter().map(|Case { title, text, .. }| {
        let tree = show(&crate::parse(parser, text));
        format!("{HEAD}\n{title}\n{HEAD}\n\n{text}\n\n{MIDDLE}\n\n{tree}")
    });
    file.collect::<Vec<_>>().join("\n")
}

/// A tree with one named node a line, and its fields.
pub fn show(tree: &Tree) -> String {
    let mut shown = String::new();
    // Depth, field name and node; the deepest trees here are of some dozens of levels.
    let mut open = vec![(0, None, tree.root_node())];
    let mut depth_before = 0;
    while let Some((depth, field, node)) = open.pop() {
        if !shown.is_empty() {
            let closed = if depth <= depth_before { depth_before - depth + 1 } else { 0 };
            shown.push_str(&")".repeat(closed));
            shown.push('\n');
        }
        shown.push_str(&"  ".repeat(depth));
        if let Some(field) = field {
            shown.push_str(&format!("{field}: "));
        }
        let missing = if node.is_missing() { "MISSING " } else { "" };
        shown.push_str(&format!("({missing}{}", node.kind()));
        open.extend(named_children(node).into_iter().rev().map(|(field, child)| (depth + 1, field, child)));
        depth_before = depth;
    }
    shown.push_str(&")".repeat(depth_before + 1));
    shown.push('\n');
    shown
}

fn named_children<'tree>(node: Node<'tree>) -> Vec<(Option<&'tree str>, Node<'tree>)> {
    let mut children = Vec::new();
    let mut cursor = node.walk();
    let mut is_there = cursor.goto_first_child();
    while is_there {
        if cursor.node().is_named() {
            children.push((cursor.field_name(), cursor.node()));
        }
        is_there = cursor.goto_next_sibling();
    }
    children
}
