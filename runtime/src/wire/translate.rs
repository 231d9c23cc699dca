//! What is said in one dialect, said in the other: OpenAI's Chat Completions and Anthropic's Messages. Bytes in, bytes out.
//!
//! What both can say is carried as it was written: a number keeps its spelling, a text its escapes. What the other cannot say is dropped
//! with its name where nothing hangs on it, and refused where the caller would get something else than was asked for;
//! [`rules`] says which, member by member. Nothing is invented: no answer, no end of a stream, no count.

pub mod rules;

pub mod usage;

mod errors;

pub mod stream;

mod raw;

mod notes;

mod parts;

mod tools;

mod reasoning;

mod format;

mod to_messages;

mod to_chat;

mod answers;

mod finish;

use super::Dialect;
use super::answer::NoAnswer;
use super::json::{Keys, Kind};
use bytes::Bytes;
use notes::Notes;
use raw::Value;
use usage::Counts;

/// What a request has to know of the target that it is for.
#[derive(Debug, Clone, Copy)]
pub struct TargetFacts<'a> {
    /// The provider's name of the model.
    pub model: &'a str,
    /// The output tokens that it can give: what Messages is told where the caller says no limit, since it has to be told one.
    pub output_limit: u64,
    /// The output tokens that the decision obliges to.
    pub cap: Option<u64>,
}

/// A request in the other dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// For the provider.
    pub body: Bytes,
    /// What was left out since the other dialect has no word for it and nothing hangs on it, each name once, in the order met.
    pub dropped: Vec<String>,
    /// Whether a streamed answer is to count its tokens: as Chat asks for, and as Messages always does.
    pub wants_usage: bool,
}

/// A request that the other dialect cannot say without changing what the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotCarry {
    /// A sentence each: the member in backticks, and why. Never empty.
    pub what: Vec<String>,
}

impl std::fmt::Display for CannotCarry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what.join("; "))
    }
}

/// An answer in the other dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedAnswer {
    /// For the caller.
    pub body: Bytes,
    /// The tokens it counts.
    pub counts: Counts,
    /// What was left out, each name once.
    pub dropped: Vec<String>,
}

/// The body of a request in the other dialect than `from`, for that target.
///
/// # Errors
/// With all that the other dialect cannot say; or that the body is no object without duplicate keys.
pub fn request(from: Dialect, body: &[u8], target: &TargetFacts<'_>) -> Result<Carried, CannotCarry> {
    let whole = std::str::from_utf8(body).ok().and_then(|text| Value::read(text, Keys::Unique).ok());
    let Some(whole) = whole.filter(|whole| whole.kind() == Kind::Object) else {
        return Err(CannotCarry { what: vec!["the body is not a JSON object".to_owned()] });
    };
    let mut notes = Notes::default();
    let whole = whole.object();
    let (body, wants_usage) = match from {
        Dialect::OpenAi => to_messages::body(&whole, target, &mut notes),
        Dialect::Anthropic => (to_chat::body(&whole, target, &mut notes), true),
    };
    match notes.refused.is_empty() {
        true => Ok(Carried { body: Bytes::from(body), dropped: notes.dropped, wants_usage }),
        false => Err(CannotCarry { what: notes.refused }),
    }
}

/// A provider's whole answer, said in the other dialect than its own. `created` is the time that Chat writes into an answer, in
/// seconds since 1970.
///
/// # Errors
/// When it is no answer, or one that the other dialect cannot say.
pub fn answer(from: Dialect, body: &[u8], created: u64) -> Result<CarriedAnswer, NoAnswer> {
    let text = std::str::from_utf8(body).map_err(|_| NoAnswer::NotAnAnswer)?;
    let whole = Value::read(text, Keys::Unchecked)?;
    if whole.kind() != Kind::Object {
        return Err(NoAnswer::NotAnAnswer);
    }
    let whole = whole.object();
    if let Some(error) = whole.get("error") {
        return Err(NoAnswer::Error(errors::of_member(error.raw())));
    }
    let mut notes = Notes::default();
    let (body, counts) = match from {
        Dialect::OpenAi => answers::to_messages(&whole, &mut notes),
        Dialect::Anthropic => answers::to_chat(&whole, created, &mut notes),
    }
    .ok_or(NoAnswer::NotAnAnswer)?;
    Ok(CarriedAnswer { body: Bytes::from(body), counts, dropped: notes.dropped })
}

#[cfg(test)]
mod tests;
