//! A request of Chat Completions as one of Messages.

use super::notes::Notes;
use super::parts::{self, Whose};
use super::raw::{Made, Object, Value, list, quoted};
use super::rules::{self, Fate, Place};
use super::{Dialect, TargetFacts, format, reasoning, tools};

/// Messages takes no longer name of a user.
const USER_CHARACTERS: usize = 256;

/// The body, and whether the caller asked that a stream counts its tokens.
pub(super) fn body(body: &Object<'_>, target: &TargetFacts<'_>, notes: &mut Notes) -> (String, bool) {
    let output_tokens = output_limit(body, target, notes);
    let conversation = Conversation::read(body, notes);
    let mut out = Made::new().with_text("model", target.model).with("max_tokens", &output_tokens.to_string());
    for (name, value) in body.said() {
        let Some(rule) = rules::find(Dialect::OpenAi, Place::Member, &name) else {
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
    if !conversation.system.is_empty() {
        out.raw("system", &conversation.system());
    }
    out.raw("messages", &conversation.messages());
    sampling(body, &mut out, notes);
    tools::to_messages(body, &mut out, notes);
    let thinking =
        reasoning::to_messages(body, target, output_tokens, conversation.can_begin_thinking, notes);
    output(body, &thinking, &mut out, notes);
    identity(body, &mut out, notes);
    (out.finish(), wants_usage(body, notes))
}

/// What Messages is told of the length: it wants to be told.
fn output_limit(body: &Object<'_>, target: &TargetFacts<'_>, notes: &mut Notes) -> u64 {
    let asked = body.get("max_completion_tokens").or_else(|| body.get("max_tokens"));
    let tokens = asked.map(|asked| {
        asked.integer().unwrap_or_else(|| {
            notes.refuse("max_completion_tokens", "it is no whole number");
            target.output_limit
        })
    });
    let tokens = tokens.unwrap_or(target.output_limit);
    target.cap.map_or(tokens, |cap| tokens.min(cap)).max(1)
}

fn sampling(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    if let Some(temperature) = body.get("temperature") {
        let is_in_both = temperature.raw().parse::<f64>().is_ok_and(|value| (0.0..=1.0).contains(&value));
        match is_in_both {
            true => out.raw("temperature", temperature.raw()),
            false => notes.refuse("temperature", "Messages takes it from 0 to 1"),
        }
    }
    let Some(stop) = body.get("stop") else { return };
    let sequences = if stop.text().is_some() { vec![stop] } else { stop.items() };
    if sequences.iter().any(|sequence| !sequence.says_something()) {
        return notes.refuse("stop", "Messages takes no sequence of blanks alone");
    }
    let sequences: Vec<String> = sequences.into_iter().map(|sequence| sequence.raw().to_owned()).collect();
    if !sequences.is_empty() {
        out.raw("stop_sequences", &list(&sequences));
    }
}

fn output(body: &Object<'_>, thinking: &reasoning::Thinking, out: &mut Made, notes: &mut Notes) {
    if let Some(thinking) = &thinking.thinking {
        out.raw("thinking", thinking);
    }
    let format = format::to_messages(body, notes);
    if format.is_none() && thinking.effort.is_none() {
        return;
    }
    let mut config = Made::new();
    if let Some(effort) = &thinking.effort {
        config.raw("effort", &quoted(effort));
    }
    if let Some(format) = format {
        config.raw("format", &format);
    }
    out.raw("output_config", &config.finish());
}

fn identity(body: &Object<'_>, out: &mut Made, notes: &mut Notes) {
    let user = [("safety_identifier", body.get("safety_identifier")), ("user", body.get("user"))];
    let user = user.into_iter().find_map(|(name, user)| Some((name, user?)));
    match user {
        Some((name, user)) if user.words().chars().count() > USER_CHARACTERS => notes.drop(name),
        Some((_, user)) => out.raw("metadata", &Made::new().with("user_id", user.raw()).finish()),
        None => {}
    }
    match body.words("service_tier").as_str() {
        "" => {}
        "auto" => out.raw("service_tier", &quoted("auto")),
        "default" => out.raw("service_tier", &quoted("standard_only")),
        _ => notes.drop("service_tier"),
    }
}

fn wants_usage(body: &Object<'_>, notes: &mut Notes) -> bool {
    let Some(options) = body.get("stream_options").map(Value::object) else { return false };
    for (name, _) in options.said().filter(|(name, _)| name != "include_usage") {
        notes.drop(&format!("stream_options.{name}"));
    }
    options.get("include_usage").is_some_and(|value| value.raw() == "true")
}

/// Who speaks in Messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Assistant,
}

impl Side {
    fn role(self) -> &'static str {
        match self {
            Side::User => "user",
            Side::Assistant => "assistant",
        }
    }
}

/// The messages of a Chat body, by side.
#[derive(Debug, Default)]
struct Conversation {
    system: Vec<String>,
    turns: Vec<(Side, Vec<String>)>,
    /// Whether thinking may begin after the last turn.
    can_begin_thinking: bool,
}

