//! Tests: what is given becomes a request, what is expected is resolved.

use super::names::Kind;
use super::unbuilt::is_unbuilt_given;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Example, Expectation, Expected, Who};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use wayleave_grammar::ast::{self, Expect, GivenField, Item, Name};
use wayleave_program::attributes::Attributes;
use wayleave_program::schema::{BuiltIn, Shape, Type};
use wayleave_program::value::Value;

impl Lower<'_> {
    pub(super) fn examples(&mut self, items: &[Placed<Item>]) -> Vec<Example> {
        let mut examples = Vec::new();
        for (file, item) in items {
            let Item::Test(item) = item else { continue };
            let Some(title) = item.title() else { continue };
            let at = span(*file, title.range());
            if !self.declare(Kind::Test, &title.value(), at) {
                continue;
            }
            let given = self.given(*file, item, at);
            let expects: Vec<Expectation> = item
                .expects()
                .filter_map(|expect| {
                    let what = self.expected(*file, &expect)?;
                    Some(Expectation { span: span_of(*file, &expect), what })
                })
                .collect();
            if item.expects().next().is_none() {
                let message = format!("the test {:?} expects nothing, so it cannot fail", title.value());
                let diagnostic = Diagnostic::new(Code::R0206, message, at, "no `expect` in its body");
                self.report(diagnostic.with_help("add an `expect`, such as `expect route NAME`"));
            }
            examples.push(Example { name: title.value(), span: at, given, expects });
        }
        examples
    }

    fn given(&mut self, file: FileId, item: &ast::Test, title: Span) -> Attributes {
        let mut given = Attributes::new(&self.schema);
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for field in item.given_fields() {
            let Some(name_node) = field.name().filter(|_| !is_unbuilt_given(&field)) else { continue };
            let name = name_node.text();
            let at = span(file, name_node.text_range());
            if let Some(first) = seen.get(&name) {
                let first = *first;
                self.repeated_field(&name, at, first);
                continue;
            }
            seen.insert(name.clone(), at);
            self.give(file, &field, &name, at, &mut given);
        }
        let attributes: Vec<(String, bool)> = self
            .schema
            .attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.is_required))
            .collect();
        for (name, is_required) in attributes {
            if is_required && !seen.contains_key(&name) {
                let message = format!("this test does not give `{name}`, which is `required`");
                let mut diagnostic =
                    Diagnostic::new(Code::R0206, message, title, "its request would be refused")
                        .with_help(format!("add `{name}: …` after `given`"));
                if let Some(declared) = self.declared_at(&name) {
                    diagnostic = diagnostic.with_label(declared, "declared `required` here");
                }
                self.report(diagnostic);
            }
        }
        given
    }

    fn give(&mut self, file: FileId, field: &GivenField, name: &str, at: Span, given: &mut Attributes) {
        let Some(id) = self.schema.find(name) else {
            if !self.poisoned.contains(name) {
                let candidates: Vec<_> = self
                    .schema
                    .attributes
                    .iter()
                    .map(|attribute| (attribute.name.clone(), self.declared_at(&attribute.name)))
                    .collect();
                let mut diagnostic = super::names::unknown("attribute", name, at, &candidates);
                if self.definition(name).is_some() {
                    diagnostic.help =
                        Some(format!("`{name}` is a define; give the attributes that it tests"));
                    diagnostic.fixes.clear();
                }
                self.report(diagnostic);
            }
            return;
        };
        if id == BuiltIn::RequestWindow.id() {
            let message = "`request.window` is computed from `request.tokens` and `request.output`";
            let diagnostic = Diagnostic::new(Code::R0206, message, at, "cannot be given");
            self.report(diagnostic.with_help("give those instead"));
            return;
        }
        let Some(value) = field.value() else { return };
        let value_type = self.schema.attribute(id).value_type.clone();
        let is_unknown_team = id == BuiltIn::CallerTeam.id()
            && matches!(&value_type, Type::Named(named) if named.shape == Shape::Tree && named.member("unknown").is_none())
            && matches!(&value, ast::Value::Name(name) if name.text() == "unknown");
        let value = match is_unknown_team {
            true => Some(Value::Unknown),
            false => self.value(file, name, &value_type, &value),
        };
        if let Some(value) = value {
            given.set(id, value);
        }
    }

    fn expected(&mut self, file: FileId, expect: &Expect) -> Option<Expected> {
        match expect {
            Expect::Route(route) => self.declared_name(file, Kind::Route, route.name()?).map(Expected::Route),
            Expect::Deny(deny) => self.declared_name(file, Kind::Deny, deny.name()?).map(Expected::Deny),
            Expect::Never(never) => Some(Expected::Never(self.target_set(file, &never.targets()?))),
            Expect::Otherwise(_) => Some(Expected::Otherwise),
            Expect::To(to) => {
                let plan = self.plan(file, &to.plan()?)?;
                let targets = plan.stages.iter().map(|stage| match stage.who {
                    Who::Target(target) => Some(target),
                    Who::Requested => None,
                });
                let targets: Option<Vec<_>> = targets.collect();
                if targets.is_none() {
                    let message = "a test expects certain candidates, and `requested` names none";
                    let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, to), "which ones");
                    self.report(
                        diagnostic.with_help("write the targets that this request should reach, in order"),
                    );
                }
                targets.map(Expected::To)
            }
            Expect::Approval(_)
            | Expect::Limited(_)
            | Expect::Redact(_)
            | Expect::Flag(_)
            | Expect::Shadow(_) => None,
        }
    }

    fn declared_name(&mut self, file: FileId, kind: Kind, name: Name) -> Option<String> {
        let text = name.text();
        if self.names.get(kind, &text).is_none() {
            self.unknown_name(kind, &text, span(file, name.text_range()));
            return None;
        }
        Some(text)
    }
}
