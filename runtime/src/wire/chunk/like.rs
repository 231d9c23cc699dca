//! Events of a stream that are like the one before, but for the text that they carry. Most are, and need not be read anew: what
//! stands before and behind the text says what it said.

use super::{Chunk, Malformed, read_in};
use crate::wire::marks::Watch;
use crate::wire::{Dialect, tokens};

/// A longer event is not kept to be compared with; one with a few words of text has some two hundred bytes.
const KEPT_BYTES: usize = 1024;

/// Reads the events of one stream.
#[derive(Debug, Default)]
pub struct Like {
    /// Of the last event that carried a text and nothing else that counts, what stands before it, its quote included;
    /// empty where there was none.
    before: Vec<u8>,
    /// And behind it, from its quote on.
    behind: Vec<u8>,
    choices: u128,
}

impl Like {
    /// Reads an event's data, as [`read_in`].
    ///
    /// # Errors
    /// As [`read_in`].
    pub fn read_in(&mut self, dialect: Dialect, data: &[u8], watch: &mut Watch) -> Result<Chunk, Malformed> {
        if let Some(chunk) = self.same(data) {
            return Ok(chunk);
        }
        let chunk = read_in(dialect, data, watch)?;
        self.learn(data, &chunk);
        Ok(chunk)
    }

    /// What an event says that differs from the one before in its text alone; none for another, and where the text is not as
    /// plain as it stands.
    fn same(&self, data: &[u8]) -> Option<Chunk> {
        if self.before.is_empty() {
            return None;
        }
        let text = data.strip_prefix(self.before.as_slice())?.strip_suffix(self.behind.as_slice())?;
        // Looked at whole, as that is many bytes at a time.
        let is_end = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
        if text.iter().fold(false, |found, byte| found | is_end(*byte)) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        let (has_content, choices) = (!text.is_empty(), self.choices);
        Some(Chunk { has_content, choices, estimate: tokens::of_text(text), ..Chunk::default() })
    }

    fn learn(&mut self, data: &[u8], chunk: &Chunk) {
        let says_more = chunk.finished != 0
            || chunk.is_last
            || chunk.is_ping
            || chunk.usage.is_some()
            || chunk.error.is_some();
        let Some(text) = chunk.text.clone().filter(|_| !says_more && data.len() <= KEPT_BYTES) else {
            // What stood between may have begun something else.
            self.before.clear();
            return;
        };
        self.before.clear();
        self.before.extend_from_slice(&data[..=text.start]);
        self.behind.clear();
        self.behind.extend_from_slice(&data[text.end - 1..]);
        self.choices = chunk.choices;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(delta: &str, rest: &str) -> String {
        format!("{{\"id\":\"a\",\"choices\":[{{\"index\":0,\"delta\":{delta}{rest}}}],\"model\":\"m\"}}")
    }

    fn message(index: u32, delta: &str) -> String {
        format!("{{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{delta}}}")
    }

    /// Whatever comes behind whatever, an event says what it says alone.
    #[test]
    fn an_event_says_the_same_whatever_came_before_it() {
        let deltas = [
            r#"{"content":"a"}"#,
            r#"{"content":"two words"}"#,
            r#"{"content":""}"#,
            r#"{"content":"é 你 😀"}"#,
            r#"{"content":"a\nb"}"#,
            r#"{"content":"\ud83d"}"#,
            r#"{"content":"say \"a\""}"#,
            r#"{"content":null}"#,
            r#"{"content":["a"]}"#,
            r#"{"content":"a","content":"b"}"#,
            r#"{"content":"a","refusal":"no"}"#,
            r#"{"content":"a","refusal":null}"#,
            r#"{"role":"assistant","content":"a"}"#,
            r#"{"reasoning_content":"hm"}"#,
            r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}"#,
            "{}",
        ];
        let rests = ["", ",\"finish_reason\":null", ",\"finish_reason\":\"stop\""];
        let mut events: Vec<String> =
            deltas.iter().flat_map(|delta| rests.map(|rest| chat(delta, rest))).collect();
        events.extend([
            chat(r#"{"content":"a"}"#, r#"},{"index":1,"delta":{"content":"b"}"#),
            r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#.to_owned(),
            r#"{"error":{"message":"boom"}}"#.to_owned(),
            "oops".to_owned(),
            "[DONE]".to_owned(),
        ]);
        all_pairs(Dialect::OpenAi, &events);
    }

    #[test]
    fn the_same_holds_of_events_of_messages() {
        let deltas = [
            r#"{"type":"text_delta","text":"a"}"#,
            r#"{"type":"text_delta","text":"some words"}"#,
            r#"{"type":"text_delta","text":""}"#,
            r#"{"type":"text_delta","text":"a\nb"}"#,
            r#"{"text":"a","type":"server_tool_use"}"#,
            r#"{"text":"","type":"server_tool_use"}"#,
            r#"{"type":"thinking_delta","thinking":"hm"}"#,
            r#"{"type":"input_json_delta","partial_json":"{"}"#,
            r#"{"text":"a","stop_reason":"end_turn"}"#,
        ];
        let mut events: Vec<String> =
            deltas.iter().flat_map(|delta| [0, 1].map(|index| message(index, delta))).collect();
        events.extend([
            r#"{"type":"ping"}"#.to_owned(),
            r#"{"type":"message_stop"}"#.to_owned(),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c","name":"f"}}"#
                .to_owned(),
            r#"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1,"output_tokens":2}}}"#.to_owned(),
        ]);
        all_pairs(Dialect::Anthropic, &events);
    }

    fn all_pairs(dialect: Dialect, events: &[String]) {
        let plain = |read: Result<Chunk, Malformed>| read.map(|chunk| Chunk { text: None, ..chunk });
        let mut liked = 0;
        for first in events {
            for second in events {
                let (mut like, mut watch, mut alone) = (Like::default(), Watch::default(), Watch::default());
                for event in [first, second, first, second] {
                    liked += usize::from(like.same(event.as_bytes()).is_some());
                    let read = plain(like.read_in(dialect, event.as_bytes(), &mut watch));
                    let expected = plain(read_in(dialect, event.as_bytes(), &mut alone));
                    assert_eq!(read, expected, "{first} {second}");
                }
                assert_eq!(watch.marks(true), alone.marks(true), "{first} {second}");
            }
        }
        assert!(liked > events.len(), "{liked}");
    }
}
