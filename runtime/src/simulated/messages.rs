//! Simulated messages of Anthropic's API: what a simulated chat says, in that API's shapes, and what a prompt counts as.

use super::chat::{Asked, last_text, texts};
use super::count_tokens;
use bytes::Bytes;
use serde_json::{Value as Json, json};

/// An answer, whole or in pieces.
pub(super) struct Answer {
    id: String,
    model: Json,
    words: Vec<String>,
    stop_reason: &'static str,
    input_tokens: u64,
}

/// What the prompt of a request body counts as.
pub(super) fn count(body: &Json) -> Json {
    json!({"input_tokens": input_tokens(body)})
}

fn input_tokens(body: &Json) -> u64 {
    let system = &body["system"];
    let blocks = system.as_array().into_iter().flatten().filter_map(|block| block["text"].as_str());
    system.as_str().into_iter().chain(blocks).chain(texts(body)).map(count_tokens).sum()
}

impl Answer {
    /// The answer of the target `name` to a request body.
    pub(super) fn to(body: &Json, id: &str, name: &str) -> Answer {
        let is_json = body["output_config"]["format"].is_object() || body["output_format"].is_object();
        let asked = Asked { text: last_text(body), is_json, limit: body["max_tokens"].as_u64() };
        let (words, is_cut) = asked.answered(name);
        Answer {
            id: format!("msg_{id}"),
            model: body["model"].clone(),
            words,
            stop_reason: if is_cut { "max_tokens" } else { "end_turn" },
            input_tokens: input_tokens(body),
        }
    }

    /// As one object.
    pub(super) fn whole(&self) -> Json {
        let mut message = self.begun();
        message["content"] = json!([{"type": "text", "text": self.words.concat()}]);
        message["stop_reason"] = json!(self.stop_reason);
        message["usage"]["output_tokens"] = json!(self.words.len());
        message
    }

    /// As the events of a stream.
    pub(super) fn events(&self) -> Vec<Bytes> {
        let mut events = vec![
            event("message_start", json!({"message": self.begun()})),
            event("content_block_start", json!({"index": 0, "content_block": {"type": "text", "text": ""}})),
        ];
        events.extend(self.words.iter().map(|word| {
            let delta = json!({"type": "text_delta", "text": word});
            event("content_block_delta", json!({"index": 0, "delta": delta}))
        }));
        events.push(event("content_block_stop", json!({"index": 0})));
        let delta = json!({"stop_reason": self.stop_reason, "stop_sequence": null});
        let usage = json!({"output_tokens": self.words.len()});
        events.push(event("message_delta", json!({"delta": delta, "usage": usage})));
        events.push(event("message_stop", json!({})));
        events
    }

    /// Before its first word.
    fn begun(&self) -> Json {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {
                "input_tokens": self.input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 0,
            },
        })
    }
}

fn event(kind: &str, mut data: Json) -> Bytes {
    data["type"] = json!(kind);
    Bytes::from(format!("event: {kind}\ndata: {data}\n\n"))
}
