//! Tests: what is given becomes a request, what is expected is resolved.

use super::names::Kind;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Example, Expectation, Expected, Who};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_grammar::ast::{self, Expect, GivenField, Item, Name};
use wayleave_program::attributes::Attributes;
use wayleave_program::document::{give_findings, join_parts};
use wayleave_program::schema::{Attribute, BuiltIn, Origin, Shape, Type};
use wayleave_program::value::Value;

/// Under which findings are given outright, of the prompt and of the system prompt.
const FINDINGS: [&str; 2] = ["prompt.findings", "system.findings"];

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
        let mut given = Attributes::new(&self.declared.schema);
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let mut findings: [Option<BTreeSet<String>>; 2] = [None, None];
        for field in item.given_fields() {
            let Some((name, at)) = self.given_name(file, &field) else { continue };
            if let Some(first) = seen.get(&name) {
                let first = *first;
                self.given_twice(&name, at, first);
                continue;
            }
            seen.insert(name.clone(), at);
            match FINDINGS.iter().position(|findings| *findings == name) {
                Some(which) => findings[which] = self.given_findings(file, &field),
                None => self.give(file, &field, &name, at, &mut given),
            }
        }
        if findings.iter().any(Option::is_some) {
            let [prompt, system] = findings.map(Option::unwrap_or_default);
            give_findings(&self.declared.schema, &mut given, prompt, system);
        }
        // `prompt` and `system` are a part each, and the system prompt is a part of the prompt.
        join_parts(&mut given);
        let schema = Arc::clone(&self.declared.schema);
        for Attribute { name, .. } in schema.attributes.iter().filter(|attribute| attribute.is_required) {
            if !seen.contains_key(name) {
                let message = format!("this test does not give `{name}`, which is `required`");
                let mut diagnostic =
                    Diagnostic::new(Code::R0206, message, title, "its request would be refused")
                        .with_help(format!("add `{name}: …` after `given`"));
                if let Some(declared) = self.declared_at(name) {
                    diagnostic = diagnostic.with_label(declared, "declared `required` here");
                }
                self.report(diagnostic);
            }
        }
        given
    }

    fn given_twice(&mut self, name: &str, at: Span, first: Span) {
        let message = format!("this test gives `{name}` twice");
        let diagnostic = Diagnostic::new(Code::R0206, message, at, "given again here");
        self.report(diagnostic.with_label(first, "given first here").with_help("remove one of them"));
    }

    /// The name of what is given; an unknown counter is reported.
    fn given_name(&mut self, file: FileId, field: &GivenField) -> Option<(String, Span)> {
        if let Some(counter) = field.counter() {
            // A test that gives it does not make it matter.
            let name = counter.name()?.text();
            let was_used = self.noted.used.has(Kind::Counter, &name);
            let asking = self.counter_asked(file, &counter);
            if !was_used {
                self.noted.used.remove(Kind::Counter, &name);
            }
            let asking = asking?;
            return Some((asking.name, span_of(file, &counter)));
        }
        let name = field.name()?;
        Some((name.text(), span(file, name.text_range())))
    }

    /// `prompt.findings: [secret, medical.diagnosis]`
    fn given_findings(&mut self, file: FileId, field: &GivenField) -> Option<BTreeSet<String>> {
        let value = field.value()?;
        let ast::Value::List(list) = &value else {
            let at = span_of(file, &value);
            let text = self.sources.text(at).to_owned();
            let diagnostic = Diagnostic::new(Code::R0201, "findings are a list", at, "a single value")
                .with_help(format!("write `[{text}]`"))
                .with_fix("write a list", at, format!("[{text}]"), Applicability::Always);
            self.report(diagnostic);
            return None;
        };
        if list.values().next().is_none() {
            return Some(BTreeSet::new());
        }
        self.finding_list(file, list, false).map(|findings| findings.into_iter().collect())
    }

    fn give(&mut self, file: FileId, field: &GivenField, name: &str, at: Span, given: &mut Attributes) {
        let is_findings = |id: &wayleave_program::schema::AttributeId| {
            matches!(self.declared.schema.attribute(*id).origin, Origin::Findings(..))
        };
        let Some(id) = self.declared.schema.find(name).filter(|id| !is_findings(id)) else {
            if !self.declared.poisoned.contains(name) {
                let candidates: Vec<_> = self
                    .declared
                    .schema
                    .attributes
                    .iter()
                    .filter(|attribute| !matches!(attribute.origin, Origin::Findings(..)))
                    .map(|attribute| (attribute.name.clone(), self.declared_at(&attribute.name)))
                    .collect();
                let mut diagnostic = super::names::unknown_path("attribute", name, at, &candidates);
                if name.starts_with("target.") {
                    diagnostic.message = format!("`{name}` is of a target, and a test gives a request");
                    diagnostic.primary.text = "no attribute of a request".to_owned();
                    diagnostic.help =
                        Some("remove it; what a target states stands at its provider and model".to_owned());
                    diagnostic.fixes.clear();
                    diagnostic.secondary.clear();
                }
                if self.definition(name).is_some() {
                    diagnostic.help =
                        Some(format!("`{name}` is a define; give the attributes that it tests"));
                    diagnostic.fixes.clear();
                }
                self.report(diagnostic);
            }
            return;
        };
        if let Origin::BuiltIn(built_in) = self.declared.schema.attribute(id).origin
            && built_in.is_computed()
        {
            let from = match built_in {
                BuiltIn::RequestWindow => "`request.tokens` and `request.output`",
                _ => "`time.now`",
            };
            let message = format!("`{name}` is computed from {from}");
            let diagnostic = Diagnostic::new(Code::R0206, message, at, "cannot be given");
            self.report(diagnostic.with_help(format!("give {from} instead")));
            return;
        }
        let Some(value) = field.value() else { return };
        let value_type = self.declared.schema.attribute(id).value_type.clone();
        let is_unknown_team = id == BuiltIn::CallerTeam.id()
            && matches!(&value_type, Type::Named(named) if named.shape == Shape::Tree && named.member("unknown").is_none())
            && matches!(&value, ast::Value::Name(name) if name.text() == "unknown");
        let value = match is_unknown_team {
            true => Some(Value::Unknown),
            false => self.value(file, name, &value_type, &value),
        };
        if id == BuiltIn::Draw.id()
            && let (Some(Value::Share(share)), Some(written)) = (&value, field.value())
            && share.0 >= 1_000_000
        {
            let message = "a draw is below 100%: it falls into the shares that begin at 0%";
            let diagnostic =
                Diagnostic::new(Code::R0201, message, span_of(file, &written), "beyond the last share");
            self.report(diagnostic.with_help("write a share such as `99%`"));
            return;
        }
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
                let written = to.plan()?;
                if let Some(within) = written.stages().find_map(|stage| stage.within()) {
                    let message = "a test expects certain candidates in their order, and compares no times";
                    let at = span_of(file, &within);
                    let diagnostic = Diagnostic::new(Code::R0206, message, at, "without effect")
                        .with_help("remove `within`")
                        .with_fix("remove `within`", at, "", Applicability::Maybe);
                    self.report(diagnostic);
                    return None;
                }
                let plan = self.plan(file, &written)?;
                let targets = plan.stages.iter().map(|stage| match &stage.who {
                    Who::Target(target) => Some(*target),
                    Who::Requested | Who::Split(..) | Who::Ordered(..) => None,
                });
                let targets: Option<Vec<_>> = targets.collect();
                if targets.is_none() {
                    let message = "a test expects certain candidates, and this plan leaves open which";
                    let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, to), "which ones");
                    self.report(
                        diagnostic.with_help("write the targets that this request should reach, in order"),
                    );
                }
                targets.map(Expected::To)
            }
            Expect::Approval(approval) => {
                self.declared_name(file, Kind::Approval, approval.name()?).map(Expected::Approval)
            }
            Expect::Limited(limited) => {
                self.declared_name(file, Kind::Counter, limited.name()?).map(Expected::Limited)
            }
            Expect::Redact(redact) => {
                self.finding_list(file, &redact.findings()?, true).map(Expected::Redact)
            }
            Expect::Flag(flag) => self.declared_name(file, Kind::Flag, flag.name()?).map(Expected::Flag),
            Expect::Shadow(shadow) => {
                self.one_target(file, &shadow.target()?, "a shadow goes to").map(Expected::Shadow)
            }
        }
    }

    fn declared_name(&mut self, file: FileId, kind: Kind, name: Name) -> Option<String> {
        let text = name.text();
        if self.declared.names.get(kind, &text).is_none() {
            self.unknown_name(kind, &text, span(file, name.text_range()));
            return None;
        }
        Some(text)
    }
}
