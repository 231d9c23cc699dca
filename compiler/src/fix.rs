//! The edits that a machine may apply, applied: round after round, until none is left. Takes texts, gives texts. A text that
//! would still not parse is given back as it came.

use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::{Code, Options, check};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_grammar::layout::{checked, layout};
use wayleave_grammar::{ERROR_LIMIT, Layer, NodeOrToken, TextSize, parse};

/// An edit may bring to light what another one mends, and of very many mistakes a part is told: so often. More would be a
/// circle.
const ROUNDS: usize = 64;

/// An edit that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The file, as it is shown to people.
    pub path: String,
    /// The line in the text that the edit was applied to, from 1.
    pub line: u32,
    /// The code of what it mends.
    pub code: Code,
    /// What it does, as an order.
    pub title: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Fixed {
    /// With the edits applied; the same files under the same numbers as before.
    pub sources: Sources,
    /// In the order in which they were applied.
    pub applied: Vec<Applied>,
    /// What is still told of the policy.
    pub left: Vec<Diagnostic>,
    /// The files that have sure edits and are left as they were, as they would not parse with them either.
    pub untouched: Vec<FileId>,
}

/// Applies every sure edit that the diagnostics of a policy offer. A text that was laid out stays so.
pub fn fixed(sources: &Sources, options: &Options) -> Fixed {
    let mut fixed = applied_in_rounds(sources, options);
    let is_changed = |id: &FileId| fixed.sources.file(*id).text != sources.file(*id).text;
    let broken: Vec<FileId> =
        sources.ids().filter(is_changed).filter(|id| !parses(fixed.sources.file(*id))).collect();
    if broken.is_empty() {
        return fixed;
    }
    let text = |id: FileId| match broken.contains(&id) {
        true => sources.file(id).text.clone(),
        false => fixed.sources.file(id).text.clone(),
    };
    let texts: BTreeMap<&str, String> =
        sources.ids().map(|id| (sources.file(id).name.as_str(), text(id))).collect();
    let kept = gathered(sources, &texts).unwrap_or_else(|| sources.clone());
    let is_kept = |applied: &Applied| !broken.iter().any(|id| sources.file(*id).path == applied.path);
    fixed.applied.retain(is_kept);
    fixed.left = check(&kept, options).diagnostics;
    Fixed { sources: kept, untouched: broken, ..fixed }
}

/// Whether both parsers take a text, and its layout can be trusted.
fn parses(file: &SourceFile) -> bool {
    let is_of_form = |error: &wayleave_grammar::SyntaxError| error.layer != Layer::Meaning;
    !file.parse.errors().iter().any(is_of_form) && checked(&file.parse).is_ok()
}

fn applied_in_rounds(sources: &Sources, options: &Options) -> Fixed {
    let left = check(sources, options).diagnostics;
    let mut fixed = Fixed { sources: sources.clone(), applied: Vec::new(), left, untouched: Vec::new() };
    for _ in 0..ROUNDS {
        let chosen = disjoint(&fixed.left, &fixed.sources);
        if chosen.is_empty() {
            break;
        }
        let fixes: Vec<&Fix> = chosen.iter().map(|(_, fix)| *fix).collect();
        let Some(next) = applied(&fixed.sources, &fixes) else { break };
        let left = check(&next, options).diagnostics;
        // An edit that mends nothing would be offered again for ever. Where more is wrong than is told, as much is told again.
        let is_all_told = left.len() < ERROR_LIMIT;
        if is_all_told && left.len() >= fixed.left.len() && is_offered_again(&left, &fixed.left) {
            break;
        }
        for (told, fix) in &chosen {
            fixed.applied.push(Applied {
                path: fixed.sources.file(told.primary.span.file).path.clone(),
                line: fixed.sources.start(told.primary.span).line,
                code: told.code,
                title: fix.title.clone(),
            });
        }
        fixed.left = left;
        fixed.sources = next;
    }
    fixed
}

/// Whether what was mended is told again.
fn is_offered_again(now: &[Diagnostic], before: &[Diagnostic]) -> bool {
    let sure = |told: &&Diagnostic| told.fixes.iter().any(|fix| fix.applicability == Applicability::Always);
    let messages = |all: &[Diagnostic]| -> Vec<String> {
        all.iter().filter(sure).map(|told| told.message.clone()).collect()
    };
    messages(now) == messages(before)
}

