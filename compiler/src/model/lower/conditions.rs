//! Conditions: names resolved, tests typed. What a test may ask of a value is in `operands.rs`.

use super::names::{Kind, unknown_path};
use super::{Lower, span};
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit, Fix};
use crate::model::{Condition, Operand, Predicate, Subject, TargetField, Test};
use crate::source::{FileId, Span};
use std::sync::Arc;
use wayleave_grammar::ast::{self, AttributeName, AttributeTest, DefineName, Node, OperatorKind, Value};
use wayleave_grammar::{SyntaxNode, TextRange};
use wayleave_program::schema::{Inspected, NamedType, Origin, Shape, Type};

/// Where a condition stands, as far as it matters to what it may test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In a rule that speaks about targets.
    Targets,
    /// In a `define`, which may be used in either.
    Define,
    /// In a `classify`.
    Classify,
    /// In a `deny`.
    Deny,
    /// In a `route` or an arm of one.
    Route,
    /// In a `limit` or `budget`.
    Counter,
    /// In a `migrate`.
    Migrate,
    /// In a claim about requests.
    Claim,
    /// Behind `use … for`.
    Use,
}

impl Scope {
    fn allows_target(self) -> bool {
        matches!(self, Scope::Targets | Scope::Define)
    }

    fn words(self) -> &'static str {
        match self {
            Scope::Targets | Scope::Define => "this rule",
            Scope::Classify => "a `classify`",
            Scope::Deny => "a `deny`",
            Scope::Route => "a `route`",
            Scope::Counter => "a `limit` or `budget`",
            Scope::Migrate => "a `migrate`",
            Scope::Claim => "this claim",
            Scope::Use => "`use … for`",
        }
    }
}

/// The type of what a test asks about.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// Of an attribute or fact.
    Value(Type),
    /// Money per million tokens.
    Price,
    /// A target.
    Target,
}

/// What a test asks about, with its name and type.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) asked: Asked,
}

