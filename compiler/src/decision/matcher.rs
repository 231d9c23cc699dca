//! How a layer's boxes are searched: anchored splits, leaves and bit matrices, chosen list by list. Whatever it is made of, a
//! matcher answers as the list does, box by box. Its size is linear in the boxes: a box that does not test a split's dimension
//! narrowly stays in the split's rest and is never copied.
//!
//! ```text
//! split on team ─┬─ payments ─▶ leaf: boxes 3, 9, 40
//!                ├─ search ───▶ split on workload …
//!                └─ the rest ─▶ matrix: every box that names no team
//! ```
//!
//! Both the child of the request's class and the rest are searched; a part whose first box stands behind the best one found
//! is skipped.

use super::boxes::{ClassSet, Dimension, RuleBox};
use super::cost;
use crate::code::Native;
use std::collections::BTreeMap;
use std::sync::Arc;

/// No box, no node.
pub const NONE: u32 = u32::MAX;

/// A layer, ready to be searched.
#[derive(Debug)]
pub struct Matcher {
    boxes: Arc<[RuleBox]>,
    /// The constraints of all boxes, one after the other.
    checks: Vec<Check>,
    /// Indexed by box: where its checks begin; one more at the end.
    starts: Vec<u32>,
    ranges: Vec<(u32, u32)>,
    nodes: Vec<Node>,
    /// The nodes in a form that takes few cache lines; indexed as they are.
    steps: Vec<Step>,
    /// The children of all splits, one after the other.
    children: Vec<u32>,
    root: u32,
}

/// A node as far as a search has to know which way to go.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The first box in it.
    first: u32,
    way: Way,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Leaf,
    Matrix,
    /// A dimension, where its children begin in [`Matcher::children`], and the rest.
    Split(u32, u32, u32),
}

/// One constraint in a form that is fast to ask.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// `class - first ≤ width`.
    Range { dimension: u32, first: u32, width: u32 },
    /// Of a dimension of at most 64 classes.
    Mask { dimension: u32, mask: u64 },
    /// Several ranges, by their place in [`Matcher::ranges`].
    Ranges { dimension: u32, from: u32, to: u32 },
}

/// A part of a matcher.
#[derive(Debug)]
pub struct Node {
    /// The first box in it.
    first: u32,
    form: Form,
}

/// How a list of boxes is searched.
#[derive(Debug)]
pub enum Form {
    /// One by one.
    Leaf(Vec<u32>),
    /// By the class of one dimension: a node for each class, or [`NONE`]; and the node of those that are not told apart.
    Split {
        /// Which.
        dimension: Dimension,
        /// Indexed by class.
        children: Vec<u32>,
        /// Those that test it widely or not at all.
        rest: u32,
    },
    /// Rows of bits, a bit a box: of each column the row of the request's class, all of them together.
    Matrix(Matrix),
}

/// A bit for each of a list of boxes, by classes.
#[derive(Debug)]
pub struct Matrix {
    /// Ascending.
    boxes: Vec<u32>,
    words: usize,
    columns: Vec<Column>,
    /// A bit for each box of which the columns test all.
    exact: Vec<u64>,
    /// Rows one after the other, each so many words; the first has every box.
    rows: Vec<u64>,
}

#[derive(Debug)]
struct Column {
    dimension: Dimension,
    /// Indexed by class: where its row begins.
    rows: Vec<u32>,
}

impl Matcher {
    /// Over boxes of which each dimension has so many classes.
    pub fn new(boxes: Arc<[RuleBox]>, count: &dyn Fn(Dimension) -> u32) -> Matcher {
        let all: Vec<u32> = (0..u32::try_from(boxes.len()).expect("fewer than 2^32 boxes")).collect();
        let mut matcher = Matcher {
            boxes,
            checks: Vec::new(),
            starts: vec![0],
            ranges: Vec::new(),
            nodes: Vec::new(),
            steps: Vec::new(),
            children: Vec::new(),
            root: NONE,
        };
        for index in 0..matcher.boxes.len() {
            matcher.add_checks(index, count);
        }
        matcher.root = Builder { matcher: &mut matcher, count, path: Vec::new() }.node(all);
        for node in &matcher.nodes {
            let way = match &node.form {
                Form::Leaf(_) => Way::Leaf,
                Form::Matrix(_) => Way::Matrix,
                Form::Split { dimension, children, rest } => {
                    let from = u32::try_from(matcher.children.len()).expect("fewer than 2^32 children");
                    matcher.children.extend_from_slice(children);
                    Way::Split(dimension.0, from, *rest)
                }
            };
            matcher.steps.push(Step { first: node.first, way });
        }
        matcher
    }

