//! Texts and diagnostics to those of the language server protocol, and back.
//!
//! Protocol positions count lines from 0 and characters in the encoding that was agreed on. Every position that a
//! client can send has an offset here: what lies beyond a line is its end, what lies beyond the text is the end of it.

use crate::features::completion::Snippets;
use crate::features::diagnostics::CheckedPolicy;
use crate::snapshot::Snapshot;
use gen_lsp_types as lsp;
use serde_json::json;
use std::ops::Range;
use wayleave_compiler::diagnostic::{Code, Diagnostic, Severity};
use wayleave_compiler::source::FileId;

/// In what the characters of a position are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16, which every client understands.
    Utf16,
    /// Code points.
    Utf32,
}

impl Encoding {
    /// Bytes where the client offers them, as that is what we count in; else code points.
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Encoding {
        let offered = initialize.pointer("/capabilities/general/positionEncodings");
        let names = offered.and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_offered = |encoding: &Encoding| names.iter().any(|name| *name == json!(encoding.kind()));
        [Encoding::Utf8, Encoding::Utf32].into_iter().find(is_offered).unwrap_or(Encoding::Utf16)
    }

    /// As the protocol names it.
    pub(crate) fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
            Encoding::Utf32 => lsp::PositionEncodingKind::UTF32,
        }
    }

    fn length(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
            Encoding::Utf32 => text.chars().count(),
        }
    }
}

/// A text with the places where its lines begin, as the protocol counts them: a line ends with `\n`, `\r\n` or `\r`.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str, encoding: Encoding) -> Lines<'a> {
        let bytes = text.as_bytes();
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(at, byte)| **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Lines { text, starts, encoding }
    }

    pub(crate) fn position(&self, offset: usize) -> lsp::Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        lsp::Position { line: number(line), character: number(self.encoding.length(before)) }
    }

    pub(crate) fn offset(&self, position: lsp::Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return self.text.len() };
        let end = self.starts.get(position.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text[start..end].trim_end_matches(['\r', '\n']);
        let mut left = position.character as usize;
        for (at, character) in line.char_indices() {
            let length = self.encoding.length(character.encode_utf8(&mut [0; 4]));
            // Inside a character is before it.
            if left < length {
                return start + at;
            }
            left -= length;
        }
        start + line.len()
    }

    /// In bytes. A range that ends before it begins is empty.
    pub(crate) fn offsets(&self, range: lsp::Range) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    pub(crate) fn range(&self, start: usize, end: usize) -> lsp::Range {
        lsp::Range { start: self.position(start), end: self.position(end) }
    }
}

/// The positions of offsets that ascend, each counted from the one before.
pub(crate) struct Ascending<'l, 'a> {
    lines: &'l Lines<'a>,
    line: usize,
    offset: usize,
    character: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn ascending(&self) -> Ascending<'_, 'a> {
        Ascending { lines: self, line: 0, offset: 0, character: 0 }
    }
}

impl Ascending<'_, '_> {
    /// Of an offset between characters, no smaller than the one before.
    pub(crate) fn position(&mut self, offset: usize) -> lsp::Position {
        let Lines { text, starts, encoding } = self.lines;
        while let Some(start) = starts.get(self.line + 1).copied().filter(|start| *start <= offset) {
            (self.line, self.offset, self.character) = (self.line + 1, start, 0);
        }
        self.character += encoding.length(text.get(self.offset..offset).unwrap_or_default());
        self.offset = offset;
        lsp::Position { line: number(self.line), character: number(self.character) }
    }
}

/// Saturates: no client counts further.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The text after one change that a client reports.
pub(crate) fn apply(text: &str, change: lsp::TextDocumentContentChangeEvent, encoding: Encoding) -> String {
    match change {
        lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => whole.text,
        lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(partial) => {
            let lines = Lines::new(text, encoding);
            let range = lines.offsets(partial.range);
            format!("{}{}{}", &text[..range.start], partial.text, &text[range.end..])
        }
    }
}

/// Whether the client shows places beside a diagnostic's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Related {
    /// Places of their own.
    Shown,
    /// Only the message.
    Omitted,
}

impl Related {
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Related {
        let stated = initialize.pointer("/capabilities/textDocument/publishDiagnostics/relatedInformation");
        match stated.and_then(serde_json::Value::as_bool) {
            Some(true) => Related::Shown,
            Some(false) | None => Related::Omitted,
        }
    }
}

/// Whether the client shows that a part of a text has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tags {
    /// Faded.
    Shown,
    /// As any other.
    Omitted,
}

