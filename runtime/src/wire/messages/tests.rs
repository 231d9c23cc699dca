//! What a request for a message needs, what it counts as, and what is refused.

use crate::wire::Api;
use crate::wire::call::{self, Call};

fn call(members: &str) -> Call {
    let body = format!(r#"{{"model":"m","max_tokens":10,{members}}}"#);
    call::read(Api::Messages, body.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {body}"))
}

fn refused(api: Api, body: &str) -> String {
    let bad = call::read(api, body.as_bytes()).expect_err("a refusal");
    format!("{} {:?}: {bad}", bad.code(), bad.param())
}

#[test]
fn a_message_says_what_it_needs() {
    for (members, needs) in [
        (r#""messages":[{"role":"user","content":"hi"}]"#, &[][..]),
        (r#""messages":[],"tools":[]"#, &[]),
        (r#""messages":[],"tools":[{"name":"f","input_schema":{}}]"#, &["tools"]),
        (r#""messages":[],"mcp_servers":[{"url":"u"}]"#, &["tools"]),
        (r#""messages":[{"role":"user","content":[{"source":{},"type":"image"}]}]"#, &["vision"]),
        (
            r#""messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image"}]}]}]"#,
            &["vision"],
        ),
        (
            r#""messages":[{"content":[{"type":"document","source":{"type":"base64","data":"A"}}]}]"#,
            &["files"],
        ),
        (r#""messages":[{"content":[{"type":"document","source":{"type":"text","data":"A"}}]}]"#, &[]),
        (
            r#""messages":[{"content":[{"type":"document","source":{"type":"content","content":[{"type":"image"}]}}]}]"#,
            &["vision"],
        ),
        (r#""messages":[{"content":[{"type":"container_upload","file_id":"f"}]}]"#, &["files"]),
        (r#""messages":[],"thinking":{"type":"enabled","budget_tokens":1024}"#, &["reasoning"]),
        (r#""messages":[],"thinking":{"type":"adaptive"}"#, &["reasoning"]),
        (r#""messages":[],"thinking":{"type":"disabled"}"#, &[]),
        (r#""messages":[],"output_config":{"effort":"high"}"#, &["reasoning"]),
        (r#""messages":[],"output_config":{"format":{"type":"json_schema"}}"#, &["structured-output"]),
        (r#""messages":[],"output_format":{"type":"json_schema"}"#, &["structured-output"]),
    ] {
        assert_eq!(call(members).needs, needs, "{members}");
    }
}

#[test]
fn everything_that_a_model_reads_counts() {
    let none = call(r#""messages":[]"#);
    assert_eq!((none.size.estimate, none.output, none.is_stream), (0, 10, false));
    for members in [
        r#""messages":[{"role":"user","content":"one two"}]"#,
        r#""messages":[{"role":"user","content":[{"type":"text","text":"one two"}]}]"#,
        r#""messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"a":"one two"}}]}]"#,
        r#""messages":[{"role":"user","content":[{"type":"tool_result","content":"one two"}]}]"#,
        r#""messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","data":"one two"}}]}]"#,
        r#""messages":[],"system":"one two""#,
        r#""messages":[],"system":[{"type":"text","text":"one two"}]"#,
        r#""messages":[],"tools":[{"name":"one","description":"two"}]"#,
        r#""messages":[],"prefill":[{"type":"text","text":"one two"}]"#,
    ] {
        assert!(call(members).size.estimate >= 2, "{members}");
    }
    let streamed = call(r#""messages":[],"stream":true,"metadata":{"user_id":"u"}"#);
    assert!(streamed.is_stream && streamed.metadata.len() == 1);
}

#[test]
fn what_is_no_message_is_refused() {
    for (body, expected) in [
        (r#"{"model":"m","messages":[]}"#, "missing_parameter Some(\"max_tokens\")"),
        (r#"{"model":"m","max_tokens":5}"#, "missing_parameter Some(\"messages\")"),
        (r#"{"model":"m","max_tokens":null,"messages":[]}"#, "invalid_type Some(\"max_tokens\")"),
        (r#"{"model":"m","max_tokens":-1,"messages":[]}"#, "invalid_type Some(\"max_tokens\")"),
        (r#"{"model":"m","max_tokens":1,"messages":{}}"#, "invalid_type Some(\"messages\")"),
        (r#"{"model":"m","max_tokens":1,"messages":[],"system":7}"#, "invalid_type Some(\"system\")"),
        (
            r#"{"model":"m","max_tokens":1,"messages":[],"System":"x"}"#,
            "misspelled_parameter Some(\"System\")",
        ),
        (
            r#"{"model":"m","max_tokens":1,"messages":[],"api_base":"x"}"#,
            "unsupported_parameter Some(\"api_base\")",
        ),
        (r#"{"model":"m","max_tokens":1,"messages":[{"role":"a","role":"b"}]}"#, "duplicate_key None"),
    ] {
        let told = refused(Api::Messages, body);
        assert!(told.starts_with(expected), "{told}");
    }
    let count = call::read(Api::CountTokens, br#"{"model":"m","messages":[]}"#).expect("a call");
    assert_eq!((count.output, count.api.name(), count.api.recorded()), (0, "messages", "count_tokens"));
}

/// Whatever is cut off is refused, and nothing that is read as a message surprises whoever reads its texts.
#[test]
fn a_body_that_is_cut_anywhere_is_refused() {
    let body = r#"{"model":"m","max_tokens":1,"system":[{"type":"text","text":"\u0041"}],"tools":[{"name":"f"}],
        "messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"image"}]}},
        {"type":"tool_result","content":[{"type":"text","text":"a"}]},{"type":"tool_use","input":{"k":["v"]}}]}]}"#;
    assert!(call::read(Api::Messages, body.as_bytes()).is_ok());
    for end in 0..body.len() {
        assert!(call::read(Api::Messages, &body.as_bytes()[..end]).is_err(), "{end}");
    }
    let deep = |depth: usize| {
        let block = r#"{"type":"tool_result","content":["#.repeat(depth) + &"]}".repeat(depth);
        format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"content":[{block}]}}]}}"#)
    };
    for depth in 0..40 {
        let body = deep(depth);
        let read = call::read(Api::Messages, body.as_bytes());
        assert_eq!(read.is_ok(), crate::inspection::read(Api::Messages, &body).is_ok(), "{depth}");
    }
}
