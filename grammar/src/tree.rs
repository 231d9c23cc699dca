//! Tokens and the parser's events to the lossless tree. Every token lands in the tree once and in order, whatever the
//! events say, so the text of the tree is the input. Blanks and comments before a node stand outside of it, but for the
//! doc comments of an item, which begin it.

use crate::SyntaxKind;
use crate::lexer::Token;
use rowan::{GreenNode, GreenNodeBuilder};

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

/// The tree of a whole text, with a `SourceFile` around the events.
pub(crate) fn build(text: &str, tokens: &[Token], mut events: Vec<Event>) -> GreenNode {
    let mut builder = Builder { text, tokens, position: 0, inner: GreenNodeBuilder::new() };
    builder.inner.start_node(raw(SyntaxKind::SourceFile));
    for index in 0..events.len() {
        match std::mem::replace(&mut events[index], Event::Nothing) {
            Event::Open { kind, outer } => builder.open_with_outer(&mut events, index, kind, outer),
            Event::Close => builder.inner.finish_node(),
            Event::Token { kind } => builder.token(kind),
            Event::Nothing => {}
        }
    }
    builder.trivia(builder.tokens.len());
    builder.inner.finish_node();
    builder.inner.finish()
}

/// A tree of one token, for a text that is not read. Trees measure in 32 bits: a text beyond has an empty one.
pub(crate) fn unread(text: &str) -> GreenNode {
    let text = if u32::try_from(text.len()).is_ok() { text } else { "" };
    let mut builder = GreenNodeBuilder::new();
    builder.start_node(raw(SyntaxKind::SourceFile));
    builder.token(raw(SyntaxKind::Unknown), text);
    builder.finish_node();
    builder.finish()
}

struct Builder<'t> {
    text: &'t str,
    tokens: &'t [Token],
    /// Of the next token.
    position: usize,
    inner: GreenNodeBuilder<'static>,
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
        let gap = self.tokens[self.position..].iter().take_while(|token| token.kind.is_trivia());
        let end = self.position + gap.clone().count();
        let docs = gap.clone().position(|token| token.kind == SyntaxKind::DocComment);
        match docs {
            Some(docs) if kind.takes_docs() => self.trivia(self.position + docs),
            _ => self.trivia(end),
        }
        self.inner.start_node(raw(kind));
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
        self.inner.token(raw(kind), self.tokens[self.position].text(self.text));
        self.position += 1;
    }
}

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}
