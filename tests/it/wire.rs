//! The files of `suite/wire`: what one dialect says, and beside it how it is said in the other.
//!
//! `NAME.chat-to-messages.request.json` is the body of a request, `….answer.json` a provider's whole answer, `….stream.txt` a stream as
//! it came; `messages-to-chat` is the other way. The model of a request is the target's.

mod book;

mod round;

mod stream;

use std::fmt::Write;
use std::path::Path;
use wayleave_runtime::wire::Dialect;
use wayleave_runtime::wire::translate::{self, TargetFacts};

/// The output limit of the target of each request.
const OUTPUT_LIMIT: u64 = 4_096;

/// The time that each answer is told.
const CREATED: u64 = 1_700_000_000;

/// The dialect that a file is written in.
fn dialect(path: &Path) -> Dialect {
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    match name.split('.').nth(1) {
        Some("chat-to-messages") => Dialect::OpenAi,
        Some("messages-to-chat") => Dialect::Anthropic,
        other => panic!("{name}: {other:?} is no way to translate"),
    }
}

fn target(model: &str) -> TargetFacts<'_> {
    TargetFacts { model, output_limit: OUTPUT_LIMIT, cap: None }
}

/// The model of a body, which may hold what serde_json does not read.
fn model(body: &str) -> String {
    let (_, behind) = body.split_once("\"model\": \"").expect("a request names a model");
    behind.split('"').next().unwrap_or_default().to_owned()
}

/// JSON with a line for each member, its tokens as they are written.
fn laid_out(json: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if is_in_string {
            out.push(character);
            is_in_string = is_escaped || character != '"';
            is_escaped = character == '\\' && !is_escaped;
            continue;
        }
        match character {
            '{' | '[' if characters.peek().is_some_and(|next| matches!(next, '}' | ']')) => {
                out.push(character);
                out.extend(characters.next());
            }
            '{' | '[' | ',' => {
                depth += usize::from(character != ',');
                out.push(character);
                let _ = write!(out, "\n{}", "  ".repeat(depth));
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                let _ = write!(out, "\n{}{character}", "  ".repeat(depth));
            }
            ':' => out.push_str(": "),
            ' ' | '\n' => {}
            _ => {
                is_in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

/// With escaped surrogates replaced, since serde_json does not read halves of pairs.
fn whole_pairs(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let is_surrogate = rest[at + 1..].to_ascii_lowercase().starts_with("ud");
        whole.push_str(&rest[..at]);
        whole.push_str(if is_surrogate { "?" } else { &rest[at..at + 2] });
        rest = &rest[at + if is_surrogate { 6 } else { 2 }..];
    }
    whole + rest
}

fn must_be_json(made: &str) {
    let read = serde_json::from_str::<serde_json::Value>(&whole_pairs(made));
    assert!(read.is_ok(), "{read:?}: {made}");
}

fn dropped(names: &[String]) -> String {
    names.iter().map(|name| format!("\ndropped {name}")).collect()
}

#[test]
fn requests_are_said_in_the_other_dialect() {
    insta::glob!("../suite/wire", "*.request.json", |path| {
        let body = std::fs::read_to_string(path).expect("a request");
        let shown = match translate::request(dialect(path), body.as_bytes(), &target(&model(&body))) {
            Ok(carried) => {
                let made = String::from_utf8(carried.body.to_vec()).expect("text");
                must_be_json(&made);
                let usage = if carried.wants_usage { "\nwants usage" } else { "" };
                format!("{}{}{usage}", laid_out(&made), dropped(&carried.dropped))
            }
            Err(cannot) => format!("cannot be carried\n{}", cannot.what.join("\n")),
        };
        wayleave_tests::snapshot::beside(path, &shown);
    });
}

#[test]
fn answers_are_said_in_the_other_dialect() {
    insta::glob!("../suite/wire", "*.answer.json", |path| {
        let body = std::fs::read(path).expect("an answer");
        let shown = match translate::answer(dialect(path), &body, CREATED) {
            Ok(carried) => {
                let made = String::from_utf8(carried.body.to_vec()).expect("text");
                must_be_json(&made);
                format!("{}{}\n{:?}", laid_out(&made), dropped(&carried.dropped), carried.counts)
            }
            Err(none) => format!("{none:?}"),
        };
        wayleave_tests::snapshot::beside(path, &shown);
    });
}

/// `fault-F39`: whatever the bytes are, nothing panics, and what is made is JSON.
#[test]
fn damaged_bodies_are_refused_or_carried_whole() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut count = 0;
    insta::glob!("../suite/wire", "*.json", |path| {
        let body = std::fs::read(path).expect("a body");
        for _ in 0..100 {
            let mut body = body.clone();
            for _ in 0..random.usize(1..4) {
                let (at, other) = (random.usize(..body.len()), random.usize(..body.len()));
                match random.u8(..4) {
                    0 => body[at] = random.u8(..),
                    1 => body.swap(at, other),
                    2 => drop(body.drain(at.min(other)..at.max(other))),
                    _ => body.insert(at, *random.choice(b"\"\\{}[],:0n").expect("a byte")),
                }
                if body.is_empty() {
                    break;
                }
            }
            let made = match path.to_string_lossy().ends_with(".request.json") {
                true => translate::request(dialect(path), &body, &target("m")).map(|made| made.body).ok(),
                false => translate::answer(dialect(path), &body, CREATED).map(|made| made.body).ok(),
            };
            if let Some(made) = made {
                must_be_json(std::str::from_utf8(&made).expect("text"));
                count += 1;
            }
        }
    });
    assert!(count > 100, "some are still read: {count}");
}
