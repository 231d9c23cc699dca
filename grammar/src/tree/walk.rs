//! From node to node: what stands right below one, and all that is in it, in and out.

use super::view::{NodeOrToken, Place, SyntaxElement, SyntaxNode};
use crate::SyntaxKind;

/// A step of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkEvent<T> {
    /// To something, before all that is in it.
    Enter(T),
    /// Away from it, after all that is in it.
    Leave(T),
}

/// What stands right below a node and is of some kind.
pub(super) struct Below<F> {
    place: Place,
    end: u32,
    is_wanted: F,
}

impl<F: Fn(SyntaxKind) -> bool> Below<F> {
    pub(super) fn new(node: &SyntaxNode, is_wanted: F) -> Below<F> {
        let SyntaxNode(place) = node;
        Below { place: place.at(place.index + 1), end: place.next(), is_wanted }
    }
}

impl<F: Fn(SyntaxKind) -> bool> Iterator for Below<F> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        while self.place.index != self.end {
            let at = self.place.index;
            let entry = self.place.tree.entry(at);
            self.place.index = entry.next;
            if (self.is_wanted)(entry.kind) {
                return Some(self.place.at(at));
            }
        }
        None
    }
}

/// A walk through a node and all that is in it.
pub struct PreorderWithTokens {
    /// What is entered next.
    place: Place,
    end: u32,
    /// What was entered and not left, the innermost last.
    open: Vec<u32>,
}

impl PreorderWithTokens {
    pub(super) fn new(node: &SyntaxNode) -> PreorderWithTokens {
        PreorderWithTokens { place: node.0.clone(), end: node.0.next(), open: Vec::new() }
    }

    /// Goes on behind what was entered last.
    pub fn skip_subtree(&mut self) {
        if let Some(last) = self.open.last() {
            self.place.index = self.place.tree.entry(*last).next;
        }
    }
}

impl Iterator for PreorderWithTokens {
    type Item = WalkEvent<SyntaxElement>;

    fn next(&mut self) -> Option<WalkEvent<SyntaxElement>> {
        let at = self.place.index;
        if let Some(last) = self.open.pop_if(|last| self.place.tree.entry(*last).next == at) {
            return Some(WalkEvent::Leave(SyntaxElement::from(self.place.at(last))));
        }
        if at == self.end {
            return None;
        }
        self.open.push(at);
        self.place.index += 1;
        Some(WalkEvent::Enter(SyntaxElement::from(self.place.at(at))))
    }
}

/// A walk through a node and the nodes in it.
pub struct Preorder(PreorderWithTokens);

impl Preorder {
    pub(super) fn new(node: &SyntaxNode) -> Preorder {
        Preorder(PreorderWithTokens::new(node))
    }

    /// Goes on behind what was entered last.
    pub fn skip_subtree(&mut self) {
        self.0.skip_subtree();
    }
}

impl Iterator for Preorder {
    type Item = WalkEvent<SyntaxNode>;

    fn next(&mut self) -> Option<WalkEvent<SyntaxNode>> {
        loop {
            match self.0.next()? {
                WalkEvent::Enter(NodeOrToken::Node(node)) => return Some(WalkEvent::Enter(node)),
                WalkEvent::Leave(NodeOrToken::Node(node)) => return Some(WalkEvent::Leave(node)),
                WalkEvent::Enter(NodeOrToken::Token(_)) | WalkEvent::Leave(NodeOrToken::Token(_)) => {}
            }
        }
    }
}
