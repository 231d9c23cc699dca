//! Chunks of a Chat Completions stream as events of Messages.
//!
//! A Messages stream is one block after the other, where Chat may send pieces of several calls in turn. So the pieces of a call wait
//! until the arguments of the one before it are whole, which they mostly are when it begins.

use super::{HELD_LIMIT_BYTES, Progress, Trouble, one_line, piece};
use crate::wire::json::{Kind, Text};
use crate::wire::translate::raw::{Made, Object, Value, quoted};
use crate::wire::translate::usage::Counts;
use crate::wire::translate::{finish, reasoning, tools};

/// What keeps a Messages stream alive.
pub(super) const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

/// The state between two chunks.
#[derive(Debug, Default)]
pub(super) struct ToMessages {
    /// The answer's id as it is written, once the message has begun.
    id: Option<String>,
    open: Open,
    /// The index of the block that is open, or of the next.
    block: u64,
    calls: Vec<Call>,
    has_refused: bool,
    reason: Option<String>,
}

/// The block that is open.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Open {
    #[default]
    None,
    Thinking,
    Text,
    /// The call at that position.
    Call(usize),
}

/// A call of the answer.
#[derive(Debug)]
struct Call {
    /// What the provider calls it by.
    index: u64,
    id: String,
    name: String,
    extra: Option<String>,
    /// As they are written, between the quotes.
    arguments: String,
    /// So much of the arguments has been sent.
    sent_bytes: usize,
    nesting: Nesting,
    state: CallState,
}

/// How deep in braces the arguments are, as far as they have come.
#[derive(Debug, Default)]
struct Nesting {
    depth: u64,
    has_begun: bool,
    is_in_string: bool,
    is_after_backslash: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallState {
    Waiting,
    Open,
    Over,
}

impl ToMessages {
    pub(super) fn has_begun(&self) -> bool {
        self.id.is_some()
    }

    pub(super) fn chunk(&mut self, chunk: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        if let Some(usage) = chunk.get("usage") {
            progress.is_counted = true;
            progress.count(Counts::of_chat(&usage.object()));
        }
        let Some(choices) = chunk.get("choices").filter(|choices| choices.kind() == Kind::Array) else {
            // Such as the results of a filter, or a chunk that only counts.
            progress.dropped += u64::from(chunk.get("usage").is_none());
            return Ok(String::new());
        };
        let mut out = String::new();
        for choice in choices.items() {
            let choice = choice.object();
            if choice.get("index").is_some_and(|index| index.raw() != "0") || self.reason.is_some() {
                progress.dropped += 1;
                continue;
            }
            if !self.has_begun() {
                out.push_str(&self.begin(chunk));
            }
            if let Some(delta) = choice.get("delta") {
                self.delta(&delta.object(), &mut out, progress)?;
            }
            // Some servers write an empty text for none.
            if let Some(reason) = choice.get("finish_reason").filter(|reason| reason.says_something()) {
                progress.has_content = true;
                self.reason = Some(reason.words());
                self.close(&mut out);
            }
        }
        Ok(out)
    }

    /// The end of the stream, which the provider has marked, or whose mark alone is missing.
    pub(super) fn done(&mut self, progress: &mut Progress) -> Result<String, Trouble> {
        let Some(reason) = &self.reason else { return Err(Trouble::Cut) };
        progress.is_finished = true;
        let reason = finish::to_messages(reason, !self.calls.is_empty(), self.has_refused);
        let delta = Made::new().with_text("stop_reason", reason).with("stop_sequence", "null").finish();
        let usage = progress.counts().to_messages();
        let mut out = event("message_delta", Made::new().with("delta", &delta).with("usage", &usage));
        out.push_str(&event("message_stop", Made::new()));
        Ok(out)
    }

    fn begin(&mut self, chunk: &Object<'_>) -> String {
        self.id = Some(chunk.words("id"));
        let message = Made::new()
            .with_some("id", chunk.get("id"))
            .with_text("type", "message")
            .with_text("role", "assistant")
            .with_some("model", chunk.get("model"))
            .with("content", "[]")
            .with("stop_reason", "null")
            .with("stop_sequence", "null")
            // Chat counts at the end, and Messages wants numbers here.
            .with("usage", &Counts::default().to_messages());
        event("message_start", Made::new().with("message", &message.finish()))
    }

