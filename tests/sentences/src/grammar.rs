//! A grammar in pest's notation as data: its rules, how deep they are, how far they are from each other, and what may be
//! taken for what.

use pest_meta::ast::{Expr, Rule};
use pest_meta::parser;
use std::collections::{BTreeMap, BTreeSet};

/// A place in the grammar where the walk chooses: the rule, the how-many-th choice in it, and what was taken.
pub type Taken = (String, usize, usize);

/// A grammar as rules.
#[derive(Debug, Clone)]
pub struct Grammar {
    pub(super) rules: BTreeMap<String, Rule>,
    /// How deep the shortest sentence of each rule is.
    depths: BTreeMap<String, usize>,
    /// What stands beside a rule in some choice, and so may be taken for it.
    pub(super) siblings: BTreeMap<String, BTreeSet<String>>,
}

impl Grammar {
    /// Reads a grammar.
    ///
    /// # Errors
    ///
    /// The first mistake in it, in pest's words.
    pub fn read(source: &str) -> Result<Grammar, String> {
        let pairs = parser::parse(parser::Rule::grammar_rules, source).map_err(|error| error.to_string())?;
        let rules = parser::consume_rules(pairs).map_err(|errors| format!("{errors:?}"))?;
        let rules: BTreeMap<String, Rule> = rules.into_iter().map(|rule| (rule.name.clone(), rule)).collect();
        let mut grammar = Grammar { rules, depths: BTreeMap::new(), siblings: BTreeMap::new() };
        grammar.measure();
        for rule in grammar.rules.values() {
            note_siblings(&rule.expr, &mut grammar.siblings);
        }
        Ok(grammar)
    }

    /// All rules by name.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// Rules that no sentence of another has a part of; those that are only looked at are no matter.
    pub fn unreachable_from(&self, root: &str) -> Vec<&str> {
        let mut reached: BTreeSet<&str> =
            BTreeSet::from([root, "WHITESPACE", "COMMENT", "reserved", "hidden", "word_rest", "number_rest"]);
        let mut pending: Vec<&str> = vec![root, "COMMENT"];
        while let Some(name) = pending.pop() {
            let Some(rule) = self.rules.get(name) else { continue };
            for name in idents(&rule.expr) {
                if reached.insert(name) {
                    pending.push(name);
                }
            }
        }
        self.rules.keys().map(String::as_str).filter(|name| !reached.contains(name)).collect()
    }

    /// Smallest depths, as the least fixed point.
    fn measure(&mut self) {
        loop {
            let known = self.depths.len();
            let found: Vec<(String, usize)> = self
                .rules
                .iter()
                .filter(|(name, _)| !self.depths.contains_key(*name))
                .filter_map(|(name, rule)| Some((name.clone(), self.depth(&rule.expr)? + 1)))
                .collect();
            self.depths.extend(found);
            if self.depths.len() == known {
                return;
            }
        }
    }

    pub(super) fn depth(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::Ident(name) if self.rules.contains_key(name) => self.depths.get(name).copied(),
            Expr::Seq(first, second) => Some(self.depth(first)?.max(self.depth(second)?)),
            Expr::Choice(first, second) => match (self.depth(first), self.depth(second)) {
                (Some(first), Some(second)) => Some(first.min(second)),
                (first, second) => first.or(second),
            },
            Expr::RepOnce(inner) | Expr::RepExact(inner, _) | Expr::RepMinMax(inner, _, _) => {
                self.depth(inner)
            }
            _ => Some(0),
        }
    }
}

impl Grammar {
    /// The rules that are written in sentences: not those that only look ahead, and not the tokens that are made at once.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let unwritten = [
            "reserved",
            "hidden",
            "character",
            "COMMENT",
            "WHITESPACE",
            "number_rest",
            "word_rest",
            "word_char",
            "day",
            "clock",
            "two",
        ];
        self.rules.keys().map(String::as_str).filter(move |name| !unwritten.contains(name))
    }

    /// Each alternative of each rule that is a choice, whitespace and what looks ahead apart.
    pub fn chosen(&self) -> impl Iterator<Item = Taken> {
        let is_counted = |rule: &&Rule| {
            let ahead = [
                "reserved",
                "character",
                "hidden",
                "COMMENT",
                "WHITESPACE",
                "number_rest",
                "word_rest",
                "word_char",
            ];
            !ahead.contains(&rule.name.as_str())
        };
        self.rules().filter(is_counted).flat_map(|rule| {
            let count = alternatives(&rule.expr).len();
            (0..if count > 1 { count } else { 0 }).map(|index| (rule.name.clone(), 0, index))
        })
    }

    /// How many rules lie between each rule and one; those that do not lead to it are left out.
    pub(super) fn distances(&self, goal: &str) -> BTreeMap<String, usize> {
        let mut distances = BTreeMap::from([(goal.to_owned(), 0)]);
        loop {
            let found: Vec<(String, usize)> = self
                .rules()
                .filter(|rule| !distances.contains_key(&rule.name))
                .filter_map(|rule| Some((rule.name.clone(), self.distance(&rule.expr, &distances)? + 1)))
                .collect();
            if found.is_empty() {
                return distances;
            }
            distances.extend(found);
        }
    }

    pub(super) fn distance(&self, expr: &Expr, distances: &BTreeMap<String, usize>) -> Option<usize> {
        match expr {
            Expr::Ident(name) => distances.get(name).copied(),
            Expr::Seq(first, second) | Expr::Choice(first, second) => {
                match (self.distance(first, distances), self.distance(second, distances)) {
                    (Some(first), Some(second)) => Some(first.min(second)),
                    (first, second) => first.or(second),
                }
            }
            Expr::Opt(inner)
            | Expr::Rep(inner)
            | Expr::RepOnce(inner)
            | Expr::RepExact(inner, _)
            | Expr::RepMin(inner, _)
            | Expr::RepMax(inner, _)
            | Expr::RepMinMax(inner, _, _) => self.distance(inner, distances),
            _ => None,
        }
    }
}

/// The alternatives of a choice, in order.
pub fn alternatives(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Choice(first, second) => {
            let mut all = alternatives(first);
            all.extend(alternatives(second));
            all
        }
        other => vec![other],
    }
}

/// The rules that an expression names, but for those that it only looks at.
pub(super) fn idents(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Ident(name) => vec![name],
        Expr::Seq(first, second) | Expr::Choice(first, second) => {
            let mut all = idents(first);
            all.extend(idents(second));
            all
        }
        Expr::Opt(inner)
        | Expr::Rep(inner)
        | Expr::RepOnce(inner)
        | Expr::RepExact(inner, _)
        | Expr::RepMin(inner, _)
        | Expr::RepMax(inner, _)
        | Expr::RepMinMax(inner, _, _) => idents(inner),
        _ => Vec::new(),
    }
}

fn note_siblings(expr: &Expr, siblings: &mut BTreeMap<String, BTreeSet<String>>) {
    match expr {
        Expr::Choice(_, _) => {
            let all = alternatives(expr);
            let names: Vec<&str> = all.iter().flat_map(|expr| idents(expr)).collect();
            for name in &names {
                let others = names.iter().filter(|other| *other != name).map(|other| (*other).to_owned());
                siblings.entry((*name).to_owned()).or_default().extend(others);
            }
            all.into_iter().for_each(|expr| note_siblings(expr, siblings));
        }
        Expr::Seq(first, second) => {
            note_siblings(first, siblings);
            note_siblings(second, siblings);
        }
        Expr::Opt(inner) | Expr::Rep(inner) | Expr::RepOnce(inner) => note_siblings(inner, siblings),
        _ => {}
    }
}
