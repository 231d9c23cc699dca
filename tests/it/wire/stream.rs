//! Streams, event by event: what they become, that it obeys the other dialect, and that no way of splitting the bytes changes it.

use super::{CREATED, dialect, whole_pairs};
use bytes::Bytes;
use std::path::{Path, PathBuf};
use wayleave_runtime::wire::Dialect;
use wayleave_runtime::wire::sse::Decoder;
use wayleave_runtime::wire::translate::stream::{StreamFacts, StreamTranslator, Trouble};

/// What came of a stream.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) end: Result<(), Trouble>,
    is_finished: bool,
    summary: String,
}

/// Feeds those pieces of a stream, and says that its bytes are over.
pub(super) fn told(from: Dialect, pieces: &[&[u8]], wants_usage: bool) -> Told {
    let mut decoder = Decoder::default();
    let mut translator = StreamTranslator::new(from, StreamFacts { created: CREATED, wants_usage });
    let mut text = String::new();
    let end = feed(&mut decoder, &mut translator, pieces, &mut text);
    let summary = format!(
        "content {}, dropped {}, {:?}",
        translator.has_content(),
        translator.dropped(),
        translator.counts()
    );
    Told { text, end, is_finished: translator.is_finished(), summary }
}

fn feed(
    decoder: &mut Decoder,
    translator: &mut StreamTranslator,
    pieces: &[&[u8]],
    text: &mut String,
) -> Result<(), Trouble> {
    for piece in pieces {
        decoder.feed(Bytes::copy_from_slice(piece));
        while let Some(event) = decoder.next_event().expect("short events") {
            text.push_str(std::str::from_utf8(&translator.event(&event)?).expect("text"));
        }
    }
    text.push_str(std::str::from_utf8(&translator.end()?).expect("text"));
    Ok(())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/wire");
    let entries = std::fs::read_dir(folder).expect("the suite is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.to_string_lossy().ends_with(".stream.txt")).collect();
    files.sort();
    assert!(files.len() >= 20, "the suite has its streams");
    files
}

#[test]
fn streams_are_said_in_the_other_dialect() {
    insta::glob!("../../suite/wire", "*.stream.txt", |path| {
        let stream = std::fs::read(path).expect("a stream");
        let told = told(dialect(path), &[&stream], true);
        lawful(dialect(path).other(), &told);
        let end = match &told.end {
            Ok(()) => "ended".to_owned(),
            Err(trouble) => format!("{trouble:?}"),
        };
        wayleave_tests::snapshot::beside(path, &format!("{}{end}\n{}", told.text, told.summary));
    });
}

/// `fault-F23`, `fault-F24`: bytes arrive as they like.
#[test]
fn no_way_of_splitting_the_bytes_changes_what_is_told() {
    let mut random = fastrand::Rng::with_seed(7);
    for path in files() {
        let stream = std::fs::read(&path).expect("a stream");
        let whole = told(dialect(&path), &[&stream], true);
        let same = |pieces: &[&[u8]]| {
            let other = told(dialect(&path), pieces, true);
            assert_eq!((&other.text, &other.end), (&whole.text, &whole.end), "{}", path.display());
            assert_eq!(other.summary, whole.summary);
        };
        same(&stream.chunks(1).collect::<Vec<_>>());
        for _ in 0..20 {
            let at = random.usize(..=stream.len());
            same(&[&stream[..at], &stream[at..]]);
        }
        // Other line ends are the same stream.
        let stream = String::from_utf8(stream).expect("text");
        same(&[stream.replace('\n', "\r\n").as_bytes()]);
        same(&[stream.replace('\n', "\r").as_bytes()]);
    }
}

/// `fault-F16`, `fault-F17`: whatever is missing at the end, no end is told but the provider's own.
#[test]
fn a_stream_that_is_cut_anywhere_is_never_given_an_end() {
    for path in files() {
        let stream = std::fs::read_to_string(&path).expect("a stream");
        let is_whole = told(dialect(&path), &[stream.as_bytes()], true).end.is_ok();
        if !is_whole {
            continue;
        }
        let last = match dialect(&path) {
            Dialect::Anthropic => stream.find("\"type\":\"message_stop\""),
            Dialect::OpenAi => stream.find("\"finish_reason\":\""),
        };
        let last = last.expect("it ends");
        let cuts = stream.match_indices("\n\n").map(|(at, end)| at + end.len()).filter(|at| *at < last);
        for cut in cuts.chain([0]) {
            let told = told(dialect(&path), &[&stream.as_bytes()[..cut]], true);
            assert_eq!(told.end, Err(Trouble::Cut), "{} cut at byte {cut}", path.display());
            lawful(dialect(&path).other(), &told);
        }
    }
}

/// `fault-F20`, `threat-T26`: whatever a provider sends, what is told obeys the caller's dialect.
#[test]
fn events_in_disorder_never_break_the_dialect_of_the_caller() {
    let mut random = fastrand::Rng::with_seed(11);
    for path in files() {
        let stream = std::fs::read_to_string(&path).expect("a stream");
        let events: Vec<&str> = stream.split_inclusive("\n\n").collect();
        for _ in 0..60 {
            let mut events = events.clone();
            for _ in 0..random.usize(1..4) {
                let (one, other) = (random.usize(..events.len()), random.usize(..events.len()));
                match random.u8(..3) {
                    0 => events.swap(one, other),
                    1 => events.insert(one, events[other]),
                    _ if events.len() > 1 => drop(events.remove(one)),
                    _ => {}
                }
            }
            let told = told(dialect(&path), &[events.concat().as_bytes()], random.bool());
            lawful(dialect(&path).other(), &told);
        }
    }
}

/// `fault-F26`: what comes behind the end is nobody's.
#[test]
fn nothing_is_told_after_the_end() {
    for path in files() {
        let stream = std::fs::read_to_string(&path).expect("a stream");
        let once = told(dialect(&path), &[stream.as_bytes()], true);
        let is_marked = stream.contains("[DONE]") || stream.contains("message_stop");
        if once.end.is_ok() && is_marked {
            let twice = told(dialect(&path), &[stream.as_bytes(), stream.as_bytes()], true);
            assert_eq!(twice.text, once.text, "{}", path.display());
        }
    }
}

/// `case-S16`: usage is told where the caller asked for it, and nowhere else.
#[test]
fn a_chat_stream_counts_only_where_it_was_asked_to() {
    for path in files().iter().filter(|path| dialect(path) == Dialect::Anthropic) {
        let stream = std::fs::read(path).expect("a stream");
        let told = told(Dialect::Anthropic, &[&stream], false);
        assert!(!told.text.contains("\"usage\""), "{}", path.display());
    }
}

/// What was told so far obeys its dialect.
pub(super) fn lawful(dialect: Dialect, told: &Told) {
    let mut decoder = Decoder::default();
    decoder.feed(Bytes::copy_from_slice(told.text.as_bytes()));
    let mut events = Vec::new();
    while let Some(event) = decoder.next_event().expect("short events") {
        let Some(data) = event.data else { continue };
        let data = std::str::from_utf8(&data).expect("text").to_owned();
        let name = event.raw.strip_prefix(b"event: ").map(|rest| {
            let end = rest.iter().position(|byte| *byte == b'\n').expect("a line ends");
            String::from_utf8(rest[..end].to_vec()).expect("text")
        });
        events.push((name, data));
    }
    match dialect {
        Dialect::OpenAi => lawful_chat(&events, told),
        Dialect::Anthropic => lawful_messages(&events, told),
    }
}

fn json(data: &str) -> serde_json::Value {
    let whole = whole_pairs(data);
    serde_json::from_str(&whole).unwrap_or_else(|error| panic!("{error}: {data}"))
}

fn lawful_chat(events: &[(Option<String>, String)], told: &Told) {
    let mut calls: Vec<String> = Vec::new();
    let mut has_reason = false;
    for (position, (name, data)) in events.iter().enumerate() {
        assert_eq!(*name, None);
        if data == "[DONE]" {
            assert!(told.is_finished && position + 1 == events.len(), "`[DONE]` is last");
            continue;
        }
        let chunk = json(data);
        assert_eq!((&chunk["object"], &chunk["created"]), (&"chat.completion.chunk".into(), &CREATED.into()));
        assert!(chunk["id"].is_string() && chunk["model"].is_string());
        let choice = &chunk["choices"][0];
        assert!(!has_reason || choice.is_null(), "nothing but usage follows the reason");
        has_reason |= choice["finish_reason"].is_string();
        let delta = &choice["delta"];
        assert_eq!(delta.get("role").is_some(), position == 0, "the role comes first, and once");
        if let Some(call) = delta["tool_calls"].get(0) {
            let index = usize::try_from(call["index"].as_u64().expect("an index")).expect("it is small");
            if call.get("id").is_some() {
                assert_eq!(index, calls.len(), "calls are numbered in their order");
                calls.push(String::new());
            }
            calls[index].push_str(call["function"]["arguments"].as_str().expect("arguments"));
        }
    }
    if told.is_finished {
        assert_eq!(events.last().map(|(_, data)| data.as_str()), Some("[DONE]"));
        assert!(has_reason, "an end has its reason");
        assert!(calls.iter().all(|arguments| !arguments.is_empty()), "arguments are JSON");
    }
}

fn lawful_messages(events: &[(Option<String>, String)], told: &Told) {
    let (mut open, mut next) = (None, 0);
    for (position, (name, data)) in events.iter().enumerate() {
        let event = json(data);
        let name = name.as_deref().expect("events have names");
        assert_eq!(event["type"], name, "the name is said twice");
        assert_eq!(name == "message_start", position == 0, "the message begins first, and once");
        let index = event["index"].as_u64();
        match name {
            "content_block_start" => {
                assert_eq!((open, index), (None, Some(next)), "one block after the other");
                open = index;
            }
            "content_block_delta" => assert!(open.is_some() && open == index, "a piece is of the open block"),
            "content_block_stop" => {
                assert!(open.is_some() && open == index, "the open block ends");
                (open, next) = (None, next + 1);
            }
            "message_delta" => assert_eq!(open, None, "all blocks have ended"),
            "message_stop" => assert!(told.is_finished && position + 1 == events.len(), "the end is last"),
            "message_start" | "ping" => {}
            other => panic!("`{other}` is no event"),
        }
    }
    if told.is_finished {
        let last: Vec<&str> = events.iter().rev().take(2).filter_map(|(name, _)| name.as_deref()).collect();
        assert_eq!(last, ["message_stop", "message_delta"]);
    }
}
