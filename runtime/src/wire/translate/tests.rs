//! What no file of the suite shows: the cap, hostile bodies, and how much is noted.

use super::*;

fn facts(cap: Option<u64>) -> TargetFacts<'static> {
    TargetFacts { model: "a\"b", output_limit: 4_096, cap }
}

fn carried(from: Dialect, body: &str, cap: Option<u64>) -> String {
    let carried = request(from, body.as_bytes(), &facts(cap)).unwrap_or_else(|cannot| panic!("{cannot}"));
    String::from_utf8(carried.body.to_vec()).expect("text")
}

#[test]
fn an_output_limit_is_lowered_never_raised() {
    let messages = r#""messages":[{"role":"user","content":"x"}]"#;
    for (limits, cap, told) in [
        ("", None, 4_096),
        ("", Some(9), 9),
        (r#""max_tokens":7,"#, Some(9), 7),
        (r#""max_tokens":70,"max_completion_tokens":null,"#, Some(9), 9),
        (r#""max_tokens":7,"max_completion_tokens":8,"#, None, 8),
    ] {
        let body = carried(Dialect::OpenAi, &format!("{{{limits}{messages}}}"), cap);
        assert!(body.starts_with(&format!(r#"{{"model":"a\"b","max_tokens":{told},"#)), "{body}");
    }
    for (limit, cap, told) in [
        ("", None, ""),
        ("", Some(9), r#","max_completion_tokens":9"#),
        (r#""max_tokens":7,"#, Some(9), r#","max_completion_tokens":7"#),
        (r#""max_tokens":70,"#, Some(9), r#","max_completion_tokens":9"#),
    ] {
        let body = carried(Dialect::Anthropic, &format!("{{{limit}{messages}}}"), cap);
        assert!(body.starts_with(&format!(r#"{{"model":"a\"b"{told},"messages""#)), "{body}");
    }
}

#[test]
fn a_name_of_a_user_that_is_too_long_is_dropped() {
    for (from, longest, member) in [
        (Dialect::OpenAi, 256, "\"user\":\"NAME\""),
        (Dialect::OpenAi, 256, "\"safety_identifier\":\"NAME\""),
        (Dialect::Anthropic, 64, "\"metadata\":{\"user_id\":\"NAME\"}"),
    ] {
        for length in [longest, longest + 1] {
            let name = "é".repeat(length);
            let body = format!("{{{},\"messages\":[]}}", member.replace("NAME", &name));
            let carried = request(from, body.as_bytes(), &facts(None)).expect("it is carried");
            let is_told = carried.body.windows(name.len()).any(|window| window == name.as_bytes());
            assert_eq!((is_told, carried.dropped.len()), (length == longest, usize::from(length != longest)));
        }
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for body in [&b"[]"[..], b"", b"\xff", b"{\"a\":1,\"a\":2}", b"{} x"] {
        for from in [Dialect::OpenAi, Dialect::Anthropic] {
            assert!(request(from, body, &facts(None)).is_err());
        }
    }
    for body in ["[]", "", "<html>", "{}", r#"{"choices":[]}"#, r#"{"content":{}}"#, r#"{"choices":{}}"#] {
        for from in [Dialect::OpenAi, Dialect::Anthropic] {
            assert_eq!(answer(from, body.as_bytes(), 1), Err(NoAnswer::NotAnAnswer), "{body}");
        }
    }
}

/// `threat-T23`: what is noted of a body is bounded, whatever it holds.
#[test]
fn names_that_a_caller_makes_up_are_cut_and_not_all_listed() {
    let members: String = (0..1_000).map(|member| format!("\"{}{member}\":1,", "x".repeat(member))).collect();
    let body = format!("{{{members}\"messages\":[]}}");
    let carried = request(Dialect::OpenAi, body.as_bytes(), &facts(None)).expect("it is carried");
    assert!(carried.dropped.len() <= 100 && carried.dropped.iter().all(|name| name.len() <= 64));
}

/// Whatever stands where: an object, a list, a number in place of a text neither panics nor makes a body that is no JSON.
#[test]
fn members_of_any_type_are_borne() {
    let values =
        ["null", "true", "7", "\"x\"", "[]", "{}", "[7]", "[[]]", "[{}]", "[{\"type\":7}]", "{\"type\":[]}"];
    for from in [Dialect::OpenAi, Dialect::Anthropic] {
        for place in [rules::Place::Member, rules::Place::Message] {
            for rule in rules::rules(from, place) {
                for value in values {
                    let body = match place {
                        rules::Place::Member => format!("{{\"{}\":{value}}}", rule.name),
                        _ => format!(
                            "{{\"messages\":[{{\"role\":\"assistant\",\"{}\":{value}}},{{\"role\":\"user\",\"content\":\"x\"}}]}}",
                            rule.name
                        ),
                    };
                    if let Ok(carried) = request(from, body.as_bytes(), &facts(None)) {
                        let made = serde_json::from_slice::<serde_json::Value>(&carried.body);
                        assert!(made.is_ok_and(|made| made.is_object()), "{body}");
                    }
                }
            }
        }
    }
}
