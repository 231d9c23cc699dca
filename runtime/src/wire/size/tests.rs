//! Whole calls beside what OpenAI counts of them.

use super::*;
use crate::wire::Api;
use crate::wire::call;

fn known(encoding: Encoding) -> Counted {
    Counted { encodings: vec![encoding], has_unknown: false }
}

fn count(api: Api, body: &str, counted: &Counted) -> u64 {
    let size = call::read(api, body.as_bytes()).expect("a call").size;
    let texts = call::count(api, body.as_bytes(), &counted.encodings, &|| false).expect("the same call");
    let (least, most) = size.bounds(counted);
    let whole = size.of(counted, texts);
    assert!(least <= whole && whole <= most, "{least} <= {whole} <= {most}: {body}");
    whole
}

/// OpenAI's cookbook, "How to count tokens with tiktoken", with the API's own count of it.
const MESSAGES: &str = r#"[
{"role":"system","content":"You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
{"role":"system","name":"example_user","content":"New synergies will help drive top-line growth."},
{"role":"system","name":"example_assistant","content":"Things working well together will increase revenue."},
{"role":"system","name":"example_user","content":"Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
{"role":"system","name":"example_assistant","content":"Let's talk later when we're less busy about how to do better."},
{"role":"user","content":"This late pivot means we don't have time to boil the ocean for the client deliverable."}]"#;

#[test]
fn messages_have_the_tokens_that_openai_counts() {
    let body = format!(r#"{{"model":"m","messages":{MESSAGES}}}"#);
    assert_eq!(count(Api::Chat, &body, &known(Encoding::Cl100k)), 129);
    assert_eq!(count(Api::Chat, &body, &known(Encoding::O200k)), 124);
}

#[test]
fn tools_have_at_least_the_tokens_that_openai_counts() {
    let body = r#"{"model":"m","messages":[
        {"role":"system","content":"You are a helpful assistant that can answer to questions about the weather."},
        {"role":"user","content":"What's the weather like in San Francisco?"}],
        "tools":[{"type":"function","function":{"name":"get_current_weather","description":"Get the current weather in a given location",
        "parameters":{"type":"object","properties":{
        "location":{"type":"string","description":"The city and state, e.g. San Francisco, CA"},
        "unit":{"type":"string","description":"The unit of temperature to return","enum":["celsius","fahrenheit"]}},
        "required":["location"]}}}]}"#;
    // The API counts 105 in the older encoding, and 101 in the newer.
    let (older, newer) = (known(Encoding::Cl100k), known(Encoding::O200k));
    assert!((105..300).contains(&count(Api::Chat, body, &older)), "{}", count(Api::Chat, body, &older));
    assert!((101..300).contains(&count(Api::Chat, body, &newer)), "{}", count(Api::Chat, body, &newer));
}

#[test]
fn what_is_written_with_escapes_has_the_tokens_of_what_it_says() {
    let plain = r#"{"model":"m","input":"A naïve 漢字 😀"}"#;
    let escaped = r#"{"model":"m","input":"\u0041 na\u00efve \u6f22\u5b57 \ud83d\ude00"}"#;
    let newer = known(Encoding::O200k);
    assert_eq!(count(Api::Embeddings, plain, &newer), count(Api::Embeddings, escaped, &newer));
}

#[test]
fn token_numbers_images_and_messages_of_either_dialect_count() {
    let newer = known(Encoding::O200k);
    assert_eq!(count(Api::Embeddings, r#"{"model":"m","input":[[1,2],[3]]}"#, &newer), 3);
    assert_eq!(count(Api::Embeddings, r#"{"model":"m","input":["a","b"]}"#, &newer), 2);
    let image = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]}"#;
    assert_eq!(count(Api::Chat, image, &newer), PER_IMAGE + PER_MESSAGE + PER_ANSWER + 1);
    let message =
        r#"{"model":"m","max_tokens":9,"system":"Be kind.","messages":[{"role":"user","content":"Hello"}]}"#;
    assert_eq!(count(Api::Messages, message, &newer), 2 * PER_MESSAGE + PER_ANSWER + 3 + 2);
}

#[test]
fn the_greatest_of_all_encodings_stands_and_where_one_is_unknown_the_estimate_too() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"お誕生日おめでとう"}]}"#;
    let both = Counted { encodings: vec![Encoding::Cl100k, Encoding::O200k], has_unknown: false };
    let (older, newer) = (known(Encoding::Cl100k), known(Encoding::O200k));
    assert_eq!(count(Api::Chat, body, &both), count(Api::Chat, body, &older));
    assert!(count(Api::Chat, body, &both) > count(Api::Chat, body, &newer));
    let unknown = Counted { encodings: Vec::new(), has_unknown: true };
    let estimate = call::read(Api::Chat, body.as_bytes()).expect("a call").size.estimate;
    assert_eq!(count(Api::Chat, body, &unknown), estimate);
    let mixed = Counted { has_unknown: true, ..both.clone() };
    assert_eq!(count(Api::Chat, body, &mixed), estimate.max(count(Api::Chat, body, &both)));
    // A text that splits as badly as any: the estimate alone would be too low.
    let hard = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#, "aA".repeat(7));
    let estimate = call::read(Api::Chat, hard.as_bytes()).expect("a call").size.estimate;
    assert!(count(Api::Chat, &hard, &mixed) > estimate);
}
