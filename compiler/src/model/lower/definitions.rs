//! Defines and classifications, each after those that it names.

use super::conditions::Scope;
use super::graph;
use super::names::Kind;
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Condition, Definition, DefinitionBody, DefinitionId, Subject};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use wayleave_grammar::SyntaxNode;
use wayleave_grammar::ast::{AttributeName, Classify, ClassifyArm, Define, Item, Node};
use wayleave_program::schema::{NamedType, Type};
use wayleave_program::value::MemberId;

enum Draft {
    Define(Define),
    Classify(Classify),
}

impl Draft {
    fn syntax(&self) -> &SyntaxNode {
        match self {
            Draft::Define(item) => item.syntax(),
            Draft::Classify(item) => item.syntax(),
        }
    }
}

impl Lower<'_> {
    pub(super) fn define(&mut self, items: &[Placed<Item>]) {
        let drafts = self.drafts(items);
        let index: BTreeMap<&str, usize> =
            drafts.iter().enumerate().map(|(i, (_, name, _, _))| (name.as_str(), i)).collect();
        let edges: Vec<Vec<usize>> = drafts
            .iter()
            .map(|(_, _, _, draft)| {
                let is_class = matches!(draft, Draft::Classify(_));
                let names =
                    draft.syntax().descendants().filter_map(AttributeName::cast).map(|name| name.text());
                // The first such name in a class is its own.
                let names = names.skip(usize::from(is_class));
                names.filter_map(|name| index.get(name.as_str()).copied()).collect()
            })
            .collect();
        let order = graph::order(&edges);
        for circle in &order.circles {
            let names: Vec<(String, Span)> =
                circle.iter().map(|node| (drafts[*node].1.clone(), drafts[*node].2)).collect();
            self.circle("define", &names);
        }
        let sound: std::collections::BTreeSet<usize> = order.nodes.iter().copied().collect();
        for (node, (_, name, _, _)) in drafts.iter().enumerate() {
            if !sound.contains(&node) {
                self.poisoned.insert(name.clone());
            }
        }
        for node in order.nodes {
            let (file, name, at, draft) = &drafts[node];
            let body = match draft {
                Draft::Define(item) => {
                    let condition = item.condition();
                    condition
                        .and_then(|condition| self.condition(*file, &condition, Scope::Define))
                        .map(DefinitionBody::Define)
                }
                Draft::Classify(item) => self.classification(*file, name, item),
            };
            match body {
                Some(body) => self.add_definition(name.clone(), *at, body),
                None => {
                    self.poisoned.insert(name.clone());
                }
            }
        }
    }

    /// All defines and classes that are declared; names of defines are declared here.
    fn drafts(&mut self, items: &[Placed<Item>]) -> Vec<(FileId, String, Span, Draft)> {
        let mut drafts = Vec::new();
        for (file, item) in items {
            match item {
                Item::Define(item) => {
                    let Some(name) = item.name() else { continue };
                    let at = span(*file, name.text_range());
                    if self.declare(Kind::Attribute, &name.text(), at) {
                        drafts.push((*file, name.text(), at, Draft::Define(item.clone())));
                    }
                }
                Item::Classify(item) => {
                    let Some(name) = item.name() else { continue };
                    let at = span(*file, name.text_range());
                    if self.declared_at(&name.text()) == Some(at) && self.schema.find(&name.text()).is_some()
                    {
                        drafts.push((*file, name.text(), at, Draft::Classify(item.clone())));
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
        let id = DefinitionId(u32::try_from(self.definitions.len()).expect("few definitions"));
        self.definition_ids.insert(name.clone(), id);
        self.definitions.push(Definition { name, span: at, body, tests_target });
    }

    /// Whether a condition tests the target, directly or through a definition.
    pub(super) fn tests_target(&self, condition: &Condition) -> bool {
        let directly = condition.tests().iter().any(|test| {
            matches!(test.subject, Subject::Target(_))
                || matches!(test.predicate, crate::model::Predicate::ComparesToFact(..))
        });
        directly || condition.definitions().iter().any(|id| self.definitions[id.0 as usize].tests_target)
    }

    /// The definition of that name, if it stands already.
    pub(super) fn definition(&self, name: &str) -> Option<DefinitionId> {
        self.definition_ids.get(name).copied()
    }

    fn classification(&mut self, file: FileId, name: &str, item: &Classify) -> Option<DefinitionBody> {
        let attribute = self.schema.find(name)?;
        let Type::Named(named) = self.schema.attribute(attribute).value_type.clone() else { return None };
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