impl Lower<'_> {
    /// A condition; none where a part of it is wrong and reported. Recursion is bounded by the grammar's nesting limit.
    pub(super) fn condition(
        &mut self,
        file: FileId,
        condition: &ast::Condition,
        scope: Scope,
    ) -> Option<Condition> {
        match condition {
            ast::Condition::Or(or) => {
                let operands: Vec<ast::Condition> = or.operands().collect();
                if self.values_without_test(file, &operands, "or") {
                    return None;
                }
                self.parts(file, operands.into_iter(), scope).map(Condition::Any)
            }
            ast::Condition::And(and) => {
                let operands: Vec<ast::Condition> = and.operands().collect();
                if self.values_without_test(file, &operands, "and") {
                    return None;
                }
                self.parts(file, operands.into_iter(), scope).map(Condition::All)
            }
            ast::Condition::Not(not) => {
                let inner = self.condition(file, &not.operand()?, scope)?;
                Some(Condition::Not(Box::new(inner)))
            }
            ast::Condition::Paren(paren) => self.condition(file, &paren.inner()?, scope),
            ast::Condition::Test(test) => {
                let lowered = self.test(file, test, scope)?;
                Some(self.operand(super::span_of(file, test), lowered))
            }
            ast::Condition::Name(name) => {
                let lowered = self.name_alone(file, name, scope)?;
                Some(self.operand(super::span_of(file, name), lowered))
            }
        }
    }

    /// Keeps where an operand stands.
    fn operand(&mut self, span: Span, condition: Condition) -> Condition {
        self.noted.operands.push(Arc::new(Operand { span, condition: condition.clone() }));
        condition
    }

    /// `data is confidential or internal`, `prompt has email or iban`: reports a bare value behind a test that it could
    /// stand in.
    fn values_without_test(&mut self, file: FileId, operands: &[ast::Condition], joint: &str) -> bool {
        for pair in operands.windows(2) {
            let [ast::Condition::Test(test), ast::Condition::Name(name)] = pair else { continue };
            let Some(second) = name.name() else { continue };
            let text = second.text();
            if self.definition(&text).is_some() || self.declared.schema.find(&text).is_some() {
                continue;
            }
            let at = span(file, second.text_range());
            let Some((written, is_whole)) = self.value_in_a_test(file, test, &second, joint) else {
                continue;
            };
            let subject = test.subject().map(|subject| subject.text()).unwrap_or_default();
            let message = format!("`{text}` is a value of `{subject}`, and no condition on its own");
            let replaced = if is_whole { Span { end: at.end, ..super::span_of(file, test) } } else { at };
            let diagnostic = Diagnostic::new(Code::R0201, message, at, "neither true nor false")
                .with_help(format!("write `{written}`"))
                .with_fix(format!("write `{written}`"), replaced, written, Applicability::Maybe);
            self.report(diagnostic);
            return true;
        }
        false
    }

    /// How a test and the value behind it are written, and whether that takes the place of both.
    fn value_in_a_test(
        &self,
        file: FileId,
        test: &AttributeTest,
        second: &AttributeName,
        joint: &str,
    ) -> Option<(String, bool)> {
        let (subject, operator, first) = (test.subject()?.text(), test.operator()?, test.operand()?);
        let text = second.text();
        let written = self.sources.text(span(file, second.text_range()));
        let kind = operator.kind()?;
        let (_, asked) = self.attribute_or_field(&subject)?;
        let is_value = match (&asked, kind) {
            (Asked::Value(Type::Named(named)), OperatorKind::Is | OperatorKind::IsNot) => {
                named.member(&text).is_some()
            }
            (Asked::Value(Type::Text | Type::Model), OperatorKind::Is | OperatorKind::IsNot) => {
                written.starts_with('"')
            }
            (Asked::Value(Type::NamedSet(named)), OperatorKind::Has | OperatorKind::Lacks) => {
                named.member(&text).is_some()
            }
            (Asked::Value(Type::TextSet), OperatorKind::Has | OperatorKind::Lacks) => {
                written.starts_with('"')
            }
            (Asked::Value(Type::Parts), OperatorKind::Has | OperatorKind::Lacks) => {
                self.find_finding(&text).is_some()
            }
            _ => false,
        };
        if !is_value {
            return None;
        }
        let first = self.sources.text(super::span_of(file, &first));
        match (kind, joint) {
            (OperatorKind::Is, "or") => Some((format!("{subject} in [{first}, {written}]"), true)),
            (OperatorKind::IsNot, "or") => Some((format!("{subject} not in [{first}, {written}]"), true)),
            _ => Some((format!("{subject} {} {written}", kind.text()), false)),
        }
    }

    fn parts(
        &mut self,
        file: FileId,
        operands: impl Iterator<Item = ast::Condition>,
        scope: Scope,
    ) -> Option<Vec<Condition>> {
        let mut parts = Vec::new();
        let mut is_whole = true;
        for operand in operands {
            match self.condition(file, &operand, scope) {
                Some(part) => parts.push(part),
                None => is_whole = false,
            }
        }
        is_whole.then_some(parts)
    }

    /// A name that stands for a condition: a define, or an attribute that is true or false.
    fn name_alone(&mut self, file: FileId, name: &DefineName, scope: Scope) -> Option<Condition> {
        let name_node = name.name()?;
        let text = name_node.text();
        let at = span(file, name_node.text_range());
        self.mark_used(Kind::Attribute, &text);
        if let Some(id) = self.definition(&text) {
            let definition = &self.declared.definitions[id.0 as usize];
            let declared = definition.span;
            if matches!(definition.body, crate::model::DefinitionBody::Define(_)) {
                if !self.may_name("define", &text, declared, at) {
                    return None;
                }
                let definition = &self.declared.definitions[id.0 as usize];
                if definition.tests_target && !scope.allows_target() {
                    let message = format!("{} cannot test `target`, and `{text}` does", scope.words());
                    let diagnostic = Diagnostic::new(
                        Code::R0212,
                        message,
                        at,
                        "no target is chosen yet where this is asked",
                    );
                    self.report(
                        diagnostic.with_label(declared, "defined here").with_help(target_help(scope)),
                    );
                    return None;
                }
                return Some(Condition::Defined(id));
            }
        }
        let asking = self.asking(file, &name_node, scope)?;
        match asking.asked {
            Asked::Value(Type::Bool) => {
                Some(Condition::Test(Test { subject: asking.subject, predicate: Predicate::IsTrue }))
            }
            Asked::Value(_) | Asked::Price | Asked::Target => {
                let message = format!("`{text}` is no condition on its own");
                let help = format!("test it, as in `{text} {}`", example(&asking.asked));
                self.report(
                    Diagnostic::new(Code::R0201, message, at, "neither true nor false").with_help(help),
                );
                None
            }
        }
    }

    fn test(&mut self, file: FileId, test: &AttributeTest, scope: Scope) -> Option<Condition> {
        let asking = match test.counter() {
            Some(counter) => self.counter_asked(file, &counter),
            None if self.is_member_asked(file, test) => return None,
            None => self.asking(file, &test.subject()?, scope),
        };
        let (operator, operand) = (test.operator()?, test.operand()?);
        let at = span(file, operator.text_range());
        let inspected = asking.as_ref().and_then(|asking| {
            Inspected::ALL
                .into_iter()
                .find(|inspected| asking.subject == Subject::Attribute(inspected.texts().id()))
        });
        if let (Some(inspected), Some(asking)) = (inspected, &asking) {
            let reading =
                super::operands::Reading { file, asking, operator: operator.kind()?, at, operand: &operand };
            return self.text_test(&reading, inspected, scope);
        }
        self.predicate(file, &asking?, operator.kind()?, at, &operand, scope)
    }

    /// `"interns" in caller.groups`: reports a text that is looked for in a set.
    fn is_member_asked(&mut self, file: FileId, test: &AttributeTest) -> bool {
        let is_in = |kind| matches!(kind, OperatorKind::In | OperatorKind::NotIn);
        let parts = (test.subject(), test.operator().and_then(|operator| operator.kind()), test.operand());
        let (Some(subject), Some(kind), Some(Value::Attribute(set))) = parts else { return false };
        let at = span(file, subject.text_range());
        let text = self.sources.text(at).to_owned();
        let is_set = self
            .attribute_or_field(&set.text())
            .is_some_and(|(_, asked)| matches!(asked, Asked::Value(Type::TextSet | Type::NamedSet(_))));
        if !is_set
            || !is_in(kind)
            || !text.starts_with('"')
            || self.attribute_or_field(&subject.text()).is_some()
        {
            return false;
        }
        let word = if kind == OperatorKind::In { "has" } else { "lacks" };
        let write = format!("{} {word} {text}", set.text());
        let message = format!("what is asked stands first: `{}` {word} {text}", set.text());
        let diagnostic = Diagnostic::new(Code::R0101, message, at, "a text, and no attribute")
            .with_help(format!("write `{write}`"))
            .with_fix(format!("write `{write}`"), super::span_of(file, test), write, Applicability::Maybe);
        self.report(diagnostic);
        true
    }

    /// What a name asks about, if it is known and may be asked here.
    pub(super) fn asking(&mut self, file: FileId, name: &AttributeName, scope: Scope) -> Option<Asking> {
        let text = name.text();
        let at = span(file, name.text_range());
        self.mark_used(Kind::Attribute, &text);
        let (subject, asked) = match self.attribute_or_field(&text) {
            Some(found) => found,
            None => {
                self.unknown_attribute(&text, at, name);
                return None;
            }
        };
        if matches!(subject, Subject::Target(_)) && !scope.allows_target() {
            let message = format!("{} cannot test `{text}`", scope.words());
            let diagnostic =
                Diagnostic::new(Code::R0212, message, at, "no target is chosen yet where this is asked");
            let mut diagnostic = diagnostic.with_help(target_help(scope));
            diagnostic.fixes.extend(as_forbid(file, name));
            self.report(diagnostic);
            return None;
        }
        if matches!(asked, Asked::Price) {
            self.noted.priced.test_at(at);
        }
        Some(Asking { name: text, subject, asked })
    }

    pub(super) fn attribute_or_field(&self, text: &str) -> Option<(Subject, Asked)> {
        let is_testable =
            |id: &wayleave_program::schema::AttributeId| match self.declared.schema.attribute(*id).origin {
                Origin::BuiltIn(built_in) => built_in.is_testable(),
                Origin::Findings(..) | Origin::Counter => false,
                Origin::Sources(..) | Origin::Classified => true,
            };
        if let Some(id) = self.declared.schema.find(text).filter(is_testable) {
            return Some((
                Subject::Attribute(id),
                Asked::Value(self.declared.schema.attribute(id).value_type.clone()),
            ));
        }
        if let Some(index) = self.declared.facts.iter().position(|fact| fact.name == text) {
            let id = crate::model::FactId(u32::try_from(index).ok()?);
            let asked = Asked::Value(self.declared.facts[index].value_type.clone());
            return Some((Subject::Target(TargetField::Fact(id)), asked));
        }
        let (field, asked) = match text {
            "target" => (TargetField::Itself, Asked::Target),
            "target.name" => (TargetField::Name, Asked::Value(Type::Text)),
            "target.provider" => {
                (TargetField::Provider, Asked::Value(Type::Named(Arc::new(self.provider_type()))))
            }
            "target.context" => (TargetField::Context, Asked::Value(Type::Tokens)),
            "target.output" => (TargetField::Output, Asked::Value(Type::Tokens)),
            "target.supports" => {
                (TargetField::Supports, Asked::Value(Type::NamedSet(Arc::new(capability_type()))))
            }
            "target.price.input" => (TargetField::PriceInput, Asked::Price),
            "target.price.output" => (TargetField::PriceOutput, Asked::Price),
            _ => return None,
        };
        Some((Subject::Target(field), asked))
    }

    /// The providers' names as a type, in the order of the catalogue.
    fn provider_type(&self) -> NamedType {
        let names = self.declared.catalogue.providers.iter().map(|provider| provider.name.clone());
        named_type("target.provider", names)
    }

    fn unknown_attribute(&mut self, text: &str, at: Span, name: &AttributeName) {
        if self.declared.poisoned.contains(text) || self.declared_at(text).is_some() {
            return;
        }
        if let Some(fact) = text.strip_prefix("target.")
            && !fact.contains('.')
        {
            let mut candidates: Vec<(String, Option<Span>)> = self
                .declared
                .facts
                .iter()
                .map(|fact| (fact.name.clone(), self.declared_at(&fact.name)))
                .collect();
            candidates.extend(
                ["target.name", "target.provider", "target.context", "target.output", "target.supports"]
                    .map(|name| (name.to_owned(), None)),
            );
            let mut diagnostic = unknown_path("fact of targets", text, at, &candidates);
            if diagnostic.fixes.is_empty() {
                diagnostic.help = Some(format!("declare it: `attribute {text}: TYPE`"));
            }
            return self.report(diagnostic);
        }
        let names_itself = |attribute: &&wayleave_program::schema::Attribute| match attribute.origin {
            Origin::BuiltIn(built_in) => built_in.is_testable(),
            Origin::Findings(..) | Origin::Counter => false,
            Origin::Sources(..) | Origin::Classified => true,
        };
        let built_in = self
            .declared
            .schema
            .attributes
            .iter()
            .filter(names_itself)
            .map(|attribute| attribute.name.clone());
        let mut candidates: Vec<(String, Option<Span>)> =
            built_in.map(|name| (name.clone(), self.declared_at(&name))).collect();
        candidates.extend(
            self.declared.names.of(Kind::Attribute).map(|(name, span)| (name.to_owned(), Some(span))),
        );
        candidates.push(("target".to_owned(), None));
        candidates.dedup();
        let mut diagnostic = unknown_path("attribute or define", text, at, &candidates);
        if diagnostic.fixes.is_empty() {
            diagnostic.help = Some(self.attribute_help(text, name));
        }
        self.report(diagnostic);
    }

    fn attribute_help(&self, text: &str, name: &AttributeName) -> String {
        let ends_alike = |attribute: &&wayleave_program::schema::Attribute| {
            attribute.name.rsplit('.').next() == Some(text) && attribute.name != text
        };
        if let Some(attribute) = self.declared.schema.attributes.iter().find(ends_alike) {
            return format!("write `{}` if that is meant", attribute.name);
        }
        let fact = format!("target.{text}");
        if self.declared.facts.iter().any(|known| known.name == fact) {
            return format!("write `{fact}` if that is meant");
        }
        if super::values::NOTHING.contains(&text) {
            return "there is no null: a missing value is the attribute's `default`, or the request is refused where it is `required`".to_owned();
        }
        if text == "true" || text == "false" {
            return "a rule that always holds needs no `when`; one that never does can be left out"
                .to_owned();
        }
        // `input.data` of a language that reads a document.
        let last = text.rsplit('.').next().unwrap_or_default();
        if last != text && self.declared_at(last).is_some() {
            return format!("write `{last}` if that is meant");
        }
        if name.segments().count() > 1 {
            return "the built-in ones begin with `caller.`, `request.`, `time.` and `target.`, or are `prompt` and `system`".to_owned();
        }
        format!(
            "declare it: `attribute {text}: TYPE from header \"x-{text}\"`, or `define {text} = CONDITION`"
        )
    }
}

