//! Detectors outside the gateway: where each is asked, what it may find, how long it may take, and what counts when it
//! fails.

use super::fields::Fields;
use super::names::unknown_word;
use super::{Lower, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use std::collections::BTreeSet;
use wayleave_grammar::ast::{self, Node, Value as Written};
use wayleave_program::detector::{Judge, OnFailure};

/// What a detector outside states, all of it.
pub(super) const FIELDS: [&str; 4] = ["url", "finds", "timeout", "on-failure"];

impl Lower<'_> {
    pub(super) fn judge(&mut self, file: FileId, at: Span, item: &ast::Detector) -> Option<Judge> {
        let brace = item.syntax().last_token().map(|token| super::span(file, token.text_range()));
        let fields = self.fields(file, at, item.fields(), &FIELDS, brace);
        let url = fields.value("url").and_then(|value| self.judge_url(file, &value));
        let finds = fields.value("finds").and_then(|value| self.finds(file, &value));
        let timeout_ms = self.duration_field(&fields, "timeout");
        let on_failure = self.on_failure(&fields);
        let asked = [
            ("url", "where is it asked", "url: \"http://detector.internal/analyze\""),
            ("finds", "what can it find", "finds: [person]"),
            ("timeout", "how long may it take", "timeout: 200ms"),
            ("on-failure", "what counts when it does not answer", "on-failure: found"),
        ];
        for (name, why, text) in asked {
            if !fields.by_name.contains_key(name) {
                self.missing_field(&fields, "detector", name, why, text);
            }
        }
        // What is wrong has been reported, so no policy is built of it; its findings can be named all the same.
        Some(Judge {
            url: url.unwrap_or_default(),
            finds: finds?,
            timeout_ms: timeout_ms.unwrap_or_default(),
            on_failure: on_failure.unwrap_or(OnFailure::Found),
        })
    }

    fn judge_url(&mut self, file: FileId, value: &Written) -> Option<String> {
        // It stands in the policy, so it may be anywhere: no caller can name another.
        self.url(file, value, wayleave_program::catalogue::Network::Private)
    }

    fn finds(&mut self, file: FileId, value: &Written) -> Option<Vec<String>> {
        let at = span_of(file, value);
        let Written::List(list) = value else {
            let diagnostic = Diagnostic::new(Code::R0201, "`finds` is a list of names", at, "not a list");
            self.report(diagnostic.with_help("write `finds: [person, address]`"));
            return None;
        };
        let mut names: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for value in list.values() {
            let at = span_of(file, &value);
            let Written::Name(name) = &value else {
                let diagnostic = Diagnostic::new(Code::R0201, "`finds` is a list of names", at, "not a name");
                self.report(diagnostic.with_help("write a name such as `patient-id`"));
                return None;
            };
            let name = name.text();
            if !seen.insert(name.clone()) {
                let diagnostic =
                    Diagnostic::new(Code::R0102, format!("`finds` names `{name}` twice"), at, "again here");
                self.report(diagnostic.with_help("remove one of them"));
                return None;
            }
            names.push(name);
        }
        if names.is_empty() {
            let diagnostic = Diagnostic::new(Code::R0206, "this detector finds nothing", at, "an empty list");
            self.report(diagnostic.with_help("name what it may find"));
            return None;
        }
        Some(names)
    }

    fn on_failure(&mut self, fields: &Fields) -> Option<OnFailure> {
        let value = fields.value("on-failure")?;
        let at = span_of(fields.file, &value);
        let word = match &value {
            Written::Name(name) => name.text(),
            _ => String::new(),
        };
        match word.as_str() {
            "found" => Some(OnFailure::Found),
            "clean" => Some(OnFailure::Clean),
            "" => {
                let diagnostic =
                    Diagnostic::new(Code::R0201, "`on-failure` is `found` or `clean`", at, "neither");
                self.report(diagnostic.with_help(
                    "write `found`, so that what it could not judge counts as found, or `clean`, so that it counts as not found",
                ));
                None
            }
            _ => {
                let candidates = ["found", "clean"].map(|name| (name.to_owned(), None));
                self.report(unknown_word("answer on failure", &word, at, &candidates));
                None
            }
        }
    }
}
