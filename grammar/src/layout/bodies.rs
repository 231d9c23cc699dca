//! What stands in braces: entries on one line, or a line for each; names and outcomes of neighbouring lines in columns.

use super::build::{Builder, Element, elements};
use super::clauses;
use super::doc::{Doc, Gap};
use super::printer::WIDTH;
use crate::{SyntaxKind, SyntaxNode};

/// A column is not wider than this: a longer name or condition stands out of it.
const COLUMN: u32 = 60;
/// How far in the entries of a body stand that is not inside another.
const STEP: u32 = 2;

/// Braces that share a line with what is before them, if all fits: blocks, shares, steps, trees.
pub(super) fn inline(builder: &mut Builder, node: &SyntaxNode) -> Doc {
    let (before, entries) = split(node);
    let mut parts = vec![builder.side_by_side(&before, node.kind())];
    let Some(entries) = entries else { return Doc::all(parts) };
    if !before.is_empty() {
        parts.push(Doc::gap(Gap::Blanks(1)));
    }
    parts.push(builder.token());
    if entries.is_empty() {
        parts.extend([builder.comments().indent(), Doc::gap(Gap::Line(0)), builder.token()]);
        return Doc::all(parts).group();
    }
    let mut inner = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        inner.push(Doc::gap(if index == 0 { Gap::Line(1) } else { Gap::Part(2) }));
        inner.push(builder.element(entry));
    }
    inner.push(builder.comments());
    parts.extend([Doc::all(inner).indent(), Doc::gap(Gap::Line(1)), builder.token()]);
    Doc::all(parts).group()
}

/// Braces whose entries have a line each.
pub(super) fn lines(builder: &mut Builder, node: &SyntaxNode) -> Doc {
    let (before, entries) = split(node);
    let mut parts = vec![builder.side_by_side(&before, node.kind())];
    let Some(entries) = entries else { return Doc::all(parts).group() };
    if !before.is_empty() {
        parts.push(Doc::gap(Gap::Blanks(1)));
    }
    parts.push(builder.token());
    if entries.is_empty() {
        parts.extend([builder.comments().indent(), Doc::gap(Gap::Line(0)), builder.token()]);
        return Doc::all(parts).group();
    }
    let mut inner = Vec::new();
    let mut run: Vec<Row> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let is_neighbour =
            index > 0 && entries[index - 1].kind() == entry.kind() && !builder.is_set_off(builder.position());
        if !is_neighbour {
            in_column(node.kind(), &mut run, &mut inner);
        }
        run.push(row(builder, entry));
    }
    in_column(node.kind(), &mut run, &mut inner);
    inner.push(builder.comments());
    parts.extend([Doc::all(inner).indent(), Doc::gap(Gap::Close), builder.token()]);
    Doc::all(parts)
}

/// An entry in two columns.
struct Row {
    kind: SyntaxKind,
    left: Doc,
    right: Vec<Doc>,
}

fn row(builder: &mut Builder, entry: &Element) -> Row {
    let kind = entry.kind();
    match entry.as_node() {
        Some(node) if kind == SyntaxKind::Field => {
            let parts = elements(node);
            let left = builder.side_by_side(&parts[..2.min(parts.len())], kind);
            let right = parts.iter().skip(2).map(|part| builder.element(part)).collect();
            Row { kind, left, right }
        }
        Some(node) if matches!(kind, SyntaxKind::Arm | SyntaxKind::ClassifyArm) => {
            let parts = elements(node);
            let left = parts.first().map_or_else(Doc::nothing, |part| builder.element(part));
            let right = parts.iter().skip(1).flat_map(|part| outcome(builder, part)).collect();
            Row { kind, left, right }
        }
        _ => Row { kind, left: builder.element(entry), right: Vec::new() },
    }
}

/// What an arm answers, in the lines that it has where it does not fit on one.
fn outcome(builder: &mut Builder, part: &Element) -> Vec<Doc> {
    match part.as_node() {
        Some(node) if node.kind() == SyntaxKind::ToClause => {
            clauses::in_lines(SyntaxKind::Route, clauses::to_clause(builder, node))
        }
        _ => vec![builder.element(part)],
    }
}

impl Row {
    /// What stands at least between the two sides.
    fn gap(&self) -> u32 {
        if self.kind == SyntaxKind::Arm { 2 } else { 1 }
    }

    /// On one line, the right side at a column; none if it does not fit on one.
    fn flat(&self, column: u32) -> Option<u32> {
        let right = self.right.iter().try_fold(0, |sum, doc| Some(sum + 2 + doc.flat?))?;
        Some(self.left.flat?.max(column) + self.gap() + right.saturating_sub(2))
    }
}

/// Where the right sides begin; 0 where a column would break a line that fits without it.
fn column(body: SyntaxKind, run: &[Row]) -> u32 {
    let room = WIDTH - if body == SyntaxKind::Model { 2 * STEP } else { STEP };
    let fits = |row: &Row, column| row.flat(column).is_some_and(|width| width <= room);
    // What stands on several lines has no part in it, but for a list or block that begins behind its name.
    let has_part = |row: &&Row| !row.right.is_empty() && (fits(row, 0) || row.kind == SyntaxKind::Field);
    let widths = run.iter().filter(has_part).filter_map(|row| row.left.flat);
    let column = widths.filter(|width| *width <= COLUMN).max().unwrap_or(0);
    let breaks_one = run.iter().any(|row| fits(row, 0) && !fits(row, column));
    if breaks_one { 0 } else { column }
}

/// Neighbouring entries, their right sides in one column.
fn in_column(body: SyntaxKind, run: &mut Vec<Row>, inner: &mut Vec<Doc>) {
    let column = column(body, run);
    for row in run.drain(..) {
        inner.push(Doc::gap(if inner.is_empty() { Gap::First } else { Gap::Entry }));
        let missing = row.left.flat.map_or(0, |width| column.saturating_sub(width));
        let first = missing + row.gap();
        let mut right = Vec::new();
        for (index, doc) in row.right.into_iter().enumerate() {
            let blanks = if index == 0 { first } else { 2 };
            right.push(Doc::gap(if row.kind == SyntaxKind::Field {
                Gap::Blanks(blanks)
            } else {
                Gap::Line(blanks)
            }));
            right.push(doc);
        }
        let right = Doc::all(right);
        let right = if row.kind == SyntaxKind::Field { right } else { right.indent() };
        inner.push(Doc::all(vec![row.left, right]).group());
    }
}

/// What stands before the braces, and what stands in them.
fn split(node: &SyntaxNode) -> (Vec<Element>, Option<Vec<Element>>) {
    let mut before = elements(node);
    let Some(at) = before.iter().position(|element| element.kind() == SyntaxKind::LeftBrace) else {
        return (before, None);
    };
    let mut entries = before.split_off(at);
    entries.remove(0);
    entries.pop();
    (before, Some(entries))
}

/// `given` and its fields: on one line, or a line for each.
pub(super) fn given(builder: &mut Builder, node: &SyntaxNode) -> Doc {
    let parts = elements(node);
    let Some((_, fields)) = parts.split_first() else { return Doc::nothing() };
    let word = builder.token();
    let mut inner = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        inner.extend([Doc::gap(Gap::Line(if index == 0 { 1 } else { 2 })), builder.element(field)]);
    }
    Doc::all(vec![word, Doc::all(inner).indent()]).group()
}
