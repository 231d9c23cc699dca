//! Targets as they can be written at a place, each with its price and where it is.

use super::{Completion, Insert, Place, Sort, written};
use crate::features::hover::describe;
use crate::features::names::{Kind, Symbol};
use crate::features::targets::{Reach, stated};

/// More targets are not written out: their providers are offered, and behind a slash their models.
const WRITTEN_OUT: usize = 100;

impl Place<'_> {
    /// All targets, `provider/model`, by place.
    pub(super) fn targets(&self) -> Vec<Completion> {
        let reach = Reach::of(self.known.sources);
        if reach.all().len() > WRITTEN_OUT {
            return Vec::new();
        }
        let targets = reach.all().iter().filter_map(|name| {
            let (provider, model) = name.split_once('/')?;
            let symbol = Symbol::within(Kind::Model, provider, model);
            let insert = Insert::Plain(format!("{}/{}", written(provider), written(model)));
            let documentation = describe(self.known, &symbol);
            let mut found = self.offer(name.clone(), Sort::Name(Kind::Model), documentation, insert);
            found.detail = self.price_and_place(provider, model);
            Some(found)
        });
        targets.collect()
    }

    /// What a model costs and where it is, as far as it is stated.
    pub(super) fn price_and_place(&self, provider: &str, model: &str) -> String {
        let of = |field: &str| stated(self.known.sources, provider, model, field);
        of("price").into_iter().chain(of("region")).collect::<Vec<_>>().join(", ")
    }
}
