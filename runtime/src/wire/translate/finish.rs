//! Why an answer ended, in both dialects.

/// Of Messages, with what Chat says for it. The first of those with the same word of Chat is what that word means in Messages.
const REASONS: [(&str, &str); 7] = [
    ("end_turn", "stop"),
    ("stop_sequence", "stop"),
    ("max_tokens", "length"),
    // The answer is not whole, and Chat has one word for that.
    ("model_context_window_exceeded", "length"),
    ("pause_turn", "length"),
    ("tool_use", "tool_calls"),
    ("refusal", "content_filter"),
];

/// Chat's word for a stop reason of Messages; one that nobody knows yet is an end all the same.
pub(super) fn to_chat(reason: &str) -> &'static str {
    REASONS.iter().find(|(messages, _)| *messages == reason).map_or("stop", |(_, chat)| chat)
}

/// Messages' word for a finish reason of Chat. Where a call was forced Chat says `stop`, and Messages never does.
pub(super) fn to_messages(reason: &str, has_calls: bool, has_refused: bool) -> &'static str {
    match reason {
        "function_call" => "tool_use",
        "stop" if has_calls => "tool_use",
        "stop" if has_refused => "refusal",
        _ => REASONS.iter().find(|(_, chat)| *chat == reason).map_or("end_turn", |(messages, _)| messages),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_chat_is_the_same_after_a_way_through_messages() {
        for reason in ["stop", "length", "tool_calls", "content_filter"] {
            assert_eq!(to_chat(to_messages(reason, reason == "tool_calls", false)), reason);
        }
        assert_eq!(to_messages("stop", true, false), "tool_use");
        assert_eq!(to_messages("stop", false, true), "refusal");
        assert_eq!(to_messages("function_call", true, false), "tool_use");
        assert_eq!(to_chat("compaction"), "stop");
        assert_eq!(to_messages("eos", false, false), "end_turn");
    }
}
