//! Where a place is inside of a text or comment, and what can stand there: a code behind `allow`, a file behind `use`, a time
//! zone. Anything else there is the author's own words.

use super::{Completion, Insert, Snippets, Sort};
use crate::features::beside::written;
use crate::features::hover::{Known, words};
use crate::features::names::Kind;
use wayleave_compiler::source::{FileId, Span};
use wayleave_compiler::{Code, Severity};
use wayleave_grammar::{SyntaxKind, SyntaxToken, TextSize};
use wayleave_program::zone::Zone;

/// What can stand at a place inside of a text or comment; none where the place is in neither.
pub(super) fn within(
    known: &Known<'_>,
    file: FileId,
    offset: usize,
    snippets: Snippets,
) -> Option<Vec<Completion>> {
    let root = known.sources.file(file).parse.syntax();
    let at = TextSize::new(u32::try_from(offset).ok()?);
    let token = root.token_at_offset(at).left_biased()?;
    let range = token.text_range();
    match token.kind() {
        SyntaxKind::Comment => Some(codes(file, &token, offset, snippets)),
        SyntaxKind::DocComment | SyntaxKind::HashComment => Some(Vec::new()),
        SyntaxKind::String | SyntaxKind::ForeignString | SyntaxKind::Regex => {
            let is_within = range.start() < at && (at < range.end() || !is_closed(&token));
            is_within.then(|| texts(known, file, &token, offset))
        }
        _ => None,
    }
}

fn is_closed(token: &SyntaxToken) -> bool {
    let text = token.text();
    text.len() > 1 && text.trim_end_matches('i').ends_with(['"', '\'', '`', '”', '’', '»'])
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { file, start: number(start), end: number(end) }
}

/// The codes that `// allow CODE: REASON` can silence.
fn codes(file: FileId, comment: &SyntaxToken, offset: usize, snippets: Snippets) -> Vec<Completion> {
    let start = usize::from(comment.text_range().start());
    let before = comment.text().get(..offset - start).unwrap_or_default();
    let Some(behind) = before.trim_start_matches('/').trim_start().strip_prefix("allow ") else {
        return Vec::new();
    };
    let begun = behind.trim_start();
    if !begun.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let replaces = span(file, offset - begun.len(), offset);
    let silenced = |code: &&Code| code.severity() == Severity::Warning && **code != Code::R0317;
    let all = Code::ALL.iter().filter(silenced);
    all.map(|code| Completion {
        label: code.name().to_owned(),
        sort: Sort::Code,
        detail: code.title().to_owned(),
        documentation: words::first_paragraph(code.page()),
        replaces,
        insert: match snippets {
            Snippets::Understood => Insert::Snippet(format!("{}: ${{1:why}}", code.name())),
            Snippets::Unknown => Insert::Plain(format!("{}: ", code.name())),
        },
        also: None,
    })
    .collect()
}

/// What a string can name.
fn texts(known: &Known<'_>, file: FileId, token: &SyntaxToken, offset: usize) -> Vec<Completion> {
    let Some(parent) = token.parent() else { return Vec::new() };
    let replaces = span(file, usize::from(token.text_range().start()) + 1, offset);
    // A text that is not closed yet is closed with it.
    let end = if is_closed(token) { "" } else { "\"" };
    let offer = |label: String, sort: Sort, detail: &str| Completion {
        insert: Insert::Plain(format!("{label}{end}")),
        label,
        sort,
        detail: detail.to_owned(),
        documentation: String::new(),
        replaces,
        also: None,
    };
    match parent.kind() {
        SyntaxKind::UseItem => {
            let user = &known.sources.file(file).name;
            let files = known.beside.iter().map(|beside| {
                let declared = beside.names.all().filter(|one| one.is_declaration());
                let names: Vec<&str> = declared
                    .filter(|one| !matches!(one.symbol.kind, Kind::Member | Kind::Model | Kind::Finding))
                    .map(|one| one.symbol.name.as_str())
                    .take(NAMES_SHOWN)
                    .collect();
                offer(written(user, &beside.name), Sort::File, &names.join(", "))
            });
            files.collect()
        }
        SyntaxKind::Timezone => {
            let begun = known.sources.text(replaces);
            // There are hundreds: those of the part of the world that is named already.
            let part = begun.rfind('/').map_or("", |end| &begun[..=end]);
            let zones = Zone::names().into_iter().filter(|name| name.starts_with(part));
            zones.map(|name| offer(name, Sort::Name(Kind::Word), "")).collect()
        }
        _ => Vec::new(),
    }
}

/// Of a file so many of its names are shown.
const NAMES_SHOWN: usize = 5;
