//! Targets as they can be written at a place, each with its price and where it is.

use super::{Completion, Insert, Place, Sort, written};
use crate::features::hover::describe;
use crate::features::names::{Kind, Symbol};
use crate::features::targets::{Reach, price_and_region};
use wayleave_grammar::SyntaxToken;
use wayleave_grammar::ast::{self, Node};

/// More targets are not written out: their providers are offered, and behind a slash their models.
const WRITTEN_OUT: usize = 100;

/// The target that a migration leaves, where a token stands behind it.
pub(super) fn left(token: &SyntaxToken) -> Option<String> {
    let item = token.parent_ancestors().find_map(ast::Migrate::cast)?;
    let left = item.old()?;
    let is_before = left.range().end() <= token.text_range().start();
    is_before.then(|| Some(format!("{}/{}", left.provider()?.text(), left.model()?.text())))?
}

impl Place<'_> {
    /// All targets, `provider/model`, by place.
    pub(super) fn targets(&self) -> Vec<Completion> {
        let reach = Reach::of(self.known.sources);
        if reach.all().len() > WRITTEN_OUT {
            return Vec::new();
        }
        let facts = price_and_region(self.known.sources);
        let targets = reach.all().iter().filter_map(|name| {
            let (provider, model) = name.split_once('/')?;
            let symbol = Symbol::within(Kind::Model, provider, model);
            let insert = Insert::Plain(format!("{}/{}", written(provider), written(model)));
            let documentation = describe(self.known, &symbol);
            let mut found = self.offer(name.clone(), Sort::Name(Kind::Model), documentation, insert);
            found.detail = facts.get(name).cloned().unwrap_or_default();
            Some(found)
        });
        targets.collect()
    }

    /// Every provider as all of its models.
    pub(super) fn whole_providers(&self) -> Vec<Completion> {
        let mut found = self.declared(Kind::Provider, "");
        for one in &mut found {
            one.label = format!("{}/*", one.label);
            if let Insert::Plain(text) = &mut one.insert {
                text.push_str("/*");
            }
        }
        found
    }

    /// Two targets to write out a form with, as far as the policy has so many.
    pub(super) fn examples(&self) -> Vec<String> {
        let reach = Reach::of(self.known.sources);
        let targets = reach.all().iter().filter_map(|name| name.split_once('/'));
        targets.map(|(provider, model)| format!("{}/{}", written(provider), written(model))).take(2).collect()
    }

    /// The models of a provider.
    pub(super) fn models(&self, provider: &str) -> Vec<Completion> {
        let facts = price_and_region(self.known.sources);
        let mut found = self.declared(Kind::Model, provider);
        // One that comes with a `use` says so.
        for one in found.iter_mut().filter(|one| one.also.is_none()) {
            one.detail = facts.get(&format!("{provider}/{}", one.label)).cloned().unwrap_or_default();
        }
        found
    }
}
