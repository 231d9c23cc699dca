//! What a caller gets of a stream's events, and how it ends.

use super::*;
use crate::wire::sse::EVENT_LIMIT_BYTES;

const ROLE: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const TEXT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const END: &str = "data: [DONE]\n\n";

/// What a caller gets of those chunks, and how it ends: `done`, `whole`, or the cause.
fn relay(chunks: &[&str]) -> (String, String) {
    relay_in(Dialect::OpenAi, chunks)
}

fn relay_in(dialect: Dialect, chunks: &[&str]) -> (String, String) {
    let mut relay = Relay::new(dialect, Expected::default(), EVENT_LIMIT_BYTES);
    let mut sent = String::new();
    for chunk in chunks {
        relay.feed(Bytes::copy_from_slice(chunk.as_bytes()));
        loop {
            match relay.step() {
                Step::Feed => break,
                Step::Send(bytes) => sent.push_str(std::str::from_utf8(&bytes).expect("text")),
                Step::Failed(failure) => return (sent, failure.cause),
                Step::Done => return (sent, "done".to_owned()),
            }
        }
    }
    (sent, relay.end().map_or_else(|| "whole".to_owned(), |failure| failure.cause))
}

fn ends(chunks: &[&str], sent: &str, end: &str) {
    assert_eq!(relay(chunks), (sent.to_owned(), end.to_owned()));
}

#[test]
fn events_are_held_until_the_first_content() {
    ends(&[ROLE], "", "the stream ended without content");
    ends(&[ROLE, TEXT], &[ROLE, TEXT].concat(), "the stream ended before the answer did");
    ends(&[": ping\n\n", ROLE, TEXT, STOP, END], &[ROLE, TEXT, STOP, END].concat(), "done");
    let all = [ROLE, TEXT, ": ping\n\n", STOP, END].concat();
    ends(&[&all], &all, "done");
}

#[test]
fn an_end_is_neither_invented_nor_hidden() {
    ends(&[TEXT, STOP], &[TEXT, STOP].concat(), "whole");
    ends(&[TEXT, END], TEXT, "the stream ended before the answer did");
    ends(&[END], "", "the stream ended without content");
    ends(&[TEXT, STOP, END, TEXT], &[TEXT, STOP, END].concat(), "done");
    let second = TEXT.replace("\"index\":0", "\"index\":1");
    ends(
        &[TEXT, &second, STOP, END],
        &[TEXT, &second, STOP].concat(),
        "the stream ended before the answer did",
    );
}

#[test]
fn errors_end_a_stream_and_rubbish_does_not() {
    ends(&[ROLE, "data: {\"error\":{\"message\":\"x\"}}\n\n"], "", "answered 200 with an error");
    ends(&[TEXT, "data: {\"error\":{\"message\":\"x\"}}\n\n"], TEXT, "answered 200 with an error");
    ends(&[TEXT, "data: {oops\n\n", STOP, END], &[TEXT, STOP, END].concat(), "done");
}

#[test]
fn comments_keep_a_stream_alive_three_times() {
    let mut relay = Relay::new(Dialect::OpenAi, Expected::default(), EVENT_LIMIT_BYTES);
    let mut feed = |text: &'static str| {
        relay.feed(Bytes::from_static(text.as_bytes()));
        while !matches!(relay.step(), Step::Feed) {}
        relay.is_alive()
    };
    assert!(feed(TEXT));
    assert_eq!([(); 4].map(|()| feed(": ping\n\n")), [true, true, true, false]);
    assert!(feed(TEXT));
}

const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n";
const BLOCK: &str =
    "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
const PIECE: &str =
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"word\"}}\n\n";
const REASON: &str = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n";
const MESSAGE_STOP: &str = "data: {\"type\":\"message_stop\"}\n\n";

fn message_ends(chunks: &[&str], sent: &[&str], end: &str) {
    assert_eq!(relay_in(Dialect::Anthropic, chunks), (sent.concat(), end.to_owned()));
}

#[test]
fn a_message_is_held_until_its_content_and_ends_by_its_own_word() {
    const EARLY: &str = "the stream ended before the answer did";
    const EMPTY: &str = "the stream ended without content";
    message_ends(&[START, PING, BLOCK], &[], EMPTY);
    message_ends(&[START, MESSAGE_STOP], &[], EMPTY);
    message_ends(&[START, PING, BLOCK, PIECE], &[START, BLOCK, PIECE], EARLY);
    let whole = [START, BLOCK, PIECE, PING, REASON, MESSAGE_STOP];
    message_ends(&whole, &whole, "done");
    message_ends(&[&whole.concat(), PIECE], &whole, "done");
    message_ends(&[START, BLOCK, PIECE, REASON], &[START, BLOCK, PIECE, REASON], EARLY);
    // A turn may end without a word.
    message_ends(&[START, REASON, MESSAGE_STOP], &[START, REASON, MESSAGE_STOP], "done");
    message_ends(
        &[START, "data: {\"type\":\"new\"}\n\n", PIECE, "data: {oops\n\n", MESSAGE_STOP],
        &[START, "data: {\"type\":\"new\"}\n\n", PIECE, MESSAGE_STOP],
        "done",
    );
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    message_ends(&[START, error], &[], "answered 200 with an error: it is overloaded");
    message_ends(&[START, PIECE, error], &[START, PIECE], "answered 200 with an error: it is overloaded");
}

