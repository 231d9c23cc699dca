//! One event of the stream of a message of Anthropic's API, as the facts of [`Chunk`]. Events of kinds that are not known
//! say nothing and are passed on.

use super::chunk::{self, Chunk, Malformed};
use super::json::{Keys, Kind, Reader, Text};
use super::marks::{CallPiece, Watch};
use super::{Usage, tokens};

/// A stream is of one message.
const MESSAGE: u128 = 1;

/// A piece of a call, as far as it has been read.
#[derive(Default)]
struct Piece<'a> {
    /// Of a block that begins, whether it is a call of one of the caller's tools.
    is_call: bool,
    id: Option<Text<'a>>,
    name: Option<Text<'a>>,
    input: Option<Text<'a>>,
}

/// Reads an event's data, and shows `watch` what it looks for.
///
/// # Errors
/// When it is no JSON object, or a member that counts is not of its type.
pub(super) fn read(data: &[u8], watch: &mut Watch) -> Result<Chunk, Malformed> {
    let text = std::str::from_utf8(data).map_err(|_| Malformed)?;
    let mut reader = Reader::new(text, Keys::Unchecked);
    let mut chunk = Chunk { choices: MESSAGE, ..Chunk::default() };
    let (mut index, mut of_call) = (0, Piece::default());
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("type", Kind::String) => {
                let kind = reader.string()?;
                chunk.is_ping = kind.is("ping");
                chunk.is_last = kind.is("message_stop");
                if chunk.is_last {
                    chunk.finished = MESSAGE;
                }
            }
            ("index", Kind::Number) => index = reader.number()?.parse().unwrap_or(0),
            ("message", Kind::Object) => message(&mut chunk, reader, watch)?,
            ("content_block", Kind::Object) => of_call = piece(&mut chunk, reader)?,
            ("delta", Kind::Object) => of_call = piece(&mut chunk, reader)?,
            ("usage", Kind::Object) => chunk.usage = Some(usage(reader, watch)?),
            ("error", Kind::Object | Kind::String) => chunk.error = Some(chunk::error(reader)?),
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    reader.end()?;
    let (place, Piece { is_call, id, name, input }) = ((0, index), of_call);
    if is_call {
        watch.begins(place);
    }
    // What is called at the provider has an input too, which nobody else reads.
    if watch.has_begun(place) {
        watch.call(CallPiece { place, id, name, arguments: input });
    }
    Ok(chunk)
}

/// The beginning of a message counts its prompt, and says nothing yet.
fn message(chunk: &mut Chunk, reader: &mut Reader<'_>, watch: &mut Watch) -> Result<(), Malformed> {
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("usage", Kind::Object) => {
                // What is written of the answer by now is a figure that the last count replaces.
                chunk.usage = Some(Usage { output_tokens: 0, is_estimated: true, ..usage(reader, watch)? });
            }
            ("model", Kind::String) => watch.model(reader.string()?),
            _ => reader.skip().map(drop)?,
        }
        Ok(())
    })
}

/// The beginning of a block, a piece of it, or the end of the message: whether the answer goes on by it. A block of text
/// or thoughts begins with nothing; what is called, found or hidden stands in a block from its beginning.
fn piece<'a>(chunk: &mut Chunk, reader: &mut Reader<'a>) -> Result<Piece<'a>, Malformed> {
    let mut of_call = Piece::default();
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        match key.raw {
            "type" if kind == Kind::String => {
                let name = reader.string()?;
                if is_content_from_its_beginning(name) {
                    chunk.has_content = true;
                    chunk.text = None;
                }
                of_call.is_call = name.is("tool_use");
            }
            "id" if kind == Kind::String => of_call.id = Some(reader.string()?),
            "name" if kind == Kind::String => of_call.name = Some(reader.string()?),
            "stop_reason" => {
                if kind != Kind::Null {
                    chunk.has_content = true;
                    chunk.text = None;
                }
                reader.skip()?;
            }
            "text" | "partial_json" | "thinking" | "signature" | "citation" | "data" | "input" => {
                if key.raw == "partial_json" && kind == Kind::String {
                    of_call.input = Some(reader.fork().string()?);
                }
                let (place, raw) = reader.placed()?;
                if kind != Kind::Null && !matches!(raw, "\"\"" | "{}") {
                    let is_only_text = !chunk.has_content && key.raw == "text" && kind == Kind::String;
                    chunk.text = is_only_text.then_some(place);
                    chunk.has_content = true;
                    chunk.estimate += match key.raw {
                        // Of these nothing was written by the model.
                        "signature" | "citation" | "data" => 0,
                        _ => tokens::of_text(raw.trim_matches('"')),
                    };
                }
            }
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    Ok(of_call)
}

