//! A request of Messages as one of Chat Completions.

use super::notes::Notes;
use super::parts;
use super::raw::{Made, Object, Value, list, quoted};
use super::rules::{self, Fate, Place};
use super::{Dialect, TargetFacts, format, reasoning, tools};
use crate::wire::json::Keys;

/// So many stop sequences Chat takes.
const STOPS_LIMIT: usize = 4;

/// OpenAI refuses a longer name of a user, and there are clients of Messages that send one.
const USER_CHARACTERS: usize = 64;

/// The body.
pub(super) fn body(body: &Object<'_>, target: &TargetFacts<'_>, notes: &mut Notes) -> String {
    let mut out = Made::new().with_text("model", target.model);
    output_limit(body, target, &mut out, notes);
    for (name, value) in body.said() {
        let Some(rule) = rules::find(Dialect::Anthropic, Place::Member, &name) else {
            notes.drop(&name);
            continue;
        };
        if rule.unsaid.contains(&value.raw()) {
            continue;
        }
        match rule.fate {
            Fate::Carried => out.raw(rule.name, value.raw()),
            Fate::Dropped(_) => notes.drop(rule.name),
            Fate::Refused(why) => notes.refuse(rule.name, why),
            Fate::Rewritten(_) => {}
        }
    }
    out.raw("messages", &list(&messages(body, notes)));
    if let Some(stream) = body.get("stream") {
        out.raw("stream", stream.raw());
        if stream.raw() == "true" {
            out.raw("stream_options", r#"{"include_usage":true}"#);
        }
    }
    stops(body, &mut out, notes);
    tools::to_chat(body, &mut out, notes);
    if let Some(effort) = reasoning::to_chat(body, notes) {
        out.raw("reasoning_effort", &effort);
    }
    if let Some(format) = format::to_chat(body, notes) {
        out.raw("response_format", &format);
    }
    identity(body, &mut out, notes);
    out.finish()
}

fn output_limit(body: &Object<'_>, target: &TargetFacts<'_>, out: &mut Made, notes: &mut Notes) {
    let asked = body.get("max_tokens").map(Value::integer);
    let tokens = match asked {
        Some(None) => return notes.refuse("max_tokens", "it is no whole number"),
        Some(Some(0)) => return notes.refuse("max_tokens", "0 only warms a cache, which Chat cannot"),
        Some(Some(tokens)) => Some(target.cap.map_or(tokens, |cap| tokens.min(cap))),
        None => target.cap,
    };
    if let Some(tokens) = tokens {
        out.raw("max_completion_tokens", &tokens.to_string());
    }
}

fn stops(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    let Some(stops) = body.get("stop_sequences") else { return };
    match stops.items().len() {
        0 => {}
        1..=STOPS_LIMIT => out.raw("stop", stops.raw()),
        _ => notes.refuse("stop_sequences", "Chat takes no more than four"),
    }
}

fn identity(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    if let Some(metadata) = body.get("metadata").map(Value::object) {
        for (name, value) in metadata.said() {
            match name.as_str() {
                "user_id" if value.words().chars().count() <= USER_CHARACTERS => out.raw("user", value.raw()),
                _ => notes.drop(&format!("metadata.{name}")),
            }
        }
    }
    match body.words("service_tier").as_str() {
        "" => {}
        "auto" => out.raw("service_tier", &quoted("auto")),
        "standard_only" => out.raw("service_tier", &quoted("default")),
        _ => notes.drop("service_tier"),
    }
}

fn messages(body: &Object<'_>, notes: &mut Notes) -> Vec<String> {
    let mut messages = Vec::new();
    if let Some(system) = body.get("system") {
        messages.extend(system_message(system, notes));
    }
    let turns = body.get("messages").map(Value::items).unwrap_or_default();
    let mut is_prefill = false;
    for turn in turns {
        let turn = turn.object();
        for (name, _) in turn.said() {
            if rules::find(Dialect::Anthropic, Place::Message, &name).is_none() {
                notes.drop(&format!("messages.{name}"));
            }
        }
        let Some(content) = turn.get("content") else { continue };
        let role = turn.words("role");
        is_prefill = role == "assistant";
        match role.as_str() {
            "user" => user(content, &mut messages, notes),
            "assistant" => messages.push(assistant(content, notes)),
            "system" => messages.extend(system_message(content, notes)),
            _ => notes.refuse("messages.role", "nobody knows this role"),
        }
    }
    if is_prefill {
        notes.refuse(
            "messages",
            "the last one is the beginning of the answer, which Chat would answer instead",
        );
    }
    messages
}

fn message(role: &str, content: &str) -> String {
    Made::new().with_text("role", role).with("content", content).finish()
}

/// Parts as content: a text where they are a single one, since some servers of Chat take no lists.
fn content(parts: &[String]) -> String {
    if let [only] = parts
        && let Ok(part) = Value::read(only, Keys::Unchecked)
        && let Some(text) = part.object().get("text").filter(|_| part.object().words("type") == "text")
    {
        return text.raw().to_owned();
    }
    list(parts)
}

/// The texts of a content that may have nothing else.
fn texts(content: Value<'_>, path: &str, notes: &mut Notes) -> Vec<String> {
    let mut texts = Vec::new();
    for (kind, block) in parts::blocks_of(content, notes) {
        let Ok(block) = Value::read(&block, Keys::Unchecked) else { continue };
        match kind.as_str() {
            "text" => texts.extend(parts::to_parts(&kind, &block.object(), notes)),
            _ => notes.refuse(path, "Chat takes texts alone there"),
        }
    }
    texts
}

fn system_message(system: Value<'_>, notes: &mut Notes) -> Option<String> {
    if system.text().is_some() && !system.says_something() {
        return None;
    }
    let texts = texts(system, "system", notes);
    (!texts.is_empty()).then(|| message("system", &content(&texts)))
}

/// A user's turn: results of tools first, since Chat wants them right behind their calls, then the rest in order.
fn user(turn: Value<'_>, messages: &mut Vec<String>, notes: &mut Notes) {
    let mut rest = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for (kind, block) in parts::blocks_of(turn, notes) {
        let Ok(block) = Value::read(&block, Keys::Unchecked) else { continue };
        let block = block.object();
        if !notes.carries(Dialect::Anthropic, Place::Part, "messages.content", &kind) {
            continue;
        }
        match kind.as_str() {
            "tool_result" => messages.push(result(&block, notes)),
            "text" | "image" | "document" => parts.extend(parts::to_parts(&kind, &block, notes)),
            "mid_conv_system" => {
                if !parts.is_empty() {
                    rest.push(message("user", &content(&std::mem::take(&mut parts))));
                }
                rest.extend(block.get("content").and_then(|content| system_message(content, notes)));
            }
            _ => notes.refuse("messages.content", "a user has no such block"),
        }
    }
    if !parts.is_empty() {
        rest.push(message("user", &content(&parts)));
    }
    messages.extend(rest);
}

fn result(block: &Object<'_>, notes: &mut Notes) -> String {
    if block.get("is_error").is_some_and(|is_error| is_error.raw() == "true") {
        notes.drop("messages.content.tool_result.is_error");
    }
    if block.get("cache_control").is_some() {
        notes.drop("messages.content.cache_control");
    }
    let texts = block.get("content").map(|content| texts(content, "messages.content.tool_result", notes));
    let texts = texts.unwrap_or_default();
    let content = if texts.is_empty() { quoted("") } else { content(&texts) };
    let made = Made::new().with_text("role", "tool").with_some("tool_call_id", block.get("tool_use_id"));
    made.with("content", &content).finish()
}

/// An assistant's turn: its texts as one, since Chat gives one, and its calls beside it.
fn assistant(turn: Value<'_>, notes: &mut Notes) -> String {
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for (kind, block) in parts::blocks_of(turn, notes) {
        let Ok(block) = Value::read(&block, Keys::Unchecked) else { continue };
        let block = block.object();
        if !notes.carries(Dialect::Anthropic, Place::Part, "messages.content", &kind) {
            continue;
        }
        if block.get("cache_control").is_some() {
            notes.drop("messages.content.cache_control");
        }
        let inner = |name: &str| block.get(name).and_then(Value::text).map_or("", |text| text.raw);
        match kind.as_str() {
            "text" => {
                parts::text_part(&block, notes);
                text.push_str(inner("text"));
            }
            "tool_use" => calls.push(tools::call(&block)),
            "thinking" if inner("signature").is_empty() => reasoning.push_str(inner("thinking")),
            "thinking" => notes.drop("messages.content.thinking"),
            _ => notes.refuse("messages.content", "an assistant has no such block"),
        }
    }
    let mut made = Made::new().with_text("role", "assistant");
    match text.is_empty() && !calls.is_empty() {
        true => made.raw("content", "null"),
        false => made.raw("content", &format!("\"{text}\"")),
    }
    if !reasoning.is_empty() {
        made.raw("reasoning_content", &format!("\"{reasoning}\""));
    }
    if !calls.is_empty() {
        made.raw("tool_calls", &list(&calls));
    }
    made.finish()
}
