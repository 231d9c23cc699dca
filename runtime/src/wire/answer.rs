//! A whole answer of a provider: whether it is one, and the tokens it counts.

use super::chat::is_empty;
use super::chunk::{self, Malformed};
use super::errors::ProviderError;
use super::json::{Keys, Kind, Reader};
use super::marks::{CallPiece, Watch};
use super::{Api, Dialect, Usage, message_event, tokens};

/// Why a body under a status of success is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not JSON, not an object, or without the list that answers have.
    NotAnAnswer,
    /// An answer without anything in it.
    Empty,
    /// An error, dressed as a success.
    Error(ProviderError),
}

impl From<Malformed> for NoAnswer {
    fn from(_: Malformed) -> NoAnswer {
        NoAnswer::NotAnAnswer
    }
}

impl From<super::json::JsonError> for NoAnswer {
    fn from(_: super::json::JsonError) -> NoAnswer {
        NoAnswer::NotAnAnswer
    }
}

/// Reads an answer, and shows `watch` what it looks for.
///
/// # Errors
/// When it is none.
pub fn read(api: Api, body: &[u8], watch: &mut Watch) -> Result<Usage, NoAnswer> {
    let text = std::str::from_utf8(body).map_err(|_| NoAnswer::NotAnAnswer)?;
    // The member that an answer of that api has, and no error.
    let (name, kind_of_it) = match api {
        Api::Chat => ("choices", Kind::Array),
        Api::Embeddings => ("data", Kind::Array),
        Api::Messages => ("content", Kind::Array),
        Api::CountTokens => ("input_tokens", Kind::Number),
    };
    let mut reader = Reader::new(text, Keys::Unchecked);
    let mut usage = None;
    let mut answer = None;
    let mut has_reason = false;
    let mut error = None;
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        if key.raw == "usage" && kind == Kind::Object {
            usage = Some(match api.dialect() {
                Dialect::OpenAi => chunk::usage(reader, watch)?,
                Dialect::Anthropic => message_event::usage(reader, watch)?,
            });
            return Ok::<(), NoAnswer>(());
        }
        if key.raw == "error" && kind != Kind::Null {
            error = Some(chunk::error(reader)?);
            return Ok(());
        }
        if key.raw == "model" && kind == Kind::String {
            watch.model(reader.string()?);
            return Ok(());
        }
        has_reason |= key.raw == "stop_reason" && kind == Kind::String;
        let raw = reader.raw()?;
        if key.raw == name && kind == kind_of_it {
            answer = Some(raw);
        }
        Ok(())
    })?;
    reader.end()?;
    if let Some(error) = error {
        return Err(NoAnswer::Error(error));
    }
    let answer = answer.ok_or(NoAnswer::NotAnAnswer)?;
    if is_empty(answer)
        && match api {
            Api::Chat | Api::Embeddings => true,
            // A model may say nothing at its turn; then it says why it ended.
            Api::Messages => !has_reason,
            Api::CountTokens => false,
        }
    {
        return Err(NoAnswer::Empty);
    }
    match api {
        // Most answers call nothing, have neither `tool_calls` nor `function_call`, and are not looked into.
        Api::Chat if holds(answer, "_call") => calls_of_chat(answer, watch)?,
        Api::Messages if holds(answer, "\"tool_use\"") => calls_of_message(answer, watch)?,
        Api::Chat | Api::Messages | Api::Embeddings | Api::CountTokens => {}
    }
    Ok(match api {
        Api::Chat | Api::Messages => usage.unwrap_or_else(|| Usage::estimated(tokens::of_text(answer))),
        Api::Embeddings => usage.unwrap_or_else(|| Usage::estimated(0)),
        // Nobody pays for a count: what it says is no use of a model.
        Api::CountTokens => Usage::default(),
    })
}

