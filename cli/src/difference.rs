//! What a command would change in a text, as a unified diff.

use crate::output::{Paint, Terminal};
use similar::{ChangeTag, TextDiff};
use wayleave_compiler::diagnostic::render::printable;

/// Unchanged lines around a changed one.
const CONTEXT_LINES: usize = 3;

/// A unified diff; `done` follows the name of the new text.
pub(crate) fn difference(shown: &str, old: &str, new: &str, done: &str, terminal: Terminal) -> String {
    let mut out = format!("--- {shown}\n+++ {shown}{done}\n");
    for hunk in TextDiff::from_lines(old, new).unified_diff().context_radius(CONTEXT_LINES).iter_hunks() {
        out.push_str(&terminal.paint(Paint::Cyan, &hunk.header().to_string()));
        out.push('\n');
        for change in hunk.iter_changes() {
            let line = change.value();
            let line = harmless(line.strip_suffix('\n').unwrap_or(line));
            let line = match change.tag() {
                ChangeTag::Delete => terminal.paint(Paint::Red, &format!("-{line}")),
                ChangeTag::Insert => terminal.paint(Paint::Green, &format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            out.push_str(&line);
            out.push('\n');
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// A line that cannot speak to the terminal, and of which all else stands as it is.
fn harmless(line: &str) -> String {
    let (text, end) = line.strip_suffix('\r').map_or((line, ""), |text| (text, "\r"));
    let parts: Vec<String> = text.split('\t').map(printable).collect();
    format!("{}{end}", parts.join("\t"))
}
