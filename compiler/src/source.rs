//! The closed set of a policy's files, and positions in them. Reads nothing: texts arrive as values.

/// The position of a file in its [`Sources`]; 0 is the root file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Bytes `start..end` of one file; both ends are on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte, at least `start`.
    pub end: u32,
}

/// One file of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// As shown to people: the root file's path as it was given, other files' beside it.
    pub path: String,
    /// Relative to the folder of the root file, with `/`: as a `use` in the root file writes it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A line and column, both from 1; columns count code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// From 1.
    pub line: u32,
    /// From 1, in code points.
    pub column: u32,
}
