//! Constants: a written value as a value of a type. Used for defaults, facts and what a test gives.

use super::names::unknown;
use super::{Lower, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::BTreeSet;
use wayleave_grammar::ast::{DateText, Literal, LiteralValue, Node, Value as Written};
use wayleave_program::instant::from_date;
use wayleave_program::schema::{NamedType, Shape, Type};
use wayleave_program::sources::allowed;
use wayleave_program::value::{Instant, MemberId, MinuteOfDay, Share, Tokens, Value};

/// What other languages call a value that is missing.
pub(super) const NOTHING: [&str; 4] = ["null", "none", "nil", "undefined"];

impl Lower<'_> {
    /// A constant of a type, for the attribute or field `owner`.
    pub(super) fn value(
        &mut self,
        file: FileId,
        owner: &str,
        value_type: &Type,
        value: &Written,
    ) -> Option<Value> {
        match value_type {
            Type::Named(named) => self.member(file, named, value).map(Value::Member),
            Type::NamedSet(named) => {
                let members = self.list(file, owner, value_type, value)?;
                let ids: Option<Vec<MemberId>> =
                    members.iter().map(|value| self.member(file, named, value)).collect();
                Some(Value::Set(ids?.into_iter().map(|id| named.name_of(id).to_owned()).collect()))
            }
            Type::TextSet => {
                let members = self.list(file, owner, value_type, value)?;
                let texts: Option<BTreeSet<String>> =
                    members.iter().map(|value| self.text(file, owner, value)).collect();
                texts.map(Value::Set)
            }
            Type::Text => self.text(file, owner, value).map(Value::Text),
            Type::Model => self.model_text(file, owner, value).map(Value::Text),
            Type::Bool => match literal(value) {
                Some(LiteralValue::Boolean(is_true)) => Some(Value::Bool(is_true)),
                _ => self.mismatch(file, owner, value_type, value),
            },
            Type::Tokens => self.tokens(file, owner, value).map(|count| Value::Tokens(Tokens(count))),
            Type::Instant => match literal(value).as_ref().and_then(|literal| self.moment(literal)) {
                Some(instant) => Some(Value::Instant(instant)),
                None => self.mismatch(file, owner, value_type, value),
            },
            Type::Share => match literal(value) {
                Some(LiteralValue::SharePpm(ppm)) => Some(Value::Share(Share(ppm))),
                _ => self.mismatch(file, owner, value_type, value),
            },
            Type::TimeOfDay => match literal(value) {
                Some(LiteralValue::TimeOfDayMinutes(minute)) => Some(Value::TimeOfDay(MinuteOfDay(minute))),
                _ => self.mismatch(file, owner, value_type, value),
            },
            Type::Parts => self.text(file, owner, value).map(|text| Value::Parts(vec![text])),
        }
    }

    fn list(
        &mut self,
        file: FileId,
        owner: &str,
        value_type: &Type,
        value: &Written,
    ) -> Option<Vec<Written>> {
        match value {
            Written::List(list) => Some(list.values().collect()),
            _ => {
                let at = span_of(file, value);
                let text = self.sources.text(at);
                let diagnostic =
                    Diagnostic::new(Code::R0201, format!("`{owner}` is a list"), at, "a single value")
                        .with_help(format!("write `[{text}]`"))
                        .with_fix("write a list", at, format!("[{text}]"), Applicability::Always);
                let _ = value_type;
                self.report(diagnostic);
                None
            }
        }
    }

    /// One member of a named type.
    pub(super) fn member(&mut self, file: FileId, named: &NamedType, value: &Written) -> Option<MemberId> {
        let name = match value {
            Written::Name(name) => name.text(),
            Written::Literal(literal) => match literal.value()? {
                LiteralValue::Text(text) => text,
                _ => return self.no_member(file, named, value),
            },
            _ => return self.no_member(file, named, value),
        };
        if let Some(member) = named.member(&name) {
            return Some(member);
        }
        let candidates: Vec<_> = named.members.iter().map(|member| (member.name.clone(), None)).collect();
        let what = format!("value of `{}`:", named.name);
        let mut diagnostic = unknown(&what, &name, span_of(file, value), &candidates);
        diagnostic.message = format!("`{}` has no value `{name}`", named.name);
        diagnostic.primary.text = format!("not a value of `{}`", named.name);
        diagnostic.help = diagnostic.fixes.first().map(|fix| fix.title.clone()).or(diagnostic.help);
        if named.members.is_empty() {
            diagnostic.help = Some(format!("the policy declares nothing that `{}` could name", named.name));
        }
        if NOTHING.contains(&name.to_ascii_lowercase().as_str()) {
            let help = "there is no null: a missing value counts as the attribute's `default`";
            diagnostic.help = Some(help.to_owned());
            diagnostic.fixes.clear();
        }
        self.report(diagnostic);
        None
    }

    fn no_member<T>(&mut self, file: FileId, named: &NamedType, value: &Written) -> Option<T> {
        let names: Vec<String> =
            named.members.iter().take(5).map(|member| format!("`{}`", member.name)).collect();
        let more = if named.members.len() > 5 { " and others" } else { "" };
        let message = format!("expected a value of `{}`", named.name);
        let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, value), "not one of its values");
        self.report(diagnostic.with_help(format!("there are {}{more}", names.join(", "))));
        None
    }

    /// A text; a bare word is answered with its quotes.
    pub(super) fn text(&mut self, file: FileId, owner: &str, value: &Written) -> Option<String> {
        if let Some(LiteralValue::Text(text)) = literal(value) {
            return Some(text);
        }
        if is_reported(value) {
            return None;
        }
        let at = span_of(file, value);
        let written = self.sources.text(at).to_owned();
        let mut diagnostic = Diagnostic::new(
            Code::R0201,
            format!("`{owner}` is a text, and texts stand in quotes"),
            at,
            "not a text",
        );
        if NOTHING.contains(&written.to_ascii_lowercase().as_str()) {
            let help = "there is no null: a missing value counts as the attribute's `default`";
            diagnostic = diagnostic.with_help(help);
        } else if matches!(value, Written::Name(_) | Written::Attribute(_) | Written::Target(_)) {
            let quoted = format!("{written:?}");
            diagnostic = diagnostic.with_help(format!("write `{quoted}`")).with_fix(
                "put it in quotes",
                at,
                quoted,
                Applicability::Always,
            );
        }
        self.report(diagnostic);
        None
    }

    /// What a caller would put into `model`: an alias, a target or a text.
    fn model_text(&mut self, file: FileId, owner: &str, value: &Written) -> Option<String> {
        match value {
            Written::Name(name) => {
                let text = name.text();
                if self.declared.names.get(super::names::Kind::Alias, &text).is_none() {
                    let at = span_of(file, value);
                    self.unknown_name(super::names::Kind::Alias, &text, at);
                    return None;
                }
                Some(text)
            }
            Written::Target(path) => {
                let targets = self.target_path(file, path)?;
                let only = targets.first().filter(|_| !path.is_all_models())?;
                Some(self.declared.catalogue.target(*only).name.clone())
            }
            _ => self.text(file, owner, value),
        }
    }

    /// A token count, with its unit.
    pub(super) fn tokens(&mut self, file: FileId, owner: &str, value: &Written) -> Option<u64> {
        match literal(value) {
            Some(LiteralValue::Tokens(count)) => Some(count),
            Some(LiteralValue::Integer(_)) => {
                let at = span_of(file, value);
                self.missing_unit(owner, at);
                None
            }
            _ => self.mismatch(file, owner, &Type::Tokens, value),
        }
    }

    /// A bare number where tokens are meant.
    pub(super) fn missing_unit(&mut self, owner: &str, at: Span) {
        let written = self.sources.text(at);
        let help = format!("write `{written} tokens`");
        let diagnostic = Diagnostic::new(
            Code::R0202,
            format!("`{owner}` is a token count, and this number has no unit"),
            at,
            "of what",
        )
        .with_help(help)
        .with_fix("write the unit", at.after(), " tokens", Applicability::Always);
        self.report(diagnostic);
    }

    pub(super) fn mismatch<T>(
        &mut self,
        file: FileId,
        owner: &str,
        value_type: &Type,
        value: &Written,
    ) -> Option<T> {
        if is_reported(value) {
            return None;
        }
        let found = describe(value);
        let code = if is_other_unit(value, value_type) { Code::R0202 } else { Code::R0201 };
        let message = format!("`{owner}` must be {}, and this is {found}", allowed(value_type));
        let diagnostic = Diagnostic::new(code, message, span_of(file, value), found);
        self.report(match example(value_type) {
            Some(example) => diagnostic.with_help(format!("write one such as `{example}`")),
            None => diagnostic,
        });
        None
    }

    /// A date or instant of a `from` or `until`.
    pub(super) fn instant(&mut self, file: FileId, literal: &Literal) -> Option<Instant> {
        let found = literal.value().as_ref().and_then(|value| self.moment(value));
        if found.is_none() && literal.value().is_some() {
            self.error(
                Code::R0201,
                "expected a date such as `2027-06-30`",
                span_of(file, literal),
                "not a date",
            );
        }
        found
    }
}

