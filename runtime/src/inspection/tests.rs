//! Bodies that hide something, and what is read of them.

use super::*;

fn texts(api: Api, body: &str) -> Texts {
    crate::wire::call::read(api, body.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {body}"));
    read(api, body).expect("a call is JSON")
}

/// The parts of a chat request with these members beside `model`.
fn parts(members: &str) -> Vec<String> {
    let members =
        if members.contains("\"messages\"") { members } else { &format!("\"messages\":[],{members}") };
    let texts = texts(Api::Chat, &format!("{{\"model\":\"m\",{members}}}"));
    texts.parts.into_iter().map(|part| part.text).collect()
}

fn messages(messages: &str) -> Texts {
    texts(Api::Chat, &format!("{{\"model\":\"m\",\"messages\":[{messages}]}}"))
}

fn system_of(texts: &Texts) -> Vec<&str> {
    texts.of(Inspected::System).collect()
}

#[test]
fn the_protocols_own_words_are_no_text() {
    let body = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"n":1,"seed":123456,
        "temperature":0.5,"logit_bias":{"50256":-100},"modalities":["text"],"tool_choice":"auto",
        "response_format":{"type":"json_object"},"messages":[{"role":"user","content":"hi"}],
        "tools":[{"type":"function","function":{"parameters":{"type":"object","properties":{}}}}]}"#;
    let texts = texts(Api::Chat, body);
    assert_eq!(texts.of(Inspected::Prompt).collect::<Vec<_>>(), ["hi"]);
    assert!(!texts.is_unread(Inspected::Prompt) && texts.bytes() == 2);
}

