//! Another name for what a policy declares, in all its files at once. A rename is tried before it is offered: what it would
//! break is the reason for which it is refused.

use super::names::{Kind, Names, Occurrence, Role, Symbol};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayleave_compiler::diagnostic::{Diagnostic, Edit};
use wayleave_compiler::source::{FileId, SourceText, Sources, Span};
use wayleave_compiler::{Code, Options, Severity, check};
use wayleave_grammar::ast::Item;
use wayleave_program::detector::BUILT_IN;

/// The name at a place that can have another: where it stands, and what it is.
///
/// # Errors
/// Why there is none, in words.
pub fn prepare(names: &Names, file: FileId, offset: u32) -> Result<(Span, String), String> {
    let occurrence = renamable(names, file, offset)?;
    Ok((occurrence.span, last_word(&occurrence.symbol).to_owned()))
}

/// The edits that give the name at a place another one, by file and place. What is told of the policy as it is, notes included,
/// says which errors a rename has not brought in.
///
/// # Errors
/// Why it cannot be called so, in words.
pub fn rename(
    sources: &Sources,
    names: &Names,
    (file, offset): (FileId, u32),
    new: &str,
    (options, told): (&Options, &mut dyn Iterator<Item = &Diagnostic>),
) -> Result<Vec<Edit>, String> {
    let symbol = &renamable(names, file, offset)?.symbol;
    let new = unquoted(new)?;
    let written = written(&new)?;
    if new == last_word(symbol) {
        return Ok(Vec::new());
    }
    let renamed = Symbol { name: with_last_word(symbol, &new), ..symbol.clone() };
    refuse_taken(names, symbol, &renamed)?;
    let edits: Vec<Edit> = names
        .occurrences(symbol)
        .map(|occurrence| Edit { span: occurrence.span, text: at_place(sources, occurrence, &written) })
        .collect();
    try_out(sources, &edits, options, &counts(told))?;
    Ok(edits)
}

fn renamable(names: &Names, file: FileId, offset: u32) -> Result<&Occurrence, String> {
    let occurrence = names.at(file, offset).ok_or("there is no name here")?;
    let symbol = &occurrence.symbol;
    if names.declarations(symbol).next().is_some() {
        return Ok(occurrence);
    }
    let is_word = matches!(symbol.kind, Kind::Field | Kind::Word);
    Err(if is_word || is_own(names, symbol) {
        format!("`{}` is the language's own", symbol.name)
    } else {
        format!("the {} `{}` is declared nowhere", symbol.kind.word(), symbol.name)
    })
}

/// Whether the language itself has a name of this kind.
fn is_own(names: &Names, symbol: &Symbol) -> bool {
    match symbol.kind {
        Kind::Attribute => names.domain(&symbol.name).is_some(),
        Kind::Type => super::names::TYPES.contains(&symbol.name.as_str()),
        Kind::Detector => BUILT_IN.contains(&symbol.name.as_str()),
        _ => false,
    }
}

fn refuse_taken(names: &Names, symbol: &Symbol, renamed: &Symbol) -> Result<(), String> {
    let (what, name) = (renamed.kind.word(), &renamed.name);
    if is_own(names, renamed) && names.declarations(renamed).next().is_none() {
        return Err(format!("`{name}` is the language's own"));
    }
    if let Some(taken) = names.occurrences(renamed).next() {
        return Err(match taken.role {
            Role::Declaration => format!("the {what} `{name}` is there already"),
            Role::Use => format!("the {what} `{name}` is named already, though nobody declares it"),
        });
    }
    if symbol.kind == Kind::Type && [symbol, renamed].iter().any(|one| one.name == "team") {
        return Err("the type `team` is that of `caller.team` by its name".to_owned());
    }
    Ok(())
}

/// What the part that a rename replaces spells: of `target.region` the last word.
fn last_word(symbol: &Symbol) -> &str {
    match (symbol.kind, symbol.name.strip_prefix("target.")) {
        (Kind::Attribute, Some(fact)) => fact,
        _ => &symbol.name,
    }
}

fn with_last_word(symbol: &Symbol, new: &str) -> String {
    let length = symbol.name.len() - last_word(symbol).len();
    format!("{}{new}", &symbol.name[..length])
}

