//! What is declared, by kind and name; unknown names are answered with the nearest one of the right kind.

use super::kept::Moved;
use super::noted::Noted;
use super::{Lower, written};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_grammar::ast::Name;

/// Names are unique within a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Type,
    /// Attributes, classes and defines: all that a condition can begin with.
    Attribute,
    Alias,
    Provider,
    Group,
    Plan,
    Approve,
    Deny,
    Forbid,
    Route,
    Test,
    Detector,
    Redact,
    Flag,
    /// `require approval`
    Approval,
    Cap,
    Log,
    /// Limits and budgets.
    Counter,
    Migrate,
    Guarantee,
}

impl Kind {
    /// As messages call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Type => "type",
            Kind::Attribute => "attribute or define",
            Kind::Alias => "alias",
            Kind::Provider => "provider",
            Kind::Group => "group",
            Kind::Plan => "plan",
            Kind::Approve => "approve",
            Kind::Deny => "deny",
            Kind::Forbid => "forbid",
            Kind::Route => "route",
            Kind::Test => "test",
            Kind::Detector => "detector",
            Kind::Redact => "redact",
            Kind::Flag => "flag",
            Kind::Approval => "approval",
            Kind::Cap => "cap",
            Kind::Log => "log",
            Kind::Counter => "limit or budget",
            Kind::Migrate => "migrate",
            Kind::Guarantee => "guarantee",
        }
    }
}

/// Where each name is declared. What one check makes of another's names is shared, kind by kind, until it declares one.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    declared: BTreeMap<Kind, Arc<BTreeMap<Arc<str>, Span>>>,
}

impl Names {
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = (&str, Span)> {
        let declared = self.declared.get(&kind).into_iter().flat_map(|names| names.iter());
        declared.map(|(name, span)| (&**name, *span))
    }

    pub(super) fn get(&self, kind: Kind, name: &str) -> Option<Span> {
        self.declared.get(&kind)?.get(name).copied()
    }

    /// Whether the same names are declared in the same files.
    pub(super) fn declare_as(&self, other: &Names) -> bool {
        self.in_files().eq(other.in_files())
    }

    fn in_files(&self) -> impl Iterator<Item = (Kind, &str, FileId)> {
        self.declared
            .iter()
            .flat_map(|(kind, names)| names.iter().map(|(name, at)| (*kind, &**name, at.file)))
    }

    /// Takes a name that is the first of its kind.
    pub(super) fn insert(&mut self, kind: Kind, name: Arc<str>, span: Span) {
        Arc::make_mut(self.declared.entry(kind).or_default()).insert(name, span);
    }

    /// The same names at other places.
    pub(super) fn move_to(&mut self, moved: &Moved) {
        for names in self.declared.values_mut() {
            if names.values().any(|at| moved.moves(*at)) {
                Arc::make_mut(names).values_mut().for_each(|at| *at = moved.place(*at));
            }
        }
    }
}

/// What is named somewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Used(BTreeMap<Kind, BTreeSet<String>>);

impl Used {
    pub(super) fn has(&self, kind: Kind, name: &str) -> bool {
        self.0.get(&kind).is_some_and(|names| names.contains(name))
    }

    pub(super) fn insert(&mut self, kind: Kind, name: &str) {
        let names = self.0.entry(kind).or_default();
        // Most names are used more often than once.
        if !names.contains(name) {
            names.insert(name.to_owned());
        }
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.0.get(&kind).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn remove(&mut self, kind: Kind, name: &str) {
        if let Some(names) = self.0.get_mut(&kind) {
            names.remove(name);
        }
    }
}

impl Lower<'_> {
    /// Declares a name. Whether it is the first of its kind; a second one is reported.
    pub(super) fn declare(&mut self, kind: Kind, name: &str, span: Span) -> bool {
        let Some(first) = self.declared.names.get(kind, name) else {
            let name: Arc<str> = name.into();
            self.new_names.push((kind, Arc::clone(&name), span));
            self.declared.names.insert(kind, name, span);
            return true;
        };
        self.report(twice(kind.word(), name, span, first));
        false
    }

    /// The text of a declared name, once it is known to be new.
    pub(super) fn declare_name(&mut self, kind: Kind, file: FileId, name: Option<Name>) -> Option<String> {
        let name = name?;
        let text = name.text();
        let span = super::span(file, name.text_range());
        self.declare(kind, &text, span).then_some(text)
    }

    /// Remembers that a name is used.
    pub(super) fn mark_used(&mut self, kind: Kind, name: &str) {
        self.noted.used.insert(kind, name);
    }

    /// Types, attributes, classes, defines, groups and plans that nothing names. What callers name (aliases) or what is
    /// named by being listed (models) is not asked.
    pub(super) fn unused(&self, noted: &[&Noted]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for kind in [Kind::Type, Kind::Attribute, Kind::Group, Kind::Plan, Kind::Detector] {
            let used: BTreeSet<&str> = noted.iter().flat_map(|noted| noted.used.of(kind)).collect();
            for (name, at) in self.declared.names.of(kind) {
                // A fact tells a reader something even where no rule tests it.
                if used.contains(name) || name.starts_with("target.") {
                    continue;
                }
                let what = match kind {
                    Kind::Attribute
                        if self.definition(name).is_some() && self.declared.schema.find(name).is_none() =>
                    {
                        "define"
                    }
                    Kind::Attribute => "attribute",
                    _ => kind.word(),
                };
                let message = format!("the {what} `{name}` is declared and never used");
                let diagnostic = Diagnostic::new(Code::R0309, message, at, "no rule names it");
                diagnostics.push(diagnostic.with_help(format!("remove the {what}, or use it in a rule")));
            }
        }
        diagnostics
    }

