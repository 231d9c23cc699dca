//! One event of a stream: whether it carries content, ends a choice or the whole, counts tokens, or is an error. Here are
//! the facts, which are the same in every dialect, and how a chat completion says them. Looks at no more than that, and
//! tolerates whatever else stands there.

mod like;

pub use like::Like;

use super::errors::ProviderError;
use super::json::{JsonError, Keys, Kind, Reader, Text};
use super::marks::{CallPiece, Watch};
use super::{Dialect, Usage, message_event, tokens};
use std::ops::Range;

/// The data of the event that ends a stream.
pub(super) const DONE: &[u8] = b"[DONE]";

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunk {
    /// Whether a piece of the answer stands in it: text, a refusal, a tool call, reasoning, sound, or the end of a
    /// choice. A role alone is none.
    pub has_content: bool,
    /// The choices that it speaks about, one bit an index; indexes from 128 on are not tracked.
    pub choices: u128,
    /// Those of them that it ends.
    pub finished: u128,
    /// Whether it is the last of its stream, by the provider's own word.
    pub is_last: bool,
    /// Whether it says nothing but that the connection lives.
    pub is_ping: bool,
    /// The tokens it counts: of the whole stream so far.
    pub usage: Option<Usage>,
    /// An estimate of the output tokens that stand in it.
    pub estimate: u64,
    /// The error it is.
    pub error: Option<ProviderError>,
    /// Where in its data the text stands, quotes included, that alone is a piece of the answer.
    pub text: Option<Range<usize>>,
}

/// An event whose data is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl From<JsonError> for Malformed {
    fn from(_: JsonError) -> Malformed {
        Malformed
    }
}

/// Reads an event's data, in the words of that dialect, and shows `watch` what it looks for.
///
/// # Errors
/// When it is no JSON object, or a member that counts is not of its type.
pub fn read_in(dialect: Dialect, data: &[u8], watch: &mut Watch) -> Result<Chunk, Malformed> {
    match dialect {
        Dialect::OpenAi if data == DONE => Ok(Chunk { is_last: true, ..Chunk::default() }),
        Dialect::OpenAi => read(data, watch),
        Dialect::Anthropic => message_event::read(data, watch),
    }
}

/// Reads the data of an event of a chat completion.
fn read(data: &[u8], watch: &mut Watch) -> Result<Chunk, Malformed> {
    let text = std::str::from_utf8(data).map_err(|_| Malformed)?;
    let mut reader = Reader::new(text, Keys::Unchecked);
    let mut chunk = Chunk::default();
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("choices", Kind::Array) => reader.array(|reader| choice(&mut chunk, reader, watch))?,
            ("model", Kind::String) => watch.model(reader.string()?),
            ("usage", Kind::Object) => chunk.usage = Some(usage(reader, watch)?),
            ("error", Kind::Object | Kind::String) => {
                chunk.error = Some(error(reader)?);
            }
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    reader.end()?;
    Ok(chunk)
}

/// Reads what stands behind `error`.
pub(super) fn error(reader: &mut Reader<'_>) -> Result<ProviderError, Malformed> {
    let raw = reader.raw()?;
    Ok(ProviderError::read(format!("{{\"error\":{raw}}}").as_bytes()).unwrap_or_default())
}

fn choice(chunk: &mut Chunk, reader: &mut Reader<'_>, watch: &mut Watch) -> Result<(), Malformed> {
    let mut index = 0;
    let mut is_finished = false;
    let mut calls = None;
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("index", Kind::Number) => index = reader.number()?.parse().unwrap_or(0),
            ("delta", Kind::Object) => calls = delta(chunk, reader)?,
            ("finish_reason", Kind::String) => {
                reader.skip()?;
                is_finished = true;
            }
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    if let Some(calls) = calls {
        calls_in(calls, index.into(), watch)?;
    }
    let bit = 1_u128.checked_shl(index).unwrap_or(0);
    chunk.choices |= bit;
    if is_finished {
        chunk.finished |= bit;
        chunk.has_content = true;
        chunk.text = None;
    }
    Ok(())
}

