//! Nodes and tokens as those who read a tree hold them: a place in a tree that stays alive with them. Cheap to copy, equal
//! where they are the same place of the same tree.

use super::flat::Tree;
use super::walk::{Below, Preorder, PreorderWithTokens};
use crate::SyntaxKind;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use text_size::{TextRange, TextSize};

/// A place in a tree.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) tree: Arc<Tree>,
    pub(super) index: u32,
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        self.index == other.index && Arc::ptr_eq(&self.tree, &other.tree)
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index.hash(state);
        Arc::as_ptr(&self.tree).hash(state);
    }
}

impl Place {
    pub(super) fn at(&self, index: u32) -> Place {
        Place { tree: Arc::clone(&self.tree), index }
    }

    pub(super) fn next(&self) -> u32 {
        self.tree.entry(self.index).next
    }

    fn kind(&self) -> SyntaxKind {
        self.tree.kind(self.index)
    }

    fn range(&self) -> TextRange {
        range(self.tree.start(self.index), self.tree.end(self.index))
    }

    fn parent(&self) -> Option<SyntaxNode> {
        let parent = self.tree.entry(self.index).parent;
        (parent != self.index).then(|| SyntaxNode(self.at(parent)))
    }

    fn show(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}@{:?}", self.kind(), self.range())
    }
}

fn range(start: u32, end: u32) -> TextRange {
    TextRange::new(TextSize::new(start), TextSize::new(end))
}

/// A node of the tree.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SyntaxNode(pub(super) Place);

/// A token of the tree.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SyntaxToken(Place);

/// What stands at a place of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeOrToken<N, T> {
    /// A node.
    Node(N),
    /// A token.
    Token(T),
}

/// A node or a token of the tree.
pub type SyntaxElement = NodeOrToken<SyntaxNode, SyntaxToken>;

/// The tokens that touch a byte of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenAtOffset {
    /// There are none: the text is empty.
    None,
    /// One, around it, or at an end of the text.
    Single(SyntaxToken),
    /// One ends there and one begins.
    Between(SyntaxToken, SyntaxToken),
}

impl std::fmt::Debug for SyntaxNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.show(f)
    }
}

impl std::fmt::Debug for SyntaxToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.show(f)
    }
}

impl SyntaxNode {
    /// The node of a whole text.
    pub(crate) fn new_root(tree: Arc<Tree>) -> SyntaxNode {
        SyntaxNode(Place { tree, index: 0 })
    }

    /// What it is.
    pub fn kind(&self) -> SyntaxKind {
        self.0.kind()
    }

    /// All that it holds, blanks and comments included.
    pub fn text_range(&self) -> TextRange {
        self.0.range()
    }

    /// The same as it is written.
    pub fn text(&self) -> &str {
        self.0.tree.text(self.0.index)
    }

    /// The node around it.
    pub fn parent(&self) -> Option<SyntaxNode> {
        self.0.parent()
    }

    /// The nodes right below it.
    pub fn children(&self) -> impl Iterator<Item = SyntaxNode> + use<> {
        self.children_by_kind(|_| true)
    }

    /// Those of such a kind; of others nothing is made.
    pub fn children_by_kind<F: Fn(SyntaxKind) -> bool>(
        &self,
        is_wanted: F,
    ) -> impl Iterator<Item = SyntaxNode> + use<F> {
        let is_wanted = move |kind: SyntaxKind| !kind.is_token() && is_wanted(kind);
        Below::new(self, is_wanted).map(SyntaxNode)
    }

    /// The first of such a kind.
    pub fn first_child_by_kind(&self, is_wanted: &impl Fn(SyntaxKind) -> bool) -> Option<SyntaxNode> {
        let tree = &self.0.tree;
        let is_wanted = |index: &u32| {
            let kind = tree.kind(*index);
            !kind.is_token() && is_wanted(kind)
        };
        let found = tree.children(self.0.index).find(is_wanted)?;
        Some(SyntaxNode(self.0.at(found)))
    }

    /// The tokens right below it that are of such a kind.
    pub fn tokens_by_kind<F: Fn(SyntaxKind) -> bool>(
        &self,
        is_wanted: F,
    ) -> impl Iterator<Item = SyntaxToken> + use<F> {
        let is_wanted = move |kind: SyntaxKind| kind.is_token() && is_wanted(kind);
        Below::new(self, is_wanted).map(SyntaxToken)
    }

    /// The nodes and tokens right below it.
    pub fn children_with_tokens(&self) -> impl Iterator<Item = SyntaxElement> + use<> {
        Below::new(self, |_| true).map(SyntaxElement::from)
    }

    /// Itself and all nodes in it, as they begin.
    pub fn descendants(&self) -> impl Iterator<Item = SyntaxNode> + use<> {
        let all = Place::clone(&self.0);
        (self.0.index..self.0.next()).filter_map(move |index| {
            let is_node = !all.tree.kind(index).is_token();
            is_node.then(|| SyntaxNode(all.at(index)))
        })
    }

    /// Itself and all nodes and tokens in it, as they begin.
    pub fn descendants_with_tokens(&self) -> impl Iterator<Item = SyntaxElement> + use<> {
        let all = Place::clone(&self.0);
        (self.0.index..self.0.next()).map(move |index| SyntaxElement::from(all.at(index)))
    }

