//! Machine code for lists of rules: one straight function for each list, which reads a class vector and answers which of
//! its boxes hold. It promises the answers of [`RuleBox::holds`] and [`Expression::holds`], for every class vector; a list
//! takes the same steps whatever it is asked, and calls, jumps and loops nowhere.
//!
//! A list goes from `layout` (what is computed, and once) to `emit` (functions, and `straight`, which judges them) to
//! `native` (memory that may be run).

mod circuit;

mod layout;

mod straight;

mod emit;

mod native;

#[cfg(test)]
mod tests;

use crate::decision::boxes::{Dimension, Expression, RuleBox};
use std::fmt;
use std::ops::Range;

/// More dimensions than this are refused: their places would pass the offsets that an instruction holds.
pub const WIDTH_LIMIT: usize = 1 << 24;

/// More bytes of code than this are refused. Ten thousand rules take about one hundredth of it.
pub const CODE_LIMIT_BYTES: usize = 32 << 20;

/// A list of boxes, of which the first that holds or all that hold are wanted.
#[derive(Debug, Clone)]
pub struct Leaf<'r> {
    /// The first is asked first. With each, the number to answer with; [`u32::MAX`] is none.
    pub boxes: Vec<(u32, &'r RuleBox)>,
}

/// What is wanted of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The number of the first box that holds.
    First,
    /// The number of each box that holds, in the order of the leaf.
    All,
}

/// A truth that is computed from other classes: its dimension has class 1 where the expression holds, otherwise 0.
#[derive(Debug, Clone, Copy)]
pub struct Derived<'r> {
    /// Where the truth is written.
    pub of: Dimension,
    /// What it is computed from.
    pub from: &'r Expression,
}

/// Why there is no machine code. The answers are then to be had by interpretation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCompiled {
    /// This machine's instructions are not known; the reason.
    NoBackend(String),
    /// The code would pass [`CODE_LIMIT_BYTES`], or one box or expression is larger than a function may be.
    TooLarge,
    /// The system gives no memory that may be run; the reason.
    NoMemory(String),
}

impl fmt::Display for NotCompiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCompiled::NoBackend(reason) => {
                write!(f, "there is no machine code for this machine: {reason}")
            }
            NotCompiled::TooLarge => write!(f, "the machine code would be larger than is allowed"),
            NotCompiled::NoMemory(reason) => {
                write!(f, "the system refuses memory for machine code: {reason}")
            }
        }
    }
}

impl std::error::Error for NotCompiled {}

/// The machine code of some leaves and of some lists of derived truths, each named by its position. It is freed with this
/// value, and not before.
#[derive(Debug)]
pub struct Native {
    code: native::Code,
    /// By leaf: its functions, to be asked in order. Small, as each decision looks a few up in many.
    leaves: Vec<(Mode, Range<u32>)>,
    /// By list of derived truths: its functions, to be run in order.
    derived: Vec<Range<u32>>,
}

impl Native {
    /// Compiles for class vectors of `width` classes.
    ///
    /// # Errors
    /// If this machine has no backend, the code is too large, or no memory may be run: see [`NotCompiled`].
    ///
    /// # Panics
    /// If a dimension is not below `width`, a number is [`u32::MAX`], or the width is above [`WIDTH_LIMIT`].
    pub fn compile(
        width: usize,
        leaves: &[(Mode, Leaf<'_>)],
        derived: &[Vec<Derived<'_>>],
    ) -> Result<Native, NotCompiled> {
        assert!(width <= WIDTH_LIMIT, "class vectors of {width} dimensions");
        let mut emitter = emit::Emitter::new(width)?;
        let mut of_leaves = Vec::with_capacity(leaves.len());
        for (mode, leaf) in leaves {
            let first = emitter.len();
            layout::leaf(*mode, &leaf.boxes, |chunk| emitter.leaf(*mode, chunk))?;
            of_leaves.push((*mode, first..emitter.len()));
        }
        let mut of_lists = Vec::with_capacity(derived.len());
        for list in derived {
            let first = emitter.len();
            layout::list(list, |chunk| emitter.list(chunk))?;
            of_lists.push(first..emitter.len());
        }
        Ok(Native { code: native::Code::publish(emitter)?, leaves: of_leaves, derived: of_lists })
    }

    /// The number of the first box of a leaf that holds, or [`u32::MAX`].
    ///
    /// # Panics
    /// If the class vector is not as wide as was compiled, or the leaf was compiled for another mode.
    #[inline]
    pub fn first(&self, leaf: usize, classes: &[u32]) -> u32 {
        let (mode, functions) = &self.leaves[leaf];
        assert_eq!(*mode, Mode::First, "leaf {leaf} answers with all");
        self.code.check_width(classes);
        for function in functions.clone() {
            let number = self.code.first(function, classes);
            if number != u32::MAX {
                return number;
            }
        }
        u32::MAX
    }

    /// Appends the number of each box of a leaf that holds, in the leaf's order.
    ///
    /// # Panics
    /// If the class vector is not as wide as was compiled, or the leaf was compiled for another mode.
    #[inline]
    pub fn all(&self, leaf: usize, classes: &[u32], out: &mut Vec<u32>) {
        let (mode, functions) = &self.leaves[leaf];
        assert_eq!(*mode, Mode::All, "leaf {leaf} answers with the first");
        self.code.check_width(classes);
        for function in functions.clone() {
            self.code.all(function, classes, out);
        }
    }

    /// Writes the truths of a list into a class vector, in the list's order; later ones see the earlier.
    ///
    /// # Panics
    /// If the class vector is not as wide as was compiled.
    #[inline]
    pub fn derive(&self, list: usize, classes: &mut [u32]) {
        self.code.check_width(classes);
        for function in self.derived[list].clone() {
            self.code.derive(function, classes);
        }
    }

    /// The size of the code.
    pub fn bytes(&self) -> usize {
        self.code.bytes()
    }
}
