//! What is JSON, what is not, and where values stand.

use super::*;

fn check(text: &str) -> Result<(), JsonError> {
    let mut reader = Reader::new(text, Keys::Unique);
    reader.skip()?;
    reader.end()
}

#[test]
fn json_is_accepted() {
    for text in [
        "null",
        " true ",
        "-0",
        "1e5",
        "1.5E-10",
        "\"\"",
        "[]",
        "{}",
        "[1, 2 , [ ] ]",
        "{\"a\":1,\"b\":{\"a\":2}}",
        r#""\u00e9\ud83d\ude00\ud83d \" \\ \/ \b\f\n\r\t""#,
        "\"é😀\"",
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "nul",
        "nulls",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "NaN",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{,}",
        "{} {}",
        "1 x",
        "\u{feff}{}",
        "{1:2}",
        "[}",
    ] {
        assert!(check(text).is_err(), "{text}");
    }
}

#[test]
fn a_key_that_comes_twice_is_refused_however_it_is_spelled() {
    let twice = |key: &str, at| Err(JsonError::DuplicateKey { key: key.to_owned(), at });
    assert_eq!(check(r#"{"a":1,"b":2,"a":3}"#), twice("a", 13));
    assert_eq!(check(r#"[{"x":{"model":1,"mod\u0065l":2}}]"#), twice("model", 17));
    let many: Vec<String> = (0..40).map(|index| format!("\"k{index}\":0")).collect();
    assert_eq!(check(&format!("{{{}}}", many.join(","))), Ok(()));
    let second = many.join(",").len() + 2;
    assert_eq!(check(&format!("{{{},\"k3\":1}}", many.join(","))), twice("k3", second));
    assert_eq!(check(&format!("{{{},\"k39\":1}}", many.join(","))), twice("k39", second));
    // Two different lone surrogates are two different keys.
    assert_eq!(check(r#"{"\ud800":1,"\ud801":2}"#), Ok(()));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(check(&nested(DEPTH_LIMIT as usize)), Ok(()));
    assert_eq!(check(&nested(DEPTH_LIMIT as usize + 1)), Err(JsonError::TooDeep));
    assert_eq!(check(&"{\"a\":".repeat(100_000)), Err(JsonError::TooDeep));
}

#[test]
fn values_are_found_where_they_stand() {
    let text = r#"{ "a" : "x\u0041" , "b": 12.50 }"#;
    let mut found = Vec::new();
    let mut reader = Reader::new(text, Keys::Unique);
    let read = reader.object(|reader, key| {
        let span = reader.skip()?;
        found.push((key.raw, &text[span]));
        Ok::<(), JsonError>(())
    });
    assert_eq!(read, Ok(()));
    assert_eq!(found, [("a", r#""x\u0041""#), ("b", "12.50")]);
}

#[test]
fn strings_are_decoded_unless_a_surrogate_stands_alone() {
    let decode = |text: &'static str| {
        Reader::new(text, Keys::Unique).string().map(|text| text.decode().map(Cow::into_owned))
    };
    assert_eq!(decode(r#""a\u00e9\ud83d\ude00\n""#), Ok(Some("aé😀\n".to_owned())));
    assert_eq!(decode(r#""\ud83d""#), Ok(None));
    assert_eq!(decode(r#""\ude00\ud83d""#), Ok(None));
}
