//! From trees to the typed policy. Each step reports what is wrong in its own part and goes on; what follows from an
//! error already told stays silent. The steps stand in `lower` in the order in which they build on one another.

mod attributes;

mod called;

mod conditions;

mod counters;

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

mod obligations;

mod operands;

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

use super::{Condition, Definition, Fact, Plan, Policy};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Sources, Span};
pub use kept::Memory;
use names::Names;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_grammar::TextRange;
use wayleave_grammar::ast::{Item, Node};
use wayleave_program::catalogue::{Catalogue, TargetId};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::{NamedType, Schema};

/// What is known so far.
pub(super) struct Lower<'s> {
    sources: &'s Sources,
    diagnostics: Vec<Diagnostic>,
    names: Names,
    types: BTreeMap<String, Arc<NamedType>>,
    schema: Schema,
    /// Attributes that were declared wrongly: a use of one is no second error.
    poisoned: std::collections::BTreeSet<String>,
    facts: Vec<Fact>,
    catalogue: Catalogue,
    /// Indexed by target: where its model's name stands.
    target_spans: Vec<Span>,
    /// By provider, then model.
    targets: BTreeMap<String, BTreeMap<String, TargetId>>,
    groups: BTreeMap<String, Vec<TargetId>>,
    plans: BTreeMap<String, Plan>,
    definitions: Vec<Definition>,
    definition_ids: BTreeMap<String, super::DefinitionId>,
    /// What is named somewhere, tests apart.
    used: names::Used,
    /// Why every target needs a price, or some do.
    priced: facts::Priced,
    /// The detectors that some condition asks for.
    tested_detectors: BTreeSet<DetectorId>,
    /// The findings that the policy names, none of which is there where a text `is clean`.
    clean: Vec<(DetectorId, String)>,
    /// Delegated files, with the condition of their requests once it is known and right.
    delegated: BTreeMap<FileId, Option<Condition>>,
    /// Texts that conditions compare with attributes.
    compared: Vec<near::Compared>,
    /// Where `requested` first stands in a plan.
    requested_at: Option<Span>,
    /// Budgets, where each is named, and whether it denies.
    budgets: Vec<(String, Span, bool)>,
    /// Texts that `request.model` is compared with.
    model_texts: std::collections::BTreeSet<String>,
    /// What conditions are made of, as it is met.
    operands: Vec<super::Operand>,
}

/// An item and the file in which it stands.
type Placed<T> = (FileId, T);

/// The typed policy and what is odd about it; or all that is wrong with it. `memory`: of the check before, which becomes that of
/// this one.
pub(crate) fn lower(sources: &Sources, memory: Option<&mut Memory>) -> (Option<Policy>, Vec<Diagnostic>) {
    let mut lower = Lower::new(sources);
    let has_broken_text = lower.syntax_errors();
    let use_problems: Vec<Diagnostic> = sources.problems().iter().map(Diagnostic::of_use).collect();
    let has_broken_use = !use_problems.is_empty();
    lower.diagnostics.extend(use_problems);
    let told = lower.diagnostics.clone();
    let items = lower.items();
    lower.declare_all(&items);
    let rules = Lower::tried_rules(&items);
    let parts = lower.parts_of(&items, &rules, memory);
    lower.require_prices(&parts.routes, &parts.migrations);
    lower.secrets();
    let odd = lower.oddities();
    let detectors = inspection::compiled(&lower.catalogue, &lower.tested_detectors);
    let mut diagnostics = lower.diagnostics;
    if has_broken_text || has_broken_use {
        // A name, field or `otherwise` may be missing only because the text that holds it could not be read.
        let is_type_broken = sources.ids().any(|file| has_broken_type(sources, file));
        diagnostics.retain(|diagnostic| {
            told.contains(diagnostic)
                || !(may_follow(diagnostic) || is_type_broken && is_of_types(diagnostic))
        });
    }
    let Some(otherwise) = parts.otherwise.filter(|_| diagnostics.is_empty()) else {
        return (None, diagnostics);
    };
    lower.operands.sort_by_key(|operand| operand.span);
    lower.operands.dedup_by_key(|operand| operand.span);
    let mut catalogue = lower.catalogue;
    catalogue.other_models = lower.model_texts.into_iter().filter(|text| !catalogue.knows(text)).collect();
    let policy = Policy {
        schema: lower.schema,
        catalogue,
        facts: lower.facts,
        detectors,
        definitions: lower.definitions,
        approvals: parts.rules.approvals,
        denials: parts.rules.denials,
        prohibitions: parts.rules.prohibitions,
        redactions: parts.rules.redactions,
        flags: parts.rules.flags,
        requirements: parts.rules.requirements,
        caps: parts.rules.caps,
        logs: parts.rules.logs,
        counters: parts.counters,
        routes: parts.routes,
        otherwise,
        migrations: parts.migrations,
        guarantees: parts.guarantees,
        examples: parts.examples,
        operands: lower.operands,
        delegations: delegations(lower.delegated),
        texts: sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        fingerprint: std::sync::OnceLock::new(),
    };
    (Some(policy), odd)
}

