//! The fields of a body (`name: value`), each once and known: shared by providers, models and timeouts.

use super::names::unknown_word;
use super::values::{is_reported, literal};
use super::{Lower, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use wayleave_grammar::ast::{Field, LiteralValue, Value as Written};

/// What a `timeout` states.
pub(super) const TIMEOUT_FIELDS: [&str; 3] = ["connect", "first-token", "idle"];

/// Whether what has these fields may state facts of targets too.
fn can_state_facts(known: &[&str]) -> bool {
    known != TIMEOUT_FIELDS && known != super::judges::FIELDS
}

/// The fields of a body by name, each once.
pub(super) struct Fields {
    pub(super) file: FileId,
    /// Of the name of what has the body.
    owner: Span,
    pub(super) by_name: BTreeMap<String, Field>,
    /// Fields that stand there under a misspelt name.
    misspelt: BTreeSet<String>,
    closing_brace: Option<Span>,
}

impl Fields {
    pub(super) fn value(&self, name: &str) -> Option<Written> {
        self.by_name.get(name)?.value()
    }
}

impl Lower<'_> {
    /// The fields of a body; repeated and unknown ones are reported.
    pub(super) fn fields(
        &mut self,
        file: FileId,
        owner: Span,
        fields: impl Iterator<Item = Field>,
        known: &[&str],
        closing_brace: Option<Span>,
    ) -> Fields {
        let mut by_name: BTreeMap<String, Field> = BTreeMap::new();
        let mut misspelt = BTreeSet::new();
        for field in fields {
            let Some(name_node) = field.name() else { continue };
            let name = name_node.text();
            let at = span(file, name_node.text_range());
            if let Some(first) = by_name.get(&name).and_then(Field::name) {
                self.repeated_field(&name, at, span(file, first.text_range()));
                continue;
            }
            if !(known.contains(&name.as_str()) || can_state_facts(known) && self.is_fact(&name)) {
                misspelt.extend(self.unknown_field(&name, at, known));
                continue;
            }
            by_name.insert(name, field);
        }
        Fields { file, owner, by_name, misspelt, closing_brace }
    }

    /// Whether `target.NAME` is declared.
    fn is_fact(&self, name: &str) -> bool {
        self.declared.facts.iter().any(|fact| fact.name.strip_prefix("target.") == Some(name))
    }

    /// Reports a field that is not known. Which one is meant, if one is near.
    fn unknown_field(&mut self, name: &str, at: Span, known: &[&str]) -> Option<String> {
        if self.declared.poisoned.contains(&format!("target.{name}")) {
            return None;
        }
        let mut candidates: Vec<(String, Option<Span>)> =
            known.iter().map(|name| ((*name).to_owned(), None)).collect();
        if can_state_facts(known) {
            let facts = self.declared.facts.iter().filter_map(|fact| fact.name.strip_prefix("target."));
            candidates
                .extend(facts.map(|fact| (fact.to_owned(), self.declared_at(&format!("target.{fact}")))));
        }
        let mut diagnostic = unknown_word("field", name, at, &candidates);
        diagnostic.code = Code::R0206;
        if diagnostic.fixes.is_empty() && can_state_facts(known) {
            diagnostic.help =
                Some(format!("to state a fact of your own, declare `attribute target.{name}: TYPE` first"));
        }
        let meant = diagnostic.fixes.first().and_then(|fix| fix.edits.first()).map(|edit| edit.text.clone());
        self.report(diagnostic);
        meant
    }

    pub(super) fn missing_field(&mut self, fields: &Fields, what: &str, name: &str, why: &str, text: &str) {
        if fields.misspelt.contains(name) {
            // That it is misspelt has been said.
            return;
        }
        let owner_text = self.sources.text(fields.owner).to_owned();
        let message = format!("the {what} `{}` states no `{name}`", owner_text.trim_matches('"'));
        let mut diagnostic =
            Diagnostic::new(Code::R0206, message, fields.owner, why).with_help(format!("add `{text}`"));
        if let Some(brace) = fields.closing_brace {
            let title = format!("add `{name}`");
            diagnostic = diagnostic.with_fix(
                title,
                brace.before(),
                format!("  {text}\n"),
                Applicability::Placeholders,
            );
        }
        self.report(diagnostic);
    }

    pub(super) fn duration_field(&mut self, fields: &Fields, name: &str) -> Option<u64> {
        let value = fields.value(name)?;
        if is_reported(&value) {
            return None;
        }
        self.duration(span_of(fields.file, &value), name, literal(&value))
    }

    /// A duration above 0, in milliseconds.
    pub(super) fn duration(&mut self, at: Span, owner: &str, literal: Option<LiteralValue>) -> Option<u64> {
        match literal {
            Some(LiteralValue::DurationMs(0)) => {
                let message = format!("`{owner}` of 0 would fail every request");
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "no time at all");
                self.report(diagnostic.with_help("write a time above 0, such as `30s`"));
                None
            }
            Some(LiteralValue::DurationMs(ms)) => Some(ms),
            Some(LiteralValue::Integer(_)) => {
                let written = self.sources.text(at);
                let help = format!("write `{written}s`, `{written}ms` or another unit");
                let message = format!("`{owner}` is a duration, and this number has no unit");
                self.report(Diagnostic::new(Code::R0202, message, at, "of what").with_help(help));
                None
            }
            _ => {
                let diagnostic =
                    Diagnostic::new(Code::R0201, format!("`{owner}` is a duration"), at, "not a duration");
                self.report(diagnostic.with_help("write one such as `250ms`, `30s` or `2min`"));
                None
            }
        }
    }
}
