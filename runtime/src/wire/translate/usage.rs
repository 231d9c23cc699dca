//! The tokens that an answer counts, in both dialects. Chat's `prompt_tokens` hold what was read from a cache or written to one;
//! Messages' `input_tokens` do not.

use super::raw::{Made, Object, Value};
use crate::wire::Usage;
use crate::wire::chunk::USAGE_LIMIT_TOKENS;

/// What an answer counts. What the provider did not count is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of the prompt, neither read from a cache nor written to one.
    pub input_tokens: u64,
    /// Of the prompt, read from a cache.
    pub cache_read_tokens: Option<u64>,
    /// Of the prompt, written to a cache, for whatever time.
    pub cache_written_tokens: Option<u64>,
    /// Of those written, the ones that are kept for an hour, which cost more.
    pub cache_written_hour_tokens: Option<u64>,
    /// Of the answer, reasoning included.
    pub output_tokens: u64,
    /// Of the answer, reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Whether the provider counted nothing, and this is an estimate of ours.
    pub is_estimated: bool,
}

impl Counts {
    /// For a provider that counted nothing.
    pub fn estimated(output_tokens: u64) -> Counts {
        Counts { output_tokens, is_estimated: true, ..Counts::default() }
    }

    /// All tokens of the prompt.
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens.unwrap_or(0) + self.cache_written_tokens.unwrap_or(0)
    }

    /// As the rest of the gateway counts.
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.prompt_tokens(),
            output_tokens: self.output_tokens,
            cached_tokens: self.cache_read_tokens.unwrap_or(0),
            cache_written_tokens: self.cache_written_tokens.unwrap_or(0),
            reasoning_tokens: self.reasoning_tokens.unwrap_or(0),
            is_estimated: self.is_estimated,
        }
    }

    /// Reads the `usage` of a Chat answer.
    pub(super) fn of_chat(usage: &Object<'_>) -> Counts {
        let prompt = usage.get("prompt_tokens_details").map(Value::object);
        let completion = usage.get("completion_tokens_details").map(Value::object);
        let detail = |details: &Option<Object<'_>>, name: &str| {
            details.as_ref().and_then(|details| count(details, name))
        };
        let cache_read_tokens = detail(&prompt, "cached_tokens");
        let cache_written_tokens = detail(&prompt, "cache_write_tokens");
        let cached = cache_read_tokens.unwrap_or(0) + cache_written_tokens.unwrap_or(0);
        Counts {
            input_tokens: count(usage, "prompt_tokens").unwrap_or(0).saturating_sub(cached),
            cache_read_tokens,
            cache_written_tokens,
            output_tokens: count(usage, "completion_tokens").unwrap_or(0),
            reasoning_tokens: detail(&completion, "reasoning_tokens"),
            ..Counts::default()
        }
    }

    /// Reads the `usage` of a Messages answer, or of the events that begin and end its stream.
    pub(super) fn of_messages(usage: &Object<'_>) -> Counts {
        let inner = |outer: &str, name: &str| {
            let outer = usage.get(outer).map(Value::object);
            outer.and_then(|outer| count(&outer, name))
        };
        Counts {
            input_tokens: count(usage, "input_tokens").unwrap_or(0),
            cache_read_tokens: count(usage, "cache_read_input_tokens"),
            cache_written_tokens: count(usage, "cache_creation_input_tokens"),
            cache_written_hour_tokens: inner("cache_creation", "ephemeral_1h_input_tokens"),
            output_tokens: count(usage, "output_tokens").unwrap_or(0),
            reasoning_tokens: inner("output_tokens_details", "thinking_tokens"),
            is_estimated: false,
        }
    }

    /// Both: a stream's counts only grow, and what one event leaves out stands in another.
    pub(super) fn and(self, later: Counts) -> Counts {
        Counts {
            input_tokens: self.input_tokens.max(later.input_tokens),
            cache_read_tokens: self.cache_read_tokens.max(later.cache_read_tokens),
            cache_written_tokens: self.cache_written_tokens.max(later.cache_written_tokens),
            cache_written_hour_tokens: self.cache_written_hour_tokens.max(later.cache_written_hour_tokens),
            output_tokens: self.output_tokens.max(later.output_tokens),
            reasoning_tokens: self.reasoning_tokens.max(later.reasoning_tokens),
            is_estimated: self.is_estimated && later.is_estimated,
        }
    }

    /// As Chat writes it.
    pub(super) fn to_chat(self) -> String {
        let mut made = Made::new()
            .with("prompt_tokens", &self.prompt_tokens().to_string())
            .with("completion_tokens", &self.output_tokens.to_string())
            .with("total_tokens", &(self.prompt_tokens() + self.output_tokens).to_string());
        let prompt =
            [("cached_tokens", self.cache_read_tokens), ("cache_write_tokens", self.cache_written_tokens)];
        details(&mut made, "prompt_tokens_details", &prompt);
        details(&mut made, "completion_tokens_details", &[("reasoning_tokens", self.reasoning_tokens)]);
        made.finish()
    }

    /// As Messages writes it.
    pub(super) fn to_messages(self) -> String {
        let mut made = Made::new().with("input_tokens", &self.input_tokens.to_string());
        let cached = [
            ("cache_creation_input_tokens", self.cache_written_tokens),
            ("cache_read_input_tokens", self.cache_read_tokens),
        ];
        for (name, tokens) in cached {
            made.raw(name, &tokens.unwrap_or(0).to_string());
        }
        made.raw("output_tokens", &self.output_tokens.to_string());
        details(&mut made, "output_tokens_details", &[("thinking_tokens", self.reasoning_tokens)]);
        made.finish()
    }
}

