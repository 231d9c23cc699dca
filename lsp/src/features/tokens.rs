//! What each word of a text is, for its colour: by the tree alone, so that a text with mistakes has colours too.

use std::ops::Range;
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind, SyntaxToken};

/// What a word is. The protocol's number of a kind is its place in [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenKind {
    /// `// …`
    Comment,
    /// A word of the language.
    Keyword,
    /// `"…"` that names nothing.
    String,
    /// A number, date or duration.
    Number,
    /// `r"…"`
    Pattern,
    /// A comparison.
    Operator,
    /// A type's name.
    Type,
    /// An attribute's name, or a field's.
    Attribute,
    /// A value of a type.
    Value,
    /// A provider's name.
    Provider,
    /// Any other name: of a rule, plan, group, definition.
    Name,
}

/// All kinds, with the protocol's names for them.
pub const KINDS: [(TokenKind, &str); 11] = [
    (TokenKind::Comment, "comment"),
    (TokenKind::Keyword, "keyword"),
    (TokenKind::String, "string"),
    (TokenKind::Number, "number"),
    (TokenKind::Pattern, "regexp"),
    (TokenKind::Operator, "operator"),
    (TokenKind::Type, "type"),
    (TokenKind::Attribute, "property"),
    (TokenKind::Value, "enumMember"),
    (TokenKind::Provider, "namespace"),
    (TokenKind::Name, "variable"),
];

/// A word with its colour. None goes over the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// In bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

/// By place. Signs that only separate have none.
pub fn tokens(parsed: &Parse) -> Vec<Token> {
    let tokens = parsed.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens
        .filter_map(|token| {
            let range = token.text_range();
            Some(Token { kind: kind(&token)?, range: range.start().into()..range.end().into() })
        })
        .collect()
}

fn kind(token: &SyntaxToken) -> Option<TokenKind> {
    match token.kind() {
        SyntaxKind::Comment | SyntaxKind::DocComment | SyntaxKind::HashComment => Some(TokenKind::Comment),
        SyntaxKind::Keyword => Some(TokenKind::Keyword),
        SyntaxKind::Regex => Some(TokenKind::Pattern),
        SyntaxKind::Number
        | SyntaxKind::Percent
        | SyntaxKind::Money
        | SyntaxKind::Duration
        | SyntaxKind::Date
        | SyntaxKind::Instant
        | SyntaxKind::Time
        | SyntaxKind::BadNumber => Some(TokenKind::Number),
        SyntaxKind::Ident | SyntaxKind::ForeignWord => Some(name(token).unwrap_or(TokenKind::Value)),
        SyntaxKind::String | SyntaxKind::ForeignString => Some(name(token).unwrap_or(TokenKind::String)),
        SyntaxKind::Less
        | SyntaxKind::LessEquals
        | SyntaxKind::Greater
        | SyntaxKind::GreaterEquals
        | SyntaxKind::EqualsEquals
        | SyntaxKind::BangEquals
        | SyntaxKind::AndAnd
        | SyntaxKind::OrOr
        | SyntaxKind::Bang
        | SyntaxKind::Arrow => Some(TokenKind::Operator),
        _ => None,
    }
}

/// What a word names, where it is a name: by what the name is part of.
fn name(token: &SyntaxToken) -> Option<TokenKind> {
    let name = token.parent().filter(|parent| parent.kind() == SyntaxKind::Name)?;
    let of = name.parent()?;
    let is_first = || of.first_child_by_kind(&|kind| kind == SyntaxKind::Name).as_ref() == Some(&name);
    Some(match of.kind() {
        SyntaxKind::Field if !is_first() => TokenKind::Value,
        SyntaxKind::AttributeName | SyntaxKind::Field | SyntaxKind::Attribute | SyntaxKind::Classify => {
            TokenKind::Attribute
        }
        SyntaxKind::TypeItem | SyntaxKind::NamedType => TokenKind::Type,
        SyntaxKind::PlainShape
        | SyntaxKind::ScaleShape
        | SyntaxKind::TreeShape
        | SyntaxKind::TreeBranch
        | SyntaxKind::ClassifyArm
        | SyntaxKind::AttributeTest
        | SyntaxKind::GivenField
        | SyntaxKind::List
        | SyntaxKind::DefaultClause => TokenKind::Value,
        SyntaxKind::Provider => TokenKind::Provider,
        SyntaxKind::TargetPath if is_first() => TokenKind::Provider,
        _ => TokenKind::Name,
    })
}

/// How a list is brought to another: so many from the start are left, so many after them fall away for those here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'n> {
    /// How many are left as they are.
    pub start: usize,
    /// How many fall away.
    pub removed: usize,
    /// What takes their place.
    pub added: &'n [u32],
}

/// The one change between two lists of numbers.
pub fn change<'n>(before: &[u32], now: &'n [u32]) -> Change<'n> {
    let start = before.iter().zip(now).take_while(|(old, new)| old == new).count();
    let (old, new) = (&before[start..], &now[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    Change { start, removed: old.len() - end, added: &new[..new.len() - end] }
}
