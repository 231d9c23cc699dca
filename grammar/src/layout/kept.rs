//! Whether a layout kept what it had to keep, asked in another way than it was made: before a file is written.

use crate::{NodeOrToken, Parse, SyntaxKind, SyntaxNode};
use std::fmt;

/// What a layout lost or made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// In one sentence.
    pub message: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Loss {}

/// Compares a text and its layout: all comments in their order, and all tokens in theirs, commas apart; only the clauses of
/// one item may have changed places.
///
/// # Errors
///
/// Where they differ.
pub fn kept(before: &Parse, after: &Parse) -> Result<(), Loss> {
    compare("comment", &comments(&before.syntax()), &comments(&after.syntax()))?;
    compare("item", &items(&before.syntax()), &items(&after.syntax()))
}

fn comments(root: &SyntaxNode) -> Vec<String> {
    let tokens = root.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    let comments =
        tokens.filter(|token| matches!(token.kind(), SyntaxKind::Comment | SyntaxKind::DocComment));
    comments.map(|token| token.text().trim_end_matches([' ', '\t']).to_owned()).collect()
}

fn items(root: &SyntaxNode) -> Vec<String> {
    root.children().map(|item| words(&item)).collect()
}

/// The tokens of a node, its clauses last and sorted. Recursion is bounded by the depth of the tree.
fn words(node: &SyntaxNode) -> String {
    let mut words = String::new();
    let mut clauses = Vec::new();
    for element in node.children_with_tokens() {
        match element {
            NodeOrToken::Node(child) if is_clause(child.kind()) => clauses.push(self::words(&child)),
            NodeOrToken::Node(child) => words.push_str(&self::words(&child)),
            NodeOrToken::Token(token) if token.kind().is_trivia() || token.kind() == SyntaxKind::Comma => {}
            NodeOrToken::Token(token) => {
                words.push(' ');
                words.push_str(token.text());
            }
        }
    }
    clauses.sort();
    words.extend(clauses);
    words
}

fn is_clause(kind: SyntaxKind) -> bool {
    kind == SyntaxKind::Arms || format!("{kind:?}").ends_with("Clause")
}

fn compare(what: &str, old: &[String], new: &[String]) -> Result<(), Loss> {
    let longest = old.len().max(new.len());
    let Some(place) = (0..longest).find(|place| old.get(*place) != new.get(*place)) else { return Ok(()) };
    let show =
        |texts: &[String]| texts.get(place).map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"));
    let message = format!("{what} {}: {} became {}", place + 1, show(old), show(new));
    Err(Loss { message })
}
