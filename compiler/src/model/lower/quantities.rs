//! Quantities in tests: token counts, times and prices, and the intervals that operators make of them.

use super::Lower;
use super::conditions::Asked;
use super::operands::Reading;
use super::values::{at as place, describe, is_reported, literal};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::Interval;
use wayleave_grammar::ast::{LiteralValue, OperatorKind as Op, Value};
use wayleave_program::schema::Type;

impl Lower<'_> {
    pub(super) fn intervals(&mut self, reading: &Reading<'_>) -> Option<Vec<Interval>> {
        match (reading.operator, reading.operand) {
            (Op::In | Op::NotIn, Value::Range(range)) => {
                let (start, end) = (range.start()?, range.end()?);
                let low = self.number(reading, &start, true)?;
                let high = self.number(reading, &end, false)?;
                if matches!(reading.asking.asked, Asked::Value(Type::TimeOfDay)) && low > high {
                    // Over midnight.
                    let evening = Interval { low: Some(low), high: None };
                    return Some(vec![evening, Interval { low: None, high: Some(high) }]);
                }
                if low >= high {
                    self.falling(place(reading.file, range), low == high);
                    return None;
                }
                Some(vec![Interval { low: Some(low), high: Some(high) }])
            }
            (Op::In | Op::NotIn, Value::List(list)) => {
                let values: Vec<Value> = list.values().collect();
                let numbers: Vec<Option<i128>> =
                    values.iter().map(|value| self.number(reading, value, false)).collect();
                numbers
                    .into_iter()
                    .map(|number| number.map(|n| Interval { low: Some(n), high: Some(n + 1) }))
                    .collect()
            }
            (Op::In | Op::NotIn, _) => self.refuse(
                reading,
                "a quantity",
                "write a range such as `in 1k..8k tokens` or `in 09:00..18:00`",
            ),
            (Op::Has | Op::Lacks | Op::Like | Op::Matches, _) => {
                self.refuse(reading, "a quantity", "write `<`, `<=`, `>`, `>=`, `is`, or `in A..B`")
            }
            (operator, value) => {
                let n = self.number(reading, value, false)?;
                let (low, high) = match operator {
                    Op::Less => (None, Some(n)),
                    Op::LessOrEqual => (None, Some(n + 1)),
                    Op::Greater => (Some(n + 1), None),
                    Op::GreaterOrEqual => (Some(n), None),
                    _ => (Some(n), Some(n + 1)),
                };
                Some(vec![Interval { low, high }])
            }
        }
    }

    /// A number in the unit of what is asked. The first end of a range may leave its unit to the second.
    fn number(&mut self, reading: &Reading<'_>, value: &Value, may_lack_unit: bool) -> Option<i128> {
        let name = &reading.asking.name;
        let found = literal(value);
        match &reading.asking.asked {
            Asked::Price => match found {
                Some(LiteralValue::MoneyPerTokens { usd_micros, tokens }) => {
                    Some(i128::from(usd_micros) * 1_000_000 / i128::from(tokens))
                }
                Some(LiteralValue::MoneyUsdMicros(_)) => {
                    let at = place(reading.file, value);
                    let diagnostic = Diagnostic::new(
                        Code::R0202,
                        format!("`{name}` is a price, and this does not say per how many tokens"),
                        at,
                        "per what",
                    )
                    .with_help("write `$10 per 1M tokens`")
                    .with_fix(
                        "write the unit",
                        at.after(),
                        " per 1M tokens",
                        // Prices per thousand are common elsewhere.
                        Applicability::Maybe,
                    );
                    self.report(diagnostic);
                    None
                }
                _ if is_reported(value) => None,
                _ => {
                    let message = format!("`{name}` is a price, and this is {}", describe(value));
                    let diagnostic =
                        Diagnostic::new(Code::R0202, message, place(reading.file, value), describe(value));
                    self.report(diagnostic.with_help("write a price such as `$10 per 1M tokens`"));
                    None
                }
            },
            Asked::Value(Type::Instant) => match found.as_ref().and_then(|found| self.moment(found)) {
                Some(instant) => Some(i128::from(instant.0)),
                None => self.mismatch(reading.file, name, &Type::Instant, value),
            },
            Asked::Value(Type::TimeOfDay) => match found {
                Some(LiteralValue::TimeOfDayMinutes(minutes)) => Some(i128::from(minutes)),
                _ => self.mismatch(reading.file, name, &Type::TimeOfDay, value),
            },
            Asked::Value(Type::Share) => match found {
                Some(LiteralValue::SharePpm(ppm)) => Some(i128::from(ppm)),
                Some(LiteralValue::Integer(_)) => {
                    let at = place(reading.file, value);
                    let written = self.sources.text(at).to_owned();
                    let message = format!("`{name}` is a percentage, and this number has no unit");
                    let diagnostic = Diagnostic::new(Code::R0202, message, at, "of what")
                        .with_help(format!("write `{written}%`"))
                        .with_fix("write the unit", at.after(), "%", Applicability::Always);
                    self.report(diagnostic);
                    None
                }
                _ => self.mismatch(reading.file, name, &Type::Share, value),
            },
            _ => match found {
                Some(LiteralValue::Integer(count)) if may_lack_unit => Some(i128::from(count)),
                _ => self.tokens(reading.file, name, value).map(i128::from),
            },
        }
    }
}
