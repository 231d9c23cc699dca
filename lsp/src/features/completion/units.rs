//! What can stand behind digits: durations, sizes, counts, shares and money, as far as the place takes them.

use super::{Completion, Insert, Place, Sort, field_of};
use crate::features::names::{Domain, Quantity};
use wayleave_grammar::ast::{self, Node};
use wayleave_grammar::{SyntaxKind, SyntaxToken};

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Time,
    Share,
    Tokens,
    Requests,
    Money,
}

/// What can stand behind digits.
const UNITS: &[(&str, Measure)] = &[
    ("ms", Measure::Time),
    ("s", Measure::Time),
    ("min", Measure::Time),
    ("h", Measure::Time),
    ("d", Measure::Time),
    ("%", Measure::Share),
    (" tokens", Measure::Tokens),
    ("k tokens", Measure::Tokens),
    ("M tokens", Measure::Tokens),
    (" requests", Measure::Requests),
];

/// What can stand behind digits that a `$` stands before.
const OF_MONEY: &[&str] =
    &[" per day", " per week", " per month", " per quarter", " per year", " per 1M tokens", " in", " out"];

impl Measure {
    fn of(domain: Domain) -> Option<Measure> {
        match domain {
            Domain::Quantity(Quantity::Tokens) => Some(Measure::Tokens),
            Domain::Quantity(Quantity::Share) => Some(Measure::Share),
            Domain::Quantity(Quantity::Price) => Some(Measure::Money),
            Domain::Quantity(Quantity::Instant | Quantity::TimeOfDay)
            | Domain::Named(..)
            | Domain::Model
            | Domain::Target
            | Domain::Findings
            | Domain::Text
            | Domain::Truth => None,
        }
    }

    fn of_field(field: &str) -> Option<Measure> {
        match field {
            "context" | "output" => Some(Measure::Tokens),
            "connect" | "first-token" | "idle" | "timeout" => Some(Measure::Time),
            "price" => Some(Measure::Money),
            _ => None,
        }
    }
}

/// What the amounts of a price are for.
const PER_TOKENS: &str = "per 1M tokens";

/// How much of a limit or budget may be used.
const USED: [&str; 2] = ["80%", "100%"];

/// Whether a token stands in a price, of a model or as one that is asked.
pub(super) fn is_in_price(token: &SyntaxToken) -> bool {
    let is_price = |node: &wayleave_grammar::SyntaxNode| match node.kind() {
        SyntaxKind::Price => true,
        SyntaxKind::Literal => node
            .children_with_tokens()
            .filter_map(|one| one.into_token())
            .any(|one| one.kind() == SyntaxKind::Money),
        _ => false,
    };
    token.parent_ancestors().any(|node| is_price(&node))
}

/// What the amounts of a price are for that is being written, in the order written.
fn stated_parts(token: &SyntaxToken) -> Vec<String> {
    let Some(price) = token.parent_ancestors().find(|node| node.kind() == SyntaxKind::Price) else {
        return Vec::new();
    };
    let parts = price.children().filter_map(ast::PricePart::cast);
    let before = parts.filter(|part| part.range().end() <= token.text_range().start());
    before.filter_map(|part| part.word()).map(|name| name.text()).collect()
}

impl Place<'_> {
    /// Whole numbers that can stand at a place, or the rest of one.
    pub(super) fn numbers(&self) -> Vec<Completion> {
        let value = |text: &str| {
            self.offer(text.to_owned(), Sort::Unit, String::new(), Insert::Plain(text.to_owned()))
        };
        if let Some(read) = self.trial.read(PER_TOKENS) {
            let token = read.token();
            let parts = stated_parts(&token);
            let has = |name: &str| parts.iter().any(|part| part == name);
            let asked = self.asked(&token).map(|asked| asked.domain);
            let is_asked = asked == Some(Domain::Quantity(Quantity::Price));
            let is_stated = field_of(&token).is_some() && has("in") && has("out");
            if is_in_price(&token) && (is_asked || is_stated) {
                return vec![value(PER_TOKENS)];
            }
        }
        let shares = USED.iter().filter(|share| {
            let read = self.trial.read(share);
            let asked = read.and_then(|read| self.asked(&read.token()));
            asked.is_some_and(|asked| asked.is_counter && asked.takes_one())
        });
        shares.map(|share| value(share)).collect()
    }

    /// What an amount of a price can be for that no other is for.
    pub(super) fn parts_of_price(&self, token: &SyntaxToken) -> Vec<Completion> {
        let stated = stated_parts(token);
        let mut found = self.language_words("price");
        found.retain(|one| !stated.contains(&one.label));
        // No word is reserved behind an amount.
        found.iter_mut().for_each(|one| one.insert = Insert::Plain(one.label.clone()));
        found
    }

    pub(super) fn units(&self, written: &str) -> Vec<Completion> {
        let digits = written.trim_end_matches(|c: char| !c.is_ascii_digit());
        let before = &self.known.sources.file(self.file).text[..self.start];
        if before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').ends_with('$') {
            return OF_MONEY.iter().filter_map(|unit| self.unit(digits, unit, Measure::Money)).collect();
        }
        UNITS.iter().filter_map(|(unit, measure)| self.unit(digits, unit, *measure)).collect()
    }

    fn unit(&self, digits: &str, unit: &str, measure: Measure) -> Option<Completion> {
        let text = format!("{digits}{unit}");
        let read = self.trial.read(&text)?;
        let token = read.token();
        let wanted = self.asked(&token).map(|asked| Measure::of(asked.domain));
        let wanted = wanted.or_else(|| field_of(&token).map(|name| Measure::of_field(&name)));
        // A price has two amounts at least, each with what it is for.
        let is_half_a_price = field_of(&token).is_some() && text.contains(" per ");
        let fits = wanted.is_none_or(|wanted| wanted == Some(measure)) && !is_half_a_price;
        fits.then(|| self.offer(text.clone(), Sort::Unit, String::new(), Insert::Plain(text)))
    }
}
