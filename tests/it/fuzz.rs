//! The texts that fuzzing found worth keeping, read again on every change; and the dictionary that it begins with.

use std::path::{Path, PathBuf};
use wayleave_tests::promises;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Asks every kept text of a target; the text that breaks a promise is shown before its panic goes on.
fn replay(target: &str, promise: impl Fn(&str) + std::panic::RefUnwindSafe) {
    let path = format!("tests/suite/fuzz/{target}.jsonl");
    let mut count = 0;
    for (index, line) in read(&path).lines().enumerate() {
        let text: String = serde_json::from_str(line).expect("a kept text is a JSON string");
        if let Err(panic) = std::panic::catch_unwind(|| promise(&text)) {
            eprintln!("{path}:{}: {text:?}", index + 1);
            std::panic::resume_unwind(panic);
        }
        count += 1;
    }
    assert!(count > 0, "{path} keeps no text");
}

#[test]
fn kept_texts_are_read_as_promised() {
    replay("parse", promises::of_parse_and_fixes);
}

#[test]
fn kept_texts_are_laid_out_as_promised() {
    replay("layout", promises::of_layout);
}

#[test]
fn the_dictionary_has_every_word_of_the_grammar() {
    let dictionary = read("fuzz/route.dict");
    let grammar = read("grammar/route.pest");
    let words: Vec<&str> = grammar
        .lines()
        .filter(|line| line.starts_with("kw_"))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert!(!words.is_empty(), "the grammar has words");
    for word in words {
        assert!(
            dictionary.lines().any(|line| line == format!("\"{word}\"")),
            "fuzz/route.dict lacks `{word}`"
        );
    }
}
