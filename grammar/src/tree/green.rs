//! Makes the nodes of a tree from the inside out. Tokens that look alike are shared where a small table remembers them:
//! rowan's own builder looks everything up in maps as large as the file, which took half of the time of a parse.

use super::raw;
use crate::SyntaxKind;
use rowan::{GreenNode, GreenToken, NodeOrToken};

/// Places of the table, a power of two: room for the words of a policy, and small enough for the nearest cache.
const PLACES: usize = 2048;

/// Nodes under way.
pub(super) struct GreenBuilder {
    /// Of all open nodes; those of the innermost one come last.
    children: Vec<NodeOrToken<GreenNode, GreenToken>>,
    /// The kind of each open node, and where its children begin.
    open: Vec<(SyntaxKind, usize)>,
    /// The last token of each place.
    tokens: Vec<Option<GreenToken>>,
    /// The last node of each place that has one token and nothing else: a name, an operator.
    leaves: Vec<Option<GreenNode>>,
}

impl GreenBuilder {
    pub(super) fn new() -> GreenBuilder {
        GreenBuilder {
            children: Vec::new(),
            open: Vec::new(),
            tokens: vec![None; PLACES],
            leaves: vec![None; PLACES],
        }
    }

    pub(super) fn open(&mut self, kind: SyntaxKind) {
        self.open.push((kind, self.children.len()));
    }

    /// Closes the innermost node.
    pub(super) fn close(&mut self) {
        let (kind, first) = self.open.pop().expect("each node that is closed was opened");
        let node = match &self.children[first..] {
            [NodeOrToken::Token(token)] => leaf(&mut self.leaves, kind, token),
            _ => GreenNode::new(raw(kind), self.children.drain(first..)),
        };
        self.children.truncate(first);
        self.children.push(NodeOrToken::Node(node));
    }

    pub(super) fn token(&mut self, kind: SyntaxKind, text: &str) {
        let place = &mut self.tokens[place(kind, text.as_bytes())];
        let token = match place {
            Some(token) if token.kind() == raw(kind) && token.text() == text => token.clone(),
            _ => place.insert(GreenToken::new(raw(kind), text)).clone(),
        };
        self.children.push(NodeOrToken::Token(token));
    }

    /// The only node that was not put into another.
    pub(super) fn finish(mut self) -> GreenNode {
        match self.children.pop() {
            Some(NodeOrToken::Node(node)) if self.children.is_empty() && self.open.is_empty() => node,
            _ => unreachable!("the events of a file stand inside one node"),
        }
    }
}

/// A node with one token, and that one only.
fn leaf(leaves: &mut [Option<GreenNode>], kind: SyntaxKind, token: &GreenToken) -> GreenNode {
    let place = &mut leaves[place(kind, token.text().as_bytes())];
    let is_it = |node: &GreenNode| {
        let only = node.children().next().and_then(NodeOrToken::into_token);
        node.kind() == raw(kind) && only.is_some_and(|only| std::ptr::eq(only, &**token))
    };
    match place {
        Some(node) if is_it(node) => node.clone(),
        _ => place.insert(GreenNode::new(raw(kind), [NodeOrToken::Token(token.clone())])).clone(),
    }
}

/// Where a table remembers a token: by its kind, its length, and its first, middle and last bytes. Half of all tokens are a
/// sign or a blank.
fn place(kind: SyntaxKind, text: &[u8]) -> usize {
    let bytes = match text {
        [] => 0,
        [only] => u32::from(*only),
        [first, .., before_last, last] => {
            let middle = text[text.len() / 2];
            u32::from_le_bytes([*first, middle, *before_last, *last])
        }
        [first, last] => u32::from_le_bytes([*first, *last, 0, 0]),
    };
    let mixed = (bytes ^ (text.len() as u32) << 12 ^ (kind as u32) << 5).wrapping_mul(0x9E37_79B1);
    (mixed >> (u32::BITS - PLACES.trailing_zeros())) as usize
}
