//! Diagnostics as SARIF 2.1.0 (OASIS), as code scanning services read it: one run, the rules that are shown with their
//! pages, tight regions, related places linked from the message, fixes, and fingerprints that survive moved lines.

use super::order;
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label};
use crate::source::{Sources, Span};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The schema that the answer keeps to.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Services take no more locations of one result.
const RELATED_LIMIT: usize = 100;

/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 16;

/// Which program made a log, and by which of its commands.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// Its version.
    pub version: &'a str,
    /// `check` or `test`: what a service tells the logs of one commit apart by.
    pub command: &'a str,
}

/// A log of one run.
pub fn render_sarif(diagnostics: &[Diagnostic], sources: &Sources, maker: Maker<'_>) -> Value {
    let sorted = order(diagnostics);
    let mut codes: Vec<Code> = sorted.iter().map(|told| told.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results: Vec<Value> = sorted.iter().map(|told| result(told, &codes, sources, &mut seen)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "wayleave",
                "semanticVersion": maker.version,
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("wayleave-{}/", maker.command)},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": {"text": sentence(code.title())},
        "fullDescription": {"text": sentence(code.title())},
        "help": {"text": code.page(), "markdown": code.page()},
        "defaultConfiguration": {"level": code.severity().name()},
        "properties": {"tags": ["policy"]},
    })
}

fn result(told: &Diagnostic, codes: &[Code], sources: &Sources, seen: &mut BTreeMap<String, usize>) -> Value {
    let related: Vec<&Label> = told.secondary.iter().take(RELATED_LIMIT).collect();
    let mut result = json!({
        "ruleId": told.code.name(),
        "ruleIndex": codes.binary_search(&told.code).unwrap_or_default(),
        "level": told.severity.name(),
        "message": {"text": words(told, &related)},
        "locations": [{"physicalLocation": physical(told.primary.span, sources)}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint(told, sources, seen)},
    });
    if !related.is_empty() {
        let places = related.iter().zip(1..).map(|(label, id): (_, u32)| {
            json!({
                "id": id,
                "physicalLocation": physical(label.span, sources),
                "message": {"text": label_words(label)},
            })
        });
        result["relatedLocations"] = places.collect();
    }
    // What holds places to fill in would be written as it stands.
    let fixes: Vec<Value> = told
        .fixes
        .iter()
        .filter(|fix| fix.applicability != Applicability::Placeholders)
        .map(|one| fix(one, sources))
        .collect();
    if !fixes.is_empty() {
        result["fixes"] = Value::Array(fixes);
    }
    result
}

/// The message as sentences: the first one stands alone where there is little room.
fn words(told: &Diagnostic, related: &[&Label]) -> String {
    let mut words = escaped(&sentence(&told.message));
    if let Some(step) = super::next_steps(told).first() {
        words.push(' ');
        words.push_str(&escaped(&sentence(step)));
    }
    for (label, id) in related.iter().zip(1..) {
        words.push_str(&format!(
            " [{}]({id}).",
            escaped(&sentence(&label_words(label))).trim_end_matches('.')
        ));
    }
    words
}

fn label_words(label: &Label) -> String {
    if label.text.is_empty() { "here".to_owned() } else { label.text.clone() }
}

/// Links of a message are written with brackets, so those of its own words are escaped.
fn escaped(words: &str) -> String {
    words.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// With a capital letter, unless it begins with a name, and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let stop = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

fn physical(span: Span, sources: &Sources) -> Value {
    json!({"artifactLocation": artifact(span, sources), "region": region(span, sources)})
}

fn artifact(span: Span, sources: &Sources) -> Value {
    json!({"uri": uri(&sources.file(span.file).path)})
}

fn region(span: Span, sources: &Sources) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_file.entry(&sources.file(edit.span.file).path).or_default().push(edit);
    }
    let change = |(_, edits): (&str, Vec<&Edit>)| {
        let replacement = |edit: &&Edit| json!({"deletedRegion": region(edit.span, sources), "insertedContent": {"text": edit.text}});
        json!({
            "artifactLocation": edits.first().map(|edit| artifact(edit.span, sources)),
            "replacements": edits.iter().map(replacement).collect::<Vec<_>>(),
        })
    };
    json!({
        "description": {"text": sentence(&fix.title)},
        "artifactChanges": by_file.into_iter().map(change).collect::<Vec<_>>(),
    })
}

/// A path as a relative reference (RFC 3986): `/` between folders, and what has a meaning there as its bytes.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// The same for the same mistake in the same line of the same file, wherever that line stands: code, file, the line
/// without its blanks, and which one it is of those that are alike.
fn fingerprint(told: &Diagnostic, sources: &Sources, seen: &mut BTreeMap<String, usize>) -> String {
    let file = sources.file(told.primary.span.file);
    let line = file.text.lines().nth(sources.start(told.primary.span).line as usize - 1).unwrap_or_default();
    let line: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut hash = Sha256::new();
    for part in [told.code.name(), &file.path, &line] {
        hash.update(part);
        hash.update([0]);
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let key = digits[..FINGERPRINT_DIGITS].to_owned();
    let count = seen.entry(key.clone()).or_default();
    *count += 1;
    format!("{key}:{count}")
}

#[cfg(test)]
mod tests {
    use super::{sentence, uri};

    #[test]
    fn paths_are_relative_references() {
        assert_eq!(uri("./a b/c#d.route"), "a%20b/c%23d.route");
        assert_eq!(uri("teams/é.route"), "teams/%C3%A9.route");
    }

    #[test]
    fn messages_are_sentences() {
        assert_eq!(sentence("no model is named `x`"), "No model is named `x`.");
        assert_eq!(sentence("`x` is unused"), "`x` is unused.");
    }
}