    fn add_checks(&mut self, index: usize, count: &dyn Fn(Dimension) -> u32) {
        for constraint in &self.boxes[index].constraints {
            let dimension = constraint.dimension.0;
            let check = match constraint.classes.ranges() {
                [(first, last)] => Check::Range { dimension, first: *first, width: last - first },
                _ if count(constraint.dimension) <= 64 => {
                    let mask = constraint.classes.classes().fold(0, |mask, class| mask | 1_u64 << class);
                    Check::Mask { dimension, mask }
                }
                ranges => {
                    let from = self.ranges.len() as u32;
                    self.ranges.extend(ranges);
                    Check::Ranges { dimension, from, to: self.ranges.len() as u32 }
                }
            };
            self.checks.push(check);
        }
        self.starts.push(self.checks.len() as u32);
    }

    /// The boxes, ascending by rule.
    pub fn boxes(&self) -> &[RuleBox] {
        &self.boxes
    }

    /// The nodes; those that a node leads to stand before it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at which a search begins; [`NONE`] of an empty layer.
    pub fn root(&self) -> u32 {
        self.root
    }

    /// The first rule that holds of a class vector.
    pub fn first(&self, code: Code<'_>, classes: &[u32]) -> Option<u32> {
        let found = self.first_in(self.root, code, classes, NONE);
        (found != NONE).then(|| self.boxes[found as usize].rule)
    }

    /// Every rule that holds of a class vector: ascending, each once, in place of what `found` held.
    pub fn all(&self, code: Code<'_>, classes: &[u32], found: &mut Vec<u32>) {
        self.boxes_held(code, classes, found);
        for at in found.iter_mut() {
            *at = self.boxes[*at as usize].rule;
        }
        found.dedup();
    }

    /// Every box that holds of a class vector: ascending, each once, in place of what `found` held.
    pub fn boxes_held(&self, code: Code<'_>, classes: &[u32], found: &mut Vec<u32>) {
        found.clear();
        self.all_in(self.root, code, classes, found);
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// The first box in a node that holds and stands before `best`; else `best`. Depth is bounded by [`cost::DEPTH`].
    fn first_in(&self, mut at: u32, code: Code<'_>, classes: &[u32], mut best: u32) -> u32 {
        while at != NONE {
            let step = self.steps[at as usize];
            if step.first >= best {
                return best;
            }
            match step.way {
                Way::Split(dimension, from, rest) => {
                    let child = self.children[(from + classes[dimension as usize]) as usize];
                    best = self.first_in(child, code, classes, best);
                    at = rest;
                }
                Way::Leaf => {
                    let found = match code {
                        Code::Native(native, base) => native.first(base + at as usize, classes),
                        Code::Walked => self.first_of(self.leaf(at), classes),
                    };
                    return found.min(best);
                }
                Way::Matrix => return self.first_of_matrix(self.matrix(at), classes, best),
            }
        }
        best
    }

    fn all_in(&self, mut at: u32, code: Code<'_>, classes: &[u32], found: &mut Vec<u32>) {
        while at != NONE {
            match self.steps[at as usize].way {
                Way::Split(dimension, from, rest) => {
                    let child = self.children[(from + classes[dimension as usize]) as usize];
                    self.all_in(child, code, classes, found);
                    at = rest;
                }
                Way::Leaf => {
                    match code {
                        Code::Native(native, base) => native.all(base + at as usize, classes, found),
                        Code::Walked => {
                            let boxes = self.leaf(at).iter().copied();
                            found.extend(boxes.filter(|index| self.holds(*index, classes)));
                        }
                    }
                    return;
                }
                Way::Matrix => return self.all_of_matrix(self.matrix(at), classes, found),
            }
        }
    }

    fn leaf(&self, at: u32) -> &[u32] {
        match &self.nodes[at as usize].form {
            Form::Leaf(boxes) => boxes,
            Form::Split { .. } | Form::Matrix(_) => &[],
        }
    }

    fn matrix(&self, at: u32) -> &Matrix {
        match &self.nodes[at as usize].form {
            Form::Matrix(matrix) => matrix,
            Form::Split { .. } | Form::Leaf(_) => panic!("a step to a matrix leads to one"),
        }
    }

    fn first_of(&self, boxes: &[u32], classes: &[u32]) -> u32 {
        boxes.iter().copied().find(|index| self.holds(*index, classes)).unwrap_or(NONE)
    }

    fn first_of_matrix(&self, matrix: &Matrix, classes: &[u32], best: u32) -> u32 {
        let rows = matrix.rows_of(classes);
        for word in 0..matrix.words {
            if matrix.boxes[word * 64] >= best {
                return best;
            }
            let mut bits = matrix.word(&rows, word);
            while bits != 0 {
                let index = matrix.boxes[word * 64 + bits.trailing_zeros() as usize];
                if index >= best {
                    return best;
                }
                if matrix.exact[word] & bits & bits.wrapping_neg() != 0 || self.holds(index, classes) {
                    return index;
                }
                bits &= bits - 1;
            }
        }
        best
    }

    fn all_of_matrix(&self, matrix: &Matrix, classes: &[u32], found: &mut Vec<u32>) {
        let rows = matrix.rows_of(classes);
        for word in 0..matrix.words {
            let mut bits = matrix.word(&rows, word);
            while bits != 0 {
                let index = matrix.boxes[word * 64 + bits.trailing_zeros() as usize];
                if matrix.exact[word] & bits & bits.wrapping_neg() != 0 || self.holds(index, classes) {
                    found.push(index);
                }
                bits &= bits - 1;
            }
        }
    }

    /// Whether a box holds.
    fn holds(&self, index: u32, classes: &[u32]) -> bool {
        let index = index as usize;
        let checks = &self.checks[self.starts[index] as usize..self.starts[index + 1] as usize];
        let holds = |check: &Check| match *check {
            Check::Range { dimension, first, width } => {
                classes[dimension as usize].wrapping_sub(first) <= width
            }
            Check::Mask { dimension, mask } => mask >> (classes[dimension as usize] & 63) & 1 == 1,
            Check::Ranges { dimension, from, to } => {
                let class = classes[dimension as usize];
                let ranges = &self.ranges[from as usize..to as usize];
                ranges.iter().any(|(first, last)| *first <= class && class <= *last)
            }
        };
        checks.iter().all(holds)
            && self.boxes[index].residual.iter().all(|expression| expression.holds(classes))
    }
}

/// What answers for a leaf.
#[derive(Debug, Clone, Copy)]
pub enum Code<'n> {
    /// Its boxes, one by one.
    Walked,
    /// Machine code, in which the matcher's node 0 has this number.
    Native(&'n Native, usize),
}

impl Node {
    /// How its boxes are searched.
    pub fn form(&self) -> &Form {
        &self.form
    }
}

impl Matrix {
    /// Its boxes, ascending.
    pub fn boxes(&self) -> &[u32] {
        &self.boxes
    }

