//! Defines and classifications, each after those that it names.

use super::conditions::Scope;
use super::drafts::Draft;
use super::names::Kind;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Condition, Definition, DefinitionBody, DefinitionId, Subject};
use crate::source::{FileId, Span};
use std::collections::BTreeSet;
use std::sync::Arc;
use wayleave_grammar::ast::{AttributeName, Classify, ClassifyArm, Define, Item, Node};
use wayleave_program::schema::{NamedType, Type};
use wayleave_program::value::MemberId;

/// What a definition is made from.
enum Body {
    Define(Define),
    Classify(Classify),
}

/// Every attribute and define that a definition names.
fn named(body: &Body) -> Vec<String> {
    let (syntax, own_names) = match body {
        Body::Define(item) => (item.syntax(), 0),
        // The first such name in a class is its own.
        Body::Classify(item) => (item.syntax(), 1),
    };
    syntax.descendants().filter_map(AttributeName::cast).skip(own_names).map(|name| name.text()).collect()
}

impl Lower<'_> {
    pub(super) fn define(&mut self, items: &[Placed<Item>]) {
        let drafts = self.definition_drafts(items);
        let order = self.in_order("define", &drafts, named);
        let sound: BTreeSet<usize> = order.iter().copied().collect();
        let is_unsound = |(position, _): &(usize, &Draft<Body>)| !sound.contains(position);
        let unsound = drafts.iter().enumerate().filter(is_unsound).map(|(_, draft)| draft.name.clone());
        self.declared.poisoned.extend(unsound);
        for position in order {
            let Draft { file, name, at, item } = &drafts[position];
            let body = match item {
                Body::Define(item) => {
                    let condition = item.condition();
                    condition
                        .and_then(|condition| self.condition(*file, &condition, Scope::Define))
                        .map(DefinitionBody::Define)
                }
                Body::Classify(item) => self.classification(*file, name, item),
            };
            match body {
                Some(body) => self.add_definition(name.clone(), *at, body),
                None => {
                    self.declared.poisoned.insert(name.clone());
                }
            }
        }
    }

    /// All defines and classes; names of defines are declared here, those of classes are already.
    fn definition_drafts(&mut self, items: &[Placed<Item>]) -> Vec<Draft<Body>> {
        let mut drafts = Vec::new();
        for (file, item) in items {
            match item {
                Item::Define(item) => {
                    if let Some(name) = item.name()
                        && super::attributes::RESERVED.contains(&name.text().as_str())
                    {
                        let at = span(*file, name.text_range());
                        let message = format!("`{}` is a word of the built-in attributes", name.text());
                        let diagnostic = Diagnostic::new(Code::R0102, message, at, "defined again here");
                        self.report(diagnostic.with_help("choose another name"));
                        continue;
                    }
                    drafts.extend(self.draft(
                        Kind::Attribute,
                        *file,
                        item.name(),
                        Body::Define(item.clone()),
                    ));
                }
                Item::Classify(item) => {
                    let Some(name_node) = item.name() else { continue };
                    let (name, at) = (name_node.text(), span(*file, name_node.text_range()));
                    if self.declared_at(&name) == Some(at) && self.declared.schema.find(&name).is_some() {
                        drafts.push(Draft { file: *file, name, at, item: Body::Classify(item.clone()) });
                    }
                }
                _ => {}
            }
        }
        drafts
    }

    fn add_definition(&mut self, name: String, at: Span, body: DefinitionBody) {
        let conditions: Vec<&Condition> = match &body {
            DefinitionBody::Define(condition) => vec![condition],
            DefinitionBody::Classify { arms, .. } => arms.iter().map(|(condition, _)| condition).collect(),
        };
        let tests_target = conditions.iter().any(|condition| self.tests_target(condition));
        let id = DefinitionId(u32::try_from(self.declared.definitions.len()).expect("few definitions"));
        Arc::make_mut(&mut self.declared.definition_ids).insert(name.clone(), id);
        let definition = Definition { name, span: at, body, tests_target };
        Arc::make_mut(&mut self.declared.definitions).push(Arc::new(definition));
    }

    /// Whether a condition tests the target, directly or through a definition.
    pub(super) fn tests_target(&self, condition: &Condition) -> bool {
        let directly = condition.tests().iter().any(|test| {
            matches!(test.subject, Subject::Target(_))
                || matches!(test.predicate, crate::model::Predicate::ComparesToFact(..))
        });
        directly
            || condition.definitions().iter().any(|id| self.declared.definitions[id.0 as usize].tests_target)
    }

    /// The definition of that name, if it stands already.
    pub(super) fn definition(&self, name: &str) -> Option<DefinitionId> {
        self.declared.definition_ids.get(name).copied()
    }

    fn classification(&mut self, file: FileId, name: &str, item: &Classify) -> Option<DefinitionBody> {
        let attribute = self.declared.schema.find(name)?;
        let Type::Named(named) = self.declared.schema.attribute(attribute).value_type.clone() else {
            return None;
        };
        let mut arms = Vec::new();
        let mut otherwise: Option<(MemberId, Span)> = None;
        let mut is_whole = true;
        for arm in item.arms() {
            let at = span_of(file, &arm);
            let member = self.arm_value(file, &named, &arm);
            if let Some((_, first)) = otherwise {
                self.after_otherwise(at, first, arm.is_otherwise());
                is_whole = false;
            } else if arm.is_otherwise() {
                otherwise = Some((member.unwrap_or(MemberId(0)), at));
                is_whole &= member.is_some();
            } else {
                let condition = arm.when().and_then(|when| when.condition());
                let condition =
                    condition.and_then(|condition| self.condition(file, &condition, Scope::Classify));
                match (condition, member) {
                    (Some(condition), Some(member)) => arms.push((condition, member)),
                    _ => is_whole = false,
                }
            }
        }
        let Some((otherwise, _)) = otherwise else {
            let at = item.closing_brace().map_or_else(|| span_of(file, item), |range| span(file, range));
            let member = named.members.last().map(|member| super::written(&member.name)).unwrap_or_default();
            let message =
                format!("`classify {name}` has no `otherwise`, so some requests would have no class");
            let diagnostic = Diagnostic::new(Code::R0104, message, at, "ends without `otherwise`")
                .with_help(format!("add a last line such as `otherwise {member}`"))
                .with_fix(
                    "add an `otherwise`",
                    at.before(),
                    format!("  otherwise {member}\n"),
                    Applicability::Placeholders,
                );
            self.report(diagnostic);
            return None;
        };
        is_whole.then_some(DefinitionBody::Classify { attribute, arms, otherwise })
    }

    fn arm_value(&mut self, file: FileId, named: &NamedType, arm: &ClassifyArm) -> Option<MemberId> {
        let value = wayleave_grammar::ast::Value::Name(arm.value()?);
        self.member(file, named, &value)
    }

    /// An arm that stands behind the `otherwise`.
    pub(super) fn after_otherwise(&mut self, at: Span, first: Span, is_otherwise: bool) {
        let (message, label) = match is_otherwise {
            true => ("a second `otherwise` can never be reached", "again here"),
            false => ("an arm behind the `otherwise` can never be reached", "never reached"),
        };
        let diagnostic = Diagnostic::new(Code::R0104, message, at, label)
            .with_label(first, "this takes everything")
            .with_help("let `otherwise` stand last, once");
        self.report(diagnostic);
    }
}
