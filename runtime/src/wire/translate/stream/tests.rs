//! What no file of the suite shows: when content has come, what is held back at most, and what stands in one line.

use super::*;
use crate::wire::sse::Decoder;

fn translator(from: Dialect) -> StreamTranslator {
    StreamTranslator::new(from, StreamFacts { created: 1, wants_usage: false })
}

/// Feeds one event.
fn feed(translator: &mut StreamTranslator, event: &str) -> Result<String, Trouble> {
    let mut decoder = Decoder::default();
    decoder.feed(Bytes::copy_from_slice(event.as_bytes()));
    let event = decoder.next_event().expect("short").expect("whole");
    translator.event(&event).map(|bytes| String::from_utf8(bytes.to_vec()).expect("text"))
}

fn data(translator: &mut StreamTranslator, data: &str) -> Result<String, Trouble> {
    feed(translator, &format!("data: {data}\n\n"))
}

const START: &str = r#"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1,"output_tokens":1}}}"#;

fn begun() -> StreamTranslator {
    let mut stream = translator(Dialect::Anthropic);
    assert!(data(&mut stream, START).is_ok_and(|told| told.contains("assistant")));
    stream
}

fn delta(stream: &mut StreamTranslator, delta: &str) -> Result<String, Trouble> {
    let delta = format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
    data(stream, &delta)
}

#[test]
fn a_role_and_a_ping_are_no_content() {
    let mut stream = begun();
    assert_eq!(data(&mut stream, r#"{"type":"ping"}"#).as_deref(), Ok(": ping\n\n"));
    let block = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    assert_eq!(data(&mut stream, block).as_deref(), Ok(""));
    assert!(!stream.has_content());
    let piece = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ud83d"}}"#;
    assert!(data(&mut stream, piece).is_ok_and(|told| told.contains(r#"{"content":"\ud83d"}"#)));
    assert!(stream.has_content() && !stream.is_finished());

    let mut stream = translator(Dialect::OpenAi);
    assert_eq!(feed(&mut stream, ": early\n\n").as_deref(), Ok(""));
    assert!(
        delta(&mut stream, r#"{"role":"assistant","content":""}"#)
            .is_ok_and(|told| told.contains("message_start"))
    );
    assert_eq!(feed(&mut stream, ": late\n\n").as_deref(), Ok("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
    assert!(!stream.has_content());
    assert!(delta(&mut stream, r#"{"content":"a"}"#).is_ok());
    assert!(stream.has_content());
}

/// `fault-F16`: what came of an answer that was never counted to its end is estimated.
#[test]
fn an_answer_that_is_cut_counts_what_came_of_it() {
    let mut stream = begun();
    assert_eq!(data(&mut stream, r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"one two three four"}}"#).map(drop), Ok(()));
    assert_eq!(stream.end(), Err(Trouble::Cut));
    let counts = stream.counts();
    assert_eq!((counts.input_tokens, counts.is_estimated), (1, true));
    assert!(counts.output_tokens >= 4);
}

/// `fault-F25`, `threat-T23`: what is held back has an end.
#[test]
fn what_is_held_back_is_bounded() {
    let megabyte = "x".repeat(1 << 20);
    let mut stream = begun();
    let block =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#;
    assert_eq!(data(&mut stream, block).as_deref(), Ok(""));
    let piece = format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"thinking_delta","thinking":"{megabyte}"}}}}"#
    );
    let told: Vec<_> = (0..5).map(|_| data(&mut stream, &piece).is_ok()).collect();
    assert_eq!(told, [true, true, true, true, false]);

    let mut stream = translator(Dialect::OpenAi);
    let call = |arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let told: Vec<_> = (0..5).map(|_| delta(&mut stream, &call(&megabyte)).is_ok()).collect();
    assert_eq!(told, [true, true, true, true, false]);
}

/// `threat-T26`: line breaks between the tokens of an event, which the dialect allows, cannot make fields of another.
#[test]
fn what_is_told_stands_in_one_line() {
    let mut stream = begun();
    let block = "data: {\"type\":\"content_block_start\",\"index\":0,\ndata: \"content_block\":{\"type\":\"redacted_thinking\",\ndata: \"data\":\"x\"}}\n\n";
    let told = feed(&mut stream, block).expect("an event");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    let mut stream = translator(Dialect::OpenAi);
    let chunk = "data: {\"id\":[1,\ndata: 2],\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n";
    let told = feed(&mut stream, chunk).expect("an event");
    assert_eq!(told.trim_end().lines().count(), 2, "{told}");
}

#[test]
fn an_error_event_is_one_in_any_shape() {
    for event in [
        "event: error\ndata: {\"message\":\"boom\"}\n\n",
        "data: {\"error\":{\"message\":\"boom\"}}\n\n",
        "data: {\"error\":\"boom\"}\n\n",
    ] {
        for from in [Dialect::OpenAi, Dialect::Anthropic] {
            let told = feed(&mut translator(from), event);
            assert!(matches!(told, Err(Trouble::Error(error)) if error.message == "boom"), "{event}");
        }
    }
}
