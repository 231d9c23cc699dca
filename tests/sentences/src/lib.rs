//! Sentences made from a grammar written in pest's notation: random walks over its rules, led to the alternatives that were
//! taken least, and mutants of the sentences. Respects atomic rules; now and then glues tokens that need not be apart, and
//! so also makes texts that only look like sentences. Whether a text is one is the grammar's own word.

use fastrand::Rng;
use pest_meta::ast::{Expr, Rule, RuleType};
use pieces::{CHARACTERS, PIECES, WORDS};
use std::collections::BTreeMap;

mod grammar;

mod pieces;

use grammar::idents;
pub use grammar::{Grammar, Taken, alternatives};

/// Deeper than this, a walk takes the shortest way out.
const DEPTH: usize = 40;

/// The place of a rule itself among what was taken in it.
const ENTERED: usize = usize::MAX;

/// The alternative of a rule that a slip is made in: none of its own.
const NOWHERE: usize = usize::MAX - 1;

/// Makes sentences, and remembers which alternatives it has taken.
pub struct Writer<'g> {
    grammar: &'g Grammar,
    rng: Rng,
    /// Of sentences that were accepted.
    counts: BTreeMap<Taken, usize>,
    /// Of the sentence under way.
    taken: Vec<Taken>,
    text: String,
    depth: usize,
    /// How many choices of the rule under way were met.
    choice: usize,
    rule: String,
    /// One gap in so many is left out, needed or not; 0: none.
    glue: usize,
    /// In which rule another is written in place of which; `None`: nowhere.
    slip: Option<(String, String)>,
    /// The alternative that the walk makes for, with how far each rule is from it.
    goal: Option<(String, usize, BTreeMap<String, usize>)>,
}

