//! What a test can be given, which is not what a condition can test: no fact of a target, nothing that is computed, but grants
//! and draws, findings outright, and how much of a limit is used.

use super::{Completion, Insert, Place, Sort};
use crate::features::hover::{describe, item_at};
use crate::features::names::{Kind, Symbol};
use std::collections::BTreeSet;
use wayleave_grammar::ast::{self, Item, Node};
use wayleave_grammar::{SyntaxToken, TextSize};
use wayleave_program::schema::BuiltIn;

/// Under which findings are given outright.
const FINDINGS: [&str; 2] = ["prompt.findings", "system.findings"];

impl Place<'_> {
    /// What the test does not give yet, what it has to give first. `before`: what is written of the name, with its last dot.
    pub(super) fn given(&self, before: &str) -> Vec<Completion> {
        let stated = self.stated_in_test();
        let declared = self.known.names.declared(Kind::Attribute, "");
        let declared = declared.filter_map(|one| match item_at(self.known.sources, one.span) {
            Some(Item::Attribute(item)) if !one.symbol.name.starts_with("target.") => {
                Some((one.symbol.name.clone(), item.required().is_some()))
            }
            Some(Item::Classify(_)) => Some((one.symbol.name.clone(), false)),
            _ => None,
        });
        let (required, others): (Vec<_>, Vec<_>) = declared.partition(|(_, is_required)| *is_required);
        let built_in =
            BuiltIn::ALL.into_iter().filter(|one| !one.is_computed()).map(|one| one.name().to_owned());
        let names = required.into_iter().chain(others).map(|(name, _)| name);
        let names = names.chain(built_in).chain(FINDINGS.map(str::to_owned));
        let open = names.filter(|name| name.starts_with(before) && !stated.contains(name));
        let mut found: Vec<Completion> = open
            .map(|name| {
                let rest = name[before.len()..].to_owned();
                let documentation = describe(self.known, &Symbol::new(Kind::Attribute, name));
                let insert = Insert::Plain(format!("{rest}: "));
                self.offer(rest, Sort::Name(Kind::Attribute), documentation, insert)
            })
            .collect();
        if before.is_empty() {
            let counters = self.counters().into_iter().filter(|one| !stated.contains(&one.label));
            found.extend(
                counters.map(|one| Completion { insert: Insert::Plain(format!("{}: ", one.label)), ..one }),
            );
        }
        found
    }

    /// What the test in which the place is gives elsewhere, as written.
    fn stated_in_test(&self) -> BTreeSet<String> {
        let file = self.known.sources.file(self.file);
        let at = TextSize::new(self.replaces().start);
        let root = file.parse.root();
        let is_in = |test: &ast::Test| {
            let range = test.syntax().text_range();
            range.start() <= at && at <= range.end()
        };
        let tests = root.items().filter_map(|item| match item {
            Item::Test(test) => Some(test),
            _ => None,
        });
        let Some(test) = tests.into_iter().filter(is_in).last() else { return BTreeSet::new() };
        let others = test.given_fields().filter(|field| !field.range().contains_inclusive(at));
        others
            .filter_map(|field| match field.counter() {
                Some(counter) => Some(format!("{}({})", counter.keyword(), counter.name()?.text())),
                None => Some(field.name()?.text()),
            })
            .collect()
    }
}

/// Whether a token is part of the name of what is given.
pub(super) fn is_given_name(token: &SyntaxToken) -> bool {
    let field = token.parent_ancestors().find_map(ast::GivenField::cast);
    field
        .and_then(|field| field.name())
        .is_some_and(|name| name.text_range().contains_range(token.text_range()))
}
