//! What a text declares, as an outline: items with their names, models below their providers.

use std::ops::Range;
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind, SyntaxNode, SyntaxToken};

/// Something declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// As written, without quotes.
    pub name: String,
    /// Which item it is.
    pub kind: SyntaxKind,
    /// The whole, its doc comments included; in bytes.
    pub range: Range<usize>,
    /// The name alone, quotes included.
    pub name_range: Range<usize>,
    /// What is declared inside, by place.
    pub inside: Vec<Symbol>,
}

/// By place. What has no name is left out.
pub fn symbols(parsed: &Parse) -> Vec<Symbol> {
    declared(&parsed.syntax())
}

/// Whether the letters of `asked` stand in a name in that order, whatever their case.
pub fn answers_to(name: &str, asked: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    asked.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

fn declared(node: &SyntaxNode) -> Vec<Symbol> {
    // A rule that is tried is declared as it is without `observe`.
    let inside = node.children().flat_map(|child| match child.kind() {
        SyntaxKind::Observe => declared(&child),
        _ => symbol(&child).into_iter().collect(),
    });
    inside.collect()
}

fn symbol(node: &SyntaxNode) -> Option<Symbol> {
    let kind = node.kind();
    let name = match kind {
        SyntaxKind::TypeItem
        | SyntaxKind::Attribute
        | SyntaxKind::Classify
        | SyntaxKind::Define
        | SyntaxKind::Alias
        | SyntaxKind::Provider
        | SyntaxKind::Model
        | SyntaxKind::Detector
        | SyntaxKind::Group
        | SyntaxKind::Plan
        | SyntaxKind::Approve
        | SyntaxKind::Deny
        | SyntaxKind::Forbid
        | SyntaxKind::Redact
        | SyntaxKind::Flag
        | SyntaxKind::RequireApproval
        | SyntaxKind::Limit
        | SyntaxKind::Budget
        | SyntaxKind::Cap
        | SyntaxKind::Log
        | SyntaxKind::Route
        | SyntaxKind::Migrate
        | SyntaxKind::Guarantee => {
            let is_name =
                |child: &SyntaxNode| matches!(child.kind(), SyntaxKind::Name | SyntaxKind::AttributeName);
            words(&node.children().find(is_name)?)
        }
        SyntaxKind::Test => vec![own(node).find(|token| token.kind() == SyntaxKind::String)?],
        SyntaxKind::Otherwise => vec![own(node).find(|token| token.kind() == SyntaxKind::Keyword)?],
        _ => return None,
    };
    let (first, last) = (name.first()?, name.last()?);
    let written: String = name.iter().map(|token| token.text()).collect();
    let bare = written.trim_matches('"').trim();
    if bare.is_empty() {
        return None;
    }
    let range = node.text_range();
    Some(Symbol {
        name: bare.to_owned(),
        kind,
        range: range.start().into()..range.end().into(),
        name_range: first.text_range().start().into()..last.text_range().end().into(),
        inside: declared(node),
    })
}

fn own(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(NodeOrToken::into_token)
}

fn words(node: &SyntaxNode) -> Vec<SyntaxToken> {
    let tokens = node.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.filter(|token| !token.kind().is_trivia()).collect()
}