fn holds(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Shows `watch` the calls in the choices of a chat completion.
fn calls_of_chat(choices: &str, watch: &mut Watch) -> Result<(), Malformed> {
    let mut number = 0;
    Reader::new(choices, Keys::Unchecked).array(|reader| {
        number += 1;
        members(reader, &mut |reader, key| match key {
            "message" => members(reader, &mut |reader, key| match key {
                "tool_calls" | "function_call" => match reader.peek()? {
                    Kind::Array | Kind::Object => chunk::calls_in(reader.raw()?, number, watch),
                    _ => Ok(reader.skip().map(drop)?),
                },
                _ => Ok(reader.skip().map(drop)?),
            }),
            _ => Ok(reader.skip().map(drop)?),
        })
    })
}

/// Shows `watch` the calls in the content of a message. Their arguments are JSON as the message is.
fn calls_of_message(content: &str, watch: &mut Watch) -> Result<(), Malformed> {
    let mut index = 0;
    Reader::new(content, Keys::Unchecked).array(|reader| {
        index += 1;
        let (mut is_call, mut name) = (false, None);
        members(reader, &mut |reader, key| {
            match (key, reader.peek()?) {
                ("type", Kind::String) => is_call = reader.string()?.is("tool_use"),
                ("name", Kind::String) => name = Some(reader.string()?),
                _ => reader.skip().map(drop)?,
            }
            Ok(())
        })?;
        if is_call {
            watch.call(CallPiece { place: (0, index), id: None, name, arguments: None });
        }
        Ok(())
    })
}

/// Reads the members of an object; anything else is skipped.
fn members<'a>(
    reader: &mut Reader<'a>,
    member: &mut dyn FnMut(&mut Reader<'a>, &'a str) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    match reader.peek()? {
        Kind::Object => reader.object(|reader, key| member(reader, key.raw)),
        _ => Ok(reader.skip().map(drop)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(api: Api, body: &[u8]) -> Result<Usage, NoAnswer> {
        super::read(api, body, &mut Watch::default())
    }

    #[test]
    fn a_success_that_is_none_is_seen() {
        let read = |body: &str| read(Api::Chat, body.as_bytes());
        let usage = Usage { input_tokens: 3, output_tokens: 4, ..Usage::default() };
        let whole = r#"{"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":4},"error":null}"#;
        assert_eq!(read(whole), Ok(usage));
        let uncounted = read(r#"{"choices":[{"message":{"content":"\ud83d"}}]}"#);
        assert!(uncounted.is_ok_and(|usage| usage.is_estimated && usage.output_tokens > 0));
        for body in ["", "<html>", "[]", "{}", r#"{"choices":[]"#, r#"{"choices":[]} x"#] {
            assert_eq!(read(body), Err(NoAnswer::NotAnAnswer), "{body}");
        }
        assert!(matches!(read(r#"{"error":{"message":"no"}}"#), Err(NoAnswer::Error(_))));
        assert!(matches!(read(r#"{"choices":[],"error":7}"#), Err(NoAnswer::Error(_))));
    }

    /// fault-F12: an answer that holds nothing is none, but for a message that says why it ended so.
    #[test]
    fn an_empty_answer_is_none() {
        for (api, body) in [
            (Api::Chat, r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#),
            (Api::Chat, r#"{"choices": [ ]}"#),
            (Api::Embeddings, r#"{"data":[]}"#),
            (Api::Messages, r#"{"content":[],"stop_reason":null}"#),
        ] {
            assert_eq!(read(api, body.as_bytes()), Err(NoAnswer::Empty), "{body}");
        }
        let silent =
            r#"{"content":[],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":0}}"#;
        assert!(read(Api::Messages, silent.as_bytes()).is_ok());
    }

    #[test]
    fn a_message_and_a_count_are_answers_of_their_own() {
        let message = r#"{"type":"message","content":[{"type":"text","text":"a"}],"usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":4}}"#;
        let usage = Usage { input_tokens: 5, cached_tokens: 2, output_tokens: 4, ..Usage::default() };
        assert_eq!(read(Api::Messages, message.as_bytes()), Ok(usage));
        assert_eq!(read(Api::CountTokens, br#"{"input_tokens":7}"#), Ok(Usage::default()));
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
        for (api, body) in
            [(Api::Messages, r#"{"choices":[]}"#), (Api::CountTokens, r#"{"input_tokens":"7"}"#)]
        {
            assert_eq!(read(api, body.as_bytes()), Err(NoAnswer::NotAnAnswer), "{body}");
            assert!(matches!(read(api, error.as_bytes()), Err(NoAnswer::Error(_))));
        }
    }
}
