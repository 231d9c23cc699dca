//! Fixes are tried before they are offered: one that leaves as many mistakes where it was applied is taken back. Reads the
//! items alone that a fix changes, each again with the fix in it.

use crate::tree::Tree;
use crate::{SyntaxError, SyntaxFix, foreign, lexer, parser};
use std::collections::BTreeMap;

/// So many bytes are read again for one text: a fix beyond that is not offered, and work stays in proportion to the text.
const TRIED_BYTES: usize = 1024 * 1024;

/// What the grammar wants at the start of a text.
const HEAD: &str = "edition 2026\n";

/// Takes back the fixes that do not mend.
pub(crate) fn try_fixes(text: &str, tree: &Tree, errors: &mut [SyntaxError]) {
    if errors.iter().all(|error| error.fixes.is_empty()) {
        return;
    }
    let mut trial = Trial { text, starts: tree.items().collect(), left: TRIED_BYTES, known: BTreeMap::new() };
    for error in errors {
        let is_of_file = error.code == "R0005";
        error.fixes.retain(|fix| trial.mends(fix, is_of_file));
    }
}

struct Trial<'t> {
    text: &'t str,
    /// Where the items begin.
    starts: Vec<usize>,
    /// Bytes that may still be read.
    left: usize,
    /// Where the mistakes of a piece stand, by where it begins and ends.
    known: BTreeMap<(usize, usize), Vec<usize>>,
}

impl Trial<'_> {
    fn mends(&mut self, fix: &SyntaxFix, is_of_file: bool) -> bool {
        let bounds = fix.edits.first().zip(fix.edits.last());
        let Some((first, last)) = bounds else { return false };
        let (start, end) = (usize::from(first.range.start()), usize::from(last.range.end()));
        let piece = if is_of_file { (0, self.text.len()) } else { self.piece(start, end) };
        let size = piece.1 - piece.0 + HEAD.len();
        if 2 * size > self.left {
            return false;
        }
        let Some(mended) = self.mended(fix, piece) else { return false };
        self.left -= 2 * size;
        let head = if is_of_file { "" } else { HEAD };
        let text = self.text;
        let before = self.known.entry(piece).or_insert_with(|| mistakes(head, &text[piece.0..piece.1]));
        let after = mistakes(head, &mended);
        // A mistake that only shows when the one before it is mended is no fault of the fix.
        let line_end = text[end..piece.1].find('\n').map_or(piece.1, |length| end + length) - piece.0;
        let grown = mended.len() + piece.0;
        let mended_end = (line_end + grown).saturating_sub(piece.1);
        let near = |mistakes: &[usize], end: usize| mistakes.iter().filter(|at| **at <= end).count();
        after.len() < before.len()
            || after.len() == before.len() && near(&after, mended_end) < near(before, line_end)
    }

    /// From where an item begins to where another does, with all that lies between two places.
    fn piece(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.starts.partition_point(|item| *item <= start);
        let next = self.starts.partition_point(|item| *item < end.max(start + 1)).max(first);
        let begin = first.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        (begin, self.starts.get(next).copied().unwrap_or(self.text.len()))
    }

    /// A piece with a fix applied; none if it reaches out of the piece.
    fn mended(&self, fix: &SyntaxFix, (begin, end): (usize, usize)) -> Option<String> {
        let mut mended = String::with_capacity(end - begin + 64);
        let mut at = begin;
        for edit in &fix.edits {
            mended.push_str(self.text.get(at..usize::from(edit.range.start()))?);
            mended.push_str(&edit.text);
            at = edit.range.end().into();
        }
        mended.push_str(self.text.get(at..end)?);
        Some(mended)
    }
}

/// Where the mistakes of a text stand.
fn mistakes(head: &str, text: &str) -> Vec<usize> {
    let whole = format!("{head}{text}");
    let tokens = lexer::lex(&whole);
    let mut errors = foreign::check(&whole, &tokens);
    errors.extend(parser::parse(&whole, &tokens, |_| {}));
    errors.iter().map(|error| usize::from(error.range.start()).saturating_sub(head.len())).collect()
}
