//! The grammar with what people read in it: its parts, the order of its rules, and the words that stand before each.

use crate::sentences::{Grammar, alternatives};
use pest_meta::ast::{Expr, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// A part of the grammar: what stands below a line `// ==== Title ====`.
#[derive(Debug)]
pub struct Part {
    /// As in the grammar: `Routes and migrations`.
    pub title: String,
    /// Names of the rules, in order.
    pub rules: Vec<String>,
}

/// The grammar as a document.
#[derive(Debug)]
pub struct Law {
    /// The first paragraph of the file.
    pub preface: String,
    /// In order.
    pub parts: Vec<Part>,
    rules: BTreeMap<String, Rule>,
    words: BTreeMap<String, String>,
}

impl Law {
    /// Reads a grammar and its comments.
    ///
    /// # Errors
    ///
    /// The first mistake in it, in pest's words.
    pub fn read(source: &str) -> Result<Law, String> {
        let rules = Grammar::read(source)?.rules().map(|rule| (rule.name.clone(), rule.clone())).collect();
        let preface =
            source.lines().map_while(|line| line.strip_prefix("//! ")).collect::<Vec<_>>().join(" ");
        let mut law = Law { preface, parts: Vec::new(), rules, words: BTreeMap::new() };
        let mut words: Vec<&str> = Vec::new();
        for line in source.lines() {
            if let Some(title) = line.strip_prefix("// ==== ") {
                let title = title.trim_end_matches(['=', ' ']).to_owned();
                law.parts.push(Part { title, rules: Vec::new() });
            } else if let Some(more) = line.strip_prefix("///") {
                words.push(more.trim());
            } else if let Some((name, _)) = line.split_once('=') {
                let name = name.trim();
                if law.rules.contains_key(name) && !line.starts_with(' ') {
                    law.words.insert(name.to_owned(), std::mem::take(&mut words).join(" "));
                    law.parts
                        .last_mut()
                        .ok_or("a rule stands before the first part")?
                        .rules
                        .push(name.to_owned());
                }
            }
        }
        Ok(law)
    }

    /// A rule of the grammar; `None` for what pest knows by itself.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.get(name)
    }

    /// All rules by name.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// What stands before a rule for people; often nothing.
    #[must_use]
    pub fn words_before(&self, rule: &str) -> &str {
        self.words.get(rule).map_or("", String::as_str)
    }

    /// The word of a rule `kw_first_token = @{ "first-token" ~ … }`.
    #[must_use]
    pub fn keyword(&self, rule: &str) -> Option<&str> {
        rule.strip_prefix("kw_")?;
        match &self.rules.get(rule)?.expr {
            Expr::Seq(word, _) => match word.as_ref() {
                Expr::Str(word) => Some(word),
                _ => None,
            },
            _ => None,
        }
    }

    /// Every word of the language, in order.
    pub fn keywords(&self) -> BTreeSet<&str> {
        self.rules.keys().filter_map(|name| self.keyword(name)).collect()
    }

    /// Words that are no name wherever they stand. `test` is not among them: it needs what follows it.
    pub fn reserved(&self) -> BTreeSet<&str> {
        self.alternatives("reserved").into_iter().filter_map(|name| self.keyword(name)).collect()
    }

    /// The words of the operators and of what joins conditions.
    pub fn operators(&self) -> BTreeSet<&str> {
        let rules = ["operator", "not_condition", "and_condition_tail", "or_condition_tail"];
        rules.iter().flat_map(|rule| self.keywords_in(rule)).collect()
    }

    /// The words that a rule names itself.
    pub fn keywords_in(&self, rule: &str) -> BTreeSet<&str> {
        let named = self.rules.get(rule).map(|rule| named(&rule.expr)).unwrap_or_default();
        named.into_iter().filter_map(|name| self.keyword(name)).collect()
    }

    /// The rules that an item can be, in order, those behind silent rules too.
    pub fn items(&self) -> Vec<&str> {
        let mut items = vec!["edition"];
        for name in self.alternatives("item") {
            let inner = self.alternatives(name);
            if inner.len() > 1 { items.extend(inner) } else { items.push(name) }
        }
        items
    }

    /// The rules that a choice is between; others than plain names are left out.
    pub fn alternatives(&self, rule: &str) -> Vec<&str> {
        let Some(rule) = self.rules.get(rule) else { return Vec::new() };
        let mut names = Vec::new();
        for alternative in alternatives(&rule.expr) {
            if let Expr::Ident(name) = alternative {
                names.push(name.as_str());
            }
        }
        names
    }
}

/// The rules that an expression names, what is only looked at apart, in order.
pub fn named(expr: &Expr) -> Vec<&str> {
    match expr {
        Expr::Ident(name) => vec![name],
        Expr::PosPred(_) | Expr::NegPred(_) => Vec::new(),
        other => parts_of(other).into_iter().flat_map(named).collect(),
    }
}

/// The expressions that one is made of.
pub fn parts_of(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Seq(first, second) | Expr::Choice(first, second) => vec![first, second],
        Expr::PosPred(inner)
        | Expr::NegPred(inner)
        | Expr::Opt(inner)
        | Expr::Rep(inner)
        | Expr::RepOnce(inner)
        | Expr::RepExact(inner, _)
        | Expr::RepMin(inner, _)
        | Expr::RepMax(inner, _)
        | Expr::RepMinMax(inner, _, _)
        | Expr::Push(inner) => vec![inner],
        _ => Vec::new(),
    }
}
