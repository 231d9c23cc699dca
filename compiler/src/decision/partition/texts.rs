//! All texts, cut into the classes that the tests of one attribute can tell apart: each class has a text, each text one class.
//!
//! A literal is known by the tests that name it and the patterns that match it. What is no literal is known by the patterns
//! alone, and which sets of patterns can be met is found in the product of their automata.

mod alphabet;
pub(super) mod example;
mod product;
mod search;
mod shortest;
pub(super) mod table;
mod walk;

use super::super::boxes::ClassSet;
use crate::model::condition::Pattern;
use product::Product;
use std::collections::{BTreeMap, BTreeSet};
use table::Table;
use walk::Walk;

/// What is asked of a text.
#[derive(Debug, Clone, Copy)]
pub enum TextTest<'p> {
    /// Whether it is one of these.
    OneOf(&'p BTreeSet<String>),
    /// Whether it matches.
    Matches(&'p Pattern),
}

/// The patterns are too many, too large, or have too little to do with each other to be told apart by classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// What there is too much of.
    pub what: Excess,
    /// How much of it is allowed.
    pub limit: usize,
}

/// What there can be too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Distinct patterns.
    Patterns,
    /// Bytes of the patterns' automata; a pattern that asks for words of Unicode (`\b`) has none at any size.
    Automata,
    /// States of their product.
    States,
    /// Sets of patterns that a text can match.
    Sets,
}

/// The classes of all texts.
///
/// They are numbered by what they are, not by how they were found: first, where there is one, the class in which no test
/// holds; then by their representatives, ascending in byte order. So literals that begin alike stand together, and a pattern
/// such as `svc-*` mostly holds in one range.
#[derive(Debug)]
pub struct TextClasses {
    representatives: Vec<String>,
    literals: Table,
    others: Walk,
    /// Those of distinct patterns, then those of each set of literals in the order of the tests.
    holding: Vec<ClassSet>,
    /// By test, where in `holding` its classes are.
    answers: Vec<usize>,
    /// Those of literals.
    named: ClassSet,
}

/// A class before it has its number.
struct Class {
    representative: String,
    /// The tests that name its literals; ascending. Of what is no literal, none.
    naming: Vec<usize>,
    /// The patterns that match, as bits.
    patterns: u64,
}

impl TextClasses {
    /// The classes that these tests tell apart.
    ///
    /// # Errors
    ///
    /// Where the patterns go over a limit. Literals never do.
    pub fn new(tests: &[TextTest<'_>]) -> Result<TextClasses, TooMany> {
        let patterns = distinct_patterns(tests);
        let product = Product::new(&patterns)?;
        let literals = literals(tests);
        let texts: Vec<&str> = literals.iter().map(|(text, _)| *text).collect();
        let others = shortest::others(&product, &texts);

        let mut classes: Vec<Class> = Vec::new();
        for (patterns, representative) in others {
            classes.push(Class { representative, naming: Vec::new(), patterns });
        }
        let class_of_literal = add_literals(&mut classes, literals, &product);
        let mut order: Vec<usize> = (0..classes.len()).collect();
        let is_asked = |class: &Class| !class.naming.is_empty() || class.patterns != 0;
        // Most come in order already, which this kind of sort sees.
        order.sort_by_key(|index| (is_asked(&classes[*index]), &classes[*index].representative));
        let mut numbers = vec![0; classes.len()];
        order.iter().zip(0..).for_each(|(index, number)| numbers[*index] = number);

        let number_of_set: BTreeMap<u64, u32> = (classes.iter().zip(&numbers))
            .filter(|(class, _)| class.naming.is_empty())
            .map(|(class, number)| (class.patterns, *number))
            .collect();
        // A set that only literals have is never asked for: they are in the table.
        let others = Walk::new(&product, |set| number_of_set.get(&set).copied().unwrap_or(0));
        let entries = texts.iter().zip(&class_of_literal).map(|(text, class)| (*text, numbers[*class]));
        let literals = Table::new(&entries.collect::<Vec<_>>());
        let (holding, answers) = holding(tests, &patterns, &classes, &numbers);
        let of_literals = (classes.iter().zip(&numbers)).filter(|(class, _)| !class.naming.is_empty());
        let named = ClassSet::of(of_literals.map(|(_, number)| *number));
        let representatives = order.iter().map(|index| std::mem::take(&mut classes[*index].representative));
        Ok(TextClasses {
            representatives: representatives.collect(),
            literals,
            others,
            holding,
            answers,
            named,
        })
    }

    /// How many there are; at least one.
    pub fn count(&self) -> u32 {
        u32::try_from(self.representatives.len()).expect("a policy is no four gigabytes")
    }

    /// The class of a text. It asks for no memory, takes time that is linear in the text, and reads no further than the class
    /// is in doubt.
    #[inline]
    pub fn class_of(&self, text: &str) -> u32 {
        self.literals.get(text).unwrap_or_else(|| self.others.class_of(text))
    }

    /// The shortest text of a class, in bytes; among the shortest the one that reads best: small letters come before digits,
    /// capitals, other visible ASCII, space, all beyond ASCII, and what cannot be seen; each in byte order.
    ///
    /// # Panics
    ///
    /// Where there is no such class.
    pub fn representative(&self, class: u32) -> &str {
        &self.representatives[class as usize]
    }

    /// Whether its texts are literals, each named by some test.
    pub fn is_named(&self, class: u32) -> bool {
        self.named.contains(class)
    }

    /// The classes in which a test holds, by its position among those that the classes were made for.
    ///
    /// # Panics
    ///
    /// Where there was no such test.
    pub fn holding(&self, test: usize) -> &ClassSet {
        &self.holding[self.answers[test]]
    }
}

/// The patterns that are asked, each once, in the order of the tests.
fn distinct_patterns<'p>(tests: &[TextTest<'p>]) -> Vec<&'p Pattern> {
    let mut patterns: BTreeMap<(&str, u8), (usize, &Pattern)> = BTreeMap::new();
    for test in tests {
        if let TextTest::Matches(pattern) = test {
            let next = patterns.len();
            patterns.entry((&pattern.text, pattern.kind as u8)).or_insert((next, pattern));
        }
    }
    let mut patterns: Vec<(usize, &Pattern)> = patterns.into_values().collect();
    patterns.sort_unstable_by_key(|(position, _)| *position);
    patterns.into_iter().map(|(_, pattern)| pattern).collect()
}

