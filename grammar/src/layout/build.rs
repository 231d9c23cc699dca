//! Trees to documents: which parts of a node share a line, and where it may break.

use super::doc::{Doc, Gap};
use super::tokens::{Comment, Place, Token};
use super::{bodies, clauses};
use crate::{NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken};

/// A node or token that means something.
pub(super) type Element = NodeOrToken<SyntaxNode, SyntaxToken>;

/// Walks a tree in the order of its text, and takes each token once.
pub(super) struct Builder<'t> {
    tokens: &'t [Token],
    next: usize,
}

impl<'t> Builder<'t> {
    /// A walk that begins at a token.
    pub(super) fn new(tokens: &'t [Token], next: usize) -> Builder<'t> {
        Builder { tokens, next }
    }

    /// Of the token that is taken next.
    pub(super) fn position(&self) -> usize {
        self.next
    }

    /// Goes back to a token, to take it again.
    pub(super) fn go_back(&mut self, position: usize) {
        self.next = position;
    }

    /// Whether comments stand before one of the tokens.
    pub(super) fn has_comments(&self, tokens: std::ops::Range<usize>) -> bool {
        self.tokens.get(tokens).is_some_and(|tokens| tokens.iter().any(|token| !token.comments.is_empty()))
    }

    /// Whether a token has a comment behind it, on its line.
    pub(super) fn has_comment_behind(&self, index: usize) -> bool {
        let next = self.tokens.get(index + 1).and_then(|token| token.comments.first());
        next.is_some_and(|comment| comment.place == Place::Behind)
    }

    /// Whether a blank line, or a comment on a line of its own, stands before a token.
    pub(super) fn is_set_off(&self, index: usize) -> bool {
        let Some(token) = self.tokens.get(index) else { return false };
        let is_own = |comment: &Comment| comment.place == Place::Own || comment.follows_blank_line;
        token.follows_blank_line || token.comments.iter().any(is_own)
    }

    pub(super) fn token(&mut self) -> Doc {
        let index = self.next;
        self.next += 1;
        let token = &self.tokens[index];
        Doc::token(index, token.width, !token.comments.is_empty())
    }

    /// The comments before the token that is taken next.
    pub(super) fn comments(&self) -> Doc {
        Doc::comments(self.next, self.has_comments(self.next..self.next + 1))
    }

    pub(super) fn last_comma(&mut self, is_there: bool) -> Doc {
        if !is_there {
            return Doc::last_comma(None, false);
        }
        let index = self.next;
        self.next += 1;
        Doc::last_comma(Some(index), self.has_comments(index..index + 1))
    }

    pub(super) fn element(&mut self, element: &Element) -> Doc {
        match element {
            NodeOrToken::Node(node) => self.node(node),
            NodeOrToken::Token(_) => self.token(),
        }
    }

    pub(super) fn node(&mut self, node: &SyntaxNode) -> Doc {
        match node.kind() {
            SyntaxKind::List | SyntaxKind::TargetList => self.list(node),
            SyntaxKind::AndCondition | SyntaxKind::OrCondition => self.chain(node, is_join),
            SyntaxKind::PlanExpression => self.chain(node, is_join),
            SyntaxKind::PlainShape | SyntaxKind::ScaleShape => self.shape(node),
            SyntaxKind::ParenCondition => self.parentheses(node),
            SyntaxKind::Block | SyntaxKind::Split | SyntaxKind::RampClause | SyntaxKind::TreeBranch => {
                bodies::inline(self, node)
            }
            SyntaxKind::Provider
            | SyntaxKind::Model
            | SyntaxKind::Detector
            | SyntaxKind::Classify
            | SyntaxKind::Arms
            | SyntaxKind::Test => bodies::lines(self, node),
            SyntaxKind::Given => bodies::given(self, node),
            SyntaxKind::Attribute
            | SyntaxKind::UseItem
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
            | SyntaxKind::Guarantee => clauses::item(self, node),
            _ => self.inline(node),
        }
    }

    /// One element behind the other, on one line.
    pub(super) fn inline(&mut self, node: &SyntaxNode) -> Doc {
        let elements = elements(node);
        self.side_by_side(&elements, node.kind())
    }

    /// Elements of a node of a kind, on one line.
    pub(super) fn side_by_side(&mut self, elements: &[Element], parent: SyntaxKind) -> Doc {
        let mut parts = Vec::with_capacity(elements.len() * 2);
        for (index, element) in elements.iter().enumerate() {
            if index > 0 && is_spaced(&elements[index - 1], element, parent) {
                parts.push(Doc::gap(Gap::Blanks(1)));
            }
            parts.push(self.element(element));
        }
        Doc::all(parts)
    }

    /// `[a, b]`: on one line, or a line for each member.
    fn list(&mut self, node: &SyntaxNode) -> Doc {
        let elements = elements(node);
        let count = elements.len();
        let opening = self.token();
        let members = &elements[1.min(count)..count.saturating_sub(1)];
        if members.is_empty() {
            return Doc::all(vec![opening, self.comments().indent(), Doc::gap(Gap::Line(0)), self.token()])
                .group();
        }
        let mut parts = vec![Doc::gap(Gap::Line(0))];
        let mut is_closed = false;
        for (index, element) in members.iter().enumerate() {
            let is_comma = element.kind() == SyntaxKind::Comma;
            if is_comma && index + 1 == members.len() {
                parts.push(self.last_comma(true));
                is_closed = true;
            } else if is_comma {
                parts.push(self.token());
                parts.push(Doc::gap(Gap::Part(1)));
            } else {
                parts.push(self.element(element));
            }
        }
        if !is_closed {
            parts.push(self.last_comma(false));
        }
        parts.push(self.comments());
        Doc::all(vec![opening, Doc::all(parts).indent(), Doc::gap(Gap::Line(0)), self.token()]).group()
    }

    /// Operands and what joins them: on one line, or a line for each, which begins with the joint.
    fn chain(&mut self, node: &SyntaxNode, is_joint: fn(&Element) -> bool) -> Doc {
        let elements = elements(node);
        let mut first = Vec::new();
        let mut rest = Vec::new();
        let mut is_first = true;
        for element in &elements {
            let joint = is_joint(element);
            let part = self.element(element);
            if joint {
                is_first = false;
                rest.extend([Doc::gap(Gap::Line(1)), part, Doc::gap(Gap::Blanks(1))]);
            } else if is_first {
                first.push(part);
            } else {
                rest.push(part);
            }
        }
        Doc::all(vec![Doc::all(first), Doc::all(rest).indent()]).group()
    }

    /// The values of a type; before clauses or entries they stand further in than those.
    fn shape(&mut self, node: &SyntaxNode) -> Doc {
        let shape = self.chain(node, is_shape_sign);
        let is_declared = node.parent().is_some_and(|parent| parent.kind() == SyntaxKind::TypeItem);
        if is_declared { shape } else { shape.indent() }
    }

    /// `(a)`
    fn parentheses(&mut self, node: &SyntaxNode) -> Doc {
        let elements = elements(node);
        let parts = elements.iter().map(|element| self.element(element)).collect();
        Doc::all(parts).group()
    }
}

/// What means something in a node.
pub(super) fn elements(node: &SyntaxNode) -> Vec<Element> {
    node.children_with_tokens().filter(|element| !element.kind().is_trivia()).collect()
}

fn is_join(element: &Element) -> bool {
    element.kind() == SyntaxKind::Keyword
}

fn is_shape_sign(element: &Element) -> bool {
    matches!(element.kind(), SyntaxKind::Less | SyntaxKind::Pipe)
}

/// Whether a blank stands between two elements of a node.
fn is_spaced(left: &Element, right: &Element, parent: SyntaxKind) -> bool {
    use SyntaxKind::{
        AttributeName, Call, Colon, Comma, Counter, DotDot, LeftParen, Range, RightParen, TargetPath,
    };
    match (left.kind(), right.kind()) {
        _ if matches!(parent, AttributeName | TargetPath | Range) => false,
        (LeftParen | DotDot, _) | (_, RightParen | Comma | Colon | DotDot) => false,
        (_, LeftParen) => !matches!(parent, Call | Counter),
        _ => true,
    }
}
