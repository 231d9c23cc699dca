//! What a policy lacks and could have, to be added where the author asks for it: an `otherwise`, words for the caller, an
//! `approve` for a target that has none. Each is a text with places to fill in that reads without an error as it stands.

use super::diagnostics::CheckedPolicy;
use super::places;
use super::targets::Reach;
use std::ops::Range;
use wayleave_compiler::Code;
use wayleave_compiler::source::{FileId, Sources, Span};
use wayleave_grammar::ast::{self, Item, Node, Rule};
use wayleave_grammar::{SyntaxKind, SyntaxNode, TextRange, TextSize};

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// `otherwise`, of the policy, of arms or of classes.
    Otherwise,
    /// `because`
    Because,
    /// `approve`
    Approve,
}

/// Something that can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// Of which kind.
    pub lack: Lack,
    /// As an order.
    pub title: String,
    /// What lacks it.
    pub about: Span,
    /// Where it is added.
    pub at: Span,
    /// What is added, with places to fill in.
    pub snippet: String,
}

/// Longer lines are laid out as several.
const WIDTH: usize = 100;

/// What a file lacks that permits nothing, by place: `otherwise` and `because`.
pub fn of_file(policy: &CheckedPolicy, file: FileId) -> Vec<Addition> {
    let mut found = otherwise(policy, file);
    found.extend(because(policy.sources(), file));
    found.sort_by_key(|one| (one.at.start, one.lack));
    found.iter_mut().for_each(|one| one.snippet = with_line_ends(policy.text(file), &one.snippet));
    found
}

/// What is missing at a range: what [`of_file`] says of it, and an `approve` for the target that is named there.
pub fn at(policy: &CheckedPolicy, file: FileId, range: &Range<usize>) -> Vec<Addition> {
    let is_there = |span: Span| {
        span.file == file && span.start as usize <= range.end && range.start <= span.end as usize
    };
    let mut found = of_file(policy, file);
    found.extend(approve(policy.sources(), file, range.start));
    found.retain(|one| is_there(one.about));
    found
}

/// As the check adds it: it knows whether the last arm could not be read.
fn otherwise(policy: &CheckedPolicy, file: FileId) -> Vec<Addition> {
    let told = policy.diagnostics.iter().filter(|told| told.code == Code::R0104);
    let edits = told.filter_map(|told| Some((told, told.fixes.first()?.edits.first()?)));
    edits
        .filter(|(_, edit)| edit.span.file == file)
        .map(|(told, edit)| Addition {
            lack: Lack::Otherwise,
            title: "add the missing `otherwise`".to_owned(),
            about: whole_item(policy.sources(), told.primary.span),
            at: edit.span,
            snippet: places::of_text(&edit.text),
        })
        .collect()
}

/// The item in which something is missing; of the whole policy the place itself.
fn whole_item(sources: &Sources, span: Span) -> Span {
    let root = sources.file(span.file).parse.root();
    let is_in = |item: &Item| {
        let (range, at) = (item.range(), TextSize::new(span.start));
        range.start() <= at && at < range.end()
    };
    root.items().find(is_in).map_or(span, |item| Span::new(span.file, item.range()))
}

/// Rules that refuse something and do not say why.
fn because(sources: &Sources, file: FileId) -> Vec<Addition> {
    let parse = &sources.file(file).parse;
    let text = &sources.file(file).text;
    let root = parse.root();
    let lacking = root.items().filter_map(|item| {
        let (rule, outer) = match &item {
            Item::Observe(observe) => (observe.rule()?, item.range()),
            Item::Deny(rule) => (Rule::Deny(rule.clone()), item.range()),
            Item::Forbid(rule) => (Rule::Forbid(rule.clone()), item.range()),
            Item::RequireApproval(rule) => (Rule::RequireApproval(rule.clone()), item.range()),
            _ => return None,
        };
        let (word, name, has_words) = match &rule {
            Rule::Deny(rule) => ("deny", rule.name()?, rule.because().is_some()),
            Rule::Forbid(rule) => ("forbid", rule.name()?, rule.because().is_some()),
            Rule::RequireApproval(rule) => ("require approval", rule.name()?, rule.because().is_some()),
            Rule::Approve(_) | Rule::Redact(_) | Rule::Flag(_) | Rule::Cap(_) | Rule::Log(_) => return None,
        };
        let is_broken = parse.errors().iter().any(|error| outer.contains_range(error.range));
        (!has_words && !is_broken).then(|| (outer, format!("say why `{word} {}` refuses", name.text())))
    });
    lacking
        .map(|(item, title)| Addition {
            lack: Lack::Because,
            title,
            about: Span::new(file, item),
            at: Span::new(file, item).after(),
            snippet: clause(text, item, "because \"${1:…}\""),
        })
        .collect()
}

