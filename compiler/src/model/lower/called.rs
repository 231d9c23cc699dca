//! Tests of what is called: `request.model`, by alias, target or text, and `target` itself.

use super::Lower;
use super::names::Kind;
use super::operands::Reading;
use super::values::{at as place, describe, is_reported, literal};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::Predicate;
use std::collections::BTreeSet;
use wayleave_grammar::ast::{LiteralValue, OperatorKind as Op, Value};

impl Lower<'_> {
    pub(super) fn model_names(&mut self, reading: &Reading<'_>) -> Option<Predicate> {
        let (mut aliases, mut targets, mut texts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let help = "write `is ALIAS`, `is provider/model` or `in provider/*`";
        let values = self.operands(reading, "the name of a model", help)?;
        for value in &values {
            match value {
                Value::Name(name) => {
                    let text = name.text();
                    let alias = self.declared.catalogue.aliases.iter().position(|alias| alias.name == text);
                    let Some(alias) = alias else {
                        self.unknown_name(Kind::Alias, &text, place(reading.file, value));
                        return None;
                    };
                    aliases.insert(wayleave_program::catalogue::AliasId(u32::try_from(alias).ok()?));
                }
                Value::Target(path) => targets.extend(self.target_path(reading.file, path)?),
                Value::Group(group) => targets.extend(self.group(reading.file, group)?),
                Value::Any(_) => targets.extend(self.declared.catalogue.target_ids()),
                _ if is_reported(value) => return None,
                _ => match literal(value) {
                    Some(LiteralValue::Text(text)) => {
                        self.noted.model_texts.insert(text.clone());
                        self.compare_text("request.model", &text, place(reading.file, value));
                        texts.insert(text);
                    }
                    _ => {
                        let message = format!(
                            "`request.model` is an alias, a target or a text, and this is {}",
                            describe(value)
                        );
                        self.error(Code::R0201, message, place(reading.file, value), describe(value));
                        return None;
                    }
                },
            }
        }
        Some(Predicate::NamesModel { aliases, targets, texts })
    }

    pub(super) fn targets_asked(
        &mut self,
        reading: &Reading<'_>,
    ) -> Option<BTreeSet<wayleave_program::catalogue::TargetId>> {
        let values = self.operands(reading, "a target", "write `is provider/model` or `in group NAME`")?;
        let mut targets = BTreeSet::new();
        for value in &values {
            match value {
                Value::Target(path) => targets.extend(self.target_path(reading.file, path)?),
                Value::Group(group) => targets.extend(self.group(reading.file, group)?),
                Value::Any(_) => targets.extend(self.declared.catalogue.target_ids()),
                _ if is_reported(value) => return None,
                _ => {
                    let message =
                        format!("`target` is asked against targets, and this is {}", describe(value));
                    let diagnostic =
                        Diagnostic::new(Code::R0201, message, place(reading.file, value), describe(value));
                    self.report(diagnostic.with_help("write `provider/model`, `provider/*` or `group NAME`"));
                    return None;
                }
            }
        }
        Some(targets)
    }

    /// What stands behind the operator: one target or name after `is`, several after `in`.
    fn operands(&mut self, reading: &Reading<'_>, what: &str, help: &str) -> Option<Vec<Value>> {
        let (code, message, words) = match (reading.operator, reading.operand) {
            (Op::In | Op::NotIn, Value::List(list)) => return Some(list.values().collect()),
            (Op::Is | Op::IsNot, value) if !is_several(value) => return Some(vec![value.clone()]),
            (Op::In | Op::NotIn, value) if is_several(value) => return Some(vec![value.clone()]),
            (Op::Is, _) => (Code::R0201, "`is` asks for one, and this stands for several", "in"),
            (Op::IsNot, _) => (Code::R0201, "`is not` asks for one, and this stands for several", "not in"),
            (Op::In, _) => (Code::R0204, "`in` takes several, and this is one", "is"),
            (Op::NotIn, _) => (Code::R0204, "`not in` takes several, and this is one", "is not"),
            _ => return self.refuse(reading, what, help),
        };
        let diagnostic = Diagnostic::new(code, message, reading.at, "does not fit what follows")
            .with_help(format!("write `{words}`"))
            .with_fix(format!("write `{words}`"), reading.at, words, Applicability::Always);
        self.report(diagnostic);
        None
    }
}

/// Whether a value stands for several targets.
fn is_several(value: &Value) -> bool {
    match value {
        Value::Target(path) => path.is_all_models(),
        Value::Group(_) | Value::Any(_) => true,
        _ => false,
    }
}
