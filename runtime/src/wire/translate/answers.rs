//! Whole answers, said in the other dialect.

use super::notes::Notes;
use super::raw::{Made, Object, Value, list, quoted};
use super::usage::Counts;
use super::{finish, reasoning, tools};
use crate::wire::json::Kind;
use crate::wire::tokens;

/// An answer of Messages as one of Chat; none where it is no answer.
pub(super) fn to_chat(answer: &Object<'_>, created: u64, notes: &mut Notes) -> Option<(String, Counts)> {
    let content = answer.get("content").filter(|content| content.kind() == Kind::Array)?;
    // An answer that does not say why it ended has not ended.
    let reason = answer.words("stop_reason");
    if reason.is_empty() {
        return None;
    }
    let message = chat_message(content, refusal(answer), notes);
    let choice = Made::new()
        .with("index", "0")
        .with("message", &message)
        .with("logprobs", "null")
        .with_text("finish_reason", finish::to_chat(&reason))
        .finish();
    let usage = answer.get("usage").map(Value::object);
    let counts =
        usage.as_ref().map_or_else(|| Counts::estimated(tokens::of_text(content.raw())), Counts::of_messages);
    let made = Made::new()
        .with_some("id", answer.get("id"))
        .with_text("object", "chat.completion")
        .with("created", &created.to_string())
        .with_some("model", answer.get("model"))
        .with("choices", &list(&[choice]))
        .with("usage", &counts.to_chat());
    Some((made.finish(), counts))
}

/// What Messages says of a refusal, where it does.
fn refusal<'a>(answer: &Object<'a>) -> Option<Value<'a>> {
    answer.get("stop_details")?.object().get("explanation")
}

fn chat_message(content: Value<'_>, refusal: Option<Value<'_>>, notes: &mut Notes) -> String {
    let (mut text, mut reasoning) = (String::new(), String::new());
    let (mut thoughts, mut calls) = (Vec::new(), Vec::new());
    for item in content.items() {
        let block = item.object();
        let inner = |name: &str| block.get(name).and_then(Value::text).map_or("", |text| text.raw);
        match block.words("type").as_str() {
            "text" => {
                if block.get("citations").is_some_and(|citations| citations.raw() != "[]") {
                    notes.drop("content.citations");
                }
                text.push_str(inner("text"));
            }
            "tool_use" => calls.push(tools::call(&block)),
            "thinking" => {
                reasoning.push_str(inner("thinking"));
                thoughts.push(item.raw().to_owned());
            }
            "redacted_thinking" => thoughts.push(item.raw().to_owned()),
            other => notes.drop(&format!("content.{other}")),
        }
    }
    let mut made = Made::new().with_text("role", "assistant");
    match text.is_empty() && !calls.is_empty() {
        true => made.raw("content", "null"),
        false => made.raw("content", &format!("\"{text}\"")),
    }
    made.raw("refusal", refusal.map_or("null", Value::raw));
    if !reasoning.is_empty() {
        made.raw("reasoning_content", &format!("\"{reasoning}\""));
    }
    // With their signatures: what the provider wants back, unread, with the next turn.
    if !thoughts.is_empty() {
        made.raw("thinking_blocks", &list(&thoughts));
    }
    if !calls.is_empty() {
        made.raw("tool_calls", &list(&calls));
    }
    made.finish()
}

/// An answer of Chat as one of Messages; none where it is no answer, or Messages cannot say it.
pub(super) fn to_messages(answer: &Object<'_>, notes: &mut Notes) -> Option<(String, Counts)> {
    let choices = answer.get("choices")?.items();
    if choices.len() > 1 {
        notes.drop("choices");
    }
    let choice = choices.first()?.object();
    let message = choice.get("message")?;
    let reason = choice.words("finish_reason");
    if reason.is_empty() {
        return None;
    }
    let fields = message.object();
    let blocks = messages_blocks(&fields, &reason, notes)?;
    let has_calls = fields.get("tool_calls").is_some_and(|calls| !calls.items().is_empty());
    let reason = finish::to_messages(&reason, has_calls, fields.get("refusal").is_some());
    let usage = answer.get("usage").map(Value::object);
    let counts =
        usage.as_ref().map_or_else(|| Counts::estimated(tokens::of_text(message.raw())), Counts::of_chat);
    let made = Made::new()
        .with_some("id", answer.get("id"))
        .with_text("type", "message")
        .with_text("role", "assistant")
        .with_some("model", answer.get("model"))
        .with("content", &list(&blocks))
        .with_text("stop_reason", reason)
        .with("stop_sequence", "null")
        .with("usage", &counts.to_messages());
    Some((made.finish(), counts))
}

fn messages_blocks(message: &Object<'_>, reason: &str, notes: &mut Notes) -> Option<Vec<String>> {
    // Sound and the old calls are never asked for by a translated request; an answer that has them is none.
    if message.get("audio").is_some() || message.get("function_call").is_some() {
        return None;
    }
    let mut blocks = thoughts(message);
    match message.get("content") {
        None => {}
        Some(content) if content.text().is_some() => blocks.extend(text_block(content)),
        Some(content) => {
            for part in content.items() {
                let part = part.object();
                let text = part.get("text").filter(|_| part.words("type") == "text")?;
                blocks.extend(text_block(text));
            }
        }
    }
    blocks.extend(message.get("refusal").and_then(text_block));
    for call in message.get("tool_calls").map(Value::items).unwrap_or_default() {
        let call = call.object();
        let function = call.get("function")?.object();
        let Some(input) = tools::input(function.get("arguments")) else {
            // A call that was cut off by the limit can be executed by nobody.
            if reason == "length" {
                notes.drop("message.tool_calls");
                continue;
            }
            return None;
        };
        let made =
            Made::of_type("tool_use").with_some("id", call.get("id")).with_some("name", function.get("name"));
        blocks
            .push(made.with("input", &input).with_some("extra_content", call.get("extra_content")).finish());
    }
    Some(blocks)
}

/// Reasoning as blocks: as they came from Messages, or with an empty signature, since Messages has none without one.
fn thoughts(message: &Object<'_>) -> Vec<String> {
    let blocks = message.get("thinking_blocks").map(Value::items).unwrap_or_default();
    if !blocks.is_empty() {
        return blocks.into_iter().filter_map(reasoning::block).collect();
    }
    let reasoning = message.get("reasoning_content").or_else(|| message.get("reasoning"));
    let reasoning = reasoning.filter(|reasoning| reasoning.says_something());
    let block = |reasoning: Value<'_>| {
        Made::of_type("thinking").with("thinking", reasoning.raw()).with("signature", &quoted("")).finish()
    };
    reasoning.map(block).into_iter().collect()
}

fn text_block(text: Value<'_>) -> Option<String> {
    let is_empty = text.raw() == "\"\"";
    (!is_empty).then(|| Made::of_type("text").with("text", text.raw()).finish())
}
