//! The rules of one file: all that it adds to a policy beside what it declares, and that rests on nothing but its own text and
//! what is declared. Tests rest on the names of all rules, and `otherwise` stands alone.

use super::noted::Noted;
use super::routes::Drafted;
use super::{Lower, Placed, names};
use crate::model::{
    Approve, Cap, Counter, Deny, Flag, Forbid, Guarantee, Log, Migration, Redact, Requirement, Rule,
};
use crate::source::Span;
use std::sync::Arc;
use wayleave_grammar::ast::Item;

/// By kind, each in the order written, as far as they are right.
#[derive(Debug, Clone, Default)]
pub(super) struct FileParts {
    /// The names that they declare, each the first of its kind.
    pub(super) names: Arc<[(names::Kind, Arc<str>, Span)]>,
    pub(super) noted: Arc<Noted>,
    pub(super) approvals: Vec<Rule<Approve>>,
    pub(super) denials: Vec<Rule<Deny>>,
    pub(super) prohibitions: Vec<Rule<Forbid>>,
    pub(super) redactions: Vec<Rule<Redact>>,
    pub(super) flags: Vec<Rule<Flag>>,
    pub(super) requirements: Vec<Rule<Requirement>>,
    pub(super) caps: Vec<Rule<Cap>>,
    pub(super) logs: Vec<Rule<Log>>,
    pub(super) counters: Vec<Counter>,
    pub(super) routes: Vec<Drafted>,
    pub(super) migrations: Vec<Migration>,
    pub(super) guarantees: Vec<Guarantee>,
}

impl Lower<'_> {
    /// The parts of one file.
    pub(super) fn file_parts(&mut self, items: &[Placed<Item>]) -> FileParts {
        let others = std::mem::take(&mut self.noted);
        self.new_names.clear();
        let rules = Lower::tried_rules(items);
        let mut parts = FileParts {
            approvals: self.approvals(&rules),
            denials: self.denials(&rules),
            prohibitions: self.prohibitions(&rules),
            redactions: self.redactions(&rules),
            flags: self.flags(&rules),
            requirements: self.requirements(&rules),
            caps: self.caps(&rules),
            logs: self.logs(&rules),
            counters: self.counters(items),
            routes: self.routes(items),
            migrations: self.migrations(items),
            guarantees: self.guarantees(items),
            names: Arc::default(),
            noted: Arc::default(),
        };
        parts.names = std::mem::take(&mut self.new_names).into();
        parts.noted = Arc::new(std::mem::replace(&mut self.noted, others));
        parts
    }
}

impl FileParts {
    /// The rules of all files, each moved out of its own where nobody keeps them.
    pub(super) fn joined(files: Vec<Arc<FileParts>>) -> FileParts {
        let mut files = files.into_iter().map(Arc::unwrap_or_clone);
        let mut all = files.next().unwrap_or_default();
        files.for_each(|file| all.join(file));
        all
    }

    fn join(&mut self, more: FileParts) {
        self.approvals.extend(more.approvals);
        self.denials.extend(more.denials);
        self.prohibitions.extend(more.prohibitions);
        self.redactions.extend(more.redactions);
        self.flags.extend(more.flags);
        self.requirements.extend(more.requirements);
        self.caps.extend(more.caps);
        self.logs.extend(more.logs);
        self.counters.extend(more.counters);
        self.routes.extend(more.routes);
        self.migrations.extend(more.migrations);
        self.guarantees.extend(more.guarantees);
    }
}
