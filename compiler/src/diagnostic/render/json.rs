//! Diagnostics as `check --format json` prints them: section 10 of the language contract. Lines and columns count from
//! 1, columns in code points.

use crate::diagnostic::{Diagnostic, Edit, Fix, Label};
use crate::source::{Sources, Span};
use serde_json::{Map, Value, json};

/// The version of the shape. It grows when a reader of the one before could be misled; members may be added at any time.
pub const JSON_VERSION: u32 = 1;

/// The whole answer of `check`; `as_of` is the date that the check was made for. Its JSON Schema is
/// `docs/report.schema.json`.
pub fn render_json(diagnostics: &[Diagnostic], sources: &Sources, as_of: &str) -> Value {
    let diagnostics: Vec<Value> = diagnostics.iter().map(|one| diagnostic(one, sources)).collect();
    json!({"version": JSON_VERSION, "as_of": as_of, "diagnostics": diagnostics})
}

fn diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let primary = std::iter::once(label(&diagnostic.primary, true, sources));
    let secondary = diagnostic.secondary.iter().map(|other| label(other, false, sources));
    let labels: Vec<Value> = primary.chain(secondary).collect();
    let fixes: Vec<Value> = diagnostic.fixes.iter().map(|one| fix(one, sources)).collect();
    json!({
        "code": diagnostic.code.name(),
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
        "fixes": fixes,
        "witness": diagnostic.witness,
    })
}

fn label(label: &Label, is_primary: bool, sources: &Sources) -> Value {
    let mut out = place(label.span, sources);
    out.insert("primary".to_owned(), json!(is_primary));
    out.insert("text".to_owned(), json!(label.text));
    Value::Object(out)
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let edit = |edit: &Edit| {
        let mut out = place(edit.span, sources);
        out.insert("text".to_owned(), json!(edit.text));
        Value::Object(out)
    };
    let edits: Vec<Value> = fix.edits.iter().map(edit).collect();
    json!({"title": fix.title, "applicability": fix.applicability.name(), "edits": edits})
}

/// A place as an object: `file`, `line`, `column`, `end_line`, `end_column`.
pub fn place_json(span: Span, sources: &Sources) -> Value {
    Value::Object(place(span, sources))
}

fn place(span: Span, sources: &Sources) -> Map<String, Value> {
    let start = sources.start(span);
    let end = sources.end(span);
    let members = [
        ("file", json!(sources.file(span.file).path)),
        ("line", json!(start.line)),
        ("column", json!(start.column)),
        ("end_line", json!(end.line)),
        ("end_column", json!(end.column)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
