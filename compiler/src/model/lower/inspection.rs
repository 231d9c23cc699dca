//! Detectors, and what is asked of the texts of a request: `prompt` and `system`.

use super::conditions::Scope;
use super::names::{Kind, unknown_path};
use super::operands::Reading;
use super::values::{at as place, literal};
use super::{Lower, Placed, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Condition, Predicate, Subject, Test};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_grammar::ast::{self, Item, List, LiteralValue, Node, OperatorKind as Op, Value as Written};
use wayleave_inspect::{Detectors, Looks};
use wayleave_program::catalogue::Catalogue;
use wayleave_program::detector::{BUILT_IN, Detector, DetectorId, DetectorKind, Pattern};
use wayleave_program::schema::{Attribute, Inspected, Origin, Type, plain_type};

/// The one thing that a text can be: nothing is found in it.
const CLEAN: &str = "clean";

impl Lower<'_> {
    /// The detectors, and for each an attribute that holds what it finds in the prompt and in the system prompt.
    pub(super) fn declare_detectors(&mut self, items: &[Placed<Item>]) {
        for name in BUILT_IN {
            self.catalogue_mut()
                .detectors
                .push(Detector { name: name.to_owned(), kind: DetectorKind::BuiltIn });
        }
        for (file, item) in items {
            let Item::Detector(item) = item else { continue };
            let Some(name_node) = item.name() else { continue };
            let at = span(*file, name_node.text_range());
            let name = name_node.text();
            if BUILT_IN.contains(&name.as_str()) {
                let message = format!("`{name}` is a built-in detector");
                let diagnostic = Diagnostic::new(Code::R0102, message, at, "declared again here");
                self.report(
                    diagnostic.with_help("choose another name, or remove it to use the built-in one"),
                );
                continue;
            }
            if !self.declare(Kind::Detector, &name, at) {
                continue;
            }
            // One with an error stands for itself all the same: a use of it is no second error.
            let kind = self.detector_kind(*file, at, item).unwrap_or(DetectorKind::Patterns(Vec::new()));
            self.catalogue_mut().detectors.push(Detector { name, kind });
        }
        for inspected in Inspected::ALL {
            for id in self.declared.catalogue.detector_ids() {
                let detector = self.declared.catalogue.detector(id);
                let findings = detector.findings();
                let findings: Vec<&str> = findings.iter().map(String::as_str).collect();
                let name = format!("{} has {}", inspected.name(), detector.name);
                self.schema_mut().attributes.push(Attribute {
                    value_type: Type::NamedSet(Arc::new(plain_type(&name, &findings))),
                    name,
                    origin: Origin::Findings(inspected, id),
                    default: None,
                    is_required: false,
                });
            }
        }
        self.declared.clean = self.clean(items);
    }

    /// The findings that the policy names, where it may ask for none of them.
    pub(super) fn clean(&self, items: &[Placed<Item>]) -> Arc<[(DetectorId, String)]> {
        // They are asked for by one word alone, and looking for them is a walk through every tree.
        let is_asked = self.sources.files().iter().any(|file| file.text.contains(CLEAN));
        if is_asked { self.named_findings(items).into() } else { Arc::default() }
    }

    fn detector_kind(&mut self, file: FileId, at: Span, item: &ast::Detector) -> Option<DetectorKind> {
        if let Some(pattern) = item.pattern() {
            let pattern = self.pattern(file, &Written::Literal(pattern))?;
            return Some(DetectorKind::Patterns(vec![pattern]));
        }
        let Some(list) = item.words() else { return self.judge(file, at, item).map(DetectorKind::Outside) };
        let patterns: Vec<Option<Pattern>> = list.values().map(|value| self.pattern(file, &value)).collect();
        if patterns.is_empty() {
            let message = "this detector looks for nothing";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, &list), "an empty list");
            self.report(
                diagnostic.with_help("write words or regular expressions: `[\"Orion\", r\"\\bLYRA-\\d+\"]`"),
            );
            return None;
        }
        patterns.into_iter().collect::<Option<_>>().map(DetectorKind::Patterns)
    }

    fn pattern(&mut self, file: FileId, value: &Written) -> Option<Pattern> {
        let at = span_of(file, value);
        match literal(value)? {
            LiteralValue::Regex { pattern, is_any_case } => {
                self.check_regex(at, &pattern)?;
                Some(Pattern::Regex { regex: pattern, is_any_case })
            }
            LiteralValue::Text(word) if word.trim().is_empty() => {
                self.error(Code::R0201, "a word to look for is empty", at, "found in every text");
                None
            }
            LiteralValue::Text(word) => Some(Pattern::Word(word)),
            _ => {
                let message = "a detector looks for words and regular expressions";
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "neither");
                self.report(diagnostic.with_help("write `\"WORD\"` or `r\"PATTERN\"`"));
                None
            }
        }
    }

    /// Reports a regular expression that is wrong, at the place in it that is wrong where that is known.
    pub(super) fn check_regex(&mut self, at: Span, regex: &str) -> Option<()> {
        let Err(bad) = wayleave_inspect::check_regex(regex) else { return Some(()) };
        let message = format!("this regular expression is wrong: {}", bad.message);
        // Between the quotes stands what is read, but for `\"`, so the place is known up to the first of these.
        let written = self.sources.text(at);
        let offset = bad.offset.filter(|offset| *offset < regex.len() && !written.contains("\\\""));
        let at = match offset.and_then(|offset| u32::try_from(offset).ok()) {
            Some(offset) => Span { start: at.start + 2 + offset, end: at.start + 3 + offset, ..at },
            None => at,
        };
        let rest = offset.and_then(|offset| regex.get(offset..)).unwrap_or_default();
        self.report(
            Diagnostic::new(Code::R0205, message, at, "here").with_help(regex_help(rest, &bad.message)),
        );
        None
    }

    /// The findings that the policy names: those of its own detectors, and what it tests or masks.
    fn named_findings(&self, items: &[Placed<Item>]) -> Vec<(DetectorId, String)> {
        let mut named = BTreeSet::new();
        for id in self.declared.catalogue.detector_ids().skip(BUILT_IN.len()) {
            named.extend(
                self.declared.catalogue.detector(id).findings().into_iter().map(|finding| (id, finding)),
            );
        }
        for (_, item) in items {
            for node in item.syntax().descendants() {
                named.extend(self.findings_of_node(&node));
            }
        }
        named.into_iter().collect()
    }

    fn findings_of_node(&self, node: &wayleave_grammar::SyntaxNode) -> Vec<(DetectorId, String)> {
        let is_text = |name: &str| Inspected::ALL.iter().any(|inspected| inspected.name() == name);
        let values: Vec<Written> = if let Some(test) = ast::AttributeTest::cast(node.clone()) {
            let asks = test.operator().and_then(|operator| operator.kind());
            let is_asked = test.subject().is_some_and(|subject| is_text(&subject.text()))
                && matches!(asks, Some(Op::Has | Op::Lacks));
            test.operand().filter(|_| is_asked).into_iter().collect()
        } else if let Some(redact) = ast::Redact::cast(node.clone()) {
            redact.findings().map(|list| list.values().collect()).unwrap_or_default()
        } else if let Some(claim) = ast::RedactedClaim::cast(node.clone()) {
            claim.findings().map(|list| list.values().collect()).unwrap_or_default()
        } else {
            Vec::new()
        };
        let names = values.iter().filter_map(finding_name);
        names
            .filter_map(|name| self.find_finding(&name))
            .flat_map(|(id, names)| names.into_iter().map(move |name| (id, name)))
            .collect()
    }

    /// A detector by its name with all its findings, or one finding of a detector.
    pub(super) fn find_finding(&self, name: &str) -> Option<(DetectorId, Vec<String>)> {
        self.declared.catalogue.detector_ids().find_map(|id| {
            let detector = self.declared.catalogue.detector(id);
            let findings = detector.findings();
            if detector.name == name {
                return Some((id, findings));
            }
            findings.iter().any(|finding| finding == name).then(|| (id, vec![name.to_owned()]))
        })
    }

    /// What a name stands for; an unknown one is reported.
    fn findings_named(&mut self, file: FileId, value: &Written) -> Option<(DetectorId, Vec<String>)> {
        let at = place(file, value);
        let Some(name) = finding_name(value) else {
            let quoted = match literal(value) {
                Some(LiteralValue::Text(text)) if self.find_finding(&text).is_some() => Some(text),
                _ => None,
            };
            let mut diagnostic =
                Diagnostic::new(Code::R0201, "expected the name of a detector", at, "not a name");
            diagnostic = match quoted {
                Some(name) => diagnostic
                    .with_help(format!("write `{name}` without quotes"))
                    .with_fix("remove the quotes", at, name, Applicability::Always),
                None => diagnostic.with_help(
                    "name a detector, such as `secret` or `email`; to look for a text, write `prompt like \"*…*\"` or `prompt matches r\"…\"`",
                ),
            };
            self.report(diagnostic);
            return None;
        };
        if let Some(found) = self.find_finding(&name) {
            self.mark_used(Kind::Detector, &self.declared.catalogue.detector(found.0).name.clone());
            return Some(found);
        }
        let mut candidates: Vec<(String, Option<Span>)> = Vec::new();
        for id in self.declared.catalogue.detector_ids() {
            let detector = self.declared.catalogue.detector(id);
            let declared = self.declared.names.get(Kind::Detector, &detector.name);
            candidates.push((detector.name.clone(), declared));
            let others = detector.findings().into_iter().filter(|finding| *finding != detector.name);
            candidates.extend(others.map(|finding| (finding, declared)));
        }
        let mut diagnostic = unknown_path("detector", &name, at, &candidates);
        if diagnostic.fixes.is_empty() {
            diagnostic.help = Some(format!(
                "declare it, as in `detector {} = [\"…\"]`, or name one of {}",
                name.split('.').next().unwrap_or_default(),
                BUILT_IN[..7].join(", ")
            ));
        }
        self.report(diagnostic);
        None
    }

    /// The findings of a list, each once, in the order written. None where one is wrong and reported.
    pub(super) fn finding_list(&mut self, file: FileId, list: &List, is_masked: bool) -> Option<Vec<String>> {
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let mut findings = Vec::new();
        let mut is_whole = true;
        for value in list.values() {
            let at = place(file, &value);
            let Some((id, names)) = self.findings_named(file, &value) else {
                is_whole = false;
                continue;
            };
            if is_masked && self.declared.catalogue.detector(id).name == "uninspected" {
                let message = "what could not be read cannot be masked either";
                let diagnostic = Diagnostic::new(Code::R0201, message, at, "nothing to replace");
                self.report(
                    diagnostic.with_help("refuse such requests: `deny NAME when prompt has uninspected`"),
                );
                is_whole = false;
            }
            for name in names {
                if let Some(first) = seen.insert(name.clone(), at) {
                    self.report(super::names::twice("finding", &name, at, first));
                    is_whole = false;
                } else {
                    findings.push(name);
                }
            }
        }
        if list.values().next().is_none() {
            let diagnostic =
                Diagnostic::new(Code::R0206, "this list names no finding", span_of(file, list), "empty");
            self.report(diagnostic.with_help("name what is meant, such as `[email, phone]`"));
            return None;
        }
        is_whole.then_some(findings)
    }

    /// A test of `prompt` or `system`.
    pub(super) fn text_test(
        &mut self,
        reading: &Reading<'_>,
        inspected: Inspected,
        _scope: Scope,
    ) -> Option<Condition> {
        let file = reading.file;
        match (reading.operator, reading.operand) {
            (Op::Has | Op::Lacks, Written::List(_)) => {
                let message =
                    format!("`{}` asks for one finding, and this is a list", reading.operator.text());
                let at = place(file, reading.operand);
                let help =
                    "write one test for each, joined by `and` or `or`; `is clean` asks for none of all";
                self.report(Diagnostic::new(Code::R0201, message, at, "a list").with_help(help));
                None
            }
            (Op::Has | Op::Lacks, value) => {
                let (id, names) = self.findings_named(file, value)?;
                let test = self.found(inspected, id, &names)?;
                Some(if reading.operator == Op::Has { test } else { Condition::Not(Box::new(test)) })
            }
            (Op::Is | Op::IsNot, Written::Name(name)) if name.text() == CLEAN => {
                let found = self.any_found(reading, inspected)?;
                Some(if reading.operator == Op::IsNot { found } else { Condition::Not(Box::new(found)) })
            }
            (Op::Like | Op::Matches, _) => {
                let pattern = self.text_pattern(reading)?;
                let subject = Subject::Attribute(inspected.texts().id());
                Some(Condition::Test(Test { subject, predicate: Predicate::Matches(pattern) }))
            }
            _ => self.refuse(
                reading,
                "the text of a request",
                "write `has DETECTOR`, `lacks DETECTOR`, `is clean`, `like \"*…*\"` or `matches r\"…\"`",
            ),
        }
    }

    /// That one of these findings of a detector is there.
    fn found(&mut self, inspected: Inspected, id: DetectorId, names: &[String]) -> Option<Condition> {
        self.noted.tested_detectors.insert(id);
        let subject = Subject::Attribute(self.declared.schema.findings(inspected, id)?);
        let has = |name: &String| Condition::Test(Test { subject, predicate: Predicate::Has(name.clone()) });
        let mut tests: Vec<Condition> = names.iter().map(has).collect();
        if tests.len() == 1 { tests.pop() } else { Some(Condition::Any(tests)) }
    }

    /// That any finding that the policy names is there.
    fn any_found(&mut self, reading: &Reading<'_>, inspected: Inspected) -> Option<Condition> {
        if self.declared.clean.is_empty() {
            let message = format!(
                "`{} is clean` asks for none of the findings that this policy names, and it names none",
                inspected.name()
            );
            let at = place(reading.file, reading.operand);
            let is_denied = reading.operator == Op::IsNot;
            let label = if is_denied { "always false" } else { "always true" };
            let diagnostic = Diagnostic::new(Code::R0201, message, at, label);
            self.report(diagnostic.with_help("name what is looked for: `lacks secret`"));
            return None;
        }
        let named = self.declared.clean.clone();
        let tests: Option<Vec<Condition>> =
            named.iter().map(|(id, name)| self.found(inspected, *id, std::slice::from_ref(name))).collect();
        tests.map(Condition::Any)
    }
}

