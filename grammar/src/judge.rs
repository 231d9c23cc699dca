//! The normative grammar, `route.pest`, run by pest, beside the parser: whether both accept a text, and whether they find
//! the same nodes and tokens in it. Slow and obvious; asked by tests, and before a file is written.

use crate::lexer::{self, Token};
use crate::{Layer, NodeOrToken, Parse, SyntaxKind, SyntaxNode, WalkEvent};
use compiled::{Grammar, Rule};
use pest::iterators::{Pair, Pairs};
use pest::{Parser, RuleType};
use std::fmt;

mod compiled;

/// How the two differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// In one sentence, with the place.
    pub message: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Disagreement {}

/// A node or token with its place, blanks and comments at its ends left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of its [`SyntaxKind`].
    pub kind: String,
    /// Of its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

/// Whether the grammar and the parser agree about a text. The text was parsed before.
///
/// # Errors
///
/// Where they do not, which is a mistake in one of them, never in the text.
pub fn agree(text: &str, parse: &Parse) -> Result<(), Disagreement> {
    agree_with(text, parse, |text| {
        Grammar::parse(Rule::source_file, text)
            .map(|pairs| parts_of_pairs(text, pairs, |found| format!("{found:?}")))
            .map_err(|error| error.to_string())
    })
}

/// The same, with the parts that a grammar finds in a text, or why it does not accept it. A text beyond a limit is asked of
/// neither.
///
/// # Errors
///
/// Where they do not agree.
pub fn agree_with(
    text: &str,
    parse: &Parse,
    grammar: impl Fn(&str) -> Result<Vec<Part>, String>,
) -> Result<(), Disagreement> {
    if parse.syntax().text() != text {
        return Err(Disagreement { message: "the parser loses bytes of the text".to_owned() });
    }
    if parse.errors().iter().any(|error| error.layer == Layer::Limit) {
        return Ok(());
    }
    let refused = parse.errors().iter().find(|error| error.layer == Layer::Form);
    let message = match (refused, grammar(text)) {
        (Some(_), Err(_)) => return Ok(()),
        (Some(error), Ok(_)) => {
            format!("the grammar accepts what the parser refuses at {:?}: {}", error.range, error.message)
        }
        (None, Err(error)) => format!("the parser accepts what the grammar refuses: {error}"),
        (None, Ok(parts)) => match first_difference(&parts, &parts_of_tree(&parse.syntax())) {
            None => return Ok(()),
            Some(message) => message,
        },
    };
    Err(Disagreement { message })
}

fn first_difference(grammar: &[Part], parser: &[Part]) -> Option<String> {
    let longest = grammar.len().max(parser.len());
    let place = (0..longest).find(|index| grammar.get(*index) != parser.get(*index))?;
    let show = |part: Option<&Part>| match part {
        Some(part) => format!("{} at {}..{}", part.kind, part.start, part.end),
        None => "nothing".to_owned(),
    };
    Some(format!("the grammar sees {}, and the parser {}", show(grammar.get(place)), show(parser.get(place))))
}

/// The nodes of a tree, and its words and literals, in the order in which they begin; the root apart.
pub fn parts_of_tree(root: &SyntaxNode) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // Nodes up to this index have their start.
    let mut started = 0;
    let mut end = 0;
    for event in root.preorder_with_tokens() {
        match event {
            WalkEvent::Enter(NodeOrToken::Node(node)) => {
                open.push(parts.len());
                parts.push(Part { kind: format!("{:?}", node.kind()), start: 0, end: 0 });
            }
            WalkEvent::Leave(NodeOrToken::Node(_)) => {
                if let Some(part) = open.pop().and_then(|index| parts.get_mut(index)) {
                    part.end = end;
                }
            }
            WalkEvent::Enter(NodeOrToken::Token(token)) if !token.kind().is_trivia() => {
                let range = token.text_range();
                let start = range.start().into();
                for part in parts.iter_mut().skip(started) {
                    part.start = start;
                }
                end = range.end().into();
                if is_leaf(token.kind()) {
                    parts.push(Part { kind: format!("{:?}", token.kind()), start, end });
                }
                started = parts.len();
            }
            WalkEvent::Enter(_) | WalkEvent::Leave(_) => {}
        }
    }
    parts.split_off(1)
}

/// Tokens that the grammar names.
fn is_leaf(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::Keyword
            | SyntaxKind::Ident
            | SyntaxKind::String
            | SyntaxKind::Regex
            | SyntaxKind::Number
            | SyntaxKind::Percent
            | SyntaxKind::Money
            | SyntaxKind::Duration
            | SyntaxKind::Date
            | SyntaxKind::Instant
            | SyntaxKind::Time
    )
}

/// The same of what a grammar found, by the conventions that stand at the head of `route.pest`.
pub fn parts_of_pairs<R: RuleType>(text: &str, pairs: Pairs<'_, R>, name: impl Fn(R) -> String) -> Vec<Part> {
    let ends: Vec<usize> = lexer::lex(text)
        .into_iter()
        .filter(|token| !token.kind.is_trivia())
        .map(|token: Token| token.end as usize)
        .collect();
    let reader = Reader { ends, name };
    let mut parts = Vec::new();
    for root in pairs {
        reader.children(root, &mut parts);
    }
    parts
}

struct Reader<N> {
    /// Of all tokens that are not trivia.
    ends: Vec<usize>,
    name: N,
}

impl<N> Reader<N> {
    /// Recursion is bounded: pest refuses what nests too deep.
    fn children<R: RuleType>(&self, pair: Pair<'_, R>, parts: &mut Vec<Part>)
    where
        N: Fn(R) -> String,
    {
        // Where the child before begins.
        let mut before = parts.len();
        for child in pair.into_inner() {
            let rule = (self.name)(child.as_rule());
            let end = self.trimmed(child.as_span().end());
            if let Some(kind) = rule.strip_suffix("_tail") {
                let start = parts.get(before).map_or(child.as_span().start(), |part| part.start);
                parts.insert(before, Part { kind: camel(kind), start, end });
                self.children(child, parts);
            } else if !matches!(rule.as_str(), "start" | "EOI") {
                before = parts.len();
                let kind = match rule.split_once("__") {
                    Some((kind, _)) => camel(kind),
                    None if rule.starts_with("kw_") => "Keyword".to_owned(),
                    None => camel(&rule),
                };
                parts.push(Part { kind, start: child.as_span().start(), end });
                self.children(child, parts);
            }
        }
    }

    /// Without the blanks and comments before a place.
    fn trimmed(&self, end: usize) -> usize {
        let index = self.ends.partition_point(|token| *token <= end);
        index.checked_sub(1).and_then(|index| self.ends.get(index)).copied().unwrap_or(end)
    }
}

/// `when_clause` as `WhenClause`.
fn camel(rule: &str) -> String {
    let mut name = String::with_capacity(rule.len());
    for word in rule.split('_') {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    name
}
