//! The rules of "may": approve, deny, forbid.

use super::conditions::Scope;
use super::names::Kind;
use super::{Lower, span, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Approve, Condition, Deny, Forbid, Period, Rule};
use crate::source::{FileId, Span};
use wayleave_grammar::ast::{self, FromClause, Item, Text, UntilClause, WhenClause};

/// A rule with its file, and whether it is only tried (`observe`).
pub(super) type Tried = (FileId, ast::Rule, bool);

/// The rule that an item is or tries.
pub(super) fn rule_of(file: FileId, item: &Item) -> Option<Tried> {
    let rule = match item {
        Item::Observe(observe) => return observe.rule().map(|rule| (file, rule, true)),
        Item::Approve(item) => ast::Rule::Approve(item.clone()),
        Item::Deny(item) => ast::Rule::Deny(item.clone()),
        Item::Forbid(item) => ast::Rule::Forbid(item.clone()),
        Item::Redact(item) => ast::Rule::Redact(item.clone()),
        Item::Flag(item) => ast::Rule::Flag(item.clone()),
        Item::RequireApproval(item) => ast::Rule::RequireApproval(item.clone()),
        Item::Cap(item) => ast::Rule::Cap(item.clone()),
        Item::Log(item) => ast::Rule::Log(item.clone()),
        _ => return None,
    };
    Some((file, rule, false))
}

impl Lower<'_> {
    pub(super) fn approvals(&mut self, rules: &[Tried]) -> Vec<Rule<Approve>> {
        let mut approvals = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Approve(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Approve, *file, item.name()) else { continue };
            let targets = item.targets().map(|targets| self.target_set(*file, &targets)).unwrap_or_default();
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let Some(condition) = condition else { continue };
            let body = Approve {
                targets,
                until_at: item.until().map(|clause| span_of(*file, &clause)),
                owner: item.owner().and_then(|clause| clause.text()).map(|text| text.value()),
                by: item.by().and_then(|clause| clause.text()).map(|text| text.value()),
                reference: item.reference().and_then(|clause| clause.text()).map(|text| text.value()),
            };
            let is_tried = *is_tried;
            approvals.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        approvals
    }

    pub(super) fn denials(&mut self, rules: &[Tried]) -> Vec<Rule<Deny>> {
        let mut denials = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Deny(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Deny, *file, item.name()) else { continue };
            if item.when().is_none() {
                // The parser has said so.
                continue;
            }
            let condition = self.rule_condition(*file, item.when(), Scope::Deny);
            let period = self.period(*file, item.from(), item.until());
            let because = self.words(*file, item.because().and_then(|clause| clause.text()));
            let Some(condition) = condition else { continue };
            let (is_tried, body) = (*is_tried, Deny { because });
            denials.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        denials
    }

    pub(super) fn prohibitions(&mut self, rules: &[Tried]) -> Vec<Rule<Forbid>> {
        let mut prohibitions = Vec::new();
        for (file, rule, is_tried) in rules {
            let ast::Rule::Forbid(item) = rule else { continue };
            let Some(name) = self.declare_name(Kind::Forbid, *file, item.name()) else { continue };
            let targets = item.targets().map(|targets| self.target_set(*file, &targets)).unwrap_or_default();
            let condition = self.rule_condition(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let because = self.words(*file, item.because().and_then(|clause| clause.text()));
            let Some(condition) = condition else { continue };
            let (is_tried, body) = (*is_tried, Forbid { targets, because });
            prohibitions.push(Rule { name, span: span_of(*file, item), condition, period, is_tried, body });
        }
        prohibitions
    }

    /// The condition of a rule; always where there is no `when`. None where it is wrong and reported.
    pub(super) fn when(
        &mut self,
        file: FileId,
        clause: Option<WhenClause>,
        scope: Scope,
    ) -> Option<Condition> {
        match clause {
            None => Some(Condition::always()),
            Some(clause) => self.condition(file, &clause.condition()?, scope),
        }
    }

    pub(super) fn period(
        &mut self,
        file: FileId,
        from: Option<FromClause>,
        until: Option<UntilClause>,
    ) -> Period {
        let from_date = from.as_ref().and_then(|clause| clause.date());
        let until_date = until.as_ref().and_then(|clause| clause.date());
        let period = Period {
            from: from_date.and_then(|literal| self.instant(file, &literal)),
            until: until_date.and_then(|literal| self.instant(file, &literal)),
        };
        if let (Some(start), Some(end), Some(from), Some(until)) = (period.from, period.until, from, until)
            && start >= end
        {
            let until_at: Span = span_of(file, &until);
            let diagnostic =
                Diagnostic::new(Code::R0201, "this rule ends before it begins", until_at, "ends here")
                    .with_label(span_of(file, &from), "begins here")
                    .with_help("write the earlier date after `from`");
            self.report(diagnostic);
        }
        period
    }

    /// What a caller is told; words that say nothing are reported.
    pub(super) fn words(&mut self, file: FileId, text: Option<Text>) -> Option<String> {
        let text = text?;
        let words = text.value();
        if words.trim().is_empty() {
            let message = "these words tell the caller nothing";
            let diagnostic = Diagnostic::new(Code::R0206, message, span(file, text.range()), "empty");
            self.report(diagnostic.with_help("say why the request is refused, and whom to ask"));
        }
        Some(words)
    }
}