/// A clause as the layout puts it behind an item: on the item's line where there is room.
fn clause(text: &str, item: TextRange, clause: &str) -> String {
    let item = &text[usize::from(item.start())..usize::from(item.end())];
    let length = item.chars().count() + 2 + places::filled(clause).chars().count();
    let is_one_line = !item.contains('\n') && length <= WIDTH;
    if is_one_line { format!("  {clause}") } else { format!("\n  {clause}") }
}

/// An `approve` for the target that is named at a place, if none covers it.
fn approve(sources: &Sources, file: FileId, offset: usize) -> Option<Addition> {
    let (name, about) = target_at(sources, file, offset)?;
    let reach = Reach::of(sources);
    if !reach.all().contains(&name) || reach.approved().contains(&name) {
        return None;
    }
    let at = behind_approvals(sources, &name)?;
    let (_, model) = name.split_once('/')?;
    let rule = free_name(sources, model);
    let snippet = format!(
        "\n\napprove ${{1:{rule}}}: {}\n  owner \"${{2:…}}\"  by \"${{3:…}}\"",
        places::plain(&written(&name))
    );
    Some(Addition {
        lack: Lack::Approve,
        title: format!("approve `{name}`, which no rule does"),
        about: Span::new(file, about),
        at,
        snippet: with_line_ends(&sources.file(at.file).text, &snippet),
    })
}

/// `provider/model` as a policy writes it at a place where one is named, or where it is declared.
fn target_at(sources: &Sources, file: FileId, offset: usize) -> Option<(String, TextRange)> {
    let at = TextSize::new(u32::try_from(offset).ok()?);
    let root = sources.file(file).parse.syntax();
    let of_node = |node: SyntaxNode| -> Option<(String, TextRange)> {
        if let Some(path) = ast::TargetPath::cast(node.clone()) {
            let name = format!("{}/{}", path.provider()?.text(), path.model()?.text());
            return Some((name, path.range()));
        }
        let model = ast::Model::cast(node)?;
        let name = model.name().filter(|name| name.text_range().contains_inclusive(at))?;
        let provider = model.syntax().parent().and_then(ast::Provider::cast)?.name()?;
        Some((format!("{}/{}", provider.text(), name.text()), name.text_range()))
    };
    let mut tokens = root.token_at_offset(at);
    tokens.find_map(|token| token.parent_ancestors().find_map(of_node))
}

/// The target with the quotes that its names need.
fn written(name: &str) -> String {
    let written = |part: &str| super::rename::written(part).unwrap_or_else(|_| format!("{part:?}"));
    match name.split_once('/') {
        Some((provider, model)) => format!("{}/{}", written(provider), written(model)),
        None => name.to_owned(),
    }
}

/// Behind the policy's last `approve`, else behind the provider, whose file can hold one.
fn behind_approvals(sources: &Sources, name: &str) -> Option<Span> {
    let items = || {
        sources.ids().flat_map(|file| {
            let items = sources.file(file).parse.root().items().collect::<Vec<_>>();
            items.into_iter().map(move |item| (file, item))
        })
    };
    let is_provider = |item: &Item| match item {
        Item::Provider(provider) => {
            provider.name().is_some_and(|owner| name.split('/').next() == Some(owner.text().as_str()))
        }
        _ => false,
    };
    let last = items().filter(|(_, item)| matches!(item, Item::Approve(_))).last();
    let place = last.or_else(|| items().find(|(_, item)| is_provider(item)));
    place.map(|(file, item)| Span::new(file, item.range()).after())
}

/// A name for a rule that no `approve` has.
fn free_name(sources: &Sources, model: &str) -> String {
    let kept: String = model.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let kept = kept.trim_matches('-');
    let word = if kept.starts_with(|c: char| c.is_ascii_alphabetic()) { kept } else { "target" };
    let names: Vec<String> = sources
        .files()
        .iter()
        .flat_map(|file| file.parse.syntax().descendants().collect::<Vec<_>>())
        .filter(|node| node.kind() == SyntaxKind::Approve)
        .filter_map(|node| Some(ast::Approve::cast(node)?.name()?.text()))
        .collect();
    let of_number = |number: usize| match number {
        1 => format!("use-{word}"),
        more => format!("use-{word}-{more}"),
    };
    let mut free = (1..=names.len() + 1).map(of_number);
    free.find(|name| !names.contains(name)).unwrap_or_else(|| of_number(1))
}

/// With the line ends of the text that it is added to.
pub(crate) fn with_line_ends(text: &str, added: &str) -> String {
    let is_windows = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    if is_windows { added.replace("\r\n", "\n").replace('\n', "\r\n") } else { added.to_owned() }
}