/// What somebody typed, without quotes.
fn unquoted(new: &str) -> Result<String, String> {
    let new = new.trim();
    if !new.starts_with('"') {
        return Ok(new.to_owned());
    }
    read_name(new).ok_or_else(|| format!("{new} is not a name in quotes"))
}

/// A name as a policy writes it: in quotes where it has another shape than a name.
pub(super) fn written(new: &str) -> Result<String, String> {
    if read_name(new).as_deref() == Some(new) {
        return Ok(new.to_owned());
    }
    let is_word = new.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_word && new.starts_with(|c: char| c.is_ascii_alphabetic()) && !new.ends_with('-') {
        return Err(format!("`{new}` is a word of the language"));
    }
    let quoted = format!("{new:?}");
    match read_name(&quoted) {
        Some(read) if read == new => Ok(quoted),
        Some(_) | None => Err(format!("{quoted} cannot be a name")),
    }
}

/// What a text names where a name is wanted and nothing else.
fn read_name(text: &str) -> Option<String> {
    let parse = wayleave_grammar::parse(&format!("edition 2026\nalias {text}\n"));
    let root = parse.root();
    let mut items = root.items().skip(1);
    match (items.next(), items.next()) {
        (Some(Item::Alias(alias)), None) if parse.errors().is_empty() => Some(alias.name()?.text()),
        _ => None,
    }
}

/// The new name as it is written where the old one stands. A model that was sent under its own name is still sent under it.
fn at_place(sources: &Sources, occurrence: &Occurrence, written: &str) -> String {
    if occurrence.symbol.kind != Kind::Model || occurrence.role != Role::Declaration {
        return written.to_owned();
    }
    let span = occurrence.span;
    let models = sources.file(span.file).parse.syntax().descendants();
    let mut models = models.filter_map(<wayleave_grammar::ast::Model as wayleave_grammar::ast::Node>::cast);
    let own =
        models.find(|model| model.name().is_some_and(|name| Span::new(span.file, name.text_range()) == span));
    match own {
        Some(model) if model.provider_side_name().is_none() => {
            format!("{written} as {:?}", occurrence.symbol.name)
        }
        Some(_) | None => written.to_owned(),
    }
}

/// Refuses edits that bring in an error, or a name that hides another.
fn try_out(
    sources: &Sources,
    edits: &[Edit],
    options: &Options,
    before: &BTreeMap<Code, usize>,
) -> Result<(), String> {
    let renamed = edited(sources, edits)?;
    let after = check(&renamed, options).diagnostics;
    let worse = counts(&mut after.iter())
        .into_iter()
        .find(|(code, count)| before.get(code).copied().unwrap_or_default() < *count);
    let Some((code, _)) = worse else { return Ok(()) };
    let told = after.iter().find(|diagnostic| diagnostic.code == code);
    Err(told.map(|told| format!("then {}", told.message)).unwrap_or_default())
}

fn counts(diagnostics: &mut dyn Iterator<Item = &Diagnostic>) -> BTreeMap<Code, usize> {
    let mut counts = BTreeMap::new();
    for diagnostic in diagnostics {
        if diagnostic.severity == Severity::Error || diagnostic.code == Code::R0316 {
            *counts.entry(diagnostic.code).or_default() += 1;
        }
    }
    counts
}

/// The same files with edits applied.
fn edited(sources: &Sources, edits: &[Edit]) -> Result<Sources, String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    // From the end, so that what stands before stays in its place.
    for edit in edits.iter().rev() {
        let file = sources.file(edit.span.file);
        let text = texts.entry(&file.name).or_insert_with(|| file.text.clone());
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let root = sources.files().first().map(|file| file.name.clone()).unwrap_or_default();
    let mut read = |name: &str| match texts.remove(name) {
        Some(text) => Ok(Arc::new(SourceText::new(text))),
        None => {
            let found = sources.files().iter().find(|file| file.name == name);
            found.map(|file| file.read.clone()).ok_or_else(|| "there is no such file".to_owned())
        }
    };
    Sources::gather_read(&root, &mut read)
}
