//! The rules of files that are as they were at the check before: taken over instead of typed again. What a rule means rests on
//! its own text and on what the policy declares, so both have to be the same, and the file must have had no mistake. Whoever
//! checks once keeps nothing, and finds the same.

use super::near::Compared;
use super::rules::Tried;
use super::{Lower, names};
use crate::model::{Approve, Cap, Deny, Flag, Forbid, Log, Operand, Redact, Requirement, Rule};
use crate::source::{FileId, SourceText, Span};
use std::collections::BTreeSet;
use std::sync::Arc;
use wayleave_grammar::ast::{self, Item, Node};
use wayleave_program::detector::DetectorId;
use wayleave_program::schema::Schema;

/// What a check found out of a policy that the next one of the same policy can use. Grows with its text.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    schema: Arc<Schema>,
    /// The findings that the policy names: what `is clean` asks for.
    clean: Vec<(DetectorId, String)>,
    files: Vec<KeptFile>,
}

#[derive(Debug, Clone)]
struct KeptFile {
    name: Arc<str>,
    text: Arc<SourceText>,
    /// All that it declares and rules may name, as it is written.
    declares: Arc<str>,
    /// None where they have a mistake.
    rules: Option<Arc<KeptRules>>,
}

#[derive(Debug)]
struct KeptRules {
    rules: RuleParts,
    noted: Noted,
}

/// The rules of some files, by kind.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleParts {
    pub(super) approvals: Vec<Rule<Approve>>,
    pub(super) denials: Vec<Rule<Deny>>,
    pub(super) prohibitions: Vec<Rule<Forbid>>,
    pub(super) redactions: Vec<Rule<Redact>>,
    pub(super) flags: Vec<Rule<Flag>>,
    pub(super) requirements: Vec<Rule<Requirement>>,
    pub(super) caps: Vec<Rule<Cap>>,
    pub(super) logs: Vec<Rule<Log>>,
}

impl RuleParts {
    fn extend(&mut self, more: &RuleParts) {
        self.approvals.extend_from_slice(&more.approvals);
        self.denials.extend_from_slice(&more.denials);
        self.prohibitions.extend_from_slice(&more.prohibitions);
        self.redactions.extend_from_slice(&more.redactions);
        self.flags.extend_from_slice(&more.flags);
        self.requirements.extend_from_slice(&more.requirements);
        self.caps.extend_from_slice(&more.caps);
        self.logs.extend_from_slice(&more.logs);
    }
}

/// What is noted beside while rules are typed.
#[derive(Debug, Default)]
struct Noted {
    used: names::Used,
    operands: Vec<Operand>,
    compared: Vec<Compared>,
    model_texts: BTreeSet<String>,
    tested_detectors: BTreeSet<DetectorId>,
    price_test: Option<Span>,
}

