//! Where the words of the language stand: what can come right before and right behind each, in each kind of item.

use super::law::{Law, named, parts_of};
use pest_meta::ast::{Expr, RuleType};
use std::collections::{BTreeMap, BTreeSet};

/// A token of the language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    /// `deny`
    Word(String),
    /// `{`
    Sign(String),
    /// A rule that is one token: `string`.
    Rule(String),
    /// The item is at its end, or has not begun.
    Outside,
}

pub(crate) type Tokens = BTreeSet<Token>;

/// What stands around something.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) before: Tokens,
    pub(crate) behind: Tokens,
}

/// The tokens that an expression can begin and end with, and whether it can be nothing.
#[derive(Debug, Clone, Default, PartialEq)]
struct Edges {
    first: Tokens,
    last: Tokens,
    is_nullable: bool,
}

/// The edges of all rules.
#[derive(Debug)]
pub(crate) struct Neighbours<'l> {
    law: &'l Law,
    edges: BTreeMap<String, Edges>,
}

/// The word that a rule begins with, where it is always the same.
pub(crate) fn first_word<'l>(law: &'l Law, rule: &str) -> Option<&'l str> {
    let rule = law.rule(rule)?;
    law.keyword(named(&rule.expr).first()?)
}

impl<'l> Neighbours<'l> {
    pub(crate) fn of(law: &'l Law) -> Neighbours<'l> {
        let mut neighbours = Neighbours { law, edges: BTreeMap::new() };
        loop {
            let found: BTreeMap<String, Edges> =
                law.rules().map(|rule| (rule.name.clone(), neighbours.edges_of(&rule.expr))).collect();
            if found == neighbours.edges {
                return neighbours;
            }
            neighbours.edges = found;
        }
    }

    /// What a rule can end with.
    pub(crate) fn last_of(&self, rule: &str) -> &Tokens {
        &self.edges[rule].last
    }

    /// A rule that is one token to a reader.
    fn token(&self, name: &str) -> Option<Token> {
        if let Some(word) = self.law.keyword(name) {
            return Some(Token::Word(word.to_owned()));
        }
        let is_token = self.law.rule(name).is_some_and(|rule| rule.ty == RuleType::Atomic);
        is_token.then(|| Token::Rule(name.to_owned()))
    }

    fn edges_of(&self, expr: &Expr) -> Edges {
        let one = |token: Token| Edges {
            first: Tokens::from([token.clone()]),
            last: Tokens::from([token]),
            is_nullable: false,
        };
        match expr {
            Expr::Str(text) => one(Token::Sign(text.clone())),
            Expr::Ident(name) => match self.token(name) {
                Some(token) => one(token),
                None if name == "EOI" => one(Token::Outside),
                None => self.edges.get(name).cloned().unwrap_or_default(),
            },
            Expr::Seq(first, second) => {
                let (first, second) = (self.edges_of(first), self.edges_of(second));
                let mut edges = Edges {
                    first: first.first,
                    last: second.last,
                    is_nullable: first.is_nullable && second.is_nullable,
                };
                if first.is_nullable {
                    edges.first.extend(second.first);
                }
                if second.is_nullable {
                    edges.last.extend(first.last);
                }
                edges
            }
            Expr::PosPred(_) | Expr::NegPred(_) => Edges { is_nullable: true, ..Edges::default() },
            other => {
                let mut edges = Edges::default();
                for part in parts_of(other).into_iter().map(|part| self.edges_of(part)) {
                    edges.first.extend(part.first);
                    edges.last.extend(part.last);
                    edges.is_nullable |= part.is_nullable;
                }
                edges.is_nullable |= matches!(other, Expr::Opt(_) | Expr::Rep(_) | Expr::RepMax(_, _));
                edges
            }
        }
    }

    /// Around every word of an item: by the rule that holds it, and the word.
    pub(crate) fn places(&self, item: &str) -> BTreeMap<(String, String), Place> {
        let around = Place { before: [Token::Outside].into(), behind: [Token::Outside].into() };
        let mut rules = BTreeMap::from([(item.to_owned(), around)]);
        loop {
            let mut walk = Walk { neighbours: self, rules: rules.clone(), places: BTreeMap::new() };
            for (name, place) in &rules {
                if let Some(rule) = self.law.rule(name) {
                    walk.visit(name, &rule.expr, place);
                }
            }
            if walk.rules == rules {
                return walk.places;
            }
            rules = walk.rules;
        }
    }
}

struct Walk<'n> {
    neighbours: &'n Neighbours<'n>,
    rules: BTreeMap<String, Place>,
    places: BTreeMap<(String, String), Place>,
}

impl Walk<'_> {
    fn visit(&mut self, rule: &str, expr: &Expr, place: &Place) {
        match expr {
            Expr::Ident(name) => {
                let entry = match self.neighbours.token(name) {
                    Some(Token::Word(word)) => self.places.entry((rule.to_owned(), word)).or_default(),
                    Some(_) => return,
                    None => self.rules.entry(name.clone()).or_default(),
                };
                entry.before.extend(place.before.iter().cloned());
                entry.behind.extend(place.behind.iter().cloned());
            }
            Expr::Seq(first, second) => {
                let (left, right) = (self.neighbours.edges_of(first), self.neighbours.edges_of(second));
                let behind = next(right.first, right.is_nullable, &place.behind);
                let before = next(left.last, left.is_nullable, &place.before);
                self.visit(rule, first, &Place { before: place.before.clone(), behind });
                self.visit(rule, second, &Place { before, behind: place.behind.clone() });
            }
            Expr::Rep(inner) | Expr::RepOnce(inner) | Expr::RepMin(inner, _) => {
                let edges = self.neighbours.edges_of(inner);
                let mut place = place.clone();
                place.before.extend(edges.last);
                place.behind.extend(edges.first);
                self.visit(rule, inner, &place);
            }
            Expr::PosPred(_) | Expr::NegPred(_) => {}
            other => parts_of(other).into_iter().for_each(|part| self.visit(rule, part, place)),
        }
    }
}

/// What comes next to a part: its neighbour, and what is beyond where the neighbour can be nothing.
fn next(mut neighbour: Tokens, is_nullable: bool, beyond: &Tokens) -> Tokens {
    if is_nullable {
        neighbour.extend(beyond.iter().cloned());
    }
    neighbour
}
