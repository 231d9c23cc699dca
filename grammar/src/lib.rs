//! What a `.route` file looks like: tokens, lossless tree, typed view. Promises that `parse` never fails nor panics, that
//! the text of the tree is the input byte for byte (up to the 4 GiB that a tree can measure), and that its depth is bounded. Knows no meaning: names are not
//! resolved here, and types are not asked.

mod kind;

mod error;

mod literal;

mod lexer;

mod foreign;

mod parser;

mod tree;

mod trial;

pub mod layout;

pub mod judge;

pub mod ast;

pub use error::{ERROR_LIMIT, Layer, SyntaxEdit, SyntaxError, SyntaxFix};
pub use kind::SyntaxKind;
pub use text_size::{TextRange, TextSize};
pub use tree::{
    NodeOrToken, Preorder, PreorderWithTokens, SyntaxElement, SyntaxNode, SyntaxToken, TokenAtOffset,
    WalkEvent,
};

use std::sync::Arc;

/// A longer file is not read: no policy that people review is near it, and work and memory stay bounded.
pub const FILE_LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// Parentheses, braces, brackets and `not` may stand inside each other so deep: far beyond what a reader follows, and
/// small enough for every recursion over a tree.
pub const NESTING_LIMIT: u32 = 256;

/// The lossless tree of one file and its syntax errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parse {
    tree: Arc<tree::Tree>,
    errors: Vec<SyntaxError>,
}

impl Parse {
    /// The tree, whose text is the input.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(Arc::clone(&self.tree))
    }

    /// Every token with its range, by place. Makes nothing on the way: a fraction of what it costs to walk the tree.
    pub fn tokens(&self) -> Vec<(SyntaxKind, TextRange)> {
        self.tree.tokens().collect()
    }

    /// The typed view of the tree.
    pub fn root(&self) -> ast::SourceFile {
        ast::SourceFile::of(self.syntax())
    }

    /// By place; at most [`ERROR_LIMIT`], and one more that says so.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }
}

/// Reads a text of any kind. Total: what is wrong is in the errors, what is right is in the tree.
pub fn parse(text: &str) -> Parse {
    let (tree, mut errors) = read(text);
    trial::try_fixes(text, &tree, &mut errors);
    Parse { tree: Arc::new(tree), errors }
}

/// The same, where nobody is offered a fix: none is tried, which takes longer than the rest, and none is in the errors.
pub fn parse_without_fixes(text: &str) -> Parse {
    let (tree, mut errors) = read(text);
    errors.iter_mut().for_each(|error| error.fixes.clear());
    Parse { tree: Arc::new(tree), errors }
}

fn read(text: &str) -> (tree::Tree, Vec<SyntaxError>) {
    if text.len() > FILE_LIMIT_BYTES {
        let message =
            format!("this file is longer than {} MiB, which is the limit", FILE_LIMIT_BYTES / (1024 * 1024));
        let error = SyntaxError::new("R0001", TextRange::empty(TextSize::new(0)), message)
            .with_help("split the policy over several files with `use`")
            .of_limit();
        return (tree::unread(text), vec![error]);
    }
    let tokens = lexer::lex(text);
    let mut tree = tree::Builder::new(text, &tokens);
    let mut errors = foreign::check(text, &tokens);
    errors.extend(parser::parse(text, &tokens, |events| tree.take(events)));
    let tree = tree.finish();
    debug_assert_eq!(tree.length(), text.len(), "the tree holds every byte of the text");
    (tree, error::in_order(errors))
}
