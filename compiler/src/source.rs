//! The closed set of a policy's files, and positions in them. Reads nothing itself: texts come from a reader that is
//! handed in, and the compiler asks for no others ever after.

use serde::{Deserialize, Serialize};

mod gather;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use wayleave_grammar::ast::{Node, Text, UseItem};
use wayleave_grammar::{NodeOrToken, Parse, TextRange, parse};
use wayleave_inspect::Finding;

/// The position of a file in its [`Sources`]; 0 is the root file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// Bytes `start..end` of one file; both ends are on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Which file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte, at least `start`.
    pub end: u32,
}

impl Span {
    /// The span of a range of a file's tree.
    pub fn new(file: FileId, range: TextRange) -> Span {
        Span { file, start: range.start().into(), end: range.end().into() }
    }

    /// The empty span right behind this one.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// The empty span right before this one.
    #[must_use]
    pub fn before(self) -> Span {
        Span { end: self.start, ..self }
    }
}

/// A text that was read, wherever it stands: whoever checks a policy again and again reads each text once.
#[derive(Debug)]
pub struct SourceText {
    /// The whole text.
    pub text: String,
    /// Its tree.
    pub parse: Parse,
    /// Where each line begins, ascending; the first is 0.
    line_starts: Vec<u32>,
    /// Looked for when they are first asked for.
    credentials: OnceLock<Vec<Finding>>,
    uses: OnceLock<Vec<Text>>,
}

/// All else follows from the text.
impl PartialEq for SourceText {
    fn eq(&self, other: &SourceText) -> bool {
        self.text == other.text
    }
}

impl Eq for SourceText {}

/// One file of a policy: a text, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// As shown to people: the root file's path as it was given, other files' beside it.
    pub path: String,
    /// Relative to the folder of the root file, with `/`: as a `use` writes it.
    pub name: String,
    /// What was read, shared with whoever else has read it.
    pub read: Arc<SourceText>,
}

impl Deref for SourceFile {
    type Target = SourceText;

    fn deref(&self) -> &SourceText {
        &self.read
    }
}

/// A line and column, both from 1; columns count code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
}

impl SourceText {
    /// Reads a text.
    pub fn new(text: String) -> SourceText {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = ends.filter_map(|(index, _)| u32::try_from(index + 1).ok());
        let line_starts = std::iter::once(0).chain(starts).collect();
        let parse = parse(&text);
        SourceText { text, parse, line_starts, credentials: OnceLock::new(), uses: OnceLock::new() }
    }

    /// The credentials that stand in it, by place.
    pub fn credentials(&self) -> &[Finding] {
        self.credentials.get_or_init(|| wayleave_inspect::secrets(&self.text))
    }

    /// The path that each of its `use` items writes: asked of all files with every key.
    fn uses(&self) -> &[Text] {
        self.uses.get_or_init(|| {
            let items = self.parse.syntax().children_by_kind(UseItem::can_cast).filter_map(UseItem::cast);
            items.filter_map(|item| item.path()).collect()
        })
    }

    /// Where a byte stands; one past the end is at the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.line_starts[line] as usize;
        let before = self.text.get(start..offset as usize).unwrap_or_default();
        // A byte order mark stands before the text, not in it.
        let before = if start == 0 { before.trim_start_matches('\u{feff}') } else { before };
        let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        LineColumn { line: number(line), column: number(before.chars().count()) }
    }
}

/// What is wrong with a `use`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseProblem {
    /// The path that it writes.
    pub span: Span,
    /// Whether it closes a circle of files, or names none that can be read.
    pub is_circle: bool,
    /// What is wrong, as a diagnostic says it.
    pub message: String,
}

/// All files of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
    problems: Vec<UseProblem>,
    /// Where a `use` writes a path, and which file that is.
    uses: BTreeMap<Span, FileId>,
}

impl Sources {
    /// A policy of one file; what it `use`s is reported as missing.
    pub fn single(path: &str, text: &str) -> Sources {
        let mut texts = |name: &str| {
            if name == gather::file_name(path) {
                Ok(text.to_owned())
            } else {
                Err("there is no such file".to_owned())
            }
        };
        Sources::gather(path, &mut texts).unwrap_or_else(|_| Sources {
            files: Vec::new(),
            problems: Vec::new(),
            uses: BTreeMap::new(),
        })
    }

    /// The root file and all that it uses. `read` is asked for names relative to the root's folder, with `/`.
    ///
    /// # Errors
    /// What `read` says of the root file. Of any other file it becomes a diagnostic at its `use`.
    pub fn gather(
        root_path: &str,
        read: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Sources, String> {
        gather::gather(root_path, &mut |name| read(name).map(|text| Arc::new(SourceText::new(text))))
    }

    /// The same, of texts that were read already.
    ///
    /// # Errors
    /// As for [`Sources::gather`].
    pub fn gather_read(
        root_path: &str,
        read: &mut dyn FnMut(&str) -> Result<Arc<SourceText>, String>,
    ) -> Result<Sources, String> {
        gather::gather(root_path, read)
    }

    /// The root file first, then by name.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Every file's number, the root first.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    /// The file with that number.
    ///
    /// # Panics
    /// When `id` is of other sources.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// What is wrong with the `use` items.
    pub fn problems(&self) -> &[UseProblem] {
        &self.problems
    }

    /// The file that a `use` names, by the span of the path that it writes.
    pub fn used_at(&self, path: Span) -> Option<FileId> {
        self.uses.get(&path).copied()
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The text of a span on one line: its words with a blank between them, comments left out, strings as they are.
    pub fn one_line(&self, span: Span) -> String {
        let file = self.file(span.file);
        let mut line = String::new();
        let mut end = None;
        for element in file.parse.syntax().descendants_with_tokens() {
            let NodeOrToken::Token(token) = element else { continue };
            let range = token.text_range();
            let is_inside = u32::from(range.start()) >= span.start && u32::from(range.end()) <= span.end;
            if !is_inside || token.kind().is_trivia() {
                continue;
            }
            if end.is_some_and(|end| end < range.start()) {
                line.push(' ');
            }
            line.push_str(token.text());
            end = Some(range.end());
        }
        line
    }

    /// Where a span begins.
    pub fn start(&self, span: Span) -> LineColumn {
        self.file(span.file).line_column(span.start)
    }

    /// Where a span ends.
    pub fn end(&self, span: Span) -> LineColumn {
        self.file(span.file).line_column(span.end)
    }
}