impl<'g> Writer<'g> {
    /// A writer whose sentences are determined by the seed.
    pub fn new(grammar: &'g Grammar, seed: u64) -> Writer<'g> {
        Writer {
            grammar,
            rng: Rng::with_seed(seed),
            counts: BTreeMap::new(),
            taken: Vec::new(),
            text: String::new(),
            depth: 0,
            choice: 0,
            rule: String::new(),
            glue: 0,
            slip: None,
            goal: None,
        }
    }

    /// One sentence of a rule. Every third has glued tokens; every third has a wrong part, and so is mostly none.
    pub fn sentence(&mut self, rule: &str) -> String {
        self.text.clear();
        self.taken.clear();
        self.depth = 0;
        self.glue = if self.rng.u8(0..3) == 0 { 6 } else { 0 };
        self.slip = if self.rng.u8(0..3) == 0 { self.wrong_place() } else { None };
        self.goal = match &self.slip {
            Some((rule, _)) => Some((rule.clone(), NOWHERE, self.grammar.distances(rule))),
            None if self.rng.u8(0..3) > 0 => self.neediest(),
            None => None,
        };
        self.rule(rule, false);
        std::mem::take(&mut self.text)
    }

    /// Counts the sentence made last: it was accepted.
    pub fn accept(&mut self) {
        for taken in std::mem::take(&mut self.taken) {
            *self.counts.entry(taken).or_default() += 1;
        }
    }

    /// The alternative, or the rule, that was taken least.
    fn neediest(&mut self) -> Option<(String, usize, BTreeMap<String, usize>)> {
        let count = |taken: &Taken| self.counts.get(taken).copied().unwrap_or(0);
        let rules = self.grammar.written().map(|rule| (rule.to_owned(), ENTERED, 0));
        let (rule, place, index) = self.grammar.chosen().chain(rules).min_by_key(count)?;
        let distances = self.grammar.distances(&rule);
        Some((rule, if place == ENTERED { ENTERED } else { index }, distances))
    }

    /// How many times a rule was written in accepted sentences.
    pub fn written(&self, rule: &str) -> usize {
        self.counts.get(&(rule.to_owned(), ENTERED, 0)).copied().unwrap_or(0)
    }

    /// How often each alternative was taken in accepted sentences.
    pub fn counts(&self) -> &BTreeMap<Taken, usize> {
        &self.counts
    }

    /// A text that differs from another by one to three small changes.
    pub fn mutant(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..self.rng.usize(1..=3) {
            let at = self.rng.usize(0..=characters.len());
            let end = (at + self.rng.usize(1..=4)).min(characters.len());
            match self.rng.u8(0..7) {
                0 => drop(characters.drain(at..end)),
                1 => {
                    let copy: Vec<char> = characters[at..end].to_vec();
                    characters.splice(at..at, copy);
                }
                2 if end > at + 1 => characters.swap(at, end - 1),
                3 => {
                    let blank = characters.iter().skip(at).position(|character| character.is_whitespace());
                    if let Some(blank) = blank {
                        characters.remove(at + blank);
                    }
                }
                4 => characters.truncate(at.max(characters.len() / 2)),
                _ => {
                    let piece = PIECES[self.rng.usize(0..PIECES.len())];
                    characters.splice(at..at, piece.chars());
                }
            }
        }
        characters.into_iter().collect()
    }

    fn rule(&mut self, name: &str, is_atomic: bool) {
        if let Some(text) = self.terminal(name) {
            self.text.push_str(&text);
            return;
        }
        let Some(rule) = self.grammar.rules.get(name) else { return };
        let is_atomic = match rule.ty {
            RuleType::Atomic | RuleType::CompoundAtomic => true,
            RuleType::NonAtomic => false,
            RuleType::Normal | RuleType::Silent => is_atomic,
        };
        self.taken.push((name.to_owned(), ENTERED, 0));
        if self.goal.as_ref().is_some_and(|(rule, index, _)| rule == name && *index == ENTERED) {
            self.goal = None;
        }
        let outer = (std::mem::replace(&mut self.rule, name.to_owned()), std::mem::take(&mut self.choice));
        self.depth += 1;
        self.expr(&rule.expr, is_atomic);
        self.depth -= 1;
        (self.rule, self.choice) = outer;
    }

    fn expr(&mut self, expr: &Expr, is_atomic: bool) {
        match expr {
            Expr::Str(text) | Expr::Insens(text) => self.text.push_str(text),
            Expr::Range(first, last) => {
                let bound = |text: &str| text.chars().next().unwrap_or('a');
                let character = self.rng.char(bound(first)..=bound(last));
                self.text.push(character);
            }
            Expr::Ident(name) if !is_atomic && self.slips(name) => {
                let others = match self.grammar.siblings.get(name).filter(|_| self.rng.u8(0..8) > 0) {
                    Some(siblings) if !siblings.is_empty() => siblings.iter().collect(),
                    _ => self.grammar.rules.keys().collect::<Vec<&String>>(),
                };
                let other = others[self.rng.usize(0..others.len())].clone();
                self.rule(&other, is_atomic);
            }
            Expr::Ident(name) => self.rule(name, is_atomic),
            Expr::Seq(first, second) => self.sequence(first, second, is_atomic),
            Expr::Choice(_, _) => self.choose(&alternatives(expr), is_atomic),
            Expr::Opt(inner) => self.repeat(inner, 0, 1, is_atomic),
            // The items of a file, and the clauses of a rule, are what there is most of.
            Expr::Rep(inner) => self.repeat(inner, 0, if self.depth <= 4 { 6 } else { 3 }, is_atomic),
            Expr::RepOnce(inner) => self.repeat(inner, 1, 3, is_atomic),
            Expr::RepExact(inner, count) => self.times(inner, *count as usize, is_atomic),
            Expr::RepMin(inner, least) => self.repeat(inner, *least as usize, *least as usize + 2, is_atomic),
            Expr::RepMax(inner, most) => self.repeat(inner, 0, *most as usize, is_atomic),
            Expr::RepMinMax(inner, least, most) => {
                self.repeat(inner, *least as usize, *most as usize, is_atomic);
            }
            _ => {}
        }
    }

    /// Any place where a rule names another.
    fn wrong_place(&mut self) -> Option<(String, String)> {
        let rules: Vec<&Rule> =
            self.grammar.rules.values().filter(|rule| !idents(&rule.expr).is_empty()).collect();
        let rule = rules[self.rng.usize(0..rules.len())];
        let names = idents(&rule.expr);
        Some((rule.name.clone(), names[self.rng.usize(0..names.len())].to_owned()))
    }

    /// Whether the wrong part stands here.
    fn slips(&mut self, name: &str) -> bool {
        let is_here = self.slip.as_ref().is_some_and(|(rule, part)| *rule == self.rule && part == name);
        if is_here {
            self.slip = None;
            self.goal = None;
        }
        is_here
    }

    /// A part that looks ahead writes nothing; what it forbids is mostly avoided.
    fn sequence(&mut self, first: &Expr, second: &Expr, is_atomic: bool) {
        match first {
            Expr::PosPred(_) => self.expr(second, is_atomic),
            Expr::NegPred(forbidden) => {
                let (length, taken, choice) = (self.text.len(), self.taken.len(), self.choice);
                for _ in 0..6 {
                    self.expr(second, is_atomic);
                    if !self.begins(forbidden, &self.text[length..]) {
                        return;
                    }
                    self.text.truncate(length);
                    self.taken.truncate(taken);
                    self.choice = choice;
                }
                self.expr(second, is_atomic);
            }
            _ => {
                self.expr(first, is_atomic);
                if !is_atomic && !matches!(second, Expr::NegPred(_) | Expr::PosPred(_)) {
                    self.gap();
                }
                self.expr(second, is_atomic);
            }
        }
    }

    /// Whether a text begins with what a simple expression matches.
    fn begins(&self, expr: &Expr, text: &str) -> bool {
        match expr {
            Expr::Str(prefix) => text.starts_with(prefix.as_str()),
            Expr::Range(first, last) => {
                let bound = |text: &str| text.chars().next().unwrap_or('a');
                text.chars().next().is_some_and(|c| (bound(first)..=bound(last)).contains(&c))
            }
            Expr::Choice(first, second) => self.begins(first, text) || self.begins(second, text),
            Expr::Ident(name) => match name.strip_prefix("kw_") {
                Some(word) => text == word.replace('_', "-"),
                None => self.grammar.rules.get(name).is_some_and(|rule| self.begins(&rule.expr, text)),
            },
            Expr::Seq(first, _) => matches!(**first, Expr::Str(_)) && self.begins(first, text),
            _ => false,
        }
    }

    fn choose(&mut self, alternatives: &[&Expr], is_atomic: bool) {
        let place = self.choice;
        self.choice += 1;
        let depths: Vec<usize> =
            alternatives.iter().map(|expr| self.grammar.depth(expr).unwrap_or(usize::MAX)).collect();
        let shortest = depths.iter().copied().min().unwrap_or(0);
        let taken = |index: usize| self.counts.get(&(self.rule.clone(), place, index)).copied().unwrap_or(0);
        let open: Vec<usize> = (0..alternatives.len())
            .filter(|index| self.depth < DEPTH || depths[*index] == shortest)
            .collect();
        let goal = self.goal.as_ref().and_then(|(rule, index, distances)| {
            if *rule == self.rule && place == 0 {
                return Some(*index);
            }
            let distance = |index: &usize| self.grammar.distance(alternatives[*index], distances);
            open.iter().copied().filter(|index| distance(index).is_some()).min_by_key(distance)
        });
        // On the way to the goal; else half of the time the one that was taken least, and half of the time any.
        let index = if let Some(index) = goal.filter(|index| open.contains(index)) {
            index
        } else if self.rng.bool() {
            open.iter().copied().min_by_key(|index| taken(*index)).unwrap_or(0)
        } else {
            open[self.rng.usize(0..open.len())]
        };
        if self
            .goal
            .as_ref()
            .is_some_and(|(rule, goal, _)| *rule == self.rule && place == 0 && *goal == index)
        {
            self.goal = None;
        }
        self.taken.push((self.rule.clone(), place, index));
        self.expr(alternatives[index], is_atomic);
    }

    fn repeat(&mut self, inner: &Expr, least: usize, most: usize, is_atomic: bool) {
        let place = self.choice;
        self.choice += 1;
        // Later parts weigh less, so that lists stay short and nesting ends.
        let most = if self.depth < DEPTH { most } else { least };
        let leads_to_goal = |(_, _, distances): &(String, usize, BTreeMap<String, usize>)| {
            self.grammar.distance(inner, distances).is_some_and(|distance| distance < 8)
        };
        let is_wanted = most > least && self.goal.as_ref().is_some_and(leads_to_goal) && self.rng.bool();
        let mut count = if is_wanted { least.max(1) } else { least };
        let chance = if self.depth <= 4 { 7 } else { 4 };
        while count < most && self.rng.u8(0..10) < chance {
            count += 1;
        }
        self.taken.push((self.rule.clone(), place, count.min(2)));
        self.times(inner, count, is_atomic);
    }

    fn times(&mut self, inner: &Expr, count: usize, is_atomic: bool) {
        let choice = self.choice;
        for index in 0..count {
            if index > 0 && !is_atomic {
                self.gap();
            }
            self.choice = choice;
            self.expr(inner, is_atomic);
        }
    }

    /// What stands between two tokens.
    fn gap(&mut self) {
        if self.glue > 0 && self.rng.usize(0..self.glue) == 0 {
            return;
        }
        let gap = match self.rng.u8(0..24) {
            0 => "\n",
            1 => "\n  ",
            2 => "\t",
            3 => "\r\n",
            4 => "  // a comment, \"and\" more }\n",
            5 => "\n/// a doc comment\n",
            6 => "  //\n\n\n",
            _ => " ",
        };
        self.text.push_str(gap);
    }

    /// One of the words of the language: where a name stands, that is mostly wrong.
    fn any_word(&mut self) -> String {
        let words: Vec<&str> =
            self.grammar.rules.keys().filter_map(|name| name.strip_prefix("kw_")).collect();
        words[self.rng.usize(0..words.len())].replace('_', "-")
    }

    /// What pest knows by itself, and tokens that are worth more than chance.
    fn terminal(&mut self, name: &str) -> Option<String> {
        let pick = |rng: &mut Rng, from: &[&str]| from[rng.usize(0..from.len())].to_owned();
        Some(match name {
            "SOI" | "EOI" => String::new(),
            "ASCII_DIGIT" => self.rng.digit(10).to_string(),
            "ASCII_HEX_DIGIT" => self.rng.digit(16).to_string(),
            "ASCII_ALPHA" => self.rng.alphabetic().to_string(),
            "ASCII_ALPHANUMERIC" => self.rng.alphanumeric().to_string(),
            "ANY" => pick(&mut self.rng, CHARACTERS),
            "ident" => match self.rng.u8(0..12) {
                0 => self.any_word(),
                1..=8 => pick(&mut self.rng, WORDS),
                _ => return None,
            },
            // Nothing else than 2026 is an edition, and the year is 4 digits or the date none.
            "number" if self.rule == "edition" => "2026".to_owned(),
            "day" => {
                format!("20{:02}-{:02}-{:02}", self.rng.u8(0..100), self.rng.u8(1..13), self.rng.u8(1..29))
            }
            "clock" => format!("{:02}:{:02}", self.rng.u8(0..24), self.rng.u8(0..60)),
            "two" => format!("{:02}", self.rng.u8(0..60)),
            _ => return None,
        })
    }
}