    /// The dimensions by which it filters.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> + '_ {
        self.columns.iter().map(|column| column.dimension)
    }

    /// Of each column the row of these classes; in the place of columns that there are not, every box.
    fn rows_of(&self, classes: &[u32]) -> [&[u64]; cost::COLUMNS] {
        let mut rows = [&self.rows[..self.words]; cost::COLUMNS];
        for (column, row) in self.columns.iter().zip(&mut rows) {
            let at = column.rows[classes[column.dimension.0 as usize] as usize] as usize;
            *row = &self.rows[at..at + self.words];
        }
        rows
    }

    /// The boxes of one word that no column excludes.
    fn word(&self, rows: &[&[u64]; cost::COLUMNS], word: usize) -> u64 {
        rows.iter().fold(u64::MAX, |bits, row| bits & row[word])
    }
}

/// What is known of one dimension in a list of boxes.
#[derive(Debug, Default, Clone)]
struct Tested {
    /// Boxes that test it.
    tests: usize,
    /// Boxes that test it so narrowly that a split on it takes them.
    narrow: usize,
    /// Shares of classes that the tests let pass, added up.
    passing: f64,
    /// The classes but 0 at which some test's answer changes, ascending: what lies between two is one group.
    cuts: Vec<u32>,
}

impl Tested {
    fn groups(&self) -> usize {
        self.cuts.len() + 1
    }

    fn group_of(&self, class: u32) -> usize {
        self.cuts.partition_point(|cut| *cut <= class)
    }

    /// The groups of which a test's classes consist.
    fn groups_of<'s>(&'s self, classes: &'s ClassSet) -> impl Iterator<Item = usize> + 's {
        classes.ranges().iter().flat_map(|(first, last)| self.group_of(*first)..=self.group_of(*last))
    }
}

