//! Text to tokens. Never fails: what belongs to no token is one of kind `Unknown`, and the tokens' lengths add up to the
//! text. The patterns stand in `kind.rs`; here is only what a pattern cannot say.

use crate::{SyntaxKind, TextRange, TextSize, literal};
use logos::Logos;

/// A token and where it stands; offsets fit because the size of a file is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: SyntaxKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Token {
    pub(crate) fn range(self) -> TextRange {
        TextRange::new(TextSize::new(self.start), TextSize::new(self.end))
    }

    pub(crate) fn text(self, text: &str) -> &str {
        &text[self.range()]
    }
}

/// A byte order mark, accepted at the very start.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// All tokens of a text of at most [`crate::FILE_LIMIT_BYTES`], in order, without a gap.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    // Half of the tokens are blanks: three bytes a token are seldom undercut, and a list that need not grow is not copied.
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let offset = text.len() - body.len();
    if offset > 0 {
        push(&mut tokens, SyntaxKind::Whitespace, 0..offset);
    }
    let mut lexer = SyntaxKind::lexer(body);
    let blocks = Blocks { last_end: body.rfind("*/") };
    while let Some(result) = lexer.next() {
        let slice = lexer.slice();
        let kind = match result {
            Ok(SyntaxKind::Comment) if is_doc(slice) && is_at_line_start(text, &tokens) => {
                SyntaxKind::DocComment
            }
            Ok(SyntaxKind::Number) => literal::classify(slice),
            Ok(kind) => kind,
            Err(()) => SyntaxKind::Unknown,
        };
        let kind = if is_conflict(text, lexer.span().start + offset) {
            let rest = lexer.remainder();
            lexer.bump(rest.find(['\r', '\n']).unwrap_or(rest.len()));
            SyntaxKind::HashComment
        } else {
            kind
        };
        let kind = if kind == SyntaxKind::Slash && blocks.begins_at(body, lexer.span().start) {
            // Behind the star of its beginning.
            let end = lexer.remainder().get(1..).and_then(|rest| rest.find("*/")).map_or(0, |at| at + 3);
            lexer.bump(end);
            SyntaxKind::HashComment
        } else {
            kind
        };
        let span = lexer.span();
        push(&mut tokens, kind, span.start + offset..span.end + offset);
    }
    tokens
}

/// Marks that a version control leaves at the start of a line; no sentence of the language has one.
const CONFLICT_MARKS: [&str; 4] = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

/// Whether a line that a merge left begins at a place.
fn is_conflict(text: &str, at: usize) -> bool {
    let first = text.as_bytes().get(at);
    matches!(first, Some(b'<' | b'=' | b'>' | b'|'))
        && (at == 0 || text.as_bytes()[at - 1] == b'\n')
        && CONFLICT_MARKS.iter().any(|mark| text[at..].starts_with(mark))
}

/// Comments of other languages that end where they say so.
struct Blocks {
    /// Where the last end of one stands: behind it none begins.
    last_end: Option<usize>,
}

impl Blocks {
    /// Whether `/* … */` begins at a slash. All models of a provider, `near/*`, are written without a blank.
    fn begins_at(&self, text: &str, at: usize) -> bool {
        let is_apart = text[..at].ends_with([' ', '\t', '\n', '\r', '{', '[', '(', ',']) || at == 0;
        is_apart && text[at..].starts_with("/*") && self.last_end.is_some_and(|end| end >= at + 2)
    }
}

/// Whether nothing but blanks stands between a line end, or the start of the text, and what follows the tokens.
fn is_at_line_start(text: &str, tokens: &[Token]) -> bool {
    let ends_line = |token: &Token| token.text(text).bytes().any(|byte| matches!(byte, b'\n' | b'\r'));
    let blanks = tokens.iter().rev().take_while(|token| token.kind == SyntaxKind::Whitespace);
    // A byte order mark is a token of blanks by itself.
    blanks.clone().any(ends_line) || blanks.count() == tokens.len()
}

/// Three slashes, not more: a line of slashes is a rule across the page.
fn is_doc(comment: &str) -> bool {
    comment.starts_with("///") && !comment.starts_with("////")
}

/// Unknown characters side by side are one token: one mistake, one message.
fn push(tokens: &mut Vec<Token>, kind: SyntaxKind, span: std::ops::Range<usize>) {
    let offset = |at: usize| u32::try_from(at).expect("the size of a file is limited far below 4 GiB");
    let (start, end) = (offset(span.start), offset(span.end));
    if kind == SyntaxKind::Unknown
        && let Some(last) = tokens.last_mut().filter(|last| last.kind == kind)
    {
        last.end = end;
        return;
    }
    tokens.push(Token { kind, start, end });
}
