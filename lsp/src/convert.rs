//! Our types to those of the language server protocol, and back; the only file that names both.
//!
//! Protocol positions count lines from 0 and characters in the encoding that was agreed on. Every position that a
//! client can send has an offset here: what lies beyond a line is its end, what lies beyond the text is the end of it.

use crate::features::diagnostics::CheckedPolicy;
use gen_lsp_types as lsp;
use std::path::Path;
use wayleave_compiler::diagnostic::{Diagnostic, Severity};
use wayleave_compiler::source::{FileId, Span};

/// In what the characters of a position are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16, which every client understands.
    Utf16,
}

impl Encoding {
    /// Bytes where the client offers them, as that is what we count in.
    pub(crate) fn negotiate(initialize: &serde_json::Value) -> Encoding {
        let offered = initialize.pointer("/capabilities/general/positionEncodings");
        let names = offered.and_then(serde_json::Value::as_array).into_iter().flatten();
        if names.into_iter().any(|name| name == "utf-8") { Encoding::Utf8 } else { Encoding::Utf16 }
    }

    /// As the protocol names it.
    pub(crate) fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        }
    }

    fn length(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
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

    pub(crate) fn range(&self, start: usize, end: usize) -> lsp::Range {
        lsp::Range { start: self.position(start), end: self.position(end) }
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
            let start = lines.offset(partial.range.start);
            let end = lines.offset(partial.range.end).max(start);
            format!("{}{}{}", &text[..start], partial.text, &text[end..])
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

/// What the protocol says of one file of a checked policy.
pub(crate) fn diagnostics_of(
    policy: &CheckedPolicy,
    file: FileId,
    encoding: Encoding,
    related: Related,
    uri: &dyn Fn(&Path) -> Option<lsp::Uri>,
) -> Vec<lsp::Diagnostic> {
    let lines = Lines::new(policy.text(file), encoding);
    let of_file = policy.diagnostics.iter().filter(|diagnostic| diagnostic.primary.span.file == file);
    of_file
        .map(|diagnostic| {
            let span = diagnostic.primary.span;
            let others = match related {
                Related::Shown => Some(related_information(policy, diagnostic, encoding, uri)),
                Related::Omitted => None,
            };
            lsp::Diagnostic {
                range: lines.range(span.start as usize, span.end as usize),
                severity: Some(severity(diagnostic.severity)),
                code: Some(lsp::Code::String(diagnostic.code.name().to_owned())),
                code_description: None,
                source: Some("wayleave".to_owned()),
                message: lsp::Message::String(message(diagnostic)),
                tags: None,
                related_information: others.filter(|others| !others.is_empty()),
                data: None,
            }
        })
        .collect()
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
    policy: &CheckedPolicy,
    diagnostic: &Diagnostic,
    encoding: Encoding,
    uri: &dyn Fn(&Path) -> Option<lsp::Uri>,
) -> Vec<lsp::DiagnosticRelatedInformation> {
    let location = |span: Span| {
        let lines = Lines::new(policy.text(span.file), encoding);
        let uri = uri(policy.path(span.file))?;
        Some(lsp::Location { uri, range: lines.range(span.start as usize, span.end as usize) })
    };
    let labels = diagnostic.secondary.iter().filter(|label| !label.text.is_empty());
    labels
        .filter_map(|label| {
            let location = location(label.span)?;
            Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests;
