//! What is read off the body of a chat completion request, beside what every api has. Unknown members and unknown
//! content parts are passed on.

use super::call::{BadCall, Draft};
use super::json::{Keys, Kind, Reader, Text};
use super::tokens;
use std::sync::Arc;

/// Reads one member.
pub(super) fn member(
    draft: &mut Draft<'_>,
    reader: &mut Reader<'_>,
    name: &'static str,
) -> Result<(), BadCall> {
    let kind = reader.peek()?;
    match (name, kind) {
        ("max_tokens" | "max_completion_tokens", _) => draft.output(reader, name),
        ("messages", Kind::Array) => {
            draft.has_content = true;
            draft.meter.answer();
            reader.array(|reader| message(draft, reader))
        }
        ("messages", _) => Err(BadCall::WrongType("messages", "a list of messages")),
        (_, Kind::Null) => reader.skip().map(drop).map_err(BadCall::from),
        ("stream", Kind::Bool) => {
            draft.call.is_stream = reader.bool()?;
            Ok(())
        }
        ("stream", _) => Err(BadCall::WrongType("stream", "true or false")),
        ("tools" | "functions", Kind::Array) => {
            let raw = reader.raw()?;
            if !is_empty(raw) {
                draft.need("tools");
                let count = offered(draft, raw)?;
                draft.meter.tools(raw, count);
            }
            Ok(())
        }
        ("tools", _) => Err(BadCall::WrongType("tools", "a list of tools")),
        ("functions", _) => Err(BadCall::WrongType("functions", "a list of functions")),
        ("response_format", Kind::Object) => response_format(draft, reader),
        ("response_format", _) => Err(BadCall::WrongType("response_format", "an object")),
        ("reasoning_effort", Kind::String) => {
            draft.need("reasoning");
            reader.skip().map(drop).map_err(BadCall::from)
        }
        ("reasoning_effort", _) => Err(BadCall::WrongType("reasoning_effort", "a text")),
        ("audio", _) => {
            draft.need("audio");
            reader.skip().map(drop).map_err(BadCall::from)
        }
        ("modalities", Kind::Array) => reader.array(|reader| {
            if reader.peek()? == Kind::String && reader.fork().string()?.is("audio") {
                draft.need("audio");
            }
            reader.skip().map(drop).map_err(BadCall::from)
        }),
        ("modalities", _) => Err(BadCall::WrongType("modalities", "a list of texts")),
        _ => reader.skip().map(drop).map_err(BadCall::from),
    }
}

/// Whether a list has nothing in it.
pub(super) fn is_empty(raw_list: &str) -> bool {
    raw_list.trim_matches(['[', ']', ' ', '\n', '\r', '\t']).is_empty()
}

/// Notes the names of the tools of a list that was read before; how many there are.
pub(super) fn offered(draft: &mut Draft<'_>, raw_list: &str) -> Result<u64, BadCall> {
    let tools = Arc::make_mut(&mut draft.call.tools);
    let mut count = 0;
    Reader::new(raw_list, Keys::Unchecked).array(|reader| {
        count += 1;
        if reader.peek()? != Kind::Object {
            return reader.skip().map(drop).map_err(BadCall::from);
        }
        reader.object(|reader, key| match reader.peek()? {
            Kind::String if key.is("name") => {
                tools.insert(reader.string()?.decode_lossy().into_owned());
                Ok(())
            }
            // Where Chat has the name of a tool.
            Kind::Object if key.is("function") || key.is("custom") => reader.object(|reader, key| {
                match reader.peek()? {
                    Kind::String if key.is("name") => {
                        tools.insert(reader.string()?.decode_lossy().into_owned());
                    }
                    _ => reader.skip().map(drop)?,
                }
                Ok(())
            }),
            _ => reader.skip().map(drop).map_err(BadCall::from),
        })
    })?;
    Ok(count)
}

/// How many values a list has that was read before.
pub(super) fn items(raw_list: &str) -> Result<u64, BadCall> {
    let mut count = 0;
    Reader::new(raw_list, Keys::Unchecked).array(|reader| {
        count += 1;
        reader.skip().map(drop).map_err(BadCall::from)
    })?;
    Ok(count)
}

fn response_format(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    let raw = reader.fork().raw()?;
    let mut is_structured = false;
    reader.object(|reader, key| {
        if key.is("type") {
            let kind = string(reader, "response_format.type")?;
            is_structured = kind.is("json_schema") || kind.is("json_object");
            return Ok(());
        }
        reader.skip().map(drop).map_err(BadCall::from)
    })?;
    if is_structured {
        draft.need("structured-output");
        draft.meter.text(raw);
    }
    Ok(())
}

fn string<'a>(reader: &mut Reader<'a>, name: &'static str) -> Result<Text<'a>, BadCall> {
    match reader.peek()? {
        Kind::String => reader.string().map_err(BadCall::from),
        _ => Err(BadCall::WrongType(name, "a text")),
    }
}

fn message(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    if reader.peek()? != Kind::Object {
        return Err(BadCall::WrongType("messages", "a list of objects"));
    }
    draft.meter.message();
    reader.object(|reader, key| {
        let kind = reader.peek()?;
        if !key.is("content") {
            // Tool calls, names, refusals: text of the model's input, whatever it is.
            draft.meter.text(reader.raw()?);
            if key.is("name") {
                draft.meter.name();
            }
            return Ok(());
        }
        match kind {
            Kind::Null => reader.skip().map(drop).map_err(BadCall::from),
            Kind::String => {
                draft.meter.text(reader.string()?.raw);
                Ok(())
            }
            Kind::Array => reader.array(|reader| part(draft, reader)),
            _ => Err(BadCall::WrongType("messages.content", "a text, a list of parts, or null")),
        }
    })
}

/// A part of a message's content. Its kind may stand behind its data, so the object is walked twice.
fn part(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    if reader.peek()? != Kind::Object {
        return Err(BadCall::WrongType("messages.content", "a list of parts, which are objects"));
    }
    let mut kind = None;
    reader.fork().object(|reader, key| {
        if key.is("type") {
            kind = Some(string(reader, "messages.content.type")?);
            return Ok(());
        }
        reader.skip().map(drop).map_err(BadCall::from)
    })?;
    let raw = reader.raw()?;
    match kind {
        Some(kind) if kind.is("image_url") || kind.is("image") || kind.is("input_image") => {
            draft.need("vision");
            draft.meter.image();
        }
        Some(kind) if kind.is("input_audio") => {
            draft.need("audio");
            draft.meter.other(tokens::of_audio(raw.len()));
        }
        Some(kind) if kind.is("file") || kind.is("input_file") => {
            draft.need("files");
            draft.meter.other(tokens::of_file(raw.len()));
        }
        _ => draft.meter.text(raw),
    }
    Ok(())
}
