//! Simulated chat completions: the answer says who simulates it and repeats the beginning of what was asked.

use super::count_tokens;
use bytes::Bytes;
use serde_json::{Value as Json, json};

/// When all simulated answers were made: 2026-01-01T00:00Z, so that they are the same each time.
const CREATED_S: i64 = wayleave_program::value::DEFAULT_NOW.0;

/// Of the question, repeated in the answer.
const REPEATED_CHARACTERS: usize = 120;

/// What a simulated answer depends on, in whatever dialect.
pub(super) struct Asked<'a> {
    /// The last text of the question.
    pub(super) text: &'a str,
    /// Whether the answer has to be JSON.
    pub(super) is_json: bool,
    /// The most words of it.
    pub(super) limit: Option<u64>,
}

impl Asked<'_> {
    /// The words of the target `name`, and whether the limit left some out.
    pub(super) fn answered(&self, name: &str) -> (Vec<String>, bool) {
        let asked: String = self.text.chars().take(REPEATED_CHARACTERS).collect();
        let mut text = format!("This is a simulated answer of {name} to: {asked}");
        if self.is_json {
            text = json!({"answer": text}).to_string();
        }
        let mut words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok());
        let is_cut = limit.is_some_and(|limit| limit < words.len());
        words.truncate(limit.unwrap_or(words.len()));
        (words, is_cut)
    }
}

/// An answer, whole or in pieces.
pub(super) struct Answer {
    id: String,
    model: Json,
    words: Vec<String>,
    finish_reason: &'static str,
    usage: Json,
    is_usage_asked: bool,
}

impl Answer {
    /// The answer of the target `name` to a request body.
    pub(super) fn to(body: &Json, id: &str, name: &str) -> Answer {
        let is_json = body["response_format"]["type"].as_str().is_some_and(|kind| kind.starts_with("json"));
        let limits = [&body["max_completion_tokens"], &body["max_tokens"]];
        let limit = limits.into_iter().find_map(Json::as_u64);
        let (words, is_cut) = Asked { text: last_text(body), is_json, limit }.answered(name);
        let prompt = texts(body).map(count_tokens).sum::<u64>();
        let completion = words.len() as u64;
        Answer {
            id: format!("chatcmpl-{id}"),
            model: body["model"].clone(),
            finish_reason: if is_cut { "length" } else { "stop" },
            usage: json!({
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }),
            words,
            is_usage_asked: body["stream_options"]["include_usage"] == Json::Bool(true),
        }
    }

    /// As one object.
    pub(super) fn whole(&self) -> Json {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": CREATED_S,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": self.words.concat(), "refusal": null},
                "logprobs": null,
                "finish_reason": self.finish_reason,
            }],
            "usage": self.usage,
            "system_fingerprint": "simulated",
        })
    }

    /// As the events of a stream.
    pub(super) fn events(&self) -> Vec<Bytes> {
        let mut events = vec![self.event(&json!({"role": "assistant", "content": ""}), None)];
        events.extend(self.words.iter().map(|word| self.event(&json!({"content": word}), None)));
        events.push(self.event(&json!({}), Some(self.finish_reason)));
        if self.is_usage_asked {
            let mut chunk = self.chunk();
            chunk["choices"] = json!([]);
            chunk["usage"] = self.usage.clone();
            events.push(data(&chunk));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }

    fn event(&self, delta: &Json, finish_reason: Option<&str>) -> Bytes {
        let mut chunk = self.chunk();
        chunk["choices"] =
            json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]);
        // Like several providers: the last event counts, whether or not one is asked for that counts alone.
        if finish_reason.is_some() && !self.is_usage_asked {
            chunk["usage"] = self.usage.clone();
        }
        data(&chunk)
    }

    fn chunk(&self) -> Json {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": CREATED_S,
            "model": self.model,
            "system_fingerprint": "simulated",
        })
    }
}

fn data(chunk: &Json) -> Bytes {
    Bytes::from(format!("data: {chunk}\n\n"))
}

/// The texts of all messages, in order.
pub(super) fn texts(body: &Json) -> impl Iterator<Item = &str> {
    let messages = body["messages"].as_array().into_iter().flatten();
    messages.flat_map(|message| {
        let content = &message["content"];
        let parts = content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
        content.as_str().into_iter().chain(parts)
    })
}

/// The last of them.
pub(super) fn last_text(body: &Json) -> &str {
    texts(body).last().unwrap_or_default()
}
