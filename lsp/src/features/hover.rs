//! What a place means: a name with all that the policy says of it, a word of the language, a code in an `allow` comment, and
//! the notes of the check, which are shown nowhere else.

use super::beside::Beside;
use super::names::{Kind, Names, Occurrence, Symbol};
use super::proofs::Proofs;
use wayleave_compiler::diagnostic::Diagnostic;
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_compiler::{Code, Policy};
use wayleave_grammar::ast::{Item, Node};
use wayleave_grammar::{SyntaxKind, SyntaxToken, TextSize};
use wayleave_program::value::Instant;

mod facts;

mod fields;

mod guarantees;

mod plans;

pub mod words;

/// All that is known of a policy.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Its texts and trees.
    pub sources: &'k Sources,
    /// The names in them.
    pub names: &'k Names,
    /// The policy itself, where nothing is wrong with it.
    pub policy: Option<&'k Policy>,
    /// What the check has to tell that is no warning.
    pub notes: &'k [Diagnostic],
    /// What is proven of it by now.
    pub proofs: &'k Proofs,
    /// The files beside it that it does not use.
    pub beside: &'k [Beside],
    /// The day on which it is asked.
    pub as_of: Instant,
}

/// What is shown of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// In Markdown.
    pub text: String,
}

/// More lines of a declaration are not shown: a rule has fewer, and a provider is told by its facts.
const LINES_SHOWN: usize = 16;

/// What a place means; none for blanks, signs and texts.
pub fn hover(known: &Known<'_>, file: FileId, offset: u32) -> Option<Hover> {
    let shown = match known.names.at(file, offset) {
        Some(occurrence) => Some(of_name(known, occurrence)),
        None => of_token(known, file, offset),
    };
    let notes: Vec<&Diagnostic> =
        known.notes.iter().filter(|note| tells(known, note, file, offset, shown.as_ref())).collect();
    if notes.is_empty() {
        return shown;
    }
    let span = shown.as_ref().map_or(notes[0].primary.span, |shown| shown.span);
    let told = notes.iter().map(|note| format!("{}: {}", note.code.name(), note.message));
    let parts: Vec<String> = shown.into_iter().map(|shown| shown.text).chain(told).collect();
    Some(Hover { span, text: parts.join("\n\n") })
}

/// Whether a note is told at a place: where what it is about begins, and at the name that is declared there. Further on it
/// would be told with each word.
fn tells(known: &Known<'_>, note: &Diagnostic, file: FileId, offset: u32, shown: Option<&Hover>) -> bool {
    let span = note.primary.span;
    if span.file != file || offset < span.start || span.end < offset {
        return false;
    }
    let is_name = known.names.at(file, offset).is_some_and(Occurrence::is_declaration);
    is_name || shown.map_or(offset, |shown| shown.span.start) <= span.start
}

fn of_name(known: &Known<'_>, occurrence: &Occurrence) -> Hover {
    Hover { span: occurrence.whole, text: describe(known, &occurrence.symbol) }
}

/// All that is known of a name, in Markdown.
pub fn describe(known: &Known<'_>, symbol: &Symbol) -> String {
    let declaration = known.names.declarations(symbol).next();
    let mut parts = Vec::new();
    match declaration {
        Some(declaration) => {
            parts.push(fenced(&head(known, declaration)));
            parts.push(docs(known.sources, declaration.span));
        }
        None => parts.push(fenced(&of_the_language(symbol))),
    }
    parts.extend(facts::of(known, symbol, declaration));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn of_the_language(symbol: &Symbol) -> String {
    match symbol.kind {
        Kind::Field => format!("{} of {}", symbol.name, symbol.owner),
        Kind::Word => format!("{} of {}", symbol.name, symbol.owner),
        Kind::Attribute => format!("attribute {}", symbol.name),
        _ => format!("{} {}", symbol.kind.word(), symbol.name),
    }
}

fn fenced(text: &str) -> String {
    format!("```route\n{text}\n```")
}

/// The declaration of a name as it is written; of what has a long body its head.
fn head(known: &Known<'_>, declaration: &Occurrence) -> String {
    let symbol = &declaration.symbol;
    match symbol.kind {
        Kind::Member => format!("{} of type {}", symbol.name, symbol.owner),
        Kind::Finding => format!("{} of detector {}", symbol.name, symbol.owner),
        Kind::Provider => format!("provider {}", symbol.name),
        Kind::Model => format!("{}/{}", symbol.owner, symbol.name),
        _ => {
            let Some(item) = item_at(known.sources, declaration.span) else { return symbol.name.clone() };
            let text = known.sources.text(Span::new(declaration.span.file, item.range()));
            let mut lines: Vec<&str> = text.lines().take(LINES_SHOWN).collect();
            if text.lines().nth(LINES_SHOWN).is_some() {
                lines.push("…");
            }
            lines.join("\n")
        }
    }
}

/// The item in which a span stands.
pub(crate) fn item_at(sources: &Sources, span: Span) -> Option<Item> {
    let root = sources.file(span.file).parse.syntax();
    let at = TextSize::new(span.start);
    // Of two items that meet there the first, if it reaches so far without its blanks.
    let mut tokens = root.token_at_offset(at);
    tokens.find_map(|token| {
        let item = token.parent_ancestors().filter_map(Item::cast).last()?;
        (item.range().end() >= at).then_some(item)
    })
}

/// The `///` comments before the item, where the span is the name of the item itself.
fn docs(sources: &Sources, span: Span) -> String {
    let Some(item) = item_at(sources, span) else { return String::new() };
    let item = match item {
        // They stand before the whole.
        Item::Observe(observe) => return observe.docs(),
        other => other,
    };
    let own = item.syntax().children().next().map(|child| child.text_range());
    let is_own = own.is_some_and(|own| own.contains_inclusive(TextSize::new(span.start)));
    if is_own { item.docs() } else { String::new() }
}

fn of_token(known: &Known<'_>, file: FileId, offset: u32) -> Option<Hover> {
    let root = known.sources.file(file).parse.syntax();
    let tokens = root.token_at_offset(TextSize::new(offset));
    let shown =
        tokens.filter_map(|token| Some((token.text_range(), of_one_token(known, file, &token, offset)?)));
    // Between two tokens the one that begins there.
    let (range, text) = shown.last()?;
    Some(Hover { span: Span::new(file, range), text })
}

fn of_one_token(known: &Known<'_>, file: FileId, token: &SyntaxToken, offset: u32) -> Option<String> {
    match token.kind() {
        SyntaxKind::Keyword => {
            let help = words::help_at(token)?;
            let here = plans::of_word(known, file, token);
            Some([help].into_iter().chain(here).collect::<Vec<_>>().join("\n\n"))
        }
        SyntaxKind::Comment => {
            let within = offset.checked_sub(token.text_range().start().into())?;
            code_in_comment(token.text(), within as usize)
        }
        _ => None,
    }
}

/// What the code at a place of an `allow` comment stands for.
fn code_in_comment(comment: &str, offset: usize) -> Option<String> {
    if !comment.trim_start_matches('/').trim_start().starts_with("allow ") {
        return None;
    }
    let is_of_code = |c: char| c.is_ascii_alphanumeric();
    let before = comment.get(..offset)?;
    let start = before.trim_end_matches(is_of_code).len();
    let rest = &comment[start..];
    let end = rest.find(|c| !is_of_code(c)).unwrap_or(rest.len());
    let code = Code::find(&rest[..end])?;
    Some(format!("{}: {}\n\n{}", code.name(), code.title(), words::first_paragraph(code.page())))
}