/// What makes a `forbid` of the `deny` in which a fact of a target is tested; a comment in its head stays.
fn as_forbid(file: FileId, tested: &AttributeName) -> Option<Fix> {
    let mut around = std::iter::successors(tested.syntax().parent(), SyntaxNode::parent);
    let deny = around.find_map(ast::Deny::cast)?;
    let name = deny.name()?;
    let title = format!("write `forbid {}: any`", name.syntax().text());
    let behind = TextRange::empty(name.text_range().end());
    let word = Edit { span: span(file, deny.keyword_range()?), text: "forbid".to_owned() };
    let any = Edit { span: span(file, behind), text: ": any".to_owned() };
    Some(Fix { title, edits: vec![word, any], applicability: Applicability::Maybe })
}

fn target_help(scope: Scope) -> &'static str {
    match scope {
        Scope::Deny => "a rule about targets is a `forbid`: write `forbid NAME: any when …`",
        Scope::Claim => "what is claimed of every attempt is written `always … when …`",
        Scope::Counter => "a counter counts requests; test the request here",
        Scope::Migrate => "it says which target it leaves before `to`; test the request here",
        Scope::Use => "a delegated file speaks for requests; test the request here",
        Scope::Route | Scope::Classify | Scope::Targets | Scope::Define => {
            "which targets may be asked is said by `approve` and `forbid`; test the request here"
        }
    }
}

