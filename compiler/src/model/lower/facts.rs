//! The facts that targets state: declared ones, and the prices that some rule tests.

use super::Lower;
use super::fields::Fields;
use super::kept::{Found, Moved};
use super::parts::FileParts;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Who;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayleave_program::catalogue::TargetId;
use wayleave_program::value::Value;

impl Lower<'_> {
    /// The declared facts that a body states, by their index.
    pub(super) fn stated_facts(&mut self, fields: &Fields) -> BTreeMap<usize, Value> {
        let mut stated = BTreeMap::new();
        for index in 0..self.declared.facts.len() {
            let fact = &self.declared.facts[index];
            let name = fact.name.strip_prefix("target.").unwrap_or_default();
            let Some(written) = fields.value(name) else { continue };
            let (name, value_type) = (name.to_owned(), fact.value_type.clone());
            let value = self.value(fields.file, &name, &value_type, &written);
            // A wrong value is reported; the fact still counts as stated.
            stated.insert(index, value.unwrap_or_else(|| value_type.empty_value()));
        }
        stated
    }

    /// Gives every target every fact; what neither model nor provider states takes the default.
    pub(super) fn settle_facts(&mut self, stated: &[BTreeMap<usize, Value>]) {
        for index in 0..self.declared.facts.len() {
            let default = self.fact_default(index);
            let mut values = Vec::with_capacity(stated.len());
            let mut missing = Vec::new();
            for (target, stated) in stated.iter().enumerate() {
                let value = stated.get(&index).cloned().or_else(|| default.clone());
                if value.is_none() {
                    missing.push(target);
                }
                values.push(value.unwrap_or_else(|| self.declared.facts[index].value_type.empty_value()));
            }
            Arc::make_mut(&mut self.declared.facts)[index].values = values;
            if let Some((first, others)) = missing.split_first() {
                self.missing_fact(index, *first, others.len());
            }
        }
    }

    fn missing_fact(&mut self, fact: usize, target: usize, others: usize) {
        let name = self.declared.facts[fact].name.clone();
        let field = name.strip_prefix("target.").unwrap_or_default().to_owned();
        let message = format!(
            "`{}`{} not state `{field}`",
            self.declared.catalogue.targets[target].name,
            and_others(others)
        );
        let mut diagnostic = Diagnostic::new(
            Code::R0206,
            message,
            self.declared.target_spans[target],
            "neither this model nor its provider says",
        )
        .with_help(format!("add `{field}: …` to the model or its provider, or give `{name}` a `default`"));
        if let Some(declared) = self.declared_at(&name) {
            diagnostic = diagnostic.with_label(declared, "every target needs one");
        }
        self.report(diagnostic);
    }

    /// A price must be stated by every model where a rule tests it, by every model that can be asked where there is a
    /// budget, and by those that are ordered by it.
    pub(super) fn require_prices(&mut self, found: &Found) {
        let is_unpriced = |id: &TargetId| self.declared.catalogue.target(*id).price.is_none();
        let every = || -> BTreeSet<TargetId> { self.declared.catalogue.target_ids().collect() };
        if !self.declared.catalogue.target_ids().any(|id| is_unpriced(&id)) {
            return;
        }
        let noted = self.all_noted(found);
        let mut priced = Priced::default();
        noted.iter().for_each(|noted| priced.join(&noted.priced));
        let budget = noted.iter().find_map(|noted| noted.budgets.first()).map(|(_, at, _)| *at);
        let (needed, why, at) = if let Some(test) = priced.test {
            (every(), "a rule tests it", test)
        } else if let Some(budget) = budget {
            (planned(&found.files, &every()), "a budget counts it", budget)
        } else if let Some(at) = priced.ordering {
            (priced.ordered, "`cheapest` orders by it", at)
        } else {
            return;
        };
        let unpriced: Vec<TargetId> = needed.into_iter().filter(is_unpriced).collect();
        let Some((first, others)) = unpriced.split_first() else { return };
        let name = &self.declared.catalogue.target(*first).name;
        let message = format!("`{name}`{} not state a `price`, and {why}", and_others(others.len()));
        let diagnostic =
            Diagnostic::new(Code::R0206, message, self.declared.target_spans[first.0 as usize], "no price")
                .with_label(at, "here")
                .with_help("add `price: $2 in, $6 out per 1M tokens`");
        self.report(diagnostic);
    }
}

/// Why prices are needed.
#[derive(Debug, Clone, Default)]
pub(super) struct Priced {
    /// Where `target.price` is first tested.
    pub(super) test: Option<Span>,
    /// Where `cheapest` first stands.
    pub(super) ordering: Option<Span>,
    /// What is ordered by it.
    pub(super) ordered: BTreeSet<TargetId>,
}

impl Priced {
    /// A price is tested there.
    pub(super) fn test_at(&mut self, at: Span) {
        self.test = Some(self.test.map_or(at, |first| first.min(at)));
    }

    /// Joins what was found later.
    pub(super) fn join(&mut self, more: &Priced) {
        more.test.into_iter().for_each(|at| self.test_at(at));
        self.ordering = self.ordering.or(more.ordering);
        self.ordered.extend(&more.ordered);
    }

    /// The same of the same words at other places.
    pub(super) fn move_to(&mut self, moved: &Moved) {
        self.test = self.test.map(|at| moved.place(at));
        self.ordering = self.ordering.map(|at| moved.place(at));
    }
}

/// The targets that some plan or migration names; all where a caller may name one.
fn planned(files: &[Arc<FileParts>], every: &BTreeSet<TargetId>) -> BTreeSet<TargetId> {
    let migrations = files.iter().flat_map(|file| &file.migrations);
    let mut named: BTreeSet<TargetId> =
        migrations.flat_map(|migration| [migration.old, migration.new]).collect();
    let plans = files.iter().flat_map(|file| &file.routes).flat_map(|drafted| drafted.route.body.plans());
    for stage in plans.flat_map(|plan| &plan.stages) {
        match &stage.who {
            Who::Requested => return every.clone(),
            Who::Target(target) => named.extend([*target]),
            Who::Split(_, shares) => named.extend(shares.iter().map(|(_, target)| *target)),
            Who::Ordered(_, targets) => named.extend(targets),
        }
    }
    named
}

/// The subject of a message about one of several.
fn and_others(count: usize) -> String {
    match count {
        0 => " does".to_owned(),
        1 => " and one other model do".to_owned(),
        count => format!(" and {count} other models do"),
    }
}
