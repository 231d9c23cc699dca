//! Targets as they can be written at a place, each with its price and where it is.

use super::{Completion, Insert, Place, Sort, written};
use crate::features::hover::describe;
use crate::features::names::{Kind, Symbol};
use crate::features::targets::{Reach, price_and_region};

/// More targets are not written out: their providers are offered, and behind a slash their models.
const WRITTEN_OUT: usize = 100;

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
