//! Names and strings: what is written, without its quotes. Whether a name is declared is not known here.

use super::{Node, children, node, tokens};
use crate::{SyntaxKind, SyntaxToken, TextRange};

node! {
    /// A name where it is declared or used: a word, or a string where it has another shape.
    Name
}

impl Name {
    /// What is named: a quoted name without its quotes.
    pub fn text(&self) -> String {
        let first = tokens(self.syntax()).next();
        first.map(|token| named(token.kind(), token.text())).unwrap_or_default()
    }

    /// Whether it stands in quotes.
    pub fn is_quoted(&self) -> bool {
        tokens(self.syntax()).any(|token| Text::cast(token).is_some())
    }

    /// Of the name, quotes included.
    pub fn text_range(&self) -> TextRange {
        self.range()
    }
}

node! {
    /// The name of an attribute: one or more names joined by dots, as in `caller.team`.
    AttributeName
}

impl AttributeName {
    /// With its dots: `caller.team`.
    pub fn text(&self) -> String {
        let mut segments = self.segments();
        let mut text = segments.next().map(|first| first.text()).unwrap_or_default();
        for segment in segments {
            text.push('.');
            text.push_str(&segment.text());
        }
        text
    }

    /// The names between the dots; at least one.
    pub fn segments(&self) -> impl Iterator<Item = Name> {
        children(self.syntax())
    }

    /// Of the whole.
    pub fn text_range(&self) -> TextRange {
        self.range()
    }
}

/// A string as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text(SyntaxToken);

impl Text {
    pub(super) fn can_cast(kind: SyntaxKind) -> bool {
        matches!(kind, SyntaxKind::String | SyntaxKind::ForeignString)
    }

    pub(crate) fn cast(token: SyntaxToken) -> Option<Text> {
        Text::can_cast(token.kind()).then_some(Text(token))
    }

    /// Without quotes, escapes resolved.
    pub fn value(&self) -> String {
        crate::literal::unquote(self.0.text())
    }

    /// Quotes included.
    pub fn range(&self) -> TextRange {
        self.0.text_range()
    }

    /// The token.
    pub fn syntax(&self) -> &SyntaxToken {
        &self.0
    }
}

/// What a token names.
fn named(kind: SyntaxKind, text: &str) -> String {
    if Text::can_cast(kind) { crate::literal::unquote(text) } else { text.to_owned() }
}
