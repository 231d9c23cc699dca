//! Literals: from their text to their value, in the unit of their kind. Never rounds and never wraps: what does not fit is
//! a [`Problem`]. The shapes are those of the language contract, section 2.

use crate::SyntaxKind;

mod dates;

mod numbers;

mod strings;

#[cfg(test)]
mod tests;

pub(crate) use numbers::classify;
pub(crate) use strings::{quote, unquote};

/// What a literal says, in the unit of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LiteralValue {
    /// `"…"`, escapes resolved.
    Text(String),
    /// `r"…"`
    Regex {
        /// As written between the quotes, but with `\"` as `"`.
        pattern: String,
        /// Whether an `i` follows.
        is_any_case: bool,
    },
    /// `8k`, without a unit.
    Integer(u64),
    /// `8k tokens`
    Tokens(u64),
    /// `60 requests`
    Requests(u64),
    /// `$2.50`, in millionths of a dollar.
    MoneyUsdMicros(u64),
    /// `$10 per 1M tokens`
    MoneyPerTokens {
        /// In millionths of a dollar.
        usd_micros: u64,
        /// For so many tokens; not 0.
        tokens: u64,
    },
    /// `0.5%`, in millionths of the whole: 5000.
    SharePpm(u64),
    /// `30s`, in milliseconds.
    DurationMs(u64),
    /// `2027-06-30`, in the time zone of the policy.
    Date(DateText),
    /// `2027-06-30T09:00Z`
    Instant(InstantText),
    /// `09:00`, in minutes since midnight.
    TimeOfDayMinutes(u32),
    /// `true`, `false`
    Boolean(bool),
}

/// A day of the civil calendar; it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateText {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A moment as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstantText {
    /// As written: `2027-06-30T09:00Z`.
    pub text: String,
    /// Its day.
    pub date: DateText,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59; 0 where left out.
    pub second: u8,
    /// Of its clock ahead of UTC; 0 for `Z`.
    pub offset_minutes: i32,
}

/// Why a literal has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `R0001`, or `R0003` where another language is spoken.
    pub(crate) code: &'static str,
    /// Whether its shape is right all the same.
    pub(crate) is_of_meaning: bool,
    /// In the policy's words.
    pub(crate) message: String,
    /// Which bytes of the literal's text.
    pub(crate) at: std::ops::Range<usize>,
    /// The next step.
    pub(crate) help: Option<String>,
    /// What could be written in place of the whole literal, best first.
    pub(crate) instead: Vec<String>,
    /// Whether the only thing that could be written is what was meant.
    pub(crate) is_sure: bool,
}

impl Problem {
    fn new(text: &str, message: impl Into<String>) -> Problem {
        Problem {
            code: "R0001",
            is_of_meaning: false,
            message: message.into(),
            at: 0..text.len(),
            help: None,
            instead: Vec::new(),
            is_sure: true,
        }
    }

    /// Of a literal whose shape is right.
    fn of_meaning(mut self) -> Problem {
        self.is_of_meaning = true;
        self
    }

    fn instead(mut self, text: impl Into<String>) -> Problem {
        self.instead.push(text.into());
        self
    }

    fn unsure(mut self) -> Problem {
        self.is_sure = false;
        self
    }

    fn help(mut self, text: impl Into<String>) -> Problem {
        self.help = Some(text.into());
        self
    }
}

/// The value of one token, without a unit word.
pub(crate) fn read(kind: SyntaxKind, text: &str) -> Result<LiteralValue, Problem> {
    match kind {
        SyntaxKind::String => strings::read_string(text),
        SyntaxKind::ForeignString => Err(strings::foreign_quotes(text)),
        SyntaxKind::Regex => strings::read_regex(text),
        SyntaxKind::Number => numbers::read_integer(text).map(LiteralValue::Integer),
        SyntaxKind::Money => numbers::read_money(text),
        SyntaxKind::Percent => numbers::read_percent(text),
        SyntaxKind::Duration => numbers::read_duration(text),
        SyntaxKind::Date => dates::read_date(text).map(LiteralValue::Date),
        SyntaxKind::Instant => dates::read_instant(text),
        SyntaxKind::Time => dates::read_time(text),
        SyntaxKind::Keyword | SyntaxKind::Ident if text == "true" => Ok(LiteralValue::Boolean(true)),
        SyntaxKind::Keyword | SyntaxKind::Ident if text == "false" => Ok(LiteralValue::Boolean(false)),
        _ => Err(numbers::explain(text)),
    }
}