/// The rules of a policy, as far as they are right.
struct Parts {
    rules: kept::RuleParts,
    counters: Vec<super::Counter>,
    routes: Vec<super::Route>,
    otherwise: Option<super::Otherwise>,
    migrations: Vec<super::Migration>,
    guarantees: Vec<super::Guarantee>,
    examples: Vec<super::Example>,
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
            names: Names::default(),
            types: BTreeMap::new(),
            schema: Schema::default(),
            poisoned: std::collections::BTreeSet::new(),
            facts: Vec::new(),
            catalogue: Catalogue::default(),
            target_spans: Vec::new(),
            targets: BTreeMap::new(),
            groups: BTreeMap::new(),
            plans: BTreeMap::new(),
            operands: Vec::new(),
            definitions: Vec::new(),
            definition_ids: BTreeMap::new(),
            used: names::Used::default(),
            priced: facts::Priced::default(),
            tested_detectors: BTreeSet::new(),
            clean: Vec::new(),
            delegated: BTreeMap::new(),
            compared: Vec::new(),
            requested_at: None,
            budgets: Vec::new(),
            model_texts: std::collections::BTreeSet::new(),
        }
    }

    /// All that rules name.
    fn declare_all(&mut self, items: &[Placed<Item>]) {
        self.delegate(items);
        self.declare_zone(items);
        self.declare_types(items);
        self.declare_attributes(items);
        self.declare_detectors(items);
        self.declare_counters(items);
        self.declare_grants(&Lower::tried_rules(items));
        self.declare_providers(items);
        self.declare_aliases(items);
        self.declare_groups(items);
        self.declare_plans(items);
        self.define(items);
        self.delegations(items);
    }

    fn parts_of(
        &mut self,
        items: &[Placed<Item>],
        rules: &[rules::Tried],
        memory: Option<&mut Memory>,
    ) -> Parts {
        Parts {
            rules: self.rules(rules, memory),
            counters: self.counters(items),
            routes: self.routes(items),
            otherwise: self.otherwise(items),
            migrations: self.migrations(items),
            guarantees: self.guarantees(items),
            examples: self.examples(items),
        }
    }

    /// What is odd about a policy that is sound, as its text shows.
    fn oddities(&mut self) -> Vec<Diagnostic> {
        let mut odd = self.unused();
        odd.extend(self.untested_budgets());
        odd.extend(self.ambiguous_models());
        odd.extend(self.hidden_models());
        odd.extend(near::near_duplicates(std::mem::take(&mut self.compared)));
        odd
    }

    /// Remembers a text that a condition compares with an attribute.
    fn compare_text(&mut self, attribute: &str, text: &str, at: Span) {
        let (attribute, text) = (attribute.to_owned(), text.to_owned());
        self.compared.push(near::Compared { attribute, at, text });
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
