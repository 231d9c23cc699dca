//! What is read off the body of a request for a message of Anthropic's API, beside what every api has. Unknown members and
//! unknown content blocks are passed on.

use super::Api;
use super::call::{BadCall, Draft};
use super::chat::{is_empty, items, offered};
use super::json::{Kind, Reader, Text};
use super::tokens;

/// Reads one member.
pub(super) fn member(
    draft: &mut Draft<'_>,
    reader: &mut Reader<'_>,
    name: &'static str,
) -> Result<(), BadCall> {
    const WHOLE_NUMBER: BadCall = BadCall::WrongType("max_tokens", "a whole number");
    let kind = reader.peek()?;
    match (name, kind) {
        // What is only counted has no output.
        ("max_tokens", _) if draft.call.api == Api::CountTokens => skip(reader),
        ("max_tokens", Kind::Number) => draft.output(reader, name),
        ("max_tokens", _) => Err(WHOLE_NUMBER),
        ("messages", Kind::Array) => {
            draft.has_content = true;
            draft.meter.answer();
            reader.array(|reader| message(draft, reader))
        }
        ("messages", _) => Err(BadCall::WrongType("messages", "a list of messages")),
        (_, Kind::Null) => skip(reader),
        ("stream", Kind::Bool) => {
            draft.call.is_stream = reader.bool()?;
            Ok(())
        }
        ("stream", _) => Err(BadCall::WrongType("stream", "true or false")),
        ("system", Kind::String | Kind::Array) => {
            draft.meter.message();
            content(draft, reader, "system", 0)
        }
        ("system", _) => Err(BadCall::WrongType("system", "a text or a list of blocks")),
        ("tools" | "mcp_servers", Kind::Array) => {
            let raw = reader.raw()?;
            if !is_empty(raw) {
                draft.need("tools");
                let count = if name == "tools" { offered(draft, raw)? } else { items(raw)? };
                draft.meter.tools(raw, count);
            }
            Ok(())
        }
        ("tools", _) => Err(BadCall::WrongType("tools", "a list of tools")),
        ("mcp_servers", _) => Err(BadCall::WrongType("mcp_servers", "a list of servers")),
        ("thinking", Kind::Object) => thinking(draft, reader),
        ("thinking", _) => Err(BadCall::WrongType("thinking", "an object")),
        ("output_config", Kind::Object) => reader.object(|reader, key| match reader.peek()? {
            Kind::Object if key.is("format") => format(draft, reader),
            Kind::String if key.is("effort") => {
                draft.need("reasoning");
                skip(reader)
            }
            _ => skip(reader),
        }),
        ("output_config", _) => Err(BadCall::WrongType("output_config", "an object")),
        ("output_format", Kind::Object) => format(draft, reader),
        ("output_format", _) => Err(BadCall::WrongType("output_format", "an object")),
        ("prefill", _) => {
            draft.meter.text(reader.raw()?);
            Ok(())
        }
        _ => skip(reader),
    }
}

fn skip(reader: &mut Reader<'_>) -> Result<(), BadCall> {
    reader.skip().map(drop).map_err(BadCall::from)
}

/// Any thinking but none at all.
fn thinking(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    let is_off = kind_of(reader, "thinking.type")?.is_some_and(|kind| kind.is("disabled"));
    if !is_off {
        draft.need("reasoning");
    }
    skip(reader)
}

/// A schema that the answer has to keep to, which the model reads too.
fn format(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    draft.need("structured-output");
    draft.meter.text(reader.raw()?);
    Ok(())
}

fn message(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), BadCall> {
    if reader.peek()? != Kind::Object {
        return Err(BadCall::WrongType("messages", "a list of objects"));
    }
    draft.meter.message();
    reader.object(|reader, key| {
        if key.is("content") {
            return content(draft, reader, "messages.content", 0);
        }
        draft.meter.text(reader.raw()?);
        Ok(())
    })
}

/// Blocks stand in results of tools and in documents, and no deeper.
const NESTED_LEVELS: u32 = 3;

/// A text, or a list of blocks.
fn content(
    draft: &mut Draft<'_>,
    reader: &mut Reader<'_>,
    name: &'static str,
    level: u32,
) -> Result<(), BadCall> {
    match reader.peek()? {
        Kind::String => {
            draft.meter.text(reader.string()?.raw);
            Ok(())
        }
        Kind::Array => reader.array(|reader| match reader.peek()? {
            Kind::Object => block(draft, reader, level),
            _ => Err(BadCall::WrongType(name, "a text or a list of blocks, which are objects")),
        }),
        _ => Err(BadCall::WrongType(name, "a text or a list of blocks")),
    }
}

/// A block. Its kind may stand behind its data, so the object is walked twice.
fn block(draft: &mut Draft<'_>, reader: &mut Reader<'_>, level: u32) -> Result<(), BadCall> {
    let kind = kind_of(reader, "messages.content.type")?;
    let is = |name: &str| kind.is_some_and(|kind| kind.is(name));
    if is("image") {
        draft.need("vision");
        draft.meter.image();
        return skip(reader);
    }
    if is("document") {
        return document(draft, reader, level);
    }
    if is("container_upload") {
        draft.need("files");
    }
    if is("tool_result") && level < NESTED_LEVELS {
        return reader.object(|reader, key| match reader.peek()? {
            Kind::Array if key.is("content") => content(draft, reader, "messages.content", level + 1),
            _ => {
                draft.meter.text(reader.raw()?);
                Ok(())
            }
        });
    }
    draft.meter.text(reader.raw()?);
    Ok(())
}

/// A document: a file, unless it is plain text or a list of blocks.
fn document(draft: &mut Draft<'_>, reader: &mut Reader<'_>, level: u32) -> Result<(), BadCall> {
    reader.object(|reader, key| {
        if !key.is("source") || reader.peek()? != Kind::Object {
            draft.meter.text(reader.raw()?);
            return Ok(());
        }
        let kind = kind_of(reader, "messages.content.source.type")?;
        if kind.is_some_and(|kind| kind.is("text")) {
            draft.meter.text(reader.raw()?);
            return Ok(());
        }
        if kind.is_some_and(|kind| kind.is("content")) && level < NESTED_LEVELS {
            return reader.object(|reader, key| match key.is("content") {
                true => content(draft, reader, "messages.content.source.content", level + 1),
                false => skip(reader),
            });
        }
        draft.need("files");
        draft.meter.other(tokens::of_file(reader.raw()?.len()));
        Ok(())
    })
}

/// What the next object says that it is, without consuming it.
fn kind_of<'a>(reader: &mut Reader<'a>, name: &'static str) -> Result<Option<Text<'a>>, BadCall> {
    let mut kind = None;
    reader.fork().object(|reader, key| {
        if !key.is("type") {
            return skip(reader);
        }
        if reader.peek()? != Kind::String {
            return Err(BadCall::WrongType(name, "a text"));
        }
        kind = Some(reader.string()?);
        Ok(())
    })?;
    Ok(kind)
}

#[cfg(test)]
mod tests;