/// Notes whether a delta carries a piece of the answer; the calls of tools that stand in it, as they are written.
fn delta<'a>(chunk: &mut Chunk, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Malformed> {
    let mut calls = None;
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        let is_content = matches!(
            key.raw,
            "content"
                | "refusal"
                | "reasoning_content"
                | "reasoning"
                | "tool_calls"
                | "function_call"
                | "audio"
        );
        let (place, raw) = reader.placed()?;
        if is_content && kind != Kind::Null && !matches!(raw, "\"\"" | "[]" | "{}") {
            let is_only_text = !chunk.has_content && key.raw == "content" && kind == Kind::String;
            chunk.text = is_only_text.then_some(place);
            chunk.has_content = true;
            chunk.estimate += tokens::of_text(raw.trim_matches('"'));
            if matches!(key.raw, "tool_calls" | "function_call") {
                calls = Some(raw);
            }
        }
        Ok::<(), Malformed>(())
    })?;
    Ok(calls)
}

/// Shows `watch` the calls of one choice: a list of them, or the one call of the older form.
pub(super) fn calls_in(raw: &str, choice: u64, watch: &mut Watch) -> Result<(), Malformed> {
    let mut reader = Reader::new(raw, Keys::Unchecked);
    if reader.peek()? != Kind::Array {
        let (name, arguments) = function(&mut reader)?;
        watch.call(CallPiece { place: (choice, 0), id: None, name, arguments });
        return Ok(());
    }
    let mut position = 0;
    reader.array(|reader| {
        if reader.peek()? != Kind::Object {
            return reader.skip().map(drop).map_err(Malformed::from);
        }
        let (mut index, mut id, mut called) = (position, None, (None, None));
        position += 1;
        reader.object(|reader, key| {
            match (key.raw, reader.peek()?) {
                ("index", Kind::Number) => index = reader.number()?.parse().unwrap_or(index),
                ("id", Kind::String) => id = Some(reader.string()?),
                // What a `custom` tool is called with is any text.
                ("function" | "custom", Kind::Object) => called = function(reader)?,
                _ => reader.skip().map(drop)?,
            }
            Ok::<(), Malformed>(())
        })?;
        watch.call(CallPiece { place: (choice, index), id, name: called.0, arguments: called.1 });
        Ok(())
    })
}

/// The name and the arguments of a call, or what has come of them.
fn function<'a>(reader: &mut Reader<'a>) -> Result<(Option<Text<'a>>, Option<Text<'a>>), Malformed> {
    let (mut name, mut arguments) = (None, None);
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("name", Kind::String) => name = Some(reader.string()?),
            ("arguments", Kind::String) => arguments = Some(reader.string()?),
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    Ok((name, arguments))
}

/// More tokens than this are no count but a mistake of the provider's.
pub(super) const USAGE_LIMIT_TOKENS: u64 = 1_000_000_000;

/// Reads a `usage` object of OpenAI's.
pub(super) fn usage(reader: &mut Reader<'_>, watch: &mut Watch) -> Result<Usage, Malformed> {
    let mut usage = Usage::default();
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("prompt_tokens", Kind::Number) => usage.input_tokens = count(reader.number()?, watch),
            ("completion_tokens", Kind::Number) => usage.output_tokens = count(reader.number()?, watch),
            ("prompt_tokens_details", Kind::Object) => {
                detail(reader, "cached_tokens", &mut usage.cached_tokens, watch)?
            }
            ("completion_tokens_details", Kind::Object) => {
                detail(reader, "reasoning_tokens", &mut usage.reasoning_tokens, watch)?;
            }
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    Ok(usage)
}

/// Reads one count of an object of counts.
pub(super) fn detail(
    reader: &mut Reader<'_>,
    name: &str,
    tokens: &mut u64,
    watch: &mut Watch,
) -> Result<(), Malformed> {
    reader.object(|reader, key| {
        match reader.peek()? {
            Kind::Number if key.raw == name => *tokens = count(reader.number()?, watch),
            _ => reader.skip().map(drop)?,
        }
        Ok(())
    })
}

