//! `// allow CODE: reason` on the line above: silences that warning there.

use crate::diagnostic::{Applicability, Code, Diagnostic, Severity};
use crate::source::{FileId, Sources, Span};
use std::collections::BTreeMap;
use wayleave_grammar::SyntaxKind;
use wayleave_grammar::ast::Node;

/// Warnings of exact checks: without those a comment that silences one may be right.
const EXACT: [&str; 9] = ["R0305", "R0306", "R0307", "R0308", "R0312", "R0315", "R0402", "R0501", "R0502"];

/// How such a comment is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With a reason.
    Whole,
    /// `// allow R0314`
    WithoutReason,
    /// Almost: another case, two codes, no colon.
    Other,
}

/// One such comment.
struct Allowed {
    at: Span,
    code: String,
    form: Form,
    /// The item or line below it.
    covers: Span,
    /// The line below it, from 1.
    line: u32,
}

/// Takes out the warnings that a comment silences, and reports the comments that silence none. `is_exact`: whether exact checks
/// were made.
pub(crate) fn silence(sources: &Sources, diagnostics: &mut Vec<Diagnostic>, is_exact: bool) {
    for file in sources.ids() {
        for allowed in comments(sources, file) {
            let is_meant = |told: &Diagnostic| {
                let at = told.primary.span;
                let is_there = sources.start(at).line == allowed.line
                    || allowed.covers.start <= at.start && at.end <= allowed.covers.end;
                told.severity == Severity::Warning
                    && told.code.name() == allowed.code
                    && told.code != Code::R0317
                    && at.file == file
                    && is_there
            };
            let before = diagnostics.len();
            if allowed.form == Form::Other {
                diagnostics.push(misspelt(&allowed));
                continue;
            }
            // Without a reason the warning is replaced by the one that asks for it.
            diagnostics.retain(|told| !is_meant(told));
            if diagnostics.len() < before && allowed.form == Form::WithoutReason {
                diagnostics.push(useless(sources, &allowed, true));
            } else if diagnostics.len() == before && (is_exact || !EXACT.contains(&allowed.code.as_str())) {
                diagnostics.push(useless(sources, &allowed, false));
            }
        }
    }
}

fn misspelt(allowed: &Allowed) -> Diagnostic {
    let message = "this comment silences nothing, as it is not written `// allow CODE: REASON`";
    Diagnostic::new(Code::R0317, message, allowed.at, "one code, a colon, a reason")
        .with_help(format!("write `// allow {}: REASON`; a comment for each code", allowed.code))
}

fn useless(sources: &Sources, allowed: &Allowed, lacks_reason: bool) -> Diagnostic {
    let code = &allowed.code;
    let (message, help) = match Code::find(code).map(Code::severity) {
        _ if lacks_reason => {
            let message = format!("`allow {code}` does not say why, so it silences nothing");
            return Diagnostic::new(Code::R0317, message, allowed.at, "no reason")
                .with_help(format!("write `// allow {code}: REASON`"));
        }
        None => (format!("there is no code `{code}`"), "remove this comment, or correct the code"),
        Some(Severity::Error) => {
            (format!("an error such as {code} is silenced by no comment"), "mend what it is about")
        }
        Some(Severity::Note) => {
            (format!("a note such as {code} is shown only when asked for"), "remove this comment")
        }
        Some(Severity::Warning) => {
            (format!("there is no {code} here, so this comment silences nothing"), "remove this comment")
        }
    };
    // The whole line goes.
    let text = &sources.file(allowed.at.file).text;
    let begin = text[..allowed.at.start as usize].rfind('\n').map_or(0, |line_end| line_end + 1);
    let end = text[allowed.at.end as usize..]
        .find('\n')
        .map_or(text.len(), |length| allowed.at.end as usize + length + 1);
    let is_alone = text[begin..allowed.at.start as usize].trim().is_empty();
    let line = match (is_alone, u32::try_from(begin), u32::try_from(end)) {
        (true, Ok(start), Ok(end)) => Span { start, end, ..allowed.at },
        _ => allowed.at,
    };
    Diagnostic::new(Code::R0317, message, allowed.at, "silences nothing").with_help(help).with_fix(
        "remove the comment",
        line,
        "",
        Applicability::Maybe,
    )
}

/// The comments of a file that silence something below them. Several may stand one below the other.
fn comments(sources: &Sources, file: FileId) -> Vec<Allowed> {
    // Few files have one, and walking a tree costs as much as making it.
    if !["allow ", "Allow ", "ALLOW ", "allow:"].iter().any(|word| sources.file(file).text.contains(word)) {
        return Vec::new();
    }
    let root = sources.file(file).parse.root();
    let tokens =
        root.syntax().descendants_with_tokens().filter_map(wayleave_grammar::NodeOrToken::into_token);
    let written: Vec<_> = tokens
        .filter(|token| token.kind() == SyntaxKind::Comment)
        .filter_map(|token| Some((Span::new(file, token.text_range()), read(token.text())?)))
        .collect();
    if written.is_empty() {
        return Vec::new();
    }
    let lines: Vec<&str> = sources.file(file).text.lines().collect();
    let begin = |item: wayleave_grammar::ast::Item| {
        let item = Span::new(file, item.range());
        (sources.start(item).line, item)
    };
    let items: BTreeMap<u32, Span> = root.items().map(begin).collect();
    let mut found = Vec::new();
    for (at, (code, form)) in written {
        let mut line = sources.start(at).line;
        // Past further comments to what they stand above.
        while lines.get(line as usize).is_some_and(|below| below.trim_start().starts_with("//")) {
            line += 1;
        }
        line += 1;
        let covers = items.get(&line).copied().unwrap_or(Span { start: 0, end: 0, ..at });
        found.push(Allowed { at, code, form, covers, line });
    }
    found
}

/// The code of `// allow CODE: reason`, and how that is written; none of another comment.
fn read(comment: &str) -> Option<(String, Form)> {
    let words = comment.strip_prefix("//")?.trim_start();
    let rest = words.get(..5).filter(|word| word.eq_ignore_ascii_case("allow")).map(|_| &words[5..])?;
    let code = rest.trim_start_matches([' ', '\t', ':']);
    let length = code.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (code, behind) = code.split_at(length);
    let is_code = code.len() == 5
        && code.starts_with(['R', 'r'])
        && code[1..].bytes().all(|byte| byte.is_ascii_digit());
    if !is_code {
        return None;
    }
    let is_spelt = words.starts_with("allow ") && code.starts_with('R');
    let form = match behind.trim_start().strip_prefix(':') {
        Some(reason) if is_spelt && !reason.trim().is_empty() => Form::Whole,
        Some(_) if is_spelt => Form::WithoutReason,
        None if is_spelt && behind.trim().is_empty() => Form::WithoutReason,
        Some(_) | None => Form::Other,
    };
    Some((code.to_ascii_uppercase(), form))
}