/// A value as it is written, of a type whose values have no names.
fn example(value_type: &Type) -> Option<&'static str> {
    match value_type {
        Type::Tokens => Some("8k tokens"),
        Type::Instant => Some("2027-06-30"),
        Type::TimeOfDay => Some("09:00"),
        Type::Share => Some("80%"),
        Type::Text | Type::TextSet | Type::Parts => None,
        Type::Model | Type::Bool | Type::Named(_) | Type::NamedSet(_) => None,
    }
}

/// A number with a unit where another unit is wanted: no other type, but another measure.
fn is_other_unit(value: &Written, value_type: &Type) -> bool {
    let is_measure = matches!(value_type, Type::Tokens | Type::Instant | Type::TimeOfDay | Type::Share);
    let is_number = matches!(
        literal(value),
        Some(
            LiteralValue::Integer(_)
                | LiteralValue::Tokens(_)
                | LiteralValue::MoneyUsdMicros(_)
                | LiteralValue::MoneyPerTokens { .. }
                | LiteralValue::SharePpm(_)
                | LiteralValue::DurationMs(_)
                | LiteralValue::TimeOfDayMinutes(_)
        )
    );
    is_measure && is_number
}

/// The literal that a value is.
pub(super) fn literal(value: &Written) -> Option<LiteralValue> {
    match value {
        Written::Literal(literal) => literal.value(),
        _ => None,
    }
}

