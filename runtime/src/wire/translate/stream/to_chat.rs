//! Events of a Messages stream as chunks of Chat Completions.

use super::{HELD_LIMIT_BYTES, Progress, StreamFacts, Trouble, one_line, piece};
use crate::wire::json::Keys;
use crate::wire::translate::raw::{Made, Object, Value, list, quoted};
use crate::wire::translate::usage::Counts;
use crate::wire::translate::{finish, reasoning};
use std::collections::BTreeMap;

/// What keeps a Chat stream alive.
const PING: &str = ": ping\n\n";

/// The state between two events.
#[derive(Debug)]
pub(super) struct ToChat {
    facts: StreamFacts,
    /// The members that begin each chunk; none before the message has begun.
    head: Option<String>,
    /// By index, the blocks that have begun and not ended.
    blocks: BTreeMap<u64, Block>,
    /// How many calls have begun.
    calls: u64,
    /// How many blocks of thinking have been told whole.
    thoughts: u64,
    has_reason: bool,
}

#[derive(Debug)]
enum Block {
    Text,
    Call {
        index: u64,
        has_input: bool,
    },
    /// Kept until it ends, since its signature comes last and is of use beside the whole alone.
    Thinking {
        text: String,
        signature: String,
    },
    /// Of a kind that Chat has no word for.
    Unknown,
}

impl ToChat {
    pub(super) fn new(facts: StreamFacts) -> ToChat {
        ToChat { facts, head: None, blocks: BTreeMap::new(), calls: 0, thoughts: 0, has_reason: false }
    }

    pub(super) fn event(&mut self, event: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        let kind = event.words("type");
        if kind == "ping" {
            progress.is_ping = true;
            return Ok(if self.head.is_some() { PING.to_owned() } else { String::new() });
        }
        if kind == "message_start" {
            return self.begin(event, progress);
        }
        let is_known = matches!(
            kind.as_str(),
            "content_block_start"
                | "content_block_delta"
                | "content_block_stop"
                | "message_delta"
                | "message_stop"
        );
        if !is_known {
            progress.dropped += 1;
            return Ok(String::new());
        }
        if self.head.is_none() {
            return Err(Trouble::Malformed("an event comes before `message_start`"));
        }
        if self.has_reason && kind.starts_with("content_block") {
            progress.dropped += 1;
            return Ok(String::new());
        }
        match kind.as_str() {
            "content_block_start" => self.block(event, progress),
            "content_block_delta" => self.delta(event, progress),
            "content_block_stop" => self.block_end(event, progress),
            "message_delta" => Ok(self.reason(event, progress)),
            _ => self.done(progress),
        }
    }

