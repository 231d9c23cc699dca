//! Tokens and the parser's events to the lossless tree. Every token lands in the tree once and in order, whatever the
//! events say, so the text of the tree is the input. Blanks and comments before a node stand outside of it, but for the
//! doc comments of an item, which begin it.

use crate::SyntaxKind;
use crate::lexer::Token;
use flat::Rows;
pub(crate) use flat::Tree;

mod flat;

mod view;

mod walk;

#[cfg(test)]
mod tests;

pub use view::{NodeOrToken, SyntaxElement, SyntaxNode, SyntaxToken, TokenAtOffset};
pub use walk::{Preorder, PreorderWithTokens, WalkEvent};

/// What the parser says, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A node begins. `outer` events further on stands the beginning of a node around it, written after it was known
    /// that there is one; 0: none.
    Open { kind: SyntaxKind, outer: u32 },
    /// The innermost node ends.
    Close,
    /// The next token that is not trivia, as a token of this kind.
    Token { kind: SyntaxKind },
    /// A beginning that has been used, or a node that was given up.
    Nothing,
}

/// A tree of one token, for a text that is not read. Trees measure in 32 bits: a text beyond has an empty one.
pub(crate) fn unread(text: &str) -> Tree {
    let text = if u32::try_from(text.len()).is_ok() { text } else { "" };
    let mut rows = Rows::with_capacity(1);
    rows.open(SyntaxKind::SourceFile);
    rows.token(SyntaxKind::Unknown, text.len());
    rows.close();
    rows.finish(text)
}

/// Makes the tree of a text from the events of its items, one after the other.
pub(crate) struct Builder<'t> {
    text: &'t str,
    tokens: &'t [Token],
    /// Of the next token.
    position: usize,
    rows: Rows,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(text: &'t str, tokens: &'t [Token]) -> Builder<'t> {
        let mut rows = Rows::with_capacity(tokens.len());
        rows.open(SyntaxKind::SourceFile);
        Builder { text, tokens, position: 0, rows }
    }

    /// Takes what closes all that it opens; the events are used up.
    pub(crate) fn take(&mut self, events: &mut [Event]) {
        for index in 0..events.len() {
            match std::mem::replace(&mut events[index], Event::Nothing) {
                Event::Open { kind, outer: 0 } => self.open(kind),
                Event::Open { kind, outer } => self.open_with_outer(events, index, kind, outer),
                Event::Close => self.rows.close(),
                Event::Token { kind } => self.token(kind),
                Event::Nothing => {}
            }
        }
    }

    /// The tree, with what is left of the text.
    pub(crate) fn finish(mut self) -> Tree {
        self.trivia(self.tokens.len());
        self.rows.close();
        self.rows.finish(self.text)
    }
}

impl Builder<'_> {
    fn open_with_outer(&mut self, events: &mut [Event], index: usize, kind: SyntaxKind, outer: u32) {
        let mut kinds = vec![kind];
        let (mut at, mut step) = (index, outer as usize);
        while step > 0 {
            at += step;
            step = match std::mem::replace(&mut events[at], Event::Nothing) {
                Event::Open { kind, outer } => {
                    kinds.push(kind);
                    outer as usize
                }
                _ => 0,
            };
        }
        for kind in kinds.into_iter().rev() {
            self.open(kind);
        }
    }

    fn open(&mut self, kind: SyntaxKind) {
        let takes_docs = kind.takes_docs();
        while let Some(token) = self.tokens.get(self.position).filter(|token| token.kind.is_trivia()) {
            if takes_docs && token.kind == SyntaxKind::DocComment {
                break;
            }
            self.push(token.kind);
        }
        self.rows.open(kind);
    }

    /// Trivia up to an index.
    fn trivia(&mut self, end: usize) {
        while self.position < end {
            self.push(self.tokens[self.position].kind);
        }
    }

    fn token(&mut self, kind: SyntaxKind) {
        while self.tokens.get(self.position).is_some_and(|token| token.kind.is_trivia()) {
            self.push(self.tokens[self.position].kind);
        }
        if self.position < self.tokens.len() {
            self.push(kind);
        }
    }

    fn push(&mut self, kind: SyntaxKind) {
        self.rows.token(kind, self.tokens[self.position].text(self.text).len());
        self.position += 1;
    }
}