/// Every literal with the tests that name it; ascending in byte order.
fn literals<'p>(tests: &[TextTest<'p>]) -> Vec<(&'p str, Vec<usize>)> {
    let mut named: Vec<(&str, usize)> = Vec::new();
    for (test, asked) in tests.iter().enumerate() {
        if let TextTest::OneOf(texts) = asked {
            named.extend(texts.iter().map(|text| (text.as_str(), test)));
        }
    }
    named.sort();
    let same = named.chunk_by(|one, next| one.0 == next.0);
    same.map(|same| (same[0].0, same.iter().map(|(_, test)| *test).collect())).collect()
}

/// Adds the classes of the literals, which no other text shares; of each literal, in their order, the index of its class.
fn add_literals(
    classes: &mut Vec<Class>,
    literals: Vec<(&str, Vec<usize>)>,
    product: &Product,
) -> Vec<usize> {
    // The first test comes first: it tells most literals apart without a look at the list.
    let mut known: BTreeMap<(usize, u64, Vec<usize>), usize> = BTreeMap::new();
    let mut class_of_literal = Vec::with_capacity(literals.len());
    for (text, naming) in literals {
        let patterns = product.patterns_of(text);
        let index = *known.entry((naming[0], patterns, naming)).or_insert_with(|| {
            let representative = text.to_owned();
            classes.push(Class { representative, naming: Vec::new(), patterns });
            classes.len() - 1
        });
        let class = &mut classes[index];
        if appeal(text).lt(appeal(&class.representative)) {
            class.representative = text.to_owned();
        }
        class_of_literal.push(index);
    }
    known.into_iter().for_each(|((.., naming), index)| classes[index].naming = naming);
    class_of_literal
}

/// What representatives are chosen by, least first: length, then the preference of each byte.
fn appeal(text: &str) -> impl Iterator<Item = (usize, (u8, u8))> + '_ {
    let length = text.len();
    let first = std::iter::once((length, (0, 0)));
    first.chain(text.bytes().map(move |byte| (length, alphabet::preference(byte))))
}

/// The classes of each distinct pattern and set of literals, and by test which of these answer it.
fn holding(
    tests: &[TextTest<'_>],
    patterns: &[&Pattern],
    classes: &[Class],
    numbers: &[u32],
) -> (Vec<ClassSet>, Vec<usize>) {
    let mut named: Vec<Vec<u32>> = vec![Vec::new(); tests.len()];
    for (class, number) in classes.iter().zip(numbers) {
        class.naming.iter().for_each(|test| named[*test].push(*number));
    }
    let matched = |bit: usize| {
        let all = classes.iter().zip(numbers);
        ClassSet::of(all.filter(|(class, _)| class.patterns >> bit & 1 == 1).map(|(_, number)| *number))
    };
    let mut holding: Vec<ClassSet> = (0..patterns.len()).map(matched).collect();
    let mut answers = Vec::with_capacity(tests.len());
    for (test, named) in tests.iter().zip(named) {
        answers.push(match test {
            TextTest::OneOf(_) => {
                holding.push(ClassSet::of(named));
                holding.len() - 1
            }
            TextTest::Matches(pattern) => {
                patterns.iter().position(|other| other == pattern).expect("every pattern is among them")
            }
        });
    }
    (holding, answers)
}

#[cfg(test)]
mod tests;
