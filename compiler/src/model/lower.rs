//! From trees to the typed policy. Each step reports what is wrong in its own part and goes on; what follows from an
//! error already told stays silent. The steps stand in `lower` in the order in which they build on one another.

mod attributes;

mod called;

mod conditions;

mod counters;

mod declared;

mod definitions;

mod delegation;

mod drafts;

mod draws;

mod endpoint;

mod examples;

mod facts;

mod fields;

mod graph;

mod guarantees;

pub(crate) mod inspection;

mod judges;

mod kept;

mod migrations;

mod models;

mod names;

mod near;

mod noted;

mod obligations;

mod operands;

mod parts;

mod plans;

mod providers;

mod quantities;

mod routes;

mod rules;

mod secrets;

mod targets;

mod tries;

mod types;

mod values;

mod zones;

use super::{Condition, Example, Otherwise, Policy, Route, RouteId};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};
use declared::Declared;
use kept::Found;
pub use kept::Memory;
use noted::Noted;
use parts::FileParts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_grammar::TextRange;
use wayleave_grammar::ast::{Item, Node};
use wayleave_program::catalogue::Catalogue;

/// What is known so far.
pub(super) struct Lower<'s> {
    sources: &'s Sources,
    diagnostics: Vec<Diagnostic>,
    declared: Declared,
    /// While the parts of a file are typed, of that file alone.
    noted: Noted,
    /// The names that were declared since somebody took them.
    new_names: Vec<(names::Kind, Arc<str>, Span)>,
}

/// An item and the file in which it stands.
type Placed<T> = (FileId, T);

/// The typed policy and what is odd about it; or all that is wrong with it. `memory`: of the check before, which becomes that of
/// this one.
pub(crate) fn lower(sources: &Sources, mut memory: Option<&mut Memory>) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut lower = Lower::new(sources);
    let has_broken_text = lower.syntax_errors();
    let use_problems: Vec<Diagnostic> = sources.problems().iter().map(Diagnostic::of_use).collect();
    let has_broken_use = !use_problems.is_empty();
    lower.diagnostics.extend(use_problems);
    let told = lower.diagnostics.clone();
    let items = lower.items();
    let found = lower.find_all(&items, memory.as_deref_mut());
    let outer = lower.outer_routes(&found.files);
    let otherwise = lower.otherwise(&items);
    let examples = lower.examples(&items);
    lower.require_prices(&found);
    lower.secrets();
    let mut diagnostics = std::mem::take(&mut lower.diagnostics);
    if has_broken_text || has_broken_use {
        // A name, field or `otherwise` may be missing only because the text that holds it could not be read.
        let is_type_broken = sources.ids().any(|file| has_broken_type(sources, file));
        diagnostics.retain(|diagnostic| {
            told.contains(diagnostic)
                || !(may_follow(diagnostic) || is_type_broken && is_of_types(diagnostic))
        });
    }
    let Some(otherwise) = otherwise.filter(|_| diagnostics.is_empty()) else {
        return (None, diagnostics);
    };
    let odd = lower.oddities(&found, memory);
    (Some(lower.policy(found, &outer, otherwise, examples)), odd)
}

fn delegations(delegated: BTreeMap<FileId, Option<Condition>>) -> Vec<(FileId, Condition)> {
    delegated.into_iter().filter_map(|(file, condition)| Some((file, condition?))).collect()
}

/// Whether a diagnostic may be the consequence of a text that could not be read.
fn may_follow(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Code::R0101 | Code::R0102 | Code::R0104 | Code::R0206)
}

/// Whether a type could not be read, so that what has it may seem to be of another.
fn has_broken_type(sources: &Sources, file: FileId) -> bool {
    let parse = &sources.file(file).parse;
    let declares = |item: &Item| matches!(item, Item::Type(_) | Item::Attribute(_) | Item::Classify(_));
    let broken: Vec<TextRange> = parse.root().items().filter(declares).map(|item| item.range()).collect();
    let is_in = |range: TextRange| broken.iter().any(|item| item.contains_range(range));
    let begins_so = |range: TextRange| {
        let line =
            sources.file(file).text[..usize::from(range.start())].rsplit('\n').next().unwrap_or_default();
        ["type ", "attribute ", "classify "].iter().any(|word| line.trim_start().starts_with(word))
    };
    parse.errors().iter().any(|error| is_in(error.range) || begins_so(error.range))
}

fn is_of_types(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Code::R0201 | Code::R0203 | Code::R0204)
}