    /// Reports a name of a kind that is not declared.
    pub(super) fn unknown_name(&mut self, kind: Kind, name: &str, span: Span) {
        let candidates: Vec<(String, Option<Span>)> =
            self.declared.names.of(kind).map(|(name, span)| (name.to_owned(), Some(span))).collect();
        self.report(unknown(kind.word(), name, span, &candidates));
    }
}

/// Two declarations of one name.
pub(super) fn twice(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::R0102,
        format!("the {what} `{name}` is declared twice"),
        span,
        "declared again here",
    )
    .with_label(first, "first declared here")
    .with_help("give one of them another name, or remove it")
}

/// As [`unknown`], for words that the language has and nobody declares.
pub(super) fn unknown_word(
    what: &str,
    name: &str,
    span: Span,
    candidates: &[(String, Option<Span>)],
) -> Diagnostic {
    let mut diagnostic = unknown(what, name, span, candidates);
    if let Some((near, _)) = nearest(name, candidates) {
        diagnostic.help = Some(format!("write `{near}`"));
    }
    diagnostic
}

/// As [`unknown`], for names whose parts are joined by dots: `caller.team`, `medical.diagnosis`.
pub(super) fn unknown_path(
    what: &str,
    name: &str,
    span: Span,
    candidates: &[(String, Option<Span>)],
) -> Diagnostic {
    let mut diagnostic = unknown(what, name, span, candidates);
    if let Some((near, _)) = nearest(name, candidates) {
        let parts: Vec<String> = near.split('.').map(written).collect();
        diagnostic
            .fixes
            .iter_mut()
            .flat_map(|fix| &mut fix.edits)
            .for_each(|edit| edit.text = parts.join("."));
    }
    diagnostic
}

/// At most so many names are listed where none is near.
const NAMES_LISTED: usize = 5;

/// A name that nothing has, with the nearest of the candidates.
pub(super) fn unknown(
    what: &str,
    name: &str,
    span: Span,
    candidates: &[(String, Option<Span>)],
) -> Diagnostic {
    let message = format!("unknown {what} `{name}`");
    let diagnostic = Diagnostic::new(Code::R0101, message, span, format!("no {what} has this name"));
    if let Some((near, declared)) = nearest(name, candidates) {
        let diagnostic = match declared {
            Some(declared) => {
                diagnostic.with_label(*declared, format!("a similar one is declared here: `{near}`"))
            }
            None => diagnostic,
        };
        let help = format!("write `{near}` if that is meant, or declare `{name}`");
        return diagnostic.with_help(help).with_fix(
            format!("write `{near}`"),
            span,
            written(near),
            Applicability::Maybe,
        );
    }
    if candidates.is_empty() {
        return diagnostic.with_help(format!("the policy declares no {what}; declare `{name}`"));
    }
    let listed: Vec<String> =
        candidates.iter().take(NAMES_LISTED).map(|(name, _)| format!("`{name}`")).collect();
    let more = if candidates.len() > NAMES_LISTED { " and others" } else { "" };
    diagnostic.with_help(format!("there are {}{more}", listed.join(", ")))
}

/// So many names are compared with a misspelt one letter by letter.
const FEW: usize = 500;

/// A longer name than this, in bytes, is no slip of the pen.
const LONGEST: usize = 128;

/// A name of so many letters may be short for a longer word.
const SHORT_FORM: usize = 3;

/// The candidate that is a slip of the pen away, if one is.
fn nearest<'c>(name: &str, candidates: &'c [(String, Option<Span>)]) -> Option<&'c (String, Option<Span>)> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let is_worth = |candidate: &&(String, Option<Span>)| is_worth(&name, &candidate.0, candidates.len());
    let scored = candidates.iter().filter(is_worth).map(|candidate| {
        let other = candidate.0.to_lowercase();
        (strsim::damerau_levenshtein(&name, &other), candidate)
    });
    let best = scored.min_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.0.cmp(&y.0)));
    let is_near = |(distance, candidate): &(usize, &(String, Option<Span>))| {
        let longest = name.chars().count().max(candidate.0.chars().count());
        *distance <= (longest / 3).max(1) && longest > 1
    };
    best.filter(is_near).map(|(_, candidate)| candidate).or_else(|| short_form(&name, candidates))
}

/// `mon` for `monday`, where one name alone is short for it.
fn short_form<'c>(
    name: &str,
    candidates: &'c [(String, Option<Span>)],
) -> Option<&'c (String, Option<Span>)> {
    let begins_so = |candidate: &&(String, Option<Span>)| {
        let other = candidate.0.to_lowercase();
        other.len() >= SHORT_FORM && name.starts_with(&other)
    };
    let mut short = candidates.iter().filter(begins_so);
    // `ssn` for `us-ssn`.
    let ends_so = |candidate: &&(String, Option<Span>)| {
        let other = candidate.0.to_lowercase();
        name.len() >= SHORT_FORM && other.strip_suffix(name).is_some_and(|before| before.ends_with('-'))
    };
    let mut longer = candidates.iter().filter(ends_so);
    short
        .next()
        .filter(|_| short.next().is_none())
        .or_else(|| longer.next().filter(|_| longer.next().is_none()))
}

/// Whether a name is compared letter by letter: of very many only those that begin and end alike, since comparing all
/// with all takes too long.
fn is_worth(name: &str, other: &str, count: usize) -> bool {
    let is_alike = |a: Option<char>, b: Option<char>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(&b),
        _ => false,
    };
    let is_begun = is_alike(name.chars().next(), other.chars().next());
    let is_ended = is_alike(name.chars().next_back(), other.chars().next_back());
    let length = name.chars().count();
    let difference = length.abs_diff(other.chars().count());
    difference <= length.max(SHORT_FORM) / 3 + 1 && (count <= FEW || is_begun && is_ended && difference <= 1)
}
