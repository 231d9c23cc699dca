//! A stream on its way from provider to caller: events are relayed as they came, held back until the first content, and
//! watched for their end, which each dialect says in its own words. Never invents an end, and never hides that one is
//! missing.

use super::failure::Failure;
use super::verdict;
use crate::wire::chunk;
use crate::wire::sse::{Decoder, Event};
use crate::wire::{Dialect, Usage};
use bytes::Bytes;
use std::collections::VecDeque;
use wayleave_program::plan::FailureClass;

/// What may be held back before the first content: role chunks and the like are a few hundred bytes each.
const HELD_LIMIT_BYTES: usize = 1 << 20;

/// Comments keep a silent stream alive so many times, and no longer.
const COMMENTS_LIMIT: u32 = 3;

/// A stream between provider and caller.
#[derive(Debug)]
pub struct Relay {
    dialect: Dialect,
    decoder: Decoder,
    held: VecDeque<Bytes>,
    held_bytes: usize,
    has_content: bool,
    is_done: bool,
    choices: u128,
    finished: u128,
    usage: Option<Usage>,
    estimate: u64,
    malformed: u64,
    comments: u32,
}

/// What the bytes fed so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// More bytes are needed.
    Feed,
    /// For the caller. The first one comes with the first content.
    Send(Bytes),
    /// The stream is no good.
    Failed(Failure),
    /// The provider has ended the stream by its own word.
    Done,
}

impl Relay {
    /// Of a stream in that dialect whose events are not longer than that.
    pub fn new(dialect: Dialect, event_limit_bytes: usize) -> Relay {
        Relay {
            dialect,
            decoder: Decoder::with_limit(event_limit_bytes),
            held: VecDeque::new(),
            held_bytes: 0,
            has_content: false,
            is_done: false,
            choices: 0,
            finished: 0,
            usage: None,
            estimate: 0,
            malformed: 0,
            comments: 0,
        }
    }

    /// Adds bytes; [`step`](Relay::step) must have asked for them.
    pub fn feed(&mut self, chunk: Bytes) {
        // A chunk counts as a sign of life until it turns out to hold comments alone.
        self.comments += 1;
        self.decoder.feed(chunk);
    }

    /// Whether content has been seen.
    pub fn has_content(&self) -> bool {
        self.has_content
    }

    /// The tokens so far, by the provider's count or an estimate.
    pub fn usage(&self) -> Usage {
        match self.usage {
            None => Usage::estimated(self.estimate),
            // Only the prompt has been counted.
            Some(usage) if usage.is_estimated => Usage { output_tokens: self.estimate, ..usage },
            Some(usage) => usage,
        }
    }

    /// Events whose data was no JSON and that were dropped.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// Whether the last bytes were a sign of life: comments are, three times in a row.
    pub fn is_alive(&self) -> bool {
        self.comments <= COMMENTS_LIMIT
    }

    /// What comes next.
    pub fn step(&mut self) -> Step {
        loop {
            if self.has_content
                && let Some(bytes) = self.held.pop_front()
            {
                return Step::Send(bytes);
            }
            if self.is_done {
                return Step::Done;
            }
            let event = match self.decoder.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => return Step::Feed,
                Err(too_long) => return Step::Failed(Failure::no_answer(&too_long.to_string())),
            };
            if let Some(failure) = self.take(event) {
                return Step::Failed(failure);
            }
        }
    }

    /// What the end of the provider's bytes means: none for a stream that had come to its end.
    pub fn end(&self) -> Option<Failure> {
        if self.is_done || self.is_finished() {
            return None;
        }
        Some(if self.has_content {
            Failure::new(FailureClass::Ambiguous, "the stream ended before the answer did")
        } else {
            Failure::no_answer("the stream ended without content")
        })
    }

    fn is_finished(&self) -> bool {
        self.has_content && self.finished != 0 && self.choices & !self.finished == 0
    }

    fn take(&mut self, event: Event) -> Option<Failure> {
        let Some(data) = &event.data else { return self.comment(event.raw) };
        let read = chunk::read_in(self.dialect, data);
        if read.as_ref().is_ok_and(|chunk| chunk.is_ping) {
            return self.comment(event.raw);
        }
        self.comments = 0;
        let Ok(chunk) = read else {
            self.malformed += 1;
            return None;
        };
        if chunk.error.is_some() || event.is_error {
            let said = chunk.error.unwrap_or_default();
            let failure = verdict::of_error_inside(&said, 200);
            return Some(Failure { said: self.has_content.then(|| Box::new(said)), ..failure });
        }
        self.choices |= chunk.choices;
        self.finished |= chunk.finished;
        self.usage = match (self.usage, chunk.usage) {
            (Some(before), Some(now)) => Some(before.then(now)),
            (before, now) => now.or(before),
        };
        self.estimate += chunk.estimate;
        self.has_content |= chunk.has_content;
        if chunk.is_last {
            if !self.is_finished() {
                return self.end();
            }
            self.is_done = true;
        }
        self.hold(event.raw)
    }

    /// What says nothing. Before the first content nobody waits for it.
    fn comment(&mut self, raw: Bytes) -> Option<Failure> {
        if self.has_content {
            self.held.push_back(raw);
        }
        None
    }

    fn hold(&mut self, raw: Bytes) -> Option<Failure> {
        if self.has_content {
            self.held.push_back(raw);
            return None;
        }
        self.held_bytes += raw.len();
        self.held.push_back(raw);
        (self.held_bytes > HELD_LIMIT_BYTES).then(|| Failure::no_answer("1 MiB of events without content"))
    }
}

#[cfg(test)]
mod tests {
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
}