fn example(asked: &Asked) -> String {
    match asked {
        Asked::Price => "<= $10 per 1M tokens".to_owned(),
        Asked::Target => "is provider/model".to_owned(),
        Asked::Value(value_type) => match value_type {
            Type::Text | Type::Model => "is \"…\"".to_owned(),
            Type::TextSet | Type::NamedSet(_) => "has …".to_owned(),
            Type::Named(named) if named.shape == Shape::Tree => {
                format!("in {}", named.members.first().map(|member| member.name.as_str()).unwrap_or("…"))
            }
            Type::Named(named) => {
                format!("is {}", named.members.first().map(|member| member.name.as_str()).unwrap_or("…"))
            }
            Type::Bool => "is true".to_owned(),
            Type::Tokens => "> 8k tokens".to_owned(),
            Type::Instant => "< 2027-06-30".to_owned(),
            Type::TimeOfDay => "in 09:00..18:00".to_owned(),
            Type::Share => ">= 80%".to_owned(),
            Type::Parts => "has secret".to_owned(),
        },
    }
}

fn named_type(name: &str, members: impl Iterator<Item = String>) -> NamedType {
    let members = members.map(|name| wayleave_program::schema::Member { name, parent: None }).collect();
    NamedType { name: name.to_owned(), shape: Shape::Plain, members }
}

fn capability_type() -> NamedType {
    let names = ["chat", "embeddings"].iter().chain(&wayleave_program::schema::NEEDS);
    named_type("target.supports", names.map(|name| (*name).to_owned()))
}
