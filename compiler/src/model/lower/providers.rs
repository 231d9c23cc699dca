//! Providers and aliases: the catalogue, put together from what each body states.

use super::names::Kind;
use super::{Lower, Placed, span};
use crate::diagnostic::{Code, Diagnostic};
use std::collections::BTreeMap;
use wayleave_grammar::ast::{Item, Node};
use wayleave_program::catalogue::{Alias, ProviderId};
use wayleave_program::value::Value;

const PROVIDER_FIELDS: [&str; 5] = ["protocol", "url", "key", "network", "timeout"];

impl Lower<'_> {
    pub(super) fn declare_aliases(&mut self, items: &[Placed<Item>]) {
        for (file, item) in items {
            let Item::Alias(item) = item else { continue };
            if let Some(name) = self.declare_name(Kind::Alias, *file, item.name()) {
                self.catalogue_mut().aliases.push(Alias { name, doc: item.docs() });
            }
        }
    }

    pub(super) fn declare_providers(&mut self, items: &[Placed<Item>]) {
        let mut stated: Vec<BTreeMap<usize, Value>> = Vec::new();
        for (file, item) in items {
            let Item::Provider(item) = item else { continue };
            let Some(name_node) = item.name() else { continue };
            let owner = span(*file, name_node.text_range());
            let Some(name) = self.declare_name(Kind::Provider, *file, item.name()) else { continue };
            if name.contains('/') {
                let message = "a provider's name holds no `/`, which parts provider and model";
                let diagnostic = Diagnostic::new(Code::R0102, message, owner, "reads as another target");
                self.report(diagnostic.with_help("choose another name"));
            }
            let brace = item.closing_brace().map(|range| span(*file, range));
            let fields = self.fields(*file, owner, item.fields(), &PROVIDER_FIELDS, brace);
            let facts = self.stated_facts(&fields);
            let provider = self.provider(name, &fields);
            let id =
                ProviderId(u32::try_from(self.declared.catalogue.providers.len()).expect("few providers"));
            self.catalogue_mut().providers.push(provider);
            let mut models = BTreeMap::new();
            for model in item.models() {
                self.declare_model(*file, id, &model, &facts, &mut models, &mut stated);
            }
            if item.models().next().is_none() {
                let message = format!(
                    "the provider `{}` has no model, so nothing can be asked of it",
                    name_node.text()
                );
                let help = "add a `model NAME { supports: [chat]  context: 128k tokens }`";
                self.report(
                    Diagnostic::new(Code::R0206, message, owner, "no model in its body").with_help(help),
                );
            }
        }
        self.settle_facts(&stated);
    }
}