struct Builder<'m> {
    matcher: &'m mut Matcher,
    count: &'m dyn Fn(Dimension) -> u32,
    /// The dimensions of the splits in whose children the list stands: nothing is left there that they could divide.
    path: Vec<Dimension>,
}

impl Builder<'_> {
    /// The node of a list; [`NONE`] of an empty one.
    fn node(&mut self, list: Vec<u32>) -> u32 {
        let Some(first) = list.first().copied() else { return NONE };
        let form = self.form(list);
        self.matcher.nodes.push(Node { first, form });
        self.matcher.nodes.len() as u32 - 1
    }

    fn form(&mut self, list: Vec<u32>) -> Form {
        if list.len() <= cost::SMALL {
            return Form::Leaf(list);
        }
        let tested = self.tested(&list);
        let columns = self.columns(&tested, list.len());
        let passing: f64 = columns.iter().map(|dimension| share(&tested[dimension], list.len())).product();
        let matrix = cost::matrix(list.len(), columns.len(), passing);
        let leaf = if list.len() <= cost::LEAF { cost::leaf(list.len()) } else { f64::INFINITY };
        match self.best_split(&list, &tested) {
            Some((dimension, cost)) if cost < leaf.min(matrix) => {
                self.split(list, dimension, &tested[&dimension])
            }
            _ if leaf <= matrix => Form::Leaf(list),
            _ => Form::Matrix(self.matrix(list, &columns, &tested)),
        }
    }

    fn tested(&self, list: &[u32]) -> BTreeMap<Dimension, Tested> {
        let mut tested: BTreeMap<Dimension, Tested> = BTreeMap::new();
        let constraints = || list.iter().flat_map(|index| &self.matcher.boxes[*index as usize].constraints);
        for constraint in constraints() {
            let count = (self.count)(constraint.dimension);
            let one = tested.entry(constraint.dimension).or_default();
            one.tests += 1;
            one.passing += f64::from(constraint.classes.len()) / f64::from(count);
            let ends = constraint.classes.ranges().iter().flat_map(|(first, last)| [*first, last + 1]);
            one.cuts.extend(ends.filter(|cut| 0 < *cut && *cut < count));
        }
        for one in tested.values_mut() {
            one.cuts.sort_unstable();
            one.cuts.dedup();
        }
        for constraint in constraints() {
            if let Some(one) = tested.get_mut(&constraint.dimension) {
                one.narrow += usize::from(self.is_narrow(&constraint.classes, one));
            }
        }
        tested
    }

    /// The dimensions that exclude most.
    fn columns(&self, tested: &BTreeMap<Dimension, Tested>, boxes: usize) -> Vec<Dimension> {
        let bytes = |dimension: Dimension, one: &Tested| {
            let classes = (self.count)(dimension) as usize;
            let rows = one.groups();
            classes * size_of::<u32>() + rows * boxes.div_ceil(64) * size_of::<u64>()
        };
        let fits =
            |(dimension, one): &(&Dimension, &Tested)| bytes(**dimension, one) <= cost::COLUMN_BYTES * boxes;
        let mut by_share: Vec<(f64, Dimension)> =
            tested.iter().filter(fits).map(|(dimension, one)| (share(one, boxes), *dimension)).collect();
        by_share.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        by_share.into_iter().take(cost::COLUMNS).map(|(_, dimension)| dimension).collect()
    }

    /// The dimension on which a split costs least, and what it costs.
    fn best_split(&self, list: &[u32], tested: &BTreeMap<Dimension, Tested>) -> Option<(Dimension, f64)> {
        if self.path.len() == cost::DEPTH {
            return None;
        }
        // A table of children is no longer than a few times the list; a split that takes little is none.
        let is_fit = |(dimension, one): &(&Dimension, &Tested)| {
            !self.path.contains(dimension)
                && (self.count)(**dimension) as usize <= 4 * list.len()
                && one.narrow * 8 >= list.len()
        };
        let costs = tested.iter().filter(is_fit).map(|(dimension, one)| {
            let child = self.average_child(list, *dimension, one);
            (*dimension, cost::split(child, list.len() - one.narrow))
        });
        costs.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The boxes of the child that is asked, where a child is asked the oftener the more boxes it has.
    fn average_child(&self, list: &[u32], dimension: Dimension, tested: &Tested) -> f64 {
        let mut children = vec![0.0; tested.groups()];
        for index in list {
            for group in
                self.narrow(*index, dimension, tested).into_iter().flat_map(|set| tested.groups_of(set))
            {
                children[group] += 1.0;
            }
        }
        let all: f64 = children.iter().sum();
        children.iter().map(|boxes| boxes * boxes).sum::<f64>() / all
    }

    /// The classes that a box lets pass, where a split takes it.
    fn narrow(&self, index: u32, dimension: Dimension, tested: &Tested) -> Option<&ClassSet> {
        let constraints = &self.matcher.boxes[index as usize].constraints;
        let at = constraints.binary_search_by_key(&dimension, |one| one.dimension).ok()?;
        let classes = &constraints[at].classes;
        self.is_narrow(classes, tested).then_some(classes)
    }

    /// Whether a split takes a box that lets these classes pass.
    fn is_narrow(&self, classes: &ClassSet, tested: &Tested) -> bool {
        let span = |(first, last): &(u32, u32)| tested.group_of(*last) - tested.group_of(*first) + 1;
        let groups: usize = classes.ranges().iter().map(span).sum();
        groups <= cost::copies(self.path.len()) && groups * 2 < tested.groups().max(3)
    }

    fn split(&mut self, list: Vec<u32>, dimension: Dimension, tested: &Tested) -> Form {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); tested.groups()];
        let mut rest = Vec::new();
        for index in list {
            match self.narrow(index, dimension, tested) {
                Some(classes) => tested.groups_of(classes).for_each(|group| lists[group].push(index)),
                None => rest.push(index),
            }
        }
        self.path.push(dimension);
        let nodes: Vec<u32> = lists.into_iter().map(|list| self.node(list)).collect();
        self.path.pop();
        let classes = 0..(self.count)(dimension);
        let children = classes.map(|class| nodes[tested.group_of(class)]).collect();
        // What is left has no test that this split would take.
        let rest = self.node(rest);
        Form::Split { dimension, children, rest }
    }

    fn matrix(&self, list: Vec<u32>, columns: &[Dimension], tested: &BTreeMap<Dimension, Tested>) -> Matrix {
        let words = list.len().div_ceil(64);
        let mut every = vec![u64::MAX; words];
        let surplus = words * 64 - list.len();
        every.last_mut().into_iter().for_each(|last| *last >>= surplus);
        let mut matrix =
            Matrix { words, columns: Vec::new(), rows: every, exact: vec![0; words], boxes: list };
        for (position, index) in matrix.boxes.iter().enumerate() {
            let one = &self.matcher.boxes[*index as usize];
            let is_tested = |constraint: &super::boxes::Constraint| columns.contains(&constraint.dimension);
            if one.residual.is_empty() && one.constraints.iter().all(is_tested) {
                matrix.exact[position / 64] |= 1 << (position % 64);
            }
        }
        for dimension in columns {
            let tested = &tested[dimension];
            let mut known: BTreeMap<Vec<u64>, u32> = BTreeMap::new();
            let mut begins = Vec::with_capacity(tested.groups());
            for row in self.rows(&matrix.boxes, *dimension, tested, words) {
                let next = matrix.rows.len() as u32;
                let at = *known.entry(row).or_insert_with_key(|row| {
                    matrix.rows.extend(row);
                    next
                });
                begins.push(at);
            }
            let classes = 0..(self.count)(*dimension);
            let rows = classes.map(|class| begins[tested.group_of(class)]).collect();
            matrix.columns.push(Column { dimension: *dimension, rows });
        }
        matrix
    }

    /// A row for each group of classes of a dimension.
    fn rows(&self, list: &[u32], dimension: Dimension, tested: &Tested, words: usize) -> Vec<Vec<u64>> {
        let mut untested = vec![0_u64; words];
        let mut rows: Vec<Vec<u64>> = vec![vec![0; words]; tested.groups()];
        for (position, index) in list.iter().enumerate() {
            let constraints = &self.matcher.boxes[*index as usize].constraints;
            let bit = 1_u64 << (position % 64);
            match constraints.binary_search_by_key(&dimension, |one| one.dimension) {
                Ok(at) => {
                    let groups = tested.groups_of(&constraints[at].classes);
                    groups.for_each(|group| rows[group][position / 64] |= bit);
                }
                Err(_) => untested[position / 64] |= bit,
            }
        }
        for row in &mut rows {
            row.iter_mut().zip(&untested).for_each(|(word, untested)| *word |= untested);
        }
        rows
    }
}

/// The share of a list's boxes that a dimension lets pass, for a class by chance.
fn share(tested: &Tested, boxes: usize) -> f64 {
    let boxes = boxes as f64;
    (boxes - tested.tests as f64 + tested.passing) / boxes
}

#[cfg(test)]
mod tests;
