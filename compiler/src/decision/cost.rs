//! What it costs to search a list of boxes in each of its forms, in rough nanoseconds. Only ratios matter: they decide which
//! form a matcher gives to a list, never what it answers.

/// Lists up to this are leaves whatever else could be done: a leaf of so many boxes costs no more than what would take its
/// place.
pub(super) const SMALL: usize = 16;

/// A leaf has at most so many boxes: beyond, a bit matrix looks at 64 boxes at once.
pub(super) const LEAF: usize = 96;

/// A matrix takes at most so many bytes a box for each column, so that its size is linear in the boxes.
pub(super) const COLUMN_BYTES: usize = 128;

/// A matrix filters by at most so many dimensions: each further one excludes less than it costs.
pub(super) const COLUMNS: usize = 6;

/// A box stands in at most so many children of a split that stands inside so many others; with more it stays in the rest.
/// So there are at most eight copies of a box, however deep splits stand.
pub(super) fn copies(depth: usize) -> usize {
    match depth {
        0 => 4,
        1 => 2,
        _ => 1,
    }
}

/// Splits stand inside each other at most so deep.
pub(super) const DEPTH: usize = 8;

/// One box of a leaf.
const BOX: f64 = 1.0;

/// Getting to a leaf or past a split.
const STEP: f64 = 4.0;

/// One word of one column of a matrix.
const WORD: f64 = 0.4;

/// A matrix before its first word.
const MATRIX: f64 = 30.0;

/// A box that passes the filter of a matrix and is looked at whole.
const CANDIDATE: f64 = 6.0;

/// A leaf of so many boxes.
pub(super) fn leaf(boxes: usize) -> f64 {
    STEP + BOX * boxes as f64
}

/// A matrix over so many boxes of which this share passes its columns.
pub(super) fn matrix(boxes: usize, columns: usize, passing: f64) -> f64 {
    let words = boxes.div_ceil(64) as f64;
    MATRIX + WORD * words * columns as f64 + CANDIDATE * passing * boxes as f64
}

/// The better of both for a list of which nothing else is known; a tenth of a percent passes a filter by guess.
pub(super) fn list(boxes: f64) -> f64 {
    let leaf = STEP + BOX * boxes;
    if boxes <= LEAF as f64 { leaf } else { leaf.min(matrix(boxes as usize, COLUMNS, 0.001)) }
}

/// A split whose children have so many boxes on average, weighed by how often they are asked, and whose rest has so many.
pub(super) fn split(child: f64, rest: usize) -> f64 {
    let rest = if rest == 0 { 0.0 } else { list(rest as f64) };
    STEP + list(child) + rest
}
