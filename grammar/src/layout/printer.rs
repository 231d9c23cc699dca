//! Documents to text. Every comment is written where it stood among the tokens: behind the token before it, or on a line of
//! its own; what follows a comment begins a new line.

use super::doc::{Doc, Gap, Kind};
use super::tokens::{Place, Token};

/// Lines are at most so long, where the text allows it; in characters.
pub(super) const WIDTH: u32 = 100;
const STEP: u32 = 2;

/// What stands before the next token or comment.
#[derive(Debug, Clone, Copy)]
enum Pending {
    Blanks(u32),
    Line { indent: u32, gap: Gap },
}

#[derive(Debug, Clone, Copy)]
struct At {
    indent: u32,
    is_flat: bool,
}

pub(super) struct Printer<'t> {
    tokens: &'t [Token],
    line_end: &'static str,
    out: String,
    /// In characters.
    column: u32,
    pending: Pending,
    /// The comments of tokens before this one are written.
    commented: usize,
}

impl<'t> Printer<'t> {
    pub(super) fn new(tokens: &'t [Token], line_end: &'static str) -> Printer<'t> {
        Printer { tokens, line_end, out: String::new(), column: 0, pending: Pending::Blanks(0), commented: 0 }
    }

    /// The text so far, with a line end behind it.
    pub(super) fn finish(mut self) -> String {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push_str(self.line_end);
        }
        self.out
    }

    /// The text so far.
    pub(super) fn into_verbatim(self) -> String {
        self.out
    }

    /// Takes over a piece of the source as it stands, up to a token; comments before that token are in it.
    pub(super) fn raw(&mut self, text: &str, next: usize) {
        self.flush(false);
        self.out.push_str(text);
        let line = self.out.rsplit('\n').next().unwrap_or("");
        self.column = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        self.commented = self.commented.max(next);
    }

    /// The comments before an item, or before the end of the file. What stands right below the item before it, and
    /// further in than that, stays with that item: a clause that is tried without, say.
    pub(super) fn comments_before(&mut self, index: usize) {
        self.comments_with_tail(index, 0, index > 0);
    }

    /// A new line, unless nothing has been written.
    pub(super) fn new_line(&mut self) {
        let gap = if self.out.is_empty() { Gap::First } else { Gap::Entry };
        self.pending = Pending::Line { indent: 0, gap };
    }

    pub(super) fn print(&mut self, doc: &Doc) {
        self.doc(doc, At { indent: 0, is_flat: false });
    }

    /// Recursion is bounded by the depth of the tree.
    fn doc(&mut self, doc: &Doc, at: At) {
        match &doc.kind {
            Kind::Token(index) => self.token(*index, at.indent),
            Kind::LastComma(_) if at.is_flat => {}
            Kind::LastComma(index) => {
                if let Some(index) = index {
                    self.comments(*index, at.indent);
                }
                self.flush(false);
                self.write(",");
            }
            Kind::Gap(gap) => self.gap(*gap, at),
            Kind::Comments(index) => {
                if self.has_comments(*index) {
                    self.pending = Pending::Line { indent: at.indent, gap: Gap::Entry };
                    self.comments(*index, at.indent);
                }
            }
            Kind::All(parts) => parts.iter().for_each(|part| self.doc(part, at)),
            Kind::Indent(inner) => self.doc(inner, At { indent: at.indent + STEP, ..at }),
            Kind::Group(inner, after) => {
                if let Some(first) = doc.first {
                    self.comments(first, at.indent);
                }
                let column = match self.pending {
                    Pending::Blanks(count) => self.column + count,
                    Pending::Line { indent, .. } => indent,
                };
                let fits =
                    doc.flat.is_some_and(|flat| column.saturating_add(flat).saturating_add(*after) <= WIDTH);
                self.doc(inner, At { is_flat: at.is_flat || fits, ..at });
            }
        }
    }

    fn gap(&mut self, gap: Gap, at: At) {
        self.pending = match gap {
            Gap::Blanks(count) => Pending::Blanks(count),
            Gap::Line(count) | Gap::Part(count) if at.is_flat => Pending::Blanks(count),
            _ => Pending::Line { indent: at.indent, gap },
        };
    }

    fn token(&mut self, index: usize, indent: u32) {
        self.comments(index, indent);
        let token = &self.tokens[index];
        self.flush(token.follows_blank_line);
        self.write(&token.text);
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    }

    fn has_comments(&self, index: usize) -> bool {
        index >= self.commented && !self.tokens[index].comments.is_empty()
    }

    fn comments(&mut self, index: usize, indent: u32) {
        self.comments_with_tail(index, indent, false);
    }

    /// `is_tail`: whether the first ones may belong to the item before.
    fn comments_with_tail(&mut self, index: usize, indent: u32, mut is_tail: bool) {
        if !self.has_comments(index) {
            return;
        }
        self.commented = index + 1;
        for comment in &self.tokens[index].comments {
            // In the middle of a line, what follows a comment stands further in than the line.
            let next = match self.pending {
                Pending::Line { .. } => self.pending,
                Pending::Blanks(_) if self.out.is_empty() => Pending::Line { indent, gap: Gap::First },
                Pending::Blanks(_) => Pending::Line { indent: indent + STEP, gap: Gap::Line(0) },
            };
            let is_behind = comment.place == Place::Behind;
            is_tail &= is_behind || comment.is_inset && !comment.follows_blank_line;
            if is_behind && !self.out.is_empty() {
                self.out.push_str("  ");
            } else {
                self.pending = if is_tail { Pending::Line { indent: STEP, gap: Gap::Line(0) } } else { next };
                self.flush(comment.follows_blank_line);
            }
            self.out.push_str(&comment.text);
            self.pending = match next {
                // Behind the first thing in a body, blank lines count.
                Pending::Line { indent, gap: Gap::First } if comment.place == Place::Own => {
                    Pending::Line { indent, gap: Gap::Entry }
                }
                next => next,
            };
        }
    }

    /// Writes the line end or blanks that are due.
    fn flush(&mut self, follows_blank_line: bool) {
        match std::mem::replace(&mut self.pending, Pending::Blanks(0)) {
            Pending::Blanks(count) => {
                self.out.extend(std::iter::repeat_n(' ', count as usize));
                self.column += count;
            }
            Pending::Line { indent, gap } => {
                if !self.out.is_empty() {
                    self.out.push_str(self.line_end);
                    if matches!(gap, Gap::Entry | Gap::Part(_)) && follows_blank_line {
                        self.out.push_str(self.line_end);
                    }
                }
                self.out.extend(std::iter::repeat_n(' ', indent as usize));
                self.column = indent;
            }
        }
    }
}