/// A literal that the parser could not read and has reported.
pub(super) fn is_reported(value: &Written) -> bool {
    matches!(value, Written::Literal(literal) if literal.value().is_none())
}

impl Lower<'_> {
    /// A written date, in the policy's zone, or instant.
    pub(super) fn moment(&self, value: &LiteralValue) -> Option<Instant> {
        let parts = |date: &DateText| (date.year.into(), date.month.into(), date.day.into());
        match value {
            LiteralValue::Date(date) => {
                let (year, month, day) = parts(date);
                self.declared.schema.zone.first_instant(year, month, day)
            }
            LiteralValue::Instant(instant) => {
                let (year, month, day) = parts(&instant.date);
                let seconds = i64::from(instant.hour) * 3600
                    + i64::from(instant.minute) * 60
                    + i64::from(instant.second);
                let offset = i64::from(instant.offset_minutes) * 60;
                from_date(year, month, day).map(|midnight| Instant(midnight.0 + seconds - offset))
            }
            _ => None,
        }
    }
}

/// What a value is, in words.
pub(super) fn describe(value: &Written) -> &'static str {
    match value {
        Written::Literal(literal) => match literal.value() {
            Some(LiteralValue::Text(_)) => "a text",
            Some(LiteralValue::Regex { .. }) => "a regular expression",
            Some(LiteralValue::Integer(_)) => "a number without a unit",
            Some(LiteralValue::Tokens(_)) => "a token count",
            Some(LiteralValue::Requests(_)) => "a number of requests",
            Some(LiteralValue::MoneyUsdMicros(_)) => "an amount of money",
            Some(LiteralValue::MoneyPerTokens { .. }) => "a price",
            Some(LiteralValue::SharePpm(_)) => "a percentage",
            Some(LiteralValue::DurationMs(_)) => "a duration",
            Some(LiteralValue::Date(_)) => "a date",
            Some(LiteralValue::Instant(_)) => "an instant",
            Some(LiteralValue::TimeOfDayMinutes(_)) => "a time of day",
            Some(LiteralValue::Boolean(_)) => "true or false",
            None => "a literal",
        },
        Written::Name(_) => "a name",
        Written::Attribute(_) => "an attribute",
        Written::Target(_) => "a target",
        Written::Any(_) => "all targets",
        Written::Group(_) => "a group of targets",
        Written::List(_) => "a list",
        Written::Range(_) => "a range",
        Written::Call(_) => "a call",
        Written::Block(_) => "a block",
        Written::Price(_) => "a price",
    }
}

/// Whether a type is ordered from low to high by name.
pub(super) fn is_scale(named: &NamedType) -> bool {
    named.shape == Shape::Scale
}

/// Where a value stands.
pub(super) fn at(file: FileId, value: &impl Node) -> Span {
    span_of(file, value)
}