#[test]
fn a_message_is_counted_from_its_beginning() {
    let mut relay = Relay::new(Dialect::Anthropic, Expected::default(), EVENT_LIMIT_BYTES);
    let mut fed = |text: &'static str| {
        relay.feed(Bytes::from_static(text.as_bytes()));
        while !matches!(relay.step(), Step::Feed | Step::Done) {}
        let usage = relay.usage();
        (usage.input_tokens, usage.output_tokens, usage.is_estimated)
    };
    assert_eq!(fed(START), (9, 0, true));
    assert_eq!(fed(PIECE), (9, 2, true));
    assert_eq!(fed(REASON), (9, 7, false));
}

#[test]
fn pings_keep_a_stream_alive_three_times() {
    let mut relay = Relay::new(Dialect::Anthropic, Expected::default(), EVENT_LIMIT_BYTES);
    let mut feed = |text: &'static str| {
        relay.feed(Bytes::from_static(text.as_bytes()));
        while !matches!(relay.step(), Step::Feed) {}
        relay.is_alive()
    };
    assert!(feed(PIECE));
    assert_eq!([(); 4].map(|()| feed(PING)), [true, true, true, false]);
    assert!(feed(PIECE));
}

const FACTS: StreamFacts = StreamFacts { created: 1, wants_usage: false };

fn fed(relay: &mut Relay, text: &'static str) -> (String, Step) {
    relay.feed(Bytes::from_static(text.as_bytes()));
    let mut sent = String::new();
    loop {
        match relay.step() {
            Step::Send(bytes) => sent.push_str(std::str::from_utf8(&bytes).expect("text")),
            step @ (Step::Feed | Step::Done | Step::Failed(_)) => return (sent, step),
        }
    }
}

/// case-S2: what comes before the content waits for it, in the caller's dialect too.
#[test]
fn a_translated_stream_is_held_until_its_content() {
    let mut relay = Relay::across(Dialect::Anthropic, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
    assert_eq!(fed(&mut relay, START), (String::new(), Step::Feed));
    assert_eq!(fed(&mut relay, PING), (String::new(), Step::Feed));
    assert!(!relay.has_content());
    let block = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"word\"}}\n\n";
    let (sent, _) = fed(&mut relay, block);
    assert!(sent.contains("assistant") && sent.contains("word"), "{sent}");
    assert_eq!(fed(&mut relay, PING).0, ": ping\n\n");
    assert!(fed(&mut relay, REASON).0.contains("\"finish_reason\":\"stop\""));
    assert_eq!(fed(&mut relay, MESSAGE_STOP), (END.to_owned(), Step::Done));
    assert_eq!(relay.end(), None);
    assert_eq!((relay.usage().input_tokens, relay.usage().output_tokens), (9, 7));
}

/// fault-F18: the rest of a message is told when only the mark of the stream's end is missing, and of no other.
#[test]
fn the_rest_of_a_translated_stream_comes_behind_its_end() {
    let mut relay = Relay::across(Dialect::OpenAi, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
    assert!(fed(&mut relay, TEXT).0.contains("text_delta"));
    assert!(!fed(&mut relay, STOP).0.contains("message_stop"));
    assert_eq!(relay.end(), None);
    let Step::Send(rest) = relay.step() else { panic!("the rest is there") };
    assert!(rest.ends_with(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    assert_eq!(relay.step(), Step::Done);

    let mut relay = Relay::across(Dialect::OpenAi, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
    assert!(!fed(&mut relay, TEXT).0.is_empty());
    let cut = relay.end().expect("it is cut");
    assert_eq!((cut.class, relay.step()), (FailureClass::Ambiguous, Step::Feed));
}

/// fault-F20, fault-F19: what cannot be read ends a translated stream, and so does an error, whose words are kept.
#[test]
fn a_translated_stream_ends_by_what_cannot_be_read_and_by_an_error() {
    for (event, class, is_said) in [
        ("data: {oops\n\n", FailureClass::ServerError, false),
        ("data: {\"error\":{\"message\":\"x\"}}\n\n", FailureClass::ServerError, true),
    ] {
        let mut relay = Relay::across(Dialect::OpenAi, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
        fed(&mut relay, TEXT);
        let (sent, Step::Failed(failure)) = fed(&mut relay, event) else { panic!("{event}") };
        assert_eq!((sent.as_str(), failure.class, failure.said.is_some()), ("", class, is_said), "{event}");
    }
}

/// fault-F21: pings and comments keep a translated stream alive three times.
#[test]
fn pings_keep_a_translated_stream_alive_three_times() {
    for (from, piece, ping) in [(Dialect::OpenAi, TEXT, ": ping\n\n"), (Dialect::Anthropic, START, PING)] {
        let mut relay = Relay::across(from, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
        fed(&mut relay, piece);
        let alive = [(); 4].map(|()| {
            fed(&mut relay, ping);
            relay.is_alive()
        });
        assert_eq!(alive, [true, true, true, false], "{from:?}");
    }
}

/// fault-F25, threat-T23: what is held back before the content has an end.
#[test]
fn a_translated_stream_holds_back_a_bounded_length() {
    let mut relay = Relay::across(Dialect::Anthropic, FACTS, Expected::default(), EVENT_LIMIT_BYTES);
    let id = "x".repeat(HELD_LIMIT_BYTES);
    let start = format!("data: {{\"type\":\"message_start\",\"message\":{{\"id\":\"{id}\"}}}}\n\n");
    relay.feed(Bytes::from(start));
    assert!(matches!(relay.step(), Step::Failed(failure) if failure.class == FailureClass::ServerError));
}