impl Tags {
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Tags {
        let stated = |of: &str| initialize.pointer(&format!("/capabilities/textDocument/{of}/tagSupport"));
        match stated("publishDiagnostics").or(stated("diagnostic")) {
            Some(_) => Tags::Shown,
            None => Tags::Omitted,
        }
    }
}

/// What has no effect: a candidate that is never eligible, a rule that never applies, an unused declaration.
const UNNECESSARY: [Code; 3] = [Code::R0305, Code::R0306, Code::R0309];

/// What the client can show beside a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Markdown,
    /// The same text, drawn as it stands.
    Plain,
}

impl Markup {
    /// A client that says nothing takes plain text.
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Markup {
        let path = "/capabilities/textDocument/completion/completionItem/documentationFormat";
        let stated = initialize.pointer(path).and_then(serde_json::Value::as_array);
        match stated.is_some_and(|formats| formats.iter().any(|format| format == "markdown")) {
            true => Markup::Markdown,
            false => Markup::Plain,
        }
    }

    /// A text as the protocol gives it to the client.
    pub(crate) fn told(self, text: &str) -> serde_json::Value {
        match self {
            Markup::Markdown => serde_json::json!({"kind": "markdown", "value": text}),
            Markup::Plain => serde_json::json!(text),
        }
    }
}

/// Whether the client fills in places of a completion.
pub(crate) fn snippets(initialize: &serde_json::Value) -> Snippets {
    let stated = initialize.pointer("/capabilities/textDocument/completion/completionItem/snippetSupport");
    match stated.and_then(serde_json::Value::as_bool) {
        Some(true) => Snippets::Understood,
        Some(false) | None => Snippets::Unknown,
    }
}

/// What the protocol says of one file of a checked policy.
pub(crate) fn diagnostics_of(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    file: FileId,
) -> Vec<lsp::Diagnostic> {
    let is_there = |diagnostic: &&Diagnostic| diagnostic.primary.span.file == file;
    let mut of_file = policy.diagnostics.iter().filter(is_there).peekable();
    if of_file.peek().is_none() {
        return Vec::new();
    }
    let lines = snapshot.lines(policy.text(file));
    of_file.map(|told| diagnostic_of(snapshot, policy, &lines, told)).collect()
}

/// One of them, in a file with those lines.
pub(crate) fn diagnostic_of(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    lines: &Lines<'_>,
    told: &Diagnostic,
) -> lsp::Diagnostic {
    let span = told.primary.span;
    let others = match snapshot.client.related {
        Related::Shown => Some(related_information(snapshot, policy, told)),
        Related::Omitted => None,
    };
    lsp::Diagnostic {
        range: lines.range(span.start as usize, span.end as usize),
        severity: Some(severity(told.severity)),
        code: Some(lsp::Code::String(told.code.name().to_owned())),
        code_description: snapshot.book.and_then(|book| code_description(book, told.code)),
        source: Some("wayleave".to_owned()),
        message: lsp::Message::String(message(told)),
        tags: match snapshot.client.tags {
            Tags::Shown if UNNECESSARY.contains(&told.code) => Some(vec![lsp::DiagnosticTag::Unnecessary]),
            Tags::Shown | Tags::Omitted => None,
        },
        related_information: others.filter(|others| !others.is_empty()),
        data: None,
    }
}

/// The page of the book on a code.
fn code_description(book: &str, code: Code) -> Option<lsp::CodeDescription> {
    serde_json::from_value(json!({"href": format!("{book}codes/{}.html", code.name())})).ok()
}

/// What is wrong and the next step: an editor shows nothing else.
fn message(diagnostic: &Diagnostic) -> String {
    let step = diagnostic.help.as_ref().or(diagnostic.fixes.first().map(|fix| &fix.title));
    match step {
        Some(step) => format!("{}\nhelp: {step}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

fn severity(severity: Severity) -> lsp::DiagnosticSeverity {
    match severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::Warning => lsp::DiagnosticSeverity::Warning,
        Severity::Note => lsp::DiagnosticSeverity::Information,
    }
}

fn related_information(
    snapshot: &Snapshot<'_>,
    policy: &CheckedPolicy,
    told: &Diagnostic,
) -> Vec<lsp::DiagnosticRelatedInformation> {
    let labels = told.secondary.iter().filter(|label| !label.text.is_empty());
    labels
        .filter_map(|label| {
            let location = snapshot.location(policy, label.span)?;
            Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests;
