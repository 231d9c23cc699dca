//! The one layout of a policy: tree to text. Keeps every token and every comment, in order, but for clauses, which stand in
//! one order, and the last comma of a list. What has a mistake of form stands as it is.

use crate::{Layer, Parse, SyntaxKind, SyntaxNode, TextRange};
use build::Builder;
use printer::Printer;
use tokens::Token;

mod tokens;

mod doc;

mod printer;

mod build;

mod bodies;

mod clauses;

mod kept;

mod checked;

pub use checked::{Fault, checked, checked_by_parser};
pub use kept::{Loss, kept};

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// A text in its layout; a text beyond a limit as it is.
pub fn layout(parse: &Parse) -> String {
    let root = parse.syntax();
    let text = root.text().to_string();
    if parse.errors().iter().any(|error| error.layer == Layer::Limit) {
        return text;
    }
    let tokens = tokens::tokens(&root);
    let laid_out = File { text: &text, tokens: &tokens, broken: broken(parse) }.print(&root);
    let is_mark_lost = text.starts_with(BYTE_ORDER_MARK) && !laid_out.starts_with(BYTE_ORDER_MARK);
    if is_mark_lost { format!("{BYTE_ORDER_MARK}{laid_out}") } else { laid_out }
}

/// Where the text has mistakes of form, in order.
fn broken(parse: &Parse) -> Vec<TextRange> {
    parse.errors().iter().filter(|error| error.layer == Layer::Form).map(|error| error.range).collect()
}

/// Whether a line end is one as on Windows.
fn is_with_return(text: &str, at: usize) -> bool {
    text[..at].ends_with('\r')
}

struct File<'t> {
    text: &'t str,
    tokens: &'t [Token],
    broken: Vec<TextRange>,
}

/// A piece of a file: an item, or what the parser could make nothing of.
struct Piece {
    node: SyntaxNode,
    /// Its tokens, by index.
    tokens: std::ops::Range<usize>,
    /// Whether it stands as it is.
    is_raw: bool,
}

impl File<'_> {
    fn print(&self, root: &SyntaxNode) -> String {
        let pieces = self.pieces(root);
        let mut printer = Printer::new(self.tokens, self.line_end(&pieces));
        // Whether the piece before stands as it is; then so does what follows it.
        let mut follows_raw = false;
        let mut end = 0;
        for piece in pieces {
            let first = piece.tokens.start;
            let range = self.range(&piece.tokens);
            if follows_raw || piece.is_raw || self.tokens[first].follows_rubbish {
                printer.raw(&self.text[end..range.start], first + 1);
            } else {
                printer.new_line();
                printer.comments_before(first);
            }
            if piece.is_raw {
                printer.raw(&self.text[range.clone()], piece.tokens.end);
            } else {
                printer.print(&Builder::new(self.tokens, first).node(&piece.node));
            }
            follows_raw = piece.is_raw;
            end = range.end;
        }
        let last = self.tokens.len() - 1;
        if follows_raw || self.tokens[last].follows_rubbish {
            printer.raw(&self.text[end..], last + 1);
            return printer.into_verbatim();
        }
        printer.new_line();
        printer.comments_before(last);
        printer.finish()
    }

    /// As the first line ends that does not stand as it is; else as the first line does.
    fn line_end(&self, pieces: &[Piece]) -> &'static str {
        let mut kept: Vec<std::ops::Range<usize>> = Vec::new();
        let (mut end, mut follows_raw) = (0, false);
        for piece in pieces {
            let range = self.range(&piece.tokens);
            if follows_raw || piece.is_raw || self.tokens[piece.tokens.start].follows_rubbish {
                kept.push(end..range.start);
            }
            if piece.is_raw {
                kept.push(range.clone());
            }
            (end, follows_raw) = (range.end, piece.is_raw);
        }
        if follows_raw || self.tokens.last().is_some_and(|last| last.follows_rubbish) {
            kept.push(end..self.text.len());
        }
        let mut ends = self.text.match_indices('\n').map(|(at, _)| at);
        let first = ends.clone().next();
        let ours = ends.find(|at| {
            let before = kept.partition_point(|range| range.end <= *at);
            kept.get(before).is_none_or(|range| *at < range.start)
        });
        match ours.or(first) {
            Some(at) if is_with_return(self.text, at) => "\r\n",
            _ => "\n",
        }
    }

    fn pieces(&self, root: &SyntaxNode) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut next = 0;
        for node in root.children() {
            let first = next;
            let end = usize::from(node.text_range().end());
            next += self.tokens[first..].iter().take_while(|token| token.start < end).count();
            // A mistake up to the next piece may be what this one is broken by.
            let until = self.tokens[next].start;
            let is_raw = self.has_error(&node) || self.is_broken(self.tokens[first].start..until);
            if next > first {
                pieces.push(Piece { node, tokens: first..next, is_raw });
            }
        }
        // What touches a piece that stands as it is does too, or the two would run into each other.
        for index in (1..pieces.len()).rev() {
            let touches =
                self.range(&pieces[index - 1].tokens).end == self.range(&pieces[index].tokens).start;
            if pieces[index].is_raw && touches {
                pieces[index - 1].is_raw = true;
            }
        }
        pieces
    }

    /// In the text.
    fn range(&self, tokens: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.tokens[tokens.start].start..self.tokens[tokens.end - 1].end
    }

    /// Whether the parser could make nothing of a part. In a text without a mistake there is no such part.
    fn has_error(&self, node: &SyntaxNode) -> bool {
        !self.broken.is_empty() && node.descendants().any(|part| part.kind() == SyntaxKind::Error)
    }

    /// Whether a mistake touches a range.
    fn is_broken(&self, range: std::ops::Range<usize>) -> bool {
        let touches = |broken: &TextRange| {
            usize::from(broken.start()) <= range.end && usize::from(broken.end()) >= range.start
        };
        self.broken.iter().any(touches)
    }
}
