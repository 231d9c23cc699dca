//! A tree as one table: its nodes and tokens in the order in which they begin, each with the place of what comes after it. To
//! go down, on or up is to count, nothing is made on the way, and a tree is thrown away at once: an editor makes one with every
//! key, and the compiler walks those of a hundred files.

use crate::SyntaxKind;
use text_size::TextRange;

/// A node or token. Where it ends, the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: SyntaxKind,
    /// Bytes from the start of the text.
    pub(super) start: u32,
    /// The index right behind it and all that stands in it.
    pub(super) next: u32,
    /// The node around it; the root has itself.
    pub(super) parent: u32,
}

/// A text and its tree. The last entry is none: it says where the text ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    text: String,
    entries: Vec<Entry>,
}

impl Tree {
    pub(super) fn entry(&self, index: u32) -> Entry {
        self.entries[index as usize]
    }

    pub(super) fn kind(&self, index: u32) -> SyntaxKind {
        self.entries[index as usize].kind
    }

    pub(super) fn start(&self, index: u32) -> u32 {
        self.entries[index as usize].start
    }

    pub(super) fn end(&self, index: u32) -> u32 {
        self.start(self.entry(index).next)
    }

    /// What stands in a node or token.
    pub(super) fn text(&self, index: u32) -> &str {
        &self.text[self.start(index) as usize..self.end(index) as usize]
    }

    /// What stands right below a node.
    pub(super) fn children(&self, index: u32) -> Children<'_> {
        Children { tree: self, at: index + 1, end: self.entry(index).next }
    }

    /// The last token of several.
    pub(super) fn token_before(&self, begin: u32, end: u32) -> Option<u32> {
        (begin..end).rev().find(|at| self.kind(*at).is_token())
    }

    /// Every token with its range, by place.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (SyntaxKind, TextRange)> {
        let all = self.entries.windows(2).filter(|pair| pair[0].kind.is_token());
        all.map(|pair| (pair[0].kind, TextRange::new(pair[0].start.into(), pair[1].start.into())))
    }

    /// Where each node right below the root begins.
    pub(crate) fn items(&self) -> impl Iterator<Item = usize> {
        let nodes = self.children(0).filter(|index| !self.kind(*index).is_token());
        nodes.map(|index| self.start(index) as usize)
    }

    /// Of the text, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.end(0) as usize
    }

    /// The first of several nodes and tokens that begins behind a byte of the text, or the end of them.
    pub(super) fn behind(&self, begin: u32, end: u32, offset: u32) -> u32 {
        let entries = &self.entries[begin as usize..end as usize];
        let count = entries.partition_point(|entry| entry.start <= offset);
        // There are no more than there are bytes and nodes, which are counted in 32 bits.
        begin + u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// Places of nodes and tokens, side by side.
pub(super) struct Children<'t> {
    tree: &'t Tree,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at == self.end {
            return None;
        }
        let at = self.at;
        self.at = self.tree.entry(at).next;
        Some(at)
    }
}

/// A tree under way.
pub(super) struct Rows {
    entries: Vec<Entry>,
    /// The nodes that are open, the innermost last.
    open: Vec<u32>,
    /// Bytes of the text so far.
    end: u32,
}

impl Rows {
    /// For so many tokens.
    pub(super) fn with_capacity(tokens: usize) -> Rows {
        // There are about as many nodes as words, and half of the tokens are blanks.
        Rows { entries: Vec::with_capacity(tokens * 2 + 2), open: Vec::new(), end: 0 }
    }

    pub(super) fn open(&mut self, kind: SyntaxKind) {
        let own = self.len();
        self.push(kind, 0);
        self.open.push(own);
    }

    /// Closes the innermost node.
    pub(super) fn close(&mut self) {
        let own = self.open.pop().expect("each node that is closed was opened");
        self.entries[own as usize].next = self.len();
    }

    pub(super) fn token(&mut self, kind: SyntaxKind, length: usize) {
        self.push(kind, self.len() + 1);
        // The text is shorter than this can count.
        self.end += u32::try_from(length).unwrap_or(0);
    }

    /// The tree of a text, all of whose tokens were given.
    pub(super) fn finish(mut self, text: &str) -> Tree {
        assert!(self.open.is_empty(), "the events of a file stand inside one node");
        let next = self.len();
        self.entries.push(Entry { kind: SyntaxKind::SourceFile, start: self.end, next, parent: 0 });
        self.entries.shrink_to_fit();
        Tree { text: text.to_owned(), entries: self.entries }
    }

    fn push(&mut self, kind: SyntaxKind, next: u32) {
        let parent = self.open.last().copied().unwrap_or(0);
        self.entries.push(Entry { kind, start: self.end, next, parent });
    }

    fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }
}
