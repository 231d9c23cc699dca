//! A text in its layout, as the edits that bring it there: what is laid out already is not touched, so that marks, folds and
//! the cursor stay where they are. Linear in the text.

use std::ops::Range;
use wayleave_grammar::layout::{Fault, checked_by_parser};
use wayleave_grammar::{NodeOrToken, Parse, SyntaxKind};

/// Replaces a range of a text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty to insert.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
}

/// The edits that lay a whole text out, by place; disjoint.
///
/// # Errors
/// Where the layout cannot be trusted, or would be too long.
pub fn whole(parsed: &Parse) -> Result<Vec<TextEdit>, Fault> {
    let laid_out = checked_by_parser(parsed)?;
    Ok(if laid_out == *parsed { Vec::new() } else { between(parsed, &laid_out) })
}

/// The edits from one text to another, by place; disjoint. Few where the items of both have mostly the same words.
pub fn between(before: &Parse, after: &Parse) -> Vec<TextEdit> {
    edits(&Text::of(before), &Text::of(after))
}

/// Those of the items that a range touches.
///
/// # Errors
/// As for [`whole`].
pub fn of_range(parsed: &Parse, range: Range<usize>) -> Result<Vec<TextEdit>, Fault> {
    let touched = parsed.syntax().children().map(|item| {
        let range = item.text_range();
        usize::from(range.start())..usize::from(range.end())
    });
    let touched: Vec<Range<usize>> =
        touched.filter(|item| item.start <= range.end && range.start <= item.end).collect();
    let (Some(first), Some(last)) = (touched.first(), touched.last()) else { return Ok(Vec::new()) };
    // The blanks before the first item are indentation of it.
    let reaches = |edit: &TextEdit| edit.range.end >= first.start && edit.range.start < last.end;
    Ok(whole(parsed)?.into_iter().filter(reaches).collect())
}

/// A text as its words and comments, item by item.
struct Text {
    text: String,
    /// All tokens but blanks.
    words: Vec<Range<usize>>,
    /// The index of each item's first word.
    items: Vec<usize>,
}

impl Text {
    fn of(parsed: &Parse) -> Text {
        let root = parsed.syntax();
        let tokens = root.descendants_with_tokens().filter_map(NodeOrToken::into_token);
        let words: Vec<Range<usize>> = tokens
            .filter(|token| token.kind() != SyntaxKind::Whitespace)
            .map(|token| token.text_range().start().into()..token.text_range().end().into())
            .collect();
        let starts = root.children().map(|item| usize::from(item.text_range().start()));
        let items = starts.map(|start| words.partition_point(|word| word.start < start)).collect();
        Text { text: root.text().to_string(), words, items }
    }

    fn word(&self, index: usize) -> &str {
        &self.text[self.words[index].clone()]
    }

    /// Where the word before this one ends.
    fn end_before(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.words[before].end)
    }
}

/// Items keep their order, and mostly their words: then only blanks between words change.
fn edits(before: &Text, after: &Text) -> Vec<TextEdit> {
    let mut writer = Writer { before, after, edits: Vec::new() };
    let mut from = (0, 0);
    if before.items.len() == after.items.len() {
        for (old, new) in before.items.iter().zip(&after.items).skip(1) {
            writer.words(from.0..*old, from.1..*new);
            from = (*old, *new);
        }
    }
    let ends = (before.words.len(), after.words.len());
    writer.words(from.0..ends.0, from.1..ends.1);
    let (old, new) = (before.end_before(ends.0), after.end_before(ends.1));
    writer.replace(old..before.text.len(), new..after.text.len());
    writer.edits
}

struct Writer<'t> {
    before: &'t Text,
    after: &'t Text,
    edits: Vec<TextEdit>,
}

impl Writer<'_> {
    /// The words of one item, each with the blanks before it.
    fn words(&mut self, old: Range<usize>, new: Range<usize>) {
        let is_same = |pair: &(usize, usize)| self.before.word(pair.0) == self.after.word(pair.1);
        let front = old.clone().zip(new.clone()).take_while(is_same).count();
        let back = (old.start + front..old.end).rev().zip((new.start + front..new.end).rev());
        let back = back.take_while(is_same).count();
        for index in 0..front {
            self.blanks(old.start + index, new.start + index);
        }
        let changed = (old.start + front..old.end - back, new.start + front..new.end - back);
        if !changed.0.is_empty() || !changed.1.is_empty() {
            let place = self.before.end_before(changed.0.start)..self.before.end_before(changed.0.end);
            let text = self.after.end_before(changed.1.start)..self.after.end_before(changed.1.end);
            self.replace(place, text);
        }
        for index in 0..back {
            self.blanks(changed.0.end + index, changed.1.end + index);
        }
    }

    /// The blanks before a word.
    fn blanks(&mut self, old: usize, new: usize) {
        let place = self.before.end_before(old)..self.before.words[old].start;
        let text = self.after.end_before(new)..self.after.words[new].start;
        self.replace(place, text);
    }

    fn replace(&mut self, place: Range<usize>, text: Range<usize>) {
        let text = &self.after.text[text];
        if &self.before.text[place.clone()] == text {
            return;
        }
        match self.edits.last_mut() {
            // Of two at one place not every editor knows which comes first.
            Some(last) if last.range.end == place.start => {
                last.range.end = place.end;
                last.text.push_str(text);
            }
            Some(_) | None => self.edits.push(TextEdit { range: place, text: text.to_owned() }),
        }
    }
}
