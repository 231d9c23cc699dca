//! The tokens of a tree that mean something, each with the comments before it.

use crate::{NodeOrToken, SyntaxKind, SyntaxNode};

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a token, on its line.
    Behind,
    /// On a line of its own.
    Own,
}

/// A comment, its slashes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) text: String,
    pub(super) place: Place,
    /// Whether a blank line stands before it.
    pub(super) follows_blank_line: bool,
    /// Whether blanks stand before it on its line.
    pub(super) is_inset: bool,
}

/// A token that means something, or the end of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: SyntaxKind,
    pub(super) text: String,
    /// In characters.
    pub(super) width: u32,
    /// Between the token before it and this one.
    pub(super) comments: Vec<Comment>,
    /// Whether a blank line stands right before it.
    pub(super) follows_blank_line: bool,
    /// Of its first byte.
    pub(super) start: usize,
    /// Behind its last byte.
    pub(super) end: usize,
    /// Whether something stands before it that is no blank and no comment.
    pub(super) follows_rubbish: bool,
}

/// In order, and the end of the text as the last one, of kind [`SyntaxKind::EndOfFile`].
pub(super) fn tokens(root: &SyntaxNode) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut reader = Reader { is_line_start: true, ..Reader::default() };
    for token in root.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        let range = token.text_range();
        match token.kind() {
            SyntaxKind::Whitespace => reader.blank(token.text()),
            SyntaxKind::Comment | SyntaxKind::DocComment => reader.comment(token.text()),
            kind if kind.is_trivia() => reader.follows_rubbish = true,
            kind => tokens.push(reader.token(kind, token.text(), range.start().into(), range.end().into())),
        }
    }
    let end = root.text_range().end().into();
    tokens.push(reader.token(SyntaxKind::EndOfFile, "", end, end));
    tokens
}

#[derive(Default)]
struct Reader {
    comments: Vec<Comment>,
    /// Line ends since the last token or comment.
    line_ends: usize,
    is_line_start: bool,
    /// Whether the last blanks did not end at a line's start.
    ends_in_blank: bool,
    follows_rubbish: bool,
}

impl Reader {
    fn blank(&mut self, text: &str) {
        let ends = text.matches('\n').count();
        self.line_ends += if ends > 0 { ends } else { text.matches('\r').count() };
        self.is_line_start |= self.line_ends > 0;
        self.ends_in_blank = text.ends_with([' ', '\t']);
    }

    fn comment(&mut self, text: &str) {
        let place = if self.is_line_start { Place::Own } else { Place::Behind };
        let follows_blank_line = self.line_ends > 1;
        let text = text.trim_end_matches([' ', '\t']).to_owned();
        let is_inset = place == Place::Own && self.ends_in_blank;
        self.comments.push(Comment { text, place, follows_blank_line, is_inset });
        self.line_ends = 0;
    }

    fn token(&mut self, kind: SyntaxKind, text: &str, start: usize, end: usize) -> Token {
        let follows_blank_line = self.line_ends > 1;
        self.line_ends = 0;
        self.is_line_start = false;
        Token {
            kind,
            text: text.to_owned(),
            width: u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
            comments: std::mem::take(&mut self.comments),
            follows_blank_line,
            start,
            end,
            follows_rubbish: std::mem::take(&mut self.follows_rubbish),
        }
    }
}