/// The sure edits, each apart from those before it. In a text that cannot be read whole, those of its form come first: what is
/// said of the meaning of the rest may follow from that.
fn disjoint<'d>(diagnostics: &'d [Diagnostic], sources: &Sources) -> Vec<(&'d Diagnostic, &'d Fix)> {
    let is_of_form = |told: &Diagnostic| told.code <= Code::R0005;
    let is_unread = |file: FileId| {
        let errors = sources.file(file).parse.errors();
        errors.iter().any(|error| error.layer != Layer::Meaning)
    };
    let mut chosen: Vec<(&Diagnostic, &Fix)> = Vec::new();
    let mut taken: Vec<Span> = Vec::new();
    for told in diagnostics {
        let Some(fix) = told.fixes.iter().find(|fix| fix.applicability == Applicability::Always) else {
            continue;
        };
        let meets = |span: Span| {
            taken
                .iter()
                .any(|other| other.file == span.file && span.start <= other.end && other.start <= span.end)
        };
        let waits = !is_of_form(told) && fix.edits.iter().any(|edit| is_unread(edit.span.file));
        if !waits && !fix.edits.iter().any(|edit| meets(edit.span)) {
            taken.extend(fix.edits.iter().map(|edit| edit.span));
            chosen.push((told, fix));
        }
    }
    chosen
}

/// The sources with those fixes, whose edits do not meet; a file that was laid out is laid out again, as an item that could
/// not be read has no layout before. None where a `use` is edited so that other files belong to the policy.
pub fn applied(sources: &Sources, fixes: &[&Fix]) -> Option<Sources> {
    let mut edits: BTreeMap<FileId, Vec<(Span, &str)>> = BTreeMap::new();
    for edit in fixes.iter().flat_map(|fix| &fix.edits) {
        edits.entry(edit.span.file).or_default().push((edit.span, &edit.text));
    }
    let mut texts: BTreeMap<&str, String> =
        sources.files().iter().map(|file| (file.name.as_str(), file.text.clone())).collect();
    for (file, mut edits) in edits {
        let file = sources.file(file);
        let was_laid_out = layout(&file.parse) == file.text;
        edits.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
        let text = texts.get_mut(file.name.as_str())?;
        for (span, new) in edits {
            text.replace_range(span.start as usize..span.end as usize, new);
        }
        if was_laid_out {
            *text = layout(&parse(text));
        }
    }
    gathered(sources, &texts)
}

/// The same files with other texts; none where those would not be the same files.
fn gathered(sources: &Sources, texts: &BTreeMap<&str, String>) -> Option<Sources> {
    let mut read = |name: &str| texts.get(name).cloned().ok_or_else(|| "there is no such file".to_owned());
    let next = Sources::gather(&sources.files().first()?.path, &mut read).ok()?;
    // Files are told apart by number: an edit that adds or removes a `use` is for a person.
    let is_same =
        next.files().iter().map(|file| &file.name).eq(sources.files().iter().map(|file| &file.name));
    is_same.then_some(next)
}

/// Calls no edit sure after which a word or number beside it is another: `1,5` without its comma is no mended number.
pub(crate) fn doubt_what_joins(sources: &Sources, diagnostics: &mut [Diagnostic]) {
    for fix in diagnostics.iter_mut().flat_map(|told| &mut told.fixes) {
        if fix.applicability == Applicability::Always && fix.edits.iter().any(|edit| joins(sources, edit)) {
            fix.applicability = Applicability::Maybe;
        }
    }
}

/// Whether the text before an edit, or the one behind it, is read otherwise once it is applied.
fn joins(sources: &Sources, edit: &Edit) -> bool {
    let file = sources.file(edit.span.file);
    let before = token_before(file, edit.span.start);
    let behind = token_behind(file, edit.span.end);
    let (Some(before), Some(behind)) = (before, behind) else { return false };
    let joined = format!("{before}{}{behind}", edit.text);
    let starts = boundaries(&joined);
    let end = joined.len() - behind.len();
    !starts.contains(&before.len()) || !starts.contains(&end)
}

/// Where tokens of a text begin and end.
fn boundaries(text: &str) -> BTreeSet<usize> {
    let root = parse(text).syntax();
    let tokens = root.descendants_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.flat_map(|token| [token.text_range().start().into(), token.text_range().end().into()]).collect()
}

/// The token that ends where an edit begins; empty at the start of a file, none where the edit begins inside one.
fn token_before(file: &SourceFile, at: u32) -> Option<String> {
    if at == 0 {
        return Some(String::new());
    }
    let token = file.parse.syntax().token_at_offset(TextSize::new(at)).left_biased()?;
    (u32::from(token.text_range().end()) == at).then(|| token.text().to_owned())
}

/// The token that begins where an edit ends, likewise.
fn token_behind(file: &SourceFile, at: u32) -> Option<String> {
    if at as usize >= file.text.len() {
        return Some(String::new());
    }
    let token = file.parse.syntax().token_at_offset(TextSize::new(at)).right_biased()?;
    (u32::from(token.text_range().start()) == at).then(|| token.text().to_owned())
}