/// Writes the counts that there are.
fn details(made: &mut Made, name: &str, counts: &[(&str, Option<u64>)]) {
    let counts: Vec<(&str, u64)> =
        counts.iter().filter_map(|(name, tokens)| tokens.map(|tokens| (*name, tokens))).collect();
    if counts.is_empty() {
        return;
    }
    let mut inner = Made::new();
    for (name, tokens) in counts {
        inner.raw(name, &tokens.to_string());
    }
    made.raw(name, &inner.finish());
}

/// A count that may be negative, broken or absurd: from 0 to the limit.
fn count(object: &Object<'_>, name: &str) -> Option<u64> {
    // `as` saturates, which is what a clamp wants.
    let value = object.get(name)?.raw().parse::<f64>().ok()? as u64;
    Some(value.min(USAGE_LIMIT_TOKENS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::Keys;

    fn object(text: &str) -> Object<'_> {
        Value::read(text, Keys::Unchecked).expect("JSON").object()
    }

    /// `case-B9`, `case-B11`: what is cached and what is reasoned keeps its own count, and no token is counted twice.
    #[test]
    fn cached_and_reasoning_tokens_are_neither_lost_nor_counted_twice() {
        let messages = r#"{"input_tokens":10,"cache_creation_input_tokens":200,"cache_read_input_tokens":3000,"output_tokens":50,"output_tokens_details":{"thinking_tokens":40}}"#;
        let chat = r#"{"prompt_tokens":3210,"completion_tokens":50,"total_tokens":3260,"prompt_tokens_details":{"cached_tokens":3000,"cache_write_tokens":200},"completion_tokens_details":{"reasoning_tokens":40}}"#;
        assert_eq!(Counts::of_messages(&object(messages)).to_chat(), chat);
        assert_eq!(Counts::of_chat(&object(chat)).to_messages(), messages);
        let usage = Counts::of_chat(&object(chat)).usage();
        assert_eq!((usage.input_tokens, usage.cached_tokens, usage.reasoning_tokens), (3210, 3000, 40));
        let hour =
            object(r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":7}}"#);
        assert_eq!(Counts::of_messages(&hour).cache_written_hour_tokens, Some(7));
    }

    #[test]
    fn absurd_counts_are_clamped() {
        let counts = Counts::of_chat(&object(
            r#"{"prompt_tokens":5,"completion_tokens":1e18,"prompt_tokens_details":{"cached_tokens":9}}"#,
        ));
        assert_eq!((counts.input_tokens, counts.output_tokens), (0, USAGE_LIMIT_TOKENS));
        assert_eq!(
            Counts::of_messages(&object(r#"{"input_tokens":-3,"output_tokens":"x"}"#)),
            Counts::default()
        );
    }
}
