//! Pieces for the caller, in order. Those that stand side by side in the bytes they came with are one again: a provider's
//! events leave as few and as large as they came, and each piece costs the connection a write.

use bytes::Bytes;
use std::collections::VecDeque;

/// Pieces that wait.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    whole: VecDeque<Bytes>,
    /// What came last.
    chunk: Bytes,
    /// From where to where in it the last pieces stand.
    run: std::ops::Range<usize>,
}

impl Pieces {
    /// Pieces that are pushed from now on may be parts of this.
    pub(super) fn came_with(&mut self, chunk: &Bytes) {
        self.end_run();
        self.chunk = chunk.clone();
    }

    /// Adds a piece; an empty one is none.
    pub(super) fn push(&mut self, piece: Bytes) {
        if piece.is_empty() {
            return;
        }
        let Some(at) = self.place(&piece) else {
            self.end_run();
            return self.whole.push_back(piece);
        };
        if self.run.end != at {
            self.end_run();
            self.run.start = at;
        }
        self.run.end = at + piece.len();
    }

    /// The next piece.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        if self.whole.is_empty() {
            self.end_run();
        }
        self.whole.pop_front()
    }

    /// Where in the chunk a piece stands, if it is a part of it.
    fn place(&self, piece: &Bytes) -> Option<usize> {
        let at = (piece.as_ptr() as usize).checked_sub(self.chunk.as_ptr() as usize)?;
        (at + piece.len() <= self.chunk.len()).then_some(at)
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            self.whole.push_back(self.chunk.slice(self.run.clone()));
        }
        self.run = 0..0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &mut Pieces) -> Vec<String> {
        let text = |piece: Bytes| String::from_utf8_lossy(&piece).into_owned();
        std::iter::from_fn(|| pieces.pop().map(text)).collect()
    }

    #[test]
    fn neighbours_are_one_and_what_is_left_out_parts_them() {
        let mut pieces = Pieces::default();
        let chunk = Bytes::from_static(b"abcdefgh");
        pieces.came_with(&chunk);
        for part in [0..2, 2..3, 5..6, 6..8] {
            pieces.push(chunk.slice(part));
        }
        assert_eq!(all(&mut pieces), ["abc", "fgh"]);
        let after = Bytes::from_static(b"xyz");
        pieces.push(chunk.slice(0..1));
        pieces.came_with(&after);
        pieces.push(after.slice(0..1));
        pieces.push(Bytes::from_static(b"other"));
        pieces.push(Bytes::new());
        pieces.push(after.slice(1..3));
        assert_eq!(all(&mut pieces), ["a", "x", "other", "yz"]);
    }
}
