//! Which bodies are refused with which words, and what is read off the others.

use super::*;

fn chat(body: &str) -> Result<Call, String> {
    read(Api::Chat, body.as_bytes()).map_err(|bad| format!("{} {:?}: {bad}", bad.code(), bad.param()))
}

fn refusal(body: &str) -> String {
    chat(body).expect_err("a refusal")
}

#[test]
fn each_mistake_has_its_own_words() {
    for (body, expected) in [
        ("", "not_json None: the body is not JSON: at byte 0 there should be a JSON value"),
        ("[1]", "not_an_object None: the body must be a JSON object"),
        (
            "{\"model\":\"m\",\"messages\":[]} x",
            "not_json None: the body is not JSON: its object ends before byte 28, and something follows",
        ),
        (
            "{\"model\":\"m\",\"model\":\"n\"}",
            "duplicate_key None: the body names `model` twice in one object; keep one of them",
        ),
        ("{\"messages\":[]}", "missing_parameter Some(\"model\"): the body must have `model`"),
        ("{\"model\":\"m\"}", "missing_parameter Some(\"messages\"): the body must have `messages`"),
        ("{\"model\":7,\"messages\":[]}", "invalid_type Some(\"model\"): `model` must be a text"),
        (
            "{\"model\":\"\",\"messages\":[]}",
            "invalid_type Some(\"model\"): `model` must name a model; it is empty",
        ),
        (
            "{\"model\":\"m\",\"Model\":\"n\",\"messages\":[]}",
            "misspelled_parameter Some(\"Model\"): write `model` instead of `Model`",
        ),
        (
            "{\"model\":\"m\",\"messages\":{}}",
            "invalid_type Some(\"messages\"): `messages` must be a list of messages",
        ),
        (
            "{\"model\":\"m\",\"messages\":[1]}",
            "invalid_type Some(\"messages\"): `messages` must be a list of objects",
        ),
        (
            "{\"model\":\"m\",\"messages\":[{\"content\":1}]}",
            "invalid_type Some(\"messages.content\"): `messages.content` must be a text, a list of parts, or null",
        ),
        (
            "{\"model\":\"m\",\"messages\":[],\"stream\":\"yes\"}",
            "invalid_type Some(\"stream\"): `stream` must be true or false",
        ),
        (
            "{\"model\":\"m\",\"messages\":[],\"max_tokens\":1.5}",
            "invalid_type Some(\"max_tokens\"): `max_tokens` must be a whole number",
        ),
        (
            "{\"model\":\"m\",\"messages\":[],\"max_tokens\":-1}",
            "invalid_type Some(\"max_tokens\"): `max_tokens` must be a whole number",
        ),
        (
            "{\"model\":\"m\",\"messages\":[],\"api_base\":\"http://x\"}",
            "unsupported_parameter Some(\"api_base\"): `api_base` is not accepted: the policy alone says where a request goes",
        ),
        (
            "{\"model\":\"m\",\"messages\":[],\"metadata\":[]}",
            "invalid_type Some(\"metadata\"): `metadata` must be an object of texts",
        ),
    ] {
        assert_eq!(refusal(body), expected, "{body}");
    }
    assert_eq!(read(Api::Chat, b"\xff\xfe{\x00}\x00"), Err(BadCall::NotUtf8));
    assert!(refusal(&format!("{{\"model\":\"m\",\"x\":{}", "[".repeat(100_000))).starts_with("too_complex"));
}

#[test]
fn needs_are_read_off_the_body() {
    let needs = |members: &str| chat(&format!("{{\"model\":\"m\",{members}}}")).expect("a call").needs;
    assert!(
        needs(
            "\"messages\":[],\"tools\":[ ],\"reasoning_effort\":null,\"response_format\":{\"type\":\"text\"}"
        )
        .is_empty()
    );
    assert_eq!(needs("\"messages\":[],\"tools\":[{\"type\":\"function\"}]"), ["tools"]);
    assert_eq!(
        needs("\"messages\":[],\"reasoning_effort\":\"low\",\"functions\":[{}]"),
        ["tools", "reasoning"]
    );
    assert_eq!(
        needs("\"response_format\":{\"json_schema\":{},\"type\":\"json_schema\"},\"messages\":[]"),
        ["structured-output"]
    );
    let parts = r#"{"image_url":{"url":"x"},"type":"image_url"},{"type":"input_audio"},{"type":"file"},{"type":"text","text":"x"}"#;
    assert_eq!(needs(&format!("\"messages\":[{{\"content\":[{parts}]}}]")), ["vision", "audio", "files"]);
    assert_eq!(needs("\"messages\":[],\"modalities\":[\"text\",\"audio\"]"), ["audio"]);
}

#[test]
fn what_is_unknown_is_left_alone() {
    let call = chat(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"hologram","data":[1]}]}],"logit_bias":{"1":-100},
           "stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":50,"max_tokens":70,
           "metadata":{"team":"a","depth":3}}"#,
    )
    .expect("a call");
    assert!(call.is_stream);
    assert_eq!(call.output, 70);
    let team = ("team".to_owned(), Metadata::Text("a".to_owned()));
    assert_eq!(call.metadata, [team, ("depth".to_owned(), Metadata::NotText)]);
}

#[test]
fn embeddings_take_texts_and_token_numbers() {
    let tokens = |input: &str| {
        let body = format!("{{\"model\":\"e\",\"input\":{input},\"encoding_format\":\"base64\"}}");
        read(Api::Embeddings, body.as_bytes()).map(|call| call.size.estimate)
    };
    assert_eq!(tokens("\"a b\""), Ok(3));
    assert_eq!(tokens("[\"a\",\"b\"]"), Ok(4));
    assert_eq!(tokens("[1,2,3]"), Ok(3));
    assert_eq!(tokens("[[1,2],[3]]"), Ok(3));
    let wrong = Err(BadCall::WrongType("input", "a text, a list of texts, or token numbers"));
    for input in ["1", "null", "{}", "[[[1]]]", "[true]", "[[\"a\"]]"] {
        assert_eq!(tokens(input), wrong, "{input}");
    }
}
