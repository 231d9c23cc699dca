//! The rules of what is owed with a call, and of what needs a grant: redact, flag, cap, log, require approval.

use super::conditions::Scope;
use super::names::Kind;
use super::rules::Tried;
use super::{Lower, span, span_of};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::model::{Cap, Flag, Log, Redact, Requirement, Rule};
use wayleave_grammar::ast::{self, LiteralValue};
use wayleave_program::plan::{LogLevel, Place};

impl Lower<'_> {
    pub(super) fn redactions(&mut self, rules: &[Tried]) -> Vec<Rule<Redact>> {
        let mut redactions = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Redact(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Redact, *file, item.name()) else { continue };
            let findings = item.findings().and_then(|list| self.finding_list(*file, &list, true));
            let place = match item.place().and_then(|clause| clause.place()).as_deref() {
                Some("prompt") => Place::Prompt,
                Some("response") => Place::Response,
                _ => Place::Both,
            };
            let is_restored = item.restore().is_some();
            if let (Some(clause), Place::Response) = (item.restore(), place) {
                let message = "what is masked in the response has no original to put back";
                let at = span_of(*file, &clause);
                let diagnostic = Diagnostic::new(Code::R0206, message, at, "without effect")
                    .with_help("remove `restore`, or mask `in both`")
                    .with_fix("remove `restore`", at, "", Applicability::Maybe);
                self.report(diagnostic);
            }
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let (Some(findings), Some(condition)) = (findings, condition) else { continue };
            let body = Redact { findings, place, is_restored };
            let is_tried = *is_tried;
            redactions.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        redactions
    }

    pub(super) fn flags(&mut self, rules: &[Tried]) -> Vec<Rule<Flag>> {
        let mut flags = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Flag(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Flag, *file, item.name()) else { continue };
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let Some(condition) = condition else { continue };
            let is_tried = *is_tried;
            flags.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body: Flag });
        }
        flags
    }

    pub(super) fn requirements(&mut self, rules: &[Tried]) -> Vec<Rule<Requirement>> {
        let mut requirements = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::RequireApproval(item) = rule else { continue };
            let Some(name_node) = item.name() else { continue };
            let at = span(*file, name_node.text_range());
            let name = name_node.text();
            if self.declared.names.get(Kind::Approval, &name) != Some(at) {
                continue;
            }
            let each = item.each().and_then(|clause| self.each(*file, &clause));
            let by = item.by().and_then(|clause| clause.text()).map(|text| text.value());
            let valid = item.valid().and_then(|clause| clause.duration());
            let valid_ms =
                valid.map(|literal| self.duration(span_of(*file, &literal), "valid", literal.value()));
            let because = self.words(*file, item.because().and_then(|clause| clause.text()));
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let end = span_of(*file, item).after();
            if item.by().is_none() {
                self.missing_clause(&name, "by", "who grants it", at, end, "by \"…\"");
            }
            if item.each().is_none() {
                self.missing_clause(&name, "each", "who holds a grant", at, end, "each caller.team");
            }
            let (Some(by), Some(each), Some(condition)) = (by, each, condition) else { continue };
            let Some(valid_ms) = valid_ms.map_or(Some(None), |valid| valid.map(Some)) else { continue };
            let body = Requirement { by, each, valid_ms, because };
            let is_tried = *is_tried;
            requirements.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        requirements
    }

    fn missing_clause(
        &mut self,
        name: &str,
        clause: &str,
        what: &str,
        at: crate::source::Span,
        end: crate::source::Span,
        text: &str,
    ) {
        let message = format!("`require approval {name}` does not say {what}");
        let diagnostic = Diagnostic::new(Code::R0206, message, at, format!("no `{clause}`"))
            .with_help(format!("add `{text}`"))
            .with_fix(format!("add `{clause}`"), end, format!("  {text}"), Applicability::Placeholders);
        self.report(diagnostic);
    }

    pub(super) fn caps(&mut self, rules: &[Tried]) -> Vec<Rule<Cap>> {
        let mut caps = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Cap(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Cap, *file, item.name()) else { continue };
            let tokens = match item.tokens() {
                Some(literal) => match literal.value() {
                    Some(LiteralValue::Tokens(0)) => {
                        let message = "a cap of 0 tokens leaves no answer";
                        let diagnostic =
                            Diagnostic::new(Code::R0201, message, span_of(*file, &literal), "nothing at all");
                        self.report(diagnostic.with_help("write `deny NAME when …` to refuse requests"));
                        None
                    }
                    Some(LiteralValue::Tokens(tokens)) => Some(tokens),
                    _ => None,
                },
                None => None,
            };
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let (Some(tokens), Some(condition)) = (tokens, condition) else { continue };
            let is_tried = *is_tried;
            let body = Cap { tokens };
            caps.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        caps
    }

    pub(super) fn logs(&mut self, rules: &[Tried]) -> Vec<Rule<Log>> {
        let mut logs = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Log(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Log, *file, item.name()) else { continue };
            let level = match item.level().as_deref() {
                Some("full") => LogLevel::Full,
                Some("none") => LogLevel::None,
                _ => LogLevel::Metadata,
            };
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let Some(condition) = condition else { continue };
            let is_tried = *is_tried;
            let body = Log { level };
            logs.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        logs
    }

    /// The names of approvals, which a request may hold.
    pub(super) fn declare_grants(&mut self, items: &[super::Placed<ast::Item>]) {
        let mut names = Vec::new();
        for (file, item) in items {
            if !matches!(item, ast::Item::RequireApproval(_) | ast::Item::Observe(_)) {
                continue;
            }
            if let Some((file, ast::Rule::RequireApproval(item), _)) = super::rules::rule_of(*file, item) {
                names.extend(self.declare_name(Kind::Approval, file, item.name()));
            }
        }
        self.set_grants(&names);
    }

    fn set_grants(&mut self, names: &[String]) {
        use wayleave_program::schema::{BuiltIn, Type, plain_type};
        if names.is_empty() {
            return;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let granted = &mut self.schema_mut().attributes[BuiltIn::Granted.id().0 as usize];
        granted.value_type = Type::NamedSet(std::sync::Arc::new(plain_type("granted", &names)));
    }

    /// What tried and enforced rules of these files say, in policy order.
    pub(super) fn tried_rules(items: &[super::Placed<ast::Item>]) -> Vec<Tried> {
        items.iter().filter_map(|(file, item)| super::rules::rule_of(*file, item)).collect()
    }
}