    /// The nodes in it as one walks through them.
    pub fn preorder(&self) -> Preorder {
        Preorder::new(self)
    }

    /// The same with the tokens.
    pub fn preorder_with_tokens(&self) -> PreorderWithTokens {
        PreorderWithTokens::new(self)
    }

    /// The last token in it.
    pub fn last_token(&self) -> Option<SyntaxToken> {
        let found = self.0.tree.token_before(self.0.index, self.0.next())?;
        Some(SyntaxToken(self.0.at(found)))
    }

    /// The tokens in it that touch a byte of the text.
    ///
    /// # Panics
    /// When the byte lies outside of it.
    pub fn token_at_offset(&self, offset: TextSize) -> TokenAtOffset {
        let (tree, begin, end) = (&self.0.tree, self.0.index, self.0.next());
        assert!(self.text_range().contains_inclusive(offset), "{offset:?} lies outside of {self:?}");
        let behind = tree.behind(begin, end, offset.into());
        let Some(right) = tree.token_before(begin, behind) else { return TokenAtOffset::None };
        let token = |index: u32| SyntaxToken(self.0.at(index));
        let left = (tree.start(right) == u32::from(offset)).then(|| tree.token_before(begin, right));
        match left.flatten() {
            Some(left) => TokenAtOffset::Between(token(left), token(right)),
            None => TokenAtOffset::Single(token(right)),
        }
    }

    /// From its first to its last token that is not trivia; empty, at its start, where there is none.
    pub(crate) fn trimmed_range(&self) -> TextRange {
        let (tree, begin, end) = (&self.0.tree, self.0.index, self.0.next());
        let is_word = |index: &u32| {
            let kind = tree.kind(*index);
            kind.is_token() && !kind.is_trivia()
        };
        match ((begin..end).find(is_word), (begin..end).rev().find(is_word)) {
            (Some(first), Some(last)) => range(tree.start(first), tree.end(last)),
            _ => TextRange::empty(self.text_range().start()),
        }
    }
}

impl SyntaxToken {
    /// What it is.
    pub fn kind(&self) -> SyntaxKind {
        self.0.kind()
    }

    /// Where it stands.
    pub fn text_range(&self) -> TextRange {
        self.0.range()
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        self.0.tree.text(self.0.index)
    }

    /// The node around it.
    pub fn parent(&self) -> Option<SyntaxNode> {
        self.0.parent()
    }

    /// The nodes around it from the inside out.
    pub fn parent_ancestors(&self) -> impl Iterator<Item = SyntaxNode> + use<> {
        std::iter::successors(self.parent(), SyntaxNode::parent)
    }

    /// The one before it in the text.
    pub fn prev_token(&self) -> Option<SyntaxToken> {
        let found = self.0.tree.token_before(0, self.0.index)?;
        Some(SyntaxToken(self.0.at(found)))
    }
}

impl From<Place> for SyntaxElement {
    fn from(place: Place) -> SyntaxElement {
        if place.kind().is_token() {
            NodeOrToken::Token(SyntaxToken(place))
        } else {
            NodeOrToken::Node(SyntaxNode(place))
        }
    }
}

impl<N, T> NodeOrToken<N, T> {
    /// The token, where it is one.
    pub fn into_token(self) -> Option<T> {
        match self {
            NodeOrToken::Node(_) => None,
            NodeOrToken::Token(token) => Some(token),
        }
    }

    /// The node, where it is one.
    pub fn as_node(&self) -> Option<&N> {
        match self {
            NodeOrToken::Node(node) => Some(node),
            NodeOrToken::Token(_) => None,
        }
    }

    /// The token, where it is one.
    pub fn as_token(&self) -> Option<&T> {
        match self {
            NodeOrToken::Node(_) => None,
            NodeOrToken::Token(token) => Some(token),
        }
    }
}

impl SyntaxElement {
    fn place(&self) -> &Place {
        match self {
            NodeOrToken::Node(SyntaxNode(place)) | NodeOrToken::Token(SyntaxToken(place)) => place,
        }
    }

    /// What it is.
    pub fn kind(&self) -> SyntaxKind {
        self.place().kind()
    }

    /// Where it stands.
    pub fn text_range(&self) -> TextRange {
        self.place().range()
    }

    /// The node around it.
    pub fn parent(&self) -> Option<SyntaxNode> {
        self.place().parent()
    }
}

impl TokenAtOffset {
    /// The one that ends there, else the one around it.
    pub fn left_biased(self) -> Option<SyntaxToken> {
        match self {
            TokenAtOffset::None => None,
            TokenAtOffset::Single(token) | TokenAtOffset::Between(token, _) => Some(token),
        }
    }

    /// The one that begins there, else the one around it.
    pub fn right_biased(self) -> Option<SyntaxToken> {
        match self {
            TokenAtOffset::None => None,
            TokenAtOffset::Single(token) | TokenAtOffset::Between(_, token) => Some(token),
        }
    }
}

/// The left one first.
impl Iterator for TokenAtOffset {
    type Item = SyntaxToken;

    fn next(&mut self) -> Option<SyntaxToken> {
        match std::mem::replace(self, TokenAtOffset::None) {
            TokenAtOffset::None => None,
            TokenAtOffset::Single(token) => Some(token),
            TokenAtOffset::Between(left, right) => {
                *self = TokenAtOffset::Single(right);
                Some(left)
            }
        }
    }
}
