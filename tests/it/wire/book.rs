//! The page of the book about dialects says what the tables say, and a file shows each of their rows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wayleave_runtime::wire::Dialect;
use wayleave_runtime::wire::translate::rules::{Fate, Place, rules};

const PAGE: &str = "docs/dialects.md";

const END: &str = "<!-- end of rules -->";

const PLACES: [(&str, Place); 4] = [
    ("members", Place::Member),
    ("messages", Place::Message),
    ("parts", Place::Part),
    ("tools", Place::Tool),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table(from: Dialect, place: Place) -> String {
    let mut out = format!("| of {} | | |\n|---|---|---|\n", from.name());
    for rule in rules(from, place) {
        let (fate, words) = match rule.fate {
            Fate::Carried => ("carried", ""),
            Fate::Rewritten(how) => ("as", how),
            Fate::Dropped(why) => ("dropped", why),
            Fate::Refused(why) => ("refused", why),
        };
        let unless = rule.unsaid.first().map(|value| format!(", unless `{value}`")).unwrap_or_default();
        out.push_str(&format!("| `{}`{unless} | {fate} | {words} |\n", rule.name));
    }
    out
}

#[test]
fn the_page_says_what_the_tables_say() {
    let path = root().join(PAGE);
    let kept = std::fs::read_to_string(&path).expect("the page is there");
    let mut made = String::new();
    let mut rest = kept.as_str();
    let mut shown = 0;
    while let Some((before, behind)) = rest.split_once("<!-- rules: ") {
        let (name, behind) = behind.split_once(" -->").expect("a comment ends");
        let (_, behind) = behind.split_once(END).expect("a table ends");
        let (from, place) = name.split_once(' ').expect("a dialect and a place");
        let from = if from == "chat" { Dialect::OpenAi } else { Dialect::Anthropic };
        let place = PLACES.iter().find(|(known, _)| *known == place).expect("a place").1;
        made.push_str(&format!("{before}<!-- rules: {name} -->\n\n{}\n{END}", table(from, place)));
        rest = behind;
        shown += 1;
    }
    made.push_str(rest);
    assert_eq!(shown, 8, "the page shows every table");
    if made != kept && std::env::var_os("WAYLEAVE_UPDATE").is_some() {
        std::fs::write(&path, &made).expect("it can be written");
    } else {
        assert_eq!(kept, made, "rewrite {PAGE} with WAYLEAVE_UPDATE=1");
    }
}

/// A row that no file shows is a claim that nothing holds.
#[test]
fn every_row_is_shown_by_a_file() {
    let mut missing = Vec::new();
    for from in [Dialect::OpenAi, Dialect::Anthropic] {
        let mut shown = BTreeSet::new();
        for body in bodies(from) {
            for (name, _) in body.as_object().expect("an object") {
                shown.insert(("members", name.clone()));
            }
            for message in body["messages"].as_array().into_iter().flatten() {
                for (name, _) in message.as_object().expect("an object") {
                    shown.insert(("messages", name.clone()));
                }
                kinds(&message["content"], &mut |kind| {
                    shown.insert(("parts", kind.to_owned()));
                });
            }
            for tool in body["tools"].as_array().into_iter().flatten() {
                let kind = tool["type"].as_str().unwrap_or("custom");
                shown.insert(("tools", kind.to_owned()));
            }
        }
        for (name, place) in PLACES {
            let unshown =
                rules(from, place).iter().filter(|rule| !shown.contains(&(name, rule.name.to_owned())));
            missing.extend(unshown.map(|rule| format!("{} of {}: {}", name, from.name(), rule.name)));
        }
    }
    assert!(missing.is_empty(), "no request of suite/wire shows {missing:#?}");
}

fn bodies(from: Dialect) -> Vec<serde_json::Value> {
    let entries = std::fs::read_dir(root().join("tests/suite/wire")).expect("the suite is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let requests = paths.filter(|path| path.to_string_lossy().ends_with(".request.json"));
    let own = requests.filter(|path| super::dialect(path) == from);
    let read = |path: PathBuf| super::whole_pairs(&std::fs::read_to_string(path).expect("text"));
    own.map(|path| serde_json::from_str(&read(path)).expect("JSON")).collect()
}

/// The kinds of parts in a content.
fn kinds(content: &serde_json::Value, found: &mut impl FnMut(&str)) {
    for part in content.as_array().into_iter().flatten() {
        if let Some(kind) = part["type"].as_str() {
            found(kind);
        }
    }
}
