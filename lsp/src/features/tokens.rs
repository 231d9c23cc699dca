//! What each word of a text is, for its colour: by the tree alone, so that a text with mistakes has colours too.

use super::names::{TYPES, fields};
use std::collections::BTreeSet;
use std::ops::Range;
use wayleave_grammar::ast::{AttributeName, Name, Node};
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind, SyntaxNode, SyntaxToken};
use wayleave_program::schema::BuiltIn;

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

/// What is more to know of a word. The protocol's number of one is the bit of its place in [`MODIFIERS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modifier {
    /// The name is declared here.
    Declaration,
    /// A fact of a target: no request changes it.
    Readonly,
    /// An `approve` that has ended.
    Deprecated,
    /// The language's own name.
    DefaultLibrary,
}

/// All, with the protocol's names for them.
pub const MODIFIERS: [(Modifier, &str); 4] = [
    (Modifier::Declaration, "declaration"),
    (Modifier::Readonly, "readonly"),
    (Modifier::Deprecated, "deprecated"),
    (Modifier::DefaultLibrary, "defaultLibrary"),
];

/// A word with its colour. None goes over the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// In bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// What is more to know of it, ascending.
    pub modifiers: Vec<Modifier>,
}

/// By place, each as it is asked for. Signs that only separate have none. `ended`: the names of each `approve` that is over.
pub fn tokens(parsed: &Parse, ended: &BTreeSet<String>) -> impl Iterator<Item = Token> {
    let tokens = parsed.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.filter_map(|token| {
        let kind = kind(&token)?;
        let range = token.text_range();
        let modifiers = modifiers(&token, ended);
        Some(Token { kind, range: range.start().into()..range.end().into(), modifiers })
    })
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

/// What is more to know of a word, where it is a name.
fn modifiers(token: &SyntaxToken, ended: &BTreeSet<String>) -> Vec<Modifier> {
    let Some(name) = token.parent().and_then(Name::cast) else { return Vec::new() };
    let Some(of) = name.syntax().parent() else { return Vec::new() };
    let mut found = Vec::new();
    let path = AttributeName::cast(of.clone());
    let (named, owner) = match &path {
        Some(path) => (path.syntax().clone(), of.parent()),
        None => (name.syntax().clone(), Some(of.clone())),
    };
    if owner.as_ref().is_some_and(|owner| declares(owner, &named)) {
        found.push(Modifier::Declaration);
    }
    if path.as_ref().is_some_and(|path| path.text().starts_with("target.")) {
        found.push(Modifier::Readonly);
    }
    if of.kind() == SyntaxKind::Approve && ended.contains(&name.text()) {
        found.push(Modifier::Deprecated);
    }
    if is_own(&name, &of, path.as_ref()) {
        found.push(Modifier::DefaultLibrary);
    }
    found
}

/// Whether a node declares the name that is its first one; of a list of values each.
fn declares(node: &SyntaxNode, name: &SyntaxNode) -> bool {
    let is_first = || {
        let is_name =
            |child: &SyntaxNode| matches!(child.kind(), SyntaxKind::Name | SyntaxKind::AttributeName);
        node.children().find(is_name).as_ref() == Some(name)
    };
    match node.kind() {
        SyntaxKind::PlainShape | SyntaxKind::ScaleShape | SyntaxKind::TreeBranch => true,
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
        | SyntaxKind::Guarantee => is_first(),
        _ => false,
    }
}

/// Whether the language itself has a name, and no policy declares it.
fn is_own(name: &Name, of: &SyntaxNode, path: Option<&AttributeName>) -> bool {
    if let Some(path) = path {
        let text = path.text();
        return BuiltIn::ALL.iter().any(|one| one.name() == text) || TARGET_FIELDS.contains(&text.as_str());
    }
    match of.kind() {
        SyntaxKind::NamedType => TYPES.contains(&name.text().as_str()),
        SyntaxKind::Field => of.parent().is_some_and(|body| {
            let owner = match body.kind() {
                SyntaxKind::Provider => "provider",
                SyntaxKind::Model => "model",
                SyntaxKind::Detector => "detector",
                SyntaxKind::Block => "timeout",
                _ => return false,
            };
            let is_name = of.children().next().as_ref() == Some(name.syntax());
            is_name && fields(owner).contains(&name.text().as_str())
        }),
        _ => false,
    }
}

/// What every target has.
const TARGET_FIELDS: [&str; 8] = [
    "target",
    "target.name",
    "target.provider",
    "target.context",
    "target.output",
    "target.supports",
    "target.price.input",
    "target.price.output",
];

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
