//! The schema: built-in attributes, declared ones and classes; and the facts that targets state.

use super::names::{Kind, twice};
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::Fact;
use crate::source::{FileId, Span};
use std::sync::Arc;
use wayleave_grammar::ast::{self, Item, Node, SourceKind};
use wayleave_program::schema::{Attribute, BuiltIn, Combine, Origin, Source, Type};
use wayleave_program::sources::is_ordered;
use wayleave_program::value::Value;

/// The facts that every target has; a declared one cannot take their names.
const TARGET_FIELDS: [&str; 7] = [
    "target.name",
    "target.provider",
    "target.context",
    "target.output",
    "target.supports",
    "target.price.input",
    "target.price.output",
];

/// The first words of built-in attributes.
pub(super) const RESERVED: [&str; 6] = ["caller", "request", "time", "prompt", "system", "target"];

impl Lower<'_> {
    pub(super) fn declare_attributes(&mut self, items: &[Placed<Item>]) {
        let team = self.declared.types.get("team").cloned();
        // It is the type of `caller.team`.
        self.mark_used(Kind::Type, "team");
        self.schema_mut().attributes = BuiltIn::ALL
            .into_iter()
            .map(|built_in| Attribute {
                name: built_in.name().to_owned(),
                value_type: built_in.value_type(team.as_ref()),
                origin: Origin::BuiltIn(built_in),
                default: None,
                is_required: false,
            })
            .collect();
        for (file, item) in items {
            match item {
                Item::Attribute(item) => self.declare_attribute(*file, item),
                Item::Classify(item) => self.declare_class(*file, item),
                _ => {}
            }
        }
    }

    fn declare_attribute(&mut self, file: FileId, item: &ast::Attribute) {
        let Some(name_node) = item.name() else { return };
        let name = name_node.text();
        let at = span(file, name_node.text_range());
        if !self.is_free(&name, at) || !self.declare(Kind::Attribute, &name, at) {
            return;
        }
        let value_type = item.shape().and_then(|shape| self.attribute_type(file, &name, &shape));
        let Some(value_type) = value_type else {
            self.declared.poisoned.insert(name);
            return;
        };
        let default = item.default().and_then(|clause| clause.value());
        let default = default.and_then(|value| self.value(file, &name, &value_type, &value));
        if let Some(fact) = name.strip_prefix("target.") {
            self.refuse_fact_clauses(file, fact, item);
            let values = default.into_iter().collect();
            Arc::make_mut(&mut self.declared.facts).push(Fact { name, value_type, values });
            return;
        }
        if let (Some(default), Some(required)) = (item.default(), item.required()) {
            let message = format!("`{name}` is `required` and has a `default` that can never count");
            let diagnostic =
                Diagnostic::new(Code::R0206, message, span_of(file, &required), "a missing value is refused")
                    .with_label(span_of(file, &default), "so this has no effect")
                    .with_help("keep one of the two");
            self.report(diagnostic);
        }
        if item.default().is_none() && item.required().is_none() {
            self.want_a_value_for_none(&name, at, &value_type);
        }
        let origin = self.origin(file, &name, item, &value_type);
        let is_required = item.required().is_some();
        self.schema_mut().attributes.push(Attribute { name, value_type, origin, default, is_required });
    }

    /// Of named values none stands for a missing one: the first of them would be taken in silence, the lowest of a scale.
    fn want_a_value_for_none(&mut self, name: &str, at: Span, value_type: &Type) {
        let Type::Named(named) = value_type else { return };
        let message = format!("`{name}` does not say what counts where a request does not state it");
        let first = named.members.first().map_or("VALUE", |member| member.name.as_str());
        let help =
            format!("add `default VALUE`, such as `default {first}`, or `required` to refuse such requests");
        self.report(
            Diagnostic::new(Code::R0206, message, at, "neither `default` nor `required`").with_help(help),
        );
    }

    /// Whether a declaration may take that name.
    fn is_free(&mut self, name: &str, at: Span) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        let is_fact = name.strip_prefix("target.").is_some_and(|fact| !fact.contains('.'));
        if TARGET_FIELDS.contains(&name)
            || name == "target"
            || self.declared.schema.find(name).is_some() && RESERVED.contains(&first)
        {
            let message = format!("`{name}` is a built-in attribute");
            let diagnostic = Diagnostic::new(Code::R0102, message, at, "declared again here");
            self.report(diagnostic.with_help("choose another name"));
            return false;
        }
        if is_fact || (!name.contains('.') && !RESERVED.contains(&first)) {
            return true;
        }
        let message = format!("an attribute of your own cannot be called `{name}`");
        let label = if RESERVED.contains(&first) {
            "this name belongs to the built-in attributes"
        } else {
            "a name with dots"
        };
        let help = "choose a name without dots, or `target.NAME` for a fact that providers and models state";
        self.report(Diagnostic::new(Code::R0102, message, at, label).with_help(help));
        false
    }

    fn refuse_fact_clauses(&mut self, file: FileId, fact: &str, item: &ast::Attribute) {
        let clauses = item.syntax().children().filter(|node| {
            use wayleave_grammar::SyntaxKind as K;
            matches!(node.kind(), K::SourcesClause | K::CombineClause | K::RequiredClause)
        });
        if let Some(clause) = clauses.into_iter().next() {
            let message =
                format!("`target.{fact}` is a fact that providers and models state, so it has no sources");
            let at = Span::new(file, clause.text_range());
            self.report(
                Diagnostic::new(Code::R0206, message, at, "has no meaning here")
                    .with_help("remove this clause"),
            );
        }
    }

    fn origin(&mut self, file: FileId, name: &str, item: &ast::Attribute, value_type: &Type) -> Origin {
        let mut sources: Vec<Source> = Vec::new();
        let mut last = None;
        for source in item.sources() {
            let at = span_of(file, &source);
            last = Some(at);
            let (Some(kind), Some(field)) = (source.kind(), source.field()) else { continue };
            let field = field.value();
            let source = match kind {
                SourceKind::Credential => Source::Credential(field),
                SourceKind::Claim => Source::Claim(field),
                SourceKind::Header => Source::Header(field.to_ascii_lowercase()),
                SourceKind::Metadata => Source::Metadata(field),
            };
            if sources.contains(&source) {
                let message = format!("`{name}` names the source `{}` twice", source.label());
                self.report(
                    Diagnostic::new(Code::R0102, message, at, "again here").with_help("remove one of them"),
                );
            }
            sources.push(source);
        }
        let combine = match item.combine().and_then(|clause| clause.word()).as_deref() {
            Some("highest") => Some(Combine::Highest),
            Some("lowest") => Some(Combine::Lowest),
            Some(_) => Some(Combine::First),
            None => None,
        };
        if let (None, Some(last), true) = (combine, last, sources.len() > 1) {
            let word = if is_ordered(value_type) { "highest" } else { "first" };
            let message = format!("`{name}` has {} sources and does not say which one counts", sources.len());
            let diagnostic =
                Diagnostic::new(Code::R0209, message, last, "the second source may contradict the first")
                    .with_help("write `combine highest`, `combine lowest` or `combine first`")
                    .with_fix(
                        format!("write `combine {word}`"),
                        last.after(),
                        format!("  combine {word}"),
                        Applicability::Maybe,
                    );
            self.report(diagnostic);
        }
        if let (Some(clause), [_]) = (item.combine(), sources.as_slice()) {
            let message = format!("`{name}` has one source, so there is nothing to combine");
            let at = span_of(file, &clause);
            let diagnostic = Diagnostic::new(Code::R0206, message, at, "without effect")
                .with_help("remove it, or name a second source")
                .with_fix("remove `combine`", at, "", Applicability::Maybe);
            self.report(diagnostic);
        }
        if let (Some(Combine::Highest | Combine::Lowest), Some(clause)) = (combine, item.combine())
            && !is_ordered(value_type)
        {
            let message = format!("the values of `{name}` have no order, so none is the highest or lowest");
            let at = span_of(file, &clause);
            let diagnostic = Diagnostic::new(Code::R0204, message, at, "needs a scale")
                .with_help("write `combine first`, or declare its type as a scale: `a < b`")
                .with_fix("write `combine first`", at, "combine first", Applicability::Maybe);
            self.report(diagnostic);
        }
        Origin::Sources(sources, combine.unwrap_or(Combine::First))
    }

    fn declare_class(&mut self, file: FileId, item: &ast::Classify) {
        let Some(name_node) = item.name() else { return };
        let name = name_node.text();
        let at = span(file, name_node.text_range());
        if name.starts_with("target.") {
            let message = "a fact of targets is stated by providers and models, not classified";
            self.error(Code::R0212, message, at, "a fact of targets");
            return;
        }
        if !self.is_free(&name, at) || !self.declare(Kind::Attribute, &name, at) {
            return;
        }
        let value_type = item.shape().and_then(|shape| self.attribute_type(file, &name, &shape));
        match value_type {
            Some(value_type @ Type::Named(_)) => self.schema_mut().attributes.push(Attribute {
                name,
                value_type,
                origin: Origin::Classified,
                default: None,
                is_required: false,
            }),
            Some(_) => {
                self.declared.poisoned.insert(name);
                let message = "a `classify` gives one of several named values";
                self.error(Code::R0201, message, at, "needs a type with named values, such as `code | chat`");
            }
            None => {
                self.declared.poisoned.insert(name);
            }
        }
    }

    /// Where an attribute is declared, for messages.
    pub(super) fn declared_at(&self, name: &str) -> Option<Span> {
        self.declared.names.get(Kind::Attribute, name)
    }

    /// What a fact is where neither model nor provider states it, until all targets are known.
    pub(super) fn fact_default(&self, fact: usize) -> Option<Value> {
        self.declared.facts[fact].values.first().cloned()
    }

    /// Two fields of one name.
    pub(super) fn repeated_field(&mut self, name: &str, at: Span, first: Span) {
        let mut diagnostic = twice("field", name, at, first);
        diagnostic.code = Code::R0206;
        diagnostic.message = format!("the field `{name}` is written twice");
        diagnostic.help = Some("remove one of them".to_owned());
        self.report(diagnostic);
    }
}