#[test]
fn every_other_text_is_a_part() {
    for (member, hidden) in [
        (r#""messages":[{"role":"user","content":"X"}]"#, "X"),
        (r#""messages":[{"content":"X","role":"user"}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"text","text":"X"}]}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"text":"X","type":"text"}]}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"text","text":"a","y":{"z":"X"}}]}]"#, "X"),
        (r#""messages":[{"role":"assistant","refusal":"X"}]"#, "X"),
        (r#""messages":[{"role":"assistant","reasoning_content":"X"}]"#, "X"),
        (r#""messages":[{"role":"user","name":"X","content":"a"}]"#, "X"),
        (r#""messages":[{"role":"X","content":"a"}]"#, "X"),
        (r#""messages":[{"role":"user","X":1,"content":"a"}]"#, "X"),
        (r#""messages":[{"role":"tool","tool_call_id":"X","content":"a"}]"#, "X"),
        (r#""messages":[{"role":"tool","content":"X"}]"#, "X"),
        (r#""messages":[{"role":"assistant","tool_calls":[{"id":"X","type":"function"}]}]"#, "X"),
        (r#""messages":[{"role":"assistant","tool_calls":[{"function":{"name":"X"}}]}]"#, "X"),
        (r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"X"}}]}]"#, "X"),
        (r#""messages":[{"role":"assistant","function_call":{"name":"f","arguments":"X"}}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"X"}]}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"x","deep":[[{"k":["X"]}]]}]}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"X"}}]}]"#, "X"),
        (r#""messages":[{"role":"user","content":[{"type":"file","file":{"filename":"X"}}]}]"#, "X"),
        (r#""tools":[{"type":"function","function":{"name":"X"}}]"#, "X"),
        (r#""tools":[{"type":"function","function":{"description":"X"}}]"#, "X"),
        (r#""tools":[{"function":{"parameters":{"properties":{"X":{"type":"string"}}}}}]"#, "X"),
        (r#""tools":[{"function":{"parameters":{"properties":{"a":{"enum":["b","X"]}}}}}]"#, "X"),
        (
            r#""tools":[{"function":{"parameters":{"properties":{"a":{"const":4111111111111111}}}}}]"#,
            "4111111111111111",
        ),
        (r#""functions":[{"name":"f","description":"X"}]"#, "X"),
        (r#""response_format":{"type":"json_schema","json_schema":{"name":"X"}}"#, "X"),
        (r#""response_format":{"type":"json_schema","json_schema":{"schema":{"title":"X"}}}"#, "X"),
        (r#""prediction":{"type":"content","content":"X"}"#, "X"),
        (r#""prediction":{"type":"content","content":[{"type":"text","text":"X"}]}"#, "X"),
        (r#""user":"X""#, "X"),
        (r#""user":4111111111111111"#, "4111111111111111"),
        (r#""seed":4111111111111111"#, "4111111111111111"),
        (r#""foo":4111111111111111"#, "4111111111111111"),
        (r#""logit_bias":{"4111111111111111":1}"#, "4111111111111111"),
        (r#""metadata":{"k":"X"}"#, "X"),
        (r#""metadata":{"X":"k"}"#, "X"),
        (r#""stop":["a","X"]"#, "X"),
        (r#""logit_bias":{"X":1}"#, "X"),
        (r#""tool_choice":"X""#, "X"),
        (r#""reasoning_effort":"X""#, "X"),
        (r#""X":true"#, "X"),
        (r#""vendor":{"a":{"b":[1,null,{"c":"X"}]}}"#, "X"),
        (r#""audio":{"voice":"X"}"#, "X"),
    ] {
        let parts = parts(member);
        assert!(parts.iter().any(|part| part == hidden), "{member}: {parts:?}");
    }
}

#[test]
fn escapes_hide_nothing() {
    for (member, hidden) in [
        (r#""messages":[{"role":"user","content":"se\u0063ret"}]"#, "secret"),
        (r#""messages":[{"\u0063ontent":"secret","r\u006fle":"user"}]"#, "secret"),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"k\":\"se\\u0063ret\"}"}}]}]"#,
            "secret",
        ),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"se\\u0063ret\":1}"}}]}]"#,
            "secret",
        ),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"k\":[{\"i\":\"secret\"}]}"}}]}]"#,
            "secret",
        ),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"k\":\"{\\\"i\\\":\\\"secret\\\"}\"}"}}]}]"#,
            "secret",
        ),
        // Cut off, and so no JSON.
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"k\":\"se\\u0063ret"}}]}]"#,
            "{\"k\":\"secret",
        ),
        (r#""messages":[{"role":"tool","content":"{\"k\":\"se\\u0063ret\"}"}]"#, "{\"k\":\"secret\"}"),
        (r#""messages":[{"role":"tool","content":"{\"k\":\"se\\\\u0063ret\"}"}]"#, "{\"k\":\"secret\"}"),
        (r#""metadata":{"se\u0063ret":"a"}"#, "secret"),
    ] {
        let parts = parts(member);
        assert!(parts.iter().any(|part| part == hidden), "{member}: {parts:?}");
    }
}

#[test]
fn lone_surrogates_are_replaced() {
    let texts = messages(r#"{"role":"user","content":"a\ud800b \udfff \ud83d\ude00"}"#);
    assert_eq!(texts.parts[0].text, "a\u{fffd}b \u{fffd} 😀");
    let texts =
        messages(r#"{"role":"\ud800","\udc00":"\ud800","content":[{"type":"\ud800","text":"\ud800"}]}"#);
    assert!(texts.is_unread(Inspected::Prompt) && texts.parts.iter().any(|part| part.text == "\u{fffd}"));
}

#[test]
fn the_system_prompt_is_what_system_and_developer_say() {
    let texts = messages(
        r#"{"role":"system","content":"a"},{"content":[{"type":"text","text":"b"}],"role":"developer"},
           {"role":" SYSTEM","content":"c","name":"n"},{"role":"user","content":"d"},{"role":"assistant","content":"e"}"#,
    );
    assert_eq!(system_of(&texts), ["a", "b", " SYSTEM", "c", "n", "abc"]);
    assert!(texts.of(Inspected::Prompt).any(|text| text == "d"));
    let body = r#"{"model":"m","system":"s","instructions":"i","messages":[{"role":"user","content":"u"}],"user":"v"}"#;
    assert_eq!(system_of(&read(Api::Chat, body).expect("JSON")), ["s", "i"]);
}

#[test]
fn contents_in_a_row_are_joined_once_more() {
    let all = |texts: &Texts| texts.parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>();
    let split = r#"{"role":"user","content":[{"type":"text","text":"se"},{"type":"image_url","image_url":{}},{"type":"text","text":"cret"}]}"#;
    assert_eq!(all(&messages(split)), ["se", "cret", "secret"]);
    let rows =
        r#"{"role":"user","content":"se"},{"role":"user","content":"cr"},{"role":"user","content":"et"}"#;
    assert_eq!(all(&messages(rows)), ["se", "cr", "et", "secret"]);
    let roles = r#"{"role":"user","content":"se"},{"role":"assistant","content":"cret"},{"role":"user","content":"!"}"#;
    assert_eq!(all(&messages(roles)), ["se", "cret", "!"]);
    let tools = r#"{"role":"tool","content":"se"},{"role":"tool","content":"cret"}"#;
    assert_eq!(all(&messages(tools)), ["se", "cret"]);
    let tool = r#"{"role":"tool","content":[{"type":"text","text":"se"},{"type":"text","text":"cret"}]}"#;
    assert_eq!(all(&messages(tool)), ["se", "cret", "secret"]);
    for nothing in [
        r#"{"role":"assistant","content":""}"#,
        r#"{"role":"assistant","content":" \n"}"#,
        r#"{"role":"assistant","content":null},{"role":"tool","content":[]}"#,
        r#"{"role":"assistant"},{"role":"system","content":[{"type":"text","text":""}]}"#,
    ] {
        let over = messages(&format!(
            r#"{{"role":"user","content":"se"}},{nothing},{{"role":"user","content":"cret"}}"#
        ));
        assert!(all(&over).contains(&"secret".to_owned()), "{nothing}");
    }
    let tools =
        r#"{"role":"tool","content":"se"},{"role":"user","content":""},{"role":"tool","content":"cret"}"#;
    assert_eq!(all(&messages(tools)), ["se", "cret"]);
    let both = r#"{"role":"developer","content":"se"},{"role":"system","content":"cret"}"#;
    assert_eq!(system_of(&messages(both)), ["se", "cret", "secret"]);
    let system = r#"{"role":"system","content":"se"},{"role":"system","content":"cret"},{"role":"user","content":"u"}"#;
    assert_eq!(system_of(&messages(system)), ["se", "cret", "secret"]);
    let escaped = r#"{"role":"user","content":[{"type":"text","text":"\\u00"},{"type":"text","text":"41"}]}"#;
    assert_eq!(all(&messages(escaped)), ["\\u00", "41", "\\u0041", "A"]);
}

#[test]
fn what_nobody_can_read_is_told() {
    for part in [
        r#"{"type":"image_url","image_url":{"url":"https://a.example/x.png"}}"#,
        r#"{"type":"image_url","image_url":"data:image/png;base64,AAAA"}"#,
        r#"{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}"#,
        r#"{"type":"file","file":{"file_id":"file-1"}}"#,
        r#"{"type":"hologram","text":"a"}"#,
        r#"{"text":"a"}"#,
        r#"{"type":"text","text":"a","image_url":{"url":"b"}}"#,
    ] {
        let texts = messages(&format!("{{\"role\":\"user\",\"content\":[{part}]}}"));
        assert!(texts.is_unread(Inspected::Prompt) && !texts.is_unread(Inspected::System), "{part}");
        let texts = messages(&format!("{{\"role\":\"system\",\"content\":[{part}]}}"));
        assert!(texts.is_unread(Inspected::System), "{part}");
    }
    for message in [
        r#"{"role":"assistant","audio":{"id":"audio_1"}}"#,
        r#"{"role":"user","content":"a","images":["AAAA"]}"#,
    ] {
        assert!(messages(message).is_unread(Inspected::Prompt), "{message}");
    }
    for message in [
        r#"{"role":"user","content":null,"audio":null}"#,
        r#"{"role":"user","content":[{"type":"text","text":"data:image/png;base64,AAAA"}]}"#,
        r#"{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"file\":\"a\"}"}}]}"#,
    ] {
        assert!(!messages(message).is_unread(Inspected::Prompt), "{message}");
    }
    assert!(
        parts(r#""tools":[{"function":{"parameters":{"properties":{"image":{}}}}}]"#)
            .contains(&"image".to_owned())
    );
}

#[test]
fn base64_is_left_out_only_where_no_text_can_stand() {
    let payload = "QUJD".repeat(1000);
    let image = format!(
        r#"{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{payload}"}}}}]}}"#
    );
    assert!(messages(&image).bytes() < 100);
    let audio = format!(
        r#"{{"role":"user","content":[{{"type":"input_audio","input_audio":{{"data":"{payload}"}}}}]}}"#
    );
    assert!(messages(&audio).bytes() < 100);
    let text = format!(r#"{{"role":"user","content":"data:image/png;base64,{payload}"}}"#);
    assert!(messages(&text).bytes() > 4000);
    let beside = format!(
        r#"{{"role":"user","content":[{{"type":"file","file":{{"file_data":"{payload} my secret"}}}}]}}"#
    );
    assert!(messages(&beside).bytes() > 4000);
}

#[test]
fn embeddings_are_texts_or_token_numbers() {
    let of = |input: &str| {
        texts(Api::Embeddings, &format!("{{\"model\":\"m\",\"input\":{input},\"user\":\"u\"}}"))
    };
    let all = |texts: &Texts| texts.parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>();
    assert_eq!(all(&of("\"a\"")), ["a", "u"]);
    assert_eq!(all(&of("[\"a\",\"b\"]")), ["a", "b", "u"]);
    assert!(!of("[\"a\"]").is_unread(Inspected::Prompt));
    for tokens in ["[1,2]", "[[1,2],[3]]", "[[1],[2]]"] {
        assert!(of(tokens).is_unread(Inspected::Prompt), "{tokens}");
    }
    assert_eq!(all(&of("[1,4111111111111111]")), ["4111111111111111", "u"]);
}

#[test]
fn more_texts_than_are_kept_apart_are_refused() {
    let embeddings = |count: usize| {
        let many = vec!["\"a\""; count].join(",");
        read(Api::Embeddings, &format!("{{\"model\":\"m\",\"input\":[{many}]}}"))
    };
    assert_eq!(embeddings(PARTS_LIMIT).map(|texts| texts.parts.len()), Ok(PARTS_LIMIT));
    assert_eq!(embeddings(PARTS_LIMIT + 1), Err(BadTexts::TooMany));
    let chat = |count: usize| {
        let many = vec![r#"{"role":"user","content":"a"}"#; count].join(",");
        read(Api::Chat, &format!("{{\"model\":\"m\",\"messages\":[{many}]}}"))
    };
    // Their contents as a whole are a text too.
    assert_eq!(chat(PARTS_LIMIT - 1).map(|texts| texts.parts.len()), Ok(PARTS_LIMIT));
    assert_eq!(chat(PARTS_LIMIT), Err(BadTexts::TooMany));
}

#[test]
fn deep_and_strange_bodies_are_read() {
    let deep = format!("{}\"secret\"{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(parts(&format!("\"vendor\":{deep}")), ["vendor", "secret"]);
    // JSON in a text, deeper than anybody follows: it stands as it is.
    let inner = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let calls = format!(
        r#""messages":[{{"role":"assistant","tool_calls":[{{"function":{{"arguments":"{inner}"}}}}]}}]"#
    );
    assert_eq!(parts(&calls), [inner]);
    assert_eq!(parts(r#""messages":[{"role":"user","content":""}]"#), [] as [&str; 0]);
    assert_eq!(read(Api::Chat, "[]"), Err(BadTexts::Json(JsonError::WrongType)));
}
