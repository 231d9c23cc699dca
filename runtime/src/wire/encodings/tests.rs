//! Names of models, and counts that are stated elsewhere or must lie between bounds.

use super::super::tokens;
use super::*;

fn count(encoding: Encoding, text: &str) -> u64 {
    encoding.count(text, &|| false)
}

#[test]
fn names_of_models_tell_their_encoding() {
    use Encoding::{Cl100k, O200k};
    for (name, encoding) in [
        ("gpt-4", Some(Cl100k)),
        ("gpt-4-0613", Some(Cl100k)),
        ("gpt-4-turbo", Some(Cl100k)),
        ("gpt-3.5-turbo-0125", Some(Cl100k)),
        ("gpt-35-turbo", Some(Cl100k)),
        ("text-embedding-3-small", Some(Cl100k)),
        ("gpt-4o", Some(O200k)),
        ("gpt-4o-mini-2024-07-18", Some(O200k)),
        ("openai/gpt-4o", Some(O200k)),
        ("ft:gpt-4o-mini:acme::x", Some(O200k)),
        ("ft:gpt-4-0613:acme::x", Some(Cl100k)),
        ("gpt-4.1-nano", Some(O200k)),
        ("gpt-5.1-mini", Some(O200k)),
        ("chatgpt-4o-latest", Some(O200k)),
        ("o1", Some(O200k)),
        ("o3-mini", Some(O200k)),
        ("o4-mini", Some(O200k)),
        ("o11", None),
        ("gpt-42", None),
        ("gpt-oss-120b", None),
        ("claude-sonnet-4-5", None),
        ("large-2026", None),
        ("", None),
    ] {
        assert_eq!(Encoding::of_model(name), encoding, "{name}");
    }
}

#[test]
fn texts_have_the_tokens_that_the_cookbook_states() {
    // OpenAI's cookbook, "How to count tokens with tiktoken": texts with the tokens of `cl100k_base` and `o200k_base`.
    for (text, cl100k, o200k) in [
        ("tiktoken is great!", 6, 6),
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
        ("", 0, 0),
    ] {
        assert_eq!(count(Encoding::Cl100k, text), cl100k, "{text}");
        assert_eq!(count(Encoding::O200k, text), o200k, "{text}");
    }
}

/// Texts that tokenizers and counters like least, and some by chance.
fn texts() -> Vec<String> {
    let repeated = [
        "a", "A", "aA", " ", "\n", "\r\n \t", " a", "/", "'s", "!?", "7", "é", "漢", "😀", "\u{301}",
        "\u{a0}", "-", "\u{0}",
    ];
    let mut texts: Vec<String> = repeated
        .iter()
        .flat_map(|text| [1, 2, 3, 127, 128, 129, 5_000].map(|count| text.repeat(count)))
        .collect();
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..2_000 {
        let length = next(40);
        texts.push((0..length).map(|_| repeated[next(repeated.len())]).collect());
    }
    texts
}

fn least(raw: &str) -> u64 {
    super::least(raw, tokens::of_text_and_words(raw).1)
}

#[test]
fn no_text_has_fewer_tokens_than_the_least_or_more_than_bytes() {
    for text in texts() {
        let json = serde_json::to_string(&text).expect("a text is JSON");
        let raw = &json[1..json.len() - 1];
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for encoding in [Encoding::Cl100k, Encoding::O200k] {
            let tokens = count(encoding, &text);
            for written in [raw, escaped.as_str()] {
                assert!(least(written) <= tokens, "{} <= {tokens} of {text:?}", least(written));
            }
            assert!(tokens <= text.len() as u64, "{tokens} of {text:?}");
        }
    }
    assert_eq!(least("one two  three, four"), 4);
    // Many bytes at a time as one after the other.
    let text = "a b  c d{e f é 7 x  yy zzz  -a b\u{a0}c ".repeat(3);
    for (end, _) in text.char_indices() {
        let text = &text[..end];
        let begins = |pair: &&[u8]| pair[0] == b' ' && pair[1].is_ascii_alphabetic();
        let words = text.as_bytes().windows(2).skip(1).filter(begins).count() as u64 + u64::from(end > 0);
        assert_eq!(least(text), words.max((end as u64).div_ceil(ESCAPE_BYTES * TOKEN_BYTES)), "{text:?}");
    }
}

#[test]
fn what_is_left_when_it_is_over_counts_as_its_bytes() {
    let text = "one two ".repeat(LOOK_BYTES);
    let whole = count(Encoding::O200k, &text);
    let cut = Encoding::O200k.count(&text, &|| true);
    assert!(whole < cut && cut < text.len() as u64, "{whole} < {cut}");
    let piece = "/".repeat(PIECE_BYTES + 1);
    assert_eq!(count(Encoding::O200k, &piece), piece.len() as u64);
}