impl Conversation {
    fn read(body: &Object<'_>, notes: &mut Notes) -> Conversation {
        let mut conversation = Conversation { can_begin_thinking: true, ..Conversation::default() };
        let messages = body.get("messages").map(Value::items).unwrap_or_default();
        for message in &messages {
            conversation.message(&message.object(), notes);
        }
        // Messages would go on with the last words, where Chat answers them.
        if conversation.turns.last().is_some_and(|(side, _)| *side == Side::Assistant) {
            notes.refuse("messages", "the last one is an assistant's, which Messages would go on with");
        }
        conversation
    }

    fn message(&mut self, message: &Object<'_>, notes: &mut Notes) {
        for (name, value) in message.said() {
            let Some(rule) = rules::find(Dialect::OpenAi, Place::Message, &name) else {
                notes.drop(&format!("messages.{name}"));
                continue;
            };
            match rule.fate {
                _ if rule.unsaid.contains(&value.raw()) => {}
                Fate::Dropped(_) => notes.drop(&format!("messages.{name}")),
                Fate::Refused(why) => notes.refuse(&format!("messages.{name}"), why),
                Fate::Carried | Fate::Rewritten(_) => {}
            }
        }
        let content = message.get("content");
        let mut blocks = |whose: Whose| {
            let blocks = content.map(|content| parts::to_blocks(content, whose, notes));
            cached_at_last(blocks.unwrap_or_default(), message)
        };
        match message.words("role").as_str() {
            "system" | "developer" => {
                let blocks = blocks(Whose::System);
                self.system.extend(blocks);
            }
            "user" => {
                let blocks = blocks(Whose::User);
                self.add(Side::User, blocks);
            }
            "assistant" => {
                let texts = blocks(Whose::Assistant);
                self.assistant(message, texts, notes);
            }
            "tool" => {
                let result = cached_at_last(vec![result(message, notes)], message);
                self.add(Side::User, result);
            }
            "function" => notes.refuse("messages.role", "`function` is the old way to say `tool`: say that"),
            _ => notes.refuse("messages.role", "nobody knows this role"),
        }
    }

    fn assistant(&mut self, message: &Object<'_>, texts: Vec<String>, notes: &mut Notes) {
        let thoughts = message.get("thinking_blocks").map(Value::items).unwrap_or_default();
        let mut blocks: Vec<String> = thoughts.into_iter().filter_map(reasoning::block).collect();
        let has_thought = !blocks.is_empty();
        blocks.extend(texts);
        if let Some(refusal) = message.get("refusal").filter(|refusal| refusal.says_something()) {
            blocks.push(Made::of_type("text").with("text", refusal.raw()).finish());
        }
        let calls = message.get("tool_calls").map(Value::items).unwrap_or_default();
        self.can_begin_thinking = calls.is_empty() || has_thought;
        blocks.extend(calls.into_iter().filter_map(|call| tool_use(&call.object(), notes)));
        self.add(Side::Assistant, blocks);
    }

    /// Adds blocks to the last turn where it is of that side: Messages joins them anyway, and wants the results of all calls in one.
    fn add(&mut self, side: Side, blocks: Vec<String>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut().filter(|(last, _)| *last == side) {
            Some((_, turn)) => turn.extend(blocks),
            None => self.turns.push((side, blocks)),
        }
    }

    fn system(&self) -> String {
        list(&self.system)
    }

    fn messages(&self) -> String {
        let message = |(side, blocks): &(Side, Vec<String>)| {
            Made::new().with_text("role", side.role()).with("content", &list(blocks)).finish()
        };
        list(&self.turns.iter().map(message).collect::<Vec<_>>())
    }
}

/// What a message says of the cache is said of its last block, which may say it itself.
fn cached_at_last(mut blocks: Vec<String>, message: &Object<'_>) -> Vec<String> {
    if let (Some(last), Some(control)) = (blocks.last_mut(), message.get("cache_control"))
        && !last.contains("\"cache_control\":")
        && last.pop().is_some()
    {
        last.push_str(&format!(",\"cache_control\":{}}}", control.raw()));
    }
    blocks
}

fn tool_use(call: &Object<'_>, notes: &mut Notes) -> Option<String> {
    let function = call.get("function").map(Value::object);
    let Some(function) = function.filter(|_| matches!(call.words("type").as_str(), "function" | "")) else {
        notes.refuse("messages.tool_calls", "Messages knows calls of functions alone");
        return None;
    };
    let Some(input) = tools::input(function.get("arguments")) else {
        notes.refuse("messages.tool_calls", "the `arguments` of a call are no JSON object");
        return None;
    };
    if call.get("extra_content").is_some() {
        notes.drop("messages.tool_calls.extra_content");
    }
    let made = Made::of_type("tool_use").with("id", &tools::messages_id(&call.words("id")));
    let made = made.with_some("name", function.get("name")).with("input", &input);
    Some(parts::cached(made, call).finish())
}

fn result(message: &Object<'_>, notes: &mut Notes) -> String {
    let mut made =
        Made::of_type("tool_result").with("tool_use_id", &tools::messages_id(&message.words("tool_call_id")));
    match message.get("content") {
        Some(content) if content.text().is_some() => made.raw("content", content.raw()),
        Some(content) => made.raw("content", &list(&parts::to_blocks(content, Whose::Tool, notes))),
        None => {}
    }
    made.finish()
}
