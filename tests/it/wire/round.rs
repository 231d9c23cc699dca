//! There and back: what both dialects can say is the same after a way through the other.

use super::stream::{lawful, told};
use super::target;
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wayleave_runtime::wire::Dialect;
use wayleave_runtime::wire::translate;

/// Requests, answers and streams that are made.
const CASES: u64 = 2_000;

fn there_and_back(from: Dialect, body: &Value) -> Value {
    let model = body["model"].as_str().expect("a model");
    let there = translate::request(from, body.to_string().as_bytes(), &target(model));
    let there = there.unwrap_or_else(|cannot| panic!("{cannot}: {body}"));
    assert_eq!(there.dropped, Vec::<String>::new(), "{body}");
    let back = translate::request(from.other(), &there.body, &target(model));
    let back = back.unwrap_or_else(|cannot| panic!("{cannot}: {body}"));
    assert_eq!(back.dropped, Vec::<String>::new(), "{body}");
    serde_json::from_slice(&back.body).expect("JSON")
}

fn text(random: &mut Rng) -> String {
    let pieces = ["a", "Hello, ", "\n", "\"", "\\", "é", "😀", "{}", "\u{7f}", "</s>", "0.30"];
    let length = random.usize(0..5);
    (0..length).fold("w".to_owned(), |text, _| text + random.choice(pieces).expect("a piece"))
}

fn maybe(random: &mut Rng, body: &mut Value, name: &str, value: Value) {
    if random.bool() {
        body[name] = value;
    }
}

fn number(random: &mut Rng) -> Value {
    json!(random.f64())
}

/// A conversation of Chat, in the form in which it comes back.
fn chat_messages(random: &mut Rng) -> Vec<Value> {
    let mut messages = Vec::new();
    if random.bool() {
        messages.push(json!({"role": "system", "content": text(random)}));
    }
    for turn in 0..random.usize(1..4) {
        if random.bool() {
            let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
            let content = json!([{"type": "text", "text": text(random)}, image]);
            messages.push(json!({"role": "user", "content": content}));
        } else {
            messages.push(json!({"role": "user", "content": text(random)}));
        }
        if random.bool() {
            messages.push(json!({"role": "assistant", "content": text(random)}));
            continue;
        }
        let ids: Vec<String> = (0..random.usize(1..4)).map(|call| format!("call_{turn}_{call}")).collect();
        let mut call = |id: &String| {
            let arguments = json!({"a": text(random), "b": [1, null]}).to_string();
            json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}})
        };
        let calls: Vec<Value> = ids.iter().map(&mut call).collect();
        messages.push(json!({"role": "assistant", "content": null, "tool_calls": calls}));
        messages.extend(
            ids.iter().map(|id| json!({"role": "tool", "tool_call_id": id, "content": text(random)})),
        );
        if random.bool() {
            messages.push(json!({"role": "assistant", "content": text(random)}));
        } else {
            // A user who speaks right behind results does not end the conversation here.
            continue;
        }
    }
    messages.push(json!({"role": "user", "content": "and?"}));
    let is_user = |message: &Value| message["role"] == "user";
    messages.dedup_by(|later, before| is_user(later) && is_user(before));
    messages
}

fn tools(random: &mut Rng, name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mut tool = json!({"name": "f", "description": text(random), name: schema});
    maybe(random, &mut tool, "strict", json!(true));
    tool
}

