//! The rules of "may": approve, deny, forbid.

use super::conditions::Scope;
use super::names::Kind;
use super::{Lower, Placed, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Approval, Condition, Denial, Period, Prohibition};
use crate::source::{FileId, Span};
use wayleave_grammar::ast::{FromClause, Item, Text, UntilClause, WhenClause};

impl Lower<'_> {
    pub(super) fn approvals(&mut self, items: &[Placed<Item>]) -> Vec<Approval> {
        let mut approvals = Vec::new();
        for (file, item) in items {
            let Item::Approve(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Approve, *file, item.name()) else { continue };
            let targets = item.targets().map(|targets| self.target_set(*file, &targets)).unwrap_or_default();
            let condition = self.when(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let Some(condition) = condition else { continue };
            approvals.push(Approval {
                name,
                span: span_of(*file, item),
                targets,
                condition,
                period,
                until_at: item.until().map(|clause| span_of(*file, &clause)),
                owner: item.owner().and_then(|clause| clause.text()).map(|text| text.value()),
                by: item.by().and_then(|clause| clause.text()).map(|text| text.value()),
                reference: item.reference().and_then(|clause| clause.text()).map(|text| text.value()),
            });
        }
        approvals
    }

    pub(super) fn denials(&mut self, items: &[Placed<Item>]) -> Vec<Denial> {
        let mut denials = Vec::new();
        for (file, item) in items {
            let Item::Deny(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Deny, *file, item.name()) else { continue };
            if item.when().is_none() {
                // The parser has said so.
                continue;
            }
            let condition = self.when(*file, item.when(), Scope::Deny);
            let period = self.period(*file, item.from(), item.until());
            let because = words(item.because().and_then(|clause| clause.text()));
            let Some(condition) = condition else { continue };
            denials.push(Denial { name, span: span_of(*file, item), condition, period, because });
        }
        denials
    }

    pub(super) fn prohibitions(&mut self, items: &[Placed<Item>]) -> Vec<Prohibition> {
        let mut prohibitions = Vec::new();
        for (file, item) in items {
            let Item::Forbid(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Forbid, *file, item.name()) else { continue };
            let targets = item.targets().map(|targets| self.target_set(*file, &targets)).unwrap_or_default();
            let condition = self.when(*file, item.when(), Scope::Targets);
            let period = self.period(*file, item.from(), item.until());
            let because = words(item.because().and_then(|clause| clause.text()));
            let Some(condition) = condition else { continue };
            prohibitions.push(Prohibition {
                name,
                span: span_of(*file, item),
                targets,
                condition,
                period,
                because,
            });
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

    fn period(&mut self, file: FileId, from: Option<FromClause>, until: Option<UntilClause>) -> Period {
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
}

fn words(text: Option<Text>) -> Option<String> {
    text.map(|text| text.value())
}