fn finding_name(value: &Written) -> Option<String> {
    match value {
        Written::Name(name) => Some(name.text()),
        Written::Attribute(name) => Some(name.text()),
        _ => None,
    }
}

/// How to mend a regular expression that is wrong from here on.
fn regex_help(rest: &str, message: &str) -> &'static str {
    let begins_with = |signs: &[&str]| signs.iter().any(|sign| rest.starts_with(sign));
    if begins_with(&["(?=", "(?!", "(?<=", "(?<!"]) {
        return "write what stands around it as a part of the pattern: `\\b` for the end of a word, `[^A-Z]` for another sign";
    }
    if rest.starts_with('\\') && rest[1..].starts_with(|digit: char| digit.is_ascii_digit()) {
        return "write out what it refers to, once for each text that it may be";
    }
    if message.starts_with("it is too large") {
        return "make its repetitions smaller, or its classes narrower: `[A-Za-z0-9_]` in place of `\\w`, which is of every script";
    }
    "correct it; a plain text stands in quotes without the `r`"
}

fn pattern(pattern: &Pattern) -> wayleave_inspect::Pattern {
    match pattern {
        Pattern::Regex { regex, is_any_case } => {
            wayleave_inspect::Pattern::Regex { regex: regex.clone(), any_case: *is_any_case }
        }
        Pattern::Word(word) => wayleave_inspect::Pattern::Word(word.clone()),
    }
}

/// Compiles the pure ones of some detectors.
pub(crate) fn compiled(
    catalogue: &Catalogue,
    asked: &BTreeSet<DetectorId>,
) -> BTreeMap<DetectorId, Detectors> {
    let looks = |detector: &Detector| match &detector.kind {
        DetectorKind::BuiltIn => Looks::built_in(&detector.name),
        DetectorKind::Patterns(patterns) => Some(Looks::Patterns(patterns.iter().map(pattern).collect())),
        DetectorKind::Outside(_) => None,
    };
    let compiled = catalogue.detector_ids().filter(|id| asked.contains(id)).filter_map(|id| {
        let detector = catalogue.detector(id);
        let looks = looks(detector)?;
        Some((id, Detectors::new(vec![(detector.name.clone(), looks)]).ok()?))
    });
    compiled.collect()
}
