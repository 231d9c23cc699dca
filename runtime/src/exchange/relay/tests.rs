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
    let mut relay = Relay::new(dialect, EVENT_LIMIT_BYTES);
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
    let mut relay = Relay::new(Dialect::OpenAi, EVENT_LIMIT_BYTES);
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
    let mut relay = Relay::new(Dialect::Anthropic, EVENT_LIMIT_BYTES);
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
    let mut relay = Relay::new(Dialect::Anthropic, EVENT_LIMIT_BYTES);
    let mut feed = |text: &'static str| {
        relay.feed(Bytes::from_static(text.as_bytes()));
        while !matches!(relay.step(), Step::Feed) {}
        relay.is_alive()
    };
    assert!(feed(PIECE));
    assert_eq!([(); 4].map(|()| feed(PING)), [true, true, true, false]);
    assert!(feed(PIECE));
}