impl<'s> Lower<'s> {
    fn new(sources: &'s Sources) -> Lower<'s> {
        Lower {
            sources,
            diagnostics: Vec::new(),
            declared: Declared::default(),
            noted: Noted::default(),
            new_names: Vec::new(),
        }
    }

    /// All that rules name, but for the approvals that they require.
    fn declare_all(&mut self, items: &[Placed<Item>]) {
        self.declare_zone(items);
        self.declare_types(items);
        self.declare_attributes(items);
        self.declare_detectors(items);
        self.declare_counters(items);
        self.declare_providers(items);
        self.declare_aliases(items);
        self.declare_groups(items);
        self.declare_plans(items);
        self.define(items);
        self.delegations(items);
    }

    /// The policy, once nothing is wrong with it.
    fn policy(
        self,
        found: Found,
        outer: &BTreeMap<usize, RouteId>,
        otherwise: Otherwise,
        examples: Vec<Example>,
    ) -> Policy {
        let noted = self.all_noted(&found);
        let mut operands: Vec<_> = noted.iter().flat_map(|noted| noted.operands.iter().cloned()).collect();
        operands.sort_by_key(|operand| operand.span);
        operands.dedup_by_key(|operand| operand.span);
        let model_texts: BTreeSet<&String> = noted.iter().flat_map(|noted| &noted.model_texts).collect();
        let others = model_texts.into_iter().filter(|text| !self.declared.catalogue.knows(text));
        let other_models = others.cloned().collect();
        let tested = noted.iter().flat_map(|noted| noted.tested_detectors.iter().copied()).collect();
        let parts = FileParts::joined(found.files);
        let Lower { sources, declared, .. } = self;
        let catalogue = Catalogue { other_models, ..Arc::unwrap_or_clone(declared.catalogue) };
        let mut routes: Vec<Route> = parts.routes.into_iter().map(|drafted| drafted.route).collect();
        outer.iter().for_each(|(position, outer)| routes[*position].inside = Some(*outer));
        let definitions = Arc::unwrap_or_clone(declared.definitions).into_iter();
        Policy {
            schema: Arc::unwrap_or_clone(declared.schema),
            detectors: inspection::compiled(&catalogue, &tested),
            catalogue,
            facts: Arc::unwrap_or_clone(declared.facts),
            definitions: definitions.map(Arc::unwrap_or_clone).collect(),
            approvals: parts.approvals,
            denials: parts.denials,
            prohibitions: parts.prohibitions,
            redactions: parts.redactions,
            flags: parts.flags,
            requirements: parts.requirements,
            caps: parts.caps,
            logs: parts.logs,
            counters: parts.counters,
            routes,
            otherwise,
            migrations: parts.migrations,
            guarantees: parts.guarantees,
            examples,
            operands,
            delegations: delegations(declared.delegated),
            texts: sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
            fingerprint: std::sync::OnceLock::new(),
        }
    }

    /// What is odd about a policy that is sound, as its text shows.
    fn oddities(&self, found: &Found, memory: Option<&mut Memory>) -> Vec<Diagnostic> {
        let noted = self.all_noted(found);
        let mut odd = self.unused(&noted);
        odd.extend(Lower::untested_budgets(&noted));
        odd.extend(self.ambiguous_models(&noted));
        odd.extend(self.hidden_models());
        let near = || near::near_duplicates(noted.iter().flat_map(|noted| &noted.compared));
        odd.extend(match memory {
            Some(memory) => memory.near_duplicates(near),
            None => near(),
        });
        odd
    }

    /// Takes over the errors of the texts. Whether one of them may hide a part of the policy.
    fn syntax_errors(&mut self) -> bool {
        let mut has_broken_text = false;
        for file in self.sources.ids() {
            for error in self.sources.file(file).parse.errors() {
                let diagnostic = Diagnostic::of_syntax(file, error);
                has_broken_text |= diagnostic.code == Code::R0001;
                self.diagnostics.push(diagnostic);
            }
        }
        has_broken_text
    }

    /// All items, the root file's first.
    fn items(&self) -> Vec<Placed<Item>> {
        let mut items = Vec::new();
        for file in self.sources.ids() {
            items.extend(self.sources.file(file).parse.root().items().map(|item| (file, item)));
        }
        items
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn error(&mut self, code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) {
        self.report(Diagnostic::new(code, message, span, label));
    }
}

fn span_of(file: FileId, node: &impl Node) -> Span {
    Span::new(file, node.range())
}

fn span(file: FileId, range: TextRange) -> Span {
    Span::new(file, range)
}

/// A name as a policy writes it: in quotes where it has another shape than a name.
fn written(name: &str) -> String {
    let mut characters = name.chars();
    let begins_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on_well = characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if begins_well && goes_on_well && !name.ends_with('-') { name.to_owned() } else { format!("{name:?}") }
}
