//! What of a file is drawn: the labelled lines, cut to a width and made printable, each at its own line number, and
//! where a place of the file stands in that text. Positions in a view count characters; any byte offset is accepted.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// A place further down than this many lines is not drawn: a view has a line for each line above it.
const LINES: usize = 200_000;

/// What stands for text that is cut off.
const ELLIPSIS: char = '…';

/// The part of a cut line that stands before its first label: one so many-th.
const CONTEXT_SHARE: usize = 3;

/// How a view is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Characters of a line, at most, but for its ellipses.
    pub(super) width: usize,
    /// A span over more lines than this ends with its first one.
    pub(super) label_lines: usize,
}

/// One line that is shown.
struct Shown {
    /// The bytes of the file that are shown of it.
    window: Range<usize>,
    /// Whether an ellipsis stands before them.
    is_cut_before: bool,
    /// Where the line begins in the view, in characters.
    start: usize,
    /// How many characters it has in the view, its ellipses counted.
    length: usize,
}

/// The shown part of a file.
pub(super) struct View<'a> {
    file: &'a str,
    text: String,
    /// By line, from 0.
    shown: BTreeMap<usize, Shown>,
    /// Where each line of the file begins, as far as the last labelled one; never empty.
    starts: Vec<usize>,
    cut: Cut,
}

impl<'a> View<'a> {
    /// The view that shows those spans; none when one of them stands too far down to be drawn.
    pub(super) fn of(file: &'a str, spans: &[Range<usize>], cut: Cut) -> Option<View<'a>> {
        let furthest = spans.iter().map(|span| clamp(file, span.end.max(span.start))).max().unwrap_or(0);
        let newlines = file[..furthest].bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts: Vec<usize> =
            std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).take(LINES + 1).collect();
        if starts.len() > LINES {
            return None;
        }
        let mut view = View { file, text: String::new(), shown: BTreeMap::new(), starts, cut };
        let mut focus: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for span in spans {
            let (lines, bytes) = view.normal(span);
            for (line, at) in [(lines.start, bytes.start), (lines.end, bytes.end)] {
                let range = focus.entry(line).or_insert(at..at);
                *range = range.start.min(at)..range.end.max(at);
            }
        }
        view.write(&focus);
        Some(view)
    }

    /// The text to draw from.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a span of the file stands in the view; never empty, so that it can be underlined.
    pub(super) fn range(&self, span: &Range<usize>) -> Range<usize> {
        let (lines, bytes) = self.normal(span);
        let start = self.place(lines.start, bytes.start);
        let end = self.place(lines.end, bytes.end);
        start..end.max(start + 1)
    }

    /// The line, from 0, that a place of the view stands on.
    pub(super) fn line_of(&self, place: usize) -> usize {
        self.shown.iter().rev().find(|(_, shown)| shown.start <= place).map_or(0, |(line, _)| *line)
    }

    /// The line and column of a place of the view, both from 1.
    pub(super) fn line_column(&self, place: usize) -> (usize, usize) {
        let line = self.line_of(place);
        let start = self.shown.get(&line).map_or(0, |shown| shown.start);
        (line + 1, place.saturating_sub(start) + 1)
    }

    /// First and last line of a span, and its bytes: on character boundaries, in order, not over too many lines.
    fn normal(&self, span: &Range<usize>) -> (Range<usize>, Range<usize>) {
        let start = clamp(self.file, span.start);
        let end = clamp(self.file, span.end).max(start);
        let first = self.file_line(start);
        let last = if end > start { self.file_line(end - 1) } else { first };
        if last - first < self.cut.label_lines {
            return (first..last, start..end);
        }
        (first..first, start..self.content(first).end.max(start))
    }

    fn file_line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of a line without its line break.
    fn content(&self, line: usize) -> Range<usize> {
        let start = self.starts[line];
        let rest = &self.file[start..];
        let text = rest.split('\n').next().unwrap_or_default();
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    fn write(&mut self, focus: &BTreeMap<usize, Range<usize>>) {
        let mut at = 0;
        let last = focus.keys().next_back().copied().unwrap_or(0);
        for line in 0..=last {
            if let Some(focus) = focus.get(&line) {
                let content = self.content(line);
                let window = window(self.file, &content, focus.start, self.cut.width);
                let is_cut_before = window.start > content.start;
                let mut text = String::new();
                text.extend(is_cut_before.then_some(ELLIPSIS));
                text.push_str(&printable(&self.file[window.clone()]));
                text.extend((window.end < content.end).then_some(ELLIPSIS));
                let length = text.chars().count();
                self.text.push_str(&text);
                // The place after the last character can be pointed at, too.
                self.text.push(' ');
                self.shown.insert(line, Shown { window, is_cut_before, start: at, length });
                at += length + 1;
            }
            self.text.push('\n');
            at += 1;
        }
    }

    /// Where a byte of a shown line stands in the view; what is cut off stands at its ellipsis.
    fn place(&self, line: usize, at: usize) -> usize {
        let Some(shown) = self.shown.get(&line) else { return 0 };
        if at < shown.window.start {
            return shown.start;
        }
        if at > shown.window.end {
            return shown.start + shown.length;
        }
        let before = printable(&self.file[shown.window.start..at]).chars().count();
        shown.start + usize::from(shown.is_cut_before) + before
    }
}

/// The nearest character boundary at or before `at`.
fn clamp(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

/// The bytes of `content` that are shown: all of a short line, else those around `focus`.
fn window(file: &str, content: &Range<usize>, focus: usize, width: usize) -> Range<usize> {
    let text = &file[content.clone()];
    if text.chars().nth(width).is_none() {
        return content.clone();
    }
    let focus = focus.clamp(content.start, content.end);
    let before = file[content.start..focus].char_indices().rev().take(width / CONTEXT_SHARE).last();
    let start = before.map_or(focus, |(at, _)| content.start + at);
    // A label near the end of the line leaves no room after it: show more before it.
    let start = match file[start..content.end].char_indices().nth(width) {
        Some(_) => start,
        None => {
            let last = text.char_indices().rev().take(width).last();
            last.map_or(content.start, |(at, _)| content.start + at)
        }
    };
    let end = file[start..content.end].char_indices().nth(width).map_or(content.end, |(at, _)| start + at);
    start..end
}

/// Text that cannot speak to a terminal: a tab is four spaces, a line break is a space, and what has no shape of its
/// own (controls, bidirectional marks, blanks without width) is spelled as an escape.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push_str("    "),
            '\n' => out.push(' '),
            hidden if is_hidden(hidden) => {
                write!(out, "\\u{{{:x}}}", u32::from(hidden))
                    .expect("a string takes all that is written to it");
            }
            other => out.push(other),
        }
    }
    out
}

/// Joiners are not among these: scripts and emoji need them.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                // No characters, and no XML may hold them.
                | '\u{fffe}'..='\u{ffff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