    fn begin(&mut self, event: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        if self.head.is_some() {
            return Err(Trouble::Malformed("a second `message_start`"));
        }
        let Some(message) = event.get("message").map(Value::object) else {
            return Err(Trouble::Malformed("`message_start` has no message"));
        };
        if let Some(usage) = message.get("usage") {
            progress.count(Counts::of_messages(&usage.object()));
        }
        let head = Made::new()
            .with_some("id", message.get("id"))
            .with_text("object", "chat.completion.chunk")
            .with("created", &self.facts.created.to_string())
            .with_some("model", message.get("model"))
            .finish();
        self.head = Some(head);
        Ok(self.chunk(r#"{"role":"assistant","content":""}"#, None))
    }

    fn block(&mut self, event: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        let index = index(event)?;
        let Some(block) = event.get("content_block") else {
            return Err(Trouble::Malformed("`content_block_start` has no block"));
        };
        let fields = block.object();
        let mut out = String::new();
        let begun = match fields.words("type").as_str() {
            "text" => {
                if let Some(text) = piece(&fields, "text") {
                    progress.piece(text);
                    out = self.text("content", text);
                }
                Block::Text
            }
            "tool_use" => {
                progress.piece(block.raw());
                let call = self.calls;
                self.calls += 1;
                out = self.call(call, &fields);
                // Some servers tell the whole input here.
                let input = fields.get("input").filter(|input| input.object().said().next().is_some());
                if let Some(input) = input {
                    out.push_str(&self.arguments(call, &quoted(input.raw())));
                }
                Block::Call { index: call, has_input: input.is_some() }
            }
            "thinking" => {
                let text = piece(&fields, "thinking").unwrap_or_default().to_owned();
                if !text.is_empty() {
                    progress.piece(&text);
                    out = self.text("reasoning_content", &text);
                }
                Block::Thinking {
                    text,
                    signature: piece(&fields, "signature").unwrap_or_default().to_owned(),
                }
            }
            "redacted_thinking" => {
                progress.piece("");
                out = self.thought(block);
                Block::Text
            }
            _ => {
                progress.dropped += 1;
                Block::Unknown
            }
        };
        match self.blocks.insert(index, begun) {
            None => Ok(out),
            Some(_) => Err(Trouble::Malformed("a block begins twice")),
        }
    }

    fn delta(&mut self, event: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        let Some(delta) = event.get("delta").map(Value::object) else {
            return Err(Trouble::Malformed("`content_block_delta` has no delta"));
        };
        let Some(block) = self.blocks.get_mut(&index(event)?) else {
            return Err(Trouble::Malformed("a piece of a block that has not begun"));
        };
        let (name, raw) = match (delta.words("type").as_str(), block) {
            (_, Block::Unknown) => {
                progress.dropped += 1;
                return Ok(String::new());
            }
            ("text_delta", _) => ("content", piece(&delta, "text")),
            ("input_json_delta", Block::Call { index, has_input }) => {
                let Some(raw) = piece(&delta, "partial_json") else { return Ok(String::new()) };
                *has_input = true;
                let index = *index;
                progress.piece(raw);
                return Ok(self.arguments(index, &format!("\"{raw}\"")));
            }
            ("thinking_delta", Block::Thinking { text, .. }) => {
                let raw = piece(&delta, "thinking");
                text.push_str(raw.unwrap_or_default());
                if text.len() > HELD_LIMIT_BYTES {
                    return Err(Trouble::Malformed("a block of thinking is longer than 4 MiB"));
                }
                ("reasoning_content", raw)
            }
            ("signature_delta", Block::Thinking { signature, .. }) => {
                signature.push_str(piece(&delta, "signature").unwrap_or_default());
                if signature.len() > HELD_LIMIT_BYTES {
                    return Err(Trouble::Malformed("a signature is longer than 4 MiB"));
                }
                return Ok(String::new());
            }
            _ => {
                progress.dropped += 1;
                return Ok(String::new());
            }
        };
        let Some(raw) = raw else { return Ok(String::new()) };
        progress.piece(raw);
        Ok(self.text(name, raw))
    }

    fn block_end(&mut self, event: &Object<'_>, progress: &mut Progress) -> Result<String, Trouble> {
        match self.blocks.remove(&index(event)?) {
            None => Err(Trouble::Malformed("the end of a block that has not begun")),
            Some(Block::Call { index, has_input: false }) => Ok(self.arguments(index, "\"{}\"")),
            Some(Block::Thinking { text, signature }) if !signature.is_empty() => {
                let block = Made::of_type("thinking")
                    .with("thinking", &format!("\"{text}\""))
                    .with("signature", &format!("\"{signature}\""))
                    .finish();
                progress.piece("");
                let block = Value::read(&block, Keys::Unchecked);
                block
                    .map(|block| self.thought(block))
                    .map_err(|_| Trouble::Malformed("a block of thinking is no JSON"))
            }
            Some(Block::Text | Block::Call { .. } | Block::Thinking { .. } | Block::Unknown) => {
                Ok(String::new())
            }
        }
    }

    fn reason(&mut self, event: &Object<'_>, progress: &mut Progress) -> String {
        if let Some(usage) = event.get("usage") {
            progress.is_counted = true;
            progress.count(Counts::of_messages(&usage.object()));
        }
        let delta = event.get("delta").map(Value::object);
        let Some(reason) =
            delta.as_ref().and_then(|delta| delta.get("stop_reason")).filter(|_| !self.has_reason)
        else {
            return String::new();
        };
        self.has_reason = true;
        progress.has_content = true;
        let mut out = self.inputs_of_open_calls();
        let details = delta.and_then(|delta| delta.get("stop_details")).map(Value::object);
        let told = details.as_ref().and_then(|details| piece(details, "explanation"));
        out.push_str(&told.map(|told| self.text("refusal", told)).unwrap_or_default());
        out.push_str(&self.chunk("{}", Some(finish::to_chat(&reason.words()))));
        out
    }

    /// Clients of Chat read the arguments as JSON, also those of a call that takes none.
    fn inputs_of_open_calls(&self) -> String {
        let open = self.blocks.values().map(|block| match block {
            Block::Call { index, has_input: false } => self.arguments(*index, "\"{}\""),
            Block::Text | Block::Call { .. } | Block::Thinking { .. } | Block::Unknown => String::new(),
        });
        open.collect()
    }

    fn done(&mut self, progress: &mut Progress) -> Result<String, Trouble> {
        if !self.has_reason {
            return Err(Trouble::Cut);
        }
        progress.is_finished = true;
        let mut out = String::new();
        if self.facts.wants_usage {
            let usage = progress.counts().to_chat();
            out = self.data(&format!("\"choices\":[],\"usage\":{usage}"));
        }
        out.push_str("data: [DONE]\n\n");
        Ok(out)
    }

    fn call(&self, index: u64, block: &Object<'_>) -> String {
        let function = Made::new().with_some("name", block.get("name")).with_text("arguments", "").finish();
        let call = Made::new()
            .with("index", &index.to_string())
            .with_some("id", block.get("id"))
            .with_text("type", "function")
            .with("function", &function)
            .with_some("extra_content", block.get("extra_content"))
            .finish();
        self.chunk(&Made::new().with("tool_calls", &list(&[call])).finish(), None)
    }

    fn arguments(&self, index: u64, arguments: &str) -> String {
        let function = Made::new().with("arguments", arguments).finish();
        let call = Made::new().with("index", &index.to_string()).with("function", &function).finish();
        self.chunk(&Made::new().with("tool_calls", &list(&[call])).finish(), None)
    }

    /// With an index, which the official clients want of whatever comes as a list.
    fn thought(&mut self, block: Value<'_>) -> String {
        let Some(block) = reasoning::block(block) else { return String::new() };
        let block = format!("{{\"index\":{},{}", self.thoughts, &block[1..]);
        self.thoughts += 1;
        self.chunk(&Made::new().with("thinking_blocks", &list(&[block])).finish(), None)
    }

    fn text(&self, name: &str, raw: &str) -> String {
        self.chunk(&Made::new().with(name, &format!("\"{raw}\"")).finish(), None)
    }

    fn chunk(&self, delta: &str, reason: Option<&str>) -> String {
        let reason = reason.map_or_else(|| "null".to_owned(), quoted);
        // Where a stream counts, OpenAI says in each other chunk that this is not the one.
        let usage = if self.facts.wants_usage { ",\"usage\":null" } else { "" };
        self.data(&format!(
            "\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{reason}}}]{usage}"
        ))
    }

    fn data(&self, rest: &str) -> String {
        let head = self.head.as_deref().unwrap_or_default().strip_suffix('}').unwrap_or("{");
        format!("data: {}}}\n\n", one_line(&format!("{head},{rest}")))
    }
}

fn index(event: &Object<'_>) -> Result<u64, Trouble> {
    event.get("index").and_then(Value::integer).ok_or(Trouble::Malformed("an event of a block has no index"))
}