impl Lower<'_> {
    /// The rules of all files.
    pub(super) fn rules(&mut self, rules: &[Tried], memory: Option<&mut Memory>) -> RuleParts {
        let Some(memory) = memory else { return self.rules_of(rules) };
        let before = std::mem::take(memory);
        *memory = self.declared(&before);
        let is_same = memory.declares_as(&before);
        let mut parts = RuleParts::default();
        for (index, kept) in memory.files.iter_mut().enumerate() {
            let is_of_file = |(file, _, _): &Tried| file.0 as usize == index;
            let first = rules.partition_point(|(file, _, _)| (file.0 as usize) < index);
            let count = rules[first..].iter().take_while(|rule| is_of_file(rule)).count();
            let own = &rules[first..first + count];
            let known = before.files.get(index).filter(|file| is_same && Arc::ptr_eq(&file.text, &kept.text));
            kept.rules = match known.and_then(|file| file.rules.clone()) {
                Some(known) if self.declare_again(own) => {
                    self.note(&known.noted);
                    parts.extend(&known.rules);
                    Some(known)
                }
                _ => {
                    let told = self.diagnostics.len();
                    let others = self.take_noted();
                    let rules = self.rules_of(own);
                    let noted = self.take_noted();
                    self.put_back(others);
                    self.note(&noted);
                    parts.extend(&rules);
                    let is_whole = self.diagnostics.len() == told && self.has_first_approvals(own);
                    is_whole.then(|| Arc::new(KeptRules { rules, noted }))
                }
            };
        }
        parts
    }

    fn rules_of(&mut self, rules: &[Tried]) -> RuleParts {
        RuleParts {
            approvals: self.approvals(rules),
            denials: self.denials(rules),
            prohibitions: self.prohibitions(rules),
            redactions: self.redactions(rules),
            flags: self.flags(rules),
            requirements: self.requirements(rules),
            caps: self.caps(rules),
            logs: self.logs(rules),
        }
    }

    /// What rules rest on, with no rule yet.
    fn declared(&self, before: &Memory) -> Memory {
        let file = |(index, file): (usize, &crate::source::SourceFile)| {
            let known = before
                .files
                .get(index)
                .filter(|known| Arc::ptr_eq(&known.text, &file.read) && *known.name == *file.name);
            KeptFile {
                name: known.map_or_else(|| file.name.as_str().into(), |known| known.name.clone()),
                text: Arc::clone(&file.read),
                declares: known.map_or_else(|| declares(&file.read).into(), |known| known.declares.clone()),
                rules: None,
            }
        };
        let files = self.sources.files().iter().enumerate().map(file).collect();
        let is_known = *before.schema == self.schema;
        let schema = if is_known { Arc::clone(&before.schema) } else { Arc::new(self.schema.clone()) };
        Memory { schema, clean: self.clean.clone(), files }
    }

    /// Declares the names of rules that are known. Not where another file has one of them.
    fn declare_again(&mut self, rules: &[Tried]) -> bool {
        let names: Vec<_> = rules.iter().filter_map(declaration).collect();
        if names.iter().any(|(kind, name, _)| self.names.get(*kind, name).is_some()) {
            return false;
        }
        names.iter().all(|(kind, name, span)| self.declare(*kind, name, *span))
    }

    /// Whether each approval that these rules require is the first of its name. Of another one it was told before, and its rule is
    /// none of the policy's, as long as there is the first.
    fn has_first_approvals(&self, rules: &[Tried]) -> bool {
        let is_first = |file: FileId, name: ast::Name| {
            let at = super::span(file, name.text_range());
            self.names.get(names::Kind::Approval, &name.text()) == Some(at)
        };
        rules.iter().all(|(file, rule, _)| match rule {
            ast::Rule::RequireApproval(item) => item.name().is_none_or(|name| is_first(*file, name)),
            ast::Rule::Approve(_)
            | ast::Rule::Deny(_)
            | ast::Rule::Forbid(_)
            | ast::Rule::Redact(_)
            | ast::Rule::Flag(_)
            | ast::Rule::Cap(_)
            | ast::Rule::Log(_) => true,
        })
    }

    fn take_noted(&mut self) -> Noted {
        Noted {
            used: std::mem::take(&mut self.used),
            operands: std::mem::take(&mut self.operands),
            compared: std::mem::take(&mut self.compared),
            model_texts: std::mem::take(&mut self.model_texts),
            tested_detectors: std::mem::take(&mut self.tested_detectors),
            price_test: self.priced.test.take(),
        }
    }

    fn put_back(&mut self, noted: Noted) {
        let Noted { used, operands, compared, model_texts, tested_detectors, price_test } = noted;
        (self.used, self.operands, self.compared) = (used, operands, compared);
        (self.model_texts, self.tested_detectors, self.priced.test) =
            (model_texts, tested_detectors, price_test);
    }

    fn note(&mut self, noted: &Noted) {
        self.used.extend(&noted.used);
        self.operands.extend_from_slice(&noted.operands);
        self.compared.extend_from_slice(&noted.compared);
        self.model_texts.extend(noted.model_texts.iter().cloned());
        self.tested_detectors.extend(&noted.tested_detectors);
        if let Some(at) = noted.price_test {
            self.priced.test_at(at);
        }
    }
}

impl Memory {
    /// Whether rules that are the same mean the same.
    fn declares_as(&self, other: &Memory) -> bool {
        self.files.len() == other.files.len()
            && self.files.iter().zip(&other.files).all(|(a, b)| a.name == b.name && a.declares == b.declares)
            && self.clean == other.clean
            && Arc::ptr_eq(&self.schema, &other.schema)
    }
}

/// The items of a text that declare what rules may name. A plan is taken over with its places, so these are of it.
fn declares(text: &SourceText) -> String {
    let mut declares = String::new();
    for item in text.parse.root().items() {
        match &item {
            Item::Approve(_)
            | Item::Deny(_)
            | Item::Forbid(_)
            | Item::Redact(_)
            | Item::Flag(_)
            | Item::RequireApproval(_)
            | Item::Cap(_)
            | Item::Log(_)
            | Item::Observe(_)
            | Item::Route(_)
            | Item::Otherwise(_)
            | Item::Migrate(_)
            | Item::Guarantee(_)
            | Item::Test(_) => continue,
            Item::Plan(_) => declares.push_str(&format!("{:?}", item.range())),
            Item::Edition(_)
            | Item::Timezone(_)
            | Item::Use(_)
            | Item::Type(_)
            | Item::Attribute(_)
            | Item::Classify(_)
            | Item::Define(_)
            | Item::Alias(_)
            | Item::Provider(_)
            | Item::Detector(_)
            | Item::Group(_)
            | Item::Limit(_)
            | Item::Budget(_) => {}
        }
        declares.push_str(item.syntax().text());
        // Stands in no text: what follows begins another item.
        declares.push('\0');
    }
    declares
}

/// The name that a rule declares; approvals that are required have declared theirs before.
fn declaration((file, rule, _): &Tried) -> Option<(names::Kind, String, Span)> {
    let (kind, name) = match rule {
        ast::Rule::Approve(item) => (names::Kind::Approve, item.name()),
        ast::Rule::Deny(item) => (names::Kind::Deny, item.name()),
        ast::Rule::Forbid(item) => (names::Kind::Forbid, item.name()),
        ast::Rule::Redact(item) => (names::Kind::Redact, item.name()),
        ast::Rule::Flag(item) => (names::Kind::Flag, item.name()),
        ast::Rule::Cap(item) => (names::Kind::Cap, item.name()),
        ast::Rule::Log(item) => (names::Kind::Log, item.name()),
        ast::Rule::RequireApproval(_) => return None,
    };
    let name = name?;
    Some((kind, name.text(), super::span(*file, name.text_range())))
}
