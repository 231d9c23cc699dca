//! What can stand behind digits: durations, sizes, counts, shares and money, as far as the place takes them.

use super::{Completion, Insert, Place, Sort, field_of};
use crate::features::names::{Domain, Quantity};

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

impl Place<'_> {
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
        let wanted = self.compared_with(&read.token()).map(Measure::of);
        let wanted = wanted.or_else(|| field_of(&read.token()).map(|name| Measure::of_field(&name)));
        let fits = wanted.is_none_or(|wanted| wanted == Some(measure));
        fits.then(|| self.offer(text.clone(), Sort::Unit, String::new(), Insert::Plain(text)))
    }
}
