//! The protocol's own words: keys and values that are fixed and so carry nothing. Whatever is not exactly one of them is
//! text. JSON Schema's words are among them, since tools are described with it.

use crate::wire::json::Text;

/// Roles whose messages are the system prompt.
pub(super) const SYSTEM_ROLES: [&str; 2] = ["system", "developer"];

/// Roles whose messages stand apart, though several follow one another.
pub(super) const SEPARATE_ROLES: [&str; 2] = ["tool", "function"];

/// Members of a body that some providers take for the system prompt.
pub(super) const SYSTEM_MEMBERS: [&str; 3] = ["system", "system_prompt", "instructions"];

/// Members of a message or a content part that are its text.
pub(super) const CONTENT_MEMBERS: [&str; 3] = ["content", "text", "refusal"];

/// The kinds of content parts that are text.
pub(super) const TEXT_PARTS: [&str; 4] = ["text", "input_text", "output_text", "refusal"];

/// Keys that say nothing of their own; sorted.
const KEYS: [&str; 119] = [
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "arguments",
    "audio",
    "best_of",
    "cache_control",
    "const",
    "content",
    "custom",
    "data",
    "default",
    "definitions",
    "description",
    "detail",
    "dimensions",
    "echo",
    "encoding_format",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "file",
    "file_data",
    "file_id",
    "filename",
    "format",
    "frequency_penalty",
    "function",
    "function_call",
    "functions",
    "grammar",
    "id",
    "image_url",
    "include_obfuscation",
    "include_usage",
    "index",
    "input",
    "input_audio",
    "instructions",
    "items",
    "json_schema",
    "logit_bias",
    "logprobs",
    "maxItems",
    "maxLength",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "maximum",
    "messages",
    "metadata",
    "minItems",
    "minLength",
    "minimum",
    "modalities",
    "model",
    "n",
    "name",
    "nullable",
    "oneOf",
    "parallel_tool_calls",
    "parameters",
    "pattern",
    "prediction",
    "prefixItems",
    "presence_penalty",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "properties",
    "reasoning",
    "reasoning_content",
    "reasoning_effort",
    "refusal",
    "repetition_penalty",
    "required",
    "response_format",
    "role",
    "safety_identifier",
    "schema",
    "search_context_size",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "strict",
    "suffix",
    "summary",
    "syntax",
    "system",
    "system_prompt",
    "temperature",
    "text",
    "thinking",
    "title",
    "tool_call_id",
    "tool_calls",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "truncate",
    "truncation",
    "ttl",
    "type",
    "uniqueItems",
    "url",
    "user",
    "user_location",
    "verbosity",
    "video_url",
    "voice",
    "web_search_options",
];

/// Keys whose value is one of a few words.
const CHOICES: [&str; 14] = [
    "role",
    "type",
    "detail",
    "format",
    "encoding_format",
    "tool_choice",
    "function_call",
    "reasoning_effort",
    "service_tier",
    "verbosity",
    "modalities",
    "truncation",
    "search_context_size",
    "syntax",
];

/// The words that stand behind them; sorted.
const CHOSEN: [&str; 59] = [
    "allowed_tools",
    "array",
    "assistant",
    "audio",
    "auto",
    "base64",
    "boolean",
    "content",
    "custom",
    "date",
    "date-time",
    "default",
    "developer",
    "disabled",
    "email",
    "ephemeral",
    "file",
    "flac",
    "flex",
    "float",
    "function",
    "grammar",
    "high",
    "image",
    "image_url",
    "input_audio",
    "input_file",
    "input_image",
    "input_text",
    "integer",
    "json_object",
    "json_schema",
    "lark",
    "low",
    "medium",
    "minimal",
    "mp3",
    "none",
    "null",
    "number",
    "object",
    "opus",
    "output_text",
    "pcm16",
    "priority",
    "refusal",
    "regex",
    "required",
    "string",
    "system",
    "text",
    "time",
    "tool",
    "uri",
    "user",
    "uuid",
    "video_url",
    "wav",
    "xhigh",
];

/// Whether a key is one of the protocol's.
pub(super) fn is_protocol_key(key: Text<'_>) -> bool {
    KEYS.binary_search(&key.raw).is_ok()
}

/// Whether a value is one of the words that the protocol has for this key.
pub(super) fn is_protocol_value(key: Text<'_>, value: Text<'_>) -> bool {
    CHOICES.iter().any(|name| key.is(name)) && CHOSEN.binary_search(&value.raw).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lists_are_sorted() {
        assert!(super::KEYS.is_sorted() && super::CHOSEN.is_sorted());
    }
}
