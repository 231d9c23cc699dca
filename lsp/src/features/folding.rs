//! What can be folded: whatever stands in braces, brackets or parentheses over several lines, runs of comments, and runs of
//! `use` items.

use std::ops::Range;
use wayleave_grammar::{Parse, SyntaxKind, TextRange};

/// What a fold holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoldKind {
    /// What stands between two brackets.
    Region,
    /// Comments.
    Comment,
    /// `use` items.
    Uses,
}

/// A part of a text of several lines, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// From its first to its last token. The lines of the brackets are part of it.
    pub range: Range<usize>,
    /// What it holds.
    pub kind: FoldKind,
}

/// By place.
pub fn folds(text: &str, parsed: &Parse) -> Vec<Fold> {
    let root = parsed.syntax();
    let tokens = parsed.tokens();
    let mut folds = brackets(&tokens);
    folds.extend(comments(text, &tokens));
    let uses = root.children().collect::<Vec<_>>();
    for run in uses
        .chunk_by(|one, other| (one.kind() == SyntaxKind::UseItem) == (other.kind() == SyntaxKind::UseItem))
    {
        if let [first, .., last] = run
            && first.kind() == SyntaxKind::UseItem
        {
            let range = first.text_range().start().into()..last.text_range().end().into();
            folds.push(Fold { range, kind: FoldKind::Uses });
        }
    }
    folds.retain(|fold| text[fold.range.clone()].contains(['\n', '\r']));
    folds.sort_by_key(|fold| (fold.range.start, fold.range.end));
    folds
}

/// What it is, and where.
type Token = (SyntaxKind, TextRange);

fn range(first: &Token, last: &Token) -> Range<usize> {
    first.1.start().into()..last.1.end().into()
}

/// Pairs as they stand; what closes something else closes nothing.
fn brackets(tokens: &[Token]) -> Vec<Fold> {
    let mut open: Vec<&Token> = Vec::new();
    let mut folds = Vec::new();
    for token in tokens {
        match token.0 {
            SyntaxKind::LeftBrace | SyntaxKind::LeftBracket | SyntaxKind::LeftParen => open.push(token),
            SyntaxKind::RightBrace | SyntaxKind::RightBracket | SyntaxKind::RightParen => {
                let Some(opened) = open.iter().rposition(|opened| closes(token.0, opened.0)) else {
                    continue;
                };
                folds.push(Fold { range: range(open[opened], token), kind: FoldKind::Region });
                open.truncate(opened);
            }
            _ => {}
        }
    }
    folds
}

fn closes(close: SyntaxKind, open: SyntaxKind) -> bool {
    matches!(
        (open, close),
        (SyntaxKind::LeftBrace, SyntaxKind::RightBrace)
            | (SyntaxKind::LeftBracket, SyntaxKind::RightBracket)
            | (SyntaxKind::LeftParen, SyntaxKind::RightParen)
    )
}

/// Comments that follow each other line by line, each on a line of its own.
fn comments(text: &str, tokens: &[Token]) -> Vec<Fold> {
    let is_comment = |token: &Token| {
        matches!(token.0, SyntaxKind::Comment | SyntaxKind::DocComment | SyntaxKind::HashComment)
    };
    let mut folds = Vec::new();
    // The first and last comment of the run.
    let mut run: Option<(&Token, &Token)> = None;
    let mut begins_line = true;
    for token in tokens {
        if token.0 == SyntaxKind::Whitespace {
            let ends = text[range(token, token)].matches('\n').count();
            if ends > 1 {
                folds.extend(run.take().map(|(first, last)| range(first, last)));
            }
            begins_line |= ends > 0;
            continue;
        }
        run = match (run, is_comment(token) && begins_line) {
            (Some((first, _)), true) => Some((first, token)),
            (None, true) => Some((token, token)),
            (run, false) => {
                folds.extend(run.map(|(first, last)| range(first, last)));
                None
            }
        };
        begins_line = false;
    }
    folds.extend(run.map(|(first, last)| range(first, last)));
    folds.into_iter().map(|range| Fold { range, kind: FoldKind::Comment }).collect()
}
