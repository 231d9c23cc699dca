//! Migrations: from which target to which, for whom, in which steps, and when they go back.

use super::conditions::Scope;
use super::names::Kind;
use super::{Lower, Placed, span_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Migration, Rollback};
use crate::source::{FileId, Span};
use wayleave_grammar::ast::{self, Item, Literal, LiteralValue, TargetPath};
use wayleave_program::catalogue::TargetId;
use wayleave_program::value::{Instant, Share};

/// All of a whole, in millionths.
const WHOLE: u64 = 1_000_000;

impl Lower<'_> {
    pub(super) fn migrations(&mut self, items: &[Placed<Item>]) -> Vec<Migration> {
        let mut migrations = Vec::new();
        for (file, item) in items {
            let Item::Migrate(item) = item else { continue };
            let Some(name) = self.declare_name(Kind::Migrate, *file, item.name()) else { continue };
            migrations.extend(self.migration(*file, name, item));
        }
        migrations
    }

    fn migration(&mut self, file: FileId, name: String, item: &ast::Migrate) -> Option<Migration> {
        let old = item.old().and_then(|path| self.one_target(file, &path, "a migration leaves"));
        let new = item.new_target().and_then(|path| self.one_target(file, &path, "a migration goes to"));
        let condition = self.rule_condition(file, item.when(), Scope::Migrate);
        let sticky = item.sticky().and_then(|clause| clause.attribute());
        let sticky = sticky.map(|attribute| self.told_apart_by(file, &attribute));
        let ramp = item.ramp().map_or(Some(Vec::new()), |clause| self.ramp(file, &clause));
        let shadow = item.shadow().map(|clause| self.shadow(file, &clause));
        let rollback = item.rollback().map(|clause| self.rollback(file, &clause));
        if item.ramp().is_none() && item.shadow().is_none() {
            let message = format!("`migrate {name}` moves nothing and copies nothing");
            let at =
                item.name().map_or_else(|| span_of(file, item), |name| super::span(file, name.text_range()));
            let diagnostic = Diagnostic::new(Code::R0206, message, at, "no `ramp`, no `shadow`");
            self.report(diagnostic.with_help("add `ramp { 2027-01-01 5%  2027-01-08 100% }`"));
        }
        if let (Some(old), Some(new), Some(path)) = (old, new, item.new_target())
            && old == new
        {
            let message = format!("`migrate {name}` goes from a target to itself");
            let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, &path), "the same target");
            self.report(diagnostic.with_help("name the target that takes its place"));
            return None;
        }
        Some(Migration {
            name,
            span: span_of(file, item),
            condition: condition?,
            old: old?,
            new: new?,
            sticky: sticky.map_or(Some(None), |sticky| sticky.map(Some))?,
            ramp: ramp?,
            shadow: shadow.map_or(Some(None), |shadow| shadow.map(Some))?,
            rollback: rollback.map_or(Some(None), |rollback| rollback.map(Some))?,
        })
    }

    /// A path that has to name one model.
    pub(super) fn one_target(&mut self, file: FileId, path: &TargetPath, what: &str) -> Option<TargetId> {
        let found = self.target_path(file, path)?;
        if path.is_all_models() {
            let message = format!("{what} one target, and this stands for all models of a provider");
            let diagnostic = Diagnostic::new(Code::R0201, message, span_of(file, path), "several");
            self.report(diagnostic.with_help("name one model: `provider/model`"));
            return None;
        }
        found.first().copied()
    }

    fn ramp(&mut self, file: FileId, clause: &ast::RampClause) -> Option<Vec<(Instant, Share)>> {
        let mut steps: Vec<(Instant, Share)> = Vec::new();
        let mut is_whole = true;
        for step in clause.steps() {
            let (Some(date), Some(share)) = (step.date(), step.share()) else { return None };
            let (Some(at), Some(ppm)) = (self.instant(file, &date), self.share(file, &share)) else {
                is_whole = false;
                continue;
            };
            let (date_at, share_at) = (span_of(file, &date), span_of(file, &share));
            let (last_date, last_share) =
                steps.last().map_or((None, Share(0)), |(at, share)| (Some(*at), *share));
            let (problem, span, help) = if last_date.is_some_and(|last| at <= last) {
                ("in time", date_at, "write the steps in the order of their dates")
            } else if ppm <= last_share {
                (
                    "in share",
                    share_at,
                    "let each step move more than the one before; `rollback` is what goes back",
                )
            } else {
                steps.push((at, ppm));
                continue;
            };
            let message = format!("the steps of a ramp rise, and this one does not {problem}");
            self.report(
                Diagnostic::new(Code::R0208, message, span, "not above the step before").with_help(help),
            );
            is_whole = false;
            steps.push((at, ppm));
        }
        if steps.is_empty() && is_whole {
            let message = "this ramp has no step, so it moves nothing";
            let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, clause), "empty");
            self.report(diagnostic.with_help("write a step such as `2027-01-01 5%`"));
            return None;
        }
        is_whole.then_some(steps)
    }

    /// A share between 0 % and 100 %, itself included.
    fn share(&mut self, file: FileId, literal: &Literal) -> Option<Share> {
        let LiteralValue::SharePpm(ppm) = literal.value()? else { return None };
        if ppm > WHOLE {
            let at = span_of(file, literal);
            self.above_whole(at);
            return None;
        }
        Some(Share(ppm))
    }

    fn above_whole(&mut self, at: Span) {
        let diagnostic = Diagnostic::new(Code::R0207, "a share is at most 100%", at, "more than all");
        self.report(diagnostic.with_help("write a share up to `100%`"));
    }

    fn shadow(&mut self, file: FileId, clause: &ast::ShadowClause) -> Option<(Share, Option<Instant>)> {
        let literal = clause.share()?;
        let share = self.share(file, &literal)?;
        if share == Share(0) {
            let message = "a shadow of 0% copies nothing";
            self.error(Code::R0207, message, span_of(file, &literal), "no request at all");
            return None;
        }
        let until = clause.until().and_then(|clause| clause.date());
        match until {
            None => Some((share, None)),
            Some(date) => Some((share, Some(self.instant(file, &date)?))),
        }
    }

    fn rollback(&mut self, file: FileId, clause: &ast::RollbackClause) -> Option<Rollback> {
        let over = clause.over()?;
        let over_ms = self.duration(span_of(file, &over), "over", over.value())?;
        let mut rollback = Rollback { over_ms, errors: None, first_token_ms: None };
        for test in clause.tests() {
            let bound = test.bound()?;
            let is_again = match (test.measure()?.as_str(), bound.value()?) {
                ("errors", LiteralValue::SharePpm(_)) => {
                    rollback.errors.replace(self.share(file, &bound)?).is_some()
                }
                ("first-token", value) => {
                    let ms = self.duration(span_of(file, &bound), "first-token", Some(value))?;
                    rollback.first_token_ms.replace(ms).is_some()
                }
                _ => false,
            };
            if is_again {
                let message = "this rollback asks for the same twice";
                let diagnostic = Diagnostic::new(Code::R0206, message, span_of(file, &test), "again here");
                self.report(diagnostic.with_help("keep the lower bound; one of them is enough"));
                return None;
            }
        }
        Some(rollback)
    }
}