/// A count that may be negative, broken or absurd: from 0 to the limit.
pub(super) fn count(number: &str, watch: &mut Watch) -> u64 {
    let whole = number.parse::<u64>().ok().filter(|count| *count <= USAGE_LIMIT_TOKENS);
    whole.unwrap_or_else(|| {
        // Some servers write a whole number as `7.0`, which is no other for it. `as` saturates, which is what a clamp wants.
        let value = number.parse::<f64>().unwrap_or(-1.0);
        let clamped = (value as u64).min(USAGE_LIMIT_TOKENS);
        if value != clamped as f64 {
            watch.suspects_usage();
        }
        clamped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &[u8]) -> Result<Chunk, Malformed> {
        super::read(data, &mut Watch::default())
    }

    fn has_content(delta: &str) -> bool {
        let data = format!("{{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}");
        read(data.as_bytes()).expect("a chunk").has_content
    }

    #[test]
    fn a_role_is_no_content() {
        for delta in [
            "{}",
            "null",
            r#"{"role":"assistant"}"#,
            r#"{"role":"assistant","content":""}"#,
            r#"{"role":"assistant","content":null,"tool_calls":[]}"#,
        ] {
            assert!(!has_content(delta), "{delta}");
        }
        for delta in [
            r#"{"content":"a"}"#,
            r#"{"content":"\ud83d"}"#,
            r#"{"tool_calls":[{"index":0}]}"#,
            r#"{"refusal":"no"}"#,
            r#"{"reasoning_content":"hm"}"#,
        ] {
            assert!(has_content(delta), "{delta}");
        }
    }

    #[test]
    fn ends_and_counts_are_read() {
        let chunk =
            read(br#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"},{"index":900,"delta":{}}]}"#);
        let chunk = chunk.expect("a chunk");
        assert_eq!((chunk.has_content, chunk.choices, chunk.finished), (true, 2, 2));
        let usage = |text: &str| {
            read(format!("{{\"choices\":[],\"usage\":{text}}}").as_bytes()).map(|chunk| chunk.usage)
        };
        let counted =
            |input_tokens, output_tokens| Ok(Some(Usage { input_tokens, output_tokens, ..Usage::default() }));
        assert_eq!(usage(r#"{"prompt_tokens":3,"completion_tokens":4,"x":{}}"#), counted(3, 4));
        assert_eq!(usage(r#"{"prompt_tokens":-3,"completion_tokens":1e18}"#), counted(0, USAGE_LIMIT_TOKENS));
        assert_eq!(usage("null"), Ok(None));
        let detailed = usage(
            r#"{"prompt_tokens_details":{"cached_tokens":5,"x":[]},"completion_tokens_details":{"reasoning_tokens":6}}"#,
        );
        assert_eq!(detailed, Ok(Some(Usage { cached_tokens: 5, reasoning_tokens: 6, ..Usage::default() })));
    }

    /// fault-F30: a count that nobody can mean is held to a limit, and marked.
    #[test]
    fn a_count_out_of_range_is_marked() {
        for (count, is_suspect) in
            [("0", false), ("7", false), ("7.0", false), ("7.5", true), ("-1", true), ("1e18", true)]
        {
            let mut watch = Watch::default();
            let data = format!("{{\"choices\":[],\"usage\":{{\"completion_tokens\":{count}}}}}");
            let read = super::read(data.as_bytes(), &mut watch);
            assert!(read.is_ok_and(|chunk| chunk.usage.is_some()), "{count}");
            assert_eq!(watch.marks(false).has_suspect_usage, is_suspect, "{count}");
        }
    }

    #[test]
    fn errors_and_rubbish_are_told_apart() {
        let error = read(br#"{"error":{"message":"boom","code":"insufficient_quota"}}"#)
            .expect("an error event")
            .error;
        assert_eq!(error.map(|error| error.message), Some("boom".to_owned()));
        for data in [&b"oops"[..], b"{\"a\":", b"[]", b"\xff"] {
            assert_eq!(read(data), Err(Malformed));
        }
    }
}