#[test]
fn a_chat_request_is_the_same_after_a_way_through_messages() {
    for seed in 0..CASES {
        let mut random = Rng::with_seed(seed);
        let random = &mut random;
        let mut body = json!({"model": "claude-next", "messages": chat_messages(random)});
        body["max_completion_tokens"] = json!(random.u32(1..100_000));
        let temperature = number(random);
        maybe(random, &mut body, "temperature", temperature);
        let top_p = number(random);
        maybe(random, &mut body, "top_p", top_p);
        maybe(random, &mut body, "stop", json!(["###", "\nUser:"]));
        maybe(random, &mut body, "user", json!("u-1"));
        let tier = *random.choice(&["auto", "default"]).expect("a tier");
        maybe(random, &mut body, "service_tier", json!(tier));
        let schema = json!({"name": "answer", "schema": {"type": "object"}, "strict": true});
        maybe(random, &mut body, "response_format", json!({"type": "json_schema", "json_schema": schema}));
        let effort = *random.choice(&["low", "medium", "high", "xhigh", "max"]).expect("an effort");
        maybe(random, &mut body, "reasoning_effort", json!(effort));
        if random.bool() {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        if random.bool() {
            body["tools"] = json!([{"type": "function", "function": tools(random, "parameters")}]);
            let function = json!({"type": "function", "function": {"name": "f"}});
            let mut choices = vec![json!("auto"), json!("none")];
            if body.get("reasoning_effort").is_none() {
                choices.extend([json!("required"), function]);
            }
            body["tool_choice"] = random.choice(choices).expect("a choice");
            if body["tool_choice"] != "none" {
                maybe(random, &mut body, "parallel_tool_calls", json!(false));
            }
        }
        assert_eq!(there_and_back(Dialect::OpenAi, &body), body, "seed {seed}");
    }
}

#[test]
fn a_messages_request_is_the_same_after_a_way_through_chat() {
    for seed in 0..CASES {
        let mut random = Rng::with_seed(seed);
        let random = &mut random;
        let block = |text: String| json!([{"type": "text", "text": text}]);
        let source = json!({"type": "url", "url": "https://example.com/a.png"});
        let result =
            |id: &str, text: String| json!({"type": "tool_result", "tool_use_id": id, "content": text});
        let call =
            |id: &str, text: String| json!({"type": "tool_use", "id": id, "name": "f", "input": {"a": text}});
        let messages = json!([
            {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": text(random)}]},
            {"role": "assistant", "content": [{"type": "text", "text": text(random)}, call("t1", text(random)), call("t2", text(random))]},
            {"role": "user", "content": [result("t1", text(random)), result("t2", text(random)), {"type": "text", "text": text(random)}]},
            {"role": "assistant", "content": block(text(random))},
            {"role": "user", "content": block(text(random))},
        ]);
        let mut body =
            json!({"model": "claude-next", "max_tokens": random.u32(1..9_999), "messages": messages});
        let (system, temperature) = (block(text(random)), number(random));
        maybe(random, &mut body, "system", system);
        maybe(random, &mut body, "temperature", temperature);
        maybe(random, &mut body, "stop_sequences", json!(["a", "b"]));
        maybe(random, &mut body, "metadata", json!({"user_id": "u"}));
        let format = json!({"type": "json_schema", "schema": {"type": "object"}});
        maybe(random, &mut body, "output_config", json!({"format": format}));
        if random.bool() {
            body["tools"] = json!([tools(random, "input_schema")]);
            let kind = random.choice(["auto", "any"]).expect("a kind");
            body["tool_choice"] = json!({"type": kind, "disable_parallel_tool_use": true});
        }
        assert_eq!(there_and_back(Dialect::Anthropic, &body), body, "seed {seed}");
    }
}

/// `case-S17`: also with reasoning, whose signature nobody but its provider can read.
#[test]
fn an_answer_of_messages_is_the_same_after_a_way_through_chat() {
    for seed in 0..CASES {
        let mut random = Rng::with_seed(seed);
        let random = &mut random;
        let mut content = Vec::new();
        if random.bool() {
            content.push(json!({"type": "thinking", "thinking": text(random), "signature": "c2ln"}));
            content.push(json!({"type": "redacted_thinking", "data": "xyz"}));
        }
        content.push(json!({"type": "text", "text": text(random)}));
        let calls = random.usize(0..3);
        content.extend((0..calls).map(
            |call| json!({"type": "tool_use", "id": format!("t{call}"), "name": "f", "input": {"a": call}}),
        ));
        let reason = if calls > 0 {
            "tool_use"
        } else {
            random.choice(["end_turn", "max_tokens", "refusal"]).expect("one")
        };
        let usage = json!({
            "input_tokens": random.u32(..1_000), "cache_creation_input_tokens": random.u32(..1_000),
            "cache_read_input_tokens": random.u32(..1_000), "output_tokens": random.u32(..1_000),
            "output_tokens_details": {"thinking_tokens": random.u32(..1_000)},
        });
        let answer = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
            "stop_reason": reason, "stop_sequence": null, "usage": usage,
        });
        let there =
            translate::answer(Dialect::Anthropic, answer.to_string().as_bytes(), 1).expect("an answer");
        let back = translate::answer(Dialect::OpenAi, &there.body, 1).expect("an answer");
        assert_eq!(serde_json::from_slice::<Value>(&back.body).expect("JSON"), answer, "seed {seed}");
        assert_eq!(there.counts, back.counts);
    }
}