    fn delta(
        &mut self,
        delta: &Object<'_>,
        out: &mut String,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        if delta.get("audio").is_some() || delta.get("function_call").is_some() {
            return Err(Trouble::Malformed("sound and `function_call` were not asked for"));
        }
        if delta.get("content").is_some_and(|content| content.kind() != Kind::String) {
            return Err(Trouble::Malformed("the content of a chunk is no text"));
        }
        let reasoning = piece(delta, "reasoning_content").or_else(|| piece(delta, "reasoning"));
        let refusal = piece(delta, "refusal");
        self.has_refused |= refusal.is_some();
        let pieces = [
            (Open::Thinking, "thinking_delta", "thinking", reasoning),
            (Open::Text, "text_delta", "text", piece(delta, "content")),
            (Open::Text, "text_delta", "text", refusal),
        ];
        for (block, kind, name, raw) in pieces {
            let Some(raw) = raw else { continue };
            progress.piece(raw);
            self.open(block, out);
            self.send(kind, name, &format!("\"{raw}\""), out);
        }
        self.state_of_thinking(delta, out, progress);
        for call in delta.get("tool_calls").map(Value::items).unwrap_or_default() {
            progress.piece(call.raw());
            self.call(&call.object())?;
        }
        self.pump(out);
        Ok(())
    }

    /// The state that a provider of Messages gave, from another gateway: the signature of the thinking that is open, and what is hidden.
    fn state_of_thinking(&mut self, delta: &Object<'_>, out: &mut String, progress: &mut Progress) {
        for block in delta.get("thinking_blocks").map(Value::items).unwrap_or_default() {
            let fields = block.object();
            let hidden = reasoning::block(block).filter(|_| fields.words("type") == "redacted_thinking");
            match (hidden, piece(&fields, "signature")) {
                (Some(hidden), _) => {
                    self.close(out);
                    let made = Made::new().with("index", &self.block.to_string());
                    out.push_str(&event("content_block_start", made.with("content_block", &hidden)));
                    let made = Made::new().with("index", &self.block.to_string());
                    out.push_str(&event("content_block_stop", made));
                    self.block += 1;
                }
                (None, Some(signature)) if self.open == Open::Thinking => {
                    self.send("signature_delta", "signature", &format!("\"{signature}\""), out);
                    self.close_open(out);
                }
                _ => progress.dropped += 1,
            }
        }
    }

    /// Adds a piece of a call to what is known of it.
    fn call(&mut self, piece_of: &Object<'_>) -> Result<(), Trouble> {
        let id = piece_of.words("id");
        let function = piece_of.get("function").map(Value::object);
        let function = |name: &str| function.as_ref().and_then(|function| function.get(name));
        let index = piece_of.get("index").and_then(Value::integer);
        // Some servers number all calls 0, or none: an id of its own makes a call.
        let is_nameless = function("name").is_none();
        let is_same = |call: &Call| match (index, id.is_empty()) {
            (Some(index), true) => index == call.index,
            (Some(index), false) => index == call.index && id == call.id,
            (None, false) => id == call.id,
            (None, true) => is_nameless,
        };
        let position = self.calls.iter().rposition(is_same);
        let position = match position {
            Some(position) => position,
            None => {
                let Some(name) = function("name") else {
                    return Err(Trouble::Malformed("a call begins without a name"));
                };
                let number = self.calls.len();
                let own = || format!("call_{}_{number}", self.id.as_deref().unwrap_or_default());
                self.calls.push(Call {
                    index: index.unwrap_or(number as u64),
                    id: if id.is_empty() {
                        tools::messages_id(&own()).trim_matches('"').to_owned()
                    } else {
                        id
                    },
                    name: name.raw().to_owned(),
                    extra: piece_of.get("extra_content").map(|extra| extra.raw().to_owned()),
                    arguments: String::new(),
                    sent_bytes: 0,
                    nesting: Nesting::default(),
                    state: CallState::Waiting,
                });
                number
            }
        };
        let call = &mut self.calls[position];
        let Some(arguments) = function("arguments") else { return Ok(()) };
        let Some(arguments) = arguments.text() else {
            return Err(Trouble::Malformed("the arguments of a call are no text"));
        };
        if arguments.raw.is_empty() {
            return Ok(());
        }
        if call.state == CallState::Over {
            return Err(Trouble::Malformed("a piece of a call whose arguments were whole"));
        }
        call.nesting.read(arguments);
        call.arguments.push_str(arguments.raw);
        if call.arguments.len() > HELD_LIMIT_BYTES {
            return Err(Trouble::Malformed("the arguments of a call are longer than 4 MiB"));
        }
        Ok(())
    }