fn is_content_from_its_beginning(kind: Text<'_>) -> bool {
    let is_begun_empty = ["text", "thinking"].iter().any(|name| kind.is(name));
    !is_begun_empty && !kind.raw.ends_with("_delta")
}

/// Reads a `usage` object. Its input is what was neither read from a cache nor written to one; ours is all.
pub(super) fn usage(reader: &mut Reader<'_>, watch: &mut Watch) -> Result<Usage, Malformed> {
    let mut usage = Usage::default();
    let mut fresh = 0;
    reader.object(|reader, key| {
        match (key.raw, reader.peek()?) {
            ("input_tokens", Kind::Number) => fresh = chunk::count(reader.number()?, watch),
            ("output_tokens", Kind::Number) => usage.output_tokens = chunk::count(reader.number()?, watch),
            ("cache_read_input_tokens", Kind::Number) => {
                usage.cached_tokens = chunk::count(reader.number()?, watch);
            }
            ("cache_creation_input_tokens", Kind::Number) => {
                usage.cache_written_tokens = chunk::count(reader.number()?, watch);
            }
            ("output_tokens_details", Kind::Object) => {
                chunk::detail(reader, "thinking_tokens", &mut usage.reasoning_tokens, watch)?;
            }
            _ => reader.skip().map(drop)?,
        }
        Ok::<(), Malformed>(())
    })?;
    usage.input_tokens = fresh + usage.cached_tokens + usage.cache_written_tokens;
    Ok(usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &[u8]) -> Result<Chunk, Malformed> {
        super::read(data, &mut Watch::default())
    }

    fn chunk(data: &str) -> Chunk {
        read(data.as_bytes()).unwrap_or_else(|_| panic!("{data}"))
    }

    #[test]
    fn content_is_what_an_answer_goes_on_by() {
        for data in [
            r#"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":3,"output_tokens":1}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"message_stop"}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"something_new","x":{"text":"a"}}"#,
        ] {
            assert!(!chunk(data).has_content, "{data}");
        }
        for data in [
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
            r#"{"type":"content_block_start","content_block":{"type":"redacted_thinking","data":"AA"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"\ud83d"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{"}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"AA"}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}}"#,
        ] {
            assert!(chunk(data).has_content, "{data}");
        }
    }

    #[test]
    fn ends_pings_counts_and_errors_are_read() {
        let end = chunk(r#"{"type":"message_stop"}"#);
        assert!(end.is_last && end.finished == MESSAGE && !end.is_ping);
        assert!(chunk(r#"{"type":"ping"}"#).is_ping);
        let begun = chunk(
            r#"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"cache_creation_input_tokens":5,"output_tokens":1}}}"#,
        );
        let expected = Usage {
            input_tokens: 12,
            cached_tokens: 4,
            cache_written_tokens: 5,
            is_estimated: true,
            ..Usage::default()
        };
        assert_eq!(begun.usage, Some(expected));
        let counted = chunk(
            r#"{"type":"message_delta","delta":{},"usage":{"output_tokens":7,"output_tokens_details":{"thinking_tokens":2}}}"#,
        );
        let expected = Usage { output_tokens: 7, reasoning_tokens: 2, ..Usage::default() };
        assert_eq!(counted.usage, Some(expected));
        let absurd = chunk(r#"{"type":"message_delta","usage":{"output_tokens":-7,"input_tokens":1e18}}"#);
        assert!(absurd.usage.is_some_and(|usage| usage.output_tokens == 0 && usage.input_tokens > 0));
        let error = chunk(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#);
        assert_eq!(error.error.and_then(|error| error.kind), Some("overloaded_error".to_owned()));
        for data in ["oops", "[]", "{", r#"{"type":"ping"} x"#] {
            assert_eq!(read(data.as_bytes()), Err(Malformed), "{data}");
        }
    }
}
