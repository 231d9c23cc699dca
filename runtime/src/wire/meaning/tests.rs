//! Errors as known providers write them (case-F3, case-F35), and what they mean. Each is a whole body.

use super::*;

fn holds(rows: &[(&str, Meaning, &str)]) {
    for (provider, expected, body) in rows {
        let error = ProviderError::read(body.as_bytes()).unwrap_or_else(|| panic!("{provider}: {body}"));
        assert_eq!(error.meaning(), *expected, "{provider}: {body}");
    }
}

/// A prompt that is too long, and who says so in these words.
const TOO_LONG: [(&str, &str); 18] = [
    (
        "openai",
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 10023 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    ),
    (
        "vllm",
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens in the messages, Please reduce the length of the messages.","type":"BadRequestError","param":null,"code":400}"#,
    ),
    (
        "sglang",
        r#"{"object":"error","message":"The input (9216 tokens) is longer than the model's context length (8192 tokens).","type":"BadRequestError","param":null,"code":400}"#,
    ),
    (
        "llama.cpp",
        r#"{"error":{"code":400,"message":"request (3020 tokens) exceeds the available context size (512 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":3020,"n_ctx":512}}"#,
    ),
    (
        "llama.cpp, older",
        r#"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"invalid_request_error"}}"#,
    ),
    (
        "anthropic",
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210482 tokens > 200000 maximum"},"request_id":"req_1"}"#,
    ),
    (
        "anthropic, with its output",
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 199000 + 8000 > 200000, decrease input length or `max_tokens` and try again"}}"#,
    ),
    (
        "azure",
        r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    ),
    (
        "mistral",
        r#"{"object":"error","message":"Prompt contains 40118 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_message","param":null,"code":"3051"}"#,
    ),
    (
        "groq",
        r#"{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages"}}"#,
    ),
    (
        "together, text-generation-inference",
        r#"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`","type":"invalid_request_error","param":null,"code":null}}"#,
    ),
    (
        "ollama",
        r#"{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error"}}"#,
    ),
    (
        "fireworks",
        r#"{"error":{"object":"error","type":"invalid_request_error","message":"The prompt is too long: 9021, model maximum context length: 8191"}}"#,
    ),
    (
        "gemini, in openai's words",
        r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
    ),
    ("bedrock", r#"{"message":"Input is too long for requested model."}"#),
    (
        "xai",
        r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}"#,
    ),
    (
        "cohere",
        r#"{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000."}"#,
    ),
    (
        "lm studio",
        r#"{"error":"Trying to keep the first 5031 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}"#,
    ),
];

#[test]
fn case_f3_what_is_too_long_is_known_of_each_provider() {
    for (provider, body) in TOO_LONG {
        holds(&[(provider, Meaning::ContextLength, body)]);
    }
}

#[test]
fn case_f35_a_missing_model_is_known_of_each_provider() {
    use Meaning::ModelMissing;
    holds(&[
        (
            "openai",
            ModelMissing,
            r#"{"error":{"message":"The model `gpt-9` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
        ),
        (
            "vllm",
            ModelMissing,
            r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        ),
        (
            "ollama",
            ModelMissing,
            r#"{"error":{"message":"model 'x' not found, try pulling it first","type":"api_error"}}"#,
        ),
        (
            "anthropic",
            ModelMissing,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-0-small"},"request_id":"req_1"}"#,
        ),
        (
            "azure",
            ModelMissing,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
        ),
        (
            "mistral",
            ModelMissing,
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}"#,
        ),
        (
            "groq",
            ModelMissing,
            r#"{"error":{"message":"The model `x` has been decommissioned and is no longer supported.","type":"invalid_request_error","code":"model_decommissioned"}}"#,
        ),
        (
            "together",
            ModelMissing,
            r#"{"error":{"message":"Unable to access model x. Please visit https://api.together.ai/models to view the list of supported models.","type":"invalid_request_error","param":"model","code":"model_not_available"}}"#,
        ),
        (
            "fireworks",
            ModelMissing,
            r#"{"error":{"code":"NOT_FOUND","message":"Model not found, inaccessible, and/or not deployed"}}"#,
        ),
        (
            "deepseek",
            ModelMissing,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
        ),
        (
            "gemini, in openai's words",
            ModelMissing,
            r#"{"error":{"code":404,"message":"models/x is not found for API version v1main, or is not supported for generateContent.","status":"NOT_FOUND"}}"#,
        ),
        ("openrouter", ModelMissing, r#"{"error":{"message":"x/y is not a valid model ID","code":400}}"#),
        (
            "openrouter, without a host",
            ModelMissing,
            r#"{"error":{"message":"No endpoints found for x/y.","code":404}}"#,
        ),
    ]);
}

#[test]
fn refusals_of_content_of_keys_and_of_load_are_known() {
    use Meaning::{Credential, Overloaded, RateLimited, Refused};
    holds(&[
        (
            "azure",
            Refused,
            r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#,
        ),
        (
            "azure, by its inner code",
            Refused,
            r#"{"error":{"message":"filtered","code":null,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        ),
        (
            "anthropic",
            Refused,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
        ),
        (
            "deepseek",
            Refused,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
        ),
        (
            "dashscope",
            Refused,
            r#"{"error":{"code":"data_inspection_failed","param":null,"message":"Input data may contain inappropriate content.","type":"data_inspection_failed"}}"#,
        ),
        (
            "anthropic, without credit",
            Credential,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}"#,
        ),
        (
            "anthropic, at its limit",
            Credential,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}"#,
        ),
        (
            "openai, at its limit",
            Credential,
            r#"{"error":{"message":"Billing hard limit has been reached","type":"invalid_request_error","param":null,"code":"billing_hard_limit_reached"}}"#,
        ),
        (
            "anthropic, a stream",
            Overloaded,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ),
        (
            "anthropic, limited",
            RateLimited,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of request tokens has exceeded your per-minute rate limit"}}"#,
        ),
        (
            "groq, a request over the limit of a minute",
            RateLimited,
            r#"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ),
        ("openrouter", RateLimited, r#"{"error":{"code":429,"message":"slow down"}}"#),
    ]);
}

#[test]
fn what_is_not_known_means_nothing() {
    let long = format!(
        r#"{{"error":{{"message":"`messages` is bad: {}maximum context length"}}}}"#,
        "x".repeat(500)
    );
    holds(&[
        (
            "openai",
            Meaning::Other,
            r#"{"error":{"message":"Invalid temperature","type":"invalid_request_error","param":"temperature","code":"invalid_value"}}"#,
        ),
        (
            "anthropic",
            Meaning::Other,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"temperature: Input should be less than or equal to 1"}}"#,
        ),
        ("some server", Meaning::Other, r#"{"error":"bad temperature"}"#),
        ("some server", Meaning::Other, r#"{"detail":"unprocessable"}"#),
        ("one that quotes the caller", Meaning::Other, &long),
    ]);
}