/// What a Chat stream says in all.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    reasoning: String,
    calls: BTreeMap<u64, (String, String, String)>,
    reason: String,
    usage: Value,
}

/// Joins the pieces. Halves of pairs are told apart by another name, since serde_json does not read them.
fn said(stream: &str) -> Said {
    let mut said = Said::default();
    for data in stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]")
    {
        let chunk: Value = serde_json::from_str(&data.replace("\\ud", "\\\\ud")).expect("JSON");
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let choice = &chunk["choices"][0];
        said.text += &words(&choice["delta"]["content"]);
        said.reasoning += &words(&choice["delta"]["reasoning_content"]);
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let own = said.calls.entry(call["index"].as_u64().expect("an index")).or_default();
            own.0 += &words(&call["id"]);
            own.1 += &words(&call["function"]["name"]);
            own.2 += &words(&call["function"]["arguments"]);
        }
        said.reason += &words(&choice["finish_reason"]);
        if chunk["usage"].is_object() {
            said.usage = chunk["usage"].clone();
        }
    }
    said
}

/// `case-S16`, `fault-F24`: parallel calls whose pieces come in turn, and texts cut inside an emoji.
#[test]
fn a_chat_stream_says_the_same_after_a_way_through_messages() {
    for seed in 0..CASES {
        let mut random = Rng::with_seed(seed);
        let stream = chat_stream(&mut random);
        let there = told(Dialect::OpenAi, &[stream.as_bytes()], true);
        assert_eq!(there.end, Ok(()), "seed {seed}: {stream}");
        lawful(Dialect::Anthropic, &there);
        let back = told(Dialect::Anthropic, &[there.text.as_bytes()], true);
        assert_eq!(back.end, Ok(()), "seed {seed}: {}", there.text);
        lawful(Dialect::OpenAi, &back);
        assert_eq!(said(&back.text), said(&stream), "seed {seed}: {stream}");
    }
}

fn chat_stream(random: &mut Rng) -> String {
    let mut stream = String::new();
    let mut chunk = |delta: &str, reason: &str| {
        stream.push_str(&format!(
            "data: {{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n"
        ));
    };
    chunk(r#"{"role":"assistant","content":""}"#, "null");
    for _ in 0..random.usize(0..3) {
        chunk(r#"{"reasoning_content":"hm \ud83d"}"#, "null");
    }
    for _ in 0..random.usize(0..4) {
        chunk(
            random
                .choice([r#"{"content":"a\n"}"#, r#"{"content":"\ud83d"}"#, r#"{"content":"\ude00"}"#])
                .expect("one"),
            "null",
        );
    }
    let calls = random.usize(0..4);
    // Of each call, its first piece and those behind it: of several calls in turn, each in its order.
    let mut waiting: Vec<Vec<String>> = (0..calls)
        .map(|call| {
            let mut pieces = vec![format!(
                r#"{{"tool_calls":[{{"index":{call},"id":"id{call}","type":"function","function":{{"name":"f{call}","arguments":""}}}}]}}"#
            )];
            for arguments in [r#"{\"a\":"#, r#"\"}{\ud83d"#, r#"\\\" \"}"#] {
                pieces.push(format!(
                    r#"{{"tool_calls":[{{"index":{call},"function":{{"arguments":"{arguments}"}}}}]}}"#
                ));
            }
            pieces.reverse();
            pieces
        })
        .collect();
    for call in 0..calls {
        // A call begins when the one before it has begun.
        chunk(&waiting[call].pop().expect("a piece"), "null");
        while random.bool() {
            let earlier = random.usize(..=call);
            if let Some(piece) = waiting[earlier].pop() {
                chunk(&piece, "null");
            }
        }
    }
    while waiting.iter().any(|pieces| !pieces.is_empty()) {
        let call = random.usize(..calls);
        if let Some(piece) = waiting[call].pop() {
            chunk(&piece, "null");
        }
    }
    let reason = if calls > 0 {
        "tool_calls"
    } else {
        random.choice(["stop", "length", "content_filter"]).expect("one")
    };
    chunk("{}", &format!("\"{reason}\""));
    stream.push_str("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":7,\"total_tokens\":16,\"prompt_tokens_details\":{\"cached_tokens\":4,\"cache_write_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\ndata: [DONE]\n\n");
    stream
}