    /// Sends what can be sent of the calls.
    fn pump(&mut self, out: &mut String) {
        loop {
            if let Open::Call(position) = self.open {
                self.send_arguments(position, out);
                if position + 1 == self.calls.len() || !self.calls[position].nesting.is_whole() {
                    return;
                }
            }
            let Some(position) = self.calls.iter().position(|call| call.state == CallState::Waiting) else {
                return;
            };
            self.open(Open::Call(position), out);
        }
    }

    fn send_arguments(&mut self, position: usize, out: &mut String) {
        let call = &mut self.calls[position];
        let rest = call.arguments[call.sent_bytes..].to_owned();
        call.sent_bytes = call.arguments.len();
        if !rest.is_empty() {
            self.send("input_json_delta", "partial_json", &format!("\"{rest}\""), out);
        }
    }

    /// Makes that block the open one.
    fn open(&mut self, block: Open, out: &mut String) {
        if self.open == block {
            return;
        }
        match block {
            Open::Call(_) => self.close_open(out),
            Open::None | Open::Thinking | Open::Text => self.close(out),
        }
        let begun = match block {
            Open::None => return,
            Open::Thinking => Made::of_type("thinking").with_text("thinking", "").with_text("signature", ""),
            Open::Text => Made::of_type("text").with_text("text", ""),
            Open::Call(position) => self.calls[position].begin(),
        };
        let begun = Made::new().with("index", &self.block.to_string()).with("content_block", &begun.finish());
        out.push_str(&event("content_block_start", begun));
        self.open = block;
    }

    /// Ends the open block, and sends all calls that wait.
    fn close(&mut self, out: &mut String) {
        self.close_open(out);
        while let Some(position) = self.calls.iter().position(|call| call.state == CallState::Waiting) {
            self.open(Open::Call(position), out);
            self.send_arguments(position, out);
            self.close_open(out);
        }
    }

    fn close_open(&mut self, out: &mut String) {
        if let Open::Call(position) = self.open {
            self.calls[position].state = CallState::Over;
        }
        if self.open != Open::None {
            out.push_str(&event("content_block_stop", Made::new().with("index", &self.block.to_string())));
            self.block += 1;
            self.open = Open::None;
        }
    }

    fn send(&self, kind: &str, name: &str, raw: &str, out: &mut String) {
        let delta = Made::of_type(kind).with(name, raw).finish();
        let made = Made::new().with("index", &self.block.to_string()).with("delta", &delta);
        out.push_str(&event("content_block_delta", made));
    }
}

impl Call {
    /// As the block that begins it.
    fn begin(&mut self) -> Made {
        self.state = CallState::Open;
        let made = Made::of_type("tool_use")
            .with("id", &quoted(&self.id))
            .with("name", &self.name)
            .with("input", "{}");
        match &self.extra {
            Some(extra) => made.with("extra_content", extra),
            None => made,
        }
    }
}

impl Nesting {
    /// Goes on with what a piece says.
    fn read(&mut self, piece: Text<'_>) {
        for character in piece.decode_lossy().chars() {
            match character {
                _ if self.is_after_backslash => self.is_after_backslash = false,
                '\\' if self.is_in_string => self.is_after_backslash = true,
                '"' => self.is_in_string = !self.is_in_string,
                '{' | '[' if !self.is_in_string => {
                    self.depth += 1;
                    self.has_begun = true;
                }
                '}' | ']' if !self.is_in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether the object has come to its end.
    fn is_whole(&self) -> bool {
        self.has_begun && self.depth == 0
    }
}

/// An event of that name, whose data says it once more.
fn event(name: &str, rest: Made) -> String {
    let rest = rest.finish();
    let comma = if rest == "{}" { "" } else { "," };
    format!("event: {name}\ndata: {{\"type\":\"{name}\"{comma}{}\n\n", one_line(&rest[1..]))
}
